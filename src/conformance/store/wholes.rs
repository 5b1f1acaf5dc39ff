//! `load` and `scan` while the record changes.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::TenantId;
use crate::conformance::kit::{Kit, PropertyResult, ensure, scan, settle};
use crate::conformance::race::{Racer, race};
use crate::conformance::sample::{Draft, raced, same, tenant};
use crate::port::{PortResult, Record, RecordKey, RecordKind, Store};
use crate::testing::yield_once;

/// How many actors read while one writes.
const READERS: usize = 2;

/// How many versions a reader has to see, so that it certainly read between two commits.
const VERSIONS: usize = 8;

/// The most commits of a round, in case a reader gets no time.
const COMMITS_MOST: u64 = 300;

pub(in super::super) async fn load_returns_one_committed_whole(kit: Kit) -> PropertyResult {
    wholes(&kit, |store, key, _| {
        Box::pin(async move { Ok(store.load(&key).await?.into_iter().collect()) })
    })
    .await
}

pub(in super::super) async fn scan_returns_committed_wholes(kit: Kit) -> PropertyResult {
    wholes(&kit, |store, _, owner| {
        Box::pin(async move { scan(&*store, &owner, RecordKind::Account, 5).await })
    })
    .await
}

type Read = fn(Arc<dyn Store>, RecordKey, TenantId) -> Racer<PropertyResult<Vec<Record>>>;

/// Reads a record while another actor commits one version after the other.
async fn wholes(kit: &Kit, read: Read) -> PropertyResult {
    let rounds = kit.harness.rounds().div_ceil(8);
    let reading: Vec<_> = (0..rounds).map(|_| Arc::new(AtomicUsize::new(READERS))).collect();
    let store = Arc::clone(&kit.store);
    let task = move |round: usize, actor: usize| -> Racer<PropertyResult> {
        let (store, reading) = (Arc::clone(&store), Arc::clone(&reading[round]));
        let owner = tenant(&format!("kit-{round}"));
        let key = raced(round)(round as u64);
        if actor == 0 {
            return Box::pin(async move {
                let written = write(&*store, key, &owner, &reading).await;
                reading.store(0, Ordering::SeqCst);
                Ok(written?)
            });
        }
        Box::pin(async move {
            let read = || read(Arc::clone(&store), key, owner.clone());
            let seen = see_versions(read, &reading).await;
            let _ = reading.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1));
            seen
        })
    };
    race(kit, rounds, 1 + READERS, task).await?.into_iter().flatten().collect()
}

/// Reads until enough versions were seen, or until no other actor takes part.
async fn see_versions(
    read: impl Fn() -> Racer<PropertyResult<Vec<Record>>>,
    reading: &AtomicUsize,
) -> PropertyResult {
    let mut versions = BTreeSet::new();
    while reading.load(Ordering::SeqCst) > 0 {
        for found in read().await? {
            committed_whole(&found)?;
            versions.insert(found.version().count());
        }
        if versions.len() >= VERSIONS {
            break;
        }
        yield_once().await;
    }
    Ok(())
}

/// Commits one version after the other, until no other actor reads.
async fn write(
    store: &dyn Store,
    key: RecordKey,
    owner: &TenantId,
    reading: &AtomicUsize,
) -> PortResult<()> {
    for count in 1..=COMMITS_MOST {
        let _ = settle(store, &Draft::nth(key, count).of(owner)).await?;
        if reading.load(Ordering::SeqCst) == 0 {
            break;
        }
        yield_once().await;
        // Not after each commit: on a busy machine it may last a time slice.
        if count.is_multiple_of(16) {
            std::thread::yield_now();
        }
    }
    Ok(())
}

/// Checks that the body is that of the version.
fn committed_whole(found: &Record) -> PropertyResult {
    let right = Draft::nth(*found.key(), found.version().count());
    ensure!(
        same(found, &right.record),
        "version {} with the body {}, while its commit wrote {}",
        found.version(),
        found.body(),
        right.record.body()
    );
    Ok(())
}
