//! What a writer answers when SQLite fails under it.

use std::future::Future;
use std::path::PathBuf;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use rusqlite::Connection;

use super::process_lock::ProcessLock;
use super::queue::{Bounds, Queue};
use super::reply::{Reply, promise};
use super::write::CommitJob;
use super::writer::{self, Desk, Write};
use super::{files, read, schema};
use crate::domain::ids::{RecordKey, TenantId};
use crate::domain::record::{Columns, Record, RecordKind, Version};
use crate::domain::time::Timestamp;
use crate::port::{Commit, Committed, PortError, PortErrorKind, PortResult};

struct Bench {
    directory: PathBuf,
    conn: Connection,
    path: PathBuf,
}

impl Bench {
    fn new(name: &str) -> Self {
        let name = format!("sspr-test-sqlite-{name}-{}-0", std::process::id());
        let directory = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&directory).expect("a directory");
        let path = files::prepare(&directory.join("sspr.db"), true).expect("a file");
        Self {
            conn: schema::open_writer(&path, schema::Found::New).expect("a database"),
            path,
            directory,
        }
    }

    /// Runs new records of these sizes as one batch.
    fn batch(&self, jobs: &[(u8, usize)]) -> Vec<PortResult<Committed>> {
        let bounds = Bounds { jobs: 100, bytes: usize::MAX };
        let (queue, loads) = (Queue::new(bounds), Queue::new(bounds));
        let replies: Vec<_> = jobs.iter().map(|job| push(&queue, *job)).collect();
        queue.close();
        let desk = Desk {
            process_lock: ProcessLock::beside(&self.path).expect("two locks"),
            opened: files::Opened::at(&self.path).expect("a file"),
            gone: Arc::default(),
        };
        writer::run(&self.conn, &queue, &loads, desk);
        replies.into_iter().map(answer).collect()
    }

    fn has(&self, number: u8) -> bool {
        let key = RecordKey::from_bytes([number; 32]);
        read::load(&self.conn, &key).expect("readable").is_some()
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.directory));
    }
}

fn push(queue: &Queue<Write>, (number, size): (u8, usize)) -> Reply<Committed> {
    let key = RecordKey::from_bytes([number; 32]);
    let record = Record::loaded(key, Version::new(1, 1), "x".repeat(size));
    let tenant = TenantId::parse("contoso").expect("a tenant");
    let columns = Columns::new(tenant, RecordKind::Account, Timestamp::EPOCH);
    let job = CommitJob::new(Commit::new(&record, None, &columns, &[]));
    let (promise, reply) = promise(PortError::unknown);
    let pushed = queue.push(size, Write::Commit(Box::new(job), promise));
    assert!(pushed.is_ok());
    reply
}

fn answer(reply: Reply<Committed>) -> PortResult<Committed> {
    match pin!(reply).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => answer,
        Poll::Pending => panic!("no answer"),
    }
}

#[test]
fn a_full_disk_is_unavailable_and_nothing_has_happened() {
    let bench = Bench::new("full");
    let pages = |sql: &str| bench.conn.query_row(sql, [], |row| row.get::<_, i64>(0));
    let used = pages("PRAGMA page_count").expect("a count");
    pages(&format!("PRAGMA max_page_count = {}", used + 4)).expect("a bound");
    for jobs in [&[(1, 99_000)][..], &[(1, 99_000), (2, 10), (3, 99_000)]] {
        let answers = bench.batch(jobs);
        for ((number, _), answer) in jobs.iter().zip(answers) {
            match answer {
                Ok(committed) => assert_eq!(committed, Committed::Applied),
                Err(ref error) => assert_eq!(error.kind(), PortErrorKind::Unavailable),
            }
            assert_eq!(bench.has(*number), answer.is_ok(), "record {number}");
        }
        assert!(!bench.has(1));
    }
    pages("PRAGMA max_page_count = 100000").expect("room again");
    assert!(matches!(bench.batch(&[(1, 99_000)])[..], [Ok(Committed::Applied)]));
}

#[test]
fn a_commit_that_fails_fails_every_request_of_its_batch() {
    let bench = Bench::new("commit");
    // Nothing that a statement does is wrong; only `COMMIT` finds out.
    let sql = "
        PRAGMA foreign_keys = ON;
        CREATE TABLE parent (id INTEGER PRIMARY KEY);
        CREATE TABLE child (id INTEGER REFERENCES parent DEFERRABLE INITIALLY DEFERRED);
        CREATE TRIGGER bad AFTER INSERT ON record WHEN length(new.body) = 13
        BEGIN INSERT INTO child VALUES (1); END;";
    bench.conn.execute_batch(sql).expect("tables");
    let answers = bench.batch(&[(1, 5), (2, 13), (3, 5)]);
    for answer in answers {
        let error = answer.expect_err("the commit failed");
        // Nobody proved that nothing is on the disk.
        assert_eq!(error.kind(), PortErrorKind::Unknown);
    }
    assert!(!bench.has(1) && !bench.has(2) && !bench.has(3));
    assert!(matches!(bench.batch(&[(1, 5)])[..], [Ok(Committed::Applied)]));
}

#[test]
fn requests_of_one_batch_see_each_other() {
    let bench = Bench::new("batch");
    let answers = bench.batch(&[(1, 5), (1, 6), (2, 5)]);
    let expected = [Committed::Applied, Committed::Stale, Committed::Applied];
    let answers: Vec<_> = answers.into_iter().map(|answer| answer.expect("one")).collect();
    assert_eq!(answers, expected);
}
