//! The one thread that writes: every request that waits goes into one transaction.

use std::hint;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rusqlite::Connection;

use super::error::{commit_failed, failed, io_failed};
use super::files::Opened;
use super::queue::{Bounds, Closing, Queue, Watch};
use super::reader::{self, Read};
use super::reply::Promise;
use super::schema;
use super::turnstile::{Pass, Turnstile};
use super::write::{self, CommitJob};
use crate::port::{Charge, Committed, Cutoff, PortError, PortResult};

/// What one transaction takes at most. Some milliseconds of work, so that another process, and a
/// request that came a moment too late, wait no longer than that.
const BATCH: Bounds = Bounds { jobs: 256, bytes: 4 << 20 };

/// A load is over in some microseconds; a request to write goes first again after each.
const ONE: Bounds = Bounds { jobs: 1, bytes: usize::MAX };

/// How often the writer looks round for more before it sleeps: some tens of microseconds, about
/// what it takes to be woken. A caller that works in steps (load, decide, commit) finds it awake.
const LOOKS: u32 = 3_000;

/// A log of this size is emptied before the next transaction, which then waits for readers as well.
const LOG_BYTES: u64 = 16 << 20;

/// A request to write.
pub(super) enum Write {
    Commit(Box<CommitJob>, Promise<Committed>),
    Add(Vec<Charge>, Promise<Vec<u64>>),
    Purge(Cutoff, u16, Promise<u64>),
    Fence(bool, Promise<bool>),
}

/// What a request came to, withheld until the transaction is durable.
enum Outcome {
    Commit(Promise<Committed>, Committed),
    Add(Promise<Vec<u64>>, Vec<u64>),
    Purge(Promise<u64>, u64),
    Fence(Promise<bool>, bool),
}

/// Everything that waits, when nothing of it can be done.
const ALL: Bounds = Bounds { jobs: usize::MAX, bytes: usize::MAX };

/// What the writer works on.
pub(super) struct Desk {
    pub(super) turnstile: Turnstile,
    pub(super) opened: Opened,
    /// Set when the files were deleted or replaced: nothing is read or written any more.
    pub(super) gone: Arc<AtomicBool>,
}

/// Serves the queue until it is closed and empty.
///
/// While it looks round for more, it serves loads as well: a reader that sleeps would have to be
/// woken first. What it loads is no older than what a reader would.
pub(super) fn run(conn: &Connection, queue: &Queue<Write>, loads: &Queue<Read>, desk: Desk) {
    let closing = Closing(queue);
    let Desk { turnstile, opened, gone } = desk;
    let mut writer = Writer {
        conn,
        turnstile: &turnstile,
        opened,
        gone: &gone,
        refused: None,
        turns: 0,
        empty_at: LOG_BYTES,
        outcomes: Vec::new(),
        spoiled: false,
    };
    let mut batch = Vec::new();
    while queue.take(BATCH, &mut batch) {
        // Nobody waits for these any more, and none of them has begun.
        batch.retain(|job| !job.is_abandoned());
        if !batch.is_empty() {
            match writer.serve(&mut batch, loads) {
                Ok(watch) => writer.look_round(queue, loads, watch),
                Err(error) => {
                    // What waits behind it would wait as long again, one batch after the other.
                    queue.take_now(ALL, &mut batch);
                    fail_all(&mut batch, &error);
                }
            }
        }
    }
    drop(closing);
}

/// One error for each request: what they share is its text.
fn fail_all(batch: &mut Vec<Write>, error: &PortError) {
    let text = std::error::Error::source(error).map_or_else(String::new, ToString::to_string);
    for job in batch.drain(..) {
        job.fail(PortError::new(error.kind()).because(text.clone()));
    }
}

struct Writer<'a> {
    conn: &'a Connection,
    turnstile: &'a Turnstile,
    opened: Opened,
    gone: &'a AtomicBool,
    /// Why nothing but a change of the fence is let through in this transaction.
    refused: Option<PortError>,
    /// Which kind of row the next purge begins with.
    turns: usize,
    /// The size at which the log is emptied next.
    empty_at: u64,
    outcomes: Vec<Outcome>,
    /// Set when the transaction must not be committed.
    spoiled: bool,
}

