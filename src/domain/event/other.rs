//! Events of kinds that came after this release.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What a newer release has recorded: its code, and its fields as they are.
///
/// It is there so that the audit trail stays readable during a rolling upgrade; what it says, the
/// newer release knows.
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

    /// The fields of its kind: a JSON object. They are another release's; no secret is among them.
    #[must_use]
    pub fn fields(&self) -> String {
        // Strings and numbers with string keys: serde_json cannot refuse them.
        serde_json::to_string(&self.fields).unwrap_or_default()
    }
}
