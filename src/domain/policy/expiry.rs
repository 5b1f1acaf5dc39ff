//! When passwords expire, and what that asks of a user: a function of the policy, the facts and the
//! time.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::domain::identity::facts::{MustChange, PasswordHome, UserFacts};
use crate::domain::time::{DAY, Timestamp};

/// When passwords expire. Default: never (NIST SP 800-63B-4, 3.1.1.2 forbids periodic changes).
///
/// ```
/// use sspr::policy::{DomainExpiry, PasswordExpiry};
///
/// let mut expiry = PasswordExpiry::default();
/// assert_eq!(expiry.validity_days, 0);
/// expiry.validity_days = 90;
/// expiry.domains = vec![DomainExpiry::new("lab.contoso.example", 365)];
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct PasswordExpiry {
    /// Days for which a password is valid: 0 (for ever) or 14 to 730. Default 0; otherwise it needs
    /// [`Deviation::PeriodicChange`](super::Deviation).
    pub validity_days: u16,
    /// Days before the end from which a user is told at sign-in: 1 to 30. Default 14.
    pub notice_days: u16,
    /// Domains with days of their own, at most 32. A user belongs to the domain of the user
    /// principal name.
    pub domains: Vec<DomainExpiry>,
    /// Whether passwords on premises expire by this policy too. Default false: the directory on
    /// premises decides.
    pub on_premises: bool,
}

impl Default for PasswordExpiry {
    fn default() -> Self {
        Self { validity_days: 0, notice_days: NOTICE, domains: Vec::new(), on_premises: false }
    }
}

/// The days of notice if nothing else is said (Entra).
const NOTICE: u16 = 14;

/// The expiry of passwords in one domain.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct DomainExpiry {
    /// The domain, as the user principal names spell it after the `@`; its case does not matter.
    pub domain: String,
    /// As [`PasswordExpiry::validity_days`].
    pub validity_days: u16,
    /// As [`PasswordExpiry::notice_days`].
    pub notice_days: u16,
}

impl DomainExpiry {
    /// A domain in which passwords are valid for these days, with 14 days of notice.
    #[must_use]
    pub fn new(domain: &str, validity_days: u16) -> Self {
        Self { domain: domain.to_owned(), validity_days, notice_days: NOTICE }
    }
}

/// What a password asks of its user at sign-in.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case", tag = "password")]
#[non_exhaustive]
pub enum PasswordDue {
    /// Nothing, or nothing is known.
    Nothing,
    /// It expires in this many days, the last one included: 1 to 30.
    Soon {
        /// The days.
        days: u16,
        /// When it expires.
        at: Timestamp,
    },
    /// It must be changed now.
    Now {
        /// Why.
        reason: MustChange,
    },
}

impl PasswordExpiry {
    /// What the password of this user asks for.
    ///
    /// The directory comes first: [`must_change`](UserFacts::must_change), then
    /// [`password_expired`](UserFacts::password_expired). The days of the policy need the facts from
    /// which they follow: when the password was last changed, that it may expire, and the user
    /// principal name if there are `domains`. If one is not known, nothing is decided.
    ///
    /// ```
    /// use std::time::Duration;
    /// use sspr::facts::{MustChange, UserFacts};
    /// use sspr::policy::{PasswordDue, PasswordExpiry};
    /// use sspr::{Timestamp, UserId};
    ///
    /// let mut expiry = PasswordExpiry::default();
    /// expiry.validity_days = 90;
    /// let changed = Timestamp::from_unix_seconds(1_700_000_000);
    /// let after = |days: u64| changed.plus(Duration::from_secs(days * 86_400));
    ///
    /// let mut ada = UserFacts::new(UserId::parse("u-1")?);
    /// ada.password_changed_at = Some(changed);
    /// assert_eq!(expiry.due(&ada, after(100)), PasswordDue::Nothing, "it may be one that never expires");
    ///
    /// ada.password_never_expires = Some(false);
    /// assert_eq!(expiry.due(&ada, after(75)), PasswordDue::Nothing);
    /// assert_eq!(expiry.due(&ada, after(80)), PasswordDue::Soon { days: 10, at: after(90) });
    /// assert_eq!(expiry.due(&ada, after(90)), PasswordDue::Now { reason: MustChange::Expired });
    /// # Ok::<(), sspr::InvalidInput>(())
    /// ```
    #[must_use]
    pub fn due(&self, user: &UserFacts, now: Timestamp) -> PasswordDue {
        let expired = (user.password_expired == Some(true)).then_some(MustChange::Expired);
        if let Some(reason) = user.must_change.or(expired) {
            return PasswordDue::Now { reason };
        }
        let Some((at, notice)) = self.ends(user) else { return PasswordDue::Nothing };
        if at <= now {
            return PasswordDue::Now { reason: MustChange::Expired };
        }
        let left = at.since(now).as_millis().div_ceil(DAY.as_millis());
        match u16::try_from(left) {
            Ok(days) if days <= notice => PasswordDue::Soon { days, at },
            _ => PasswordDue::Nothing,
        }
    }

    /// When the password expires by these days. `None`: never, or not known.
    pub(crate) fn expires_at(&self, user: &UserFacts) -> Option<Timestamp> {
        self.ends(user).map(|(at, _)| at)
    }

    /// When the password expires, and the days of notice before. `None`: never, or not known.
    fn ends(&self, user: &UserFacts) -> Option<(Timestamp, u16)> {
        if user.password_home == PasswordHome::OnPremises && !self.on_premises {
            return None;
        }
        let (days, notice) = self.days_of(user)?;
        let may_expire = days > 0 && user.password_never_expires == Some(false);
        let since = user.password_changed_at.filter(|_| may_expire)?;
        Some((since.plus(DAY * u32::from(days)), notice))
    }

    /// The days of validity and of notice in the domain of the user; `None` if it is not known.
    fn days_of(&self, user: &UserFacts) -> Option<(u16, u16)> {
        let by_default = (self.validity_days, self.notice_days);
        if self.domains.is_empty() {
            return Some(by_default);
        }
        let (_, domain) = user.user_principal_name.as_deref()?.rsplit_once('@')?;
        let of_domain = self.domains.iter().find(|row| is_same(&row.domain, domain));
        Some(of_domain.map_or(by_default, |row| (row.validity_days, row.notice_days)))
    }

    /// Whether some password expires by this policy.
    pub(super) fn is_periodic(&self) -> bool {
        self.validity_days > 0 || self.domains.iter().any(|row| row.validity_days > 0)
    }

    /// Whether each domain is named once and has days within the limits.
    pub(super) fn are_domains_sound(&self) -> bool {
        let names: BTreeSet<_> = self.domains.iter().map(|row| row.domain.to_lowercase()).collect();
        let is_sound = |row: &DomainExpiry| {
            (1..=MAX_DOMAIN).contains(&row.domain.len())
                && !row.domain.contains('@')
                && is_validity(row.validity_days)
                && (1..=30).contains(&row.notice_days)
        };
        names.len() == self.domains.len() && self.domains.iter().all(is_sound)
    }
}

/// The longest domain name, in bytes (RFC 1035).
const MAX_DOMAIN: usize = 253;

fn is_same(left: &str, right: &str) -> bool {
    left.to_lowercase() == right.to_lowercase()
}

/// Whether these are days for which a password may be valid.
pub(super) fn is_validity(days: u16) -> bool {
    days == 0 || (14..=730).contains(&days)
}
