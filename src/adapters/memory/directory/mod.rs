//! A directory that keeps tenants, users and their passwords in memory.

mod hash;
mod observe;
mod port;
mod script;
mod state;
#[cfg(test)]
mod tests;
mod types;

pub use types::{DirectorySession, DirectoryWrite, GroupMember, Revocation};

use std::fmt;
use std::sync::{Arc, Mutex};

use self::hash::PasswordHash;
use self::state::{State, Tenant, UserEntry, spelling};
use super::lock;
use crate::domain::password::composed;
use crate::facts::{GroupId, TenantFacts, UserFacts};
use crate::port::{Clock, PortError, PortResult, SystemClock};
use crate::{SecretText, TenantId, Timestamp, UserId};

/// A [`Directory`](crate::port::Directory) in memory, shared by all its clones.
///
/// Every fact that a rule reads can be set, so that a test can put an account into any state. The
/// engine's actions can be read back ([`writes`](Self::writes),
/// [`revocations`](Self::revocations), [`password_is`](Self::password_is)).
///
/// - **Identifiers** match exactly, except for the case of ASCII letters. An identifier that users
///   share finds all of them.
/// - **Passwords** are kept as HMAC-SHA-256 under a random key for each. That is fast, and suits tests and
///   demonstrations, whose hashes end with the process. A directory that stores passwords uses a slow
///   hash, such as Argon2id at OWASP's cost (19 MiB, two passes).
/// - **The change stamp** is renewed by each [`update_user`](Self::update_user), and by each
///   password write and unlock, including the engine's own. A caller that compares stamps across
///   its own write must expect a new one. A user whose stamp was set to `None` has none.
///
/// ```
/// use sspr::adapters::memory::MemoryDirectory;
/// use sspr::{TenantId, UserId};
/// use sspr::facts::{TenantFacts, UserFacts};
///
/// let directory = MemoryDirectory::new();
/// let contoso = TenantId::parse("contoso")?;
/// directory.add_tenant(contoso.clone(), TenantFacts::new("Contoso"));
///
/// let ada = UserId::parse("u-1")?;
/// let facts = UserFacts::new(ada.clone());
/// directory.add_user(&contoso, facts, &["ada@contoso.example"], "correct horse")?;
/// assert!(directory.password_is(&contoso, &ada, "correct horse"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct MemoryDirectory {
    state: Arc<Mutex<State>>,
    clock: Arc<dyn Clock>,
}

impl MemoryDirectory {
    /// An empty directory that takes the time from the system.
    #[must_use]
    pub fn new() -> Self {
        Self { state: Arc::default(), clock: Arc::new(SystemClock) }
    }

    /// Takes the time from this clock, which dates password changes and measures their minimum age.
    #[must_use]
    pub fn with_clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Adds a tenant, or replaces the facts of an existing one.
    pub fn add_tenant(&self, tenant: TenantId, facts: TenantFacts) {
        let mut state = lock(&self.state);
        if let Some(existing) = state.tenants.get_mut(&tenant) {
            existing.facts = facts;
        } else {
            state.tenants.insert(tenant, Tenant::new(facts));
        }
    }

    /// Changes the facts of a tenant.
    ///
    /// # Errors
    ///
    /// `Denied` if there is no such tenant.
    pub fn update_tenant(
        &self,
        tenant: &TenantId,
        change: impl FnOnce(&mut TenantFacts),
    ) -> PortResult<()> {
        let mut state = lock(&self.state);
        change(&mut tenant_mut(&mut state, tenant)?.facts);
        Ok(())
    }

    /// Adds a user with these identifiers and this password.
    ///
    /// The groups among the facts are direct memberships. A user without a change stamp gets one.
    ///
    /// # Errors
    ///
    /// `Denied` if there is no such tenant, or if the user exists; `Unavailable` without randomness
    /// for the salt.
    pub fn add_user(
        &self,
        tenant: &TenantId,
        mut facts: UserFacts,
        identifiers: &[&str],
        password: &str,
    ) -> PortResult<()> {
        // Composed, like the passwords that a host's own pages store.
        let password = composed(&SecretText::from(password));
        let hash = PasswordHash::new(password.expose_secret())?;
        let mut state = lock(&self.state);
        let stamp = state.fresh_stamp();
        facts.change_stamp.get_or_insert(stamp);
        let tenant = tenant_mut(&mut state, tenant)?;
        if tenant.users.contains_key(&facts.id) {
            return Err(PortError::denied().because("user: exists already"));
        }
        for identifier in identifiers {
            let holders = tenant.names.entry(spelling(identifier)).or_default();
            holders.insert(facts.id.clone());
        }
        let id = facts.id.clone();
        tenant.users.insert(id, UserEntry::new(facts, hash));
        Ok(())
    }

