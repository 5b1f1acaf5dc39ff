//! Writers that reach the quota of a real cluster: no applied commit is reported as not applied.

use std::sync::Arc;

use sspr::Timestamp;
use sspr::adapters::etcd::EtcdStore;
use sspr::port::{Columns, CounterKey, Record, RecordKey, RecordKind, Version};
use sspr::port::{Commit, Committed, CounterIncrement, Cutoff, PortErrorKind, Store as _};

use crate::etcd_store::support::{connect, kind, options, put, record, tenant, wait};
use crate::servers::etcd::{Cluster, Setup};

const WRITERS: u8 = 32;

/// The last outcome of one writer, and the version that it tried to write.
struct Told {
    key: RecordKey,
    tried: Version,
    before: Option<Version>,
    answer: Result<Committed, PortErrorKind>,
    added: (u64, u64),
}

/// Writes large bodies until it is refused.
async fn fill(store: EtcdStore, number: u8) -> Told {
    let key = RecordKey::from_bytes([number; 32]);
    let columns = Columns::new(tenant(), RecordKind::Account, Timestamp::from_unix_seconds(1));
    let body = "x".repeat(100_000);
    let counter = CounterKey::from_bytes([number; 32]);
    let (mut before, mut acknowledged, mut unsure) = (None, 0, 0);
    for count in 1..10_000 {
        let tried = Version::new(count, u64::from(number) + 1);
        let next = Record::loaded(key, tried, body.as_str());
        let answer = store.commit(Commit::new(&next, before, &columns, &[])).await;
        let increment = [CounterIncrement::new(counter, 1, Timestamp::MAX)];
        match store.increment(&increment).await {
            Ok(_) => acknowledged += 1,
            Err(error) if error.kind() == PortErrorKind::Unknown => unsure += 1,
            Err(error) => assert_eq!(error.kind(), PortErrorKind::Unavailable),
        }
        match answer {
            Ok(Committed::Applied) => before = Some(tried),
            other => {
                let answer = other.map_err(|error| error.kind());
                return Told { key, tried, before, answer, added: (acknowledged, unsure) };
            }
        }
    }
    panic!("the quota was not reached");
}

fn across_the_quota(nodes: usize) {
    let quota = Some(24 << 20);
    let cluster = Cluster::start(Setup { quota, compaction: false, ..Setup::nodes(nodes) });
    let store = connect(options(&cluster));
    let told: Vec<Told> = wait(async {
        let writers: Vec<_> =
            (0..WRITERS).map(|number| tokio::spawn(fill(store.clone(), number))).collect();
        let mut told = Vec::new();
        for writer in writers {
            told.push(writer.await.unwrap());
        }
        told
    });
    for Told { key, tried, before, answer, added } in told {
        let there = wait(store.load(&key)).unwrap().map(|record| record.version());
        match answer {
            // The commit did not happen, and never will.
            Err(PortErrorKind::Unavailable) => assert_eq!(there, before, "{key}"),
            Err(PortErrorKind::Unknown) => {
                assert!(there == before || there == Some(tried), "{key}")
            }
            other => panic!("{key}: {other:?}, there is no other writer of it"),
        }
        let increment =
            [CounterIncrement::new(CounterKey::from_bytes(*key.as_bytes()), 0, Timestamp::MAX)];
        let value = wait(store.increment(&increment)).unwrap()[0];
        let (acknowledged, unsure) = added;
        let may = acknowledged..=acknowledged + unsure;
        assert!(may.contains(&value), "{key}: {value} not in {may:?}");
    }
}

#[test]
fn writers_across_the_quota_are_told_what_was_applied() {
    across_the_quota(1);
}

#[test]
fn writers_across_the_quota_of_three_members_are_told_what_was_applied() {
    across_the_quota(3);
}

#[test]
fn connecting_never_creates_a_store() {
    let prefix = crate::servers::etcd::fresh_prefix();
    let there = || options(crate::servers::etcd::shared()).with_prefix(&prefix);
    let missing = wait(EtcdStore::connect(there()));
    assert_eq!(kind(missing.map(Arc::new)), PortErrorKind::Denied);
    let store = wait(EtcdStore::create(there())).unwrap();
    let first = record(1, Version::new(1, 1));
    assert_eq!(put(&store, &first, None, &[]).unwrap(), Committed::Applied);
    let again = wait(EtcdStore::connect(there())).unwrap();
    assert!(wait(again.load(first.key())).unwrap().is_some());
}

#[test]
fn a_change_of_format_by_a_newer_release_stops_the_writes_of_a_running_one() {
    let cluster = crate::servers::etcd::shared();
    let prefix = crate::servers::etcd::fresh_prefix();
    let store = connect(options(cluster).with_prefix(&prefix));
    let first = record(1, Version::new(1, 1));
    assert_eq!(put(&store, &first, None, &[]).unwrap(), Committed::Applied);
    // The last step of a newer release's migration.
    cluster.etcdctl(&["put", &format!("{prefix}schema"), "2"]);
    let next = record(1, Version::new(2, 2));
    let event = crate::etcd_store::support::event(&next, 0);
    for events in [&[][..], &[event][..]] {
        let refused = put(&store, &next, Some(first.version()), events);
        assert_eq!(kind(refused), PortErrorKind::Denied);
    }
    let increment = [CounterIncrement::new(CounterKey::from_bytes([1; 32]), 1, Timestamp::MAX)];
    assert_eq!(kind(wait(store.increment(&increment))), PortErrorKind::Denied);
    assert_eq!(kind(wait(store.fence(true))), PortErrorKind::Denied);
    let opened = wait(EtcdStore::connect(options(cluster).with_prefix(&prefix)));
    assert_eq!(kind(opened.map(Arc::new)), PortErrorKind::Denied);
    let there = wait(store.load(first.key())).unwrap().unwrap();
    assert_eq!(there.version(), first.version());
    // Without expired rows the purge writes nothing; with some, it is refused.
    let cutoff = Cutoff::new(Timestamp::MAX, Timestamp::MAX);
    assert!(wait(store.purge(cutoff, 1)).is_ok_and(|removed| removed == 0));
}
