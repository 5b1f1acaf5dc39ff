//! Where records, events and counters are kept.

use std::sync::Arc;

use async_trait::async_trait;

use super::error::PortResult;
use crate::domain::event::Event;
use crate::domain::ids::{CounterKey, RecordKey, TenantId};
use crate::domain::record::{Columns, Record, RecordKind, Version};
use crate::domain::time::Timestamp;

/// A place that keeps records, events and counters.
///
/// Seven methods, and an optional eighth; the one that everything rests on is [`commit`](Self::commit). A store that
/// passes the kit in `conformance` (feature) is safe to run the engine on: attempt caps and single
/// use follow from the contract below and from nothing else.
///
/// What holds for every method:
///
/// - **No clock.** No method reads the time; every time that counts is an argument.
/// - **No interpretation.** Keys, bodies and events come back byte for byte as they were given.
///   Nothing is cut short: bodies of 16 KiB and events of 4 KiB are ordinary.
/// - **Cancellation.** A dropped future is a lost reply: the call may have happened or not, but
///   never in part.
/// - **Errors** say what is known ([`PortErrorKind`](super::PortErrorKind)): `Unavailable` only if
///   nothing happened and nothing will; `Unknown` if it may have or still may; `Corrupt` for what
///   cannot be read, which is never answered as "none"; `Denied` for what will not be let through.
/// - **Cursors.** A cursor that this store did not make is an error, never a panic. `Denied`
///   suits; so it does for a listing of a kind that the store does not know.
/// - **Handles.** All handles on one store, in one process or many, see one history.
#[async_trait]
pub trait Store: Send + Sync {
    /// The record under this key, or none.
    ///
    /// Linearizable: it returns the record of a commit that was answered `Applied` before this
    /// call began, or of a later one; also through another handle. No cache, no replica.
    ///
    /// *A wrong "none"* lets a spent budget start afresh. *A stale record* only costs a retry, but
    /// a store that always answers stale ones never makes progress.
    ///
    /// # Errors
    ///
    /// `Unavailable`, `Denied`; `Corrupt` if something is there and cannot be read. A body
    /// that is still text is handed back: what it says is not the store's to judge.
    async fn load(&self, key: &RecordKey) -> PortResult<Option<Record>>;

