//! The verbs that resets and unlocks share: start, view, prove and cancel. `challenge.rs` has the
//! fourth step of a flow, the challenge.

use std::sync::Arc;

use super::Engine;
use super::attempt::Attempt;
use super::context::{Context, Eligible, decoy_user_id};
use super::error::Error;
use super::reply::Reply;
use super::request::Request;
use super::step::{Decision, Loaded, OnUnknown, Origin, Target};
use super::view::step_of;
use crate::domain::account::{Account, FlowId, Purpose};
use crate::domain::crypto::ticket::{FlowTicket, TicketClaims, TicketSubject};
use crate::domain::event::ActorKind;
use crate::domain::identity::facts::UserSelector;
use crate::domain::identity::ids::{Identifier, TenantId};
use crate::domain::policy::{Disclosure, Policy};
use crate::domain::reason::SsprReason;
use crate::domain::refusal::Refusal;
use crate::domain::rules::{self, Transition, time_of};
use crate::domain::time::Timestamp;

impl Engine {
    pub(super) async fn begin_flow<T: FlowTicket>(
        &self,
        request: &Request,
        identifier: &Identifier,
    ) -> Result<Reply<T>, Error> {
        let (tenant, arrival) = (&request.tenant, self.inner.clock.now());
        let context = self.admitted(request, identifier).await?;
        if T::PURPOSE == Purpose::Unlock && !context.policy.unlock_without_reset {
            return Err(Refusal::NotOffered.into());
        }
        let typed = self.inner.keys.identifier(tenant, identifier);
        let (_, loaded) = self.named(tenant, &context, typed).await?;
        let eligible = context.eligible(&loaded.account, arrival);
        let subject = match &eligible {
            Ok(eligible) => TicketSubject::User(eligible.user.id.clone()),
            Err(reason) => {
                if context.policy.disclosure == Disclosure::Reasoned {
                    return Err(Refusal::NotEligible { reason: *reason }.into());
                }
                let user = context.user.as_ref().map(|user| user.id.clone());
                TicketSubject::Decoy { reason: *reason, user }
            }
        };
        let claim = TicketClaims {
            purpose: T::PURPOSE,
            flow: FlowId(self.random()?),
            generation: 0,
            started_at: arrival,
            identifier: typed,
            subject,
            epoch: match &eligible {
                Ok(_) => loaded.account.epoch,
                Err(_) => 0,
            },
            asked: Default::default(),
        };
        let first = self.first_offers(&context, eligible.ok().as_ref(), typed);
        // The flow has no state yet: all flows in the record are other flows.
        Ok(self.reply(tenant, &claim, &loaded.account, &context.policy, &first, arrival))
    }

    /// Asks the human check, then reads the facts for an identifier that any caller may have typed.
    pub(super) async fn admitted(
        &self,
        request: &Request,
        identifier: &Identifier,
    ) -> Result<Context, Error> {
        let tenant = &request.tenant;
        let human = self.human_passed(request).await;
        let context = self.context(tenant, UserSelector::Identifier(identifier), false).await?;
        let policy = &context.policy;
        let wanted = policy.human_check || policy.disclosure == Disclosure::Reasoned;
        if wanted && !human {
            return Err(Refusal::HumanCheckRequired.into());
        }
        Ok(context)
    }

    /// The record of the user in the context, or a decoy if the identifier is unknown.
    pub(super) async fn named(
        &self,
        tenant: &TenantId,
        context: &Context,
        typed: [u8; 8],
    ) -> Result<(Target, Loaded), Error> {
        let target = match &context.user {
            Some(user) => self.user_target(tenant, &user.id),
            None => self.decoy_target(tenant, typed, None),
        };
        let loaded = self.load(&target).await?;
        Ok((target, loaded))
    }

    pub(super) async fn view_flow<T: FlowTicket>(
        &self,
        request: &Request,
        ticket: &T,
    ) -> Result<Reply<T>, Error> {
        let (tenant, arrival) = (&request.tenant, self.inner.clock.now());
        let claim = ticket.open(tenant, &self.inner.keys)?;
        let (context, _, loaded) = self.flow_state(tenant, &claim, false).await?;
        let now = time_of(&loaded.account, arrival);
        claim.check_time(context.policy.lifetimes.flow, arrival)?;
        // Before the first proof the reply is built from the ticket only: the record would show
        // whether the account exists.
        let proven = loaded.account.flow(&claim.flow).filter(|flow| !flow.proofs.is_empty());
        match proven {
            None if claim.generation > 0 || !claim.purpose.anonymous() => {
                return Err(Refusal::Ended.into());
            }
            Some(flow) if now >= flow.expires_at || flow.epoch != loaded.account.epoch => {
                return Err(Refusal::Ended.into());
            }
            Some(flow) if flow.generation != claim.generation => {
                return Err(Refusal::TicketReplaced.into());
            }
            _ => {}
        }
        let eligible = context.claimed_eligible(&claim, &loaded.account, now);
        let first = self.first_offers(&context, eligible.ok().as_ref(), claim.identifier);
        Ok(self.reply(tenant, &claim, &loaded.account, &context.policy, &first, arrival))
    }

