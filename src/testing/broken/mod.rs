//! Stores with exactly one defect, to test the tests.
//!
//! Each [`Defect`] is a mistake of released systems; the number in brackets names the row of the
//! attack list that it enables. A kit that does not catch a defect by the property of
//! [`Defect::caught_by`] is broken itself. An engine's own tests can use the stores to show which
//! rules depend on the store. [`PortDefect`] and [`BrokenPort`] do the same for the other ports.

mod behind;
mod counts;
mod defect;
mod handle;
mod ports;
mod reads;
mod trail;
mod writes;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;

pub use defect::Defect;
pub use ports::{BrokenPort, PortDefect};

use crate::adapters::memory::MemoryStore;
use crate::audit::Event;
use crate::port::{
    Columns, Commit, Committed, CounterIncrement, CounterKey, Cursor, Cutoff, EventsOf, Page,
    PortResult, Record, RecordKey, RecordKind, Store, Version,
};
use crate::testing::forward;
use crate::{TenantId, Timestamp};

/// A correct store in a wrapper that breaks one sentence of the contract.
///
/// Clones are handles on the same store; each keeps its own cache.
///
/// ```
/// use sspr::port::{Commit, Committed};
/// use sspr::testing::block_on;
/// use sspr::testing::broken::{BrokenStore, Defect};
/// use sspr::{TenantId, Timestamp};
/// use sspr::port::{Columns, Record, RecordKey, RecordKind, Store, Version};
///
/// let store = BrokenStore::new(Defect::SilentNoOp);
/// let key = RecordKey::from_bytes([1; 32]);
/// let record = Record::loaded(key, Version::new(1, 7), "{}");
/// let columns = Columns::new(TenantId::parse("a")?, RecordKind::Meta, Timestamp::EPOCH);
/// let answer = block_on(store.commit(Commit::new(&record, None, &columns, &[])))?;
/// assert_eq!(answer, Committed::Applied);
/// assert!(block_on(store.load(&key))?.is_none(), "it did nothing");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct BrokenStore {
    defect: Defect,
    inner: Arc<dyn Store>,
    memo: Arc<Mutex<Memo>>,
    own: Mutex<Own>,
}

impl Clone for BrokenStore {
    fn clone(&self) -> Self {
        let (inner, memo) = (Arc::clone(&self.inner), Arc::clone(&self.memo));
        Self { defect: self.defect, inner, memo, own: Mutex::default() }
    }
}

/// The state that a wrapper needs in order to misbehave over a correct store.
#[derive(Default)]
struct Memo {
    /// The columns of the last applied commit.
    columns: BTreeMap<RecordKey, Columns>,
    /// The record before the last commit, until `load` has returned it once more.
    before: BTreeMap<RecordKey, Record>,
    /// Records whose alarm was lost.
    lost: BTreeSet<RecordKey>,
    /// Records committed while another commit was under way, whose alarm is missing.
    lagging: BTreeSet<RecordKey>,
    committing: usize,
    /// The value of each counter at the first addition, or its own sum, as the defect needs.
    counters: BTreeMap<CounterKey, u64>,
    /// The first expiry that a counter was given.
    expiry: BTreeMap<CounterKey, Timestamp>,
    /// Events by a position that was taken too early; `next` has the next such positions.
    trail: BTreeMap<Position, Event>,
    next: BTreeMap<u8, u64>,
    /// The version of the last applied commit, and the alarms that `due` has returned.
    versions: BTreeMap<RecordKey, Version>,
    handed: BTreeSet<RecordKey>,
    /// The value of each counter when the wall clock restarted it.
    refilled: BTreeMap<CounterKey, u64>,
    /// The tenants, times and indexes of events.
    moments: BTreeSet<(TenantId, Timestamp, u16)>,
    /// Cursors that were used.
    used: BTreeSet<String>,
    /// The tenant of the first record.
    home: Option<TenantId>,
    /// The latest time that any caller has passed.
    latest: Option<Timestamp>,
    /// The last batch.
    batch: Vec<CounterIncrement>,
    /// A commit that was acknowledged but not yet written.
    unwritten: Option<HeldCommit>,
}

/// The partition of an event, and its number within it.
type Position = (u8, u64);

/// The partition of a key, one of sixteen.
const fn partition(key: &RecordKey) -> u8 {
    key.as_bytes()[0] >> 4
}

/// A commit that was acknowledged but not yet written.
struct HeldCommit {
    next: Record,
    expected: Option<Version>,
    columns: Columns,
    events: Vec<Event>,
}

/// The state of one handle.
#[derive(Default)]
struct Own {
    records: BTreeMap<RecordKey, Option<Record>>,
    expiry: BTreeMap<RecordKey, Columns>,
    /// Positions of events that this handle has reserved.
    positions: std::ops::Range<u64>,
}

impl BrokenStore {
    /// A memory store with this defect.
    #[must_use]
    pub fn new(defect: Defect) -> Self {
        Self::over(defect, Arc::new(MemoryStore::new()))
    }

    /// Adds the defect to a correct store.
    #[must_use]
    pub fn over(defect: Defect, inner: Arc<dyn Store>) -> Self {
        Self { defect, inner, memo: Arc::default(), own: Mutex::default() }
    }

    /// The defect.
    #[must_use]
    pub const fn defect(&self) -> Defect {
        self.defect
    }

    fn is(&self, defect: Defect) -> bool {
        self.defect == defect
    }
}

impl fmt::Debug for BrokenStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BrokenStore").field("defect", &self.defect).finish_non_exhaustive()
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl Store for BrokenStore {
    forward!(self.inner => fence);

    async fn load(&self, key: &RecordKey) -> PortResult<Option<Record>> {
        self.write_held_commit()?;
        self.load_wrongly(key).await
    }

    async fn commit(&self, commit: Commit<'_>) -> PortResult<Committed> {
        self.write_held_commit()?;
        self.commit_wrongly(commit).await
    }

    async fn increment(&self, increments: &[CounterIncrement]) -> PortResult<Vec<u64>> {
        self.write_held_commit()?;
        self.add_wrongly(increments).await
    }

    async fn due(
        &self,
        now: Timestamp,
        after: Option<&Cursor>,
        limit: usize,
    ) -> PortResult<Page<RecordKey>> {
        self.write_held_commit()?;
        self.due_wrongly(now, after, limit).await
    }

    async fn scan(
        &self,
        tenant: &TenantId,
        kind: RecordKind,
        after: Option<&Cursor>,
        limit: usize,
    ) -> PortResult<Page<Record>> {
        self.write_held_commit()?;
        self.scan_wrongly(tenant, kind, after, limit).await
    }

    async fn events(
        &self,
        of: EventsOf<'_>,
        after: Option<&Cursor>,
        limit: usize,
    ) -> PortResult<Page<Event>> {
        self.write_held_commit()?;
        self.events_wrongly(of, after, limit).await
    }

    async fn purge(&self, cutoff: Cutoff, limit: usize) -> PortResult<u64> {
        self.write_held_commit()?;
        self.purge_wrongly(cutoff, limit).await
    }
}
