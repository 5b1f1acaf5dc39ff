//! Where a tenant is in the directory.

use std::collections::BTreeMap;

use super::value::folded_name;
use crate::RoleId;
use crate::facts::TenantFacts;

/// Where a tenant's users and groups are in the directory.
#[derive(Clone, Debug)]
pub struct LdapTenant {
    pub(super) facts: TenantFacts,
    pub(super) users: String,
    pub(super) groups: String,
    pub(super) roles: BTreeMap<String, RoleId>,
}

impl LdapTenant {
    /// A tenant whose users are below the entry of this name (DN), and its groups too.
    #[must_use]
    pub fn new(facts: TenantFacts, users: &str) -> Self {
        Self { facts, users: users.to_owned(), groups: users.to_owned(), roles: BTreeMap::new() }
    }

    /// The groups are below this entry.
    #[must_use]
    pub fn with_groups(mut self, base: &str) -> Self {
        self.groups = base.to_owned();
        self
    }

    /// The members of this group (a DN), also through other groups, hold the role. The group must be
    /// below the entry of the groups.
    #[must_use]
    pub fn with_role(mut self, role: RoleId, group: &str) -> Self {
        self.roles.insert(folded_name(group), role);
        self
    }
}
