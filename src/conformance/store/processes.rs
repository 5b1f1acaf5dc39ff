//! Two processes on one store.

use crate::conformance::jobs::{Job, contest, count, rival};
use crate::conformance::kit::{Kit, PropertyResult, add, due, ensure, put};
use crate::conformance::process::Other;
use crate::conformance::sample::{Draft, at, increment, key, same};
use crate::port::EventsOf;

/// Rounds are sent in batches, in which both processes go through the same records: the slower one
/// finds them taken, so its calls return sooner and it catches up.
const BATCH: u64 = 10;

pub(in super::super) async fn commit_has_one_winner_across_processes(kit: Kit) -> PropertyResult {
    let mut other = Other::start(&kit)?;
    let rounds = kit.harness.rounds() as u64;
    for n in (0..rounds).step_by(2) {
        kit.put(&Draft::first(n)).await?;
    }
    for from in (0..rounds).step_by(BATCH as usize) {
        let to = rounds.min(from + BATCH);
        other.tell(&Job::Contest { from, to, salt: 2 })?;
        let own = contest(&*kit.store, from, to, 1).await?;
        let theirs: Vec<bool> = other.answer()?;
        for (n, applied) in (from..).zip(own.into_iter().zip(theirs)) {
            let winner = match applied {
                (true, false) => rival(n, 1),
                (false, true) => rival(n, 2),
                both => {
                    ensure!(false, "applied in this process and in the other: {both:?}");
                    break;
                }
            };
            let there = kit.load(key(n)).await?;
            ensure!(
                there.as_ref().is_some_and(|found| same(found, &winner.record)),
                "{there:?} is stored, but {:?} was `Applied`",
                winner.record
            );
            let events = kit.events(EventsOf::Record(&key(n)), 10).await?;
            ensure!(events == winner.events, "the events are not the winner's: {events:?}");
        }
    }
    Ok(())
}

pub(in super::super) async fn add_loses_nothing_across_processes(kit: Kit) -> PropertyResult {
    let mut other = Other::start(&kit)?;
    let rounds = kit.harness.rounds() as u64;
    for from in (0..rounds).step_by(BATCH as usize) {
        let to = rounds.min(from + BATCH);
        other.tell(&Job::Add { from, to })?;
        let own = count(&*kit.store, from, to).await?;
        let theirs: Vec<u64> = other.answer()?;
        for (n, values) in (from..).zip(own.into_iter().zip(theirs)) {
            ensure!(
                matches!(values, (1, 2) | (2, 1)),
                "two processes added one each, and got {values:?}"
            );
            let sum = kit.add(increment(n, 0)).await?;
            ensure!(sum == 2, "{sum} in a counter that two processes added one to");
        }
    }
    Ok(())
}

pub(in super::super) async fn commit_survives_a_killed_process(kit: Kit) -> PropertyResult {
    for n in 0..(kit.harness.rounds() as u64 / 12).clamp(2, 32) {
        let mut other = Other::start(&kit)?;
        other.tell(&Job::Work { n })?;
        let mut acknowledged = 0;
        // After few and after many steps, so that a page or a log fills up in some rounds.
        for _ in 0..1 + n * 7 {
            acknowledged = other.answer()?;
        }
        // Delays the kill, so that it does not always hit the beginning of a step.
        for _ in 0..n * 5 % 32 {
            kit.load(key(n)).await?;
        }
        let acknowledged: u64 = other.kill()?.into_iter().next_back().unwrap_or(acknowledged);
        let count = async || -> PropertyResult<u64> {
            Ok(kit.load(key(n)).await?.map_or(0, |record| record.version().count()))
        };
        // One commit may still be under way: reads count only if the version stays the same
        // meanwhile.
        let mut there = count().await?;
        let (events, found, early) = loop {
            let events = kit.events(EventsOf::Record(&key(n)), 1000).await?.len() as u64;
            let found = kit.due(at(there.cast_signed()), 100).await?;
            let early = kit.due(at(there.cast_signed() - 1), 100).await?;
            let now = count().await?;
            if now == there {
                break (events, found, early);
            }
            there = now;
        };
        ensure!(
            there == acknowledged || there == acknowledged + 1,
            "count {there}, with {acknowledged} acknowledged and one under way"
        );
        ensure!(events == 2 * there, "{events} events with {there} commits of two each");
        ensure!(found.contains(&key(n)), "the record is stored without its alarm");
        ensure!(!early.contains(&key(n)), "the alarm of the version before is left");
        let sum = kit.add(increment(n, 0)).await?;
        ensure!(
            acknowledged <= sum && sum <= acknowledged + 1,
            "{sum} in a counter with {acknowledged} acknowledged additions"
        );
    }
    Ok(())
}

pub(in super::super) async fn due_finds_what_a_killed_process_had_claimed(
    kit: Kit,
) -> PropertyResult {
    let mut other = Other::start(&kit)?;
    let pending = Draft::first(1).wake(Some(at(10)));
    kit.put(&pending).await?;
    other.tell(&Job::Claim { n: 1, until: 70 })?;
    other.answer::<()>()?;
    other.kill::<()>()?;
    let found = kit.due(at(69), 10).await?;
    ensure!(found.is_empty(), "{found:?} while the claim of another process runs");
    let found = kit.due(at(70), 10).await?;
    ensure!(found == [key(1)], "due are {found:?} after the claim of a killed process has run out");
    Ok(())
}

pub(in super::super) async fn processes_see_one_history(kit: Kit) -> PropertyResult {
    let mut other = Other::start(&kit)?;
    let mut draft = Draft::first(1).wake(Some(at(0)));
    put(&*kit.store, &draft).await?;
    for step in 1..=5 {
        // Read before as well: a store that caches its reads must fail here.
        let before = kit.load(key(1)).await?;
        ensure!(
            before.is_some_and(|found| same(&found, &draft.record)),
            "an old version was loaded"
        );
        other.tell(&Job::Claim { n: 1, until: step })?;
        other.answer::<()>()?;
        draft = draft.after();
        let there = kit.load(key(1)).await?;
        ensure!(
            there.as_ref().is_some_and(|found| same(found, &draft.record)),
            "{there:?} right after another process applied {:?}",
            draft.record
        );
        let early = due(&*kit.store, at(step - 1), 10).await?;
        let found = due(&*kit.store, at(step), 10).await?;
        ensure!(early.is_empty() && found == [key(1)], "due are {early:?}, then {found:?}");
        draft = draft.after().wake(Some(at(step)));
        put(&*kit.store, &draft).await?;
    }
    other.tell(&Job::Add { from: 1, to: 2 })?;
    let theirs: Vec<u64> = other.answer()?;
    let own = add(&*kit.store, increment(1, 1)).await?;
    ensure!((theirs.as_slice(), own) == (&[1][..], 2), "a counter is {theirs:?}, then {own}");
    Ok(())
}
