//! Time-based one-time codes of authenticator apps and hardware tokens (RFC 6238 over RFC 4226).
//!
//! Pure: the time is an argument. This module finds the step of a code; the record of the seed
//! knows whether the step was used before.

mod check;
mod seed;
mod uri;

use serde::{Deserialize, Serialize};

use crate::domain::invalid::InvalidInput;
use crate::domain::time::Timestamp;

#[cfg(any(test, feature = "testing"))]
pub(crate) use check::code_at;
pub(crate) use check::matching_step;
pub use seed::OathSeed;
pub(crate) use seed::base32_grouped;
pub(crate) use uri::{enrolment_uri, label};

/// The hash function of the HMAC of a code. Many apps support SHA-1 only, and ignore the parameter.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum OathAlgorithm {
    /// HMAC-SHA-1, which every app supports. Collisions of SHA-1 do not affect it.
    #[default]
    Sha1,
    /// HMAC-SHA-256.
    Sha256,
    /// HMAC-SHA-512.
    Sha512,
}

impl OathAlgorithm {
    /// Its name in an enrolment URI, such as `SHA1`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sha1 => "SHA1",
            Self::Sha256 => "SHA256",
            Self::Sha512 => "SHA512",
        }
    }

    /// The length of a new seed, in bytes: that of the HMAC (RFC 6238, 5.1).
    pub(crate) const fn seed_bytes(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha512 => 64,
        }
    }
}

/// The parameters of an authenticator's codes. Every app supports the default: SHA-1, six digits, a
/// new code every 30 seconds.
///
/// ```
/// use sspr::method::{OathAlgorithm, OathParameters};
///
/// let mut parameters = OathParameters::default();
/// assert_eq!((parameters.algorithm, parameters.digits), (OathAlgorithm::Sha1, 6));
/// parameters.period = 45;
/// assert!(parameters.check().is_err());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
#[serde(deny_unknown_fields)]
pub struct OathParameters {
    /// The hash function.
    pub algorithm: OathAlgorithm,
    /// Digits of a code: 6 to 8.
    pub digits: u8,
    /// Seconds between two codes: 30 or 60.
    pub period: u8,
}

impl Default for OathParameters {
    fn default() -> Self {
        Self { algorithm: OathAlgorithm::default(), digits: 6, period: 30 }
    }
}

impl OathParameters {
    /// Checks that the parameters are within their ranges.
    ///
    /// # Errors
    ///
    /// [`InvalidInput::OutOfRange`] for digits other than 6 to 8, or a period other than 30 or 60
    /// seconds.
    pub fn check(&self) -> Result<(), InvalidInput> {
        if !(6..=8).contains(&self.digits) {
            return Err(InvalidInput::OutOfRange { what: "digits of a code" });
        }
        if !matches!(self.period, 30 | 60) {
            return Err(InvalidInput::OutOfRange { what: "period of a code" });
        }
        Ok(())
    }
}

/// The time steps around the present one that are accepted.
///
/// The default is the present step and the one before it, since typing and sending take time (RFC
/// 6238, 5.2). A code is then accepted for at most `(back + 1 + forward) * period` seconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Drift {
    /// Steps before the present one; values above 2 count as 2.
    pub(crate) back: u8,
    /// Steps after the present one; values above 1 count as 1.
    pub(crate) forward: u8,
}

impl Drift {
    const MAX_BACK: u8 = 2;
    const MAX_FORWARD: u8 = 1;
}

impl Default for Drift {
    fn default() -> Self {
        Self { back: 1, forward: 0 }
    }
}

/// The time step of `now`, counted from 1970 in steps of `period` seconds.
///
/// Times before 1970 are in step 0. A period of zero counts as one second.
pub(crate) fn step_at(now: Timestamp, period: u8) -> u64 {
    let seconds = u64::try_from(now.unix_millis()).unwrap_or(0) / 1000;
    seconds / u64::from(period.max(1))
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod work;
