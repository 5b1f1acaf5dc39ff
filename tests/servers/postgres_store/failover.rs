//! Servers that stop, are fenced off, or take over.

use sspr::adapters::postgres::PostgresStore;
use sspr::port::{PortErrorKind, Store};

use crate::postgres_store::support::{Fixture, apply, count, key, kind, runtime, step, wait};
use crate::servers::postgres::{Postgres, url_of_all};
use crate::servers::wait_for;

#[test]
fn a_killed_server_is_unavailable_and_returns_with_all_commits() {
    let server = Postgres::start();
    let fixture = Fixture::on(&server.url());
    let store = fixture.open();
    apply(&store, 1, 1);
    server.kill();
    assert_eq!(kind(wait(store.load(&key(1)))), PortErrorKind::Unavailable);
    let written = kind(wait(step(&store, 1, 2)));
    assert!(matches!(written, PortErrorKind::Unavailable | PortErrorKind::Unknown));
    server.restart();
    let found = wait_for("the store", || wait(store.load(&key(1))).ok());
    assert_eq!(found.unwrap().version().count(), 1);
    apply(&store, 1, 2);
}

#[test]
fn a_fenced_primary_is_neither_read_from_nor_written_to_by_open_connections() {
    let server = Postgres::start();
    let fixture = Fixture::on(&server.url());
    let store = fixture.open();
    apply(&store, 1, 1);
    server.sql("ALTER SYSTEM SET default_transaction_read_only = on");
    server.sql("SELECT pg_reload_conf()");
    let refused = |answer: sspr::port::PortResult<_>| {
        let error = answer.err()?;
        assert_eq!(error.kind(), PortErrorKind::Unavailable);
        Some(())
    };
    wait_for("the fence", || refused(wait(store.load(&key(1)))));
    assert_eq!(kind(wait(step(&store, 1, 2))), PortErrorKind::Unavailable);
    assert_eq!(
        kind(wait(store.due(crate::postgres_store::support::at(1), None, 1))),
        PortErrorKind::Unavailable
    );
    assert_eq!(kind(wait(PostgresStore::connect(&fixture.options()))), PortErrorKind::Unavailable);
    server.sql("ALTER SYSTEM RESET default_transaction_read_only");
    server.sql("SELECT pg_reload_conf()");
    wait_for("the store", || wait(store.load(&key(1))).ok());
    apply(&store, 1, 2);
}

#[test]
fn a_standby_that_takes_over_has_every_commit_and_is_found_by_the_same_store() {
    let (primary, standby) = Postgres::pair();
    let fixture = Fixture::on(&url_of_all(&[&standby, &primary]));
    // The standby alone is refused, although it accepts connections.
    let alone = Fixture { url: standby.url(), schema: fixture.schema.clone() };
    assert_eq!(kind(wait(PostgresStore::connect(&alone.options()))), PortErrorKind::Unavailable);
    let store = fixture.open();
    for version in 1..=20 {
        apply(&store, 1, version);
    }
    primary.kill();
    assert_eq!(kind(wait(store.load(&key(1)))), PortErrorKind::Unavailable);
    standby.promote();
    wait_for("the store", || wait(store.load(&key(1))).ok());
    assert_eq!(count(&store, 1), Some(20));
    apply(&store, 1, 21);
}

/// The server acknowledges such a commit, but sends a warning.
#[test]
fn a_commit_that_no_standby_confirmed_is_unknown_though_the_server_answers_it() {
    let (primary, standby) = Postgres::pair();
    let fixture = Fixture::on(&primary.url());
    let store = fixture.open();
    apply(&store, 1, 1);
    standby.kill();
    let commit = {
        let store = store.clone();
        runtime().spawn(async move { step(&store, 1, 2).await })
    };
    let watch = fixture.raw();
    wait_for("the wait for the standby", || (watch.waiting("SyncRep") != "0").then_some(()));
    assert_eq!(watch.cancel("SyncRep"), "1");
    assert_eq!(kind(wait(commit).unwrap()), PortErrorKind::Unknown);
    // The commit is on this server only.
    assert_eq!(count(&store, 1), Some(2));
}

#[test]
fn a_commit_that_no_standby_confirms_in_time_is_unknown() {
    let (primary, standby) = Postgres::pair();
    let fixture = Fixture::on(&primary.url());
    let store = fixture.open_with(fixture.hasty());
    apply(&store, 1, 1);
    standby.kill();
    assert_eq!(kind(wait(step(&store, 1, 2))), PortErrorKind::Unknown);
    // The commit is not visible before a standby has it.
    assert_eq!(count(&store, 1), Some(1));
}
