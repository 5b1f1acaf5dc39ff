//! The parts of the contract that the kit cannot test: requests, prefixes, epochs.

use sspr::Timestamp;
use sspr::port::{Committed, CounterIncrement, EventsOf, PortErrorKind, Store as _};
use sspr::port::{CounterKey, Record, RecordKey, Version};

use crate::etcd_store::support::{
    connect, event, fresh, handled, kind, options, put, record, tenant, tenant_events, wait,
};
use crate::servers::etcd::{Cluster, Setup, fresh_prefix, shared};

#[test]
fn a_step_is_one_read_and_one_transaction() {
    let cluster = Cluster::start(Setup::nodes(1));
    let store = connect(options(&cluster));
    let first = record(1, Version::new(1, 1));
    assert_eq!(put(&store, &first, None, &[]).unwrap(), Committed::Applied);
    let before = handled(&cluster);
    for count in 1..=10 {
        let there = wait(store.load(first.key())).unwrap().unwrap().version();
        let next = record(1, Version::new(count + 1, 1));
        let events = [event(&next, 0)];
        assert_eq!(put(&store, &next, Some(there), &events).unwrap(), Committed::Applied);
    }
    let after = handled(&cluster);
    assert_eq!([after[0] - before[0], after[1] - before[1]], [10, 10]);
}

#[test]
fn stores_with_different_prefixes_share_nothing() {
    let (one, _) = fresh();
    let (other, _) = fresh();
    let first = record(1, Version::new(1, 1));
    assert_eq!(put(&one, &first, None, &[event(&first, 0)]).unwrap(), Committed::Applied);
    let counter = CounterKey::from_bytes([1; 32]);
    let increment = CounterIncrement::new(counter, 3, Timestamp::from_unix_seconds(9));
    assert_eq!(wait(one.increment(&[increment])).unwrap(), [3]);
    assert!(wait(other.load(first.key())).unwrap().is_none());
    assert!(wait(other.events(EventsOf::Tenant(&tenant()), None, 9)).unwrap().items.is_empty());
    assert_eq!(wait(other.increment(&[increment])).unwrap(), [3]);
    assert_eq!(put(&other, &first, None, &[]).unwrap(), Committed::Applied);
}

#[test]
fn no_event_is_lost_at_the_end_of_an_epoch() {
    let (store, _) = fresh();
    let (mut count, mut expected) = (0, None);
    let mut read = Vec::new();
    let mut cursor = None;
    // Other tests advance the revision as well, so an epoch of 1024 revisions ends at least twice.
    while count < 2_500 {
        count += 1;
        let next = record(1, Version::new(count, 1));
        let applied = put(&store, &next, expected, &[event(&next, 0)]).unwrap();
        assert_eq!(applied, Committed::Applied);
        expected = Some(next.version());
        if count.is_multiple_of(400) {
            loop {
                let tenant = tenant();
                let page = wait(store.events(EventsOf::Tenant(&tenant), cursor.as_ref(), 150));
                let page = page.unwrap();
                read.extend(page.items.into_iter().map(|event| event.id.count));
                match page.next {
                    Some(next) => cursor = Some(next),
                    None => break,
                }
            }
            assert_eq!(read, (1..=count).collect::<Vec<_>>());
        }
    }
    let again = wait(store.events(EventsOf::Tenant(&tenant()), None, 1_000)).unwrap();
    let again: Vec<u64> = again.items.iter().map(|event| event.id.count).collect();
    assert!(!again.is_empty() && again == read[..again.len()], "the same order from the start");
}

#[test]
fn no_event_of_a_handle_that_missed_the_end_of_an_epoch_is_lost() {
    let (busy, prefix) = fresh();
    let again = || connect(options(shared()).with_prefix(&prefix));
    let idle = again();
    let head = || shared().etcdctl(&["get", "--print-value-only", &format!("{prefix}head")]);
    let begun = head();
    let mut expected = None;
    for count in 1..=1_100 {
        let next = record(1, Version::new(count, 1));
        assert_eq!(put(&busy, &next, expected, &[event(&next, 0)]).unwrap(), Committed::Applied);
        expected = Some(next.version());
    }
    assert_ne!(head(), begun, "an epoch has ended");
    let next = record(2, Version::new(1, 1));
    assert_eq!(put(&again(), &next, None, &[event(&next, 0)]).unwrap(), Committed::Applied);
    let mut cursor = None;
    while let Some(next) = tenant_events(&busy, cursor.as_ref()).unwrap().next {
        cursor = Some(next);
    }
    let late = record(3, Version::new(1, 1));
    assert_eq!(put(&idle, &late, None, &[event(&late, 0)]).unwrap(), Committed::Applied);
    let found = tenant_events(&busy, cursor.as_ref()).unwrap().items;
    assert_eq!(found.iter().map(|event| event.id.record).collect::<Vec<_>>(), [*late.key()]);
}

#[test]
fn a_log_entry_without_its_event_is_corrupt() {
    let (store, prefix) = fresh();
    let first = record(1, Version::new(1, 1));
    let events = [event(&first, 0), event(&first, 1)];
    assert_eq!(put(&store, &first, None, &events).unwrap(), Committed::Applied);
    let bodies = format!("{prefix}e/{}/", first.key());
    let found = shared().etcdctl(&["get", "--prefix", "--keys-only", "--limit=1", &bodies]);
    for gone in [vec![found.trim()], vec!["--prefix", &bodies]] {
        shared().etcdctl(&[&["del"], &gone[..]].concat());
        assert_eq!(kind(tenant_events(&store, None)), PortErrorKind::Corrupt, "{gone:?}");
    }
}

#[test]
fn a_commit_that_etcd_would_refuse_is_not_sent() {
    let (store, _) = fresh();
    let huge =
        Record::loaded(RecordKey::from_bytes([2; 32]), Version::new(1, 1), "x".repeat(2 << 20));
    assert_eq!(kind(put(&store, &huge, None, &[])), PortErrorKind::Denied);
    let first = record(3, Version::new(1, 1));
    let events: Vec<_> = (0..60).map(|index| event(&first, index)).collect();
    assert_eq!(kind(put(&store, &first, None, &events)), PortErrorKind::Denied);
    assert_eq!(put(&store, &first, None, &events[..40]).unwrap(), Committed::Applied);
}

#[test]
fn a_store_of_a_newer_release_is_not_changed() {
    let prefix = fresh_prefix();
    shared().etcdctl(&["put", &format!("{prefix}head"), "2/0000000000000001"]);
    let store = sspr::adapters::etcd::EtcdStore::create(options(shared()).with_prefix(&prefix));
    assert_eq!(kind(wait(store)), PortErrorKind::Denied);
}

#[test]
fn a_history_without_compaction_is_detected() {
    let cluster = Cluster::start(Setup { compaction: false, ..Setup::nodes(1) });
    let store = connect(options(&cluster));
    for number in 0..50 {
        let first = record(number, Version::new(1, 1));
        assert_eq!(put(&store, &first, None, &[]).unwrap(), Committed::Applied);
    }
    let health = wait(store.health()).unwrap();
    assert!(health.history >= 50, "{health:?}");
    let again = || sspr::adapters::etcd::EtcdStore::create(options(&cluster).with_max_history(20));
    assert_eq!(kind(wait(again())), PortErrorKind::Denied);
    cluster.etcdctl(&["compact", &health.revision.to_string()]);
    assert_eq!(wait(store.health()).unwrap().history, 0);
    assert!(wait(again()).is_ok());
}
