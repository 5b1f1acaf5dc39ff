//! The system that knows users and keeps their passwords.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::error::PortResult;
use super::store::{Cursor, Page};
use crate::domain::facts::{SessionKinds, TenantFacts, UserFacts, UserQuery, WriteOutcome};
use crate::domain::ids::{RoleId, TenantId, UserId};
use crate::domain::secret::SecretText;
use crate::domain::time::Timestamp;

/// Users, their facts and their passwords.
///
/// Facts are read in one call whose shape does not depend on the answer, so that a watcher of the
/// calls cannot tell an unknown user from a known one. A fact that the host does not track is
/// `None`, and each field says what the engine then assumes.
///
/// The write verbs answer definitely or not at all: an implementation that is not sure says
/// [`WriteOutcome::Indeterminate`] or fails with `Unknown`, and the engine treats the password as
/// perhaps changed. *A wrong definite answer* changes a password without a notice.
#[async_trait]
pub trait Directory: Send + Sync {
    /// The facts of a tenant, or none if there is no such tenant.
    ///
    /// # Errors
    ///
    /// `Unavailable`, `Denied`; the operation fails closed.
    async fn tenant(&self, tenant: &TenantId) -> PortResult<Option<TenantFacts>>;

    /// The one user that the query names, or none.
    ///
    /// Matching is the directory's: it decides which spellings are one name. If two users match,
    /// the answer is none: *a wrong user* hands over an account. A directory that gives identifiers to
    /// other people gives incarnation marks ([`UserFacts::incarnation`]), and gives them from the
    /// first use of the store on: a record without a mark is closed once there is one. Of the groups asked for, the
    /// answer names those that hold the user, nesting resolved, cycles survived.
    ///
    /// # Errors
    ///
    /// `Unavailable`, `Denied`; the operation fails closed.
    async fn find(&self, tenant: &TenantId, query: &UserQuery<'_>)
    -> PortResult<Option<UserFacts>>;

    /// All users of a tenant, paged: reports and dry runs must see people without a record.
    ///
    /// # Errors
    ///
    /// `Unavailable`, `Denied`.
    async fn users(
        &self,
        tenant: &TenantId,
        after: Option<&Cursor>,
        limit: usize,
    ) -> PortResult<Page<UserFacts>>;

    /// The users who hold any of these roles, each once, at most `limit` in a page.
    ///
    /// Following the cursor to its end hands out every holder, in an order of the directory's own;
    /// a page may be empty and still have a cursor. *A holder left out* is an administrator who is
    /// not told.
    ///
    /// # Errors
    ///
    /// `Unavailable`, `Denied`; `Denied` for a cursor that this directory did not make.
    async fn role_holders(
        &self,
        tenant: &TenantId,
        roles: &[RoleId],
        after: Option<&Cursor>,
        limit: usize,
    ) -> PortResult<Page<UserFacts>>;

    /// Writes a new password.
    ///
    /// The write's number is the same for every try of one write; a directory that sees it twice
    /// may answer as it did the first time.
    ///
    /// The password comes in Unicode's composed form (NFC), here and in
    /// [`verify_password`](Self::verify_password), and in no other way changed. Whatever else takes
    /// passwords for the same users, the host's own sign-in first of all, composes what is typed
    /// before it compares or stores it: otherwise a keyboard that sends `o` and a mark signs nobody
    /// in whose password was reset with an `ö`.
    ///
    /// # Errors
    ///
    /// `Unavailable` only if surely nothing was written; otherwise `Unknown`.
    async fn set_password(&self, write: &PasswordWrite<'_>) -> PortResult<WriteOutcome>;

    /// Whether this is the user's password now. The host's own sign-in throttles do not apply:
    /// the engine calls it only for a caller who holds a grant or who is throttled by it.
    ///
    /// # Errors
    ///
    /// `Unavailable`, `Denied`.
    async fn verify_password(
        &self,
        tenant: &TenantId,
        user: &UserId,
        password: &SecretText,
    ) -> PortResult<bool>;

    /// Clears a lockout and keeps the password.
    ///
    /// # Errors
    ///
    /// `Unavailable` only if surely nothing happened; otherwise `Unknown`.
    async fn unlock(&self, unlock: &UnlockWrite<'_>) -> PortResult<WriteOutcome>;

    /// Ends the user's sessions of these kinds whose user authenticated before this time.
    ///
    /// What counts is the time of authentication, not of issue: a session that was renewed,
    /// refreshed or reissued later without a new authentication ends too. The call may come long
    /// after the time that it names, and more than once. A session whose user authenticated at
    /// that time or later stays. *A session left open* belongs to whoever knew the old password.
    ///
    /// If it moves the user's [`change_stamp`](UserFacts::change_stamp), every flow that is open then
    /// is void, as after any change from outside.
    ///
    /// # Errors
    ///
    /// `Unavailable`, `Unknown`; it is then tried again.
    async fn revoke_sessions(
        &self,
        tenant: &TenantId,
        user: &UserId,
        authenticated_before: Timestamp,
        kinds: SessionKinds,
    ) -> PortResult<()>;
}

/// A password to be written, and what shall go with it.
#[derive(Debug)]
#[non_exhaustive]
pub struct PasswordWrite<'a> {
    /// The tenant.
    pub tenant: &'a TenantId,
    /// The user.
    pub user: &'a UserId,
    /// The new password, in Unicode's composed form (NFC).
    pub password: &'a SecretText,
    /// The number of this write, unique per account.
    pub number: u32,
    /// Whether the user must change it at the next sign-in.
    pub must_change: bool,
    /// Which lockout is cleared with it: the directory's own, and the sign-in throttle.
    pub clear_lockout: bool,
    /// Whether the user's risk counts as remediated.
    pub risk_remediated: bool,
    /// When the engine stops waiting for an answer.
    pub timeout: Duration,
}

impl<'a> PasswordWrite<'a> {
    /// A write as a reset makes it: it clears a lockout and remediates risk, and the password is
    /// the user's own choice.
    #[must_use]
    pub const fn new(
        tenant: &'a TenantId,
        user: &'a UserId,
        password: &'a SecretText,
        number: u32,
    ) -> Self {
        Self {
            tenant,
            user,
            password,
            number,
            must_change: false,
            clear_lockout: true,
            risk_remediated: true,
            timeout: Duration::from_secs(30),
        }
    }
}

/// A lockout to be cleared.
#[derive(Debug)]
#[non_exhaustive]
pub struct UnlockWrite<'a> {
    /// The tenant.
    pub tenant: &'a TenantId,
    /// The user.
    pub user: &'a UserId,
    /// The number of this write, unique per account.
    pub number: u32,
    /// When the engine stops waiting for an answer.
    pub timeout: Duration,
}

impl<'a> UnlockWrite<'a> {
    /// An unlock as a flow makes it: the directory's own lockout and the sign-in throttle.
    #[must_use]
    pub const fn new(tenant: &'a TenantId, user: &'a UserId, number: u32) -> Self {
        Self { tenant, user, number, timeout: Duration::from_secs(30) }
    }
}

macro_rules! forward_directory {
    ($($target:ty),+) => {$(
        #[async_trait]
        #[deny(clippy::missing_trait_methods)]
        impl<T: Directory + ?Sized> Directory for $target {
            async fn tenant(&self, tenant: &TenantId) -> PortResult<Option<TenantFacts>> {
                (**self).tenant(tenant).await
            }

            async fn find(
                &self,
                tenant: &TenantId,
                query: &UserQuery<'_>,
            ) -> PortResult<Option<UserFacts>> {
                (**self).find(tenant, query).await
            }

            async fn users(
                &self,
                tenant: &TenantId,
                after: Option<&Cursor>,
                limit: usize,
            ) -> PortResult<Page<UserFacts>> {
                (**self).users(tenant, after, limit).await
            }

            async fn role_holders(
                &self,
                tenant: &TenantId,
                roles: &[RoleId],
                after: Option<&Cursor>,
                limit: usize,
            ) -> PortResult<Page<UserFacts>> {
                (**self).role_holders(tenant, roles, after, limit).await
            }

            async fn set_password(&self, write: &PasswordWrite<'_>) -> PortResult<WriteOutcome> {
                (**self).set_password(write).await
            }

            async fn verify_password(
                &self,
                tenant: &TenantId,
                user: &UserId,
                password: &SecretText,
            ) -> PortResult<bool> {
                (**self).verify_password(tenant, user, password).await
            }

            async fn unlock(&self, unlock: &UnlockWrite<'_>) -> PortResult<WriteOutcome> {
                (**self).unlock(unlock).await
            }

            async fn revoke_sessions(
                &self,
                tenant: &TenantId,
                user: &UserId,
                authenticated_before: Timestamp,
                kinds: SessionKinds,
            ) -> PortResult<()> {
                (**self).revoke_sessions(tenant, user, authenticated_before, kinds).await
            }
        }
    )+};
}

forward_directory!(&T, Box<T>, Arc<T>);
