//! The contract kit on the etcd store: a real server, several handles, two processes, damaged rows,
//! and a cluster that loses its leader.

#![cfg(all(feature = "conformance", feature = "etcd"))]

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use sspr::adapters::etcd::{EtcdOptions, EtcdStore};
use sspr::conformance::{Ability, Harness, StoreUnderTest, assert_property};
use sspr::port::PortResult;
use sspr::port::{RecordKey, Store};
use tokio::runtime::Runtime;

use crate::servers::etcd::{Cluster, Setup, fresh_prefix, shared};

sspr::conformance_tests!(bare, Etcd { shared: false });
sspr::conformance_tests!(behind_an_arc, Etcd { shared: true });

#[test]
fn three_nodes_keep_every_commit_when_their_leader_is_killed() {
    assert_property("commit_survives_the_loss_of_a_node", ThreeNodes);
}

fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| Runtime::new().expect("a runtime"))
}

async fn connect(endpoints: Vec<String>, prefix: &str) -> PortResult<Arc<dyn Store>> {
    let store = EtcdStore::create(EtcdOptions::new(endpoints).with_prefix(prefix)).await?;
    Ok(Arc::new(store))
}

/// One prefix for each fixture, on one node.
struct Etcd {
    shared: bool,
}

struct Keys {
    url: String,
    prefix: String,
    shared: bool,
}

#[async_trait]
impl Harness for Etcd {
    async fn fixture(&self) -> PortResult<Box<dyn StoreUnderTest>> {
        let (url, prefix) = (shared().endpoints().remove(0), fresh_prefix());
        Ok(Box::new(Keys { url, prefix, shared: self.shared }))
    }

    async fn join(&self, address: &str) -> PortResult<Box<dyn StoreUnderTest>> {
        let (url, prefix) = address.split_once(' ').expect("an address of this harness");
        let (url, prefix) = (url.to_owned(), prefix.to_owned());
        Ok(Box::new(Keys { url, prefix, shared: self.shared }))
    }

    fn drive(&self, work: Pin<Box<dyn Future<Output = ()> + Send + '_>>) {
        runtime().block_on(work);
    }

    /// Fewer rounds, since every commit is a round trip and reaches the disk.
    fn rounds(&self) -> usize {
        100
    }
}

#[async_trait]
impl StoreUnderTest for Keys {
    async fn open(&self) -> PortResult<Arc<dyn Store>> {
        let store = connect(vec![self.url.clone()], &self.prefix).await?;
        Ok(if self.shared { Arc::new(store) } else { store })
    }

    fn several_handles(&self) -> Ability {
        Ability::Has
    }

    fn durable(&self) -> Ability {
        Ability::Has
    }

    fn several_processes(&self) -> Ability {
        Ability::Has
    }

    fn address(&self) -> String {
        format!("{} {}", self.url, self.prefix)
    }

    async fn damage(&self, key: &RecordKey) -> PortResult<Ability> {
        // A value that this store cannot have written.
        shared().etcdctl(&["put", &format!("{}r/{key}", self.prefix), "broken"]);
        Ok(Ability::Has)
    }

    async fn damage_event(&self, key: &RecordKey) -> PortResult<Ability> {
        let events = format!("{}e/{key}/", self.prefix);
        let found = shared().etcdctl(&["get", "--prefix", "--keys-only", "--limit=1", &events]);
        assert!(found.starts_with(&events), "the event is stored");
        shared().etcdctl(&["put", found.trim(), r#"{"format":1,"id":"#]);
        Ok(Ability::Has)
    }
}

/// One cluster for each fixture.
struct ThreeNodes;

#[async_trait]
impl Harness for ThreeNodes {
    async fn fixture(&self) -> PortResult<Box<dyn StoreUnderTest>> {
        Ok(Box::new(Cluster::start(Setup::nodes(3))))
    }

    fn drive(&self, work: Pin<Box<dyn Future<Output = ()> + Send + '_>>) {
        runtime().block_on(work);
    }
}

#[async_trait]
impl StoreUnderTest for Cluster {
    async fn open(&self) -> PortResult<Arc<dyn Store>> {
        connect(self.endpoints(), "sspr/").await
    }

    fn clustered(&self) -> Ability {
        Ability::Has
    }

    async fn lose_node(&self, _key: &RecordKey) -> PortResult<()> {
        self.kill(self.leader());
        Ok(())
    }
}
