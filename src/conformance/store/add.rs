//! `add`.

use std::sync::Arc;

use crate::conformance::kit::{Kit, PropertyResult, ensure, forbid};
use crate::conformance::race::{Racer, race};
use crate::conformance::sample::{Draft, at, counter, increment, key, same};
use crate::port::{CounterIncrement, CounterKey, Cutoff, PortErrorKind, PortResult};

pub(in super::super) async fn add_starts_at_zero_and_sums(kit: Kit) -> PropertyResult {
    let mut sum = 0;
    for amount in [1, 1, 5, 100] {
        sum += u64::from(amount);
        let value = kit.add(increment(1, amount)).await?;
        ensure!(value == sum, "{value} after additions of {sum} in all");
        let other = kit.add(increment(2, 0)).await?;
        ensure!(other == 0, "{other} in a counter without additions");
    }
    Ok(())
}

pub(in super::super) async fn add_of_zero_reads(kit: Kit) -> PropertyResult {
    for expected in [0, 0] {
        let value = kit.add(increment(1, 0)).await?;
        ensure!(value == expected, "{value} in a counter that does not exist");
    }
    kit.add(increment(1, 7)).await?;
    for _ in 0..2 {
        let value = kit.add(increment(1, 0)).await?;
        ensure!(value == 7, "{value} read from a counter of 7");
    }
    Ok(())
}

pub(in super::super) async fn add_of_zero_writes_nothing(kit: Kit) -> PropertyResult {
    forbid(kit.fixture.expires_by_itself())?;
    kit.add(CounterIncrement::new(counter(1), 1, at(10))).await?;
    // Alone, and in one batch with an addition: before it and after it.
    let zero = |n, expires| CounterIncrement::new(counter(n), 0, at(expires));
    kit.store.increment(&[zero(1, 1_000), zero(2, 1_000)]).await?;
    let mixed = [
        zero(1, 1_000),
        zero(3, 1_000),
        CounterIncrement::new(counter(4), 1, at(10)),
        zero(4, 1_000),
    ];
    let values = kit.store.increment(&mixed).await?;
    ensure!(values == [1, 0, 1, 1], "{values:?} for a batch, expected [1, 0, 1, 1]");
    let removed = kit.store.purge(Cutoff::new(at(20), at(0)), 100).await?;
    ensure!(
        removed == 2,
        "{removed} of 2 expired counters removed: an amount of zero extended one"
    );
    let removed = kit.store.purge(Cutoff::new(at(2_000), at(0)), 100).await?;
    ensure!(removed == 0, "an amount of zero created {removed} counters");
    Ok(())
}

pub(in super::super) async fn add_answers_in_the_order_given(kit: Kit) -> PropertyResult {
    let none = kit.store.increment(&[]).await?;
    ensure!(none.is_empty(), "{none:?} for an empty batch");
    // Neither batch is in the order of the keys.
    for order in [[3, 1, 2, 5, 4], [4, 5, 2, 1, 3]] {
        let batch = order.map(|n| increment(n, u32::try_from(n).unwrap_or(0)));
        let before: Vec<u64> = kit.store.increment(&order.map(|n| increment(n, 0))).await?;
        let values = kit.store.increment(&batch).await?;
        let expected: Vec<u64> = before.iter().zip(order).map(|(sum, n)| sum + n).collect();
        ensure!(values == expected, "{values:?} for a batch, expected {expected:?}");
        let after = kit.store.increment(&order.map(|n| increment(n, 0))).await?;
        ensure!(after == expected, "{after:?} read after a batch that returned {expected:?}");
    }
    Ok(())
}

pub(in super::super) async fn add_counts_a_repeated_key_each_time(kit: Kit) -> PropertyResult {
    let batch =
        [increment(1, 2), increment(2, 10), increment(1, 3), increment(1, 0), increment(1, 2)];
    let values = kit.store.increment(&batch).await?;
    ensure!(values == [2, 10, 5, 5, 7], "{values:?} for a batch with one key four times");
    let value = kit.add(increment(1, 0)).await?;
    ensure!(value == 7, "{value} afterwards, of 7");
    Ok(())
}

