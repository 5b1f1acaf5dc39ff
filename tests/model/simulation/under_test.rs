//! The stores that the simulations run on.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use sspr::adapters::memory::MemoryStore;
use sspr::port::Store;

/// A store, and the folder that goes with it.
pub(crate) struct StoreUnderTest {
    pub(crate) name: &'static str,
    pub(crate) store: Arc<dyn Store>,
    folder: Option<PathBuf>,
}

/// One empty store of each kind that needs no server.
pub(crate) fn all() -> Vec<fn() -> StoreUnderTest> {
    vec![
        memory,
        #[cfg(feature = "sqlite")]
        sqlite,
    ]
}

pub(crate) fn memory() -> StoreUnderTest {
    StoreUnderTest { name: "memory", store: Arc::new(MemoryStore::new()), folder: None }
}

#[cfg(feature = "sqlite")]
pub(crate) fn sqlite() -> StoreUnderTest {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    // In memory where that can be had: nothing here is about the disk.
    let base = PathBuf::from("/dev/shm");
    let base = if base.is_dir() { base } else { std::env::temp_dir() };
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let folder = base.join(format!("sspr-simulation-{}-{number}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let store = sspr::adapters::sqlite::SqliteStore::create(folder.join("sspr.db"));
    let store: Arc<dyn Store> = Arc::new(store.expect("opened"));
    StoreUnderTest { name: "sqlite", store, folder: Some(folder) }
}

impl Drop for StoreUnderTest {
    fn drop(&mut self) {
        if let Some(folder) = &self.folder {
            // What is left behind is no failure of what was tested.
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}
