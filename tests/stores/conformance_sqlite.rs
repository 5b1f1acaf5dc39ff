//! The contract kit on the SQLite store: real files, several handles, reopened, damaged.

#![cfg(all(feature = "conformance", feature = "sqlite"))]

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use sspr::adapters::sqlite::SqliteStore;
use sspr::conformance::{Ability, Harness, Outcome, PROPERTIES, StoreUnderTest};
use sspr::port::{PortError, PortResult};
use sspr::port::{RecordKey, Store};
use sspr::testing::Encoded;

use crate::temporary::Temporary;

sspr::conformance_tests!(file, Files { accounts: 300, encoded: false });
sspr::conformance_tests!(encoded, Files { accounts: 300, encoded: true });

/// The reports, purges and trails of a large organisation leave no account out.
#[test]
fn a_hundred_thousand_accounts_are_listed_whole() {
    let harness = Files { accounts: 100_000, encoded: false };
    let property =
        PROPERTIES.iter().find(|property| property.name == "listings_are_complete_at_any_size");
    let harness: Arc<dyn Harness> = Arc::new(harness);
    let verdict = property.expect("it is in the kit").run(&harness);
    assert_eq!(verdict, Ok(Outcome::Held));
}

struct Files {
    accounts: u64,
    encoded: bool,
}

struct File {
    folder: PathBuf,
    encoded: bool,
    /// Removed by the process that created it; a joined process leaves it.
    _own: Option<Temporary>,
}

#[async_trait]
impl Harness for Files {
    async fn fixture(&self) -> PortResult<Box<dyn StoreUnderTest>> {
        let own = Temporary::new("conformance");
        let folder = own.path().to_owned();
        Ok(Box::new(File { folder, encoded: self.encoded, _own: Some(own) }))
    }

    async fn join(&self, address: &str) -> PortResult<Box<dyn StoreUnderTest>> {
        let folder = PathBuf::from(address);
        Ok(Box::new(File { folder, encoded: self.encoded, _own: None }))
    }

    /// Few rounds, since every commit reaches the disk; enough to reach the races' threads.
    fn rounds(&self) -> usize {
        100
    }

    fn accounts(&self) -> u64 {
        self.accounts
    }
}

#[async_trait]
impl StoreUnderTest for File {
    async fn open(&self) -> PortResult<Arc<dyn Store>> {
        let store = SqliteStore::open_or_create(self.folder.join("kit.sqlite"))?;
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
        // Text that is not UTF-8, as after a torn page or a failed restore.
        let overwrite = "UPDATE record SET body = CAST(x'ff00ff' AS TEXT) WHERE key = ?1";
        let changed = file.execute(overwrite, [key.as_bytes()]).map_err(broken)?;
        assert_eq!(changed, 1, "the record is stored");
        Ok(Ability::Has)
    }

    async fn damage_event(&self, key: &RecordKey) -> PortResult<Ability> {
        let broken = |error: rusqlite::Error| PortError::denied().because(error);
        let file = rusqlite::Connection::open(self.folder.join("kit.sqlite")).map_err(broken)?;
        // Cut short: still text, but no event any more.
        let cut = "UPDATE event SET body = substr(body, 1, length(body) / 2) WHERE record = ?1";
        let changed = file.execute(cut, [key.as_bytes()]).map_err(broken)?;
        assert_eq!(changed, 1, "the event is stored");
        Ok(Ability::Has)
    }
}
