//! Registered methods, and their provenance.

use serde::{Deserialize, Serialize};

use crate::domain::account::SessionHash;
use crate::domain::crypto::digest::Digest;
use crate::domain::crypto::secret::redacted;
use crate::domain::crypto::totp::OathParameters;
use crate::domain::identity::contact::Destination;
use crate::domain::identity::ids::MethodId;
use crate::domain::method::MethodKind;
use crate::domain::policy::QuestionPolicy;
use crate::domain::time::Timestamp;

use super::flow::Expected;
use super::questions::QuestionSet;
use super::unknown::Unknown;

/// The origin of an address, which decides whether it counts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Provenance {
    /// The user confirmed it with a code: private data.
    Confirmed,
    /// An administrator supplied it: public data.
    Administrator,
    /// The directory holds it; it is not confirmed.
    Directory,
    /// The user typed it and has not confirmed it. Never counts.
    Unconfirmed,
}

/// A method in the record of an account.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct Method {
    pub(crate) id: MethodId,
    pub(crate) kind: MethodKind,
    pub(crate) factor: Factor,
    pub(crate) state: MethodState,
    pub(crate) provenance: Provenance,
    pub(crate) added_at: Timestamp,
    /// When the user last confirmed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) confirmed_at: Option<Timestamp>,
    /// When a new address may first be used for a reset.
    pub(crate) usable_from: Timestamp,
    /// The method that is removed once this one is confirmed and its hold is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) replaces: Option<MethodId>,
    /// A keyed hash of the session that began its confirmation, until it is confirmed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) session: Option<SessionHash>,
    /// Fields of a newer release.
    #[serde(flatten)]
    pub(crate) unknown: Unknown,
}

/// What a method stores to be proven with.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Factor {
    /// The destination to which codes and links are sent.
    Address(#[serde(with = "crate::domain::identity::contact::stored")] Destination),
    /// The device that shows time-based codes.
    Oath(OathDevice),
    /// The set of recovery codes.
    RecoveryCode(RecoveryCodeSet),
    /// The set of security questions.
    SecurityQuestions(QuestionSet),
}

/// A device that shows time-based codes.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct OathDevice {
    pub(crate) seed: SealedSeed,
    pub(crate) parameters: OathParameters,
    /// The newest time step that was accepted, for any purpose. Neither it nor an older step is
    /// accepted again (RFC 6238, 5.2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) used: Option<u64>,
    /// Fields of a newer release.
    #[serde(flatten)]
    pub(crate) unknown: Unknown,
}

/// A seed under the host's seal.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct SealedSeed(pub(crate) Vec<u8>);

impl SealedSeed {
    /// The longest sealed seed, in bytes: a seal adds less than a hundred to the longest seed.
    pub(crate) const MAX_BYTES: usize = 512;
}

impl TryFrom<String> for SealedSeed {
    type Error = data_encoding::DecodeError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        data_encoding::BASE64.decode(text.as_bytes()).map(Self)
    }
}

impl From<SealedSeed> for String {
    fn from(seed: SealedSeed) -> Self {
        data_encoding::BASE64.encode(&seed.0)
    }
}

redacted!(SealedSeed);

/// A set of recovery codes, as the digests of those that are not used yet.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct RecoveryCodeSet {
    pub(crate) codes: Vec<Digest>,
    /// The replacement of a used code, which counts once its owner acknowledges that it is saved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) replacement: Option<Digest>,
    /// Fields of a newer release.
    #[serde(flatten)]
    pub(crate) unknown: Unknown,
}

impl RecoveryCodeSet {
    /// The most codes in one set.
    pub(crate) const MAX: usize = 16;
}

impl Factor {
    pub(crate) const fn destination(&self) -> Option<&Destination> {
        match self {
            Self::Address(destination) => Some(destination),
            Self::Oath(_) | Self::RecoveryCode(_) | Self::SecurityQuestions(_) => None,
        }
    }
}

impl Method {
    /// An active method without a hold.
    pub(crate) const fn active_at(
        now: Timestamp,
        id: MethodId,
        kind: MethodKind,
        factor: Factor,
        provenance: Provenance,
    ) -> Self {
        Self {
            id,
            kind,
            factor,
            state: MethodState::Active,
            provenance,
            added_at: now,
            confirmed_at: None,
            usable_from: now,
            replaces: None,
            session: None,
            unknown: Unknown::NONE,
        }
    }

    /// The same method, until it is confirmed.
    pub(crate) const fn pending(mut self) -> Self {
        self.state = MethodState::Pending;
        self.usable_from = Timestamp::MAX;
        self
    }

    pub(crate) fn active(&self) -> bool {
        self.state == MethodState::Active
    }

    pub(crate) const fn destination(&self) -> Option<&Destination> {
        self.factor.destination()
    }

    /// What a challenge of this method expects.
    pub(crate) fn expected(&self) -> Expected {
        match &self.factor {
            Factor::Address(destination) => Expected::Sent(destination.clone()),
            Factor::Oath(_) => Expected::Oath(self.id.clone()),
            Factor::RecoveryCode(_) => Expected::RecoveryCode(self.id.clone()),
            Factor::SecurityQuestions(_) => Expected::SecurityQuestions(self.id.clone()),
        }
    }

    /// Whether the method can still be proven: a set of recovery codes may be used up, and the
    /// policy may have removed questions of a set.
    pub(crate) fn provable(&self, questions: &QuestionPolicy) -> bool {
        match &self.factor {
            Factor::RecoveryCode(set) => !set.codes.is_empty(),
            Factor::SecurityQuestions(set) => set.is_answerable(questions),
            Factor::Address(_) | Factor::Oath(_) => true,
        }
    }
}

/// Whether a method is confirmed and counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum MethodState {
    Pending,
    Active,
}
