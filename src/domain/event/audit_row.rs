//! Rows of an audit log: an event in the terms of Entra and of OWASP, for tables and log systems.

use std::fmt;

use serde::{Serialize, Serializer};
use sha2::{Digest as _, Sha256};

use super::activity::{ActivityEntry, ActivityStatus};
use super::kind::EventKind;
use super::status_reason::StatusReason;
use super::{ActorKind, Event, EventId};
use crate::domain::account::FlowNumber;
use crate::domain::identity::ids::{RecordKey, TenantId, UserId};
use crate::domain::method::MethodKind;
use crate::domain::time::Timestamp;

/// What the events of one flow have in common, written like a UUID (version 8, RFC 9562).
///
/// It is computed from the account's record and the number of the flow, so two engines give a flow
/// the same id. Numbers of flows start again once a record was purged, 31 days after its last use.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CorrelationId([u8; 16]);

impl CorrelationId {
    fn of(record: &RecordKey, flow: FlowNumber) -> Self {
        let mut hasher = Sha256::new();
        hasher.update(b"sspr correlation");
        hasher.update(record.as_bytes());
        hasher.update(flow.get().to_be_bytes());
        let hash: [u8; 32] = hasher.finalize().into();
        let mut id: [u8; 16] = std::array::from_fn(|place| hash[place]);
        id[6] = 0x80 | (id[6] & 0x0f);
        id[8] = 0x80 | (id[8] & 0x3f);
        Self(id)
    }
}

impl fmt::Display for CorrelationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, byte) in self.0.iter().enumerate() {
            let hyphen = if matches!(place, 4 | 6 | 8 | 10) { "-" } else { "" };
            write!(f, "{hyphen}{byte:02x}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for CorrelationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for CorrelationId {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

/// An event as a row of an audit log, in JSON and as a table.
///
/// Times are in RFC 3339, in UTC.
///
/// ```
/// use sspr::audit::{AuditRow, Event};
///
/// # let key = "00".repeat(32);
/// let text = r#"{"format":1,"id":{"record":"KEY","count":7,"index":0},"tenant":"contoso",
///     "user":"u-1","actor":"user","at":1800000000000,"code":"registration_completed"}"#;
/// let event = Event::decode(&text.replace("KEY", &key))?;
/// let activities: Vec<_> = AuditRow::of(&event).iter().map(|row| row.activity).collect();
/// assert_eq!(
///     activities,
///     [
///         Some("User registered all required security info"),
///         Some("User registered for self-service password reset"),
///     ]
/// );
/// # Ok::<(), sspr::InvalidInput>(())
/// ```
#[derive(Clone, PartialEq, Debug, Serialize)]
#[non_exhaustive]
pub struct AuditRow {
    /// When it happened.
    #[serde(serialize_with = "rfc3339")]
    pub at: Timestamp,
    /// The tenant.
    pub tenant: TenantId,
    /// The service of Entra that logs the activity.
    pub service: Option<&'static str>,
    /// Entra's activity; `None` if Entra logs nothing of this kind.
    pub activity: Option<&'static str>,
    /// Entra's category of it.
    pub category: Option<&'static str>,
    /// How it ended.
    pub status: Option<ActivityStatus>,
    /// Why.
    pub reason: Option<StatusReason>,
    /// Who acted: `anonymous`, `user`, `engine`, or an administrator's name.
    pub actor: String,
    /// Whether the actor is an administrator.
    pub administrator: bool,
    /// The user whom it concerns.
    pub user: Option<UserId>,
    /// The source of the request.
    pub source: Option<String>,
    /// The flow that it belongs to.
    pub correlation: Option<CorrelationId>,
    /// The methods that it names, in the order in which they were proven.
    pub methods: Vec<MethodKind>,
    /// The stable code of the event.
    pub code: String,
    /// The event in the form of the OWASP Logging Vocabulary ([`Event::log_line`]).
    pub log: Option<String>,
    /// The level of the vocabulary.
    pub level: Option<super::LogLevel>,
    /// The id of the event.
    #[serde(serialize_with = "id_text")]
    pub id: EventId,
}

fn rfc3339<S: Serializer>(at: &Timestamp, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(at)
}

fn id_text<S: Serializer>(id: &EventId, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(id)
}

impl fmt::Display for EventId {
    /// Writes `RECORD-COUNT-INDEX`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}-{}", self.record, self.count, self.index)
    }
}

impl AuditRow {
    /// The rows of an event: one for each activity of Entra's, or one without an activity.
    #[must_use]
    pub fn of(event: &Event) -> Vec<Self> {
        let entries = event.kind.activities();
        if entries.is_empty() {
            return vec![Self::with(event, None)];
        }
        entries.into_iter().map(|entry| Self::with(event, Some(entry))).collect()
    }

