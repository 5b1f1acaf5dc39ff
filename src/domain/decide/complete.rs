//! The directory write: a saga in which no password changes, and no lockout is cleared, without a
//! notice.

use super::prove::distinct;
use super::{Address, Transition};
use crate::domain::account::{
    Done, Effect, FlowId, Offer, PendingBody, Proof, Purpose, Unknown, Write, WriteState,
};
use crate::domain::event::{EventKind, FlowEnd, RejectedBy};
use crate::domain::facts::SessionKinds;
use crate::domain::ids::UserId;
use crate::domain::message::Notice;
use crate::domain::method::MethodKind;
use crate::domain::policy::Deviation;
use crate::domain::reason::SsprReason;
use crate::domain::refusal::Refusal;
use crate::domain::time::Timestamp;

/// Rejected passwords that end a grant.
const MAX_REJECTIONS: u8 = 10;
const DAY: std::time::Duration = std::time::Duration::from_secs(86_400);

/// The command: begin to write a password that satisfies the rules, or to unlock.
pub(crate) struct PendingWriteTerms<'a> {
    pub(crate) effect: Effect,
    pub(crate) flow: &'a FlowId,
    pub(crate) generation: u8,
    /// The policy and the facts of now; the strictest of start and now wins.
    pub(crate) required: u8,
    pub(crate) methods_allowed: &'a (dyn Fn(&Proof) -> bool + Sync),
    pub(crate) stamp: Option<&'a str>,
    pub(crate) tell: &'a [Address],
    /// An administrator who resets, as the other ones know them: those are to be told.
    pub(crate) administrator: Option<(&'a UserId, &'a str)>,
    /// The source of the request, for the account's list of familiar ones.
    pub(crate) source: Option<[u8; 8]>,
}

/// A write that has begun.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct PendingWrite {
    pub(crate) effect: Effect,
    pub(crate) write: u32,
    pub(crate) flow: u32,
    /// The methods proven for it.
    pub(crate) methods: Vec<MethodKind>,
    /// An earlier write of this flow is not settled: ask first whether the password verifies.
    pub(crate) ask_first: bool,
    /// The account is not as it was when the flow began. If the password does not verify, it was
    /// somebody else who changed it, and what was proven is void.
    pub(crate) changed_outside: bool,
    source: Option<[u8; 8]>,
}

/// Checks that the flow holds a live grant, under the policy and the facts of now.
///
/// # Errors
///
/// [`Refusal`] if it does not, or if somebody changed the account behind the engine meanwhile:
/// what was proven is then void. After a write of our own that is not settled, a changed account
/// says nothing.
fn check_grant(transition: &Transition<'_>, terms: &PendingWriteTerms<'_>) -> Result<u32, Refusal> {
    let now = transition.now;
    let flow = transition.account.flow(terms.flow).ok_or(Refusal::Ended)?;
    if flow.purpose != terms.effect.purpose()
        || !flow.live(now)
        || flow.epoch != transition.account.epoch
    {
        return Err(Refusal::Ended);
    }
    if flow.generation != terms.generation {
        return Err(Refusal::TicketReplaced);
    }
    let own_write =
        transition.account.write.as_ref().is_some_and(|write| write.flow == flow.number);
    if !own_write && flow.stamp.as_deref() != terms.stamp {
        return Err(Refusal::Ended);
    }
    let live = flow
        .grant
        .as_ref()
        .filter(|grant| now < grant.expires_at && grant.rejections < MAX_REJECTIONS);
    if live.is_none() {
        // A grant that is past is past for good; without one, more is to be proven.
        let refusal = if flow.grant.is_some() { Refusal::Ended } else { Refusal::MoreProofNeeded };
        return Err(refusal);
    }
    let allowed: Vec<_> =
        flow.proofs.iter().filter(|proof| (terms.methods_allowed)(proof)).cloned().collect();
    if distinct(&allowed) < flow.required.max(terms.required) {
        return Err(Refusal::MoreProofNeeded);
    }
    Ok(flow.number)
}

