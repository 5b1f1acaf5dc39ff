//! An empty store of each kind of this build, for tests of the contract that all share.
#![allow(unreachable_pub, reason = "shared by several test binaries")]
#![allow(dead_code, unused_imports, reason = "each test binary uses a part of it")]

#[path = "temporary.rs"]
mod temporary;

use std::sync::Arc;

use sspr::adapters::memory::MemoryStore;
use sspr::port::Store;
use sspr::testing::Encoded;

#[cfg(feature = "etcd")]
pub use on_servers::{create_etcd, etcd, etcd_at};
#[cfg(feature = "postgres")]
pub use on_servers::{create_postgres, postgres, postgres_at};
pub use temporary::Temporary;

/// An empty store.
pub struct Fresh {
    pub name: &'static str,
    pub store: Arc<dyn Store>,
    /// Dropped after the store.
    pub files: Option<Temporary>,
}

/// Makes an empty store.
pub type Make = fn() -> Fresh;

/// Every kind of store by name; the memory store also with records as text.
pub fn kinds() -> Vec<(&'static str, Make)> {
    vec![
        ("memory", memory),
        ("text", text),
        #[cfg(feature = "sqlite")]
        ("sqlite", sqlite),
        #[cfg(feature = "postgres")]
        ("postgres", postgres),
        #[cfg(feature = "etcd")]
        ("etcd", etcd),
    ]
}

/// One of each kind.
pub fn all() -> Vec<Fresh> {
    kinds().into_iter().map(|(_, make)| make()).collect()
}

/// An empty store of this kind.
pub fn of(kind: &str) -> Fresh {
    let make = kinds().into_iter().find(|(name, _)| *name == kind).expect("a kind of store").1;
    make()
}

pub fn memory() -> Fresh {
    Fresh { name: "memory", store: Arc::new(MemoryStore::new()), files: None }
}

pub fn text() -> Fresh {
    Fresh { name: "text", store: Arc::new(Encoded::new(MemoryStore::new())), files: None }
}

#[cfg(feature = "sqlite")]
pub fn sqlite() -> Fresh {
    let files = Temporary::in_memory("fresh");
    let store = sspr::adapters::sqlite::SqliteStore::open_or_create(files.path().join("sspr.db"));
    Fresh { name: "sqlite", store: Arc::new(store.expect("opened")), files: Some(files) }
}

/// Stores on servers need a runtime, which most tests lack: a shared runtime is entered at each
/// poll.
#[cfg(any(feature = "postgres", feature = "etcd"))]
mod on_servers {
    use std::future::{Future, poll_fn};
    use std::pin::pin;
    use std::sync::{Arc, OnceLock};

    use sspr::port::Store;
    use sspr::testing::{block_on, forward};
    use tokio::runtime::{Builder, Runtime};

    use super::Fresh;
    use crate::servers;

    #[cfg(feature = "postgres")]
    use sspr::adapters::postgres::{PostgresOptions, PostgresStore};

    #[cfg(feature = "etcd")]
    use sspr::adapters::etcd::{EtcdOptions, EtcdStore};

    #[cfg(feature = "postgres")]
    pub fn postgres() -> Fresh {
        let server = servers::postgres::Postgres::shared();
        let options = PostgresOptions::parse(&server.url())
            .expect("an address")
            .with_schema(&server.fresh())
            .with_connections(8);
        // A long timeout, since a busy machine is slow.
        let options = options.with_acquire_timeout(std::time::Duration::from_secs(20));
        create_postgres(&options);
        Fresh { name: "postgres", store: postgres_at(&options), files: None }
    }

    #[cfg(feature = "postgres")]
    pub fn create_postgres(options: &PostgresOptions) {
        block_on(entered(PostgresStore::create(options))).expect("created");
    }

    /// The existing store.
    #[cfg(feature = "postgres")]
    pub fn postgres_at(options: &PostgresOptions) -> Arc<dyn Store> {
        let store = block_on(entered(PostgresStore::connect(options))).expect("connected");
        Arc::new(Entered(store))
    }

    #[cfg(feature = "etcd")]
    pub fn etcd() -> Fresh {
        let endpoints = servers::etcd::shared().endpoints();
        let prefix = servers::etcd::fresh_prefix();
        let options = EtcdOptions::new(endpoints).with_prefix(&prefix);
        create_etcd(options.clone());
        Fresh { name: "etcd", store: etcd_at(options), files: None }
    }

    #[cfg(feature = "etcd")]
    pub fn create_etcd(options: EtcdOptions) {
        block_on(entered(EtcdStore::create(options))).expect("created");
    }

    /// The existing store.
    #[cfg(feature = "etcd")]
    pub fn etcd_at(options: EtcdOptions) -> Arc<dyn Store> {
        let store = block_on(entered(EtcdStore::connect(options))).expect("connected");
        Arc::new(Entered(store))
    }

    fn runtime() -> &'static Runtime {
        static RUNTIME: OnceLock<Runtime> = OnceLock::new();
        RUNTIME.get_or_init(|| {
            Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime")
        })
    }

    async fn entered<F: Future>(work: F) -> F::Output {
        let mut work = pin!(work);
        poll_fn(|context| {
            let _entered = runtime().enter();
            work.as_mut().poll(context)
        })
        .await
    }

    struct Entered<S>(S);

    impl<S: Store> Store for Entered<S> {
        forward!(self.0, |_name, call| entered(call).await
            => load, commit, increment, due, scan, events, purge, fence);
    }
}