impl<'a> Writer<'a> {
    fn look_round<'b>(
        &self,
        queue: &Queue<Write>,
        loads: &'b Queue<Read>,
        watch: Option<Watch<'b, Read>>,
    ) {
        if !self.conn.is_autocommit() {
            // A rollback failed: this connection would read what was not committed.
            return;
        }
        let watch = watch.unwrap_or_else(|| Watch::begin(loads));
        let mut reads = Vec::new();
        let mut looks = 0;
        while looks < LOOKS && !queue.beckons() {
            hint::spin_loop();
            looks += 1;
            if loads.beckons() && loads.take_now(ONE, &mut reads) {
                for job in reads.drain(..) {
                    reader::serve(self.conn, job);
                }
                looks = 0;
            }
        }
        drop(watch);
    }

    /// Runs one transaction and answers its requests.
    ///
    /// The loads are watched from before the one answer on: a caller that works in steps asks for
    /// its next load at once, and would wake a reader whose page cache this commit has emptied.
    fn serve<'b>(
        &mut self,
        batch: &mut Vec<Write>,
        loads: &'b Queue<Read>,
    ) -> PortResult<Option<Watch<'b, Read>>> {
        let pass = self.begin()?;
        let grouped = batch.len() > 1;
        for job in batch.drain(..) {
            self.decide(job, grouped);
        }
        let result = self.end();
        // The next process writes while this one answers.
        drop(pass);
        let lost = result.is_ok() && !self.outcomes.is_empty() && !self.opened.are_there();
        if lost {
            // The file was deleted or replaced while this was written to it.
            self.gone.store(true, Ordering::Release);
            for outcome in self.outcomes.drain(..) {
                outcome.fail(PortError::unknown().because(GONE));
            }
        }
        let watch = (!grouped && self.conn.is_autocommit()).then(|| Watch::begin(loads));
        self.answer(result.as_ref().err());
        Ok(watch)
    }

    fn begin(&mut self) -> PortResult<Pass<'a>> {
        self.spoiled = false;
        if self.gone.load(Ordering::Acquire) {
            return Err(gone());
        }
        let pass = self.turnstile.enter().map_err(io_failed)?;
        if !self.conn.is_autocommit() {
            // A rollback failed the last time. Nothing is written until one succeeds.
            self.execute("ROLLBACK").map_err(failed)?;
        }
        // Before the transaction: SQLite itself would make a log anew where one was deleted.
        if !self.opened.are_there() {
            self.gone.store(true, Ordering::Release);
            return Err(gone());
        }
        self.bound_log();
        self.execute("BEGIN IMMEDIATE").map_err(failed)?;
        self.refused = schema::may_write(self.conn).err();
        Ok(pass)
    }

    /// Empties a log that has grown. What fails here is tried again later: nothing rests on it.
    fn bound_log(&mut self) {
        let bytes = self.opened.log_bytes();
        if bytes < self.empty_at {
            return;
        }
        let emptied = schema::empty_log(self.conn).unwrap_or(false);
        // A reader that stays, another tool's, must not make each transaction wait for it.
        self.empty_at = if emptied { LOG_BYTES } else { bytes + LOG_BYTES };
    }

    /// Runs one request; whether it is applied or stale is decided here, against what the requests
    /// before it in this transaction have left.
    fn decide(&mut self, job: Write, grouped: bool) {
        if self.spoiled || self.conn.is_autocommit() {
            // SQLite gave up the whole transaction on an error (a full disk, no memory).
            job.fail(PortError::unavailable().because("the transaction was rolled back"));
            return;
        }
        if let Some(refused) = &self.refused
            && !matches!(job, Write::Fence(..))
        {
            let text =
                std::error::Error::source(refused).map_or_else(String::new, ToString::to_string);
            job.fail(PortError::new(refused.kind()).because(text));
            return;
        }
        // One statement fails alone by itself; of several, those before the one that failed have
        // to be undone. A request that is alone is undone with its transaction.
        let savepoint = grouped && job.statements() > 1;
        if savepoint && let Err(error) = self.execute("SAVEPOINT request") {
            job.fail(failed(error));
            return;
        }
        let conn = self.conn;
        let result = match job {
            Write::Commit(commit, promise) => {
                let result = write::commit(conn, &commit);
                self.keep(promise, result, Outcome::Commit)
            }
            Write::Add(charges, promise) => {
                let result = write::add(conn, &charges);
                self.keep(promise, result, Outcome::Add)
            }
            Write::Purge(cutoff, limit, promise) => {
                self.turns = self.turns.wrapping_add(1);
                let result = write::purge(conn, cutoff, limit, self.turns);
                self.keep(promise, result, Outcome::Purge)
            }
            Write::Fence(closed, promise) => match schema::is_ours(conn) {
                Ok(true) => {
                    let result = schema::fence(conn, closed).map(|()| true);
                    // For the requests behind it in this transaction.
                    self.refused = schema::may_write(conn).err();
                    self.keep(promise, result, Outcome::Fence)
                }
                Ok(false) => {
                    let newer = "a newer release has changed the file";
                    promise.keep(Err(PortError::denied().because(newer)));
                    Err(())
                }
                Err(error) => self.keep(promise, Err(error), Outcome::Fence),
            },
        };
        let undone = match (result, savepoint, grouped) {
            (Ok(()), true, _) => self.execute("RELEASE request"),
            (Err(()), true, _) => {
                self.execute("ROLLBACK TO request").and_then(|()| self.execute("RELEASE request"))
            }
            (Err(()), false, false) => self.execute("ROLLBACK"),
            (Ok(()), false, _) | (Err(()), false, true) => Ok(()),
        };
        // What belongs to whom cannot be told apart any more: nothing of it is kept.
        self.spoiled |= undone.is_err();
    }

    fn keep<T>(
        &mut self,
        promise: Promise<T>,
        result: rusqlite::Result<T>,
        outcome: fn(Promise<T>, T) -> Outcome,
    ) -> Result<(), ()> {
        match result {
            Ok(value) => {
                self.outcomes.push(outcome(promise, value));
                Ok(())
            }
            Err(error) => {
                promise.keep(Err(failed(error)));
                Err(())
            }
        }
    }

    /// Makes the transaction durable, or says what its requests are to be told.
    fn end(&self) -> Result<(), Ended> {
        if self.conn.is_autocommit() {
            return Err(Ended::RolledBack);
        }
        if self.spoiled {
            // If this fails, `begin` sees to it: without a `COMMIT` nothing has happened.
            drop(self.execute("ROLLBACK"));
            return Err(Ended::RolledBack);
        }
        self.execute("COMMIT").map_err(|error| {
            let rolled_back = self.conn.is_autocommit() || self.execute("ROLLBACK").is_ok();
            Ended::NotCommitted(Arc::new(error), rolled_back)
        })
    }

    fn answer(&mut self, ended: Option<&Ended>) {
        for outcome in self.outcomes.drain(..) {
            match ended.map(Ended::error) {
                None => outcome.keep(),
                Some(error) => outcome.fail(error),
            }
        }
    }

    fn execute(&self, sql: &str) -> rusqlite::Result<()> {
        self.conn.prepare_cached(sql)?.execute([]).map(drop)
    }
}

