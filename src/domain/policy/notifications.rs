//! Who gets a notice of a change.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::domain::identity::ids::RoleId;

/// Who gets a notice of a change. The user's own notice cannot be switched off.
///
/// ```
/// use sspr::RoleId;
/// use sspr::policy::Notifications;
///
/// let mut notifications = Notifications::default();
/// notifications.administrators = true;
/// notifications.administrator_roles = [RoleId::parse("Global Administrator")?].into();
/// # Ok::<(), sspr::InvalidInput>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Notifications {
    /// Which of the user's addresses get the notice.
    pub rule: NotifyRule,
    /// Whether holders of `administrator_roles` get a notice when an administrator resets: all with
    /// a primary mail address, except the one who reset. Default false (Entra's default).
    pub administrators: bool,
    /// The roles whose holders get these notices, at most 256. Not empty if `administrators` is set.
    /// Default: none. Requests for help go to [`DeskPolicy::help_tiers`](crate::policy::DeskPolicy::help_tiers).
    pub administrator_roles: BTreeSet<RoleId>,
}

/// Which of the addresses that were valid before a change get its notice.
///
/// ```
/// assert_eq!(sspr::policy::NotifyRule::default(), sspr::policy::NotifyRule::All);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum NotifyRule {
    /// All of them: mail to every address, a text to every mobile phone (NIST SP 800-63B-4, 4.6).
    #[default]
    All,
    /// The primary and the alternate mail address, else the user principal name (Entra).
    PrimaryAndAlternate,
}
