//! Several handles on one store; each might rely on its own history.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::events::{all_once, tail, write};
use crate::Timestamp;
use crate::conformance::kit::{Kit, PropertyResult, add, due, ensure, events, put, scan, settle};
use crate::conformance::race::{Racer, race};
use crate::conformance::sample::{Draft, at, counter, key, raced, same, tenant};
use crate::port::{Committed, CounterIncrement, Cutoff, EventsOf, PortResult, RecordKind, Store};

pub(in super::super) async fn load_sees_commits_of_other_handles(kit: Kit) -> PropertyResult {
    let other = kit.second().await?;
    let handles = [&*kit.store, &*other];
    let mut draft = Draft::first(1);
    put(handles[0], &draft).await?;
    for step in 0..8 {
        // Both handles have read the record before one of them writes.
        for handle in handles {
            let seen = handle.load(&key(1)).await?;
            ensure!(
                seen.as_ref().is_some_and(|found| same(found, &draft.record)),
                "{seen:?} through handle {step}, after {:?} was applied",
                draft.record
            );
        }
        draft = draft.after();
        put(handles[step % 2], &draft).await?;
    }
    Ok(())
}

pub(in super::super) async fn commit_compares_with_what_other_handles_wrote(
    kit: Kit,
) -> PropertyResult {
    let other = kit.second().await?;
    for n in 0..4 {
        let first = Draft::first(n);
        let (own, elsewhere) = if n % 2 == 0 { (&kit.store, &other) } else { (&other, &kit.store) };
        put(&**own, &first).await?;
        let second = first.rival(1).events(1);
        put(&**elsewhere, &second).await?;
        // This handle wrote the expected version itself and has read nothing since.
        let answer = own.commit(first.rival(2).events(1).commit()).await?;
        ensure!(answer == Committed::Stale, "{answer:?} over what another handle wrote");
        let there = kit.load(key(n)).await?;
        ensure!(
            there.as_ref().is_some_and(|found| same(found, &second.record)),
            "{there:?} instead of what another handle wrote"
        );
        put(&**own, &second.after()).await?;
    }
    Ok(())
}

pub(in super::super) async fn purge_spares_what_other_handles_extend(kit: Kit) -> PropertyResult {
    let other = kit.second().await?;
    // In sequence: the handle that purges wrote the old expiry itself.
    let old = Draft::first(1_000_000).expires(Some(at(-10)));
    kit.put(&old).await?;
    let kept = old.after().expires(None);
    put(&*other, &kept).await?;
    kit.add(CounterIncrement::new(counter(1_000_000), 5, at(-10))).await?;
    add(&*other, CounterIncrement::new(counter(1_000_000), 1, Timestamp::MAX)).await?;
    let purged = kit.store.purge(Cutoff::new(at(-5), at(-999)), 10).await?;
    ensure!(purged == 0, "{purged} rows removed that another handle had extended");
    let there = kit.load(kept.key()).await?;
    ensure!(
        there.as_ref().is_some_and(|found| same(found, &kept.record)),
        "{there:?}: a record that another handle had extended was purged"
    );
    let sum = kit.add(CounterIncrement::new(counter(1_000_000), 0, at(0))).await?;
    ensure!(sum == 6, "{sum} of 6 in a counter that another handle had extended");

    // Concurrently.
    let second = |round: usize| at(i64::try_from(round).unwrap_or(i64::MAX / 4));
    let record = move |round: usize| Draft::first(round as u64).expires(Some(second(round)));
    let rounds = kit.harness.rounds();
    for round in 0..rounds {
        kit.put(&record(round)).await?;
    }
    let handles = [Arc::clone(&kit.store), other];
    let task = move |round: usize, actor: usize| -> Racer<PortResult<Option<Committed>>> {
        let handle = Arc::clone(&handles[actor]);
        Box::pin(async move {
            if actor == 0 {
                handle.purge(Cutoff::new(second(round), at(-999)), 10).await?;
                return Ok(None);
            }
            settle(&*handle, &record(round).after().expires(None)).await.map(Some)
        })
    };
    for (round, answers) in (0..).zip(race(&kit, rounds, 2, task).await?) {
        let answers: Vec<Option<Committed>> = answers.into_iter().collect::<PortResult<_>>()?;
        let extended = answers.contains(&Some(Committed::Applied));
        let there = kit.load(record(round).key()).await?.is_some();
        ensure!(there == extended, "extended by another handle: {extended}, still stored: {there}");
    }
    Ok(())
}

