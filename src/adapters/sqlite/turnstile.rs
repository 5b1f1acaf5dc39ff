//! A fair place in line among the processes that write one file.

use std::fs::File;
use std::io;
use std::path::Path;

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
pub(super) struct Turnstile {
    gate: File,
    writing: File,
}

/// The right to write, until dropped.
pub(super) struct Pass<'a>(&'a File);

impl Turnstile {
    pub(super) fn beside(database: &Path) -> io::Result<Self> {
        Ok(Self {
            gate: files::lock_file(database, "-gate")?,
            writing: files::lock_file(database, "-writing")?,
        })
    }

    /// Waits until it is this process's turn.
    pub(super) fn enter(&self) -> io::Result<Pass<'_>> {
        lock(&self.gate)?;
        let entered = lock(&self.writing);
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

fn lock(file: &File) -> io::Result<()> {
    loop {
        match file.lock() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            // A file system without locks: SQLite's busy timeout is all there is.
            Err(error) if error.kind() == io::ErrorKind::Unsupported => return Ok(()),
            done => return done,
        }
    }
}
