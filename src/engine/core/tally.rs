//! Counts of replies that leave no event, kept in memory until `maintain` writes them.
//!
//! A request writes no counter: one that every request of a tenant increments would be a row for which
//! all of them wait. What was counted since the last write is lost in a crash.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::domain::account::Purpose;
use crate::domain::identity::ids::{CounterKey, TenantId};
use crate::domain::report::{Counted, CountedStep, ReportDay};
use crate::domain::time::{DAY, Timestamp};
use crate::engine::api::error::{At as _, Error, FaultOrigin};
use crate::engine::core::Core;
use crate::port::CounterIncrement;

/// The kind of these counters in the derivation of their keys. Limits have 1 to 5.
const TALLY: u8 = 16;
/// The least time between two writes.
const FLUSH_EVERY: Duration = Duration::from_secs(10);
/// The most counts of one tenant that wait: those of some days. Beyond them the oldest are dropped, in
/// a process that never calls `maintain`.
const MOST_WAITING: usize = 1_024;
/// The most counters in one call of the store.
const BATCH: usize = 500;

type Counts = BTreeMap<(ReportDay, Counted), u64>;

/// What was counted and is not written yet.
#[derive(Default)]
pub(crate) struct Tally {
    waiting: Mutex<HashMap<TenantId, Counts>>,
    /// The last write, in Unix milliseconds.
    flushed_at: AtomicI64,
}

impl Tally {
    fn waiting(&self) -> MutexGuard<'_, HashMap<TenantId, Counts>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, tenant: &TenantId, cell: (ReportDay, Counted), amount: u64) {
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

/// Counts that are taken out to be written. Those that were not written when it is dropped go back:
/// after a lost reply or a dropped future a count may be written twice, and is never lost.
struct Taken<'a> {
    tally: &'a Tally,
    counts: Vec<(TenantId, (ReportDay, Counted), u64)>,
}

impl<'a> Taken<'a> {
    fn from(tally: &'a Tally) -> Self {
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

impl Core {
    /// Counts a reply. Tenants without a policy serve no one and are not counted, so that invented
    /// names of tenants fill no memory.
    pub(crate) fn count_reply<T>(
        &self,
        tenant: &TenantId,
        purpose: Purpose,
        step: CountedStep,
        reply: &Result<T, Error>,
    ) {
        if !self.policies.has_policy(tenant) {
            return;
        }
        let reply = match reply {
            Ok(_) => Ok(()),
            Err(Error::Refused(refusal)) => Err(Some(refusal)),
            Err(Error::Fault(_)) => Err(None),
            // The host has passed something malformed: that is no reply to a user.
            Err(Error::Invalid(_)) => return,
        };
        let day = ReportDay::of(self.clock.now());
        self.tally.add(tenant, (day, Counted::of(purpose, step, reply)), 1);
    }

    /// Writes what was counted, at most every ten seconds.
    pub(crate) async fn flush_tally(&self, now: Timestamp) -> Result<(), Error> {
        let last = Timestamp::from_unix_millis(self.tally.flushed_at.load(Ordering::Relaxed));
        if last <= now && now.since(last) < FLUSH_EVERY {
            return Ok(());
        }
        self.write_tally(now).await
    }

    /// Writes what was counted.
    pub(crate) async fn write_tally(&self, now: Timestamp) -> Result<(), Error> {
        let mut taken = Taken::from(&self.tally);
        while !taken.counts.is_empty() {
            let end = taken.counts.len().saturating_sub(BATCH);
            let increments: Vec<_> = taken.counts[end..]
                .iter()
                .map(|(tenant, (day, counted), count)| {
                    let amount = u32::try_from(*count).unwrap_or(u32::MAX);
                    let expires_at = self.count_expires_at(*day);
                    CounterIncrement::new(self.count_key(tenant, *day, counted), amount, expires_at)
                })
                .collect();
            self.store.increment(&increments).await.at(FaultOrigin::Store)?;
            taken.counts.truncate(end);
            self.tally.flushed_at.store(now.unix_millis(), Ordering::Relaxed);
        }
        Ok(())
    }

    pub(crate) fn count_key(
        &self,
        tenant: &TenantId,
        day: ReportDay,
        counted: &Counted,
    ) -> CounterKey {
        self.keys.counter(tenant, TALLY, counted.subject().as_bytes(), 0, day.start())
    }

    /// A count is kept as long as the events of its day.
    pub(crate) fn count_expires_at(&self, day: ReportDay) -> Timestamp {
        day.next().start().plus(self.event_retention).plus(DAY)
    }
}
