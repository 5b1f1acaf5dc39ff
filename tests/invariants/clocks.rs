//! Invariant 2: clocks that step back, and clocks that run ahead.

use std::sync::Arc;
use std::time::Duration;

use sspr::port::Clock as _;
use sspr::testing::{ManualClock, block_on};
use sspr::{Engine, Refusal, ResetTicket, Step};

use crate::stores::{StoreUnderTest, all, memory};
use crate::support::{
    MAIL, MOBILE, NEW, World, ada, code, email, one_gate, other_than, refusal, request,
    request_from, settings, sms,
};

pub(crate) const HOUR: Duration = Duration::from_secs(3_600);
pub(crate) const DAY: Duration = Duration::from_secs(86_400);

fn back(world: &World, by: Duration) {
    world.clock.set(world.clock.now().minus(by));
}

/// An engine whose clock runs ahead by this much.
pub(crate) async fn ahead(
    under_test: &StoreUnderTest,
    world: &World,
    by: Duration,
) -> (Engine, ManualClock) {
    let clock = ManualClock::new(world.clock.now().plus(by));
    let joined = world.beside().store(Arc::clone(&under_test.store)).clock(clock.clone()).seed(9);
    (joined.open().await.engine, clock)
}

pub(crate) async fn open_as(engine: &Engine, source: &str) -> Option<ResetTicket> {
    let request = request_from(source);
    let reply = engine.reset().start(&request, &ada()).await.ok()?;
    let reply = engine.reset().challenge(&request, &reply.ticket, &email()).await.ok()?;
    Some(reply.ticket)
}

async fn guess(engine: &Engine, ticket: &ResetTicket, times: usize) {
    for _ in 0..times {
        let _ = engine.reset().prove(&request(), ticket, &code("00000000")).await;
    }
}

#[test]
fn inv02_a_clock_that_steps_back_revives_no_code_and_no_grant() {
    for under_test in all() {
        block_on(async {
            let world = under_test.world(settings()).await;
            let ticket = world.granted().await;
            let open = world.start().await;
            let (open, mail) = world.challenged(&open.ticket, &email(), MAIL).await;
            back(&world, HOUR);
            assert_eq!(refusal(world.prove(&open.ticket, &mail).await), Refusal::NotAccepted);
            assert!(world.complete(&ticket, NEW).await.is_err(), "{}", under_test.name);
            // Nor when the clock is correct again.
            let other = world.start().await;
            world.challenge(&other.ticket, &email()).await;
            world.clock.advance(HOUR);
            assert_eq!(refusal(world.prove(&open.ticket, &mail).await), Refusal::NotAccepted);
            assert!(world.complete(&ticket, NEW).await.is_err(), "{}", under_test.name);
            assert!(!world.password_is(NEW), "{}", under_test.name);
        });
    }
}

#[test]
fn inv02_a_clock_that_steps_back_refills_no_window() {
    for under_test in all() {
        block_on(async {
            let world = under_test.world(one_gate()).await;
            // The first source gets five attempts and each further source one; flows end meanwhile.
            let spent = world.engine.stats().comparisons;
            for number in 1..=6 {
                let source = format!("198.51.100.{number}");
                let ticket = open_as(&world.engine, &source).await.expect("open");
                guess(&world.engine, &ticket, 5).await;
                world.clock.advance(Duration::from_secs(4 * 60));
            }
            let before = world.engine.stats().comparisons;
            assert_eq!(before - spent, 10, "{}: the day's failures are spent", under_test.name);
            // The lock lasts an hour: it holds now, still holds after the step, and restarts there.
            for (step, source) in [(HOUR, "192.0.2.3"), (2 * HOUR, "192.0.2.4")] {
                back(&world, step);
                for _ in 0..3 {
                    if let Some(ticket) = open_as(&world.engine, source).await {
                        guess(&world.engine, &ticket, 5).await;
                    }
                    world.clock.advance(Duration::from_secs(19 * 60));
                }
            }
            let compared = world.engine.stats().comparisons - before;
            assert_eq!(compared, 0, "{}: guesses gained by the clock's step", under_test.name);
        });
    }
}

