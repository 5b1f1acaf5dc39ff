//! What a report shows: the times, and the person or the act.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::blocked::BlockCause;
use super::desk::DeskAct;
use super::rfc3339;
use super::usage::UsageFeature;
use crate::domain::identity::ids::UserId;
use crate::domain::time::{DAY, Timestamp};

/// The events of which times a report shows.
///
/// ```
/// use sspr::Timestamp;
/// use sspr::report::ReportWindow;
///
/// let now = Timestamp::from_unix_seconds(1_800_000_000);
/// let week = ReportWindow::last_days(now, 7);
/// assert!(week.includes(now) && !week.includes(week.from.minus(std::time::Duration::from_millis(1))));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ReportWindow {
    /// The first instant.
    #[serde(with = "rfc3339")]
    pub from: Timestamp,
    /// The last instant.
    #[serde(with = "rfc3339")]
    pub until: Timestamp,
}

impl ReportWindow {
    /// From one instant until another, both included.
    #[must_use]
    pub const fn new(from: Timestamp, until: Timestamp) -> Self {
        Self { from, until }
    }

    /// The last `days` times 24 hours until `now`.
    #[must_use]
    pub fn last_days(now: Timestamp, days: u16) -> Self {
        Self { from: now.minus(DAY * u32::from(days)), until: now }
    }

    /// Whether this instant is in it.
    #[must_use]
    pub fn includes(&self, at: Timestamp) -> bool {
        self.from <= at && at <= self.until
    }
}

impl Default for ReportWindow {
    /// Every time since 1970.
    fn default() -> Self {
        // The last year that RFC 3339 can write.
        let end = Timestamp::from_unix_seconds(253_402_300_799);
        Self { from: Timestamp::EPOCH, until: end }
    }
}

/// What a registration report shows. The default is every user of the directory.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RegistrationFilter {
    /// Only this user.
    pub user: Option<UserId>,
    /// Only users who are capable of a reset, or only those who are not.
    pub capable: Option<bool>,
}

/// What a report of usage shows. The default is every event that the store still has.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct UsageFilter {
    /// The times.
    pub window: ReportWindow,
    /// Only this user.
    pub user: Option<UserId>,
    /// Only this feature. Rows without a feature, such as blocks, are left out then.
    pub feature: Option<UsageFeature>,
}

/// What a report of blocked accounts shows. The default is every block.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct BlockedFilter {
    /// Only this user.
    pub user: Option<UserId>,
    /// Only this cause.
    pub cause: Option<BlockCause>,
}

/// What a report of expiring passwords, methods and registrations shows.
///
/// ```
/// assert_eq!(sspr::report::ExpiringFilter::default().days, 30);
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ExpiringFilter {
    /// Only this user.
    pub user: Option<UserId>,
    /// What expires within this many days. Default: 30. What has expired is always shown.
    pub days: u16,
}

impl Default for ExpiringFilter {
    fn default() -> Self {
        Self { user: None, days: 30 }
    }
}

impl ExpiringFilter {
    /// The time until which it looks.
    pub(crate) fn until(&self, now: Timestamp) -> Timestamp {
        now.plus(Duration::from_secs(86_400) * u32::from(self.days))
    }
}

/// What a report of administrators' acts shows. The default is every act that the store still has.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DeskFilter {
    /// The times.
    pub window: ReportWindow,
    /// Only acts on this user.
    pub user: Option<UserId>,
    /// Only acts of this administrator, by the name that the host gives.
    pub administrator: Option<String>,
    /// Only this act.
    pub act: Option<DeskAct>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ends_of_a_window_are_in_it() {
        let at = |millis: i64| Timestamp::from_unix_millis(1_800_000_000_000 + millis);
        let window = ReportWindow::new(at(0), at(5));
        let shown = [-1, 0, 3, 5, 6].map(|millis| window.includes(at(millis)));
        assert_eq!(shown, [false, true, true, true, false]);
        assert_eq!(ReportWindow::last_days(at(0), 1).from, at(-86_400_000));
    }
}
