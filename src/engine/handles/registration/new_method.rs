//! The input of `add` and `replace`: an address or number, and the channel of its code.

use crate::domain::identity::contact::{Destination, EmailAddress, PhoneNumber};
use crate::domain::invalid::InvalidInput;
use crate::domain::method::{ChallengeOption, Channel, MethodKind};

/// A method to be registered, and the channel over which its code comes.
///
/// ```
/// use sspr::facts::{EmailAddress, PhoneNumber};
/// use sspr::method::{Channel, NewMethod};
///
/// let mail = NewMethod::email(EmailAddress::parse("ada@private.example")?);
/// let phone = NewMethod::mobile_phone(PhoneNumber::parse("+1 4255550100")?, Channel::Sms)?;
/// # Ok::<(), sspr::InvalidInput>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct NewMethod {
    pub(super) destination: Destination,
    pub(super) option: ChallengeOption,
}

impl NewMethod {
    /// A mail address.
    #[must_use]
    pub fn email(address: EmailAddress) -> Self {
        let destination = Destination::Email(address);
        let option = ChallengeOption::preferred(MethodKind::Email);
        Self { destination, option }
    }

    /// A mobile phone, its code sent by text or by voice.
    ///
    /// # Errors
    ///
    /// [`InvalidInput::Malformed`] for another channel.
    pub fn mobile_phone(number: PhoneNumber, channel: Channel) -> Result<Self, InvalidInput> {
        let option = ChallengeOption::new(MethodKind::MobilePhone, channel)?;
        Ok(Self { destination: Destination::Phone(number), option })
    }

    /// An office phone, its code spoken in a call.
    #[must_use]
    pub fn office_phone(number: PhoneNumber) -> Self {
        let option = ChallengeOption::preferred(MethodKind::OfficePhone);
        Self { destination: Destination::Phone(number), option }
    }
}
