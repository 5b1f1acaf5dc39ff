//! What a store's author implements so that the kit can open, damage and stop the store.

use std::future::Future;
use std::pin::Pin;
use std::process::Command;
use std::sync::Arc;

use async_trait::async_trait;

use crate::port::{PortError, PortResult, RecordKey, Store};
use crate::testing::block_on;

/// Makes the fixtures that a store is tested in.
///
/// A function that returns a fresh, empty store is a harness; that is all a store in memory
/// needs. Implement the trait for a store that several handles can open, that outlives its
/// handles, or that needs a runtime:
///
/// ```
/// use std::{future::Future, pin::Pin, sync::Arc};
/// use async_trait::async_trait;
/// use sspr::port::Store;
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
    /// A fixture with an empty store that nothing else uses. Each property asks for its own.
    ///
    /// # Errors
    ///
    /// Any error fails the property.
    async fn fixture(&self) -> PortResult<Box<dyn StoreUnderTest>>;

    /// The fixture at this [`address`](StoreUnderTest::address), for another process than the one
    /// that made it. Dropping the joined fixture must not clean up.
    ///
    /// # Errors
    ///
    /// Any error fails the property.
    async fn join(&self, address: &str) -> PortResult<Box<dyn StoreUnderTest>> {
        Err(PortError::denied()
            .because(format!("the harness cannot join the fixture at {address}")))
    }

    /// The command that starts another process, which calls [`play_other_process`] with this
    /// harness.
    ///
    /// In the tests of [`conformance_tests!`](crate::conformance_tests) the default is the test
    /// binary itself, run for its test `other_process`. Elsewhere a program can start itself.
    ///
    /// [`play_other_process`]: super::play_other_process
    fn other_process(&self) -> Option<Command> {
        None
    }

    /// Runs work to its end; called from several threads at a time.
    ///
    /// The default parks the thread and needs no runtime. For a store that needs one, call the
    /// `block_on` of a *multi-threaded* runtime here.
    fn drive(&self, work: Pin<Box<dyn Future<Output = ()> + Send + '_>>) {
        block_on(work);
    }

    /// How often each race is run. Fewer rounds find less; below 100, some races are never run on
    /// several threads.
    fn rounds(&self) -> usize {
        200
    }

    /// How many records the size properties write. The default is small, so that a run is quick;
    /// run a separate test with a hundred thousand.
    fn accounts(&self) -> u64 {
        300
    }
}

/// One store to test, with what it can do. Dropping it, or [`close`](Self::close), cleans up.
#[async_trait]
pub trait StoreUnderTest: Send + Sync {
    /// Opens a handle on the store.
    ///
    /// Called once, or more often if [`several_handles`](Self::several_handles) or
    /// [`durable`](Self::durable) is [`Ability::Has`]. In a cluster, connect each handle to another node.
    ///
    /// # Errors
    ///
    /// Any error fails the property.
    async fn open(&self) -> PortResult<Arc<dyn Store>>;

    /// Whether several handles can be open at a time: connections, processes, replicas.
    fn several_handles(&self) -> Ability {
        Ability::Lacks("the harness opens one handle only")
    }

    /// Whether [`open`](Self::open) finds all data again after all handles were dropped.
    ///
    /// All handles of this process: the kit drops its own and opens another one, so a client that
    /// lives in the fixture must not keep the data alive. What a reply means after a power failure no
    /// kit can see: [`several_processes`](Self::several_processes) kills a process, not a machine.
    fn durable(&self) -> Ability {
        Ability::Lacks("the store does not outlive its last handle")
    }

    /// Whether another process can open the store too: [`Harness::join`] with the
    /// [`address`](Self::address).
    fn several_processes(&self) -> Ability {
        Ability::Lacks("the harness opens it in one process only")
    }

    /// What another process needs to join, such as a path or a connection string, in one line.
    fn address(&self) -> String {
        String::new()
    }

    /// Whether several nodes replicate the store, so that it survives
    /// [the loss of one](Self::lose_node).
    fn clustered(&self) -> Ability {
        Ability::Lacks("the store has a single node")
    }

    /// Stops the most important node for this key by force: the primary or the leader, in a store of
    /// several shards that of the key's shard. Returns at once, without waiting for the others to take
    /// over.
    ///
    /// A node that is only stopped has often sent its writes to the others before. To find replication
    /// that is not awaited, cut or delay the links of the node first, while commits are in flight, and
    /// stop it then. To find reads from a replica, delay the replica's link for the whole property.
    ///
    /// # Errors
    ///
    /// Any error fails the property.
    async fn lose_node(&self, _key: &RecordKey) -> PortResult<()> {
        Err(PortError::denied().because("the harness cannot stop a node"))
    }

    /// Cleans up, for what needs a runtime: drops a database, closes connections. Called at the end of
    /// each property that did not panic, after all its handles were dropped.
    ///
    /// # Errors
    ///
    /// Any error fails the property.
    async fn close(&self) -> PortResult<()> {
        Ok(())
    }

    /// Whether the system behind the store removes expired rows on its own, by its own clock.
    /// Properties that read rows after their expiry are then skipped.
    fn expires_by_itself(&self) -> Ability {
        Ability::Lacks("only a purge removes rows")
    }

    /// Makes the record under this key unreadable without the store's knowledge: replaces its body
    /// with bytes that are not UTF-8, or its version with an invalid one. A truncated body does not
    /// do: a store need not detect it.
    ///
    /// # Errors
    ///
    /// Any error fails the property.
    async fn damage(&self, _key: &RecordKey) -> PortResult<Ability> {
        Ok(Ability::Lacks("the harness cannot damage a record"))
    }

    /// Makes the first event of the record under this key unreadable, in the same way.
    ///
    /// # Errors
    ///
    /// Any error fails the property.
    async fn damage_event(&self, _key: &RecordKey) -> PortResult<Ability> {
        Ok(Ability::Lacks("the harness cannot damage an event"))
    }
}

/// Whether a fixture has an ability. Properties that need a missing one are skipped, with the
/// reason.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(clippy::exhaustive_enums, reason = "a harness either has an ability or says why not")]
pub enum Ability {
    /// It has.
    Has,
    /// It has not, for this reason.
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

/// A fixture with one handle.
struct Alone(Arc<dyn Store>);

#[async_trait]
impl StoreUnderTest for Alone {
    async fn open(&self) -> PortResult<Arc<dyn Store>> {
        Ok(Arc::clone(&self.0))
    }
}
