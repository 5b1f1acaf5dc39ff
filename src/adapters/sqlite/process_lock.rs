//! A fair place in line among the processes that write one file.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::time::Duration;
use std::{io, thread};

use super::files;

/// Two lock files beside the database.
///
/// SQLite's busy handler polls: a process that has just committed takes the write lock again
/// before one that sleeps between two looks, and the other may starve for seconds. Here a process
/// waits for the writing lock *holding the gate*, and gives the gate up once it is inside. One
/// that comes out cannot go in again before the one at the gate: it needs the gate first.
///
/// The kernel gives both locks up when a process dies. They decide who goes first and nothing
/// else: SQLite's own lock keeps the writers apart.
pub(super) struct ProcessLock {
    gate: File,
    writing: File,
}

/// The right to write, until dropped.
pub(super) struct Pass<'a>(&'a File);

impl ProcessLock {
    pub(super) fn beside(database: &Path) -> io::Result<Self> {
        Ok(Self {
            gate: files::lock_file(database, "-gate")?,
            writing: files::lock_file(database, "-writing")?,
        })
    }

    /// Waits until it is this process's turn, for [`PATIENCE`] at most: a process that was stopped
    /// (`SIGSTOP`, a debugger, a frozen container) keeps its locks.
    pub(super) fn enter(&self) -> io::Result<Pass<'_>> {
        let mut patience = PATIENCE;
        lock(&self.gate, &mut patience)?;
        let entered = lock(&self.writing, &mut patience);
        let left = self.gate.unlock();
        let pass = entered.map(|()| Pass(&self.writing))?;
        left.map(|()| pass)
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        // It fails only for a descriptor that is not open, and this one is.
        drop(self.0.unlock());
    }
}

/// How long a turn is waited for.
const PATIENCE: Duration = Duration::from_secs(5);
/// The wait between two looks: from some tens of microseconds, less than a transaction takes, on.
const FIRST_PAUSE: Duration = Duration::from_micros(50);
const LONGEST_PAUSE: Duration = Duration::from_millis(2);

fn lock(file: &File, patience: &mut Duration) -> io::Result<()> {
    let mut pause = FIRST_PAUSE;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) if patience.is_zero() => {
                let what = "another process keeps the lock and does not go on";
                return Err(io::Error::new(io::ErrorKind::TimedOut, what));
            }
            Err(TryLockError::WouldBlock) => {
                let wait = pause.min(*patience);
                // Counted by what was asked for: this thread has no clock, and a wait that is a
                // little longer or shorter does no harm.
                thread::park_timeout(wait);
                *patience -= wait;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
            Err(TryLockError::Error(error)) => match error.kind() {
                io::ErrorKind::Interrupted => {}
                // A file system without locks: SQLite's busy timeout is all there is.
                io::ErrorKind::Unsupported => return Ok(()),
                _ => return Err(error),
            },
        }
    }
}
