//! Points in time, in whole milliseconds since the Unix epoch.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

pub(crate) const SECOND: Duration = Duration::from_secs(1);
pub(crate) const MINUTE: Duration = Duration::from_secs(60);
pub(crate) const HOUR: Duration = Duration::from_secs(3_600);
pub(crate) const DAY: Duration = Duration::from_secs(86_400);
/// The largest accepted difference between the clocks of two engines.
pub(crate) const MAX_SKEW: Duration = Duration::from_secs(30);

/// How long a record with nothing but old counters is kept: longer than any window.
pub(crate) const IDLE_LIFE: Duration = Duration::from_secs(31 * 86_400);

/// A point in time, in whole milliseconds since 1970-01-01T00:00:00Z; in serde that number.
///
/// All arithmetic saturates: a time far in the future never wraps around into the past.
///
/// ```
/// use std::time::Duration;
/// use sspr::Timestamp;
///
/// let issued = Timestamp::from_unix_seconds(1_700_000_000);
/// let expires = issued.plus(Duration::from_secs(600));
/// assert!(issued < expires);
/// assert_eq!(expires.since(issued), Duration::from_secs(600));
/// assert_eq!(issued.since(expires), Duration::ZERO);
/// assert_eq!(issued.to_string(), "2023-11-14T22:13:20.000Z");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The Unix epoch.
    pub const EPOCH: Self = Self(0);
    /// The last representable instant: "never".
    pub const MAX: Self = Self(i64::MAX);

    /// The instant this many milliseconds after the Unix epoch.
    #[must_use]
    pub const fn from_unix_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// The instant this many seconds after the Unix epoch.
    #[must_use]
    pub const fn from_unix_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1000))
    }

    /// Milliseconds since the Unix epoch.
    #[must_use]
    pub const fn unix_millis(self) -> i64 {
        self.0
    }

    /// This instant moved later by `span`, saturating at [`Timestamp::MAX`].
    #[must_use]
    pub fn plus(self, span: Duration) -> Self {
        Self(self.0.saturating_add(millis(span)))
    }

    /// This instant moved earlier by `span`, saturating.
    #[must_use]
    pub fn minus(self, span: Duration) -> Self {
        Self(self.0.saturating_sub(millis(span)))
    }

    /// The time from `earlier` until this instant; zero if `earlier` is not earlier.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        let span = self.0.saturating_sub(earlier.0);
        Duration::from_millis(u64::try_from(span).unwrap_or(0))
    }
}

fn millis(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}

impl From<time::OffsetDateTime> for Timestamp {
    fn from(at: time::OffsetDateTime) -> Self {
        let millis = at.unix_timestamp_nanos() / 1_000_000;
        Self(i64::try_from(millis).unwrap_or(i64::MAX))
    }
}

impl TryFrom<Timestamp> for time::OffsetDateTime {
    type Error = time::error::ComponentRange;

    fn try_from(at: Timestamp) -> Result<Self, Self::Error> {
        Self::from_unix_timestamp_nanos(i128::from(at.0) * 1_000_000)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Always with milliseconds, so that lines align and texts sort like times.
        let Ok(at) = time::OffsetDateTime::try_from(*self) else {
            return write!(f, "{}ms", self.0);
        };
        let (year, month, day) = (at.year(), u8::from(at.month()), at.day());
        let (hour, minute, second) = (at.hour(), at.minute(), at.second());
        let text = format!(
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:03}Z",
            at.millisecond()
        );
        f.pad(&text)
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Timestamp({self})")
    }
}

/// Serialises a [`Duration`] as whole milliseconds.
pub(crate) mod duration_ms {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(span: &Duration, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_u64(u64::try_from(span.as_millis()).unwrap_or(u64::MAX))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
        u64::deserialize(from).map(Duration::from_millis)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arithmetic_saturates_at_both_ends() {
        assert_eq!(Timestamp::MAX.plus(Duration::from_secs(1)), Timestamp::MAX);
        assert_eq!(
            Timestamp::from_unix_millis(i64::MIN).minus(Duration::MAX).unix_millis(),
            i64::MIN
        );
        assert_eq!(Timestamp::EPOCH.plus(Duration::MAX), Timestamp::MAX);
    }

    #[test]
    fn converts_to_and_from_the_time_crate() {
        let at = Timestamp::from_unix_millis(1_111_111_111_123);
        let converted = time::OffsetDateTime::try_from(at).expect("in range");
        assert_eq!(Timestamp::from(converted), at);
        assert!(time::OffsetDateTime::try_from(Timestamp::MAX).is_err());
    }
}
