//! Adapters that keep everything in memory: for tests, demonstrations and single-process tools.
//!
//! They obey the same contracts as every other adapter, with one exception that follows from
//! their nature: nothing survives the process. What strangers can make grow is bounded: a full
//! store refuses instead of forgetting, logs for tests drop their oldest entry.

mod directory;
mod inbox;
mod store;

pub use directory::{DirectorySession, DirectoryWrite, GroupMember, MemoryDirectory, Revocation};
pub use inbox::{Delivered, MemoryInbox};
pub use store::{MemoryLimits, MemoryStore};

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks, also after a panic elsewhere.
///
/// Nothing inside these critical sections can panic halfway except an allocation failure, which
/// aborts; so what a poisoned lock guards is whole, and refusing it would only turn one test's
/// panic into everybody's.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
