//! Cursors: a listing goes on where one of its own cursors says, and refuses any other text.

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

use sspr::Timestamp;
use sspr::adapters::memory::MemoryStore;
use sspr::adapters::sqlite::SqliteStore;
use sspr::audit::Event;
use sspr::port::{Columns, Cursor, Record, RecordKey, RecordKind, Store, Version};
use sspr::port::{Commit, Committed, EventsOf, Page, PortErrorKind, PortResult};
use sspr::testing::block_on;

use crate::support::tenant;
use crate::temporary::Temporary;
use crate::{replaced, text};

const RECORDS: u8 = 6;
const LIMIT: usize = 2;

struct Listed {
    stores: Vec<Arc<dyn Store>>,
    /// Cursors that the stores gave.
    genuine: Vec<String>,
    _files: Temporary,
}

fn key(n: u8) -> RecordKey {
    RecordKey::from_bytes([n * 40; 32])
}

const NOW: Timestamp = Timestamp::from_unix_millis(1_000_000);

async fn fill(store: &dyn Store) {
    for n in 0..RECORDS {
        for version in 1..=2 {
            let record = Record::loaded(key(n), Version::new(version, n.into()), "{}");
            let mut columns = Columns::new(tenant(), RecordKind::Account, NOW);
            columns.wake_at = Some(Timestamp::from_unix_millis(i64::from(n / 2)));
            let event = format!(
                r#"{{"format":1,"id":{{"record":"{}","count":{version},"index":0}},"tenant":"contoso",
                    "user":"user","actor":"engine","at":1,"code":"unblocked"}}"#,
                key(n)
            );
            let events = [Event::decode(&event).expect("an event")];
            let before = (version > 1).then(|| Version::new(version - 1, n.into()));
            let commit = Commit::new(&record, before, &columns, &events);
            assert_eq!(store.commit(commit).await.expect("committed"), Committed::Applied);
        }
    }
}

/// Each listing of a store after this cursor: what names its items.
async fn listings(store: &dyn Store, after: Option<&Cursor>) -> Vec<PortResult<Page<String>>> {
    let (tenant, first) = (tenant(), key(1));
    let due = store.due(NOW, after, LIMIT).await;
    let scan = store.scan(&tenant, RecordKind::Account, after, LIMIT).await;
    let own = store.events(EventsOf::Record(&first), after, 1).await;
    let all = store.events(EventsOf::Tenant(&tenant), after, LIMIT).await;
    vec![
        due.map(|page| named(page, |key| key.to_string())),
        scan.map(|page| named(page, |record| record.key().to_string())),
        own.map(|page| named(page, Event::encode)),
        all.map(|page| named(page, Event::encode)),
    ]
}

fn named<T>(page: Page<T>, name: impl Fn(&T) -> String) -> Page<String> {
    Page::new(page.items.iter().map(name).collect(), page.next)
}

async fn prepare() -> Listed {
    let files = Temporary::in_memory("fuzz");
    let sqlite = SqliteStore::create(files.path().join("sspr.db")).expect("created");
    let stores: Vec<Arc<dyn Store>> = vec![Arc::new(MemoryStore::new()), Arc::new(sqlite)];
    let mut genuine = Vec::new();
    for store in &stores {
        fill(&**store).await;
        for page in listings(&**store, None).await {
            let page = page.expect("the first page");
            genuine.push(page.next.expect("another page").as_str().to_owned());
        }
    }
    Listed { stores, genuine, _files: files }
}

/// The bytes as a cursor, and as changes to genuine ones. Returns whether a listing accepted one.
pub fn cursor(data: &[u8]) -> bool {
    static LISTED: LazyLock<Listed> = LazyLock::new(|| block_on(prepare()));

    let listed = &*LISTED;
    let (which, rest) = data.split_first().unwrap_or((&0, &[]));
    let genuine = &listed.genuine[usize::from(*which) % listed.genuine.len()];
    let mut accepted = false;
    for text in [text(data), text(rest), replaced(genuine, rest)] {
        for store in &listed.stores {
            accepted |= block_on(walked(&**store, &Cursor::new(text.as_str())));
        }
    }
    accepted
}

/// Follows a cursor to the end of each listing. Returns whether one accepted it.
async fn walked(store: &dyn Store, from: &Cursor) -> bool {
    let mut accepted = 0;
    for (which, page) in listings(store, Some(from)).await.into_iter().enumerate() {
        let mut page = match page {
            Ok(page) => page,
            Err(error) => {
                assert_eq!(error.kind(), PortErrorKind::Denied, "{from:?}");
                continue;
            }
        };
        accepted += 1;
        let written = |symbol: char| matches!(symbol, 'a'..='z' | '0'..='9' | '.' | '-');
        assert!(from.as_str().chars().all(written), "no store writes {from:?}");
        let mut seen = BTreeSet::new();
        loop {
            assert!(page.items.len() <= LIMIT, "{from:?}: a page of {}", page.items.len());
            for item in page.items {
                assert!(seen.insert(item), "{from:?}: an item comes twice");
            }
            let Some(next) = page.next else { break };
            let mut pages = listings(store, Some(&next)).await;
            page = pages.swap_remove(which).expect("the store's own cursor");
        }
    }
    assert!(accepted <= 1, "{from:?} is a cursor of {accepted} listings");
    accepted == 1
}
