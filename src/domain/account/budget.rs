//! Failure budgets: sliding windows, locks and the cap on consecutive failures, as functions of the
//! state and `now`. The share of one source in a budget is in `share`.

mod share;
#[cfg(test)]
mod tests;
mod throttle_state;

pub(crate) use share::{Entry, Held, Share};
pub(crate) use throttle_state::ThrottleState;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::numbers::SourceHash;
use crate::domain::account::Unknown;
use crate::domain::method::MethodKind;
use crate::domain::policy::{FailureBudgets, Rate};
use crate::domain::record::serde_text::is_default;
use crate::domain::time::Timestamp;

/// One of the two pools of a budget.
///
/// Each account has both for every kind of method. A caller without a proof, a known device or
/// a familiar source can spend only the anonymous pool; the proven pool keeps the method open for the
/// owner.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PoolKind {
    /// For anonymous flows from a source that the account does not know.
    Anonymous,
    /// For flows that hold a proof, come from a known device or a familiar source, or were begun by
    /// an administrator, and for signed-in users.
    Proven,
}

/// The failures of one kind of method on one account.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct MethodBudget {
    pub(crate) method: MethodKind,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) anonymous: Window,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) proven: Window,
    /// Failures since the last success; never decays.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) consecutive: u32,
    /// The sources of these failures, with the number of each, for the first
    /// [`MethodBudget::MAX_RUN`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) run: Vec<(SourceHash, u32)>,
    /// The anonymous pool's part of the run is spent: only the proven pool is open.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) closed: bool,
    /// The method cannot be used for resets until it is registered again.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) disabled: bool,
    /// The owner was warned of this run of failures.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) told: bool,
    /// Failures at the host's sign-in since the last success there. They are separate from those of
    /// resets: a stranger's failures must not block the sign-in, and a reset must not clear them.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) sign_in: u32,
    /// The budget effects of attempts whose comparison has not ended.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) verdicts: Vec<Verdict>,
    /// Fields of a newer release.
    #[serde(flatten)]
    pub(crate) unknown: Unknown,
}

/// The counted events of a sliding window, and the lock that they may have set.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Window {
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) times: Vec<Entry>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) locked_until: Option<Timestamp>,
}

impl Window {
    /// How many events may still be counted now.
    pub(crate) fn remaining(&self, rate: Rate, now: Timestamp) -> u32 {
        if self.locked(now) {
            return 0;
        }
        rate.max.saturating_sub(self.counted(rate.window, now))
    }

    pub(crate) fn locked(&self, now: Timestamp) -> bool {
        self.locked_until.is_some_and(|until| now < until)
    }

    fn counted(&self, window: Duration, now: Timestamp) -> u32 {
        u32::try_from(self.live(window, now).count()).unwrap_or(u32::MAX)
    }

    /// The events that still count.
    pub(crate) fn live(
        &self,
        window: Duration,
        now: Timestamp,
    ) -> impl Iterator<Item = &Entry> + Clone {
        self.times.iter().filter(move |entry| now.since(entry.at) < window)
    }

    /// Counts one event, and drops those that have left the window.
    pub(crate) fn count(&mut self, rate: Rate, now: Timestamp, source: SourceHash) {
        self.times.retain(|entry| now.since(entry.at) < rate.window);
        self.times.push(Entry { at: now, source });
    }

    /// Refunds the event that was counted at `at` for this source, if the window still has it.
    pub(crate) fn refund(&mut self, at: Timestamp, source: SourceHash) -> bool {
        let counted = Entry { at, source };
        let place = self.times.iter().rposition(|entry| *entry == counted);
        place.map(|place| self.times.remove(place)).is_some()
    }

    /// Restarts events and a lock that a clock far ahead has stamped: they count from now, at full
    /// length.
    pub(crate) fn restart_after(&mut self, horizon: Timestamp, now: Timestamp, lock: Duration) {
        for entry in &mut self.times {
            if entry.at > horizon {
                entry.at = now;
            }
        }
        if let Some(until) = &mut self.locked_until
            && *until > horizon.plus(lock)
        {
            *until = now.plus(lock);
        }
    }
}

