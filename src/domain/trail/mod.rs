//! The chain of each record's audit events: a keyed hash links every event to the one before it, and
//! the record holds the sealed head.
//!
//! A link authenticates the text of its event, its number, and the name of the event before it. The
//! name of an event is random, so that no event of another history fits. The seal of the head also
//! authenticates the version of the record, so that an earlier head does not fit a later record.

mod chain;
mod finding;
mod head;
mod link;
mod report;
#[cfg(test)]
mod tests;
mod walk;

pub(crate) use chain::{Extension, extend, relink};
pub use finding::{TrailFinding, TrailGap};
pub(crate) use head::Head;
pub(crate) use link::Link;
pub use report::{TrailHead, TrailPosition, TrailReport};
pub(crate) use walk::{Found, Walk, exported};
