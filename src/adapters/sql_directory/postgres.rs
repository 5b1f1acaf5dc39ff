//! A host's table on a PostgreSQL server.

use std::time::Duration;

use async_trait::async_trait;
use tokio::runtime::Handle;
use tokio::time::timeout;
use tokio_postgres::types::{ToSql, Type};

use super::rows::{Changed, Parameters, RowChange, TextRow, UserRows, judged};
use super::statements::Statements;
use crate::adapters::postgres::PostgresOptions;
use crate::adapters::postgres::lend::{self, LentPool, Pooled, Transacted};
use crate::port::{PortError, PortResult};

/// A pool of connections.
pub(super) struct PostgresRows {
    pool: LentPool,
    patience: Duration,
}

impl PostgresRows {
    pub(super) async fn connect(
        options: &PostgresOptions,
        statements: &Statements,
    ) -> PortResult<Self> {
        let pool = lend::pool(options)?;
        // As in the store: the server ends a statement, and two more seconds are for the reply.
        let patience = pool.statement_timeout + Duration::from_secs(2);
        let rows = Self { pool, patience };
        for (sql, parameters) in statements.all() {
            let null = vec![None; parameters];
            rows.select(format!("EXPLAIN {sql}"), null).await?;
        }
        Ok(rows)
    }

    async fn client(&self) -> PortResult<Pooled> {
        if Handle::try_current().is_err() {
            return Err(PortError::unavailable().because("postgres: no tokio runtime"));
        }
        lend::client(&self.pool).await
    }
}

/// The parameters with their type. Statements are not prepared under a name: a pooler may send each to
/// another session.
fn typed(parameters: &Parameters) -> Vec<(&(dyn ToSql + Sync), Type)> {
    parameters.iter().map(|value| (value as &(dyn ToSql + Sync), Type::TEXT)).collect()
}

fn text_row(row: &tokio_postgres::Row) -> PortResult<TextRow> {
    let value = |column| row.try_get::<_, Option<String>>(column).map_err(lend::reading);
    (0..row.len()).map(value).collect()
}

fn late<E>(_: E) -> PortError {
    PortError::unavailable().because("postgres: no reply within the timeout")
}

#[async_trait]
impl UserRows for PostgresRows {
    async fn select(&self, sql: String, parameters: Parameters) -> PortResult<Vec<TextRow>> {
        let client = self.client().await?;
        let parameters = typed(&parameters);
        let asked = timeout(self.patience, client.query_typed(&sql, &parameters)).await;
        let rows = asked.map_err(late).and_then(|rows| rows.map_err(lend::reading));
        if rows.is_err() {
            lend::discard(client);
            return Err(rows.err().unwrap_or_else(PortError::unavailable));
        }
        rows?.iter().map(text_row).collect()
    }

    async fn change(&self, change: RowChange) -> PortResult<Changed> {
        let mut client = self.client().await?;
        // Until the commit is sent, the server undoes a transaction that is lost.
        let before = timeout(self.patience, prepared(&mut client, &change)).await;
        let judged = match before.map_err(late).and_then(|reply| reply) {
            Ok((judged, Some(transaction))) => {
                let sent = timeout(self.patience, transaction.commit()).await;
                let unknown =
                    |_| PortError::unknown().because("postgres: the commit was not confirmed");
                sent.map_err(unknown)
                    .and_then(|reply| reply.map_err(lend::writing))
                    .map(|()| judged)
            }
            Ok((judged, None)) => Ok(judged),
            Err(error) => Err(error),
        };
        if judged.is_err() {
            lend::discard(client);
        }
        judged
    }
}

/// The transaction up to its commit, if it is to be committed.
async fn prepared<'a>(
    client: &'a mut Pooled,
    change: &RowChange,
) -> PortResult<(Changed, Option<Transacted<'a>>)> {
    let parameters = typed(&change.parameters);
    let transaction = client.transaction().await.map_err(lend::reading)?;
    let updated = transaction.execute_typed(&change.update, &parameters).await;
    let rows = updated.map_err(lend::reading)?;
    let mut kept = None;
    if let Some((sql, written)) = &change.read_back
        && rows == 1
    {
        let found = transaction.query_typed(sql, &parameters[..2]).await.map_err(lend::reading)?;
        let read = found.first().map(|row| row.try_get::<_, Option<String>>(0)).transpose();
        kept = Some((written.as_str(), read.map_err(lend::reading)?.flatten()));
    }
    let judged = judged(rows, kept.as_ref().map(|(written, read)| (*written, read.as_deref())));
    if judged == Changed::Done {
        return Ok((judged, Some(transaction)));
    }
    // Waited for, so that no lock outlives the call.
    transaction.rollback().await.map_err(lend::reading)?;
    Ok((judged, None))
}
