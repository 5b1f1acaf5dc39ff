//! How a directory write ended: it was written, it was not, or that is not known.

use super::Transition;
use super::write::{MAX_REJECTIONS, PendingWrite};
use crate::domain::account::budget::PoolKind;
use crate::domain::account::{
    Done, Effect, FlowId, FlowNumber, PendingBody, Purpose, SourceHash, Write, WriteNumber,
    WriteState,
};
use crate::domain::event::{EventKind, FlowEnd, RejectedBy};
use crate::domain::message::Notice;
use crate::domain::method::MethodKind;
use crate::domain::policy::ThrottledAct;
use crate::domain::reason::SsprReason;

/// The directory wrote. That is recorded, whatever has happened to the record since the write
/// began. If it wrote a password, everything outstanding becomes void, and sessions end.
pub(crate) fn settle_written(
    transition: &mut Transition<'_>,
    pending: &PendingWrite,
    propagated: bool,
) {
    if !settle_once(transition, pending.write) {
        return;
    }
    let now = transition.now;
    let in_flight =
        |write: &Write| write.number == pending.write && write.state == WriteState::Writing;
    if transition.account.write.as_ref().is_some_and(in_flight) {
        confirm_notices(transition, pending);
        transition.release(pending.write);
    } else if pending.effect.writes_password() {
        // The notice that it may have changed has gone out. Sessions begun since then end too.
        transition.queue_revocation(pending.write, now, None);
    }
    transition.account.write.take_if(|write| write.number == pending.write);
    transition.know_source(pending.source);
    if pending.effect.writes_password() {
        transition.void_others(Some(pending.flow));
        if matches!(pending.effect, Effect::Reset | Effect::Temporary) {
            transition.drop_held();
        }
        // The owner knows the password again: failures with the old one must not block a change.
        for budget in &mut transition.account.budgets {
            if budget.method == MethodKind::Password {
                budget.reopen();
            }
        }
    }
    if let Some(flow) = transition.account.flows.iter_mut().find(|flow| flow.number == pending.flow)
    {
        flow.grant = None;
        flow.repeat = None;
        let replace_recovery_code =
            flow.proofs.iter().any(|proof| proof.method == MethodKind::RecoveryCode);
        flow.done = Some(Done { at: now, propagated, replace_recovery_code, remembered: false });
    }
    if pending.effect == Effect::Reset {
        count_reset(transition);
    }
    let PendingWrite { flow, write, methods, .. } = pending.clone();
    transition.record(match pending.effect {
        Effect::Reset => EventKind::PasswordReset { flow, write, methods, propagated },
        Effect::Change => EventKind::PasswordChanged { flow, write, propagated },
        Effect::Unlock => EventKind::AccountUnlocked { flow, write, methods, propagated },
        Effect::Temporary => EventKind::TemporaryPasswordSet { flow, write, propagated },
    });
}

/// Clears the counters of the account, if the policy says so, and counts the reset.
fn count_reset(transition: &mut Transition<'_>) {
    if transition.policy.clear_counters_on_reset {
        for budget in &mut transition.account.budgets {
            budget.anonymous = Default::default();
            budget.proven = Default::default();
        }
        transition.account.throttles.retain(|state| state.act == ThrottledAct::ResetCompleted);
    }
    // Counted in both pools. A stranger cannot lock the owner out with it, since completing a reset
    // takes the required proofs.
    for pool in [PoolKind::Anonymous, PoolKind::Proven] {
        let (act, kind) = (ThrottledAct::ResetCompleted, MethodKind::Password);
        transition.count_throttled(act, kind, pool, SourceHash::NONE);
    }
}

/// Replaces "may have changed" by "has changed" in the notices that wait for this write.
fn confirm_notices(transition: &mut Transition<'_>, pending: &PendingWrite) {
    let now = transition.now;
    for message in &mut transition.account.outbox {
        if message.write == Some(pending.write)
            && let PendingBody::Notice { notice, .. }
            | PendingBody::Administrators { notice, .. }
            | PendingBody::Announce { notice } = &mut message.body
        {
            *notice = match *notice {
                Notice::PasswordMayHaveChanged { .. }
                | Notice::AccountMayHaveBeenUnlocked { .. } => pending.effect.notice(now),
                Notice::AdministratorMayHaveReset { .. } => Notice::AdministratorReset { at: now },
                other => other,
            };
        }
    }
}

