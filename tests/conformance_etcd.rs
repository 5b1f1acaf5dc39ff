//! The contract kit on the etcd store: a real server, several handles, damage.

#![cfg(all(feature = "conformance", feature = "etcd"))]

#[path = "support/servers/mod.rs"]
mod servers;

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use sspr::adapters::etcd::{EtcdOptions, EtcdStore};
use sspr::conformance::{Ability, Harness, Place};
use sspr::port::PortResult;
use sspr::{RecordKey, Store};
use tokio::runtime::Runtime;

sspr::conformance_tests!(bare, Etcd { shared: false });
sspr::conformance_tests!(behind_an_arc, Etcd { shared: true });

fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| Runtime::new().expect("a runtime"))
}

struct Etcd {
    shared: bool,
}

struct Keys {
    prefix: String,
    shared: bool,
}

#[async_trait]
impl Harness for Etcd {
    async fn place(&self) -> PortResult<Box<dyn Place>> {
        Ok(Box::new(Keys { prefix: servers::etcd::fresh_prefix(), shared: self.shared }))
    }

    fn drive(&self, work: Pin<Box<dyn Future<Output = ()> + Send + '_>>) {
        runtime().block_on(work);
    }

    /// Every commit is a round trip and reaches the disk.
    fn rounds(&self) -> usize {
        100
    }
}

#[async_trait]
impl Place for Keys {
    async fn open(&self) -> PortResult<Arc<dyn Store>> {
        let options =
            EtcdOptions::new(servers::etcd::shared().endpoints()).with_prefix(&self.prefix);
        let store = EtcdStore::connect(options).await?;
        if self.shared {
            let store: Arc<dyn Store> = Arc::new(store);
            return Ok(Arc::new(store));
        }
        Ok(Arc::new(store))
    }

    fn several_handles(&self) -> Ability {
        Ability::Has
    }

    fn durable(&self) -> Ability {
        Ability::Has
    }

    async fn damage(&self, key: &RecordKey) -> PortResult<Ability> {
        // What a careless hand leaves behind.
        servers::etcd::shared().etcdctl(&["put", &format!("{}r/{key}", self.prefix), "broken"]);
        Ok(Ability::Has)
    }
}
