//! The schema, its migrations, and its check.

use std::time::Duration;

use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

use super::error::{PostgresFault, at_connect, refused};
use crate::adapters::Migration;
use crate::port::{PortError, PortResult};

/// The schema version that this code reads and writes.
const NEWEST: i32 = 1;

/// The name of each change and the statements that bring a schema to the next version, beginning with
/// version 1. Only appended to. Each can be repeated after an interruption, since some engines run DDL
/// outside transactions.
const MIGRATIONS: [(&str, &str); NEWEST as usize] =
    [("first_tables", include_str!("sql/schema_v1.sql"))];

const VERSION_TABLE: &str = include_str!("sql/schema_version.sql");

/// Locks the tables that writers change. A change of the schema waits for writers in flight, and
/// later writers wait until it is committed and visible to them.
const LOCK_WRITERS: &str = "LOCK TABLE {s}.record, {s}.event_head, {s}.event, {s}.counter \
                            IN ACCESS EXCLUSIVE MODE";

const FIRST_VERSION: &str =
    "INSERT INTO {s}.schema_version (one, version) VALUES (true, 0) ON CONFLICT DO NOTHING";

pub(super) const FIND_VERSION: &str = "SELECT version FROM {s}.schema_version";

/// How often a concurrent migration may interfere.
const ATTEMPTS: u32 = 100;

/// Creates the schema or brings it up to date. Concurrent calls are safe.
///
/// The calls take turns by locking the one row of `schema_version`. Until it exists, they may
/// conflict in the catalogue, where `IF NOT EXISTS` does not help: one of them fails and retries.
pub(super) async fn migrate(client: &Client, schema: &str, make: bool) -> PortResult<()> {
    if !make && !exists(client, schema).await.map_err(at_connect)? {
        return Err(refused("no store in this schema: call `create` to create one"));
    }
    for attempt in 0..ATTEMPTS {
        match attempt_to_migrate(client, schema).await {
            Ok(version) => return newest(version),
            Err(error) if is_conflict(&error) => {
                drop(client.batch_execute("ROLLBACK").await);
                // The other call needs time to finish.
                tokio::time::sleep(Duration::from_millis(u64::from(attempt.min(20)))).await;
            }
            Err(error) => {
                drop(client.batch_execute("ROLLBACK").await);
                return Err(at_connect(error));
            }
        }
    }
    Err(PortError::unavailable().because("postgres: too many conflicting migrations"))
}

/// The changes of the schema, for a tool other than this crate.
pub(super) fn migrations(schema: &str) -> PortResult<Vec<Migration>> {
    if !is_schema(schema) {
        return Err(refused(BAD_SCHEMA));
    }
    let texts = (1..).zip(MIGRATIONS).map(|(number, (name, tables))| {
        let mut sql = String::new();
        if number == 1 {
            sql += &format!("{VERSION_TABLE};\n{FIRST_VERSION};\n");
        } else {
            sql += &format!("{LOCK_WRITERS};\n");
        }
        sql += tables;
        sql += &written(number, schema);
        Migration { number: number.unsigned_abs(), name, sql: qualified(&sql, schema) }
    });
    Ok(texts.collect())
}

fn written(version: i32, schema: &str) -> String {
    qualified(&format!("UPDATE {{s}}.schema_version SET version = {version} WHERE one;\n"), schema)
}

pub(super) const BAD_SCHEMA: &str =
    "schema: must be 1 to 63 of a-z 0-9 _, not begin with a digit or pg_";

/// Whether a schema name means the same with and without quotes.
pub(super) fn is_schema(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    let first = name.bytes().next().is_some_and(|byte| !byte.is_ascii_digit());
    first && name.len() <= 63 && name.bytes().all(plain) && !name.starts_with("pg_")
}

async fn exists(client: &Client, schema: &str) -> Result<bool, tokio_postgres::Error> {
    let find = "SELECT 1 FROM pg_tables WHERE schemaname = $1 AND tablename = 'schema_version'";
    Ok(client.query_opt(find, &[&schema]).await?.is_some())
}

