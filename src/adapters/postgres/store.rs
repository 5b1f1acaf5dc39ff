//! The public handle: turns each call of the port into a call on a connection.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use deadpool_postgres::Pool;
use tokio_postgres::Client;

use super::connect::{Connector, set_up};
use super::cursor::Position;
use super::error::{PostgresFault, at_connect, refused};
use super::options::{Checked, PostgresOptions, check_timeout};
use super::session::{Session, Sessions, read};
use super::statement::refuse_pooler;
use super::write::CommitJob;
use super::{read, schema, write};
use crate::adapters::Migration;
use crate::audit::Event;
use crate::port::{
    Commit, Committed, CounterIncrement, Cursor, Cutoff, EventsOf, Page, PortError, PortResult,
    Record, RecordKey, RecordKind, Store,
};
use crate::{TenantId, Timestamp};

/// The most rows of one page, or removed by one purge; the most increments of one batch.
const MAX_ROWS: u16 = 1_000;

/// A store on a PostgreSQL server.
///
/// Cloning is cheap: all clones share the connections. Any number of stores, in any number of
/// processes, on one schema see one history.
///
/// See the [module](super) for an example and [the manual](crate::manual::postgres) for operation.
#[derive(Clone)]
pub struct PostgresStore {
    inner: Arc<Inner>,
}

struct Inner {
    sessions: Sessions,
    /// Unless the pool is the host's.
    options: Option<PostgresOptions>,
    /// The bucket at which the next purge begins.
    purge_from: AtomicU16,
}

impl PostgresStore {
    /// Connects, and checks that the schema has the version that this release knows. Changes
    /// nothing: the role only needs to read and write the tables.
    ///
    /// Call it on a tokio runtime with I/O and time enabled that lives as long as the store.
    ///
    /// # Errors
    ///
    /// `Denied` if an option is out of range, the password is wrong, a right is missing, the schema
    /// is missing, older or newer, or a pooler shares sessions between clients ([the
    /// manual](crate::manual::postgres) names the mode that works); `Unavailable` if no writable
    /// server can be reached, or its certificate is not for its name or not from a trusted
    /// authority.
    pub async fn connect(options: &PostgresOptions) -> PortResult<Self> {
        let checked = options.check()?;
        let sessions = Sessions::new(&checked)?;
        let session = sessions.take().await?;
        refuse_pooler_before(session.client(), &checked).await?;
        schema::check(session.client(), session.schema()).await?;
        drop(session);
        Ok(Self::of(sessions, Some(options.clone())))
    }

    /// Uses the connections of a pool that the host has, in a schema beside its own tables. Checks the
    /// version of the schema, as [`connect`](Self::connect) does.
    ///
    /// The pool decides how long connecting and waiting take and whether connections are encrypted; beyond
    /// ten seconds a call returns `Unavailable`. It must lead to the writable server and hold at least two
    /// connections. Each call takes one out of the pool, sets `statement_timeout` (10 milliseconds to 50
    /// seconds), `default_transaction_isolation`, `synchronous_commit` and `client_min_messages` for its
    /// session, and gives it back as it was. A transaction of the host is on another connection and is
    /// neither seen nor changed: a commit of the engine is not part of it. A connection that is returned
    /// inside a transaction is closed, and the call returns `Unavailable`. An operator who cancels the wait
    /// for a synchronous standby is not noticed on such a pool.
    ///
    /// ```no_run
    /// use std::time::Duration;
    ///
    /// use sspr::adapters::postgres::PostgresStore;
    /// use sspr::adapters::postgres::deadpool_postgres::Pool;
    ///
    /// # async fn open(pool: Pool) -> Result<(), Box<dyn std::error::Error>> {
    /// let store = PostgresStore::over(&pool, "sspr", Duration::from_secs(5)).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`connect`](Self::connect).
    pub async fn over(pool: &Pool, schema: &str, statement_timeout: Duration) -> PortResult<Self> {
        if !schema::is_schema(schema) {
            return Err(refused(schema::BAD_SCHEMA));
        }
        check_timeout(statement_timeout)?;
        if pool.status().max_size < 2 {
            return Err(refused("the pool holds a single connection, at least 2 needed"));
        }
        let sessions = Sessions::over(pool.clone(), schema, statement_timeout);
        let (first, second) = (sessions.take().await?, sessions.take().await?);
        refuse_pooler(first.client(), second.client()).await?;
        schema::check(first.client(), schema).await?;
        for session in [first, second] {
            session.close(Ok(())).await.map_err(PostgresFault::reading)?;
        }
        Ok(Self::of(sessions, None))
    }

    fn of(sessions: Sessions, options: Option<PostgresOptions>) -> Self {
        let inner = Inner { sessions, options, purge_from: AtomicU16::new(0) };
        Self { inner: Arc::new(inner) }
    }

    /// The changes that make the store's tables in this schema, as SQL for the tool that migrates the host's
    /// database. The schema itself must exist. [`create`](Self::create) and [`migrate`](Self::migrate) run
    /// the same statements.
    ///
    /// ```
    /// use sspr::adapters::postgres::PostgresStore;
    ///
    /// for migration in PostgresStore::migrations("sspr")? {
    ///     println!("{:04}_{}.sql:\n{}", migration.number, migration.name, migration.sql);
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// `Denied` for a name that no schema of a store can have.
    pub fn migrations(schema: &str) -> PortResult<Vec<Migration>> {
        schema::migrations(schema)
    }

