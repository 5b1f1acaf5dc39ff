use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Waker};
use std::thread;

use sspr::adapters::sqlite::SqliteStore;
use sspr::port::{Commit, Committed, CounterIncrement, Cutoff, EventsOf, PortErrorKind, Store};
use sspr::port::{CounterKey, Record, Version};

use crate::sqlite_store::support::{
    Fixture, apply, at, columns, event, key, kind, put, record, set, tenant, wait,
};

#[test]
fn a_record_comes_back_byte_for_byte() {
    let fixture = Fixture::new();
    let store = fixture.open();
    assert!(wait(store.load(&key(1))).unwrap().is_none());
    for (number, body) in ["", "{}", "no json", "π 🦀 \u{0} \u{feff} ' \" \\ \n\r"]
        .into_iter()
        .map(str::to_owned)
        .chain(["x".repeat(16 * 1024)])
        .enumerate()
    {
        let key = key(u8::try_from(number).unwrap());
        let version = Version::new(u64::MAX - 7, u64::MAX);
        let record = Record::loaded(key, version, body.as_str());
        assert_eq!(put(&store, &record, None).unwrap(), Committed::Applied);
        let loaded = wait(store.load(&key)).unwrap().unwrap();
        assert_eq!(loaded.body(), body);
        assert_eq!((loaded.key(), loaded.version()), (&key, version));
    }
}

#[test]
fn only_the_expected_version_is_replaced() {
    let fixture = Fixture::new();
    let store = fixture.open();
    let first = record(1, Version::new(1, 10));
    let second = record(1, Version::new(2, 20));
    let stale = |expected| {
        let before = wait(store.load(&key(1))).unwrap().map(|r| r.version());
        let answer = put(&store, &second, expected).unwrap();
        let after = wait(store.load(&key(1))).unwrap().map(|r| r.version());
        answer == Committed::Stale && before == after
    };
    assert!(stale(Some(Version::new(1, 10))), "no record is stored yet");
    assert_eq!(put(&store, &first, None).unwrap(), Committed::Applied);
    assert!(stale(None), "`None` must not overwrite");
    assert!(stale(Some(Version::new(1, 11))), "another nonce");
    assert!(stale(Some(Version::new(2, 10))), "another count");
    assert_eq!(put(&store, &second, Some(first.version())).unwrap(), Committed::Applied);
    assert!(stale(Some(first.version())), "it was replaced");
}

#[test]
fn a_record_may_move_to_another_kind() {
    let fixture = Fixture::new();
    let store = fixture.open();
    set(&store, &record(1, Version::new(1, 1)), None);
    let mut columns = columns();
    columns.kind = sspr::port::RecordKind::Meta;
    columns.user = Some(sspr::UserId::parse("ada").unwrap());
    let next = record(1, Version::new(2, 2));
    let commit = Commit::new(&next, Some(Version::new(1, 1)), &columns, &[]);
    assert_eq!(wait(store.commit(commit)).unwrap(), Committed::Applied);
    let scanned = |kind| wait(store.scan(&tenant(), kind, None, 9)).unwrap().items.len();
    assert_eq!(scanned(sspr::port::RecordKind::Meta), 1);
    assert_eq!(scanned(sspr::port::RecordKind::Account), 0);
}

#[test]
fn events_are_written_with_their_record_or_not_at_all() {
    let fixture = Fixture::new();
    let store = fixture.open();
    let first = record(1, Version::new(1, 1));
    let events = [event(&first, 0, 5), event(&first, 1, 5)];
    let columns = columns();
    let commit = Commit::new(&first, None, &columns, &events);
    assert_eq!(wait(store.commit(commit)).unwrap(), Committed::Applied);
    assert_eq!(wait(store.commit(commit)).unwrap(), Committed::Stale);
    let page = wait(store.events(EventsOf::Record(&key(1)), None, 9)).unwrap();
    assert_eq!(page.items, events);
}

