//! Runs the SQL of the manual's page unchanged, and tests the rights of its roles.

use sspr::adapters::postgres::{PostgresOptions, PostgresStore};
use sspr::port::{CounterIncrement, Cutoff, EventsOf, PortErrorKind, Store};
use sspr::port::{CounterKey, RecordKind};

use crate::postgres_store::support::{apply, at, count, kind, tenant, wait};
use crate::servers::postgres::Postgres;

/// The statements of the page, block by block.
fn blocks() -> Vec<Vec<String>> {
    let page = include_str!("../../../src/manual/postgres.rs");
    let lines: Vec<&str> = page.lines().map(|line| line.trim_start_matches("//!")).collect();
    let text = lines.join("\n");
    let blocks = text.split("```sql").skip(1).map(|rest| rest.split("```").next().unwrap());
    let statements = |block: &str| {
        block.split(';').map(|sql| sql.trim().to_owned()).filter(|sql| !sql.is_empty()).collect()
    };
    blocks.map(statements).collect()
}

/// A server set up as on the page.
fn set_up() -> (Postgres, Vec<String>) {
    let server = Postgres::start();
    let mut blocks = blocks().into_iter();
    for sql in blocks.next().unwrap() {
        server.sql(&sql);
    }
    server.sql("ALTER ROLE sspr_owner PASSWORD 'x'");
    wait(PostgresStore::create(&options(&server, "sspr_owner"))).unwrap();
    let mut answers = Vec::new();
    for sql in blocks.flatten() {
        answers.push(server.sql(&sql));
    }
    server.sql("ALTER ROLE sspr_serve PASSWORD 'x'; ALTER ROLE sspr_look PASSWORD 'x'");
    (server, answers)
}

fn options(server: &Postgres, role: &str) -> PostgresOptions {
    PostgresOptions::parse(&server.url_of(role, "x", "postgres")).unwrap()
}

/// Whether a role may do this.
fn may(server: &Postgres, role: &str, sql: &str) -> bool {
    let url = server.url_of(role, "x", "postgres");
    wait(async {
        let (client, connection) =
            tokio_postgres::connect(&url, tokio_postgres::NoTls).await.unwrap();
        tokio::spawn(connection);
        client.batch_execute(sql).await.is_ok()
    })
}

#[test]
fn the_pages_roles_suffice_and_no_more() {
    let (server, answers) = set_up();
    assert!(answers.len() >= 20, "{} statements", answers.len());
    let store = wait(PostgresStore::connect(&options(&server, "sspr_serve"))).unwrap();
    apply(&store, 1, 1);
    apply(&store, 1, 2);
    assert_eq!(count(&store, 1), Some(2));
    let increment = CounterIncrement::new(CounterKey::from_bytes([1; 32]), 2, at(9));
    assert_eq!(wait(store.increment(&[increment])).unwrap(), [2]);
    wait(store.due(at(9), None, 9)).unwrap();
    let listed = wait(store.scan(&tenant(), RecordKind::Account, None, 9)).unwrap();
    assert_eq!(listed.items.len(), 1);
    let events = wait(store.events(EventsOf::Tenant(&tenant()), None, 9)).unwrap();
    assert_eq!(events.items.len(), 4);
    assert_eq!(wait(store.purge(Cutoff::new(at(9), at(9)), 99)).unwrap(), 5);

    for sql in [
        "DELETE FROM sspr.event_head",
        "TRUNCATE sspr.record",
        "DROP TABLE sspr.counter",
        "CREATE TABLE sspr.own (n int)",
        "UPDATE sspr.schema_version SET version = 2",
    ] {
        assert!(!may(&server, "sspr_serve", sql), "{sql}");
    }
    assert!(may(&server, "sspr_look", "SELECT * FROM sspr.record"));
    for sql in [
        "UPDATE sspr.record SET registered = true",
        "SET default_transaction_read_only = off; DELETE FROM sspr.record",
        "SELECT * FROM sspr.counter",
    ] {
        assert!(!may(&server, "sspr_look", sql), "{sql}");
    }
    let serving = options(&server, "sspr_serve");
    assert_eq!(kind(wait(PostgresStore::create(&serving))), PortErrorKind::Denied);
}

#[test]
fn the_pages_queries_find_what_they_say() {
    let (server, _) = set_up();
    server.sql(
        "INSERT INTO sspr.record (shard, key, tenant, kind, version_count, version_nonce, \
         registered, locked_until, wake_at, expires_at, updated_at, body, user_id) \
         SELECT 1, decode(repeat('01', 32), 'hex'), 'contoso', 'account', 1, 1, true, \
         4102444800000, 1000, 1000, 1, '{}', '6e7b768e'",
    );
    server.sql(
        "INSERT INTO sspr.event (shard, seq, record, count, idx, tenant, at, code, user_id, body) \
         SELECT 1, 1, decode(repeat('01', 32), 'hex'), 1, 0, 'contoso', \
         extract(epoch FROM now()) * 1000, 'unblocked', '6e7b768e', '{}'",
    );
    let query = |start: &str| {
        let all = blocks().into_iter().flatten();
        let found: Vec<String> = all.filter(|sql| sql.contains(start)).collect();
        assert_eq!(found.len(), 1, "{start}");
        server.sql(&found[0])
    };
    assert!(query("locked now").starts_with("contoso|6e7b768e|2100-01-01"));
    assert_eq!(query("have registered"), "contoso|1|1");
    assert_eq!(query("a minute late"), "1");
    assert_eq!(query("a day past"), "1");
    assert_eq!(query("last hour"), "unblocked|1");
    assert!(query("story of one account").ends_with("|unblocked|{}"));
}
