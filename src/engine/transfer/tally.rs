//! Sums by which two sides are compared without either being held.

use sha2::{Digest as _, Sha256};

use crate::domain::event::Event;
use crate::domain::record::Record;

/// How many things there are, and the sum of their digests: the same in whatever order they come.
///
/// It finds what went wrong by mistake. Whoever can write to a store can make up its sum.
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

    /// All parts but the last have one length each, so no two lists of parts look alike.
    fn of(parts: &[&[u8]]) -> Self {
        let mut hash = Sha256::new();
        parts.iter().for_each(|part| hash.update(part));
        let hash: [u8; 32] = hash.finalize().into();
        let lane =
            |lane: usize| u64::from_be_bytes(std::array::from_fn(|place| hash[8 * lane + place]));
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

/// What one tenant has on either side.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sums {
    pub(super) records: Tally,
    /// What the source says that there should be.
    pub(super) expected: Tally,
    pub(super) found: Tally,
    /// Events of the source when they were looked at first, and last.
    pub(super) heard: Tally,
    pub(super) heard_again: Tally,
}
