//! A part of a domain of Active Directory for one test: its own unit, with a unit for each tenant.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use sspr::adapters::ldap::{
    IdAttribute, IdSyntax, LdapConfig, LdapDirectory, LdapProfile, LdapTenant,
};
use sspr::conformance::{Ability, DirectoryUnderTest};
use sspr::facts::{GroupId, TenantFacts, UserFacts};
use sspr::port::{Directory, PortResult};
use sspr::{RoleId, SecretText, TenantId, UserId};
use unicode_normalization::UnicodeNormalization as _;

use super::open_ldap::{ROLES, line};
use super::proxy::Proxy;
use crate::servers::samba::{DOMAIN, PASSWORD, STAFF, Samba, unicode};

/// A unit of the shared domain.
pub struct ActiveDirectoryFixture {
    pub server: &'static Samba,
    pub base: String,
    pub proxy: Proxy,
    tenants: Mutex<BTreeMap<TenantId, TenantFacts>>,
    groups: Mutex<BTreeSet<String>>,
    directory: Mutex<Option<Arc<LdapDirectory>>>,
}

impl Default for ActiveDirectoryFixture {
    fn default() -> Self {
        let server = Samba::shared();
        let name = server.fresh();
        let base = format!("OU={name},{STAFF}");
        server.change(&format!("dn: {base}\nobjectClass: organizationalUnit\n"));
        let proxy = Proxy::before(format!("{}:636", server.address()));
        let (tenants, groups, directory) = (Mutex::default(), Mutex::default(), Mutex::default());
        Self { server, base, proxy, tenants, groups, directory }
    }
}

/// Users are known by `employeeNumber`, so that a test can choose the identifier, and sign in by the values of
/// `otherMailbox`, which need not be unique in the domain.
pub fn profile() -> LdapProfile {
    let mut profile = LdapProfile::active_directory();
    profile.id = IdAttribute::new("employeeNumber", IdSyntax::Text);
    profile.group_id = IdAttribute::new("description", IdSyntax::Text);
    profile.names = vec!["otherMailbox".to_owned()];
    profile.user_principal_name = None;
    profile
}

impl ActiveDirectoryFixture {
    fn unit(&self, tenant: &TenantId) -> String {
        format!("OU={},{}", tenant.as_str(), self.base)
    }

    pub fn user_name(&self, tenant: &TenantId, user: &UserId) -> String {
        format!("CN={},OU=users,{}", user.as_str(), self.unit(tenant))
    }

    fn group_name(&self, tenant: &TenantId, group: &str) -> String {
        format!("CN={group},OU=groups,{}", self.unit(tenant))
    }

    /// The server's certificate is for its address, so a test that needs the proxy trusts it by name.
    pub fn config(&self) -> LdapConfig {
        let port = self.proxy.port();
        self.config_at(&[&format!("127.0.0.1:{port}")], profile())
    }

    pub fn config_at(&self, servers: &[&str], profile: LdapProfile) -> LdapConfig {
        self.completed(LdapConfig::ldaps(profile, servers))
    }

    /// With the service account, the authority and the tenants so far.
    pub fn completed(&self, config: LdapConfig) -> LdapConfig {
        let mut config = config
            .with_login(&format!("CN=sspr,CN=Users,{DOMAIN}"), SecretText::from(PASSWORD))
            .without_system_roots()
            .with_root_certificates(&self.server.certificates().ca);
        for (id, facts) in &*self.tenants.lock().unwrap_or_else(PoisonError::into_inner) {
            let unit = self.unit(id);
            let mut tenant = LdapTenant::new(facts.clone(), &format!("OU=users,{unit}"))
                .with_groups(&format!("OU=groups,{unit}"));
            for role in ROLES {
                let group = self.group_name(id, &format!("role-{role}"));
                tenant = tenant.with_role(RoleId::parse(role).expect("valid"), &group);
            }
            config = config.with_tenant(id.clone(), tenant);
        }
        config
    }

    fn add_member(&self, group: &str, member: &str) {
        self.server
            .change(&format!("dn: {group}\nchangetype: modify\nadd: member\nmember: {member}\n"));
    }

    /// Makes a group, unless another group already has it as a member. Global groups may hold each other.
    fn make_group(&self, tenant: &TenantId, name: &str) -> String {
        let dn = self.group_name(tenant, name);
        let mut groups = self.groups.lock().unwrap_or_else(PoisonError::into_inner);
        if groups.insert(dn.clone()) {
            let account = self.server.fresh();
            self.server.change(&format!(
                "dn: {dn}\nobjectClass: group\ndescription: {name}\nsAMAccountName: {account}\n"
            ));
        }
        dn
    }

