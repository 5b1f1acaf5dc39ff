//! How the kit gets at a store.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use async_trait::async_trait;

use crate::domain::ids::RecordKey;
use crate::port::{PortResult, Store};
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
/// use sspr::conformance::{Ability, Harness, Place};
/// use sspr::port::PortResult;
///
/// struct OnTokio(tokio::runtime::Runtime);
/// struct Memory(MemoryStore);
///
/// #[async_trait]
/// impl Harness for OnTokio {
///     async fn place(&self) -> PortResult<Box<dyn Place>> {
///         Ok(Box::new(Memory(MemoryStore::new())))
///     }
///
///     fn drive(&self, work: Pin<Box<dyn Future<Output = ()> + Send + '_>>) {
///         self.0.block_on(work);
///     }
/// }
///
/// #[async_trait]
/// impl Place for Memory {
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
    async fn place(&self) -> PortResult<Box<dyn Place>>;

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
}

/// Where one store lives. Dropping it should clean up.
#[async_trait]
pub trait Place: Send + Sync {
    /// A handle on the store of this place.
    ///
    /// Called once; more than once only if [`several_handles`](Self::several_handles) or
    /// [`durable`](Self::durable) says so.
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

    /// Makes the record under this key unreadable, behind the store's back: cuts its body short,
    /// overwrites its version.
    ///
    /// # Errors
    ///
    /// Any error fails the property.
    async fn damage(&self, _key: &RecordKey) -> PortResult<Ability> {
        Ok(Ability::Lacks("the harness cannot damage a record"))
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
    async fn place(&self) -> PortResult<Box<dyn Place>> {
        Ok(Box::new(Alone(Arc::new(self()))))
    }
}

/// A place with one handle.
struct Alone(Arc<dyn Store>);

#[async_trait]
impl Place for Alone {
    async fn open(&self) -> PortResult<Arc<dyn Store>> {
        Ok(Arc::clone(&self.0))
    }
}
