//! Time-based one-time codes of authenticator apps and hardware tokens (RFC 6238 over RFC 4226).
//!
//! Pure: the time is an argument. Whether a step was used already is for the record that holds the
//! seed; here a code only tells the step that it belongs to.

mod check;
mod seed;
mod uri;

use serde::{Deserialize, Serialize};

use super::invalid::InvalidInput;
use super::time::Timestamp;

#[cfg(any(test, feature = "testing"))]
pub(crate) use check::code_at;
pub(crate) use check::matching_step;
pub use seed::OathSeed;
pub(crate) use seed::base32_grouped;
pub(crate) use uri::{enrolment_uri, label};

/// The hash function under the HMAC of a code. Many apps know SHA-1 only, whatever they are told.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum OathAlgorithm {
    /// HMAC-SHA-1, which every app knows. Collisions of SHA-1 do not touch it.
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

    /// How many bytes a fresh seed has: as many as the HMAC (RFC 6238, 5.1).
    pub(crate) const fn seed_bytes(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha512 => 64,
        }
    }
}

/// How an authenticator makes its codes. The default is what every app knows: SHA-1, six digits,
/// a new code every 30 seconds.
///
/// ```
/// use sspr::{OathAlgorithm, OathParameters};
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
    /// Seconds that a code lives on the authenticator: 30 or 60.
    pub period: u8,
}

impl Default for OathParameters {
    fn default() -> Self {
        Self { algorithm: OathAlgorithm::default(), digits: 6, period: 30 }
    }
}

impl OathParameters {
    /// Whether codes may be made like this.
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

/// Which time steps around the present one are accepted.
///
/// The default is the present step and the one before it, for the time that typing and sending take
/// (RFC 6238, 5.2). A code then lives for `(back + 1 + forward) * period` seconds at most.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Drift {
    /// Steps before the present one: 2 at most, more count as 2.
    pub(crate) back: u8,
    /// Steps after the present one: 1 at most, more count as 1.
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

/// The time step that holds `now`, counted from 1970 in steps of `period` seconds.
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
