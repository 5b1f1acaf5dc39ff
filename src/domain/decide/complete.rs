//! The directory write: a saga in which no password changes without a notice.

use super::prove::distinct;
use super::{Address, Turn};
use crate::domain::account::{Done, FlowId, PendingBody, Purpose, Write, WriteState};
use crate::domain::event::{EventKind, FlowEnd, RejectedBy};
use crate::domain::facts::SessionKinds;
use crate::domain::message::Notice;
use crate::domain::policy::Departure;
use crate::domain::reason::SsprReason;
use crate::domain::refusal::Refusal;
use crate::domain::time::Timestamp;

/// Rejected passwords that end a grant.
const MAX_REJECTIONS: u8 = 10;
const DAY: std::time::Duration = std::time::Duration::from_secs(86_400);

/// The command: begin to write a password that satisfies the rules.
pub(crate) struct Begin<'a> {
    pub(crate) flow: &'a FlowId,
    pub(crate) generation: u8,
    /// The policy and the facts of now; the strictest of start and now wins.
    pub(crate) required: u8,
    pub(crate) methods_allowed: &'a dyn Fn(&crate::domain::account::Proof) -> bool,
    pub(crate) stamp: Option<&'a str>,
    pub(crate) tell: &'a [Address],
    /// Administrators to be told that one of them has reset.
    pub(crate) tell_administrators: &'a [Address],
}

/// A write that has begun.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Begun {
    pub(crate) write: u32,
    /// An earlier write of this flow is not settled: ask first whether the password verifies.
    pub(crate) ask_first: bool,
    /// The account is not as it was when the flow began. If the password does not verify, it was
    /// somebody else who changed it, and what was proven is void.
    pub(crate) changed_outside: bool,
}

