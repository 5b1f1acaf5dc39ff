//! `events`.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::audit::{ActorKind, Event, EventId};
use crate::conformance::kit::{Kit, PropertyResult, Stop, ensure, require, settle};
use crate::conformance::race::{Racer, race};
use crate::conformance::sample::{Draft, at, key, raced, tenant};
use crate::port::{
    Committed, Cursor, Cutoff, EventsOf, PortErrorKind, PortResult, RecordKey, Store,
};
use crate::testing::yield_once;
use crate::{InvalidInput, TenantId, Timestamp, UserId};

pub(in super::super) async fn events_come_back_as_given(kit: Kit) -> PropertyResult {
    let odd = "Zo\u{eb} e\u{301} \u{1f5dd}\u{fe0f} '; DROP TABLE events; -- \" \\ \u{202e}";
    let user = UserId::parse(odd).map_err(|error: InvalidInput| Stop::Seen(error.to_string()))?;
    let mut draft = Draft::first(1).events(3);
    for event in &mut draft.events {
        event.actor = ActorKind::Administrator(odd.to_owned());
        event.source = Some(odd.to_owned());
        event.user = Some(user.clone());
    }
    // Before 1970, and the last representable instant.
    for (event, at) in
        draft.events.iter_mut().zip([Timestamp::from_unix_millis(-1), Timestamp::MAX])
    {
        event.at = at;
    }
    kit.put(&draft).await?;
    for of in [EventsOf::Record(&key(1)), EventsOf::Tenant(&tenant("kit"))] {
        let found = kit.events(of, 10).await?;
        ensure!(found == draft.events, "{found:?} for {:?}", draft.events);
    }
    Ok(())
}

pub(in super::super) async fn events_of_a_record_are_in_order(kit: Kit) -> PropertyResult {
    let mut draft = Draft::first(1).events(12);
    let mut written: Vec<EventId> = Vec::new();
    // More than nine, where numbers stored as text sort wrongly; meanwhile the clock steps back.
    for step in 0..12 {
        kit.put(&draft).await?;
        written.extend(draft.events.iter().map(|event| event.id));
        kit.put(&Draft::first(100 + step).events(1)).await?;
        draft = draft.after().events_at(2, at(-10 * (1 + step).cast_signed()));
    }
    for limit in [1, 5, 1000, usize::MAX] {
        let found = kit.events(EventsOf::Record(&key(1)), limit).await?;
        let ids: Vec<EventId> = found.iter().map(|event| event.id).collect();
        ensure!(ids == written, "out of order or incomplete, by pages of {limit}: {ids:?}");
        // The tenant's listing has other events between them, but the same order.
        let all = kit.events(EventsOf::Tenant(&tenant("kit")), limit).await?;
        let own: Vec<EventId> =
            all.iter().map(|event| event.id).filter(|id| id.record == key(1)).collect();
        ensure!(
            own == written,
            "out of order in the tenant's listing, by pages of {limit}: {own:?}"
        );
    }
    Ok(())
}

pub(in super::super) async fn events_keep_owners_apart(kit: Kit) -> PropertyResult {
    let ids = ["a", "aa", "A", "a%", "a "];
    for (n, id) in (0..).zip(ids) {
        kit.put(&Draft::first(n).of(&tenant(id)).events(2)).await?;
    }
    for (n, id) in (0..).zip(ids) {
        for limit in [1, 100] {
            for of in [EventsOf::Record(&key(n)), EventsOf::Tenant(&tenant(id))] {
                let found = kit.events(of, limit).await?;
                let own = found.iter().filter(|event| event.id.record == key(n)).count();
                ensure!(
                    (own, found.len()) == (2, 2),
                    "{own} own of {} events of {of:?}",
                    found.len()
                );
            }
        }
    }
    Ok(())
}

pub(in super::super) async fn events_tell_damaged_from_absent(kit: Kit) -> PropertyResult {
    for n in 0..3 {
        kit.put(&Draft::first(n).events(1)).await?;
    }
    require(kit.fixture.damage_event(&key(1)).await?)?;
    for of in [EventsOf::Record(&key(1)), EventsOf::Tenant(&tenant("kit"))] {
        match kit.store.events(of, None, 10).await {
            Err(error) if error.kind() == PortErrorKind::Corrupt => {}
            Err(error) => return Err(error.into()),
            Ok(page) => {
                let many = page.items.len();
                ensure!(false, "{many} events and no error, with one of them damaged");
            }
        }
    }
    Ok(())
}

