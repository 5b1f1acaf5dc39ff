//! A durable store in one file, by SQLite. Feature `sqlite`.
//!
//! The feature links the SQLite that another crate of the build compiles in, or else the library of the
//! system, 3.37 or newer; `sqlite-bundled` compiles one in. [`rusqlite`] is re-exported, and its connection is
//! part of this interface ([`open_with`](SqliteStore::open_with)): the host's choice within the range of
//! releases decides which.
//!
//! For a service on one machine, in one process or a few that share the file. A commit returns when
//! it is on the disk: write-ahead log, `synchronous = FULL`. It needs no async runtime. One thread
//! writes, in transactions that include all waiting requests (*group commit*). Two threads read,
//! one of them only listings, so that no load waits behind a page. The futures only wait.
//!
//! ```
//! use sspr::adapters::sqlite::SqliteStore;
//! use sspr::port::{Commit, Committed, Store};
//! use sspr::{TenantId, Timestamp};
//! use sspr::port::{Columns, Record, RecordKey, RecordKind, Version};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let directory = std::env::temp_dir().join(format!("sspr-example-{}", std::process::id()));
//! # std::fs::create_dir_all(&directory)?;
//! let store = SqliteStore::create(directory.join("sspr.db"))?;
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
//! The files `sspr.db-wal` and `sspr.db-shm` beside `sspr.db` are part of the database while it is
//! open. Several processes take turns by locks on the empty files `sspr.db-gate` and
//! `sspr.db-writing`. They stay; do not remove them while a process runs. All files are created
//! readable and writable by their owner only (0600). The file must be on a local disk: SQLite's
//! write-ahead log does not work over a network file system. A process that is suspended while it
//! writes (`SIGSTOP`, a debugger) blocks the other writers until it continues or dies: they wait 5
//! seconds and return `Unavailable`.
//!
//! [`create`](SqliteStore::create) creates a store in a new or empty file.
//! [`open`](SqliteStore::open) opens an existing store and never creates one: a missing or empty file
//! is `Denied`. Both refuse a file of another application (`application_id`) or of a newer schema
//! (`user_version`) without changing it. Make a backup with `VACUUM INTO` or `.backup`, never by
//! copying the file of a running process; [the manual](crate::manual::restoring) tells how to restore
//! it.
//!
//! # Processes and threads
//!
//! A handle belongs to the process that opened it. In a forked process each call is `Denied`, since
//! the threads of the store are not forked: open the store after the fork. If one of the three
//! threads ends by a fault, waiting writes return `Unknown`, waiting reads return `Unavailable`,
//! and each later call returns `Unavailable` with "a thread of the store has ended". A busy store
//! reports "too many calls wait" instead: at 8 192 calls, or 64 MiB of them.
//!
//! # The log
//!
//! The log, `sspr.db-wal`, grows while a transaction reads from it. At 16 MiB it is copied into the
//! file and emptied before the next write, which waits at most 250 milliseconds for a page being
//! read. So under continuous listings it stays below some 32 MiB. Only a long read transaction,
//! such as an operator's tool, makes it grow further: by 16 MiB until the next try.
//!
//! # For operators
//!
//! The columns beside a body may be queried while the engine runs. Times are milliseconds since the
//! Unix epoch; keys are hashes. Stop the engine before you change anything by hand.
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
mod open;
mod process_lock;
mod queue;
mod read;
mod reader;
mod reply;
mod request;
mod schema;
mod store;
#[cfg(test)]
mod tests;
mod write;
mod writer;

pub use rusqlite;

pub use self::store::SqliteStore;