    /// A new group with this user, by its account name.
    pub fn make_account_group(&self, tenant: &TenantId, user: &UserId) -> String {
        let (account, member) = (self.server.fresh(), self.user_name(tenant, user));
        let dn = self.group_name(tenant, &account);
        self.server.change(&format!(
            "dn: {dn}\nobjectClass: group\nsAMAccountName: {account}\nmember: {member}\n"
        ));
        account
    }

    /// Locks an account by wrong passwords.
    pub async fn lock_out(&self, tenant: &TenantId, user: &UserId) {
        let wrong = SecretText::from("a wrong password 0!");
        for _ in 0..10 {
            let _ = self.directory().verify_password(tenant, user, &wrong).await;
        }
    }
}

#[async_trait]
impl DirectoryUnderTest for ActiveDirectoryFixture {
    fn directory(&self) -> Arc<dyn Directory> {
        let mut directory = self.directory.lock().unwrap_or_else(PoisonError::into_inner);
        let make = || Arc::new(self.config().build().expect("sound"));
        let made: Arc<LdapDirectory> = Arc::clone(directory.get_or_insert_with(make));
        made
    }

    async fn add_tenant(&self, tenant: &TenantId, facts: TenantFacts) -> PortResult<()> {
        let mut ldif = String::new();
        let unit = self.unit(tenant);
        for dn in [unit.clone(), format!("OU=users,{unit}"), format!("OU=groups,{unit}")] {
            ldif.push_str(&format!("dn: {dn}\nobjectClass: organizationalUnit\n\n"));
        }
        self.server.change(&ldif);
        self.tenants.lock().unwrap_or_else(PoisonError::into_inner).insert(tenant.clone(), facts);
        for role in ROLES {
            self.make_group(tenant, &format!("role-{role}"));
        }
        *self.directory.lock().unwrap_or_else(PoisonError::into_inner) = None;
        Ok(())
    }

    async fn add_user(
        &self,
        tenant: &TenantId,
        facts: UserFacts,
        names: &[&str],
        password: &str,
    ) -> PortResult<()> {
        let dn = self.user_name(tenant, &facts.id);
        let account = self.server.fresh();
        // The engine passes passwords in composed form.
        let password: String = password.nfc().collect();
        let mut ldif = format!(
            "dn: {dn}\nobjectClass: user\nsAMAccountName: {account}\nunicodePwd:: {}\n\
             userAccountControl: {}\n",
            unicode(&password),
            if facts.enabled { 512 } else { 514 },
        );
        ldif.push_str(&line("employeeNumber", facts.id.as_str()));
        names.iter().for_each(|name| ldif.push_str(&line("otherMailbox", name)));
        let optional = [
            ("displayName", &facts.display_name),
            ("mail", &facts.primary_mail),
            ("mobile", &facts.contacts.mobile_phone),
            ("telephoneNumber", &facts.contacts.office_phone),
        ];
        for (attribute, value) in optional {
            ldif.push_str(&value.as_ref().map(|value| line(attribute, value)).unwrap_or_default());
        }
        if facts.password_expired == Some(true) {
            ldif.push_str("pwdLastSet: 0\n");
        }
        if facts.protected {
            ldif.push_str("adminCount: 1\n");
        }
        self.server.change(&ldif);
        for role in &facts.roles {
            let group = self.group_name(tenant, &format!("role-{}", role.as_str()));
            self.add_member(&group, &dn);
        }
        if facts.locked_out == Some(true) {
            self.lock_out(tenant, &facts.id).await;
        }
        Ok(())
    }

    async fn add_group(
        &self,
        tenant: &TenantId,
        group: &GroupId,
        users: &[UserId],
        groups: &[GroupId],
    ) -> PortResult<Ability> {
        let dn = self.make_group(tenant, group.as_str());
        for user in users {
            self.add_member(&dn, &self.user_name(tenant, user));
        }
        for member in groups.iter().filter(|member| *member != group) {
            let member = self.make_group(tenant, member.as_str());
            self.add_member(&dn, &member);
        }
        Ok(Ability::Has)
    }

    async fn cut_off(&self, off: bool) -> PortResult<Ability> {
        self.proxy.refuse(off);
        Ok(Ability::Has)
    }
}
