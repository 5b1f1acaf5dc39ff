//! The bound on the attempts at security questions that are hashed at once.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// A hash that no answer fits, and how long it took to verify, if the clock can tell.
pub(crate) struct DecoyHash {
    pub(crate) text: String,
    pub(crate) took: Option<Duration>,
}

/// The number of permits that are given out, and the most that may be.
pub(crate) struct Hashing {
    most: u32,
    running: AtomicU32,
}

/// The permission to compute hashes, one after the other. Dropping it gives it back.
pub(crate) struct HashPermit<'a>(&'a Hashing);

impl Hashing {
    pub(crate) fn new(most: u16) -> Self {
        Self { most: most.into(), running: AtomicU32::new(0) }
    }

    /// A permit, if one is left. Callers that are not `known` to be the user get only the first half
    /// of the permits.
    pub(crate) fn begin(&self, known: bool) -> Option<HashPermit<'_>> {
        let most = if known { self.most } else { self.most / 2 };
        let one_more = |running: u32| (running < most).then_some(running + 1);
        let begun = self.running.fetch_update(Ordering::AcqRel, Ordering::Acquire, one_more);
        begun.ok().map(|_| HashPermit(self))
    }
}

impl Drop for HashPermit<'_> {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::AcqRel);
    }
}