/// Codes from a fast clock are void for the other engines, and no code lives longer.
#[test]
fn inv02_codes_from_a_clock_that_ran_ahead_are_void() {
    for under_test in all() {
        block_on(async {
            let world = under_test.world(one_gate()).await;
            let (fast, _) = ahead(&under_test, &world, HOUR).await;
            let ticket = open_as(&fast, "192.0.2.1").await.expect("open");
            while fast.maintain(100).await.expect("maintained").more {}
            let read = world.inbox.last_code_to(MAIL).expect("a code");
            let answer = world.prove(&ticket, &read).await;
            assert_eq!(refusal(answer), Refusal::NotAccepted, "{}", under_test.name);
            // The owner's next flow works at once.
            let reply = world.start().await;
            let (reply, read) = world.challenged(&reply.ticket, &sms(), MOBILE).await;
            let reply = world.prove(&reply.ticket, &read).await.expect("proven");
            world.complete(&reply.ticket, NEW).await.expect("reset");
        });
    }
}

#[test]
fn inv02_skew_within_the_limit_is_obeyed() {
    block_on(async {
        let under_test = memory();
        let world = under_test.world(one_gate()).await;
        let (fast, _) = ahead(&under_test, &world, Duration::from_secs(29)).await;
        let ticket = open_as(&fast, "192.0.2.1").await.expect("open");
        while fast.maintain(100).await.expect("maintained").more {}
        let read = world.inbox.last_code_to(MAIL).expect("a code");
        let reply = world.prove(&ticket, &read).await.expect("within the skew");
        assert!(matches!(reply.step, Step::NewPassword { .. }));
    });
}

/// A lock from a fast clock does not last until that clock's time, but restarts at full length.
#[test]
fn inv02_a_lock_from_a_clock_that_ran_ahead_restarts_at_full_length() {
    block_on(async {
        let under_test = memory();
        let mut settings = one_gate();
        // Fewer failures than by default, so that one code locks; the window is over before the lock.
        settings.failures.anonymous = sspr::policy::Rate::new(5, Duration::from_secs(60));
        let world = under_test.world(settings).await;
        let (fast, _) = ahead(&under_test, &world, 10 * DAY).await;
        let ticket = open_as(&fast, "192.0.2.1").await.expect("open");
        guess(&fast, &ticket, 5).await;
        // Another method is free: the commit of its challenge corrects the stamps.
        let reply = world.start().await;
        let (_, _) = world.challenged(&reply.ticket, &sms(), MOBILE).await;
        let compared = world.engine.stats().comparisons;
        let ticket = open_as(&world.engine, "192.0.2.2").await.expect("silent");
        guess(&world.engine, &ticket, 1).await;
        assert_eq!(world.engine.stats().comparisons, compared, "closed for now");
        world.clock.advance(HOUR + Duration::from_secs(61));
        let ticket = open_as(&world.engine, "192.0.2.2").await.expect("open");
        guess(&world.engine, &ticket, 1).await;
        assert_eq!(world.engine.stats().comparisons, compared + 1, "one hour, and no more");
    });
}

/// An expired flow stays expired: its absolute lifetime runs from `start`.
#[test]
fn inv02_a_flow_ends_with_its_absolute_life() {
    for under_test in all() {
        block_on(async {
            let world = under_test.world(settings()).await;
            let first = world.start().await;
            let (reply, text) = world.challenged(&first.ticket, &sms(), MOBILE).await;
            world.clock.advance(Duration::from_secs(9 * 60));
            let reply = world.prove(&reply.ticket, &text).await.expect("proven");
            let (reply, mail) = world.challenged(&reply.ticket, &email(), MAIL).await;
            world.clock.advance(Duration::from_secs(5 * 60 + 59));
            let reply = world.prove(&reply.ticket, &mail).await.expect("proven");
            assert_eq!(reply.expires_at, first.expires_at, "{}", under_test.name);
            world.clock.advance(Duration::from_secs(1));
            assert_eq!(refusal(world.complete(&reply.ticket, NEW).await), Refusal::Ended);
            let view = world.engine.reset().view(&request(), &reply.ticket).await;
            assert_eq!(refusal(view), Refusal::Ended, "{}", under_test.name);
            world.deliver().await;
            assert_eq!(under_test.count("flow_ended").await, 1, "{}", under_test.name);
            let wrong = other_than(&mail);
            assert!(world.prove(&reply.ticket, &wrong).await.is_err());
        });
    }
}
