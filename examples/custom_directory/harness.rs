//! How the kit sets the directory up and reads it.

use std::collections::{BTreeMap, BTreeSet};
use std::process::ExitCode;
use std::sync::Arc;

use sspr::conformance::{Ability, DirectoryUnderTest, SessionsUnderTest, check_port};
use sspr::facts::{GroupId, TenantFacts, UserFacts};
use sspr::port::*;
use sspr::{SecretText, TenantId, Timestamp, UserId};
use unicode_normalization::UnicodeNormalization as _;

use super::{Accounts, Row, Tenant};

impl Accounts {
    /// Changes a tenant that the kit has made.
    fn within<T>(&self, tenant: &TenantId, change: impl FnOnce(&mut Tenant) -> T) -> PortResult<T> {
        let mut tenants = self.tenants();
        let tenant = tenants.get_mut(tenant).ok_or_else(PortError::denied)?;
        Ok(change(tenant))
    }
}

#[async_trait]
impl DirectoryUnderTest for Accounts {
    fn directory(&self) -> Arc<dyn Directory> {
        Arc::new(self.clone())
    }

    async fn add_tenant(&self, tenant: &TenantId, facts: TenantFacts) -> PortResult<()> {
        let made =
            Tenant { name: facts.display_name, users: BTreeMap::new(), groups: BTreeMap::new() };
        self.tenants().insert(tenant.clone(), made);
        Ok(())
    }

    async fn add_user(
        &self,
        tenant: &TenantId,
        facts: UserFacts,
        names: &[&str],
        password: &str,
    ) -> PortResult<()> {
        let names: BTreeSet<String> = names.iter().map(|name| name.to_lowercase()).collect();
        // As the host's own pages do before they store or compare a password.
        let password = SecretText::new(password.nfc().collect());
        let id = facts.id.clone();
        let sessions = BTreeMap::new();
        let mut row = Row { facts, names, salt: [0; 16], hash: [0; 32], written: None, sessions };
        row.set(&password)?;
        self.within(tenant, |tenant| tenant.users.insert(id, row)).map(drop)
    }

    async fn add_group(
        &self,
        tenant: &TenantId,
        group: &GroupId,
        users: &[UserId],
        groups: &[GroupId],
    ) -> PortResult<Ability> {
        let members = (users.to_vec(), groups.to_vec());
        self.within(tenant, |tenant| tenant.groups.insert(group.clone(), members))?;
        Ok(Ability::Has)
    }
}

#[async_trait]
impl SessionsUnderTest for Accounts {
    fn sessions(&self) -> Arc<dyn Sessions> {
        Arc::new(self.clone())
    }

    async fn open(
        &self,
        tenant: &TenantId,
        user: &UserId,
        name: &str,
        authenticated_at: Timestamp,
        _issued_at: Timestamp,
    ) -> PortResult<()> {
        if !self.tenants().contains_key(tenant) {
            self.add_tenant(tenant, TenantFacts::new("The kit")).await?;
        }
        if self.within(tenant, |tenant| !tenant.users.contains_key(user))? {
            self.add_user(tenant, UserFacts::new(user.clone()), &[], "A password, 1!").await?;
        }
        self.within(tenant, |tenant| {
            if let Some(row) = tenant.users.get_mut(user) {
                // A renewal keeps the time of authentication.
                row.sessions.entry(name.to_owned()).or_insert(authenticated_at);
            }
        })?;
        Ok(())
    }

    async fn valid(&self, tenant: &TenantId, user: &UserId) -> PortResult<Vec<String>> {
        self.within(tenant, |tenant| {
            let row = tenant.users.get(user);
            row.into_iter().flat_map(|row| row.sessions.keys().cloned()).collect()
        })
    }
}

/// Runs the kits and prints what they found.
pub(super) fn judge() -> ExitCode {
    let reports = [
        check_port::<dyn DirectoryUnderTest>(Accounts::default),
        check_port::<dyn SessionsUnderTest>(Accounts::default),
    ];
    for report in &reports {
        for property in &report.held {
            println!("held     {property}");
        }
        println!("{report}"); // violations, skips and the totals
    }
    let is_broken = reports.iter().any(|report| !report.violations.is_empty());
    ExitCode::from(u8::from(is_broken))
}
