//! The public handle: turns each call of the port into a request to a thread.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::{fmt, io};

use async_trait::async_trait;
use rusqlite::Connection;

use super::cursor::Position;
use super::error;
use super::files::{self, OpenFiles};
use super::process_lock::ProcessLock;
use super::queue::{Bounds, Pushed, Queue};
use super::reader::{self, ReadRequest};
use super::reply::{Promise, promise};
use super::request::WriteRequest;
use super::schema::{self, Found};
use super::write::CommitJob;
use super::writer::{self, WriterContext};
use crate::audit::Event;
use crate::port::{
    Commit, Committed, CounterIncrement, Cursor, Cutoff, EventsOf, Page, PortError, PortResult,
    Record, RecordKey, RecordKind, Store,
};
use crate::{TenantId, Timestamp};

/// The bounds of each queue. Beyond them a call returns `Unavailable` at once.
const WAITING: Bounds = Bounds { jobs: 8_192, bytes: 64 << 20 };

/// The largest commit: its body and its events. The engine's own are below 32 KiB.
const MAX_COMMIT_BYTES: usize = 1 << 20;

/// The most rows of one page, or removed by one purge; the most increments of one batch.
const MAX_ROWS: u16 = 1_000;

/// A store in one SQLite file.
///
/// Cloning is cheap: all clones share the threads and the connections. Dropping the last clone
/// waits for the write in progress, copies the log into the file and ends the threads. Several
/// stores on one file, in any number of processes, see one history.
///
/// See the [module](super) for the files, an example, and queries for operators.
#[derive(Clone)]
pub struct SqliteStore {
    inner: Arc<Inner>,
}

struct Inner {
    path: PathBuf,
    writes: Arc<Queue<WriteRequest>>,
    loads: Arc<Queue<ReadRequest>>,
    lists: Arc<Queue<ReadRequest>>,
    /// Set by the writer when the files were deleted or replaced.
    gone: Arc<AtomicBool>,
    /// The process that opened the store. A forked process has none of the threads.
    process: u32,
    threads: Vec<JoinHandle<()>>,
}

impl SqliteStore {
    /// Opens an existing store, and brings an older schema up to date.
    ///
    /// Never creates one: with a wrong path or an unmounted volume, an empty store in which every
    /// budget is unspent would be dangerous, so this is an error. Blocks: call it at startup, or
    /// where blocking is allowed.
    ///
    /// # Errors
    ///
    /// `Denied` if there is no store under this path ([`create`](Self::create) makes one), for a
    /// file of another application or of a newer schema, and without the right to write; `Corrupt`
    /// if the file is no database; `Unavailable` if the disk is full, or another process holds the
    /// file for long.
    ///
    /// ```
    /// use sspr::adapters::sqlite::SqliteStore;
    /// use sspr::port::PortErrorKind;
    ///
    /// let missing = SqliteStore::open("/nowhere/sspr.db").unwrap_err();
    /// assert_eq!(missing.kind(), PortErrorKind::Denied);
    /// ```
    pub fn open(path: impl AsRef<Path>) -> PortResult<Self> {
        Self::start(path.as_ref(), Found::Store)
    }

    /// Creates a store in a new or empty file.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open); `Denied` if there is a store already; `Unavailable` if the
    /// directory does not exist.
    pub fn create(path: impl AsRef<Path>) -> PortResult<Self> {
        Self::start(path.as_ref(), Found::New)
    }

    /// Opens the store, or creates it if it does not exist: for tests, and for tools that create
    /// stores. A service uses [`open`](Self::open).
    ///
    /// # Errors
    ///
    /// As [`create`](Self::create), except for an existing store.
    pub fn open_or_create(path: impl AsRef<Path>) -> PortResult<Self> {
        Self::start(path.as_ref(), Found::Any)
    }

