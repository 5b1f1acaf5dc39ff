//! `due`.

use std::sync::Arc;

use crate::Timestamp;
use crate::conformance::kit::{Kit, PropertyResult, Stop, due, ensure, listing, settle};
use crate::conformance::race::{Racer, race};
use crate::conformance::sample::{Draft, KEYS, at, key, raced, tenant};
use crate::port::{RecordKey, RecordKind};

pub(in super::super) async fn due_finds_alarms_that_have_come(kit: Kit) -> PropertyResult {
    // At the boundary, earlier, and at and before 1970.
    let alarms = [at(50), at(49), Timestamp::EPOCH, Timestamp::from_unix_millis(-1)];
    for (n, alarm) in (0..).zip(alarms) {
        kit.put(&Draft::first(n).wake(Some(alarm))).await?;
    }
    let due = kit.due(at(50), 10).await?;
    for (n, alarm) in (0..).zip(alarms) {
        ensure!(due.contains(&key(n)), "an alarm for {alarm} was not found at {}", at(50));
    }
    Ok(())
}

pub(in super::super) async fn due_finds_alarms_of_every_tenant_and_kind(
    kit: Kit,
) -> PropertyResult {
    let owners: Vec<(&str, RecordKind)> = ["a", "b", "aa"]
        .into_iter()
        .flat_map(|id| RecordKind::ALL.map(|kind| (id, kind)))
        .collect();
    for (n, &(id, kind)) in (0..).zip(&owners) {
        kit.put(&Draft::first(n).of(&tenant(id)).kind(kind).wake(Some(at(1)))).await?;
    }
    for limit in [1, 100] {
        let found = kit.due(at(1), limit).await?;
        for (n, (id, kind)) in (0..).zip(&owners) {
            ensure!(found.contains(&key(n)), "no alarm of kind {kind:?} of tenant {id:?}");
        }
    }
    Ok(())
}

pub(in super::super) async fn due_follows_each_commit(kit: Kit) -> PropertyResult {
    let mut draft = Draft::first(1);
    // Absent, set, moved later, moved earlier, unchanged.
    for alarm in [None, Some(at(50)), Some(at(90)), Some(at(20)), Some(at(20))] {
        draft = draft.wake(alarm);
        kit.put(&draft).await?;
        if let Some(alarm) = alarm {
            let due = kit.due(alarm, 10).await?;
            ensure!(due.contains(&key(1)), "not due at its alarm, {alarm}, right after the commit");
        }
        draft = draft.after();
    }
    Ok(())
}

pub(in super::super) async fn due_lets_go_of_cleared_alarms(kit: Kit) -> PropertyResult {
    let set = Draft::first(1).wake(Some(at(10)));
    kit.put(&set).await?;
    kit.put(&set.after().wake(None)).await?;
    let later = Draft::first(2).wake(Some(at(10)));
    kit.put(&later).await?;
    kit.put(&later.after().wake(Some(at(99)))).await?;
    let due = kit.due(at(50), 10).await?;
    ensure!(due.is_empty(), "{due:?} at 50, with one alarm cleared and one moved to 99");
    Ok(())
}

pub(in super::super) async fn due_is_complete_while_others_change(kit: Kit) -> PropertyResult {
    const ALARMS: u64 = 30;
    for n in 0..ALARMS {
        // Several alarms at one time: a cursor that holds only a time loses some of them.
        kit.put(&Draft::first(n).wake(Some(at((n / 6).cast_signed())))).await?;
    }
    let mut found = Vec::new();
    listing!(page, |after| {
        let listed = kit.store.due(at(50), after, 4).await?;
        ensure!(listed.items.len() <= 4, "{} items of at most 4", listed.items.len());
        // One alarm before all others, and one that is cleared again.
        if page < 20 {
            kit.put(&Draft::first(1000 + page).wake(Some(at(-100)))).await?;
            let brief = Draft::first(2000 + page).wake(Some(at(0)));
            kit.put(&brief).await?;
            kit.put(&brief.after().wake(None)).await?;
        }
        found.extend(listed.items);
        listed.next
    });
    for n in 0..ALARMS {
        ensure!(found.contains(&key(n)), "unchanged record {n} was left out");
    }
    Ok(())
}

pub(in super::super) async fn due_is_complete_while_alarms_are_cleared(kit: Kit) -> PropertyResult {
    for keys in KEYS {
        hand_out_and_clear(&kit, keys).await?;
    }
    Ok(())
}

/// Follows a listing as an engine does: it settles the records of a page before it asks for the
/// next one.
async fn hand_out_and_clear(kit: &Kit, keys: fn(u64) -> RecordKey) -> PropertyResult {
    const ALARMS: u64 = 20;
    let drafts: Vec<Draft> =
        (0..ALARMS).map(|n| Draft::of_key(keys(n)).wake(Some(at((n / 6).cast_signed())))).collect();
    for draft in &drafts {
        kit.put(draft).await?;
    }
    let mut open: Vec<&Draft> = drafts.iter().collect();
    listing!(_page, |after| {
        let listed = kit.store.due(at(50), after, 4).await?;
        for key in &listed.items {
            if let Some(at) = open.iter().position(|draft| draft.key() == *key) {
                kit.put(&open.swap_remove(at).after().wake(None)).await?;
            }
        }
        listed.next
    });
    ensure!(
        open.is_empty(),
        "{} of {ALARMS} due records were left out while the alarms of each page were cleared \
         before the next page: a cursor must not count rows",
        open.len()
    );
    Ok(())
}

pub(in super::super) async fn due_finds_what_a_race_commits(kit: Kit) -> PropertyResult {
    const ACTORS: usize = 3;
    let rounds = kit.harness.rounds().div_ceil(4);
    let store = Arc::clone(&kit.store);
    let task = move |round: usize, actor: usize| -> Racer<PropertyResult> {
        let store = Arc::clone(&store);
        Box::pin(async move {
            let n = (round * ACTORS + actor) as u64;
            let draft = Draft::of_key(raced(round)(n)).wake(Some(at(7)));
            let _ = settle(&*store, &draft).await?;
            let listed = due(&*store, at(7), 5).await?;
            ensure!(listed.contains(&draft.key()), "not due after its commit, while others commit");
            // Cleared, or the listing would grow with the rounds.
            let _ = settle(&*store, &draft.after().wake(None)).await?;
            Ok(())
        })
    };
    race(&kit, rounds, ACTORS, task).await?.into_iter().flatten().collect()
}

pub(in super::super) async fn due_takes_any_limit(kit: Kit) -> PropertyResult {
    for n in 0..5 {
        kit.put(&Draft::first(n).wake(Some(at(0)))).await?;
    }
    for limit in [1, 2, 5, 6, 1_000_000, usize::MAX] {
        let mut keys = kit.due(at(1), limit).await?;
        keys.sort_unstable();
        keys.dedup();
        if keys.len() != 5 {
            let many = keys.len();
            return Err(Stop::Seen(format!("{many} of 5 found by pages of at most {limit}")));
        }
    }
    Ok(())
}
