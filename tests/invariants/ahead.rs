//! Invariant 2: traces of a clock that ran ahead in a record or a ticket.

use std::time::Duration;

use sspr::Step;
use sspr::port::Clock as _;
use sspr::testing::block_on;

use crate::clocks::{DAY, HOUR, ahead, open_as};
use crate::stores::memory;
use crate::support::{MAIL, ada, email, one_gate, request};

/// Counts by a fast clock restart once, at full length, and do not refuse the owner until the fast
/// clock's time.
#[test]
fn inv02_openings_counted_by_a_clock_that_ran_ahead_age_too() {
    block_on(async {
        let under_test = memory();
        let mut settings = one_gate();
        settings.sends.live_flows = 10;
        // Each code sets one comparison aside, so that only the budget of challenges is spent.
        settings.attempts = 1;
        let world = under_test.world(settings).await;
        let (fast, _) = ahead(&under_test, &world, 10 * DAY).await;
        for number in 0..5 {
            open_as(&fast, &format!("192.0.2.{number}")).await.expect("open");
        }
        // The owner tries several times; after two days every window has passed.
        for _ in 0..8 {
            let _ = open_as(&world.engine, "198.51.100.1").await;
            world.clock.advance(6 * HOUR);
            world.deliver().await;
        }
        world.inbox.clear();
        open_as(&world.engine, "198.51.100.2").await.expect("answered");
        world.deliver().await;
        assert!(world.inbox.last_code_to(MAIL).is_some(), "refused two days later");
    });
}

/// A commit by a fast clock does not end the hold of a new address.
#[test]
fn inv02_a_clock_that_ran_ahead_ends_no_hold() {
    block_on(async {
        let under_test = memory();
        let world = under_test.world(one_gate()).await;
        let second = "ada@second.example";
        let mail = sspr::facts::EmailAddress::parse(second).expect("valid");
        world.register(sspr::method::NewMethod::email(mail), second).await;
        world.deliver().await;
        let (fast, _) = ahead(&under_test, &world, 2 * DAY).await;
        // Any commit of the fast engine.
        open_as(&fast, "192.0.2.1").await.expect("open");
        let held: sspr::Selection = {
            let option: sspr::method::ChallengeOption = "email.email.1".parse().expect("an option");
            option.into()
        };
        world.inbox.clear();
        let reply = world.start().await;
        let _ = world.engine.reset().challenge(&request(), &reply.ticket, &held).await;
        world.deliver().await;
        assert!(world.inbox.messages_to(second).is_empty(), "used before its hold was over");
    });
}

/// A flow that begins now can be viewed now, after any commits by a fast clock.
#[test]
fn inv02_a_clock_that_ran_ahead_ends_no_flow_that_begins_now() {
    block_on(async {
        let under_test = memory();
        let world = under_test.world(one_gate()).await;
        let (fast, _) = ahead(&under_test, &world, HOUR).await;
        open_as(&fast, "192.0.2.1").await.expect("open");
        let reply = world.start().await;
        let view = world.engine.reset().view(&request(), &reply.ticket).await;
        assert!(
            matches!(&view, Ok(shown) if matches!(shown.step, Step::Choose { .. })),
            "{view:?}"
        );
    });
}

/// A ticket from a clock that ran ahead does not live longer than a flow.
#[test]
fn inv02_a_ticket_from_a_clock_that_ran_ahead_buys_no_longer_life() {
    block_on(async {
        let under_test = memory();
        let world = under_test.world(one_gate()).await;
        let (fast, _) = ahead(&under_test, &world, HOUR).await;
        let reply = fast.reset().start(&request(), &ada()).await.expect("started");
        let opened = world.engine.reset().challenge(&request(), &reply.ticket, &email()).await;
        let Ok(opened) = opened else { return };
        world.deliver().await;
        let now = world.clock.now();
        let most = now.plus(Duration::from_secs(15 * 60 + 30));
        assert!(opened.expires_at <= most, "until {} at {now}", opened.expires_at);
    });
}
