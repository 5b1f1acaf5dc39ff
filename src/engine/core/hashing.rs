//! How many hashes of answers run at once.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// A hash that no answer fits, and how long it took to verify, if the clock can tell.
pub(crate) struct DecoyHash {
    pub(crate) text: String,
    pub(crate) took: Option<Duration>,
}

/// The hashes that run, and the most that may.
pub(crate) struct Hashing {
    most: u32,
    running: AtomicU32,
}

/// The right to run one hash after the other; it ends when it is dropped, with the call.
pub(crate) struct HashPermit<'a>(&'a Hashing);

impl Hashing {
    pub(crate) fn new(most: u16) -> Self {
        Self { most: most.into(), running: AtomicU32::new(0) }
    }

    /// A permit, while less than half of all are given out, or, for a caller who is known to be the
    /// user, less than all.
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
