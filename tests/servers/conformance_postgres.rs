//! The contract kit on the PostgreSQL store: a real server, several handles, two processes,
//! reopened, damaged.

#![cfg(all(feature = "conformance", feature = "postgres"))]

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use sspr::adapters::postgres::{PostgresOptions, PostgresStore};
use sspr::conformance::{Ability, Harness, StoreUnderTest};
use sspr::port::PortResult;
use sspr::port::{RecordKey, Store};
use sspr::testing::Encoded;
use tokio::runtime::Runtime;
use tokio_postgres::NoTls;

use crate::servers::postgres::Postgres;

sspr::conformance_tests!(server, Schemas { encoded: false });
sspr::conformance_tests!(encoded, Schemas { encoded: true });

/// One schema for each fixture, on one server.
struct Schemas {
    encoded: bool,
}

struct Schema {
    url: String,
    name: String,
    encoded: bool,
}

fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| Runtime::new().expect("a runtime"))
}

impl Schema {
    fn options(&self) -> PortResult<PostgresOptions> {
        Ok(PostgresOptions::parse(&self.url)?.with_schema(&self.name).with_connections(8))
    }

    /// Runs a statement without the store's knowledge.
    async fn change(&self, sql: &str, key: &RecordKey) -> u64 {
        let (client, connection) =
            tokio_postgres::connect(&self.url, NoTls).await.expect("connected");
        tokio::spawn(connection);
        let alter = "ALTER TABLE {}.record ALTER body DROP NOT NULL";
        client.batch_execute(&alter.replace("{}", &self.name)).await.expect("altered");
        let sql = sql.replace("{}", &self.name);
        client.execute(&sql, &[&&key.as_bytes()[..]]).await.expect("changed")
    }
}

#[async_trait]
impl Harness for Schemas {
    async fn fixture(&self) -> PortResult<Box<dyn StoreUnderTest>> {
        let server = Postgres::shared();
        let fixture = Schema { url: server.url(), name: server.fresh(), encoded: self.encoded };
        PostgresStore::create(&fixture.options()?).await?;
        Ok(Box::new(fixture))
    }

    async fn join(&self, address: &str) -> PortResult<Box<dyn StoreUnderTest>> {
        let (url, name) = address.split_once(' ').expect("an address of this harness");
        let (url, name) = (url.to_owned(), name.to_owned());
        Ok(Box::new(Schema { url, name, encoded: self.encoded }))
    }

    fn drive(&self, work: Pin<Box<dyn Future<Output = ()> + Send + '_>>) {
        runtime().block_on(work);
    }

    /// Few rounds, since every commit reaches the disk; enough to reach the races' threads.
    fn rounds(&self) -> usize {
        100
    }
}

#[async_trait]
impl StoreUnderTest for Schema {
    async fn open(&self) -> PortResult<Arc<dyn Store>> {
        let store = PostgresStore::connect(&self.options()?).await?;
        Ok(if self.encoded { Arc::new(Encoded::new(store)) } else { Arc::new(store) })
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
        format!("{} {}", self.url, self.name)
    }

    async fn damage(&self, key: &RecordKey) -> PortResult<Ability> {
        let changed = self.change("UPDATE {}.record SET body = NULL WHERE key = $1", key).await;
        assert_eq!(changed, 1, "the record is stored");
        Ok(Ability::Has)
    }

    async fn damage_event(&self, key: &RecordKey) -> PortResult<Ability> {
        let cut = "UPDATE {}.event SET body = left(body, 20) WHERE record = $1 AND idx = 0";
        assert!(self.change(cut, key).await > 0, "the event is stored");
        Ok(Ability::Has)
    }
}
