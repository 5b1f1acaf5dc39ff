//! Published test doubles: time, randomness, recorders, faults, schedules, broken stores.
//!
//! Everything here is deterministic: no sleep, no wall clock, no runtime. The same seed and the
//! same schedule give the same log. Do not use it in production. It is not API-stable: a minor
//! release may change it.
//!
//! - [`World`] is a tenant with an account and an engine over these doubles, with the steps of a reset
//!   and of a registration as methods. Most tests of a host start from it.
//! - [`ManualClock`] and [`SeededEntropy`] replace time and randomness.
//! - [`Recorder`] logs every call of a port in a [`CallLog`], so that two runs can be compared.
//! - [`Faulty`] fails, delays or hangs calls of the wrapped ports according to a [`FaultPlan`]. A
//!   test that counts the calls once can then break each of them in turn.
//! - [`SoftToken`], [`TestSeal`], [`TestHash`] and [`SimulatedMethod`] simulate an authenticator, a
//!   seal, a slow hash and a host-verified method.
//! - [`block_on`], [`poll_until_stalled`] and [`join_all`] drive futures on plain threads.
//! - [`explore`] runs two or three actors in *every* order of their port calls.
//! - [`Encoded`] passes each record through its text, [`Unreadable`] damages chosen records,
//!   [`EmptyPages`] has empty pages within its listings.
//! - [`forward!`] writes the methods that a test's own wrapper of a port does not change.
//! - [`broken`] holds stores with exactly one defect, each a mistake of released systems. They test
//!   the kit in `conformance` itself.
//!
//! A loop breaks an operation at each of its port calls:
//!
//! ```
//! use std::sync::Arc;
//! use sspr::adapters::memory::MemoryStore;
//! use sspr::port::{PortResult, Store};
//! use sspr::testing::{InjectedFault, FaultPlan, Faulty, block_on};
//!
//! async fn operation(store: &dyn Store) -> PortResult<()> {
//!     let key = sspr::port::RecordKey::from_bytes([1; 32]);
//!     store.load(&key).await?;
//!     store.load(&key).await.map(drop)
//! }
//!
//! let plan = FaultPlan::none();
//! let store = Faulty::new(MemoryStore::new(), plan.clone());
//! block_on(operation(&store))?;
//! assert_eq!(plan.calls(), 2);
//!
//! for n in 0..2 {
//!     let plan = FaultPlan::none().at(n, InjectedFault::FailBefore);
//!     let store = Faulty::new(MemoryStore::new(), plan.clone());
//!     assert!(block_on(operation(&store)).is_err());
//!     assert_eq!(plan.calls(), n + 1, "nothing is called after a failure");
//! }
//! # Ok::<(), sspr::port::PortError>(())
//! ```

mod abilities;
mod authenticator;
pub mod broken;
mod call_log;
mod clock;
mod empty_pages;
mod encoded;
mod entropy;
mod fault;
mod forward;
mod interleave;
#[doc(hidden)]
pub mod internals;
mod recorder;
mod run;
#[cfg(test)]
mod tests;
mod unreadable;
mod world;

use std::sync::{Mutex, MutexGuard, PoisonError};

pub use abilities::{SimulatedMethod, TestHash, TestSeal};
pub use authenticator::SoftToken;
pub use call_log::{Call, CallLog};
pub use clock::ManualClock;
pub use empty_pages::EmptyPages;
pub use encoded::Encoded;
pub use entropy::SeededEntropy;
pub use fault::{FaultPlan, Faulty, InjectedFault};
#[doc(hidden)]
pub use forward::PortFuture;
pub use forward::forward;
pub use interleave::{Explored, Interleaver, Task, explore};
pub use recorder::Recorder;
pub use run::{block_on, join_all, poll_until_stalled, yield_once};
pub use unreadable::Unreadable;
pub use world::{World, WorldBuilder};

/// Locks the mutex, also after a panic, so that one failing test does not fail others.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
