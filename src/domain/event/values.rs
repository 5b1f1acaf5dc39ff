//! Values of event fields that exist for events only.

use serde::{Deserialize, Serialize};

use crate::domain::account::budget::PoolKind;
use crate::domain::method::MethodKind;
use crate::domain::policy::ThrottledAct;
use crate::domain::time::Timestamp;

/// A lock that a throttle of the policy has set.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ThrottleLock {
    /// What the throttle counts.
    pub act: ThrottledAct,
    /// The method, if the throttle counts each kind by itself.
    pub method: Option<MethodKind>,
    /// Which of the two pools.
    pub pool: PoolKind,
    /// Until when.
    pub until: Timestamp,
}

/// What has stopped a code to a new number.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum StoppedBy {
    /// The prefix has had its codes of the day.
    PrefixBudget,
    /// The tenant has had its codes of the day.
    TenantBudget,
    /// The breaker of the prefix is open.
    Breaker,
}

/// Who refused a password.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RejectedBy {
    /// The policy's rules.
    Rules,
    /// The list of breached passwords.
    BreachList,
    /// The directory.
    Directory,
}

/// How a flow ended before its goal.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FlowEnd {
    /// Its time ran out.
    Abandoned,
    /// The account or its methods changed meanwhile.
    Superseded,
    /// Too many rejected passwords.
    TooManyRejections,
    /// Its bearer has given it up.
    Cancelled,
}

/// An act of an administrator on one user.
///
/// ```
/// use sspr::audit::AdminAct;
///
/// assert_eq!(serde_json::to_value(AdminAct::InitiateReset).unwrap(), "initiate_reset");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AdminAct {
    /// [`Admin::supply_contacts`](crate::Admin::supply_contacts).
    SupplyContacts,
    /// [`Admin::supply_token`](crate::Admin::supply_token).
    SupplyToken,
    /// [`Admin::unblock`](crate::Admin::unblock).
    Unblock,
    /// [`Admin::revoke_methods`](crate::Admin::revoke_methods).
    RevokeMethods,
    /// [`Admin::revoke_flows`](crate::Admin::revoke_flows).
    RevokeFlows,
    /// [`Admin::require_registration`](crate::Admin::require_registration).
    RequireRegistration,
    /// [`Admin::initiate_reset`](crate::Admin::initiate_reset).
    InitiateReset,
    /// [`Admin::invite`](crate::Admin::invite).
    Invite,
    /// [`Admin::revoke_invitation`](crate::Admin::revoke_invitation).
    RevokeInvitation,
    /// [`Admin::set_temporary_password`](crate::Admin::set_temporary_password).
    SetTemporaryPassword,
    /// [`Admin::forget`](crate::Admin::forget).
    Forget,
    /// [`Admin::confirm_incarnation`](crate::Admin::confirm_incarnation).
    ConfirmIncarnation,
}

impl AdminAct {
    /// Every act.
    pub const ALL: [Self; 12] = [
        Self::SupplyContacts,
        Self::SupplyToken,
        Self::Unblock,
        Self::RevokeMethods,
        Self::RevokeFlows,
        Self::RequireRegistration,
        Self::InitiateReset,
        Self::Invite,
        Self::RevokeInvitation,
        Self::SetTemporaryPassword,
        Self::Forget,
        Self::ConfirmIncarnation,
    ];
}

/// Why an administrator's act was refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ActRefusal {
    /// It was the administrator's own account.
    OwnAccount,
    /// The administrator's roles do not suffice for the user's.
    Roles,
}