    pub(super) async fn prove_flow<T: FlowTicket>(
        &self,
        request: &Request,
        ticket: &T,
        attempt: &Attempt,
    ) -> Result<Reply<T>, Error> {
        let (tenant, arrival) = (&request.tenant, self.inner.clock.now());
        let mut claim = ticket.open(tenant, &self.inner.keys)?;
        let (policy, _) = self.policy(tenant, false).await?;
        let target = self.subject_target(tenant, &claim);
        let origin = Origin::about(request, &claim.subject);
        let proven = self.reserve_and_compare(&target, &policy, &origin, &claim, attempt).await?;
        let (reservation, matched) = proven;
        let origin = Origin { actor: ActorKind::User, ..origin };
        let decide = |transition: &mut Transition<'_>| {
            rules::consume(transition, &claim.flow, &reservation, &matched).map(Decision::Commit)
        };
        let step = self.step(&target, None, &policy, &origin, OnUnknown::Resolve, decide);
        let (proven, account) = step.await?;
        claim.generation = proven.flow.generation;
        // After a proof the reply is built from the record.
        claim.asked = Default::default();
        (self.inner.on_work)();
        let mut reply = self.reply(tenant, &claim, &account, &policy, &[], arrival);
        reply.not_before = None;
        Ok(reply)
    }

    pub(super) async fn cancel_flow<T: FlowTicket>(
        &self,
        request: &Request,
        ticket: &T,
    ) -> Result<(), Error> {
        let tenant = &request.tenant;
        let claim = ticket.open(tenant, &self.inner.keys)?;
        let (policy, _) = self.policy(tenant, false).await?;
        let target = self.subject_target(tenant, &claim);
        let origin = Origin::about(request, &claim.subject);
        let decide = |transition: &mut Transition<'_>| {
            let cancelled = rules::cancel(transition, &claim.bearer());
            Ok(if cancelled { Decision::Commit(()) } else { Decision::Discard(()) })
        };
        self.step(&target, None, &policy, &origin, OnUnknown::Resolve, decide).await?;
        Ok(())
    }

    /// Asks the human check, if there is one. This is the first port call under every policy.
    async fn human_passed(&self, request: &Request) -> bool {
        match (&self.inner.human_check, &request.human) {
            (Some(check), Some(answer)) => {
                check.passed(&request.tenant, answer).await.unwrap_or(false)
            }
            _ => false,
        }
    }

    /// Reads the facts and the record for a ticket, with the same port calls for a user and for a
    /// decoy.
    pub(super) async fn flow_state(
        &self,
        tenant: &TenantId,
        claim: &TicketClaims,
        fresh: bool,
    ) -> Result<(Context, Target, Loaded), Error> {
        let user = match &claim.subject {
            TicketSubject::User(user) => user.clone(),
            TicketSubject::Decoy { user, .. } => match user {
                Some(user) => user.clone(),
                None => decoy_user_id(claim.identifier)?,
            },
        };
        let context = self.context(tenant, UserSelector::Id(&user), fresh).await?;
        let target = self.subject_target(tenant, claim);
        let loaded = self.load(&target).await?;
        Ok((context, target, loaded))
    }

    pub(super) fn reply<T: FlowTicket>(
        &self,
        tenant: &TenantId,
        claim: &TicketClaims,
        account: &Arc<Account>,
        policy: &Policy,
        first: &[super::OptionView],
        arrival: Timestamp,
    ) -> Reply<T> {
        let proven = account.flow(&claim.flow).is_some_and(|flow| !flow.proofs.is_empty());
        // Before the first proof not even the record's time may influence the reply.
        let now = if proven { time_of(account, arrival) } else { arrival };
        Reply {
            ticket: T::issue(claim, tenant, &self.inner.keys),
            step: step_of(claim, account, policy, first, now),
            expires_at: claim.started_at.plus(policy.lifetimes.flow),
            not_before: (!proven).then(|| arrival.plus(self.inner.reply_floor)),
            page: None,
            replace_recovery_code: account
                .flow(&claim.flow)
                .and_then(|flow| flow.done)
                .is_some_and(|done| done.replace_recovery_code),
            unlock_offered: policy.unlock_without_reset,
        }
    }
}

impl Context {
    /// Whether the ticket's user may reset now. A decoy ticket keeps its reason.
    pub(super) fn claimed_eligible(
        &self,
        claim: &TicketClaims,
        account: &Account,
        now: Timestamp,
    ) -> Result<Eligible<'_>, SsprReason> {
        match &claim.subject {
            TicketSubject::Decoy { reason, .. } => Err(*reason),
            TicketSubject::User(_) => self.eligible(account, now),
        }
    }
}