    /// Replaces the record if its version is the expected one, and appends the events: both or
    /// neither.
    ///
    /// Atomic and durable when it answers. `expected: None` means that no record is there: it
    /// never overwrites one. Versions are equal only if count and nonce both are. On `Stale`
    /// nothing has happened, no event included. Of any number of concurrent commits that expect
    /// one version, exactly one is applied. The columns are kept in the same step: a record
    /// whose `wake_at` has come is found by [`due`](Self::due) as soon as the commit is answered.
    ///
    /// Where no answer says what happened, the version does: if the commit's own is there, it was
    /// applied. A commit that is made again after it was applied is `Stale`.
    ///
    /// *A wrong `Applied`* lets a code be used twice and an attempt go uncounted. *A wrong
    /// `Stale`* costs a retry. *A record without its columns* is a message that nobody sends.
    ///
    /// # Errors
    ///
    /// `Unavailable` if nothing happened and nothing will; `Unknown` if it may have or may yet.
    async fn commit(&self, commit: Commit<'_>) -> PortResult<Committed>;

    /// Adds to counters and returns their values after the addition, in the order given.
    ///
    /// Each addition is atomic on its own; a key that stands twice in the batch is added to twice,
    /// in order. A counter that is not there starts at zero. An amount of zero only reads: it
    /// creates no counter and extends none, so a batch of such amounts writes nothing. A counter
    /// keeps the latest `expires_at` it was given and is not looked at again once it was purged.
    ///
    /// The engine reads limits this way before it increments them. *A row for an amount of zero* lets
    /// requests that are refused fill the store.
    ///
    /// When unsure it counts twice: *a lost addition* gives an attacker more messages than the
    /// limit says; *a doubled one* spends a limit early.
    ///
    /// # Errors
    ///
    /// `Unavailable`, `Unknown` (some or all may have been added), `Denied`.
    async fn increment(&self, increments: &[CounterIncrement]) -> PortResult<Vec<u64>>;

    /// Keys of records whose `wake_at` is at or before `now`, at most `limit`.
    ///
    /// Too much is fine, too little is not: every such record that is not changed meanwhile is
    /// handed out by following the cursor to its end. The order is the store's own. A key whose
    /// alarm was cleared or moved on before the listing began is not handed out again.
    ///
    /// *A record left out* is a notice that is never sent and a write that is never settled.
    ///
    /// # Errors
    ///
    /// `Unavailable`, `Denied`.
    async fn due(
        &self,
        now: Timestamp,
        after: Option<&Cursor>,
        limit: usize,
    ) -> PortResult<Page<RecordKey>>;

    /// Records of one tenant and kind, at most `limit`.
    ///
    /// Every record that is there from the first page to the last is handed out exactly once.
    /// Nothing of another tenant or kind ever is.
    ///
    /// # Errors
    ///
    /// `Unavailable`, `Denied`; `Corrupt` if a record cannot be read.
    async fn scan(
        &self,
        tenant: &TenantId,
        kind: RecordKind,
        after: Option<&Cursor>,
        limit: usize,
    ) -> PortResult<Page<Record>>;

    /// Events, at most `limit`; those of one record in the order of their ids.
    ///
    /// None is skipped while writers commit: a cursor never stands past a position that a commit
    /// in flight may still take. A page with items always has a cursor, so that reading can go on
    /// from there when more has come; a page without items has none.
    ///
    /// *An event skipped* is a gap in the audit trail that nobody sees.
    ///
    /// # Errors
    ///
    /// `Unavailable`, `Denied`; `Corrupt` if an event cannot be read.
    async fn events(
        &self,
        of: EventsOf<'_>,
        after: Option<&Cursor>,
        limit: usize,
    ) -> PortResult<Page<Event>>;

    /// Removes what is past its time, at most `limit` rows, and says how many it removed.
    ///
    /// Of records, those whose stored `expires_at` is at or before `cutoff.expired` when they are
    /// removed: one that a concurrent commit extends stays. Of counters likewise. Of events,
    /// those older than `cutoff.events_before`. Nothing else, ever. What a system removes by itself
    /// was past its `expires_at` likewise.
    ///
    /// *A live row removed* revives a spent budget or a used code.
    ///
    /// # Errors
    ///
    /// `Unavailable`, `Unknown`, `Denied`.
    async fn purge(&self, cutoff: Cutoff, limit: usize) -> PortResult<u64>;

    /// Closes the store to writers, or opens it to them again. Returns whether this store can do so.
    ///
    /// Once it has returned `Ok(true)` for `closed: true`, no `commit`, `add` or `purge` of any
    /// handle in any process changes anything: each returns `Denied`. Reads go on. The state is
    /// durable. [`transfer`](crate::transfer) calls it so that no writer can change a source after
    /// it was compared.
    ///
    /// The default returns `Ok(false)`: such a store is closed by stopping what writes to it.
    ///
    /// *A write that is applied behind a fence* is lost when the copy is opened in its place.
    ///
    /// # Errors
    ///
    /// `Unavailable`, `Unknown`, `Denied`. After an error the call may be made again.
    ///
    /// ```
    /// use sspr::Store;
    /// use sspr::adapters::memory::MemoryStore;
    /// use sspr::port::{Cutoff, PortErrorKind};
    /// use sspr::Timestamp;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let store = MemoryStore::new();
    /// assert!(store.fence(true).await?, "this kind has a fence");
    /// let cutoff = Cutoff::new(Timestamp::EPOCH, Timestamp::EPOCH);
    /// let refused = store.purge(cutoff, 1).await.unwrap_err();
    /// assert_eq!(refused.kind(), PortErrorKind::Denied);
    /// # Ok(())
    /// # }
    /// ```
    async fn fence(&self, closed: bool) -> PortResult<bool> {
        let _ = closed;
        Ok(false)
    }
}

/// One step: the record that replaces another, and what is to be recorded about it.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Commit<'a> {
    /// The record as it shall be; it names its key and its new version.
    pub next: &'a Record,
    /// The version that must be there now, or `None` if no record may be there.
    pub expected: Option<Version>,
    /// What is kept beside the record.
    pub columns: &'a Columns,
    /// Events to append, in order; all of this record, all of the new version.
    pub events: &'a [Event],
}

