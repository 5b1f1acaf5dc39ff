//! A wrapper that puts empty pages between the pages of a listing.

use async_trait::async_trait;

use super::forward;
use crate::port::{Cursor, Page, PortResult, Record, RecordKey, RecordKind, Store};
use crate::{TenantId, Timestamp};

/// A store whose listings have empty pages in the middle, as a store of several partitions may have.
///
/// An empty page comes before each page of `due` and `scan`. A caller that takes an empty page for
/// the end finds nothing.
///
/// ```
/// use sspr::adapters::memory::MemoryStore;
/// use sspr::port::Store;
/// use sspr::testing::{EmptyPages, block_on};
/// use sspr::Timestamp;
///
/// let store = EmptyPages::new(MemoryStore::new());
/// let page = block_on(store.due(Timestamp::EPOCH, None, 10))?;
/// assert!(page.items.is_empty() && page.next.is_some());
/// # Ok::<(), sspr::port::PortError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct EmptyPages<S> {
    inner: S,
}

/// What the cursor of an empty page begins with; the cursor of the inner store follows.
const EMPTY: char = '~';

impl<S: Store> EmptyPages<S> {
    /// Wraps `inner`.
    pub const fn new(inner: S) -> Self {
        Self { inner }
    }
}

/// Where the inner listing continues, if an empty page was returned before.
fn within(after: Option<&Cursor>) -> Option<Option<Cursor>> {
    let rest = after?.as_str().strip_prefix(EMPTY)?;
    Some((!rest.is_empty()).then(|| Cursor::new(rest)))
}

fn empty<T>(after: Option<&Cursor>) -> Page<T> {
    let rest = after.map_or("", Cursor::as_str);
    Page::new(Vec::new(), Some(Cursor::new(format!("{EMPTY}{rest}"))))
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl<S: Store> Store for EmptyPages<S> {
    forward!(self.inner => load, commit, increment, events, purge, fence);

    async fn due(
        &self,
        now: Timestamp,
        after: Option<&Cursor>,
        limit: usize,
    ) -> PortResult<Page<RecordKey>> {
        if let Some(inner) = within(after) {
            return self.inner.due(now, inner.as_ref(), limit).await;
        }
        // It refuses a cursor of another origin.
        self.inner.due(now, after, limit).await?;
        Ok(empty(after))
    }

    async fn scan(
        &self,
        tenant: &TenantId,
        kind: RecordKind,
        after: Option<&Cursor>,
        limit: usize,
    ) -> PortResult<Page<Record>> {
        if let Some(inner) = within(after) {
            return self.inner.scan(tenant, kind, inner.as_ref(), limit).await;
        }
        self.inner.scan(tenant, kind, after, limit).await?;
        Ok(empty(after))
    }
}