    /// Creates the store: the schema and its tables. An existing store is kept and brought up to
    /// date. Concurrent calls are safe. Needs a role that owns the schema or may create it.
    ///
    /// Call it once, by hand or from the setup of the database. If each release called it, a
    /// dropped schema or a mistyped name would become a new store without accounts, in which every
    /// budget is unspent. With each release call [`migrate`](Self::migrate) instead.
    ///
    /// # Errors
    ///
    /// As [`connect`](Self::connect); also `Denied` without the right to change the schema.
    pub async fn create(options: &PostgresOptions) -> PortResult<()> {
        Self::bring_up_to_date(options, true).await
    }

    /// Brings the tables of an existing store up to date. Concurrent calls are safe. Needs a role
    /// that owns the schema.
    ///
    /// # Errors
    ///
    /// As [`connect`](Self::connect); also `Denied` if there is no store, or without the right to
    /// change the schema.
    pub async fn migrate(options: &PostgresOptions) -> PortResult<()> {
        Self::bring_up_to_date(options, false).await
    }

    async fn bring_up_to_date(options: &PostgresOptions, make: bool) -> PortResult<()> {
        let checked = options.check()?;
        if tokio::runtime::Handle::try_current().is_err() {
            return Err(PortError::unavailable().because("postgres: no tokio runtime"));
        }
        let connector = Connector::new(checked.encryption.clone());
        let (client, driver) = connector.open(&checked.config).await.map_err(at_connect)?;
        refuse_pooler_before(&client, &checked).await?;
        // No statement timeout, since an index on a large table takes long.
        let set_up = set_up(Duration::ZERO);
        client.batch_execute(&set_up).await.map_err(at_connect)?;
        let done = schema::migrate(&client, &checked.schema, make).await;
        driver.abort();
        done
    }

    /// Closes the idle connections, and the others as their calls end. Later calls of all clones
    /// return `Unavailable`. Over a pool of the host it does nothing.
    pub fn close(&self) {
        self.inner.sessions.close();
    }
}

/// Checks, by a second connection that is closed again, whether the connection shares its session.
async fn refuse_pooler_before(client: &Client, options: &Checked) -> PortResult<()> {
    let check = async {
        let connector = Connector::new(options.encryption.clone());
        let (other, driver) = connector.open(&options.config).await.map_err(at_connect)?;
        let refused = refuse_pooler(client, &other).await;
        driver.abort();
        refused
    };
    // A pooler without a free session makes the second connection wait.
    let patience = options.acquire_timeout
        + options.connect_timeout_of_all_hosts()
        + options.statement_timeout;
    let late = "postgres: no second connection within the timeout, which opening a store needs";
    tokio::time::timeout(patience, check)
        .await
        .unwrap_or_else(|_| Err(PortError::unavailable().because(late)))
}

fn rows(limit: usize) -> usize {
    limit.min(MAX_ROWS.into())
}

#[async_trait]
impl Store for PostgresStore {
    async fn load(&self, key: &RecordKey) -> PortResult<Option<Record>> {
        read!(self.inner.sessions, session => read::load(&session, key))
    }

    async fn commit(&self, commit: Commit<'_>) -> PortResult<Committed> {
        let job = CommitJob::new(commit)?;
        let session = self.inner.sessions.take().await?;
        self.inner.sessions.write(session, async |session| job.run(session).await).await
    }

    async fn increment(&self, increments: &[CounterIncrement]) -> PortResult<Vec<u64>> {
        if increments.len() > usize::from(MAX_ROWS) {
            return Err(refused("increments: more than 1000 in one batch"));
        }
        let session = self.inner.sessions.take().await?;
        let add = async |session: &_| write::add(session, increments).await;
        self.inner.sessions.write(session, add).await
    }

    async fn due(
        &self,
        now: Timestamp,
        after: Option<&Cursor>,
        limit: usize,
    ) -> PortResult<Page<RecordKey>> {
        let after = Position::parse(after)?;
        let (now, limit) = (now.unix_millis(), rows(limit));
        read!(self.inner.sessions, session => read::due(&session, now, after, limit))
    }

    async fn scan(
        &self,
        tenant: &TenantId,
        kind: RecordKind,
        after: Option<&Cursor>,
        limit: usize,
    ) -> PortResult<Page<Record>> {
        let after = Position::parse(after)?;
        let limit = rows(limit);
        read!(self.inner.sessions, session => read::scan(&session, tenant, kind, after, limit))
    }

    async fn events(
        &self,
        of: EventsOf<'_>,
        after: Option<&Cursor>,
        limit: usize,
    ) -> PortResult<Page<Event>> {
        let limit = rows(limit);
        match of {
            EventsOf::Record(key) => {
                let after = Position::parse(after)?;
                read!(self.inner.sessions, session => {
                    read::events_of_record(&session, key, after, limit)
                })
            }
            EventsOf::Tenant(tenant) => {
                let after = Position::parse(after)?;
                read!(self.inner.sessions, session => {
                    read::events_of_tenant(&session, tenant, after, limit)
                })
            }
        }
    }

    async fn purge(&self, cutoff: Cutoff, limit: usize) -> PortResult<u64> {
        let limit = u16::try_from(rows(limit)).unwrap_or(MAX_ROWS);
        let first = self.inner.purge_from.fetch_add(1, Ordering::Relaxed);
        let session = self.inner.sessions.take().await?;
        let purge = async |session: &_| write::purge(session, cutoff, limit, first).await;
        self.inner.sessions.write(session, purge).await
    }

    async fn fence(&self, closed: bool) -> PortResult<bool> {
        let session = self.inner.sessions.take().await?;
        let fence = async |session: &Session| session.fence(closed).await;
        self.inner.sessions.write(session, fence).await?;
        Ok(true)
    }
}

impl fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresStore")
            .field("schema", &self.inner.sessions.schema())
            .field("options", &self.inner.options)
            .finish_non_exhaustive()
    }
}
