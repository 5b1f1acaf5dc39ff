//! Handles that keep to themselves what all should share.

use super::super::lock;
use super::{BrokenStore, Defect};
use crate::domain::event::Event;
use crate::domain::ids::RecordKey;
use crate::domain::record::Record;
use crate::port::{Commit, Committed, Cutoff, PortResult};

/// How many positions a handle takes at a time.
const BLOCK: u64 = 32;

impl BrokenStore {
    /// What this handle wrote or read last, if it did.
    pub(super) fn cached(&self, key: &RecordKey) -> Option<Option<Record>> {
        lock(&self.own).records.get(key).cloned()
    }

    pub(super) fn cache(&self, key: RecordKey, record: Option<Record>) {
        if matches!(self.defect, Defect::AppliedFromACache | Defect::CachePerHandle) {
            lock(&self.own).records.insert(key, record);
        }
    }

    /// Compares with what this handle knows, and writes over whatever is there.
    pub(super) async fn commit_from_cache(&self, commit: Commit<'_>) -> PortResult<Committed> {
        let key = *commit.next.key();
        if self.cached(&key).is_none() {
            let there = self.inner.load(&key).await?;
            lock(&self.own).records.entry(key).or_insert(there);
        }
        {
            let mut own = lock(&self.own);
            let known = own.records.get(&key).and_then(Option::as_ref).map(Record::version);
            if known != commit.expected {
                return Ok(Committed::Stale);
            }
            own.records.insert(key, Some(commit.next.clone()));
        }
        self.write_blindly(commit).await
    }

    /// Writes over whatever is there.
    pub(super) async fn write_blindly(&self, commit: Commit<'_>) -> PortResult<Committed> {
        loop {
            let there = self.inner.load(commit.next.key()).await?;
            let there = there.map(|record| record.version());
            let blind = Commit::new(commit.next, there, commit.columns, commit.events);
            if self.inner.commit(blind).await? == Committed::Applied {
                return Ok(Committed::Applied);
            }
        }
    }

    /// Puts events into the trail, at positions that were set aside for this handle.
    pub(super) fn append_in_blocks(&self, events: &[Event]) {
        let mut memo = lock(&self.memo);
        let mut own = lock(&self.own);
        for event in events {
            if own.positions.is_empty() {
                own.positions = memo.next..memo.next + BLOCK;
                memo.next += BLOCK;
            }
            if let Some(position) = own.positions.next() {
                memo.trail.insert(position, event.clone());
            }
        }
    }

    /// Removes what has expired by what this handle wrote.
    pub(super) async fn expire_what_was_written(&self, cutoff: Cutoff) -> PortResult<()> {
        let mut known = std::mem::take(&mut lock(&self.own).expiry);
        known.retain(|_, columns| columns.expires_at.is_some_and(|at| at <= cutoff.expired));
        for (key, columns) in known {
            if let Some(record) = self.inner.load(&key).await? {
                let version = Some(record.version());
                let doomed = Commit::new(&record, version, &columns, &[]);
                let _ = self.inner.commit(doomed).await?;
            }
        }
        Ok(())
    }
}
