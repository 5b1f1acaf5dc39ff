//! Audit events: what happened, to which account, and why. No field holds a secret.

mod activity;
#[cfg(test)]
mod activity_tests;
mod audit_row;
mod kind;
mod other;
mod status_reason;
mod table;
#[cfg(test)]
pub(in crate::domain) mod tests;
mod values;
mod vocabulary;

pub use activity::{Activity, ActivityCategory, ActivityEntry, ActivityService, ActivityStatus};
pub use audit_row::{AuditRow, CorrelationId};
pub use kind::EventKind;
pub use other::OtherEvent;
pub use status_reason::StatusReason;
pub use values::{ActRefusal, AdminAct, FlowEnd, RejectedBy, StoppedBy, ThrottleLock};
pub use vocabulary::{LogLevel, LogTerm};

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::domain::identity::ids::{RecordKey, TenantId, UserId};
use crate::domain::invalid::InvalidInput;
use crate::domain::time::Timestamp;
use crate::domain::trail::Link;

/// The most events that one commit appends. Stores rely on it: etcd limits the operations of a
/// transaction, and each event takes several.
pub(crate) const MAX_EVENTS: usize = 32;

/// The identity of an event: the record, the commit that wrote the event, and the place in that
/// commit.
///
/// Ids of one record are ordered, and no id is given twice.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct EventId {
    /// The record that the event is about.
    pub record: RecordKey,
    /// The count of the version that the commit made.
    pub count: u64,
    /// The place within the commit.
    pub index: u16,
}

impl EventId {
    /// An id of these parts.
    #[must_use]
    pub const fn new(record: RecordKey, count: u64, index: u16) -> Self {
        Self { record, count, index }
    }
}

/// One audit event.
///
/// A store keeps [`Event::encode`] and returns [`Event::decode`] of it; it may keep the fields
/// beside it for indexes. An event of a newer release is read as far as this release knows its
/// fields, and encoded again byte for byte.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Event {
    /// The format of the event; 1 so far. A release that gives a known kind other fields raises the
    /// format: an older release then reads [`EventKind::Other`].
    pub format: u16,
    /// Which event this is.
    pub id: EventId,
    /// The tenant.
    pub tenant: TenantId,
    /// The user, or `None` for an identifier that no account has.
    pub user: Option<UserId>,
    /// Who acted.
    pub actor: ActorKind,
    /// When, by the deciding engine's clock. If one decision has more events than a commit takes,
    /// the next commits write the others, with this time.
    pub at: Timestamp,
    /// The source of the request, as the host gave it; `None` for the engine's own work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// What happened.
    #[serde(flatten)]
    pub kind: EventKind,
    /// The link to the event before, which is always the last field of the text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) chain: Option<Link>,
    /// The text that the event was read from, if the fields would encode to another one.
    #[serde(skip)]
    pub(crate) text: Option<Arc<str>>,
}

/// The bytes reserved for the text of an event: most events need no more.
const TYPICAL_TEXT: usize = 512;

impl Event {
    /// The format that this release writes.
    pub(crate) const FORMAT: u16 = 1;

    /// The event as JSON text: the text that it was read from, unless a field was changed since.
    #[must_use]
    pub fn encode(&self) -> String {
        match &self.text {
            Some(text) if Self::decode(text).as_ref() == Ok(self) => text.as_ref().to_owned(),
            _ => self.encode_fields(),
        }
    }

    fn encode_fields(&self) -> String {
        // A tree of strings and numbers with string keys, which serde_json always encodes.
        let mut text = Vec::with_capacity(TYPICAL_TEXT);
        let written = serde_json::to_writer(&mut text, self);
        written.ok().and_then(|()| String::from_utf8(text).ok()).unwrap_or_default()
    }

    /// The text that the link authenticates: that of the event without its link. `None` if the link is
    /// not the last field.
    pub(crate) fn unlinked_text(&self) -> Option<String> {
        let mut text = self.encode();
        if let Some(link) = &self.chain {
            let link = serde_json::to_string(link).unwrap_or_default();
            let rest = text.strip_suffix('}')?.strip_suffix(&link)?.strip_suffix(r#","chain":"#)?;
            text.truncate(rest.len());
            text.push('}');
        }
        Some(text)
    }

    /// Reads an event back. A kind that this release does not know is [`EventKind::Other`].
    ///
    /// # Errors
    ///
    /// [`InvalidInput::Malformed`] if the text is no event; a store then returns `Corrupt`.
    ///
    /// ```
    /// use sspr::audit::{Event, EventKind};
    ///
    /// let newer = r#"{"format":1,"id":{"record":"RECORD","count":7,"index":0},"tenant":"contoso",
    ///     "user":"u-1","actor":"user","at":1800000000000,"code":"badge_shown","door":3}"#;
    /// let newer = newer.replace("RECORD", &"00".repeat(32));
    /// let event = Event::decode(&newer)?;
    /// assert_eq!(event.code(), "badge_shown");
    /// let EventKind::Other(other) = &event.kind else { unreachable!() };
    /// assert_eq!(other.fields(), r#"{"door":3}"#);
    /// assert_eq!(event.encode(), newer);
    /// # Ok::<(), sspr::InvalidInput>(())
    /// ```
    pub fn decode(text: &str) -> Result<Self, InvalidInput> {
        const MALFORMED: InvalidInput = InvalidInput::Malformed { what: "event" };
        let mut event: Self = serde_json::from_str(text).map_err(|_| MALFORMED)?;
        // A known kind with unreadable fields is damaged, unless a newer release has changed the
        // kind.
        let other = matches!(event.kind, EventKind::Other(_));
        if other && event.format <= Self::FORMAT && EventKind::CODES.contains(&event.code()) {
            return Err(MALFORMED);
        }
        if event.encode_fields() != text {
            event.text = Some(text.into());
        }
        Ok(event)
    }

    /// The stable code of what happened, such as `password_reset`.
    #[must_use]
    pub const fn code(&self) -> &str {
        self.kind.code()
    }
}

/// Who acted.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ActorKind {
    /// A caller who has proven nothing.
    Anonymous,
    /// The user, proven in this flow or signed in.
    User,
    /// An administrator, by the name that the host gives.
    Administrator(String),
    /// The engine, in `maintain`.
    Engine,
}
