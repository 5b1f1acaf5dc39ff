//! A fair queue of the processes that write one file.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::time::Duration;
use std::{io, thread};

use super::files;

/// Two lock files beside the database.
///
/// SQLite's busy handler polls, so a process that has just committed often takes the write lock again
/// before a sleeping one, which may starve for seconds. Here a process waits for the writing lock
/// *while it holds the gate*, and releases the gate once it has the writing lock. A process that has
/// finished needs the gate to write again, so the one that waits there goes first.
///
/// The kernel releases both locks when a process dies. They only decide the order: SQLite's own
/// lock keeps the writers apart.
pub(super) struct ProcessLock {
    gate: File,
    writing: File,
}

/// The right to write, until dropped.
pub(super) struct WriteTurn<'a>(&'a File);

impl ProcessLock {
    pub(super) fn beside(database: &Path) -> io::Result<Self> {
        Ok(Self {
            gate: files::lock_file(database, "-gate")?,
            writing: files::lock_file(database, "-writing")?,
        })
    }

    /// Waits for this process's turn, at most for [`PATIENCE`]: a suspended process (`SIGSTOP`, a
    /// debugger, a frozen container) keeps its locks.
    pub(super) fn enter(&self) -> io::Result<WriteTurn<'_>> {
        let mut patience = PATIENCE;
        lock(&self.gate, &mut patience)?;
        let entered = lock(&self.writing, &mut patience);
        let left = self.gate.unlock();
        let turn = entered.map(|()| WriteTurn(&self.writing))?;
        left.map(|()| turn)
    }
}

impl Drop for WriteTurn<'_> {
    fn drop(&mut self) {
        // Unlocking fails only for a closed descriptor, and this one is open.
        drop(self.0.unlock());
    }
}

/// How long to wait for a turn.
const PATIENCE: Duration = Duration::from_secs(5);
/// The first pause between two tries. Shorter than a transaction takes.
const FIRST_PAUSE: Duration = Duration::from_micros(50);
const LONGEST_PAUSE: Duration = Duration::from_millis(2);

fn lock(file: &File, patience: &mut Duration) -> io::Result<()> {
    let mut pause = FIRST_PAUSE;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) if patience.is_zero() => {
                let what = "another process keeps the write lock without progress";
                return Err(io::Error::new(io::ErrorKind::TimedOut, what));
            }
            Err(TryLockError::WouldBlock) => {
                let wait = pause.min(*patience);
                // Counts the requested wait instead of the real one: the thread has no clock, and
                // the difference does no harm.
                thread::park_timeout(wait);
                *patience -= wait;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
            Err(TryLockError::Error(error)) => match error.kind() {
                io::ErrorKind::Interrupted => {}
                // On a file system without locks only SQLite's busy timeout applies.
                io::ErrorKind::Unsupported => return Ok(()),
                _ => return Err(error),
            },
        }
    }
}
