//! A store that acknowledges a commit before it writes it.

use super::super::{block_on, lock};
use super::{BrokenStore, HeldCommit};
use crate::port::{Commit, Committed, PortResult};

impl BrokenStore {
    /// Loses the commits that were acknowledged but not yet written, as a crashed node does. Only
    /// [`WriteBehind`](super::Defect::WriteBehind) has such commits.
    pub fn crash(&self) {
        lock(&self.memo).unwritten = None;
    }

    /// Writes the held commit first, so that this process sees one history.
    pub(super) fn write_held_commit(&self) -> PortResult<()> {
        let mut memo = lock(&self.memo);
        if let Some(HeldCommit { next, expected, columns, events }) = memo.unwritten.take() {
            // Blocks with the lock held, so that no second caller overtakes.
            let _ = block_on(self.inner.commit(Commit::new(&next, expected, &columns, &events)))?;
        }
        Ok(())
    }

    pub(super) fn acknowledge_first(&self, commit: Commit<'_>) -> PortResult<Committed> {
        self.write_held_commit()?;
        let mut memo = lock(&self.memo);
        let stored = match &memo.unwritten {
            Some(held) if held.next.key() == commit.next.key() => Some(held.next.clone()),
            _ => block_on(self.inner.load(commit.next.key()))?,
        };
        if stored.map(|record| record.version()) != commit.expected {
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
