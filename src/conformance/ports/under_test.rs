//! Where a directory or a delivery is tested: with what a test must set up, and look at.

use std::sync::Arc;

use async_trait::async_trait;

use crate::conformance::Ability;
use crate::domain::facts::{TenantFacts, UserFacts};
use crate::domain::ids::{GroupId, TenantId, UserId};
use crate::domain::method::Channel;
use crate::domain::time::Timestamp;
use crate::port::{Delivery, Directory, PortResult};

/// A directory, empty at first, and how the kit gets tenants, users and groups into it.
///
/// **The kit writes passwords: never point it at a directory that anybody needs.**
#[async_trait]
pub trait DirectoryUnderTest: Send + Sync {
    /// The directory.
    fn directory(&self) -> Arc<dyn Directory>;

    /// Makes a tenant.
    ///
    /// # Errors
    ///
    /// Any error fails the property.
    async fn add_tenant(&self, tenant: &TenantId, facts: TenantFacts) -> PortResult<()>;

    /// Makes a user who signs in by these names and with this password.
    ///
    /// # Errors
    ///
    /// Any error fails the property, but for a name that another user has: a directory that
    /// refuses it never sees two.
    async fn add_user(
        &self,
        tenant: &TenantId,
        facts: UserFacts,
        names: &[&str],
        password: &str,
    ) -> PortResult<()>;

    /// Makes a group of these users and groups; a group that is named need not be there yet.
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
        Ok(Ability::Lacks("the harness says that the directory has no groups"))
    }

    /// Opens a session of this name for a user who authenticated at `authenticated_at`; one of a
    /// name that is there already is renewed, issued again at `issued_at` without a new
    /// authentication.
    ///
    /// # Errors
    ///
    /// Any error fails the property.
    async fn open_session(
        &self,
        _tenant: &TenantId,
        _user: &UserId,
        _name: &str,
        _authenticated_at: Timestamp,
        _issued_at: Timestamp,
    ) -> PortResult<Ability> {
        Ok(Ability::Lacks("the harness says that the directory keeps no sessions"))
    }

    /// The names of a user's sessions that are still good.
    ///
    /// # Errors
    ///
    /// Any error fails the property.
    async fn sessions(&self, _tenant: &TenantId, _user: &UserId) -> PortResult<Vec<String>> {
        Ok(Vec::new())
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

    /// Says which channels a tenant has a provider for.
    ///
    /// # Errors
    ///
    /// Any error fails the property.
    async fn provide(&self, _tenant: &TenantId, _channels: &[Channel]) -> PortResult<Ability> {
        Ok(Ability::Lacks("the harness says that all tenants have the same channels"))
    }

    /// Makes the next system refuse everything, or accept again.
    ///
    /// # Errors
    ///
    /// Any error fails the property.
    async fn cut_off(&self, _off: bool) -> PortResult<Ability> {
        Ok(Ability::Lacks("the harness cannot cut the next system off"))
    }
}
