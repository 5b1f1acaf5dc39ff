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
//! Beside `sspr.db` stand `sspr.db-wal` and `sspr.db-shm`, which are part of the database while it
//! is open, and the empty `sspr.db-gate` and `sspr.db-writing`, by whose locks several processes
//! take turns. They stay; do not remove them while a process runs. All are made readable and
//! writable by their owner only (0600). The file must be on a local disk: SQLite's write-ahead log
//! does not work over a network file system. A process that is stopped while it writes (`SIGSTOP`,
//! a debugger) stops the other writers until it goes on or dies: they wait 5 seconds for it and answer
//! `Unavailable`.
//!
//! [`create`](SqliteStore::create) makes a new store, in a file that is not there or is empty.
//! [`open`](SqliteStore::open) opens one that is there and never makes one: a missing or empty file is
//! `Denied`. Both refuse a file of another application (`application_id`) or of a newer schema
//! (`user_version`) and leave it as it is. A backup is made with `VACUUM INTO` or `.backup`, never by
//! copying the file of a running process; [the manual](crate::manual::restoring) says how to restore it.
//!
//! # Processes and threads
//!
//! A handle belongs to the process that opened it. In a process that was forked from it each call is
//! `Denied`, since the threads of the store were not forked with it: open the store after the fork.
//! Should one of the three threads end by a fault, what waited for it is answered `Unknown` (a write)
//! or `Unavailable` (a read), and each later call `Unavailable`, with "a thread of the store has ended".
//! That is not the answer to a store that is busy, which says "too many calls wait": 8 192 calls, or
//! 64 MiB of them.
//!
//! # The log
//!
//! The log, `sspr.db-wal`, grows while a reader is in it. A log of 16 MiB is brought into the file and
//! emptied before the next write, which waits at most 250 milliseconds for the page that is being
//! read; so under listings without a pause it stays below some 32 MiB. Only a reader that keeps its
//! transaction open for long, a tool of an operator, makes it grow further: each time by 16 MiB until
//! it is tried again.
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
mod process_lock;
mod queue;
mod read;
mod reader;
mod reply;
mod schema;
mod store;
#[cfg(test)]
mod tests;
mod write;
mod writer;

pub use self::store::SqliteStore;
