//! A durable store in one file, by SQLite. Feature `sqlite`.
//!
//! For a service on one machine, in one process or a few that share the file. A commit is answered
//! when it is on the disk: write-ahead log, `synchronous = FULL`. It needs no async runtime: one
//! thread writes, in transactions that take up every request that waits (*group commit*), and two
//! read, one of them listings only, so that no load waits behind a page. The futures do nothing but
//! wait.
//!
//! ```
//! use sspr::adapters::sqlite::SqliteStore;
//! use sspr::port::{Commit, Committed, Store};
//! use sspr::{Columns, Record, RecordKey, RecordKind, TenantId, Timestamp, Version};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let directory = std::env::temp_dir().join(format!("sspr-example-{}", std::process::id()));
//! # std::fs::create_dir_all(&directory)?;
//! let store = SqliteStore::open(directory.join("sspr.db"))?;
//!
//! let key = RecordKey::from_bytes([1; 32]);
//! let record = Record::loaded(key, Version::new(1, 42), r#"{"kind":"meta"}"#);
//! let tenant = TenantId::parse("contoso")?;
//! let columns = Columns::new(tenant, RecordKind::Meta, Timestamp::from_unix_seconds(1_700_000_000));
//!
//! let commit = Commit::new(&record, None, &columns, &[]);
//! assert_eq!(store.commit(commit).await?, Committed::Applied);
//! assert_eq!(store.commit(commit).await?, Committed::Stale);
//! let loaded = store.load(&key).await?.expect("it was committed");
//! assert_eq!(loaded.body(), record.body());
//! # drop(store);
//! # std::fs::remove_dir_all(directory)?;
//! # Ok(())
//! # }
//! ```
//!
//! # Files
//!
//! Beside `sspr.db` stand `sspr.db-wal` and `sspr.db-shm`, which are part of the database while it
//! is open, and the empty `sspr.db-gate` and `sspr.db-writing`, by whose locks several processes
//! take turns. They stay; do not remove them while a process runs. All are made readable and
//! writable by their owner only (0600). The file must be on a local disk: SQLite's write-ahead log
//! does not work over a network file system. A process that is stopped while it writes (`SIGSTOP`,
//! a debugger) stops the other writers until it goes on or dies.
//!
//! An empty file is taken for a new store. A file of another application (`application_id`) or of
//! a newer schema (`user_version`) is refused and left as it is. A backup is made with `VACUUM INTO`
//! or `.backup`, never by copying the file of a running process.
//!
//! # For operators
//!
//! What stands beside a body may be queried while the engine runs. Times are milliseconds since the
//! Unix epoch; keys are hashes. To change anything by hand, stop the engine first.
//!
//! ```sql
//! -- accounts that are locked now
//! SELECT tenant, user_id, datetime(locked_until / 1000, 'unixepoch') AS until FROM record
//! WHERE kind = 'account' AND locked_until > unixepoch() * 1000;
//! -- how many have registered
//! SELECT tenant, sum(registered) AS registered, count(*) AS accounts FROM record
//! WHERE kind = 'account' GROUP BY tenant;
//! -- work that is more than a minute late: does anything call `maintain`?
//! SELECT count(*) FROM record WHERE wake_at < (unixepoch() - 60) * 1000;
//! -- what happened in the last hour
//! SELECT code, count(*) FROM event WHERE at > (unixepoch() - 3600) * 1000 GROUP BY code;
//! -- the story of one account
//! SELECT datetime(at / 1000, 'unixepoch') AS at, code, body FROM event
//! WHERE tenant = 'contoso' AND user_id = '6e7b768e' ORDER BY seq;
//! ```

mod cursor;
mod error;
mod files;
mod queue;
mod read;
mod reader;
mod reply;
mod schema;
mod turnstile;
mod write;
mod writer;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use async_trait::async_trait;
use rusqlite::Connection;

