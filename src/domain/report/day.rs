//! Days of reports.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::rfc3339;
use crate::domain::invalid::InvalidInput;
use crate::domain::time::Timestamp;

/// A day in UTC. Displayed, parsed and serialised as `2026-11-30`.
///
/// ```
/// use sspr::report::ReportDay;
///
/// let day: ReportDay = "2026-11-30".parse()?;
/// assert_eq!(ReportDay::of(day.start()), day);
/// assert_eq!(day.next().to_string(), "2026-12-01");
/// # Ok::<(), sspr::InvalidInput>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ReportDay(i64);

/// The milliseconds of a day.
const MILLIS: i64 = 86_400_000;

impl ReportDay {
    /// The day of this instant.
    #[must_use]
    pub const fn of(at: Timestamp) -> Self {
        Self(at.unix_millis().div_euclid(MILLIS))
    }

    /// Its first instant.
    #[must_use]
    pub const fn start(self) -> Timestamp {
        Timestamp::from_unix_millis(self.0.saturating_mul(MILLIS))
    }

    /// The day after.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl fmt::Display for ReportDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.start().to_string();
        f.pad(text.split_once('T').map_or(text.as_str(), |(day, _)| day))
    }
}

impl FromStr for ReportDay {
    type Err = InvalidInput;

    fn from_str(text: &str) -> Result<Self, InvalidInput> {
        let day = (text.len() == 10).then(|| rfc3339::parse(&format!("{text}T00:00:00Z")));
        day.flatten().map(Self::of).ok_or(InvalidInput::Malformed { what: "day" })
    }
}

impl Serialize for ReportDay {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ReportDay {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'_, str>::deserialize(from)?;
        text.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_ends_with_its_last_millisecond_in_utc() {
        let day: ReportDay = "2026-11-30".parse().expect("a day");
        let last = Timestamp::from_unix_millis(day.next().start().unix_millis() - 1);
        assert_eq!((ReportDay::of(last), ReportDay::of(day.next().start())), (day, day.next()));
        assert_eq!(ReportDay::of(Timestamp::from_unix_millis(-1)).to_string(), "1969-12-31");
        assert!("2026-11-31".parse::<ReportDay>().is_err());
        assert!("2026-11-30T".parse::<ReportDay>().is_err());
    }
}
