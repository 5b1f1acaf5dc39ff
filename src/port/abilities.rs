//! Optional ports. Each is a trait of its own, so that a host implements only those that it has.

use async_trait::async_trait;

use super::error::PortResult;
use crate::domain::crypto::secret::{SecretBytes, SecretText};
use crate::domain::identity::contact::Destination;
use crate::domain::identity::ids::{TenantId, UserId};
use crate::domain::method::{Channel, MethodKind};

/// A list of breached passwords.
#[async_trait]
pub trait BreachList: Send + Sync {
    /// Whether the whole password is on the list. An outage is an error and never `false`: *a wrong
    /// `false`* lets a password in that attackers try first.
    ///
    /// # Errors
    ///
    /// Any error fails the call of `complete`; the password is not written.
    async fn contains(&self, password: &SecretText) -> PortResult<bool>;
}

/// An estimate of how hard a password is to guess.
///
/// [`password.min_score`](crate::password::PasswordRules::min_score) is the score that a password
/// needs. The engine asks after all other rules, once for each call of `complete` with a valid grant.
/// `adapters::strength` has one (feature `strength`).
pub trait StrengthEstimator: Send + Sync {
    /// The score of a password, from 0 (guessed within seconds) to
    /// [`MAX_SCORE`](crate::password::PasswordRules::MAX_SCORE), which is 4 (more than 10^10
    /// guesses). A greater number counts as 4. *A wrong high score* lets a password in that
    /// attackers guess.
    ///
    /// `password` is in normal form and has at most
    /// [`SCORED`](crate::password::PasswordRules::SCORED) characters, the first ones of a longer one:
    /// estimators take more than linear time. `words` are the names and addresses of the account
    /// and of its organisation, and their parts, which attackers try first.
    ///
    /// It makes no call, and is computed where it is called: it must be done within some
    /// milliseconds.
    fn score(&self, password: &SecretText, words: &[&str]) -> u8;
}

/// A check that the caller is a human, such as a CAPTCHA.
///
/// A correct answer must be usable once, and the check must happen on the server.
#[async_trait]
pub trait HumanCheck: Send + Sync {
    /// Whether this answer passes. An outage is an error or `false`, and never `true`: *a wrong
    /// `true`* lets programs in.
    ///
    /// # Errors
    ///
    /// Any error counts as not passed.
    async fn passed(&self, tenant: &TenantId, answer: &SecretText) -> PortResult<bool>;
}

/// Signals on the risk of sending to a destination.
#[async_trait]
pub trait RiskSignals: Send + Sync {
    /// Called before a code is sent over the telephone network (SIM swap, porting). An outage is an
    /// error and never `Clear`: *a wrong `Clear`* sends a code to a thief who has taken over the number.
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

/// A risk signal. A good signal never lowers what is required.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum RiskSignal {
    /// No known risk: send.
    Clear,
    /// Do not send. The reply stays the same.
    Deny,
}

/// A slow hash for secrets with little entropy: the answers to security questions.
///
/// The secret is 43 letters and digits that depend on the answer, the user, the question and the
/// lookup key, so that a hash that is copied to another account fits no answer there. The engine
/// calls [`verify`](Self::verify) as often for unknown accounts as for known ones, and runs at most
/// [`hashes_at_once`](crate::builder::EngineBuilder::hashes_at_once) comparisons at a time, each of one hash
/// after the other.
///
/// A hash takes a processor for some milliseconds. The future may compute it where it is polled,
/// as `adapters::argon2` does (feature `argon2`), or wait for a pool of threads: the manual page
/// [`security_questions`](crate::manual::security_questions) has an example.
#[async_trait]
pub trait SlowHash: Send + Sync {
    /// Hashes with a fresh salt. The text contains the salt and the parameters.
    /// It has at most 256 bytes.
    ///
    /// # Errors
    ///
    /// `Unavailable`.
    async fn hash(&self, secret: &SecretText) -> PortResult<String>;

    /// Whether the secret belongs to the hash, in time that does not depend on the secret.
    ///
    /// # Errors
    ///
    /// `Unavailable`; `Corrupt` for text that is not such a hash.
    async fn verify(&self, secret: &SecretText, hash: &str) -> PortResult<bool>;

