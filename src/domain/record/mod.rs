//! Records: what a store keeps without interpreting it.

pub(crate) mod columns;
pub(crate) mod hex_bytes;
pub(crate) mod serde_text;
pub(crate) mod store_note;
mod subject;
mod version;

pub(crate) use subject::Subject;
pub use version::Version;
pub(crate) use version::next_count;

use std::fmt;
use std::sync::{Arc, OnceLock};

use serde_json::Value;

use crate::domain::identity::ids::{RecordKey, TenantId, UserId};
use crate::domain::named::named;
use crate::domain::record::store_note::Meta;
use crate::domain::time::Timestamp;

named! {
    /// What a record is about.
    pub enum RecordKind {
        /// One account.
        Account = "account",
        /// One decoy, which stands in for unknown identifiers.
        Decoy = "decoy",
        /// A tenant's policy.
        Policy = "policy",
        /// The engine's notes about the store.
        Meta = "meta",
    }
}

impl RecordKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Account, Self::Decoy, Self::Policy, Self::Meta];
}

/// The columns that a store keeps beside a record, for indexes and for operators. They are written
/// with each commit, and the engine never reads them back.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Columns {
    /// The tenant that the record belongs to.
    pub tenant: TenantId,
    /// What the record is about.
    pub kind: RecordKind,
    /// The user, for an account.
    pub user: Option<UserId>,
    /// When the record next needs work; a store finds it by [`Store::due`](crate::port::Store::due).
    pub wake_at: Option<Timestamp>,
    /// When the record may be purged; `None` for never.
    pub expires_at: Option<Timestamp>,
    /// Whether the account has a completed registration.
    pub registered: bool,
    /// Until when a failure budget of the account is spent.
    pub locked_until: Option<Timestamp>,
    /// When the record was last changed, by the clock of the deciding engine.
    pub updated_at: Timestamp,
}

impl Columns {
    /// Columns with only the required values set.
    #[must_use]
    pub const fn new(tenant: TenantId, kind: RecordKind, updated_at: Timestamp) -> Self {
        Self {
            tenant,
            kind,
            user: None,
            wake_at: None,
            expires_at: None,
            registered: false,
            locked_until: None,
            updated_at,
        }
    }
}

/// A record as a store sees it: a key, a version and a body that it does not interpret.
///
/// Cloning is cheap, since clones share the content. A store in memory may keep the value itself;
/// any other store keeps [`Record::body`] and passes it to [`Record::loaded`], byte for byte.
///
/// ```
/// use sspr::port::{Record, RecordKey, Version};
///
/// let key = RecordKey::from_bytes([1; 32]);
/// let record = Record::loaded(key, Version::new(1, 42), r#"{"kind":"meta"}"#);
/// assert_eq!(record.body(), r#"{"kind":"meta"}"#);
/// ```
#[derive(Clone)]
pub struct Record {
    key: RecordKey,
    version: Version,
    content: Arc<Content>,
}

/// The bytes reserved for a body before it is written: most accounts need no more.
const TYPICAL_BODY: usize = 4 << 10;

struct Content {
    live: OnceLock<Subject>,
    body: OnceLock<Box<str>>,
}

impl Record {
    /// The longest body, in bytes: that of a policy with 1 000 banned words. All other bodies have at
    /// most 16 KiB.
    pub const MAX_BODY: usize = 96 * 1024;

    /// A record from a stored [`Record::body`].
    ///
    /// Nothing is checked here. The engine refuses a body that it cannot read, or that names
    /// another key, as corrupt.
    #[must_use]
    pub fn loaded(key: RecordKey, version: Version, body: impl Into<Box<str>>) -> Self {
        let content = Content { live: OnceLock::new(), body: OnceLock::from(body.into()) };
        Self { key, version, content: Arc::new(content) }
    }

    pub(crate) fn new(key: RecordKey, version: Version, subject: Subject) -> Self {
        let content = Content { live: OnceLock::from(subject), body: OnceLock::new() };
        Self { key, version, content: Arc::new(content) }
    }

    /// The key.
    #[must_use]
    pub const fn key(&self) -> &RecordKey {
        &self.key
    }

    /// The version.
    #[must_use]
    pub const fn version(&self) -> Version {
        self.version
    }

    /// The body: JSON text of at most [`Record::MAX_BODY`]. A store must return it byte for byte.
    #[must_use]
    pub fn body(&self) -> &str {
        self.content.body.get_or_init(|| {
            // A record is made with a subject or with a body, so it has one of the two; and a
            // subject is a tree of strings, numbers and lists, which serde_json always encodes.
            let Some(subject) = self.content.live.get() else { return Box::default() };
            let mut text = Vec::with_capacity(TYPICAL_BODY);
            let written = serde_json::to_writer(&mut text, subject);
            written.ok().and_then(|()| String::from_utf8(text).ok()).unwrap_or_default().into()
        })
    }

    /// The decoded content; decodes on first use.
    pub(crate) fn subject(&self) -> Result<&Subject, CorruptRecord> {
        if let Some(subject) = self.content.live.get() {
            return Ok(subject);
        }
        let body = self.body();
        let subject: Subject = serde_json::from_str(body).map_err(|error| {
            // The message of the error may quote an address.
            let (line, column) = (error.line(), error.column());
            self.corrupt(format!("{:?} error at {line}:{column}", error.classify()))
        })?;
        if *subject.key() != self.key {
            return Err(self.corrupt("the body names another key".to_owned()));
        }
        Ok(self.content.live.get_or_init(|| subject))
    }

    /// Whether the body has fields that this release does not read: writing the record would lose
    /// them.
    pub(crate) fn says_more(&self) -> Result<bool, CorruptRecord> {
        let subject = self.subject()?;
        let read = serde_json::to_value(subject).unwrap_or_default();
        let stored = serde_json::from_str(self.body()).unwrap_or_default();
        Ok(has_more(&stored, &read))
    }

    pub(crate) fn corrupt(&self, detail: String) -> CorruptRecord {
        CorruptRecord { key: self.key, detail }
    }
}

/// Whether an object in `stored` has a field that the same object in `read` lacks.
fn has_more(stored: &Value, read: &Value) -> bool {
    match (stored, read) {
        (Value::Object(stored), Value::Object(read)) => {
            let mut fields = stored.iter();
            fields.any(|(name, value)| read.get(name).is_none_or(|read| has_more(value, read)))
        }
        (Value::Array(stored), Value::Array(read)) => {
            stored.len() > read.len()
                || stored.iter().zip(read).any(|(stored, read)| has_more(stored, read))
        }
        _ => false,
    }
}

impl Meta {
    /// The note in a record.
    pub(crate) fn of(record: &Record) -> Result<&Self, CorruptRecord> {
        match record.subject()? {
            Subject::Meta(meta) => Ok(meta),
            _ => Err(record.corrupt("the store's note is of another kind".to_owned())),
        }
    }
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The body holds addresses: it is not shown.
        f.debug_struct("Record")
            .field("key", &self.key)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

/// A record that cannot be read. Its account stays closed.
#[derive(Debug, Clone, thiserror::Error)]
#[error("record {key} is corrupt: {detail}")]
pub(crate) struct CorruptRecord {
    pub(crate) key: RecordKey,
    pub(crate) detail: String,
}
