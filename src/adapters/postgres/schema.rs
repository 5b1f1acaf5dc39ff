//! The schema, its migrations, and the check of what is there.

use std::time::Duration;

use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

use super::error::{PostgresFault, at_connect, refused};
use crate::port::{PortError, PortResult};

/// The schema version that this code reads and writes.
const NEWEST: i32 = 1;

/// Each brings a schema to the next version, the first to version 1. Only ever appended to; each
/// may be begun again where it broke off, for engines whose transactions hold no DDL.
const MIGRATIONS: [&str; NEWEST as usize] = [V1];

/// The schema of version 1.
///
/// - Texts are compared by their bytes (`COLLATE "C"`): no index depends on a library of locales.
/// - A record changes with each attempt. Room on its page, and no index on what changes each time,
///   let most changes do without a new index entry (*HOT*); a body of some KiB stays in its row.
/// - `event_of_record` is not unique: see the statement that reads by it.
/// - The checks tie a row to its bucket: one that strayed would be answered as "none".
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

/// One row, which says what the schema is. The only table without buckets.
const VERSION_TABLE: &str = "CREATE TABLE IF NOT EXISTS schema_version (
    one     boolean NOT NULL PRIMARY KEY CHECK (one),
    version integer NOT NULL,
    moved   boolean NOT NULL DEFAULT false
)";

/// What writers change. A change of the schema, or of whether the store is closed, waits for those in
/// flight and keeps the others waiting until it is committed: they then see it.
const LOCK_WRITERS: &str = "LOCK TABLE record, event_head, event, counter IN ACCESS EXCLUSIVE MODE";

pub(super) const FIND_VERSION: &str = "SELECT version FROM {s}.schema_version";

/// How often somebody else may come in between.
const ATTEMPTS: u32 = 100;

/// Makes the schema, or brings it up to date; several may do so at once.
///
/// The one row of `schema_version` is what they take turns by. Until it is there, they may meet in
/// the catalogue, where `IF NOT EXISTS` does not help: one of them fails, and begins again.
pub(super) async fn migrate(client: &Client, schema: &str, make: bool) -> PortResult<()> {
    if !make && !is_there(client, schema).await.map_err(at_connect)? {
        return Err(refused("there is no store in this schema: call `create` to make one"));
    }
    for attempt in 0..ATTEMPTS {
        match attempt_to_migrate(client, schema).await {
            Ok(version) => return newest(version),
            Err(error) if meets_another(&error) => {
                drop(client.batch_execute("ROLLBACK").await);
                // They need time to finish: at once we would only meet them again.
                tokio::time::sleep(Duration::from_millis(u64::from(attempt.min(20)))).await;
            }
            Err(error) => {
                drop(client.batch_execute("ROLLBACK").await);
                return Err(at_connect(error));
            }
        }
    }
    Err(PortError::unavailable().because("postgres: others migrate without end"))
}

async fn is_there(client: &Client, schema: &str) -> Result<bool, tokio_postgres::Error> {
    let find = "SELECT 1 FROM pg_tables WHERE schemaname = $1 AND tablename = 'schema_version'";
    Ok(client.query_opt(find, &[&schema]).await?.is_some())
}

/// A statement with the schema that it means.
pub(super) fn qualified(sql: &str, schema: &str) -> String {
    sql.replace("{s}", &format!("\"{schema}\""))
}

/// Closes the store to writers, or opens it again. The tables are named by the schema, not by the
/// session's `search_path`.
pub(super) fn fence(schema: &str, closed: bool) -> String {
    let tables = ["record", "event_head", "event", "counter"];
    let tables = tables.map(|table| format!("\"{schema}\".{table}")).join(", ");
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
    if !is_there(client, schema).await? {
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
    let behind = usize::try_from(found).unwrap_or(usize::MAX);
    for migration in MIGRATIONS.iter().skip(behind) {
        client.batch_execute(migration).await?;
        version += 1;
    }
    if version != found {
        client.execute("UPDATE schema_version SET version = $1 WHERE one", &[&version]).await?;
    }
    client.batch_execute("COMMIT").await?;
    Ok(version)
}

/// Whether another node was at the same work.
fn meets_another(error: &tokio_postgres::Error) -> bool {
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
        // "tuple concurrently updated": two wrote one row of the catalogue.
        SqlState::INTERNAL_ERROR,
    ]
    .contains(error.code())
}

/// Whether the schema that is there is ours.
pub(super) async fn check(client: &Client, schema: &str) -> PortResult<()> {
    let row =
        client.query_opt(&qualified(FIND_VERSION, schema), &[]).await.map_err(
            |error| match error.code() {
                Some(&SqlState::UNDEFINED_TABLE) => {
                    refused("there is no store in this schema: call `create` to make one")
                }
                _ => PostgresFault::from(error).reading(),
            },
        )?;
    let row = row.ok_or_else(|| refused("the schema is not finished: call `migrate` first"))?;
    newest(row.try_get(0).map_err(|error| PostgresFault::from(error).reading())?)
}

fn newest(version: i32) -> PortResult<()> {
    match version.cmp(&NEWEST) {
        std::cmp::Ordering::Less => Err(refused("an older schema: call `migrate` first")),
        std::cmp::Ordering::Equal => Ok(()),
        std::cmp::Ordering::Greater => Err(refused("a newer schema than this release knows")),
    }
}
