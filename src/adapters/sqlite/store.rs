//! The public handle: turns each call of the port into a request to a thread.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};

use async_trait::async_trait;

use super::cursor::Position;
use super::queue::{Pushed, Queue};
use super::reader::ReadRequest;
use super::reply::{Promise, promise};
use super::request::WriteRequest;
use super::write::CommitJob;
use super::writer::{self};
use crate::audit::Event;
use crate::port::{
    Commit, Committed, CounterIncrement, Cursor, Cutoff, EventsOf, Page, PortError, PortResult,
    Record, RecordKey, RecordKind, Store,
};
use crate::{TenantId, Timestamp};

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
    pub(super) inner: Arc<Inner>,
}

pub(super) struct Inner {
    pub(super) path: PathBuf,
    pub(super) writes: Arc<Queue<WriteRequest>>,
    pub(super) loads: Arc<Queue<ReadRequest>>,
    pub(super) lists: Arc<Queue<ReadRequest>>,
    /// Set by the writer when the files were deleted or replaced.
    pub(super) gone: Arc<AtomicBool>,
    /// The process that opened the store. A forked process has none of the threads.
    pub(super) process: u32,
    pub(super) threads: Vec<JoinHandle<()>>,
}

impl SqliteStore {
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
