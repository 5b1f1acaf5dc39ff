//! The schema, its migrations, and the check of what is there.

use std::time::Duration;

use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

use super::error::{Fault, at_connect, refused};
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
    version integer NOT NULL
)";

pub(super) const FIND_VERSION: &str = "SELECT version FROM schema_version";

/// How often somebody else may come in between.
const ATTEMPTS: u32 = 100;

/// Makes the schema, or brings it up to date; several may do so at once.
///
/// The one row of `schema_version` is what they take turns by. Until it is there, they may meet in
/// the catalogue, where `IF NOT EXISTS` does not help: one of them fails, and begins again.
pub(super) async fn migrate(client: &Client, schema: &str) -> PortResult<()> {
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

async fn attempt_to_migrate(client: &Client, schema: &str) -> Result<i32, tokio_postgres::Error> {
    let find = "SELECT 1 FROM pg_namespace WHERE nspname = $1";
    if client.query_opt(find, &[&schema]).await?.is_none() {
        client.batch_execute(&format!("CREATE SCHEMA IF NOT EXISTS {schema}")).await?;
    }
    let find = "SELECT 1 FROM pg_tables WHERE schemaname = $1 AND tablename = 'schema_version'";
    if client.query_opt(find, &[&schema]).await?.is_none() {
        client.batch_execute(VERSION_TABLE).await?;
    }
    let first = "INSERT INTO schema_version (one, version) VALUES (true, 0) ON CONFLICT DO NOTHING";
    client.batch_execute(first).await?;
    client.batch_execute("BEGIN").await?;
    let row = client.query_one(&format!("{FIND_VERSION} FOR UPDATE"), &[]).await?;
    let found: i32 = row.try_get(0)?;
    let mut version = found;
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
pub(super) async fn check(client: &Client) -> PortResult<()> {
    let row = client.query_opt(FIND_VERSION, &[]).await.map_err(|error| match error.code() {
        Some(&SqlState::UNDEFINED_TABLE) => refused("there is no schema: call `migrate` first"),
        _ => Fault::from(error).reading(),
    })?;
    let row = row.ok_or_else(|| refused("the schema is not finished: call `migrate` first"))?;
    newest(row.try_get(0).map_err(|error| Fault::from(error).reading())?)
}

fn newest(version: i32) -> PortResult<()> {
    match version.cmp(&NEWEST) {
        std::cmp::Ordering::Less => Err(refused("an older schema: call `migrate` first")),
        std::cmp::Ordering::Equal => Ok(()),
        std::cmp::Ordering::Greater => Err(refused("a newer schema than this release knows")),
    }
}
