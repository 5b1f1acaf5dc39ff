//! Optional abilities: each a trait of its own, so that nobody implements what they do not have.

use async_trait::async_trait;

use super::error::PortResult;
use crate::domain::contact::Destination;
use crate::domain::ids::{TenantId, UserId};
use crate::domain::method::{Channel, MethodKind};
use crate::domain::secret::{SecretBytes, SecretText};

/// A list of breached passwords.
#[async_trait]
pub trait BreachList: Send + Sync {
    /// Whether the whole password is on the list.
    ///
    /// # Errors
    ///
    /// Any error refuses the password for now: the list is asked because its answer counts.
    async fn contains(&self, password: &SecretText) -> PortResult<bool>;
}

/// A check that a human is there, such as a CAPTCHA.
///
/// A correct answer must be usable once, and the check must happen on the server.
#[async_trait]
pub trait HumanCheck: Send + Sync {
    /// Whether this answer passes.
    ///
    /// # Errors
    ///
    /// Any error counts as not passed.
    async fn passed(&self, tenant: &TenantId, answer: &SecretText) -> PortResult<bool>;
}

/// What is known about the risk of sending to a destination now.
#[async_trait]
pub trait RiskSignals: Send + Sync {
    /// Consulted when a code is about to be sent over the telephone network (SIM swap, porting).
    ///
    /// # Errors
    ///
    /// Any error counts as [`RiskSignal::Deny`].
    async fn before_send(
        &self,
        tenant: &TenantId,
        channel: Channel,
        destination: &Destination,
    ) -> PortResult<RiskSignal>;
}

/// A risk signal. It can only deny: a good signal never lowers what is required.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum RiskSignal {
    /// Nothing speaks against it.
    Clear,
    /// Do not send; outwardly nothing changes.
    Deny,
}

/// A slow hash for secrets with little entropy, such as answers to security questions.
#[async_trait]
pub trait SlowHash: Send + Sync {
    /// Hashes with a fresh salt; the text says with which parameters.
    ///
    /// # Errors
    ///
    /// `Unavailable`.
    async fn hash(&self, secret: &SecretText) -> PortResult<String>;

    /// Whether the secret belongs to the hash, in time that does not tell.
    ///
    /// # Errors
    ///
    /// `Unavailable`; `Corrupt` for a text that this hash did not make.
    async fn verify(&self, secret: &SecretText, hash: &str) -> PortResult<bool>;
}

/// Authenticated encryption for secrets that must be read again, such as TOTP seeds.
#[async_trait]
pub trait Seal: Send + Sync {
    /// Seals the bytes under the current key, bound to `associated`.
    ///
    /// # Errors
    ///
    /// `Unavailable`.
    async fn seal(&self, plain: &[u8], associated: &[u8]) -> PortResult<Vec<u8>>;

    /// Opens what was sealed with the same `associated`.
    ///
    /// # Errors
    ///
    /// `Corrupt` if it was not sealed here, or with another `associated`; `Unavailable`.
    async fn open(&self, sealed: &[u8], associated: &[u8]) -> PortResult<SecretBytes>;

    /// Whether this was sealed under the key that [`seal`](Self::seal) uses now. No call goes out
    /// for it; the sealed bytes say so, or nobody knows, which is a no.
    ///
    /// *A wrong yes* keeps an old key in use unseen. *A wrong no*, which the default always gives,
    /// costs [`Engine::reseal`](crate::Engine::reseal) a commit for each account and run.
    fn is_current(&self, sealed: &[u8]) -> bool {
        let _ = sealed;
        false
    }
}

/// A proof that the host verifies itself: a push with number matching, a passkey.
///
/// The engine counts each try before it asks, gives each challenge a name of its own, and lets a
/// proof count once. All calls are made for users that do not exist as well, under ids that nobody
/// has (`nobody-` and sixteen hexadecimal digits): *an answer that differs for them* tells a
/// stranger who exists.
///
/// The manual shows a push with number matching and a passkey.
#[async_trait]
pub trait ExternalMethod: Send + Sync {
    /// The kind of method: [`MethodKind::AppNotification`], [`MethodKind::Passkey`] or
    /// [`MethodKind::HostVerified`].
    fn kind(&self) -> MethodKind;

    /// Whether this user has it: a key that is registered, an app that is linked. A service that is
    /// down for the moment takes nothing away from a user who has; answer from your own records, or
    /// with an error. `false` is a fact: a registration may be the user's first because of it.
    ///
    /// # Errors
    ///
    /// An error says that it is not known. A reset goes on without the method; a registration whose
    /// second factor or hold depends on the answer fails with this error, and changes nothing.
    async fn available(&self, tenant: &TenantId, user: &UserId) -> PortResult<bool>;

    /// Begins a proof, bound to this challenge; what the page needs is returned: at most 4096
    /// bytes. The same challenge may come again after a lost answer: give the same page, and ask the
    /// person no second time, or a stranger wears them down.
    ///
    /// Called for nobody too where a real account's budgets are spent, so that no push goes out
    /// beyond them. *A page that holds anything of the user*, real or made up, tells who exists.
    ///
    /// # Errors
    ///
    /// Any error leaves the page without what it needs.
    async fn begin(&self, tenant: &TenantId, user: &UserId, challenge: &str) -> PortResult<String>;

    /// Whether this response proves the user, for this challenge and no other. *A wrong yes* is an
    /// account in a stranger's hands. The same response may come again after a lost answer; that
    /// it counts once is the engine's business.
    ///
    /// # Errors
    ///
    /// The proof is not accepted; the try is counted. The caller is told of a fault only after the
    /// first proof: before it that could tell who exists.
    async fn verify(
        &self,
        tenant: &TenantId,
        user: &UserId,
        challenge: &str,
        response: &SecretText,
    ) -> PortResult<bool>;
}
