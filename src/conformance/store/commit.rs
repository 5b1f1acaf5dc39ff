//! `commit`, one call at a time.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use crate::conformance::kit::{
    Kit, MOST_TRIES, PropertyResult, Stop, ensure, put, require, settle,
};
use crate::conformance::sample::{Draft, at, increment, key, same, tenant};
use crate::port::{Committed, Cutoff, EventsOf, RecordKind, Version};
use crate::testing::yield_once;

pub(in super::super) async fn commit_writes_record_and_events(kit: Kit) -> PropertyResult {
    let mut draft = Draft::first(1);
    let mut written = Vec::new();
    for many in [3, 0, 1] {
        draft = draft.events(many);
        kit.put(&draft).await?;
        written.extend(draft.events.clone());
        let loaded = kit.load(key(1)).await?;
        ensure!(
            loaded.as_ref().is_some_and(|found| same(found, &draft.record)),
            "{loaded:?} instead of {:?}",
            draft.record
        );
        let found = kit.events(EventsOf::Record(&key(1)), 10).await?;
        ensure!(
            found == written,
            "{} events of {} that were committed",
            found.len(),
            written.len()
        );
        draft = draft.after();
    }
    Ok(())
}

pub(in super::super) async fn commit_inserts_only_what_is_absent(kit: Kit) -> PropertyResult {
    let first = Draft::first(1);
    kit.put(&first).await?;
    refuse(&kit, &first.rival(1).expecting(None), &first).await?;
    let second = first.after();
    kit.put(&second).await?;
    // Not even with the very version that is stored.
    refuse(&kit, &second.clone().expecting(None), &second).await
}

pub(in super::super) async fn commit_replaces_only_what_is_there(kit: Kit) -> PropertyResult {
    let next = Draft::first(1).after();
    let outcome = kit.store.commit(next.commit()).await?;
    ensure!(outcome == Committed::Stale, "{outcome:?} though no record was stored");
    let loaded = kit.load(key(1)).await?;
    ensure!(loaded.is_none(), "{loaded:?} after a stale commit");
    kit.put(&Draft::first(1)).await?;
    kit.put(&next).await
}

pub(in super::super) async fn commit_compares_the_count(kit: Kit) -> PropertyResult {
    let first = Draft::first(1);
    kit.put(&first).await?;
    let nonce = first.record.version().nonce();
    let other = Version::new(2, nonce);
    refuse(&kit, &first.rival(1).expecting(Some(other)), &first).await
}

pub(in super::super) async fn commit_compares_the_nonce(kit: Kit) -> PropertyResult {
    let first = Draft::first(1);
    kit.put(&first).await?;
    let (count, nonce) = (first.record.version().count(), first.record.version().nonce());
    // Nonces that differ in all bits, or only in the lowest, the highest or one in the middle.
    for other in [!nonce, nonce ^ 1, nonce ^ (1 << 63), nonce ^ (1 << 32)] {
        let other = Version::new(count, other);
        refuse(&kit, &first.rival(1).expecting(Some(other)), &first).await?;
    }
    kit.put(&first.after()).await
}

pub(in super::super) async fn commit_stale_changes_nothing(kit: Kit) -> PropertyResult {
    let first = Draft::first(1).events(1);
    kit.put(&first).await?;
    let second = first.after().wake(Some(at(100))).expires(Some(at(900))).events(2);
    kit.put(&second).await?;
    // It expects an old version, and would change every column.
    let other = tenant("kit-other");
    let late =
        first.rival(1).of(&other).kind(RecordKind::Decoy).wake(None).expires(Some(at(1))).events(3);
    refuse(&kit, &late, &second).await?;
    for of in [EventsOf::Record(&key(1)), EventsOf::Tenant(&first.columns.tenant)] {
        let events = kit.events(of, 10).await?.len();
        ensure!(events == 3, "{events} events of {of:?} where 3 were applied");
    }
    let events = kit.events(EventsOf::Tenant(&other), 10).await?.len();
    ensure!(events == 0, "{events} events of a tenant without an applied commit");
    let due = kit.due(at(100), 10).await?;
    ensure!(due == [key(1)], "due are {due:?}: the alarm of the applied version is gone");
    let moved = kit.scan(&other, RecordKind::Decoy, 10).await?;
    ensure!(moved.is_empty(), "the stale commit moved the record to another tenant: {moved:?}");
    let kept = kit.scan(&first.columns.tenant, RecordKind::Account, 10).await?;
    ensure!(kept.len() == 1, "the stale commit took the record out of its tenant");
    let purged = kit.store.purge(Cutoff::new(at(500), at(-1)), 10).await?;
    ensure!(purged == 0, "the stale commit set the record's expiry: {purged} rows purged");
    Ok(())
}

