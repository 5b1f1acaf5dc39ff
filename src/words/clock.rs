//! Time zones, and a point in time in the words of a language.

use std::fmt;

use time::UtcOffset;

use super::phrases::{PhraseValue, Phrases};
use crate::Timestamp;
use crate::facts::TimeZone;

/// The offsets of time zones, from a database of the host: this crate has none.
///
/// A function is one as well:
///
/// ```
/// use sspr::Timestamp;
/// use sspr::words::{TimeZones, ZoneOffset};
/// use sspr::facts::TimeZone;
///
/// // A host asks `jiff` or `chrono-tz` here.
/// let zones = |zone: &TimeZone, _at: Timestamp| match zone.as_str() {
///     "Asia/Taipei" => ZoneOffset::from_minutes(8 * 60),
///     _ => None,
/// };
/// let taipei = TimeZone::parse("Asia/Taipei")?;
/// let offset = zones.offset(&taipei, Timestamp::from_unix_seconds(0));
/// assert_eq!(offset.map(|offset| offset.to_string()).as_deref(), Some("UTC+8"));
/// # Ok::<(), sspr::InvalidInput>(())
/// ```
pub trait TimeZones: Send + Sync {
    /// The offset of this zone at this time. `None` for an unknown zone: the time is shown in UTC.
    fn offset(&self, zone: &TimeZone, at: Timestamp) -> Option<ZoneOffset>;
}

impl<F: Fn(&TimeZone, Timestamp) -> Option<ZoneOffset> + Send + Sync> TimeZones for F {
    fn offset(&self, zone: &TimeZone, at: Timestamp) -> Option<ZoneOffset> {
        self(zone, at)
    }
}

/// An offset from UTC.
///
/// ```
/// use sspr::words::ZoneOffset;
///
/// assert_eq!(ZoneOffset::UTC.to_string(), "UTC");
/// assert_eq!(ZoneOffset::from_minutes(-210).unwrap().to_string(), "UTC-3:30");
/// assert!(ZoneOffset::from_minutes(24 * 60).is_none());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ZoneOffset(i16);

impl ZoneOffset {
    /// No offset.
    pub const UTC: Self = Self(0);

    /// An offset of less than a day in minutes, positive to the east.
    #[must_use]
    pub const fn from_minutes(minutes: i16) -> Option<Self> {
        if minutes.unsigned_abs() < 24 * 60 { Some(Self(minutes)) } else { None }
    }
}

impl fmt::Display for ZoneOffset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (hours, minutes) = (self.0.unsigned_abs() / 60, self.0.unsigned_abs() % 60);
        let sign = if self.0 < 0 { '-' } else { '+' };
        match (self.0, minutes) {
            (0, _) => f.write_str("UTC"),
            (_, 0) => write!(f, "UTC{sign}{hours}"),
            _ => write!(f, "UTC{sign}{hours}:{minutes:02}"),
        }
    }
}

/// The grammatical context of a point in time, by the key of its text.
#[derive(Clone, Copy)]
pub(super) enum When {
    /// It happens at this time.
    At,
    /// From this time on.
    Since,
    /// Until this time.
    Until,
}

impl When {
    const fn key(self) -> &'static str {
        match self {
            Self::At => "moment-at",
            Self::Since => "moment-since",
            Self::Until => "moment-until",
        }
    }
}

impl Phrases<'_> {
    /// A point in time with its date, as in "14 November 2023, 22:13 UTC".
    ///
    /// ```
    /// use sspr::Timestamp;
    /// use sspr::words::{Catalogue, ZoneOffset};
    /// use sspr::message::Locale;
    ///
    /// let at = Timestamp::from_unix_seconds(1_700_000_000);
    /// let catalogue = Catalogue::new();
    /// let phrases = catalogue.phrases(&Locale::parse("zh-TW")?);
    /// let taipei = ZoneOffset::from_minutes(8 * 60).unwrap_or(ZoneOffset::UTC);
    /// assert_eq!(phrases.moment(at, taipei), "2023 年 11 月 15 日 06:13 UTC+8");
    /// # Ok::<(), sspr::InvalidInput>(())
    /// ```
    #[must_use]
    pub fn moment(&self, at: Timestamp, offset: ZoneOffset) -> String {
        self.moment_in(When::At, at, offset)
    }

    pub(super) fn moment_in(&self, when: When, at: Timestamp, offset: ZoneOffset) -> String {
        let Some(date) = local(at, offset) else {
            return at.to_string();
        };
        let text = |number: i64| PhraseValue::from(number.to_string());
        self.phrase(
            when.key(),
            &[
                ("year", text(date.year().into())),
                ("month", format!("m{}", u8::from(date.month())).into()),
                ("day", text(date.day().into())),
                ("clock", self.clock(at, offset).into()),
            ],
        )
    }

    /// The time of day alone, as in "22:13 UTC".
    pub(super) fn clock(&self, at: Timestamp, offset: ZoneOffset) -> String {
        let Some(date) = local(at, offset) else {
            return at.to_string();
        };
        let digits = |number: u8| PhraseValue::from(format!("{number:02}"));
        let zone = offset.to_string();
        self.phrase(
            "clock",
            &[
                ("hour", digits(date.hour())),
                ("minute", digits(date.minute())),
                ("zone", zone.into()),
            ],
        )
    }
}

/// The date and time at this offset; `None` beyond the years that can be written.
fn local(at: Timestamp, offset: ZoneOffset) -> Option<time::OffsetDateTime> {
    let offset = UtcOffset::from_whole_seconds(i32::from(offset.0) * 60).ok()?;
    time::OffsetDateTime::try_from(at).ok()?.checked_to_offset(offset)
}
