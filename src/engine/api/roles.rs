//! The roles that may perform each operation of administrators, and on which users.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::domain::event::{ActRefusal, AdminAct};
use crate::domain::identity::facts::UserFacts;
use crate::domain::identity::ids::{RoleId, UserId};
use crate::domain::identity::roles::{lists, lists_any};
use crate::engine::api::request::Actor;

/// The roles that may perform each operation. They are data, since directories name their roles
/// differently; the case of a name does not matter.
///
/// | Operation of [`Admin`](crate::Admin) | List | On which users |
/// |---|---|---|
/// | `put_policy` | `policy` | |
/// | `policy` | `policy`, `read` | |
/// | `dry_run` | `policy`, `read` | every user |
/// | `supply_contacts`, `supply_token` | `contacts` | `targets`, never oneself |
/// | `unblock` | `unblock` | `targets`, never oneself |
/// | `initiate_reset`, `invite`, `revoke_invitation` | `initiate` | `targets`, never oneself |
/// | `set_temporary_password` | `temporary_password` | `targets`, never oneself |
/// | `revoke_methods`, `revoke_flows`, `require_registration`, `forget`, `confirm_incarnation` | `revoke` | `targets`, never oneself |
/// | `events`, `user_events`, `accounts`, `explain`, all reports | `read` | every user |
///
/// An act on a user requires one role that is in the list of the act and in every rule of
/// [`targets`](Self::targets) that applies to the user. Roles do not add up: a Helpdesk
/// Administrator who is also a Reports Reader gets no further than each role alone. An act that
/// these rules refuse is recorded as `act_refused`, at most ten an hour for each account, and only
/// for an id that the directory or the store has; an actor whose roles are not in the list of the
/// operation is refused before anything is read, and nothing is recorded.
///
/// The default names Entra's roles. A field that is set replaces its default list. In a document, a
/// missing field keeps its default and an unknown field is an error.
///
/// A role of your own needs both a list and `targets`:
///
/// ```
/// use sspr::RoleId;
/// use sspr::admin::AdminRoles;
///
/// let mut roles: AdminRoles = serde_json::from_str(r#"{ "contacts": ["enrolment-desk"] }"#).unwrap();
/// assert_eq!(roles.read, AdminRoles::default().read);
/// roles.targets.no_role.insert(RoleId::parse("enrolment-desk")?);
/// assert!(serde_json::from_str::<AdminRoles>(r#"{ "polcy": [] }"#).is_err());
/// # Ok::<(), sspr::InvalidInput>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct AdminRoles {
    /// May put and read the policy, and dry-run one. Default: Password Administrator, Global Administrator and
    /// Authentication Policy Administrator.
    pub policy: BTreeSet<RoleId>,
    /// May supply contact data and tokens.
    pub contacts: BTreeSet<RoleId>,
    /// May clear failure budgets.
    pub unblock: BTreeSet<RoleId>,
    /// May revoke methods and flows, require a new registration, forget accounts, and confirm an
    /// incarnation.
    pub revoke: BTreeSet<RoleId>,
    /// May ask a user to reset the password, invite a user, and revoke an invitation.
    pub initiate: BTreeSet<RoleId>,
    /// May set a temporary password.
    pub temporary_password: BTreeSet<RoleId>,
    /// May read the policy, dry runs, events, accounts and explanations.
    pub read: BTreeSet<RoleId>,
    /// Which of these may act on which users.
    pub targets: TargetRules,
}

const GLOBAL: &str = "Global Administrator";
const PRIVILEGED: &str = "Privileged Authentication Administrator";
const AUTHENTICATION: &str = "Authentication Administrator";
const HELPDESK: &str = "Helpdesk Administrator";
const PASSWORD: &str = "Password Administrator";
const USER: &str = "User Administrator";

fn named(names: &[&str]) -> BTreeSet<RoleId> {
    names.iter().filter_map(|name| RoleId::parse(name).ok()).collect()
}

