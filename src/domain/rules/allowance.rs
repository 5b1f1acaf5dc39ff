//! What the budgets of an account still allow a caller.

use super::MAX_OUTBOX;
use crate::domain::account::budget::{Entry, Held, PoolKind, Share};
use crate::domain::account::{
    Account, Challenge, Flow, FlowNumber, Pending, PendingBody, Sends, SourceHash,
};
use crate::domain::method::MethodKind;
use crate::domain::policy::{Policy, Rate};
use crate::domain::time::{HOUR, Timestamp};

/// Codes that may wait in one outbox, so that notices always find room: for the anonymous pool, and
/// for the proven pool, whose last places strangers cannot take.
const MAX_WAITING_CODES: [u32; 2] = [6, 9];

/// A caller, and the budgets that it draws on.
#[derive(Clone, Copy)]
pub(crate) struct Caller<'a> {
    pub(crate) account: &'a Account,
    pub(crate) policy: &'a Policy,
    pub(crate) now: Timestamp,
    pub(crate) kind: MethodKind,
    pub(crate) pool: PoolKind,
    /// A short keyed hash of the source.
    pub(crate) source: SourceHash,
    /// Whether the source is limited to its share.
    pub(crate) shared: bool,
    /// Whether a method is being registered. A run of failures does not limit that: a new
    /// registration is what ends the run.
    pub(crate) register: bool,
    /// The flow whose challenge of this kind is replaced, so that its attempts are free again.
    pub(crate) replaces: Option<FlowNumber>,
}

impl<'a> Caller<'a> {
    /// A signed-in user, limited by the whole proven pool only.
    pub(super) const fn signed_in(
        account: &'a Account,
        kind: MethodKind,
        policy: &'a Policy,
        now: Timestamp,
    ) -> Self {
        let pool = PoolKind::Proven;
        let (source, shared, register, replaces) = (SourceHash::NONE, false, false, None);
        Self { account, policy, now, kind, pool, source, shared, register, replaces }
    }

    fn share(&self) -> Share {
        if self.shared { Share(self.policy.sends.source_share) } else { Share::WHOLE }
    }

    /// The attempts that a new code may have: what the window and the run of failures have left
    /// after the attempts of other live codes, and no more than this source's share of either.
    pub(crate) fn attempts(&self) -> u8 {
        let failures = &self.policy.failures;
        let rate = failures.rate(self.pool);
        let share = self.share();
        let whole = u32::from(self.policy.attempts);
        let budget = self.account.budget(self.kind);
        let disabled = budget.is_some_and(|budget| budget.disabled);
        let window = budget.map(|budget| budget.pool(self.pool));
        let locked = window.is_some_and(|window| window.locked(self.now));
        if locked || (disabled && !self.register) {
            return 0;
        }
        let failures_now = window.into_iter().flat_map(|window| window.live(rate.window, self.now));
        let failed = Held::of(failures_now.map(|entry| entry.source), self.source);
        let in_window = share.left(rate.max, whole, failed.plus(self.promised(&[self.pool])));
        let in_run = if self.register {
            u32::MAX
        } else {
            let run = budget.map(|budget| budget.held_of_run(self.source)).unwrap_or_default();
            // The attempts of live codes in both pools count toward the cap, which never decays.
            let promised = self.promised(&[PoolKind::Anonymous, PoolKind::Proven]);
            share.left(failures.run(self.pool, self.policy.attempts), whole, run.plus(promised))
        };
        let attempts = whole.min(in_window).min(in_run);
        u8::try_from(attempts).unwrap_or(u8::MAX)
    }

    /// The attempts that live codes of this kind hold in these pools.
    fn promised(&self, pools: &[PoolKind]) -> Held {
        let all = self.account.flows.iter().flat_map(|flow| {
            let open = flow.challenges.iter().filter(move |challenge| {
                Some(flow.number) != self.replaces || challenge.method() != self.kind
            });
            open.chain(flow.repeat.iter().map(|repeat| &repeat.challenge))
        });
        let live = |challenge: &&Challenge| {
            challenge.method() == self.kind
                && challenge.live(self.now)
                && pools.contains(&challenge.pool)
        };
        all.filter(live).fold(Held::default(), |held, challenge| {
            held.and(challenge.source == self.source, u32::from(challenge.attempts))
        })
    }

