//! What the verification of a trail finds.

use serde::Serialize;

use crate::domain::event::EventId;

/// One thing that the engine and the purge by age do not leave behind.
///
/// Numbers count the events of a chain from 1. See [`Admin::verify_trail`](crate::Admin::verify_trail).
///
/// ```
/// use sspr::audit::{TrailFinding, TrailReport};
///
/// fn alarms(report: &TrailReport) -> usize {
///     // Events from before chains existed are unverifiable, which is not an alarm.
///     let old = |found: &&TrailFinding| !matches!(found, TrailFinding::Unlinked { .. });
///     report.findings.iter().filter(old).count()
/// }
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(tag = "found", rename_all = "snake_case")]
#[non_exhaustive]
pub enum TrailFinding {
    /// No event has the places `from` to `to` (inclusive), and their age does not explain it: they
    /// were removed, or a [`Moved`](Self::Moved) says where they are. At the start of the trail, an
    /// engine with a shorter retention or a clock ahead also causes this.
    #[non_exhaustive]
    Missing {
        /// The first missing number.
        from: u64,
        /// The last missing number.
        to: u64,
        /// Where in the trail.
        gap: TrailGap,
    },
    /// The event is not as an engine with these keys has written it: changed or inserted.
    #[non_exhaustive]
    Changed {
        /// The id that the event states, which may be forged.
        event: EventId,
    },
    /// The event is genuine and not in its place: swapped, or stored twice.
    #[non_exhaustive]
    Moved {
        /// The event.
        event: EventId,
        /// Its number.
        number: u64,
    },
    /// The event belongs to another record.
    #[non_exhaustive]
    Foreign {
        /// The event.
        event: EventId,
    },
    /// Events without a link. A release before links wrote them, or they were inserted: it cannot be
    /// verified.
    #[non_exhaustive]
    Unlinked {
        /// The first of them.
        event: EventId,
        /// How many follow each other.
        events: u64,
    },
    /// The event is genuine, and does not follow the event before it: the record was set back to an
    /// earlier state, and the trail has events of both histories.
    #[non_exhaustive]
    Forked {
        /// The event.
        event: EventId,
        /// Its number.
        number: u64,
    },
    /// A new chain has begun, although the record could not have been purged: the record or its head
    /// was removed or forged, or a release before chains has written the record. What the earlier
    /// chain had at its end cannot be verified.
    #[non_exhaustive]
    Restarted {
        /// The number of the last kept event of the earlier chain; 0 if none is kept.
        after: u64,
    },
    /// An event cannot be read, and the verification ends.
    #[non_exhaustive]
    Unreadable {
        /// The number of the last verified event; 0 if there is none.
        after: u64,
    },
    /// The record, or its head, is missing, although there are events.
    HeadMissing,
    /// The head does not belong to the record's version: one of them was replaced.
    HeadChanged,
    /// The head is older than the last event: the record was set back to an earlier state.
    #[non_exhaustive]
    HeadBehind {
        /// The number of the head.
        head: u64,
        /// The number of the last event.
        last: u64,
    },
    /// The trail does not contain the exported head: the record and its events were set back.
    #[non_exhaustive]
    NotContinued {
        /// The number of the exported head.
        known: u64,
    },
}

/// Where events are missing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TrailGap {
    /// Before the first kept event.
    Start,
    /// Between two events.
    Middle,
    /// After the last kept event; all of them if none is kept.
    End,
}
