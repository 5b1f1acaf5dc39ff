//! The stores that the invariants run on, and a world over each.

use std::path::PathBuf;
use std::sync::Arc;

use sspr::audit::Event;
use sspr::port::{Columns, Record, RecordKind, Store, Version};
use sspr::port::{Commit, Committed, Cursor, EventsOf};
use sspr::{Engine, PolicySettings, SecretText, TenantId, Timestamp};

use crate::fresh::{self, Fresh, Temporary};
use crate::support::{World, content::content, tenant};

/// A store for a test.
pub(crate) struct StoreUnderTest {
    pub(crate) name: &'static str,
    pub(crate) store: Arc<dyn Store>,
    /// Dropped after the store.
    _files: Option<Temporary>,
}

impl From<Fresh> for StoreUnderTest {
    fn from(Fresh { name, store, files }: Fresh) -> Self {
        Self { name, store, _files: files }
    }
}

pub(crate) fn memory() -> StoreUnderTest {
    fresh::memory().into()
}

#[cfg(feature = "sqlite")]
pub(crate) fn sqlite() -> StoreUnderTest {
    fresh::sqlite().into()
}

/// The same, with the path of its file.
#[cfg(feature = "sqlite")]
pub(crate) fn sqlite_at() -> (StoreUnderTest, PathBuf) {
    let fresh = fresh::sqlite();
    let path = fresh.files.as_ref().expect("files").path().join("sspr.db");
    (fresh.into(), path)
}

/// Every store of this build; the memory store also with records as text.
pub(crate) fn all() -> Vec<StoreUnderTest> {
    fresh::all().into_iter().map(StoreUnderTest::from).collect()
}

/// An empty store of the same kind.
pub(crate) fn fresh(like: &StoreUnderTest) -> StoreUnderTest {
    fresh::of(like.name).into()
}

impl StoreUnderTest {
    /// A world with two registered methods over this store.
    pub(crate) async fn world(&self, settings: PolicySettings) -> World {
        let world = World::builder()
            .store(Arc::clone(&self.store))
            .settings(settings)
            .registered()
            .open()
            .await;
        world.inbox.clear();
        world
    }

    /// Another engine over the same ports.
    pub(crate) async fn engine(&self, world: &World, seed: u64) -> Engine {
        world.beside().store(Arc::clone(&self.store)).seed(seed).open().await.engine
    }

    pub(crate) async fn account(&self) -> Record {
        self.record(&tenant(), RecordKind::Account).await
    }

    pub(crate) async fn record(&self, tenant: &TenantId, kind: RecordKind) -> Record {
        let mut page = self.store.scan(tenant, kind, None, 4).await.expect("readable");
        // The store also has the note of the last purge and the seal's check value.
        page.items.retain(|record| kind != RecordKind::Meta || record.key().as_bytes() == &[0; 32]);
        assert_eq!(page.items.len(), 1, "{}: one {}", self.name, kind.as_str());
        page.items[0].clone()
    }

    pub(crate) async fn body(&self) -> serde_json::Value {
        content(&self.account().await)
    }

    /// Replaces a record's body, as another release or a damaged disk would.
    pub(crate) async fn replace(&self, record: &Record, kind: RecordKind, body: &str) {
        let version = Version::new(record.version().count() + 1, 77);
        let next = Record::loaded(*record.key(), version, body);
        let mut columns = Columns::new(tenant(), kind, Timestamp::EPOCH);
        columns.wake_at = Some(Timestamp::EPOCH);
        let commit = Commit::new(&next, Some(record.version()), &columns, &[]);
        assert_eq!(self.store.commit(commit).await.expect("kept"), Committed::Applied);
    }

    pub(crate) async fn edit(&self, change: impl FnOnce(&mut serde_json::Value)) {
        let record = self.account().await;
        let mut body = content(&record);
        change(&mut body);
        self.replace(&record, RecordKind::Account, &body.to_string()).await;
    }

    pub(crate) async fn events(&self) -> Vec<Event> {
        self.events_after(&mut None).await
    }

    /// The events after the cursor, which is advanced.
    pub(crate) async fn events_after(&self, cursor: &mut Option<Cursor>) -> Vec<Event> {
        let (tenant, mut all) = (tenant(), Vec::new());
        loop {
            let of = EventsOf::Tenant(&tenant);
            let page = self.store.events(of, cursor.as_ref(), 500).await.expect("readable");
            if page.items.is_empty() {
                return all;
            }
            all.extend(page.items);
            *cursor = page.next;
        }
    }

    pub(crate) async fn count(&self, code: &str) -> usize {
        self.events().await.iter().filter(|event| event.code() == code).count()
    }
}

pub(crate) fn secret(text: &str) -> SecretText {
    SecretText::from(text)
}
