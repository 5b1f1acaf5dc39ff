//! The store over a pool of the host: its transactions, its settings, its migrations.

use std::time::Duration;

use sspr::adapters::postgres::PostgresStore;
use sspr::adapters::postgres::deadpool_postgres::tokio_postgres::{Config, NoTls};
use sspr::adapters::postgres::deadpool_postgres::{
    Hook, HookError, Manager, Object, Pool, PoolBuilder, Runtime,
};
use sspr::port::{Committed, PortErrorKind, Store as _};

use crate::postgres_store::support::{Fixture, apply, count, key, kind, runtime, step, wait};

const TIMEOUT: Duration = Duration::from_secs(5);

/// Settings that differ from the store's.
const SETTINGS: &str = "SET statement_timeout = 0; SET synchronous_commit = off; \
                        SET default_transaction_isolation = serializable; \
                        SET client_min_messages = notice";

const SHOWN: &str = "SELECT concat_ws(' ', current_setting('statement_timeout'), \
                     current_setting('synchronous_commit'), \
                     current_setting('default_transaction_isolation'), \
                     current_setting('client_min_messages'))";

fn builder(fixture: &Fixture) -> PoolBuilder {
    let config: Config = fixture.named(&fixture.url).parse().unwrap();
    Pool::builder(Manager::new(config, NoTls)).runtime(Runtime::Tokio1).max_size(2)
}

/// A pool whose sessions have settings of the host.
fn pool(fixture: &Fixture) -> Pool {
    let settings = Hook::async_fn(|client, _| {
        Box::pin(async { client.batch_execute(SETTINGS).await.map_err(HookError::Backend) })
    });
    builder(fixture).post_create(settings).build().unwrap()
}

fn over(pool: &Pool, fixture: &Fixture) -> PostgresStore {
    wait(PostgresStore::over(pool, &fixture.schema, TIMEOUT)).unwrap()
}

fn connection(pool: &Pool) -> Object {
    wait(pool.get()).unwrap()
}

fn run(connection: &Object, sql: &str) {
    wait(connection.batch_execute(sql)).unwrap();
}

fn shown(connection: &Object) -> String {
    wait(connection.query_one(SHOWN, &[])).unwrap().get(0)
}

/// All connections of the pool have the settings of the host.
#[track_caller]
fn assert_given_back(pool: &Pool) {
    for connection in [connection(pool), connection(pool)] {
        assert_eq!(shown(&connection), "0 off serializable notice");
    }
}

#[test]
fn a_transaction_of_the_host_and_a_commit_of_the_store_do_not_disturb_each_other() {
    let fixture = Fixture::new();
    let pool = pool(&fixture);
    let store = over(&pool, &fixture);
    let table = format!("\"{}\".of_the_host", fixture.schema);
    let host = connection(&pool);
    run(&host, &format!("CREATE TABLE {table} (name text)"));

    // The host undoes its own work only.
    run(&host, &format!("BEGIN; INSERT INTO {table} VALUES ('undone')"));
    apply(&store, 1, 1);
    run(&host, "ROLLBACK");
    assert_eq!(count(&store, 1), Some(1));

    // A commit that is refused does not end the host's transaction.
    run(&host, &format!("BEGIN; INSERT INTO {table} VALUES ('kept')"));
    assert_eq!(wait(step(&store, 1, 1)).unwrap(), Committed::Stale);
    assert!(wait(store.load(&key(2))).unwrap().is_none());
    run(&host, "COMMIT");
    let names = format!("SELECT string_agg(name, ',') FROM {table}");
    assert_eq!(fixture.raw().one(&names), "kept");
}

