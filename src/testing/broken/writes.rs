//! Defects of `commit`.

use super::super::{lock, yield_once};
use super::{BrokenStore, Defect, Position, partition};
use crate::audit::Event;
use crate::port::{Commit, Committed, PortResult, Record, Version};

impl BrokenStore {
    pub(super) async fn commit_wrongly(&self, commit: Commit<'_>) -> PortResult<Committed> {
        let (from, before) = self.prepare(&commit).await?;
        let outcome = if self.is(Defect::WakeIndexLags) {
            self.index_behind(commit).await?
        } else {
            self.apply(commit, before.as_ref()).await?
        };
        if outcome == Committed::Applied {
            self.remember(&commit, from, before).await;
        }
        Ok(outcome)
    }

    /// Commits; the alarm of a commit that overlaps another is not found by `due`.
    async fn index_behind(&self, commit: Commit<'_>) -> PortResult<Committed> {
        lock(&self.memo).committing += 1;
        yield_once().await;
        std::thread::yield_now();
        let outcome = self.inner.commit(commit).await;
        let mut memo = lock(&self.memo);
        memo.committing -= 1;
        if memo.committing > 0 && matches!(outcome, Ok(Committed::Applied)) {
            memo.lagging.insert(*commit.next.key());
        }
        outcome
    }

    /// Takes positions for the events, and loads the record.
    async fn prepare(&self, commit: &Commit<'_>) -> PortResult<(Position, Option<Record>)> {
        let from = {
            let parted = self.is(Defect::CursorOvertakesInAShard);
            let part = if parted { partition(commit.next.key()) } else { 0 };
            let mut memo = lock(&self.memo);
            let next = memo.next.entry(part).or_default();
            let from = *next;
            *next += commit.events.len() as u64;
            (part, from)
        };
        let before = match self.inner.load(commit.next.key()).await {
            Err(_) if self.is(Defect::CorruptIsOverwritten) => None,
            before => before?,
        };
        Ok((from, before))
    }

    async fn apply(&self, commit: Commit<'_>, before: Option<&Record>) -> PortResult<Committed> {
        let Commit { next, expected, columns, events, .. } = commit;
        let stored = before.map(Record::version);
        let matching = |like: fn(Version, Version) -> bool| {
            let alike = |wanted| stored.filter(|&stored| like(stored, wanted)).or(Some(wanted));
            Commit::new(next, expected.and_then(alike), columns, events)
        };
        let commit = match self.defect {
            Defect::SilentNoOp => return Ok(Committed::Applied),
            Defect::WriteBehind => return self.acknowledge_first(commit),
            Defect::AppliedFromACache => return self.commit_from_cache(commit).await,
            Defect::RepeatApplied if stored == Some(next.version()) => {
                Commit::new(next, stored, columns, events)
            }
            Defect::CorruptIsOverwritten if expected.is_none() && stored.is_none() => {
                let last = lock(&self.memo).versions.get(next.key()).copied();
                let outcome = self.inner.commit(Commit::new(next, last, columns, events)).await?;
                if outcome == Committed::Applied {
                    return Ok(outcome);
                }
                commit
            }
            Defect::WakeIndexInASecondStep => return self.index_second(commit).await,
            Defect::EventDroppedOnConflict
            | Defect::LongEventsDropped
            | Defect::ManyEventsDropped => {
                let kept = self.kept(events);
                return self.inner.commit(Commit::new(next, expected, columns, &kept)).await;
            }
            Defect::ReadIncrementWrite if expected.is_some() => {
                return self.compare_then_write(commit, stored).await;
            }
            Defect::ReadThenInsert if expected.is_none() => {
                return self.compare_then_write(commit, stored).await;
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
            Defect::UpsertOnInsert => Commit::new(next, expected.or(stored), columns, events),
            Defect::InsertWhenMissing => Commit::new(next, expected.and(stored), columns, events),
            Defect::CountOnlyVersion => matching(|one, other| one.count() == other.count()),
            Defect::NonceOnlyVersion => matching(|one, other| one.nonce() == other.nonce()),
            Defect::EventsLost => Commit::new(next, expected, columns, &[]),
            _ => commit,
        };
        self.inner.commit(commit).await
    }

    /// Commits without the alarm, and writes the alarm in a second commit.
    async fn index_second(&self, commit: Commit<'_>) -> PortResult<Committed> {
        let Commit { next, expected, columns, events, .. } = commit;
        let mut bare = columns.clone();
        bare.wake_at = None;
        if self.inner.commit(Commit::new(next, expected, &bare, events)).await? == Committed::Stale
        {
            return Ok(Committed::Stale);
        }
        yield_once().await;
        // A commit in between has written an alarm of its own.
        let second = Commit::new(next, Some(next.version()), columns, &[]);
        self.inner.commit(second).await.map(|_| Committed::Applied)
    }

    /// The events that this store does not drop.
    fn kept(&self, events: &[Event]) -> Vec<Event> {
        let mut memo = lock(&self.memo);
        let mut kept = events.to_vec();
        match self.defect {
            Defect::LongEventsDropped => kept.retain(|event| event.encode().len() <= 1024),
            Defect::ManyEventsDropped => kept.truncate(20),
            // Those whose tenant, time and index no earlier event has.
            _ => kept.retain(|event| {
                memo.moments.insert((event.tenant.clone(), event.at, event.id.index))
            }),
        }
        kept
    }

    /// Compares, lets other commits go first, and then writes.
    async fn compare_then_write(
        &self,
        commit: Commit<'_>,
        stored: Option<Version>,
    ) -> PortResult<Committed> {
        if commit.expected != stored {
            return Ok(Committed::Stale);
        }
        yield_once().await;
        std::thread::yield_now();
        self.write_blindly(commit).await
    }

    async fn keep_stale_events(&self, commit: Commit<'_>) -> PortResult<Committed> {
        let outcome = self.inner.commit(commit).await?;
        let stored = self.inner.load(commit.next.key()).await?;
        let columns = lock(&self.memo).columns.get(commit.next.key()).cloned();
        if outcome == Committed::Stale
            && let (Some(stored), Some(columns)) = (stored, columns)
        {
            let version = Some(stored.version());
            let rest = Commit::new(&stored, version, &columns, commit.events);
            // If this commit is stale too, the defect shows in another actor's events.
            let _ = self.inner.commit(rest).await?;
        }
        Ok(outcome)
    }

    async fn remember(&self, commit: &Commit<'_>, from: Position, before: Option<Record>) {
        let key = *commit.next.key();
        if matches!(self.defect, Defect::CursorOvertakes | Defect::CursorOvertakesInAShard) {
            // The commit is visible before its events are.
            yield_once().await;
            std::thread::yield_now();
        }
        self.cache(key, Some(commit.next.clone()));
        lock(&self.own).expiry.insert(key, commit.columns.clone());
        if self.is(Defect::PositionsInBlocks) {
            self.append_in_blocks(commit.events);
        }
        let mut memo = lock(&self.memo);
        if !self.is(Defect::PositionsInBlocks) {
            let (part, from) = from;
            let positions = (from..).map(|number| (part, number));
            memo.trail.extend(positions.zip(commit.events.iter().cloned()));
        }
        memo.versions.insert(key, commit.next.version());
        memo.handed.remove(&key);
        memo.home.get_or_insert_with(|| commit.columns.tenant.clone());
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
}
