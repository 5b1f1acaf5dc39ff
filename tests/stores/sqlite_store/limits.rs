//! The limits of a store's threads: a writer that has ended, a full queue, and the log under
//! continuous listings.

use std::error::Error as _;
use std::fs::File;
use std::future::Future as _;
use std::panic::panic_any;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::Duration;

use sspr::adapters::sqlite::SqliteStore;
use sspr::port::{Commit, CounterIncrement, Cutoff, PortError, PortErrorKind, Store as _};
use sspr::port::{CounterKey, Record, Version};

use crate::sqlite_store::support::{Fixture, at, columns, key, put, record, set, wait};
use crate::temporary::Temporary;

fn says(error: &PortError) -> String {
    error.source().map(ToString::to_string).unwrap_or_default()
}

/// Takes the lock that a writer needs for each transaction, so that all of them wait.
fn hold(fixture: &Fixture) -> File {
    let lock = File::options().write(true).open(fixture.as_ref().join("sspr.db-writing")).unwrap();
    lock.lock().unwrap();
    lock
}

/// Ends the thread that calls it: its drop panics again during the panic.
struct Fatal;

struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("the thread ends here");
    }
}

impl Wake for Fatal {
    fn wake(self: Arc<Self>) {
        panic_any(Bomb);
    }
}

#[test]
fn a_writer_that_has_ended_is_not_reported_as_busy() {
    let fixture = Fixture::new();
    let store = fixture.open();
    set(&store, &record(1, Version::new(1, 1)), None);
    let lock = hold(&fixture);
    let (next, columns) = (record(2, Version::new(1, 1)), columns());
    let mut fatal = Box::pin(store.commit(Commit::new(&next, None, &columns, &[])));
    let waker = Waker::from(Arc::new(Fatal));
    assert!(fatal.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    lock.unlock().unwrap();
    // The transaction is durable before its caller is woken, and the thread ends while it wakes it.
    let ended = loop {
        match put(&store, &record(3, Version::new(1, 1)), None) {
            // It was queued before the end, and its outcome is unknown.
            Err(error) if error.kind() == PortErrorKind::Unknown => {
                assert!(says(&error).contains("ended before it replied"), "{}", says(&error));
            }
            Err(error) => break error,
            Ok(_) => thread::yield_now(),
        }
    };
    let increment = [CounterIncrement::new(CounterKey::from_bytes([1; 32]), 1, at(9))];
    let others = [
        ended,
        wait(store.increment(&increment)).unwrap_err(),
        wait(store.purge(Cutoff::new(at(9), at(9)), 9)).unwrap_err(),
        wait(store.fence(true)).unwrap_err(),
    ];
    for error in others {
        assert_eq!(error.kind(), PortErrorKind::Unavailable);
        assert!(says(&error).contains("a thread of the store has ended"), "{}", says(&error));
    }
    // Reads have threads of their own, and acknowledged commits are kept for the next writer.
    assert!(wait(store.load(&key(1))).unwrap().is_some());
    drop(fatal);
    drop(store);
    let store = SqliteStore::open(fixture.file()).unwrap();
    assert!(wait(store.load(&key(2))).unwrap().is_some(), "the commit was acknowledged");
    assert!(put(&store, &record(4, Version::new(1, 1)), None).is_ok());
}

#[test]
fn a_full_queue_is_reported_and_accepts_calls_again_when_it_has_room() {
    let fixture = Fixture::new();
    let store = fixture.open();
    let lock = hold(&fixture);
    let (columns, body) = (columns(), "x".repeat(1 << 20));
    let records: Vec<Record> =
        (0..80).map(|number| Record::loaded(key(number), Version::new(1, 1), &*body)).collect();
    let commit = |next| store.commit(Commit::new(next, None, &columns, &[]));
    let mut waiting: Vec<_> = records.iter().map(|next| Box::pin(commit(next))).collect();
    let mut context = Context::from_waker(Waker::noop());
    let full = waiting.iter_mut().find_map(|commit| match commit.as_mut().poll(&mut context) {
        Poll::Ready(answer) => Some(answer.expect_err("nothing is written meanwhile")),
        Poll::Pending => None,
    });
    let full = full.expect("80 MiB are more than may wait");
    assert_eq!(full.kind(), PortErrorKind::Unavailable);
    assert!(says(&full).contains("too many calls wait"), "{}", says(&full));
    lock.unlock().unwrap();
    drop(waiting);
    let late = record(200, Version::new(1, 1));
    while put(&store, &late, None).is_err_and(|error| says(&error).contains("too many")) {}
    assert!(wait(store.load(late.key())).unwrap().is_some());
}

/// 96 MiB are written while two readers alternate so that one is always active, like two listings,
/// or those of two processes.
#[test]
fn continuous_listings_do_not_let_the_log_grow() {
    const ROUNDS: u64 = 768;
    let folder = Temporary::in_memory("sqlite-log");
    let file = folder.path().join("sspr.db");
    let store = SqliteStore::create(&file).unwrap();
    // SQLite does not write an unchanged page again.
    let body = |round: u64| char::from(b'a' + (round % 25) as u8).to_string().repeat(128 << 10);
    let version = |count| Version::new(count, count);
    for number in 0..8 {
        set(&store, &Record::loaded(key(number), version(1), body(24)), None);
    }
    let (stop, pages) = (AtomicBool::new(false), AtomicU64::new(0));
    let readers = [(); 2].map(|()| rusqlite::Connection::open(&file).unwrap());
    let enter = |reader: &rusqlite::Connection| {
        reader.execute_batch("BEGIN").unwrap();
        let rows = reader.query_row("SELECT count(*) FROM record", [], |row| row.get::<_, i64>(0));
        assert_eq!(rows.unwrap(), 8);
    };
    // Lasts ten writes, like a page of large bodies. A writer that waits for it sends none.
    let stay = |written: &mpsc::Receiver<()>| {
        let patience = Duration::from_millis(10);
        (0..10).all(|_| written.recv_timeout(patience).is_ok());
    };
    enter(&readers[0]);
    let (wrote, written) = mpsc::channel();
    let longest = thread::scope(|scope| {
        let (stop, pages) = (&stop, &pages);
        scope.spawn(move || {
            let [mut inside, mut outside] = readers;
            while !stop.load(Ordering::Relaxed) {
                stay(&written);
                enter(&outside);
                inside.execute_batch("COMMIT").unwrap();
                std::mem::swap(&mut inside, &mut outside);
                pages.fetch_add(1, Ordering::Relaxed);
            }
        });
        let mut longest = 0;
        for round in 8..ROUNDS {
            let (number, count) = ((round % 8) as u8, round / 8);
            let next = Record::loaded(key(number), version(count + 1), body(round));
            set(&store, &next, Some(version(count)));
            wrote.send(()).expect("the readers are there");
            let log = std::fs::metadata(folder.path().join("sspr.db-wal")).unwrap();
            longest = longest.max(log.len());
        }
        stop.store(true, Ordering::Relaxed);
        longest
    });
    let pages = pages.into_inner();
    println!("{pages} reads; the log had {} MiB at most", longest >> 20);
    assert!(pages > 5, "{pages} readers followed each other");
    assert!(longest < 32 << 20, "{} MiB", longest >> 20);
}
