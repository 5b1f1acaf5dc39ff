//! `purge`, one call at a time.

use crate::Timestamp;
use crate::conformance::kit::{Kit, MOST_TRIES, PropertyResult, ensure, forbid};
use crate::conformance::sample::{Draft, at, counter, increment, key, tenant};
use crate::port::{CounterIncrement, Cutoff, EventsOf, RecordKind};

pub(in super::super) async fn purge_removes_expired_records_only(kit: Kit) -> PropertyResult {
    forbid(kit.fixture.expires_by_itself())?;
    let past = Timestamp::from_unix_millis(-5);
    let just = Timestamp::from_unix_millis(at(50).unix_millis() + 1);
    let expired = [at(50), at(10), Timestamp::EPOCH, past];
    let live = [Some(just), Some(at(90)), Some(Timestamp::MAX), None];
    for (n, expires) in (0..).zip(expired.into_iter().map(Some).chain(live)) {
        // The other columns must not matter.
        let draft = Draft::first(n).expires(expires).wake(Some(at(0))).events(1);
        kit.put(&draft).await?;
    }
    let purged = kit.store.purge(Cutoff::new(at(50), at(-1)), 100).await?;
    for n in 0..8 {
        let there = kit.load(key(n)).await?.is_some();
        ensure!(there == (n >= 4), "record {n}: stored is {there}, live is {}", n >= 4);
    }
    ensure!(purged == 4, "{purged} rows reported, 4 removed");
    let scanned = kit.scan(&tenant("kit"), RecordKind::Account, 100).await?.len();
    let due = kit.due(at(0), 100).await?.len();
    ensure!((scanned, due) == (4, 4), "{scanned} scanned and {due} due, of 4 left");
    let events = kit.events(EventsOf::Tenant(&tenant("kit")), 100).await?.len();
    ensure!(events == 8, "{events} of 8 events left, though none is old");
    Ok(())
}

pub(in super::super) async fn purge_follows_the_latest_commit(kit: Kit) -> PropertyResult {
    // Extended, made permanent, shortened, given an expiry.
    let moves = [
        (Some(at(10)), Some(at(90)), true),
        (Some(at(10)), None, true),
        (Some(at(90)), Some(at(10)), false),
        (None, Some(at(10)), false),
    ];
    for (n, (before, after, _)) in (0..).zip(moves) {
        let draft = Draft::first(n).expires(before);
        kit.put(&draft).await?;
        kit.put(&draft.after().expires(after)).await?;
    }
    kit.store.purge(Cutoff::new(at(50), at(0)), 100).await?;
    for (n, (before, after, live)) in (0..).zip(moves) {
        let there = kit.load(key(n)).await?.is_some();
        ensure!(there == live, "expiry moved from {before:?} to {after:?}: stored is {there}");
    }
    Ok(())
}

pub(in super::super) async fn purge_removes_expired_counters_only(kit: Kit) -> PropertyResult {
    for (n, expires) in [(1, at(50)), (2, at(10)), (3, at(51)), (4, Timestamp::MAX)] {
        kit.add(CounterIncrement::new(counter(n), 5, expires)).await?;
    }
    let purged = kit.store.purge(Cutoff::new(at(50), at(0)), 100).await?;
    let read = |n| CounterIncrement::new(counter(n), 0, at(0));
    let left = kit.store.increment(&[read(1), read(2), read(3), read(4)]).await?;
    ensure!(left == [0, 0, 5, 5], "{left:?} left, where the first two have expired");
    ensure!(purged == 2, "{purged} rows reported, 2 removed");
    Ok(())
}

pub(in super::super) async fn purge_removes_older_events_only(kit: Kit) -> PropertyResult {
    let mut draft = Draft::first(1);
    for seconds in [10, 49, 50, 51] {
        draft = draft.events_at(2, at(seconds));
        kit.put(&draft).await?;
        draft = draft.after();
    }
    let purged = kit.store.purge(Cutoff::new(at(1000), at(50)), 100).await?;
    for of in [EventsOf::Record(&key(1)), EventsOf::Tenant(&tenant("kit"))] {
        let left = kit.events(of, 100).await?;
        let right = left.len() == 4 && left.iter().all(|event| event.at >= at(50));
        ensure!(right, "{} events left of {of:?}, expected the 4 after the cutoff", left.len());
    }
    ensure!(purged == 4, "{purged} rows reported, 4 removed");
    let there = kit.load(key(1)).await?.is_some();
    ensure!(there, "the record was removed with its events");
    Ok(())
}

pub(in super::super) async fn purge_keeps_to_its_limit(kit: Kit) -> PropertyResult {
    for n in 0..5 {
        kit.put(&Draft::first(n).expires(Some(at(10))).events(1)).await?;
        kit.add(CounterIncrement::new(counter(n), 1, at(10))).await?;
    }
    kit.put(&Draft::first(99)).await?;
    let mut total = 0;
    for _ in 0..MOST_TRIES {
        let purged = kit.store.purge(Cutoff::new(at(50), at(50)), 4).await?;
        ensure!(purged <= 4, "{purged} rows removed, at most 4 were allowed");
        total += purged;
        if purged == 0 {
            break;
        }
    }
    ensure!(total == 15, "{total} removed in all, of 5 records, 5 counters and 5 events");
    let again = kit.store.purge(Cutoff::new(at(50), at(50)), usize::MAX).await?;
    ensure!(again == 0, "{again} rows removed after the purge was complete");
    let there = kit.load(key(99)).await?.is_some();
    ensure!(there, "a live record was removed");
    Ok(())
}

pub(in super::super) async fn purge_leaves_room_for_a_new_record(kit: Kit) -> PropertyResult {
    let first = Draft::first(1).expires(Some(at(10))).wake(Some(at(1)));
    kit.put(&first).await?;
    kit.store.purge(Cutoff::new(at(10), at(0)), 100).await?;
    let stale = first.after();
    let answer = kit.store.commit(stale.commit()).await?;
    ensure!(
        answer == crate::port::Committed::Stale,
        "{answer:?} for the version after one that was purged"
    );
    // A new record, which must inherit nothing from the purged one.
    kit.put(&first.rival(7).expecting(None).expires(None).wake(None)).await?;
    let due = kit.due(at(1), 10).await?;
    ensure!(due.is_empty(), "{due:?}: the alarm of the purged record is left");
    let purged = kit.store.purge(Cutoff::new(at(10), at(0)), 100).await?;
    ensure!(purged == 0, "{purged} removed by the expiry of the purged record");
    let value = kit.add(increment(1, 0)).await?;
    ensure!(value == 0, "{value} in a counter without additions");
    Ok(())
}
