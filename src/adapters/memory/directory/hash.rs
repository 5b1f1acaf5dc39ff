//! Password hashes of the memory directory: HMAC-SHA-256 under a fresh random key for each password.
//!
//! The hash is fast. A slow one would protect a stolen database, and this directory has none: its hashes
//! live and end with the process.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::port::{Entropy as _, PortResult, SystemEntropy};

/// A keyed hash of one password.
#[derive(Clone)]
pub(super) struct PasswordHash {
    key: [u8; 32],
    hash: [u8; 32],
}

impl PasswordHash {
    /// A hash that no password matches, for the comparison of an unknown user.
    pub(super) const UNMATCHED: Self = Self { key: [0; 32], hash: [0; 32] };

    /// Hashes under a fresh key.
    pub(super) fn new(password: &str) -> PortResult<Self> {
        let mut key = [0; 32];
        SystemEntropy.fill(&mut key)?;
        let hash = mac(&key, password).finalize().into_bytes().into();
        Ok(Self { key, hash })
    }

    /// Whether this is the hash of the password, in constant time.
    pub(super) fn is_of(&self, password: &str) -> bool {
        mac(&self.key, password).verify_slice(&self.hash).is_ok()
    }
}

fn mac(key: &[u8; 32], password: &str) -> Hmac<Sha256> {
    let Ok(mac) = Hmac::new_from_slice(key) else { unreachable!("HMAC takes a key of any length") };
    mac.chain_update(password)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_matches_its_password_only() {
        let hash = PasswordHash::new("correct horse").expect("hash");
        assert!(hash.is_of("correct horse"));
        assert!(!hash.is_of("correct horse "));
        assert!(!PasswordHash::UNMATCHED.is_of(""));
    }

    #[test]
    fn equal_passwords_have_different_hashes() {
        let first = PasswordHash::new("correct horse").expect("hash");
        let second = PasswordHash::new("correct horse").expect("hash");
        assert_ne!(first.key, second.key);
        assert_ne!(first.hash, second.hash);
    }
}
