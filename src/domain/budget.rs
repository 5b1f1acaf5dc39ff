//! Failure budgets: sliding windows, locks and the consecutive cap, all on `(state, now)`.

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
    /// Anybody's.
    Open,
    /// Of flows that hold a verified proof, and of signed-in users.
    Proven,
}

/// The failures of one kind of method on one account.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct MethodBudget {
    pub(crate) method: MethodKind,
    #[serde(default)]
    pub(crate) open: Window,
    #[serde(default)]
    pub(crate) proven: Window,
    /// Failures since the last success; never decays.
    #[serde(default)]
    pub(crate) consecutive: u32,
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
    /// Fields of a newer release.
    #[serde(flatten)]
    pub(crate) unknown: Unknown,
}

/// The times of the last counted events, and the lock that they may have set.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Window {
    #[serde(default)]
    pub(crate) times: Vec<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) locked_until: Option<Timestamp>,
}

impl Window {
    /// How many events may still be counted now.
    pub(crate) fn remaining(&self, rate: Rate, now: Timestamp) -> u32 {
        if self.locked_until.is_some_and(|until| now < until) {
            return 0;
        }
        rate.max.saturating_sub(self.counted(rate.window, now))
    }

    fn counted(&self, window: Duration, now: Timestamp) -> u32 {
        let live = self.times.iter().filter(|&&at| now.since(at) < window).count();
        u32::try_from(live).unwrap_or(u32::MAX)
    }

    /// Counts one event; forgets those that have left the window.
    pub(crate) fn count(&mut self, rate: Rate, now: Timestamp) {
        self.times.retain(|&at| now.since(at) < rate.window);
        self.times.push(now);
    }

    /// Takes back one event counted at `at`, if it is still there: it turned out to be a success.
    pub(crate) fn uncount(&mut self, at: Timestamp) -> bool {
        let place = self.times.iter().rposition(|&time| time == at);
        place.map(|place| self.times.remove(place)).is_some()
    }

