//! Failures: lost members, wrong passwords, a full space quota.

use std::time::Duration;

use sspr::adapters::etcd::{EtcdOptions, EtcdStore};
use sspr::port::{Committed, CounterIncrement, EventsOf, PortErrorKind, PortResult, Store as _};
use sspr::port::{CounterKey, Record, RecordKey, RecordKind, Version};
use sspr::{SecretText, Timestamp};

use crate::etcd_store::support::{connect, kind, options, put, record, tenant, wait};
use crate::servers::etcd::{Cluster, PASSWORD, Setup};
use crate::servers::wait_for;

/// Long enough for a successful call on a busy machine; each call that must fail takes this long.
const PATIENCE: Duration = Duration::from_secs(4);

fn brief(cluster: &Cluster) -> EtcdOptions {
    options(cluster).with_timeout(PATIENCE)
}

#[test]
fn without_a_quorum_all_calls_fail_and_later_resume() {
    let cluster = Cluster::start(Setup::nodes(3));
    let store = connect(brief(&cluster));
    let first = record(1, Version::new(1, 1));
    assert_eq!(put(&store, &first, None, &[]).unwrap(), Committed::Applied);
    cluster.kill(1);
    cluster.kill(2);
    // At once, while the member still knows its leader, and later.
    for read in wait(every_read(&store, first.key())) {
        assert_eq!(read, Some(PortErrorKind::Unavailable));
    }
    wait_for("the last one to see it", || (!cluster.serves(0)).then_some(()));
    let next = record(1, Version::new(2, 2));
    let refused = kind(put(&store, &next, Some(first.version()), &[]));
    // Reads as well, since the remaining member may lag behind.
    assert_eq!(kind(wait(store.load(first.key()))), PortErrorKind::Unavailable);
    assert!(matches!(refused, PortErrorKind::Unavailable | PortErrorKind::Unknown), "{refused:?}");
    cluster.restart(1);
    cluster.restart(2);
    cluster.wait_until_whole();
    let there = wait(store.load(first.key())).unwrap().unwrap();
    if there.version() == first.version() {
        let answer = put(&store, &next, Some(first.version()), &[]);
        assert_eq!(answer.unwrap(), Committed::Applied);
    }
}

/// The errors of all reads, made at the same time.
async fn every_read(store: &EtcdStore, key: &RecordKey) -> [Option<PortErrorKind>; 6] {
    fn why<T>(answer: PortResult<T>) -> Option<PortErrorKind> {
        answer.err().map(|error| error.kind())
    }
    let (tenant, counter) = (tenant(), CounterKey::from_bytes([1; 32]));
    let nothing = [CounterIncrement::new(counter, 0, Timestamp::EPOCH)];
    let answers = tokio::join!(
        store.load(key),
        store.increment(&nothing),
        store.due(Timestamp::EPOCH, None, 1),
        store.scan(&tenant, RecordKind::Account, None, 1),
        store.events(EventsOf::Record(key), None, 1),
        store.events(EventsOf::Tenant(&tenant), None, 1),
    );
    let (load, add, due, scan, of_record, of_tenant) = answers;
    [why(load), why(add), why(due), why(scan), why(of_record), why(of_tenant)]
}

/// The endpoints of a cluster, with a follower first, and the number of that follower.
fn follower_first(cluster: &Cluster) -> (usize, Vec<String>) {
    let follower = usize::from(cluster.leader() == 0);
    let mut endpoints = cluster.endpoints();
    endpoints.swap(0, follower);
    (follower, endpoints)
}

#[test]
fn a_hanging_member_times_out_and_is_skipped() {
    let cluster = Cluster::start(Setup::nodes(3));
    let (follower, endpoints) = follower_first(&cluster);
    let open = || connect(EtcdOptions::new(endpoints.clone()).with_timeout(PATIENCE));
    let (reads, writes) = (open(), open());
    let [first, lost, next] = [1, 2, 3].map(|number| record(number, Version::new(1, 1)));
    assert_eq!(put(&writes, &first, None, &[]).unwrap(), Committed::Applied);
    cluster.stop(follower);
    assert!(wait(reads.load(first.key())).unwrap().is_some());
    // The write may have been applied.
    assert_eq!(kind(put(&writes, &lost, None, &[])), PortErrorKind::Unknown);
    assert_eq!(put(&writes, &next, None, &[]).unwrap(), Committed::Applied);
    cluster.resume(follower);
}