impl Default for AdminRoles {
    fn default() -> Self {
        let resetters = [HELPDESK, PASSWORD, USER, AUTHENTICATION, PRIVILEGED, GLOBAL];
        Self {
            policy: named(&["Authentication Policy Administrator", PASSWORD, GLOBAL]),
            contacts: named(&[PRIVILEGED, GLOBAL]),
            unblock: named(&[HELPDESK, AUTHENTICATION, GLOBAL]),
            revoke: named(&[AUTHENTICATION, PRIVILEGED, GLOBAL]),
            initiate: named(&resetters),
            temporary_password: named(&resetters),
            read: named(&["Reports Reader", "Security Reader", "Global Reader", GLOBAL]),
            targets: TargetRules::default(),
        }
    }
}

impl AdminRoles {
    /// The list of this act.
    pub(crate) const fn of(&self, act: AdminAct) -> &BTreeSet<RoleId> {
        match act {
            AdminAct::SupplyContacts | AdminAct::SupplyToken => &self.contacts,
            AdminAct::Unblock => &self.unblock,
            AdminAct::InitiateReset | AdminAct::Invite | AdminAct::RevokeInvitation => {
                &self.initiate
            }
            AdminAct::SetTemporaryPassword => &self.temporary_password,
            AdminAct::RevokeMethods
            | AdminAct::RevokeFlows
            | AdminAct::RequireRegistration
            | AdminAct::Forget
            | AdminAct::ConfirmIncarnation => &self.revoke,
        }
    }

    /// Checks that the actor may perform this act on this user. `facts` are the directory's;
    /// `None` if it has no such user.
    ///
    /// # Errors
    ///
    /// [`ActRefusal::OwnAccount`], whatever the roles are; [`ActRefusal::Roles`].
    pub(crate) fn check(
        &self,
        act: AdminAct,
        actor: &Actor,
        user: &UserId,
        facts: Option<&UserFacts>,
    ) -> Result<(), ActRefusal> {
        // Defence in depth: the engine refuses a directory's reply about another id.
        if actor.is(user) || facts.is_some_and(|facts| actor.is(&facts.id)) {
            return Err(ActRefusal::OwnAccount);
        }
        let rules = self.targets.applying_to(facts);
        let suffices = |role: &RoleId| {
            lists(self.of(act), role) && rules.iter().all(|actors| lists(actors, role))
        };
        if actor.roles.iter().any(suffices) { Ok(()) } else { Err(ActRefusal::Roles) }
    }
}

/// Which administrators may act on a user, by the roles that the user holds.
///
/// Every rule that applies to the user counts: of a user with several roles, the rule of each role.
/// The default is Entra's table of who can reset whose password:
///
/// | The user | Password | Helpdesk | Authentication | User | Privileged Authentication | Global |
/// |---|---|---|---|---|---|---|
/// | holds no role | yes | yes | yes | yes | yes | yes |
/// | is under [restricted management](UserFacts::restricted_management), or that fact is unknown | | | | | yes | yes |
/// | holds Directory Readers, Guest Inviter or Password Administrator | yes | yes | yes | yes | yes | yes |
/// | holds Message Center Reader, Reports Reader, Usage Summary Reports Reader or User Experience Success Manager | | yes | yes | yes | yes | yes |
/// | holds Helpdesk Administrator | | yes | | yes | yes | yes |
/// | holds Groups Administrator or User Administrator | | | | yes | yes | yes |
/// | holds Authentication Administrator | | | yes | | yes | yes |
/// | holds any other role | | | | | yes | yes |
/// | is not in the directory | | | | | yes | yes |
///
/// ```
/// use sspr::RoleId;
/// use sspr::admin::{TargetRule, TargetRules};
///
/// let mut rules = TargetRules::default();
/// let role = |name| RoleId::parse(name);
/// rules.roles.push(TargetRule::new([role("payroll-clerk")?], [role("payroll-desk")?]));
/// let text = serde_json::to_string(&rules).unwrap();
/// assert_eq!(serde_json::from_str::<TargetRules>(&text).unwrap(), rules);
/// # Ok::<(), sspr::InvalidInput>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct TargetRules {
    /// May act on a user without any role.
    pub no_role: BTreeSet<RoleId>,
    /// May act on a user under restricted management, or whose
    /// [`restricted_management`](UserFacts::restricted_management) is `None`.
    pub restricted: BTreeSet<RoleId>,
    /// Rules by the roles that the user holds; every rule that names one applies.
    pub roles: Vec<TargetRule>,
    /// May act on holders of a role that no rule names, and on the record of a user whom the
    /// directory does not have.
    pub others: BTreeSet<RoleId>,
}

