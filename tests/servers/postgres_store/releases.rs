//! Two releases on one store, two stores on one connection, and missing stores.

use std::error::Error as _;

use sspr::Timestamp;
use sspr::adapters::postgres::PostgresStore;
use sspr::port::CounterKey;
use sspr::port::{CounterIncrement, Cutoff, PortErrorKind, Store as _};

use crate::postgres_store::support::{Fixture, apply, count, key, kind, step, wait};
use crate::servers::postgres::Postgres;

#[test]
fn neither_connecting_nor_migrating_creates_a_store() {
    let fixture = Fixture::empty(&Postgres::shared().url());
    assert_eq!(kind(wait(PostgresStore::connect(&fixture.options()))), PortErrorKind::Denied);
    assert_eq!(kind(wait(PostgresStore::migrate(&fixture.options()))), PortErrorKind::Denied);
    assert_eq!(kind(wait(PostgresStore::connect(&fixture.options()))), PortErrorKind::Denied);
    wait(PostgresStore::create(&fixture.options())).unwrap();
    wait(PostgresStore::migrate(&fixture.options())).unwrap();
    // After an accidental drop, a deployment that migrates does not create it again.
    let drop = format!("DROP SCHEMA \"{}\" CASCADE", fixture.schema);
    Postgres::shared().sql(&drop);
    assert_eq!(kind(wait(PostgresStore::migrate(&fixture.options()))), PortErrorKind::Denied);
}

#[test]
fn a_migration_by_a_newer_release_stops_the_writes_of_a_running_one() {
    let fixture = Fixture::new();
    let store = fixture.open();
    apply(&store, 1, 1);
    let sql = format!("UPDATE \"{}\".schema_version SET version = 2", fixture.schema);
    Postgres::shared().sql(&sql);
    let refused = wait(step(&store, 1, 2)).unwrap_err();
    assert_eq!(refused.kind(), PortErrorKind::Denied);
    let says = refused.source().map(ToString::to_string).unwrap_or_default();
    assert!(says.contains("schema version 2"), "{says}");
    assert_eq!(kind(wait(step(&store, 2, 1))), PortErrorKind::Denied);
    let increment = [CounterIncrement::new(CounterKey::from_bytes([1; 32]), 1, Timestamp::MAX)];
    assert_eq!(kind(wait(store.increment(&increment))), PortErrorKind::Denied);
    let purge = store.purge(Cutoff::new(Timestamp::MAX, Timestamp::MAX), 9);
    assert_eq!(kind(wait(purge)), PortErrorKind::Denied);
    assert_eq!(count(&store, 1), Some(1), "what was acknowledged stands");
}

/// A pooler may give a session to another client with the settings of the first. Here the sessions
/// of each store are set to the schema of the other store.
#[test]
fn two_stores_do_not_mix_whatever_the_search_path_of_their_sessions_is() {
    let (one, other) = (Fixture::new(), Fixture::new());
    let path = |from: &Fixture, to: &Fixture| {
        let joint = if from.url.contains('?') { '&' } else { '?' };
        let option = format!("{joint}options=-csearch_path%3D{}", to.schema);
        let options =
            sspr::adapters::postgres::PostgresOptions::parse(&format!("{}{option}", from.url));
        let options = options.unwrap().with_schema(&from.schema).with_connections(2);
        wait(PostgresStore::connect(&options)).unwrap()
    };
    let (first, second) = (path(&one, &other), path(&other, &one));
    apply(&first, 1, 1);
    apply(&second, 2, 1);
    for (store, own, foreign) in [(&first, 1, 2), (&second, 2, 1)] {
        assert!(wait(store.load(&key(own))).unwrap().is_some());
        assert!(wait(store.load(&key(foreign))).unwrap().is_none());
    }
    for (fixture, own) in [(&one, "01"), (&other, "02")] {
        let sql = format!("SELECT encode(key, 'hex') FROM \"{}\".record", fixture.schema);
        assert!(Postgres::shared().sql(&sql).trim().starts_with(own));
    }
}