/// A statement with the schema's name filled in.
pub(super) fn qualified(sql: &str, schema: &str) -> String {
    sql.replace("{s}", &format!("\"{schema}\""))
}

/// Closes the store to writers, or opens it again. The statement names the schema, so it does not
/// depend on the session's `search_path`.
pub(super) fn fence(schema: &str, closed: bool) -> String {
    let tables = ["record", "event_head", "event", "counter"]
        .map(|table| format!("\"{schema}\".{table}"))
        .join(", ");
    format!(
        "BEGIN; LOCK TABLE {tables} IN SHARE ROW EXCLUSIVE MODE; \
         UPDATE \"{schema}\".schema_version SET moved = {closed} WHERE one; COMMIT"
    )
}

async fn attempt_to_migrate(client: &Client, schema: &str) -> Result<i32, tokio_postgres::Error> {
    let find = "SELECT 1 FROM pg_namespace WHERE nspname = $1";
    if client.query_opt(find, &[&schema]).await?.is_none() {
        client.batch_execute(&format!("CREATE SCHEMA IF NOT EXISTS {schema}")).await?;
    }
    if !exists(client, schema).await? {
        client.batch_execute(&qualified(VERSION_TABLE, schema)).await?;
    }
    client.batch_execute(&qualified(FIRST_VERSION, schema)).await?;
    client.batch_execute("BEGIN").await?;
    let find = qualified(FIND_VERSION, schema);
    let row = client.query_one(&format!("{find} FOR UPDATE"), &[]).await?;
    let found: i32 = row.try_get(0)?;
    let mut version = found;
    if (1..NEWEST).contains(&found) {
        client.batch_execute(&qualified(LOCK_WRITERS, schema)).await?;
    }
    let done = usize::try_from(found).unwrap_or(usize::MAX);
    for (_, migration) in MIGRATIONS.iter().skip(done) {
        client.batch_execute(&qualified(migration, schema)).await?;
        version += 1;
    }
    if version != found {
        client.batch_execute(&written(version, schema)).await?;
    }
    client.batch_execute("COMMIT").await?;
    Ok(version)
}

/// Whether the error comes from a concurrent migration.
fn is_conflict(error: &tokio_postgres::Error) -> bool {
    let Some(error) = error.as_db_error() else {
        return false;
    };
    [
        SqlState::UNIQUE_VIOLATION,
        SqlState::DUPLICATE_TABLE,
        SqlState::DUPLICATE_SCHEMA,
        SqlState::DUPLICATE_OBJECT,
        SqlState::T_R_SERIALIZATION_FAILURE,
        SqlState::T_R_DEADLOCK_DETECTED,
        // "tuple concurrently updated": two migrations wrote one row of the catalogue.
        SqlState::INTERNAL_ERROR,
    ]
    .contains(error.code())
}

/// Refuses a missing, unfinished or unknown schema.
pub(super) async fn check(client: &Client, schema: &str) -> PortResult<()> {
    let found =
        client.query_opt(&qualified(FIND_VERSION, schema), &[]).await.map_err(
            |error| match error.code() {
                Some(&SqlState::UNDEFINED_TABLE) => {
                    refused("no store in this schema: call `create` to create one")
                }
                _ => PostgresFault::from(error).reading(),
            },
        )?;
    let row = found.ok_or_else(|| refused("schema: unfinished, call `migrate` first"))?;
    newest(row.try_get(0).map_err(|error| PostgresFault::from(error).reading())?)
}

fn newest(version: i32) -> PortResult<()> {
    match version.cmp(&NEWEST) {
        std::cmp::Ordering::Less => {
            Err(refused("schema: of an older release, call `migrate` first"))
        }
        std::cmp::Ordering::Equal => Ok(()),
        std::cmp::Ordering::Greater => {
            Err(refused("schema: of a newer release, update sspr first"))
        }
    }
}
