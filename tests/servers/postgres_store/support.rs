use std::future::Future;
use std::sync::OnceLock;
use std::time::Duration;

use sspr::adapters::postgres::{PostgresOptions, PostgresStore};
use sspr::port::{Commit, Committed, PortResult, Record, Store, Version};
use tokio::runtime::Runtime;
use tokio_postgres::NoTls;

pub(crate) use crate::rows::{at, columns, event, key, kind, tenant};
use crate::servers::postgres::Postgres;

pub(crate) fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| Runtime::new().unwrap())
}

pub(crate) fn wait<F: Future>(future: F) -> F::Output {
    runtime().block_on(future)
}

/// A schema for one test, on the shared server or on another.
pub(crate) struct Fixture {
    pub(crate) url: String,
    pub(crate) schema: String,
}

impl Fixture {
    pub(crate) fn new() -> Self {
        Self::on(&Postgres::shared().url())
    }

    /// With the tables.
    pub(crate) fn on(url: &str) -> Self {
        let fixture = Self::empty(url);
        wait(PostgresStore::create(&fixture.options())).unwrap();
        fixture
    }

    pub(crate) fn empty(url: &str) -> Self {
        Self { url: url.to_owned(), schema: Postgres::shared().fresh() }
    }

    pub(crate) fn options(&self) -> PostgresOptions {
        PostgresOptions::parse(&self.named(&self.url))
            .unwrap()
            .with_schema(&self.schema)
            .with_connections(4)
    }

    /// An address with this fixture's name, by which its sessions are found on a shared server.
    pub(crate) fn named(&self, url: &str) -> String {
        let joint = if url.contains('?') { '&' } else { '?' };
        format!("{url}{joint}application_name={}", self.schema)
    }

    pub(crate) fn open(&self) -> PostgresStore {
        self.open_with(self.options())
    }

    pub(crate) fn open_with(&self, options: PostgresOptions) -> PostgresStore {
        wait(PostgresStore::connect(&options)).unwrap()
    }

    /// One connection, and the shortest timeouts with which calls succeed on a busy machine.
    pub(crate) fn hasty(&self) -> PostgresOptions {
        let short = Duration::from_millis(1_500);
        let options = self.options().with_connections(1).with_statement_timeout(short);
        options.with_acquire_timeout(short)
    }

    /// A session that bypasses the store.
    pub(crate) fn raw(&self) -> Raw {
        wait(async {
            let (client, connection) = tokio_postgres::connect(&self.url, NoTls).await.unwrap();
            tokio::spawn(connection);
            let path = format!("SET search_path = \"{}\"", self.schema);
            client.batch_execute(&path).await.unwrap();
            Raw { client, name: self.schema.clone() }
        })
    }
}

pub(crate) struct Raw {
    client: tokio_postgres::Client,
    /// Of the sessions that belong to the place.
    name: String,
}

impl Raw {
    #[track_caller]
    pub(crate) fn run(&self, sql: &str) {
        wait(self.client.batch_execute(sql)).unwrap();
    }

    /// The one value of a query, as text.
    #[track_caller]
    pub(crate) fn one(&self, sql: &str) -> String {
        let rows = wait(self.client.simple_query(sql)).unwrap();
        let found = rows.iter().find_map(|row| match row {
            tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
            _ => None,
        });
        found.unwrap_or_default()
    }

    /// A query of the sessions of the place's stores.
    fn sessions(&self, select: &str, condition: &str) -> String {
        let name = &self.name;
        self.one(&format!(
            "SELECT {select} FROM pg_stat_activity \
             WHERE application_name = '{name}' AND {condition}"
        ))
    }

    /// The distinct states of these sessions.
    pub(crate) fn states(&self) -> String {
        self.sessions("string_agg(DISTINCT state, ',')", "true")
    }

    /// How many of these sessions wait for a lock, or for a standby.
    pub(crate) fn waiting(&self, what: &str) -> String {
        self.sessions("count(*)", &format!("wait_event = '{what}'"))
    }

    /// Ends these sessions; returns how many there were.
    pub(crate) fn end_sessions(&self) -> String {
        self.sessions("count(pg_terminate_backend(pid))", "true")
    }

    /// Cancels the statements that wait for this; returns how many there were.
    pub(crate) fn cancel(&self, what: &str) -> String {
        self.sessions("count(pg_cancel_backend(pid))", &format!("wait_event = '{what}'"))
    }
}

pub(crate) fn record(number: u8, count: u64) -> Record {
    let body = format!(r#"{{"number":{number},"text":"π\u0000 {count}"}}"#);
    Record::loaded(key(number), Version::new(count, count), body)
}

/// The step from the version before to this one, with two events.
pub(crate) async fn step(store: &PostgresStore, number: u8, count: u64) -> PortResult<Committed> {
    let next = record(number, count);
    let expected = count.checked_sub(1).filter(|before| *before > 0);
    let events = [event(&next, 0, 5), event(&next, 1, 5)];
    let (columns, expected) = (columns(), expected.map(|before| Version::new(before, before)));
    store.commit(Commit::new(&next, expected, &columns, &events)).await
}

#[track_caller]
pub(crate) fn apply(store: &PostgresStore, number: u8, count: u64) {
    assert_eq!(wait(step(store, number, count)).unwrap(), Committed::Applied);
}

pub(crate) fn count(store: &PostgresStore, number: u8) -> Option<u64> {
    wait(store.load(&key(number))).unwrap().map(|record| record.version().count())
}
