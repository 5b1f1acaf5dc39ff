//! What the benches of SQLite share: an engine over the store, and the same reads and writes through the
//! driver alone.
#![allow(dead_code, reason = "each benchmark uses a part of it")]

use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use rusqlite::{Connection, params};
use sspr::adapters::memory::{MemoryDirectory, MemoryInbox};
use sspr::adapters::sqlite::SqliteStore;
use sspr::port::RecordKey;
use sspr::testing::internals::Accounts;
use sspr::testing::{block_on, join_all};
use sspr::{Actor, Engine, ResetTicket, RoleId, Timestamp};

use crate::support;

pub(crate) struct Site {
    pub(crate) engine: Engine,
    pub(crate) store: SqliteStore,
    pub(crate) accounts: Accounts,
}

impl Site {
    /// Opens the file. The flows of its accounts have started at this time.
    pub(crate) fn open(file: &Path, started_at: Timestamp) -> Self {
        let store = SqliteStore::open_or_create(file).expect("opened");
        let engine = Engine::builder()
            .keys(support::keys())
            .store(store.clone())
            .directory(MemoryDirectory::new())
            .sessions(sspr::port::NoSessions)
            .delivery(MemoryInbox::new());
        let engine = block_on(engine.open()).expect("opened");
        let accounts =
            Accounts::new(support::keys(), support::tenant(), support::policy(), started_at);
        Self { engine, store, accounts }
    }

    pub(crate) fn put_policy(&self) {
        let (tenant, policy) = (support::tenant(), support::policy());
        let admin = Actor::service("root", [RoleId::parse("Global Administrator").expect("valid")]);
        block_on(self.engine.admin(&tenant, &admin).put_policy(&policy, None)).expect("put");
    }

    /// Writes these accounts again, so that every code has all its attempts.
    pub(crate) fn restore(&self, numbers: impl Iterator<Item = u64>) {
        let numbers: Vec<u64> = numbers.collect();
        for batch in numbers.chunks(128) {
            let put = |number: &u64| self.accounts.put(&self.store, *number);
            block_on(join_all(batch.iter().map(put)))
                .into_iter()
                .for_each(|done| done.expect("put"));
        }
    }

    pub(crate) fn tickets(&self, numbers: impl Iterator<Item = u64>) -> Vec<ResetTicket> {
        numbers.map(|number| self.accounts.ticket(number)).collect()
    }
}

/// The same reads and conditional writes without the engine and the store.
pub(crate) struct Raw {
    conn: Connection,
    keys: Vec<RecordKey>,
    next: usize,
}

impl Raw {
    pub(crate) fn open(file: &Path, keys: Vec<RecordKey>) -> Self {
        let conn = Connection::open(file).expect("opened");
        conn.pragma_update(None, "synchronous", "FULL").expect("set");
        conn.pragma_update(None, "fullfsync", true).expect("set");
        conn.pragma_update(None, "trusted_schema", false).expect("set");
        conn.pragma_update(None, "cache_size", -8_000).expect("set");
        conn.set_prepared_statement_cache_capacity(32);
        Self { conn, keys, next: 0 }
    }

    /// Reads `group` records; then, in one transaction, writes each if it has not changed, and appends
    /// an event.
    fn group(&mut self, group: usize) -> rusqlite::Result<()> {
        let conn = &self.conn;
        let sql = "SELECT key, version_count, version_nonce, body FROM record WHERE key = ?1";
        let mut read = Vec::with_capacity(group);
        for _ in 0..group {
            self.next = (self.next + 1) % self.keys.len();
            let key = &self.keys[self.next].as_bytes()[..];
            read.push(conn.prepare_cached(sql)?.query_row([key], |row| {
                Ok((key, row.get::<_, i64>(1)?, row.get::<_, i64>(2)?, row.get::<_, String>(3)?))
            })?);
        }
        conn.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        for (key, count, nonce, body) in read {
            let sql = "UPDATE record SET wake_at = ?2, expires_at = NULL, registered = 1,
                 locked_until = NULL, updated_at = ?2, version_count = ?3, version_nonce = ?4, body = ?5
                 WHERE key = ?1 AND version_count = ?6 AND version_nonce = ?7";
            let row = params![key, 1_800_000_000_000_i64, count + 1, nonce, body, count, nonce];
            assert_eq!(conn.prepare_cached(sql)?.execute(row)?, 1, "no other writer");
            let sql = "INSERT INTO event (record, count, idx, tenant, at, code, user_id, body)
                 VALUES (?1, ?2, 0, 'contoso', ?3, 'attempt_counted', ?4, ?5)";
            let user = "6e7b768e-07e2-4810-8459-000000000000";
            let event = "#".repeat(350);
            let row = params![key, count + 1, 1_800_000_000_000_i64, user, event];
            conn.prepare_cached(sql)?.execute(row)?;
        }
        conn.prepare_cached("COMMIT")?.execute([])?;
        Ok(())
    }

    /// Works on one record at a time.
    pub(crate) fn steps(&mut self, count: u64) -> Duration {
        support::time(|| (0..count).for_each(|_| self.group(1).expect("written")))
    }

    /// The same on another thread, which the caller wakes and waits for at each record.
    pub(crate) fn steps_elsewhere(&mut self, count: u64) -> Duration {
        let (ask, asked) = mpsc::channel::<mpsc::Sender<()>>();
        thread::scope(|scope| {
            scope.spawn(move || {
                for done in asked {
                    self.group(1).expect("written");
                    done.send(()).expect("awaited");
                }
            });
            let step = || {
                let (done, written) = mpsc::channel();
                ask.send(done).expect("served");
                written.recv().expect("written");
            };
            let took = support::time(|| (0..count).for_each(|_| step()));
            drop(ask);
            took
        })
    }

    /// Works on this many records in groups.
    pub(crate) fn groups(&mut self, count: u64, group: usize) -> Duration {
        let groups = count.div_ceil(group as u64);
        support::time(|| (0..groups).for_each(|_| self.group(group).expect("written")))
    }
}

/// Fills the file with copies of the first account, up to this number of records, under the keys and
/// names of other accounts.
pub(crate) fn grow(file: &Path, accounts: &Accounts, to: u64) {
    let mut rows: Vec<(RecordKey, u64)> =
        (1..to).map(|number| (accounts.key(number), number)).collect();
    // In the order of the index, so that filling it takes no random writes.
    rows.sort_unstable();
    let mut conn = Connection::open(file).expect("opened");
    conn.pragma_update(None, "synchronous", "OFF").expect("set");
    let first = accounts.key(0);
    for rows in rows.chunks(10_000) {
        let transaction = conn.transaction().expect("begun");
        let sql = "INSERT INTO record SELECT ?1, ?2, version_count, version_nonce, tenant, kind, \
             format('6e7b768e-07e2-4810-8459-%012d', ?3), wake_at + ?3, expires_at, registered, \
             locked_until, updated_at, body FROM record WHERE key = ?4";
        let mut statement = transaction.prepare_cached(sql).expect("prepared");
        for (key, number) in rows {
            let (shard, number) = (key.shard(), number.cast_signed());
            let row = params![&key.as_bytes()[..], shard, number, &first.as_bytes()[..]];
            assert_eq!(statement.execute(row).expect("copied"), 1, "a copy");
        }
        drop(statement);
        transaction.commit().expect("committed");
    }
    conn.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").expect("written back");
}
