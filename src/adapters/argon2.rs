//! Argon2id for the answers to security questions. Feature `argon2`.
//!
//! [`Argon2Hash`] computes where its future is polled, for some 15 milliseconds: a runtime whose
//! threads must not block wraps it, as the manual page
//! [`security_questions`](crate::manual::security_questions) shows.

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{Error, PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use async_trait::async_trait;

use crate::port::{Entropy as _, PortError, PortResult, SlowHash, SystemEntropy};
use crate::{InvalidInput, SecretText};

/// OWASP's cost (Password Storage Cheat Sheet): 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
/// The most memory and passes of a hash that is read: an edited record must not exhaust the server.
const MAX_MEMORY_KIB: u32 = 1024 * 1024;
const MAX_PASSES: u32 = 32;

/// Argon2id, with hashes in the form of PHC.
///
/// ```
/// use sspr::adapters::argon2::Argon2Hash;
///
/// let hash = Argon2Hash::new();
/// let text = hash.hash_now(&"rex".into())?;
/// assert!(text.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
/// assert!(hash.verify_now(&"rex".into(), &text)?);
/// assert!(!hash.verify_now(&"max".into(), &text)?);
/// # Ok::<(), sspr::port::PortError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Argon2Hash {
    params: Params,
}

impl Default for Argon2Hash {
    fn default() -> Self {
        Self::new()
    }
}

impl Argon2Hash {
    /// A hash at OWASP's cost: 19 MiB, two passes.
    #[must_use]
    pub fn new() -> Self {
        Self { params: Params::new(MEMORY_KIB, PASSES, 1, None).unwrap_or_default() }
    }

    /// A hash of another cost: kibibytes of memory, 8 to 1 048 576, and passes, 1 to 32. Hashes of
    /// another cost stay valid and are made again when their answer is next given.
    ///
    /// ```
    /// use sspr::adapters::argon2::Argon2Hash;
    /// use sspr::port::SlowHash as _;
    ///
    /// let cheap = Argon2Hash::with_cost(64, 1)?;
    /// let text = cheap.hash_now(&"rex".into()).unwrap();
    /// let strong = Argon2Hash::new();
    /// assert!(strong.verify_now(&"rex".into(), &text).unwrap());
    /// assert!(!strong.is_current(&text));
    /// # Ok::<(), sspr::InvalidInput>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`InvalidInput::OutOfRange`].
    pub fn with_cost(memory_kib: u32, passes: u32) -> Result<Self, InvalidInput> {
        let out = InvalidInput::OutOfRange { what: "cost of Argon2id" };
        if memory_kib > MAX_MEMORY_KIB || passes > MAX_PASSES {
            return Err(out);
        }
        Ok(Self { params: Params::new(memory_kib, passes, 1, None).map_err(|_| out)? })
    }

    /// [`SlowHash::hash`], computed now.
    ///
    /// # Errors
    ///
    /// `Unavailable` if the system has no random bytes or no memory.
    pub fn hash_now(&self, secret: &SecretText) -> PortResult<String> {
        let mut salt = [0; 16];
        SystemEntropy.fill(&mut salt)?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, self.params.clone());
        let hash = argon2.hash_password_with_salt(secret.expose_secret().as_bytes(), &salt);
        hash.map(|hash| hash.to_string())
            .map_err(|error| PortError::unavailable().because(error.to_string()))
    }

    /// [`SlowHash::verify`], computed now.
    ///
    /// # Errors
    ///
    /// `Corrupt` for a text that is no hash of Argon2id in the form of PHC, or of a cost beyond
    /// [`with_cost`](Self::with_cost).
    pub fn verify_now(&self, secret: &SecretText, hash: &str) -> PortResult<bool> {
        let parsed = parsed(hash).ok_or_else(PortError::corrupt)?;
        let verified =
            Argon2::default().verify_password(secret.expose_secret().as_bytes(), &parsed);
        match verified {
            Ok(()) => Ok(true),
            Err(Error::PasswordInvalid) => Ok(false),
            Err(error) => Err(PortError::corrupt().because(error.to_string())),
        }
    }
}

/// A hash of Argon2id whose cost is bounded.
fn parsed(text: &str) -> Option<PasswordHash> {
    let hash = PasswordHash::new(text).ok()?;
    let params = Params::try_from(&hash).ok()?;
    let bounded =
        params.m_cost() <= MAX_MEMORY_KIB && params.t_cost() <= MAX_PASSES && params.p_cost() == 1;
    let is_whole = hash.salt.is_some() && hash.hash.is_some_and(|hash| hash.len() >= 16);
    let is_ours = hash.algorithm == Algorithm::Argon2id.ident() && hash.version == Some(19);
    (bounded && is_whole && is_ours).then_some(hash)
}

#[async_trait]
impl SlowHash for Argon2Hash {
    async fn hash(&self, secret: &SecretText) -> PortResult<String> {
        self.hash_now(secret)
    }

    async fn verify(&self, secret: &SecretText, hash: &str) -> PortResult<bool> {
        self.verify_now(secret, hash)
    }

    fn is_current(&self, hash: &str) -> bool {
        let params = parsed(hash).and_then(|hash| Params::try_from(&hash).ok());
        params.is_some_and(|params| {
            (params.m_cost(), params.t_cost(), params.p_cost())
                == (self.params.m_cost(), self.params.t_cost(), self.params.p_cost())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_of_another_form_or_cost_is_corrupt() {
        let hash = Argon2Hash::with_cost(8, 1).expect("a cost");
        let text = hash.hash_now(&"rex".into()).expect("hashed");
        for (from, to) in [
            ("argon2id", "argon2i"),
            ("argon2id", "scrypt"),
            ("v=19", "v=16"),
            ("m=8", "m=4194304"),
            ("t=1", "t=1000000"),
            ("p=1", "p=9"),
        ] {
            let other = text.replace(from, to);
            assert_ne!(other, text);
            assert!(hash.verify_now(&"rex".into(), &other).is_err(), "{other}");
            assert!(!hash.is_current(&other), "{other}");
        }
        assert!(hash.is_current(&text));
        assert!(Argon2Hash::with_cost(MAX_MEMORY_KIB + 1, 1).is_err());
        assert!(Argon2Hash::with_cost(7, 1).is_err());
    }
}
