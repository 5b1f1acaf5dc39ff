//! Wrong `add` and `purge`.

use std::collections::BTreeMap;
use std::time::Duration;

use super::super::{lock, yield_once};
use super::{BrokenStore, Defect};
use crate::domain::ids::CounterKey;
use crate::port::{Charge, Clock as _, Commit, Cutoff, PortResult, SystemClock};

impl BrokenStore {
    pub(super) async fn add_wrongly(&self, charges: &[Charge]) -> PortResult<Vec<u64>> {
        match self.defect {
            Defect::AddLosesOneOfBatch => {
                let mut seen = BTreeMap::new();
                let mut once = charges.to_vec();
                for charge in &mut once {
                    if seen.insert(charge.key, ()).is_some() {
                        charge.amount = 0;
                    }
                }
                self.inner.add(&once).await
            }
            Defect::AddReadsThenWrites => self.read_then_add(charges).await,
            Defect::AddAnswersInKeyOrder => {
                let mut sorted = charges.to_vec();
                sorted.sort_by_key(|charge| charge.key);
                self.inner.add(&sorted).await
            }
            Defect::AddWraps => {
                let values = self.inner.add(charges).await?;
                let low = values.into_iter().map(|value| value & u64::from(u32::MAX));
                Ok(low.collect())
            }
            Defect::CounterKeepsFirstExpiry => {
                let mut first = charges.to_vec();
                for Charge { key, expires_at, .. } in &mut first {
                    let mut memo = lock(&self.memo);
                    *expires_at = *memo.expiry.entry(*key).or_insert(*expires_at);
                }
                self.inner.add(&first).await
            }
            Defect::AddStartsAtNothing => {
                let values = self.inner.add(charges).await?;
                let mut memo = lock(&self.memo);
                let short = charges.iter().zip(values).map(|(charge, value)| {
                    let first = *memo.counters.entry(charge.key).or_insert(value);
                    value - first
                });
                Ok(short.collect())
            }
            Defect::AddOfZeroCounts => {
                let mut ones = charges.to_vec();
                ones.iter_mut().for_each(|charge| charge.amount = charge.amount.max(1));
                self.inner.add(&ones).await
            }
            Defect::AddOfZeroCreates => {
                let values = self.inner.add(charges).await?;
                let mut memo = lock(&self.memo);
                for (charge, value) in charges.iter().zip(&values) {
                    if charge.amount == 0 && *value == 0 {
                        memo.expiry.insert(charge.key, charge.expires_at);
                    }
                }
                Ok(values)
            }
            Defect::CounterOutlivesPurge => {
                // Nothing but this counts here: what the correct store has purged is remembered.
                self.inner.add(charges).await?;
                let mut memo = lock(&self.memo);
                let sums = charges.iter().map(|charge| {
                    let sum = memo.counters.entry(charge.key).or_default();
                    *sum += u64::from(charge.amount);
                    *sum
                });
                Ok(sums.collect())
            }
            Defect::CounterRefilledByTheClock => self.refill_then_add(charges).await,
            Defect::AddSkipsARepeat => {
                let repeat = {
                    let mut memo = lock(&self.memo);
                    let counts = charges.iter().any(|charge| charge.amount > 0);
                    let repeat = counts && memo.batch == charges;
                    memo.batch = if repeat { Vec::new() } else { charges.to_vec() };
                    repeat
                };
                let zero = |charge: &Charge| Charge::new(charge.key, 0, charge.expires_at);
                let reads: Vec<Charge> = charges.iter().map(zero).collect();
                self.inner.add(if repeat { &reads } else { charges }).await
            }
            _ => self.inner.add(charges).await,
        }
    }

    /// Counts from zero again whatever the wall clock says is over.
    async fn refill_then_add(&self, charges: &[Charge]) -> PortResult<Vec<u64>> {
        let mut values = self.inner.add(charges).await?;
        let now = SystemClock.now();
        let mut memo = lock(&self.memo);
        for (charge, value) in charges.iter().zip(&mut values) {
            let before = *value - u64::from(charge.amount);
            if memo.expiry.get(&charge.key).is_some_and(|expires| *expires <= now) {
                memo.refilled.insert(charge.key, before);
            }
            let expires = memo.expiry.entry(charge.key).or_insert(charge.expires_at);
            *expires = charge.expires_at.max(*expires);
            *value -= memo.refilled.get(&charge.key).copied().unwrap_or_default();
        }
        Ok(values)
    }

    /// Adds nothing if another addition came in between, and answers as if it had.
    async fn read_then_add(&self, charges: &[Charge]) -> PortResult<Vec<u64>> {
        let zero = |charge: &Charge| Charge::new(charge.key, 0, charge.expires_at);
        let reads: Vec<Charge> = charges.iter().map(zero).collect();
        let read = self.inner.add(&reads).await?;
        yield_once().await;
        std::thread::yield_now();
        if self.inner.add(&reads).await? == read {
            return self.inner.add(charges).await;
        }
        let mut sums: BTreeMap<CounterKey, u64> = BTreeMap::new();
        let overwritten = charges.iter().zip(read).map(|(charge, read)| {
            let sum = sums.entry(charge.key).or_insert(read);
            *sum += u64::from(charge.amount);
            *sum
        });
        Ok(overwritten.collect())
    }

    pub(super) async fn purge_wrongly(&self, cutoff: Cutoff, limit: usize) -> PortResult<u64> {
        self.purge_trail(cutoff);
        let Cutoff { expired, events_before, .. } = cutoff;
        lock(&self.own).records.clear();
        let moved = match self.defect {
            Defect::PurgesLiveRows => {
                Cutoff::new(expired.plus(Duration::from_secs(3600)), events_before)
            }
            Defect::PurgesEventsAtTheCutoff => {
                Cutoff::new(expired, events_before.plus(Duration::from_millis(1)))
            }
            Defect::PurgeWithoutLimit => return self.inner.purge(cutoff, usize::MAX).await,
            Defect::PurgeCountsNothing => {
                self.inner.purge(cutoff, limit).await?;
                return Ok(0);
            }
            Defect::AddOfZeroCreates => {
                let empty = {
                    let mut memo = lock(&self.memo);
                    let before = memo.expiry.len();
                    memo.expiry.retain(|_, expires| *expires > expired);
                    (before - memo.expiry.len()) as u64
                };
                return Ok(self.inner.purge(cutoff, limit).await? + empty);
            }
            Defect::RemembersTheLatestTime => Cutoff::new(self.latest(expired), events_before),
            Defect::PurgeRemembersExpiry => {
                self.expire_what_was_written(cutoff).await?;
                cutoff
            }
            Defect::PurgeReadThenDelete => {
                self.mark_expired(cutoff).await?;
                cutoff
            }
            _ => cutoff,
        };
        self.inner.purge(moved, limit).await
    }

    /// Looks which records have expired, and makes sure later that they go, whatever came between.
    async fn mark_expired(&self, cutoff: Cutoff) -> PortResult<()> {
        let mut found = lock(&self.memo).columns.clone();
        found.retain(|_, columns| {
            columns.expires_at.is_some_and(|expires| expires <= cutoff.expired)
        });
        yield_once().await;
        std::thread::yield_now();
        for (key, columns) in found {
            if let Some(record) = self.inner.load(&key).await? {
                let version = Some(record.version());
                let doomed = Commit::new(&record, version, &columns, &[]);
                let _ = self.inner.commit(doomed).await?;
            }
        }
        Ok(())
    }
}