impl<'a> Commit<'a> {
    /// A commit of these parts.
    #[must_use]
    pub const fn new(
        next: &'a Record,
        expected: Option<Version>,
        columns: &'a Columns,
        events: &'a [Event],
    ) -> Self {
        Self { next, expected, columns, events }
    }
}

/// What became of a commit.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[must_use]
#[expect(clippy::exhaustive_enums, reason = "a third answer would be a change of the contract")]
pub enum Committed {
    /// It is done and durable.
    Applied,
    /// Another version is there; nothing happened.
    Stale,
}

/// One addition to one counter.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct CounterIncrement {
    /// Which counter.
    pub key: CounterKey,
    /// How much to add; zero reads.
    pub amount: u32,
    /// From when on the counter may be purged.
    pub expires_at: Timestamp,
}

impl CounterIncrement {
    /// An addition of `amount` to `key`.
    #[must_use]
    pub const fn new(key: CounterKey, amount: u32, expires_at: Timestamp) -> Self {
        Self { key, amount, expires_at }
    }
}

/// Where a listing goes on: an opaque text of the store's own making, at most 256 bytes.
///
/// ```
/// let cursor = sspr::port::Cursor::new("42");
/// assert_eq!(cursor.as_str(), "42");
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Debug, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Cursor(String);

impl Cursor {
    /// A cursor of this text.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A part of a listing, and where it goes on.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct Page<T> {
    /// The items of this page.
    pub items: Vec<T>,
    /// Where to go on, or `None` at the end.
    pub next: Option<Cursor>,
}

impl<T> Page<T> {
    /// A page.
    #[must_use]
    pub const fn new(items: Vec<T>, next: Option<Cursor>) -> Self {
        Self { items, next }
    }
}

/// Whose events to list.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum EventsOf<'a> {
    /// Of one record, in the order of their ids.
    Record(&'a RecordKey),
    /// Of one tenant, in an order in which none is skipped.
    Tenant(&'a TenantId),
}

/// Before when things may be removed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Cutoff {
    /// Records and counters whose `expires_at` is at or before this.
    pub expired: Timestamp,
    /// Events that happened before this.
    pub events_before: Timestamp,
}

impl Cutoff {
    /// Removes what expired by `expired`, and events from before `events_before`.
    #[must_use]
    pub const fn new(expired: Timestamp, events_before: Timestamp) -> Self {
        Self { expired, events_before }
    }
}

macro_rules! forward_store {
    ($($target:ty),+) => {$(
        #[async_trait]
        #[deny(clippy::missing_trait_methods)]
        impl<T: Store + ?Sized> Store for $target {
            async fn load(&self, key: &RecordKey) -> PortResult<Option<Record>> {
                (**self).load(key).await
            }

            async fn commit(&self, commit: Commit<'_>) -> PortResult<Committed> {
                (**self).commit(commit).await
            }

            async fn increment(&self, increments: &[CounterIncrement]) -> PortResult<Vec<u64>> {
                (**self).increment(increments).await
            }

            async fn due(
                &self,
                now: Timestamp,
                after: Option<&Cursor>,
                limit: usize,
            ) -> PortResult<Page<RecordKey>> {
                (**self).due(now, after, limit).await
            }

            async fn scan(
                &self,
                tenant: &TenantId,
                kind: RecordKind,
                after: Option<&Cursor>,
                limit: usize,
            ) -> PortResult<Page<Record>> {
                (**self).scan(tenant, kind, after, limit).await
            }

            async fn events(
                &self,
                of: EventsOf<'_>,
                after: Option<&Cursor>,
                limit: usize,
            ) -> PortResult<Page<Event>> {
                (**self).events(of, after, limit).await
            }

            async fn purge(&self, cutoff: Cutoff, limit: usize) -> PortResult<u64> {
                (**self).purge(cutoff, limit).await
            }

            async fn fence(&self, closed: bool) -> PortResult<bool> {
                (**self).fence(closed).await
            }
        }
    )+};
}

forward_store!(&T, Box<T>, Arc<T>);
