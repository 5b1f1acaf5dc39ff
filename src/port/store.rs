//! The store of records, events and counters.

use std::sync::Arc;

use async_trait::async_trait;

use super::error::PortResult;
use crate::domain::event::{Event, MAX_EVENTS};
use crate::domain::identity::ids::{CounterKey, RecordKey, TenantId};
use crate::domain::record::{Columns, Record, RecordKind, Version};
use crate::domain::time::Timestamp;

/// A store of records, events and counters.
///
/// It has seven methods and an optional eighth. Limits on attempts and the single use of codes
/// depend on [`commit`](Self::commit) and on nothing else. A store that passes the kit in
/// `conformance` (feature) is safe for the engine. The manual page
/// [`writing_a_store`](crate::manual::writing_a_store) has a complete store and runs the kit on it.
///
/// Rules for every method:
///
/// - **No clock.** No method reads the time; every time that counts is an argument.
/// - **No interpretation.** Keys, bodies and events are returned byte for byte as they were
///   written. Nothing is truncated: bodies of 16 KiB and events of 4 KiB are ordinary.
///   The body of a policy has up to 96 KiB ([`Record::MAX_BODY`]).
/// - **Cancellation.** A dropped future is a lost reply: the call may have happened or not, but
///   never in part.
/// - **Errors** tell what may have happened ([`PortErrorKind`](super::PortErrorKind)):
///   `Unavailable` only if nothing happened and nothing will; `Unknown` if it may have or still
///   may; `Corrupt` for data that cannot be read, which is never reported as absent; `Denied` for
///   calls that the system refuses permanently.
/// - **Cursors.** A cursor of another origin is an error, preferably `Denied`, and never a panic;
///   so is a listing of a kind that the store does not know. A cursor is a place in the listing and
///   not a session: it can be used again, later and through another handle.
/// - **Pages.** A page of `due` or `scan` may be short or empty and still have a cursor, as in a
///   store of several partitions or with filters. Only a page without a cursor is the last.
/// - **Limits.** A limit of zero is no error: nothing is returned or removed. The engine asks for at
///   most 1,000 items.
/// - **Handles.** All handles on one store, in one process or many, have one history.
#[async_trait]
pub trait Store: Send + Sync {
    /// The record under this key; `None` if there is none.
    ///
    /// Linearizable: it returns the record of a commit that had returned `Applied` before this call
    /// began, or of a later one; also through another handle. No cache, no replica.
    ///
    /// A record is one committed whole: its body is the one that the commit of its version wrote. A
    /// store that keeps the two apart reads both in one snapshot.
    ///
    /// *A wrong `None`* resets a spent budget. *A stale record* only costs a retry, but with a
    /// store that always returns stale records the engine makes no progress. *An older body under a
    /// newer version* lets the next commit overwrite what came between, unseen.
    ///
    /// # Errors
    ///
    /// `Unavailable`, `Denied`; `Corrupt` if the record exists and cannot be read. A body that is
    /// valid text is returned: the store does not judge its content.
    async fn load(&self, key: &RecordKey) -> PortResult<Option<Record>>;

