//! Throttles: acts are counted, and a lock refuses further challenges of the account.

use super::Transition;
use super::allowance::Caller;
use crate::domain::account::budget::PoolKind;
use crate::domain::account::{Challenge, ChallengeNumber, Purpose, SourceHash};
use crate::domain::event::{EventKind, ThrottleLock};
use crate::domain::method::MethodKind;
use crate::domain::policy::ThrottledAct;
use crate::domain::refusal::Refusal;
use crate::domain::time::{HOUR, Timestamp};

impl Caller<'_> {
    /// The end of the longest lock on this kind of method, if there is one. Users who register are
    /// signed in: no throttle counts or locks them.
    pub(super) fn throttled_until(&self) -> Option<Timestamp> {
        let throttles = self.policy.throttles.iter().filter(|_| !self.register);
        let windows = throttles
            .filter_map(|throttle| self.account.throttled(throttle, self.kind))
            .map(|state| state.pool(self.pool));
        windows.filter_map(|window| window.locked_until).filter(|until| self.now < *until).max()
    }

    /// Whether the throttle of failed proofs allows one more comparison, after one for each other
    /// live code that has not been tried. `own` is the challenge of the comparison.
    ///
    /// A code is promised one comparison when it is opened, and no more: otherwise one open code
    /// would close the other methods.
    pub(super) fn may_compare(&self, own: Option<ChallengeNumber>) -> bool {
        let Some(throttle) = self.policy.throttle(ThrottledAct::ProofFailed) else { return true };
        if self.register {
            return true;
        }
        let state = self.account.throttled(throttle, self.kind);
        let left = state.map_or(throttle.rate.max, |state| {
            state.pool(self.pool).remaining(throttle.rate, self.now)
        });
        left as usize > self.untried(own).count()
    }

    /// The other live codes that are promised a comparison in the same window.
    fn untried(&self, own: Option<ChallengeNumber>) -> impl Iterator<Item = &Challenge> {
        let method = self
            .policy
            .throttle(ThrottledAct::ProofFailed)
            .and_then(|throttle| throttle.method(self.kind));
        let flows = self.account.flows.iter().filter(|flow| flow.purpose.anonymous());
        flows.flat_map(|flow| &flow.challenges).filter(move |challenge| {
            !challenge.tried
                && challenge.attempts > 0
                && challenge.live(self.now)
                && challenge.pool == self.pool
                && method.is_none_or(|method| challenge.method() == method)
                && Some(challenge.number) != own
        })
    }

    /// When [`may_compare`](Self::may_compare) may hold again.
    pub(super) fn may_compare_at(&self) -> Timestamp {
        let aged = self.policy.throttle(ThrottledAct::ProofFailed).and_then(|throttle| {
            let window = self.account.throttled(throttle, self.kind)?.pool(self.pool);
            let live = window.live(throttle.rate.window, self.now);
            live.map(|entry| entry.at.plus(throttle.rate.window)).min()
        });
        let freed = self.untried(None).map(|challenge| challenge.expires_at).min();
        aged.into_iter().chain(freed).min().unwrap_or(self.now.plus(HOUR))
    }

    /// The challenge of this kind in the caller's flow, which a new one replaces.
    pub(super) fn replaced(&self) -> Option<ChallengeNumber> {
        let flow = self.account.flows.iter().find(|flow| Some(flow.number) == self.replaces)?;
        let mut challenges = flow.challenges.iter();
        challenges.find(|challenge| challenge.method() == self.kind).map(|found| found.number)
    }
}

impl Transition<'_> {
    /// Checks that the throttle of failed proofs allows a comparison with this challenge.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotAccepted`] if not.
    pub(super) fn check_throttle(
        &self,
        purpose: Purpose,
        challenge: &Challenge,
    ) -> Result<(), Refusal> {
        let caller = Caller {
            pool: challenge.pool,
            register: !purpose.anonymous(),
            ..Caller::signed_in(&self.account, challenge.method(), self.policy, self.now)
        };
        if caller.may_compare(Some(challenge.number)) { Ok(()) } else { Err(Refusal::NotAccepted) }
    }

    /// Counts an act, and records the lock that it sets or extends.
    pub(super) fn count_throttled(
        &mut self,
        act: ThrottledAct,
        kind: MethodKind,
        pool: PoolKind,
        source: SourceHash,
    ) {
        if let Some(until) = self.count_silently(act, kind, pool, source) {
            self.record_throttled(act, kind, pool, until);
        }
    }

    /// Counts a comparison as a failed proof before it is made. Returns the end of the lock that it
    /// sets, if the secret is wrong.
    pub(super) fn count_proof(
        &mut self,
        kind: MethodKind,
        pool: PoolKind,
        source: SourceHash,
    ) -> Option<Timestamp> {
        self.count_silently(ThrottledAct::ProofFailed, kind, pool, source)
    }

    fn count_silently(
        &mut self,
        act: ThrottledAct,
        kind: MethodKind,
        pool: PoolKind,
        source: SourceHash,
    ) -> Option<Timestamp> {
        let (now, policy) = (self.now, self.policy);
        let throttle = policy.throttle(act)?;
        let window = self.account.throttled_mut(throttle, kind).pool_mut(pool);
        window.count_act(throttle, now, source)
    }

    /// Records the lock of a throttle.
    pub(super) fn record_throttled(
        &mut self,
        act: ThrottledAct,
        kind: MethodKind,
        pool: PoolKind,
        until: Timestamp,
    ) {
        let throttle = self.policy.throttle(act);
        let method = throttle.and_then(|throttle| throttle.method(kind));
        self.record(EventKind::Throttled { lock: ThrottleLock { act, method, pool, until } });
    }
}
