//! Failure budgets: sliding windows, locks and the consecutive cap, all on `(state, now)`; and what
//! one source may hold of a budget.

mod share;
#[cfg(test)]
mod tests;

pub(crate) use share::{Entry, Held, Share};

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::account::Unknown;
use super::method::MethodKind;
use super::policy::{FailureBudgets, Rate};
use super::time::Timestamp;

/// Which of an account's two pools a caller draws from.
///
/// Both belong to the account and the kind of method. A stranger can spend the open one; the
/// other is for callers who have shown something already, so that the owner keeps a way.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PoolKind {
    /// For anonymous flows from a source that the account does not know.
    Anonymous,
    /// For flows that hold a verified proof, come from a known device or a familiar source, or were
    /// begun by an administrator, and for signed-in users.
    Proven,
}

/// The failures of one kind of method on one account.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct MethodBudget {
    pub(crate) method: MethodKind,
    #[serde(default)]
    pub(crate) anonymous: Window,
    #[serde(default)]
    pub(crate) proven: Window,
    /// Failures since the last success; never decays.
    #[serde(default)]
    pub(crate) consecutive: u32,
    /// How many of those each source has made, for the first [`MethodBudget::MAX_RUN`] sources.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) run: Vec<(u32, u32)>,
    /// The anonymous pool's part of the run is spent: only the proven pool may still be drawn from.
    #[serde(default)]
    pub(crate) closed: bool,
    /// Out of use for resets until registered anew.
    #[serde(default)]
    pub(crate) disabled: bool,
    /// The owner has been told of this run of failures.
    #[serde(default)]
    pub(crate) told: bool,
    /// Failures at the host's sign-in since the last success there. A stranger's failures must not
    /// close the sign-in, nor a reset open it.
    #[serde(default)]
    pub(crate) sign_in: u32,
    /// What attempts under way have brought about: recorded once they have turned out wrong.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) verdicts: Vec<Verdict>,
    /// Fields of a newer release.
    #[serde(flatten)]
    pub(crate) unknown: Unknown,
}

/// The times of the last counted events, and the lock that they may have set.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Window {
    #[serde(default)]
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

    /// Counts one event; forgets those that have left the window.
    pub(crate) fn count(&mut self, rate: Rate, now: Timestamp, source: u32) {
        self.times.retain(|entry| now.since(entry.at) < rate.window);
        self.times.push(Entry { at: now, source });
    }

    /// Refunds one event counted at `at` for this source, if it is still there: it turned out to
    /// be a success.
    pub(crate) fn refund(&mut self, at: Timestamp, source: u32) -> bool {
        let counted = Entry { at, source };
        let place = self.times.iter().rposition(|entry| *entry == counted);
        place.map(|place| self.times.remove(place)).is_some()
    }

    /// Stamps from a clock that ran ahead start again now, at full length.
    pub(crate) fn restart_after(&mut self, horizon: Timestamp, now: Timestamp, lock: Duration) {
        for one in &mut self.times {
            if one.at > horizon {
                one.at = now;
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
    /// Sources whose part of a run of failures is kept. Beyond them only the total counts.
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

    /// Counts one attempt before it is judged and says what that brought about. It is recorded once
    /// the attempt has turned out wrong: see [`Verdict`].
    pub(crate) fn reserve(
        &mut self,
        pool: PoolKind,
        rules: &FailureBudgets,
        attempts: u8,
        now: Timestamp,
        source: u32,
    ) -> BudgetEffects {
        let rate = rules.rate(pool);
        let window = self.pool_mut(pool);
        window.count(rate, now, source);
        let mut effects = BudgetEffects::default();
        let spent = window.counted(rate.window, now) >= rate.max;
        if spent && window.locked_until.is_none_or(|until| until <= now) {
            // From the last counted attempt; a refused one never gets here.
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

    fn count_in_run(&mut self, source: u32) {
        self.consecutive = self.consecutive.saturating_add(1);
        if let Some((_, count)) = self.run.iter_mut().find(|(one, _)| *one == source) {
            *count = count.saturating_add(1);
        } else if self.run.len() < Self::MAX_RUN {
            self.run.push((source, 1));
        }
    }

    /// How much of the run of failures is this source's.
    pub(crate) fn held_of_run(&self, source: u32) -> Held {
        let mine = self.run.iter().find(|(one, _)| *one == source).map_or(0, |(_, count)| *count);
        Held { mine, others: self.consecutive.saturating_sub(mine) }
    }

    /// What was reserved at `at` was no failure after all. What this very reservation had brought about
    /// goes with it; an older or newer lock stays.
    ///
    /// Gives whether that had been recorded already, since the comparison took so long.
    pub(crate) fn refund(
        &mut self,
        pool: PoolKind,
        at: Timestamp,
        source: u32,
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
            if let Some((_, count)) = self.run.iter_mut().find(|(one, _)| *one == source) {
                *count = count.saturating_sub(1);
            }
            self.run.retain(|(_, count)| *count > 0);
        }
        let waiting = self.take_verdict(pool, at, effects).is_some();
        effects != BudgetEffects::default() && !waiting
    }

    /// The attempt reserved at `at` was right: it was no failure, and the run of failures ends. Gives
    /// what [`refund`](Self::refund) gives.
    pub(crate) fn refund_and_end_run(
        &mut self,
        pool: PoolKind,
        at: Timestamp,
        source: u32,
        effects: BudgetEffects,
    ) -> bool {
        let recorded = self.refund(pool, at, source, effects);
        self.end_run();
        recorded
    }

    /// The run of failures is over; a method that it disabled stays so.
    pub(crate) fn end_run(&mut self) {
        self.consecutive = 0;
        self.run.clear();
        (self.closed, self.told) = (false, false);
    }

    /// The run of failures is over, and what it had disabled may be used again.
    pub(crate) fn reopen(&mut self) {
        self.end_run();
        self.disabled = false;
        self.verdicts.clear();
    }

    /// Takes the verdict of this reservation out of those that wait, if it is there.
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

    /// The consecutive failures up to which this pool may be drawn from.
    ///
    /// The last ones up to the cap are kept for the proven pool, as many as one of its windows has
    /// but at most a fifth of the cap, and never so many that a code would lose a try: strangers
    /// cannot close a method for known devices.
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

/// What a reservation brought about.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BudgetEffects {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) locked_until: Option<Timestamp>,
    pub(crate) disabled: bool,
    pub(crate) closed: bool,
    pub(crate) told: bool,
}

/// What an attempt has brought about that is still being compared. It acts at once, but its events
/// and its notice wait: a right secret refunds all of it. They are recorded when the comparison
/// was wrong, or by the next step after [`Verdict::PATIENCE`] where no step says how it ended.
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

    /// When it is recorded if nothing was heard of the comparison.
    pub(crate) fn due(&self) -> Timestamp {
        self.at.plus(Self::PATIENCE)
    }
}
