//! The effective policy: which rules apply to a user of a tenant at a time. It is computed from the
//! policy, the tenant's facts, the user's facts and the time, and nothing else.
//!
//! Everything that depends on who a user is asks it: the start of a flow, the choice of a method,
//! completion, registration, reports. What is shown before the first proof depends on the tenant
//! and the time only: [`shown_kinds`].

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::domain::account::Effect;
use crate::domain::identity::facts::{
    PasswordHome, TenantFacts, UserFacts, UserKind, WritebackState,
};
use crate::domain::identity::roles::lists_any;
use crate::domain::identity::writes::Lockouts;
use crate::domain::method::{Channel, MethodKind};
use crate::domain::password::PasswordRules;
use crate::domain::policy::plans::includes;
use crate::domain::policy::{Gates, Policy, Scope};
use crate::domain::reason::SsprReason;
use crate::domain::time::Timestamp;

/// How long a trial excuses administrators from the second gate (Entra).
const TRIAL_GRACE: Duration = Duration::from_secs(30 * 86_400);

/// What an effective policy is computed from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PolicyFacts<'a> {
    /// `None`: no policy is defined for the tenant.
    pub(crate) policy: Option<&'a Policy>,
    /// `None`: the directory does not know the tenant.
    pub(crate) tenant: Option<&'a TenantFacts>,
    pub(crate) user: &'a UserFacts,
    pub(crate) now: Timestamp,
}

/// The rules that apply to one user.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct EffectivePolicy {
    /// Whether the stricter policy of administrators applies.
    pub(crate) administrator: bool,
    /// The gates. Without a policy they count no method.
    pub(crate) gates: Gates,
    /// Kinds that the policy names for this user and that do not count now.
    pub(crate) withheld: Vec<WithheldMethod>,
    against_reset: BTreeSet<SsprReason>,
    against_change: BTreeSet<SsprReason>,
}

/// A kind of method that the policy names and that does not count now.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct WithheldMethod {
    /// The kind.
    pub method: MethodKind,
    /// Why it does not count.
    pub why: Withheld,
}

/// Why a kind of method does not count.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Withheld {
    /// Its date of [retirement](crate::policy::Retirement) has come.
    Retired,
    /// The tenant's [plan](crate::policy::PlanTable) does not include it.
    Plan,
    /// A number of this kind is outside the [allowed](crate::policy::NumberPolicy::allowed)
    /// prefixes. Others of the kind count.
    NumberNotAllowed,
    /// The policy has removed so many questions of the user's set that fewer are left than a reset
    /// asks for: the user registers again.
    QuestionsRemoved,
}

impl EffectivePolicy {
    pub(crate) fn of(facts: &PolicyFacts<'_>) -> Self {
        let policy = facts.policy;
        let administrator = policy.is_some_and(|policy| is_administrator(policy, facts.user));
        let mut gates = match policy {
            Some(policy) if administrator => policy.administrators.gates.clone(),
            Some(policy) => policy.user_gates(),
            None => Gates { methods: BTreeSet::new(), ..Gates::default() },
        };
        if policy.is_some_and(|policy| administrator && takes_one_gate(policy, facts)) {
            gates.required = 1;
        }
        let withheld: Vec<_> = gates
            .methods
            .iter()
            .filter_map(|kind| Some((*kind, withheld(policy?, facts.tenant, *kind, facts.now)?)))
            .map(|(method, why)| WithheldMethod { method, why })
            .collect();
        gates.methods.retain(|kind| withheld.iter().all(|method| method.method != *kind));
        let against_reset = against_reset(facts, administrator);
        let against_change = against_write(facts);
        Self { administrator, gates, withheld, against_reset, against_change }
    }

    /// Every reason against a reset or an unlock that does not depend on methods, in order.
    pub(crate) const fn against_reset(&self) -> &BTreeSet<SsprReason> {
        &self.against_reset
    }

