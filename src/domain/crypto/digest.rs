//! Digests of secrets that are too random to be guessed: recovery codes and device secrets.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::domain::crypto::secret::{redacted, secrets_equal};
use crate::domain::identity::ids::{TenantId, UserId};
use crate::domain::record::hex_bytes;

/// The use of a digested secret. A number is never reused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum DigestOf {
    RecoveryCode = 1,
    Device = 2,
}

/// The digest of a secret of at least 112 random bits, for which a plain hash is enough (NIST SP
/// 800-63B-4, 3.1.2.2). It belongs to one user and one use: copied to another, it matches no
/// secret.
#[derive(Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Digest(#[serde(with = "hex_bytes")] [u8; 32]);

impl Digest {
    /// The digest of no secret.
    pub(crate) const NONE: Self = Self([0; 32]);

    pub(crate) fn of(of: DigestOf, tenant: &TenantId, user: &UserId, secret: &[u8]) -> Self {
        let mut hash = Sha256::new();
        hash.update(b"sspr digest");
        hash.update([of as u8]);
        for part in [tenant.as_str().as_bytes(), user.as_str().as_bytes(), secret] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        Self(hash.finalize().into())
    }

    /// Whether the digests are equal, in constant time.
    pub(crate) fn fits(&self, other: &Self) -> bool {
        secrets_equal(&self.0, &other.0)
    }
}

redacted!(Digest);

#[cfg(test)]
mod tests {
    use super::*;

    /// V18: different owners, uses or secrets have different digests.
    #[test]
    fn a_digest_belongs_to_its_owner_its_use_and_its_secret() {
        let tenant = |name| TenantId::parse(name).expect("valid");
        let user = |name| UserId::parse(name).expect("valid");
        let all = [
            Digest::of(DigestOf::RecoveryCode, &tenant("a"), &user("bc"), b"d"),
            Digest::of(DigestOf::RecoveryCode, &tenant("ab"), &user("c"), b"d"),
            Digest::of(DigestOf::RecoveryCode, &tenant("a"), &user("b"), b"cd"),
            Digest::of(DigestOf::Device, &tenant("a"), &user("bc"), b"d"),
            Digest::NONE,
        ];
        for (place, left) in all.iter().enumerate() {
            for right in &all[place + 1..] {
                assert!(!left.fits(right));
            }
            assert!(left.fits(left));
        }
    }
}
