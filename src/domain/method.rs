//! Authentication methods and the channels that reach them.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::domain::invalid::InvalidInput;
use crate::domain::named::named;
use crate::domain::record::serde_text;

named! {
    /// The kind of a method. Two gates require two different kinds: a text message and a call to one
    /// mobile phone are one method over two channels (Entra's list of methods).
    ///
    /// ```
    /// use sspr::MethodKind;
    /// use sspr::method::Channel;
    ///
    /// assert_eq!(MethodKind::MobilePhone.channels(), [Channel::Sms, Channel::Voice]);
    /// assert_eq!(MethodKind::OfficePhone.channels(), [Channel::Voice]);
    /// ```
    pub enum MethodKind {
        /// A code to an electronic mail address.
        Email = "email",
        /// A code to a mobile phone, by text or by voice.
        MobilePhone = "mobile_phone",
        /// A code to an office phone, by voice only; the number may have an extension.
        OfficePhone = "office_phone",
        /// A time-based code of an app on the person's own device (RFC 6238; Entra: mobile app code,
        /// software OATH token).
        AuthenticatorApp = "authenticator_app",
        /// A time-based code of a device that the organisation has handed out (Entra: hardware OATH
        /// token).
        OathToken = "oath_token",
        /// One of the recovery codes that the person has saved (NIST SP 800-63B-4, 4.2.1.1).
        RecoveryCode = "recovery_code",
        /// An approval in an app, with number matching; the host verifies it (Entra: mobile app
        /// notification). The same class as [`AuthenticatorApp`](Self::AuthenticatorApp), since both
        /// are on one device.
        AppNotification = "app_notification",
        /// A passkey; the host verifies it.
        Passkey = "passkey",
        /// Any other proof that the host verifies.
        HostVerified = "host_verified",
        /// Answers to questions that the person has chosen (Entra: security questions). Knowledge
        /// of the person that others may share: no standard accepts it as a proof.
        SecurityQuestions = "security_questions",
        /// The present password. It begins a change and counts for no gate.
        Password = "password",
    }
}

/// Where a user registers methods.
///
/// ```
/// use sspr::method::RegistrationMode;
///
/// assert_eq!(RegistrationMode::default(), RegistrationMode::Manage);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
#[non_exhaustive]
pub enum RegistrationMode {
    /// On a page of the user's profile, where methods are added, changed and removed.
    #[default]
    Manage,
    /// On the page that interrupts a sign-in, which adds what is missing.
    Interrupt,
}

/// How a kind of method is proven.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Verification {
    /// By a code or link that was sent to an address.
    Contact,
    /// By a time-based code, under a shared seed.
    Oath,
    /// By a recovery code of a set.
    RecoveryCode,
    /// By the host.
    External,
    /// By the answers to questions.
    Knowledge,
    /// By the directory.
    Password,
}

impl MethodKind {
    /// Every kind that a gate can count, in the order in which they are offered.
    pub const ALL: [Self; 10] = [
        Self::Email,
        Self::MobilePhone,
        Self::OfficePhone,
        Self::AuthenticatorApp,
        Self::OathToken,
        Self::RecoveryCode,
        Self::AppNotification,
        Self::Passkey,
        Self::HostVerified,
        Self::SecurityQuestions,
    ];

    /// The same kinds, the most secure first: methods without a sent code, then phones, then
    /// mail, then questions.
    pub(crate) const BY_STRENGTH: [Self; 10] = [
        Self::Passkey,
        Self::AppNotification,
        Self::AuthenticatorApp,
        Self::OathToken,
        Self::HostVerified,
        Self::RecoveryCode,
        Self::MobilePhone,
        Self::OfficePhone,
        Self::Email,
        Self::SecurityQuestions,
    ];

    /// The kinds that a message reaches.
    pub const CONTACTS: [Self; 3] = [Self::Email, Self::MobilePhone, Self::OfficePhone];