    /// The gates, if nothing but methods stands against a reset.
    ///
    /// # Errors
    ///
    /// The first reason.
    pub(crate) fn may_reset(&self) -> Result<&Gates, SsprReason> {
        self.against_reset.first().map_or(Ok(&self.gates), |reason| Err(*reason))
    }

    /// Whether this user may change a known password. The scope does not matter (Entra); the state
    /// of the account, the kind of user and the home of the password do.
    ///
    /// # Errors
    ///
    /// The first reason.
    pub(crate) fn may_change(&self) -> Result<(), SsprReason> {
        self.against_change.first().map_or(Ok(()), |reason| Err(*reason))
    }
}

/// Whether the stricter policy for administrators applies to the user.
fn is_administrator(policy: &Policy, user: &UserFacts) -> bool {
    lists_any(&policy.administrators.roles, &user.roles)
}

/// Whether the tenant's facts excuse an administrator from the second gate. A fact that is not
/// known excuses none, and where Entra's two lists overlap two gates are required.
fn takes_one_gate(policy: &Policy, facts: &PolicyFacts<'_>) -> bool {
    let excuses = |tenant: &TenantFacts| {
        let old_trial =
            tenant.trial_since.is_some_and(|since| since.plus(TRIAL_GRACE) <= facts.now);
        tenant.custom_domain == Some(false) && tenant.synchronised == Some(false) && !old_trial
    };
    policy.administrators.one_gate_exceptions && facts.tenant.is_some_and(excuses)
}

/// Why this kind does not count in the tenant now.
fn withheld(
    policy: &Policy,
    tenant: Option<&TenantFacts>,
    kind: MethodKind,
    now: Timestamp,
) -> Option<Withheld> {
    let needs_voice = kind.channels() == [Channel::Voice];
    if policy.has_retired(kind, tenant, now) {
        Some(Withheld::Retired)
    } else if needs_voice && !includes(&policy.plans.voice, tenant) {
        Some(Withheld::Plan)
    } else {
        None
    }
}

/// The kinds that are shown before the first proof for every identifier: those of the gates for
/// users, except questions that are asked only after another proof.
///
/// Kinds that only administrators' gates count are shown after the first proof, and only to
/// administrators. If the two sets share no kind, no administrator could give a first proof. All
/// callers then see the kinds of both sets, so that the list does not tell who is an administrator.
pub(crate) fn shown_kinds(
    policy: &Policy,
    tenant: Option<&TenantFacts>,
    now: Timestamp,
) -> BTreeSet<MethodKind> {
    let mut users = user_kinds(policy, tenant, now);
    users.retain(|kind| policy.may_be_first(*kind));
    let administrators = administrator_kinds(policy, tenant, now);
    if users.is_disjoint(&administrators) { &users | &administrators } else { users }
}

/// The kinds of the gates for users that count in the tenant now.
pub(crate) fn user_kinds(
    policy: &Policy,
    tenant: Option<&TenantFacts>,
    now: Timestamp,
) -> BTreeSet<MethodKind> {
    let mut kinds = policy.user_gates().methods;
    kinds.retain(|kind| withheld(policy, tenant, *kind, now).is_none());
    kinds
}

/// The kinds of the gates for administrators that count in the tenant now; none if administrators
/// may not reset.
pub(crate) fn administrator_kinds(
    policy: &Policy,
    tenant: Option<&TenantFacts>,
    now: Timestamp,
) -> BTreeSet<MethodKind> {
    let administrators = &policy.administrators;
    let counts = |kind: &&MethodKind| withheld(policy, tenant, **kind, now).is_none();
    let kinds = administrators.gates.methods.iter().filter(|_| administrators.enabled);
    kinds.filter(counts).copied().collect()
}

