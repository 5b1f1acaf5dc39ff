//! The stores between which is moved: one more line for each further one.

use std::any::Any;
use std::sync::Arc;

use sspr::Store;
use sspr::adapters::memory::MemoryStore;
use sspr::testing::Encoded;

/// An empty store, and what has to live as long as it.
pub(crate) struct Made {
    pub(crate) store: Arc<dyn Store>,
    _guard: Box<dyn Any + Send>,
}

pub(crate) type Make = fn() -> Made;

/// Every kind of store.
pub(crate) fn kinds() -> Vec<(&'static str, Make)> {
    vec![
        ("memory", memory),
        ("text", text),
        #[cfg(feature = "sqlite")]
        ("sqlite", sqlite),
    ]
}

/// Every kind to every kind.
pub(crate) fn pairs() -> Vec<(String, Make, Make)> {
    let mut pairs = Vec::new();
    for (left, from) in kinds() {
        for (right, to) in kinds() {
            pairs.push((format!("{left} to {right}"), from, to));
        }
    }
    pairs
}

pub(crate) fn memory() -> Made {
    Made { store: Arc::new(MemoryStore::new()), _guard: Box::new(()) }
}

fn text() -> Made {
    Made { store: Arc::new(Encoded::new(MemoryStore::new())), _guard: Box::new(()) }
}

#[cfg(feature = "sqlite")]
pub(crate) fn sqlite() -> Made {
    use std::path::{Path, PathBuf};
    use std::sync::atomic::{AtomicU32, Ordering};

    struct Files(PathBuf);

    impl Drop for Files {
        fn drop(&mut self) {
            // A folder that stays is no failure of what was tested.
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    static COUNT: AtomicU32 = AtomicU32::new(0);
    let memory = Path::new("/dev/shm");
    let base = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let folder = base.join(format!("sspr-transfer-{}-{count}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let store = sspr::adapters::sqlite::SqliteStore::open(folder.join("sspr.db"));
    Made { store: Arc::new(store.expect("opened")), _guard: Box::new(Files(folder)) }
}
