//! The thread that writes: all waiting requests share one transaction.

use std::hint;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rusqlite::Connection;

use super::error::{commit_failed, failed, io_failed};
use super::files::OpenFiles;
use super::process_lock::{ProcessLock, WriteTurn};
use super::queue::{Bounds, Closing, Queue, Watch};
use super::reader::{self, ReadRequest};
use super::reply::Promise;
use super::request::{Outcome, WriteRequest};
use super::schema;
use super::write;
use crate::port::{PortError, PortResult};

/// The largest transaction. It takes some milliseconds, so that another process, or a request that
/// came just too late, waits no longer than that.
const BATCH: Bounds = Bounds { jobs: 256, bytes: 4 << 20 };

/// Loads are served one at a time, in some microseconds each, so that a write waits for at most one
/// load.
const ONE: Bounds = Bounds { jobs: 1, bytes: usize::MAX };

/// How often the writer checks for more requests before it sleeps: some tens of microseconds, about
/// as long as a wakeup takes. A caller that works in steps (load, decide, commit) finds it awake.
const SPINS: u32 = 3_000;

/// A log of this size is emptied before the next transaction, which then waits for readers.
const LOG_BYTES: u64 = 16 << 20;

/// All waiting requests, for the case that none of them can be served.
const ALL: Bounds = Bounds { jobs: usize::MAX, bytes: usize::MAX };

/// The locks and files that the writer uses.
pub(super) struct WriterContext {
    pub(super) process_lock: ProcessLock,
    pub(super) opened: OpenFiles,
    /// Set when a file was deleted or replaced; from then on all calls are refused.
    pub(super) gone: Arc<AtomicBool>,
}

/// Serves the queue until it is closed and empty.
///
/// While the writer checks for more requests, it serves loads as well, since a sleeping reader
/// would have to be woken first. Its loads are as recent as a reader's.
pub(super) fn run(
    conn: &Connection,
    queue: &Queue<WriteRequest>,
    loads: &Queue<ReadRequest>,
    context: WriterContext,
) {
    let closing = Closing(queue);
    let WriterContext { process_lock, opened, gone } = context;
    let mut writer = Writer {
        conn,
        process_lock: &process_lock,
        opened,
        gone: &gone,
        refused: None,
        purges: 0,
        empty_at: LOG_BYTES,
        outcomes: Vec::new(),
        spoiled: false,
    };
    let mut batch = Vec::new();
    while queue.take(BATCH, &mut batch) {
        // Requests whose callers are gone have not begun and are dropped.
        batch.retain(|job| !job.is_abandoned());
        if !batch.is_empty() {
            match writer.serve(&mut batch, loads) {
                Ok(watch) => writer.spin(queue, loads, watch),
                Err(error) => {
                    // The other waiting requests fail at once, since each would wait as long again.
                    queue.take_now(ALL, &mut batch);
                    fail_all(&mut batch, &error);
                }
            }
        }
    }
    drop(closing);
}

/// Fails each request with the same kind and text.
fn fail_all(batch: &mut Vec<WriteRequest>, error: &PortError) {
    for job in batch.drain(..) {
        job.fail(same(error));
    }
}

/// An error of the same kind and text.
fn same(error: &PortError) -> PortError {
    let text = std::error::Error::source(error).map_or_else(String::new, ToString::to_string);
    PortError::new(error.kind()).because(text)
}

struct Writer<'a> {
    conn: &'a Connection,
    process_lock: &'a ProcessLock,
    opened: OpenFiles,
    gone: &'a AtomicBool,
    /// Why this transaction accepts only a change of the fence.
    refused: Option<PortError>,
    /// The number of purges, which selects the kind of row that the next one begins with.
    purges: usize,
    /// The size of the log at which it is emptied next.
    empty_at: u64,
    outcomes: Vec<Outcome>,
    /// Set when the transaction must not be committed.
    spoiled: bool,
}

