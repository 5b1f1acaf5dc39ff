//! A counter with an upper bound.

use std::sync::atomic::{AtomicUsize, Ordering};

/// The number of rows held, and the most allowed.
///
/// Relaxed ordering suffices: the count guards memory; a shard's lock guards the data.
pub(super) struct Bounded {
    held: AtomicUsize,
    max: usize,
}

impl Bounded {
    pub(super) const fn new(max: usize) -> Self {
        let held = AtomicUsize::new(0);
        Self { held, max }
    }

    /// Reserves room for `count` rows, or for none.
    pub(super) fn take(&self, count: usize) -> bool {
        let room = |held: usize| held.checked_add(count).filter(|held| *held <= self.max);
        count == 0 || self.held.fetch_update(Ordering::Relaxed, Ordering::Relaxed, room).is_ok()
    }

    pub(super) fn give_back(&self, count: usize) {
        self.held.fetch_sub(count, Ordering::Relaxed);
    }

    pub(super) fn held(&self) -> usize {
        self.held.load(Ordering::Relaxed)
    }
}
