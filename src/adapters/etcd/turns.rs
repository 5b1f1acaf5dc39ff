//! Taking turns at the counters, within one process.

use std::collections::BTreeSet;

use tokio::sync::{Mutex, MutexGuard};

use crate::domain::ids::CounterKey;

const LOCKS: usize = 256;

pub(super) struct Turns(Vec<Mutex<()>>);

impl Turns {
    pub(super) fn new() -> Self {
        Self((0..LOCKS).map(|_| Mutex::new(())).collect())
    }

    /// Waits for these keys, in one order for everybody, so that no two wait for each other.
    pub(super) async fn take(&self, keys: &[CounterKey]) -> Vec<MutexGuard<'_, ()>> {
        let places: BTreeSet<usize> = keys.iter().map(|key| key.shard().into()).collect();
        let mut turns = Vec::with_capacity(places.len());
        for place in places {
            if let Some(lock) = self.0.get(place % LOCKS) {
                turns.push(lock.lock().await);
            }
        }
        turns
    }
}
