//! When users are asked to register, how methods are added, and how long a sign-in may do so.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::domain::time::{DAY, MINUTE, duration_ms};

/// When users are asked to register, and how methods are added.
///
/// ```
/// let registration = sspr::policy::RegistrationPolicy::default();
/// assert_eq!(registration.reconfirm_days, 180);
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct RegistrationPolicy {
    /// Whether users are asked to register when they sign in. Default true.
    pub enforced: bool,
    /// Days after which a registration must be confirmed again: 0 (never) to 730. Default 180.
    pub reconfirm_days: u16,
    /// The maximum age of a sign-in that manages methods. Default 5 minutes, 1 to 15.
    #[serde(with = "duration_ms")]
    pub reauthentication: Duration,
    /// How long a registration session lasts, from its first method that is added, confirmed or
    /// removed. Signing in again does not extend it; a sign-in after its end begins another one.
    /// Default 15 minutes, 1 minute to 1 hour.
    #[serde(with = "duration_ms")]
    pub session: Duration,
    /// The maximum age of the second factor of a sign-in that manages methods. Default 5 minutes,
    /// 1 to 10.
    #[serde(with = "duration_ms")]
    pub second_factor_age: Duration,
    /// The maximum age of the second factor of a sign-in that adds or changes a passkey, beside
    /// `second_factor_age`. Default 5 minutes, 1 to 10.
    #[serde(with = "duration_ms")]
    pub passkey_age: Duration,
    /// Whether a sign-in needs a second factor to change or remove a method, and to add one once
    /// the account's methods suffice for a reset (NIST SP 800-63B-4, 4.1.2.1). A user whom the
    /// directory reports with a second factor needs it for every operation. Default true.
    pub second_factor_to_change: bool,
    /// How long a new address waits before a reset may use it. Default 24 hours, 0 to 7 days. The
    /// methods of a first registration, added in one session, do not wait.
    #[serde(with = "duration_ms")]
    pub hold: Duration,
    /// Active methods of one kind. Default 2, 2 to 5.
    pub max_per_kind: u8,
}

impl Default for RegistrationPolicy {
    fn default() -> Self {
        Self {
            enforced: true,
            reconfirm_days: 180,
            reauthentication: 5 * MINUTE,
            session: 15 * MINUTE,
            second_factor_age: 5 * MINUTE,
            passkey_age: 5 * MINUTE,
            second_factor_to_change: true,
            hold: DAY,
            max_per_kind: 2,
        }
    }
}
