//! A host's table in an SQLite file.

use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use rusqlite::types::Value;
use rusqlite::{
    Connection, ErrorCode, OpenFlags, OptionalExtension as _, TransactionBehavior, params_from_iter,
};

use super::rows::{Changed, Parameters, RowChange, TextRow, UserRows, judged};
use super::statements::Statements;
use super::worker::Worker;
use crate::port::{PortError, PortErrorKind, PortResult};

/// How long a call waits for the locks of other connections.
const PATIENCE: Duration = Duration::from_secs(5);

/// One connection on one thread.
pub(super) struct SqliteRows(Worker<Connection>);

impl SqliteRows {
    pub(super) fn open(path: &Path, statements: &Statements) -> PortResult<Self> {
        // Never creates a file: with a wrong path, a directory without users would be a fact.
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags).map_err(failed)?;
        connection.busy_timeout(PATIENCE).map_err(failed)?;
        // A commit that has returned survives a power failure.
        connection.pragma_update(None, "synchronous", "FULL").map_err(failed)?;
        if connection.is_readonly("main").map_err(failed)? {
            return Err(PortError::denied().because("sqlite: the file may not be written"));
        }
        for (sql, parameters) in statements.all() {
            let prepared = connection.prepare(&sql).map_err(failed)?;
            debug_assert_eq!(prepared.parameter_count(), parameters, "{sql}");
        }
        Ok(Self(Worker::start("sspr-sql-directory", vec![connection])?))
    }
}

#[async_trait]
impl UserRows for SqliteRows {
    async fn select(&self, sql: String, parameters: Parameters) -> PortResult<Vec<TextRow>> {
        let work = move |connection: &mut Connection| {
            select(connection, &sql, &parameters).map_err(failed)
        };
        self.0.run(PortError::unavailable, work).await
    }

    async fn change(&self, change: RowChange) -> PortResult<Changed> {
        let work = move |connection: &mut Connection| changed(connection, &change);
        self.0.run(PortError::unknown, work).await
    }
}

fn select(
    connection: &Connection,
    sql: &str,
    parameters: &Parameters,
) -> rusqlite::Result<Vec<TextRow>> {
    let mut statement = connection.prepare_cached(sql)?;
    let columns = statement.column_count();
    let rows = statement.query_map(params_from_iter(parameters), |row| {
        (0..columns).map(|column| row.get::<_, Value>(column).and_then(text)).collect()
    })?;
    rows.collect()
}

/// The statements cast each value to text; text with bytes that are no UTF-8 is an error of its own.
fn text(value: Value) -> rusqlite::Result<Option<String>> {
    match value {
        Value::Null => Ok(None),
        Value::Text(text) => Ok(Some(text)),
        other => Err(rusqlite::Error::InvalidColumnType(0, "text".to_owned(), other.data_type())),
    }
}

/// One transaction. It is undone if it is dropped before its commit.
fn changed(connection: &mut Connection, change: &RowChange) -> PortResult<Changed> {
    // Takes the lock at once: a transaction that reads first could not wait for it.
    let begun = connection.transaction_with_behavior(TransactionBehavior::Immediate);
    let transaction = begun.map_err(failed)?;
    let update = transaction.execute(&change.update, params_from_iter(&change.parameters));
    let rows = u64::try_from(update.map_err(failed)?).unwrap_or(u64::MAX);
    let mut kept = None;
    if let Some((sql, written)) = &change.read_back
        && rows == 1
    {
        let by = params_from_iter(change.parameters.iter().take(2));
        let read = transaction.query_row(sql, by, |row| row.get::<_, Option<String>>(0));
        kept = Some((written.as_str(), read.optional().map_err(failed)?.flatten()));
    }
    let judged = judged(rows, kept.as_ref().map(|(written, read)| (*written, read.as_deref())));
    if judged == Changed::Done {
        transaction.commit().map_err(commit_failed)?;
    }
    Ok(judged)
}

/// An error before the commit: the transaction is undone.
fn failed(error: rusqlite::Error) -> PortError {
    let kind = match error.sqlite_error_code() {
        Some(
            ErrorCode::DatabaseBusy
            | ErrorCode::DatabaseLocked
            | ErrorCode::DiskFull
            | ErrorCode::CannotOpen
            | ErrorCode::SystemIoFailure
            | ErrorCode::OutOfMemory
            | ErrorCode::OperationInterrupted
            | ErrorCode::SchemaChanged,
        ) => PortErrorKind::Unavailable,
        _ => PortErrorKind::Denied,
    };
    PortError::new(kind).because(format!("sqlite: {error}"))
}

/// An error of the commit itself. While another connection holds a lock nothing is written, and dropping the
/// transaction undoes it.
fn commit_failed(error: rusqlite::Error) -> PortError {
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => failed(error),
        // A constraint that is judged at the end of the transaction.
        Some(ErrorCode::ConstraintViolation) => failed(error),
        _ => PortError::unknown().because(format!("sqlite: {error}")),
    }
}
