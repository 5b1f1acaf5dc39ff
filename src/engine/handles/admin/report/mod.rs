//! Reports, page by page: `people.rs` reads the directory, `accounts.rs` the records, `trail.rs` the
//! events, `counts.rs` the counters.

mod accounts;
mod counts;
mod people;
mod trail;

use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::domain::invalid::InvalidInput;
use crate::domain::report::ReportWindow;
use crate::domain::time::Timestamp;
use crate::port::Cursor;

/// The most users, records or events that one page reads.
const MAX_PAGE: usize = 1_000;

/// A page of a report.
///
/// A page may have no rows and still a position: the filter has left out all that the page has read. Only
/// a page without a position is the last. A page that fails is an error: continue from the position before
/// it. No page is shorter because a port failed.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[non_exhaustive]
pub struct ReportPage<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// Where the report continues, also in another process; `None` at the end. Valid for the same report
    /// with the same filter. It holds the time of the report: a report that is resumed a day later shows
    /// what held when it was begun, as far as the records and the directory still tell it.
    pub next: Option<Cursor>,
    /// How many users, records or events this page has read: for a progress bar.
    pub scanned: u64,
    /// What the report covers.
    pub view: ReportView,
}

/// What a report covers.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[non_exhaustive]
pub struct ReportView {
    /// The time of the report: that of its first page.
    pub as_of: Timestamp,
    /// The times that it covers, for reports of what happened.
    pub window: Option<ReportWindow>,
    /// Since when it was collected, for reports of what happened: what was earlier may be removed by now
    /// ([`EngineBuilder::event_retention`](crate::builder::EngineBuilder::event_retention)). What is not older
    /// than the store was collected from its first day.
    pub collected_since: Option<Timestamp>,
}

/// The position of a report between two pages.
#[derive(Clone, PartialEq, Debug)]
struct Position {
    /// The report and the digest of its filter.
    mark: String,
    as_of: Timestamp,
    /// The cursor of the port.
    after: Option<Cursor>,
}

impl Position {
    /// The position in a cursor that a page has returned; the beginning without one.
    ///
    /// # Errors
    ///
    /// [`InvalidInput::Foreign`] for the cursor of another report, or of another filter.
    fn read(
        report: &str,
        filter: &impl Serialize,
        cursor: Option<&Cursor>,
        now: Timestamp,
    ) -> Result<Self, InvalidInput> {
        // A filter is a tree of texts and numbers, which serde_json always encodes.
        let digest = Sha256::digest(serde_json::to_vec(filter).unwrap_or_default());
        let digits = data_encoding::HEXLOWER.encode(&digest[..4]);
        let mark = format!("{report}.{digits}");
        let Some(cursor) = cursor else { return Ok(Self { mark, as_of: now, after: None }) };
        let rest = cursor.as_str().strip_prefix(&mark).and_then(|rest| rest.strip_prefix('.'));
        let parts = rest.and_then(|rest| rest.split_once('.'));
        let read = parts.and_then(|(millis, after)| {
            let as_of = Timestamp::from_unix_millis(millis.parse().ok()?);
            // A report is never of a time that has not come.
            (as_of <= now).then(|| (as_of, Cursor::new(after)))
        });
        let (as_of, after) = read.ok_or(InvalidInput::Foreign { what: "cursor" })?;
        Ok(Self { mark, as_of, after: Some(after) })
    }

    /// The cursor of the next page.
    fn cursor(&self, next: Option<Cursor>) -> Option<Cursor> {
        let (mark, millis) = (&self.mark, self.as_of.unix_millis());
        next.map(|next| Cursor::new(format!("{mark}.{millis}.{}", next.as_str())))
    }

    /// A page of what holds at the time of the report.
    fn page<T>(&self, rows: Vec<T>, next: Option<Cursor>, scanned: usize) -> ReportPage<T> {
        let view = ReportView { as_of: self.as_of, window: None, collected_since: None };
        let scanned = u64::try_from(scanned).unwrap_or(u64::MAX);
        ReportPage { rows, next: self.cursor(next), scanned, view }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_valid_for_its_own_report_filter_and_past() {
        let now = Timestamp::from_unix_seconds(1_800_000_000);
        let begun = Position::read("usage", &"a filter", None, now).expect("the beginning");
        let cursor = begun.cursor(Some(Cursor::new("7.x"))).expect("a cursor");
        let later = now.plus(std::time::Duration::from_secs(60));
        let read = Position::read("usage", &"a filter", Some(&cursor), later).expect("read");
        assert_eq!((read.as_of, read.after), (now, Some(Cursor::new("7.x"))));
        for (report, filter, at) in [
            ("desk", "a filter", later),
            ("usage", "another", later),
            ("usage", "a filter", Timestamp::EPOCH),
        ] {
            let refused = Position::read(report, &filter, Some(&cursor), at);
            assert_eq!(refused, Err(InvalidInput::Foreign { what: "cursor" }));
        }
    }
}
