//! A wrapper that makes chosen records and events unreadable.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;

use super::{forward, lock};
use crate::TenantId;
use crate::audit::Event;
use crate::port::{
    Cursor, EventsOf, Page, PortError, PortResult, Record, RecordKey, RecordKind, Store,
};

/// A store in which chosen records or events are damaged: reading them fails with `Corrupt`.
///
/// An engine keeps such accounts closed. Clones share the damage.
///
/// ```
/// use sspr::adapters::memory::MemoryStore;
/// use sspr::port::PortErrorKind;
/// use sspr::testing::{Unreadable, block_on};
/// use sspr::port::{RecordKey, Store};
///
/// let store = Unreadable::new(MemoryStore::new());
/// let key = RecordKey::from_bytes([1; 32]);
/// store.damage(key);
/// let error = block_on(store.load(&key)).unwrap_err();
/// assert_eq!(error.kind(), PortErrorKind::Corrupt);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Unreadable<S> {
    inner: S,
    damaged: Arc<Mutex<BTreeSet<RecordKey>>>,
    events: Arc<Mutex<BTreeSet<RecordKey>>>,
}

impl<S> Unreadable<S> {
    /// Wraps `inner`, with nothing damaged yet.
    pub fn new(inner: S) -> Self {
        Self { inner, damaged: Arc::default(), events: Arc::default() }
    }

    /// The wrapped store.
    pub const fn inner(&self) -> &S {
        &self.inner
    }

    /// Makes the record under this key unreadable.
    pub fn damage(&self, key: RecordKey) {
        lock(&self.damaged).insert(key);
    }

    /// Makes the events of the record under this key unreadable, but not the record.
    pub fn damage_events(&self, key: RecordKey) {
        lock(&self.events).insert(key);
    }

    fn read(&self, key: &RecordKey) -> PortResult<()> {
        if lock(&self.damaged).contains(key) {
            return Err(PortError::corrupt().because("damaged on purpose"));
        }
        Ok(())
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl<S: Store> Store for Unreadable<S> {
    forward!(self.inner => commit, increment, due, purge, fence);

    async fn load(&self, key: &RecordKey) -> PortResult<Option<Record>> {
        self.read(key)?;
        self.inner.load(key).await
    }

    async fn scan(
        &self,
        tenant: &TenantId,
        kind: RecordKind,
        after: Option<&Cursor>,
        limit: usize,
    ) -> PortResult<Page<Record>> {
        let page = self.inner.scan(tenant, kind, after, limit).await?;
        for record in &page.items {
            self.read(record.key())?;
        }
        Ok(page)
    }

    async fn events(
        &self,
        of: EventsOf<'_>,
        after: Option<&Cursor>,
        limit: usize,
    ) -> PortResult<Page<Event>> {
        let page = self.inner.events(of, after, limit).await?;
        let damaged = lock(&self.events);
        if page.items.iter().any(|event| damaged.contains(&event.id.record)) {
            return Err(PortError::corrupt().because("damaged on purpose"));
        }
        Ok(page)
    }
}