/// Begins the write: the notice and the revocation are in the record before the directory is
/// asked, due when the outcome is known or the deadline has passed.
///
/// # Errors
///
/// [`Refusal`] without a live grant, or if the account was changed behind the engine;
/// [`Refusal::Busy`] while a write is in flight.
pub(crate) fn begin_write(
    transition: &mut Transition<'_>,
    terms: &PendingWriteTerms<'_>,
) -> Result<PendingWrite, Refusal> {
    transition.sweep();
    // Nobody could be told: then nothing may be written.
    if terms.tell.is_empty() {
        return Err(Refusal::NotEligible { reason: SsprReason::TooFewMethods });
    }
    // Nothing is voided by our own unsettled write: its flow asks again.
    let number = check_grant(transition, terms)?;
    let now = transition.now;
    let earlier = transition.account.write.clone();
    let in_flight = |write: &Write| write.state == WriteState::Writing && now < write.deadline;
    if let Some(write) = earlier.as_ref().filter(|write| in_flight(write)) {
        return Err(Refusal::Busy { retry_at: write.deadline });
    }
    if let Some(write) = &earlier {
        // What it may have done, the owner is told.
        unsettle(transition, write, number);
    }
    let flow = transition.account.flow(terms.flow).ok_or(Refusal::Ended)?;
    let methods = flow.proofs.iter().map(|proof| proof.method).collect();
    let changed_outside = flow.stamp.as_deref() != terms.stamp;
    let ask_first =
        earlier.is_some_and(|write| write.flow == number && write.effect == terms.effect);
    if terms.effect == Effect::Change {
        transition.count_act()?;
    }
    let write = start(transition, number, terms)?;
    let effect = terms.effect;
    let source = terms.source;
    Ok(PendingWrite { effect, write, flow: number, methods, ask_first, changed_outside, source })
}

fn start(
    transition: &mut Transition<'_>,
    flow: u32,
    terms: &PendingWriteTerms<'_>,
) -> Result<u32, Refusal> {
    let now = transition.now;
    let number = Transition::number(&mut transition.account.numbers.write);
    let deadline = now.plus(transition.policy.lifetimes.directory_write);
    let (effect, state) = (terms.effect, WriteState::Writing);
    transition.account.write = Some(Write {
        number,
        flow,
        effect,
        started_at: now,
        deadline,
        state,
        unknown: Unknown::NONE,
    });
    let notice = match effect {
        Effect::Reset | Effect::Change => Notice::PasswordMayHaveChanged { at: now },
        Effect::Unlock => Notice::AccountMayHaveBeenUnlocked { at: now },
    };
    transition.notify(notice, terms.tell, deadline, Some(number))?;
    if let Some((actor, about)) = terms.administrator {
        let notice = Notice::AdministratorMayHaveReset { at: now };
        transition.tell_administrators(notice, about, Some(actor), deadline, Some(number))?;
    }
    if effect.writes_password() {
        transition.queue_revocation(number, deadline, Some(number));
    }
    transition.record(EventKind::DirectoryWriteStarted { flow, write: number });
    Ok(number)
}

impl Effect {
    /// The flows that bring it about.
    pub(crate) const fn purpose(self) -> Purpose {
        match self {
            Self::Reset => Purpose::Reset,
            Self::Change => Purpose::Change,
            Self::Unlock => Purpose::Unlock,
        }
    }

    /// Whether what is outstanding is void with it, and sessions end.
    pub(crate) const fn writes_password(self) -> bool {
        !matches!(self, Self::Unlock)
    }

    /// What the owner is told once the outcome is known.
    const fn notice(self, at: Timestamp) -> Notice {
        match self {
            Self::Reset => Notice::PasswordReset { at },
            Self::Change => Notice::PasswordChanged { at },
            Self::Unlock => Notice::AccountUnlocked { at },
        }
    }
}

impl Transition<'_> {
    fn queue_revocation(&mut self, write: u32, due: Timestamp, held_by: Option<u32>) {
        let narrow = self.policy.acknowledged.contains(&Deviation::PasswordSessionsOnly);
        let kinds = if narrow { SessionKinds::PasswordBased } else { SessionKinds::All };
        let body = PendingBody::Revoke { write, authenticated_before: self.now, kinds };
        self.queue(body, due, due.plus(30 * DAY), held_by);
    }
}

