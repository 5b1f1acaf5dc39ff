//! Flows: challenges, proofs and the grant that enough proofs earn.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::domain::budget::PoolKind;
use crate::domain::contact::Destination;
use crate::domain::hex_bytes;
use crate::domain::ids::MethodId;
use crate::domain::message::CodePurpose;
use crate::domain::method::{ChallengeOption, Channel, MethodKind};
use crate::domain::policy::CodeFormat;
use crate::domain::reason::FlowStage;
use crate::domain::time::Timestamp;

/// The random name of a flow, carried in its ticket.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct FlowId(#[serde(with = "hex_bytes")] pub(crate) [u8; 16]);

impl fmt::Debug for FlowId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Half of what a ticket hides: enough to tell two flows apart in a log.
        write!(f, "FlowId({:02x}{:02x}..)", self.0[0], self.0[1])
    }
}

/// What a flow is for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Purpose {
    Reset,
    Register,
}

impl Purpose {
    pub(crate) const fn code(self) -> CodePurpose {
        match self {
            Self::Reset => CodePurpose::Reset,
            Self::Register => CodePurpose::Register,
        }
    }
}

/// One flow.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct Flow {
    pub(crate) number: u32,
    pub(crate) id: FlowId,
    pub(crate) purpose: Purpose,
    /// Grows with each gain of privilege; the ticket names it.
    pub(crate) generation: u8,
    pub(crate) started_at: Timestamp,
    /// One absolute life, from `start`.
    pub(crate) expires_at: Timestamp,
    /// The account's epoch that this flow lives in.
    pub(crate) epoch: u32,
    /// A short keyed hash of the source that began it.
    #[serde(default)]
    pub(crate) source: u32,
    /// The directory's change stamp when the flow began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) stamp: Option<String>,
    /// Distinct methods required: the most that any step has seen.
    pub(crate) required: u8,
    #[serde(default)]
    pub(crate) challenges: Vec<Challenge>,
    #[serde(default)]
    pub(crate) proofs: Vec<Proof>,
    /// The last proof, while its right code may be given again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) repeat: Option<Repeat>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) grant: Option<Grant>,
    /// The goal is reached, and whether every system has it; the flow only shows so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) done: Option<Done>,
}

/// An option and the mask of its destination.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Offer {
    pub(crate) option: ChallengeOption,
    pub(crate) masked: String,
}

/// The end of a flow that reached its goal.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Done {
    pub(crate) at: Timestamp,
    pub(crate) propagated: bool,
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
            Purpose::Reset if self.proofs.is_empty() => PoolKind::Open,
            // A signed-in user has shown more than a stranger can.
            Purpose::Reset | Purpose::Register => PoolKind::Proven,
        }
    }
}

/// A question that only somebody who receives the code can answer.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct Challenge {
    pub(crate) number: u32,
    pub(crate) option: ChallengeOption,
    /// The key that derives the code.
    pub(crate) key: u16,
    #[serde(with = "hex_bytes")]
    pub(crate) nonce: [u8; 12],
    pub(crate) format: CodeFormat,
    pub(crate) opened_at: Timestamp,
    pub(crate) expires_at: Timestamp,
    /// Comparisons that are left; taken from the pool when the challenge was opened.
    pub(crate) attempts: u8,
    pub(crate) pool: PoolKind,
    /// Where the code goes; `None` for a hollow challenge, whose code goes nowhere and never fits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) destination: Option<Destination>,
    /// The method being confirmed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) confirms: Option<MethodId>,
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
    /// The normalised destination: two gates want two of them.
    pub(crate) destination: Destination,
    pub(crate) challenge: u32,
    pub(crate) at: Timestamp,
}

/// What is needed to give the same answer to the same right code once more: the answered challenge,
/// with at most three of the attempts that it had left.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct Repeat {
    pub(crate) challenge: Challenge,
}

/// The right to set a password, earned by enough distinct proofs.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct Grant {
    pub(crate) expires_at: Timestamp,
    /// Rejected passwords so far; ten end the grant.
    pub(crate) rejections: u8,
}
