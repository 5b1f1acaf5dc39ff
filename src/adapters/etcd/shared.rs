//! The state that the clones of a store share.

use std::sync::atomic::{AtomicI64, AtomicU64, AtomicUsize, Ordering};

use super::client::Client;
use super::epoch::Epoch;
use super::keys::KeySpace;
use super::recent::Recent;
use super::turns::Turns;
use super::value::{Counter, Indexed};
use crate::port::{CounterKey, RecordKey, Version};

/// A stored record as read at a revision.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) revision: i64,
    pub(super) indexed: Indexed,
}

/// A counter as read, with its revision; none if it did not exist.
pub(super) type Guess = Option<(Counter, i64)>;

pub(super) struct Shared {
    pub(super) client: Client,
    pub(super) keys: KeySpace,
    epoch: AtomicU64,
    /// The latest revision named in a response.
    revision: AtomicI64,
    /// The indexes of recent versions: guesses that save a read.
    pub(super) seen: Recent<(RecordKey, Version), Seen>,
    pub(super) counters: Recent<CounterKey, Guess>,
    pub(super) turns: Turns,
    /// The number of purges, which selects the kind of row that the next one begins with.
    purges: AtomicUsize,
}

impl Shared {
    pub(super) fn new(client: Client, keys: KeySpace) -> Self {
        Self {
            client,
            keys,
            epoch: AtomicU64::new(0),
            revision: AtomicI64::new(0),
            seen: Recent::new(8_192),
            counters: Recent::new(8_192),
            turns: Turns::new(),
            purges: AtomicUsize::new(0),
        }
    }

    pub(super) fn epoch(&self) -> Epoch {
        Epoch(self.epoch.load(Ordering::Relaxed))
    }

    pub(super) fn learn(&self, epoch: Epoch) {
        self.epoch.store(epoch.0, Ordering::Relaxed);
    }

    pub(super) fn next_purge(&self) -> usize {
        self.purges.fetch_add(1, Ordering::Relaxed)
    }

    pub(super) fn passed(&self, revision: i64) {
        self.revision.fetch_max(revision, Ordering::Relaxed);
    }

    /// The current revision as the next epoch, if this epoch has lasted long enough.
    pub(super) fn next_epoch(&self, epoch: Epoch, lasts: i64) -> Option<Epoch> {
        let now = u64::try_from(self.revision.load(Ordering::Relaxed)).ok()?;
        (now.checked_sub(epoch.0)? >= lasts.unsigned_abs()).then_some(Epoch(now))
    }
}
