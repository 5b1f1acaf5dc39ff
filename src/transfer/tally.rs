//! Sums of digests, by which two sides are compared without holding either in memory.

use sha2::{Digest as _, Sha256};

use crate::domain::event::Event;
use crate::domain::record::Record;

/// A count of records or events and the sum of their digests, which does not depend on their order.
///
/// It finds errors, not tampering: a process that can write to a store can also forge its sum.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Tally {
    pub(super) count: u64,
    sum: [u64; 4],
}

impl Tally {
    pub(super) fn of_record(record: &Record) -> Self {
        let version = record.version();
        Self::of(&[
            record.key().as_bytes(),
            &version.count().to_be_bytes(),
            &version.nonce().to_be_bytes(),
            record.body().as_bytes(),
        ])
    }

    pub(super) fn of_event(event: &Event) -> Self {
        Self::of(&[event.encode().as_bytes()])
    }

    /// All parts but the last have a fixed length, so that two different lists of parts never hash
    /// the same bytes.
    fn of(parts: &[&[u8]]) -> Self {
        let mut hasher = Sha256::new();
        parts.iter().for_each(|part| hasher.update(part));
        let hash: [u8; 32] = hasher.finalize().into();
        let lane =
            |lane: usize| u64::from_be_bytes(std::array::from_fn(|index| hash[8 * lane + index]));
        Self { count: 1, sum: std::array::from_fn(lane) }
    }

    pub(super) fn add(&mut self, other: Self) {
        self.count += other.count;
        for (lane, more) in self.sum.iter_mut().zip(other.sum) {
            *lane = lane.wrapping_add(more);
        }
    }

    pub(super) fn show(&self) -> String {
        self.sum.iter().map(|lane| format!("{lane:016x}")).collect()
    }
}

/// The sums of one tenant on both sides.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sums {
    pub(super) records: Tally,
    /// The events that the target should have, from the source.
    pub(super) expected: Tally,
    pub(super) found: Tally,
    /// The source's events during the comparison, and again after it.
    pub(super) heard: Tally,
    pub(super) heard_again: Tally,
}
