//! One call on one connection of the pool.

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

use super::connect::{Alone, pool};
use super::error::{PostgresFault, of_pool};
use super::options::Checked;
use super::schema;
use super::statement::{Prepared, Template};
use crate::port::{PortError, PortResult};

/// The parameters of a statement.
pub(super) type Values<'a> = &'a [&'a (dyn ToSql + Sync)];

/// How much longer than its statement timeout a server may be silent.
const MARGIN: Duration = Duration::from_secs(2);

/// The connections of one store.
pub(super) struct Sessions {
    pool: Pool,
    template: Arc<Template>,
    alone: Alone,
    patience: Duration,
    connecting: Duration,
}

impl Sessions {
    pub(super) fn new(options: &Checked) -> PortResult<Self> {
        let (pool, alone) = pool(options)?;
        // Setting a session up is one statement.
        let connecting = options.acquire_timeout + options.dialling_timeout() + MARGIN;
        let (schema, statement_timeout) = (options.schema.clone(), options.statement_timeout);
        let template = Arc::new(Template { schema, statement_timeout });
        Ok(Self { pool, template, alone, patience: statement_timeout + MARGIN, connecting })
    }

    /// A connection that is free, or a new one.
    pub(super) async fn take(&self) -> PortResult<Session> {
        if Handle::try_current().is_err() {
            return Err(PortError::unavailable().because("postgres: no tokio runtime"));
        }
        match timeout(self.connecting, self.pool.get()).await {
            Ok(got) => Ok(Session(got.map_err(of_pool)?, Arc::clone(&self.template))),
            Err(_) => Err(PortError::unavailable().because("postgres: no connection in time")),
        }
    }

    /// Waits for the server as long as it may take, and no longer.
    pub(super) async fn wait<T>(
        &self,
        work: impl Future<Output = Result<T, PostgresFault>>,
    ) -> Result<T, PostgresFault> {
        timeout(self.patience, work).await.unwrap_or(Err(PostgresFault::Late))
    }

    /// A call that writes, by statements that are a transaction each. Never made twice here:
    /// nobody knows what became of the first.
    pub(super) async fn write<T>(
        &self,
        session: Session,
        work: impl AsyncFnOnce(&Session) -> Result<T, PostgresFault>,
    ) -> PortResult<T> {
        let alone = self.alone.count();
        let answer = self.wait(work(&session)).await;
        let answer = session.close(answer).map_err(PostgresFault::writing)?;
        if self.alone.count() != alone {
            let what = "postgres: a commit was answered that no standby has confirmed";
            return Err(PortError::unknown().because(what));
        }
        Ok(answer)
    }

    pub(super) fn close(&self) {
        self.pool.close();
    }
}

/// A call that only reads: made once more, on another connection, if the first turned out to be
/// lost. A macro, since what it does borrows the connection.
macro_rules! read {
    ($sessions:expr, $session:ident => $work:expr) => {{
        let mut first = true;
        loop {
            let $session = $sessions.take().await?;
            let answer = $sessions.wait($work).await;
            let again = first && answer.as_ref().is_err_and(PostgresFault::lost);
            match $session.close(answer) {
                Err(_) if again => first = false,
                answer => break answer.map_err(PostgresFault::reading),
            }
        }
    }};
}
pub(super) use read;

/// A connection, for one call.
///
/// A call that is dropped gives it back while its statement is still under way. That does no harm:
/// the statement is a transaction of its own, and what the next call asks is answered after it.
pub(super) struct Session(Object, Arc<Template>);

impl Session {
    /// Prepared on first use, and kept as long as the connection.
    pub(super) async fn prepare(&self, sql: &str) -> Result<Prepared, PostgresFault> {
        let (sql, name) = self.1.write(sql);
        let statement = self.0.prepare_cached(&sql).await.map_err(PostgresFault::Before)?;
        Ok(Prepared { statement, name })
    }

    /// The rows, read to the end: a statement is over when the server is ready for the next, since
    /// it commits after the last row.
    pub(super) async fn query(
        &self,
        sql: &str,
        values: Values<'_>,
    ) -> Result<Vec<Row>, PostgresFault> {
        let statement = self.prepare(sql).await?;
        self.query_prepared(&statement, values).await
    }

    pub(super) async fn query_prepared(
        &self,
        Prepared { statement, name }: &Prepared,
        values: Values<'_>,
    ) -> Result<Vec<Row>, PostgresFault> {
        Ok(self.0.query(statement, &with(values, name)).await?)
    }

    /// How many rows were changed.
    pub(super) async fn execute(
        &self,
        sql: &str,
        values: Values<'_>,
    ) -> Result<u64, PostgresFault> {
        let Prepared { statement, name } = self.prepare(sql).await?;
        Ok(self.0.execute(&statement, &with(values, &name)).await?)
    }

    pub(super) fn schema(&self) -> &str {
        &self.1.schema
    }

    /// Closes the store to writers, or opens it again, in one transaction.
    pub(super) async fn fence(&self, closed: bool) -> Result<(), PostgresFault> {
        let done = self.0.batch_execute(&schema::fence(self.schema(), closed)).await;
        if done.is_err() {
            // The connection must not keep a transaction open. If this fails it is lost anyway.
            drop(self.0.batch_execute("ROLLBACK").await);
        }
        Ok(done?)
    }

    pub(super) fn client(&self) -> &tokio_postgres::Client {
        &self.0
    }

    /// Gives the connection back, or up.
    pub(super) fn close<T>(self, answer: Result<T, PostgresFault>) -> Result<T, PostgresFault> {
        if answer.as_ref().is_err_and(PostgresFault::spoils) {
            drop(Object::take(self.0));
        }
        answer
    }
}

/// The parameters, and behind them the name of the statement that is meant.
fn with<'a>(values: Values<'a>, name: &'a String) -> Vec<&'a (dyn ToSql + Sync)> {
    values.iter().copied().chain([name as _]).collect()
}

/// A value of a row. What is not of the type that the schema says cannot be read.
pub(super) fn column<'a, T: FromSql<'a>>(row: &'a Row, name: &str) -> Result<T, PostgresFault> {
    row.try_get(name).map_err(|_| PostgresFault::Corrupt("a column of another type"))
}

/// Several questions, asked in this order and in one go; their answers, in the same order.
pub(super) async fn pipelined<T>(
    mut asked: Vec<Pin<Box<dyn Future<Output = T> + Send + '_>>>,
) -> Vec<T> {
    let mut answers: Vec<Option<T>> = asked.iter().map(|_| None).collect();
    poll_fn(|context| {
        let mut all = true;
        for (future, answer) in asked.iter_mut().zip(&mut answers) {
            if answer.is_none() {
                match future.as_mut().poll(context) {
                    Poll::Ready(found) => *answer = Some(found),
                    Poll::Pending => all = false,
                }
            }
        }
        if all { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    answers.into_iter().flatten().collect()
}