/// The directory certainly did not write: the grant stays, and no notice goes out.
pub(crate) fn settle_unwritten(
    transition: &mut Transition<'_>,
    pending: &PendingWrite,
    why: &PendingWriteFailure,
) {
    if !settle_once(transition, pending.write) {
        return;
    }
    let write = transition.account.write.take_if(|write| write.number == pending.write);
    if let Some(write) = write.filter(|write| write.state == WriteState::Writing) {
        transition.account.outbox.retain(|message| message.write != Some(pending.write));
        if matches!(write.effect, Effect::Change | Effect::Temporary) {
            transition.refund_act(write.started_at);
        }
    }
    let (flow, purpose, detail) = (pending.flow, pending.effect.purpose(), why.detail.clone());
    match why.cause {
        FailureCause::Refused(reason) => {
            let reasons = vec![reason.to_owned()];
            reject(transition, (flow, purpose), RejectedBy::Directory, reasons, detail);
        }
        FailureCause::Failed(reason) => {
            let write = pending.write;
            transition.record(EventKind::DirectoryWriteFailed {
                flow,
                purpose,
                write,
                reason,
                detail,
            });
        }
    }
}

/// Marks the write as settled; `false` if it was before. A commit whose reply was lost is decided
/// again, and must make neither a second event nor a second revocation.
fn settle_once(transition: &mut Transition<'_>, write: WriteNumber) -> bool {
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

/// Why the directory did not write, and what it says about it.
pub(crate) struct PendingWriteFailure {
    pub(crate) cause: FailureCause,
    detail: Option<String>,
}

impl PendingWriteFailure {
    /// The detail comes from a directory: control characters are removed, and a long text is cut.
    pub(crate) fn new(cause: FailureCause, detail: Option<&str>) -> Self {
        const MAX_DETAIL: usize = 200;
        let shown = |text: &str| {
            text.chars().filter(|symbol| !symbol.is_control()).take(MAX_DETAIL).collect()
        };
        Self { cause, detail: detail.map(shown) }
    }
}

/// The kinds of failure.
#[derive(Clone, Copy)]
pub(crate) enum FailureCause {
    /// The directory does not accept the password; a stable code of the reason.
    Refused(&'static str),
    /// The directory could not write.
    Failed(SsprReason),
}

/// It is not known whether the directory wrote. The notice goes out in words that fit both
/// outcomes, sessions end, and the flow keeps its grant.
pub(crate) fn settle_unknown(transition: &mut Transition<'_>, write: WriteNumber) {
    let current = transition.account.write.clone();
    if let Some(current) = current.filter(|current| current.number == write) {
        unsettle(transition, &current, current.flow);
        transition.sweep();
    }
}

/// The directory was not asked to write: an earlier write is still not settled, and the owner has
/// its notice. This write becomes the unsettled one, and its own notices are dropped.
pub(crate) fn settle_unasked(transition: &mut Transition<'_>, pending: &PendingWrite) {
    let current = transition.account.write.as_mut();
    if let Some(current) = current.filter(|write| write.number == pending.write) {
        current.state = WriteState::Unsettled;
        transition.account.outbox.retain(|message| message.write != Some(pending.write));
        transition.record(EventKind::DirectoryWriteFailed {
            flow: pending.flow,
            purpose: pending.effect.purpose(),
            write: pending.write,
            reason: SsprReason::DirectoryUnreachable,
            detail: None,
        });
    }
}

/// Records that the outcome of this write is not known. If it may have changed the password,
/// everything outstanding becomes void, except the flow `acting`.
pub(super) fn unsettle(transition: &mut Transition<'_>, write: &Write, acting: FlowNumber) {
    if write.state == WriteState::Writing {
        transition.release(write.number);
        let (flow, purpose, number) = (write.flow, write.effect.purpose(), write.number);
        // An act has no flow that could ask again: the administrator sets another password.
        let can_continue = write.effect != Effect::Temporary;
        transition.account.write =
            can_continue.then(|| Write { state: WriteState::Unsettled, ..write.clone() });
        transition.record(EventKind::DirectoryWriteUnsettled { flow, purpose, write: number });
        if write.effect.writes_password() {
            transition.void_others(Some(acting));
        }
    } else if acting != write.flow && write.effect.writes_password() {
        transition.void_others(Some(acting));
    }
}

/// Records that the rules refused a password. A grant ends after [`MAX_REJECTIONS`] of them.
pub(crate) fn reject_password(
    transition: &mut Transition<'_>,
    id: &FlowId,
    by: RejectedBy,
    reasons: Vec<String>,
) {
    if let Some(flow) = transition.account.flow(id).map(|flow| (flow.number, flow.purpose)) {
        reject(transition, flow, by, reasons, None);
    }
}

fn reject(
    transition: &mut Transition<'_>,
    (number, purpose): (FlowNumber, Purpose),
    by: RejectedBy,
    reasons: Vec<String>,
    detail: Option<String>,
) {
    transition.record(EventKind::PasswordRejected { flow: number, purpose, by, reasons, detail });
    let flow = transition.account.flows.iter_mut().find(|flow| flow.number == number);
    let Some(grant) = flow.and_then(|flow| flow.grant.as_mut()) else { return };
    grant.rejections = grant.rejections.saturating_add(1);
    if grant.rejections >= MAX_REJECTIONS && transition.account.write.is_none() {
        transition.drop_flow(number, FlowEnd::TooManyRejections);
    }
}
