//! The short-lived keys that are still needed.

use std::sync::Arc;
use std::time::Duration;

use sspr::maintenance::ShortKeysInUse;
use sspr::port::Clock as _;
use sspr::testing::block_on;
use sspr::{Engine, Policy, ResetTicket, Timestamp};

use crate::records::keys::{address, identifier, supplied, user, with_keys};
use crate::records::rotation::{DROP, ISSUE, VERIFY, linked, world};
use crate::records::stores::all;
use crate::support::{NEW, World, code, email, request, tenant};

const LIFE: Duration = Duration::from_secs(15 * 60);
/// Twice the allowed difference between the clocks of engines.
const SKEW: Duration = Duration::from_secs(60);

pub(crate) async fn counted(engine: &Engine, limit: usize) -> ShortKeysInUse {
    let mut used = engine.short_keys_in_use(&tenant(), None, limit).await.expect("counted");
    while let Some(cursor) = used.next.clone() {
        let page = engine.short_keys_in_use(&tenant(), Some(&cursor), limit).await;
        used.add(page.expect("counted"));
    }
    used
}

async fn opened(world: &World, engine: &Engine, name: &str) -> ResetTicket {
    supplied(world, name).await;
    let reset = engine.reset();
    let ticket = reset.start(&request(), &identifier(name)).await.expect("started").ticket;
    reset.challenge(&request(), &ticket, &email()).await.expect("open").ticket
}

/// `may_drop` is no while a code, a waiting message, or a ticket alone needs the key.
#[test]
fn a_key_may_be_dropped_when_nothing_needs_it() {
    for under_test in all() {
        block_on(async {
            let world = world(&under_test).await;
            let before = with_keys(&world, &under_test.store, VERIFY, 11).await;
            let issue = with_keys(&world, &under_test.store, ISSUE, 12).await;
            // Its message still waits.
            opened(&world, &before, "bob").await;
            let issued_until = world.clock.now();
            let used = counted(&issue, 1).await;
            assert_eq!((used.accounts, used.flows), (1, 1), "{}", under_test.name);
            let needs = used.keys.get(&1).expect("needed");
            assert_eq!((needs.flows, needs.challenges), (1, 1), "{}", under_test.name);
            assert_eq!(used.oldest_flow, Some(issued_until), "{}", under_test.name);
            assert_eq!(used.flow_life, LIFE, "{}", under_test.name);
            assert!(!used.may_drop(1, issued_until) && !used.may_drop(1, Timestamp::EPOCH));
            assert!(used.may_drop(3, Timestamp::EPOCH), "no account uses the key");
            let last = LIFE + SKEW - Duration::from_millis(1);
            world.clock.advance(last);
            opened(&world, &issue, "eve").await;
            // No code of this key is live, but a ticket might be.
            let used = counted(&issue, 1).await;
            assert!(!used.keys.contains_key(&1) && used.keys[&2].flows == 1, "{used:?}");
            assert!(!used.may_drop(1, issued_until), "{}: {used:?}", under_test.name);
            world.clock.advance(Duration::from_millis(1));
            let used = counted(&issue, 1).await;
            assert!(used.may_drop(1, issued_until), "{}: {used:?}", under_test.name);
            assert!(!used.may_drop(2, issued_until), "{}", under_test.name);
        });
    }
}