#[test]
fn a_hanging_member_delays_a_start_by_its_share_of_the_timeout() {
    let cluster = Cluster::start(Setup { secured: true, ..Setup::nodes(3) });
    let (follower, endpoints) = follower_first(&cluster);
    let certificates = cluster.certificates();
    cluster.stop(follower);
    let key = SecretText::from(certificates.client.1.as_str());
    let options = EtcdOptions::new(endpoints)
        .with_ca_certificates(&certificates.ca)
        .with_client_certificate(&certificates.client.0, key)
        .with_login("sspr", SecretText::from(PASSWORD))
        .with_timeout(Duration::from_secs(9));
    // A member that took more than its share of the timeout would leave none to the others.
    let store = wait(EtcdStore::create(options)).expect("connected");
    let first = record(1, Version::new(1, 1));
    assert_eq!(put(&store, &first, None, &[]).unwrap(), Committed::Applied);
    cluster.resume(follower);
}

#[test]
fn a_leader_that_is_killed_costs_no_acknowledged_commit() {
    let cluster = Cluster::start(Setup::nodes(3));
    let store = connect(options(&cluster));
    let key = RecordKey::from_bytes([1; 32]);
    let (mut count, mut acknowledged, mut killed) = (0, None, None);
    while count < 200 {
        let there = wait(store.load(&key)).ok();
        if count == 60 && killed.is_none() {
            let leader = cluster.leader();
            cluster.kill(leader);
            killed = Some(leader);
        }
        let Some(there) = there else { continue };
        let version = there.as_ref().map(Record::version);
        assert!(version.map(Version::count) >= acknowledged, "an acknowledged commit is gone");
        let next = version.map_or(1, |version| version.count() + 1);
        if let Ok(answer) = put(&store, &record(1, Version::new(next, 1)), version, &[]) {
            assert_eq!(answer, Committed::Applied);
            acknowledged = Some(next);
            count += 1;
        }
    }
    assert!(killed.is_some());
}

#[test]
fn the_store_logs_in_over_tls_and_renews_its_token() {
    let cluster = Cluster::start(Setup { secured: true, ..Setup::nodes(1) });
    let certificates = cluster.certificates();
    let with = |ca: &str, user: &str, password: &str| {
        brief(&cluster)
            .with_ca_certificates(ca)
            .with_client_certificate(
                &certificates.client.0,
                SecretText::from(certificates.client.1.as_str()),
            )
            .with_login(user, SecretText::from(password))
    };
    let store = connect(with(&certificates.ca, "sspr", PASSWORD));
    let first = record(1, Version::new(1, 1));
    assert_eq!(put(&store, &first, None, &[]).unwrap(), Committed::Applied);
    // Deleting the user voids all of the user's tokens.
    cluster.etcdctl(&["user", "delete", "sspr"]);
    cluster.etcdctl(&["user", "add", "sspr", &format!("--new-user-password={PASSWORD}")]);
    cluster.etcdctl(&["user", "grant-role", "sspr", "sspr"]);
    assert!(wait(store.load(first.key())).unwrap().is_some());

    let refused = |options| kind(wait(EtcdStore::create(options)));
    let wrong = with(&certificates.ca, "sspr", "wrong");
    assert_eq!(refused(wrong), PortErrorKind::Denied);
    let foreign = with(&certificates.other_ca, "sspr", PASSWORD);
    assert_eq!(refused(foreign), PortErrorKind::Unavailable);
    let elsewhere = with(&certificates.ca, "sspr", PASSWORD).with_prefix("other/");
    assert_eq!(refused(elsewhere), PortErrorKind::Denied);
}

#[test]
fn a_full_cluster_refuses_writes_and_recovers() {
    let quota = Some(16 << 20);
    let cluster = Cluster::start(Setup { quota, compaction: false, ..Setup::nodes(1) });
    let store = connect(options(&cluster));
    let body = "x".repeat(500_000);
    let mut refused = None;
    for count in 1..100 {
        let key = RecordKey::from_bytes([1; 32]);
        let next = Record::loaded(key, Version::new(count, 1), body.as_str());
        let before = (count > 1).then(|| Version::new(count - 1, 1));
        if let Err(error) = put(&store, &next, before, &[]) {
            refused = Some((error.kind(), before));
            break;
        }
    }
    let (why, there) = refused.expect("it fills up");
    assert_eq!(why, PortErrorKind::Unavailable);
    let key = RecordKey::from_bytes([1; 32]);
    assert_eq!(wait(store.load(&key)).unwrap().map(|record| record.version()), there);
    let opened = wait(EtcdStore::create(options(&cluster)));
    assert_eq!(kind(opened), PortErrorKind::Unavailable);

    let revision = wait(store.health()).unwrap().revision.to_string();
    cluster.etcdctl(&["compact", &revision, "--physical"]);
    cluster.etcdctl(&["defrag"]);
    cluster.etcdctl(&["alarm", "disarm"]);
    let next = record(2, Version::new(1, 1));
    assert_eq!(put(&store, &next, None, &[]).unwrap(), Committed::Applied);
}
