//! Registered methods and where they come from.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::domain::contact::Destination;
use crate::domain::digest::Digest;
use crate::domain::ids::MethodId;
use crate::domain::method::MethodKind;
use crate::domain::time::Timestamp;
use crate::domain::totp::OathParameters;

use super::flow::Expected;
use super::unknown::Unknown;

/// Where an address comes from, and so what it is worth.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Provenance {
    /// The user confirmed it with a code: private data.
    Confirmed,
    /// An administrator supplied it: public data.
    Administrator,
    /// The directory holds it, and nobody confirmed it.
    Directory,
    /// Typed and not confirmed. Never counts.
    Unconfirmed,
}

/// A method on the record.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct Method {
    pub(crate) id: MethodId,
    pub(crate) kind: MethodKind,
    pub(crate) factor: Factor,
    pub(crate) state: MethodState,
    pub(crate) provenance: Provenance,
    pub(crate) added_at: Timestamp,
    /// When a new address may first be used for a reset.
    pub(crate) usable_from: Timestamp,
    /// The method that goes once this one is confirmed and its hold is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) replaces: Option<MethodId>,
    /// A keyed hash of the session that began its confirmation, until it is confirmed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) session: Option<u32>,
    /// Fields of a newer release.
    #[serde(flatten)]
    pub(crate) unknown: Unknown,
}

/// What proves a method.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Factor {
    /// What is sent here.
    Address(#[serde(with = "crate::domain::contact::stored")] Destination),
    /// The code of the present time under this seed.
    Oath(OathDevice),
    /// A code of this set.
    RecoveryCode(RecoveryCodeSet),
}

/// A device that shows time-based codes.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct OathDevice {
    pub(crate) seed: SealedSeed,
    pub(crate) parameters: OathParameters,
    /// The newest time step that was accepted, for whatever purpose: none is accepted twice, and no
    /// older one after it (RFC 6238, 5.2).
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
    /// The longest that is kept: a seal adds less than a hundred bytes to the longest seed.
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

impl fmt::Debug for SealedSeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealedSeed([redacted])")
    }
}

/// Recovery codes that are not used yet, as digests.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct RecoveryCodeSet {
    pub(crate) codes: Vec<Digest>,
    /// The replacement of a code that was used; it counts once its owner says that it is saved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) replacement: Option<Digest>,
    /// Fields of a newer release.
    #[serde(flatten)]
    pub(crate) unknown: Unknown,
}

impl RecoveryCodeSet {
    /// Codes in one set, at most.
    pub(crate) const MAX: usize = 16;
}

impl Factor {
    pub(crate) const fn destination(&self) -> Option<&Destination> {
        match self {
            Self::Address(destination) => Some(destination),
            Self::Oath(_) | Self::RecoveryCode(_) => None,
        }
    }
}

impl Method {
    pub(crate) fn active(&self) -> bool {
        self.state == MethodState::Active
    }

    pub(crate) const fn destination(&self) -> Option<&Destination> {
        self.factor.destination()
    }

    /// What a challenge of this method is answered with.
    pub(crate) fn expected(&self) -> Expected {
        match &self.factor {
            Factor::Address(destination) => Expected::Sent(destination.clone()),
            Factor::Oath(_) => Expected::Oath(self.id.clone()),
            Factor::RecoveryCode(_) => Expected::RecoveryCode(self.id.clone()),
        }
    }

    /// Whether there is anything left that it could be proven with.
    pub(crate) fn provable(&self) -> bool {
        !matches!(&self.factor, Factor::RecoveryCode(set) if set.codes.is_empty())
    }
}

/// Whether a method counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum MethodState {
    Pending,
    Active,
}
