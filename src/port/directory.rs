//! The directory: the system with the users, their facts and their passwords.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::error::PortResult;
use super::store::{Cursor, Page};
use crate::domain::crypto::secret::SecretText;
use crate::domain::identity::facts::{TenantFacts, UserFacts, UserQuery};
use crate::domain::identity::ids::{GroupId, RoleId, TenantId, UserId};
use crate::domain::identity::writes::{Lockouts, WritePurpose, WriteReply};
use crate::domain::time::Timestamp;

/// Users, their facts and their passwords.
///
/// Facts are read in one call whose shape does not depend on the result, so that the calls do not
/// show whether a user exists. A fact that the host does not track is `None`, and each field
/// documents what the engine then assumes. Facts are those of the user in the directory, in each
/// method: `enabled`, `protected` and the roles have no other default than the truth.
///
/// The write verbs return a definite outcome only if it is certain. Otherwise an implementation
/// returns [`Indeterminate`](crate::facts::WriteOutcome::Indeterminate) or fails with `Unknown`,
/// and the engine treats the password as possibly changed. *A wrong definite outcome* changes a password without a notice.
#[async_trait]
pub trait Directory: Send + Sync {
    /// The facts of a tenant; `None` if there is no such tenant.
    ///
    /// # Errors
    ///
    /// `Unavailable`, `Denied`; the operation fails.
    async fn tenant(&self, tenant: &TenantId) -> PortResult<Option<TenantFacts>>;

    /// The users that the query names: none, one, or several that share a name or a mailbox.
    ///
    /// The directory decides which spellings are one name. An id names at most one user, whose facts
    /// have the same id, letter for letter: other facts fail the operation. If several users match a
    /// name, return them all, at most 50: the engine then treats the name as unknown, and if the name is
    /// their mailbox, a mail there lists their sign-in names. *Returning one of several users*, or a
    /// wrong one, gives away an account. A directory that assigns a used id
    /// to another person must report incarnations ([`UserFacts::incarnation`]), and from the first
    /// use of the store on: a record without an incarnation is closed once the directory reports
    /// one. The result lists those of the query's groups that contain the user, with nesting resolved
    /// and cycles tolerated.
    ///
    /// # Errors
    ///
    /// `Unavailable`, `Denied`; the operation fails.
    async fn find(&self, tenant: &TenantId, query: &UserQuery<'_>) -> PortResult<Vec<UserFacts>>;

    /// All users of a tenant, page by page: reports and dry runs also need users without a record.
    ///
    /// Each user once, at most `limit` in a page, with those of `groups` that contain the user, as
    /// in [`find`](Self::find).
    ///
    /// # Errors
    ///
    /// `Unavailable`, `Denied`; `Denied` for a cursor of another origin.
    async fn users(
        &self,
        tenant: &TenantId,
        groups: &BTreeSet<GroupId>,
        after: Option<&Cursor>,
        limit: usize,
    ) -> PortResult<Page<UserFacts>>;

    /// The users who hold any of these roles, each once, at most `limit` in a page.
    ///
    /// Following the cursor to its end returns every holder, in any order; a page may be empty and
    /// still have a cursor. *A holder left out* is an administrator who is not notified.
    ///
    /// # Errors
    ///
    /// `Unavailable`, `Denied`; `Denied` for a cursor of another origin.
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
    /// may return its first outcome.
    ///
    /// The password is in Unicode's composed form (NFC), here and in
    /// [`verify_password`](Self::verify_password), and otherwise unchanged. Every other system that
    /// takes passwords of these users, such as the host's own sign-in, must compose the typed text
    /// before it compares or stores it. Otherwise a keyboard that sends `o` and a combining mark
    /// cannot sign in with a password that was reset with an `ö`. Every character counts: nothing is
    /// trimmed, cut after 72 bytes or at a NUL (as bcrypt does), or compared without case. A directory
    /// that cannot take a password refuses it with
    /// [`PolicyViolation`](crate::facts::WriteOutcome::PolicyViolation).
    ///
    /// The write has the effects that it names, and no others. It never enables a user who is
    /// disabled.
    ///
    /// # Errors
    ///
    /// `Unavailable` only if certainly nothing was written; otherwise `Unknown`.
    async fn set_password(&self, write: &PasswordWrite<'_>) -> PortResult<WriteReply>;

    /// Whether this is the user's current password. Do not apply the throttles of your sign-in: the
    /// engine calls it only for a caller with a grant, or after it has reserved an attempt.
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

    /// Clears the lockouts that the write names and keeps the password. It never enables a user who
    /// is disabled.
    ///
    /// # Errors
    ///
    /// `Unavailable` only if certainly nothing happened; otherwise `Unknown`.
    async fn unlock(&self, unlock: &UnlockWrite<'_>) -> PortResult<WriteReply>;
}

/// A password to write, with the effects of the write.
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
    /// Why it is written: a directory may judge a change by other rules than a reset.
    pub purpose: WritePurpose,
    /// Whether the user must change it at the next sign-in.
    pub must_change: bool,
    /// When the password expires if the user has not changed it by then. `None`: it does not. A
    /// directory that cannot do this refuses the write with
    /// [`AdminActionRequired`](crate::facts::WriteOutcome::AdminActionRequired); *ignoring it* leaves
    /// a temporary password valid for ever.
    pub expires_at: Option<Timestamp>,
    /// Which lockouts the write also clears.
    pub clears: Lockouts,
    /// Whether the write remediates the user's risk.
    pub risk_remediated: bool,
    /// How long the engine waits for the result.
    pub timeout: Duration,
}

impl<'a> PasswordWrite<'a> {
    /// The write of a reset: it clears both lockouts and remediates risk, and the user need not
    /// change the password at the next sign-in.
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
            purpose: WritePurpose::Reset,
            must_change: false,
            expires_at: None,
            clears: Lockouts::ALL,
            risk_remediated: true,
            timeout: Duration::from_secs(30),
        }
    }
}

/// A lockout to clear.
#[derive(Debug)]
#[non_exhaustive]
pub struct UnlockWrite<'a> {
    /// The tenant.
    pub tenant: &'a TenantId,
    /// The user.
    pub user: &'a UserId,
    /// The number of this write, unique per account.
    pub number: u32,
    /// Which lockouts to clear.
    pub clears: Lockouts,
    /// How long the engine waits for the result.
    pub timeout: Duration,
}

impl<'a> UnlockWrite<'a> {
    /// An unlock that clears both lockouts.
    #[must_use]
    pub const fn new(tenant: &'a TenantId, user: &'a UserId, number: u32) -> Self {
        Self { tenant, user, number, clears: Lockouts::ALL, timeout: Duration::from_secs(30) }
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
            ) -> PortResult<Vec<UserFacts>> {
                (**self).find(tenant, query).await
            }

            async fn users(
                &self,
                tenant: &TenantId,
                groups: &BTreeSet<GroupId>,
                after: Option<&Cursor>,
                limit: usize,
            ) -> PortResult<Page<UserFacts>> {
                (**self).users(tenant, groups, after, limit).await
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

            async fn set_password(&self, write: &PasswordWrite<'_>) -> PortResult<WriteReply> {
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

            async fn unlock(&self, unlock: &UnlockWrite<'_>) -> PortResult<WriteReply> {
                (**self).unlock(unlock).await
            }
        }
    )+};
}

forward_directory!(&T, Box<T>, Arc<T>);
