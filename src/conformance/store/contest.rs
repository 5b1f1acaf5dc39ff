//! `commit`, many calls at a time.

use std::sync::Arc;

use crate::conformance::kit::{Kit, MOST_TRIES, PropertyResult, Stop, ensure, settle};
use crate::conformance::race::{Racer, race};
use crate::conformance::sample::{Draft, key, same};
use crate::port::{Committed, EventsOf, PortResult, Store};
use crate::testing::yield_once;

/// How many actors commit at once.
const RIVALS: usize = 4;

pub(in super::super) async fn commit_has_one_winner(kit: Kit) -> PropertyResult {
    let stores = vec![Arc::clone(&kit.store)];
    contest(&kit, stores, replacing).await.map(drop)
}

pub(in super::super) async fn commit_insert_has_one_winner(kit: Kit) -> PropertyResult {
    let stores = vec![Arc::clone(&kit.store)];
    contest(&kit, stores, inserting).await.map(drop)
}

pub(in super::super) async fn commit_has_one_winner_across_handles(kit: Kit) -> PropertyResult {
    let stores = vec![Arc::clone(&kit.store), kit.second().await?];
    contest(&kit, stores.clone(), replacing).await?;
    // Handles without shared state seldom replace the same version, but may both insert.
    contest(&kit, stores, inserting_elsewhere).await.map(drop)
}

pub(in super::super) async fn commit_losers_leave_nothing(kit: Kit) -> PropertyResult {
    let stores = vec![Arc::clone(&kit.store)];
    for (round, winner) in (0..).zip(contest(&kit, stores, replacing).await?) {
        let events = kit.events(EventsOf::Record(&key(round)), 10).await?;
        ensure!(
            events == winner.events,
            "{} events in the trail, of which the one winner wrote {}",
            events.len(),
            winner.events.len()
        );
    }
    Ok(())
}

/// The draft of one rival over this round's record.
fn replacing(round: u64, salt: u64) -> Draft {
    Draft::first(round).rival(salt).events(1)
}

fn inserting(round: u64, salt: u64) -> Draft {
    replacing(round, salt).expecting(None)
}

fn inserting_elsewhere(round: u64, salt: u64) -> Draft {
    inserting(1_000_000 + round, salt)
}

/// Runs rivals that commit over one version, in many rounds; returns each round's winner.
async fn contest(
    kit: &Kit,
    stores: Vec<Arc<dyn Store>>,
    rival: fn(u64, u64) -> Draft,
) -> PropertyResult<Vec<Draft>> {
    let rounds = kit.harness.rounds();
    for round in 0..rounds as u64 {
        if rival(round, 1).expected.is_some() {
            kit.put(&Draft::first(round)).await?;
        }
    }
    let task = move |round: usize, actor: usize| -> Racer<PortResult<Committed>> {
        let store = Arc::clone(&stores[actor % stores.len()]);
        Box::pin(async move { settle(&*store, &rival(round as u64, actor as u64)).await })
    };
    let mut winners = Vec::new();
    for (round, answers) in (0..).zip(race(kit, rounds, RIVALS, task).await?) {
        let answers: Vec<Committed> = answers.into_iter().collect::<PortResult<_>>()?;
        let mut won = (0..).zip(&answers).filter(|(_, answer)| **answer == Committed::Applied);
        let (Some((winner, _)), None) = (won.next(), won.next()) else {
            return Err(Stop::Seen(format!("{answers:?} for rivals that expect one version")));
        };
        let winner = rival(round, winner);
        let loaded = kit.load(winner.key()).await?;
        ensure!(
            loaded.as_ref().is_some_and(|found| same(found, &winner.record)),
            "{loaded:?} is stored, but {:?} was `Applied`",
            winner.record
        );
        winners.push(winner);
    }
    Ok(winners)
}

pub(in super::super) async fn commit_retries_make_progress(kit: Kit) -> PropertyResult {
    const STEPS: usize = 5;
    let rounds = kit.harness.rounds().div_ceil(10);
    for round in 0..rounds as u64 {
        kit.put(&Draft::first(round).with_body(&tally(1))).await?;
    }
    let store = Arc::clone(&kit.store);
    let task = move |round: usize, actor: usize| -> Racer<PropertyResult> {
        let store = Arc::clone(&store);
        Box::pin(async move {
            for step in 0..STEPS {
                advance(&*store, round as u64, (actor * STEPS + step) as u64).await?;
            }
            Ok(())
        })
    };
    for outcome in race(&kit, rounds, RIVALS, task).await?.into_iter().flatten() {
        outcome?;
    }
    let total = 1 + (RIVALS * STEPS) as u64;
    for round in 0..rounds as u64 {
        let stored = kit.load(key(round)).await?;
        let count = stored.as_ref().map_or(0, |record| record.version().count());
        ensure!(
            count == total,
            "count {count} after {total} commits were applied: some were overwritten"
        );
        let body = stored.as_ref().map(|record| record.body());
        ensure!(
            body == Some(&*tally(total)),
            "the body {body:?} after {total} commits that each added one to it: some were \
             overwritten by what an older body led to"
        );
    }
    Ok(())
}

/// A body that counts the commits of its record.
fn tally(commits: u64) -> String {
    format!(r#"{{"kind":"meta","check":"{commits}"}}"#)
}

/// Loads, commits the next version with a body that builds on the loaded one, and starts over while the commit is stale, as an engine
/// does.
async fn advance(store: &dyn Store, n: u64, salt: u64) -> PropertyResult {
    for _ in 0..MOST_TRIES {
        let Some(record) = store.load(&key(n)).await? else {
            return Err(Stop::Seen("no record where one was committed".to_owned()));
        };
        // Lets the other actors commit between load and commit.
        yield_once().await;
        let counted = |commits: &u64| tally(*commits) == record.body();
        let Some(commits) = (1..=record.version().count()).rev().find(counted) else {
            return Err(Stop::Seen(format!("the body {} was never committed", record.body())));
        };
        let rival = Draft::first(n).versioned(record.version()).rival(salt);
        let next = rival.with_body(&tally(commits + 1));
        if settle(store, &next).await? == Committed::Applied {
            return Ok(());
        }
    }
    Err(Stop::Seen(format!("stale {MOST_TRIES} times in a row")))
}