use self::cursor::Position;
use self::queue::{Bounds, Pushed, Queue};
use self::reader::Read;
use self::reply::{Promise, promise};
use self::turnstile::Turnstile;
use self::write::CommitJob;
use self::writer::Write;
use crate::domain::event::Event;
use crate::domain::ids::{RecordKey, TenantId};
use crate::domain::record::{Record, RecordKind};
use crate::domain::time::Timestamp;
use crate::port::{
    Charge, Commit, Committed, Cursor, Cutoff, EventsOf, Page, PortError, PortResult, Store,
};

/// What may wait in each queue; beyond it a call is answered `Unavailable` at once.
const WAITING: Bounds = Bounds {
    jobs: 8_192,
    bytes: 64 << 20,
};

/// The largest commit: its body and its events. The engine's own stay below 32 KiB.
const MAX_COMMIT_BYTES: usize = 1 << 20;

/// The most rows of one page, or removed by one purge; the most charges of one batch.
const MAX_ROWS: u16 = 1_000;

/// A store in one SQLite file.
///
/// Cloning is cheap: all clones share the threads and the connections, and the last one that is
/// dropped ends them, which waits for the write in progress and brings the log into the file. Two
/// stores on one file, in one process or in two, see one history.
///
/// See the [module](self) for the files, an example, and queries for operators.
#[derive(Clone)]
pub struct SqliteStore {
    inner: Arc<Inner>,
}

struct Inner {
    path: PathBuf,
    writes: Arc<Queue<Write>>,
    loads: Arc<Queue<Read>>,
    lists: Arc<Queue<Read>>,
    threads: Vec<JoinHandle<()>>,
}

