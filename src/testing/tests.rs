use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::broken::{BrokenStore, Defect};
use super::*;
use crate::adapters::memory::MemoryStore;
use crate::port::{
    Columns, Commit, Committed, Entropy as _, PortErrorKind, PortResult, Record, RecordKey,
    RecordKind, Store, Version,
};
use crate::{TenantId, Timestamp};

const KEY: RecordKey = RecordKey::from_bytes([5; 32]);

async fn insert(store: &dyn Store, nonce: u64) -> PortResult<Committed> {
    let tenant = TenantId::parse("t").expect("a tenant id");
    let columns = Columns::new(tenant, RecordKind::Meta, Timestamp::EPOCH);
    let record = Record::loaded(KEY, Version::new(1, nonce), "{}");
    store.commit(Commit::new(&record, None, &columns, &[])).await
}

fn is_there(store: &MemoryStore) -> bool {
    block_on(store.load(&KEY)).expect("the memory store does not fail").is_some()
}

#[test]
fn each_fault_reports_whether_the_call_was_made() {
    for fault in InjectedFault::ALL {
        let memory = MemoryStore::new();
        let store = Faulty::new(memory.clone(), FaultPlan::none().at(0, fault));
        let mut call = Box::pin(insert(&store, 1));
        let outcome = poll_until_stalled(call.as_mut());
        drop(call);
        let kind = outcome.map(|result| result.map_err(|error| error.kind()));
        let (expected, happened) = match fault {
            InjectedFault::FailBefore => (Some(Err(PortErrorKind::Unavailable)), false),
            InjectedFault::FailUnknownBefore => (Some(Err(PortErrorKind::Unknown)), false),
            InjectedFault::LoseReply => (Some(Err(PortErrorKind::Unknown)), true),
            InjectedFault::Delay | InjectedFault::DelayAfter => {
                (Some(Ok(Committed::Applied)), true)
            }
            InjectedFault::HangBefore => (None, false),
            InjectedFault::HangAfter => (None, true),
        };
        assert_eq!((kind, is_there(&memory)), (expected, happened), "{fault:?}");
    }
}

#[test]
fn a_hook_runs_once_before_its_call() {
    let count = Arc::new(AtomicUsize::new(0));
    let empty = FaultPlan::none();
    let seen = Arc::clone(&count);
    let counted = empty.clone();
    let plan = empty.before(1, move || {
        seen.store(counted.calls(), Ordering::SeqCst);
    });
    let store = Faulty::new(MemoryStore::new(), plan);
    for _ in 0..3 {
        block_on(store.load(&KEY)).expect("no fault is planned");
    }
    assert_eq!(count.load(Ordering::SeqCst), 2);
}

#[test]
fn faults_by_name_and_order_of_rules() {
    let plan = FaultPlan::none()
        .everywhere(InjectedFault::Delay)
        .on("store.load", InjectedFault::FailBefore)
        .at(1, InjectedFault::LoseReply);
    let store = Faulty::new(MemoryStore::new(), plan);
    let kind = |loaded: PortResult<Option<Record>>| loaded.map_err(|error| error.kind()).err();
    assert_eq!(kind(block_on(store.load(&KEY))), Some(PortErrorKind::Unavailable));
    assert_eq!(kind(block_on(store.load(&KEY))), Some(PortErrorKind::Unknown));
    assert_eq!(block_on(insert(&store, 1)).ok(), Some(Committed::Applied));
}

#[test]
fn a_dropped_call_stays_in_the_log() {
    let log = CallLog::new();
    let plan = FaultPlan::none().at(1, InjectedFault::HangBefore);
    let store = Recorder::new(Faulty::new(MemoryStore::new(), plan), log.clone());
    assert!(poll_until_stalled(Box::pin(insert(&store, 1)).as_mut()).is_some());
    assert!(poll_until_stalled(Box::pin(store.load(&KEY)).as_mut()).is_none());
    assert_eq!(log.lines(), ["store.commit(0) applied", "store.load dropped"]);
}

