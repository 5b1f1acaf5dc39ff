//! Resets of a forgotten password.

use super::Engine;
use super::attempt::{Attempt, Selection};
use super::error::Error;
use super::reply::Reply;
use super::request::{DeviceSecret, Request};
use crate::domain::account::Effect;
use crate::domain::crypto::secret::SecretText;
use crate::domain::crypto::ticket::ResetTicket;
use crate::domain::identity::ids::Identifier;

/// Resets of a forgotten password. Call in this order: [`start`](Self::start),
/// [`challenge`](Self::challenge), [`prove`](Self::prove) (the last two once for each method that
/// the policy requires), [`complete`](Self::complete). [`view`](Self::view) returns the current
/// step, [`cancel`](Self::cancel) cancels the flow,
/// [`contact_administrator`](Self::contact_administrator) asks for help. These three may be called
/// at any point.
#[derive(Clone, Copy, Debug)]
pub struct Reset<'a> {
    pub(super) engine: &'a Engine,
}

impl Reset<'_> {
    /// Begins a reset for the user with this identifier. Nothing is written and nothing is sent.
    ///
    /// # Errors
    ///
    /// [`Refusal::HumanCheckRequired`]; [`Refusal::NotEligible`] only under
    /// [`Disclosure::Reasoned`](crate::policy::Disclosure::Reasoned); [`Error::Fault`] if a port failed.
    ///
    /// [`Refusal::HumanCheckRequired`]: crate::Refusal::HumanCheckRequired
    /// [`Refusal::NotEligible`]: crate::Refusal::NotEligible
    pub async fn start(
        &self,
        request: &Request,
        identifier: &Identifier,
    ) -> Result<Reply<ResetTicket>, Error> {
        self.engine.begin_flow(request, identifier).await
    }

    /// Returns the current step of a flow. Only reads: a mail scanner or a refreshed page changes
    /// nothing.
    ///
    /// # Errors
    ///
    /// [`Refusal::Ended`], [`Refusal::TicketReplaced`]; [`InvalidInput::Foreign`] for a ticket that
    /// is not one of this tenant's resets; [`Error::Fault`].
    ///
    /// [`Refusal::Ended`]: crate::Refusal::Ended
    /// [`Refusal::TicketReplaced`]: crate::Refusal::TicketReplaced
    /// [`InvalidInput::Foreign`]: crate::InvalidInput::Foreign
    pub async fn view(
        &self,
        request: &Request,
        ticket: &ResetTicket,
    ) -> Result<Reply<ResetTicket>, Error> {
        self.engine.view_flow(request, ticket).await
    }

    /// Opens a challenge: sends a code or link to the stored address, if the account has the chosen
    /// method and its budgets allow it. Before the first proof the reply does not tell whether it
    /// was sent.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotOffered`] for an option that was not shown; [`Refusal::TooOften`] for another
    /// challenge of one method within the wait, and for a source that has spent its own limit;
    /// [`Refusal::Ended`], [`Refusal::TicketReplaced`], [`Refusal::AlreadyProven`];
    /// [`InvalidInput`] for a foreign ticket or a missing phone number; [`Error::Fault`].
    ///
    /// [`Refusal::NotOffered`]: crate::Refusal::NotOffered
    /// [`Refusal::TooOften`]: crate::Refusal::TooOften
    /// [`Refusal::Ended`]: crate::Refusal::Ended
    /// [`Refusal::TicketReplaced`]: crate::Refusal::TicketReplaced
    /// [`Refusal::AlreadyProven`]: crate::Refusal::AlreadyProven
    /// [`InvalidInput`]: crate::InvalidInput
    pub async fn challenge(
        &self,
        request: &Request,
        ticket: &ResetTicket,
        selection: &Selection,
    ) -> Result<Reply<ResetTicket>, Error> {
        self.engine.challenge_flow(request, ticket, selection).await
    }

    /// Checks a secret. The reply tells only whether it was accepted.
    ///
    /// One attempt is reserved before the secret is compared. A correct code that is repeated with
    /// the previous ticket gets the same reply and makes no second proof.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotAccepted`] for every reason not to accept it; [`InvalidInput::Foreign`] for a
    /// foreign ticket; [`Error::Fault`] if a port failed, in which case the secret was not compared
    /// or the proof not recorded.
    ///
    /// [`Refusal::NotAccepted`]: crate::Refusal::NotAccepted
    /// [`InvalidInput::Foreign`]: crate::InvalidInput::Foreign
    pub async fn prove(
        &self,
        request: &Request,
        ticket: &ResetTicket,
        attempt: &Attempt,
    ) -> Result<Reply<ResetTicket>, Error> {
        self.engine.prove_flow(request, ticket, attempt).await
    }

    /// Redeems a link in a browser without the flow's ticket: the user types the identifier again
    /// and gets a new ticket; the previous ticket is void. Refused if the flow already has a proof,
    /// which another caller may have given.
    ///
    /// A link is valid once: if the reply is lost, start again. A browser with the flow's ticket
    /// redeems the link by [`prove`](Self::prove).
    ///
    /// # Errors
    ///
    /// [`Refusal::NotAccepted`] for every reason not to accept it; [`Refusal::HumanCheckRequired`];
    /// [`Error::Fault`].
    ///
    /// [`Refusal::NotAccepted`]: crate::Refusal::NotAccepted
    /// [`Refusal::HumanCheckRequired`]: crate::Refusal::HumanCheckRequired
    pub async fn redeem_link(
        &self,
        request: &Request,
        identifier: &Identifier,
        link: &Attempt,
    ) -> Result<Reply<ResetTicket>, Error> {
        self.engine.redeem_link(request, identifier, link).await
    }

    /// Writes the new password, if the flow has a live grant and the password satisfies the rules,
    /// and notifies the owner. If the reply is lost, [`view`](Self::view) shows
    /// [`Step::Done`](crate::Step::Done).
    ///
    /// A rejected password keeps the grant; the tenth rejection ends the flow. If the outcome is
    /// unknown ([`Error::Fault`] from the directory), the owner is notified that the password may
    /// have changed, and the same ticket may repeat the call with the same password.
    ///
    /// # Errors
    ///
    /// [`Refusal::MoreProofNeeded`], [`Refusal::Ended`], [`Refusal::TicketReplaced`],
    /// [`Refusal::Password`], [`Refusal::DirectoryPassword`], [`Refusal::Busy`],
    /// [`Refusal::NotEligible`]; [`InvalidInput`]; [`Error::Fault`].
    ///
    /// [`Refusal::MoreProofNeeded`]: crate::Refusal::MoreProofNeeded
    /// [`Refusal::Ended`]: crate::Refusal::Ended
    /// [`Refusal::TicketReplaced`]: crate::Refusal::TicketReplaced
    /// [`Refusal::Password`]: crate::Refusal::Password
    /// [`Refusal::DirectoryPassword`]: crate::Refusal::DirectoryPassword
    /// [`Refusal::Busy`]: crate::Refusal::Busy
    /// [`Refusal::NotEligible`]: crate::Refusal::NotEligible
    /// [`InvalidInput`]: crate::InvalidInput
    pub async fn complete(
        &self,
        request: &Request,
        ticket: &ResetTicket,
        new_password: &SecretText,
    ) -> Result<Reply<ResetTicket>, Error> {
        self.engine.complete_flow(request, ticket, Effect::Reset, Some(new_password)).await
    }

    /// Cancels the flow: its codes, proofs and grant are void. The result is the same whether or
    /// not the flow had state. A directory write of unknown outcome is not cancelled. Drop the
    /// ticket too: before the first proof a flow consists of its ticket only, and a new challenge
    /// would begin it again.
    ///
    /// # Errors
    ///
    /// [`InvalidInput::Foreign`](crate::InvalidInput::Foreign); [`Error::Fault`].
    pub async fn cancel(&self, request: &Request, ticket: &ResetTicket) -> Result<(), Error> {
        self.engine.cancel_flow(request, ticket).await
    }

    /// Asks administrators for help: holders of the policy's `notifications.administrator_roles`
    /// are notified which user the request is about, and that the requester is not verified. At
    /// most once a day for one account; the result does not tell whether they were notified.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotOffered`](crate::Refusal::NotOffered) if the policy names no such roles;
    /// [`Refusal::Ended`](crate::Refusal::Ended); [`Refusal::TooOften`](crate::Refusal::TooOften)
    /// for a source that has spent its own limit; [`Error::Fault`].
    pub async fn contact_administrator(
        &self,
        request: &Request,
        ticket: &ResetTicket,
    ) -> Result<(), Error> {
        self.engine.ask_for_help(request, ticket).await
    }

    /// After [`Step::Done`](crate::Step::Done): makes this browser a known device of the user.
    /// Store the secret in a cookie and pass it with [`Request::with_device`].
    ///
    /// # Errors
    ///
    /// [`Refusal::Ended`](crate::Refusal::Ended) before the flow is done,
    /// [`Refusal::NotOffered`](crate::Refusal::NotOffered) if the policy switches known devices
    /// off; [`Error::Fault`].
    pub async fn remember_device(
        &self,
        request: &Request,
        ticket: &ResetTicket,
    ) -> Result<DeviceSecret, Error> {
        self.engine.remember_device_of(request, ticket).await
    }

    /// After [`Step::Done`](crate::Step::Done) with `replace_recovery_code`: creates a recovery
    /// code in place of the used one (NIST SP 800-63B-4, 4.2.1.1). It counts once its owner
    /// confirms having saved it: [`acknowledge_recovery_code`](Self::acknowledge_recovery_code). A
    /// second call replaces that code.
    ///
    /// # Errors
    ///
    /// [`Refusal::Ended`](crate::Refusal::Ended) if no recovery code needs replacement;
    /// [`Error::Fault`].
    pub async fn replace_recovery_code(
        &self,
        request: &Request,
        ticket: &ResetTicket,
    ) -> Result<SecretText, Error> {
        self.engine.replace_recovery_code(request, ticket).await
    }

    /// Makes the new code active, since the owner has saved it: the code from
    /// [`replace_recovery_code`](Self::replace_recovery_code).
    ///
    /// # Errors
    ///
    /// [`Refusal::Ended`](crate::Refusal::Ended) if there is no such code; [`Error::Fault`].
    pub async fn acknowledge_recovery_code(
        &self,
        request: &Request,
        ticket: &ResetTicket,
    ) -> Result<(), Error> {
        self.engine.acknowledge_recovery_code(request, ticket).await
    }
}
