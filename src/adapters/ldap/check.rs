//! The self-check: what keeps the directory from working, in words.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use data_encoding::HEXLOWER;
use tokio::time::timeout;
use zeroize::Zeroizing;

use super::connection::LdapConnection;
use super::facts::user_facts;
use super::fault::{LdapCause, LdapFault, LdapReply, LdapStage};
use super::filter::Filter;
use super::groups::AskedGroups;
use super::message::{
    Entry, MODIFY_PASSWORD, OperationResult, PAGED, PASSWORD_POLICY, POLICY_HINTS, Search,
    SearchScope,
};
use super::outcome::code;
use super::pool::LdapPool;
use super::profile::LdapKind;
use super::shared::LdapDirectory;
use super::tenant::LdapTenant;
use super::value::generalized_time;
use super::write::unicode_password;
use crate::port::{Entropy as _, SystemEntropy};
use crate::{SecretText, TenantId, UserId};

/// How far the clocks of the server and of this machine may differ.
const MAX_SKEW: Duration = Duration::from_secs(300);

/// Something that the directory lacks, and what to do about it.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct LdapFinding {
    /// The server, as it was configured. `None`: all servers.
    pub server: Option<String>,
    /// What is missing, and the way out.
    pub text: String,
}

impl fmt::Display for LdapFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.server {
            Some(server) => write!(f, "{server}: {}", self.text),
            None => f.write_str(&self.text),
        }
    }
}

impl LdapDirectory {
    /// Checks each server and each tenant: connection, TLS, service account, controls, rights to read,
    /// the clock. Returns what is missing; an empty list is the best result. Run it at start and log
    /// what it finds.
    ///
    /// With a `probe`, a user who is no person, it also tries the right to write: it sets that user's
    /// password, first to one of a single character, which the directory should refuse, and then to a random
    /// one. If the first is accepted, the service account overrides the password policy, or there is none.
    pub async fn check(&self, probe: Option<(&TenantId, &UserId)>) -> Vec<LdapFinding> {
        let mut findings = Vec::new();
        for pool in [Some(&self.readers), self.writers.as_ref()].into_iter().flatten() {
            for (n, server) in pool.servers().iter().enumerate() {
                let found = timeout(self.timeout, self.check_server(pool, n)).await;
                let late = |_| Err(LdapFault::new(LdapStage::Read, LdapCause::Late));
                let texts =
                    found.unwrap_or_else(late).unwrap_or_else(|fault| vec![explained(&fault)]);
                let name = format!("{}:{}", server.host, server.port);
                findings.extend(texts.into_iter().map(|text| finding(Some(&name), text)));
            }
        }
        if let Some((tenant, user)) = probe {
            let tried = timeout(self.timeout, self.try_to_write(tenant, user)).await;
            let late = |_| Err(LdapFault::new(LdapStage::Read, LdapCause::Late));
            let text = tried.unwrap_or_else(late).unwrap_or_else(|fault| Some(explained(&fault)));
            findings.extend(text.map(|text| finding(None, text)));
        }
        findings
    }

    async fn check_server(&self, pool: &LdapPool, server: usize) -> LdapReply<Vec<String>> {
        let mut connection = pool.open(server, &mut LdapStage::Queue).await?;
        let any = Filter::present("objectClass");
        let attributes = ["supportedControl", "supportedExtension", "currentTime"];
        let root = connection.entry("", &any, &attributes).await?.unwrap_or_default();
        let mut texts = self.missing_abilities(&root);
        if let Some(at) = root.text("currentTime").and_then(generalized_time) {
            let now = self.clock.now();
            if at.since(now).max(now.since(at)) > MAX_SKEW {
                texts.push("the clocks differ by more than five minutes".to_owned());
            }
        }
        for (id, tenant) in &self.tenants {
            let missing = self.check_tenant(&mut connection, tenant).await?;
            texts.extend(missing.map(|text| format!("tenant {}: {text}", id.as_str())));
        }
        Ok(texts)
    }

    fn missing_abilities(&self, root: &Entry) -> Vec<String> {
        let controls = |oid: &str| root.texts("supportedControl").any(|text| text == oid);
        let extensions = |oid: &str| root.texts("supportedExtension").any(|text| text == oid);
        let hints = POLICY_HINTS.into_iter().any(controls);
        let open_ldap = self.profile.kind == LdapKind::OpenLdap;
        let abilities = [
            (controls(PAGED), "paged searches are not supported: users cannot be listed"),
            (
                !open_ldap || extensions(MODIFY_PASSWORD),
                "Password Modify (RFC 3062) is not supported: passwords cannot be set",
            ),
            (
                !open_ldap || controls(PASSWORD_POLICY),
                "the overlay ppolicy is not loaded: the directory judges no password and locks no account",
            ),
            (
                hints || !self.profile.policy_hints,
                "policy hints are not supported: a reset obeys neither history nor minimum age",
            ),
        ];
        let missing = abilities.into_iter().filter(|(has, _)| !has);
        missing.map(|(_, text)| text.to_owned()).collect()
    }