    /// Stamps from a clock that ran ahead start again now, at full length.
    pub(crate) fn restart_after(&mut self, horizon: Timestamp, now: Timestamp, lock: Duration) {
        for at in &mut self.times {
            if *at > horizon {
                *at = now;
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
    pub(crate) const fn new(method: MethodKind) -> Self {
        Self {
            method,
            open: Window { times: Vec::new(), locked_until: None },
            proven: Window { times: Vec::new(), locked_until: None },
            consecutive: 0,
            disabled: false,
            told: false,
            sign_in: 0,
            unknown: Unknown::NONE,
        }
    }

    pub(crate) const fn pool(&self, pool: PoolKind) -> &Window {
        match pool {
            PoolKind::Open => &self.open,
            PoolKind::Proven => &self.proven,
        }
    }

    pub(crate) const fn pool_mut(&mut self, pool: PoolKind) -> &mut Window {
        match pool {
            PoolKind::Open => &mut self.open,
            PoolKind::Proven => &mut self.proven,
        }
    }

    /// Counts one attempt before it is judged and says what that brought about.
    pub(crate) fn charge(
        &mut self,
        pool: PoolKind,
        rules: &FailureBudgets,
        now: Timestamp,
    ) -> Charged {
        let rate = rules.rate(pool);
        let window = self.pool_mut(pool);
        window.count(rate, now);
        let mut charged = Charged::default();
        let spent = window.counted(rate.window, now) >= rate.max;
        if spent && window.locked_until.is_none_or(|until| until <= now) {
            // From the last counted attempt; a refused one never gets here.
            let until = now.plus(rules.lock);
            window.locked_until = Some(until);
            charged.locked_until = Some(until);
        }
        self.consecutive = self.consecutive.saturating_add(1);
        if !self.told && self.consecutive >= rules.consecutive.div_ceil(2) {
            self.told = true;
            charged.told = true;
        }
        if self.consecutive >= rules.consecutive && !self.disabled {
            self.disabled = true;
            charged.disabled = true;
        }
        charged
    }

    /// What was charged at `at` was no failure after all. What this very charge had brought about
    /// goes with it; an older or newer lock stays.
    pub(crate) fn take_back(&mut self, pool: PoolKind, at: Timestamp, charged: Charged) {
        let window = self.pool_mut(pool);
        let counted = window.uncount(at);
        if charged.locked_until.is_some() && window.locked_until == charged.locked_until {
            window.locked_until = None;
        }
        if charged.disabled {
            self.disabled = false;
        }
        self.consecutive = self.consecutive.saturating_sub(u32::from(counted));
    }

    /// The attempt charged at `at` was right: it was no failure, and the run of failures ends.
    pub(crate) fn succeed(&mut self, pool: PoolKind, at: Timestamp, charged: Charged) {
        self.take_back(pool, at, charged);
        self.consecutive = 0;
        self.told = false;
    }
}

impl FailureBudgets {
    pub(crate) const fn rate(&self, pool: PoolKind) -> Rate {
        match pool {
            PoolKind::Open => self.open,
            PoolKind::Proven => self.proven,
        }
    }
}

/// What a charge brought about.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Charged {
    pub(crate) locked_until: Option<Timestamp>,
    pub(crate) disabled: bool,
    pub(crate) told: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn at(minutes: i64) -> Timestamp {
        Timestamp::from_unix_seconds(1_800_000_000 + 60 * minutes)
    }

    fn rules() -> FailureBudgets {
        let rate = Rate::new(3, 10 * MINUTE);
        FailureBudgets { open: rate, proven: rate, lock: 20 * MINUTE, consecutive: 6 }
    }

    #[test]
    fn the_window_slides_with_each_event() {
        let mut window = Window::default();
        let rate = rules().open;
        window.count(rate, at(0));
        window.count(rate, at(4));
        assert_eq!(window.remaining(rate, at(9)), 1);
        assert_eq!(window.remaining(rate, at(10)), 2);
        assert_eq!(window.remaining(rate, at(14)), 3);
    }

    #[test]
    fn a_lock_runs_from_the_last_counted_attempt() {
        let mut budget = MethodBudget::new(MethodKind::Email);
        for minute in 0..2 {
            assert_eq!(budget.charge(PoolKind::Open, &rules(), at(minute)).locked_until, None);
        }
        let charged = budget.charge(PoolKind::Open, &rules(), at(2));
        assert_eq!(charged.locked_until, Some(at(22)));
        // The window has aged by then, the lock has not.
        assert_eq!(budget.open.remaining(rules().open, at(21)), 0);
        assert_eq!(budget.open.remaining(rules().open, at(22)), 3);
        // The other pool is another pool.
        assert_eq!(budget.proven.remaining(rules().proven, at(2)), 3);
    }

    #[test]
    fn a_success_takes_back_its_own_charge_and_no_other() {
        let mut budget = MethodBudget::new(MethodKind::Email);
        let _ = budget.charge(PoolKind::Open, &rules(), at(0));
        let _ = budget.charge(PoolKind::Open, &rules(), at(1));
        let last = budget.charge(PoolKind::Open, &rules(), at(2));
        budget.succeed(PoolKind::Open, at(2), last);
        assert_eq!(budget.open.times, [at(0), at(1)]);
        assert_eq!(budget.open.remaining(rules().open, at(2)), 1);
        assert_eq!(budget.consecutive, 0);
    }

    #[test]
    fn a_success_leaves_the_lock_that_somebody_else_set() {
        let mut budget = MethodBudget::new(MethodKind::Email);
        let first = budget.charge(PoolKind::Open, &rules(), at(0));
        let _ = budget.charge(PoolKind::Open, &rules(), at(1));
        let _ = budget.charge(PoolKind::Open, &rules(), at(2));
        budget.succeed(PoolKind::Open, at(0), first);
        assert_eq!(budget.open.remaining(rules().open, at(3)), 0);
    }

    /// the run of failures has no time decay, warns at half and disables at the cap.
    #[test]
    fn a_run_of_failures_never_decays() {
        let mut budget = MethodBudget::new(MethodKind::Email);
        let charges: Vec<Charged> =
            (0..6).map(|n| budget.charge(PoolKind::Open, &rules(), at(n * 10_000))).collect();
        let told: Vec<bool> = charges.iter().map(|charged| charged.told).collect();
        assert_eq!(told, [false, false, true, false, false, false]);
        assert!(charges[5].disabled && budget.disabled);
        assert!(!charges[4].disabled);
    }

    #[test]
    fn stamps_of_a_fast_clock_start_again_at_full_length() {
        let mut budget = MethodBudget::new(MethodKind::Email);
        for _ in 0..3 {
            let _ = budget.charge(PoolKind::Open, &rules(), at(600));
        }
        budget.open.restart_after(at(1), at(0), rules().lock);
        assert_eq!(budget.open.locked_until, Some(at(20)));
        assert_eq!(budget.open.times, [at(0); 3]);
    }
}
