//! Time, restarts and old handles: V21, V23, V24, V28.

use std::time::Duration;

use sspr::port::Cutoff;
use sspr::port::Store;
use sspr::{Policy, Refusal, SecretText, Step, Timestamp};

use crate::people::*;
use crate::stores::StoreKind;
use crate::support::*;

on_every_store!(v23_a_restart_or_a_purge_revives_nothing);
in_memory!(
    v21_a_code_ends_at_its_time,
    v21_no_lifetime_means_never,
    v21_a_clock_that_steps_back_revives_and_refills_nothing,
    v21_what_a_wrong_clock_locked_opens_again,
    v21_time_does_not_overflow,
    v24_earlier_tickets_rewind_nothing,
    v28_a_grant_ends_and_is_used_once,
);

/// V21: a code is accepted until one millisecond before its end, and refused from its end on.
async fn v21_a_code_ends_at_its_time(_kind: &StoreKind) {
    for (late, counts) in [(-1_i64, true), (0, false), (1, false)] {
        let world = World::builder().settings(one_gate()).open().await;
        let person = settle(&world, 1).await;
        let reply = opened(&world.engine, &source(1), &person.name, &email()).await;
        world.deliver().await;
        let right = world.inbox.last_code_to(&person.mail).expect("a code");
        let end = Timestamp::from_unix_seconds(START).plus(10 * MINUTE).unix_millis();
        world.clock.set(Timestamp::from_unix_millis(end + late));
        let ticket = reply.expect("opened").ticket;
        let answer = try_code(&world.engine, &source(1), &ticket, &right).await;
        assert_eq!(answer.is_ok(), counts, "{late} ms: {answer:?}");
    }
}

/// V21: a lifetime of zero does not mean "never".
async fn v21_no_lifetime_means_never(_kind: &StoreKind) {
    for (field, change) in [
        ("lifetimes.flow", 0),
        ("lifetimes.grant", 1),
        ("lifetimes.email_code", 2),
        ("lifetimes.phone_code", 3),
    ] {
        for span in [Duration::ZERO, Duration::MAX] {
            let mut settings = settings();
            let lifetimes = &mut settings.lifetimes;
            *[
                &mut lifetimes.flow,
                &mut lifetimes.grant,
                &mut lifetimes.email_code,
                &mut lifetimes.phone_code,
            ][change] = span;
            let error = Policy::new(settings).expect_err("refused");
            assert!(error.faults().iter().any(|fault| fault.field() == field), "{field}: {error}");
        }
    }
}

/// V21: after a clock steps back, what has expired stays expired and what is spent stays spent.
async fn v21_a_clock_that_steps_back_revives_and_refills_nothing(_kind: &StoreKind) {
    for back in [Duration::from_secs(20), HOUR, 3 * DAY] {
        // Roomy, so that the guesses end at the account's budget and not at a limit of the callers.
        let world = World::builder().settings(roomy(one_gate())).open().await;
        let person = settle(&world, 1).await;
        let spent = settle(&world, 2).await;
        assert_eq!(exhaust(&world, &spent.name, &email(), 10).await, 10);
        let reply = opened(&world.engine, &source(1), &person.name, &email()).await;
        let ticket = reply.expect("opened").ticket;
        world.deliver().await;
        let right = world.inbox.last_code_to(&person.mail).expect("a code");
        world.clock.advance(10 * MINUTE);
        // Another caller's step stores the later time in the record.
        opened(&world.engine, &source(2), &person.name, &sms()).await.expect("opened");
        let now = Timestamp::from_unix_seconds(START).plus(10 * MINUTE);
        world.clock.set(now.minus(back));
        let answer = try_code(&world.engine, &source(1), &ticket, &right).await;
        assert_eq!(refusal(answer), Refusal::NotAccepted, "{back:?}");
        // At this clock the methods are not usable yet, so another caller's flow is a decoy's.
        exhaust(&world, &spent.name, &email(), 10).await;
        assert_eq!(counted(&events_of(&world, &spent.id).await), 10, "{back:?}");
    }
    // Nor does a clock that had jumped ahead before.
    // Roomy, so that the guesses end at the account's budget and not at a limit of the callers.
    let world = World::builder().settings(roomy(one_gate())).open().await;
    let person = settle(&world, 1).await;
    world.clock.advance(400 * DAY);
    assert_eq!(exhaust(&world, &person.name, &email(), 10).await, 10);
    world.clock.set(Timestamp::from_unix_seconds(START));
    exhaust(&world, &person.name, &email(), 10).await;
    assert_eq!(counted(&events_of(&world, &person.id).await), 10);
}

