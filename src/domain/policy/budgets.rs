//! The numbers of a policy: lifetimes, failure budgets, and limits on challenges and notices.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::domain::time::{DAY, HOUR, MINUTE, duration_ms};

/// How long flows, codes and grants live.
///
/// ```
/// use std::time::Duration;
/// use sspr::{Policy, PolicySettings};
///
/// let mut settings = PolicySettings::default();
/// settings.lifetimes.phone_code = Duration::from_secs(5 * 60);
/// assert!(Policy::new(settings).is_ok());
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Lifetimes {
    /// One flow, from `start` to the new password. Never extended. Default 15 minutes (Entra), 1
    /// minute to 24 hours.
    #[serde(with = "duration_ms")]
    pub flow: Duration,
    /// The grant that enough proofs earn. It ends with its flow. Default 10 minutes, 1 to 60.
    #[serde(with = "duration_ms")]
    pub grant: Duration,
    /// A code sent by mail. It ends with its flow, like every code. Default 10 minutes (ASVS
    /// 6.5.5), 1 minute to 24 hours (NIST).
    #[serde(with = "duration_ms")]
    pub email_code: Duration,
    /// A link sent by mail. Default 30 minutes, 1 to 60 (OWASP: rarely more than an hour). It also
    /// ends with its flow, so it lives 15 minutes unless `flow` is longer.
    #[serde(with = "duration_ms")]
    pub email_link: Duration,
    /// A code sent by text or spoken in a call. Default 10 minutes, 1 to 10 (NIST).
    #[serde(with = "duration_ms")]
    pub phone_code: Duration,
    /// A directory write. After this time it counts as unsettled, and its notice goes out. Default
    /// 30 seconds, 5 seconds to 10 minutes.
    #[serde(with = "duration_ms")]
    pub directory_write: Duration,
}

impl Default for Lifetimes {
    fn default() -> Self {
        Self {
            flow: 15 * MINUTE,
            grant: 10 * MINUTE,
            email_code: 10 * MINUTE,
            email_link: 30 * MINUTE,
            phone_code: 10 * MINUTE,
            directory_write: Duration::from_secs(30),
        }
    }
}

/// A number of events in a sliding window.
///
/// ```
/// use std::time::Duration;
/// use sspr::policy::Rate;
///
/// let ten_a_day = Rate::new(10, Duration::from_secs(24 * 3600));
/// assert_eq!(ten_a_day.max, 10);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Rate {
    /// How many events are allowed within the window.
    pub max: u32,
    /// The sliding window: 1 minute to 30 days wherever a policy has one.
    #[cfg_attr(test, schemars(with = "crate::domain::schema_forms::WrittenSpan"))]
    #[serde(with = "duration_ms")]
    pub window: Duration,
}

impl Rate {
    /// `max` events in any `window`.
    #[must_use]
    pub const fn new(max: u32, window: Duration) -> Self {
        Self { max, window }
    }
}

/// Wrong secrets per account and kind of method. A refused attempt neither counts nor extends a
/// lock.
///
/// ```
/// use std::time::Duration;
/// use sspr::policy::{FailureBudgets, Rate};
///
/// let mut failures = FailureBudgets::default();
/// assert_eq!((failures.anonymous.max, failures.consecutive), (10, 50));
/// failures.anonymous = Rate::new(5, Duration::from_secs(24 * 3600));
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct FailureBudgets {
    /// The anonymous pool, which any caller draws on. Default 10 in 24 hours; 1 to 50, and never
    /// below `attempts`.
    pub anonymous: Rate,
    /// The proven pool, for flows with a proof, known devices, familiar sources and signed-in
    /// users. Default 10 in 24 hours, same limits.
    pub proven: Rate,
    /// How long a spent pool stays closed, from the last counted attempt. Default 1 hour, 1 minute
    /// to 7 days. (Entra: 24 hours.)
    #[serde(with = "duration_ms")]
    pub lock: Duration,
    /// Consecutive failures of one kind of method after which it is disabled for resets, until it
    /// is registered again. They never decay. Default 50, at most 100 (NIST), never below
    /// `attempts`.
    pub consecutive: u32,
}