/// The lockouts that a write clears (Entra). A user who changes a known password is not locked out on
/// premises, or could not have proven it.
pub(crate) fn cleared(effect: Effect, policy: &Policy, user: &UserFacts) -> Lockouts {
    match (effect, user.password_home) {
        (Effect::Reset | Effect::Temporary, _) => Lockouts::ALL,
        (Effect::Change, _) | (Effect::Unlock, PasswordHome::Cloud) => {
            Lockouts { sign_in: true, on_premises: false }
        }
        (Effect::Unlock, PasswordHome::OnPremises) => {
            Lockouts { sign_in: policy.on_premises.unlock_clears_sign_in, on_premises: true }
        }
    }
}

/// The password rules for this user: a school requires no classes of characters, and neither does a
/// user whose password need not be strong (Entra). A fact that is not known excuses from nothing.
pub(crate) fn password_rules<'a>(
    policy: &'a Policy,
    tenant: Option<&TenantFacts>,
    user: &UserFacts,
) -> Cow<'a, PasswordRules> {
    let rules = &policy.password;
    let school = tenant.and_then(|tenant| tenant.education) == Some(true);
    let excused = school || user.strong_password_required == Some(false);
    if rules.required_classes == 0 || !excused {
        return Cow::Borrowed(rules);
    }
    Cow::Owned(PasswordRules { required_classes: 0, ..rules.clone() })
}

/// Every reason against a reset that does not depend on methods.
fn against_reset(facts: &PolicyFacts<'_>, administrator: bool) -> BTreeSet<SsprReason> {
    let PolicyFacts { policy, tenant, user, .. } = *facts;
    let mut reasons = against_write(facts);
    let Some(policy) = policy else { return reasons };
    let mut against = |holds: bool, reason| {
        if holds {
            reasons.insert(reason);
        }
    };
    // The scope governs users only; administrators have a switch of their own.
    if administrator {
        against(!policy.administrators.enabled, SsprReason::AdministratorsOff);
    } else {
        let outside = match &policy.scope {
            Scope::Selected(groups) => user.groups.is_disjoint(groups),
            Scope::None | Scope::All => false,
        };
        against(policy.scope == Scope::None, SsprReason::SwitchedOff);
        against(outside, SsprReason::NotInScope);
        against(!includes(&policy.plans.reset, tenant), SsprReason::NotEntitled);
    }
    let lacks = match (&policy.required_entitlement, &user.entitlements) {
        (Some(wanted), Some(held)) => !held.contains(wanted),
        _ => false,
    };
    against(lacks, SsprReason::NotEntitled);
    reasons
}

/// Every reason against any write to the user's password or lockout.
fn against_write(facts: &PolicyFacts<'_>) -> BTreeSet<SsprReason> {
    let PolicyFacts { policy, tenant, user, .. } = *facts;
    let on_premises = user.password_home == PasswordHome::OnPremises;
    let writeback_off = user.writeback == Some(WritebackState::NotConfigured)
        || policy.is_some_and(|policy| !policy.on_premises.writeback);
    let unreachable = user.writeback == Some(WritebackState::Unreachable);
    let plan_lacks = policy.is_some_and(|policy| !includes(&policy.plans.on_premises, tenant));
    let all = [
        (tenant.is_none(), SsprReason::UnknownTenant),
        (user.kind == UserKind::ForeignGuest, SsprReason::HomeTenant),
        (user.kind == UserKind::Personal, SsprReason::PersonalAccount),
        (!user.enabled, SsprReason::AccountDisabled),
        (policy.is_none(), SsprReason::NoPolicy),
        (on_premises && writeback_off, SsprReason::WritebackOff),
        (on_premises && plan_lacks, SsprReason::NotEntitled),
        (user.protected, SsprReason::Protected),
        (on_premises && unreachable, SsprReason::DirectoryUnreachable),
    ];
    all.into_iter().filter_map(|(holds, reason)| holds.then_some(reason)).collect()
}

#[cfg(test)]
#[path = "effective_tests.rs"]
mod tests;