/// V21: a clock that jumps ahead and comes back leaves no lock until the later date: windows and
/// locks restart once, at full length.
async fn v21_what_a_wrong_clock_locked_opens_again(_kind: &StoreKind) {
    // Roomy, so that the guesses end at the account's budget and not at a limit of the callers.
    let world = World::builder().settings(roomy(one_gate())).open().await;
    let person = settle(&world, 1).await;
    world.clock.advance(400 * DAY);
    assert_eq!(exhaust(&world, &person.name, &email(), 10).await, 10);
    world.clock.set(Timestamp::from_unix_seconds(START));
    exhaust(&world, &person.name, &email(), 10).await;
    assert_eq!(counted(&events_of(&world, &person.id).await), 10);
    world.deliver().await;
    world.clock.advance(2 * DAY);
    exhaust(&world, &person.name, &email(), 10).await;
    assert_eq!(counted(&events_of(&world, &person.id).await), 20);
}

/// V21: at the smallest and largest times nothing panics, and no expired code is accepted.
async fn v21_time_does_not_overflow(_kind: &StoreKind) {
    for end in [Timestamp::MAX, Timestamp::from_unix_millis(i64::MIN), Timestamp::EPOCH] {
        let world = World::builder().settings(one_gate()).open().await;
        let person = settle(&world, 1).await;
        let reply = opened(&world.engine, &source(1), &person.name, &email()).await;
        let ticket = reply.expect("opened").ticket;
        world.deliver().await;
        let right = world.inbox.last_code_to(&person.mail).expect("a code");
        world.clock.set(end);
        let answer = try_code(&world.engine, &source(1), &ticket, &right).await;
        assert!(answer.is_err(), "{end:?}");
        let reply = world.engine.reset().start(&source(1), &person.name).await.expect("started");
        let _ = world.engine.reset().challenge(&source(1), &reply.ticket, &email()).await;
        let _ = world.engine.maintain(100).await;
    }
}

/// V23: after a restart and after a purge, used and superseded codes stay void and live codes stay
/// valid.
async fn v23_a_restart_or_a_purge_revives_nothing(stores: &StoreKind) {
    for live in [true, false] {
        let under_test = stores.empty();
        // Roomy, so that the guesses end at the account's budget and not at a limit of the callers.
        let world =
            World::builder().store(under_test.open()).settings(roomy(settings())).open().await;
        let (request, person) = (source(1), settle(&world, 1).await);
        let first = opened(&world.engine, &request, &person.name, &email()).await.expect("opened");
        world.deliver().await;
        let old = world.inbox.last_code_to(&person.mail).expect("a code");
        world.clock.advance(MINUTE);
        let reset = world.engine.reset();
        let again = reset.challenge(&request, &first.ticket, &email()).await.expect("resent");
        world.deliver().await;
        let right = world.inbox.last_code_to(&person.mail).expect("a code");
        let used = async |world: &World| {
            let reply = try_code(&world.engine, &request, &again.ticket, &right).await;
            reply.expect("proven").ticket
        };
        let mut ticket = if live { None } else { Some(used(&world).await) };

        // A new engine, a new handle on the store, and a purge of all expired rows.
        let world = world.beside().store(under_test.open()).seed(99).open().await;
        let store = under_test.open();
        let now = sspr::port::Clock::now(&world.clock);
        store.purge(Cutoff::new(now, now), 10_000).await.expect("purged");
        world.engine.maintain(100).await.expect("maintained");

        let dead = try_code(&world.engine, &request, &again.ticket, &old).await;
        assert_eq!(refusal(dead), Refusal::NotAccepted, "superseded");
        let ticket = match ticket.take() {
            Some(ticket) => ticket,
            None => used(&world).await,
        };
        let dead = try_code(&world.engine, &request, &ticket, &right).await;
        assert_eq!(refusal(dead), Refusal::NotAccepted, "used");
        // The rest of the budget is the same: ten, less the wrong guess, less the attempts that the
        // answered code keeps for repetitions (three, or two if the guess was at that code).
        let left = exhaust(&world, &person.name, &email(), 10).await;
        assert_eq!(left, if live { 6 } else { 7 });
        // A purge far in the future still keeps the run of failures, which never decays.
        world.clock.advance(100 * DAY);
        let now = sspr::port::Clock::now(&world.clock);
        store.purge(Cutoff::new(now, now), 10_000).await.expect("purged");
        let again = try_code(&world.engine, &request, &ticket, &right).await;
        assert_eq!(refusal(again), Refusal::NotAccepted);
        assert!(!events_free(&*store).await, "the account still exists");
    }
}

/// Whether the store has no account any more.
async fn events_free(store: &dyn Store) -> bool {
    let page =
        store.scan(&tenant(), sspr::port::RecordKind::Account, None, 10).await.expect("scanned");
    page.items.is_empty()
}