impl Default for FailureBudgets {
    fn default() -> Self {
        Self {
            anonymous: Rate::new(10, DAY),
            proven: Rate::new(10, DAY),
            lock: HOUR,
            consecutive: 50,
        }
    }
}

/// Challenges per account. The numbers are this engine's: no standard gives one.
///
/// ```
/// let sends = sspr::policy::SendBudgets::default();
/// assert_eq!((sends.per_hour, sends.per_day), (6, 20));
/// assert_eq!((sends.live_flows, sends.source_share), (5, 50));
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct SendBudgets {
    /// The wait between two challenges of one method in one flow. Default 60 seconds, 30
    /// seconds to 1 hour.
    #[serde(with = "duration_ms")]
    pub resend_after: Duration,
    /// Challenges per account within an hour that send something, in each pool. Default 6, 1 to 20,
    /// never above `per_day`.
    pub per_hour: u32,
    /// Challenges per account within a day that send something, in each pool. Default 20, 1 to 20.
    pub per_day: u32,
    /// Challenges per account within an hour that send nothing (authenticators, recovery codes,
    /// passkeys), in each pool. Default 10, 1 to 20, never above `in_hand_per_day`.
    pub in_hand_per_hour: u32,
    /// Challenges per account within a day that send nothing, in each pool. Default 20, 1 to 20.
    pub in_hand_per_day: u32,
    /// Flows of one account that may be live at once, counted separately for unknown sources,
    /// familiar sources and known devices. Default 5, 1 to 10.
    pub live_flows: u8,
    /// The share of each budget of an account that one source may hold, in percent: of the
    /// challenges of an hour and of a day, of live flows, of counted failures, and of the attempts
    /// of live codes. Default 50, 10 to 100; 100 sets no limit, so that one source can spend a
    /// whole budget.
    ///
    /// While no other source holds anything, a source may hold this share `f` of a budget; once
    /// others do, `f / (2 - f)` of what they leave (a third, by default). A source that holds
    /// nothing may take one entry while any is left. Known devices, signed-in users and flows with
    /// a proof are limited by the whole budget only.
    pub source_share: u8,
}

impl SendBudgets {
    /// The challenges that one pool allows in an hour and in a day: of those that send something if
    /// `sent`, otherwise of the others.
    pub(crate) const fn rates(&self, sent: bool) -> [Rate; 2] {
        if sent {
            [Rate::new(self.per_hour, HOUR), Rate::new(self.per_day, DAY)]
        } else {
            [Rate::new(self.in_hand_per_hour, HOUR), Rate::new(self.in_hand_per_day, DAY)]
        }
    }
}

impl Default for SendBudgets {
    fn default() -> Self {
        Self {
            resend_after: MINUTE,
            per_hour: 6,
            per_day: 20,
            in_hand_per_hour: 10,
            in_hand_per_day: 20,
            live_flows: 5,
            source_share: 50,
        }
    }
}

/// The number of notices to one address, and of acts that cause one. The numbers are this engine's.
///
/// Beyond `texts` or `mails`, the notices to one address of an account are folded into one that
/// gives their number. It goes out when the window has room again; no notice is dropped.
///
/// ```
/// let notices = sspr::policy::NoticeBudgets::default();
/// assert_eq!((notices.texts.max, notices.mails.max), (3, 10));
/// assert_eq!((notices.acts_per_hour, notices.acts_per_day), (10, 20));
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct NoticeBudgets {
    /// Texts and calls with notices to one number of an account. Default 3 in an hour; 1 to 16 in
    /// 1 minute to 24 hours.
    pub texts: Rate,
    /// Mails with notices to one address of an account. Default 10 in an hour, same limits.
    pub mails: Rate,
    /// Acts of a signed-in user that cause a notice, for each account in an hour: a changed
    /// password, a method added, replaced or removed, a set of recovery codes. Acts of
    /// administrators on an account are counted separately, with the same limit. Default 10, 1 to
    /// 60, never above `acts_per_day`.
    pub acts_per_hour: u32,
    /// The same in a day. Default 20, 1 to 60.
    pub acts_per_day: u32,
    /// Mails with requests for help to one administrator. Beyond this rate, one more mail at the
    /// end of the window gives their number. Default 10 in 6 hours; 1 to 1 000 in 1 minute to 24
    /// hours.
    pub help: Rate,
}

