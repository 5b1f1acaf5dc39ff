//! Wrong `commit`, `add` and `purge`.

use std::collections::BTreeMap;
use std::time::Duration;

use super::super::{lock, yield_once};
use super::{BrokenStore, Defect};
use crate::domain::ids::CounterKey;
use crate::domain::record::{Record, Version};
use crate::port::{Charge, Commit, Committed, Cutoff, PortResult};

impl BrokenStore {
    pub(super) async fn commit_wrongly(&self, commit: Commit<'_>) -> PortResult<Committed> {
        let (from, before) = self.prepare(&commit).await?;
        let answer = self.apply(commit, before.as_ref()).await?;
        if answer == Committed::Applied {
            self.remember(&commit, from, before).await;
        }
        Ok(answer)
    }

    /// Takes positions for the events, and looks at the record where the defect needs it.
    async fn prepare(&self, commit: &Commit<'_>) -> PortResult<(u64, Option<Record>)> {
        let from = {
            let mut memo = lock(&self.memo);
            let from = memo.next;
            memo.next += commit.events.len() as u64;
            from
        };
        Ok((from, self.inner.load(commit.next.key()).await?))
    }

    async fn apply(&self, commit: Commit<'_>, before: Option<&Record>) -> PortResult<Committed> {
        let Commit { next, expected, columns, events, .. } = commit;
        let there = before.map(Record::version);
        let like_there = |like: fn(Version, Version) -> bool| {
            let alike = |wanted| there.filter(|&there| like(there, wanted)).or(Some(wanted));
            Commit::new(next, expected.and_then(alike), columns, events)
        };
        let commit = match self.defect {
            Defect::SilentNoOp => return Ok(Committed::Applied),
            Defect::ReadIncrementWrite if expected.is_some() => {
                return self.compare_then_write(commit, there).await;
            }
            Defect::ReadThenInsert if expected.is_none() => {
                return self.compare_then_write(commit, there).await;
            }
            Defect::EventsThoughStale | Defect::EventsOfLosers => {
                return self.keep_stale_events(commit).await;
            }
            Defect::EventsInASecondStep => {
                let alone = Commit::new(next, expected, columns, &[]);
                if self.inner.commit(alone).await? == Committed::Stale {
                    return Ok(Committed::Stale);
                }
                yield_once().await;
                Commit::new(next, Some(next.version()), columns, events)
            }
            Defect::UpsertOnInsert => Commit::new(next, expected.or(there), columns, events),
            Defect::InsertWhenMissing => Commit::new(next, expected.and(there), columns, events),
            Defect::CountOnlyVersion => like_there(|one, other| one.count() == other.count()),
            Defect::NonceOnlyVersion => like_there(|one, other| one.nonce() == other.nonce()),
            Defect::EventsLost => Commit::new(next, expected, columns, &[]),
            _ => commit,
        };
        self.inner.commit(commit).await
    }

    /// Compares and writes with a window in between.
    async fn compare_then_write(
        &self,
        commit: Commit<'_>,
        there: Option<Version>,
    ) -> PortResult<Committed> {
        if commit.expected != there {
            return Ok(Committed::Stale);
        }
        yield_once().await;
        std::thread::yield_now();
        loop {
            let there = self.inner.load(commit.next.key()).await?;
            let there = there.map(|record| record.version());
            let blind = Commit::new(commit.next, there, commit.columns, commit.events);
            if self.inner.commit(blind).await? == Committed::Applied {
                return Ok(Committed::Applied);
            }
        }
    }

    async fn keep_stale_events(&self, commit: Commit<'_>) -> PortResult<Committed> {
        let answer = self.inner.commit(commit).await?;
        let there = self.inner.load(commit.next.key()).await?;
        let columns = lock(&self.memo).columns.get(commit.next.key()).cloned();
        if answer == Committed::Stale
            && let (Some(there), Some(columns)) = (there, columns)
        {
            let version = Some(there.version());
            let rest = Commit::new(&there, version, &columns, commit.events);
            // If it loses once more, somebody else's events are left behind instead.
            let _ = self.inner.commit(rest).await?;
        }
        Ok(answer)
    }

    async fn remember(&self, commit: &Commit<'_>, from: u64, before: Option<Record>) {
        let key = *commit.next.key();
        if self.is(Defect::CursorOvertakes) {
            // The commit is there; its events can be seen only now.
            yield_once().await;
            std::thread::yield_now();
        }
        let mut memo = lock(&self.memo);
        memo.trail.extend((from..).zip(commit.events.iter().cloned()));
        memo.before.extend(before.map(|record| (key, record)));
        let old = memo.columns.insert(key, commit.columns.clone());
        let had = old.and_then(|columns| columns.wake_at);
        let has = commit.columns.wake_at;
        let lost = match self.defect {
            Defect::WakeIndexLost => commit.expected.is_some() && had != has,
            Defect::WakeIndexNeverCleared => had.is_some() && had != has,
            _ => false,
        };
        if lost {
            memo.lost.insert(key);
        }
    }

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
            _ => self.inner.add(charges).await,
        }
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
        lock(&self.memo).trail.retain(|_, event| event.at >= cutoff.events_before);
        let Cutoff { expired, events_before, .. } = cutoff;
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