/// The roles that may act on holders of some roles.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct TargetRule {
    /// The roles of the user.
    pub held: BTreeSet<RoleId>,
    /// The roles of the administrators who may act on their holders.
    pub actors: BTreeSet<RoleId>,
}

impl TargetRule {
    /// A rule for holders of any of these roles.
    #[must_use]
    pub fn new(
        held: impl IntoIterator<Item = RoleId>,
        actors: impl IntoIterator<Item = RoleId>,
    ) -> Self {
        Self { held: held.into_iter().collect(), actors: actors.into_iter().collect() }
    }
}

impl Default for TargetRules {
    fn default() -> Self {
        let rule = |held: &[&str], actors: &[&str]| TargetRule {
            held: named(held),
            actors: named(&[actors, &[PRIVILEGED, GLOBAL]].concat()),
        };
        let all = [PASSWORD, HELPDESK, AUTHENTICATION, USER];
        let [_, but_password @ ..] = &all;
        let readers = [
            "Message Center Reader",
            "Reports Reader",
            "Usage Summary Reports Reader",
            "User Experience Success Manager",
        ];
        Self {
            no_role: rule(&[], &all).actors,
            restricted: rule(&[], &[]).actors,
            roles: vec![
                rule(&["Directory Readers", "Guest Inviter", PASSWORD], &all),
                rule(&readers, but_password),
                rule(&[HELPDESK], &[HELPDESK, USER]),
                rule(&["Groups Administrator", USER], &[USER]),
                rule(&[AUTHENTICATION], &[AUTHENTICATION]),
            ],
            others: rule(&[], &[]).actors,
        }
    }
}

impl TargetRules {
    /// The actors of each rule that applies to this user.
    fn applying_to(&self, facts: Option<&UserFacts>) -> Vec<&BTreeSet<RoleId>> {
        let Some(facts) = facts else { return vec![&self.others] };
        let mut all = Vec::new();
        if facts.restricted_management != Some(false) {
            all.push(&self.restricted);
        }
        if facts.roles.is_empty() {
            all.push(&self.no_role);
        }
        let named = self.roles.iter().filter(|rule| lists_any(&rule.held, &facts.roles));
        all.extend(named.map(|rule| &rule.actors));
        let known = |role: &RoleId| self.roles.iter().any(|rule| lists(&rule.held, role));
        if !facts.roles.iter().all(known) {
            all.push(&self.others);
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// S17: each list permits its own acts and no others, also where the defaults are the same.
    #[test]
    fn each_act_has_a_list_of_its_own() {
        let only = |name: &str| named(&[name]);
        let roles = AdminRoles {
            contacts: only("contacts"),
            unblock: only("unblock"),
            revoke: only("revoke"),
            initiate: only("initiate"),
            temporary_password: only("temporary"),
            ..AdminRoles::default()
        };
        let lists = AdminAct::ALL.map(|act| roles.of(act).first().map(RoleId::as_str));
        let (contacts, revoke, initiate) = ("contacts", "revoke", "initiate");
        let expected = [
            contacts,
            contacts,
            "unblock",
            revoke,
            revoke,
            revoke,
            initiate,
            initiate,
            initiate,
            "temporary",
            revoke,
            revoke,
        ];
        assert_eq!(lists, expected.map(Some));
    }

    /// S17: a directory may find a user under another spelling of the id than its own.
    #[test]
    fn a_user_under_another_id_of_the_directory_is_the_own_account_too() {
        let id = |text| UserId::parse(text).expect("valid");
        let actor = Actor::user(id("u-7"), named(&[GLOBAL]));
        let found = |user| UserFacts::new(id(user));
        let check = |user, facts: &UserFacts| {
            AdminRoles::default().check(AdminAct::Unblock, &actor, &id(user), Some(facts))
        };
        assert_eq!(check("alias", &found("U-7")), Err(ActRefusal::OwnAccount));
        assert_eq!(check("alias", &found("u-8")), Ok(()));
        // The record of a user whom the directory does not have.
        let gone = AdminRoles::default().check(AdminAct::Forget, &actor, &id("U-7"), None);
        assert_eq!(gone, Err(ActRefusal::OwnAccount));
    }
}
