use std::future::Future;
use std::sync::OnceLock;
use std::time::Duration;

use sspr::adapters::etcd::{EtcdOptions, EtcdStore};
use sspr::audit::Event;
use sspr::port::{Commit, Committed, Cursor, EventsOf, Page, PortError, PortResult, Store as _};
use sspr::port::{Record, Version};
use tokio::runtime::Runtime;

use crate::rows;
pub(crate) use crate::rows::{kind, tenant};
use crate::servers::etcd::{Cluster, fresh_prefix, shared};

pub(crate) fn wait<F: Future>(future: F) -> F::Output {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| Runtime::new().expect("a runtime")).block_on(future)
}

pub(crate) fn options(cluster: &Cluster) -> EtcdOptions {
    EtcdOptions::new(cluster.endpoints())
}

pub(crate) fn connect(options: EtcdOptions) -> EtcdStore {
    wait(EtcdStore::create(options)).unwrap()
}

/// A separate store on the shared node, and its prefix.
pub(crate) fn fresh() -> (EtcdStore, String) {
    let prefix = fresh_prefix();
    (connect(options(shared()).with_prefix(&prefix)), prefix)
}

/// How many `Range` and `Txn` requests a single node has handled.
pub(crate) fn handled(cluster: &Cluster) -> [u64; 2] {
    ["Range", "Txn"].map(|method| {
        let labels = format!(
            r#"{{grpc_code="OK",grpc_method="{method}",grpc_service="etcdserverpb.KV",grpc_type="unary"}}"#
        );
        cluster.metric(0, &format!("grpc_server_handled_total{labels}"))
    })
}

pub(crate) fn record(number: u8, version: Version) -> Record {
    Record::loaded(rows::key(number), version, "{}")
}

pub(crate) fn event(record: &Record, index: u16) -> Event {
    rows::event(record, index, 1)
}

pub(crate) fn put(
    store: &EtcdStore,
    next: &Record,
    expected: Option<Version>,
    events: &[Event],
) -> PortResult<Committed> {
    wait(store.commit(Commit::new(next, expected, &rows::columns(), events)))
}

/// A page of at most a thousand events; a call that does not end counts as `Unknown`.
pub(crate) fn tenant_events(store: &EtcdStore, after: Option<&Cursor>) -> PortResult<Page<Event>> {
    let tenant = tenant();
    let page = store.events(EventsOf::Tenant(&tenant), after, 1_000);
    let page = async { tokio::time::timeout(Duration::from_secs(30), page).await };
    wait(page).unwrap_or_else(|_| Err(PortError::unknown()))
}
