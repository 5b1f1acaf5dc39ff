//! The files: who may read them, and how they are made.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

/// Makes the database file if it is not there, readable by its owner only, and returns the one
/// path by which every process knows it.
///
/// SQLite gives `-wal` and `-shm` the rights of the database itself.
pub(super) fn prepare(path: &Path) -> io::Result<PathBuf> {
    // Only ever `create_new`. To open and close a file that SQLite has open in this process would
    // drop its POSIX locks (https://sqlite.org/howtocorrupt.html, 2.2).
    match owner_only().write(true).create_new(true).open(path) {
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(error),
    }
    // Two names for one file would be two pairs of lock files; SQLite resolves links as well.
    fs::canonicalize(path)
}

/// Opens the lock file with this suffix beside the database.
pub(super) fn lock_file(database: &Path, suffix: &str) -> io::Result<File> {
    let mut name = OsString::from(database);
    name.push(suffix);
    owner_only().write(true).create(true).truncate(false).open(name)
}

fn owner_only() -> OpenOptions {
    let mut options = OpenOptions::new();
    // A mode of 0600 leaves a umask nothing to take away.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}
