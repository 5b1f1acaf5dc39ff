use std::future::Future;
use std::sync::OnceLock;
use std::time::Duration;

use sspr::adapters::postgres::{PostgresOptions, PostgresStore};
use sspr::port::{Commit, Committed, PortErrorKind, PortResult, Store};
use sspr::{Columns, Event, Record, RecordKey, RecordKind, TenantId, Timestamp, Version};
use tokio::runtime::Runtime;
use tokio_postgres::NoTls;

use crate::servers::postgres::Postgres;

pub(crate) fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| Runtime::new().unwrap())
}

pub(crate) fn wait<F: Future>(future: F) -> F::Output {
    runtime().block_on(future)
}

/// A schema of this test's own, on the server that all share or on another.
pub(crate) struct Place {
    pub(crate) url: String,
    pub(crate) schema: String,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self::on(&Postgres::shared().url())
    }

    /// With the tables.
    pub(crate) fn on(url: &str) -> Self {
        let place = Self::empty(url);
        wait(PostgresStore::migrate(&place.options())).unwrap();
        place
    }

    pub(crate) fn empty(url: &str) -> Self {
        Self { url: url.to_owned(), schema: Postgres::shared().fresh() }
    }

    pub(crate) fn options(&self) -> PostgresOptions {
        let options = PostgresOptions::parse(&self.url).unwrap().with_schema(&self.schema);
        options.with_connections(4)
    }

    pub(crate) fn open(&self) -> PostgresStore {
        self.open_with(self.options())
    }

    pub(crate) fn open_with(&self, options: PostgresOptions) -> PostgresStore {
        wait(PostgresStore::connect(&options)).unwrap()
    }

    /// One connection, and little patience.
    pub(crate) fn hasty(&self) -> PostgresOptions {
        let short = Duration::from_millis(300);
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
            Raw(client)
        })
    }
}

pub(crate) struct Raw(tokio_postgres::Client);

impl Raw {
    #[track_caller]
    pub(crate) fn run(&self, sql: &str) {
        wait(self.0.batch_execute(sql)).unwrap();
    }

    /// The one value of a query, as text.
    #[track_caller]
    pub(crate) fn one(&self, sql: &str) -> String {
        let rows = wait(self.0.simple_query(sql)).unwrap();
        let found = rows.iter().find_map(|row| match row {
            tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
            _ => None,
        });
        found.unwrap_or_default()
    }

    /// How many sessions wait for a lock, or for a standby.
    pub(crate) fn waiting(&self, what: &str) -> String {
        self.one(&format!(
            "SELECT count(*) FROM pg_stat_activity \
             WHERE application_name = 'sspr' AND datname = current_database() \
             AND wait_event = '{what}'"
        ))
    }
}

/// Keys of this number are all in its bucket.
pub(crate) fn key(number: u8) -> RecordKey {
    RecordKey::from_bytes([number; 32])
}

pub(crate) fn tenant() -> TenantId {
    TenantId::parse("contoso").unwrap()
}

pub(crate) fn columns() -> Columns {
    Columns::new(tenant(), RecordKind::Account, at(1))
}

pub(crate) fn at(second: i64) -> Timestamp {
    Timestamp::from_unix_seconds(second)
}

pub(crate) fn record(number: u8, count: u64) -> Record {
    let body = format!(r#"{{"number":{number},"text":"π\u0000 {count}"}}"#);
    Record::loaded(key(number), Version::new(count, count), body)
}

pub(crate) fn event(record: &Record, index: u16) -> Event {
    let (key, count) = (record.key(), record.version().count());
    let text = format!(
        r#"{{"format":1,"id":{{"record":"{key}","count":{count},"index":{index}}},"tenant":"contoso",
            "user":"ada","actor":"engine","at":5000,"code":"unblocked"}}"#
    );
    Event::decode(&text).unwrap()
}

/// The step from the version before to this one, with two events.
pub(crate) async fn step(store: &PostgresStore, number: u8, count: u64) -> PortResult<Committed> {
    let next = record(number, count);
    let expected = count.checked_sub(1).filter(|before| *before > 0);
    let events = [event(&next, 0), event(&next, 1)];
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

#[track_caller]
pub(crate) fn kind<T: std::fmt::Debug>(result: PortResult<T>) -> PortErrorKind {
    result.expect_err("an error was expected").kind()
}
