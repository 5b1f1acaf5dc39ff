//! Rules that apply to every statement.

use super::schema::FIND_VERSION;
use super::sql::*;

/// Every statement, on one line and with the shared expressions filled in.
pub(super) fn all() -> Vec<String> {
    let plain = [
        LOAD,
        MAY_READ,
        INSERT,
        UPDATE,
        ADD,
        COUNT,
        DUE,
        SCAN,
        EVENTS_OF_RECORD,
        EVENTS_OF_TENANT,
        PURGE_RECORDS,
        PURGE_COUNTERS,
        PURGE_EVENTS,
        FIND_VERSION,
    ];
    let with_events: [&str; 2] = [&INSERT_WITH_EVENTS, &UPDATE_WITH_EVENTS];
    plain.into_iter().chain(with_events).map(one_line).collect()
}

fn one_line(sql: &str) -> String {
    expand(sql).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The tables that are divided into buckets.
const TABLES: [&str; 4] = ["{s}.record", "{s}.event", "{s}.event_head", "{s}.counter"];

/// The parts of a statement, each from one access to such a table to the next.
fn accesses(sql: &str) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    let mut last = "";
    for word in sql.split_whitespace() {
        if matches!(last, "FROM" | "JOIN" | "INTO" | "UPDATE") && TABLES.contains(&word) {
            parts.push(String::new());
        }
        if let Some(part) = parts.last_mut() {
            part.extend([word, " "]);
        }
        last = word;
    }
    parts
}

#[test]
fn every_access_to_a_table_names_its_bucket() {
    let mut count = 0;
    for sql in all() {
        for part in accesses(&sql) {
            let selects = part.contains("shard = $1");
            let inserts = ["VALUES ($1, ", "SELECT $1, "].iter().any(|text| part.contains(text));
            assert!(selects || (inserts && part.contains(" (shard, ")), "{part}");
            count += 1;
        }
    }
    // A check of the test itself: a purge has two accesses.
    assert_eq!(accesses(&one_line(PURGE_EVENTS)).len(), 2);
    assert!(count >= 21, "{count}");
}

#[test]
fn the_list_of_statements_is_complete() {
    let source = include_str!("sql.rs");
    let constants =
        source.matches("pub(super) const ").count() + source.matches("pub(super) static ").count();
    // One statement is kept with the schema.
    assert_eq!(constants + 1, all().len());
    for other in [
        include_str!("read.rs"),
        include_str!("session.rs"),
        include_str!("store.rs"),
        include_str!("write.rs"),
    ] {
        for verb in ["\"SELECT ", "\"INSERT ", "\"UPDATE ", "\"DELETE "] {
            assert!(!other.contains(verb), "a statement outside of sql.rs: {verb}");
        }
    }
}

#[test]
fn no_statement_depends_on_a_single_server() {
    for sql in all() {
        let lower = sql.to_lowercase();
        for banned in ["advisory", "nextval", "xid", "xmin", "ctid", "listen", "notify", "now()"] {
            assert!(!lower.contains(banned), "{banned}: {sql}");
        }
    }
}

/// The session's `search_path` may be another client's behind a pooler.
#[test]
fn every_table_is_named_with_its_schema() {
    for sql in all() {
        let mut last = "";
        for word in sql.split_whitespace() {
            let bare = word.trim_matches(|c: char| !c.is_alphanumeric() && c != '_');
            let table = ["record", "event", "event_head", "counter", "schema_version"];
            if matches!(last, "FROM" | "JOIN" | "INTO" | "UPDATE") {
                assert!(!table.contains(&bare) || word.contains("{s}."), "{sql}");
            }
            last = word;
        }
    }
}

/// Each statement that changes anything requires the known version of the schema.
#[test]
fn no_statement_writes_without_the_version_of_the_schema() {
    for sql in all() {
        let writes =
            ["INSERT INTO", "UPDATE {s}.", "DELETE FROM"].iter().any(|verb| sql.contains(verb));
        assert_eq!(writes, sql.contains("WHEN version = 1 THEN '1'"), "{sql}");
    }
}

/// The one other statement reads the version, once, when the store connects.
#[test]
fn every_statement_holds_the_condition_on_its_session() {
    for sql in all().into_iter().filter(|sql| sql != FIND_VERSION) {
        let pure_insert = sql.contains("INSERT") && !sql.contains("UPDATE {s}.");
        let (all, in_where) = (sql.matches("{ok}").count(), sql.matches("WHERE {ok}").count());
        let version = usize::from(sql.contains("{s}.schema_version WHERE {ok}"));
        assert_eq!(all, in_where, "not evaluated before the rows: {sql}");
        assert_eq!(all, if pure_insert { version } else { version + 1 }, "{sql}");
        assert!(all > 0, "{sql}");
    }
}
