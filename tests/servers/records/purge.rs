//! The damage of one wrong clock is bounded, on every store.

use std::sync::Arc;
use std::time::Duration;

use sspr::Timestamp;
use sspr::admin::Contacts;
use sspr::facts::EmailAddress;
use sspr::port::{Clock as _, RecordKind};
use sspr::testing::block_on;

use crate::records::stores::with_memory;
use crate::support::{World, email, settings};

const DAY: Duration = Duration::from_secs(86_400);

async fn events(world: &World) -> usize {
    let page = world.admin().events(None, 1_000).await.expect("read");
    page.items.len()
}

/// A store with a trail and a waiting notice, maintained in time.
async fn lived_in(under_test: &crate::records::stores::StoreUnderTest) -> World {
    let world =
        World::builder().store(Arc::clone(&under_test.store)).settings(settings()).open().await;
    for _ in 0..3 {
        world.clock.advance(DAY);
        world.deliver().await;
    }
    world.register_contacts().await;
    world.deliver().await;
    world
}

/// Another engine, whose clock is this far ahead.
async fn ahead(
    world: &World,
    under_test: &crate::records::stores::StoreUnderTest,
    by: Duration,
) -> World {
    at(world, under_test, world.clock.now().plus(by)).await
}

/// Another engine, whose clock shows this.
async fn at(
    world: &World,
    under_test: &crate::records::stores::StoreUnderTest,
    shows: Timestamp,
) -> World {
    let clock = sspr::testing::ManualClock::new(shows);
    world.beside().store(Arc::clone(&under_test.store)).clock(clock).seed(71).open().await
}

#[test]
fn a_clock_days_ahead_purges_nothing_and_is_reported() {
    for under_test in with_memory() {
        block_on(async {
            let world = lived_in(&under_test).await;
            a_decoy(&world).await;
            let before = there(&world, &under_test).await;
            for days in [8, 31, 800] {
                let wrong = ahead(&world, &under_test, days * DAY).await;
                // An hour of its work, with restarts in between.
                for _ in 0..60 {
                    let done = wrong.engine.maintain(100).await.expect("maintained");
                    assert_eq!(done.purged, 0, "{}, {days} days", under_test.name);
                    assert!(done.clock_ahead > Some(7 * DAY), "{}, {days} days", under_test.name);
                    wrong.clock.advance(Duration::from_secs(60));
                }
                nothing_is_lost(&world, &under_test, before, days).await;
            }
            // The right clock continues, and purges what has expired by it.
            world.clock.advance(Duration::from_secs(60));
            let done = world.engine.maintain(100).await.expect("maintained");
            assert_eq!((done.clock_ahead, done.failed), (None, 0), "{}", under_test.name);
        });
    }
}

/// The numbers of events and decoys that could be lost.
async fn there(
    world: &World,
    under_test: &crate::records::stores::StoreUnderTest,
) -> (usize, usize) {
    let there = (events(world).await, under_test.records(RecordKind::Decoy).await.len());
    assert!(there.0 > 0 && there.1 > 0, "{}: there is something to lose", under_test.name);
    there
}

/// Checks that every earlier decoy and event is still stored.
async fn nothing_is_lost(
    world: &World,
    under_test: &crate::records::stores::StoreUnderTest,
    (before, decoys): (usize, usize),
    days: u32,
) {
    let kept = under_test.records(RecordKind::Decoy).await.len();
    assert_eq!(kept, decoys, "{}, {days} days", under_test.name);
    assert!(events(world).await >= before, "{}, {days} days", under_test.name);
}

/// A decoy, which expires within days.
async fn a_decoy(world: &World) {
    let name = sspr::Identifier::parse("unknown@contoso.example").expect("valid");
    let reply = world.engine.reset().start(&crate::support::request(), &name).await;
    world.challenge(&reply.expect("started").ticket, &email()).await;
}

#[test]
fn a_clock_days_behind_purges_nothing_and_hides_nothing_from_the_right_one() {
    for under_test in with_memory() {
        block_on(async {
            let world = lived_in(&under_test).await;
            a_decoy(&world).await;
            let before = there(&world, &under_test).await;
            for days in [8, 800] {
                let clock = world.clock.now().minus(days * DAY);
                let wrong = at(&world, &under_test, clock).await;
                for _ in 0..60 {
                    let done = wrong.engine.maintain(100).await.expect("maintained");
                    assert_eq!(done.purged, 0, "{}, {days} days", under_test.name);
                    wrong.clock.advance(Duration::from_secs(60));
                }
                nothing_is_lost(&world, &under_test, before, days).await;
                // The times of the wrong clock do not make the right one count as ahead.
                world.clock.advance(Duration::from_secs(60));
                let done = world.engine.maintain(100).await.expect("maintained");
                assert_eq!(
                    (done.clock_ahead, done.failed),
                    (None, 0),
                    "{}, {days} days",
                    under_test.name
                );
            }
            purges_in_time(&world, &under_test).await;
            let left = under_test.records(RecordKind::Decoy).await.len();
            assert_eq!(left, 0, "{}: the decoy is past its time", under_test.name);
        });
    }
}