pub(in super::super) async fn events_can_be_read_on_from_the_end(kit: Kit) -> PropertyResult {
    let kit_tenant = tenant("kit");
    for of in [EventsOf::Record(&key(1)), EventsOf::Tenant(&kit_tenant)] {
        let empty = kit.store.events(of, None, 10).await?;
        ensure!(empty.items.is_empty() && empty.next.is_none(), "{empty:?} from an empty trail");
    }
    let mut draft = Draft::first(1).events(3);
    let mut cursors: [Option<Cursor>; 2] = [None, None];
    for round in 0..4 {
        kit.put(&draft).await?;
        let owners = [EventsOf::Record(&key(1)), EventsOf::Tenant(&kit_tenant)];
        for (of, cursor) in owners.into_iter().zip(&mut cursors) {
            let mut found = Vec::new();
            loop {
                let page = kit.store.events(of, cursor.as_ref(), 2).await?;
                ensure!(page.items.len() <= 2, "{} events of at most 2", page.items.len());
                let (filled, next) = (!page.items.is_empty(), page.next.is_some());
                ensure!(filled == next, "items on the page: {filled}, a cursor: {next}");
                if page.items.is_empty() {
                    break;
                }
                found.extend(page.items);
                *cursor = page.next;
            }
            ensure!(
                found == draft.events,
                "{} of {} new events, read from a cursor at the old end, in round {round}",
                found.len(),
                draft.events.len()
            );
        }
        // Positions that restart once the trail is empty would fall behind the cursor.
        if round > 0 {
            kit.store.purge(Cutoff::new(at(-1), Timestamp::MAX), 100).await?;
        }
        draft = draft.after().events(3);
    }
    Ok(())
}

pub(in super::super) async fn events_skip_none_while_writers_commit(kit: Kit) -> PropertyResult {
    const WRITERS: usize = 3;
    const STEPS: u64 = 12;
    let rounds = kit.harness.rounds().div_ceil(5);
    let done: Vec<_> = (0..rounds).map(|_| Arc::new(AtomicUsize::new(0))).collect();
    let store = Arc::clone(&kit.store);
    let task = move |round: usize, actor: usize| -> Racer<PropertyResult> {
        let (store, done) = (Arc::clone(&store), Arc::clone(&done[round]));
        let owner = tenant(&format!("kit-{round}"));
        if actor == 0 {
            return Box::pin(async move {
                let read = tail(&*store, &owner, &done, WRITERS).await?;
                all_once(&read, WRITERS as u64 * STEPS * 2)
            });
        }
        let key = raced(round)((round * WRITERS + actor) as u64);
        let first = Draft::of_key(key).of(&owner).events(2);
        Box::pin(async move {
            let written = write(&*store, first, STEPS).await;
            done.fetch_add(1, Ordering::SeqCst);
            Ok(written?)
        })
    };
    race(&kit, rounds, WRITERS + 1, task).await?.into_iter().flatten().collect()
}

pub(super) async fn write(store: &dyn Store, mut draft: Draft, steps: u64) -> PortResult<()> {
    for _ in 0..steps {
        if settle(store, &draft).await? == Committed::Applied {
            draft = draft.after().events(2);
        }
        yield_once().await;
    }
    Ok(())
}

/// Follows the trail until all writers are done and no event is left.
pub(super) async fn tail(
    store: &dyn Store,
    owner: &TenantId,
    done: &AtomicUsize,
    writers: usize,
) -> PropertyResult<Vec<Event>> {
    let mut read = Vec::new();
    let mut cursor: Option<Cursor> = None;
    loop {
        // Loaded before the page: events of a writer that was done by then must be visible.
        let last = done.load(Ordering::SeqCst) == writers;
        let page = store.events(EventsOf::Tenant(owner), cursor.as_ref(), 3).await?;
        if page.items.is_empty() && last {
            return Ok(read);
        }
        read.extend(page.items);
        cursor = page.next.or(cursor);
        yield_once().await;
    }
}

pub(super) fn all_once(read: &[Event], total: u64) -> PropertyResult {
    let mut last: BTreeMap<RecordKey, EventId> = BTreeMap::new();
    for event in read {
        let before = last.insert(event.id.record, event.id);
        ensure!(
            before.is_none_or(|before| before < event.id),
            "{:?} after {before:?}: out of order or repeated",
            event.id
        );
    }
    let many = read.len();
    ensure!(many as u64 == total, "{many} of {total} events, read while writers committed");
    Ok(())
}
