//! Rules that apply to every method.

use crate::Timestamp;
use crate::conformance::kit::{Kit, PropertyResult, add, due, ensure, events, forbid, put, scan};
use crate::conformance::sample::{Draft, at, counter, increment, key, same, tenant};
use crate::port::{Clock as _, CounterIncrement, Cutoff, EventsOf, RecordKind, SystemClock};

pub(in super::super) async fn no_method_reads_the_time(kit: Kit) -> PropertyResult {
    forbid(kit.fixture.expires_by_itself())?;
    // In 1970 and in 2500: before and after any wall clock.
    let day = |days: i64| Timestamp::from_unix_seconds(days * 86_400);
    let (old, ahead) = (day(2), day(530 * 365));
    kit.put(&Draft::first(1).expires(Some(old)).wake(Some(old)).events_at(1, old)).await?;
    kit.put(&Draft::first(2).expires(Some(ahead)).wake(Some(ahead)).events_at(1, ahead)).await?;
    for (n, expires) in [(1, old), (2, ahead)] {
        for sum in 1..3 {
            let value = kit.add(CounterIncrement::new(counter(n), 1, expires)).await?;
            ensure!(value == sum, "{value} of {sum} in a counter that expires at {expires}");
        }
        let there = kit.load(key(n)).await?.is_some();
        ensure!(there, "a record that expires at {expires} is gone before a purge");
    }
    let scanned = kit.scan(&tenant("kit"), RecordKind::Account, 10).await?.len();
    ensure!(scanned == 2, "{scanned} of 2 records found before any purge");

    let purged = kit.store.purge(Cutoff::new(day(1), day(1)), 100).await?;
    ensure!(purged == 0, "{purged} rows removed by a cutoff before every expiry");
    let due = kit.due(ahead, 10).await?.len();
    ensure!(due == 2, "{due} of 2 alarms by {ahead}");
    let purged = kit.store.purge(Cutoff::new(ahead, ahead.plus(at(0).since(day(0)))), 100).await?;
    ensure!(purged == 6, "{purged} of 6 rows that had expired by {ahead} were removed");
    Ok(())
}

pub(in super::super) async fn what_has_not_expired_stays(kit: Kit) -> PropertyResult {
    // Soon by the wall clock, but further away than a wrong clock may be ahead.
    let soon = SystemClock.now().plus(std::time::Duration::from_secs(600));
    for (n, expires) in (0..).zip([Some(soon), Some(Timestamp::MAX), None]) {
        let draft = Draft::first(n).expires(expires).wake(Some(at(0))).events(1);
        kit.put(&draft).await?;
        let expires = expires.unwrap_or(soon);
        for sum in 1..3 {
            let value = kit.add(CounterIncrement::new(counter(n), 1, expires)).await?;
            ensure!(value == sum, "{value} of {sum} in a counter that expires at {expires}");
        }
        for _ in 0..2 {
            let there = kit.load(key(n)).await?;
            ensure!(
                there.as_ref().is_some_and(|found| same(found, &draft.record)),
                "{there:?} for a record that expires at {expires}"
            );
        }
    }
    let scanned = kit.scan(&tenant("kit"), RecordKind::Account, 10).await?.len();
    let due = kit.due(at(0), 10).await?.len();
    ensure!((scanned, due) == (3, 3), "{scanned} scanned and {due} due, of 3 stored");
    Ok(())
}

pub(in super::super) async fn handles_see_one_history(kit: Kit) -> PropertyResult {
    let other = kit.second().await?;
    let mut draft = Draft::first(1);
    let mut written = 0;
    for step in 1..=6_u64 {
        // The handles take turns: one writes, the other reads.
        let (writer, reader) =
            if step % 2 == 0 { (&other, &kit.store) } else { (&kit.store, &other) };
        draft = draft.wake(Some(at(step.cast_signed()))).events(1);
        put(&**writer, &draft).await?;
        written += 1;
        let loaded = reader.load(&key(1)).await?;
        ensure!(
            loaded.as_ref().is_some_and(|found| same(found, &draft.record)),
            "{loaded:?} through the other handle, right after {:?}",
            draft.record
        );
        let found = due(&**reader, at(step.cast_signed()), 10).await?;
        ensure!(found == [key(1)], "due are {found:?} through the other handle");
        let found = scan(&**reader, &tenant("kit"), RecordKind::Account, 10).await?.len();
        ensure!(found == 1, "{found} records through the other handle, of 1");
        let found = events(&**reader, EventsOf::Record(&key(1)), 10).await?.len();
        ensure!(found == written, "{found} events through the other handle, of {written}");
        let value = add(&**writer, increment(1, 1)).await?;
        ensure!(value == step, "{value} in a counter that both handles added {step} to");
        let value = add(&**reader, increment(1, 0)).await?;
        ensure!(value == step, "{value} read through the other handle, of {step}");
        draft = draft.after();
    }
    let expired = draft.expires(Some(at(1)));
    put(&*kit.store, &expired).await?;
    other.purge(Cutoff::new(at(1), at(-1)), 10).await?;
    let gone = kit.load(key(1)).await?;
    ensure!(gone.is_none(), "{gone:?} after the other handle purged it");
    Ok(())
}
