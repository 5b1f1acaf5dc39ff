//! Authentication methods and the channels that reach them.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::invalid::InvalidInput;

/// What counts toward a gate. Two gates want two different kinds: a text message and a call to
/// one mobile phone are one method over two channels (Entra's list of methods).
///
/// ```
/// use sspr::{Channel, MethodKind};
///
/// assert_eq!(MethodKind::MobilePhone.channels(), [Channel::Sms, Channel::Voice]);
/// assert_eq!(MethodKind::OfficePhone.channels(), [Channel::Voice]);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum MethodKind {
    /// A code to an electronic mail address.
    Email,
    /// A code to a mobile phone, by text or by voice.
    MobilePhone,
    /// A code to an office phone, by voice only; the number may have an extension.
    OfficePhone,
}

impl MethodKind {
    /// Every kind that this release can verify, in the order in which they are offered.
    pub const ALL: [Self; 3] = [Self::Email, Self::MobilePhone, Self::OfficePhone];

    /// The channels that reach this kind of method, the preferred one first.
    #[must_use]
    pub const fn channels(self) -> &'static [Channel] {
        match self {
            Self::Email => &[Channel::Email],
            Self::MobilePhone => &[Channel::Sms, Channel::Voice],
            Self::OfficePhone => &[Channel::Voice],
        }
    }

    /// A stable, lower-case name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::MobilePhone => "mobile_phone",
            Self::OfficePhone => "office_phone",
        }
    }

    /// The number of this kind in the input of a code's derivation. Never reused.
    pub(crate) const fn tag(self) -> u8 {
        match self {
            Self::Email => 1,
            Self::MobilePhone => 2,
            Self::OfficePhone => 3,
        }
    }
}

impl fmt::Display for MethodKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How a message reaches a person.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Channel {
    /// Electronic mail.
    Email,
    /// A text message.
    Sms,
    /// A call that reads the code aloud.
    Voice,
}

impl Channel {
    /// Every channel.
    pub const ALL: [Self; 3] = [Self::Email, Self::Sms, Self::Voice];

    /// A stable, lower-case name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Sms => "sms",
            Self::Voice => "voice",
        }
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One thing that a person may choose to prove: a method, the channel to reach it, and which one
/// of several of that kind.
///
/// It names no address and no account, so it may stand in a form. Written
/// `METHOD[.CHANNEL[.INDEX]]`: the channel defaults to the preferred one, the index to 0. `Display`
/// writes all three, as in `email.email.0` and `mobile_phone.voice.1`.
///
/// ```
/// use sspr::{Channel, ChallengeOption, MethodKind};
///
/// let option: ChallengeOption = "mobile_phone.sms.0".parse()?;
/// assert_eq!(option, ChallengeOption::new(MethodKind::MobilePhone, Channel::Sms)?);
/// assert!("office_phone.sms.0".parse::<ChallengeOption>().is_err());
/// # Ok::<(), sspr::InvalidInput>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ChallengeOption {
    method: MethodKind,
    channel: Channel,
    index: u8,
}

impl ChallengeOption {
    /// The first method of this kind, over this channel.
    ///
    /// # Errors
    ///
    /// [`InvalidInput::Malformed`] if the channel does not reach this kind of method.
    pub fn new(method: MethodKind, channel: Channel) -> Result<Self, InvalidInput> {
        Self::indexed(method, channel, 0)
    }

    /// The first method of this kind, over the channel preferred for it.
    #[must_use]
    pub const fn preferred(method: MethodKind) -> Self {
        Self { method, channel: method.channels()[0], index: 0 }
    }

    pub(crate) fn indexed(
        method: MethodKind,
        channel: Channel,
        index: u8,
    ) -> Result<Self, InvalidInput> {
        if method.channels().contains(&channel) {
            Ok(Self { method, channel, index })
        } else {
            Err(InvalidInput::Malformed { what: "challenge option" })
        }
    }

    /// The kind of method.
    #[must_use]
    pub const fn method(self) -> MethodKind {
        self.method
    }

    /// The channel.
    #[must_use]
    pub const fn channel(self) -> Channel {
        self.channel
    }

    /// Which one of several methods of this kind, counted from zero.
    #[must_use]
    pub const fn index(self) -> u8 {
        self.index
    }
}

impl fmt::Display for ChallengeOption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.method, self.channel, self.index)
    }
}

impl std::str::FromStr for ChallengeOption {
    type Err = InvalidInput;

    fn from_str(text: &str) -> Result<Self, InvalidInput> {
        let bad = || InvalidInput::Malformed { what: "challenge option" };
        if text.len() > 40 {
            return Err(InvalidInput::TooLong { what: "challenge option", max: 40 });
        }
        let mut parts = text.split('.');
        let (method, channel) = (parts.next().unwrap_or_default(), parts.next());
        let method = MethodKind::ALL.into_iter().find(|kind| kind.as_str() == method);
        let method = method.ok_or_else(bad)?;
        let channel = match channel {
            None => method.channels()[0],
            Some(name) => *method
                .channels()
                .iter()
                .find(|channel| channel.as_str() == name)
                .ok_or_else(bad)?,
        };
        let index = match parts.next() {
            None => 0,
            // One or two plain digits: no sign, no other script's digits.
            Some(digits) if matches!(digits.len(), 1 | 2) => {
                if !digits.bytes().all(|digit| digit.is_ascii_digit()) {
                    return Err(bad());
                }
                digits.parse().map_err(|_| bad())?
            }
            Some(_) => return Err(bad()),
        };
        if parts.next().is_some() {
            return Err(bad());
        }
        Self::indexed(method, channel, index)
    }
}

impl TryFrom<String> for ChallengeOption {
    type Error = InvalidInput;

    fn try_from(text: String) -> Result<Self, InvalidInput> {
        text.parse()
    }
}

impl From<ChallengeOption> for String {
    fn from(option: ChallengeOption) -> Self {
        option.to_string()
    }
}