    fn start(path: &Path, found: Found) -> PortResult<Self> {
        // No other thread may open the file before the handle of `create_new` is closed: see
        // `files::prepare`.
        static OPENING: Mutex<()> = Mutex::new(());

        let opening = OPENING.lock().unwrap_or_else(PoisonError::into_inner);
        let make = found != Found::Store;
        let path = files::prepare(path, make).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound if !make => PortError::denied()
                .because("no store under this path: create one with `SqliteStore::create`"),
            _ => error::io_failed(error),
        })?;
        let process_lock = ProcessLock::beside(&path).map_err(error::io_failed)?;
        // One process at a time, since switching to the write-ahead log does not wait for a lock.
        let turn = process_lock.enter().map_err(error::io_failed)?;
        let mut opened = OpenFiles::at(&path).map_err(error::io_failed)?;
        let writer = schema::open_writer(&path, found)?;
        let loader = schema::open_reader(&path)?;
        let lister = schema::open_reader(&path)?;
        // By now the log and the shared memory exist.
        if !opened.are_there() {
            return Err(writer::gone());
        }
        drop(turn);
        drop(opening);

        let mut inner = Inner {
            path,
            writes: Arc::new(Queue::new(WAITING)),
            loads: Arc::new(Queue::new(WAITING)),
            lists: Arc::new(Queue::new(WAITING)),
            gone: Arc::default(),
            process: std::process::id(),
            threads: Vec::with_capacity(3),
        };
        // If a thread cannot be started, dropping `inner` ends those that were.
        for (name, conn, queue) in
            [("sspr-sqlite-load", loader, &inner.loads), ("sspr-sqlite-list", lister, &inner.lists)]
        {
            let queue = Arc::clone(queue);
            let thread = start(name, conn, move |conn| reader::run(conn, &queue))?;
            inner.threads.push(thread);
        }
        let (queue, loads) = (Arc::clone(&inner.writes), Arc::clone(&inner.loads));
        let context = WriterContext { process_lock, opened, gone: Arc::clone(&inner.gone) };
        let run = move |conn: &Connection| writer::run(conn, &queue, &loads, context);
        inner.threads.push(start("sspr-sqlite-write", writer, run)?);
        Ok(Self { inner: Arc::new(inner) })
    }

    async fn write<T>(
        &self,
        bytes: usize,
        job: impl FnOnce(Promise<T>) -> WriteRequest,
    ) -> PortResult<T> {
        let (promise, reply) = promise(PortError::unknown);
        self.inner.check_process()?;
        let queue = &self.inner.writes;
        queue.push(bytes, job(promise)).map_err(|_| refused(queue))?;
        reply.await
    }

    async fn list<T>(&self, job: impl FnOnce(Promise<T>) -> ReadRequest) -> PortResult<T> {
        let (promise, reply) = promise(PortError::unavailable);
        self.inner.check_files()?;
        let queue = &self.inner.lists;
        queue.push(0, job(promise)).map_err(|_| refused(queue))?;
        reply.await
    }
}

fn start(
    name: &str,
    conn: Connection,
    run: impl FnOnce(&Connection) + Send + 'static,
) -> PortResult<JoinHandle<()>> {
    thread::Builder::new().name(name.to_owned()).spawn(move || run(&conn)).map_err(error::io_failed)
}

fn rows(limit: usize) -> u16 {
    u16::try_from(limit).map_or(MAX_ROWS, |limit| limit.min(MAX_ROWS))
}

/// Why a queue refused a job.
fn refused<J>(queue: &Queue<J>) -> PortError {
    PortError::unavailable().because(if queue.is_closed() {
        "a thread of the store has ended: open the store again"
    } else {
        "too many calls wait for the store"
    })
}

impl Inner {
    /// Refuses calls of a forked process. Checked before any lock is taken: a lock that was held
    /// during the fork is never released in the forked process.
    fn check_process(&self) -> PortResult<()> {
        if std::process::id() == self.process {
            return Ok(());
        }
        let forked = "the store was opened before this process was forked: open it after the fork";
        Err(PortError::denied().because(forked))
    }

    /// Refuses calls once the writer has found a file deleted or replaced.
    fn check_files(&self) -> PortResult<()> {
        self.check_process()?;
        if self.gone.load(Ordering::Acquire) { Err(writer::gone()) } else { Ok(()) }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        if self.check_process().is_err() {
            // The threads and the locks of their connections belong to the other process.
            std::mem::forget(std::mem::take(&mut self.threads));
            return;
        }
        // The writer's connection is closed last. The last connection of all processes copies the
        // log into the file and removes it.
        for queue in [&self.loads, &self.lists] {
            queue.close();
        }
        let writer = self.threads.pop();
        for thread in self.threads.drain(..) {
            join(thread);
        }
        self.writes.close();
        if let Some(writer) = writer {
            join(writer);
        }
    }
}

