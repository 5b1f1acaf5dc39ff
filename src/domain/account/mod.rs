//! The state of one account: everything that must change together.

pub(crate) mod budget;
mod decoy;
mod flow;
mod method;
mod numbers;
mod outbox;
mod questions;
mod registration;
mod repudiated;
mod sends;
mod shared;
mod size;
mod throttles;
mod unknown;
mod unwritten;
mod watched;

pub(crate) use decoy::Decoy;
pub use flow::Purpose;
pub(crate) use flow::{
    Bearer, Challenge, Done, Expected, Flow, FlowId, Grant, Offer, Proof, Repeat,
};
pub use method::Provenance;
pub(crate) use method::{Factor, Method, MethodState, OathDevice, RecoveryCodeSet, SealedSeed};
pub use numbers::{ChallengeNumber, FlowNumber, MessageNumber, WriteNumber};
pub(crate) use numbers::{CredentialEpoch, Generation, MethodNumber, SessionHash, SourceHash};
pub(crate) use outbox::{Counted, Effect, Pending, PendingBody, Write, WriteState};
pub(crate) use questions::{AnswerHash, QuestionSet, StoredAnswer};
pub(crate) use registration::{RegistrationState, Sitting};
pub(crate) use repudiated::Repudiated;
pub(crate) use sends::Sends;
use shared::Shared;
pub(crate) use unknown::Unknown;
pub(crate) use unwritten::Unwritten;
pub(crate) use watched::WatchedCode;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::domain::account::budget::{MethodBudget, ThrottleState};
use crate::domain::crypto::digest::Digest;
use crate::domain::identity::ids::{MethodId, RecordKey, TenantId, UserId};
use crate::domain::method::MethodKind;
use crate::domain::record::hex_bytes;
use crate::domain::record::serde_text::is_default;
use crate::domain::time::Timestamp;
use crate::domain::trail::Head;

/// The format that this release writes.
pub(crate) const FORMAT: u16 = 1;

/// One account, or one decoy.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct Account {
    pub(crate) format: u16,
    /// The oldest release that may read this record, and that may write it.
    pub(crate) min_reader: u16,
    pub(crate) min_writer: u16,
    pub(crate) key: RecordKey,
    pub(crate) tenant: TenantId,
    /// `None` for a decoy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) user: Option<UserId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) incarnation: Option<Arc<str>>,
    /// Grows whenever everything outstanding becomes void.
    pub(crate) epoch: CredentialEpoch,
    // What a guess changes comes before what it leaves: PostgreSQL logs the bytes of a row from the
    // first to the last that is changed. `tests/api/records.rs` holds it.
    /// The latest time that any engine gave this record.
    pub(crate) seen: Timestamp,
    /// The head of the chain of the record's events.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) trail: Option<Head>,
    /// What the throttles of the policy have counted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) throttles: Vec<ThrottleState>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) budgets: Vec<MethodBudget>,
    /// Challenges that send something: a message, or the push of a host-verified method.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) sends: Sends,
    /// Challenges of methods in hand, which send nothing.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) in_hand: Sends,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) flows: Vec<Flow>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) outbox: Vec<Pending>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) write: Option<Write>,
    /// Codes to new numbers that are not counted as ended yet.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) watched: Vec<WatchedCode>,
    /// Events of earlier commits, each of which had more than [`MAX_EVENTS`] to write. The next
    /// commits write them, before their own.
    ///
    /// [`MAX_EVENTS`]: crate::domain::event::MAX_EVENTS
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) unwritten: Vec<Unwritten>,
    pub(crate) numbers: Numbers,
    /// The numbers of the last settled writes: none is settled twice.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) settled: Vec<WriteNumber>,
    /// The times of acts that the owner is notified of, by the user and by administrators.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) acts: Acts,
    /// The times of notices, for each address.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) told: Vec<Told>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) registration: RegistrationState,
    #[serde(default)]
    pub(crate) methods: Shared<Vec<Method>>,
    /// The options that the account had when a challenge was last opened.
    #[serde(default)]
    pub(crate) offers: Shared<Vec<Offer>>,
    /// Browsers that have completed a flow, by the digest of their secret.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) devices: Vec<KnownDevice>,
    /// Sources from which the user has registered a method or completed a flow.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) sources: Vec<FamiliarSource>,
    /// When administrators were last asked for help.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) help_at: Option<Timestamp>,
    /// What the owner has repudiated by the links of notices.
    #[serde(default, skip_serializing_if = "Repudiated::is_none")]
    pub(crate) repudiated: Repudiated,
    /// Whether an administrator has removed what the record held about the user. The record is
    /// purged once its outbox is empty.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) forgotten: bool,
    /// Present if the record is a decoy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) decoy: Option<Box<Decoy>>,
    /// Fields of a newer release.
    #[serde(flatten)]
    pub(crate) unknown: Unknown,
}

/// The last number of each kind that was given out. Numbers never repeat, so that no two codes are
/// derived from the same input.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Numbers {
    pub(crate) flow: FlowNumber,
    pub(crate) challenge: ChallengeNumber,
    pub(crate) message: MessageNumber,
    pub(crate) write: WriteNumber,
    pub(crate) method: MethodNumber,
}

