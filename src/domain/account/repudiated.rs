//! What the owner has repudiated.

use serde::{Deserialize, Serialize};

use crate::domain::time::Timestamp;

/// The state that the *it was not me* links of notices leave behind: two times, however many links
/// there are.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Repudiated {
    /// Since when self-service is blocked. An administrator unblocks it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) blocked_since: Option<Timestamp>,
    /// Links about changes up to this time are used, or were void when an administrator acted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) through: Option<Timestamp>,
}

impl Repudiated {
    pub(super) fn is_none(&self) -> bool {
        *self == Self::default()
    }

    pub(crate) const fn is_blocked(&self) -> bool {
        self.blocked_since.is_some()
    }
}
