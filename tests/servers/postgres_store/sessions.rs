//! The settings of the store's sessions, read by a trigger.

use crate::postgres_store::support::{Fixture, apply};
use crate::servers::postgres::Postgres;

/// The value of a setting in a session of the store, given the database's default.
fn seen(setting: &str, default: &str) -> String {
    let fixture = Fixture::on(&Postgres::shared().database());
    let raw = fixture.raw();
    let database = raw.one("SELECT current_database()");
    raw.run(&format!("ALTER DATABASE {database} SET {setting} = {default}"));
    raw.run(&format!(
        "CREATE TABLE seen (setting text);
         CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
         INSERT INTO {0}.seen VALUES (current_setting('{setting}')); RETURN NULL; END $$;
         CREATE TRIGGER note AFTER INSERT ON record EXECUTE FUNCTION note()",
        fixture.schema
    ));
    apply(&fixture.open(), 1, 1);
    raw.one("SELECT setting FROM seen")
}

#[test]
fn a_commit_returns_only_when_it_is_durable() {
    assert_eq!(seen("synchronous_commit", "off"), "on");
    assert_eq!(seen("synchronous_commit", "local"), "on");
    assert_eq!(seen("synchronous_commit", "remote_apply"), "remote_apply");
}

#[test]
fn the_isolation_and_the_timeout_are_the_stores_own() {
    assert_eq!(seen("default_transaction_isolation", "serializable"), "read committed");
    assert_eq!(seen("statement_timeout", "0"), "5s");
}

#[test]
fn a_session_with_any_timeout_of_the_options_is_known_as_the_stores_own() {
    let fixture = Fixture::new();
    for (number, millis) in (1_u8..).zip([999, 1_000, 1_500, 2_000, 49_999, 50_000]) {
        let timeout = std::time::Duration::from_millis(millis);
        apply(&fixture.open_with(fixture.options().with_statement_timeout(timeout)), number, 1);
    }
}
