//! The files: their creation, permissions and identity.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

/// Creates the database file, if asked for and missing, readable by its owner only. Returns its
/// canonical path.
///
/// SQLite gives `-wal` and `-shm` the permissions of the database file.
pub(super) fn prepare(path: &Path, make: bool) -> io::Result<PathBuf> {
    if !make {
        return fs::canonicalize(path);
    }
    // Only `create_new`: opening and closing a file that SQLite has open in this process would drop
    // its POSIX locks (https://sqlite.org/howtocorrupt.html, 2.2).
    match owner_only().write(true).create_new(true).open(path) {
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(error),
    }
    // Two names for one file would mean two pairs of lock files. SQLite resolves links, too.
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
    // A umask cannot weaken a mode of 0600.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// The identity of the files that a connection has open, which survives a renaming.
///
/// After a deletion or replacement, the open file goes on to accept commits that no other or later
/// process sees. With another log or shared memory, two processes no longer share a lock.
#[derive(Debug)]
pub(super) struct OpenFiles {
    paths: [PathBuf; 3],
    /// The database, its log and its shared memory; the last two from the first check that finds
    /// them.
    seen: [Option<Identity>; 3],
}

type Identity = (u64, u64);

impl OpenFiles {
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

    /// Whether the paths still lead to the same files.
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

    /// The length of the log in bytes; zero if it cannot be read.
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

/// On other systems a file in use cannot be deleted or replaced.
#[cfg(not(unix))]
fn identity(path: &Path) -> io::Result<Option<Identity>> {
    fs::metadata(path).map(|_| None)
}