    /// Changes facts of a user, like an administrator outside the engine. The change stamp is
    /// renewed unless the closure sets it; the id cannot change. The closure must not call the
    /// directory, or it deadlocks.
    ///
    /// # Errors
    ///
    /// `Denied` if there is no such user.
    pub fn update_user(
        &self,
        tenant: &TenantId,
        user: &UserId,
        change: impl FnOnce(&mut UserFacts),
    ) -> PortResult<()> {
        let mut state = lock(&self.state);
        let facts = &mut account_mut(&mut state, tenant, user)?.facts;
        let stamp = facts.change_stamp.clone();
        change(facts);
        facts.id = user.clone();
        if facts.change_stamp == stamp {
            state.restamp(tenant, user);
        }
        Ok(())
    }

    /// Sets the password, like an administrator outside the engine: no rule is checked, and the
    /// change stamp is renewed.
    ///
    /// # Errors
    ///
    /// `Denied` if there is no such user; `Unavailable` without randomness for the salt.
    pub fn change_password(
        &self,
        tenant: &TenantId,
        user: &UserId,
        password: &str,
    ) -> PortResult<()> {
        let hash = PasswordHash::new(password)?;
        let now = self.clock.now();
        let mut state = lock(&self.state);
        let history = state.history;
        account_mut(&mut state, tenant, user)?.set_password(hash, history, now);
        state.restamp(tenant, user);
        Ok(())
    }

    /// Opens a session of this name, for a user who authenticated at `authenticated_at` with a
    /// password. An existing session of the name is renewed: issued again at `issued_at`, with its
    /// old time of authentication.
    ///
    /// # Errors
    ///
    /// `Denied` if there is no such user.
    pub fn open_session(
        &self,
        tenant: &TenantId,
        user: &UserId,
        name: &str,
        authenticated_at: Timestamp,
        issued_at: Timestamp,
    ) -> PortResult<()> {
        let mut state = lock(&self.state);
        let sessions = &mut account_mut(&mut state, tenant, user)?.sessions;
        match sessions.iter_mut().find(|session| session.name == name) {
            Some(session) => session.issued_at = issued_at,
            None => sessions.push(DirectorySession {
                name: name.to_owned(),
                authenticated_at,
                issued_at,
                password_based: true,
            }),
        }
        Ok(())
    }

    /// Removes a user and their identifiers; returns whether the user existed.
    pub fn remove_user(&self, tenant: &TenantId, user: &UserId) -> bool {
        let mut state = lock(&self.state);
        let Ok(tenant) = tenant_mut(&mut state, tenant) else {
            return false;
        };
        tenant.names.retain(|_, holders| {
            holders.remove(user);
            !holders.is_empty()
        });
        // A later user of the same id must not inherit these memberships.
        for members in tenant.groups.values_mut() {
            members.retain(|member| !matches!(member, GroupMember::User(id) if id == user));
        }
        tenant.users.remove(user).is_some()
    }

    /// Adds a group of users and groups, or replaces the members of an existing one. Groups may
    /// contain each other.
    ///
    /// # Errors
    ///
    /// `Denied` if there is no such tenant.
    pub fn add_group(
        &self,
        tenant: &TenantId,
        group: GroupId,
        members: impl IntoIterator<Item = GroupMember>,
    ) -> PortResult<()> {
        let members = members.into_iter().collect();
        let mut state = lock(&self.state);
        tenant_mut(&mut state, tenant)?.groups.insert(group, members);
        Ok(())
    }
}

fn tenant_mut<'a>(state: &'a mut State, tenant: &TenantId) -> PortResult<&'a mut Tenant> {
    let found = state.tenants.get_mut(tenant);
    found.ok_or_else(|| PortError::denied().because("no such tenant"))
}

fn account_mut<'a>(
    state: &'a mut State,
    tenant: &TenantId,
    user: &UserId,
) -> PortResult<&'a mut UserEntry> {
    let found = state.account_mut(tenant, user);
    found.ok_or_else(|| PortError::denied().because("no such user"))
}

impl Default for MemoryDirectory {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for MemoryDirectory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Counts only, since facts hold names and addresses.
        let state = lock(&self.state);
        let users: usize = state.tenants.values().map(|tenant| tenant.users.len()).sum();
        f.debug_struct("MemoryDirectory")
            .field("tenants", &state.tenants.len())
            .field("users", &users)
            .finish_non_exhaustive()
    }
}
