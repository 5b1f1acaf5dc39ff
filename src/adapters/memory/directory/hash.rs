//! Password hashes of the memory directory: Argon2id (RFC 9106) with a fresh salt for each.

use argon2::{Algorithm, Argon2, Params, Version};

use crate::domain::crypto::secret::secrets_equal;
use crate::port::{Entropy, PortError, PortResult, SystemEntropy};

/// The cost of one hash.
#[derive(Clone, Copy)]
pub(super) struct Cost {
    memory_kib: u32,
    passes: u32,
}

impl Cost {
    /// OWASP's password storage cheat sheet: 19 MiB, two passes, one lane.
    pub(super) const OWASP: Self = Self { memory_kib: 19 * 1024, passes: 2 };

    /// A cost, raised to the minimum of Argon2id.
    pub(super) fn new(memory_kib: u32, passes: u32) -> Self {
        Self {
            memory_kib: memory_kib.max(Params::MIN_M_COST),
            passes: passes.max(Params::MIN_T_COST),
        }
    }
}

/// A salted hash of one password.
#[derive(Clone)]
pub(super) struct PasswordHash {
    salt: [u8; 16],
    hash: [u8; 32],
    cost: Cost,
}

impl PasswordHash {
    /// Hashes with a fresh salt.
    pub(super) fn new(password: &str, cost: Cost) -> PortResult<Self> {
        let mut salt = [0; 16];
        SystemEntropy.fill(&mut salt)?;
        let hash = derive(password, &salt, cost)?;
        Ok(Self { salt, hash, cost })
    }

    /// A hash that no password matches, so that an unknown user costs the same time.
    pub(super) const fn unmatched(cost: Cost) -> Self {
        Self { salt: [0; 16], hash: [0; 32], cost }
    }

    pub(super) fn is_of(&self, password: &str) -> PortResult<bool> {
        let hash = derive(password, &self.salt, self.cost)?;
        Ok(secrets_equal(&hash, &self.hash))
    }
}

fn derive(password: &str, salt: &[u8], cost: Cost) -> PortResult<[u8; 32]> {
    let mut hash = [0; 32];
    Params::new(cost.memory_kib, cost.passes, 1, Some(hash.len()))
        .map(|params| Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
        .and_then(|argon| argon.hash_password_into(password.as_bytes(), salt, &mut hash))
        // Fails for a password over 4 GiB, or a cost beyond the memory of the machine.
        .map_err(|error| PortError::unavailable().because(error.to_string()))?;
    Ok(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_matches_its_password_only() {
        let cost = Cost::new(0, 0);
        let hash = PasswordHash::new("correct horse", cost).expect("hash");
        assert!(hash.is_of("correct horse").expect("hash"));
        assert!(!hash.is_of("correct horse ").expect("hash"));
        assert!(!PasswordHash::unmatched(cost).is_of("").expect("hash"));
        let again = PasswordHash::new("correct horse", cost).expect("hash");
        assert_ne!(hash.salt, again.salt);
        assert_ne!(hash.hash, again.hash);
    }
}
