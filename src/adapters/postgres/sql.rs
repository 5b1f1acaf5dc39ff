//! The statements, each in a file under `sql`. Each touches one bucket, `$1`, and is a transaction of
//! its own.
//!
//! `{s}` stands for the quoted schema: no table is found by the session's `search_path`, which
//! another client of a pooler may have set. `{ok}` stands for a condition that is true, or an error
//! that ends the statement if a pooler shares the session between clients: see `statement`. The
//! condition names no column, so the server evaluates it once, before it reads any row.
//! `{may_write}` and `{read_only}` stand for what [`expand`] fills in.
//!
//! Since each statement is a transaction, a dropped future leaves no transaction open on its
//! connection, and any engine that keeps a bucket in one place runs the statements unchanged.

use std::sync::LazyLock;

/// 1, or an error that rolls the statement back if a newer release has changed the schema or the
/// store was closed to writers. Such a change waits for the writers in flight, by a lock on the
/// tables, and later writers see it: see `schema`.
const MAY_WRITE: &str = include_str!("sql/may_write.sql");

/// Whether the session is read-only: on a standby, or on a primary fenced off by
/// `default_transaction_read_only`. Every read selects it along with its rows.
const READ_ONLY: &str = "current_setting('transaction_read_only') = 'on' AS read_only";

/// A statement with the expressions that several statements share.
pub(super) fn expand(sql: &str) -> String {
    sql.replace("{may_write}", MAY_WRITE.trim_end()).replace("{read_only}", READ_ONLY)
}

/// Changes the record, and appends its events if it was changed.
///
/// An event takes its position under the lock on its bucket's head, which is held until the commit,
/// so all smaller positions are visible before it, and none is used twice. The head is moved by an
/// upsert, which adds to the newest row regardless of the statement's snapshot. Locks are taken in
/// one order, record, then head, so that no two commits deadlock.
///
/// The six arrays of the events are the parameters after those of the change.
fn with_events(change: &str, parameters: usize) -> String {
    let markers = ["{idx}", "{tenant}", "{at}", "{code}", "{user_id}", "{body}"];
    let sql = include_str!("sql/with_events.sql").replace("{change}", change.trim_end());
    (parameters + 1..)
        .zip(markers)
        .fold(sql, |sql, (number, marker)| sql.replace(marker, &format!("${number}")))
}

pub(super) static INSERT_WITH_EVENTS: LazyLock<String> = LazyLock::new(|| with_events(INSERT, 13));
pub(super) static UPDATE_WITH_EVENTS: LazyLock<String> = LazyLock::new(|| with_events(UPDATE, 15));

pub(super) const INSERT: &str = include_str!("sql/insert_record.sql");
pub(super) const UPDATE: &str = include_str!("sql/update_record.sql");
pub(super) const LOAD: &str = include_str!("sql/load.sql");

/// The sum saturates, since the server refuses an overflow.
pub(super) const ADD: &str = include_str!("sql/increment_counter.sql");
pub(super) const COUNT: &str = include_str!("sql/counter.sql");

/// Only `read_only`, for the listings, which return no row if they are empty.
pub(super) const MAY_READ: &str = include_str!("sql/may_read.sql");
pub(super) const DUE: &str = include_str!("sql/due.sql");
pub(super) const SCAN: &str = include_str!("sql/scan.sql");

/// The position distinguishes events with the same id: a record may restart its count after a purge
/// while its old events are still kept.
pub(super) const EVENTS_OF_RECORD: &str = include_str!("sql/events_of_record.sql");
pub(super) const EVENTS_OF_TENANT: &str = include_str!("sql/events_of_tenant.sql");

/// Rows locked by a commit in flight are skipped until the next purge. Locked rows are read again
/// in their newest version, so an extended row stays. There is one statement per kind of row, so
/// that many rows of one kind do not delay another kind.
pub(super) const PURGE_RECORDS: &str = include_str!("sql/purge_records.sql");
pub(super) const PURGE_COUNTERS: &str = include_str!("sql/purge_counters.sql");
pub(super) const PURGE_EVENTS: &str = include_str!("sql/purge_events.sql");
