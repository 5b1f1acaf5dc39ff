//! The use of an account's budgets, for administrators: how much of each is held, and by how many
//! sources.

use serde::{Deserialize, Serialize};

use crate::domain::account::budget::{Entry, PoolKind};
use crate::domain::account::{Account, SourceHash};
use crate::domain::method::MethodKind;
use crate::domain::policy::{Policy, Rate, ThrottledAct};
use crate::domain::rules::{sends, sends_of};
use crate::domain::time::Timestamp;

/// How much of one budget of an account is held now.
///
/// Sources are counted, never named: the account holds short keyed hashes of them only.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct BudgetUse {
    /// The budget.
    pub budget: BudgetKind,
    /// The kind of method that it belongs to; `None` for a budget of the whole account.
    pub method: Option<MethodKind>,
    /// The pool.
    pub pool: PoolKind,
    /// The amount that is held.
    pub held: u32,
    /// The size of the budget.
    pub of: u32,
    /// The number of sources that hold it.
    pub sources: u32,
    /// The largest amount that one source holds.
    pub most_by_one_source: u32,
    /// When the first part of it is free again. `None`: only a correct secret or an administrator
    /// frees it.
    pub until: Option<Timestamp>,
}

/// A budget of an account.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum BudgetKind {
    /// Challenges of an hour that send a message.
    SentInAnHour,
    /// Challenges of a day that send a message.
    SentInADay,
    /// Challenges of an hour over the channel in hand.
    InHandInAnHour,
    /// Challenges of a day over the channel in hand.
    InHandInADay,
    /// Live flows.
    LiveFlows,
    /// Wrong secrets within the window of failures.
    Failures,
    /// Comparisons that are set aside for live codes: they count in the same window until they are
    /// made or the code expires.
    Promised,
    /// Failures in a row, which do not age.
    Consecutive,
    /// Acts that a throttle of the policy counts.
    Throttled(ThrottledAct),
}

const POOLS: [PoolKind; 2] = [PoolKind::Anonymous, PoolKind::Proven];

/// Every budget that is in use.
pub(super) fn budget_use(account: &Account, policy: &Policy, now: Timestamp) -> Vec<BudgetUse> {
    let mut all = Vec::new();
    // One kind represents each class.
    let classes = [
        (MethodKind::Email, [BudgetKind::SentInAnHour, BudgetKind::SentInADay]),
        (MethodKind::AuthenticatorApp, [BudgetKind::InHandInAnHour, BudgetKind::InHandInADay]),
    ];
    for (kind, budgets) in classes {
        for pool in POOLS {
            let counted = sends(account, kind).pool(pool);
            for (budget, rate) in budgets.into_iter().zip(sends_of(policy, kind)) {
                all.extend(window_use((budget, None, pool), counted, rate, now));
            }
        }
    }
    for pool in POOLS {
        all.extend(flows_use(account, policy, pool, now));
    }
    for budget in &account.budgets {
        for pool in POOLS {
            let (counted, rate) = (&budget.pool(pool).times, policy.failures.rate(pool));
            let what = (BudgetKind::Failures, Some(budget.method), pool);
            let mut failures = window_use(what, counted, rate, now);
            if let Some(failures) = &mut failures {
                let locked = budget.pool(pool).locked_until.filter(|until| now < *until);
                failures.until = locked.or(failures.until);
            }
            all.extend(failures);
            let of = policy.failures.run(pool, policy.attempts);
            let run = budget.run.iter().map(|(_, count)| *count);
            let listed: u32 = run.clone().sum();
            let others = budget.consecutive.saturating_sub(listed);
            let what = (BudgetKind::Consecutive, Some(budget.method), pool);
            all.extend(held(what, run.chain([others]).collect(), of, None));
        }
    }
    for state in &account.throttles {
        let Some(throttle) = policy.throttle(state.act) else { continue };
        for pool in POOLS {
            let window = state.pool(pool);
            let what = (BudgetKind::Throttled(state.act), state.method, pool);
            let mut used = window_use(what, &window.times, throttle.rate, now);
            if let Some(used) = &mut used {
                let locked = window.locked_until.filter(|until| now < *until);
                used.until = locked.or(used.until);
            }
            all.extend(used);
        }
    }
    for method in MethodKind::ALL {
        for pool in POOLS {
            all.extend(promised_use(account, policy, method, pool, now));
        }
    }
    all
}

type What = (BudgetKind, Option<MethodKind>, PoolKind);

fn held(what: What, by_source: Vec<u32>, of: u32, until: Option<Timestamp>) -> Option<BudgetUse> {
    let counts: Vec<u32> = by_source.into_iter().filter(|count| *count > 0).collect();
    let (budget, method, pool) = what;
    let most_by_one_source = counts.iter().copied().max()?;
    let sources = u32::try_from(counts.len()).unwrap_or(u32::MAX);
    let held = counts.iter().sum();
    Some(BudgetUse { budget, method, pool, held, of, sources, most_by_one_source, until })
}

/// Sums amounts by source.
fn by_source(all: impl Iterator<Item = (SourceHash, u32)>) -> Vec<u32> {
    let mut sums: Vec<(SourceHash, u32)> = Vec::new();
    for (source, amount) in all {
        match sums.iter_mut().find(|(summed, _)| *summed == source) {
            Some((_, sum)) => *sum = sum.saturating_add(amount),
            None => sums.push((source, amount)),
        }
    }
    sums.into_iter().map(|(_, sum)| sum).collect()
}

fn window_use(what: What, counted: &[Entry], rate: Rate, now: Timestamp) -> Option<BudgetUse> {
    let live = counted.iter().filter(|entry| now.since(entry.at) < rate.window);
    let until = live.clone().map(|entry| entry.at.plus(rate.window)).min();
    held(what, by_source(live.map(|entry| (entry.source, 1))), rate.max, until)
}

fn flows_use(
    account: &Account,
    policy: &Policy,
    pool: PoolKind,
    now: Timestamp,
) -> Option<BudgetUse> {
    let pool_of = |anonymous: bool| if anonymous { PoolKind::Anonymous } else { PoolKind::Proven };
    let live = account.flows.iter().filter(|flow| {
        let anonymous = !flow.known_device && !flow.familiar && !flow.by_administrator;
        flow.live(now) && flow.purpose.anonymous() && pool_of(anonymous) == pool
    });
    let until = live.clone().map(|flow| flow.expires_at).min();
    let of = u32::from(policy.sends.live_flows);
    // Known devices and familiar sources have a budget of this size each.
    let of = if pool == PoolKind::Anonymous { of } else { of.saturating_mul(2) };
    let what = (BudgetKind::LiveFlows, None, pool);
    held(what, by_source(live.map(|flow| (flow.source, 1))), of, until)
}

fn promised_use(
    account: &Account,
    policy: &Policy,
    method: MethodKind,
    pool: PoolKind,
    now: Timestamp,
) -> Option<BudgetUse> {
    let challenges = account.flows.iter().flat_map(|flow| {
        flow.challenges.iter().chain(flow.repeat.iter().map(|repeat| &repeat.challenge))
    });
    let live = challenges.filter(|challenge| {
        challenge.method() == method && challenge.pool == pool && challenge.live(now)
    });
    let until = live.clone().map(|challenge| challenge.expires_at).min();
    let what = (BudgetKind::Promised, Some(method), pool);
    let amounts = live.map(|challenge| (challenge.source, u32::from(challenge.attempts)));
    held(what, by_source(amounts), policy.failures.rate(pool).max, until)
}
