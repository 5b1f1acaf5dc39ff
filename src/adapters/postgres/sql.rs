//! The statements. Each touches one bucket, `$1`, and is a transaction of its own.
//!
//! `{s}` stands for the quoted schema: no table is found by the session's `search_path`, which
//! another client of a pooler may have set. `{ok}` stands for a condition that is true, or an error
//! that ends the statement if a pooler shares the session between clients: see `statement`. The
//! condition names no column, so the server evaluates it once, before it reads any row.
//!
//! Since each statement is a transaction, a dropped future leaves no transaction open on its
//! connection, and any engine that keeps a bucket in one place runs the statements unchanged.

/// Whether the session is read-only: on a standby, or on a primary fenced off by
/// `default_transaction_read_only`. Every read selects it along with its rows.
macro_rules! read_only {
    () => {
        "current_setting('transaction_read_only') = 'on' AS read_only"
    };
}

/// 1, or an error that rolls the statement back if a newer release has changed the schema or the
/// store was closed to writers. Such a change waits for the writers in flight, by a lock on the
/// tables, and later writers see it: see `schema`.
macro_rules! may_write {
    () => {
        "CAST(coalesce((SELECT CASE WHEN moved THEN 'closed to writers' \
         WHEN version = 1 THEN '1' ELSE 'schema version ' || version END \
         FROM {s}.schema_version WHERE {ok}), 'no schema version') AS integer)"
    };
}

pub(super) const LOAD: &str = concat!(
    "SELECT record.key, record.version_count, record.version_nonce, record.body, ",
    read_only!(),
    " FROM (SELECT 1) AS always LEFT JOIN {s}.record ON record.shard = $1 AND record.key = $2 \
     WHERE {ok}"
);

/// Only `read_only`, for the listings, which return no row if they are empty.
pub(super) const MAY_READ: &str = concat!(
    "SELECT ",
    read_only!(),
    " FROM (SELECT 1) AS always LEFT JOIN {s}.event_head ON event_head.shard = $1 WHERE {ok}"
);

macro_rules! insert {
    () => {
        concat!(
            "INSERT INTO {s}.record (shard, key, tenant, kind, user_id, wake_at, expires_at, \
             registered, locked_until, updated_at, version_count, version_nonce, body) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11::bigint * ",
            may_write!(),
            ", $12, $13) ON CONFLICT (shard, key) DO NOTHING"
        )
    };
}

macro_rules! update {
    () => {
        concat!(
            "UPDATE {s}.record SET tenant = $3, kind = $4, user_id = $5, wake_at = $6, \
             expires_at = $7, registered = $8, locked_until = $9, updated_at = $10, \
             version_count = $11::bigint * ",
            may_write!(),
            ", version_nonce = $12, body = $13 \
             WHERE {ok} AND shard = $1 AND key = $2 AND version_count = $14 AND version_nonce = $15"
        )
    };
}

/// Changes the record, and appends its events if it was changed.
///
/// An event takes its position under the lock on its bucket's head, which is held until the commit,
/// so all smaller positions are visible before it, and none is used twice. The head is moved by an
/// upsert, which adds to the newest row regardless of the statement's snapshot. Locks are taken in
/// one order, record, then head, so that no two commits deadlock.
macro_rules! with_events {
    ($change:expr, $idx:literal, $tenant:literal, $at:literal, $code:literal, $user:literal, $body:literal) => {
        concat!(
            "WITH changed AS (",
            $change,
            " RETURNING 1), moved AS (INSERT INTO {s}.event_head (shard, last) SELECT $1, cardinality(",
            $idx,
            "::int[]) FROM changed ON CONFLICT (shard) DO UPDATE \
             SET last = event_head.last + EXCLUDED.last RETURNING last), \
             told AS (INSERT INTO {s}.event (shard, seq, record, count, idx, tenant, at, code, \
             user_id, body) SELECT $1, moved.last - cardinality(",
            $idx,
            "::int[]) + e.place, $2, $11, e.idx, e.tenant, e.at, e.code, e.user_id, e.body \
             FROM moved, unnest(",
            $idx,
            "::int[], ",
            $tenant,
            "::text[], ",
            $at,
            "::bigint[], ",
            $code,
            "::text[], ",
            $user,
            "::text[], ",
            $body,
            "::text[]) WITH ORDINALITY AS e (idx, tenant, at, code, user_id, body, place)) \
             SELECT count(*) AS done FROM changed"
        )
    };
}

