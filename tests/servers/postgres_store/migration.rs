//! Several nodes that start at once. The other process is this test binary itself.

use std::process::{Child, Command, Stdio};

use sspr::adapters::postgres::PostgresStore;

use crate::postgres_store::support::{Fixture, apply, count, runtime, wait};
use crate::servers::postgres::Postgres;

const URL: &str = "SSPR_POSTGRES_TEST_URL";
const SCHEMA: &str = "SSPR_POSTGRES_TEST_SCHEMA";
const ROUNDS: usize = 20;

fn migrate_in_eight_tasks(fixture: &Fixture) {
    let start = |_| {
        let options = fixture.options();
        runtime().spawn(async move { PostgresStore::create(&options).await })
    };
    let tasks: Vec<_> = (0..8).map(start).collect();
    for task in tasks {
        wait(task).unwrap().unwrap();
    }
}

/// The schemas of one run, with the same names in each process.
fn places(url: &str, schema: &str) -> Vec<Fixture> {
    let name = |round| Fixture { url: url.to_owned(), schema: format!("{schema}_{round}") };
    (0..ROUNDS).map(name).collect()
}

fn other_process(url: &str, schema: &str) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "postgres_store::migration::child", "--nocapture", "--test-threads=1"])
        .env(URL, url)
        .env(SCHEMA, schema)
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

/// Not a test of its own: what the test below runs in another process.
#[test]
fn child() {
    if let (Ok(url), Ok(schema)) = (std::env::var(URL), std::env::var(SCHEMA)) {
        places(&url, &schema).iter().for_each(migrate_in_eight_tasks);
    }
}

#[test]
fn an_empty_database_is_migrated_once_by_many_at_once() {
    // Each round uses a new schema, so the nodes also compete to create it.
    let url = Postgres::shared().database();
    let mut other = other_process(&url, "race");
    let places = places(&url, "race");
    places.iter().for_each(migrate_in_eight_tasks);
    assert!(other.wait().unwrap().success());
    for fixture in places {
        let raw = fixture.raw();
        assert_eq!(raw.one("SELECT string_agg(version::text, ',') FROM schema_version"), "1");
        let store = fixture.open();
        apply(&store, 1, 1);
        assert_eq!(count(&store, 1), Some(1));
    }
}

#[test]
fn a_repeated_migration_changes_nothing() {
    let fixture = Fixture::new();
    let store = fixture.open();
    apply(&store, 1, 1);
    let tables = "SELECT string_agg(oid::text || relfilenode::text, ',' ORDER BY oid) \
                  FROM pg_class WHERE relnamespace = current_schema()::regnamespace";
    let before = fixture.raw().one(tables);
    wait(PostgresStore::create(&fixture.options())).unwrap();
    assert_eq!(fixture.raw().one(tables), before);
    assert_eq!(count(&store, 1), Some(1));
}

#[test]
fn an_interrupted_migration_is_finished_by_the_next() {
    let fixture = Fixture::empty(&Postgres::shared().url());
    let raw = fixture.raw();
    raw.run(&format!(
        "CREATE SCHEMA {0}; CREATE TABLE {0}.schema_version (one boolean PRIMARY KEY, \
         version integer, moved boolean NOT NULL DEFAULT false)",
        fixture.schema
    ));
    wait(PostgresStore::create(&fixture.options())).unwrap();
    apply(&fixture.open(), 1, 1);
}