/// A policy with shorter flows does not shorten those under way: each needs its key to its end, as
/// does the page of a completed flow.
#[test]
fn flows_with_a_longer_life_keep_their_key() {
    for done in [false, true] {
        for under_test in all() {
            block_on(async {
                let mut settings = linked();
                settings.lifetimes.flow = LIFE * 2;
                let world = World::builder()
                    .store(Arc::clone(&under_test.store))
                    .settings(settings.clone())
                    .open()
                    .await;
                let before = with_keys(&world, &under_test.store, VERIFY, 11).await;
                let ticket = opened(&world, &before, "bob").await;
                if done {
                    while before.maintain(100).await.expect("maintained").more {}
                    let typed = world.inbox.last_code_to(&address("bob")).expect("a code");
                    let reset = before.reset();
                    let reply = reset.prove(&request(), &ticket, &code(&typed)).await;
                    let ticket = reply.expect("proven").ticket;
                    reset.complete(&request(), &ticket, &NEW.into()).await.expect("reset");
                }
                let issued_until = world.clock.now();
                settings.lifetimes.flow = LIFE;
                let policy = Policy::new(settings).expect("sound");
                let by = world.admin();
                by.put_policy(&policy, Some(1)).await.expect("put");
                world.clock.advance(LIFE + SKEW);
                let used = counted(&before, 9).await;
                assert!(!used.keys.contains_key(&1), "its code is dead: {used:?}");
                assert!(!used.may_drop(1, issued_until), "{}: {used:?}", under_test.name);
                // The slowest clock counts.
                world.clock.advance(LIFE - SKEW / 2 - Duration::from_millis(1));
                let used = counted(&before, 9).await;
                assert!(!used.may_drop(1, issued_until), "{}: {used:?}", under_test.name);
                world.clock.advance(Duration::from_millis(1));
                let used = counted(&before, 9).await;
                assert!(used.may_drop(1, issued_until), "{}: {used:?}", under_test.name);
            });
        }
    }
}

/// A count without all accounts allows no drop.
#[test]
fn a_count_with_a_missing_page_drops_no_key() {
    for under_test in all() {
        block_on(async {
            let world = world(&under_test).await;
            let engine = with_keys(&world, &under_test.store, ISSUE, 12).await;
            for name in ["bob", "eve", "dan"] {
                supplied(&world, name).await;
            }
            let page = |after: Option<sspr::port::Cursor>| {
                let engine = engine.clone();
                async move {
                    let page = engine.short_keys_in_use(&tenant(), after.as_ref(), 1).await;
                    page.expect("counted")
                }
            };
            let first = page(None).await;
            let second = page(first.next.clone()).await;
            let third = page(second.next.clone()).await;
            assert!(first.next.is_some() && third.next.is_none(), "{}", under_test.name);
            let sum = |pages: &[&ShortKeysInUse]| {
                let (first, others) = pages.split_first().expect("a page");
                let mut sum = (*first).clone();
                others.iter().for_each(|page| sum.add((*page).clone()));
                (sum.accounts, sum.may_drop(1, Timestamp::EPOCH))
            };
            assert_eq!(sum(&[&first, &second, &third]), (3, true), "{}", under_test.name);
            assert_eq!(sum(&[&first]), (1, false), "the rest is missing");
            assert_eq!(sum(&[&first, &second]), (2, false), "the last is missing");
            assert_eq!(sum(&[&second, &third]), (2, false), "the first is missing");
            assert_eq!(sum(&[&third]), (1, false), "only the last is there");
            assert_eq!(sum(&[&first, &third]), (2, false), "one between is missing");
            assert_eq!(sum(&[&first, &second, &second, &third]), (4, false), "one came twice");
            // Pages from another process, as after a restart.
            let other = with_keys(&world, &under_test.store, DROP, 13).await;
            let mut kept = first.clone();
            while let Some(cursor) = kept.next.clone() {
                let page = other.short_keys_in_use(&tenant(), Some(&cursor), 0).await;
                kept.add(page.expect("a page of none is one of one"));
            }
            assert_eq!((kept.accounts, kept.may_drop(1, Timestamp::EPOCH)), (3, true));
            under_test.edit(&user("eve"), |body| body["min_reader"] = 2.into()).await;
            let used = counted(&engine, 2).await;
            assert_eq!(used.unreadable.len(), 1, "{}", under_test.name);
            assert!(!used.may_drop(1, Timestamp::EPOCH), "{}: eve's is not known", under_test.name);
        });
    }
}
