//! A part of an OpenLDAP server for one test: its own unit, with a unit for each tenant.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use sspr::adapters::ldap::{
    IdAttribute, IdSyntax, LdapConfig, LdapDirectory, LdapProfile, LdapTenant,
};
use sspr::conformance::{Ability, DirectoryUnderTest};
use sspr::facts::{GroupId, TenantFacts, UserFacts};
use sspr::port::{Directory, PortError, PortResult};
use sspr::{RoleId, SecretText, TenantId, UserId};
use unicode_normalization::UnicodeNormalization as _;

use super::proxy::Proxy;
use crate::servers::openldap::{OpenLdap, PASSWORD};

pub const SERVICE: &str = "cn=sspr,ou=services,dc=example";

/// The roles of the tests. Each is a group in each tenant.
pub const ROLES: [&str; 4] = ["admin", "help", "other", "unheld"];

/// A unit of the shared server.
pub struct OpenLdapFixture {
    pub server: &'static OpenLdap,
    pub base: String,
    pub proxy: Proxy,
    tenants: Mutex<BTreeMap<TenantId, TenantFacts>>,
    directory: Mutex<Option<Arc<LdapDirectory>>>,
}

impl Default for OpenLdapFixture {
    fn default() -> Self {
        let server = OpenLdap::shared();
        let name = server.fresh();
        let base = format!("ou={name},dc=example");
        server.change(&format!("dn: {base}\nobjectClass: organizationalUnit\nou: {name}\n"));
        let proxy = Proxy::before(format!("127.0.0.1:{}", server.port()));
        Self { server, base, proxy, tenants: Mutex::default(), directory: Mutex::default() }
    }
}

/// Users are known by `uid`, so that a test can choose the identifier; they sign in by `mail`-like names
/// in `labeledURI`, of which a user can have several.
pub fn profile() -> LdapProfile {
    let mut profile = LdapProfile::open_ldap();
    profile.id = IdAttribute::new("uid", IdSyntax::Text);
    profile.group_id = IdAttribute::new("cn", IdSyntax::Text);
    profile.names = vec!["departmentNumber".to_owned()];
    profile
}

impl OpenLdapFixture {
    fn unit(&self, tenant: &TenantId) -> String {
        format!("ou={},{}", tenant.as_str(), self.base)
    }

    pub fn user_name(&self, tenant: &TenantId, user: &UserId) -> String {
        format!("uid={},ou=users,{}", user.as_str(), self.unit(tenant))
    }

    fn group_name(&self, tenant: &TenantId, group: &str) -> String {
        format!("cn={group},ou=groups,{}", self.unit(tenant))
    }

    /// The configuration for the tenants so far, over the proxy and without TLS.
    pub fn config(&self) -> LdapConfig {
        let tenants = self.tenants.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut profile = profile();
        profile.protected_groups =
            tenants.keys().map(|tenant| self.group_name(tenant, "protected")).collect();
        self.with_tenants(LdapConfig::unencrypted_on_loopback(profile, self.proxy.port()))
            .with_login(SERVICE, SecretText::from(PASSWORD))
    }

    /// Adds the tenants so far.
    pub fn with_tenants(&self, mut config: LdapConfig) -> LdapConfig {
        for (id, facts) in &*self.tenants.lock().unwrap_or_else(PoisonError::into_inner) {
            let unit = self.unit(id);
            let mut tenant = LdapTenant::new(facts.clone(), &format!("ou=users,{unit}"))
                .with_groups(&format!("ou=groups,{unit}"));
            for role in ROLES {
                let group = self.group_name(id, &format!("role-{role}"));
                tenant = tenant.with_role(RoleId::parse(role).expect("valid"), &group);
            }
            config = config.with_tenant(id.clone(), tenant);
        }
        config
    }

    /// Adds a value to a group, which begins with its own name: a group here is never empty.
    fn add_member(&self, group: &str, member: &str) {
        self.server
            .change(&format!("dn: {group}\nchangetype: modify\nadd: member\nmember: {member}\n"));
    }

