//! Resets of a forgotten password.

use super::Engine;
use super::attempt::{Attempt, Selection};
use super::error::Error;
use super::reply::Reply;
use super::request::{DeviceSecret, Request};
use crate::domain::account::Effect;
use crate::domain::ids::Identifier;
use crate::domain::secret::SecretText;
use crate::domain::ticket::ResetTicket;

/// Resets of a forgotten password. Call in this order: [`start`](Self::start),
/// [`challenge`](Self::challenge), [`prove`](Self::prove) (the last two once for each method that
/// the policy requires), [`complete`](Self::complete). [`view`](Self::view) shows where a flow
/// stands, [`cancel`](Self::cancel) gives it up, [`contact_administrator`](Self::contact_administrator)
/// asks for help, at any point.
#[derive(Clone, Copy, Debug)]
pub struct Reset<'a> {
    pub(super) engine: &'a Engine,
}

impl Reset<'_> {
    /// Begins a reset for whoever has this identifier. Nothing is written and nothing is sent.
    ///
    /// # Errors
    ///
    /// [`Refusal::HumanCheckRequired`]; [`Refusal::NotEligible`] only under
    /// [`Disclosure::Reasoned`](crate::Disclosure::Reasoned); [`Error::Fault`] if a port failed.
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

    /// Shows where a flow stands. Only reads: a mail scanner or a refreshed page changes nothing.
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

    /// Opens a challenge: what was chosen is sent to the stored address, if the account has the
    /// method and its budgets allow. Before the first proof the answer does not tell.
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

    /// Judges a secret: accepted or not accepted, nothing else.
    ///
    /// One attempt is taken before the secret is compared. The right code, given again with the
    /// ticket before, gets the same answer and makes no second proof.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotAccepted`] whatever the reason is; [`InvalidInput::Foreign`] for a foreign
    /// ticket; [`Error::Fault`] if a port failed, in which case the secret was not compared or the
    /// proof not recorded.
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

    /// Redeems a link in a browser that does not hold the flow's ticket: the person types the
    /// identifier again, and gets a ticket of their own; the one before is void. Refused if the flow
    /// holds another proof: nobody inherits what somebody else has proven.
    ///
    /// A link is good once: if the answer is lost, start again. With the flow's ticket at hand,
    /// [`prove`](Self::prove) redeems it.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotAccepted`] whatever the reason is; [`Refusal::HumanCheckRequired`];
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

    /// Writes the new password, if the flow holds a live grant and the password satisfies the
    /// rules, and tells the owner. If the answer is lost, [`view`](Self::view) shows
    /// [`Step::Done`](crate::Step::Done).
    ///
    /// A refused password costs nothing and keeps the grant, ten times. If the outcome is not
    /// known ([`Error::Fault`] from the directory), the owner is told that the password may have
    /// changed, and the same ticket may repeat the call with the same password.
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

    /// Gives the flow up: its codes, proofs and grant are void. The answer is the same whether there
    /// was anything to give up. A directory write whose outcome is open is not given up. Drop the
    /// ticket too: before the first proof it is all that there is of a flow, and would begin it
    /// again, as anybody may.
    ///
    /// # Errors
    ///
    /// [`InvalidInput::Foreign`](crate::InvalidInput::Foreign); [`Error::Fault`].
    pub async fn cancel(&self, request: &Request, ticket: &ResetTicket) -> Result<(), Error> {
        self.engine.cancel_flow(request, ticket).await
    }

    /// Asks administrators for help: holders of the policy's `notifications.administrator_roles`
    /// are told which user it is about, and that it is not proven who asks. At most once a day for
    /// one account; whether they are told, the answer does not tell.
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

    /// After [`Step::Done`](crate::Step::Done): this browser is a known device of the user from now
    /// on. Hand the secret back with [`Request::with_device`].
    ///
    /// # Errors
    ///
    /// [`Refusal::Ended`](crate::Refusal::Ended) before the flow is done,
    /// [`Refusal::NotOffered`](crate::Refusal::NotOffered) if the policy knows no devices;
    /// [`Error::Fault`].
    pub async fn remember_device(
        &self,
        request: &Request,
        ticket: &ResetTicket,
    ) -> Result<DeviceSecret, Error> {
        self.engine.remember_device_of(request, ticket).await
    }

    /// After [`Step::Done`](crate::Step::Done) with `replace_recovery_code`: another recovery code for the
    /// one that was used (NIST SP 800-63B-4, 4.2.1.1). It counts once its owner says that it is
    /// saved: [`acknowledge_recovery_code`](Self::acknowledge_recovery_code). Called again, it gives
    /// another one instead.
    ///
    /// # Errors
    ///
    /// [`Refusal::Ended`](crate::Refusal::Ended) if no recovery code is to be replaced;
    /// [`Error::Fault`].
    pub async fn replace_recovery_code(
        &self,
        request: &Request,
        ticket: &ResetTicket,
    ) -> Result<SecretText, Error> {
        self.engine.replace_recovery_code(request, ticket).await
    }

    /// The owner has saved the code from [`replace_recovery_code`](Self::replace_recovery_code).
    ///
    /// # Errors
    ///
    /// [`Refusal::Ended`](crate::Refusal::Ended) if there is none; [`Error::Fault`].
    pub async fn acknowledge_recovery_code(
        &self,
        request: &Request,
        ticket: &ResetTicket,
    ) -> Result<(), Error> {
        self.engine.acknowledge_recovery_code(request, ticket).await
    }
}
