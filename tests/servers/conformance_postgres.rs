//! The contract kit on the PostgreSQL store: a real server, several handles, two processes,
//! reopened, damaged.

#![cfg(all(feature = "conformance", feature = "postgres"))]

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use async_trait::async_trait;
use sspr::adapters::postgres::deadpool_postgres::{Manager, Pool};
use sspr::adapters::postgres::{PostgresOptions, PostgresStore};
use sspr::conformance::{Ability, Harness, StoreUnderTest};
use sspr::port::PortResult;
use sspr::port::{RecordKey, Store};
use sspr::testing::Encoded;
use tokio::runtime::Runtime;
use tokio_postgres::NoTls;

use crate::servers::postgres::Postgres;

sspr::conformance_tests!(server, Schemas { encoded: false, lent: false });
sspr::conformance_tests!(encoded, Schemas { encoded: true, lent: false });
// Over a pool of the host, in a schema that its own tool has migrated.
sspr::conformance_tests!(lent, Schemas { encoded: false, lent: true });

/// One schema for each fixture, on one server.
struct Schemas {
    encoded: bool,
    lent: bool,
}

struct Schema {
    url: String,
    name: String,
    encoded: bool,
    lent: bool,
}

fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| Runtime::new().expect("a runtime"))
}

impl Schema {
    fn options(&self) -> PortResult<PostgresOptions> {
        Ok(PostgresOptions::parse(&self.url)?.with_schema(&self.name).with_connections(8))
    }

    /// The schema, a table of the host beside it, and the store's own tables.
    async fn make(&self) -> PortResult<()> {
        if !self.lent {
            return PostgresStore::create(&self.options()?).await;
        }
        let (client, connection) =
            tokio_postgres::connect(&self.url, NoTls).await.expect("connected");
        tokio::spawn(connection);
        let name = &self.name;
        let host = format!("CREATE SCHEMA {name}; CREATE TABLE {name}_host (record text);");
        client.batch_execute(&host).await.expect("the tables of the host");
        for migration in PostgresStore::migrations(name)? {
            client.batch_execute(&migration.sql).await.expect("migrated");
        }
        Ok(())
    }

    async fn store(&self) -> PortResult<PostgresStore> {
        if !self.lent {
            return PostgresStore::connect(&self.options()?).await;
        }
        let manager = Manager::new(self.url.parse().expect("an address"), NoTls);
        let pool = Pool::builder(manager).max_size(8).build().expect("a pool");
        PostgresStore::over(&pool, &self.name, Duration::from_secs(5)).await
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
        let (url, name) = (server.url(), server.fresh());
        let fixture = Schema { url, name, encoded: self.encoded, lent: self.lent };
        fixture.make().await?;
        Ok(Box::new(fixture))
    }

    async fn join(&self, address: &str) -> PortResult<Box<dyn StoreUnderTest>> {
        let (url, name) = address.split_once(' ').expect("an address of this harness");
        let (url, name) = (url.to_owned(), name.to_owned());
        Ok(Box::new(Schema { url, name, encoded: self.encoded, lent: self.lent }))
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
        let store = self.store().await?;
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
