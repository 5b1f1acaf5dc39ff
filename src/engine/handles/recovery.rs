//! Resets of a forgotten password, and unlocks that keep it: one handle for both.

use std::future::Future;
use std::marker::PhantomData;

use crate::domain::account::{Effect, Purpose};
use crate::domain::crypto::flow_ticket::{FlowTicket, ResetTicket, UnlockTicket};
use crate::domain::crypto::secret::SecretText;
use crate::domain::identity::ids::Identifier;
use crate::domain::policy::HelpDesk;
use crate::domain::report::CountedStep;
use crate::engine::api::attempt::{Attempt, Selection};
use crate::engine::api::error::Error;
use crate::engine::api::reply::Reply;
use crate::engine::api::request::{DeviceSecret, Request};
use crate::engine::core::Core;
use crate::engine::flow;
use crate::engine::observe::{Operation, Watched};

/// Resets and unlocks: the verbs of [`Reset`] and [`Unlock`], which differ in
/// [`complete`](Reset::complete) only. `T` is the ticket: a ticket, a code or a link of one kind is
/// invalid in the other.
///
/// Call in this order: [`start`](Self::start),
/// [`challenge`](Self::challenge), [`prove`](Self::prove) (the last two once for each method that
/// the policy requires), `complete`. [`view`](Self::view) returns the current
/// step, [`cancel`](Self::cancel) cancels the flow,
/// [`contact_administrator`](Self::contact_administrator) asks for help. These three may be called
/// at any point.
///
/// A handler that serves both is generic:
///
/// ```
/// use sspr::recovery::{FlowTicket, Recovery};
/// use sspr::{Attempt, Error, Reply, Request};
///
/// async fn enter<T: FlowTicket>(
///     recovery: Recovery<'_, T>,
///     request: &Request,
///     cookie: &str,
///     typed: &str,
/// ) -> Result<Reply<T>, Error> {
///     recovery.prove(request, &T::parse(cookie)?, &Attempt::code(typed)?).await
/// }
/// ```
#[derive(Debug)]
pub struct Recovery<'a, T> {
    core: &'a Core,
    ticket: PhantomData<fn() -> T>,
}

/// Resets of a forgotten password. The verbs are those of [`Recovery`].
pub type Reset<'a> = Recovery<'a, ResetTicket>;

/// Unlocks an account and keeps its password, if the policy's `unlock_without_reset` allows it.
///
/// The steps, the methods and the budgets are those of a [`Reset`]; where that ends
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
pub type Unlock<'a> = Recovery<'a, UnlockTicket>;

impl<T> Clone for Recovery<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Recovery<'_, T> {}

impl<'a, T: FlowTicket> Recovery<'a, T> {
    pub(crate) const fn of(core: &'a Core) -> Self {
        Self { core, ticket: PhantomData }
    }
}

