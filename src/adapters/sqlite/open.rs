//! Opening and creating a store: its files, its connections, its threads.

use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use rusqlite::Connection;

use super::error;
use super::files::{self, OpenFiles};
use super::process_lock::ProcessLock;
use super::queue::{Bounds, Queue};
use super::reader;
use super::schema::{self, Found, Prepare};
use super::store::{Inner, SqliteStore};
use super::writer::{self, WriterContext};
use crate::adapters::Migration;
use crate::port::{PortError, PortResult};

/// The bounds of each queue. Beyond them a call returns `Unavailable` at once.
const WAITING: Bounds = Bounds { jobs: 8_192, bytes: 64 << 20 };

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
        Self::start(path.as_ref(), Found::Store, &|_| Ok(()))
    }

    /// Opens an existing store and changes nothing in its schema, which the host's own tool has brought up
    /// to date ([`migrations`](Self::migrations)). Otherwise as [`open`](Self::open).
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open); `Denied` for an older schema.
    pub fn open_migrated(path: impl AsRef<Path>) -> PortResult<Self> {
        Self::start(path.as_ref(), Found::UpToDate, &|_| Ok(()))
    }

    /// As [`open`](Self::open), and first hands each of its three connections to `prepare`: to set the key of
    /// an encrypted file, a limit, or a hook. A connection itself cannot be handed in, since each thread of
    /// the store needs one.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open), and for an error of `prepare`.
    pub fn open_with(
        path: impl AsRef<Path>,
        prepare: impl Fn(&Connection) -> rusqlite::Result<()>,
    ) -> PortResult<Self> {
        Self::start(path.as_ref(), Found::Store, &prepare)
    }

    /// As [`create`](Self::create), and prepares the connections as [`open_with`](Self::open_with) does.
    ///
    /// ```
    /// use sspr::adapters::sqlite::SqliteStore;
    ///
    /// # let directory = std::env::temp_dir().join(format!("sspr-prepare-{}", std::process::id()));
    /// # std::fs::create_dir_all(&directory)?;
    /// let store = SqliteStore::create_with(directory.join("sspr.db"), |connection| {
    ///     connection.pragma_update(None, "temp_store", "MEMORY")
    /// })?;
    /// # drop(store);
    /// # std::fs::remove_dir_all(directory)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`create`](Self::create), and for an error of `prepare`.
    pub fn create_with(
        path: impl AsRef<Path>,
        prepare: impl Fn(&Connection) -> rusqlite::Result<()>,
    ) -> PortResult<Self> {
        Self::start(path.as_ref(), Found::New, &prepare)
    }

    /// The changes that make the store's tables, as SQL for the tool that migrates the host's files. The
    /// store needs a file of its own; [`open`](Self::open) and [`create`](Self::create) run the same
    /// statements.
    #[must_use]
    pub fn migrations() -> Vec<Migration> {
        schema::migrations()
    }

    /// Creates a store in a new or empty file.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open); `Denied` if there is a store already; `Unavailable` if the
    /// directory does not exist.
    pub fn create(path: impl AsRef<Path>) -> PortResult<Self> {
        Self::start(path.as_ref(), Found::New, &|_| Ok(()))
    }

    /// Opens the store, or creates it if it does not exist: for tests, and for tools that create
    /// stores. A service uses [`open`](Self::open).
    ///
    /// # Errors
    ///
    /// As [`create`](Self::create), except for an existing store.
    pub fn open_or_create(path: impl AsRef<Path>) -> PortResult<Self> {
        Self::start(path.as_ref(), Found::Any, &|_| Ok(()))
    }

    fn start(path: &Path, found: Found, prepare: Prepare<'_>) -> PortResult<Self> {
        // No other thread may open the file before the handle of `create_new` is closed: see
        // `files::prepare`.
        static OPENING: Mutex<()> = Mutex::new(());

        let opening = OPENING.lock().unwrap_or_else(PoisonError::into_inner);
        let make = matches!(found, Found::New | Found::Any);
        let path = files::prepare(path, make).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound if !make => PortError::denied()
                .because("no store under this path: create one with `SqliteStore::create`"),
            _ => error::io_failed(error),
        })?;
        let process_lock = ProcessLock::beside(&path).map_err(error::io_failed)?;
        // One process at a time, since switching to the write-ahead log does not wait for a lock.
        let turn = process_lock.enter().map_err(error::io_failed)?;
        let mut opened = OpenFiles::at(&path).map_err(error::io_failed)?;
        let writer = schema::open_writer(&path, found, prepare)?;
        let loader = schema::open_reader(&path, prepare)?;
        let lister = schema::open_reader(&path, prepare)?;
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
}

fn start(
    name: &str,
    conn: Connection,
    run: impl FnOnce(&Connection) + Send + 'static,
) -> PortResult<JoinHandle<()>> {
    thread::Builder::new().name(name.to_owned()).spawn(move || run(&conn)).map_err(error::io_failed)
}