#[test]
fn digests_tell_arguments_apart_and_are_stable() {
    let log = CallLog::with_arguments();
    let store = Recorder::new(MemoryStore::new(), log.clone());
    for nonce in [1, 2, 1] {
        let _ = block_on(insert(&store, nonce)).expect("the memory store does not fail");
    }
    let digests: Vec<_> = log.calls().into_iter().map(|call| call.digest).collect();
    assert_eq!(digests[0], digests[2]);
    assert_ne!(digests[0], digests[1]);
}

#[test]
fn the_sizes_of_the_draws_do_not_change_the_stream() {
    let (entropy, same) = (SeededEntropy::new(3), SeededEntropy::new(3));
    let mut whole = [0; 100];
    entropy.fill(&mut whole).expect("seeded entropy does not fail");
    let mut parts = [0; 100];
    let (left, right) = parts.split_at_mut(33);
    same.fill(left).expect("seeded entropy does not fail");
    same.fill(right).expect("seeded entropy does not fail");
    assert_eq!(whole, parts);
}

/// Two actors insert the same record, one store call each.
fn inserts(store: impl Store + 'static) -> (Arc<dyn Store>, Vec<Task<Committed>>) {
    let plan = FaultPlan::none().everywhere(InjectedFault::Delay);
    let store: Arc<dyn Store> = Arc::new(Faulty::new(store, plan));
    let tasks = [1, 2].map(|nonce| -> Task<Committed> {
        let store = Arc::clone(&store);
        Box::pin(async move { insert(&*store, nonce).await.expect("no fault is planned") })
    });
    (store, tasks.into())
}

#[test]
fn every_order_of_two_inserts_has_one_winner() {
    let explored = explore(
        1000,
        || inserts(MemoryStore::new()),
        |schedule, _store, outcomes| {
            let won = outcomes.iter().filter(|outcome| **outcome == Committed::Applied);
            assert_eq!(won.count(), 1, "{schedule:?}");
        },
    );
    assert!(explored.complete);
    // Two steps each: C(4, 2) orders.
    assert_eq!(explored.schedules, 6);
}

#[test]
fn some_order_shows_a_store_that_reads_and_then_inserts() {
    let mut double = 0;
    let explored = explore(
        1000,
        || inserts(BrokenStore::new(Defect::ReadThenInsert)),
        |_schedule, _store, outcomes| {
            double += usize::from(outcomes == [Committed::Applied; 2]);
        },
    );
    assert!(explored.complete);
    assert!(double > 0);
}

#[test]
fn explore_reports_that_it_was_cut_short() {
    let explored = explore(2, || inserts(MemoryStore::new()), |_, _, _| {});
    assert_eq!((explored.schedules, explored.complete), (2, false));
}

#[test]
#[should_panic(expected = "wait for each other after [0]")]
fn a_deadlock_is_shown_with_its_steps() {
    let task: Task<()> = Box::pin(std::future::pending());
    Interleaver::new(vec![task]).finish();
}

#[test]
fn block_on_sleeps_until_another_thread_wakes_it() {
    let mut waited = false;
    block_on(std::future::poll_fn(|context| {
        if std::mem::replace(&mut waited, true) {
            return std::task::Poll::Ready(());
        }
        let waker = context.waker().clone();
        let thread = std::thread::Builder::new().spawn(move || waker.wake());
        thread.expect("a thread can be started");
        std::task::Poll::Pending
    }));
    assert!(waited);
}

#[test]
fn a_call_that_blocks_within_another_takes_no_wake_from_it() {
    // The first task is woken before the second one blocks, waits and ends.
    let tasks: [std::pin::Pin<Box<dyn Future<Output = ()>>>; 2] =
        [Box::pin(yield_once()), Box::pin(async { block_on(yield_once()) })];
    assert_eq!(block_on(join_all(tasks)).len(), 2);
}
