//! A complete directory over a host's own table of users, with its sessions.
//!
//! Run it with `cargo run --features conformance --example custom_directory`: the conformance kits check
//! the directory and the sessions, and print a line for each property. The exit code says whether all of them hold. The
//! table is in memory here; each method takes one lock, where a host has one transaction.

use std::collections::{BTreeMap, BTreeSet};
use std::process::ExitCode;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use argon2::{Algorithm, Argon2, Params, Version};
use sspr::facts::{
    GroupId, PolicyReason, SessionKinds, TenantFacts, UserFacts, UserQuery, UserSelector,
    WriteOutcome, WritePurpose, WriteReply,
};
use sspr::port::*;
use sspr::{RoleId, SecretText, TenantId, Timestamp, UserId};

#[path = "custom_directory/harness.rs"]
mod harness;

fn main() -> ExitCode {
    harness::judge()
}

/// The host's tables. A clone is another handle on them.
#[derive(Clone, Default)]
struct Accounts(Arc<Mutex<BTreeMap<TenantId, Tenant>>>);

struct Tenant {
    name: String,
    users: BTreeMap<UserId, Row>,
    groups: BTreeMap<GroupId, (Vec<UserId>, Vec<GroupId>)>,
}

/// One user.
struct Row {
    /// What the engine may ask, as the host's columns say it.
    facts: UserFacts,
    /// What the user signs in with, in lower case.
    names: BTreeSet<String>,
    salt: [u8; 16],
    hash: [u8; 32],
    /// The number and the salted password of the last write, for its repetition.
    written: Option<u32>,
    /// The times of authentication of the sessions, by name.
    sessions: BTreeMap<String, Timestamp>,
}

/// Longer passwords are refused: never cut them.
const LONGEST: usize = 1024;

/// A low cost, for the kit. A host uses what OWASP asks for.
fn hashed(password: &SecretText, salt: &[u8; 16]) -> PortResult<[u8; 32]> {
    let mut hash = [0; 32];
    let params = Params::new(64, 1, 1, None).map_err(|_| PortError::corrupt())?;
    // Over all bytes: argon2 neither cuts a password nor ends it at a NUL, as bcrypt does.
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(password.expose_secret().as_bytes(), salt, &mut hash)
        .map_err(|_| PortError::corrupt())?;
    Ok(hash)
}

impl Row {
    fn set(&mut self, password: &SecretText) -> PortResult<()> {
        SystemEntropy.fill(&mut self.salt)?;
        self.hash = hashed(password, &self.salt)?;
        Ok(())
    }

    fn has(&self, password: &SecretText) -> PortResult<bool> {
        let typed = hashed(password, &self.salt)?;
        // In constant time: the difference of all bytes, not of the first that differs.
        Ok(typed.iter().zip(self.hash).fold(0, |sum, (one, other)| sum | (one ^ other)) == 0)
    }
}

impl Tenant {
    /// The groups among those asked for that contain the user, with nesting; a cycle ends, since a group
    /// is looked at once.
    fn groups_of(&self, user: &UserId, asked: &BTreeSet<GroupId>) -> BTreeSet<GroupId> {
        let holds = |users: &[UserId]| users.contains(user);
        let direct = self.groups.iter().filter(|(_, (users, _))| holds(users)).map(|(id, _)| id);
        let mut open: Vec<&GroupId> = direct.collect();
        let mut found = BTreeSet::new();
        while let Some(group) = open.pop() {
            if found.insert(group.clone()) {
                let around = self.groups.iter().filter(|(_, (_, inner))| inner.contains(group));
                open.extend(around.map(|(id, _)| id));
            }
        }
        found.intersection(asked).cloned().collect()
    }

    fn facts_of(&self, row: &Row, groups: &BTreeSet<GroupId>) -> UserFacts {
        let mut facts = row.facts.clone();
        facts.groups = self.groups_of(&facts.id, groups);
        facts
    }
}

impl Accounts {
    fn tenants(&self) -> MutexGuard<'_, BTreeMap<TenantId, Tenant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes a user; an administrator has to act if there is none.
    fn change(
        &self,
        tenant: &TenantId,
        user: &UserId,
        change: impl FnOnce(&mut Row) -> PortResult<WriteOutcome>,
    ) -> PortResult<WriteReply> {
        let mut tenants = self.tenants();
        let row = tenants.get_mut(tenant).and_then(|tenant| tenant.users.get_mut(user));
        let unknown = WriteOutcome::AdminActionRequired.with_detail("no such user");
        row.map_or(Ok(unknown), |row| change(row).map(WriteReply::from))
    }

