//! The stores that outlive a process, each at an address that another process can open.

use std::sync::Arc;

use sspr::Store;

use crate::servers::Folder;

/// A store at an address. Dropping it removes what it holds.
pub(crate) struct Site {
    pub(crate) address: String,
    /// Goes last.
    folder: Folder,
}

impl Site {
    #[cfg(feature = "sqlite")]
    pub(crate) fn sqlite() -> Self {
        let folder = Folder::new("cluster");
        let address = format!("sqlite:{}", folder.path().join("sspr.db").display());
        Self { address, folder }
    }

    pub(crate) async fn open(&self) -> Arc<dyn Store> {
        open(&self.address).await
    }

    /// A file beside the store, for what else outlives a process.
    pub(crate) fn file(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }
}

/// Opens the store at this address.
pub(crate) async fn open(address: &str) -> Arc<dyn Store> {
    let (kind, place) = address.split_once(':').expect("a kind and a place");
    match kind {
        #[cfg(feature = "sqlite")]
        "sqlite" => Arc::new(sspr::adapters::sqlite::SqliteStore::open(place).expect("opened")),
        other => panic!("no store of kind {other} at {place}"),
    }
}
