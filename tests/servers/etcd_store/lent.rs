//! The store over channels of the host.

use std::time::Duration;

use sspr::Timestamp;
use sspr::adapters::etcd::tonic::transport::Endpoint;
use sspr::adapters::etcd::{EtcdOptions, EtcdStore};
use sspr::port::{Columns, Commit, Committed, PortErrorKind, RecordKind, Store as _, Version};

use crate::etcd_store::support::{connect, record, tenant, wait};
use crate::servers::etcd::{fresh_prefix, shared};

/// A channel connects in the background, on the runtime that makes it.
fn over(url: &str) -> EtcdOptions {
    let endpoint = Endpoint::from_shared(url.to_owned()).unwrap();
    EtcdOptions::over([wait(async { endpoint.connect_lazy() })])
}

#[test]
fn a_store_over_a_channel_of_the_host_is_the_same_store() {
    let (url, prefix) = (shared().endpoints().remove(0), fresh_prefix());
    let store = connect(over(&url).with_prefix(&prefix));
    let next = record(1, Version::new(1, 1));
    let columns = Columns::new(tenant(), RecordKind::Account, Timestamp::from_unix_seconds(1));
    let commit = Commit::new(&next, None, &columns, &[]);
    assert_eq!(wait(store.commit(commit)).unwrap(), Committed::Applied);
    let other = wait(EtcdStore::connect(EtcdOptions::new([url]).with_prefix(&prefix))).unwrap();
    let loaded = wait(other.load(next.key())).unwrap().expect("it was committed");
    assert_eq!(loaded.body(), next.body());
}

#[test]
fn the_timeouts_are_checked_and_kept() {
    let over = || over("http://127.0.0.1:1");
    let refused = wait(EtcdStore::connect(over().with_timeout(Duration::ZERO))).unwrap_err();
    assert_eq!(refused.kind(), PortErrorKind::Denied);
    let hasty = over().with_timeout(EtcdOptions::MIN_TIMEOUT);
    let missing = wait(EtcdStore::connect(hasty)).unwrap_err();
    assert_eq!(missing.kind(), PortErrorKind::Unavailable);
}