    /// Users by id, the one order that no change moves.
    fn page(
        &self,
        tenant: &TenantId,
        groups: &BTreeSet<GroupId>,
        after: Option<&Cursor>,
        limit: usize,
        wanted: impl Fn(&UserFacts) -> bool,
    ) -> PortResult<Page<UserFacts>> {
        let after = after.map(|cursor| UserId::parse(cursor.as_str())).transpose();
        let after = after.map_err(|error| PortError::denied().because(error))?;
        let tenants = self.tenants();
        let Some(tenant) = tenants.get(tenant) else { return Ok(Page::new(Vec::new(), None)) };
        let rows = tenant.users.values();
        let rest = rows.filter(|row| Some(&row.facts.id) > after.as_ref() && wanted(&row.facts));
        let facts = |row: &Row| tenant.facts_of(row, groups);
        let mut found: Vec<UserFacts> = rest.take(limit.saturating_add(1)).map(facts).collect();
        let more = found.len() > limit;
        found.truncate(limit);
        let last = found.last().filter(|_| more);
        let next = last.map(|facts| Cursor::new(facts.id.as_str()));
        Ok(Page::new(found, next))
    }
}

#[async_trait]
impl Directory for Accounts {
    async fn tenant(&self, tenant: &TenantId) -> PortResult<Option<TenantFacts>> {
        Ok(self.tenants().get(tenant).map(|tenant| TenantFacts::new(&tenant.name)))
    }

    async fn find(&self, tenant: &TenantId, query: &UserQuery<'_>) -> PortResult<Vec<UserFacts>> {
        let tenants = self.tenants();
        let Some(tenant) = tenants.get(tenant) else { return Ok(Vec::new()) };
        let rows: Vec<&Row> = match query.by {
            UserSelector::Id(id) => tenant.users.get(id).into_iter().collect(),
            UserSelector::Identifier(typed) => {
                // Compared, not matched: no LIKE, no filter of LDAP.
                let name = typed.as_str().to_lowercase();
                tenant.users.values().filter(|row| row.names.contains(&name)).take(50).collect()
            }
            _ => Vec::new(),
        };
        Ok(rows.into_iter().map(|row| tenant.facts_of(row, query.groups)).collect())
    }

    async fn users(
        &self,
        tenant: &TenantId,
        groups: &BTreeSet<GroupId>,
        after: Option<&Cursor>,
        limit: usize,
    ) -> PortResult<Page<UserFacts>> {
        self.page(tenant, groups, after, limit, |_| true)
    }

    async fn role_holders(
        &self,
        tenant: &TenantId,
        roles: &[RoleId],
        after: Option<&Cursor>,
        limit: usize,
    ) -> PortResult<Page<UserFacts>> {
        let holds = |facts: &UserFacts| roles.iter().any(|role| facts.roles.contains(role));
        self.page(tenant, &BTreeSet::new(), after, limit, holds)
    }

    async fn set_password(&self, write: &PasswordWrite<'_>) -> PortResult<WriteReply> {
        if write.password.expose_secret().len() > LONGEST {
            return Ok(WriteOutcome::PolicyViolation(PolicyReason::Length).into());
        }
        self.change(write.tenant, write.user, |row| {
            if row.facts.protected {
                return Ok(WriteOutcome::AdminActionRequired);
            }
            // The same write once more, after its reply was lost.
            if row.written == Some(write.number) && row.has(write.password)? {
                return Ok(WriteOutcome::Written);
            }
            // A change must differ from the present password; a reset may set it again.
            if write.purpose == WritePurpose::Change && row.has(write.password)? {
                return Ok(WriteOutcome::PolicyViolation(PolicyReason::History));
            }
            row.set(write.password)?;
            row.written = Some(write.number);
            row.facts.password_expired = Some(write.must_change);
            if write.clears.includes(row.facts.password_home) {
                row.facts.locked_out = Some(false);
            }
            Ok(WriteOutcome::Written)
        })
    }

    async fn verify_password(
        &self,
        tenant: &TenantId,
        user: &UserId,
        password: &SecretText,
    ) -> PortResult<bool> {
        let tenants = self.tenants();
        let row = tenants.get(tenant).and_then(|tenant| tenant.users.get(user));
        row.map_or(Ok(false), |row| row.has(password))
    }

    async fn unlock(&self, unlock: &UnlockWrite<'_>) -> PortResult<WriteReply> {
        self.change(unlock.tenant, unlock.user, |row| {
            if unlock.clears.includes(row.facts.password_home) {
                row.facts.locked_out = Some(false);
            }
            Ok(WriteOutcome::Written)
        })
    }
}

#[async_trait]
impl Sessions for Accounts {
    async fn revoke(
        &self,
        tenant: &TenantId,
        user: &UserId,
        authenticated_before: Timestamp,
        _kinds: SessionKinds, // all sessions of this host begin with a password
    ) -> PortResult<()> {
        let mut tenants = self.tenants();
        if let Some(row) = tenants.get_mut(tenant).and_then(|tenant| tenant.users.get_mut(user)) {
            row.sessions.retain(|_, authenticated| *authenticated >= authenticated_before);
        }
        Ok(())
    }
}
