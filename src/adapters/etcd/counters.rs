//! Counters: a cached value is a guess, which the transaction that adds verifies.

use std::collections::BTreeMap;

use super::proto::{KeyValue, TxnRequest};
use super::request::{absent, delete, get, put, read_all, unchanged_since};
use super::schema;
use super::shared::{Guess, Shared};
use super::value::Counter;
use crate::port::{CounterIncrement, CounterKey, PortError, PortErrorKind, PortResult};

/// How many counters one transaction changes: each takes three of its 128 operations.
const AT_ONCE: usize = 32;

const MOST_TRIES: usize = 128;

pub(super) async fn add(store: &Shared, increments: &[CounterIncrement]) -> PortResult<Vec<u64>> {
    let mut values = Vec::with_capacity(increments.len());
    for part in increments.chunks(AT_ONCE) {
        match add_part(store, part).await {
            Ok(added) => values.extend(added),
            Err(error) if values.is_empty() || error.kind() != PortErrorKind::Unavailable => {
                return Err(error);
            }
            // Earlier parts of the batch were added, so the batch as a whole is unknown.
            Err(error) => return Err(PortError::unknown().because(error)),
        }
    }
    Ok(values)
}

async fn add_part(store: &Shared, increments: &[CounterIncrement]) -> PortResult<Vec<u64>> {
    let mut keys: Vec<CounterKey> = increments.iter().map(|increment| increment.key).collect();
    keys.sort_unstable();
    keys.dedup();
    if increments.iter().all(|increment| increment.amount == 0) {
        let stored = present(store, &keys).await?;
        let value = |increment: &CounterIncrement| stored.get(&increment.key).copied().flatten();
        return Ok(increments
            .iter()
            .map(|increment| value(increment).map_or(0, |(c, _)| c.value))
            .collect());
    }
    // Calls of one process wait for each other here; otherwise all but one would lose a round
    // trip to a conflict.
    let _turns = store.turns.take(&keys).await;
    let mut guesses: BTreeMap<CounterKey, Guess> =
        keys.iter().map(|key| (*key, store.counters.get(key).flatten())).collect();
    for _ in 0..MOST_TRIES {
        let (after, values) = sum(&guesses, increments);
        let answer = store.client.write(request(store, &guesses, &after)).await?;
        let revision = answer.revision();
        if answer.succeeded {
            for (key, counter) in after {
                store.counters.set(key, Some((counter, revision)));
            }
            return Ok(values);
        }
        let mut found = answer.found()?;
        schema::check(found.pop().flatten().as_ref())?;
        for ((_, guess), found) in guesses.iter_mut().zip(found) {
            *guess = found.map(seen).transpose()?;
        }
    }
    Err(PortError::unavailable().because("too many conflicting writers"))
}

fn seen(found: KeyValue) -> PortResult<(Counter, i64)> {
    Ok((Counter::decode(&found)?, found.mod_revision))
}

async fn present(store: &Shared, keys: &[CounterKey]) -> PortResult<BTreeMap<CounterKey, Guess>> {
    if keys.is_empty() {
        return Ok(BTreeMap::new());
    }
    let request = read_all(keys.iter().map(|key| get(store.keys.counter(key))));
    let found = store.client.read(request).await?.found()?;
    keys.iter().zip(found).map(|(key, found)| Ok((*key, found.map(seen).transpose()?))).collect()
}

/// The values of a batch's counters after it, and the value after each increment.
fn sum(
    guesses: &BTreeMap<CounterKey, Guess>,
    increments: &[CounterIncrement],
) -> (BTreeMap<CounterKey, Counter>, Vec<u64>) {
    let mut after: BTreeMap<CounterKey, Counter> = BTreeMap::new();
    let mut values = Vec::with_capacity(increments.len());
    for increment in increments {
        let before = guesses.get(&increment.key).copied().flatten();
        if increment.amount == 0 {
            let added = after.get(&increment.key).copied().or(before.map(|(counter, _)| counter));
            values.push(added.map_or(0, |counter: Counter| counter.value));
            continue;
        }
        let counter = after.entry(increment.key).or_insert_with(|| {
            before.map_or(Counter { expires_at: increment.expires_at, value: 0 }, |(c, _)| c)
        });
        counter.value = counter.value.saturating_add(increment.amount.into());
        counter.expires_at = counter.expires_at.max(increment.expires_at);
        values.push(counter.value);
    }
    (after, values)
}

fn request(
    store: &Shared,
    guesses: &BTreeMap<CounterKey, Guess>,
    after: &BTreeMap<CounterKey, Counter>,
) -> TxnRequest {
    let mut request = TxnRequest::default();
    for (key, guess) in guesses {
        let counter_key = store.keys.counter(key);
        request.failure.push(get(counter_key.clone()).into());
        request.compare.push(match guess {
            None => absent(counter_key.clone()),
            Some((_, revision)) => unchanged_since(counter_key.clone(), *revision),
        });
        let Some(counter) = after.get(key) else { continue };
        let before = guess.map(|(counter, _)| counter.expires_at);
        if before != Some(counter.expires_at) {
            let expiry = |at| store.keys.counter_expiry(at, key);
            request.success.extend(before.map(|at| delete(expiry(at))));
            request.success.push(put(expiry(counter.expires_at), Vec::new()));
        }
        request.success.push(put(counter_key, counter.encode()));
    }
    request.compare.push(schema::may_write(store));
    request.failure.push(schema::read(store));
    request
}
