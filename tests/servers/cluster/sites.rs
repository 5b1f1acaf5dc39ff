//! The durable stores, each at an address that another process can open.

use std::sync::Arc;

use sspr::port::Store;

use crate::servers::Folder;

/// A store at an address. Dropping it removes its data.
pub(crate) struct Site {
    pub(crate) address: String,
    /// Dropped last.
    folder: Folder,
}

impl Site {
    /// A schema of its own on the server of this test binary.
    #[cfg(feature = "postgres")]
    pub(crate) async fn postgres() -> Self {
        let server = crate::servers::postgres::Postgres::shared();
        let address = format!("postgres:{} {}", server.fresh(), server.url());
        Self::postgres_at(address).await
    }

    #[cfg(feature = "postgres")]
    pub(crate) async fn postgres_at(address: String) -> Self {
        let (_, place) = address.split_once(':').expect("a place");
        let options = postgres_options(place);
        let migrated = sspr::adapters::postgres::PostgresStore::create(&options).await;
        migrated.expect("migrated");
        Self { address, folder: Folder::new("cluster") }
    }

    /// A prefix of its own on the node of this test binary.
    #[cfg(feature = "etcd")]
    pub(crate) fn etcd() -> Self {
        use crate::servers::etcd::{fresh_prefix, shared};

        Self::etcd_at(format!("etcd:{} {}", fresh_prefix(), shared().endpoints().join(",")))
    }

    #[cfg(feature = "etcd")]
    pub(crate) fn etcd_at(address: String) -> Self {
        Self { address, folder: Folder::new("cluster") }
    }

    #[cfg(feature = "sqlite")]
    pub(crate) fn sqlite() -> Self {
        let folder = Folder::new("cluster");
        let address = format!("sqlite:{}", folder.path().join("sspr.db").display());
        Self { address, folder }
    }

    pub(crate) async fn open(&self) -> Arc<dyn Store> {
        open(&self.address).await
    }

    /// A file beside the store, for other data that survives a process.
    pub(crate) fn file(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }
}

/// Opens the store at this address.
pub(crate) async fn open(address: &str) -> Arc<dyn Store> {
    let (kind, place) = address.split_once(':').expect("a kind and a place");
    match kind {
        #[cfg(feature = "sqlite")]
        "sqlite" => {
            Arc::new(sspr::adapters::sqlite::SqliteStore::open_or_create(place).expect("opened"))
        }
        #[cfg(feature = "postgres")]
        "postgres" => {
            let options = postgres_options(place);
            let store = sspr::adapters::postgres::PostgresStore::connect(&options).await;
            Arc::new(store.expect("connected"))
        }
        #[cfg(feature = "etcd")]
        "etcd" => {
            use sspr::adapters::etcd::{EtcdOptions, EtcdStore};

            let (prefix, endpoints) = place.split_once(' ').expect("a prefix and servers");
            let options = EtcdOptions::new(endpoints.split(',').map(str::to_owned));
            let store = EtcdStore::create(options.with_prefix(prefix)).await;
            Arc::new(store.expect("connected"))
        }
        other => panic!("no store of kind {other} at {place}"),
    }
}

/// A schema, a folder, and the address of the server.
#[cfg(feature = "postgres")]
fn postgres_options(place: &str) -> sspr::adapters::postgres::PostgresOptions {
    let (schema, url) = place.split_once(' ').expect("a schema and a server");
    let options = sspr::adapters::postgres::PostgresOptions::parse(url).expect("an address");
    options.with_schema(schema)
}
