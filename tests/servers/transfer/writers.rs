//! A source that is written to while it is copied.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use sspr::Timestamp;
use sspr::port::{
    Columns, CounterKey, PortErrorKind, Record, RecordKey, RecordKind, Store, Version,
};
use sspr::port::{Commit, Committed, CounterIncrement, Cutoff};
use sspr::testing::block_on;
use sspr::transfer::{Fence, Stage, copy};

use crate::support::tenant;
use crate::transfer::scene::{fill, held, run, scan, step, tenants};
use crate::transfer::stores::{kinds, memory, pairs};

/// Writes the record again under the next version, without an event: as a lease does.
fn touch(store: &dyn Store, key: &RecordKey) -> Option<PortErrorKind> {
    block_on(async {
        let record = store.load(key).await.expect("read").expect("there");
        let before = record.version();
        let next = Version::new(before.count() + 1, before.nonce() ^ 1);
        let next = Record::loaded(*key, next, record.body());
        let columns = Columns::new(tenant(), RecordKind::Account, Timestamp::EPOCH);
        match store.commit(Commit::new(&next, Some(before), &columns, &[])).await {
            Ok(Committed::Applied) => None,
            Ok(Committed::Stale) => panic!("there is no other writer"),
            Err(error) => Some(error.kind()),
        }
    })
}

fn first_account(store: &dyn Store) -> RecordKey {
    *block_on(scan(store, RecordKind::Account))[0].key()
}

#[test]
fn a_source_written_to_after_the_comparison_is_not_completed() {
    for (name, from, to) in pairs() {
        let (from, to) = (from(), to());
        block_on(fill(Arc::clone(&from.store)));
        let key = first_account(&*from.store);
        let mut transfer = copy(&*from.store, &*to.store, tenants()).expect("a tenant");
        // As late as it was ever seen: every record was compared.
        let total = block_on(transfer.count()).expect("counted");
        while block_on(step(&mut transfer)).compared < total {}
        assert_eq!(touch(&*from.store, &key), None, "{name}");
        assert_eq!(block_on(run(&mut transfer)).expect("read"), Stage::Incomplete, "{name}");
        assert_ne!(held(&*from.store), held(&*to.store), "{name}");
        // The next copy transfers it.
        let mut again = copy(&*from.store, &*to.store, tenants()).expect("a tenant");
        assert_eq!(block_on(run(&mut again)).expect("read"), Stage::Finished, "{name}");
        assert_eq!(held(&*from.store), held(&*to.store), "{name}");
    }
}

#[test]
fn a_writer_that_never_stops_cannot_make_a_finished_copy_differ() {
    for (name, from, to) in pairs() {
        let (from, to) = (from(), to());
        block_on(fill(Arc::clone(&from.store)));
        let key = first_account(&*from.store);
        let (applied, stop) = (AtomicU64::new(0), AtomicBool::new(false));
        let writer = || {
            while !stop.load(Ordering::SeqCst) && touch(&*from.store, &key).is_none() {
                applied.fetch_add(1, Ordering::SeqCst);
            }
        };
        let stage = thread::scope(|scope| {
            let writer = scope.spawn(writer);
            while applied.load(Ordering::SeqCst) == 0 {
                thread::yield_now();
            }
            let transfer = copy(&*from.store, &*to.store, tenants()).expect("a tenant");
            let mut transfer = transfer.close_source_first();
            let stage = block_on(run(&mut transfer)).expect("read");
            assert_eq!(transfer.report().fence, Fence::Enforced, "{name}");
            stop.store(true, Ordering::SeqCst);
            writer.join().expect("no panic");
            stage
        });
        assert_eq!(stage, Stage::Finished, "{name}");
        let late = touch(&*from.store, &key);
        assert_eq!(late, Some(PortErrorKind::Denied), "{name}: a writer meets the fence");
        assert_eq!(held(&*from.store), held(&*to.store), "{name}: nothing acknowledged is lost");
    }
}

#[test]
fn a_fence_refuses_every_write_lets_reads_through_and_can_be_lifted() {
    for (name, make) in kinds() {
        let made = make();
        let store = &*made.store;
        block_on(fill(Arc::clone(&made.store)));
        let key = first_account(store);
        let counter = CounterKey::from_bytes([7; 32]);
        let add = |amount| {
            let increments = [CounterIncrement::new(counter, amount, Timestamp::MAX)];
            block_on(store.increment(&increments)).map_err(|error| error.kind())
        };
        assert_eq!(add(1), Ok(vec![1]), "{name}");
        let before = held(store);
        for _ in 0..2 {
            assert!(block_on(store.fence(true)).expect(name), "{name}");
        }
        assert_eq!(touch(store, &key), Some(PortErrorKind::Denied), "{name}");
        assert_eq!(add(1), Err(PortErrorKind::Denied), "{name}");
        let all = Cutoff::new(Timestamp::MAX, Timestamp::MAX);
        let purged = block_on(store.purge(all, 10)).map_err(|error| error.kind());
        assert_eq!(purged, Err(PortErrorKind::Denied), "{name}");
        assert_eq!(held(store), before, "{name}: nothing was changed, and all can be read");
        assert!(block_on(store.fence(false)).expect(name), "{name}");
        assert_eq!(add(1), Ok(vec![2]), "{name}");
        assert_eq!(touch(store, &key), None, "{name}");
    }
}

#[test]
fn a_wrapper_passes_the_fence_on() {
    let store = sspr::testing::Encoded::new(memory().store);
    assert!(block_on(store.fence(true)).expect("closed"));
    assert_eq!(
        block_on(store.inner().increment(&[])).err().map(|error| error.kind()),
        block_on(store.increment(&[])).err().map(|error| error.kind())
    );
}
