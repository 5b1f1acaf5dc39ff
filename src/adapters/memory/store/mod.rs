//! A store that keeps records, events and counters in memory.

mod bound;
mod counters;
mod events;
mod keyed;
mod limits;
mod position;
mod shard;
#[cfg(test)]
mod tests;

pub use limits::MemoryLimits;

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;

use self::bound::Bounded;
use self::counters::Counters;
use self::events::Numbered;
use self::keyed::{LOCKS, shard_of};
use self::shard::Shard;
use super::lock;
use crate::audit::Event;
use crate::port::{
    Commit, Committed, CounterIncrement, Cursor, Cutoff, EventsOf, Page, PortError, PortResult,
    Record, RecordKey, RecordKind, Store,
};
use crate::{TenantId, Timestamp};

/// A [`Store`] in memory, bounded and shared by all its clones.
///
/// It obeys the whole contract except durability: nothing survives the process. It never drops rows
/// to make room: at a [limit](MemoryLimits), a commit that would add a row returns `Unavailable`,
/// and succeeds after [`purge`](Store::purge) has removed old rows. An attack that fills the store
/// therefore stops it, but cannot remove audit events or budgets.
///
/// A `load` or a `commit` takes one of 64 locks and iterates over no rows, so its cost does not
/// depend on the number of accounts. (The first access to a long unused account costs some cache
/// misses.) Listings and purges lock every shard, one at a time.
///
/// ```
/// use sspr::adapters::memory::MemoryStore;
/// use sspr::port::{Commit, Committed};
/// use sspr::{TenantId, Timestamp};
/// use sspr::port::{Columns, Record, RecordKey, RecordKind, Store, Version};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let store = MemoryStore::new();
/// let key = RecordKey::from_bytes([1; 32]);
/// let columns = Columns::new(TenantId::parse("contoso")?, RecordKind::Meta, Timestamp::EPOCH);
///
/// let first = Record::loaded(key, Version::new(1, 77), "{}");
/// let outcome = store.commit(Commit::new(&first, None, &columns, &[])).await?;
/// assert_eq!(outcome, Committed::Applied);
///
/// // A rival that has not read the first version changes nothing.
/// let rival = Record::loaded(key, Version::new(1, 88), "{}");
/// let outcome = store.commit(Commit::new(&rival, None, &columns, &[])).await?;
/// assert_eq!(outcome, Committed::Stale);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct MemoryStore {
    inner: Arc<Inner>,
}

struct Inner {
    shards: Box<[Mutex<Shard>]>,
    counters: Counters,
    records: Bounded,
    events: Bounded,
    /// The number of the next event. Taken only under a shard's lock: see `tenant_events`.
    next_number: AtomicU64,
    /// Read by each writer under the lock of the shard that it changes.
    fenced: AtomicBool,
}

impl Inner {
    fn writable(&self) -> PortResult<()> {
        if self.fenced.load(Ordering::SeqCst) {
            return Err(PortError::denied().because("the store is closed to writers"));
        }
        Ok(())
    }
}

impl MemoryStore {
    /// An empty store with the default [`MemoryLimits`].
    #[must_use]
    pub fn new() -> Self {
        Self::with_limits(MemoryLimits::default())
    }

    /// An empty store with these limits.
    #[must_use]
    pub fn with_limits(limits: MemoryLimits) -> Self {
        let inner = Inner {
            shards: (0..LOCKS).map(|_| Mutex::default()).collect(),
            counters: Counters::new(limits.counters),
            records: Bounded::new(limits.records),
            events: Bounded::new(limits.events),
            next_number: AtomicU64::new(1),
            fenced: AtomicBool::new(false),
        };
        Self { inner: Arc::new(inner) }
    }

