//! The accessors with which tests and demonstrations read the memory directory.

use super::hash::PasswordHash;
use super::state::UserEntry;
use super::{DirectorySession, DirectoryWrite, MemoryDirectory, Revocation};
use crate::adapters::memory::lock;
use crate::domain::password::composed;
use crate::facts::UserFacts;
use crate::{SecretText, TenantId, UserId};

impl MemoryDirectory {
    /// Whether this is the user's password. It is composed first, as by a host's own sign-in
    /// ([`Directory::set_password`](crate::port::Directory::set_password)). False for an unknown
    /// user.
    #[must_use]
    pub fn password_is(&self, tenant: &TenantId, user: &UserId, password: &str) -> bool {
        let typed = composed(&SecretText::from(password));
        self.verify(tenant, user, typed.expose_secret())
    }

    pub(super) fn verify(&self, tenant: &TenantId, user: &UserId, password: &str) -> bool {
        let hash = self.read(tenant, user, |account| account.passwords.front().cloned());
        // Hashed outside the lock, and for an unknown user as well.
        hash.flatten().unwrap_or(PasswordHash::UNMATCHED).is_of(password)
    }

    /// The facts of a user as they were set, with direct memberships as groups.
    #[must_use]
    pub fn facts(&self, tenant: &TenantId, user: &UserId) -> Option<UserFacts> {
        self.read(tenant, user, |account| account.facts.clone())
    }

    /// The password changes that the engine caused, oldest first: one for each real change, none
    /// for refused writes and repetitions. The last 1 000 are kept.
    #[must_use]
    pub fn writes(&self, tenant: &TenantId, user: &UserId) -> Vec<DirectoryWrite> {
        self.read(tenant, user, |account| account.writes.iter().copied().collect())
            .unwrap_or_default()
    }

    /// The numbers of the completed unlocks, oldest first. The last 1 000 are kept.
    #[must_use]
    pub fn unlocks(&self, tenant: &TenantId, user: &UserId) -> Vec<u32> {
        self.read(tenant, user, |account| account.unlocks.iter().copied().collect())
            .unwrap_or_default()
    }

    /// The requested revocations, oldest first, including repetitions. The last 1 000 are kept.
    #[must_use]
    pub fn revocations(&self, tenant: &TenantId, user: &UserId) -> Vec<Revocation> {
        self.read(tenant, user, |account| account.revocations.iter().copied().collect())
            .unwrap_or_default()
    }

    /// The sessions of a user that have not been revoked.
    #[must_use]
    pub fn sessions(&self, tenant: &TenantId, user: &UserId) -> Vec<DirectorySession> {
        self.read(tenant, user, |account| account.sessions.clone()).unwrap_or_default()
    }

    fn read<T>(
        &self,
        tenant: &TenantId,
        user: &UserId,
        of: impl FnOnce(&UserEntry) -> T,
    ) -> Option<T> {
        lock(&self.state).account(tenant, user).map(of)
    }
}