/// V24: an earlier ticket restores neither attempts nor state, and a ticket is invalid without the
/// store.
async fn v24_earlier_tickets_rewind_nothing(_kind: &StoreKind) {
    // Roomy, so that each earlier ticket can ask for a challenge.
    let world = World::builder().settings(roomy(settings())).open().await;
    let (request, person) = (source(1), settle(&world, 1).await);
    let start = world.engine.reset().start(&request, &person.name).await.expect("started");
    let reset = world.engine.reset();
    let opened = reset.challenge(&request, &start.ticket, &email()).await.expect("opened");
    world.deliver().await;
    let right = world.inbox.last_code_to(&person.mail).expect("a code");
    for n in 0..50 {
        let ticket = if n % 2 == 0 { &start.ticket } else { &opened.ticket };
        guess(&world.engine, &request, ticket, 1).await;
    }
    assert_eq!(world.engine.stats().comparisons, 5);
    let late = try_code(&world.engine, &request, &start.ticket, &right).await;
    assert_eq!(refusal(late), Refusal::NotAccepted);

    // After a proof the previous ticket is refused by `view`, `challenge` and `complete`. The same
    // correct code gets the same reply, at most three times.
    world.clock.advance(MINUTE);
    let again = reset.challenge(&request, &start.ticket, &email()).await.expect("resent");
    world.deliver().await;
    let right = world.inbox.last_code_to(&person.mail).expect("a code");
    let proven = try_code(&world.engine, &request, &again.ticket, &right).await.expect("proven");
    for ticket in [&start.ticket, &again.ticket] {
        assert_eq!(refusal(reset.view(&request, ticket).await), Refusal::TicketReplaced);
        let answer = reset.challenge(&request, ticket, &sms()).await;
        assert_eq!(refusal(answer), Refusal::TicketReplaced);
        let answer = reset.complete(&request, ticket, &SecretText::from(NEW)).await;
        assert!(answer.is_err());
    }
    for n in 0..5 {
        let repeat = try_code(&world.engine, &request, &again.ticket, &right).await;
        if n < 3 {
            let repeat = repeat.expect("*the same reply");
            assert_eq!(repeat.ticket.expose_secret(), proven.ticket.expose_secret());
            assert_eq!(repeat.step, proven.step);
        } else {
            assert_eq!(refusal(repeat), Refusal::NotAccepted);
        }
    }
    let events = events_of(&world, &person.id).await;
    assert_eq!(count(&events, "method_proven"), 1);
    assert_eq!(count(&events, "proof_repeated"), 3);

    let empty = World::builder().settings(settings()).open().await;
    let elsewhere = try_code(&empty.engine, &request, &proven.ticket, &right).await;
    assert_eq!(refusal(elsewhere), Refusal::NotAccepted);
    assert_eq!(empty.engine.stats().comparisons, 0);
}

/// V28: a grant ends when it expires, with its first use, and with the completion of another flow.
async fn v28_a_grant_ends_and_is_used_once(_kind: &StoreKind) {
    let world = World::builder().settings(settings()).registered().open().await;
    let ticket = world.granted().await;
    let other = world.start().await;
    assert_eq!(refusal(world.complete(&other.ticket, NEW).await), Refusal::MoreProofNeeded);
    world.clock.advance(10 * MINUTE);
    assert_eq!(refusal(world.complete(&ticket, NEW).await), Refusal::Ended);
    assert!(world.password_is(OLD));

    world.clock.advance(DAY);
    let ticket = world.granted().await;
    world.clock.advance(10 * MINUTE - Duration::from_millis(1));
    let done = world.complete(&ticket, NEW).await.expect("just in time");
    assert_eq!(done.step, Step::Done { propagated: true });
    // The finished flow may be viewed again; a second password is not written.
    for password in [NEW, "another long password here"] {
        assert_eq!(refusal(world.complete(&ticket, password).await), Refusal::Ended);
        let view = world.engine.reset().view(&request(), &ticket).await.expect("shown");
        assert_eq!(view.step, Step::Done { propagated: true });
    }
    assert!(world.password_is(NEW));
    assert_eq!(world.directory.writes(&world.tenant, &world.user).len(), 1);

    // Of two live grants one is used; the other then belongs to a past epoch.
    world.clock.advance(DAY);
    let (one, two) = (world.granted().await, world.granted().await);
    world.complete(&one, "first of the two passwords").await.expect("reset");
    assert_eq!(
        refusal(world.complete(&two, "second of two passwords").await),
        Refusal::MoreProofNeeded
    );
    assert!(world.password_is("first of the two passwords"));
}