impl MethodBudget {
    /// The most sources whose part of a run of failures is kept; for others only the total counts.
    pub(crate) const MAX_RUN: usize = 16;

    pub(crate) const fn new(method: MethodKind) -> Self {
        Self {
            method,
            anonymous: Window { times: Vec::new(), locked_until: None },
            proven: Window { times: Vec::new(), locked_until: None },
            consecutive: 0,
            run: Vec::new(),
            closed: false,
            disabled: false,
            told: false,
            sign_in: 0,
            verdicts: Vec::new(),
            unknown: Unknown::NONE,
        }
    }

    pub(crate) const fn pool(&self, pool: PoolKind) -> &Window {
        match pool {
            PoolKind::Anonymous => &self.anonymous,
            PoolKind::Proven => &self.proven,
        }
    }

    pub(crate) const fn pool_mut(&mut self, pool: PoolKind) -> &mut Window {
        match pool {
            PoolKind::Anonymous => &mut self.anonymous,
            PoolKind::Proven => &mut self.proven,
        }
    }

    /// Counts one attempt as a failure before it is compared, and returns its effects. They are
    /// recorded once the attempt has turned out wrong: see [`Verdict`]. One of them is the lock of a
    /// throttle, until `throttled_until`.
    pub(crate) fn reserve(
        &mut self,
        pool: PoolKind,
        rules: &FailureBudgets,
        attempts: u8,
        now: Timestamp,
        source: SourceHash,
        throttled_until: Option<Timestamp>,
    ) -> BudgetEffects {
        let rate = rules.rate(pool);
        let window = self.pool_mut(pool);
        window.count(rate, now, source);
        let mut effects = BudgetEffects { throttled_until, ..BudgetEffects::default() };
        let spent = window.counted(rate.window, now) >= rate.max;
        if spent && window.locked_until.is_none_or(|until| until <= now) {
            // The lock runs from the last counted attempt; a refused attempt is not counted.
            let until = now.plus(rules.lock);
            window.locked_until = Some(until);
            effects.locked_until = Some(until);
        }
        self.count_in_run(source);
        if !self.told && self.consecutive >= rules.consecutive.div_ceil(2) {
            self.told = true;
            effects.told = true;
        }
        if self.consecutive >= rules.run(PoolKind::Anonymous, attempts) && !self.closed {
            self.closed = true;
            effects.closed = true;
        }
        if self.consecutive >= rules.consecutive && !self.disabled {
            self.disabled = true;
            effects.disabled = true;
        }
        if effects != BudgetEffects::default() {
            self.verdicts.push(Verdict { at: now, pool, effects });
        }
        effects
    }

    fn count_in_run(&mut self, source: SourceHash) {
        self.consecutive = self.consecutive.saturating_add(1);
        if let Some((_, count)) = self.run.iter_mut().find(|(other, _)| *other == source) {
            *count = count.saturating_add(1);
        } else if self.run.len() < Self::MAX_RUN {
            self.run.push((source, 1));
        }
    }

    /// The part of the run of failures that this source has made.
    pub(crate) fn held_of_run(&self, source: SourceHash) -> Held {
        let mine =
            self.run.iter().find(|(other, _)| *other == source).map_or(0, |(_, count)| *count);
        Held { mine, others: self.consecutive.saturating_sub(mine) }
    }

