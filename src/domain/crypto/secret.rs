//! Secrets: redacted in `Debug`, zeroized on drop, and compared in one place.

use std::fmt;

use subtle::{Choice, ConstantTimeEq};
use zeroize::Zeroize;

/// A text that must not be logged, stored in the clear or sent back.
///
/// It has no `Clone`, no `Display` and no serde; `Debug` prints `[redacted]`; its memory is
/// zeroized on drop. [`SecretText::expose_secret`] is the only access to the text.
///
/// ```
/// use sspr::SecretText;
///
/// let secret = SecretText::new("correct horse".to_owned());
/// assert_eq!(format!("{secret:?}"), "[redacted]");
/// assert_eq!(secret.expose_secret(), "correct horse");
/// ```
pub struct SecretText(String);

impl SecretText {
    /// Takes ownership of a secret text.
    #[must_use]
    pub const fn new(text: String) -> Self {
        Self(text)
    }

    /// The secret text. Do not keep, log or serialise it.
    #[must_use]
    pub fn expose_secret(&self) -> &str {
        &self.0
    }
}

/// Bytes that must not be logged, stored in the clear or sent back; as [`SecretText`].
///
/// ```
/// let seed = sspr::SecretBytes::new(vec![7; 20]);
/// assert_eq!(format!("{seed:?}"), "[redacted]");
/// assert_eq!(seed.expose_secret().len(), 20);
/// ```
pub struct SecretBytes(Vec<u8>);

impl SecretBytes {
    /// Takes ownership of secret bytes.
    #[must_use]
    pub const fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The secret bytes. Do not keep, log or serialise them.
    #[must_use]
    pub fn expose_secret(&self) -> &[u8] {
        &self.0
    }
}

/// Implements `Debug` without the value.
macro_rules! redacted {
    ($($name:ident),+) => {$(
        impl ::std::fmt::Debug for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(concat!(stringify!($name), "([redacted])"))
            }
        }
    )+};
}
pub(crate) use redacted;

impl Drop for SecretBytes {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for SecretBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl From<String> for SecretText {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for SecretText {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl Drop for SecretText {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// Whether two secrets are equal, in time that depends on their lengths only.
///
/// The engine compares secrets only here and in [`numbers_equal`]. Slices are compared eight bytes
/// at a time, since comparing single bytes costs more than the MAC that produced them.
pub(crate) fn secrets_equal(left: &[u8], right: &[u8]) -> bool {
    if left.len() != right.len() {
        return false;
    }
    let mut difference = 0_u64;
    let (left_lanes, left_rest) = left.as_chunks::<8>();
    let (right_lanes, right_rest) = right.as_chunks::<8>();
    for (a, b) in left_lanes.iter().zip(right_lanes) {
        difference |= u64::from_le_bytes(*a) ^ u64::from_le_bytes(*b);
    }
    for (a, b) in left_rest.iter().zip(right_rest) {
        difference |= u64::from(a ^ b);
    }
    numbers_equal(difference, 0).into()
}

/// [`secrets_equal`] for numbers, with a result that can select a value without a branch.
#[inline]
pub(crate) fn numbers_equal(left: u64, right: u64) -> Choice {
    // `subtle` is an optimisation barrier: the result is computed without a branch on either
    // number.
    left.ct_eq(&right)
}

#[cfg(test)]
mod tests {
    use super::{numbers_equal, secrets_equal};

    #[test]
    fn equality_sees_every_byte_at_every_length() {
        for length in 0..=40 {
            let base: Vec<u8> = (0..length).map(|i| i as u8).collect();
            assert!(secrets_equal(&base, &base));
            for changed in 0..length {
                let mut other = base.clone();
                other[changed] ^= 0x80;
                assert!(!secrets_equal(&base, &other), "length {length}, byte {changed}");
            }
        }
    }

    #[test]
    fn equality_of_numbers_sees_every_bit() {
        assert!(bool::from(numbers_equal(7, 7)));
        for bit in 0..64 {
            assert!(!bool::from(numbers_equal(7, 7 ^ (1 << bit))), "bit {bit}");
        }
    }

    #[test]
    fn a_prefix_is_not_equal() {
        assert!(!secrets_equal(b"123456", b"12345"));
        assert!(!secrets_equal(b"", b"0"));
    }
}
