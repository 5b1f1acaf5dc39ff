//! The files: who may read them, and how they are made.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

/// Makes the database file if that is asked for and it is not there, readable by its owner only, and
/// returns the one path by which every process knows it.
///
/// SQLite gives `-wal` and `-shm` the rights of the database itself.
pub(super) fn prepare(path: &Path, make: bool) -> io::Result<PathBuf> {
    if !make {
        return fs::canonicalize(path);
    }
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

/// The files that a connection has open, by what stays the same when a name is given to another.
///
/// A file that was deleted or replaced goes on to take commits that no other process, and no later
/// one, ever sees. With another log or another shared memory two processes no longer share a lock.
#[derive(Debug)]
pub(super) struct Opened {
    paths: [PathBuf; 3],
    /// The database, its log and its shared memory; the two last from their first sight on.
    seen: [Option<Identity>; 3],
}

type Identity = (u64, u64);

impl Opened {
    pub(super) fn at(database: &Path) -> io::Result<Self> {
        let beside = |suffix: &str| {
            let mut name = OsString::from(database);
            name.push(suffix);
            PathBuf::from(name)
        };
        let paths = [database.to_owned(), beside("-wal"), beside("-shm")];
        let seen = [identity(&paths[0])?, None, None];
        Ok(Self { paths, seen })
    }

    /// Whether the names still lead to the same files.
    pub(super) fn are_there(&mut self) -> bool {
        let mut same = true;
        for (path, seen) in self.paths.iter().zip(&mut self.seen) {
            let found = identity(path).ok().flatten();
            match seen {
                Some(seen) => same &= found == Some(*seen),
                None => *seen = found,
            }
        }
        same
    }

    /// How long the log is, in bytes; zero if it cannot be seen.
    pub(super) fn log_bytes(&self) -> u64 {
        fs::metadata(&self.paths[1]).map_or(0, |log| log.len())
    }
}

#[cfg(unix)]
fn identity(path: &Path) -> io::Result<Option<Identity>> {
    use std::os::unix::fs::MetadataExt as _;
    let found = fs::metadata(path)?;
    Ok(Some((found.dev(), found.ino())))
}

/// Where a file in use cannot be deleted or replaced, there is nothing to compare.
#[cfg(not(unix))]
fn identity(path: &Path) -> io::Result<Option<Identity>> {
    fs::metadata(path).map(|_| None)
}
