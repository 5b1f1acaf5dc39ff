//! What holds for every statement.

use super::schema::FIND_VERSION;
use super::sql::*;

pub(super) const ALL: [&str; 16] = [
    LOAD,
    MAY_READ,
    INSERT,
    UPDATE,
    INSERT_WITH_EVENTS,
    UPDATE_WITH_EVENTS,
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

/// The tables that are cut into buckets.
const TABLES: [&str; 4] = ["{s}.record", "{s}.event", "{s}.event_head", "{s}.counter"];

/// The parts of a statement, each from where it reaches into such a table to the next such
/// place.
fn reaches(sql: &str) -> Vec<String> {
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
fn every_statement_names_its_bucket_wherever_it_reaches_into_a_table() {
    let mut places = 0;
    for sql in ALL {
        for part in reaches(sql) {
            let asked = part.contains("shard = $1");
            let put = ["VALUES ($1, ", "SELECT $1, "].iter().any(|text| part.contains(text));
            assert!(asked || (put && part.contains(" (shard, ")), "{part}");
            places += 1;
        }
    }
    // The test can see them: a purge has two.
    assert_eq!(reaches(PURGE_EVENTS).len(), 2);
    assert!(places >= 21, "{places}");
}

#[test]
fn the_list_of_statements_is_complete() {
    let source = include_str!("sql.rs");
    let constants = source.matches("pub(super) const ").count();
    // One stands with the schema.
    assert_eq!(constants + 1, ALL.len());
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
fn no_statement_leans_on_one_server() {
    for sql in ALL {
        let lower = sql.to_lowercase();
        for banned in ["advisory", "nextval", "xid", "xmin", "ctid", "listen", "notify", "now()"] {
            assert!(!lower.contains(banned), "{banned}: {sql}");
        }
    }
}

/// The session's `search_path` decides nothing: behind a pooler it may be another client's.
#[test]
fn every_table_is_named_with_its_schema() {
    for sql in ALL {
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

/// Each statement that changes anything is bound to the version of the schema that it knows.
#[test]
fn no_statement_writes_without_the_version_of_the_schema() {
    for sql in ALL {
        let writes =
            ["INSERT INTO", "UPDATE {s}.", "DELETE FROM"].iter().any(|verb| sql.contains(verb));
        assert_eq!(writes, sql.contains("WHEN version = 1 THEN '1'"), "{sql}");
    }
}

/// One statement more than these asks for nothing but the version, once, when the store connects.
#[test]
fn every_statement_holds_the_condition_on_its_session() {
    for sql in ALL.into_iter().filter(|sql| *sql != FIND_VERSION) {
        let pure_insert = sql.contains("INSERT") && !sql.contains("UPDATE {s}.");
        let (all, in_where) = (sql.matches("{ok}").count(), sql.matches("WHERE {ok}").count());
        let version = usize::from(sql.contains("{s}.schema_version WHERE {ok}"));
        assert_eq!(all, in_where, "decided before any row is looked for: {sql}");
        assert_eq!(all, if pure_insert { version } else { version + 1 }, "{sql}");
        assert!(all > 0, "{sql}");
    }
}
