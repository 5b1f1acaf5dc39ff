//! The contract kit on the SQLite store: real files, several handles, reopened, damaged.

#![cfg(all(feature = "conformance", feature = "sqlite"))]

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use sspr::adapters::sqlite::SqliteStore;
use sspr::conformance::{Ability, Harness, Place};
use sspr::port::{PortError, PortResult};
use sspr::testing::Encoded;
use sspr::{RecordKey, Store};

sspr::conformance_tests!(file, Files { encoded: false });
sspr::conformance_tests!(encoded, Files { encoded: true });

struct Files {
    encoded: bool,
}

struct File {
    folder: PathBuf,
    encoded: bool,
    /// Whoever made it removes it; a process that joined leaves it alone.
    own: bool,
}

#[async_trait]
impl Harness for Files {
    async fn place(&self) -> PortResult<Box<dyn Place>> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("sspr-conformance-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).map_err(|error| PortError::denied().because(error))?;
        Ok(Box::new(File { folder, encoded: self.encoded, own: true }))
    }

    async fn join(&self, address: &str) -> PortResult<Box<dyn Place>> {
        let folder = PathBuf::from(address);
        Ok(Box::new(File { folder, encoded: self.encoded, own: false }))
    }

    /// Every commit reaches the disk: as many rounds as reach the races' threads, and no more.
    fn rounds(&self) -> usize {
        100
    }
}

#[async_trait]
impl Place for File {
    async fn open(&self) -> PortResult<Arc<dyn Store>> {
        let store = SqliteStore::open(self.folder.join("kit.sqlite"))?;
        Ok(if self.encoded { Arc::new(Encoded::new(store)) } else { Arc::new(store) })
    }

    fn several_handles(&self) -> Ability {
        Ability::Has
    }

    fn durable(&self) -> Ability {
        Ability::Has
    }

    fn several_processes(&self) -> Ability {
        Ability::Has
    }

    fn address(&self) -> String {
        self.folder.to_str().expect("temporary folders have a name of text").to_owned()
    }

    async fn damage(&self, key: &RecordKey) -> PortResult<Ability> {
        let broken = |error: rusqlite::Error| PortError::denied().because(error);
        let file = rusqlite::Connection::open(self.folder.join("kit.sqlite")).map_err(broken)?;
        // Text that is not UTF-8: what a torn page or a careless restore leaves behind.
        let overwrite = "UPDATE record SET body = CAST(x'ff00ff' AS TEXT) WHERE key = ?1";
        let changed = file.execute(overwrite, [key.as_bytes()]).map_err(broken)?;
        assert_eq!(changed, 1, "the record is there");
        Ok(Ability::Has)
    }
}

impl Drop for File {
    fn drop(&mut self) {
        if self.own {
            let _ = std::fs::remove_dir_all(&self.folder);
        }
    }
}
