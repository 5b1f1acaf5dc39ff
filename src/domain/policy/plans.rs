//! What each plan of a tenant includes.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::domain::identity::facts::{Plan, TenantFacts};

/// The plans that include each ability, as data. Default: every plan includes everything.
///
/// Every plan includes the change of a password that is kept in the cloud. `reset` does not bind
/// administrators (Entra); `on_premises` binds every user. A tenant whose [`plan`](TenantFacts::plan) is `None` has every ability.
///
/// ```
/// use sspr::facts::Plan;
/// use sspr::policy::PlanTable;
///
/// let entra = PlanTable::entra();
/// assert!(entra.reset.contains(&Plan::Paid) && !entra.on_premises.contains(&Plan::Paid));
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct PlanTable {
    /// Resets and unlocks of users (reason 12 if not).
    pub reset: BTreeSet<Plan>,
    /// Resets, unlocks and changes of passwords on premises (reason 12 if not).
    pub on_premises: BTreeSet<Plan>,
    /// Voice calls. A plan without them withholds the office phone, and the voice channel of mobile
    /// phones.
    pub voice: BTreeSet<Plan>,
}

impl Default for PlanTable {
    fn default() -> Self {
        let all = || BTreeSet::from(Plan::ALL);
        Self { reset: all(), on_premises: all(), voice: all() }
    }
}

impl PlanTable {
    /// Entra's table: a paid plan for resets, a premium one for passwords on premises, and no calls
    /// in free and trial tenants.
    #[must_use]
    pub fn entra() -> Self {
        Self {
            reset: [Plan::Paid, Plan::Premium].into(),
            on_premises: [Plan::Premium].into(),
            voice: [Plan::Paid, Plan::Premium].into(),
        }
    }
}

/// Whether one of these plans is the tenant's, or the tenant has none.
pub(crate) fn includes(plans: &BTreeSet<Plan>, tenant: Option<&TenantFacts>) -> bool {
    tenant.and_then(|tenant| tenant.plan).is_none_or(|plan| plans.contains(&plan))
}