    /// Refunds the attempt that was reserved at `at`, with its own effects. An older or newer lock
    /// stays.
    ///
    /// Returns whether the effects were recorded before, because the comparison took too long.
    pub(crate) fn refund(
        &mut self,
        pool: PoolKind,
        at: Timestamp,
        source: SourceHash,
        effects: BudgetEffects,
    ) -> bool {
        let window = self.pool_mut(pool);
        let counted = window.refund(at, source);
        if effects.locked_until.is_some() && window.locked_until == effects.locked_until {
            window.locked_until = None;
        }
        self.disabled &= !effects.disabled;
        self.closed &= !effects.closed;
        self.told &= !effects.told;
        if counted {
            self.consecutive = self.consecutive.saturating_sub(1);
            if let Some((_, count)) = self.run.iter_mut().find(|(other, _)| *other == source) {
                *count = count.saturating_sub(1);
            }
            self.run.retain(|(_, count)| *count > 0);
        }
        let waiting = self.take_verdict(pool, at, effects).is_some();
        effects != BudgetEffects::default() && !waiting
    }

    /// Refunds the attempt that was reserved at `at`, as [`refund`](Self::refund), and ends the run
    /// of failures, since the attempt was right.
    pub(crate) fn refund_and_end_run(
        &mut self,
        pool: PoolKind,
        at: Timestamp,
        source: SourceHash,
        effects: BudgetEffects,
    ) -> bool {
        let recorded = self.refund(pool, at, source, effects);
        self.end_run();
        recorded
    }

    /// Ends the run of failures. A method that it has disabled stays disabled.
    pub(crate) fn end_run(&mut self) {
        self.consecutive = 0;
        self.run.clear();
        (self.closed, self.told) = (false, false);
    }

    /// Ends the run of failures, and enables the method again if the run has disabled it.
    pub(crate) fn reopen(&mut self) {
        self.end_run();
        self.disabled = false;
        self.verdicts.clear();
    }

    /// Removes the verdict of this reservation, if it still waits.
    pub(crate) fn take_verdict(
        &mut self,
        pool: PoolKind,
        at: Timestamp,
        effects: BudgetEffects,
    ) -> Option<Verdict> {
        let own = Verdict { at, pool, effects };
        let place = self.verdicts.iter().position(|verdict| *verdict == own)?;
        Some(self.verdicts.remove(place))
    }
}

impl FailureBudgets {
    pub(crate) const fn rate(&self, pool: PoolKind) -> Rate {
        match pool {
            PoolKind::Anonymous => self.anonymous,
            PoolKind::Proven => self.proven,
        }
    }

    /// The number of consecutive failures up to which this pool is open.
    ///
    /// The last failures before the cap are kept for the proven pool, so that strangers cannot
    /// close a method for known devices: as many as one window of that pool, at most a fifth of the
    /// cap, and never so many that a single code would lose attempts.
    pub(crate) fn run(&self, pool: PoolKind, attempts: u8) -> u32 {
        let most = self.consecutive.saturating_sub(u32::from(attempts));
        match pool {
            PoolKind::Anonymous => {
                self.consecutive - self.proven.max.min(self.consecutive / 5).min(most)
            }
            PoolKind::Proven => self.consecutive,
        }
    }
}

/// The effects of a reserved attempt, if it is wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BudgetEffects {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) locked_until: Option<Timestamp>,
    /// The end of the lock of a throttle of failed proofs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) throttled_until: Option<Timestamp>,
    pub(crate) disabled: bool,
    pub(crate) closed: bool,
    pub(crate) told: bool,
}

/// The budget effects of an attempt whose comparison has not ended. They apply at once, but their
/// events and their notice wait, since a correct secret refunds them. They are recorded when the
/// comparison reports a wrong secret, or by the first step after [`Verdict::PATIENCE`] without a
/// report.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Verdict {
    pub(crate) at: Timestamp,
    pub(crate) pool: PoolKind,
    pub(crate) effects: BudgetEffects,
}

impl Verdict {
    /// Longer than a comparison takes.
    const PATIENCE: Duration = Duration::from_secs(120);

    /// When the effects are recorded without a report of the comparison.
    pub(crate) fn due(&self) -> Timestamp {
        self.at.plus(Self::PATIENCE)
    }
}