impl<T: FlowTicket> Recovery<'_, T> {
    /// Observes a verb that has one name for resets and one for unlocks.
    fn observe<R, F>(
        &self,
        [reset, unlock]: [Operation; 2],
        request: &Request,
        future: F,
    ) -> Watched<'_, F>
    where
        F: Future<Output = Result<R, Error>>,
    {
        let operation = if T::PURPOSE == Purpose::Unlock { unlock } else { reset };
        self.core.observe(operation, &request.tenant, future)
    }

    /// Begins a flow for the user with this identifier. Nothing is written and nothing is sent.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotOffered`] for an unlock that the policy does not offer;
    /// [`Refusal::HumanCheckRequired`]; [`Refusal::NotEligible`] only under
    /// [`Disclosure::Reasoned`](crate::policy::Disclosure::Reasoned); [`Error::Fault`] if a port failed.
    ///
    /// [`Refusal::NotOffered`]: crate::Refusal::NotOffered
    /// [`Refusal::HumanCheckRequired`]: crate::Refusal::HumanCheckRequired
    /// [`Refusal::NotEligible`]: crate::Refusal::NotEligible
    pub async fn start(
        &self,
        request: &Request,
        identifier: &Identifier,
    ) -> Result<Reply<T>, Error> {
        let done = flow::start(self.core, request, identifier);
        let names = [Operation::ResetStart, Operation::UnlockStart];
        let reply = self.observe(names, request, done).await;
        self.core.count_reply(&request.tenant, T::PURPOSE, CountedStep::Start, &reply);
        reply
    }

    /// Returns the current step of a flow. Only reads: a mail scanner or a refreshed page changes
    /// nothing.
    ///
    /// # Errors
    ///
    /// [`Refusal::Ended`], [`Refusal::TicketReplaced`]; [`InvalidInput::Foreign`] for a ticket that
    /// is not one of this tenant's and of this kind; [`Error::Fault`].
    ///
    /// [`Refusal::Ended`]: crate::Refusal::Ended
    /// [`Refusal::TicketReplaced`]: crate::Refusal::TicketReplaced
    /// [`InvalidInput::Foreign`]: crate::InvalidInput::Foreign
    pub async fn view(&self, request: &Request, ticket: &T) -> Result<Reply<T>, Error> {
        let done = flow::view(self.core, request, ticket);
        self.observe([Operation::ResetView, Operation::UnlockView], request, done).await
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
        ticket: &T,
        selection: &Selection,
    ) -> Result<Reply<T>, Error> {
        let done = flow::challenge(self.core, request, ticket, selection);
        let names = [Operation::ResetChallenge, Operation::UnlockChallenge];
        let reply = self.observe(names, request, done).await;
        let step = flow::counted_step(self.core, request, ticket);
        self.core.count_reply(&request.tenant, T::PURPOSE, step, &reply);
        reply
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
        ticket: &T,
        attempt: &Attempt,
    ) -> Result<Reply<T>, Error> {
        let done = flow::prove(self.core, request, ticket, attempt);
        let names = [Operation::ResetProve, Operation::UnlockProve];
        let reply = self.observe(names, request, done).await;
        self.core.count_reply(&request.tenant, T::PURPOSE, CountedStep::Prove, &reply);
        reply
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
    ) -> Result<Reply<T>, Error> {
        let done = flow::redeem_link(self.core, request, identifier, link);
        self.observe([Operation::ResetRedeemLink, Operation::UnlockRedeemLink], request, done).await
    }

    /// Cancels the flow: its codes, proofs and grant are void. The result is the same whether or
    /// not the flow had state. A directory write of unknown outcome is not cancelled. Drop the
    /// ticket too: before the first proof a flow consists of its ticket only, and a new challenge
    /// would begin it again.
    ///
    /// # Errors
    ///
    /// [`InvalidInput::Foreign`](crate::InvalidInput::Foreign); [`Error::Fault`].
    pub async fn cancel(&self, request: &Request, ticket: &T) -> Result<(), Error> {
        let done = flow::cancel(self.core, request, ticket);
        self.observe([Operation::ResetCancel, Operation::UnlockCancel], request, done).await
    }

    /// Asks administrators for help: holders of the policy's
    /// [`desk.help_tiers`](crate::policy::DeskPolicy::help_tiers) are notified which user the request
    /// is about, and that the requester is not verified. At most once a day for one account; the
    /// result does not tell whether they were notified.
    ///
    /// Returns the policy's [`desk.help`](crate::policy::DeskPolicy::help). If that is a page or a
    /// mailbox, show it as a link: nothing was sent or written.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotOffered`](crate::Refusal::NotOffered) if the policy offers no help;
    /// [`Refusal::Ended`](crate::Refusal::Ended); [`Refusal::TooOften`](crate::Refusal::TooOften)
    /// for a source that has spent its own limit; [`Error::Fault`].
    pub async fn contact_administrator(
        &self,
        request: &Request,
        ticket: &T,
    ) -> Result<HelpDesk, Error> {
        let done = flow::contact_administrator(self.core, request, ticket);
        self.observe(
            [Operation::ResetContactAdministrator, Operation::UnlockContactAdministrator],
            request,
            done,
        )
        .await
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
        ticket: &T,
    ) -> Result<DeviceSecret, Error> {
        let done = flow::remember_device(self.core, request, ticket);
        self.observe(
            [Operation::ResetRememberDevice, Operation::UnlockRememberDevice],
            request,
            done,
        )
        .await
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
        ticket: &T,
    ) -> Result<SecretText, Error> {
        let done = flow::replace_recovery_code(self.core, request, ticket);
        self.observe(
            [Operation::ResetReplaceRecoveryCode, Operation::UnlockReplaceRecoveryCode],
            request,
            done,
        )
        .await
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
        ticket: &T,
    ) -> Result<(), Error> {
        let done = flow::acknowledge_recovery_code(self.core, request, ticket);
        self.observe(
            [Operation::ResetAcknowledgeRecoveryCode, Operation::UnlockAcknowledgeRecoveryCode],
            request,
            done,
        )
        .await
    }
}

impl Recovery<'_, ResetTicket> {
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
        self.core
            .observe(
                Operation::ResetComplete,
                &request.tenant,
                flow::complete(self.core, request, ticket, Effect::Reset, Some(new_password)),
            )
            .await
    }
}

impl Recovery<'_, UnlockTicket> {
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
        self.core
            .observe(
                Operation::UnlockComplete,
                &request.tenant,
                flow::complete(self.core, request, ticket, Effect::Unlock, None),
            )
            .await
    }
}
