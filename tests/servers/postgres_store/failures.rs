//! Failures of a server, and the errors that the store then returns.

use std::time::Duration;

use sspr::SecretText;
use sspr::Timestamp;
use sspr::adapters::postgres::{PostgresOptions, PostgresStore};
use sspr::port::CounterKey;
use sspr::port::{Committed, CounterIncrement, PortErrorKind, Store};
use sspr::testing::block_on;

use crate::postgres_store::support::{Fixture, apply, at, count, key, kind, runtime, step, wait};
use crate::servers::postgres::Postgres;
use crate::servers::wait_for;

#[test]
fn a_wrong_password_is_denied_and_not_repeated() {
    let fixture = Fixture::new();
    let wrong = fixture.options().with_password(&SecretText::from("hunter2"));
    let error = wait(PostgresStore::connect(&wrong)).unwrap_err();
    assert_eq!(error.kind(), PortErrorKind::Denied);
    assert!(!format!("{error:?}").contains("hunter2"));
}

#[test]
fn a_schema_that_is_not_there_older_or_newer_is_denied() {
    let fixture = Fixture::empty(&Postgres::shared().url());
    assert_eq!(kind(wait(PostgresStore::connect(&fixture.options()))), PortErrorKind::Denied);
    let fixture = Fixture::new();
    for version in [0, 2] {
        fixture.raw().run(&format!("UPDATE schema_version SET version = {version}"));
        assert_eq!(kind(wait(PostgresStore::connect(&fixture.options()))), PortErrorKind::Denied);
    }
    // A newer schema is not changed.
    assert_eq!(kind(wait(PostgresStore::create(&fixture.options()))), PortErrorKind::Denied);
    assert_eq!(fixture.raw().one("SELECT version FROM schema_version"), "2");
}

#[test]
fn no_server_is_unavailable_in_time() {
    let options = PostgresOptions::parse("postgres://ada@127.0.0.1:1/identity").unwrap();
    assert_eq!(kind(wait(PostgresStore::connect(&options))), PortErrorKind::Unavailable);
}

#[test]
fn without_a_runtime_a_call_is_unavailable_and_does_not_panic() {
    let fixture = Fixture::new();
    let store = fixture.open();
    let options = fixture.options();
    let connected = block_on(PostgresStore::connect(&options)).map(drop);
    assert_eq!(kind(connected), PortErrorKind::Unavailable);
    assert_eq!(kind(block_on(PostgresStore::create(&options))), PortErrorKind::Unavailable);
    assert_eq!(kind(block_on(store.load(&key(1)))), PortErrorKind::Unavailable);
}

#[test]
fn a_statement_whose_time_is_up_has_not_happened() {
    let fixture = Fixture::new();
    let store = fixture.open_with(fixture.hasty());
    apply(&store, 1, 1);
    let raw = fixture.raw();
    raw.run("BEGIN; SELECT * FROM record FOR UPDATE");
    assert_eq!(kind(wait(step(&store, 1, 2))), PortErrorKind::Unavailable);
    raw.run("ROLLBACK");
    assert_eq!(count(&store, 1), Some(1));
    apply(&store, 1, 2);
}

#[test]
fn an_increment_whose_time_is_up_is_unknown_if_others_of_its_batch_were_added() {
    let fixture = Fixture::new();
    let store = fixture.open_with(fixture.hasty());
    let increment =
        |number| CounterIncrement::new(CounterKey::from_bytes([number; 32]), 1, at(100));
    wait(store.increment(&[increment(1)])).unwrap();
    let raw = fixture.raw();
    raw.run("BEGIN; SELECT * FROM counter FOR UPDATE");
    assert_eq!(kind(wait(store.increment(&[increment(1)]))), PortErrorKind::Unavailable);
    assert_eq!(kind(wait(store.increment(&[increment(2), increment(1)]))), PortErrorKind::Unknown);
    raw.run("ROLLBACK");
    assert_eq!(wait(store.increment(&[increment(1), increment(2)])).unwrap(), [2, 2]);
}