pub(in super::super) async fn events_skip_none_of_other_handles(kit: Kit) -> PropertyResult {
    const STEPS: u64 = 6;
    let other = kit.second().await?;
    // In turns, so that the outcome does not depend on timing.
    let owner = tenant("kit-in-turn");
    let handles = [Arc::clone(&kit.store), Arc::clone(&other)];
    let mut cursor = None;
    for step in 0..12 {
        let draft = Draft::first(1_000_000 + step).of(&owner).events(1);
        put(&*handles[usize::from(step % 3 == 0)], &draft).await?;
        let of = EventsOf::Tenant(&owner);
        let page = handles[usize::from(step % 2 == 0)].events(of, cursor.as_ref(), 10).await?;
        let many = page.items.len();
        ensure!(page.items == draft.events, "{many} events instead of the latest one");
        cursor = page.next;
    }

    let rounds = kit.harness.rounds().div_ceil(10);
    let done: Vec<_> = (0..rounds).map(|_| Arc::new(AtomicUsize::new(0))).collect();
    let task = move |round: usize, actor: usize| -> Racer<PropertyResult> {
        let (store, done) = (Arc::clone(&handles[actor % 2]), Arc::clone(&done[round]));
        let owner = tenant(&format!("kit-{round}"));
        if actor == 0 {
            return Box::pin(async move {
                all_once(&tail(&*store, &owner, &done, 2).await?, 2 * STEPS * 2)
            });
        }
        let key = raced(round)((round * 2 + actor) as u64);
        let first = Draft::of_key(key).of(&owner).events(2);
        Box::pin(async move {
            let written = write(&*store, first, STEPS).await;
            done.fetch_add(1, Ordering::SeqCst);
            Ok(written?)
        })
    };
    race(&kit, rounds, 3, task).await?.into_iter().flatten().collect()
}

pub(in super::super) async fn times_are_those_of_the_arguments(kit: Kit) -> PropertyResult {
    // Two handles whose callers' clocks are decades apart, and all ahead of the wall clock, so that
    // no row expires on its own. A fixture with one handle serves both callers.
    let other = kit.second().await.unwrap_or_else(|_| Arc::clone(&kit.store));
    let decades = 50 * 365 * 86_400;
    let clocks = [(&*kit.store, at(0)), (&*other, at(decades)), (&*kit.store, at(-decades))];
    let alarms = [-decades, 0, decades].map(at);
    let mut drafts = Vec::new();
    for (n, alarm) in (0..).zip(alarms) {
        let draft = Draft::first(n).wake(Some(alarm)).expires(Some(alarm.plus(SECOND)));
        kit.put(&draft).await?;
        kit.add(CounterIncrement::new(counter(n), 1, alarm.plus(SECOND))).await?;
        drafts.push(draft);
    }
    for _ in 0..2 {
        for (store, now) in clocks {
            let mut found = due(store, now, 10).await?;
            let mut right: Vec<_> = (0..).zip(alarms).filter(|(_, alarm)| *alarm <= now).collect();
            right.sort_by_key(|(n, _)| key(*n));
            found.sort_unstable();
            let right: Vec<_> = right.into_iter().map(|(n, _)| key(n)).collect();
            ensure!(found == right, "due are {found:?} at {now}, expected {right:?}");
            // By this caller's clock a row expires in a second; by the other's it expired long ago.
            let before = Cutoff::new(at(-decades), Timestamp::from_unix_millis(i64::MIN / 2));
            let purged = store.purge(before, 10).await?;
            ensure!(purged == 0, "{purged} rows removed by a cutoff before every expiry");
        }
    }
    for (n, draft) in (0..).zip(&drafts) {
        let there = kit.load(key(n)).await?;
        ensure!(there.is_some_and(|found| same(&found, &draft.record)), "record {n} is gone");
        let sum = kit.add(CounterIncrement::new(counter(n), 1, at(-decades))).await?;
        ensure!(sum == 2, "{sum} of 2 in counter {n}");
    }
    let scanned = scan(&*other, &tenant("kit"), RecordKind::Account, 10).await?.len();
    ensure!(scanned == 3, "{scanned} of 3 records");
    let none = events(&*other, EventsOf::Tenant(&tenant("kit")), 10).await?.len();
    ensure!(none == 0, "{none} events, though none was committed");
    Ok(())
}

const SECOND: std::time::Duration = std::time::Duration::from_secs(1);