/// Daily maintenance by the right clock purges expired rows: a decoy 31 days after its flow, a
/// counter sooner.
async fn purges_in_time(world: &World, under_test: &crate::records::stores::StoreUnderTest) {
    let mut purged = 0;
    for _ in 0..33 {
        world.clock.advance(DAY);
        let done = world.engine.maintain(100).await.expect("maintained");
        assert_eq!(done.clock_ahead, None, "{}", under_test.name);
        purged += done.purged;
    }
    assert!(purged > 0, "{}: the right clock purges", under_test.name);
}

#[test]
fn a_clock_that_ran_ahead_and_came_back_has_destroyed_and_delayed_nothing() {
    for days in [8, 800] {
        for under_test in with_memory() {
            block_on(async {
                let world = lived_in(&under_test).await;
                a_decoy(&world).await;
                let mut contacts = Contacts::default();
                contacts.email = Some(EmailAddress::parse("other@mail.example").expect("valid"));
                let console = world.admin();
                console.supply_contacts(&world.user, &contacts).await.expect("supplied");
                let before = there(&world, &under_test).await;
                // The engine's own clock jumps, it maintains the store, and the clock is set right.
                // Deliveries fail meanwhile, so the notice waits.
                let right = world.clock.now();
                world.clock.set(right.plus(days * DAY));
                world.inbox.fail_with(Some(sspr::port::PortErrorKind::Unavailable));
                for _ in 0..30 {
                    let done = world.engine.maintain(100).await.expect("maintained");
                    assert_eq!(done.purged, 0, "{}, {days} days", under_test.name);
                    world.clock.advance(Duration::from_secs(60));
                }
                world.inbox.fail_with(None);
                world.clock.set(right.plus(Duration::from_secs(30 * 60)));
                nothing_is_lost(&world, &under_test, before, days).await;
                let sent = world.inbox.all().len();
                // The wrong clock has set the next try to days from now.
                world.clock.advance(Duration::from_secs(60));
                let due = under_test.store.due(world.clock.now(), None, 9).await.expect("read");
                assert!(due.items.is_empty(), "{}, {days} days: it is not due", under_test.name);
                world.deliver().await;
                let sent = world.inbox.all().split_off(sent);
                let notice = sent.iter().any(|message| message.notice.is_some());
                assert!(
                    notice,
                    "{}, {days} days: the notice has survived the jump",
                    under_test.name
                );
                purges_in_time(&world, &under_test).await;
            });
        }
    }
}

#[test]
fn a_clock_that_was_set_right_after_long_is_believed_in_a_day() {
    for under_test in with_memory() {
        block_on(async {
            let world = lived_in(&under_test).await;
            let before = events(&world).await;
            // The store had no maintenance for two months, and the engine is restarted.
            let later = ahead(&world, &under_test, 60 * DAY).await;
            let mut looks = 0;
            loop {
                let done = later.engine.maintain(100).await.expect("maintained");
                if done.clock_ahead.is_none() {
                    assert!(done.purged > 0, "{}", under_test.name);
                    break;
                }
                assert_eq!(done.purged, 0, "{}", under_test.name);
                looks += 1;
                later.clock.advance(Duration::from_secs(3_600));
            }
            assert!((22..=25).contains(&looks), "{}: {looks} hours", under_test.name);
            assert!(events(&later).await < before, "{}: the old trail is gone", under_test.name);
        });
    }
}

#[test]
fn a_notice_that_waits_is_delivered_by_a_clock_that_is_days_ahead() {
    for days in [8, 800] {
        for under_test in with_memory() {
            block_on(async {
                let world = lived_in(&under_test).await;
                let mut contacts = Contacts::default();
                contacts.email = Some(EmailAddress::parse("other@mail.example").expect("valid"));
                let console = world.admin();
                console.supply_contacts(&world.user, &contacts).await.expect("supplied");
                let due = under_test.store.due(Timestamp::MAX, None, 9).await.expect("read");
                assert!(!due.items.is_empty(), "{}: a notice waits", under_test.name);
                let sent = world.inbox.all().len();
                let wrong = ahead(&world, &under_test, days * DAY).await;
                wrong.deliver().await;
                let sent = world.inbox.all().split_off(sent);
                let notice = sent.iter().any(|message| message.notice.is_some());
                assert!(notice, "{}, {days} days: it was not dropped", under_test.name);
            });
        }
    }
}