    fn make_group(&self, tenant: &TenantId, name: &str, members: &[String]) {
        let dn = self.group_name(tenant, name);
        let mut ldif =
            format!("dn: {dn}\nobjectClass: groupOfNames\ncn: {name}\nmember: cn=none\n");
        members.iter().for_each(|member| ldif.push_str(&format!("member: {member}\n")));
        self.server.change(&ldif);
    }
}

/// A value in LDIF, in Base64, so that any character may be in it.
pub fn line(attribute: &str, value: &str) -> String {
    format!("{attribute}:: {}\n", data_encoding::BASE64.encode(value.as_bytes()))
}

#[async_trait]
impl DirectoryUnderTest for OpenLdapFixture {
    fn directory(&self) -> Arc<dyn Directory> {
        let mut directory = self.directory.lock().unwrap_or_else(PoisonError::into_inner);
        let make = || Arc::new(self.config().build().expect("sound"));
        let made: Arc<LdapDirectory> = Arc::clone(directory.get_or_insert_with(make));
        made
    }

    async fn add_tenant(&self, tenant: &TenantId, facts: TenantFacts) -> PortResult<()> {
        let mut ldif = String::new();
        let unit = self.unit(tenant);
        for dn in [unit.clone(), format!("ou=users,{unit}"), format!("ou=groups,{unit}")] {
            ldif.push_str(&format!("dn: {dn}\nobjectClass: organizationalUnit\n\n"));
        }
        self.server.change(&ldif);
        self.tenants.lock().unwrap_or_else(PoisonError::into_inner).insert(tenant.clone(), facts);
        for role in ROLES {
            self.make_group(tenant, &format!("role-{role}"), &[]);
        }
        self.make_group(tenant, "protected", &[]);
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
        let mut ldif = format!("dn: {dn}\nobjectClass: inetOrgPerson\n");
        ldif.push_str(&line("cn", facts.id.as_str()));
        ldif.push_str(&line("sn", facts.names.first().map_or("Name", String::as_str)));
        // The engine passes passwords in composed form.
        ldif.push_str(&line("userPassword", &password.nfc().collect::<String>()));
        names.iter().for_each(|name| ldif.push_str(&line("departmentNumber", name)));
        let optional = [
            ("displayName", &facts.display_name),
            ("mail", &facts.primary_mail),
            ("mobile", &facts.contacts.mobile_phone),
            ("telephoneNumber", &facts.contacts.office_phone),
        ];
        for (attribute, value) in optional {
            ldif.push_str(&value.as_ref().map(|value| line(attribute, value)).unwrap_or_default());
        }
        self.server.try_change(&ldif).map_err(|said| PortError::denied().because(said))?;
        let set = |attribute: &str, value: &str| {
            let change = format!("dn: {dn}\nchangetype: modify\nreplace: {attribute}\n");
            self.server.change(&format!("{change}{attribute}: {value}\n"));
        };
        if !facts.enabled {
            set("pwdAccountLockedTime", "000001010000Z");
        } else if facts.locked_out == Some(true) {
            set("pwdAccountLockedTime", "20260101000000Z");
        }
        if facts.password_expired == Some(true) {
            set("pwdReset", "TRUE");
        }
        for role in &facts.roles {
            let group = self.group_name(tenant, &format!("role-{}", role.as_str()));
            self.add_member(&group, &dn);
        }
        if facts.protected {
            self.add_member(&self.group_name(tenant, "protected"), &dn);
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
        let users = users.iter().map(|user| self.user_name(tenant, user));
        let groups = groups.iter().map(|group| self.group_name(tenant, group.as_str()));
        let members: Vec<String> = users.chain(groups).collect();
        self.make_group(tenant, group.as_str(), &members);
        Ok(Ability::Has)
    }

    async fn cut_off(&self, off: bool) -> PortResult<Ability> {
        self.proxy.refuse(off);
        Ok(Ability::Has)
    }
}
