//! Events of kinds that this release does not know.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// An event of a newer release: its code, and its fields as they are stored.
///
/// It keeps the audit trail readable during a rolling upgrade. Only the newer release knows what
/// the fields mean.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct OtherEvent {
    code: String,
    #[serde(flatten)]
    fields: BTreeMap<String, serde_json::Value>,
}

impl OtherEvent {
    /// The stable code of what happened.
    #[must_use]
    pub const fn code(&self) -> &str {
        self.code.as_str()
    }

    /// The fields of its kind, as a JSON object. None of them holds a secret.
    #[must_use]
    pub fn fields(&self) -> String {
        // Strings and numbers with string keys, which serde_json always encodes.
        serde_json::to_string(&self.fields).unwrap_or_default()
    }
}
