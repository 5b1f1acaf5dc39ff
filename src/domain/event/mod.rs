//! Audit events: what happened, to whom, why. No field can hold a secret.

mod kind;
mod other;
#[cfg(test)]
pub(super) mod tests;

pub use kind::{EventKind, FlowEnd, RejectedBy};
pub use other::OtherEvent;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::ids::{RecordKey, TenantId, UserId};
use super::invalid::InvalidInput;
use super::time::Timestamp;

/// The identity of an event: the record, the commit that wrote it, its place in that commit.
///
/// Ordered per record without a sequence, and never given twice.
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
/// A store keeps [`Event::encode`] and hands back [`Event::decode`] of it; it may keep the fields
/// beside it for indexes. What a newer release has written is read as far as this one knows it, and
/// encoded again byte for byte.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Event {
    /// The format that the event was written in; 1 so far. A release that gives a known kind other
    /// fields raises it: an older one then reads [`EventKind::Other`].
    pub format: u16,
    /// Which event this is.
    pub id: EventId,
    /// The tenant.
    pub tenant: TenantId,
    /// The account, or none for an identifier that nobody has.
    pub user: Option<UserId>,
    /// Who acted.
    pub actor: ActorKind,
    /// When, by the deciding engine's clock.
    pub at: Timestamp,
    /// Where the request came from, as the host told; `None` for the engine's own work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// What happened.
    #[serde(flatten)]
    pub kind: EventKind,
    /// The text that it was read from, if it says more than the fields do.
    #[serde(skip)]
    pub(crate) text: Option<Arc<str>>,
}

impl Event {
    /// The format that this release writes.
    pub(crate) const FORMAT: u16 = 1;

    /// The event as JSON text: the one that it was read from, as long as nothing was changed.
    #[must_use]
    pub fn encode(&self) -> String {
        match &self.text {
            Some(text) if Self::decode(text).as_ref() == Ok(self) => text.as_ref().to_owned(),
            _ => self.encode_fields(),
        }
    }

    fn encode_fields(&self) -> String {
        // A tree of strings and numbers with string keys: serde_json cannot refuse it.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Reads an event back. A kind that this release does not know is [`EventKind::Other`].
    ///
    /// # Errors
    ///
    /// [`InvalidInput::Malformed`] if it is no event; a store answers `Corrupt`.
    ///
    /// ```
    /// use sspr::{Event, EventKind};
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
        // A known kind that cannot be read is damaged, unless a newer release has changed it.
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
    /// Somebody who has not proven who they are.
    Anonymous,
    /// The user, proven in this flow or signed in.
    User,
    /// An administrator, by the host's name for them.
    Administrator(String),
    /// The engine, in `maintain`.
    Engine,
}