    fn shard(&self, key: &RecordKey) -> MutexGuard<'_, Shard> {
        lock(&self.inner.shards[shard_of(key.as_bytes())])
    }

    fn apply(&self, commit: &Commit<'_>) -> PortResult<Committed> {
        let Commit { next, expected, columns, events, .. } = *commit;
        let mut shard = self.shard(next.key());
        self.inner.writable()?;
        if events.len() > Commit::MAX_EVENTS {
            return Err(PortError::denied().because("events of one commit: limit reached"));
        }
        let stored = shard.version(next.key());
        if stored != expected {
            return Ok(Committed::Stale);
        }
        // All room is reserved before any change, so that `Unavailable` means that nothing
        // happened.
        let new_rows = usize::from(stored.is_none());
        if !self.inner.records.take(new_rows) {
            return Err(PortError::unavailable().because("records: limit reached"));
        }
        if !self.inner.events.take(events.len()) {
            self.inner.records.give_back(new_rows);
            return Err(PortError::unavailable().because("events: limit reached"));
        }
        shard.put(next, columns);
        if !events.is_empty() {
            let count = events.len() as u64;
            let first = self.inner.next_number.fetch_add(count, Ordering::Relaxed);
            for (number, event) in (first..).zip(events) {
                shard.events.append(number, event);
            }
        }
        Ok(Committed::Applied)
    }

    fn record_events(
        &self,
        key: &RecordKey,
        after: Option<&Cursor>,
        limit: usize,
    ) -> PortResult<Page<Event>> {
        let last = after.map(position::read_event).transpose()?;
        let rows = self.shard(key).events.of_record(key, last, limit);
        let next = rows.last().map(events::position).map(position::write_event);
        Ok(Page::new(events_of(&rows), next))
    }

    /// Events of a tenant in the order of their numbers, none skipped.
    ///
    /// The end is read before any lock is taken. A commit takes its numbers under its shard's lock.
    /// If they are below the end, the commit holds or held that lock before this call locks the
    /// shard, so its events are complete by then. Numbers at or above the end are left for the next
    /// page.
    fn tenant_events(
        &self,
        tenant: &TenantId,
        after: Option<&Cursor>,
        limit: usize,
    ) -> PortResult<Page<Event>> {
        let last = after.map_or(Ok(0), position::read_number)?;
        let end = self.inner.next_number.load(Ordering::Relaxed);
        let mut rows = Vec::new();
        for shard in &self.inner.shards {
            rows.extend(lock(shard).events.of_tenant(tenant, last, end, limit));
        }
        rows.sort_unstable_by_key(|row| row.0);
        rows.truncate(limit);
        let next = rows.last().map(|row| position::write_number(row.0));
        Ok(Page::new(events_of(&rows), next))
    }
}

fn events_of(rows: &[Numbered]) -> Vec<Event> {
    rows.iter().map(|(_, event)| Event::clone(event)).collect()
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Counts only, since records hold addresses.
        f.debug_struct("MemoryStore")
            .field("records", &self.inner.records.held())
            .field("events", &self.inner.events.held())
            .field("counters", &self.inner.counters.held.held())
            .finish()
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn load(&self, key: &RecordKey) -> PortResult<Option<Record>> {
        Ok(self.shard(key).get(key).cloned())
    }

    async fn commit(&self, commit: Commit<'_>) -> PortResult<Committed> {
        self.apply(&commit)
    }

    async fn increment(&self, increments: &[CounterIncrement]) -> PortResult<Vec<u64>> {
        self.inner.counters.add(increments, || self.inner.writable())
    }

    /// Earliest alarm first.
    async fn due(
        &self,
        now: Timestamp,
        after: Option<&Cursor>,
        limit: usize,
    ) -> PortResult<Page<RecordKey>> {
        let last = after.map(position::read_alarm).transpose()?;
        let mut rows = Vec::new();
        for shard in &self.inner.shards {
            // One more row than the limit shows whether there is another page.
            rows.extend(lock(shard).due(now, last, limit.saturating_add(1)));
        }
        rows.sort_unstable();
        let more = rows.len() > limit;
        rows.truncate(limit);
        let last = rows.last().filter(|_| more);
        let next = last.map(position::write_alarm);
        Ok(Page::new(rows.iter().map(|row| row.1).collect(), next))
    }

    /// In the order of the keys.
    async fn scan(
        &self,
        tenant: &TenantId,
        kind: RecordKind,
        after: Option<&Cursor>,
        limit: usize,
    ) -> PortResult<Page<Record>> {
        let last = after.map(position::read_key).transpose()?;
        let first = last.map_or(0, |key| shard_of(key.as_bytes()));
        let wanted = limit.saturating_add(1);
        let mut rows = Vec::new();
        for shard in &self.inner.shards[first..] {
            rows.extend(lock(shard).scan(tenant, kind, last, wanted - rows.len()));
            if rows.len() == wanted {
                break;
            }
        }
        let more = rows.len() > limit;
        rows.truncate(limit);
        let last = rows.last().filter(|_| more);
        let next = last.map(|record| position::write_key(record.key()));
        Ok(Page::new(rows, next))
    }

    async fn events(
        &self,
        of: EventsOf<'_>,
        after: Option<&Cursor>,
        limit: usize,
    ) -> PortResult<Page<Event>> {
        match of {
            EventsOf::Record(key) => self.record_events(key, after, limit),
            EventsOf::Tenant(tenant) => self.tenant_events(tenant, after, limit),
        }
    }

    async fn purge(&self, cutoff: Cutoff, limit: usize) -> PortResult<u64> {
        let inner = &self.inner;
        let mut removed = 0;
        for shard in &inner.shards {
            let mut shard = lock(shard);
            inner.writable()?;
            let records = shard.purge(cutoff.expired, limit - removed);
            inner.records.give_back(records);
            removed += records;
            let events = shard.events.purge(cutoff.events_before, limit - removed);
            inner.events.give_back(events);
            removed += events;
        }
        removed += inner.counters.purge(cutoff.expired, limit - removed);
        Ok(removed as u64)
    }

    async fn fence(&self, closed: bool) -> PortResult<bool> {
        self.inner.fenced.store(closed, Ordering::SeqCst);
        // A writer that has read the old value holds the lock of its shard: wait for all of them.
        for shard in &self.inner.shards {
            drop(lock(shard));
        }
        self.inner.counters.settle();
        Ok(true)
    }
}