#[test]
fn acknowledged_commits_survive_a_restart() {
    let fixture = Fixture::new();
    let store = fixture.open();
    set(&store, &record(1, Version::new(1, 1)), None);
    let clone = store.clone();
    drop(store);
    set(&clone, &record(1, Version::new(2, 2)), Some(Version::new(1, 1)));
    drop(clone);
    let wal = fixture.as_ref().join("sspr.db-wal");
    assert!(!wal.exists(), "the last handle copies the log into the file");
    let loaded = wait(fixture.open().load(&key(1))).unwrap().unwrap();
    assert_eq!(loaded.version(), Version::new(2, 2));
}

#[test]
fn counters_add_increment_by_increment() {
    let fixture = Fixture::new();
    let store = fixture.open();
    let (first, second) = (CounterKey::from_bytes([1; 32]), CounterKey::from_bytes([2; 32]));
    let increment = |key, amount| CounterIncrement::new(key, amount, at(100));
    let add = |increments: &[CounterIncrement]| wait(store.increment(increments)).unwrap();
    assert!(add(&[]).is_empty());
    assert_eq!(add(&[increment(first, 0)]), [0]);
    let batch = [increment(first, 2), increment(second, u32::MAX), increment(first, 3)];
    assert_eq!(add(&batch), [2, u64::from(u32::MAX), 5]);
    assert_eq!(add(&[increment(second, 1), increment(first, 0)]), [1 << 32, 5]);
}

#[test]
fn a_purge_removes_expired_rows_only() {
    let fixture = Fixture::new();
    let store = fixture.open();
    for (number, expires) in [(1, Some(99)), (2, Some(100)), (3, Some(101)), (4, None)] {
        let mut columns = columns();
        columns.expires_at = expires.map(at);
        let record = record(number, Version::new(1, 1));
        let events = [event(&record, 0, 198 + i64::from(number))];
        apply(&store, Commit::new(&record, None, &columns, &events));
    }
    let counter = |number, second| {
        let key = CounterKey::from_bytes([number; 32]);
        wait(store.increment(&[CounterIncrement::new(key, 1, at(second))])).unwrap()[0]
    };
    counter(1, 100);
    counter(2, 101);
    counter(3, 500);
    counter(3, 50);
    // Extended before the purge, so it stays.
    let mut columns = columns();
    columns.expires_at = Some(at(1_000));
    let next = record(1, Version::new(2, 2));
    apply(&store, Commit::new(&next, Some(Version::new(1, 1)), &columns, &[]));

    let cutoff = Cutoff::new(at(100), at(200));
    assert_eq!(wait(store.purge(cutoff, 0)).unwrap(), 0);
    assert_eq!(wait(store.purge(cutoff, 2)).unwrap(), 2);
    assert_eq!(wait(store.purge(cutoff, usize::MAX)).unwrap(), 1);
    assert_eq!(wait(store.purge(cutoff, 9)).unwrap(), 0);
    let here: Vec<_> = (1..=4).filter(|n| wait(store.load(&key(*n))).unwrap().is_some()).collect();
    assert_eq!(here, [1, 3, 4]);
    assert_eq!([counter(1, 1), counter(2, 1), counter(3, 1)], [1, 2, 3]);
    let events = wait(store.events(EventsOf::Tenant(&tenant()), None, 9)).unwrap();
    let times: Vec<_> = events.items.iter().map(|event| event.at).collect();
    assert_eq!(times, [at(200), at(201), at(202)]);
}