/// Checks that the flow holds a live grant, under the policy and the facts of now.
///
/// # Errors
///
/// [`Refusal`] if it does not, or if somebody changed the account behind the engine meanwhile:
/// what was proven is then void. After a write of our own that is not settled, a changed account
/// says nothing.
fn check_grant(turn: &Turn<'_>, begin: &Begin<'_>) -> Result<u32, Refusal> {
    let now = turn.now;
    let flow = turn.account.flow(begin.flow).ok_or(Refusal::Ended)?;
    if flow.purpose != Purpose::Reset || !flow.live(now) || flow.epoch != turn.account.epoch {
        return Err(Refusal::Ended);
    }
    if flow.generation != begin.generation {
        return Err(Refusal::TicketReplaced);
    }
    if turn.account.write.is_none() && flow.stamp.as_deref() != begin.stamp {
        return Err(Refusal::Ended);
    }
    let live = flow.grant.as_ref().filter(|grant| now < grant.expires_at);
    if live.is_none() {
        // A grant that is past is past for good; without one, more is to be proven.
        let refusal = if flow.grant.is_some() { Refusal::Ended } else { Refusal::MoreProofNeeded };
        return Err(refusal);
    }
    let allowed: Vec<_> =
        flow.proofs.iter().filter(|proof| (begin.methods_allowed)(proof)).cloned().collect();
    if distinct(&allowed) < flow.required.max(begin.required) {
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
pub(crate) fn begin_write(turn: &mut Turn<'_>, begin: &Begin<'_>) -> Result<Begun, Refusal> {
    turn.sweep();
    // Nothing is voided by our own unsettled write: its flow asks again.
    let number = check_grant(turn, begin)?;
    let now = turn.now;
    let write = turn.account.write.clone();
    match &write {
        Some(write) if write.state == WriteState::Writing && now < write.deadline => {
            return Err(Refusal::Busy { retry_at: write.deadline });
        }
        Some(write) if write.flow != number => {
            return Err(Refusal::Busy {
                retry_at: now.plus(turn.policy.lifetimes.directory_write),
            });
        }
        _ => {}
    }
    let stamp = turn.account.flow(begin.flow).and_then(|flow| flow.stamp.clone());
    let changed_outside = stamp.as_deref() != begin.stamp;
    if let Some(earlier) = write.as_ref().filter(|one| one.state == WriteState::Writing) {
        unsettle(turn, earlier);
    }
    let ask_first = write.is_some();
    let write = start(turn, number, begin)?;
    Ok(Begun { write, ask_first, changed_outside })
}

fn start(turn: &mut Turn<'_>, flow: u32, begin: &Begin<'_>) -> Result<u32, Refusal> {
    let now = turn.now;
    let number = Turn::number(&mut turn.account.numbers.write);
    let deadline = now.plus(turn.policy.lifetimes.directory_write);
    turn.account.write =
        Some(Write { number, flow, started_at: now, deadline, state: WriteState::Writing });
    turn.notify(Notice::PasswordMayHaveChanged { at: now }, begin.tell, deadline, Some(number))?;
    let to_administrators = Notice::AdministratorReset { at: now };
    turn.notify(to_administrators, begin.tell_administrators, deadline, Some(number))?;
    let narrow = turn.policy.acknowledged.contains(&Departure::PasswordSessionsOnly);
    let kinds = if narrow { SessionKinds::PasswordBased } else { SessionKinds::All };
    let body = PendingBody::Revoke { write: number, issued_before: now, kinds };
    turn.queue(body, deadline, deadline.plus(30 * DAY), Some(number));
    turn.note(EventKind::PasswordWriteStarted { flow, write: number });
    Ok(number)
}

/// The directory wrote.
pub(crate) fn settle_written(turn: &mut Turn<'_>, write: u32, propagated: bool) {
    let now = turn.now;
    let Some(current) = turn.account.write.clone().filter(|one| one.number == write) else {
        // Settled by somebody else, after the deadline: the owner has been told.
        return;
    };
    for pending in turn.account.outbox.iter_mut().filter(|one| one.write == Some(write)) {
        pending.due = now;
        pending.write = None;
        match &mut pending.body {
            PendingBody::Notice { notice, .. } => {
                if let Notice::PasswordMayHaveChanged { .. } = notice {
                    *notice = Notice::PasswordReset { at: now };
                }
            }
            // Whoever signed in while the write was under way did so with the old password.
            PendingBody::Revoke { issued_before, .. } => *issued_before = now,
            PendingBody::Code { .. } => {}
        }
    }
    turn.account.write = None;
    turn.void_others(Some(current.flow));
    let mut methods = Vec::new();
    if let Some(flow) = turn.account.flows.iter_mut().find(|one| one.number == current.flow) {
        methods = flow.proofs.iter().map(|proof| proof.method).collect();
        flow.grant = None;
        flow.done = Some(Done { at: now, propagated });
    }
    if turn.policy.clear_counters_on_reset {
        for budget in &mut turn.account.budgets {
            budget.open = Default::default();
            budget.proven = Default::default();
        }
    }
    turn.note(EventKind::PasswordReset { flow: current.flow, write, methods, propagated });
}

/// The directory surely did not write: back to the grant, and nobody is told of anything.
pub(crate) fn settle_unwritten(turn: &mut Turn<'_>, write: u32, reason: SsprReason) {
    let Some(current) = turn.account.write.clone().filter(|one| one.number == write) else {
        return;
    };
    if current.state == WriteState::Writing {
        turn.account.outbox.retain(|pending| pending.write != Some(write));
    }
    turn.account.write = None;
    turn.note(EventKind::PasswordWriteFailed { flow: current.flow, write, reason });
}

/// Nobody knows whether the directory wrote: the notice goes out in words that fit both, the
/// sessions end, and the grant stays with its bearer.
pub(crate) fn settle_unknown(turn: &mut Turn<'_>, write: u32) {
    let current = turn.account.write.clone();
    let open = |one: &Write| one.number == write && one.state == WriteState::Writing;
    if let Some(current) = current.filter(open) {
        unsettle(turn, &current);
        turn.sweep();
    }
}

/// The directory was not asked to write after all: an earlier write is still not settled, and its
/// owner has been told.
pub(crate) fn settle_unasked(turn: &mut Turn<'_>, write: u32) {
    let current = turn.account.write.as_mut();
    if let Some(current) = current.filter(|one| one.number == write) {
        current.state = WriteState::Unsettled;
        turn.account.outbox.retain(|pending| pending.write != Some(write));
    }
}

fn unsettle(turn: &mut Turn<'_>, write: &Write) {
    let now = turn.now;
    for pending in turn.account.outbox.iter_mut().filter(|one| one.write == Some(write.number)) {
        pending.due = pending.due.min(now);
        pending.write = None;
    }
    turn.account.write = Some(Write { state: WriteState::Unsettled, ..write.clone() });
    turn.void_others(Some(write.flow));
    turn.note(EventKind::PasswordWriteUnsettled { flow: write.flow, write: write.number });
}

/// A password was refused by the rules or by the directory: the grant stays, ten times.
pub(crate) fn reject_password(
    turn: &mut Turn<'_>,
    id: &FlowId,
    by: RejectedBy,
    reasons: Vec<String>,
) {
    let Some(flow) = turn.account.flow_mut(id) else {
        return;
    };
    let number = flow.number;
    let Some(grant) = &mut flow.grant else { return };
    grant.rejections = grant.rejections.saturating_add(1);
    let over = grant.rejections >= MAX_REJECTIONS;
    turn.note(EventKind::PasswordRejected { flow: number, by, reasons });
    if over && turn.account.write.is_none() {
        turn.drop_flow(number, FlowEnd::TooManyRejections);
    }
}

/// Whether the flow may still be asked for a password: for the rules that run before the write.
pub(crate) fn may_complete(turn: &mut Turn<'_>, begin: &Begin<'_>) -> Result<(), Refusal> {
    turn.sweep();
    check_grant(turn, begin).map(|_| ())
}

impl Write {
    pub(crate) fn overdue(&self, now: Timestamp) -> bool {
        self.state == WriteState::Writing && now >= self.deadline
    }
}
