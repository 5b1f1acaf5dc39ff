//! Locks of an account, as a table: what counts, in which window, and how long the lock is.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::budgets::Rate;
use crate::domain::method::MethodKind;
use crate::domain::named::named;
use crate::domain::time::{DAY, HOUR, MINUTE, duration_ms};

named! {
    /// An act that a [`Throttle`] counts.
    ///
    /// ```
    /// use sspr::policy::ThrottledAct;
    ///
    /// assert_eq!(ThrottledAct::ProofFailed.as_str(), "proof_failed");
    /// ```
    pub enum ThrottledAct {
        /// A code or link sent by mail.
        MailSent = "mail_sent",
        /// A code sent by text, or spoken in a call.
        PhoneSent = "phone_sent",
        /// A typed phone number, correct or not.
        NumberTyped = "number_typed",
        /// A challenge of an authenticator app.
        AppAsked = "app_asked",
        /// A wrong secret: a code, a response that the host verifies, or a typed phone number.
        ProofFailed = "proof_failed",
        /// A completed reset.
        ResetCompleted = "reset_completed",
    }
}

impl ThrottledAct {
    /// Every act.
    pub const ALL: [Self; 6] = [
        Self::MailSent,
        Self::PhoneSent,
        Self::NumberTyped,
        Self::AppAsked,
        Self::ProofFailed,
        Self::ResetCompleted,
    ];

    /// The act of opening a challenge of this kind, if a throttle can count it.
    pub(crate) const fn of_challenge(kind: MethodKind) -> Option<Self> {
        match kind {
            MethodKind::Email => Some(Self::MailSent),
            MethodKind::MobilePhone | MethodKind::OfficePhone => Some(Self::PhoneSent),
            MethodKind::AuthenticatorApp => Some(Self::AppAsked),
            _ => None,
        }
    }
}

/// What a [`Throttle`] counts together, and locks.
///
/// ```
/// use sspr::policy::ThrottleScope;
///
/// assert_eq!(ThrottleScope::default(), ThrottleScope::Account);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ThrottleScope {
    /// All methods of the account.
    #[default]
    Account,
    /// Each kind of method by itself.
    Method,
}

/// The act from which the lock of a [`Throttle`] runs.
///
/// ```
/// use sspr::policy::LockStart;
///
/// assert_eq!(LockStart::default(), LockStart::Threshold);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum LockStart {
    /// The act that reached the threshold. Later ones do not extend the lock.
    #[default]
    Threshold,
    /// The last counted act: one that a flow completes during the lock extends it. A refused try is
    /// not counted.
    LastAct,
}

/// A lock of an account: after `rate.max` of these acts within `rate.window` no challenge is opened
/// for `lock`.
///
/// Each pool of the account is counted and locked by itself. An anonymous caller can lock the
/// anonymous pool for the owner as well: this is Entra's model, and the reason why the default policy
/// has no throttle. Known devices, familiar sources and flows with a proof have the proven pool. A
/// completed reset counts in both pools, since only a caller with the required proofs causes it.
///
/// A code that is live when the lock begins can still be entered. Codes do not reserve their
/// attempts in a throttle of failed proofs: each live code has one, and further ones while the
/// threshold leaves some for the other codes. So an open code does not close the other methods, and
/// no more secrets are compared than the threshold allows.
///
/// ```
/// use std::time::Duration;
/// use sspr::{Policy, PolicySettings};
/// use sspr::policy::{Deviation, Rate, Throttle, ThrottledAct};
///
/// let (hour, day) = (Duration::from_secs(3_600), Duration::from_secs(86_400));
/// let mut settings = PolicySettings::default();
/// settings.throttles = vec![Throttle::new(ThrottledAct::PhoneSent, Rate::new(5, hour), day)];
/// settings.acknowledged.insert(Deviation::AccountLocks);
/// assert!(Policy::new(settings).is_ok());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Throttle {
    /// What counts. At most one throttle of a policy counts an act.
    pub counts: ThrottledAct,
    /// What is counted together, and locked. A throttle of completed resets is one of the account.
    #[serde(default)]
    pub scope: ThrottleScope,
    /// The threshold, 1 to 20 acts, and the window, 1 minute to 24 hours. The thresholds of a policy
    /// add up to at most 64, where one for each kind of method counts nine times.
    pub rate: Rate,
    /// How long no challenge is opened: 1 minute to 7 days.
    #[cfg_attr(test, schemars(with = "crate::domain::schema_forms::WrittenSpan"))]
    #[serde(with = "duration_ms")]
    pub lock: Duration,
    /// The act from which the lock runs. Always the threshold for failed proofs.
    #[serde(default)]
    pub start: LockStart,
}

impl Throttle {
    /// The most acts that all throttles of a policy may count in one pool.
    pub(super) const MAX_COUNTED: u32 = 72;

    /// A lock of the whole account, which runs from the act that reaches the threshold.
    #[must_use]
    pub const fn new(counts: ThrottledAct, rate: Rate, lock: Duration) -> Self {
        Self { counts, scope: ThrottleScope::Account, rate, lock, start: LockStart::Threshold }
    }

    /// The kind that an act of this kind is counted under; `None` if kinds are counted together.
    pub(crate) fn method(&self, kind: MethodKind) -> Option<MethodKind> {
        (self.scope == ThrottleScope::Method).then_some(kind)
    }

    /// The most acts that it counts in one pool, over all kinds of method.
    pub(super) fn counted(&self) -> u32 {
        let kinds = match self.scope {
            ThrottleScope::Account => 1,
            ThrottleScope::Method => MethodKind::ALL.len() as u32,
        };
        self.rate.max.saturating_mul(kinds)
    }

    /// Whether callers without a proof can cause the lock.
    pub(super) fn is_open_to_strangers(&self) -> bool {
        self.counts != ThrottledAct::ResetCompleted
    }

    /// Entra's throttles: five failures to prove an identity in 24 hours; five texts or calls, typed
    /// numbers or challenges of an app in an hour; ten mails in ten minutes; five completed resets
    /// in an hour. Each locks for 24 hours, the last one from the last reset on.
    ///
    /// ```
    /// use sspr::PolicySettings;
    /// use sspr::policy::Throttle;
    ///
    /// assert_eq!(PolicySettings::entra().throttles, Throttle::entra());
    /// ```
    #[must_use]
    pub fn entra() -> Vec<Self> {
        let resets = Self::new(ThrottledAct::ResetCompleted, Rate::new(5, HOUR), DAY);
        vec![
            Self::new(ThrottledAct::ProofFailed, Rate::new(5, DAY), DAY),
            Self::new(ThrottledAct::PhoneSent, Rate::new(5, HOUR), DAY),
            Self::new(ThrottledAct::NumberTyped, Rate::new(5, HOUR), DAY),
            Self::new(ThrottledAct::AppAsked, Rate::new(5, HOUR), DAY),
            Self::new(ThrottledAct::MailSent, Rate::new(10, 10 * MINUTE), DAY),
            Self { start: LockStart::LastAct, ..resets },
        ]
    }
}
