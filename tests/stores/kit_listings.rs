//! Tests the kit itself: empty pages, endless listings, and the closing of fixtures.

#![cfg(feature = "conformance")]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use sspr::Timestamp;
use sspr::adapters::memory::MemoryStore;
use sspr::conformance::{Harness, PROPERTIES, StoreUnderTest, check};
use sspr::port::{
    Columns, Commit, Committed, PortResult, Record, RecordKey, RecordKind, Store, Version,
};
use sspr::testing::broken::{BrokenStore, Defect};
use sspr::testing::{CallLog, EmptyPages, Recorder, World, block_on};
use sspr::transfer::{TransferError, copy};

/// A listing ends where no cursor is given, not where a page is empty.
#[test]
fn empty_pages_are_no_violation() {
    let report = check(|| EmptyPages::new(MemoryStore::new()));
    assert!(report.violations.is_empty(), "{report}");
}

/// A listing that never ends is found at its first repeated cursor.
#[test]
fn an_endless_listing_costs_few_calls() {
    let log = CallLog::new();
    let store = BrokenStore::over(
        Defect::ListingNeverEnds,
        Arc::new(Recorder::new(MemoryStore::new(), log.clone())),
    );
    let stores = Mutex::new(Some(store));
    let harness = move || {
        let mut store = stores.lock().expect("no test panics here");
        store.take().unwrap_or_else(|| BrokenStore::new(Defect::ListingNeverEnds))
    };
    let harness: Arc<dyn Harness> = Arc::new(harness);
    let name = Defect::ListingNeverEnds.caught_by();
    let property = PROPERTIES.iter().find(|property| property.name == name);
    let violation = property.expect("in the kit").run(&harness).expect_err("it never ends");
    assert!(violation.seen.contains("does not end"), "{violation}");
    let calls = log.calls().len();
    assert!(calls < 100, "{calls} calls");
}

/// Counts the fixtures that were made and not closed.
struct Counted(Arc<AtomicUsize>);

#[async_trait]
impl Harness for Counted {
    async fn fixture(&self) -> PortResult<Box<dyn StoreUnderTest>> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Ok(Box::new(Self(Arc::clone(&self.0))))
    }
}

#[async_trait]
impl StoreUnderTest for Counted {
    async fn open(&self) -> PortResult<Arc<dyn Store>> {
        Ok(Arc::new(MemoryStore::new()))
    }

    async fn close(&self) -> PortResult<()> {
        self.0.fetch_sub(1, Ordering::Relaxed);
        Ok(())
    }
}

#[test]
fn each_fixture_is_closed() {
    let open = Arc::new(AtomicUsize::new(0));
    let report = check(Counted(Arc::clone(&open)));
    assert!(report.held.len() > 50, "{report}");
    assert_eq!(open.load(Ordering::Relaxed), 0);
}

#[test]
fn a_target_whose_first_page_is_empty_is_not_an_empty_target() {
    block_on(async {
        let world = World::builder().open().await;
        let occupied = MemoryStore::new();
        let record = Record::loaded(RecordKey::from_bytes([7; 32]), Version::new(1, 7), "{}");
        let columns = Columns::new(World::tenant(), RecordKind::Account, Timestamp::EPOCH);
        let commit = Commit::new(&record, None, &columns, &[]);
        assert_eq!(occupied.commit(commit).await.expect("stored"), Committed::Applied);

        let target = EmptyPages::new(occupied);
        let mut copy = copy(&world.store, &target, [World::tenant()]).expect("two stores");
        let refused = copy.step().await.map(drop);
        assert!(matches!(refused, Err(TransferError::Occupied)), "{refused:?}");
    });
}
