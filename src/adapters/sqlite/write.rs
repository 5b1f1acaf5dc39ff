//! The statements that write. Each runs inside the writer's transaction.

use rusqlite::{Connection, OptionalExtension as _, params};

use crate::audit::Event;
use crate::port::{Columns, Commit, Committed, CounterIncrement, Cutoff, Record, Version};

/// A commit whose texts the caller's thread has encoded, to save time of the one writer.
pub(super) struct CommitJob {
    next: Record,
    expected: Option<Version>,
    columns: Columns,
    pub(super) events: Vec<(Event, String)>,
    pub(super) bytes: usize,
}

impl CommitJob {
    pub(super) fn new(commit: Commit<'_>) -> Self {
        let encode = |event: &Event| (event.clone(), event.encode());
        let events: Vec<_> = commit.events.iter().map(encode).collect();
        // Encodes the body on this thread, unless it already was.
        let body = commit.next.body().len();
        Self {
            bytes: events.iter().map(|(_, text)| text.len()).sum::<usize>() + body,
            next: commit.next.clone(),
            expected: commit.expected,
            columns: commit.columns.clone(),
            events,
        }
    }
}

const INSERT: &str = include_str!("sql/insert_record.sql");

/// Does not set the indexed columns that seldom change: SQLite rewrites the entry of every index
/// whose column is named after SET.
const UPDATE: &str = include_str!("sql/update_record.sql");

/// Sets every column.
const UPDATE_MOVED: &str = include_str!("sql/update_moved_record.sql");

/// Condition and write are one statement, so the number of rows is the outcome.
pub(super) fn commit(conn: &Connection, job: &CommitJob) -> rusqlite::Result<Committed> {
    let applied = match job.expected {
        None => put(conn, INSERT, job, None)?,
        // The second statement matches only if the record moved to another tenant, kind or user.
        Some(version) => {
            put(conn, UPDATE, job, Some(version))? || put(conn, UPDATE_MOVED, job, Some(version))?
        }
    };
    if !applied {
        return Ok(Committed::Stale);
    }
    for (event, text) in &job.events {
        append(conn, event, text)?;
    }
    Ok(Committed::Applied)
}

fn put(
    conn: &Connection,
    sql: &str,
    job: &CommitJob,
    expected: Option<Version>,
) -> rusqlite::Result<bool> {
    let (next, columns) = (&job.next, &job.columns);
    let millis = |at: crate::Timestamp| at.unix_millis();
    let mut statement = conn.prepare_cached(sql)?;
    let common = params![
        &next.key().as_bytes()[..],
        next.key().shard(),
        columns.tenant.as_str(),
        columns.kind.as_str(),
        columns.user.as_ref().map(crate::UserId::as_str),
        columns.wake_at.map(millis),
        columns.expires_at.map(millis),
        columns.registered,
        columns.locked_until.map(millis),
        millis(columns.updated_at),
        next.version().count().cast_signed(),
        next.version().nonce().cast_signed(),
        next.body(),
    ];
    let rows = match expected {
        None => statement.execute(common)?,
        Some(version) => {
            let parts = [version.count().cast_signed(), version.nonce().cast_signed()];
            let condition = parts.iter().map(|part| part as &dyn rusqlite::ToSql);
            let values = common.iter().copied().chain(condition);
            statement.execute(rusqlite::params_from_iter(values))?
        }
    };
    Ok(rows == 1)
}

fn append(conn: &Connection, event: &Event, text: &str) -> rusqlite::Result<()> {
    let mut statement = conn.prepare_cached(include_str!("sql/append_event.sql"))?;
    let row = params![
        &event.id.record.as_bytes()[..],
        event.id.count.cast_signed(),
        event.id.index,
        event.tenant.as_str(),
        event.at.unix_millis(),
        event.code(),
        event.user.as_ref().map(crate::UserId::as_str),
        text,
    ];
    statement.execute(row).map(drop)
}

/// Adds one increment after the other, so that a key that occurs twice is added to twice.
pub(super) fn add(
    conn: &Connection,
    increments: &[CounterIncrement],
) -> rusqlite::Result<Vec<u64>> {
    // The sum saturates, since SQLite would turn an overflow into a floating point number.
    let mut statement = conn.prepare_cached(include_str!("sql/increment_counter.sql"))?;
    let value = |row: &rusqlite::Row<'_>| {
        let value: i64 = row.get(0)?;
        u64::try_from(value).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(0, value))
    };
    let mut read = conn.prepare_cached("SELECT value FROM counter WHERE key = ?1")?;
    let mut values = Vec::with_capacity(increments.len());
    for increment in increments {
        let key = &increment.key.as_bytes()[..];
        values.push(if increment.amount == 0 {
            read.query_row([key], value).optional()?.unwrap_or(0)
        } else {
            statement.query_row(
                params![key, increment.amount, increment.expires_at.unix_millis()],
                value,
            )?
        });
    }
    Ok(values)
}

/// Each statement finds and removes in one step, so a row that was extended before is not found.
const PURGES: [&str; 3] = [
    include_str!("sql/purge_records.sql"),
    include_str!("sql/purge_counters.sql"),
    include_str!("sql/purge_events.sql"),
];

/// Removes expired rows, at most `limit`. Each kind of row first gets a third of the limit, and
/// each purge begins with another kind, so that many rows of one kind do not delay the others for
/// ever.
pub(super) fn purge(
    conn: &Connection,
    cutoff: Cutoff,
    limit: u16,
    turn: usize,
) -> rusqlite::Result<u64> {
    let expired = cutoff.expired.unix_millis();
    let bounds = [expired, expired, cutoff.events_before.unix_millis()];
    let limit = usize::from(limit);
    let kinds = PURGES.len();
    let mut removed = 0_usize;
    for share in [limit.div_ceil(kinds), limit] {
        for kind in (turn..).take(kinds).map(|kind| kind % kinds) {
            let room = limit.saturating_sub(removed).min(share).cast_signed();
            if room > 0 {
                let mut statement = conn.prepare_cached(PURGES[kind])?;
                removed += statement.execute(params![bounds[kind], room])?;
            }
        }
    }
    Ok(removed as u64)
}
