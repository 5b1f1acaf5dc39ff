//! Destinations of messages: mail addresses and phone numbers, parsed once and shown masked.

mod context;
mod domain;
mod email;
mod mask;
mod number_prefix;
mod numbering;
mod phone;
mod punycode;
mod raw;
pub(in crate::domain) mod stored;
#[cfg(test)]
mod tests;

pub use email::EmailAddress;
pub use number_prefix::NumberPrefix;
pub use phone::PhoneNumber;
pub use raw::{ContactSlot, PhoneFormat};

use serde::{Deserialize, Serialize};

use crate::domain::method::Channel;

/// A mail address or phone number that messages may go to.
///
/// `Debug` prints the masked form.
///
/// ```
/// use sspr::facts::{Destination, PhoneNumber};
/// use sspr::method::Channel;
///
/// let mobile = Destination::Phone(PhoneNumber::parse("+14251234567")?);
/// assert!(mobile.reached_by(Channel::Sms));
/// assert!(!mobile.reached_by(Channel::Email));
/// assert_eq!(format!("{mobile:?}"), "Phone(PhoneNumber(+•• •••••••67))");
/// # Ok::<(), sspr::InvalidInput>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Destination {
    /// A mail address.
    Email(EmailAddress),
    /// A phone number.
    Phone(PhoneNumber),
}

impl Destination {
    /// The normal form, which all spellings of one destination share: see
    /// [`EmailAddress::normalised`] and [`PhoneNumber::normalised`]. The forms of a mail address
    /// and a phone number always differ.
    #[must_use]
    pub fn normalised(&self) -> String {
        match self {
            Self::Email(address) => address.normalised(),
            Self::Phone(number) => number.normalised(),
        }
    }

    /// The address or the number (E.164), whole. It is personal data: show it only to its owner, and write
    /// it to no log.
    ///
    /// ```
    /// use sspr::facts::{Destination, PhoneNumber};
    ///
    /// let mobile = Destination::Phone(PhoneNumber::parse("+1 (425) 123-4567")?);
    /// assert_eq!(mobile.as_str(), "+14251234567");
    /// # Ok::<(), sspr::InvalidInput>(())
    /// ```
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Email(address) => address.as_str(),
            Self::Phone(number) => number.as_e164(),
        }
    }

    /// The form that may be shown before any proof: its length reveals nothing about the
    /// destination.
    #[must_use]
    pub fn masked(&self) -> String {
        match self {
            Self::Email(address) => address.masked(),
            Self::Phone(number) => number.masked(),
        }
    }

    /// Whether this channel reaches the destination.
    #[must_use]
    pub const fn reached_by(&self, channel: Channel) -> bool {
        matches!(
            (self, channel),
            (Self::Email(_), Channel::Email) | (Self::Phone(_), Channel::Sms | Channel::Voice)
        )
    }
}
