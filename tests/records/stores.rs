//! The stores that the tests run on.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use sspr::adapters::memory::MemoryStore;
use sspr::port::{Commit, Committed};
use sspr::testing::Encoded;
use sspr::{Columns, Record, RecordKind, Store, Timestamp, UserId, Version};

use crate::support::tenant;

/// An empty store.
pub(crate) struct Place {
    pub(crate) name: &'static str,
    pub(crate) store: Arc<dyn Store>,
    /// Goes after the store.
    _files: Option<Files>,
}

/// Every store of this build, empty. A further one is a further line.
pub(crate) fn all() -> Vec<Place> {
    vec![
        place("memory, as text", Encoded::new(MemoryStore::new()), None),
        #[cfg(feature = "sqlite")]
        sqlite(),
    ]
}

fn place(name: &'static str, store: impl Store + 'static, files: Option<Files>) -> Place {
    Place { name, store: Arc::new(store), _files: files }
}

#[cfg(feature = "sqlite")]
fn sqlite() -> Place {
    let files = Files::new();
    let store = sspr::adapters::sqlite::SqliteStore::open(files.0.join("sspr.db"));
    place("sqlite", store.expect("opened"), Some(files))
}

/// A directory that goes away with the test.
struct Files(PathBuf);

impl Files {
    #[cfg_attr(
        not(feature = "sqlite"),
        expect(dead_code, reason = "only a store on disk has files")
    )]
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("sspr-records-{}-{count}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).expect("a directory");
        Self(path)
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        // What stays behind is no failure of what was tested.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

impl Place {
    /// The records of the tenant, in the order of the store.
    pub(crate) async fn records(&self, kind: RecordKind) -> Vec<Record> {
        let page = self.store.scan(&tenant(), kind, None, 1_000).await.expect("readable");
        assert!(page.next.is_none(), "{}: more than a test has", self.name);
        page.items
    }

    /// The record whose body names this user.
    pub(crate) async fn account(&self, user: &UserId) -> Record {
        let name = format!("\"user\":\"{}\"", user.as_str());
        let mut found = self.records(RecordKind::Account).await;
        found.retain(|record| record.body().contains(&name));
        assert_eq!(found.len(), 1, "{}: one record of {}", self.name, user.as_str());
        found.remove(0)
    }

    /// Replaces a body, as another release or a failing disk would.
    pub(crate) async fn replace(&self, record: &Record, kind: RecordKind, body: &str) {
        let version = Version::new(record.version().count() + 1, 77);
        let next = Record::loaded(*record.key(), version, body);
        let mut columns = Columns::new(tenant(), kind, Timestamp::EPOCH);
        // Too early is fine: whoever looks finds that nothing is due.
        columns.wake_at = Some(Timestamp::EPOCH);
        let commit = Commit::new(&next, Some(record.version()), &columns, &[]);
        let committed = self.store.commit(commit).await.expect("kept");
        assert_eq!(committed, Committed::Applied, "{}", self.name);
    }

    pub(crate) async fn edit(&self, user: &UserId, change: impl FnOnce(&mut serde_json::Value)) {
        let record = self.account(user).await;
        let mut body = serde_json::from_str(record.body()).expect("json");
        change(&mut body);
        self.replace(&record, RecordKind::Account, &body.to_string()).await;
    }

    pub(crate) async fn body(&self, user: &UserId) -> serde_json::Value {
        serde_json::from_str(self.account(user).await.body()).expect("json")
    }
}
