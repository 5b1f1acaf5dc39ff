use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

use sspr::adapters::sqlite::SqliteStore;
use sspr::port::{Commit, Committed, PortResult, Record, Store, Version};

pub(crate) use crate::rows::{at, columns, event, key, kind, tenant};
use crate::temporary::Temporary;

/// Polls to the end: the store needs no runtime, so neither do its tests.
pub(crate) fn wait<F: Future>(future: F) -> F::Output {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
        thread::park();
    }
}

/// A folder for one test.
pub(crate) struct Fixture(Temporary);

impl Fixture {
    pub(crate) fn new() -> Self {
        Self(Temporary::new("sqlite"))
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.0.path().join("sspr.db")
    }

    pub(crate) fn open(&self) -> SqliteStore {
        SqliteStore::open_or_create(self.file()).unwrap()
    }

    /// A connection that bypasses the store.
    pub(crate) fn raw(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.file()).unwrap()
    }
}

impl AsRef<Path> for Fixture {
    fn as_ref(&self) -> &Path {
        self.0.path()
    }
}

pub(crate) fn record(number: u8, version: Version) -> Record {
    let body = format!(r#"{{"number":{number},"text":"π\u0000 {version}"}}"#);
    Record::loaded(key(number), version, body)
}

/// Commits with plain columns and no events.
pub(crate) fn put(
    store: &SqliteStore,
    next: &Record,
    expected: Option<Version>,
) -> PortResult<Committed> {
    wait(store.commit(Commit::new(next, expected, &columns(), &[])))
}

/// A commit that must be applied.
pub(crate) fn apply(store: &SqliteStore, commit: Commit<'_>) {
    assert_eq!(wait(store.commit(commit)).unwrap(), Committed::Applied);
}

/// Commits a record without events, which must be applied.
pub(crate) fn set(store: &SqliteStore, next: &Record, expected: Option<Version>) {
    assert_eq!(put(store, next, expected).unwrap(), Committed::Applied);
}