#[test]
fn a_session_that_is_ended_is_unknown_to_a_write_and_the_next_call_has_another() {
    let fixture = Fixture::new();
    let store = fixture.open_with(fixture.options().with_connections(1));
    apply(&store, 1, 1);
    let raw = fixture.raw();
    raw.run("BEGIN; SELECT * FROM record FOR UPDATE");
    let commit = {
        let store = store.clone();
        runtime().spawn(async move { step(&store, 1, 2).await })
    };
    let watch = fixture.raw();
    wait_for("the wait for the record", || (watch.waiting("transactionid") != "0").then_some(()));
    assert_eq!(watch.end_sessions(), "1");
    assert_eq!(kind(wait(commit).unwrap()), PortErrorKind::Unknown);
    raw.run("ROLLBACK");
    assert_eq!(count(&store, 1), Some(1));
    apply(&store, 1, 2);
}

#[test]
fn a_read_whose_idle_connection_was_ended_is_made_again() {
    let fixture = Fixture::new();
    let store = fixture.open();
    apply(&store, 1, 1);
    for _ in 0..20 {
        fixture.raw().end_sessions();
        assert_eq!(count(&store, 1), Some(1));
    }
}

#[test]
fn without_a_free_connection_a_call_is_soon_unavailable() {
    let fixture = Fixture::new();
    let options = fixture.options().with_connections(1);
    let store = fixture.open_with(options.with_acquire_timeout(Duration::from_secs(1)));
    apply(&store, 1, 1);
    let raw = fixture.raw();
    raw.run("BEGIN; SELECT * FROM record FOR UPDATE");
    let commit = {
        let store = store.clone();
        runtime().spawn(async move { step(&store, 1, 2).await })
    };
    let watch = fixture.raw();
    wait_for("the wait for the record", || (watch.waiting("transactionid") != "0").then_some(()));
    assert_eq!(kind(wait(store.load(&key(1)))), PortErrorKind::Unavailable);
    raw.run("ROLLBACK");
    assert_eq!(wait(commit).unwrap().unwrap(), Committed::Applied);
    assert_eq!(count(&store, 1), Some(2));
}

#[test]
fn a_missing_table_or_right_is_denied_and_never_none() {
    let fixture = Fixture::new();
    let store = fixture.open();
    apply(&store, 1, 1);
    let raw = fixture.raw();
    raw.run("ALTER TABLE record RENAME TO away");
    assert_eq!(kind(wait(fixture.open().load(&key(1)))), PortErrorKind::Denied);
    assert_eq!(kind(wait(step(&fixture.open(), 2, 1))), PortErrorKind::Denied);
    raw.run("ALTER TABLE away RENAME TO record");
    assert_eq!(count(&store, 1), Some(1));
}

#[test]
fn a_row_of_another_form_is_corrupt_and_never_none() {
    let fixture = Fixture::new();
    apply(&fixture.open(), 1, 1);
    fixture.raw().run("ALTER TABLE record ALTER version_count TYPE text");
    assert_eq!(kind(wait(fixture.open().load(&key(1)))), PortErrorKind::Corrupt);
}

#[test]
fn a_row_cannot_stray_into_another_bucket() {
    let fixture = Fixture::new();
    apply(&fixture.open(), 1, 1);
    let raw = fixture.raw();
    let moved = "DO $$ BEGIN UPDATE record SET shard = 2; RAISE 'it strayed'; \
                 EXCEPTION WHEN check_violation THEN NULL; END $$";
    raw.run(moved);
    assert_eq!(raw.one("SELECT shard FROM record"), "1");
}

#[test]
fn a_closed_store_is_unavailable() {
    let fixture = Fixture::new();
    let store = fixture.open();
    let clone = store.clone();
    store.close();
    assert_eq!(kind(wait(clone.load(&key(1)))), PortErrorKind::Unavailable);
    let due = clone.due(Timestamp::from_unix_seconds(1), None, 1);
    assert_eq!(kind(wait(due)), PortErrorKind::Unavailable);
}
