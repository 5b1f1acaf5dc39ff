//! Reserving and refunding attempts, and recording what the failed ones bring about.

use super::Transition;
use crate::domain::account::SourceHash;
use crate::domain::account::budget::{BudgetEffects, PoolKind, Verdict};
use crate::domain::event::EventKind;
use crate::domain::method::MethodKind;
use crate::domain::policy::ThrottledAct;
use crate::domain::time::Timestamp;

/// An attempt that was reserved in the failure budget of a method.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Reservation {
    pub(super) kind: MethodKind,
    pool: PoolKind,
    source: SourceHash,
    at: Timestamp,
    effects: BudgetEffects,
    /// Whether a throttle of failed proofs counts it.
    throttled: bool,
}

impl Reservation {
    /// The budget effects to record if the attempt was wrong.
    pub(crate) const fn verdict(&self) -> (MethodKind, Verdict) {
        let Self { kind, pool, at, effects, .. } = *self;
        (kind, Verdict { at, pool, effects })
    }
}

impl Transition<'_> {
    /// Reserves one attempt. Its budget effects apply at once, and are recorded once the attempt
    /// has turned out wrong. A throttle of failed proofs counts it too, if `throttled`.
    pub(super) fn reserve(
        &mut self,
        kind: MethodKind,
        pool: PoolKind,
        source: SourceHash,
        throttled: bool,
    ) -> Reservation {
        let (at, policy) = (self.now, self.policy);
        let locked = throttled.then(|| self.count_proof(kind, pool, source)).flatten();
        let budget = self.account.budget_mut(kind);
        let effects = budget.reserve(pool, &policy.failures, policy.attempts, at, source, locked);
        Reservation { kind, pool, source, at, effects, throttled }
    }

    /// Refunds an attempt that was no failure; the run of failures goes on.
    pub(super) fn refund(&mut self, reservation: &Reservation) {
        let Reservation { kind, pool, source, at, effects, .. } = *reservation;
        let recorded = self.account.budget_mut(kind).refund(pool, at, source, effects);
        self.refund_proof(reservation);
        self.record_refund(recorded, kind, pool);
    }

    /// Refunds an attempt that was correct; the run of failures ends.
    pub(super) fn refund_and_end_run(&mut self, reservation: &Reservation) {
        let Reservation { kind, pool, source, at, effects, .. } = *reservation;
        let recorded = self.account.budget_mut(kind).refund_and_end_run(pool, at, source, effects);
        self.refund_proof(reservation);
        self.record_refund(recorded, kind, pool);
    }

    /// Refunds an attempt that was no failed proof, with the lock of a throttle that it has set.
    fn refund_proof(&mut self, reservation: &Reservation) {
        let policy = self.policy;
        let Reservation { kind, pool, source, at, effects, throttled } = *reservation;
        let throttle = policy.throttle(ThrottledAct::ProofFailed).filter(|_| throttled);
        if let Some(throttle) = throttle {
            let window = self.account.throttled_mut(throttle, kind).pool_mut(pool);
            window.refund(at, source);
            if effects.throttled_until.is_some() {
                window.locked_until.take_if(|until| Some(*until) == effects.throttled_until);
            }
        }
    }

    /// Records the refund if the budget effects were recorded before a slow comparison ended.
    fn record_refund(&mut self, recorded: bool, method: MethodKind, pool: PoolKind) {
        if recorded {
            self.record(EventKind::AttemptRefunded { method, pool });
        }
    }

    /// Records the budget effects of a wrong attempt, and warns the owner if that is one of them.
    pub(super) fn record_verdict(&mut self, method: MethodKind, verdict: &Verdict) {
        let Verdict { pool, effects, .. } = *verdict;
        if let Some(until) = effects.locked_until {
            self.record(EventKind::Blocked { method, pool, until });
        }
        if let Some(until) = effects.throttled_until {
            self.record_throttled(ThrottledAct::ProofFailed, method, pool, until);
        }
        if effects.closed {
            self.record(EventKind::MethodClosed { method });
        }
        if effects.disabled {
            self.record(EventKind::MethodDisabled { method });
        }
        if effects.told {
            self.warn_owner(method);
        }
    }
}

/// Records the budget effects of wrong attempts, unless that was done before. Returns whether
/// anything was recorded.
pub(crate) fn record_failure(
    transition: &mut Transition<'_>,
    failed: &[(MethodKind, Verdict)],
) -> bool {
    transition.sweep();
    let mut any = false;
    for (kind, verdict) in failed {
        let Verdict { at, pool, effects } = *verdict;
        if transition.account.budget_mut(*kind).take_verdict(pool, at, effects).is_some() {
            transition.record_verdict(*kind, verdict);
            any = true;
        }
    }
    any
}