    /// What is missing to read the users and the groups of a tenant.
    async fn check_tenant(
        &self,
        connection: &mut LdapConnection,
        tenant: &LdapTenant,
    ) -> LdapReply<Option<String>> {
        let attributes = self.profile.attributes();
        let user = first(connection, &tenant.users, &self.profile.users, &attributes).await;
        let user = match user {
            Ok(Some(user)) => user,
            Ok(None) => return Ok(Some(format!("no user below {} can be read", tenant.users))),
            Err(fault) => return Ok(Some(format!("{}: {}", tenant.users, explained(&fault)))),
        };
        let nothing = BTreeSet::new();
        let asked = AskedGroups::new(connection, &self.profile, tenant, &nothing).await?;
        let read = match user_facts(&self.profile, &user, self.clock.now()) {
            Ok(mut facts) => asked.apply(connection, &user, &mut facts).await,
            Err(fault) => Err(fault),
        };
        if let Err(fault) = read {
            return Ok(Some(explained(&fault)));
        }
        let group = [self.profile.group_id.name.as_str()];
        let group = first(connection, &tenant.groups, &self.profile.groups, &group).await?;
        if group.is_none() {
            let text = "no group below it can be read, so no user is a member of any";
            return Ok(Some(format!("{}: {text}", tenant.groups)));
        }
        self.unwritable(connection, &user).await
    }

    /// The attributes of a user that the service account cannot write, as Active Directory tells.
    async fn unwritable(
        &self,
        connection: &mut LdapConnection,
        user: &Entry,
    ) -> LdapReply<Option<String>> {
        const WRITABLE: &str = "allowedAttributesEffective";
        if self.profile.kind != LdapKind::ActiveDirectory {
            return Ok(None);
        }
        let any = Filter::present("objectClass");
        let rights = connection.entry(&user.name, &any, &[WRITABLE]).await?.unwrap_or_default();
        let writable =
            |name: &&str| !rights.texts(WRITABLE).any(|own| own.eq_ignore_ascii_case(name));
        let missing: Vec<&str> =
            ["lockoutTime", "pwdLastSet"].into_iter().filter(writable).collect();
        let text = || format!("no right to write {} of {}", missing.join(" and "), user.name);
        Ok((!missing.is_empty()).then(text))
    }

    async fn try_to_write(&self, tenant: &TenantId, user: &UserId) -> LdapReply<Option<String>> {
        let stage = &mut LdapStage::Queue;
        let Some(tenant) = self.tenants.get(tenant) else {
            return Ok(Some("the probe's tenant is not configured".to_owned()));
        };
        let mut lease = self.writing_pool().lease(stage).await?;
        let connection = lease.connection()?;
        let Some(entry) = self.entry_by_id(connection, tenant, user).await? else {
            return Ok(Some("the probe does not exist, or cannot be read".to_owned()));
        };
        let (short, strong) = (SecretText::from("x"), strong_password()?);
        let first = self.try_password(connection, &entry, &short).await?;
        // The policy may be judged before the right, so the right shows with this one only.
        let second = self.try_password(connection, &entry, &strong).await?;
        let accepted = first.code == code::SUCCESS;
        Ok(match second.code {
            code::SUCCESS if accepted => Some(
                "a password of one character was accepted: the service account overrides the password \
                 policy (in OpenLDAP the right `manage`, give it `write`), or there is no policy"
                    .to_owned(),
            ),
            code::SUCCESS => None,
            code::NO_RIGHT => Some(format!("no right to reset the password of {}", entry.name)),
            _ => Some(format!("the password of the probe cannot be set: {}", second.text)),
        })
    }

    async fn try_password(
        &self,
        connection: &mut LdapConnection,
        entry: &Entry,
        password: &SecretText,
    ) -> LdapReply<OperationResult> {
        match self.profile.kind {
            LdapKind::ActiveDirectory => {
                let bytes = unicode_password(password.expose_secret());
                connection.modify(&entry.name, &[("unicodePwd", vec![&bytes])], &[]).await
            }
            LdapKind::OpenLdap => connection.modify_password(&entry.name, password).await,
        }
    }
}

/// A random password of 48 characters and four classes, which no one knows.
fn strong_password() -> LdapReply<SecretText> {
    let mut bytes = Zeroizing::new([0; 22]);
    let failed = |_| LdapFault::unusable("no random bytes for the probe's password");
    SystemEntropy.fill(&mut bytes[..]).map_err(failed)?;
    Ok(SecretText::new(format!("{}-Aa1", HEXLOWER.encode(&bytes[..]))))
}

fn finding(server: Option<&str>, text: String) -> LdapFinding {
    LdapFinding { server: server.map(str::to_owned), text }
}

async fn first(
    connection: &mut LdapConnection,
    base: &str,
    filter: &Filter,
    attributes: &[&str],
) -> LdapReply<Option<Entry>> {
    let search = Search { base, scope: SearchScope::Subtree, filter, attributes, limit: 1 };
    connection.search(&search).await.map(|found| found.into_iter().next())
}

/// A fault with the way out, where there is one.
fn explained(fault: &LdapFault) -> String {
    let way = match (fault.stage, &fault.cause) {
        (LdapStage::Connect, _) => {
            "cannot be reached: check the address, the port and the firewall"
        }
        (LdapStage::Tls, LdapCause::Refused(..)) => "refuses StartTLS: give it a certificate",
        (LdapStage::Tls, _) => {
            "TLS fails: its certificate must be for this name and from a trusted authority"
        }
        (LdapStage::Bind, LdapCause::Refused(code::INVALID_CREDENTIALS, _)) => {
            "the service account's name or password is wrong, or it is locked or expired"
        }
        (LdapStage::Bind, _) => "the service account is refused",
        (_, LdapCause::Refused(code::NO_SUCH_OBJECT, _)) => "the entry does not exist",
        (_, LdapCause::Refused(code::NO_RIGHT, _)) => "the service account lacks a right",
        _ => return fault.to_string(),
    };
    format!("{way} ({fault})")
}