#[test]
fn a_call_has_the_settings_of_the_store_and_gives_those_of_the_host_back() {
    let fixture = Fixture::new();
    let pool = pool(&fixture);
    let store = over(&pool, &fixture);
    assert_given_back(&pool);
    let raw = fixture.raw();
    raw.run(&format!(
        "CREATE TABLE seen (settings text);
         CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
         INSERT INTO {0}.seen {SHOWN}; RETURN NULL; END $$;
         CREATE TRIGGER note AFTER INSERT ON record EXECUTE FUNCTION note()",
        fixture.schema
    ));
    apply(&store, 1, 1);
    assert_eq!(raw.one("SELECT settings FROM seen"), "5s on read committed warning");
    assert_given_back(&pool);
    // After an error too.
    raw.run("DROP TABLE counter CASCADE; ALTER TABLE record RENAME TO gone");
    assert_eq!(kind(wait(store.load(&key(1)))), PortErrorKind::Denied);
    assert_given_back(&pool);
}

#[test]
fn a_dropped_call_leaves_no_connection_with_other_settings() {
    let fixture = Fixture::new();
    let pool = pool(&fixture);
    let store = over(&pool, &fixture);
    let raw = fixture.raw();
    raw.run("BEGIN; LOCK TABLE record IN ACCESS EXCLUSIVE MODE");
    let blocked = runtime().spawn(async move { store.load(&key(1)).await });
    while raw.waiting("relation") != "1" {
        std::thread::yield_now();
    }
    blocked.abort();
    assert!(wait(blocked).unwrap_err().is_cancelled());
    raw.run("COMMIT");
    assert_given_back(&pool);
}

#[test]
fn a_connection_that_is_returned_inside_a_transaction_is_not_used() {
    let fixture = Fixture::new();
    let pool = pool(&fixture);
    let store = over(&pool, &fixture);
    for connection in [connection(&pool), connection(&pool)] {
        run(&connection, "BEGIN");
    }
    for _ in 0..2 {
        assert_eq!(kind(wait(step(&store, 1, 1))), PortErrorKind::Unavailable);
    }
    assert_eq!(count(&store, 1), None);
    apply(&store, 1, 1);
    assert_eq!(count(&fixture.open(), 1), Some(1));
}

#[test]
fn a_pool_without_a_store_or_with_a_single_connection_is_refused() {
    let fixture = Fixture::empty(&Fixture::new().url);
    let opened = |pool: &Pool, schema: &str| kind(wait(PostgresStore::over(pool, schema, TIMEOUT)));
    assert_eq!(opened(&pool(&fixture), &fixture.schema), PortErrorKind::Denied);
    assert_eq!(opened(&pool(&fixture), "Not a schema"), PortErrorKind::Denied);
    let fixture = Fixture::new();
    let single = builder(&fixture).max_size(1).build().unwrap();
    assert_eq!(opened(&single, &fixture.schema), PortErrorKind::Denied);
}

/// The columns and indexes of a schema, without its name.
fn tables(fixture: &Fixture) -> String {
    let raw = fixture.raw();
    let columns = raw.one(
        "SELECT string_agg(concat_ws(' ', table_name, column_name, data_type, is_nullable, column_default), ', ' \
         ORDER BY table_name, ordinal_position) FROM information_schema.columns WHERE table_schema = current_schema()",
    );
    let indexes = raw.one(
        "SELECT string_agg(indexdef, ', ' ORDER BY indexname) FROM pg_indexes WHERE schemaname = current_schema()",
    );
    format!("{columns} {indexes}").replace(&fixture.schema, "")
}

#[test]
fn the_exported_migrations_make_the_same_tables() {
    let fixture = Fixture::empty(&Fixture::new().url);
    // Another schema is the first of the search path, as in a tool that migrates the host's own tables.
    let raw = Fixture::new().raw();
    raw.run(&format!("CREATE SCHEMA \"{}\"", fixture.schema));
    for migration in PostgresStore::migrations(&fixture.schema).unwrap() {
        raw.run(&format!("BEGIN; {} COMMIT", migration.sql));
    }
    assert_eq!(tables(&fixture), tables(&Fixture::new()));
    apply(&over(&pool(&fixture), &fixture), 1, 1);
    apply(&fixture.open(), 1, 2);
    // The store's own call finds nothing to do.
    wait(PostgresStore::migrate(&fixture.options())).unwrap();
}
