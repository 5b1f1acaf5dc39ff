//! Where a person can be reached: mail addresses and phone numbers, parsed once, shown masked.

mod context;
mod domain;
mod email;
mod mask;
mod numbering;
mod phone;
mod punycode;
pub(in crate::domain) mod stored;
#[cfg(test)]
mod tests;

pub use email::EmailAddress;
pub use phone::PhoneNumber;

use serde::{Deserialize, Serialize};

use super::method::Channel;

/// A stored address that a message may go to.
///
/// `Debug` prints the masked form.
///
/// ```
/// use sspr::{Channel, Destination, PhoneNumber};
///
/// let mobile = Destination::Phone(PhoneNumber::parse("+14251234567")?);
/// assert!(mobile.reached_by(Channel::Sms));
/// assert!(!mobile.reached_by(Channel::Email));
/// assert_eq!(format!("{mobile:?}"), "Phone(PhoneNumber(+•• •••••••67))");
/// # Ok::<(), sspr::InvalidInput>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Destination {
    /// A mail address.
    Email(EmailAddress),
    /// A phone number.
    Phone(PhoneNumber),
}

impl Destination {
    /// The form in which two spellings of one destination are equal: see
    /// [`EmailAddress::normalised`] and [`PhoneNumber::normalised`]. A mail address and a phone
    /// number never share one.
    #[must_use]
    pub fn normalised(&self) -> String {
        match self {
            Self::Email(address) => address.normalised(),
            Self::Phone(number) => number.normalised(),
        }
    }

    /// The form that may be shown to somebody who has not proven anything: its length tells
    /// nothing about the address.
    #[must_use]
    pub fn masked(&self) -> String {
        match self {
            Self::Email(address) => address.masked(),
            Self::Phone(number) => number.masked(),
        }
    }

    /// Whether this channel reaches it.
    #[must_use]
    pub const fn reached_by(&self, channel: Channel) -> bool {
        matches!(
            (self, channel),
            (Self::Email(_), Channel::Email) | (Self::Phone(_), Channel::Sms | Channel::Voice)
        )
    }
}
