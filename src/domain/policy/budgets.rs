//! The numbers of a policy: how long things live, how codes look, how much may be tried.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::domain::time::duration_ms;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);

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
    /// One flow from `start` to the new password: an absolute life, never extended. Default
    /// 15 minutes (Entra), 1 minute to 24 hours.
    #[serde(with = "duration_ms")]
    pub flow: Duration,
    /// The grant that enough proofs earn; it never outlives the flow. Default 10 minutes, 1 to 60.
    #[serde(with = "duration_ms")]
    pub grant: Duration,
    /// A code sent by mail. Default 10 minutes (ASVS 6.5.5), 1 minute to 24 hours (NIST). Like
    /// every code it also ends with its flow.
    #[serde(with = "duration_ms")]
    pub email_code: Duration,
    /// A link sent by mail. Default 30 minutes, 1 to 60 (OWASP: rarely more than an hour). It also
    /// ends with its flow, so it lives 15 minutes unless `flow` is longer.
    #[serde(with = "duration_ms")]
    pub email_link: Duration,
    /// A code sent by text or read by voice. Default and hard limit 10 minutes (NIST), at least
    /// 1 minute.
    #[serde(with = "duration_ms")]
    pub phone_code: Duration,
    /// How long a directory write may take before it counts as unsettled and the notice goes out.
    /// Default 30 seconds, 5 seconds to 10 minutes.
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

/// The form of a code.
///
/// ```
/// use sspr::{CodeAlphabet, CodeFormat};
///
/// assert_eq!(CodeFormat::new(CodeAlphabet::Digits, 6).space(), 1_000_000);
/// assert_eq!(CodeFormat::new(CodeAlphabet::Strong, 8).space(), 25_600_000_000);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
#[serde(deny_unknown_fields)]
pub struct CodeFormat {
    /// Which symbols.
    pub alphabet: CodeAlphabet,
    /// How many symbols: 6 to 12, and at least 10^6 possible codes.
    pub length: u8,
}

impl CodeFormat {
    /// `length` symbols of `alphabet`.
    #[must_use]
    pub const fn new(alphabet: CodeAlphabet, length: u8) -> Self {
        Self { alphabet, length }
    }

    /// How many different codes there are: the size of the alphabet to the power of the length,
    /// at most [`u64::MAX`].
    #[must_use]
    pub const fn space(self) -> u64 {
        self.alphabet.size().saturating_pow(self.length as u32)
    }
}

/// The symbols of a code.
///
/// ```
/// use sspr::CodeAlphabet;
///
/// assert_eq!(CodeAlphabet::Digits.size(), 10);
/// assert_eq!(CodeAlphabet::Strong.size(), 20);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum CodeAlphabet {
    /// `0` to `9`.
    Digits,
    /// The twenty consonants `BCDFGHJKLMNPQRSTVWXZ` of RFC 8628: no word, no look-alike.
    Strong,
}

impl CodeAlphabet {
    /// How many symbols it has.
    #[must_use]
    pub const fn size(self) -> u64 {
        match self {
            Self::Digits => 10,
            Self::Strong => 20,
        }
    }
}

/// The form of codes, by channel.
///
/// ```
/// use sspr::{CodeAlphabet, CodeFormat, PolicySettings};
///
/// let mut settings = PolicySettings::default();
/// settings.codes.email = CodeFormat::new(CodeAlphabet::Strong, 8);
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct CodeFormats {
    /// Codes sent by mail. Default 8 digits.
    pub email: CodeFormat,
    /// Codes sent by text. Default 6 digits.
    pub sms: CodeFormat,
    /// Codes read aloud. Default 6 digits; digits only.
    pub voice: CodeFormat,
}

impl Default for CodeFormats {
    fn default() -> Self {
        let digits = |length| CodeFormat { alphabet: CodeAlphabet::Digits, length };
        Self { email: digits(8), sms: digits(6), voice: digits(6) }
    }
}

/// So many in so long.
///
/// ```
/// use std::time::Duration;
/// use sspr::Rate;
///
/// let ten_a_day = Rate::new(10, Duration::from_secs(24 * 3600));
/// assert_eq!(ten_a_day.max, 10);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Rate {
    /// How many events are allowed within the window.
    pub max: u32,
    /// The sliding window: 1 minute to 30 days wherever a policy has one.
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