/// Waits for a thread, unless it is the current one: a waker that it called may hold the last
/// handle.
fn join(thread: JoinHandle<()>) {
    if thread.thread().id() != thread::current().id() {
        // A panic of the thread has already been printed.
        drop(thread.join());
    }
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteStore").field("path", &self.inner.path).finish_non_exhaustive()
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn load(&self, key: &RecordKey) -> PortResult<Option<Record>> {
        let (promise, reply) = promise(PortError::unavailable);
        self.inner.check_files()?;
        let queue = &self.inner.loads;
        let pushed = queue.push(0, ReadRequest::Load(*key, promise));
        match pushed.map_err(|_| refused(queue))? {
            Pushed::Next => reply.expected_at_once().await,
            Pushed::Queued => reply.await,
        }
    }

    async fn commit(&self, commit: Commit<'_>) -> PortResult<Committed> {
        let job = Box::new(CommitJob::new(commit));
        let bytes = job.bytes;
        if bytes > MAX_COMMIT_BYTES {
            return Err(PortError::denied().because("commit: larger than 1 MiB"));
        }
        self.write(bytes, |promise| WriteRequest::Commit(job, promise)).await
    }

    async fn increment(&self, increments: &[CounterIncrement]) -> PortResult<Vec<u64>> {
        if increments.len() > usize::from(MAX_ROWS) {
            return Err(PortError::denied().because("increments: more than 1000 in one batch"));
        }
        let bytes = size_of_val(increments);
        self.write(bytes, |promise| WriteRequest::Add(increments.to_vec(), promise)).await
    }

    async fn due(
        &self,
        now: Timestamp,
        after: Option<&Cursor>,
        limit: usize,
    ) -> PortResult<Page<RecordKey>> {
        let after = Position::parse(after)?;
        let (now, limit) = (now.unix_millis(), rows(limit));
        self.list(|promise| ReadRequest::Due(now, after, limit, promise)).await
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
        self.list(|promise| ReadRequest::Scan(tenant.clone(), kind, after, limit, promise)).await
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
                self.list(|promise| ReadRequest::RecordEvents(*key, after, limit, promise)).await
            }
            EventsOf::Tenant(tenant) => {
                let after = Position::parse(after)?;
                self.list(|promise| {
                    ReadRequest::TenantEvents(tenant.clone(), after, limit, promise)
                })
                .await
            }
        }
    }

    async fn purge(&self, cutoff: Cutoff, limit: usize) -> PortResult<u64> {
        let limit = rows(limit);
        // Each row counts as the pages that its removal touches.
        self.write(usize::from(limit) * 1024, |promise| WriteRequest::Purge(cutoff, limit, promise))
            .await
    }

    async fn fence(&self, closed: bool) -> PortResult<bool> {
        self.write(0, |promise| WriteRequest::Fence(closed, promise)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::port::PortErrorKind;
    use crate::port::{Columns, Version};

    /// Simulates a forked process, which has the handle but none of the threads.
    #[tokio::test]
    async fn a_handle_from_before_a_fork_is_refused_at_each_call_and_waits_for_no_thread() {
        let folder =
            std::env::temp_dir().join(format!("sspr-test-sqlite-fork-{}-0", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a directory");
        let store = SqliteStore::create(folder.join("sspr.db")).expect("a store");
        let own = store.inner.process;
        let Inner { path, writes, loads, lists, gone, .. } = &*store.inner;
        let forked = SqliteStore {
            inner: Arc::new(Inner {
                path: path.clone(),
                writes: Arc::clone(writes),
                loads: Arc::clone(loads),
                lists: Arc::clone(lists),
                gone: Arc::clone(gone),
                process: own.wrapping_add(1),
                threads: Vec::new(),
            }),
        };
        let key = RecordKey::from_bytes([1; 32]);
        let tenant = TenantId::parse("contoso").expect("valid");
        let columns = Columns::new(tenant.clone(), RecordKind::Account, Timestamp::EPOCH);
        let record = Record::loaded(key, Version::new(1, 1), "{}");
        let commit = || Commit::new(&record, None, &columns, &[]);
        let (kind, end) = (RecordKind::Account, Timestamp::MAX);
        let outcomes = [
            forked.load(&key).await.map(drop),
            forked.commit(commit()).await.map(drop),
            forked.increment(&[]).await.map(drop),
            forked.due(end, None, 1).await.map(drop),
            forked.scan(&tenant, kind, None, 1).await.map(drop),
            forked.events(EventsOf::Record(&key), None, 1).await.map(drop),
            forked.events(EventsOf::Tenant(&tenant), None, 1).await.map(drop),
            forked.purge(Cutoff::new(end, end), 1).await.map(drop),
            forked.fence(true).await.map(drop),
        ];
        for outcome in outcomes {
            let error = outcome.expect_err("refused");
            assert_eq!(error.kind(), PortErrorKind::Denied);
            let text = std::error::Error::source(&error).map(ToString::to_string);
            assert!(text.is_some_and(|text| text.contains("forked")));
        }
        // Dropping it must close nothing of the other process.
        drop(forked);
        assert_eq!(store.commit(commit()).await.expect("written"), Committed::Applied);
        drop(store);
        std::fs::remove_dir_all(folder).expect("removed");
    }
}
