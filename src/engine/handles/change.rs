//! Changes of a password by a signed-in user who knows the current one.

use std::sync::atomic::Ordering;

use crate::domain::account::{Account, Effect, FlowId, Purpose};
use crate::domain::crypto::flow_ticket::ChangeTicket;
use crate::domain::crypto::secret::SecretText;
use crate::domain::crypto::ticket::{TicketClaims, TicketSubject};
use crate::domain::event::ActorKind;
use crate::domain::identity::facts::{UserFacts, UserSelector};
use crate::domain::invalid::bounded_text;
use crate::domain::password::composed;
use crate::domain::reason::SsprReason;
use crate::domain::refusal::Refusal;
use crate::domain::rules::{ChangeStart, grant_change, reserve_password};
use crate::engine::api::error::{At as _, Error, FaultOrigin};
use crate::engine::api::reply::Reply;
use crate::engine::api::request::{Request, SignedIn};
use crate::engine::core::Core;
use crate::engine::core::commit::Origin;
use crate::engine::core::context::Context;
use crate::engine::flow;
use crate::engine::observe::Operation;

/// Changes of a password by a signed-in user who knows it: [`start`](Self::start) checks the
/// current password, [`complete`](Self::complete) writes the new one. A host with one form calls
/// both in one handler.
///
/// ```
/// use sspr::{Engine, Error, Request, SecretText, SignedIn, Step};
///
/// async fn change(
///     engine: &Engine,
///     request: &Request,
///     user: &SignedIn,
///     present: &SecretText,
///     new: &SecretText,
/// ) -> Result<bool, Error> {
///     let reply = engine.change().start(request, user, present).await?;
///     let reply = engine.change().complete(request, &reply.ticket, new).await?;
///     Ok(matches!(reply.step, Step::Done { .. }))
/// }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Change<'a> {
    pub(crate) core: &'a Core,
}

/// The longest current password that is passed to the directory, in bytes.
const MAX_PRESENT: usize = 4096;

impl Change<'_> {
    /// Checks the current password. If it is correct, the reply's ticket may set a new one.
    ///
    /// Each attempt is reserved before the directory is asked, in the account's budget for the kind
    /// [`MethodKind::Password`](crate::MethodKind::Password): a stolen session is not enough to
    /// guess the password.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotAccepted`] for a wrong password, [`Refusal::TooOften`],
    /// [`Refusal::NotEligible`] for an account whose password is not changed here,
    /// [`Refusal::Ended`] if the account has changed in the meantime;
    /// [`InvalidInput`](crate::InvalidInput) for a password that is empty or longer than 4096
    /// bytes; [`Error::Fault`].
    pub async fn start(
        &self,
        request: &Request,
        user: &SignedIn,
        present: &SecretText,
    ) -> Result<Reply<ChangeTicket>, Error> {
        let done = async {
            let core = self.core;
            let (tenant, arrival) = (&request.tenant, core.clock.now());
            let id = user.of(request)?;
            bounded_text("password", present.expose_secret(), MAX_PRESENT)?;
            let context = core.context(tenant, UserSelector::Id(id), false).await?;
            let target = core.user_target(tenant, id);
            let loaded = core.load(&target).await?;
            let facts = context
                .may_change(&loaded.account)
                .map_err(|reason| Refusal::NotEligible { reason })?;
            let (policy, epoch) = (&*context.policy, loaded.account.epoch);
            let origin = Origin::of(request, ActorKind::User);
            let step = core.commit(&target, policy, &origin).from(loaded).must_be_known();
            let (reservation, reserved) = step.apply(reserve_password).await?;
            core.comparisons.fetch_add(1, Ordering::Relaxed);
            let directory = &core.directory;
            let verified = directory.verify_password(tenant, id, &composed(present)).await;
            if !verified.at(FaultOrigin::Directory)? {
                let failed = reservation.verdicts();
                return Err(core.failed(&target, policy, &origin, &failed).await);
            }
            let start = ChangeStart {
                flow: FlowId(core.random()?),
                stamp: facts.change_stamp.as_deref(),
                incarnation: facts.incarnation.as_deref(),
                epoch,
                source: core.keys.source(tenant, &request.source.bucket()),
            };
            let step = core.commit(&target, policy, &origin).from(reserved);
            let (flow, committed) =
                step.apply(|transition| grant_change(transition, &start, &reservation)).await?;
            let claim = TicketClaims {
                purpose: Purpose::Change,
                flow: flow.id,
                generation: flow.generation,
                started_at: flow.started_at,
                identifier: Default::default(),
                subject: TicketSubject::User(id.clone()),
                epoch,
                asked: Default::default(),
            };
            Ok(flow::reply(core, tenant, &claim, &committed.account, policy, &[], arrival))
        };
        self.core.observe(Operation::ChangeStart, &request.tenant, done).await
    }

    /// Returns the current step of a change. Only reads.
    ///
    /// # Errors
    ///
    /// [`Refusal::Ended`]; [`InvalidInput::Foreign`](crate::InvalidInput::Foreign);
    /// [`Error::Fault`].
    pub async fn view(
        &self,
        request: &Request,
        ticket: &ChangeTicket,
    ) -> Result<Reply<ChangeTicket>, Error> {
        let done = flow::view(self.core, request, ticket);
        self.core.observe(Operation::ChangeView, &request.tenant, done).await
    }

    /// Writes the new password, as [`Reset::complete`](crate::Reset::complete). All sessions end,
    /// including the one that changed the password: give the user a new one.
    ///
    /// # Errors
    ///
    /// As [`Reset::complete`](crate::Reset::complete).
    pub async fn complete(
        &self,
        request: &Request,
        ticket: &ChangeTicket,
        new_password: &SecretText,
    ) -> Result<Reply<ChangeTicket>, Error> {
        let done = flow::complete(self.core, request, ticket, Effect::Change, Some(new_password));
        self.core.observe(Operation::ChangeComplete, &request.tenant, done).await
    }

    /// Cancels the change.
    ///
    /// # Errors
    ///
    /// [`InvalidInput::Foreign`](crate::InvalidInput::Foreign); [`Error::Fault`].
    pub async fn cancel(&self, request: &Request, ticket: &ChangeTicket) -> Result<(), Error> {
        let done = flow::cancel(self.core, request, ticket);
        self.core.observe(Operation::ChangeCancel, &request.tenant, done).await
    }
}

impl Context {
    /// The user's facts, if this user may change their password here.
    pub(crate) fn may_change(&self, account: &Account) -> Result<&UserFacts, SsprReason> {
        let user = self.may_be_written(account)?;
        if account.repudiated.is_blocked() { Err(SsprReason::Repudiated) } else { Ok(user) }
    }

    /// The user's facts, if this user's password is managed here.
    pub(crate) fn may_be_written(&self, account: &Account) -> Result<&UserFacts, SsprReason> {
        let (user, effective) = self.known()?;
        effective.may_change()?;
        if !account.is_of(user.incarnation.as_deref()) {
            return Err(SsprReason::OtherIncarnation);
        }
        Ok(user)
    }
}
