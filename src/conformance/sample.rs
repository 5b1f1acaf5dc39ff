//! Records, events and counters to test with.

use std::fmt;
use std::ops::Deref;
use std::time::Duration;

use sha2::{Digest as _, Sha256};

use crate::audit::{ActorKind, Event, EventId, EventKind};
use crate::port::{
    Columns, Commit, CounterIncrement, CounterKey, Record, RecordKey, RecordKind, Version,
};
use crate::{TenantId, Timestamp};

/// A record that is shown with its body, which a record by itself hides.
#[derive(Clone)]
pub(super) struct Shown(Record);

impl Deref for Shown {
    type Target = Record;

    fn deref(&self) -> &Record {
        &self.0
    }
}

impl From<Record> for Shown {
    fn from(record: Record) -> Self {
        Self(record)
    }
}

impl fmt::Debug for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let start: String = self.body().chars().take(200).collect();
        let bytes = self.body().len();
        write!(f, "version {} with a body of {bytes} bytes, {start}", self.version())
    }
}

/// A commit in preparation.
#[derive(Clone)]
pub(super) struct Draft {
    pub(super) record: Shown,
    pub(super) expected: Option<Version>,
    pub(super) columns: Columns,
    pub(super) events: Vec<Event>,
}

impl Draft {
    /// The first version of the record number `n`, of the kit's own tenant, without events.
    pub(super) fn first(n: u64) -> Self {
        Self::of_key(key(n))
    }

    /// The first version of the record under this key.
    pub(super) fn of_key(key: RecordKey) -> Self {
        let version = Version::new(1, nonce(1, 0));
        Self {
            record: Record::loaded(key, version, body(&key, "first")).into(),
            expected: None,
            columns: Columns::new(tenant("kit"), RecordKind::Account, at(0)),
            events: Vec::new(),
        }
    }

    /// The version of this count, in the chain that [`after`](Self::after) makes.
    pub(super) fn nth(key: RecordKey, count: u64) -> Self {
        let first = Self::of_key(key);
        if count == 1 {
            return first;
        }
        let before = Version::new(count.wrapping_sub(1), nonce(count.wrapping_sub(1), 0));
        first.versioned(before).after()
    }

    /// The version after this one: same columns, no events yet.
    pub(super) fn after(&self) -> Self {
        self.rival(0)
    }

    /// One of several rival versions that could follow this one.
    pub(super) fn rival(&self, salt: u64) -> Self {
        let version = self.record.version();
        let count = version.count() + 1;
        let next = Version::new(count, nonce(count, salt));
        let key = *self.record.key();
        let mut columns = self.columns.clone();
        columns.updated_at = columns.updated_at.plus(Duration::from_secs(1));
        Self {
            record: Record::loaded(key, next, body(&key, &format!("{count} by {salt}"))).into(),
            expected: Some(version),
            columns,
            events: Vec::new(),
        }
    }

    pub(super) fn expecting(mut self, expected: Option<Version>) -> Self {
        self.expected = expected;
        self
    }

    pub(super) fn with_body(mut self, body: &str) -> Self {
        self.record = Record::loaded(*self.record.key(), self.record.version(), body).into();
        self
    }

    pub(super) fn versioned(mut self, version: Version) -> Self {
        self.record = Record::loaded(*self.record.key(), version, self.record.body()).into();
        self
    }

    pub(super) fn of(mut self, tenant: &TenantId) -> Self {
        self.columns.tenant = tenant.clone();
        self
    }

    pub(super) fn kind(mut self, kind: RecordKind) -> Self {
        self.columns.kind = kind;
        self
    }

    pub(super) fn wake(mut self, at: Option<Timestamp>) -> Self {
        self.columns.wake_at = at;
        self
    }

    pub(super) fn expires(mut self, at: Option<Timestamp>) -> Self {
        self.columns.expires_at = at;
        self
    }

    /// Appends events of this record and version, `how_many` of them, all of this time.
    pub(super) fn events_at(mut self, how_many: u16, at: Timestamp) -> Self {
        let (key, count) = (*self.record.key(), self.record.version().count());
        let event = |index| Event {
            format: Event::FORMAT,
            id: EventId::new(key, count, index),
            tenant: self.columns.tenant.clone(),
            user: None,
            actor: ActorKind::Engine,
            at,
            source: None,
            kind: EventKind::LimitSpent {
                limit: format!("{:016x}", self.record.version().nonce()),
            },
            chain: None,
            text: None,
        };
        self.events = (0..how_many).map(event).collect();
        self
    }

    pub(super) fn events(self, how_many: u16) -> Self {
        self.events_at(how_many, at(0))
    }

    pub(super) fn key(&self) -> RecordKey {
        *self.record.key()
    }

    pub(super) fn commit(&self) -> Commit<'_> {
        Commit::new(&self.record, self.expected, &self.columns, &self.events)
    }
}

/// Whether two records have the same key and version, and the same body byte for byte.
pub(super) fn same(one: &Record, other: &Record) -> bool {
    one.key() == other.key() && one.version() == other.version() && one.body() == other.body()
}

/// The key number `n`, spread over the key space like a keyed hash.
pub(super) fn key(n: u64) -> RecordKey {
    RecordKey::from_bytes(Sha256::digest(n.to_be_bytes()).into())
}

/// The key number `n` of one shard, in the order of the numbers.
///
/// The first and the last bytes are the same too, for stores that make fewer shards of them.
pub(super) fn neighbour(n: u64) -> RecordKey {
    let mut bytes = *key(0).as_bytes();
    for (byte, of_number) in bytes.iter_mut().skip(12).zip(n.to_be_bytes()) {
        *byte = of_number;
    }
    RecordKey::from_bytes(bytes)
}

/// Both ways to choose keys: spread over all shards, and within one.
pub(super) const KEYS: [fn(u64) -> RecordKey; 2] = [key, neighbour];

/// The key number `n` of a race, whose rounds take both ways in turn.
///
/// In pairs of rounds, since [`race`](super::race::race) itself alternates between two orders.
pub(super) const fn raced(round: usize) -> fn(u64) -> RecordKey {
    KEYS[(round / 2) % 2]
}

/// The counter number `n`.
pub(super) fn counter(n: u64) -> CounterKey {
    CounterKey::from_bytes(Sha256::digest(n.to_le_bytes()).into())
}

/// An addition to counter number `n` that expires long after all other rows here.
pub(super) fn increment(n: u64, amount: u32) -> CounterIncrement {
    CounterIncrement::new(counter(n), amount, at(1_000_000))
}

/// A random-looking number that uses all 64 bits, as an engine's nonces do.
fn nonce(count: u64, salt: u64) -> u64 {
    let mut hash = Sha256::new();
    hash.update(count.to_be_bytes());
    hash.update(salt.to_be_bytes());
    let digest: [u8; 32] = hash.finalize().into();
    digest.iter().take(8).fold(0, |sum, byte| sum << 8 | u64::from(*byte))
}

/// A body of the shape that an engine writes.
pub(super) fn body(key: &RecordKey, note: &str) -> String {
    format!(r#"{{"kind":"meta","key":"{key}","check":"{note}"}}"#)
}

/// # Panics
///
/// If the kit uses a malformed tenant id.
pub(super) fn tenant(id: &str) -> TenantId {
    TenantId::parse(id).expect("the kit's tenant ids are well formed")
}

/// The kit's time: seconds after its start, in 2100. By the wall clock nothing has expired, so that
/// a store which removes expired rows on its own removes none.
pub(super) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix_seconds(4_102_444_800 + seconds)
}
