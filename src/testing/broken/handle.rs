//! Defects of stores whose handles keep state of their own.

use super::super::lock;
use super::{BrokenStore, Defect};
use crate::audit::Event;
use crate::port::{Commit, Committed, Cutoff, PortResult, Record, RecordKey};

/// How many positions of events a handle reserves at a time.
const BLOCK: u64 = 32;

impl BrokenStore {
    /// The record that this handle wrote or read last, if any.
    pub(super) fn cached(&self, key: &RecordKey) -> Option<Option<Record>> {
        lock(&self.own).records.get(key).cloned()
    }

    pub(super) fn cache(&self, key: RecordKey, record: Option<Record>) {
        if matches!(self.defect, Defect::AppliedFromACache | Defect::CachePerHandle) {
            lock(&self.own).records.insert(key, record);
        }
    }

    /// Compares with this handle's cached version, and then overwrites the stored record.
    pub(super) async fn commit_from_cache(&self, commit: Commit<'_>) -> PortResult<Committed> {
        let key = *commit.next.key();
        if self.cached(&key).is_none() {
            let stored = self.inner.load(&key).await?;
            lock(&self.own).records.entry(key).or_insert(stored);
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

    /// Overwrites the stored record, whatever its version.
    pub(super) async fn write_blindly(&self, commit: Commit<'_>) -> PortResult<Committed> {
        loop {
            let stored = self.inner.load(commit.next.key()).await?.map(|record| record.version());
            let blind = Commit::new(commit.next, stored, commit.columns, commit.events);
            if self.inner.commit(blind).await? == Committed::Applied {
                return Ok(Committed::Applied);
            }
        }
    }

    /// Appends events to the trail, at positions reserved for this handle.
    pub(super) fn append_in_blocks(&self, events: &[Event]) {
        let mut memo = lock(&self.memo);
        let mut own = lock(&self.own);
        for event in events {
            if own.positions.is_empty() {
                let next = memo.next.entry(0).or_default();
                own.positions = *next..*next + BLOCK;
                *next += BLOCK;
            }
            if let Some(number) = own.positions.next() {
                memo.trail.insert((0, number), event.clone());
            }
        }
    }

    /// Removes records that have expired according to this handle's own writes.
    pub(super) async fn expire_by_own_writes(&self, cutoff: Cutoff) -> PortResult<()> {
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
