//! Flows, with their challenges, their proofs, and the grant that enough proofs earn.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::numbers::{ChallengeNumber, CredentialEpoch, FlowNumber, Generation, SourceHash};
use crate::domain::account::budget::PoolKind;
use crate::domain::crypto::digest::Digest;
use crate::domain::identity::contact::Destination;
use crate::domain::identity::ids::MethodId;
use crate::domain::message::CodePurpose;
use crate::domain::method::{ChallengeOption, Channel, MethodKind};
use crate::domain::policy::CodeFormat;
use crate::domain::questions::QuestionId;
use crate::domain::reason::FlowStage;
use crate::domain::record::hex_bytes;
use crate::domain::record::serde_text::is_default;
use crate::domain::time::Timestamp;

use super::unknown::Unknown;

/// The random name of a flow, carried in its ticket.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct FlowId(#[serde(with = "hex_bytes")] pub(crate) [u8; 16]);

impl fmt::Debug for FlowId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A part of the id, enough to tell two flows apart in a log: the ticket keeps the rest
        // secret.
        write!(f, "FlowId({:02x}{:02x}..)", self.0[0], self.0[1])
    }
}

/// The flow that a ticket names. Only the newest ticket counts: an older one may be in other hands.
#[derive(Clone, Copy)]
pub(crate) struct Bearer<'a> {
    pub(crate) flow: &'a FlowId,
    pub(crate) purpose: Purpose,
    pub(crate) generation: Generation,
}

/// What a flow is for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Purpose {
    /// Set a new password in place of a forgotten one.
    Reset,
    /// Confirm a method.
    Register,
    /// Clear a lockout, and keep the password.
    Unlock,
    /// Set a new password in place of a known one.
    Change,
}

impl Purpose {
    pub(crate) const ALL: [Self; 4] = [Self::Reset, Self::Register, Self::Unlock, Self::Change];

    pub(crate) const fn code(self) -> CodePurpose {
        match self {
            Self::Register => CodePurpose::Register,
            Self::Unlock => CodePurpose::Unlock,
            // The proof of a change is the password itself; no code goes out for it.
            Self::Reset | Self::Change => CodePurpose::Reset,
        }
    }

    /// Whether a stranger may begin such a flow.
    pub(crate) const fn anonymous(self) -> bool {
        matches!(self, Self::Reset | Self::Unlock)
    }
}

/// One flow.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct Flow {
    pub(crate) number: FlowNumber,
    pub(crate) id: FlowId,
    /// The id that the flow had before its link was redeemed without its ticket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) former: Option<FlowId>,
    pub(crate) purpose: Purpose,
    /// Grows with each gain of privilege; the ticket names it.
    pub(crate) generation: Generation,
    pub(crate) started_at: Timestamp,
    /// The end of the flow, counted from its start and never extended.
    pub(crate) expires_at: Timestamp,
    /// The account's epoch that this flow lives in.
    pub(crate) epoch: CredentialEpoch,
    /// A short keyed hash of the source that began the flow.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) source: SourceHash,
    /// Whether an administrator began the flow. Its first ticket is issued when its link is
    /// redeemed.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) by_administrator: bool,
    /// Whether the flow was begun from a known device.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) known_device: bool,
    /// Whether the flow was begun from a familiar source.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) familiar: bool,
    /// The directory's change stamp when the flow began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) stamp: Option<Arc<str>>,
    /// Distinct methods required: the most that any step has seen.
    pub(crate) required: u8,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) challenges: Vec<Challenge>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) proofs: Vec<Proof>,
    /// The last proof, while its correct code may be repeated. Boxed, since few flows have one and
    /// every step copies them all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) repeat: Option<Box<Repeat>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) grant: Option<Grant>,
    /// Present once the flow has reached its goal; the flow then only shows that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) done: Option<Done>,
    /// Fields of a newer release.
    #[serde(flatten)]
    pub(crate) unknown: Unknown,
}

/// An option and the mask of its destination.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Offer {
    pub(crate) option: ChallengeOption,
    pub(crate) masked: String,
}

/// The end of a flow that reached its goal.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Done {
    pub(crate) at: Timestamp,
    pub(crate) propagated: bool,
    /// Whether a recovery code was used and is not replaced yet.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) replace_recovery_code: bool,
    /// Whether its browser has become a known device.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) remembered: bool,
}

impl Flow {
    pub(crate) fn live(&self, now: Timestamp) -> bool {
        self.done.is_none() && now < self.expires_at
    }

    /// How far the flow has come, for the audit trail.
    pub(crate) const fn stage(&self) -> FlowStage {
        if self.grant.is_some() {
            FlowStage::Granted
        } else if self.proofs.is_empty() {
            FlowStage::Challenged
        } else {
            FlowStage::PartlyProven
        }
    }