    /// Whether [`hash`](Self::hash) would make a hash with these parameters now. It makes no call.
    /// A hash that is not current is made again when its answer is next given.
    ///
    /// *A wrong `true`*, which the default always returns, keeps hashes of weaker parameters. *A
    /// wrong `false`* costs a hash for each answer of each right set.
    fn is_current(&self, hash: &str) -> bool {
        let _ = hash;
        true
    }
}

/// Authenticated encryption for secrets that must be read again, such as TOTP seeds.
#[async_trait]
pub trait Seal: Send + Sync {
    /// Seals the bytes under the current key, bound to `associated`.
    ///
    /// Each call seals differently, in every instance with this key and after a restart. With a cipher
    /// that fails if a nonce is used twice, such as AES-GCM or ChaCha20-Poly1305, draw the nonce or
    /// use one that no other instance can use: a counter in memory starts again.
    ///
    /// # Errors
    ///
    /// `Unavailable`.
    async fn seal(&self, plain: &[u8], associated: &[u8]) -> PortResult<Vec<u8>>;

    /// Opens bytes that were sealed with the same `associated`.
    ///
    /// # Errors
    ///
    /// `Corrupt` if the bytes were sealed by another seal or with another `associated`;
    /// `Unavailable`.
    async fn open(&self, sealed: &[u8], associated: &[u8]) -> PortResult<SecretBytes>;

    /// Whether the bytes were sealed under the key that [`seal`](Self::seal) uses now. It makes no
    /// call: return `false` if the sealed bytes do not show their key.
    ///
    /// *A wrong `true`* leaves an old key in use unnoticed. *A wrong `false`*, which the default
    /// always returns, costs [`Engine::reseal`](crate::Engine::reseal) a commit for each account
    /// and run.
    fn is_current(&self, sealed: &[u8]) -> bool {
        let _ = sealed;
        false
    }
}

/// A proof that the host verifies itself: a push with number matching, a passkey.
///
/// The engine reserves each attempt before it asks, gives each challenge a name of its own, and
/// counts a proof once. It makes all calls for unknown accounts too, with user ids that no user has
/// (`unknown-` and sixteen hexadecimal digits): *a result that differs for them* tells an attacker
/// which accounts exist.
///
/// The manual shows a push with number matching and a passkey.
#[async_trait]
pub trait ExternalMethod: Send + Sync {
    /// The kind of method: [`MethodKind::AppNotification`], [`MethodKind::Passkey`] or
    /// [`MethodKind::HostVerified`].
    fn kind(&self) -> MethodKind;

    /// Whether this user has the method: a registered key, a linked app. Answer from your own
    /// records, or with an error if you cannot: an outage does not make a user's method disappear.
    /// `false` is a fact, by which a registration may count as the user's first.
    ///
    /// # Errors
    ///
    /// An error means that it is unknown. A reset continues without the method. A registration
    /// whose second factor or hold depends on the answer fails with this error and changes nothing.
    async fn available(&self, tenant: &TenantId, user: &UserId) -> PortResult<bool>;

    /// Begins a proof that is bound to this challenge, and returns the data that the page needs: at
    /// most 4096 bytes. The call may be repeated for the same challenge if its result was lost:
    /// return the same page data, and do not prompt the user again, or an attacker could flood the
    /// user with prompts.
    ///
    /// If the budgets of an account are spent, the call names an id that no user has, so that no
    /// push is sent. *Page data that depends on the user* tells which accounts exist.
    ///
    /// # Errors
    ///
    /// After any error the reply has no page data.
    async fn begin(&self, tenant: &TenantId, user: &UserId, challenge: &str) -> PortResult<String>;

    /// Whether this response proves the user for this challenge. *A wrong `true`* gives the account
    /// to an attacker. The call may be repeated if its result was lost; the engine counts the proof
    /// once.
    ///
    /// # Errors
    ///
    /// After any error the proof is not accepted and the attempt is counted. The caller gets the
    /// fault only after the first proof, since before it a fault could tell which accounts exist.
    async fn verify(
        &self,
        tenant: &TenantId,
        user: &UserId,
        challenge: &str,
        response: &SecretText,
    ) -> PortResult<bool>;
}
