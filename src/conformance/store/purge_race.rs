//! `purge` against writers.

use std::sync::Arc;

use crate::Timestamp;
use crate::conformance::kit::{Kit, PropertyResult, ensure, settle};
use crate::conformance::race::{Racer, race};
use crate::conformance::sample::{Draft, at, counter, same};
use crate::port::{Committed, CounterIncrement, Cutoff, PortResult};

/// One second per round, so that the purge of one round leaves the rows of the next.
fn second(round: usize) -> Timestamp {
    at(i64::try_from(round).unwrap_or(i64::MAX / 4))
}

pub(in super::super) async fn purge_spares_what_a_commit_extends(kit: Kit) -> PropertyResult {
    let rounds = kit.harness.rounds();
    let record = |round: usize| Draft::first(round as u64).expires(Some(second(round)));
    for round in 0..rounds {
        kit.put(&record(round)).await?;
    }
    let store = Arc::clone(&kit.store);
    let task = move |round: usize, actor: usize| -> Racer<PortResult<Option<Committed>>> {
        let store = Arc::clone(&store);
        Box::pin(async move {
            if actor == 0 {
                store.purge(Cutoff::new(second(round), at(-1)), 10).await?;
                return Ok(None);
            }
            let extended = record(round).after().expires(None);
            settle(&*store, &extended).await.map(Some)
        })
    };
    for (round, answers) in (0..).zip(race(&kit, rounds, 2, task).await?) {
        let answers: Vec<Option<Committed>> = answers.into_iter().collect::<PortResult<_>>()?;
        let extended = record(round).after();
        let there = kit.load(extended.key()).await?;
        if answers.contains(&Some(Committed::Applied)) {
            ensure!(
                there.is_some_and(|found| same(&found, &extended.record)),
                "a purge by the old expiry removed a record whose extension was `Applied`"
            );
        } else {
            ensure!(there.is_none(), "stale, though there is no other writer: {there:?}");
        }
    }
    Ok(())
}

pub(in super::super) async fn purge_spares_counters_that_are_extended(kit: Kit) -> PropertyResult {
    let rounds = kit.harness.rounds();
    for round in 0..rounds {
        kit.add(CounterIncrement::new(counter(round as u64), 5, second(round))).await?;
    }
    let store = Arc::clone(&kit.store);
    let task = move |round: usize, actor: usize| -> Racer<PortResult<u64>> {
        let store = Arc::clone(&store);
        Box::pin(async move {
            if actor == 0 {
                return store.purge(Cutoff::new(second(round), at(-1)), 10).await;
            }
            let extended = CounterIncrement::new(counter(round as u64), 1, Timestamp::MAX);
            let values = store.increment(&[extended]).await?;
            Ok(values.into_iter().sum())
        })
    };
    for (round, answers) in (0..).zip(race(&kit, rounds, 2, task).await?) {
        let answers: Vec<u64> = answers.into_iter().collect::<PortResult<_>>()?;
        let answered = answers.last().copied().unwrap_or_default();
        let left = kit.add(CounterIncrement::new(counter(round), 0, at(0))).await?;
        ensure!(
            left == answered && (left == 6 || left == 1),
            "{left} left after an addition that returned {answered} during a purge"
        );
    }
    Ok(())
}
