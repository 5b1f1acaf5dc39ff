//! What a host does by itself: it migrates the file, and prepares the connections.

use std::error::Error as _;
use std::sync::atomic::{AtomicU32, Ordering};

use sspr::adapters::sqlite::{SqliteStore, rusqlite};
use sspr::port::{PortErrorKind, Store as _, Version};

use crate::sqlite_store::support::{Fixture, key, kind, record, set, wait};

fn tables(fixture: &Fixture) -> String {
    let all = "SELECT group_concat(sql, ';') FROM (SELECT sql FROM sqlite_schema ORDER BY name)";
    fixture.raw().query_row(all, [], |row| row.get(0)).unwrap()
}

#[test]
fn the_exported_migrations_make_the_same_store() {
    let (fixture, other) = (Fixture::new(), Fixture::new());
    let raw = fixture.raw();
    for migration in SqliteStore::migrations() {
        raw.execute_batch(&format!("BEGIN; {} COMMIT", migration.sql)).unwrap();
    }
    drop(raw);
    let store = SqliteStore::open_migrated(fixture.file()).unwrap();
    set(&store, &record(1, Version::new(1, 1)), None);
    drop((store, other.open()));
    assert_eq!(tables(&fixture), tables(&other));
    let store = SqliteStore::open(fixture.file()).unwrap();
    assert!(wait(store.load(&key(1))).unwrap().is_some());
}

#[test]
fn a_store_that_the_host_migrates_is_never_migrated_by_opening_it() {
    let fixture = Fixture::new();
    assert_eq!(kind(SqliteStore::open_migrated(fixture.file())), PortErrorKind::Denied);
    assert!(!fixture.file().exists(), "no file was created");
    std::fs::write(fixture.file(), "").unwrap();
    assert_eq!(kind(SqliteStore::open_migrated(fixture.file())), PortErrorKind::Denied);
    let objects = "SELECT count(*) FROM sqlite_schema";
    assert_eq!(fixture.raw().query_row(objects, [], |row| row.get::<_, i32>(0)).unwrap(), 0);
}

#[test]
fn each_connection_is_prepared_before_its_first_use() {
    let fixture = Fixture::new();
    let prepared = AtomicU32::new(0);
    let prepare = |connection: &rusqlite::Connection| {
        prepared.fetch_add(1, Ordering::Relaxed);
        connection.pragma_update(None, "temp_store", "MEMORY")
    };
    drop(SqliteStore::create_with(fixture.file(), prepare).unwrap());
    drop(SqliteStore::open_with(fixture.file(), prepare).unwrap());
    // The writer and two readers, twice.
    assert_eq!(prepared.load(Ordering::Relaxed), 6);
    let failing = |connection: &rusqlite::Connection| connection.execute_batch("no SQL");
    let error = SqliteStore::open_with(fixture.file(), failing).unwrap_err();
    assert!(error.source().is_some_and(|source| source.to_string().contains("syntax")));
}