    /// When an attempt is free again, as far as time alone decides.
    pub(super) fn attempts_at(&self) -> Timestamp {
        let budget = self.account.budget(self.kind);
        let run_is_over = budget.is_some_and(|budget| match self.pool {
            PoolKind::Anonymous => budget.closed || budget.disabled,
            PoolKind::Proven => budget.disabled,
        });
        if run_is_over && !self.register {
            return Timestamp::MAX;
        }
        let rate = self.policy.failures.rate(self.pool);
        let window = budget.map(|budget| budget.pool(self.pool));
        let locked = window.and_then(|window| window.locked_until);
        let counted = window.into_iter().flat_map(|window| window.live(rate.window, self.now));
        let aged = counted.map(|entry| entry.at.plus(rate.window)).min();
        let challenges = self.account.flows.iter().flat_map(|flow| &flow.challenges);
        let freed = challenges
            .filter(|challenge| challenge.method() == self.kind)
            .map(|challenge| challenge.expires_at)
            .min();
        locked.filter(|until| *until > self.now).or(freed).or(aged).unwrap_or(self.now.plus(HOUR))
    }

    /// The time until which the challenges of the last hour or day leave no room, if they do.
    pub(super) fn sends_spent_until(&self) -> Option<Timestamp> {
        let [hour, day] = sends_of(self.policy, self.kind);
        let counted = sends(self.account, self.kind).pool(self.pool);
        [hour, day].into_iter().find_map(|rate| self.spent_until(counted, rate))
    }

    /// If the day has no challenge left for this source: whether its own share is the reason, and
    /// until when.
    pub(super) fn day_spent(&self) -> Option<(bool, Timestamp)> {
        let [_, day] = sends_of(self.policy, self.kind);
        let counted = sends(self.account, self.kind).pool(self.pool);
        let until = self.spent_until(counted, day)?;
        let all = counted.iter().filter(|entry| self.now.since(entry.at) < day.window).count();
        Some((all < day.max as usize, until))
    }

    fn spent_until(&self, counted: &[Entry], rate: Rate) -> Option<Timestamp> {
        let live = counted.iter().filter(|entry| self.now.since(entry.at) < rate.window);
        let held = Held::of(live.clone().map(|entry| entry.source), self.source);
        if self.share().left(rate.max, 1, held) > 0 {
            return None;
        }
        live.map(|entry| entry.at.plus(rate.window)).min()
    }

    /// The time until which live flows like this one leave no room, if they do.
    pub(super) fn flows_full_until(&self, alike: impl Fn(&Flow) -> bool) -> Option<Timestamp> {
        let live = self.account.flows.iter().filter(|flow| flow.live(self.now) && alike(flow));
        let held = Held::of(live.clone().map(|flow| flow.source), self.source);
        if self.share().left(u32::from(self.policy.sends.live_flows), 1, held) > 0 {
            return None;
        }
        live.map(|flow| flow.expires_at).min()
    }

    /// Whether the record has room for another code.
    pub(super) fn outbox_has_room(&self) -> bool {
        let [strangers, all] = MAX_WAITING_CODES;
        let most = if self.pool == PoolKind::Anonymous { strangers } else { all };
        let source_of = |pending: &Pending| match &pending.body {
            PendingBody::Code { flow: number, .. } => {
                let flow = self.account.flows.iter().find(|flow| flow.number == *number);
                Some(flow.map_or(SourceHash::NONE, |flow| flow.source))
            }
            _ => None,
        };
        let held = Held::of(self.account.outbox.iter().filter_map(source_of), self.source);
        self.account.outbox.len() < MAX_OUTBOX
            && self.share().left(most, 1, held) > 0
            && !self.account.is_large(self.pool)
    }
}

/// The count of challenges that this kind belongs to: of those that send something, or of the
/// others.
pub(crate) const fn sends(account: &Account, kind: MethodKind) -> &Sends {
    if kind.sends() { &account.sends } else { &account.in_hand }
}

/// How many challenges of this kind one pool allows in an hour and in a day.
pub(crate) const fn sends_of(policy: &Policy, kind: MethodKind) -> [Rate; 2] {
    policy.settings().sends.rates(kind.sends())
}