impl Default for NoticeBudgets {
    fn default() -> Self {
        Self {
            texts: Rate::new(3, HOUR),
            mails: Rate::new(10, HOUR),
            acts_per_hour: 10,
            acts_per_day: 20,
            help: Rate::new(10, 6 * HOUR),
        }
    }
}

/// Windowed counters across accounts, which count opened challenges. The first two limits refuse;
/// the others make guessing harder and alarm, so that an anonymous caller cannot lock an
/// owner out with them. Each is at least 1 in its window.
///
/// ```
/// let limits = sspr::policy::CrossLimits::default();
/// assert_eq!((limits.tenant.max, limits.escalated_length), (2_000, 2));
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct CrossLimits {
    /// Challenges from one source. Default 60 in an hour.
    pub source: Rate,
    /// Challenges from one source for one typed identifier. Default 10 in an hour.
    pub source_identifier: Rate,
    /// Challenges to one destination, over all accounts. Default 10 in a day.
    pub destination: Rate,
    /// Challenges to one number prefix (the number without its last four digits). Default 50 in
    /// an hour.
    pub prefix: Rate,
    /// Challenges in the whole tenant. Default 2 000 in a day: at 5 attempts at 6 digits each, the
    /// probability of a lucky guess is 0.01.
    pub tenant: Rate,
    /// Symbols by which codes grow while the tenant's limit is spent. Default 2, 0 to 4; codes have
    /// at most 12. If the limit of a destination or prefix is spent, its codes allow fewer attempts
    /// instead, which the replies do not show.
    pub escalated_length: u8,
    /// Whether every caller must pass the human check while the tenant's limit is spent, if the
    /// engine has one. Spraying a few guesses at each of many accounts then costs a person's work;
    /// no caller who passes it is refused. Default true.
    pub escalated_human_check: bool,
}

impl CrossLimits {
    /// A tenant with a smaller limit has one counter: several would be spent early.
    const STRIPED_FROM: u32 = 1_000;
    /// The number of counters of a larger tenant, so that no row is contended.
    const STRIPES: u8 = 16;

    /// The number of counters of the tenant's limit, and the maximum of each.
    pub(crate) const fn tenant_counters(&self) -> (u8, u32) {
        if self.tenant.max < Self::STRIPED_FROM {
            (1, self.tenant.max)
        } else {
            (Self::STRIPES, self.tenant.max.div_ceil(Self::STRIPES as u32))
        }
    }

    /// The largest limit of a tenant under which at most this many codes of a window have the short
    /// length.
    pub(crate) fn tenant_max_for(codes: f64) -> u32 {
        // The cast saturates.
        let whole = codes as u32;
        let stripes = u32::from(Self::STRIPES);
        whole.min(Self::STRIPED_FROM - 1).max(whole / stripes * stripes)
    }

    /// The most codes of one window of the tenant's limit that have the short length.
    pub(crate) fn short_codes(&self) -> u64 {
        let (counters, most) = self.tenant_counters();
        u64::from(counters) * u64::from(most)
    }
}

impl Default for CrossLimits {
    fn default() -> Self {
        Self {
            source: Rate::new(60, HOUR),
            source_identifier: Rate::new(10, HOUR),
            destination: Rate::new(10, DAY),
            prefix: Rate::new(50, HOUR),
            tenant: Rate::new(2_000, DAY),
            escalated_length: 2,
            escalated_human_check: true,
        }
    }
}