impl<'a> Writer<'a> {
    /// Checks for more requests for a while, and serves loads meanwhile.
    fn spin<'b>(
        &self,
        queue: &Queue<WriteRequest>,
        loads: &'b Queue<ReadRequest>,
        watch: Option<Watch<'b, ReadRequest>>,
    ) {
        if !self.conn.is_autocommit() {
            // After a failed rollback this connection would read uncommitted data.
            return;
        }
        let watch = watch.unwrap_or_else(|| Watch::begin(loads));
        let mut reads = Vec::new();
        let mut spins = 0;
        while spins < SPINS && !queue.may_have_jobs() {
            hint::spin_loop();
            spins += 1;
            if loads.may_have_jobs() && loads.take_now(ONE, &mut reads) {
                for job in reads.drain(..) {
                    reader::serve(self.conn, job);
                }
                spins = 0;
            }
        }
        drop(watch);
    }

    /// Runs one transaction and sends the replies of its requests.
    ///
    /// Loads are watched from before the reply to a single request: a caller that works in steps
    /// sends its next load at once, and would wake a reader whose page cache this commit has
    /// invalidated.
    fn serve<'b>(
        &mut self,
        batch: &mut Vec<WriteRequest>,
        loads: &'b Queue<ReadRequest>,
    ) -> PortResult<Option<Watch<'b, ReadRequest>>> {
        let turn = self.begin()?;
        let grouped = batch.len() > 1;
        for job in batch.drain(..) {
            self.decide(job, grouped);
        }
        let result = self.end();
        // The next process can write while this one sends its replies.
        drop(turn);
        let lost = result.is_ok() && !self.outcomes.is_empty() && !self.opened.are_there();
        if lost {
            // A file was deleted or replaced during the transaction.
            self.gone.store(true, Ordering::Release);
            for outcome in self.outcomes.drain(..) {
                outcome.fail(PortError::unknown().because(GONE));
            }
        }
        let watch = (!grouped && self.conn.is_autocommit()).then(|| Watch::begin(loads));
        self.reply(result.as_ref().err());
        Ok(watch)
    }

    fn begin(&mut self) -> PortResult<WriteTurn<'a>> {
        self.spoiled = false;
        if self.gone.load(Ordering::Acquire) {
            return Err(gone());
        }
        let turn = self.process_lock.enter().map_err(io_failed)?;
        if !self.conn.is_autocommit() {
            // The last rollback failed. Nothing is written until one succeeds.
            self.execute("ROLLBACK").map_err(failed)?;
        }
        // Before the transaction, since SQLite would create a new log in place of a deleted one.
        if !self.opened.are_there() {
            self.gone.store(true, Ordering::Release);
            return Err(gone());
        }
        self.bound_log();
        self.execute("BEGIN IMMEDIATE").map_err(failed)?;
        self.refused = schema::may_write(self.conn).err();
        Ok(turn)
    }

    /// Empties a log that has grown. An error is ignored, since it is tried again later.
    fn bound_log(&mut self) {
        let bytes = self.opened.log_bytes();
        if bytes < self.empty_at {
            return;
        }
        let emptied = schema::empty_log(self.conn).unwrap_or(false);
        // A long read transaction of another tool must not delay each write.
        self.empty_at = if emptied { LOG_BYTES } else { bytes + LOG_BYTES };
    }

    /// Runs one request. It is applied or stale according to the state that the earlier requests of
    /// this transaction have left.
    fn decide(&mut self, job: WriteRequest, grouped: bool) {
        if self.spoiled || self.conn.is_autocommit() {
            // SQLite rolled the whole transaction back on an error (a full disk, no memory).
            job.fail(PortError::unavailable().because("the transaction was rolled back"));
            return;
        }
        if let Some(refused) = &self.refused
            && !matches!(job, WriteRequest::Fence(..))
        {
            job.fail(same(refused));
            return;
        }
        // A request of several statements needs a savepoint to undo the earlier ones. A single
        // request is undone with its transaction.
        let savepoint = grouped && job.statements() > 1;
        if savepoint && let Err(error) = self.execute("SAVEPOINT request") {
            job.fail(failed(error));
            return;
        }
        let undone = match (self.write(job), savepoint, grouped) {
            (Ok(()), true, _) => self.execute("RELEASE request"),
            (Err(()), true, _) => {
                self.execute("ROLLBACK TO request").and_then(|()| self.execute("RELEASE request"))
            }
            (Err(()), false, false) => self.execute("ROLLBACK"),
            (Ok(()), false, _) | (Err(()), false, true) => Ok(()),
        };
        // The effects of single requests cannot be separated any more, so all are rolled back.
        self.spoiled |= undone.is_err();
    }

    /// Runs the statements of a request. An error has been reported to its caller.
    fn write(&mut self, job: WriteRequest) -> Result<(), ()> {
        let conn = self.conn;
        match job {
            WriteRequest::Commit(commit, promise) => {
                let result = write::commit(conn, &commit);
                self.keep(promise, result, Outcome::Commit)
            }
            WriteRequest::Add(increments, promise) => {
                let result = write::add(conn, &increments);
                self.keep(promise, result, Outcome::Add)
            }
            WriteRequest::Purge(cutoff, limit, promise) => {
                self.purges = self.purges.wrapping_add(1);
                let result = write::purge(conn, cutoff, limit, self.purges);
                self.keep(promise, result, Outcome::Purge)
            }
            WriteRequest::Fence(closed, promise) => match schema::is_ours(conn) {
                Ok(true) => {
                    let result = schema::fence(conn, closed).map(|()| true);
                    // Applies to the later requests of this transaction.
                    self.refused = schema::may_write(conn).err();
                    self.keep(promise, result, Outcome::Fence)
                }
                Ok(false) => {
                    let newer = "schema: written by a newer release";
                    promise.keep(Err(PortError::denied().because(newer)));
                    Err(())
                }
                Err(error) => self.keep(promise, Err(error), Outcome::Fence),
            },
        }
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

    /// Makes the transaction durable, or returns why it failed.
    fn end(&self) -> Result<(), Ended> {
        if self.conn.is_autocommit() {
            return Err(Ended::RolledBack);
        }
        if self.spoiled {
            // If this fails, `begin` tries again. Without a `COMMIT` nothing has happened.
            drop(self.execute("ROLLBACK"));
            return Err(Ended::RolledBack);
        }
        self.execute("COMMIT").map_err(|error| {
            let rolled_back = self.conn.is_autocommit() || self.execute("ROLLBACK").is_ok();
            Ended::NotCommitted(Arc::new(error), rolled_back)
        })
    }

    fn reply(&mut self, ended: Option<&Ended>) {
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
                    open: the store is closed; stop the process, restore the files and start it again";

/// The error of every later call.
pub(super) fn gone() -> PortError {
    PortError::denied().because(GONE)
}

/// Why a transaction failed.
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
