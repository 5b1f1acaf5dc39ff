//! One type of ticket for each kind of flow, so that the compiler tells them apart.

use crate::domain::account::Purpose;
use crate::domain::crypto::keys::Keys;
use crate::domain::crypto::secret::redacted;
use crate::domain::crypto::ticket::{Sealed, TicketClaims};
use crate::domain::identity::ids::TenantId;
use crate::domain::invalid::InvalidInput;

/// A ticket of any kind of flow, for code that serves several kinds. Only the tickets of this crate
/// implement it.
///
/// ```
/// use sspr::recovery::FlowTicket;
///
/// fn cookie<T: FlowTicket>(ticket: &T) -> String {
///     let attributes = "Path=/; HttpOnly; Secure; SameSite=Strict";
///     format!("__Host-flow={}; {attributes}", ticket.expose_secret())
/// }
/// ```
#[expect(private_bounds, reason = "the supertrait seals the trait")]
pub trait FlowTicket: ClaimsTicket {
    /// Reads a ticket back from the host's cookie. Only its form is checked here.
    ///
    /// # Errors
    ///
    /// [`InvalidInput::Malformed`] for a text of another length or alphabet.
    fn parse(text: &str) -> Result<Self, InvalidInput>;

    /// The text, for the cookie.
    fn expose_secret(&self) -> &str;
}

/// What the engine does with tickets. No other crate can name this trait, which seals
/// [`FlowTicket`].
pub(crate) trait ClaimsTicket: Sized + std::fmt::Debug + Send + Sync + 'static {
    /// The kind of flow.
    const PURPOSE: Purpose;
    /// Seals the claims.
    fn issue(claim: &TicketClaims, tenant: &TenantId, keys: &Keys) -> Self;
    /// Opens a ticket of this tenant and kind of flow.
    fn open(&self, tenant: &TenantId, keys: &Keys) -> Result<TicketClaims, InvalidInput>;
}

macro_rules! ticket_types {
    ($($(#[$doc:meta])* $name:ident = $purpose:expr),+ $(,)?) => {$(
        $(#[$doc])*
        ///
        /// It gives access to this flow only, and by itself proves nothing. Keep it in a cookie
        /// (`HttpOnly`, `Secure`, `SameSite=Strict`), never in a URL. It implements neither `Clone`
        /// nor `Display` nor serde; `Debug` prints `[redacted]`.
        pub struct $name(Sealed);

        impl $name {
            /// Reads a ticket back from the host's cookie. Only its form is checked here.
            ///
            /// # Errors
            ///
            /// [`InvalidInput::Malformed`] for a text of another length or alphabet.
            pub fn parse(text: &str) -> Result<Self, InvalidInput> {
                Sealed::parse(text).map(Self)
            }

            /// The text, for the cookie.
            #[must_use]
            pub fn expose_secret(&self) -> &str {
                self.0.text()
            }
        }

        impl FlowTicket for $name {
            fn parse(text: &str) -> Result<Self, InvalidInput> {
                Self::parse(text)
            }

            fn expose_secret(&self) -> &str {
                self.expose_secret()
            }
        }

        impl ClaimsTicket for $name {
            const PURPOSE: Purpose = $purpose;

            fn issue(claim: &TicketClaims, tenant: &TenantId, keys: &Keys) -> Self {
                debug_assert!(claim.purpose == $purpose);
                Self(claim.seal(tenant, keys))
            }

            fn open(&self, tenant: &TenantId, keys: &Keys) -> Result<TicketClaims, InvalidInput> {
                TicketClaims::open(&self.0, tenant, $purpose, keys)
            }
        }

        redacted!($name);
    )+};
}

ticket_types! {
    /// The ticket of a reset.
    ResetTicket = Purpose::Reset,
    /// The ticket of a registration: of a method that the user has not confirmed yet.
    RegistrationTicket = Purpose::Register,
    /// The ticket of an unlock.
    UnlockTicket = Purpose::Unlock,
    /// The ticket of a change.
    ChangeTicket = Purpose::Change,
}
