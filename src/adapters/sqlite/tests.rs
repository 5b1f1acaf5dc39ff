//! The outcomes that a writer reports when SQLite fails.

use std::future::Future;
use std::path::PathBuf;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};

use rusqlite::Connection;

use super::process_lock::ProcessLock;
use super::queue::{Bounds, Pushed, Queue};
use super::reader::ReadRequest;
use super::reply::{PendingReply, promise};
use super::request::WriteRequest;
use super::write::CommitJob;
use super::writer::{self, WriterContext};
use super::{files, read, schema};
use crate::port::{
    Columns, Commit, Committed, PortError, PortErrorKind, PortResult, Record, RecordKey,
    RecordKind, Version,
};
use crate::{TenantId, Timestamp};

struct TestDatabase {
    directory: PathBuf,
    conn: Connection,
    path: PathBuf,
}

impl TestDatabase {
    fn new(name: &str) -> Self {
        let name = format!("sspr-test-sqlite-{name}-{}-0", std::process::id());
        let directory = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&directory).expect("a directory");
        let path = files::prepare(&directory.join("sspr.db"), true).expect("a file");
        Self {
            conn: schema::open_writer(&path, schema::Found::New, &|_| Ok(())).expect("a database"),
            path,
            directory,
        }
    }

    /// Commits new records of these sizes in one batch.
    fn batch(&self, jobs: &[(u8, usize)]) -> Vec<PortResult<Committed>> {
        let bounds = Bounds { jobs: 100, bytes: usize::MAX };
        let (queue, loads) = (Queue::new(bounds), Queue::new(bounds));
        let replies: Vec<_> = jobs.iter().map(|job| push(&queue, *job)).collect();
        queue.close();
        self.serve(&queue, &loads);
        replies.into_iter().map(outcome).collect()
    }

    /// Runs the writer until the queue is closed and empty.
    fn serve(&self, queue: &Queue<WriteRequest>, loads: &Queue<ReadRequest>) {
        let context = WriterContext {
            process_lock: ProcessLock::beside(&self.path).expect("two locks"),
            opened: files::OpenFiles::at(&self.path).expect("a file"),
            gone: Arc::default(),
        };
        writer::run(&self.conn, queue, loads, context);
    }

    fn has(&self, number: u8) -> bool {
        let key = RecordKey::from_bytes([number; 32]);
        read::load(&self.conn, &key).expect("readable").is_some()
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.directory));
    }
}

fn push(queue: &Queue<WriteRequest>, (number, size): (u8, usize)) -> PendingReply<Committed> {
    let key = RecordKey::from_bytes([number; 32]);
    let record = Record::loaded(key, Version::new(1, 1), "x".repeat(size));
    let tenant = TenantId::parse("contoso").expect("a tenant");
    let columns = Columns::new(tenant, RecordKind::Account, Timestamp::EPOCH);
    let job = CommitJob::new(Commit::new(&record, None, &columns, &[]));
    let (promise, reply) = promise(PortError::unknown);
    let pushed = queue.push(size, WriteRequest::Commit(Box::new(job), promise));
    assert!(pushed.is_ok());
    reply
}

fn outcome(reply: PendingReply<Committed>) -> PortResult<Committed> {
    match pin!(reply).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(outcome) => outcome,
        Poll::Pending => panic!("no reply"),
    }
}