/// A browser that has completed a flow. It proves nothing; it draws on the proven pool.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct KnownDevice {
    pub(crate) secret: Digest,
    pub(crate) until: Timestamp,
    /// Fields of a newer release.
    #[serde(flatten)]
    pub(crate) unknown: Unknown,
}

/// A source from which the user has registered a method or completed a flow. It proves nothing; it
/// draws on the proven pool.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct FamiliarSource {
    /// A keyed hash of this account and the source, never the address.
    #[serde(with = "hex_bytes")]
    pub(crate) source: [u8; 8],
    pub(crate) until: Timestamp,
    /// Fields of a newer release.
    #[serde(flatten)]
    pub(crate) unknown: Unknown,
}

/// The times of acts within the last day.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Acts {
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) user: Vec<Timestamp>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) administrators: Vec<Timestamp>,
    /// Acts that administrators were refused, within the last hour.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) refused: Vec<Timestamp>,
}

/// The times of notices to one address within its window.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Told {
    /// A short hash of the address, so that an address of the directory is not stored.
    pub(crate) to: u32,
    pub(crate) times: Vec<Timestamp>,
}

impl Account {
    /// An account without any history.
    pub(crate) fn blank(
        key: RecordKey,
        tenant: TenantId,
        user: Option<UserId>,
        now: Timestamp,
    ) -> Self {
        Self {
            format: FORMAT,
            min_reader: 1,
            min_writer: 1,
            key,
            tenant,
            user,
            incarnation: None,
            epoch: CredentialEpoch::default(),
            seen: now,
            // The directory remembers writes by their numbers, perhaps for longer than the record
            // exists. A new record starts with a number that no earlier record of the user has
            // reached.
            numbers: Numbers {
                write: WriteNumber(u32::try_from(now.unix_millis() / 1_000).unwrap_or_default()),
                ..Numbers::default()
            },
            registration: RegistrationState::default(),
            methods: Shared::default(),
            offers: Shared::default(),
            flows: Vec::new(),
            budgets: Vec::new(),
            sends: Sends::default(),
            in_hand: Sends::default(),
            throttles: Vec::new(),
            outbox: Vec::new(),
            write: None,
            watched: Vec::new(),
            acts: Acts::default(),
            told: Vec::new(),
            devices: Vec::new(),
            sources: Vec::new(),
            help_at: None,
            repudiated: Repudiated::default(),
            forgotten: false,
            settled: Vec::new(),
            unwritten: Vec::new(),
            trail: None,
            decoy: None,
            unknown: Unknown::NONE,
        }
    }

    pub(crate) fn budget(&self, method: MethodKind) -> Option<&MethodBudget> {
        self.budgets.iter().find(|budget| budget.method == method)
    }

    pub(crate) fn budget_mut(&mut self, method: MethodKind) -> &mut MethodBudget {
        let existing = self.budgets.iter().position(|budget| budget.method == method);
        let place = existing.unwrap_or_else(|| {
            self.budgets.push(MethodBudget::new(method));
            self.budgets.len() - 1
        });
        &mut self.budgets[place]
    }

    pub(crate) fn method(&self, id: &MethodId) -> Option<&Method> {
        self.methods.iter().find(|method| method.id == *id)
    }

    /// Whether the record belongs to the incarnation that the directory gives now. If the
    /// identifier was given to another person, that person gets nothing from the record of the
    /// earlier one.
    ///
    /// A record from before the directory gave marks belongs to an unknown incarnation. Once there
    /// is a mark, it stays closed until an administrator confirms it, unless it holds nothing that
    /// could be inherited.
    pub(crate) fn is_of(&self, incarnation: Option<&str>) -> bool {
        match (self.incarnation.as_deref(), incarnation) {
            (None, None) => true,
            (None, Some(_)) => self.opens_nothing(),
            (Some(mine), now) => now == Some(mine),
        }
    }

    /// Whether the record holds nothing that could give access to the account: no method, known
    /// device, flow or write.
    fn opens_nothing(&self) -> bool {
        self.methods.is_empty()
            && self.devices.is_empty()
            && self.flows.is_empty()
            && self.write.is_none()
    }

    /// Whether a flow has proven this method. It then counts in that flow, even if it cannot be
    /// proven again.
    pub(crate) fn has_proven(&self, id: &MethodId) -> bool {
        let proofs = self.flows.iter().flat_map(|flow| &flow.proofs);
        proofs.into_iter().any(|proof| proof.identity == id.as_str())
    }

    /// The method, to be changed. It is found with `position` first, since a mutable search would
    /// copy the shared list even if there is no such method.
    pub(crate) fn method_mut(&mut self, id: &MethodId) -> Option<&mut Method> {
        let place = self.methods.iter().position(|method| method.id == *id)?;
        self.methods.get_mut(place)
    }

    /// The methods that are replaced by another one which is confirmed and whose hold is over.
    pub(crate) fn superseded(&self, now: Timestamp) -> impl Iterator<Item = &MethodId> {
        self.methods
            .iter()
            .filter(move |method| method.active() && method.usable_from <= now)
            .filter_map(|method| method.replaces.as_ref())
    }

    pub(crate) fn flow(&self, id: &FlowId) -> Option<&Flow> {
        self.flows.iter().find(|flow| flow.id == *id)
    }

    pub(crate) fn flow_mut(&mut self, id: &FlowId) -> Option<&mut Flow> {
        self.flows.iter_mut().find(|flow| flow.id == *id)
    }
}