pub(in super::super) async fn add_does_not_wrap(kit: Kit) -> PropertyResult {
    let mut sum = 0;
    for _ in 0..3 {
        sum += u64::from(u32::MAX);
        let value = kit.add(increment(1, u32::MAX)).await?;
        ensure!(value == sum, "{value} after additions of {sum} in all");
    }
    Ok(())
}

pub(in super::super) async fn add_keeps_counters_apart_from_records(kit: Kit) -> PropertyResult {
    let draft = Draft::first(1);
    kit.put(&draft).await?;
    let twin = CounterKey::from_bytes(*draft.record.key().as_bytes());
    let value = kit.add(CounterIncrement::new(twin, 4, at(0))).await?;
    ensure!(value == 4, "{value}: the counter is mixed up with the record under the same bytes");
    let loaded = kit.load(key(1)).await?;
    ensure!(
        loaded.is_some_and(|found| same(&found, &draft.record)),
        "the counter changed the record under the same bytes"
    );
    Ok(())
}

pub(in super::super) async fn add_loses_nothing_in_a_race(kit: Kit) -> PropertyResult {
    const ACTORS: usize = 4;
    let rounds = kit.harness.rounds();
    let store = Arc::clone(&kit.store);
    let task = move |round: usize, actor: usize| -> Racer<PortResult<Vec<u64>>> {
        let store = Arc::clone(&store);
        // Two counters in both orders: a store that locks row by row must not deadlock.
        let (one, two) = (2 * round as u64, 2 * round as u64 + 1);
        let pair = if actor.is_multiple_of(2) { [one, two] } else { [two, one] };
        Box::pin(async move {
            let mut values = store.increment(&pair.map(|n| increment(n, 1))).await?;
            if !actor.is_multiple_of(2) {
                values.reverse();
            }
            Ok(values)
        })
    };
    for (round, answers) in (0..).zip(race(&kit, rounds, ACTORS, task).await?) {
        let mut certain = 0;
        let mut seen = [Vec::new(), Vec::new()];
        for answer in answers {
            match answer {
                Ok(values) => {
                    certain += 1;
                    for (seen, value) in seen.iter_mut().zip(values) {
                        seen.push(value);
                    }
                }
                // The addition may have happened or not; those of the other actors still count.
                Err(error) if error.kind() == PortErrorKind::Unavailable => {}
                Err(error) if error.kind() == PortErrorKind::Unknown => {}
                Err(error) => return Err(error.into()),
            }
        }
        for (n, mut seen) in (2 * round..).zip(seen) {
            let sum = kit.add(increment(n, 0)).await?;
            ensure!(sum >= certain, "{sum} after {certain} acknowledged additions of one");
            seen.sort_unstable();
            seen.dedup();
            let different = seen.len() as u64;
            ensure!(
                different == certain,
                "{certain} additions of one returned only {different} values: {seen:?}"
            );
        }
    }
    Ok(())
}

pub(in super::super) async fn add_keeps_the_latest_expiry(kit: Kit) -> PropertyResult {
    for (n, [first, second]) in (1..).zip([[10, 20], [20, 10]]) {
        for expires in [first, second] {
            kit.add(CounterIncrement::new(counter(n), 1, at(expires))).await?;
        }
        kit.store.purge(Cutoff::new(at(15), at(0)), 100).await?;
        let value = kit.add(CounterIncrement::new(counter(n), 0, at(0))).await?;
        ensure!(value == 2, "{value} of 2: purged at 15 despite the expiries {first} and {second}");
    }
    Ok(())
}

pub(in super::super) async fn add_starts_at_zero_after_a_purge(kit: Kit) -> PropertyResult {
    kit.add(CounterIncrement::new(counter(1), 5, at(10))).await?;
    kit.store.purge(Cutoff::new(at(10), at(0)), 100).await?;
    let value = kit.add(increment(1, 2)).await?;
    ensure!(value == 2, "{value} after an addition of 2 to a purged counter");
    Ok(())
}