#[test]
fn a_full_disk_is_unavailable_and_changes_nothing() {
    let database = TestDatabase::new("full");
    let pages = |sql: &str| database.conn.query_row(sql, [], |row| row.get::<_, i64>(0));
    let used = pages("PRAGMA page_count").expect("a count");
    pages(&format!("PRAGMA max_page_count = {}", used + 4)).expect("a bound");
    for jobs in [&[(1, 99_000)][..], &[(1, 99_000), (2, 10), (3, 99_000)]] {
        let outcomes = database.batch(jobs);
        for ((number, _), outcome) in jobs.iter().zip(outcomes) {
            match outcome {
                Ok(committed) => assert_eq!(committed, Committed::Applied),
                Err(ref error) => assert_eq!(error.kind(), PortErrorKind::Unavailable),
            }
            assert_eq!(database.has(*number), outcome.is_ok(), "record {number}");
        }
        assert!(!database.has(1));
    }
    pages("PRAGMA max_page_count = 100000").expect("room again");
    assert!(matches!(database.batch(&[(1, 99_000)])[..], [Ok(Committed::Applied)]));
}

#[test]
fn a_commit_that_fails_fails_every_request_of_its_batch() {
    let database = TestDatabase::new("commit");
    // Every statement succeeds; only `COMMIT` fails.
    let sql = "
        PRAGMA foreign_keys = ON;
        CREATE TABLE parent (id INTEGER PRIMARY KEY);
        CREATE TABLE child (id INTEGER REFERENCES parent DEFERRABLE INITIALLY DEFERRED);
        CREATE TRIGGER bad AFTER INSERT ON record WHEN length(new.body) = 13
        BEGIN INSERT INTO child VALUES (1); END;";
    database.conn.execute_batch(sql).expect("tables");
    let outcomes = database.batch(&[(1, 5), (2, 13), (3, 5)]);
    for outcome in outcomes {
        let error = outcome.expect_err("the commit failed");
        // It is not certain that nothing is on the disk.
        assert_eq!(error.kind(), PortErrorKind::Unknown);
    }
    assert!(!database.has(1) && !database.has(2) && !database.has(3));
    assert!(matches!(database.batch(&[(1, 5)])[..], [Ok(Committed::Applied)]));
}

#[test]
fn requests_of_one_batch_see_each_other() {
    let database = TestDatabase::new("batch");
    let replies = database.batch(&[(1, 5), (1, 6), (2, 5)]);
    let expected = [Committed::Applied, Committed::Stale, Committed::Applied];
    let outcomes: Vec<_> =
        replies.into_iter().map(|reply| reply.expect("the commit succeeds")).collect();
    assert_eq!(outcomes, expected);
}

/// A caller that loads a record as soon as its commit is answered.
struct Caller {
    writes: Queue<WriteRequest>,
    loads: Queue<ReadRequest>,
    pushed: Mutex<Option<Pushed>>,
}

impl Wake for Caller {
    fn wake(self: Arc<Self>) {
        let (promise, _) = promise(PortError::unavailable);
        let load = ReadRequest::Load(RecordKey::from_bytes([1; 32]), promise);
        let pushed = self.loads.push(1, load).unwrap_or_else(|_| panic!("the queue has room"));
        *self.pushed.lock().expect("not poisoned") = Some(pushed);
        self.writes.close();
    }
}

/// Without this, each step of a caller wakes a reader, whose page cache the commit has invalidated.
#[test]
fn the_next_load_of_a_caller_that_works_in_steps_wakes_no_reader() {
    let database = TestDatabase::new("steps");
    for (jobs, expected) in [(&[(1, 5)][..], Pushed::Next), (&[(2, 5), (3, 5)], Pushed::Queued)] {
        let bounds = Bounds { jobs: 100, bytes: usize::MAX };
        let (writes, loads) = (Queue::new(bounds), Queue::new(bounds));
        let caller = Arc::new(Caller { writes, loads, pushed: Mutex::default() });
        let mut replies: Vec<_> = jobs.iter().map(|job| push(&caller.writes, *job)).collect();
        let waker = Waker::from(Arc::clone(&caller));
        let reply = pin!(&mut replies[0]);
        assert!(reply.poll(&mut Context::from_waker(&waker)).is_pending());
        database.serve(&caller.writes, &caller.loads);
        assert_eq!(*caller.pushed.lock().expect("not poisoned"), Some(expected), "{jobs:?}");
    }
}
