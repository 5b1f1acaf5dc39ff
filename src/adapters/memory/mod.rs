//! Adapters that keep everything in memory: for tests, demonstrations and single-process tools.
//!
//! They obey the same contracts as every other adapter, except that nothing survives the process.
//! Data that anonymous callers can add to is bounded: a full store refuses instead of dropping rows,
//! and logs for tests drop their oldest entry.

mod directory;
mod inbox;
mod store;

pub use directory::{DirectorySession, DirectoryWrite, GroupMember, MemoryDirectory, Revocation};
pub use inbox::{Delivered, MemoryInbox};
pub use store::{MemoryLimits, MemoryStore};

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks the mutex, also after a panic elsewhere.
///
/// Inside these critical sections only an allocation failure could panic, and it aborts. So the
/// data under a poisoned lock is whole, and one test's panic need not fail other tests.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
