//! A count that may not pass its bound.

use std::sync::atomic::{AtomicUsize, Ordering};

/// How much is held, and how much may be.
///
/// Relaxed ordering is enough: the count guards memory, not data, which the shard's lock guards.
pub(super) struct Bounded {
    held: AtomicUsize,
    max: usize,
}

impl Bounded {
    pub(super) const fn new(max: usize) -> Self {
        let held = AtomicUsize::new(0);
        Self { held, max }
    }

    /// Takes room for `count` more, or none at all.
    pub(super) fn take(&self, count: usize) -> bool {
        let room = |held: usize| held.checked_add(count).filter(|held| *held <= self.max);
        count == 0
            || self
                .held
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, room)
                .is_ok()
    }

    pub(super) fn give_back(&self, count: usize) {
        self.held.fetch_sub(count, Ordering::Relaxed);
    }

    pub(super) fn held(&self) -> usize {
        self.held.load(Ordering::Relaxed)
    }
}
