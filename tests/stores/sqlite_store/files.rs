use std::error::Error;
use std::thread;

use sspr::adapters::sqlite::SqliteStore;
use sspr::port::{Commit, EventsOf, PortErrorKind, Store};
use sspr::port::{RecordKind, Version};

use crate::sqlite_store::support::{
    Fixture, apply, columns, event, key, kind, record, set, tenant, wait,
};

/// A store with one record and one event that were changed outside the store.
fn tampered(sql: &str) -> (Fixture, SqliteStore) {
    let fixture = Fixture::new();
    let store = fixture.open();
    let next = record(1, Version::new(1, 1));
    let events = [event(&next, 0, 5)];
    let columns = columns();
    apply(&store, Commit::new(&next, None, &columns, &events));
    drop(store);
    let raw = fixture.raw();
    // Without STRICT a column takes any value, as in a file that a tool has copied.
    raw.execute_batch(
        "PRAGMA writable_schema = ON;
         UPDATE sqlite_schema SET sql = replace(sql, ' STRICT', '') WHERE type = 'table';
         PRAGMA writable_schema = RESET;",
    )
    .unwrap();
    raw.execute_batch(sql).unwrap();
    drop(raw);
    let store = fixture.open();
    (fixture, store)
}

#[test]
fn an_unreadable_record_is_corrupt_and_never_none() {
    for sql in [
        "UPDATE record SET version_count = 'one'",
        "UPDATE record SET version_nonce = 1.5",
        "UPDATE record SET body = x'7b7d'",
        "UPDATE record SET body = CAST(x'ff' AS TEXT)",
    ] {
        let (_place, store) = tampered(sql);
        assert_eq!(kind(wait(store.load(&key(1)))), PortErrorKind::Corrupt, "{sql}");
        let scan = wait(store.scan(&tenant(), RecordKind::Account, None, 9));
        assert_eq!(kind(scan), PortErrorKind::Corrupt, "{sql}");
    }
}

#[test]
fn an_unreadable_event_is_corrupt() {
    for sql in [
        "UPDATE event SET body = 'x'",
        "UPDATE event SET body = x'00'",
        "UPDATE event SET idx = 70000",
        "UPDATE event SET count = 2",
    ] {
        let (_place, store) = tampered(sql);
        let (key, tenant) = (key(1), tenant());
        let own = wait(store.events(EventsOf::Record(&key), None, 9));
        assert_eq!(kind(own), PortErrorKind::Corrupt, "{sql}");
        let all = wait(store.events(EventsOf::Tenant(&tenant), None, 9));
        assert_eq!(kind(all), PortErrorKind::Corrupt, "{sql}");
    }
}

#[test]
fn a_truncated_file_is_corrupt() {
    let fixture = Fixture::new();
    let store = fixture.open();
    for number in 0..100 {
        set(&store, &record(number, Version::new(1, 1)), None);
    }
    drop(store);
    let file = std::fs::OpenOptions::new().write(true).open(fixture.file()).unwrap();
    file.set_len(2 * 4096).unwrap();
    drop(file);
    // Either opening the file or reading from it must fail.
    let found =
        SqliteStore::open_or_create(fixture.file()).and_then(|store| wait(store.load(&key(1))));
    assert_eq!(kind(found), PortErrorKind::Corrupt);
}

#[test]
fn a_file_that_is_no_database_is_corrupt() {
    let fixture = Fixture::new();
    std::fs::write(fixture.file(), "no database\n".repeat(1_000)).unwrap();
    let opened = SqliteStore::open_or_create(fixture.file());
    assert_eq!(kind(opened), PortErrorKind::Corrupt);
}

#[test]
fn a_newer_schema_and_a_foreign_file_are_refused_and_left_unchanged() {
    let newer = Fixture::new();
    drop(newer.open());
    newer.raw().pragma_update(None, "user_version", 99).unwrap();
    let foreign = Fixture::new();
    foreign.raw().execute_batch("CREATE TABLE theirs (x)").unwrap();
    for (fixture, says) in [(&newer, "99"), (&foreign, "another application")] {
        let before = std::fs::read(fixture.file()).unwrap();
        let error = SqliteStore::open_or_create(fixture.file()).unwrap_err();
        assert_eq!(error.kind(), PortErrorKind::Denied);
        let source = error.source().unwrap().to_string();
        assert!(source.contains(says), "{source}");
        assert_eq!(std::fs::read(fixture.file()).unwrap(), before);
    }
}

#[test]
fn a_path_that_cannot_be_opened_is_a_typed_error() {
    let fixture = Fixture::new();
    let missing = SqliteStore::open_or_create(fixture.as_ref().join("no/such/directory"));
    assert_eq!(kind(missing), PortErrorKind::Unavailable);
    assert!(SqliteStore::open_or_create(fixture.as_ref()).is_err(), "a directory");
}

#[test]
fn several_handles_open_one_new_file_at_once() {
    let fixture = Fixture::new();
    thread::scope(|scope| {
        for number in 0..16 {
            let fixture = &fixture;
            scope.spawn(move || {
                let store = fixture.open();
                set(&store, &record(number, Version::new(1, 1)), None);
            });
        }
    });
    let store = fixture.open();
    let page = wait(store.scan(&tenant(), RecordKind::Account, None, 99)).unwrap();
    assert_eq!(page.items.len(), 16);
}

#[cfg(unix)]
#[test]
fn only_the_owner_may_read_the_files() {
    use std::os::unix::fs::PermissionsExt;

    let fixture = Fixture::new();
    let store = fixture.open();
    set(&store, &record(1, Version::new(1, 1)), None);
    let mut names = Vec::new();
    for entry in std::fs::read_dir(fixture.as_ref()).unwrap() {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{:?}", entry.file_name());
        names.push(entry.file_name().into_string().unwrap());
    }
    names.sort();
    let expected = ["sspr.db", "sspr.db-gate", "sspr.db-shm", "sspr.db-wal", "sspr.db-writing"];
    assert_eq!(names, expected);
}

#[test]
fn operators_find_the_columns_beside_the_body() {
    let fixture = Fixture::new();
    let store = fixture.open();
    let mut columns = columns();
    columns.user = Some(sspr::UserId::parse("ada").unwrap());
    columns.locked_until = Some(sspr::Timestamp::MAX);
    columns.registered = true;
    let next = record(7, Version::new(1, 1));
    apply(&store, Commit::new(&next, None, &columns, &[]));
    let locked: (String, String) = fixture
        .raw()
        .query_row(
            "SELECT tenant, user_id FROM record
             WHERE kind = 'account' AND locked_until > unixepoch() * 1000 AND registered = 1
               AND shard = 7 AND updated_at = 1000",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .unwrap();
    assert_eq!(locked, ("contoso".to_owned(), "ada".to_owned()));
}