/// The directory wrote. Whatever has become of the record meanwhile: it is recorded, what is
/// outstanding is void, and sessions end.
pub(crate) fn settle_written(
    transition: &mut Transition<'_>,
    pending: &PendingWrite,
    propagated: bool,
) {
    if !settle_once(transition, pending.write) {
        return;
    }
    let now = transition.now;
    let held = transition.account.write.as_ref();
    let held =
        held.is_some_and(|one| one.number == pending.write && one.state == WriteState::Writing);
    if held {
        for message in &mut transition.account.outbox {
            if message.write == Some(pending.write)
                && let PendingBody::Notice { notice, .. }
                | PendingBody::Administrators { notice, .. } = &mut message.body
            {
                *notice = match *notice {
                    Notice::PasswordMayHaveChanged { .. }
                    | Notice::AccountMayHaveBeenUnlocked { .. } => pending.effect.notice(now),
                    Notice::AdministratorMayHaveReset { .. } => {
                        Notice::AdministratorReset { at: now }
                    }
                    other => other,
                };
            }
        }
        transition.release(pending.write);
    } else if pending.effect.writes_password() {
        // The owner has been told that it may have changed. Sessions begun since then end too.
        transition.queue_revocation(pending.write, now, None);
    }
    transition.account.write.take_if(|one| one.number == pending.write);
    transition.know_source(pending.source);
    if pending.effect.writes_password() {
        transition.void_others(Some(pending.flow));
        if pending.effect == Effect::Reset {
            transition.drop_held();
        }
        // A password that is known again may prove a change again.
        let known = transition.account.budgets.iter_mut();
        for budget in known.filter(|budget| budget.method == MethodKind::Password) {
            budget.reopen();
        }
    }
    if let Some(flow) = transition.account.flows.iter_mut().find(|one| one.number == pending.flow) {
        flow.grant = None;
        flow.repeat = None;
        let replace_recovery_code =
            flow.proofs.iter().any(|proof| proof.method == MethodKind::RecoveryCode);
        flow.done = Some(Done { at: now, propagated, replace_recovery_code, remembered: false });
    }
    if transition.policy.clear_counters_on_reset && pending.effect == Effect::Reset {
        for budget in &mut transition.account.budgets {
            budget.anonymous = Default::default();
            budget.proven = Default::default();
        }
    }
    let PendingWrite { flow, write, methods, .. } = pending.clone();
    transition.record(match pending.effect {
        Effect::Reset => EventKind::PasswordReset { flow, write, methods, propagated },
        Effect::Change => EventKind::PasswordChanged { flow, write, propagated },
        Effect::Unlock => EventKind::AccountUnlocked { flow, write, methods, propagated },
    });
}

/// The directory surely did not write: back to the grant, and nobody is told of anything.
pub(crate) fn settle_unwritten(
    transition: &mut Transition<'_>,
    pending: &PendingWrite,
    why: &PendingWriteFailure,
) {
    if !settle_once(transition, pending.write) {
        return;
    }
    let write = transition.account.write.take_if(|one| one.number == pending.write);
    if let Some(write) = write.filter(|one| one.state == WriteState::Writing) {
        transition.account.outbox.retain(|message| message.write != Some(pending.write));
        if write.effect == Effect::Change {
            transition.take_back_act(write.started_at);
        }
    }
    match why {
        PendingWriteFailure::Refused(reason) => {
            reject(transition, pending.flow, RejectedBy::Directory, vec![(*reason).to_owned()]);
        }
        PendingWriteFailure::Failed(reason) => {
            let (flow, write) = (pending.flow, pending.write);
            transition.record(EventKind::DirectoryWriteFailed { flow, write, reason: *reason });
        }
    }
}

/// Whether this write was not settled before: a commit whose reply was lost is decided again, and
/// makes neither a second event nor a second revocation.
fn settle_once(transition: &mut Transition<'_>, write: u32) -> bool {
    const REMEMBERED: usize = 8;
    let settled = &mut transition.account.settled;
    if settled.contains(&write) {
        return false;
    }
    settled.push(write);
    if settled.len() > REMEMBERED {
        settled.remove(0);
    }
    true
}

