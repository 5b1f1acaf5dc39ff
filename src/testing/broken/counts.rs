//! Defects of `increment` and `purge`.

use std::collections::BTreeMap;
use std::time::Duration;

use super::super::{lock, yield_once};
use super::{BrokenStore, Defect};
use crate::port::{
    Clock as _, Commit, CounterIncrement, CounterKey, Cutoff, PortResult, SystemClock,
};

impl BrokenStore {
    pub(super) async fn add_wrongly(
        &self,
        increments: &[CounterIncrement],
    ) -> PortResult<Vec<u64>> {
        match self.defect {
            Defect::AddLosesOneOfBatch => self.add_each_key_once(increments).await,
            Defect::AddReadsThenWrites => self.read_then_add(increments).await,
            Defect::AddAnswersInKeyOrder => {
                let mut sorted = increments.to_vec();
                sorted.sort_by_key(|increment| increment.key);
                self.inner.increment(&sorted).await
            }
            Defect::AddWraps => {
                let values = self.inner.increment(increments).await?;
                let low = values.into_iter().map(|value| value & u64::from(u32::MAX));
                Ok(low.collect())
            }
            Defect::CounterKeepsFirstExpiry => {
                let mut first = increments.to_vec();
                for CounterIncrement { key, expires_at, .. } in &mut first {
                    let mut memo = lock(&self.memo);
                    *expires_at = *memo.expiry.entry(*key).or_insert(*expires_at);
                }
                self.inner.increment(&first).await
            }
            Defect::AddStartsAtNothing => self.add_without_the_first(increments).await,
            Defect::AddOfZeroCounts => {
                let mut ones = increments.to_vec();
                ones.iter_mut().for_each(|increment| increment.amount = increment.amount.max(1));
                self.inner.increment(&ones).await
            }
            Defect::AddOfZeroCreates => {
                let values = self.inner.increment(increments).await?;
                let mut memo = lock(&self.memo);
                for (increment, value) in increments.iter().zip(&values) {
                    if increment.amount == 0 && *value == 0 {
                        memo.expiry.insert(increment.key, increment.expires_at);
                    }
                }
                Ok(values)
            }
            Defect::CounterOutlivesPurge => self.add_to_lasting_sums(increments).await,
            Defect::CounterRefilledByTheClock => self.refill_then_add(increments).await,
            Defect::AddSkipsARepeat => self.add_unless_repeated(increments).await,
            _ => self.inner.increment(increments).await,
        }
    }

    /// Adds nothing for a key that the batch has already named.
    async fn add_each_key_once(&self, increments: &[CounterIncrement]) -> PortResult<Vec<u64>> {
        let mut seen = BTreeMap::new();
        let mut once = increments.to_vec();
        for increment in &mut once {
            if seen.insert(increment.key, ()).is_some() {
                increment.amount = 0;
            }
        }
        self.inner.increment(&once).await
    }

    /// Returns values that lack the first increment of each counter.
    async fn add_without_the_first(&self, increments: &[CounterIncrement]) -> PortResult<Vec<u64>> {
        let values = self.inner.increment(increments).await?;
        let mut memo = lock(&self.memo);
        let short = increments.iter().zip(values).map(|(increment, value)| {
            let first = *memo.counters.entry(increment.key).or_insert(value);
            value.saturating_sub(first)
        });
        Ok(short.collect())
    }

    /// Counts in sums that the purge of the correct store does not reach.
    async fn add_to_lasting_sums(&self, increments: &[CounterIncrement]) -> PortResult<Vec<u64>> {
        self.inner.increment(increments).await?;
        let mut memo = lock(&self.memo);
        let sums = increments.iter().map(|increment| {
            let sum = memo.counters.entry(increment.key).or_default();
            *sum += u64::from(increment.amount);
            *sum
        });
        Ok(sums.collect())
    }

    /// Adds nothing for a batch that equals the one before.
    async fn add_unless_repeated(&self, increments: &[CounterIncrement]) -> PortResult<Vec<u64>> {
        let repeat = {
            let mut memo = lock(&self.memo);
            let counts = increments.iter().any(|increment| increment.amount > 0);
            let repeat = counts && memo.batch == increments;
            memo.batch = if repeat { Vec::new() } else { increments.to_vec() };
            repeat
        };
        let zero = |increment: &CounterIncrement| {
            CounterIncrement::new(increment.key, 0, increment.expires_at)
        };
        let reads: Vec<CounterIncrement> = increments.iter().map(zero).collect();
        self.inner.increment(if repeat { &reads } else { increments }).await
    }

    /// Restarts from zero the counters that have expired by the wall clock.
    async fn refill_then_add(&self, increments: &[CounterIncrement]) -> PortResult<Vec<u64>> {
        let mut values = self.inner.increment(increments).await?;
        let now = SystemClock.now();
        let mut memo = lock(&self.memo);
        for (increment, value) in increments.iter().zip(&mut values) {
            let before = *value - u64::from(increment.amount);
            if memo.expiry.get(&increment.key).is_some_and(|expires| *expires <= now) {
                memo.refilled.insert(increment.key, before);
            }
            let expires = memo.expiry.entry(increment.key).or_insert(increment.expires_at);
            *expires = increment.expires_at.max(*expires);
            *value -= memo.refilled.get(&increment.key).copied().unwrap_or_default();
        }
        Ok(values)
    }

    /// Adds nothing if another addition came in between, but returns sums as if it had.
    async fn read_then_add(&self, increments: &[CounterIncrement]) -> PortResult<Vec<u64>> {
        let zero = |increment: &CounterIncrement| {
            CounterIncrement::new(increment.key, 0, increment.expires_at)
        };
        let reads: Vec<CounterIncrement> = increments.iter().map(zero).collect();
        let read = self.inner.increment(&reads).await?;
        yield_once().await;
        std::thread::yield_now();
        if self.inner.increment(&reads).await? == read {
            return self.inner.increment(increments).await;
        }
        let mut sums: BTreeMap<CounterKey, u64> = BTreeMap::new();
        let overwritten = increments.iter().zip(read).map(|(increment, read)| {
            let sum = sums.entry(increment.key).or_insert(read);
            *sum += u64::from(increment.amount);
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
                self.expire_by_own_writes(cutoff).await?;
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

    /// Finds expired records first and marks them expired later, whatever was committed in between.
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