    fn with(event: &Event, entry: Option<ActivityEntry>) -> Self {
        let (actor, administrator) = match &event.actor {
            ActorKind::Anonymous => ("anonymous", false),
            ActorKind::User => ("user", false),
            ActorKind::Administrator(name) => (name.as_str(), true),
            ActorKind::Engine => ("engine", false),
        };
        let activity = entry.map(|entry| entry.activity);
        Self {
            at: event.at,
            tenant: event.tenant.clone(),
            service: activity.map(|activity| activity.service().name()),
            activity: activity.map(super::Activity::name),
            category: activity
                .and_then(super::Activity::category)
                .map(super::ActivityCategory::name),
            status: entry.map(|entry| entry.status),
            reason: entry.and_then(|entry| entry.reason),
            actor: actor.to_owned(),
            administrator,
            user: event.user.clone(),
            source: event.source.clone(),
            correlation: event.correlation(),
            methods: event.kind.methods(),
            code: event.code().to_owned(),
            log: event.log_line(),
            level: event.kind.log_term().map(super::LogTerm::level),
            id: event.id,
        }
    }
}

impl Event {
    /// What the events of the same flow have in common; `None` if the event belongs to no flow.
    #[must_use]
    pub fn correlation(&self) -> Option<CorrelationId> {
        self.kind.flow().map(|flow| CorrelationId::of(&self.id.record, flow))
    }
}

impl EventKind {
    /// The number of the flow that the event belongs to.
    #[must_use]
    pub const fn flow(&self) -> Option<FlowNumber> {
        match self {
            Self::ChallengeOpened { flow, .. }
            | Self::ChangeStarted { flow }
            | Self::AttemptCounted { flow, .. }
            | Self::MethodProven { flow, .. }
            | Self::LinkRedeemedElsewhere { flow }
            | Self::ProofRepeated { flow, .. }
            | Self::PasswordRejected { flow, .. }
            | Self::DirectoryWriteStarted { flow, .. }
            | Self::DirectoryWriteFailed { flow, .. }
            | Self::DirectoryWriteUnsettled { flow, .. }
            | Self::PasswordReset { flow, .. }
            | Self::PasswordChanged { flow, .. }
            | Self::AccountUnlocked { flow, .. }
            | Self::FlowEnded { flow, .. } => Some(*flow),
            _ => None,
        }
    }

    /// The methods that the event names, in the order in which they were proven.
    #[must_use]
    pub fn methods(&self) -> Vec<MethodKind> {
        match self {
            Self::PasswordReset { methods, .. } | Self::AccountUnlocked { methods, .. } => {
                methods.clone()
            }
            Self::ChallengeOpened { method, .. }
            | Self::NumberCounted { method }
            | Self::SecretCounted { method }
            | Self::AttemptCounted { method, .. }
            | Self::MethodProven { method, .. }
            | Self::OathStepUsed { method, .. }
            | Self::ProofRepeated { method, .. }
            | Self::Blocked { method, .. }
            | Self::MethodClosed { method }
            | Self::AttemptRefunded { method, .. }
            | Self::MethodDisabled { method }
            | Self::MethodAdded { method, .. }
            | Self::MethodConfirmed { method, .. }
            | Self::MethodRemoved { method, .. }
            | Self::MethodReplaced { method, .. }
            | Self::DefaultMethodChanged { method, .. } => vec![*method],
            _ => Vec::new(),
        }
    }
}