    /// Replaces the record if its version is the expected one, and appends the events: both or
    /// neither.
    ///
    /// Atomic and durable when it returns. It has up to 32 events ([`Commit::MAX_EVENTS`]).
    /// `expected: None` requires that there is no record: it never overwrites one. Versions are
    /// equal only if both count and nonce are. On `Stale` nothing has happened, and no event was
    /// appended. Of any number of concurrent commits that expect one version, exactly one is
    /// applied. The columns are stored in the same step: a record whose `wake_at` has come is found
    /// by [`due`](Self::due) as soon as the commit has returned.
    ///
    /// After an unknown outcome the version tells what happened: if the record has the commit's
    /// version, it was applied. A commit that is repeated after it was applied is `Stale`.
    ///
    /// *A wrong `Applied`* lets a code be used twice and an attempt go uncounted. *A wrong `Stale`*
    /// costs a retry. *A record without its columns* is a message that is never sent.
    ///
    /// # Errors
    ///
    /// `Unavailable` if nothing happened and nothing will; `Unknown` if it may have or may yet;
    /// `Denied`, as for more events than [`Commit::MAX_EVENTS`].
    async fn commit(&self, commit: Commit<'_>) -> PortResult<Committed>;

    /// Adds to counters and returns their values after the addition, in the order of the arguments.
    ///
    /// Each addition is atomic on its own; a key that is twice in the batch is incremented twice,
    /// in order. A missing counter starts at zero. An amount of zero only reads: it creates no
    /// counter and extends none, so that a batch of zeros writes nothing. A counter keeps the
    /// latest `expires_at` of its additions; after it was purged it starts at zero again.
    ///
    /// The engine reads limits this way before it increments them. *A row for an amount of zero*
    /// lets refused requests fill the store.
    ///
    /// If the outcome is uncertain, counting twice is right: *a lost addition* gives an attacker
    /// more messages than the limit allows; *a doubled one* spends a limit early.
    ///
    /// # Errors
    ///
    /// `Unavailable`, `Unknown` (some or all may have been added), `Denied`.
    async fn increment(&self, increments: &[CounterIncrement]) -> PortResult<Vec<u64>>;

    /// Keys of records whose `wake_at` is at or before `now`, at most `limit`.
    ///
    /// Following the cursor to its end returns every such record that is not changed meanwhile;
    /// more keys than these are allowed. The order is free. A key whose `wake_at` was cleared or
    /// postponed before the listing began is not returned. An engine clears the alarms of a page
    /// before it asks for the next, so a cursor does not count rows.
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
    /// Every record that exists from the first page to the last is returned exactly once, also while
    /// others are added and removed. Each is one committed whole, as `load` returns it. No record of
    /// another tenant or kind is returned.
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
    /// None is skipped while writers commit: a cursor is never after a position that a commit in
    /// progress may still take. A store that counts positions in each shard has a position of each
    /// shard in its cursor. A page with items always has a cursor, so that a reader can
    /// continue there when there are more events; a page without items has none.
    ///
    /// *A skipped event* is an unnoticed gap in the audit trail.
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

    /// Removes expired rows, at most `limit`, and returns how many it removed.
    ///
    /// It removes records whose stored `expires_at` is at or before `cutoff.expired` at the time of
    /// removal, so that a record that a concurrent commit extends stays; counters by the same rule;
    /// and events older than `cutoff.events_before`. It removes nothing else. A system that removes
    /// rows by itself follows the same rule.
    ///
    /// *The removal of a live row* resets a spent budget or makes a used code valid.
    ///
    /// # Errors
    ///
    /// `Unavailable`, `Unknown`, `Denied`.
    async fn purge(&self, cutoff: Cutoff, limit: usize) -> PortResult<u64>;

    /// Closes the store to writers, or opens it again. Returns whether this store has a fence.
    ///
    /// Once it has returned `Ok(true)` for `closed: true`, no `commit`, `increment` or `purge` of
    /// any handle in any process changes anything: each returns `Denied`. Reads are not affected.
    /// The state is durable. [`transfer`](crate::transfer) calls it so that no writer can change a
    /// source after it was compared.
    ///
    /// The default returns `Ok(false)`: such a store is closed by stopping its writers.
    ///
    /// *A write that is applied despite the fence* is lost when the copy replaces the store.
    ///
    /// # Errors
    ///
    /// `Unavailable`, `Unknown`, `Denied`. After an error the call may be repeated.
    ///
    /// ```
    /// use sspr::port::Store;
    /// use sspr::adapters::memory::MemoryStore;
    /// use sspr::port::{Cutoff, PortErrorKind};
    /// use sspr::Timestamp;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let store = MemoryStore::new();
    /// assert!(store.fence(true).await?, "the memory store has a fence");
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

/// A conditional write of one record, with the events of the change.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Commit<'a> {
    /// The new record, with its key and its new version.
    pub next: &'a Record,
    /// The version that the stored record must have, or `None` if there must be no record.
    pub expected: Option<Version>,
    /// The columns to store beside the record.
    pub columns: &'a Columns,
    /// Events to append, in order. All name this record and its new version.
    pub events: &'a [Event],
}

impl<'a> Commit<'a> {
    /// The most events of one commit: 32. The engine never makes a commit with more; a store may
    /// refuse one.
    pub const MAX_EVENTS: usize = MAX_EVENTS;

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

/// The outcome of a commit.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[must_use]
#[expect(clippy::exhaustive_enums, reason = "a third outcome would change the contract")]
pub enum Committed {
    /// The commit is applied and durable.
    Applied,
    /// The record has another version; nothing happened.
    Stale,
}

/// One addition to one counter.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct CounterIncrement {
    /// The counter.
    pub key: CounterKey,
    /// The amount to add; zero only reads.
    pub amount: u32,
    /// When the counter may be purged.
    pub expires_at: Timestamp,
}

impl CounterIncrement {
    /// An addition of `amount` to `key`.
    #[must_use]
    pub const fn new(key: CounterKey, amount: u32, expires_at: Timestamp) -> Self {
        Self { key, amount, expires_at }
    }
}

/// Where a listing continues: an opaque text of the store, at most 256 bytes.
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

/// A page of a listing, and where the next page begins.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct Page<T> {
    /// The items of this page.
    pub items: Vec<T>,
    /// The cursor of the next page, or `None` at the end.
    pub next: Option<Cursor>,
}

impl<T> Page<T> {
    /// A page of these items.
    #[must_use]
    pub const fn new(items: Vec<T>, next: Option<Cursor>) -> Self {
        Self { items, next }
    }
}

/// The events to list.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum EventsOf<'a> {
    /// Those of one record, in the order of their ids.
    Record(&'a RecordKey),
    /// Those of one tenant, in an order in which none is skipped.
    Tenant(&'a TenantId),
}

/// The times before which rows may be removed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Cutoff {
    /// Records and counters whose `expires_at` is at or before this time are removed.
    pub expired: Timestamp,
    /// Events from before this time are removed.
    pub events_before: Timestamp,
}

impl Cutoff {
    /// A cutoff that removes rows expired by `expired`, and events from before `events_before`.
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
