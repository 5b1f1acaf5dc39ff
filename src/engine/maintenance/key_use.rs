//! Which short-lived keys are still in use, so that an old one can be removed.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::domain::account::{Account, Flow};
use crate::domain::identity::ids::TenantId;
use crate::domain::time::{MAX_SKEW, Timestamp};
use crate::engine::api::error::Error;
use crate::engine::core::Core;
use crate::engine::maintenance::accounts::{UnreadableAccount, accounts_of, read_account};
use crate::port::Cursor;

/// The use of each short-lived key by the accounts of a tenant.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct ShortKeysInUse {
    /// When the first page was counted, by this engine's clock.
    pub counted_at: Timestamp,
    /// Accounts that were read.
    pub accounts: u64,
    /// Live flows and challenges, by the id of the key that derives their codes.
    pub keys: BTreeMap<u16, KeyUse>,
    /// Live flows, with or without a challenge.
    pub flows: u64,
    /// When the oldest of them began.
    pub oldest_flow: Option<Timestamp>,
    /// The lifetime of a flow under the tenant's policy: a flow without a challenge exists only as
    /// a ticket.
    pub flow_life: Duration,
    /// Accounts whose record cannot be read and whose use is unknown.
    pub unreadable: Vec<UnreadableAccount>,
    /// Where to continue, on this engine or another; `None` at the end.
    pub next: Option<Cursor>,
    /// Where the count began; `None` at the first account.
    from: Option<Cursor>,
    /// Whether a page was left out or added twice.
    broken: bool,
}

/// The live flows and challenges of one short-lived key.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct KeyUse {
    /// Flows with at least one challenge of this key.
    pub flows: u64,
    /// Challenges that can still be answered.
    pub challenges: u64,
}

impl ShortKeysInUse {
    /// Adds the next page to this one. If it is not the next page, the count stays incomplete.
    pub fn add(&mut self, page: Self) {
        self.broken |= page.broken || self.next.is_none() || self.next != page.from;
        self.counted_at = self.counted_at.min(page.counted_at);
        self.accounts += page.accounts;
        for (id, more) in page.keys {
            let used = self.keys.entry(id).or_default();
            used.flows += more.flows;
            used.challenges += more.challenges;
        }
        self.flows += page.flows;
        self.oldest_flow = self.oldest_flow.into_iter().chain(page.oldest_flow).min();
        self.flow_life = self.flow_life.max(page.flow_life);
        self.unreadable.extend(page.unreadable);
        self.next = page.next;
    }

    /// Whether this key can be removed without voiding a code or ticket: no process has issued with
    /// it since `issued_until`, no code of it is live, and no ticket of it can be.
    ///
    /// `false` also if a page is missing or an account cannot be read, since its use is unknown.
    /// The result holds for one tenant: check every tenant.
    #[must_use]
    pub fn may_drop(&self, id: u16, issued_until: Timestamp) -> bool {
        // One skew between the clock of `issued_until` and this engine's, one between the engines
        // that issue and those that verify.
        let last_issued = issued_until.plus(MAX_SKEW * 2);
        self.from.is_none()
            && !self.broken
            && self.next.is_none()
            && self.unreadable.is_empty()
            && !self.keys.contains_key(&id)
            && self.oldest_flow.is_none_or(|began| began >= last_issued)
            && self.counted_at >= last_issued.plus(self.flow_life)
    }

    fn count(&mut self, account: &Account, now: Timestamp) {
        // A finished flow still shows its goal and repeats its last reply until it expires.
        let live = |flow: &&Flow| now < flow.expires_at && flow.epoch == account.epoch;
        for flow in account.flows.iter().filter(live) {
            self.flows += 1;
            self.oldest_flow = self.oldest_flow.into_iter().chain([flow.started_at]).min();
            let repeated = flow.repeat.iter().map(|repeat| &repeat.challenge);
            let mut used = BTreeMap::<u16, u64>::new();
            for challenge in flow.challenges.iter().chain(repeated) {
                if challenge.live(now) && challenge.attempts > 0 {
                    *used.entry(challenge.key).or_default() += 1;
                }
            }
            for (id, challenges) in used {
                let used = self.keys.entry(id).or_default();
                used.flows += 1;
                used.challenges += challenges;
            }
        }
    }
}

/// Counts how the next accounts use each short-lived key.
pub(crate) async fn short_keys_in_use(
    core: &Core,
    tenant: &TenantId,
    after: Option<&Cursor>,
    limit: usize,
) -> Result<ShortKeysInUse, Error> {
    let policy = core.policy(tenant, true).await?;
    let now = core.clock.now();
    let page = accounts_of(core, tenant, after, limit).await?;
    let mut used = ShortKeysInUse {
        counted_at: now,
        accounts: 0,
        keys: BTreeMap::new(),
        flows: 0,
        oldest_flow: None,
        flow_life: policy.lifetimes.flow,
        unreadable: Vec::new(),
        next: page.next,
        from: after.cloned(),
        broken: false,
    };
    // A flow counts as live if it is live by the clock that is furthest behind.
    let behind = now.minus(MAX_SKEW);
    for record in &page.items {
        used.accounts += 1;
        match read_account(core, tenant, record) {
            Ok((_, loaded)) => used.count(&loaded.account, behind),
            Err(unreadable) => used.unreadable.push(unreadable),
        }
    }
    Ok(used)
}
