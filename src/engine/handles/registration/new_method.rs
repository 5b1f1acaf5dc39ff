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
///
/// Two requests register it:
///
/// ```
/// use sspr::method::NewMethod;
/// use sspr::{Attempt, Engine, Error, RegistrationTicket, Request, SignedIn};
///
/// /// The first POST: sends a code to the address. Keep the ticket for the second.
/// async fn add(on: &Engine, to: &Request, user: &SignedIn, new: &NewMethod) -> Result<String, Error> {
///     let reply = on.registration().add(to, user, new).await?;
///     Ok(reply.ticket.expose_secret().to_owned())
/// }
///
/// /// The second POST: the address is the user's method from now on, or after its hold.
/// async fn confirm(
///     on: &Engine, to: &Request, user: &SignedIn, ticket: &str, code: &str,
/// ) -> Result<(), Error> {
///     let (ticket, code) = (RegistrationTicket::parse(ticket)?, Attempt::code(code)?);
///     on.registration().confirm(to, user, &ticket, &code).await.map(|_| ())
/// }
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
