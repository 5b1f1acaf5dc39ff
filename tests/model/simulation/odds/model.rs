//! What an attacker knows of the budgets: from the policy, and from what it did itself.

use sspr::policy::{PoolKind, Rate};
use sspr::{MethodKind, Timestamp};

use super::guesser::{Attacker, Guesser};
use crate::simulation::attack::{DAY, HOUR};

/// What the attacker remembers of one pool.
#[derive(Default)]
pub(super) struct Seen {
    pub(super) failed: Vec<Timestamp>,
    pub(super) locked_until: Option<Timestamp>,
    pub(super) opened: Vec<(Timestamp, bool)>,
}

impl Guesser {
    fn seen(&self, pool: PoolKind) -> &Seen {
        if pool == PoolKind::Anonymous { &self.open } else { &self.proven }
    }

    pub(super) fn seen_mut(&mut self, pool: PoolKind) -> &mut Seen {
        if pool == PoolKind::Anonymous { &mut self.open } else { &mut self.proven }
    }

    const fn rate(&self, pool: PoolKind) -> Rate {
        let failures = &self.case.settings.failures;
        match pool {
            PoolKind::Anonymous => failures.anonymous,
            _ => failures.proven,
        }
    }

    /// The length of a run of failures up to which the attacker draws on this pool.
    fn longest_run(&self, pool: PoolKind) -> u32 {
        let settings = &self.case.settings;
        let failures = &settings.failures;
        let kept = failures.proven.max.min(failures.consecutive / 5);
        let kept = kept.min(failures.consecutive - u32::from(settings.attempts));
        let of = |pool| failures.consecutive - if pool == PoolKind::Anonymous { kept } else { 0 };
        // The owner needs one more comparison to end the run.
        match self.attacker {
            Attacker::OwnerWhoResets => of(pool).min(of(self.owners_way().pool()) - 1),
            _ => of(pool),
        }
    }

    /// How many guesses the attacker wants to make now of this pool, as far as is known.
    pub(super) fn room(&self, pool: PoolKind) -> usize {
        let (now, rate, seen) = (self.now(), self.rate(pool), self.seen(pool));
        if seen.locked_until.is_some_and(|until| now < until) {
            return 0;
        }
        let live = seen.failed.iter().filter(|at| now.since(**at) < rate.window).count();
        self.most(pool).saturating_sub(live).min(self.room_in_run(pool))
    }

    /// How many guesses the attacker makes of this pool in one window.
    fn most(&self, pool: PoolKind) -> usize {
        let rate = self.rate(pool);
        // One less keeps the pool open, where a lock would last longer than the window.
        let lock = self.case.settings.failures.lock.min(self.horizon);
        let short = lock > rate.window && rate.max > 1;
        // The owner needs one comparison.
        let owners = self.attacker == Attacker::OwnerWhoResets && self.owners_way().pool() == pool;
        rate.max.saturating_sub(u32::from(short || owners)) as usize
    }

    pub(super) fn room_in_run(&self, pool: PoolKind) -> usize {
        self.longest_run(pool).saturating_sub(self.run) as usize
    }

    /// How many challenges of this kind are left of this pool.
    pub(super) fn challenges_left(&self, pool: PoolKind, kind: MethodKind) -> usize {
        let (now, sends) = (self.now(), &self.case.settings.sends);
        let sent = kind != MethodKind::AuthenticatorApp;
        let [hour, day] = if sent {
            [sends.per_hour, sends.per_day]
        } else {
            [sends.in_hand_per_hour, sends.in_hand_per_day]
        };
        let within = |span| {
            let opened = self.seen(pool).opened.iter();
            opened.filter(|(at, kind)| *kind == sent && now.since(*at) < span).count()
        };
        let left = |most: u32, span| (most as usize).saturating_sub(within(span));
        left(hour, HOUR).min(left(day, DAY))
    }

    pub(super) fn note_opened(&mut self, pool: PoolKind, kind: MethodKind) {
        let now = self.now();
        self.wakes.extend([now.plus(HOUR), now.plus(DAY)]);
        let opened = &mut self.seen_mut(pool).opened;
        opened.retain(|(at, _)| now.since(*at) < DAY);
        opened.push((now, kind != MethodKind::AuthenticatorApp));
    }

    pub(super) fn note_failed(&mut self, pool: PoolKind) {
        let (now, rate, lock) = (self.now(), self.rate(pool), self.case.settings.failures.lock);
        self.compared.push(now);
        self.run += 1;
        let seen = self.seen_mut(pool);
        seen.failed.retain(|at| now.since(*at) < rate.window);
        seen.failed.push(now);
        if seen.failed.len() >= rate.max as usize {
            seen.locked_until = Some(now.plus(lock));
        }
        self.wakes.extend([now.plus(rate.window), now.plus(lock)]);
    }
}