    /// The channels that reach this kind of method, the preferred one first.
    #[must_use]
    pub const fn channels(self) -> &'static [Channel] {
        match self {
            Self::Email => &[Channel::Email, Channel::Link],
            Self::MobilePhone => &[Channel::Sms, Channel::Voice],
            Self::OfficePhone => &[Channel::Voice],
            _ => &[Channel::InHand],
        }
    }

    pub(crate) const fn verification(self) -> Verification {
        match self {
            Self::Email | Self::MobilePhone | Self::OfficePhone => Verification::Contact,
            Self::AuthenticatorApp | Self::OathToken => Verification::Oath,
            Self::RecoveryCode => Verification::RecoveryCode,
            Self::AppNotification | Self::Passkey | Self::HostVerified => Verification::External,
            Self::SecurityQuestions => Verification::Knowledge,
            Self::Password => Verification::Password,
        }
    }

    /// Whether a challenge of this kind sends something to the person: a message, or a push of the
    /// host.
    pub(crate) const fn sends(self) -> bool {
        match self {
            Self::Email | Self::MobilePhone | Self::OfficePhone => true,
            // The host may push something to begin these.
            Self::AppNotification | Self::HostVerified => true,
            Self::AuthenticatorApp
            | Self::OathToken
            | Self::RecoveryCode
            | Self::Passkey
            | Self::SecurityQuestions
            | Self::Password => false,
        }
    }

    /// Whether these two cannot count as two gates: they are the same kind, or use the same device.
    pub(crate) const fn same_class(self, other: Self) -> bool {
        self.class() == other.class()
    }

    const fn class(self) -> u8 {
        match self {
            Self::AppNotification => Self::AuthenticatorApp.tag(),
            kind => kind.tag(),
        }
    }

    /// The number of this kind in the input of a code's derivation. Never reused.
    pub(crate) const fn tag(self) -> u8 {
        match self {
            Self::Email => 1,
            Self::MobilePhone => 2,
            Self::OfficePhone => 3,
            Self::AuthenticatorApp => 4,
            Self::OathToken => 5,
            Self::RecoveryCode => 6,
            Self::AppNotification => 7,
            Self::Passkey => 8,
            Self::HostVerified => 9,
            Self::Password => 10,
            Self::SecurityQuestions => 11,
        }
    }
}

named! {
    /// The channel over which a method reaches a person.
    pub enum Channel {
        /// Electronic mail.
        Email = "email",
        /// A text message.
        Sms = "sms",
        /// A call that speaks the code.
        Voice = "voice",
        /// Electronic mail with a link instead of a code. Offered where the policy has a
        /// [`LinkBase`](crate::policy::LinkBase).
        Link = "link",
        /// Nothing is sent: the person has the code, or the device, in hand.
        InHand = "in_hand",
    }
}

impl Channel {
    /// Every channel that carries messages, as a [`Delivery`](crate::port::Delivery) names them.
    pub const ALL: [Self; 3] = [Self::Email, Self::Sms, Self::Voice];

    /// The channel that carries the message; `None` if nothing is sent.
    #[must_use]
    pub const fn carrier(self) -> Option<Self> {
        match self {
            Self::Email | Self::Link => Some(Self::Email),
            Self::Sms => Some(Self::Sms),
            Self::Voice => Some(Self::Voice),
            Self::InHand => None,
        }
    }
}

/// An option that a person may choose to prove: a kind of method, the channel, and the index among
/// several methods of that kind.
///
/// It names no address and no account, so a form may contain it. Written
/// `METHOD[.CHANNEL[.INDEX]]`: the channel defaults to the preferred one, the index to 0. `Display`
/// writes all three, as in `email.email.0`, `mobile_phone.voice.1`, `passkey.in_hand.0`.
///
/// ```
/// use sspr::MethodKind;
/// use sspr::method::{ChallengeOption, Channel};
///
/// let option: ChallengeOption = "mobile_phone.sms.0".parse()?;
/// assert_eq!(option, ChallengeOption::new(MethodKind::MobilePhone, Channel::Sms)?);
/// assert!("office_phone.sms.0".parse::<ChallengeOption>().is_err());
/// # Ok::<(), sspr::InvalidInput>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
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

    /// The first method of this kind, over its preferred channel.
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

    /// The index among the methods of this kind, from zero.
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
        let (method_name, channel_name) = (parts.next().unwrap_or_default(), parts.next());
        let method = MethodKind::ALL
            .into_iter()
            .find(|kind| kind.as_str() == method_name)
            .ok_or_else(bad)?;
        let channel = match channel_name {
            None => method.channels()[0],
            Some(name) => *method
                .channels()
                .iter()
                .find(|channel| channel.as_str() == name)
                .ok_or_else(bad)?,
        };
        let index = match parts.next() {
            None => 0,
            // One or two ASCII digits, without a sign.
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

impl Serialize for ChallengeOption {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ChallengeOption {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        serde_text::deserialize(from, str::parse)
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

/// A channel, and who provides it.
///
/// ```
/// use sspr::method::Channel;
/// use sspr::port::ProvidedChannel;
///
/// assert_eq!(Channel::Sms.provided_by("contoso-telecom").provider, "contoso-telecom");
/// assert_eq!(ProvidedChannel::from(Channel::Sms).provider, "host");
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[non_exhaustive]
pub struct ProvidedChannel {
    /// The channel.
    pub channel: Channel,
    /// The provider's name, by which a policy retires it.
    pub provider: String,
}

impl Channel {
    /// This channel, from a provider of this name.
    #[must_use]
    pub fn provided_by(self, provider: &str) -> ProvidedChannel {
        ProvidedChannel { channel: self, provider: provider.to_owned() }
    }
}

impl From<Channel> for ProvidedChannel {
    /// The channel, from a provider that is named `host`.
    fn from(channel: Channel) -> Self {
        channel.provided_by("host")
    }
}

impl PartialEq<Channel> for ProvidedChannel {
    fn eq(&self, other: &Channel) -> bool {
        self.channel == *other
    }
}
