//! Stores behind a pooler: refused if it shares sessions, served if it does not, and never wrong
//! without an error if it begins to share them while stores are open.

use std::collections::BTreeMap;
use std::error::Error as _;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdout, Command, Stdio};

use sspr::adapters::postgres::{PostgresOptions, PostgresStore};
use sspr::port::{Committed, CounterIncrement, PortError, PortErrorKind, Store as _};
use sspr::port::{CounterKey, RecordKind};

use crate::postgres_store::support::{Fixture, at, count, key, step, tenant, wait};
use crate::servers::pgbouncer::{Mode, PgBouncer};
use crate::servers::postgres::Postgres;

/// Connections of each store. Two stores together have more connections than the pooler has
/// sessions.
const CONNECTIONS: usize = 4;

fn says(error: &PortError) -> String {
    error.source().map(ToString::to_string).unwrap_or_default()
}

fn behind(pooler: &PgBouncer, fixture: &Fixture) -> PostgresOptions {
    PostgresOptions::parse(&pooler.url("postgres"))
        .unwrap()
        .with_schema(&fixture.schema)
        .with_connections(CONNECTIONS)
}

#[test]
fn a_pooler_that_shares_sessions_is_refused_at_open_with_the_way_out() {
    let fixture = Fixture::new();
    for (mode, sessions) in [
        (Mode::Transaction, 1),
        (Mode::Transaction, 2),
        (Mode::Transaction, 20),
        (Mode::Statement, 2),
    ] {
        let pooler = PgBouncer::before(Postgres::shared(), mode, sessions);
        // Warms up the pooler, so that it can choose among all its sessions.
        let url = pooler.url("postgres");
        wait(async {
            let (client, connection) =
                tokio_postgres::connect(&url, tokio_postgres::NoTls).await.unwrap();
            tokio::spawn(connection);
            client.simple_query("SELECT 1").await.unwrap();
        });
        let options = behind(&pooler, &fixture);
        for refused in [
            wait(PostgresStore::connect(&options)).map(drop),
            wait(PostgresStore::create(&options)),
            wait(PostgresStore::migrate(&options)),
        ] {
            let error = refused.unwrap_err();
            assert_eq!(error.kind(), PortErrorKind::Denied, "{mode:?}, {sessions}");
            assert!(says(&error).contains("pool_mode = session"), "{}", says(&error));
        }
    }
}

#[test]
fn a_pooler_without_a_session_for_the_second_connection_is_unavailable_in_time() {
    let fixture = Fixture::new();
    let pooler = PgBouncer::before(Postgres::shared(), Mode::Session, 1);
    let short = std::time::Duration::from_millis(500);
    let options = behind(&pooler, &fixture).with_connect_timeout(short);
    let options = options.with_acquire_timeout(short).with_statement_timeout(short);
    let error = wait(PostgresStore::connect(&options)).unwrap_err();
    assert_eq!(error.kind(), PortErrorKind::Unavailable);
    assert!(says(&error).contains("second connection"), "{}", says(&error));
}

#[test]
fn two_stores_behind_a_pooler_of_sessions_lose_nothing_and_do_not_mix() {
    let places = [Fixture::new(), Fixture::new()];
    let pooler = PgBouncer::before(Postgres::shared(), Mode::Session, 2 * CONNECTIONS + 1);
    let mut workers = places.each_ref().map(|fixture| Worker::start(&pooler, fixture));
    for worker in &mut workers {
        worker.go();
    }
    for (worker, fixture) in workers.into_iter().zip(&places) {
        let told = worker.end();
        assert_eq!((told.errors, told.foreign), (0, 0), "{}", fixture.schema);
        assert_eq!(told.acknowledged.len(), RECORDS.len());
        nothing_is_lost(fixture, &told);
    }
}

/// The pooler begins to share sessions while the stores are open, in two processes whose drivers
/// number their prepared statements alike.
#[test]
fn a_pooler_that_begins_to_share_sessions_mixes_and_loses_nothing_without_an_error() {
    let places = [Fixture::new(), Fixture::new()];
    let pooler = PgBouncer::before(Postgres::shared(), Mode::Session, 2 * CONNECTIONS + 1);
    let mut workers = places.each_ref().map(|fixture| Worker::start(&pooler, fixture));
    pooler.change(Mode::Transaction);
    for worker in &mut workers {
        worker.go();
    }
    let mut errors = 0;
    for (worker, fixture) in workers.into_iter().zip(&places) {
        let told = worker.end();
        assert_eq!(told.foreign, 0, "{}: the other store's rows were answered", fixture.schema);
        nothing_is_lost(fixture, &told);
        errors += told.errors;
    }
    println!("{errors} calls were refused");
    assert!(errors > 0, "sessions were shared, and it was seen");
}

/// Checks that the store's schema has all acknowledged commits and no others.
fn nothing_is_lost(fixture: &Fixture, told: &Told) {
    let store = fixture.open();
    for (number, acknowledged) in &told.acknowledged {
        let there = count(&store, *number).unwrap_or(0);
        assert!(there >= *acknowledged, "{}: {number}: {there} of {acknowledged}", fixture.schema);
        assert!(there <= told.tried[number], "{}: {number}: {there}", fixture.schema);
    }
    let raw = fixture.raw();
    let foreign = raw.one("SELECT count(*) FROM record WHERE user_id IS NOT NULL");
    assert_eq!(foreign, "0", "{}", fixture.schema);
    let added: u64 = raw.one("SELECT coalesce(sum(value), 0) FROM counter").parse().unwrap();
    assert!(added >= told.added, "{}: {added} of {}", fixture.schema, told.added);
    assert!(added <= told.asked_to_add, "{}: {added} of {}", fixture.schema, told.asked_to_add);
}