pub(super) const INSERT: &str = insert!();
pub(super) const UPDATE: &str = update!();
pub(super) const INSERT_WITH_EVENTS: &str =
    with_events!(insert!(), "$14", "$15", "$16", "$17", "$18", "$19");
pub(super) const UPDATE_WITH_EVENTS: &str =
    with_events!(update!(), "$16", "$17", "$18", "$19", "$20", "$21");

/// The sum saturates, since the server refuses an overflow.
pub(super) const ADD: &str = concat!(
    "INSERT INTO {s}.counter (shard, key, value, expires_at) VALUES ($1, $2, $3::bigint * ",
    may_write!(),
    ", $4) ON CONFLICT (shard, key) DO UPDATE \
     SET value = LEAST(counter.value, 9223372036854775807 - EXCLUDED.value) + EXCLUDED.value, \
     expires_at = GREATEST(counter.expires_at, EXCLUDED.expires_at) RETURNING value"
);

pub(super) const COUNT: &str = concat!(
    "SELECT coalesce(counter.value, 0) AS value, ",
    read_only!(),
    " FROM (SELECT 1) AS always LEFT JOIN {s}.counter ON counter.shard = $1 AND counter.key = $2 \
     WHERE {ok}"
);

pub(super) const DUE: &str = "SELECT wake_at, key FROM {s}.record \
     WHERE {ok} AND shard = $1 AND wake_at <= $2 AND (wake_at, key) > ($3, $4) \
     ORDER BY wake_at, key LIMIT $5";

pub(super) const SCAN: &str = "SELECT key, version_count, version_nonce, body FROM {s}.record \
     WHERE {ok} AND shard = $1 AND tenant = $2 AND kind = $3 AND key > $4 ORDER BY key LIMIT $5";

/// The position distinguishes events with the same id: a record may restart its count after a purge
/// while its old events are still kept.
pub(super) const EVENTS_OF_RECORD: &str = "SELECT record, count, idx, body, seq, at FROM {s}.event \
     WHERE {ok} AND shard = $1 AND record = $2 AND (count, idx, seq) > ($3, $4, $5) \
     ORDER BY count, idx, seq LIMIT $6";

pub(super) const EVENTS_OF_TENANT: &str = "SELECT record, count, idx, body, seq, at FROM {s}.event \
     WHERE {ok} AND shard = $1 AND tenant = $2 AND seq > $3 ORDER BY seq LIMIT $4";

/// Rows locked by a commit in flight are skipped until the next purge. Locked rows are read again
/// in their newest version, so an extended row stays. There is one statement per kind of row, so
/// that many rows of one kind do not delay another kind.
pub(super) const PURGE_RECORDS: &str = concat!(
    "WITH gone AS (DELETE FROM {s}.record \
     WHERE {ok} AND shard = $1 AND expires_at <= $2 AND key = ANY (ARRAY(SELECT key FROM {s}.record \
     WHERE shard = $1 AND expires_at <= $2 ORDER BY expires_at LIMIT $3 FOR UPDATE SKIP LOCKED)) \
     RETURNING 1) SELECT count(*) * ",
    may_write!(),
    " AS done FROM gone"
);

pub(super) const PURGE_COUNTERS: &str = concat!(
    "WITH gone AS (DELETE FROM {s}.counter \
     WHERE {ok} AND shard = $1 AND expires_at <= $2 AND key = ANY (ARRAY(SELECT key FROM {s}.counter \
     WHERE shard = $1 AND expires_at <= $2 ORDER BY expires_at LIMIT $3 FOR UPDATE SKIP LOCKED)) \
     RETURNING 1) SELECT count(*) * ",
    may_write!(),
    " AS done FROM gone"
);

pub(super) const PURGE_EVENTS: &str = concat!(
    "WITH gone AS (DELETE FROM {s}.event \
     WHERE {ok} AND shard = $1 AND at < $2 AND seq = ANY (ARRAY(SELECT seq FROM {s}.event \
     WHERE shard = $1 AND at < $2 ORDER BY at LIMIT $3 FOR UPDATE SKIP LOCKED)) \
     RETURNING 1) SELECT count(*) * ",
    may_write!(),
    " AS done FROM gone"
);
