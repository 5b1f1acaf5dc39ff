//! The share of a budget that one source may hold.

use serde::{Deserialize, Serialize};

use crate::domain::account::SourceHash;
use crate::domain::time::Timestamp;

/// One counted event, and its source: a short keyed hash.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(from = "(Timestamp, SourceHash)", into = "(Timestamp, SourceHash)")]
pub(crate) struct Entry {
    pub(crate) at: Timestamp,
    pub(crate) source: SourceHash,
}

impl From<(Timestamp, SourceHash)> for Entry {
    fn from((at, source): (Timestamp, SourceHash)) -> Self {
        Self { at, source }
    }
}

impl From<Entry> for (Timestamp, SourceHash) {
    fn from(counted: Entry) -> Self {
        (counted.at, counted.source)
    }
}

/// The parts of a budget that one source holds, and that all others hold together.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Held {
    pub(crate) mine: u32,
    pub(crate) others: u32,
}

impl Held {
    pub(crate) fn of(sources: impl Iterator<Item = SourceHash>, source: SourceHash) -> Self {
        sources.fold(Self::default(), |held, holder| held.and(holder == source, 1))
    }

    pub(crate) const fn and(mut self, mine: bool, count: u32) -> Self {
        let side = if mine { &mut self.mine } else { &mut self.others };
        *side = side.saturating_add(count);
        self
    }

    pub(crate) const fn plus(self, other: Self) -> Self {
        self.and(true, other.mine).and(false, other.others)
    }
}

/// The share of a budget that one source may hold, in percent; 100 sets no limit.
///
/// While no other source holds anything, a source may hold the share `f` of the budget. Once others
/// do, it may hold `f / (2 - f)` of what they leave; two sources that take turns until both are
/// refused then hold together as much as one alone could. A source that holds nothing may take one
/// entry while any is left. So one source never spends a budget, and each further source gets less.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Share(pub(crate) u8);

impl Share {
    /// The share of callers that only the whole budget limits.
    pub(crate) const WHOLE: Self = Self(100);

    /// How many entries a source may still take from a budget of `capacity`. While no other source
    /// holds anything, it may hold `least` whatever its share is: the first code then has all its
    /// attempts.
    pub(crate) fn left(self, capacity: u32, least: u32, held: Held) -> u32 {
        let free = capacity.saturating_sub(held.others);
        let percent = u32::from(self.0.min(100));
        let (over, least) = if held.others == 0 { (100, least) } else { (200 - percent, 1) };
        let most = (free.saturating_mul(percent) / over).max(least).min(free);
        most.saturating_sub(held.mine)
    }
}
