//! The stores of these tests: every store that needs no server.

use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use sspr::adapters::memory::MemoryStore;
use sspr::port::Store;

#[cfg(feature = "sqlite")]
use crate::temporary::Temporary;

/// A kind of store, of which a test can create any number.
pub(crate) enum StoreKind {
    Memory,
    #[cfg(feature = "sqlite")]
    Sqlite(Temporary),
}

/// One store, which can be opened several times.
pub(crate) enum StoreUnderTest {
    Memory(MemoryStore),
    #[cfg(feature = "sqlite")]
    Sqlite(PathBuf),
}

static NUMBER: AtomicU32 = AtomicU32::new(0);

impl StoreKind {
    #[cfg(feature = "sqlite")]
    pub(crate) fn sqlite() -> Self {
        Self::Sqlite(Temporary::new("attacks"))
    }

    /// The number of rounds: fewer if each write waits for the disk.
    pub(crate) const fn rounds(&self, memory: u32, durable: u32) -> u32 {
        match self {
            Self::Memory => memory,
            #[cfg(feature = "sqlite")]
            Self::Sqlite(_) => durable,
        }
    }

    /// A new, empty store.
    pub(crate) fn empty(&self) -> StoreUnderTest {
        match self {
            Self::Memory => StoreUnderTest::Memory(MemoryStore::new()),
            #[cfg(feature = "sqlite")]
            Self::Sqlite(directory) => {
                let number = NUMBER.fetch_add(1, Ordering::Relaxed);
                StoreUnderTest::Sqlite(directory.path().join(format!("{number}.db")))
            }
        }
    }

    /// A handle on a new, empty store.
    pub(crate) fn store(&self) -> Arc<dyn Store> {
        self.empty().open()
    }
}

impl StoreUnderTest {
    /// Another handle, as in another process.
    pub(crate) fn open(&self) -> Arc<dyn Store> {
        match self {
            Self::Memory(store) => Arc::new(store.clone()),
            #[cfg(feature = "sqlite")]
            Self::Sqlite(path) => {
                let store = sspr::adapters::sqlite::SqliteStore::open_or_create(path);
                Arc::new(store.expect("opened"))
            }
        }
    }
}

/// Runs a test with every value that the engine traces checked: see [`crate::traced`].
pub(crate) fn run(test: impl Future<Output = ()>) {
    #[cfg(feature = "tracing")]
    crate::traced::check_every_value();
    sspr::testing::block_on(test);
}

/// Runs each of these functions on every store, as `memory::name` and `sqlite::name`.
macro_rules! on_every_store {
    ($($name:ident),+ $(,)?) => {
        mod memory {
            $(#[test]
            fn $name() {
                crate::stores::run(super::$name(&crate::stores::StoreKind::Memory));
            })+
        }

        #[cfg(feature = "sqlite")]
        mod sqlite {
            $(#[test]
            fn $name() {
                crate::stores::run(super::$name(&crate::stores::StoreKind::sqlite()));
            })+
        }
    };
}

/// Runs each of these functions on the memory store only, since they do not depend on the store.
macro_rules! in_memory {
    ($($name:ident),+ $(,)?) => {
        mod alone {
            $(#[test]
            fn $name() {
                crate::stores::run(super::$name(&crate::stores::StoreKind::Memory));
            })+
        }
    };
}
