//! How the kit gets at a store.

use std::future::Future;
use std::pin::Pin;
use std::process::Command;
use std::sync::Arc;

use async_trait::async_trait;

use crate::domain::ids::RecordKey;
use crate::port::{PortError, PortResult, Store};
use crate::testing::block_on;

/// Makes places to test a store in.
///
/// A function that returns a fresh, empty store is a harness; that is all a store in memory
/// needs. Implement the trait for a store that several handles can open, that outlives its
/// handles, or that needs a runtime:
///
/// ```
/// use std::{future::Future, pin::Pin, sync::Arc};
/// use async_trait::async_trait;
/// use sspr::Store;
/// use sspr::adapters::memory::MemoryStore;
/// use sspr::conformance::{Ability, Harness, StoreUnderTest};
/// use sspr::port::PortResult;
///
/// struct OnTokio(tokio::runtime::Runtime);
/// struct Memory(MemoryStore);
///
/// #[async_trait]
/// impl Harness for OnTokio {
///     async fn fixture(&self) -> PortResult<Box<dyn StoreUnderTest>> {
///         Ok(Box::new(Memory(MemoryStore::new())))
///     }
///
///     fn drive(&self, work: Pin<Box<dyn Future<Output = ()> + Send + '_>>) {
///         self.0.block_on(work);
///     }
/// }
///
/// #[async_trait]
/// impl StoreUnderTest for Memory {
///     async fn open(&self) -> PortResult<Arc<dyn Store>> {
///         Ok(Arc::new(self.0.clone()))
///     }
///
///     fn several_handles(&self) -> Ability {
///         Ability::Has
///     }
/// }
///
/// let harness = OnTokio(tokio::runtime::Runtime::new().unwrap());
/// let report = sspr::conformance::check(harness);
/// assert!(report.violations.is_empty(), "{report}");
/// assert!(report.skipped.iter().any(|(name, _)| *name == "commit_survives_reopening"));
/// ```
#[async_trait]
pub trait Harness: Send + Sync + 'static {
    /// A place with an empty store that nobody else uses. Each property asks for one.
    ///
    /// # Errors
    ///
    /// Any error fails the property.
    async fn fixture(&self) -> PortResult<Box<dyn StoreUnderTest>>;

    /// The place at this [`address`](StoreUnderTest::address), in another process than the one that made
    /// it. Dropping this one cleans up nothing.
    ///
    /// # Errors
    ///
    /// Any error fails the property.
    async fn join(&self, address: &str) -> PortResult<Box<dyn StoreUnderTest>> {
        Err(PortError::denied().because(format!("the harness joins no fixture, so not {address}")))
    }

    /// How to start another process that calls [`play_other_process`] with this harness.
    ///
    /// In the tests of [`conformance_tests!`](crate::conformance_tests) it is the test binary once
    /// more, for its test `other_process`; nothing needs to be said. Elsewhere a program can start
    /// itself.
    ///
    /// [`play_other_process`]: super::play_other_process
    fn other_process(&self) -> Option<Command> {
        None
    }

    /// Runs work to its end; called from several threads at a time.
    ///
    /// The default parks the thread and needs no runtime. A store that needs one is driven by it:
    /// a *multi-threaded* one, entered with its `block_on`.
    fn drive(&self, work: Pin<Box<dyn Future<Output = ()> + Send + '_>>) {
        block_on(work);
    }

    /// How often each race is run. Fewer rounds find less; below 100, some races never get to
    /// their threads.
    fn rounds(&self) -> usize {
        200
    }

    /// How many records the properties about size write. Few by default, so that a run is quick;
    /// a hundred thousand are worth a test of their own.
    fn accounts(&self) -> u64 {
        300
    }
}

/// Where one store lives. Dropping it should clean up.
#[async_trait]
pub trait StoreUnderTest: Send + Sync {
    /// A handle on the store of this place.
    ///
    /// Called once; more than once only if [`several_handles`](Self::several_handles) or
    /// [`durable`](Self::durable) says so. Of a cluster, each is best a handle on another node.
    ///
    /// # Errors
    ///
    /// Any error fails the property.
    async fn open(&self) -> PortResult<Arc<dyn Store>>;

    /// Whether several handles can be open at a time: connections, processes, replicas.
    fn several_handles(&self) -> Ability {
        Ability::Lacks("the harness opens one handle only")
    }

    /// Whether [`open`](Self::open) finds everything again after all handles were dropped.
    fn durable(&self) -> Ability {
        Ability::Lacks("the harness says that the store ends with its last handle")
    }

    /// Whether another process can open the store too: [`Harness::join`] with the
    /// [`address`](Self::address).
    fn several_processes(&self) -> Ability {
        Ability::Lacks("the harness opens it in one process only")
    }

    /// What another process must know to join: a path, a connection string. One line of text.
    fn address(&self) -> String {
        String::new()
    }

    /// Whether several nodes keep the store together, so that it outlives
    /// [the loss of one](Self::lose_node).
    fn clustered(&self) -> Ability {
        Ability::Lacks("the harness says that one node keeps the store")
    }

    /// Stops the node that matters most, by force: the primary, the leader. Returns at once;
    /// whether the rest takes over is what is tested.
    ///
    /// # Errors
    ///
    /// Any error fails the property.
    async fn lose_node(&self) -> PortResult<()> {
        Err(PortError::denied().because("the harness stops no node"))
    }

    /// Whether the system behind the store removes expired rows by itself, by a clock of its own.
    /// Properties that look at rows long expired are then skipped.
    fn expires_by_itself(&self) -> Ability {
        Ability::Lacks("the harness says that only a purge removes anything")
    }

    /// Makes the record under this key unreadable, behind the store's back: turns its body into
    /// bytes that are no text, overwrites its version with what is none. A body that is cut short
    /// and still text is no damage that a store must see.
    ///
    /// # Errors
    ///
    /// Any error fails the property.
    async fn damage(&self, _key: &RecordKey) -> PortResult<Ability> {
        Ok(Ability::Lacks("the harness cannot damage a record"))
    }

    /// Makes the first event of the record under this key unreadable, likewise.
    ///
    /// # Errors
    ///
    /// Any error fails the property.
    async fn damage_event(&self, _key: &RecordKey) -> PortResult<Ability> {
        Ok(Ability::Lacks("the harness cannot damage an event"))
    }
}

/// Whether a place can do something. What it cannot is listed as skipped, with the reason.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(clippy::exhaustive_enums, reason = "a harness either has an ability or says why not")]
pub enum Ability {
    /// It can.
    Has,
    /// It cannot, and why.
    Lacks(&'static str),
}

#[async_trait]
impl<F, S> Harness for F
where
    F: Fn() -> S + Send + Sync + 'static,
    S: Store + 'static,
{
    async fn fixture(&self) -> PortResult<Box<dyn StoreUnderTest>> {
        Ok(Box::new(Alone(Arc::new(self()))))
    }
}

/// A place with one handle.
struct Alone(Arc<dyn Store>);

#[async_trait]
impl StoreUnderTest for Alone {
    async fn open(&self) -> PortResult<Arc<dyn Store>> {
        Ok(Arc::clone(&self.0))
    }
}
