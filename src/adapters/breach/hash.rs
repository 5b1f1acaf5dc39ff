//! The hashes of breached passwords, as text.

use sha1::Sha1;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::SecretText;

/// The hash of the lines of a [`SortedFile`](super::SortedFile).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum BreachHash {
    /// SHA-1, 40 digits: the download of Have I Been Pwned, ordered by hash.
    Sha1,
    /// SHA-256, 64 digits.
    Sha256,
}

impl BreachHash {
    /// The digits of a hash.
    pub(super) const fn digits(self) -> usize {
        match self {
            Self::Sha1 => 40,
            Self::Sha256 => 64,
        }
    }
}

/// The hash of a password, in upper-case hexadecimal digits.
pub(super) fn hex_of(password: &SecretText, hash: BreachHash) -> Zeroizing<String> {
    let bytes = password.expose_secret().as_bytes();
    let digest: Zeroizing<Vec<u8>> = Zeroizing::new(match hash {
        BreachHash::Sha1 => Sha1::digest(bytes).to_vec(),
        BreachHash::Sha256 => Sha256::digest(bytes).to_vec(),
    });
    Zeroizing::new(data_encoding::HEXUPPER.encode(&digest))
}

/// The hash at the beginning of a line `HASH:COUNT` or `HASH`, if it has this many digits.
pub(super) fn hash_of(line: &str, digits: usize) -> Option<&str> {
    let (hash, rest) = line.trim_end_matches(['\r', '\n']).split_at_checked(digits)?;
    let is_hash = hash.bytes().all(|byte| byte.is_ascii_hexdigit());
    let counts =
        rest.strip_prefix(':').map(|count| count.bytes().all(|byte| byte.is_ascii_digit()));
    (is_hash && (rest.is_empty() || counts == Some(true))).then_some(hash)
}
