//! The schema, its migrations, and its check.

use std::time::Duration;

use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

use super::error::{PostgresFault, at_connect, refused};
use crate::port::{PortError, PortResult};

/// The schema version that this code reads and writes.
const NEWEST: i32 = 1;

/// The statements that bring a schema to the next version, beginning with version 1. Only appended
/// to. Each can be repeated after an interruption, since some engines run DDL outside transactions.
const MIGRATIONS: [&str; NEWEST as usize] = [V1];

/// The schema of version 1.
///
/// - Texts are compared by their bytes (`COLLATE "C"`), so no index depends on a locale library.
/// - A record changes with each attempt. Free space on its page, and no index on the columns that
///   change, avoid new index entries for most changes (*HOT*); a body of some KiB stays in its row.
/// - `event_of_record` is not unique: see the statement that reads by it.
/// - The checks tie a row to its bucket: a row in another bucket would be read as absent.
const V1: &str = r#"
CREATE TABLE IF NOT EXISTS record (
    shard         smallint NOT NULL CHECK (shard = get_byte(key, 0) % 16),
    key           bytea    NOT NULL CHECK (length(key) = 32),
    version_count bigint   NOT NULL,
    version_nonce bigint   NOT NULL,
    tenant        text     COLLATE "C" NOT NULL,
    kind          text     COLLATE "C" NOT NULL,
    user_id       text     COLLATE "C",
    wake_at       bigint,
    expires_at    bigint,
    registered    boolean  NOT NULL,
    locked_until  bigint,
    updated_at    bigint   NOT NULL,
    body          text     COLLATE "C" NOT NULL,
    PRIMARY KEY (shard, key)
) WITH (fillfactor = 50, toast_tuple_target = 4080);
CREATE INDEX IF NOT EXISTS record_to_wake ON record (shard, wake_at, key)
    WHERE wake_at IS NOT NULL;
CREATE INDEX IF NOT EXISTS record_to_expire ON record (shard, expires_at)
    WHERE expires_at IS NOT NULL;
CREATE INDEX IF NOT EXISTS record_of_tenant ON record (shard, tenant, kind, key);

CREATE TABLE IF NOT EXISTS event_head (
    shard smallint NOT NULL PRIMARY KEY,
    last  bigint   NOT NULL
) WITH (fillfactor = 10);

CREATE TABLE IF NOT EXISTS event (
    shard   smallint NOT NULL CHECK (shard = get_byte(record, 0) % 16),
    seq     bigint   NOT NULL,
    record  bytea    NOT NULL CHECK (length(record) = 32),
    count   bigint   NOT NULL,
    idx     integer  NOT NULL,
    tenant  text     COLLATE "C" NOT NULL,
    at      bigint   NOT NULL,
    code    text     COLLATE "C" NOT NULL,
    user_id text     COLLATE "C",
    body    text     COLLATE "C" NOT NULL,
    PRIMARY KEY (shard, seq)
);
CREATE INDEX IF NOT EXISTS event_of_record ON event (shard, record, count, idx, seq);
CREATE INDEX IF NOT EXISTS event_of_tenant ON event (shard, tenant, seq);
CREATE INDEX IF NOT EXISTS event_at ON event (shard, at);

CREATE TABLE IF NOT EXISTS counter (
    shard      smallint NOT NULL CHECK (shard = get_byte(key, 0) % 16),
    key        bytea    NOT NULL CHECK (length(key) = 32),
    value      bigint   NOT NULL,
    expires_at bigint   NOT NULL,
    PRIMARY KEY (shard, key)
) WITH (fillfactor = 70);
CREATE INDEX IF NOT EXISTS counter_to_expire ON counter (shard, expires_at);
"#;

/// One row with the version of the schema. The only table without buckets.
const VERSION_TABLE: &str = "CREATE TABLE IF NOT EXISTS schema_version (
    one     boolean NOT NULL PRIMARY KEY CHECK (one),
    version integer NOT NULL,
    moved   boolean NOT NULL DEFAULT false
)";

/// Locks the tables that writers change. A change of the schema waits for writers in flight, and
/// later writers wait until it is committed and visible to them.
const LOCK_WRITERS: &str = "LOCK TABLE record, event_head, event, counter IN ACCESS EXCLUSIVE MODE";

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
        client.batch_execute(VERSION_TABLE).await?;
    }
    let first = "INSERT INTO schema_version (one, version) VALUES (true, 0) ON CONFLICT DO NOTHING";
    client.batch_execute(first).await?;
    client.batch_execute("BEGIN").await?;
    let find = qualified(FIND_VERSION, schema);
    let row = client.query_one(&format!("{find} FOR UPDATE"), &[]).await?;
    let found: i32 = row.try_get(0)?;
    let mut version = found;
    if (1..NEWEST).contains(&found) {
        client.batch_execute(LOCK_WRITERS).await?;
    }
    let done = usize::try_from(found).unwrap_or(usize::MAX);
    for migration in MIGRATIONS.iter().skip(done) {
        client.batch_execute(migration).await?;
        version += 1;
    }
    if version != found {
        client.execute("UPDATE schema_version SET version = $1 WHERE one", &[&version]).await?;
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
    let row =
        client.query_opt(&qualified(FIND_VERSION, schema), &[]).await.map_err(
            |error| match error.code() {
                Some(&SqlState::UNDEFINED_TABLE) => {
                    refused("no store in this schema: call `create` to create one")
                }
                _ => PostgresFault::from(error).reading(),
            },
        )?;
    let row = row.ok_or_else(|| refused("schema: unfinished, call `migrate` first"))?;
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
