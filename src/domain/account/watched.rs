//! Codes to new numbers whose end is counted by the breaker of their prefix.

use serde::{Deserialize, Serialize};

use super::numbers::ChallengeNumber;
use super::unknown::Unknown;
use crate::domain::identity::contact::NumberPrefix;
use crate::domain::time::Timestamp;

/// A code to a new number that was sent and has not been counted as ended.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct WatchedCode {
    pub(crate) challenge: ChallengeNumber,
    pub(crate) prefix: NumberPrefix,
    pub(crate) sent_at: Timestamp,
    /// When it was verified, or expires.
    pub(crate) ends_at: Timestamp,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) verified: bool,
    /// Fields of a newer release.
    #[serde(flatten)]
    pub(crate) unknown: Unknown,
}

impl WatchedCode {
    /// The most watched codes of one account. A code beyond them is sent and not counted.
    pub(crate) const MAX: usize = 16;
}
