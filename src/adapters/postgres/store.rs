//! The handle: what the port asks for becomes a call on a connection.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};

use async_trait::async_trait;
use tokio_postgres::Client;

use super::connect::{Dial, set_up};
use super::cursor::Position;
use super::error::{PostgresFault, at_connect, refused};
use super::options::{Checked, PostgresOptions};
use super::session::{Session, Sessions, read};
use super::statement::refuse_pooler;
use super::write::CommitJob;
use super::{read, schema, write};
use crate::domain::event::Event;
use crate::domain::ids::{RecordKey, TenantId};
use crate::domain::record::{Record, RecordKind};
use crate::domain::time::Timestamp;
use crate::port::{
    Commit, Committed, CounterIncrement, Cursor, Cutoff, EventsOf, Page, PortError, PortResult,
    Store,
};

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
    options: PostgresOptions,
    /// Where the next purge begins.
    purge_from: AtomicU16,
}

impl PostgresStore {
    /// Connects, and checks that the schema is the one that this release knows. Changes nothing:
    /// the role needs no right but to read and write the tables.
    ///
    /// Call it on a tokio runtime with I/O and time enabled that lives as long as the store.
    ///
    /// # Errors
    ///
    /// `Denied` if the options are out of their range, the password is wrong, a right is missing,
    /// the schema is not there, older or newer, or a pooler between hands sessions from client to
    /// client ([the manual](crate::manual::postgres) names the mode that works); `Unavailable` if no
    /// server can be reached that may be written to, or its certificate is not for its name or not
    /// from a trusted authority.
    pub async fn connect(options: &PostgresOptions) -> PortResult<Self> {
        let checked = options.check()?;
        let sessions = Sessions::new(&checked)?;
        let session = sessions.take().await?;
        refuse_pooler_before(session.client(), &checked).await?;
        schema::check(session.client(), session.schema()).await?;
        drop(session);
        let inner = Inner { sessions, options: options.clone(), purge_from: AtomicU16::new(0) };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Makes the store: the schema and its tables; what is there already stays, and is brought up to
    /// date. Several nodes may do so at once. Needs a role that owns the schema, or may create it.
    ///
    /// Call it once, by hand or by what sets up the database. Where each release calls it, a schema
    /// that was dropped, or a name with a misprint, becomes a new store without accounts, in which
    /// every budget is unspent: with each release call [`migrate`](Self::migrate).
    ///
    /// # Errors
    ///
    /// As [`connect`](Self::connect); `Denied` as well without the right to change the schema.
    pub async fn create(options: &PostgresOptions) -> PortResult<()> {
        Self::bring_up_to_date(options, true).await
    }

    /// Brings the tables of a store that is there up to date. Several nodes may do so at once. Needs a
    /// role that owns the schema.
    ///
    /// # Errors
    ///
    /// As [`connect`](Self::connect); `Denied` as well if there is no store, and without the right to
    /// change the schema.
    pub async fn migrate(options: &PostgresOptions) -> PortResult<()> {
        Self::bring_up_to_date(options, false).await
    }

    async fn bring_up_to_date(options: &PostgresOptions, make: bool) -> PortResult<()> {
        let options = options.check()?;
        if tokio::runtime::Handle::try_current().is_err() {
            return Err(PortError::unavailable().because("postgres: no tokio runtime"));
        }
        let dial = Dial::new(options.encryption.clone());
        let (client, driver) = dial.dial(&options.config).await.map_err(at_connect)?;
        refuse_pooler_before(&client, &options).await?;
        // An index on a large table takes its time.
        let set_up = set_up(Some(&options.schema), std::time::Duration::ZERO);
        client.batch_execute(&set_up).await.map_err(at_connect)?;
        let done = schema::migrate(&client, &options.schema, make).await;
        driver.abort();
        done
    }

    /// Closes the idle connections, and the others as their calls end. Calls from now on are
    /// answered `Unavailable`, by all clones.
    pub fn close(&self) {
        self.inner.sessions.close();
    }
}

/// Of a connection: looks whether it shares its session, by a second one that lives no longer.
async fn refuse_pooler_before(client: &Client, options: &Checked) -> PortResult<()> {
    let look = async {
        let dial = Dial::new(options.encryption.clone());
        let (other, driver) = dial.dial(&options.config).await.map_err(at_connect)?;
        let refused = refuse_pooler(client, &other).await;
        driver.abort();
        refused
    };
    // A pooler whose sessions are all taken lets the second connection wait.
    let patience = options.acquire_timeout + options.dialling_timeout() + options.statement_timeout;
    let late = "postgres: no second connection in time, which opening a store needs";
    let looked = tokio::time::timeout(patience, look).await;
    looked.unwrap_or_else(|_| Err(PortError::unavailable().because(late)))
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
            return Err(refused("a batch of more than 1000 increments"));
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
            .field("options", &self.inner.options)
            .finish_non_exhaustive()
    }
}
