//! The stores that the tests run on.

use std::sync::Arc;

use sspr::port::{Columns, Record, RecordKind, Store, Version};
use sspr::port::{Commit, Committed};
use sspr::{Timestamp, UserId};

use crate::fresh::{self, Fresh, Temporary};
use crate::support::{content::content, tenant};

/// An empty store.
pub(crate) struct StoreUnderTest {
    pub(crate) name: &'static str,
    pub(crate) store: Arc<dyn Store>,
    /// Goes after the store.
    _files: Option<Temporary>,
}

impl From<Fresh> for StoreUnderTest {
    fn from(Fresh { name, store, files }: Fresh) -> Self {
        Self { name, store, _files: files }
    }
}

/// Every store that keeps text, empty, since records kept for years are text.
pub(crate) fn all() -> Vec<StoreUnderTest> {
    let kinds = fresh::kinds().into_iter().filter(|(name, _)| *name != "memory");
    kinds.map(|(_, make)| make().into()).collect()
}

/// The same, and the one that keeps no text.
pub(crate) fn with_memory() -> Vec<StoreUnderTest> {
    fresh::all().into_iter().map(StoreUnderTest::from).collect()
}

impl StoreUnderTest {
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
        // An early alarm does no harm: the engine finds that nothing is due.
        columns.wake_at = Some(Timestamp::EPOCH);
        let commit = Commit::new(&next, Some(record.version()), &columns, &[]);
        let committed = self.store.commit(commit).await.expect("kept");
        assert_eq!(committed, Committed::Applied, "{}", self.name);
    }

    pub(crate) async fn edit(&self, user: &UserId, change: impl FnOnce(&mut serde_json::Value)) {
        let record = self.account(user).await;
        let mut body = content(&record);
        change(&mut body);
        self.replace(&record, RecordKind::Account, &body.to_string()).await;
    }

    pub(crate) async fn body(&self, user: &UserId) -> serde_json::Value {
        content(&self.account(user).await)
    }
}
