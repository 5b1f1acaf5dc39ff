//! The breaker of a prefix: when codes to new numbers of one prefix stop, and when they go on.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::domain::time::{DAY, HOUR, MINUTE, duration_ms};

/// When codes to new numbers of one prefix are stopped, because too few of them are verified.
///
/// Messages to a fraudster's numbers cost money, and their codes are seldom entered. A code counts
/// when it is verified or has expired. Once [`sample`](Self::sample) codes of one prefix have ended
/// within [`window`](Self::window), and fewer than [`verified_percent`](Self::verified_percent) of them
/// were verified, the breaker of the prefix opens. After [`rest`](Self::rest) it lets
/// [`probes`](Self::probes) codes through. If enough of these are verified, it closes, otherwise it stays
/// open for another [`rest`](Self::rest). An administrator can close it at any time.
///
/// It stops only codes that [`NumberPolicy`](super::NumberPolicy) calls codes to new numbers.
///
/// ```
/// use std::time::Duration;
/// use sspr::policy::Breaker;
///
/// let breaker = Breaker::default();
/// assert_eq!((breaker.sample, breaker.verified_percent, breaker.probes), (50, 20, 5));
/// assert_eq!(breaker.window, Duration::from_secs(3_600));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Breaker {
    /// The fewest ended codes from which the share is computed. Default 50, 5 to 10,000.
    pub sample: u32,
    /// The share of verified codes, in percent, below which the breaker opens. Default 20, 1 to 90. A
    /// code that was replaced by another one counts as not verified.
    pub verified_percent: u8,
    /// The time in which ended codes are counted. Default one hour, 10 minutes to 24 hours.
    #[cfg_attr(test, schemars(with = "crate::domain::schema_forms::WrittenSpan"))]
    #[serde(with = "duration_ms")]
    pub window: Duration,
    /// How long an open breaker lets no code through. Default 4 hours. Longer than `window` by at least
    /// a quarter and 10 minutes, so that no code of the time before counts again; at most 7 days.
    #[cfg_attr(test, schemars(with = "crate::domain::schema_forms::WrittenSpan"))]
    #[serde(with = "duration_ms")]
    pub rest: Duration,
    /// The codes that a breaker lets through after each `rest`, to see whether they are verified.
    /// Default 5, 1 to 100.
    pub probes: u32,
}

impl Default for Breaker {
    fn default() -> Self {
        Self { sample: 50, verified_percent: 20, window: HOUR, rest: 4 * HOUR, probes: 5 }
    }
}

impl Breaker {
    /// What is wrong with these settings, if anything.
    pub(super) fn problem(&self) -> Option<&'static str> {
        if !(5..=10_000).contains(&self.sample) {
            return Some("`sample` must be 5 to 10000");
        }
        if !(1..=90).contains(&self.verified_percent) {
            return Some("`verified_percent` must be 1 to 90");
        }
        if !(10 * MINUTE..=DAY).contains(&self.window) {
            return Some("`window` must be 10 minutes to 24 hours");
        }
        if self.rest < self.least_rest() || self.rest > 7 * DAY {
            return Some(
                "`rest` must be at most 7 days, and longer than `window` by a quarter and 10 minutes",
            );
        }
        if !(1..=100).contains(&self.probes) {
            return Some("`probes` must be 1 to 100");
        }
        None
    }

    /// The least rest, after which no code from before it counts.
    pub(crate) fn least_rest(&self) -> Duration {
        // The slices of a window cover up to an eighth more, and the clocks of engines differ.
        self.window.saturating_add(self.window / 4).saturating_add(10 * MINUTE)
    }

    /// Whether the share of verified codes is below the threshold.
    pub(crate) fn is_too_low(&self, share: VerifiedShare) -> bool {
        let threshold = u64::from(self.verified_percent).saturating_mul(share.ended);
        share.verified.saturating_mul(100) < threshold
    }
}

/// How many codes have ended, and how many of them were verified.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct VerifiedShare {
    pub(crate) ended: u64,
    pub(crate) verified: u64,
}