pub(in super::super) async fn commit_dropped_is_whole_or_nothing(kit: Kit) -> PropertyResult {
    for polls in 0..12 {
        let base = Draft::first(polls);
        kit.put(&base).await?;
        let next = base.after().wake(Some(at(10))).events(2);
        {
            let mut call: Pin<Box<dyn Future<Output = _> + Send + '_>> =
                Box::pin(kit.store.commit(next.commit()));
            for _ in 0..polls {
                let poll = poll_fn(|context| Poll::Ready(call.as_mut().poll(context).is_ready()));
                if poll.await {
                    break;
                }
                yield_once().await;
            }
        }
        // The dropped commit may still happen, so events are read before and after the record.
        let of = EventsOf::Record(&base.record.key().clone());
        let before = kit.events(of, 10).await?.len();
        let found = kit.load(base.key()).await?;
        let applied = found.is_some_and(|record| same(&record, &next.record));
        let after = kit.events(of, 10).await?.len();
        if applied {
            ensure!(
                after == 2,
                "the record without its events ({after} of 2), dropped at poll {polls}"
            );
            let due = kit.due(at(10), 10).await?;
            ensure!(due.contains(&base.key()), "the record without its alarm");
        } else {
            ensure!(before == 0, "{before} events without their record, dropped at poll {polls}");
        }
        goes_on(&kit, &base).await?;
    }
    Ok(())
}

/// Checks that a commit succeeds whatever the dropped call left behind.
async fn goes_on(kit: &Kit, base: &Draft) -> PropertyResult {
    for _ in 0..MOST_TRIES {
        let Some(stored) = kit.load(base.key()).await? else {
            break;
        };
        let next = base.clone().versioned(stored.version()).rival(9);
        if settle(&*kit.store, &next).await? == Committed::Applied {
            return Ok(());
        }
    }
    Err(Stop::Seen("no commit succeeds after a dropped one".to_owned()))
}

pub(in super::super) async fn commit_survives_reopening(kit: Kit) -> PropertyResult {
    require(kit.fixture.durable())?;
    let Kit { fixture, store, harness } = kit;
    let draft = Draft::first(1).wake(Some(at(5))).events(2);
    put(&*store, &draft).await?;
    store.increment(&[increment(1, 3)]).await?;
    drop(store);
    let store = fixture.open().await?;
    let kit = Kit { harness, fixture, store: Arc::clone(&store) };
    let loaded = kit.load(key(1)).await?;
    ensure!(
        loaded.is_some_and(|found| same(&found, &draft.record)),
        "the record is gone after reopening"
    );
    let events = kit.events(EventsOf::Record(&key(1)), 10).await?;
    ensure!(events == draft.events, "{} of 2 events after reopening", events.len());
    let due = kit.due(at(5), 10).await?;
    ensure!(due == [key(1)], "due are {due:?} after reopening");
    let count = kit.add(increment(1, 0)).await?;
    ensure!(count == 3, "a counter of 3 is {count} after reopening");
    Ok(())
}

pub(in super::super) async fn commit_spares_what_cannot_be_read(kit: Kit) -> PropertyResult {
    let stored = Draft::first(1);
    kit.put(&stored).await?;
    require(kit.fixture.damage(&key(1)).await?)?;
    // The commit of an engine that took the record for absent. Stale and an error both refuse it.
    let outcome = kit.store.commit(stored.rival(1).expecting(None).commit()).await;
    ensure!(
        outcome.is_err() || outcome.is_ok_and(|committed| committed == Committed::Stale),
        "`Applied` over a record that exists but cannot be read"
    );
    let found = kit.store.load(&key(1)).await;
    ensure!(found.is_err(), "{found:?} for a damaged record, though no commit was applied");
    Ok(())
}

/// Checks that the draft is `Stale` and that the stored record is unchanged.
async fn refuse(kit: &Kit, draft: &Draft, stored: &Draft) -> PropertyResult {
    let outcome = kit.store.commit(draft.commit()).await?;
    ensure!(
        outcome == Committed::Stale,
        "{outcome:?} for a commit that expects {:?} while {} is stored",
        draft.expected.map(|version| version.to_string()),
        stored.record.version()
    );
    let loaded = kit.load(stored.key()).await?;
    ensure!(
        loaded.as_ref().is_some_and(|found| same(found, &stored.record)),
        "{loaded:?} after a stale commit over {:?}",
        stored.record
    );
    Ok(())
}
