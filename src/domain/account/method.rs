//! Registered methods and where they come from.

use serde::{Deserialize, Serialize};

use crate::domain::contact::Destination;
use crate::domain::ids::MethodId;
use crate::domain::method::MethodKind;
use crate::domain::time::Timestamp;

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
    pub(crate) destination: Destination,
    pub(crate) state: MethodState,
    pub(crate) provenance: Provenance,
    pub(crate) added_at: Timestamp,
    /// When a new address may first be used for a reset.
    pub(crate) usable_from: Timestamp,
}

/// Whether a method counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum MethodState {
    Pending,
    Active,
}
