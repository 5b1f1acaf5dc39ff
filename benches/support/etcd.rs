//! The baselines of `engine_etcd`: its two requests by a plain client, and through the store alone.

use sspr::adapters::etcd::EtcdStore;
use sspr::audit::Event;
use sspr::port::{Columns, Record, RecordKey, RecordKind, Store as _, Version};
use sspr::port::{Commit, Committed};
use sspr::{TenantId, Timestamp};
use tonic::client::Grpc;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::transport::Channel;
use tonic_prost::ProstCodec;

use crate::proto::compare::{CompareTarget, TargetUnion};
use crate::proto::request_op::Request;
use crate::proto::{
    Compare, KeyValue, PutRequest, RangeRequest, RangeResponse, RequestOp, TxnRequest, TxnResponse,
};

/// A client of the same library. All its clones share one connection, as the store's do.
#[derive(Clone)]
pub(crate) struct Plain {
    channel: Channel,
    /// The value of the key `plain/head`, which every commit with an event compares.
    head: Vec<u8>,
}

impl Plain {
    pub(crate) async fn open(url: &str) -> Self {
        let endpoint = Channel::from_shared(url.to_owned()).expect("an address").tcp_nodelay(true);
        let channel = endpoint.connect().await.expect("connected");
        let mut plain = Self { channel, head: Vec::new() };
        plain.head = plain.get(b"plain/head".to_vec()).await.value;
        plain
    }

    async fn call<Q, A>(&self, path: &'static str, request: Q) -> A
    where
        Q: prost::Message + 'static,
        A: prost::Message + Default + 'static,
    {
        let mut grpc = Grpc::new(self.channel.clone());
        grpc.ready().await.expect("ready");
        let request = tonic::Request::new(request);
        let path = PathAndQuery::from_static(path);
        let response = grpc.unary(request, path, ProstCodec::default()).await;
        response.expect("a response").into_inner()
    }

    async fn get(&self, key: Vec<u8>) -> KeyValue {
        let request = RangeRequest { key, limit: 1, ..RangeRequest::default() };
        let found: RangeResponse = self.call("/etcdserverpb.KV/Range", request).await;
        found.kvs.into_iter().next().expect("a record")
    }

    /// Writes the value again if it has not changed, with one event and its two indexes.
    pub(crate) async fn step(&self, key: &RecordKey) {
        let found = self.get(format!("plain/r/{key}").into_bytes()).await;
        let id = format!("{key}/{:016x}/0000", found.mod_revision);
        let head = b"plain/head".to_vec();
        let event = found.value.get(60..320).unwrap_or_default().to_vec();
        let compare = |target: CompareTarget, key: &[u8], than| Compare {
            target: target.into(),
            key: key.to_vec(),
            target_union: Some(than),
            ..Compare::default()
        };
        let get = |key: &[u8]| {
            let range = RangeRequest { key: key.to_vec(), limit: 1, ..RangeRequest::default() };
            RequestOp { request: Some(Request::RequestRange(range)) }
        };
        let put = |key: Vec<u8>, value| RequestOp {
            request: Some(Request::RequestPut(PutRequest { key, value })),
        };
        let (time, epoch) = (1_u64 << 63, 1);
        let request = TxnRequest {
            compare: vec![
                compare(
                    CompareTarget::Mod,
                    &found.key,
                    TargetUnion::ModRevision(found.mod_revision),
                ),
                compare(CompareTarget::Value, &head, TargetUnion::Value(self.head.clone())),
            ],
            failure: vec![get(&found.key), get(&head)],
            success: vec![
                put(found.key, found.value),
                put(format!("plain/e/{id}").into_bytes(), event),
                put(format!("plain/l/contoso/{epoch:016x}/{id}").into_bytes(), Vec::new()),
                put(
                    format!("plain/o/{time:016x}/{id}").into_bytes(),
                    b"\0\0\0\0\0\0\0\x01contoso".into(),
                ),
            ],
        };
        let response: TxnResponse = self.call("/etcdserverpb.KV/Txn", request).await;
        assert!(response.succeeded, "the value was the one read");
    }
}

/// The same requests through the store.
pub(crate) async fn step(store: &EtcdStore, key: &RecordKey) {
    let stored = store.load(key).await.expect("loaded").expect("a record");
    let version = Version::new(stored.version().count() + 1, stored.version().nonce());
    let next = Record::loaded(*key, version, stored.body());
    let event = Event::decode(&format!(
        r#"{{"format":1,"id":{{"record":"{key}","count":{},"index":0}},"tenant":"contoso",
            "user":"user","actor":"engine","at":1,"code":"unblocked"}}"#,
        version.count()
    ));
    let tenant = TenantId::parse("contoso").expect("valid");
    let now = Timestamp::from_unix_millis(1);
    let mut columns = Columns::new(tenant, RecordKind::Account, now);
    columns.wake_at = Some(now);
    let events = [event.expect("an event")];
    let commit = Commit::new(&next, Some(stored.version()), &columns, &events);
    assert_eq!(store.commit(commit).await.expect("committed"), Committed::Applied);
}
