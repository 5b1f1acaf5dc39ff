//! When users are asked to register, how methods are added, and how long a sign-in may do so.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::domain::method::MethodKind;
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
    /// Days during which a user may skip the prompt, from the first prompt on: 0 (never) to 365.
    /// Default `None`: for ever.
    pub skip_days: Option<u16>,
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
    /// The maximum age of the second factor of a sign-in that adds, changes or removes a passkey, in
    /// addition to `second_factor_age`. Default 5 minutes, 1 to 10.
    #[serde(with = "duration_ms")]
    pub passkey_age: Duration,
    /// Whether a sign-in needs a second factor to change or remove a method, and to add one once
    /// the account's methods suffice for a reset (NIST SP 800-63B-4, 4.1.2.1). While it is on, a user
    /// whom the directory reports with a second factor needs it for every such call. Default true.
    pub second_factor_to_change: bool,
    /// How long a new address waits before a reset may use it. Default 24 hours, 0 to 7 days. The
    /// methods of a first registration, added in one session, do not wait.
    #[serde(with = "duration_ms")]
    pub hold: Duration,
    /// Whether users may register an office phone themselves. Default true. An office phone that
    /// is registered already still counts.
    pub office_phone: bool,
    /// How many methods of each kind an account may have.
    pub max: MethodMaxima,
}

impl Default for RegistrationPolicy {
    fn default() -> Self {
        Self {
            enforced: true,
            skip_days: None,
            reconfirm_days: 180,
            reauthentication: 5 * MINUTE,
            session: 15 * MINUTE,
            second_factor_age: 5 * MINUTE,
            passkey_age: 5 * MINUTE,
            second_factor_to_change: true,
            hold: DAY,
            office_phone: true,
            max: MethodMaxima::default(),
        }
    }
}

/// How many methods of each kind an account may have. Active methods that the user confirmed count
/// toward the maximum; pending ones have a separate maximum of the same size. The host counts
/// host-verified methods. An account has one set of recovery codes, and one of security questions.
///
/// ```
/// use sspr::MethodKind;
/// use sspr::policy::MethodMaxima;
///
/// let max = MethodMaxima::default();
/// assert_eq!(max.of(MethodKind::MobilePhone), Some(2));
/// assert_eq!(max.of(MethodKind::RecoveryCode), Some(1));
/// assert_eq!(max.of(MethodKind::HostVerified), None);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct MethodMaxima {
    /// Mail addresses. Default 2, 2 to 5.
    pub email: u8,
    /// Mobile phones. Default 2, 2 to 5.
    pub mobile_phone: u8,
    /// Office phones. Default 2, 1 to 5.
    pub office_phone: u8,
    /// Authenticator apps that the engine verifies. Default 2, 1 to 5.
    pub authenticator_app: u8,
    /// OATH tokens. Default 2, 1 to 5.
    pub oath_token: u8,
    /// Authenticator apps and OATH tokens together. Default 4, 1 to 10.
    pub oath_total: u8,
    /// Apps with notifications, which the host counts. Default 5, 1 to 20.
    pub app_notification: u8,
    /// Passkeys, which the host counts. Default 10, 1 to 20.
    pub passkey: u8,
}

impl MethodMaxima {
    /// How many methods of this kind an account may have; `None` for a kind that the engine does
    /// not limit.
    #[must_use]
    pub const fn of(&self, kind: MethodKind) -> Option<u8> {
        match kind {
            MethodKind::Email => Some(self.email),
            MethodKind::MobilePhone => Some(self.mobile_phone),
            MethodKind::OfficePhone => Some(self.office_phone),
            MethodKind::AuthenticatorApp => Some(self.authenticator_app),
            MethodKind::OathToken => Some(self.oath_token),
            MethodKind::RecoveryCode | MethodKind::SecurityQuestions => Some(1),
            MethodKind::AppNotification => Some(self.app_notification),
            MethodKind::Passkey => Some(self.passkey),
            MethodKind::HostVerified | MethodKind::Password => None,
        }
    }
}

impl Default for MethodMaxima {
    fn default() -> Self {
        Self {
            email: 2,
            mobile_phone: 2,
            office_phone: 2,
            authenticator_app: 2,
            oath_token: 2,
            oath_total: 4,
            app_notification: 5,
            passkey: 10,
        }
    }
}
