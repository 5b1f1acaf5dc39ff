//! Connections for tables of the host, which another adapter reads and writes.

use std::time::Duration;

use deadpool_postgres::{Object, Pool};

use super::connect;
use super::error::{PostgresFault, of_pool};
use super::options::PostgresOptions;
use crate::port::{PortError, PortResult};

pub(in crate::adapters) use deadpool_postgres::{Object as Pooled, Transaction as Transacted};

/// A pool, and how long the server may work on a statement.
pub(in crate::adapters) struct LentPool {
    pool: Pool,
    pub(in crate::adapters) statement_timeout: Duration,
}

/// A pool of the options, without a connection yet.
pub(in crate::adapters) fn pool(options: &PostgresOptions) -> PortResult<LentPool> {
    let checked = options.check()?;
    let (pool, _) = connect::pool(&checked)?;
    Ok(LentPool { pool, statement_timeout: checked.statement_timeout })
}

/// A connection.
pub(in crate::adapters) async fn client(lent: &LentPool) -> PortResult<Object> {
    lent.pool.get().await.map_err(of_pool)
}

/// Closes a connection whose state is not known.
pub(in crate::adapters) fn discard(client: Object) {
    drop(Object::take(client));
}

/// The error of a statement that changes nothing, or whose transaction is not committed.
pub(in crate::adapters) fn reading(error: tokio_postgres::Error) -> PortError {
    PostgresFault::During(error).reading()
}

/// The error of a commit.
pub(in crate::adapters) fn writing(error: tokio_postgres::Error) -> PortError {
    PostgresFault::During(error).writing()
}
