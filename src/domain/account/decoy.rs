//! The part of a record that makes it a decoy.

use serde::{Deserialize, Serialize};

use crate::domain::record::hex_bytes;
use crate::domain::record::serde_text::is_default;

use super::method::Method;
use super::unknown::Unknown;

/// What makes an account a decoy.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct Decoy {
    /// A keyed hash of the name that the decoy stands for.
    #[serde(with = "hex_bytes")]
    pub(crate) identifier: [u8; 8],
    /// Methods that no rule reads: they make the body as long as that of an account.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) methods: Vec<Method>,
    /// Whether the record stood for another name until this step.
    #[serde(skip)]
    pub(crate) taken_over: bool,
    /// Fields of a newer release.
    #[serde(flatten)]
    pub(crate) unknown: Unknown,
}