const GONE: &str = "the file, its log or its shared memory was deleted or replaced while it was \
                    open: the store is closed; end this process, see to the files and open it again";

/// The error of every call from then on.
pub(super) fn gone() -> PortError {
    PortError::denied().because(GONE)
}

/// Why a transaction came to nothing.
enum Ended {
    RolledBack,
    NotCommitted(Arc<rusqlite::Error>, bool),
}

impl Ended {
    fn error(&self) -> PortError {
        match self {
            Self::RolledBack => PortError::unavailable().because("the transaction was rolled back"),
            Self::NotCommitted(error, rolled_back) => commit_failed(error, *rolled_back),
        }
    }
}

impl Write {
    fn is_abandoned(&self) -> bool {
        match self {
            Self::Commit(_, promise) => promise.is_abandoned(),
            Self::Add(_, promise) => promise.is_abandoned(),
            Self::Purge(.., promise) => promise.is_abandoned(),
            Self::Fence(_, promise) => promise.is_abandoned(),
        }
    }

    fn statements(&self) -> usize {
        match self {
            Self::Commit(commit, _) => 1 + commit.events.len(),
            Self::Add(charges, _) => charges.len(),
            Self::Purge(..) => 6,
            Self::Fence(..) => 1,
        }
    }

    fn fail(self, error: PortError) {
        match self {
            Self::Commit(_, promise) => promise.keep(Err(error)),
            Self::Add(_, promise) => promise.keep(Err(error)),
            Self::Purge(.., promise) => promise.keep(Err(error)),
            Self::Fence(_, promise) => promise.keep(Err(error)),
        }
    }
}

impl Outcome {
    fn keep(self) {
        match self {
            Self::Commit(promise, value) => promise.keep(Ok(value)),
            Self::Add(promise, value) => promise.keep(Ok(value)),
            Self::Purge(promise, value) => promise.keep(Ok(value)),
            Self::Fence(promise, value) => promise.keep(Ok(value)),
        }
    }

    fn fail(self, error: PortError) {
        match self {
            Self::Commit(promise, _) => promise.keep(Err(error)),
            Self::Add(promise, _) => promise.keep(Err(error)),
            Self::Purge(promise, _) => promise.keep(Err(error)),
            Self::Fence(promise, _) => promise.keep(Err(error)),
        }
    }
}
