//! The parts of the contract that the kit cannot test: locks, positions, texts.

use std::collections::BTreeSet;
use std::future::{Future as _, poll_fn};
use std::pin::pin;
use std::task::Poll;

use sspr::port::{Commit, Committed, EventsOf, PortErrorKind, Store};
use sspr::port::{Record, Version};

use crate::postgres_store::support::{
    Fixture, apply, columns, count, event, key, kind, record, runtime, step, tenant, wait,
};
use crate::servers::wait_for;

#[test]
fn a_position_is_taken_from_the_newest_head_not_from_the_one_that_was_seen() {
    let fixture = Fixture::new();
    let (store, raw) = (fixture.open(), fixture.raw());
    apply(&store, 1, 1);
    raw.run("BEGIN; UPDATE event_head SET last = last + 5 WHERE shard = 1");
    let commit = {
        let store = store.clone();
        runtime().spawn(async move { step(&store, 1, 2).await })
    };
    let watch = fixture.raw();
    wait_for("the wait for the head", || (watch.waiting("transactionid") != "0").then_some(()));
    raw.run("COMMIT");
    assert_eq!(wait(commit).unwrap().unwrap(), Committed::Applied);
    assert_eq!(watch.one("SELECT string_agg(seq::text, ',' ORDER BY seq) FROM event"), "1,2,8,9");
    assert_eq!(watch.one("SELECT last FROM event_head"), "9");
}

#[test]
fn a_commit_that_waited_for_another_and_lost_leaves_no_event_and_takes_no_position() {
    let fixture = Fixture::new();
    let (store, raw) = (fixture.open(), fixture.raw());
    apply(&store, 1, 1);
    raw.run("BEGIN; UPDATE record SET version_count = 7 WHERE shard = 1");
    let commit = {
        let store = store.clone();
        runtime().spawn(async move { step(&store, 1, 2).await })
    };
    let watch = fixture.raw();
    wait_for("the wait for the record", || (watch.waiting("transactionid") != "0").then_some(()));
    raw.run("COMMIT");
    assert_eq!(wait(commit).unwrap().unwrap(), Committed::Stale);
    assert_eq!(watch.one("SELECT count(*) FROM event"), "2");
    assert_eq!(watch.one("SELECT last FROM event_head"), "2");
}

#[test]
fn a_commit_that_is_made_again_adds_no_event() {
    let fixture = Fixture::new();
    let store = fixture.open();
    apply(&store, 1, 1);
    apply(&store, 1, 2);
    assert_eq!(wait(step(&store, 1, 1)).unwrap(), Committed::Stale);
    assert_eq!(wait(step(&store, 1, 2)).unwrap(), Committed::Stale);
    let page = wait(store.events(EventsOf::Record(&key(1)), None, 9)).unwrap();
    assert_eq!(page.items.len(), 4);
}

#[test]
fn a_lost_head_stops_commits_and_gives_no_position_twice() {
    let fixture = Fixture::new();
    let (store, raw) = (fixture.open(), fixture.raw());
    apply(&store, 1, 1);
    raw.run("DELETE FROM event_head");
    assert_eq!(kind(wait(step(&store, 1, 2))), PortErrorKind::Corrupt);
    assert_eq!(count(&store, 1), Some(1));
}

/// Wherever it is dropped, the commit happens as a whole or not at all, and the one connection
/// serves the next call outside of any transaction.
#[test]
fn a_call_that_is_dropped_is_whole_or_nothing_and_leaves_its_connection_usable() {
    let fixture = Fixture::new();
    let store = fixture.open_with(fixture.options().with_connections(1));
    let watch = fixture.raw();
    apply(&store, 1, 1);
    let mut seen = BTreeSet::new();
    let mut last = 1;
    for polls in 0..12 {
        let done = wait(async {
            let (mut commit, mut left) = (pin!(step(&store, 1, last + 1)), polls);
            poll_fn(|context| match left {
                0 => Poll::Ready(false),
                _ => {
                    left -= 1;
                    commit.as_mut().poll(context).map(|answer| answer.is_ok())
                }
            })
            .await
        });
        let found = count(&store, 1).unwrap();
        assert!(found == last || found == last + 1, "{found} after {last}");
        assert!(!done || found == last + 1, "an answered commit is there");
        seen.insert(found - last);
        last = found;
        let events = wait(store.events(EventsOf::Record(&key(1)), None, 99)).unwrap();
        assert_eq!(events.items.len() as u64, 2 * last, "after {polls} polls");
        // The server marks a session as idle after its reply, so this waits. A session left in a
        // transaction never becomes idle.
        wait_for("the session to be idle, outside of any transaction", || {
            (watch.states() == "idle").then_some(())
        });
    }
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), [0, 1], "both were seen");
}

#[test]
fn a_text_that_the_server_cannot_store_unchanged_is_refused() {
    let fixture = Fixture::new();
    let store = fixture.open();
    let columns = columns();
    for body in ["a\0b".to_owned(), "x".repeat(2 << 20)] {
        let next = Record::loaded(key(1), Version::new(1, 1), body);
        let commit = Commit::new(&next, None, &columns, &[]);
        assert_eq!(kind(wait(store.commit(commit))), PortErrorKind::Denied);
    }
    let next = record(1, 1);
    let foreign = [event(&record(2, 1), 0, 5)];
    let commit = Commit::new(&next, None, &columns, &foreign);
    assert_eq!(kind(wait(store.commit(commit))), PortErrorKind::Denied);
    assert_eq!(count(&store, 1), None);
}

#[test]
fn the_events_of_a_tenant_come_from_every_bucket_once() {
    let fixture = Fixture::new();
    let store = fixture.open();
    for number in 0..40 {
        apply(&store, number, 1);
    }
    for limit in [1, 3, 7, 100] {
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let of = EventsOf::Tenant(&tenant());
            let page = wait(store.events(of, after.as_ref(), limit)).unwrap();
            assert!(page.items.len() <= limit);
            let Some(next) = page.next else { break };
            assert!(next.as_str().len() <= 256);
            seen.extend(page.items.into_iter().map(|event| event.id));
            after = Some(next);
        }
        assert_eq!(seen.len(), 80, "limit {limit}");
        assert_eq!(seen.into_iter().collect::<BTreeSet<_>>().len(), 80, "limit {limit}");
    }
}
