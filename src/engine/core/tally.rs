//! Counts of replies that leave no event, kept in memory until `maintain` writes them.
//!
//! A request writes no counter: one that every request of a tenant increments would be a row for which
//! all of them wait. What was counted since the last write is lost in a crash.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicI64, AtomicU64};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::domain::identity::ids::TenantId;
use crate::domain::report::{CountedReply, ReportDay};

/// The most counts of one tenant that wait to be written, which are those of some days. Beyond it the
/// oldest are dropped. Only a process that never calls `maintain` reaches it.
const MOST_WAITING: usize = 1_024;

type Counts = BTreeMap<(ReportDay, CountedReply), u64>;

/// What was counted and is not written yet.
#[derive(Default)]
pub(crate) struct Tally {
    waiting: Mutex<HashMap<TenantId, Counts>>,
    /// The last write, in Unix milliseconds.
    pub(super) flushed_at: AtomicI64,
}

impl Tally {
    fn waiting(&self) -> MutexGuard<'_, HashMap<TenantId, Counts>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn add(&self, tenant: &TenantId, cell: (ReportDay, CountedReply), amount: u64) {
        let mut waiting = self.waiting();
        if !waiting.contains_key(tenant) {
            waiting.insert(tenant.clone(), Counts::new());
        }
        let Some(counts) = waiting.get_mut(tenant) else { return };
        let count = counts.entry(cell).or_default();
        *count = count.saturating_add(amount);
        if counts.len() > MOST_WAITING {
            counts.pop_first();
        }
    }
}

/// How many codes to new numbers this engine has stopped, and breakers it has changed, since it was opened.
#[derive(Default)]
pub(crate) struct PumpingCounts {
    pub(crate) stopped: AtomicU64,
    pub(crate) opened: AtomicU64,
    pub(crate) closed: AtomicU64,
}

/// Counts that are taken out to be written. Those that were not written when it is dropped go back:
/// after a lost reply or a dropped future a count may be written twice, and is never lost.
pub(super) struct Taken<'a> {
    tally: &'a Tally,
    pub(super) counts: Vec<(TenantId, (ReportDay, CountedReply), u64)>,
}

impl<'a> Taken<'a> {
    pub(super) fn from(tally: &'a Tally) -> Self {
        let waiting = std::mem::take(&mut *tally.waiting());
        let of_tenant = |(tenant, counts): (TenantId, Counts)| {
            counts.into_iter().map(move |(cell, count)| (tenant.clone(), cell, count))
        };
        Self { tally, counts: waiting.into_iter().flat_map(of_tenant).collect() }
    }
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        for (tenant, cell, count) in self.counts.drain(..) {
            self.tally.add(&tenant, cell, count);
        }
    }
}
