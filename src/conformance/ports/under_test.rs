//! Fixtures of a directory and of a delivery: the port, and how the kit sets it up and reads it.

use std::sync::Arc;

use async_trait::async_trait;

use crate::conformance::Ability;
use crate::facts::{GroupId, TenantFacts, UserFacts};
use crate::method::Channel;
use crate::port::{Delivery, Directory, PortResult, Sessions};
use crate::{TenantId, Timestamp, UserId};

/// A directory, empty at first, to which the kit adds tenants, users and groups.
///
/// **The kit writes passwords: never run it on a directory in use.**
#[async_trait]
pub trait DirectoryUnderTest: Send + Sync {
    /// The directory.
    fn directory(&self) -> Arc<dyn Directory>;

    /// Creates a tenant.
    ///
    /// # Errors
    ///
    /// Any error fails the property.
    async fn add_tenant(&self, tenant: &TenantId, facts: TenantFacts) -> PortResult<()>;

    /// Creates a user who signs in by these names and with this password.
    ///
    /// # Errors
    ///
    /// Any error fails the property, except for a name that another user has: a directory that
    /// refuses it has no user with a shared name.
    async fn add_user(
        &self,
        tenant: &TenantId,
        facts: UserFacts,
        names: &[&str],
        password: &str,
    ) -> PortResult<()>;

    /// The facts that no user of this directory can have. The kit adds no user with them, and skips
    /// what is about them.
    fn lacks(&self) -> Vec<DirectoryFact> {
        Vec::new()
    }

    /// Creates a group of these users and groups. A nested group may be created later.
    ///
    /// # Errors
    ///
    /// Any error fails the property.
    async fn add_group(
        &self,
        _tenant: &TenantId,
        _group: &GroupId,
        _users: &[UserId],
        _groups: &[GroupId],
    ) -> PortResult<Ability> {
        Ok(Ability::Lacks("the directory has no groups"))
    }

    /// Makes the directory unreachable, or reachable again.
    ///
    /// # Errors
    ///
    /// Any error fails the property.
    async fn cut_off(&self, _off: bool) -> PortResult<Ability> {
        Ok(Ability::Lacks("the harness cannot cut the directory off"))
    }
}

/// Sessions, which the kit opens and reads.
#[async_trait]
pub trait SessionsUnderTest: Send + Sync {
    /// The port.
    fn sessions(&self) -> Arc<dyn Sessions>;

    /// Opens a session of this name for a user who authenticated at `authenticated_at`. A user who
    /// does not exist is created. An existing session of the name is renewed: issued again at
    /// `issued_at`, without a new authentication.
    ///
    /// # Errors
    ///
    /// Any error fails the property.
    async fn open(
        &self,
        tenant: &TenantId,
        user: &UserId,
        name: &str,
        authenticated_at: Timestamp,
        issued_at: Timestamp,
    ) -> PortResult<()>;

    /// The names of a user's valid sessions.
    ///
    /// # Errors
    ///
    /// Any error fails the property.
    async fn valid(&self, tenant: &TenantId, user: &UserId) -> PortResult<Vec<String>>;
}

/// A fact that some directories have for no user.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum DirectoryFact {
    /// Disabled users.
    Disabled,
    /// Users who are protected from password resets.
    Protected,
    /// Roles.
    Roles,
    /// A lockout of sign-in.
    Lockout,
    /// Passwords that expire, or that must be changed at the next sign-in.
    PasswordExpiry,
}

impl DirectoryFact {
    pub(super) const ALL: &'static [Self] =
        &[Self::Disabled, Self::Protected, Self::Roles, Self::Lockout, Self::PasswordExpiry];
}

/// A delivery, and what the next system has accepted from it.
#[async_trait]
pub trait DeliveryUnderTest: Send + Sync {
    /// The delivery.
    fn delivery(&self) -> Arc<dyn Delivery>;

    /// How often the next system accepted a message with this idempotency key, so far.
    ///
    /// # Errors
    ///
    /// Any error fails the property.
    async fn accepted(&self, idempotency_key: &str) -> PortResult<usize>;

    /// Sets the channels that a tenant has a provider for.
    ///
    /// # Errors
    ///
    /// Any error fails the property.
    async fn provide(&self, _tenant: &TenantId, _channels: &[Channel]) -> PortResult<Ability> {
        Ok(Ability::Lacks("all tenants have the same channels"))
    }

    /// Whether messages that have expired are not delivered.
    fn drops_expired(&self) -> Ability {
        Ability::Has
    }

    /// Makes the next system refuse every message, or accept them again.
    ///
    /// # Errors
    ///
    /// Any error fails the property.
    async fn cut_off(&self, _off: bool) -> PortResult<Ability> {
        Ok(Ability::Lacks("the harness cannot cut the next system off"))
    }
}
