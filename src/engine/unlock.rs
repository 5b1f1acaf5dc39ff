//! Unlocks: they clear a lockout and keep the password.

use super::Engine;
use super::attempt::{Attempt, Selection};
use super::error::Error;
use super::reply::Reply;
use super::request::{DeviceSecret, Request};
use crate::domain::account::Effect;
use crate::domain::crypto::ticket::UnlockTicket;
use crate::domain::identity::ids::Identifier;

/// Unlocks an account and keeps its password, if the policy's `unlock_without_reset` allows it.
///
/// The steps, the methods and the budgets are those of a [`Reset`](crate::Reset); where that ends
/// with a new password, this ends with [`Step::ConfirmUnlock`](crate::Step::ConfirmUnlock). An
/// unlock lowers no counter and ends no session. Tickets and codes of one are invalid in the other.
///
/// ```
/// use sspr::{Attempt, Engine, Error, Identifier, Request, Selection, Step};
///
/// async fn unlock(engine: &Engine, request: &Request, typed: [&str; 2]) -> Result<bool, Error> {
///     let name = Identifier::parse(typed[0])?;
///     let reply = engine.unlock().start(request, &name).await?;
///     let by_mail = Selection::parse("email.email.0")?;
///     let reply = engine.unlock().challenge(request, &reply.ticket, &by_mail).await?;
///     let reply = engine.unlock().prove(request, &reply.ticket, &Attempt::code(typed[1])?).await?;
///     let reply = engine.unlock().complete(request, &reply.ticket).await?;
///     Ok(matches!(reply.step, Step::Done { .. }))
/// }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Unlock<'a> {
    pub(super) engine: &'a Engine,
}

impl Unlock<'_> {
    /// Begins an unlock, as [`Reset::start`](crate::Reset::start).
    ///
    /// # Errors
    ///
    /// [`Refusal::NotOffered`](crate::Refusal::NotOffered) if the policy does not offer it;
    /// otherwise as [`Reset::start`](crate::Reset::start).
    pub async fn start(
        &self,
        request: &Request,
        identifier: &Identifier,
    ) -> Result<Reply<UnlockTicket>, Error> {
        self.engine.begin_flow(request, identifier).await
    }

    /// Returns the current step of a flow, as [`Reset::view`](crate::Reset::view).
    ///
    /// # Errors
    ///
    /// As there.
    pub async fn view(
        &self,
        request: &Request,
        ticket: &UnlockTicket,
    ) -> Result<Reply<UnlockTicket>, Error> {
        self.engine.view_flow(request, ticket).await
    }

    /// Opens a challenge, as [`Reset::challenge`](crate::Reset::challenge).
    ///
    /// # Errors
    ///
    /// As there.
    pub async fn challenge(
        &self,
        request: &Request,
        ticket: &UnlockTicket,
        selection: &Selection,
    ) -> Result<Reply<UnlockTicket>, Error> {
        self.engine.challenge_flow(request, ticket, selection).await
    }

    /// Checks a secret, as [`Reset::prove`](crate::Reset::prove).
    ///
    /// # Errors
    ///
    /// As there.
    pub async fn prove(
        &self,
        request: &Request,
        ticket: &UnlockTicket,
        attempt: &Attempt,
    ) -> Result<Reply<UnlockTicket>, Error> {
        self.engine.prove_flow(request, ticket, attempt).await
    }

    /// Redeems a link without the flow's ticket, as
    /// [`Reset::redeem_link`](crate::Reset::redeem_link).
    ///
    /// # Errors
    ///
    /// As there.
    pub async fn redeem_link(
        &self,
        request: &Request,
        identifier: &Identifier,
        link: &Attempt,
    ) -> Result<Reply<UnlockTicket>, Error> {
        self.engine.redeem_link(request, identifier, link).await
    }

    /// Clears the lockout, if the flow has a live grant, and notifies the owner. If the outcome is
    /// unknown, the owner is notified that the account may have been unlocked, and the same ticket
    /// may repeat the call.
    ///
    /// # Errors
    ///
    /// As [`Reset::complete`](crate::Reset::complete), without the refusals of a password.
    pub async fn complete(
        &self,
        request: &Request,
        ticket: &UnlockTicket,
    ) -> Result<Reply<UnlockTicket>, Error> {
        self.engine.complete_flow(request, ticket, Effect::Unlock, None).await
    }

    /// Cancels the flow, as [`Reset::cancel`](crate::Reset::cancel).
    ///
    /// # Errors
    ///
    /// As there.
    pub async fn cancel(&self, request: &Request, ticket: &UnlockTicket) -> Result<(), Error> {
        self.engine.cancel_flow(request, ticket).await
    }

    /// Asks administrators for help, as
    /// [`Reset::contact_administrator`](crate::Reset::contact_administrator).
    ///
    /// # Errors
    ///
    /// As there.
    pub async fn contact_administrator(
        &self,
        request: &Request,
        ticket: &UnlockTicket,
    ) -> Result<(), Error> {
        self.engine.ask_for_help(request, ticket).await
    }

    /// Makes this browser a known device, as
    /// [`Reset::remember_device`](crate::Reset::remember_device).
    ///
    /// # Errors
    ///
    /// As there.
    pub async fn remember_device(
        &self,
        request: &Request,
        ticket: &UnlockTicket,
    ) -> Result<DeviceSecret, Error> {
        self.engine.remember_device_of(request, ticket).await
    }

    /// Creates a recovery code in place of the used one, as
    /// [`Reset::replace_recovery_code`](crate::Reset::replace_recovery_code).
    ///
    /// # Errors
    ///
    /// As there.
    pub async fn replace_recovery_code(
        &self,
        request: &Request,
        ticket: &UnlockTicket,
    ) -> Result<crate::SecretText, Error> {
        self.engine.replace_recovery_code(request, ticket).await
    }

    /// Makes the new recovery code active, since the owner has saved it.
    ///
    /// # Errors
    ///
    /// As [`Reset::acknowledge_recovery_code`](crate::Reset::acknowledge_recovery_code).
    pub async fn acknowledge_recovery_code(
        &self,
        request: &Request,
        ticket: &UnlockTicket,
    ) -> Result<(), Error> {
        self.engine.acknowledge_recovery_code(request, ticket).await
    }
}