/// Why the directory did not write.
pub(crate) enum PendingWriteFailure {
    /// It does not accept the password; a stable code of why.
    Refused(&'static str),
    /// It could not.
    Failed(SsprReason),
}

/// Nobody knows whether the directory wrote: the notice goes out in words that fit both, the
/// sessions end, and the grant stays with its bearer.
pub(crate) fn settle_unknown(transition: &mut Transition<'_>, write: u32) {
    let current = transition.account.write.clone();
    if let Some(current) = current.filter(|one| one.number == write) {
        unsettle(transition, &current, current.flow);
        transition.sweep();
    }
}

/// The directory was not asked to write after all: an earlier write is still not settled, and its
/// owner has been told.
pub(crate) fn settle_unasked(transition: &mut Transition<'_>, pending: &PendingWrite) {
    let current = transition.account.write.as_mut();
    if let Some(current) = current.filter(|one| one.number == pending.write) {
        current.state = WriteState::Unsettled;
        transition.account.outbox.retain(|message| message.write != Some(pending.write));
        let (flow, write) = (pending.flow, pending.write);
        let reason = SsprReason::DirectoryUnreachable;
        transition.record(EventKind::DirectoryWriteFailed { flow, write, reason });
    }
}

/// The outcome of this write stays open; everything outstanding but the acting flow's is void.
fn unsettle(transition: &mut Transition<'_>, write: &Write, acting: u32) {
    if write.state == WriteState::Writing {
        transition.release(write.number);
        let (flow, number) = (write.flow, write.number);
        transition.account.write = Some(Write { state: WriteState::Unsettled, ..write.clone() });
        transition.record(EventKind::DirectoryWriteUnsettled { flow, write: number });
        if write.effect.writes_password() {
            transition.void_others(Some(acting));
        }
    } else if acting != write.flow && write.effect.writes_password() {
        transition.void_others(Some(acting));
    }
}

/// A password was refused by the rules: the grant stays, ten times.
pub(crate) fn reject_password(
    transition: &mut Transition<'_>,
    id: &FlowId,
    by: RejectedBy,
    reasons: Vec<String>,
) {
    if let Some(flow) = transition.account.flow(id).map(|flow| flow.number) {
        reject(transition, flow, by, reasons);
    }
}

fn reject(transition: &mut Transition<'_>, number: u32, by: RejectedBy, reasons: Vec<String>) {
    transition.record(EventKind::PasswordRejected { flow: number, by, reasons });
    let flow = transition.account.flows.iter_mut().find(|flow| flow.number == number);
    let Some(grant) = flow.and_then(|flow| flow.grant.as_mut()) else { return };
    grant.rejections = grant.rejections.saturating_add(1);
    if grant.rejections >= MAX_REJECTIONS && transition.account.write.is_none() {
        transition.drop_flow(number, FlowEnd::TooManyRejections);
    }
}

/// Whether the flow may still be asked for a password: for the rules that run before the write.
pub(crate) fn may_complete(
    transition: &mut Transition<'_>,
    terms: &PendingWriteTerms<'_>,
) -> Result<(), Refusal> {
    transition.sweep();
    check_grant(transition, terms).map(|_| ())
}

/// The policy wants other proofs, or more, than the grant was earned with: back to choosing, from
/// what the account has to offer now. What is not allowed any more counts no more.
pub(crate) fn raise_required(
    transition: &mut Transition<'_>,
    terms: &PendingWriteTerms<'_>,
    offers: &[Offer],
) {
    transition.sweep();
    let Some(flow) = transition.account.flow_mut(terms.flow) else { return };
    flow.required = flow.required.max(terms.required);
    flow.proofs.retain(|proof| (terms.methods_allowed)(proof));
    if distinct(&flow.proofs) < flow.required {
        flow.grant = None;
    }
    let (number, none_left) = (flow.number, flow.proofs.is_empty());
    *transition.account.offers = offers.to_vec();
    if none_left && transition.account.write.is_none() {
        transition.drop_flow(number, FlowEnd::Superseded);
    }
}

impl Write {
    pub(crate) fn overdue(&self, now: Timestamp) -> bool {
        self.state == WriteState::Writing && now >= self.deadline
    }
}
