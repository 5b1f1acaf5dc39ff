//! The limits of a memory store.

/// How much a [`MemoryStore`](super::MemoryStore) may hold.
///
/// ```
/// use sspr::adapters::memory::{MemoryLimits, MemoryStore};
///
/// let mut limits = MemoryLimits::default();
/// limits.events = 10_000;
/// let store = MemoryStore::with_limits(limits);
/// # drop(store);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct MemoryLimits {
    /// Records. Default 2 000 000, of 1 to 16 KiB each.
    pub records: usize,
    /// Audit events. Default 1 000 000, of about half a KiB each.
    pub events: usize,
    /// Counters. Default 1 000 000, of about 64 bytes each.
    pub counters: usize,
}

impl Default for MemoryLimits {
    fn default() -> Self {
        Self { records: 2_000_000, events: 1_000_000, counters: 1_000_000 }
    }
}