/// Wrong secrets per account and kind of method. A refused try neither counts nor extends a lock.
///
/// ```
/// use std::time::Duration;
/// use sspr::{FailureBudgets, Rate};
///
/// let mut failures = FailureBudgets::default();
/// assert_eq!((failures.anonymous.max, failures.consecutive), (10, 50));
/// failures.anonymous = Rate::new(5, Duration::from_secs(24 * 3600));
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct FailureBudgets {
    /// The pool that anybody can draw from. Default 10 in 24 hours; 1 to 50, and never below
    /// `attempts`.
    pub anonymous: Rate,
    /// The pool of flows that already hold a verified proof. Default 10 in 24 hours, same limits.
    pub proven: Rate,
    /// How long a spent pool stays closed, counted from the last counted attempt. Default 1 hour,
    /// 1 minute to 7 days. (Entra: 24 hours.)
    #[serde(with = "duration_ms")]
    pub lock: Duration,
    /// Consecutive failures of one kind of method, with no decay, after which it is disabled for
    /// resets until it is registered anew. Default 50, at most 100 (NIST), never below
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

/// Challenges per account. Numbers are ours: no standard gives one.
///
/// ```
/// let sends = sspr::SendBudgets::default();
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
    /// Flows of one account that may be live at once: of strangers, of familiar sources and of
    /// known devices, so many each. Default 5, 1 to 10.
    pub live_flows: u8,
    /// The share of each budget of an account that one source may hold, in percent: of the hour's
    /// and the day's challenges, of live flows, of the failures that are counted, and of the
    /// comparisons that live codes were promised. Default 50, 10 to 100; 100 sets no limit, so that
    /// one source can spend all of them.
    ///
    /// A source that finds a budget untouched by others may hold this share `f` of it; once others
    /// hold something, `f / (2 - f)` of what they leave (a third, by default). A source that holds
    /// nothing may always take one of what is left. Known devices, signed-in users and flows that
    /// hold a proof are limited by the whole budget only.
    pub source_share: u8,
}

impl SendBudgets {
    /// What one pool allows in an hour and in a day, of the challenges that send something or of
    /// those that do not.
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

/// What notices may cost, and how often what is told of may be done. Numbers are ours.
///
/// Beyond `texts` or `mails`, notices to one address of one account fold into one that says how many
/// there were; it goes out when the window has room again, and none is dropped.
///
/// ```
/// let notices = sspr::NoticeBudgets::default();
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
    /// Acts of a signed-in user that the owner is told of, for each account in an hour: a password
    /// changed, a method added, replaced or removed, a set of recovery codes. Acts of administrators on
    /// an account have as many of their own. Default 10, 1 to 60, never above `acts_per_day`.
    pub acts_per_hour: u32,
    /// The same in a day. Default 20, 1 to 60.
    pub acts_per_day: u32,
    /// Mails that one administrator gets because users ask for help. Beyond it, one more at the end
    /// of the window says how many there were. Default 10 in 6 hours; 1 to 1 000 in 1 minute to
    /// 24 hours.
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

/// Windowed counters across accounts, counted when a challenge is opened. The first two refuse;
/// the others raise what is asked and alarm, so that no stranger can lock an owner out by them. Each
/// is at least 1 in its window.
///
/// ```
/// let limits = sspr::CrossLimits::default();
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
    /// Challenges in the whole tenant. Default 2 000 in a day: at 5 attempts of 6 digits each the
    /// chance of one lucky guess is 0.01.
    pub tenant: Rate,
    /// Symbols by which codes grow while the tenant's limit is spent. Default 2, 0 to 4; codes
    /// never exceed 12. A spent destination or prefix allows fewer tries instead, unseen.
    pub escalated_length: u8,
}

impl CrossLimits {
    /// Tenants with a smaller limit than this have one counter: stripes would spend it early.
    const STRIPED_FROM: u32 = 1_000;
    /// A larger tenant's counter is cut into this many, so that no row is hot.
    const STRIPES: u8 = 16;

    /// The counters of the tenant's limit, and the most that each may reach.
    pub(crate) const fn tenant_counters(&self) -> (u8, u32) {
        if self.tenant.max < Self::STRIPED_FROM {
            (1, self.tenant.max)
        } else {
            (Self::STRIPES, self.tenant.max.div_ceil(Self::STRIPES as u32))
        }
    }

    /// The largest tenant's limit under which so many codes of a window have not grown.
    pub(crate) fn tenant_max_for(codes: f64) -> u32 {
        // Saturates.
        let codes = codes as u32;
        let stripes = u32::from(Self::STRIPES);
        codes.min(Self::STRIPED_FROM - 1).max(codes / stripes * stripes)
    }

    /// The most codes of one window of the tenant's limit that have not grown.
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
        }
    }
}
