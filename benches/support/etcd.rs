//! The limits of `engine_etcd`: its two requests without the engine, and without us.

use sspr::adapters::etcd::EtcdStore;
use sspr::port::{Commit, Committed};
use sspr::{
    Columns, Event, Record, RecordKey, RecordKind, Store as _, TenantId, Timestamp, Version,
};
use tonic::client::Grpc;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::transport::Channel;
use tonic_prost::ProstCodec;

use crate::proto::{
    Compare, KeyValue, OpRequest, PutRequest, RangeRequest, RangeResponse, RequestOp, TARGET_MOD,
    TARGET_VALUE, Than, TxnRequest, TxnResponse,
};

/// A client of the same library: one connection for all its clones, as the store has.
#[derive(Clone)]
pub(crate) struct Plain {
    channel: Channel,
    /// What stands under `plain/head`: every commit with an event compares it.
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
        let answer = grpc.unary(request, path, ProstCodec::default()).await;
        answer.expect("answered").into_inner()
    }

    async fn get(&self, key: Vec<u8>) -> KeyValue {
        let request = RangeRequest { key, limit: 1, ..RangeRequest::default() };
        let found: RangeResponse = self.call("/etcdserverpb.KV/Range", request).await;
        found.kvs.into_iter().next().expect("there")
    }

    /// The value again, if nobody changed it, and one event with its two indexes.
    pub(crate) async fn step(&self, key: &RecordKey) {
        let found = self.get(format!("plain/r/{key}").into_bytes()).await;
        let id = format!("{key}/{:016x}/0000", found.mod_revision);
        let head = b"plain/head".to_vec();
        let told = found.value.get(60..320).unwrap_or_default().to_vec();
        let compare = |target, key: &[u8], than| Compare {
            target,
            key: key.to_vec(),
            than: Some(than),
            ..Compare::default()
        };
        let get = |key: &[u8]| {
            let range = RangeRequest { key: key.to_vec(), limit: 1, ..RangeRequest::default() };
            RequestOp { request: Some(OpRequest::Range(range)) }
        };
        let put = |key: Vec<u8>, value| RequestOp {
            request: Some(OpRequest::Put(PutRequest { key, value })),
        };
        let (time, epoch) = (1_u64 << 63, 1);
        let request = TxnRequest {
            compare: vec![
                compare(TARGET_MOD, &found.key, Than::ModRevision(found.mod_revision)),
                compare(TARGET_VALUE, &head, Than::Value(self.head.clone())),
            ],
            failure: vec![get(&found.key), get(&head)],
            success: vec![
                put(found.key, found.value),
                put(format!("plain/e/{id}").into_bytes(), told),
                put(format!("plain/l/contoso/{epoch:016x}/{id}").into_bytes(), Vec::new()),
                put(
                    format!("plain/o/{time:016x}/{id}").into_bytes(),
                    b"\0\0\0\0\0\0\0\x01contoso".into(),
                ),
            ],
        };
        let answer: TxnResponse = self.call("/etcdserverpb.KV/Txn", request).await;
        assert!(answer.succeeded, "the value was the one read");
    }
}

/// The same through the store.
pub(crate) async fn step(store: &EtcdStore, key: &RecordKey) {
    let seen = store.load(key).await.expect("loaded").expect("there");
    let version = Version::new(seen.version().count() + 1, seen.version().nonce());
    let next = Record::loaded(*key, version, seen.body());
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
    let commit = Commit::new(&next, Some(seen.version()), &columns, &events);
    assert_eq!(store.commit(commit).await.expect("committed"), Committed::Applied);
}
