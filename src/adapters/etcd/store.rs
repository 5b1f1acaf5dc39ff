//! The public handle.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;

use super::client::Client;
use super::commit;
use super::counters;
use super::epoch::Epoch;
use super::error::corrupt;
use super::health::{self, EtcdHealth};
use super::keys::KeySpace;
use super::listing;
use super::options::EtcdOptions;
use super::proto::TxnRequest;
use super::purge;
use super::request::{absent, get, put};
use super::schema;
use super::shared::{Seen, Shared};
use super::value::decode_record;
use crate::audit::Event;
use crate::port::{
    Commit, Committed, CounterIncrement, Cursor, Cutoff, EventsOf, Page, PortError, PortResult,
    Record, RecordKey, RecordKind, Store,
};
use crate::{TenantId, Timestamp};

/// The most rows of one page, or removed by one purge; the most increments of one batch.
const MAX_ROWS: usize = 1_000;

/// A store on an etcd cluster.
///
/// Cloning is cheap: all clones share the connections. Any number of stores, in any number of
/// processes, may use one prefix and see one history.
///
/// See the [module](super) for an example and for what it needs.
#[derive(Clone)]
pub struct EtcdStore {
    inner: Arc<Shared>,
}

impl EtcdStore {
    /// Connects to an existing store, and checks the members that reply.
    ///
    /// Never creates one: with the wrong cluster or a mistyped prefix, an empty store in which
    /// every budget is unspent would be dangerous, so this is an error.
    ///
    /// # Errors
    ///
    /// `Denied` if there is no store under the prefix ([`create`](Self::create) makes one), for
    /// malformed options, a wrong password, missing rights, an etcd before 3.4, a history that is
    /// not compacted, and a store of a newer release; `Corrupt` for a cluster that has found its
    /// data damaged; `Unavailable` if no member replies or its space quota is reached.
    pub async fn connect(options: EtcdOptions) -> PortResult<Self> {
        Self::start(options, false).await
    }

    /// Connects, and creates the store if it does not exist. Concurrent calls are safe.
    ///
    /// Call it once, by hand or from the deployment, and [`connect`](Self::connect) in the service.
    ///
    /// # Errors
    ///
    /// As [`connect`](Self::connect), except for a missing store.
    pub async fn create(options: EtcdOptions) -> PortResult<Self> {
        Self::start(options, true).await
    }

    async fn start(options: EtcdOptions, make: bool) -> PortResult<Self> {
        let client = Client::new(&options)?;
        let inner = Shared::new(client, KeySpace::new(options.prefix()?));
        health::check(&inner, options.max_history).await?;
        let head = inner.keys.head();
        let begin = inner.client.range(get(head.clone())).await?;
        let revision = begin.header.as_ref().map_or(0, |header| header.revision);
        inner.passed(revision);
        let mut heads = begin.kvs;
        if heads.is_empty() && !make {
            let none = "no store under this prefix: create one with `EtcdStore::create`";
            return Err(PortError::denied().because(none));
        }
        if heads.is_empty() {
            let epoch = Epoch(u64::try_from(revision).unwrap_or(0));
            let request = TxnRequest {
                compare: vec![absent(head.clone())],
                success: vec![
                    put(head.clone(), epoch.encode()),
                    put(inner.keys.schema(), schema::begin()),
                ],
                failure: Vec::new(),
            };
            // If several callers create the store at once, the first head stays.
            inner.client.write(request).await?;
            heads = inner.client.range(get(head)).await?.kvs;
        }
        let head = heads.pop().ok_or_else(|| corrupt("no head"))?;
        inner.learn(Epoch::decode(&head)?);
        let format = inner.client.range(get(inner.keys.schema())).await?.kvs.pop();
        schema::known(format.as_ref())?;
        Ok(Self { inner: Arc::new(inner) })
    }

    /// The status that the members report: sizes, alarms, and how much history is kept.
    ///
    /// # Errors
    ///
    /// `Unavailable` if no member replies; `Denied` without the right to read the status.
    pub async fn health(&self) -> PortResult<EtcdHealth> {
        health::health(&self.inner).await
    }
}

impl fmt::Debug for EtcdStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EtcdStore").finish_non_exhaustive()
    }
}

#[async_trait]
impl Store for EtcdStore {
    async fn load(&self, key: &RecordKey) -> PortResult<Option<Record>> {
        let found = self.inner.client.range(get(self.inner.keys.record(key))).await?;
        let Some(stored) = found.kvs.first() else {
            return Ok(None);
        };
        let (record, indexed) = decode_record(key, &stored.value)?;
        let seen = Seen { revision: stored.mod_revision, indexed };
        self.inner.seen.set((*key, record.version()), seen);
        Ok(Some(record))
    }

    async fn commit(&self, commit: Commit<'_>) -> PortResult<Committed> {
        commit::commit(&self.inner, commit).await
    }

    async fn increment(&self, increments: &[CounterIncrement]) -> PortResult<Vec<u64>> {
        if increments.len() > MAX_ROWS {
            return Err(PortError::denied().because("increments: more than 1000 in one batch"));
        }
        counters::add(&self.inner, increments).await
    }

    async fn due(
        &self,
        now: Timestamp,
        after: Option<&Cursor>,
        limit: usize,
    ) -> PortResult<Page<RecordKey>> {
        listing::due(&self.inner, now, after, limit.min(MAX_ROWS)).await
    }

    async fn scan(
        &self,
        tenant: &TenantId,
        kind: RecordKind,
        after: Option<&Cursor>,
        limit: usize,
    ) -> PortResult<Page<Record>> {
        listing::scan(&self.inner, tenant, kind, after, limit.min(MAX_ROWS)).await
    }

    async fn events(
        &self,
        of: EventsOf<'_>,
        after: Option<&Cursor>,
        limit: usize,
    ) -> PortResult<Page<Event>> {
        let limit = limit.min(MAX_ROWS);
        match of {
            EventsOf::Record(key) => listing::record_events(&self.inner, key, after, limit).await,
            EventsOf::Tenant(tenant) => {
                listing::tenant_events(&self.inner, tenant, after, limit).await
            }
        }
    }

    async fn purge(&self, cutoff: Cutoff, limit: usize) -> PortResult<u64> {
        purge::purge(&self.inner, cutoff, limit.min(MAX_ROWS)).await
    }

    async fn fence(&self, closed: bool) -> PortResult<bool> {
        schema::fence(&self.inner, closed).await
    }
}