    pub(crate) const fn pool(&self) -> PoolKind {
        match self.purpose {
            Purpose::Reset | Purpose::Unlock
                if self.proofs.is_empty()
                    && !self.known_device
                    && !self.familiar
                    && !self.by_administrator =>
            {
                PoolKind::Anonymous
            }
            // Signed-in users, and flows with a proof, a known device or a familiar source.
            _ => PoolKind::Proven,
        }
    }

    /// Whether the flow is limited to the share of its source: it has nothing but its source to
    /// tell it from strangers, and strangers may use the same source.
    pub(crate) const fn shared(&self) -> bool {
        self.purpose.anonymous()
            && self.proofs.is_empty()
            && !self.known_device
            && !self.by_administrator
    }
}

/// One request for a proof, over one channel.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct Challenge {
    pub(crate) number: ChallengeNumber,
    pub(crate) option: ChallengeOption,
    /// The key that derives the code.
    pub(crate) key: u16,
    #[serde(with = "hex_bytes")]
    pub(crate) nonce: [u8; 12],
    pub(crate) format: CodeFormat,
    pub(crate) opened_at: Timestamp,
    pub(crate) expires_at: Timestamp,
    /// The attempts that are left. All were taken from the pool when the challenge was opened.
    pub(crate) attempts: u8,
    /// Whether an attempt was made. Until then a throttle of failed proofs keeps one for it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) tried: bool,
    pub(crate) pool: PoolKind,
    /// A short keyed hash of the source that opened the challenge and to which its failures count.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) source: SourceHash,
    pub(crate) expected: Expected,
    /// The method being confirmed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) confirms: Option<MethodId>,
    /// Fields of a newer release.
    #[serde(flatten)]
    pub(crate) unknown: Unknown,
}

/// What a challenge expects.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Expected {
    /// Nothing: the challenge is a decoy, and no code is sent.
    Decoy,
    /// The code or link that is sent to this destination.
    Sent(#[serde(with = "crate::domain::identity::contact::stored")] Destination),
    /// The time-based code of this method.
    Oath(MethodId),
    /// A recovery code of this set.
    RecoveryCode(MethodId),
    /// The answers to questions of this set.
    SecurityQuestions(MethodId),
    /// A proof that the host verifies.
    External,
    /// Nothing: the challenge is a decoy. Several users have this mailbox, and it gets their sign-in
    /// names.
    SignInNames(#[serde(with = "crate::domain::identity::contact::stored")] Destination),
}

impl Expected {
    /// Whether no answer is right.
    pub(crate) const fn is_decoy(&self) -> bool {
        matches!(self, Self::Decoy | Self::SignInNames(_))
    }

    /// Whether a message is sent to its destination.
    pub(crate) const fn is_sent(&self) -> bool {
        self.destination().is_some()
    }

    /// The identity by which proofs are distinct: the normalised destination, the id of the method,
    /// or the name of its kind.
    pub(crate) fn identity(&self, kind: MethodKind) -> String {
        match self {
            Self::Sent(destination) => destination.normalised(),
            Self::Oath(id) | Self::RecoveryCode(id) | Self::SecurityQuestions(id) => {
                id.as_str().to_owned()
            }
            Self::External | Self::Decoy | Self::SignInNames(_) => kind.as_str().to_owned(),
        }
    }

    pub(crate) const fn destination(&self) -> Option<&Destination> {
        match self {
            Self::Sent(destination) | Self::SignInNames(destination) => Some(destination),
            _ => None,
        }
    }
}

impl Challenge {
    pub(crate) const fn method(&self) -> MethodKind {
        self.option.method()
    }

    pub(crate) const fn channel(&self) -> Channel {
        self.option.channel()
    }

    pub(crate) fn live(&self, now: Timestamp) -> bool {
        now < self.expires_at
    }
}

/// A method proven in this flow.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct Proof {
    pub(crate) method: MethodKind,
    /// The identity of the method: see [`Expected::identity`].
    pub(crate) identity: String,
    pub(crate) challenge: ChallengeNumber,
    pub(crate) at: Timestamp,
    /// Fields of a newer release.
    #[serde(flatten)]
    pub(crate) unknown: Unknown,
}

/// The proven challenge, kept so that the same correct code gets the same reply again. It has at
/// most three of the attempts that were left.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct Repeat {
    pub(crate) challenge: Challenge,
    /// The matched time step or recovery code, if the challenge accepts several codes: only the
    /// same one is a repeat.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) step: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) code: Option<Digest>,
    /// The questions that were answered: a repeat answers the same.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) asked: Vec<QuestionId>,
    /// Fields of a newer release.
    #[serde(flatten)]
    pub(crate) unknown: Unknown,
}

/// The right to set a password, earned by enough distinct proofs.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct Grant {
    pub(crate) expires_at: Timestamp,
    /// Rejected passwords so far; ten end the grant.
    pub(crate) rejections: u8,
    /// Fields of a newer release.
    #[serde(flatten)]
    pub(crate) unknown: Unknown,
}
