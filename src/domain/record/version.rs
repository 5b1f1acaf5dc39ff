//! Versions of records.

use std::fmt;

use crate::domain::invalid::InvalidInput;
use crate::domain::time::Timestamp;

/// The version of a record: a count that grows by one with each commit, and a random nonce.
///
/// No version is used twice, not even after a deletion. Two versions are equal only if both parts
/// are. Displayed and parsed as `12-00f1e2d3c4b5a697`.
///
/// ```
/// let version = sspr::port::Version::new(12, 0x00f1_e2d3_c4b5_a697);
/// assert_eq!(version.to_string(), "12-00f1e2d3c4b5a697");
/// assert_eq!(version.to_string().parse::<sspr::port::Version>()?, version);
/// # Ok::<(), sspr::InvalidInput>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Version {
    count: u64,
    nonce: u64,
}

impl Version {
    /// A version of these two parts.
    #[must_use]
    pub const fn new(count: u64, nonce: u64) -> Self {
        Self { count, nonce }
    }

    /// The count. A new record starts at the time in milliseconds, and each commit adds one.
    #[must_use]
    pub const fn count(self) -> u64 {
        self.count
    }

    /// The random part.
    #[must_use]
    pub const fn nonce(self) -> u64 {
        self.nonce
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{:016x}", self.count, self.nonce)
    }
}

impl std::str::FromStr for Version {
    type Err = InvalidInput;

    fn from_str(text: &str) -> Result<Self, InvalidInput> {
        let bad = InvalidInput::Malformed { what: "version" };
        let (count, nonce) = text.split_once('-').ok_or(bad.clone())?;
        if count.is_empty() || count.len() > 20 || nonce.len() != 16 {
            return Err(bad);
        }
        let plain = |part: &str| part.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !plain(count) || !plain(nonce) {
            return Err(bad);
        }
        match (count.parse(), u64::from_str_radix(nonce, 16)) {
            (Ok(count), Ok(nonce)) => Ok(Self { count, nonce }),
            _ => Err(bad),
        }
    }
}

/// The count of the next version. A record that the store does not have starts at the current time,
/// so that no version and no event id is used twice, not even after a purge.
pub(crate) fn next_count(expected: Option<Version>, now: Timestamp) -> u64 {
    match expected {
        Some(version) => version.count().saturating_add(1),
        None => u64::try_from(now.unix_millis()).unwrap_or(1).max(1),
    }
}
