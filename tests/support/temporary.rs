//! Temporary folders that are removed after their test; leftovers are removed by a later test.
#![allow(unreachable_pub, reason = "shared by several test binaries")]
#![allow(dead_code, reason = "each test binary uses a part of it")]
#![allow(clippy::duplicate_mod, reason = "the servers of a test binary and its stores both use it")]

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

/// The prefix of every folder's name. The rest is `<what>-<process id>-<number>`.
const PREFIX: &str = "sspr-test-";

/// A folder of one test, removed when the value is dropped.
///
/// A killed process removes nothing. So the first folder that a process creates in a place removes
/// those of ended test processes, which are recognised by the process id in the name.
#[derive(Debug)]
pub struct Temporary(PathBuf);

impl Temporary {
    /// An empty folder on a disk.
    pub fn new(what: &str) -> Self {
        Self::within(&std::env::temp_dir(), what)
    }

    /// An empty folder in memory, if the system has one, for files whose durability is not under
    /// test.
    pub fn in_memory(what: &str) -> Self {
        let memory = Path::new("/dev/shm");
        if memory.is_dir() { Self::within(memory, what) } else { Self::new(what) }
    }

    /// An empty folder in this one.
    pub fn within(base: &Path, what: &str) -> Self {
        static SWEPT: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());
        static COUNT: AtomicU32 = AtomicU32::new(0);

        let mut swept = SWEPT.lock().unwrap_or_else(PoisonError::into_inner);
        if !swept.iter().any(|known| known == base) {
            sweep(base);
            swept.push(base.to_owned());
        }
        drop(swept);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = base.join(format!("{PREFIX}{what}-{}-{count}", std::process::id()));
        // A reused process id may find the folder of its last owner.
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).expect("a folder for the test");
        Self(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl AsRef<Path> for Temporary {
    fn as_ref(&self) -> &Path {
        &self.0
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // An error here is no failure of the test, and a later process removes the folder.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Removes the folders in `base` whose process has ended.
pub fn sweep(base: &Path) {
    for entry in std::fs::read_dir(base).into_iter().flatten().flatten() {
        let name = entry.file_name();
        if name.to_str().and_then(owner).is_some_and(has_ended) {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

/// The process id in a folder's name, if a test created it.
fn owner(name: &str) -> Option<u32> {
    let mut parts = name.strip_prefix(PREFIX)?.rsplit('-');
    let _number: u32 = parts.next()?.parse().ok()?;
    parts.next()?.parse().ok()
}

/// Whether the process has ended; false if the system does not tell.
fn has_ended(pid: u32) -> bool {
    Path::new("/proc/self").exists() && !Path::new(&format!("/proc/{pid}")).exists()
}