/// The records of each worker. Both use the same keys, so that a misdirected write shows.
const RECORDS: std::ops::Range<u8> = 1..9;
/// The number of rounds of reads, writes, additions and listings.
const ROUNDS: usize = 12;

/// The results of a worker.
#[derive(Default)]
struct Told {
    /// The last acknowledged version of each record, and the last version tried.
    acknowledged: BTreeMap<u8, u64>,
    tried: BTreeMap<u8, u64>,
    added: u64,
    asked_to_add: u64,
    errors: u64,
    /// Replies that cannot come from this store.
    foreign: u64,
}

const URL: &str = "SSPR_POOLER_URL";
const SCHEMA: &str = "SSPR_POOLER_SCHEMA";

struct Worker {
    child: Child,
    lines: std::io::Lines<BufReader<ChildStdout>>,
}

impl Worker {
    /// Starts it and waits until its store is open.
    fn start(pooler: &PgBouncer, fixture: &Fixture) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "postgres_store::pooler::worker", "--nocapture", "--test-threads=1"])
            .env(URL, pooler.url("postgres"))
            .env(SCHEMA, &fixture.schema)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut worker = Self { child, lines };
        worker.hear("open");
        worker
    }

    fn hear(&mut self, word: &str) -> Vec<u64> {
        let mut lines = self.lines.by_ref().map_while(Result::ok);
        let line = lines.find_map(|line| line.strip_prefix(word).map(str::to_owned));
        let line = line.unwrap_or_else(|| panic!("it ended before it said {word}"));
        line.split_whitespace().map(|number| number.parse().unwrap()).collect()
    }

    fn go(&mut self) {
        writeln!(self.child.stdin.as_mut().unwrap(), "go").unwrap();
    }

    fn end(mut self) -> Told {
        let mut told = Told::default();
        for number in RECORDS {
            let said = self.hear("record");
            told.acknowledged.insert(number, said[0]);
            told.tried.insert(number, said[1]);
        }
        let said = self.hear("sums");
        (told.added, told.asked_to_add) = (said[0], said[1]);
        (told.errors, told.foreign) = (said[2], said[3]);
        assert!(self.child.wait().unwrap().success());
        told
    }
}

/// Not a test of its own: one of the two processes.
#[test]
fn worker() {
    let (Ok(url), Ok(schema)) = (std::env::var(URL), std::env::var(SCHEMA)) else {
        return;
    };
    let options = PostgresOptions::parse(&url).unwrap().with_schema(&schema);
    let options = options.with_connections(CONNECTIONS);
    let store = wait(PostgresStore::connect(&options)).unwrap();
    // Opens every connection and prepares its statements.
    wait(async {
        let calls = (0..CONNECTIONS as u8).map(|number| {
            let store = store.clone();
            tokio::spawn(async move { store.load(&key(100 + number)).await.map(drop) })
        });
        for call in calls.collect::<Vec<_>>() {
            call.await.unwrap().unwrap();
        }
    });
    println!("\nopen");
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).unwrap();
    let told = wait(work(&store));
    for number in RECORDS {
        println!("\nrecord {} {}", told.acknowledged[&number], told.tried[&number]);
    }
    println!("sums {} {} {} {}", told.added, told.asked_to_add, told.errors, told.foreign);
}

async fn work(store: &PostgresStore) -> Told {
    let tasks: Vec<_> = RECORDS.map(|number| tokio::spawn(one(store.clone(), number))).collect();
    let mut all = Told::default();
    for task in tasks {
        let told = task.await.unwrap();
        all.acknowledged.extend(told.acknowledged);
        all.tried.extend(told.tried);
        all.added += told.added;
        all.asked_to_add += told.asked_to_add;
        all.errors += told.errors;
        all.foreign += told.foreign;
    }
    all
}

/// Advances one record version by version, and adds to one counter. No other task does, so reads
/// must return what it wrote.
async fn one(store: PostgresStore, number: u8) -> Told {
    let mut told = Told::default();
    let (mut acknowledged, mut tried) = (0, 0);
    for _ in 0..ROUNDS {
        let version = match store.load(&key(number)).await {
            Ok(found) => {
                let found = found.map_or(0, |record| record.version().count());
                told.foreign += u64::from(found < acknowledged || found > tried);
                found
            }
            // The stored version is unknown now.
            Err(_) => {
                told.errors += 1;
                continue;
            }
        };
        tried = tried.max(version + 1);
        match step(&store, number, version + 1).await {
            Ok(Committed::Applied) => acknowledged = version + 1,
            // Stale is right only after a commit of unknown outcome that was applied.
            Ok(_) => told.foreign += u64::from(acknowledged == tried),
            Err(_) => told.errors += 1,
        }
        told.asked_to_add += 1;
        let increment = CounterIncrement::new(CounterKey::from_bytes([number; 32]), 1, at(9));
        match store.increment(&[increment]).await {
            Ok(values) => {
                told.added += 1;
                told.foreign += u64::from(values[0] < told.added || values[0] > told.asked_to_add);
            }
            Err(_) => told.errors += 1,
        }
        match store.scan(&tenant(), RecordKind::Account, None, 99).await {
            Ok(page) => {
                let own = page.items.iter().find(|record| *record.key() == key(number));
                let found = own.map_or(0, |record| record.version().count());
                told.foreign += u64::from(found < acknowledged || found > tried);
            }
            Err(_) => told.errors += 1,
        }
    }
    told.acknowledged.insert(number, acknowledged);
    told.tried.insert(number, tried);
    told
}
