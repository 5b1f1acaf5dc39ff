//! Counters, in shards like the records.

use std::sync::Mutex;

use super::bound::Bounded;
use super::keyed::{KeyMap, LOCKS, shard_of};
use crate::Timestamp;
use crate::adapters::memory::lock;
use crate::port::{CounterIncrement, CounterKey, PortError, PortResult};

pub(super) struct Counters {
    shards: Box<[Mutex<Shard>]>,
    pub(super) held: Bounded,
}

#[derive(Default)]
struct Shard {
    counters: KeyMap<CounterKey, Counter>,
    /// No counter here expires earlier, so a purge can skip shards of live counters.
    earliest: Option<Timestamp>,
}

struct Counter {
    value: u64,
    expires_at: Timestamp,
}

impl Counters {
    pub(super) fn new(max: usize) -> Self {
        Self { shards: (0..LOCKS).map(|_| Mutex::default()).collect(), held: Bounded::new(max) }
    }

    pub(super) fn add(
        &self,
        increments: &[CounterIncrement],
        writable: impl Fn() -> PortResult<()>,
    ) -> PortResult<Vec<u64>> {
        let mut values = Vec::with_capacity(increments.len());
        for increment in increments {
            let mut shard = lock(&self.shards[shard_of(increment.key.as_bytes())]);
            writable().map_err(|closed| match values.is_empty() {
                true => closed,
                // Earlier increments of the batch were added, so the batch as a whole is unknown.
                false => PortError::unknown().because(closed),
            })?;
            match self.add_one(&mut shard, increment) {
                Some(value) => values.push(value),
                // The store is full. Earlier increments of the batch were added.
                None if values.is_empty() => {
                    return Err(PortError::unavailable().because("counters: limit reached"));
                }
                None => return Err(PortError::unknown().because("counters: limit reached")),
            }
        }
        Ok(values)
    }

    /// Waits for every addition that has begun.
    pub(super) fn settle(&self) {
        self.shards.iter().for_each(|shard| drop(lock(shard)));
    }

    fn add_one(&self, shard: &mut Shard, increment: &CounterIncrement) -> Option<u64> {
        if increment.amount == 0 {
            return Some(shard.counters.get(&increment.key).map_or(0, |counter| counter.value));
        }
        if let Some(counter) = shard.counters.get_mut(&increment.key) {
            counter.value = counter.value.saturating_add(u64::from(increment.amount));
            // Only extended, so `earliest` stays a lower bound.
            counter.expires_at = counter.expires_at.max(increment.expires_at);
            return Some(counter.value);
        }
        if !self.held.take(1) {
            return None;
        }
        let counter =
            Counter { value: u64::from(increment.amount), expires_at: increment.expires_at };
        let (value, at) = (counter.value, counter.expires_at);
        shard.earliest = Some(shard.earliest.map_or(at, |earliest| earliest.min(at)));
        shard.counters.insert(increment.key, counter);
        Some(value)
    }

    /// Removes expired counters, at most `limit`; returns how many.
    pub(super) fn purge(&self, expired: Timestamp, limit: usize) -> usize {
        let mut removed = 0;
        for shard in &self.shards {
            let mut shard = lock(shard);
            if removed >= limit || shard.earliest.is_none_or(|earliest| earliest > expired) {
                continue;
            }
            let mut earliest = None::<Timestamp>;
            let before = removed;
            shard.counters.retain(|_, counter| {
                let gone = counter.expires_at <= expired && removed < limit;
                if gone {
                    removed += 1;
                } else {
                    let at = counter.expires_at;
                    earliest = Some(earliest.map_or(at, |earliest| earliest.min(at)));
                }
                !gone
            });
            shard.earliest = earliest;
            self.held.give_back(removed - before);
        }
        removed
    }
}
