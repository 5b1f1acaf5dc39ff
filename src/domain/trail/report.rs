//! The result of a verification, where it continues, and heads that a host keeps.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::finding::TrailFinding;
use super::link::Place;
use crate::domain::event::EventId;
use crate::domain::invalid::InvalidInput;
use crate::domain::time::Timestamp;

/// The head of a trail at one moment, for a host to keep outside the store.
///
/// A later trail must contain it. It is the only way to notice that the whole store was set back to an
/// earlier state. It holds no secret, and stays valid when a transfer changes the lookup key.
/// Displayed and parsed as `1800000000000-12-1800000360000-00f1e2d3c4b5a697`.
///
/// ```
/// use sspr::audit::TrailHead;
///
/// let head: TrailHead = "1800000000000-12-1800000360000-00f1e2d3c4b5a697".parse()?;
/// assert_eq!(head.number(), 12);
/// assert_eq!(head.to_string(), "1800000000000-12-1800000360000-00f1e2d3c4b5a697");
/// # Ok::<(), sspr::InvalidInput>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct TrailHead {
    pub(super) chain: u64,
    pub(super) number: u64,
    pub(super) at: Timestamp,
    pub(super) name: u64,
}

impl TrailHead {
    pub(super) const fn of(last: &Place) -> Self {
        let Place { chain, number, at, name } = *last;
        Self { chain, number, at, name }
    }

    /// The number of the last event; 0 if there was none.
    #[must_use]
    pub const fn number(&self) -> u64 {
        self.number
    }

    /// The time of the last event.
    #[must_use]
    pub const fn at(&self) -> Timestamp {
        self.at
    }
}

impl fmt::Display for TrailHead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { chain, number, at, name } = self;
        write!(f, "{chain}-{number}-{}-{name:016x}", at.unix_millis())
    }
}

impl std::str::FromStr for TrailHead {
    type Err = InvalidInput;

    fn from_str(text: &str) -> Result<Self, InvalidInput> {
        let parse = || {
            let mut parts = text.split('-');
            let mut next = || parts.next();
            let head = Self {
                chain: next()?.parse().ok()?,
                number: next()?.parse().ok()?,
                at: Timestamp::from_unix_millis(next()?.parse().ok()?),
                name: u64::from_str_radix(next()?, 16).ok()?,
            };
            (head.to_string() == text).then_some(head)
        };
        parse().ok_or(InvalidInput::Malformed { what: "head of a trail" })
    }
}

/// Where a verification continues. It may be stored as JSON; it holds no secret, and the host must
/// keep it from others: the next page trusts it.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct TrailPosition {
    pub(crate) cursor: Option<String>,
    pub(super) last: Option<Seen>,
    /// A genuine event that is ahead of its place, until the next event tells which of both moved.
    pub(super) ahead: Option<(Seen, EventId)>,
    /// Events since the last genuine one that may have taken the place of another.
    pub(super) in_doubt: u64,
    /// Whether the event of the exported head was seen.
    pub(super) known_seen: bool,
    pub(super) totals: Totals,
}

/// A genuine event, as the next one needs it.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub(super) struct Seen {
    pub(super) chain: u64,
    pub(super) number: u64,
    pub(super) at: Timestamp,
    pub(super) name: u64,
    pub(super) ends: bool,
    pub(super) before: u64,
    pub(super) before_at: Timestamp,
}

/// What the pages so far have found.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize, Deserialize)]
pub(super) struct Totals {
    pub(super) first: Option<u64>,
    pub(super) events: u64,
    pub(super) expired: u64,
    pub(super) findings: u64,
    pub(super) restarted: bool,
}

/// What the verification of a trail has found so far.
///
/// ```
/// # async fn run(admin: sspr::Admin<'_>, user: sspr::UserId) -> Result<(), sspr::Error> {
/// use sspr::audit::TrailOf;
///
/// let mut next = None;
/// loop {
///     let report = admin.verify_trail(TrailOf::User(&user), None, next.as_ref(), 500).await?;
///     for finding in &report.findings {
///         println!("{finding:?}"); // raise an alarm
///     }
///     if report.is_whole() {
///         println!("whole: {} events from number {:?}", report.events, report.first);
///     }
///     let Some(position) = report.next else { break };
///     next = Some(position);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct TrailReport {
    /// The number of the first kept event; `None` if no genuine event was seen.
    pub first: Option<u64>,
    /// How many genuine events were verified, on all pages so far.
    pub events: u64,
    /// How many events the purge by age has removed, on all pages so far.
    pub expired: u64,
    /// What this page found; empty if everything is as the engine left it.
    pub findings: Vec<TrailFinding>,
    /// The head, on the last page: export it, to compare with a later trail.
    pub head: Option<TrailHead>,
    /// Where to continue; `None` on the last page.
    pub next: Option<TrailPosition>,
    pub(super) found_before: u64,
}

impl TrailReport {
    /// Whether this is the last page and no page has found anything: the trail is whole from event
    /// [`first`](Self::first) to the head, or was always empty.
    #[must_use]
    pub const fn is_whole(&self) -> bool {
        self.next.is_none() && self.findings.is_empty() && self.found_before == 0
    }
}