#[test]
fn of_many_commits_that_expect_one_version_one_is_applied() {
    let fixture = Fixture::new();
    let store = fixture.open();
    set(&store, &record(1, Version::new(1, 0)), None);
    let other: Arc<dyn Store> = Arc::new(fixture.open());
    for count in 1..=8 {
        let expected = wait(store.load(&key(1))).unwrap().unwrap().version();
        assert_eq!(expected.count(), count);
        let applied = AtomicU32::new(0);
        thread::scope(|scope| {
            for nonce in 0..64 {
                let (store, other, applied) = (&store, &other, &applied);
                scope.spawn(move || {
                    let next = record(1, Version::new(count + 1, nonce));
                    let columns = columns();
                    let events = [event(&next, 0, 1)];
                    let commit = Commit::new(&next, Some(expected), &columns, &events);
                    // Half of them through another handle with its own threads.
                    let answer = match nonce % 2 {
                        0 => wait(store.commit(commit)),
                        _ => wait(other.commit(commit)),
                    };
                    if answer.unwrap() == Committed::Applied {
                        applied.fetch_add(1, Ordering::Relaxed);
                        let seen = wait(store.load(&key(1))).unwrap().unwrap();
                        assert_eq!(
                            seen.version(),
                            next.version(),
                            "a load returned an old version"
                        );
                    }
                });
            }
        });
        assert_eq!(applied.load(Ordering::Relaxed), 1, "version {count}");
    }
    let events = wait(store.events(EventsOf::Record(&key(1)), None, 99)).unwrap();
    assert_eq!(events.items.len(), 8, "one event for each that was applied");
}

#[test]
fn a_bad_request_fails_alone() {
    let fixture = Fixture::new();
    let store = fixture.open();
    let huge = Record::loaded(key(0), Version::new(1, 1), "x".repeat(2 << 20));
    assert_eq!(kind(put(&store, &huge, None)), PortErrorKind::Denied);

    // A trigger that refuses the second event of some records, after the first was written.
    fixture
        .raw()
        .execute_batch(
            "CREATE TRIGGER no BEFORE INSERT ON event WHEN new.idx = 1 AND new.at > 7000
             BEGIN SELECT RAISE(ABORT, 'no'); END",
        )
        .unwrap();
    let refused = AtomicU32::new(0);
    thread::scope(|scope| {
        for number in 1..=64 {
            let (store, refused) = (&store, &refused);
            scope.spawn(move || {
                let record = record(number, Version::new(1, 1));
                let second = if number % 2 == 0 { 8 } else { 7 };
                let events = [event(&record, 0, second), event(&record, 1, second)];
                let columns = columns();
                let commit = Commit::new(&record, None, &columns, &events);
                match wait(store.commit(commit)) {
                    Ok(answer) => assert_eq!((answer, number % 2), (Committed::Applied, 1)),
                    Err(_) => {
                        assert_eq!((number % 2, refused.fetch_add(1, Ordering::Relaxed)).0, 0)
                    }
                }
            });
        }
    });
    assert_eq!(refused.load(Ordering::Relaxed), 32);
    for number in 1..=64 {
        let there = wait(store.load(&key(number))).unwrap().is_some();
        assert_eq!(there, number % 2 == 1, "record {number}");
        let events = wait(store.events(EventsOf::Record(&key(number)), None, 9)).unwrap();
        assert_eq!(events.items.len(), if there { 2 } else { 0 });
    }
}

#[test]
fn a_dropped_future_is_a_lost_reply() {
    fn check(store: &SqliteStore, number: u8) {
        let next = record(number, Version::new(1, 1));
        let columns = columns();
        let events = [event(&next, 0, 1)];
        let commit = Commit::new(&next, None, &columns, &events);
        {
            let mut future = pin!(store.commit(commit));
            let _ = future.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        }
        // The outcome of a second commit shows whether the first happened; never in part.
        let second = wait(store.commit(commit)).unwrap();
        assert!(matches!(second, Committed::Applied | Committed::Stale));
        let events = wait(store.events(EventsOf::Record(&key(number)), None, 9)).unwrap();
        assert_eq!(events.items.len(), 1);
    }
    let fixture = Fixture::new();
    let store = fixture.open();
    for number in 0..50 {
        check(&store, number);
    }
}
