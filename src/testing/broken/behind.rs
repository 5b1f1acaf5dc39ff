//! A store that answers first and writes later.

use super::super::{block_on, lock};
use super::BrokenStore;
use crate::domain::event::Event;
use crate::domain::record::{Columns, Record, Version};
use crate::port::{Commit, Committed, PortResult};

/// A commit that was answered.
pub(super) struct HeldCommit {
    next: Record,
    expected: Option<Version>,
    columns: Columns,
    events: Vec<Event>,
}

impl BrokenStore {
    /// What was answered and not yet written is gone, as when a node stops: only
    /// [`WriteBehind`](super::Defect::WriteBehind) has any.
    pub fn crash(&self) {
        lock(&self.memo).unwritten = None;
    }

    /// So that this process sees one history, whatever becomes of it.
    pub(super) fn write_what_was_answered(&self) -> PortResult<()> {
        let mut memo = lock(&self.memo);
        if let Some(HeldCommit { next, expected, columns, events }) = memo.unwritten.take() {
            // Blocks while it holds the lock: a second caller must not come in between.
            let _ = block_on(self.inner.commit(Commit::new(&next, expected, &columns, &events)))?;
        }
        Ok(())
    }

    pub(super) fn answer_first(&self, commit: Commit<'_>) -> PortResult<Committed> {
        self.write_what_was_answered()?;
        let mut memo = lock(&self.memo);
        let there = match &memo.unwritten {
            Some(held) if held.next.key() == commit.next.key() => Some(held.next.clone()),
            _ => block_on(self.inner.load(commit.next.key()))?,
        };
        if there.map(|record| record.version()) != commit.expected {
            return Ok(Committed::Stale);
        }
        let held = HeldCommit {
            next: commit.next.clone(),
            expected: commit.expected,
            columns: commit.columns.clone(),
            events: commit.events.to_vec(),
        };
        if let Some(HeldCommit { next, expected, columns, events }) = memo.unwritten.replace(held) {
            let _ = block_on(self.inner.commit(Commit::new(&next, expected, &columns, &events)))?;
        }
        Ok(Committed::Applied)
    }
}
