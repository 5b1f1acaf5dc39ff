//! Sessions: one call on one connection of the pool, with its time limits.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use deadpool_postgres::{Object, Pool};
use tokio::runtime::Handle;
use tokio::time::timeout;
use tokio_postgres::Row;
use tokio_postgres::types::{FromSql, ToSql};

use super::connect::{UnconfirmedCommits, pool};
use super::error::{PostgresFault, of_pool};
use super::lent;
use super::options::Checked;
use super::schema;
use super::statement::{Prepared, Statements};
use crate::port::{PortError, PortResult};

/// The parameters of a statement.
pub(super) type Values<'a> = &'a [&'a (dyn ToSql + Sync)];

/// How long to wait for a reply beyond the statement timeout.
const MARGIN: Duration = Duration::from_secs(2);

/// How long a pool of the host may take to hand out a connection.
const LENT: Duration = Duration::from_secs(10);

/// The connections of one store.
pub(super) struct Sessions {
    pool: Pool,
    /// Whether the pool is the host's, whose other users must find their sessions as they left them.
    lent: bool,
    statements: Arc<Statements>,
    unconfirmed: UnconfirmedCommits,
    patience: Duration,
    connecting: Duration,
}

impl Sessions {
    pub(super) fn new(options: &Checked) -> PortResult<Self> {
        let (pool, unconfirmed) = pool(options)?;
        // The session settings are one statement.
        let connecting = options.acquire_timeout + options.connect_timeout_of_all_hosts() + MARGIN;
        let (schema, statement_timeout) = (options.schema.clone(), options.statement_timeout);
        let statements = Arc::new(Statements::new(schema, statement_timeout));
        let patience = statement_timeout + MARGIN;
        Ok(Self { pool, lent: false, statements, unconfirmed, patience, connecting })
    }

    pub(super) fn over(pool: Pool, schema: &str, statement_timeout: Duration) -> Self {
        Self {
            pool,
            lent: true,
            statements: Arc::new(Statements::new(schema.to_owned(), statement_timeout)),
            unconfirmed: UnconfirmedCommits::default(),
            patience: statement_timeout + MARGIN,
            connecting: LENT,
        }
    }

    /// A free connection, or a new one.
    pub(super) async fn take(&self) -> PortResult<Session> {
        if Handle::try_current().is_err() {
            return Err(PortError::unavailable().because("postgres: no tokio runtime"));
        }
        timeout(self.connecting, self.open()).await.unwrap_or_else(|_| {
            Err(PortError::unavailable().because("postgres: no connection within the timeout"))
        })
    }

    async fn open(&self) -> PortResult<Session> {
        let connection = self.pool.get().await.map_err(of_pool)?;
        let mut session = Session {
            connection: Some(connection),
            statements: Arc::clone(&self.statements),
            give_back: self.lent.then(String::new),
        };
        if self.lent {
            let timeout = self.statements.statement_timeout;
            session.give_back = Some(lent::borrow(session.client(), timeout).await?);
        }
        Ok(session)
    }

    /// Waits for the server, at most for the statement timeout and a margin.
    pub(super) async fn wait<T>(
        &self,
        work: impl Future<Output = Result<T, PostgresFault>>,
    ) -> Result<T, PostgresFault> {
        timeout(self.patience, work).await.unwrap_or(Err(PostgresFault::Late))
    }

    /// Runs a call that writes, by statements that are one transaction each. Never repeated, since
    /// the outcome of a failed write may be unknown.
    pub(super) async fn write<T>(
        &self,
        session: Session,
        work: impl AsyncFnOnce(&Session) -> Result<T, PostgresFault>,
    ) -> PortResult<T> {
        let before = self.unconfirmed.count();
        let outcome = self.wait(work(&session)).await;
        let value = session.close(outcome).await.map_err(PostgresFault::writing)?;
        if self.unconfirmed.count() != before {
            let what = "postgres: no standby has confirmed a commit";
            return Err(PortError::unknown().because(what));
        }
        Ok(value)
    }

    /// Closes the store's own pool.
    pub(super) fn close(&self) {
        if !self.lent {
            self.pool.close();
        }
    }

    pub(super) fn schema(&self) -> &str {
        &self.statements.schema
    }
}

/// Runs a call that only reads. It is repeated once on another connection if the first was lost. A
/// macro, since the call borrows the connection.
macro_rules! read {
    ($sessions:expr, $session:ident => $work:expr) => {{
        let mut first = true;
        loop {
            let $session = $sessions.take().await?;
            let outcome = $sessions.wait($work).await;
            let again = first && outcome.as_ref().is_err_and(PostgresFault::lost);
            match $session.close(outcome).await {
                Err(_) if again => first = false,
                outcome => break outcome.map_err(PostgresFault::reading),
            }
        }
    }};
}
pub(super) use read;

/// A connection, for one call.
///
/// A dropped call returns the connection to the pool while its statement still runs. That is safe:
/// the statement is a transaction of its own, and the server runs the next call's statement after
/// it. A connection lent by the host is closed instead, since it still has the settings of this store.
pub(super) struct Session {
    /// Taken when the session ends.
    connection: Option<Object>,
    statements: Arc<Statements>,
    /// The statement that gives the host's settings back, on a connection of its pool.
    give_back: Option<String>,
}

impl Drop for Session {
    fn drop(&mut self) {
        if self.give_back.is_some() {
            self.discard();
        }
    }
}

impl Session {
    /// A statement, prepared on first use and kept for the life of the connection.
    pub(super) async fn prepare(&self, sql: &'static str) -> Result<Prepared, PostgresFault> {
        let named = self.statements.named(sql);
        let prepared = self.object().prepare_cached(&named.sql).await;
        Ok(Prepared { statement: prepared.map_err(PostgresFault::Before)?, named })
    }

    /// All rows of a statement. Read to the end, since the server commits after the last row.
    pub(super) async fn query(
        &self,
        sql: &'static str,
        values: Values<'_>,
    ) -> Result<Vec<Row>, PostgresFault> {
        let statement = self.prepare(sql).await?;
        self.query_prepared(&statement, values).await
    }

    pub(super) async fn query_prepared(
        &self,
        Prepared { statement, named }: &Prepared,
        values: Values<'_>,
    ) -> Result<Vec<Row>, PostgresFault> {
        Ok(self.object().query(statement, &with(values, &named.name)).await?)
    }

    /// The number of changed rows.
    pub(super) async fn execute(
        &self,
        sql: &'static str,
        values: Values<'_>,
    ) -> Result<u64, PostgresFault> {
        let Prepared { statement, named } = self.prepare(sql).await?;
        Ok(self.object().execute(&statement, &with(values, &named.name)).await?)
    }

    pub(super) fn schema(&self) -> &str {
        &self.statements.schema
    }

    /// Closes the store to writers, or opens it again, in one transaction.
    pub(super) async fn fence(&self, closed: bool) -> Result<(), PostgresFault> {
        let done = self.client().batch_execute(&schema::fence(self.schema(), closed)).await;
        if done.is_err() {
            // Ends the open transaction. If this fails, the connection is lost anyway.
            drop(self.client().batch_execute("ROLLBACK").await);
        }
        Ok(done?)
    }

    pub(super) fn client(&self) -> &tokio_postgres::Client {
        self.object()
    }

    fn object(&self) -> &Object {
        match &self.connection {
            Some(connection) => connection,
            None => unreachable!("the connection is taken when the session ends"),
        }
    }

    /// Takes the connection out of the pool and closes it.
    fn discard(&mut self) {
        drop(self.connection.take().map(Object::take));
    }

    /// Returns the connection to the pool as it was, or closes it after an error that spoils it.
    pub(super) async fn close<T>(
        mut self,
        outcome: Result<T, PostgresFault>,
    ) -> Result<T, PostgresFault> {
        if outcome.as_ref().is_err_and(PostgresFault::spoils) {
            self.discard();
        } else if let Some(give_back) = &self.give_back {
            // If this fails or is late, the session keeps its statement, and its end closes the connection.
            if let Ok(Ok(())) = timeout(MARGIN, self.client().batch_execute(give_back)).await {
                self.give_back = None;
            }
        }
        outcome
    }
}

/// The parameters, followed by the statement's name.
fn with<'a>(values: Values<'a>, name: &'a String) -> Vec<&'a (dyn ToSql + Sync)> {
    values.iter().copied().chain([name as _]).collect()
}

/// A value of a row. A value of another type than the schema's is corrupt.
pub(super) fn column<'a, T: FromSql<'a>>(row: &'a Row, name: &str) -> Result<T, PostgresFault> {
    row.try_get(name).map_err(|_| PostgresFault::Corrupt("a column of another type"))
}

/// Sends several queries in this order without waiting between them; returns the replies in the
/// same order.
pub(super) async fn pipelined<T>(
    mut queries: Vec<Pin<Box<dyn Future<Output = T> + Send + '_>>>,
) -> Vec<T> {
    let mut replies: Vec<Option<T>> = queries.iter().map(|_| None).collect();
    poll_fn(|context| {
        let mut all = true;
        for (query, reply) in queries.iter_mut().zip(&mut replies) {
            if reply.is_none() {
                match query.as_mut().poll(context) {
                    Poll::Ready(found) => *reply = Some(found),
                    Poll::Pending => all = false,
                }
            }
        }
        if all { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    replies.into_iter().flatten().collect()
}
