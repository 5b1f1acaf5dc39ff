//! Every statement. Each touches one bucket, `$1`, and is a transaction of its own.
//!
//! `{s}` stands for the schema, quoted: a table is never looked for by the session's `search_path`,
//! which a pooler between may have left as another client set it. `{ok}` stands for a condition that is
//! true, or an error that ends the statement where a pooler hands one session to several clients: see
//! `statement`. It names no column, so that the server decides it once, before it looks for a row.
//!
//! So a dropped future cannot leave a transaction open that the next user of its connection would
//! inherit, and any engine that keeps a bucket in one place runs them unchanged.

/// Whether the session may not write: on a standby, or on a primary that was fenced off by
/// `default_transaction_read_only`. Asked by every read, beside what is read.
macro_rules! read_only {
    () => {
        "current_setting('transaction_read_only') = 'on' AS read_only"
    };
}

/// 1, or an error that rolls the statement back: a newer release has changed the schema, or the store
/// was closed to writers. A change of either waits for the writers in flight, by a lock on the
/// tables, and those that come after it look again: see `schema`.
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

/// Only the question whether it may be read here, for the listings, which have no row to spare.
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

/// The change of the record, and its events if it was changed.
///
/// An event's position is taken under the lock on its bucket's head, which is held until the
/// commit: whoever sees a position sees all before it, and none is taken twice. The head is moved
/// by an upsert, which adds to the newest row whatever the statement's snapshot holds. Locks are
/// taken in one order, record, then head: no two commits wait for each other.
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

/// The sum saturates: beyond its range the server would refuse it.
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

/// The position tells apart what has the same id: a record that was purged may have begun to count
/// anew while its old events are still kept.
pub(super) const EVENTS_OF_RECORD: &str = "SELECT record, count, idx, body, seq, at FROM {s}.event \
     WHERE {ok} AND shard = $1 AND record = $2 AND (count, idx, seq) > ($3, $4, $5) \
     ORDER BY count, idx, seq LIMIT $6";

pub(super) const EVENTS_OF_TENANT: &str = "SELECT record, count, idx, body, seq, at FROM {s}.event \
     WHERE {ok} AND shard = $1 AND tenant = $2 AND seq > $3 ORDER BY seq LIMIT $4";

/// What a commit in flight holds is left for the next time; what is locked here is looked at again
/// in its newest form, so a row that was extended stays. One statement for each kind of row, so that
/// many of one kind keep none of another waiting.
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
