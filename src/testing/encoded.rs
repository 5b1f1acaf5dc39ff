//! A wrapper that passes records and events through their stored text.

use async_trait::async_trait;

use super::forward;
use crate::TenantId;
use crate::audit::Event;
use crate::port::{
    Commit, Committed, Cursor, EventsOf, Page, PortError, PortResult, Record, RecordKey,
    RecordKind, Store,
};

/// A store that sees records and events only as text, as a database does.
///
/// A memory store may keep live values and so hide what their encoding loses. This wrapper encodes
/// and decodes each record and event in both directions.
///
/// ```
/// use sspr::adapters::memory::MemoryStore;
/// use sspr::testing::Encoded;
///
/// let store = Encoded::new(MemoryStore::new());
/// # drop(store);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Encoded<S> {
    inner: S,
}

impl<S> Encoded<S> {
    /// Wraps `inner`; all records and events pass through their text.
    pub const fn new(inner: S) -> Self {
        Self { inner }
    }

    /// The wrapped store.
    pub const fn inner(&self) -> &S {
        &self.inner
    }
}

fn through_text(record: &Record) -> Record {
    Record::loaded(*record.key(), record.version(), record.body().to_owned())
}

fn event_through_text(event: &Event) -> PortResult<Event> {
    Event::decode(&event.encode()).map_err(|error| PortError::corrupt().because(error))
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl<S: Store> Store for Encoded<S> {
    forward!(self.inner => increment, due, purge, fence);

    async fn load(&self, key: &RecordKey) -> PortResult<Option<Record>> {
        let record = self.inner.load(key).await?;
        Ok(record.as_ref().map(through_text))
    }

    async fn commit(&self, commit: Commit<'_>) -> PortResult<Committed> {
        let next = through_text(commit.next);
        let events: Vec<Event> =
            commit.events.iter().map(event_through_text).collect::<PortResult<_>>()?;
        let commit = Commit::new(&next, commit.expected, commit.columns, &events);
        self.inner.commit(commit).await
    }

    async fn scan(
        &self,
        tenant: &TenantId,
        kind: RecordKind,
        after: Option<&Cursor>,
        limit: usize,
    ) -> PortResult<Page<Record>> {
        let page = self.inner.scan(tenant, kind, after, limit).await?;
        let items = page.items.iter().map(through_text).collect();
        Ok(Page::new(items, page.next))
    }

    async fn events(
        &self,
        of: EventsOf<'_>,
        after: Option<&Cursor>,
        limit: usize,
    ) -> PortResult<Page<Event>> {
        let page = self.inner.events(of, after, limit).await?;
        let items: PortResult<Vec<Event>> = page.items.iter().map(event_through_text).collect();
        Ok(Page::new(items?, page.next))
    }
}
