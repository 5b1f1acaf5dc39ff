//! Serializes the calls of one process that add to the same counters.

use std::collections::BTreeSet;

use tokio::sync::{Mutex, MutexGuard};

use crate::port::CounterKey;

const LOCKS: usize = 256;

pub(super) struct Turns(Vec<Mutex<()>>);

impl Turns {
    pub(super) fn new() -> Self {
        Self((0..LOCKS).map(|_| Mutex::new(())).collect())
    }

    /// Locks these keys, in the same order in every call, so that no two calls deadlock.
    pub(super) async fn take(&self, keys: &[CounterKey]) -> Vec<MutexGuard<'_, ()>> {
        let shards: BTreeSet<usize> = keys.iter().map(|key| key.shard().into()).collect();
        let mut turns = Vec::with_capacity(shards.len());
        for shard in shards {
            if let Some(lock) = self.0.get(shard % LOCKS) {
                turns.push(lock.lock().await);
            }
        }
        turns
    }
}