impl SqliteStore {
    /// Opens the file, makes it if it is not there, and brings an older schema up to date.
    ///
    /// Blocks: call it at the start, or where blocking is allowed.
    ///
    /// # Errors
    ///
    /// `Denied` for a file of another application or of a newer schema, and without the right to
    /// write; `Corrupt` for what is no database; `Unavailable` if the directory is not there, the
    /// disk is full, or another process holds the file for long.
    pub fn open(path: impl AsRef<Path>) -> PortResult<Self> {
        // Between `create_new` and the close of that handle no other thread may open the file:
        // see `files::prepare`.
        static OPENING: Mutex<()> = Mutex::new(());

        let opening = OPENING.lock().unwrap_or_else(PoisonError::into_inner);
        let path = files::prepare(path.as_ref()).map_err(error::io_failed)?;
        let turnstile = Turnstile::beside(&path).map_err(error::io_failed)?;
        // One process at a time: to switch a file to the write-ahead log waits for nobody.
        let pass = turnstile.enter().map_err(error::io_failed)?;
        let writer = schema::open_writer(&path)?;
        let loader = schema::open_reader(&path)?;
        let lister = schema::open_reader(&path)?;
        drop(pass);
        drop(opening);

        let mut inner = Inner {
            path,
            writes: Arc::new(Queue::new(WAITING)),
            loads: Arc::new(Queue::new(WAITING)),
            lists: Arc::new(Queue::new(WAITING)),
            threads: Vec::with_capacity(3),
        };
        // If one cannot be started, dropping `inner` ends those that were.
        for (name, conn, queue) in [
            ("sspr-sqlite-load", loader, &inner.loads),
            ("sspr-sqlite-list", lister, &inner.lists),
        ] {
            let queue = Arc::clone(queue);
            let thread = start(name, conn, move |conn| reader::run(conn, &queue))?;
            inner.threads.push(thread);
        }
        let (queue, loads) = (Arc::clone(&inner.writes), Arc::clone(&inner.loads));
        let run = move |conn: &Connection| writer::run(conn, &queue, &loads, &turnstile);
        inner.threads.push(start("sspr-sqlite-write", writer, run)?);
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    async fn write<T>(&self, bytes: usize, job: impl FnOnce(Promise<T>) -> Write) -> PortResult<T> {
        let (promise, reply) = promise(PortError::unknown);
        self.inner
            .writes
            .push(bytes, job(promise))
            .map_err(|_| full())?;
        reply.await
    }

    async fn list<T>(&self, job: impl FnOnce(Promise<T>) -> Read) -> PortResult<T> {
        let (promise, reply) = promise(PortError::unavailable);
        self.inner.lists.push(0, job(promise)).map_err(|_| full())?;
        reply.await
    }
}

fn start(
    name: &str,
    conn: Connection,
    run: impl FnOnce(&Connection) + Send + 'static,
) -> PortResult<JoinHandle<()>> {
    thread::Builder::new()
        .name(name.to_owned())
        .spawn(move || run(&conn))
        .map_err(error::io_failed)
}

fn rows(limit: usize) -> u16 {
    u16::try_from(limit).map_or(MAX_ROWS, |limit| limit.min(MAX_ROWS))
}

fn full() -> PortError {
    PortError::unavailable().because("too many calls wait for the store")
}

impl Drop for Inner {
    fn drop(&mut self) {
        // The writer's connection goes last: the last one of all processes brings the log into
        // the file and removes it.
        for queue in [&self.loads, &self.lists] {
            queue.close();
        }
        let writer = self.threads.pop();
        for thread in self.threads.drain(..) {
            join(thread);
        }
        self.writes.close();
        writer.map(join);
    }
}

/// Waits for a thread, unless this is that thread: a waker that it called may hold the last handle.
fn join(thread: JoinHandle<()>) {
    if thread.thread().id() != thread::current().id() {
        // It says how it panicked, if it did; there is nobody to tell.
        drop(thread.join());
    }
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteStore")
            .field("path", &self.inner.path)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn load(&self, key: &RecordKey) -> PortResult<Option<Record>> {
        let (promise, reply) = promise(PortError::unavailable);
        let pushed = self.inner.loads.push(0, Read::Load(*key, promise));
        match pushed.map_err(|_| full())? {
            Pushed::Next => reply.expected_at_once().await,
            Pushed::Queued => reply.await,
        }
    }

    async fn commit(&self, commit: Commit<'_>) -> PortResult<Committed> {
        let job = Box::new(CommitJob::new(commit));
        let bytes = job.bytes;
        if bytes > MAX_COMMIT_BYTES {
            return Err(PortError::denied().because("a commit of more than 1 MiB"));
        }
        self.write(bytes, |promise| Write::Commit(job, promise))
            .await
    }

    async fn add(&self, charges: &[Charge]) -> PortResult<Vec<u64>> {
        if charges.len() > usize::from(MAX_ROWS) {
            return Err(PortError::denied().because("a batch of more than 1000 charges"));
        }
        let bytes = size_of_val(charges);
        self.write(bytes, |promise| Write::Add(charges.to_vec(), promise))
            .await
    }

    async fn due(
        &self,
        now: Timestamp,
        after: Option<&Cursor>,
        limit: usize,
    ) -> PortResult<Page<RecordKey>> {
        let after = Position::parse(after)?;
        let (now, limit) = (now.unix_millis(), rows(limit));
        self.list(|promise| Read::Due(now, after, limit, promise))
            .await
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
        self.list(|promise| Read::Scan(tenant.clone(), kind, after, limit, promise))
            .await
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
                self.list(|promise| Read::RecordEvents(*key, after, limit, promise))
                    .await
            }
            EventsOf::Tenant(tenant) => {
                let after = Position::parse(after)?;
                self.list(|promise| Read::TenantEvents(tenant.clone(), after, limit, promise))
                    .await
            }
        }
    }

    async fn purge(&self, cutoff: Cutoff, limit: usize) -> PortResult<u64> {
        let limit = rows(limit);
        // A row stands for the pages that its removal touches.
        self.write(usize::from(limit) * 1024, |promise| {
            Write::Purge(cutoff, limit, promise)
        })
        .await
    }
}
