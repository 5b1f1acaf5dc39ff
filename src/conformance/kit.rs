//! The fixture of one property, how a property ends, and listings followed to their end.

use std::sync::Arc;

use super::harness::{Ability, Harness, StoreUnderTest};
use super::sample::{Draft, Shown};
use crate::audit::Event;
use crate::port::{
    Committed, CounterIncrement, EventsOf, Page, PortError, PortErrorKind, PortResult, Record,
    RecordKey, RecordKind, Store,
};
use crate::testing::yield_once;
use crate::{TenantId, Timestamp};

/// One property's fixture, and a handle on its empty store.
pub(super) struct Kit {
    pub(super) harness: Arc<dyn Harness>,
    pub(super) fixture: Arc<dyn StoreUnderTest>,
    pub(super) store: Arc<dyn Store>,
}

/// What a property found: nothing, or why it stopped.
pub(super) type PropertyResult<T = ()> = Result<T, Stop>;

/// Why a property stopped.
pub(super) enum Stop {
    /// The property does not apply, for this reason.
    Skip(&'static str),
    /// The contract was broken: what was observed.
    Seen(String),
}

impl From<PortError> for Stop {
    fn from(error: PortError) -> Self {
        let source = std::error::Error::source(&error);
        let cause = source.map(|source| format!(" ({source})"));
        Self::Seen(format!("an error: {error}{}", cause.unwrap_or_default()))
    }
}

/// Stops with an observation unless the condition holds.
macro_rules! ensure {
    ($condition:expr, $($seen:tt)+) => {
        if !$condition {
            return Err($crate::conformance::kit::Stop::Seen(format!($($seen)+)));
        }
    };
}
pub(super) use ensure;

/// A listing with more pages than this counts as endless. No property has more than 300 pages with
/// items, and a store of several shards may have some pages without.
pub(super) const MOST_PAGES: u64 = 1_024;

/// How often a call is repeated after `Stale` or `Unavailable`.
pub(super) const MOST_TRIES: usize = 10_000;

/// Follows a listing to its end: the block asks for the page after a cursor, and evaluates to the
/// next cursor.
macro_rules! listing {
    ($page:ident, |$after:ident| $next:block) => {
        let mut cursor: Option<$crate::port::Cursor> = None;
        let mut cursors = std::collections::HashSet::new();
        for $page in 0_u64.. {
            let $after = cursor.as_ref();
            let next: Option<$crate::port::Cursor> = $next;
            let Some(given) = next else {
                break;
            };
            $crate::conformance::kit::ensure!(
                cursors.insert(given.clone()) && $page < $crate::conformance::kit::MOST_PAGES,
                "a listing that does not end: page {} has the cursor {:?}, repeated or not",
                $page,
                given.as_str()
            );
            cursor = Some(given);
        }
    };
}
pub(super) use listing;

/// Follows a listing to its end, and collects its items.
macro_rules! follow {
    ($limit:expr, |$after:ident| $page:expr) => {{
        let mut items = Vec::new();
        listing!(_page, |$after| {
            let page = $page;
            sound(&page, $limit)?;
            items.extend(page.items);
            page.next
        });
        Ok(items)
    }};
}

/// Checks what every page of every listing must satisfy.
fn sound<T>(page: &Page<T>, limit: usize) -> PropertyResult {
    let count = page.items.len();
    ensure!(count <= limit, "{count} items on a page of at most {limit}");
    Ok(())
}

impl Kit {
    pub(super) async fn open(harness: Arc<dyn Harness>) -> PropertyResult<Self> {
        let fixture: Arc<dyn StoreUnderTest> = Arc::from(harness.fixture().await?);
        let store = fixture.open().await?;
        Ok(Self { harness, fixture, store })
    }

    /// A second handle, if the fixture has one.
    pub(super) async fn second(&self) -> PropertyResult<Arc<dyn Store>> {
        require(self.fixture.several_handles())?;
        Ok(self.fixture.open().await?)
    }

    /// Commits a draft that must be applied.
    pub(super) async fn put(&self, draft: &Draft) -> PropertyResult {
        put(&*self.store, draft).await
    }

    pub(super) async fn load(&self, key: RecordKey) -> PropertyResult<Option<Shown>> {
        Ok(self.store.load(&key).await?.map(Shown::from))
    }

    /// All keys that are due, by pages of this size.
    pub(super) async fn due(&self, now: Timestamp, limit: usize) -> PropertyResult<Vec<RecordKey>> {
        due(&*self.store, now, limit).await
    }

    /// All records of a tenant and kind, by pages of this size.
    pub(super) async fn scan(
        &self,
        tenant: &TenantId,
        kind: RecordKind,
        limit: usize,
    ) -> PropertyResult<Vec<Record>> {
        scan(&*self.store, tenant, kind, limit).await
    }

    /// All events, by pages of this size.
    pub(super) async fn events(
        &self,
        of: EventsOf<'_>,
        limit: usize,
    ) -> PropertyResult<Vec<Event>> {
        events(&*self.store, of, limit).await
    }

    /// Adds once, to one counter.
    pub(super) async fn add(&self, increment: CounterIncrement) -> PropertyResult<u64> {
        add(&*self.store, increment).await
    }
}

/// Skips the property unless the fixture has the ability.
pub(super) const fn require(ability: Ability) -> PropertyResult {
    match ability {
        Ability::Has => Ok(()),
        Ability::Lacks(reason) => Err(Stop::Skip(reason)),
    }
}

/// Skips the property if expired rows disappear without a purge.
pub(super) const fn forbid(expires_by_itself: Ability) -> PropertyResult {
    match expires_by_itself {
        Ability::Has => Err(Stop::Skip("expired rows disappear without a purge")),
        Ability::Lacks(_) => Ok(()),
    }
}

pub(super) async fn put(store: &dyn Store, draft: &Draft) -> PropertyResult {
    let outcome = store.commit(draft.commit()).await?;
    let version = draft.record.version();
    ensure!(
        outcome == Committed::Applied,
        "{outcome:?} for version {version}, though the version it expects is stored"
    );
    Ok(())
}

/// Commits under contention: `Unavailable` means that nothing was written, so it is tried again.
pub(super) async fn settle(store: &dyn Store, draft: &Draft) -> PortResult<Committed> {
    for _ in 1..MOST_TRIES {
        match store.commit(draft.commit()).await {
            Err(error) if error.kind() == PortErrorKind::Unavailable => yield_once().await,
            answer => return answer,
        }
    }
    store.commit(draft.commit()).await
}

pub(super) async fn due(
    store: &dyn Store,
    now: Timestamp,
    limit: usize,
) -> PropertyResult<Vec<RecordKey>> {
    follow!(limit, |after| store.due(now, after, limit).await?)
}

pub(super) async fn scan(
    store: &dyn Store,
    tenant: &TenantId,
    kind: RecordKind,
    limit: usize,
) -> PropertyResult<Vec<Record>> {
    follow!(limit, |after| { store.scan(tenant, kind, after, limit).await? })
}

pub(super) async fn events(
    store: &dyn Store,
    of: EventsOf<'_>,
    limit: usize,
) -> PropertyResult<Vec<Event>> {
    follow!(limit, |after| store.events(of, after, limit).await?)
}

pub(super) async fn add(store: &dyn Store, increment: CounterIncrement) -> PropertyResult<u64> {
    match *store.increment(&[increment]).await? {
        [value] => Ok(value),
        ref values => Err(Stop::Seen(format!("{values:?} returned for one addition"))),
    }
}
