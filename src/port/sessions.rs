//! The sessions of signed-in users.

use std::sync::Arc;

use async_trait::async_trait;

use super::error::PortResult;
use crate::domain::identity::ids::{TenantId, UserId};
use crate::domain::identity::writes::SessionKinds;
use crate::domain::time::Timestamp;

/// The sessions that a password has opened, which end when it is reset.
///
/// It is a port of its own because sessions often live in another system than users. A directory
/// that keeps both implements both traits.
///
/// ```
/// use sspr::facts::SessionKinds;
/// use sspr::port::{PortResult, Sessions, async_trait};
/// use sspr::{TenantId, Timestamp, UserId};
///
/// struct Tokens; // your client of the token service
///
/// #[async_trait]
/// impl Sessions for Tokens {
///     async fn revoke(
///         &self,
///         _tenant: &TenantId,
///         _user: &UserId,
///         _authenticated_before: Timestamp,
///         _kinds: SessionKinds,
///     ) -> PortResult<()> {
///         // UPDATE users SET tokens_valid_from = greatest(tokens_valid_from, $before) ...
///         Ok(())
///     }
/// }
/// ```
#[async_trait]
pub trait Sessions: Send + Sync {
    /// Ends the user's sessions of these kinds that were authenticated before this time.
    ///
    /// The time of authentication counts, not of issue: a session that was renewed, refreshed or
    /// reissued later without a new authentication ends too. The call may come long after the time
    /// that it names, and more than once. A session that was authenticated at that time or later
    /// stays. *A session left open* may belong to an attacker who knew the old password.
    ///
    /// If the call changes the user's [`change_stamp`](crate::facts::UserFacts::change_stamp),
    /// every live flow is void, as after any change outside the engine.
    ///
    /// # Errors
    ///
    /// `Unavailable`, `Unknown`; it is then tried again.
    async fn revoke(
        &self,
        tenant: &TenantId,
        user: &UserId,
        authenticated_before: Timestamp,
        kinds: SessionKinds,
    ) -> PortResult<()>;
}

/// For a host without sessions, such as one that asks for the password at each request: there is
/// nothing to end.
///
/// With sessions that you cannot end, an attacker who knew the old password stays signed in after a
/// reset until they expire.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::exhaustive_structs, reason = "it has no state")]
pub struct NoSessions;

#[async_trait]
impl Sessions for NoSessions {
    async fn revoke(
        &self,
        _tenant: &TenantId,
        _user: &UserId,
        _authenticated_before: Timestamp,
        _kinds: SessionKinds,
    ) -> PortResult<()> {
        Ok(())
    }
}

macro_rules! forward_sessions {
    ($($target:ty),+) => {$(
        #[async_trait]
        #[deny(clippy::missing_trait_methods)]
        impl<T: Sessions + ?Sized> Sessions for $target {
            async fn revoke(
                &self,
                tenant: &TenantId,
                user: &UserId,
                authenticated_before: Timestamp,
                kinds: SessionKinds,
            ) -> PortResult<()> {
                (**self).revoke(tenant, user, authenticated_before, kinds).await
            }
        }
    )+};
}

forward_sessions!(&T, Box<T>, Arc<T>);
