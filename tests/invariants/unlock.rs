//! Invariants 12 to 14 for unlocks, which have the same steps as a reset and no password.

use std::time::Duration;

use sspr::facts::{UserFacts, WriteOutcome};
use sspr::testing::{FaultPlan, Faulty, InjectedFault, block_on, poll_until_stalled};
use sspr::{Engine, Error, Refusal, Step, UnlockTicket};

use crate::every::{count, every, locked_out, unlock_with, world};
use crate::stores::{StoreUnderTest, all, memory, secret};
use crate::support::{
    MAIL, MOBILE, NEW, OLD, World, ada, code, email, refusal, request, request_from, sms,
};

const MAYBE: &str = "notice.account_may_have_been_unlocked";
const SURE: &str = "notice.account_unlocked";

async fn proven(world: &World, source: &str) -> UnlockTicket {
    let (unlock, request) = (world.engine.unlock(), request_from(source));
    let reply = unlock.start(&request, &ada()).await.expect("started");
    let reply = unlock.challenge(&request, &reply.ticket, &email()).await.expect("challenged");
    world.deliver().await;
    let typed = code(&world.inbox.last_code_to(MAIL).expect("a code"));
    unlock.prove(&request, &reply.ticket, &typed).await.expect("proven").ticket
}

fn told(world: &World, kind: &str) -> [usize; 2] {
    [MAIL, MOBILE].map(|address| {
        let all = world.inbox.messages_to(address);
        all.iter().filter(|message| message.kind == kind).count()
    })
}

/// Checks that only the lockout has changed.
async fn kept_the_password(under_test: &StoreUnderTest, world: &World) {
    assert!(world.password_is(OLD), "{}", under_test.name);
    let revoked = world.directory.revocations(&world.tenant, &world.user);
    assert!(revoked.is_empty(), "{}: sessions ended", under_test.name);
    assert!(world.directory.writes(&world.tenant, &world.user).is_empty(), "{}", under_test.name);
    let body = under_test.body().await;
    assert_eq!(body.get("write"), None, "{}: an unsettled write", under_test.name);
    let revoke = body["outbox"].to_string().contains("revoke");
    assert!(!revoke, "{}: a revocation waits", under_test.name);
}

/// Inv. 14: an unknown outcome is notified as such, and the repetition makes one event.
#[test]
fn inv14_an_unlock_of_unknown_outcome_is_told_and_repeated() {
    for under_test in all() {
        for written in [true, false] {
            let under_test = crate::stores::fresh(&under_test);
            block_on(async {
                let world = world(&under_test, 1).await;
                let ticket = proven(&world, "203.0.113.7").await;
                let epoch = under_test.body().await["epoch"].clone();
                if written {
                    world.directory.script_indeterminate_written();
                } else {
                    world.directory.script_outcome(WriteOutcome::Indeterminate);
                }
                let unlock = world.engine.unlock();
                let open = unlock.complete(&request(), &ticket).await;
                assert!(matches!(open, Err(Error::Fault(_))), "{}: {open:?}", under_test.name);
                world.deliver().await;
                assert_eq!(told(&world, MAYBE), [1, 1], "{}", under_test.name);
                let done = unlock.complete(&request(), &ticket).await.expect("repeated");
                assert_eq!(done.step, Step::Done { propagated: true });
                let third = unlock.complete(&request(), &ticket).await;
                assert_eq!(refusal(third), Refusal::Ended, "{}", under_test.name);
                world.clock.advance(Duration::from_secs(90));
                world.deliver().await;
                let events = world.event_codes().await;
                assert_eq!(count(&events, "account_unlocked"), 1, "{}", under_test.name);
                assert_eq!(count(&events, "directory_write_unsettled"), 1, "{}", under_test.name);
                assert_eq!(told(&world, SURE), [1, 1], "{}", under_test.name);
                let unlocks = world.directory.unlocks(&world.tenant, &world.user);
                assert_eq!(unlocks.len(), 1, "{}: {unlocks:?}", under_test.name);
                assert_eq!(under_test.body().await["epoch"], epoch, "{}", under_test.name);
                kept_the_password(&under_test, &world).await;
            });
        }
    }
}

/// An engine over the same ports, one of which fails.
async fn breaking(under_test: &StoreUnderTest, world: &World, plan: &FaultPlan) -> Engine {
    let of_directory = plan.clone();
    let joined = world
        .beside()
        .store(Faulty::new(under_test.store.clone(), plan.clone()))
        .seed(11)
        .directory(|directory| Faulty::new(directory, of_directory));
    joined.open().await.engine
}

/// Inv. 14: if the process ends before or after any call, the owner of an unlocked account is
/// notified, and the same ticket can finish the unlock.
#[test]
fn inv14_an_unlock_that_dies_anywhere_is_told() {
    let mut opened = 0;
    for fault in [InjectedFault::HangBefore, InjectedFault::HangAfter] {
        for n in 0..40 {
            let under_test = memory();
            let calls = block_on(async {
                let world = world(&under_test, 1).await;
                let ticket = proven(&world, "203.0.113.7").await;
                let plan = FaultPlan::none();
                let engine = breaking(&under_test, &world, &plan).await;
                let before = plan.calls();
                drop(plan.clone().at(before + n, fault));
                {
                    let (unlock, request) = (engine.unlock(), request());
                    let mut complete = Box::pin(unlock.complete(&request, &ticket));
                    if poll_until_stalled(complete.as_mut()).is_some() {
                        return plan.calls() - before;
                    }
                }
                // The deadline passes without a call.
                world.clock.advance(Duration::from_secs(60));
                world.deliver().await;
                let unlocks = world.directory.unlocks(&world.tenant, &world.user).len();
                let heard = [told(&world, MAYBE), told(&world, SURE)];
                if unlocks > 0 {
                    opened += 1;
                    let notified_once = heard == [[1, 1], [0, 0]] || heard == [[0, 0], [1, 1]];
                    assert!(notified_once, "call {n}, {fault:?}: told {heard:?}");
                }
                kept_at_most_a_write(&under_test).await;
                // A settled unlock is done; any other is finished by its own ticket.
                let done = world.engine.unlock().complete(&request(), &ticket).await;
                assert!(done.is_ok() || heard[1] == [1, 1], "call {n}, {fault:?}: {done:?}");
                world.deliver().await;
                let events = world.event_codes().await;
                assert_eq!(count(&events, "account_unlocked"), 1, "call {n}: {events:?}");
                assert_eq!(told(&world, SURE), [1, 1], "call {n}, {fault:?}");
                kept_the_password(&under_test, &world).await;
                0
            });
            if calls > 0 {
                assert!(calls >= 6 && n >= calls, "{calls} calls, and not all of them failed");
                break;
            }
            assert!(n < 39, "there are more calls than failed ones");
        }
    }
    assert!(opened >= 3, "{opened}: the directory was never reached");
}

async fn kept_at_most_a_write(under_test: &StoreUnderTest) {
    let body = under_test.body().await;
    let state = body.get("write").map(|write| write["state"].clone());
    let settled = state.is_none_or(|state| state == "unsettled");
    assert!(settled, "a write in flight after its deadline: {body}");
}

/// Inv. 12: an unlock voids no other flow, with any outcome, unless the directory changes the
/// change stamp with it.
#[test]
fn inv12_an_unlock_leaves_other_flows_alone() {
    for outcome in [None, Some(true), Some(false)] {
        for under_test in all() {
            block_on(async {
                let mut settings = every(2);
                settings.sends.live_flows = 10;
                let world = locked_out().store(under_test.store.clone()).settings(settings);
                let world = world.open().await;
                let untracked = |facts: &mut UserFacts| facts.change_stamp = None;
                let known = world.directory.update_user(&world.tenant, &world.user, untracked);
                known.expect("known");
                world.register_contacts().await;
                // A reset with one of two proofs, by text.
                let reset = world.start().await;
                let (reset, text) = world.challenged(&reset.ticket, &sms(), MOBILE).await;
                let reset = world.prove(&reset.ticket, &text).await.expect("proven");
                let epoch = under_test.body().await["epoch"].clone();
                let mut tickets = Vec::new();
                for source in ["198.51.100.1", "198.51.100.2"] {
                    world.clock.advance(Duration::from_secs(61));
                    tickets.push(granted(&world, source).await);
                }
                match outcome {
                    Some(true) => world.directory.script_indeterminate_written(),
                    Some(false) => world.directory.script_outcome(WriteOutcome::Indeterminate),
                    None => {}
                }
                let unlock = world.engine.unlock();
                let first = unlock.complete(&request(), &tickets[0]).await;
                assert_eq!(first.is_ok(), outcome.is_none(), "{}: {first:?}", under_test.name);
                world.deliver().await;
                // Another unlock settles the first one's open outcome.
                unlock.complete(&request(), &tickets[1]).await.expect("unlocked");
                assert_eq!(
                    under_test.body().await["epoch"],
                    epoch,
                    "{}: {outcome:?}",
                    under_test.name
                );
                let (reset, mail) = world.challenged(&reset.ticket, &email(), MAIL).await;
                let reset = world.prove(&reset.ticket, &mail).await.expect("the flow stays live");
                world.complete(&reset.ticket, NEW).await.expect("reset");
                assert!(world.password_is(NEW), "{}: {outcome:?}", under_test.name);
            });
        }
    }
}

/// A grant to unlock, by mail and text.
async fn granted(world: &World, source: &str) -> UnlockTicket {
    let (unlock, request) = (world.engine.unlock(), request_from(source));
    let ticket = proven(world, source).await;
    let reply = unlock.challenge(&request, &ticket, &sms()).await.expect("challenged");
    world.deliver().await;
    let typed = code(&world.inbox.last_code_to(MOBILE).expect("a code"));
    let reply = unlock.prove(&request, &reply.ticket, &typed).await.expect("proven");
    assert!(matches!(reply.step, Step::ConfirmUnlock { .. }), "{:?}", reply.step);
    reply.ticket
}

/// Inv. 2: an unlock lowers no counter, also none that a reset would clear.
#[test]
fn inv02_an_unlock_lowers_no_counter() {
    for under_test in all() {
        block_on(async {
            let mut settings = every(1);
            settings.clear_counters_on_reset = true;
            settings.acknowledged.insert(sspr::policy::Deviation::CountersClearedOnReset);
            let world = locked_out().store(under_test.store.clone()).settings(settings);
            let world = world.registered().open().await;
            let reply = unlock_with(&world, "mobile_phone.sms.0").await;
            for _ in 0..3 {
                let wrong = code("000000");
                let _ = world.engine.unlock().prove(&request(), &reply.ticket, &wrong).await;
            }
            let ticket = proven(&world, "198.51.100.1").await;
            let before = under_test.body().await;
            world.engine.unlock().complete(&request(), &ticket).await.expect("unlocked");
            let after = under_test.body().await;
            assert!(
                before["budgets"].to_string().len() > 100,
                "{}: nothing counted",
                under_test.name
            );
            for field in ["budgets", "sends", "epoch", "methods", "devices"] {
                assert_eq!(before[field], after[field], "{}: {field}", under_test.name);
            }
        });
    }
}

/// Inv. 4: tickets and codes of an unlock are refused in a reset and a change.
#[test]
fn inv04_a_ticket_to_unlock_sets_no_password() {
    block_on(async {
        let under_test = memory();
        let world = world(&under_test, 1).await;
        let ticket = proven(&world, "203.0.113.7").await;
        let text = ticket.expose_secret();
        let reset = sspr::ResetTicket::parse(text).expect("the tickets have one form");
        let change = sspr::ChangeTicket::parse(text).expect("the tickets have one form");
        let foreign = |error| matches!(error, Error::Invalid(sspr::InvalidInput::Foreign { .. }));
        assert!(foreign(world.complete(&reset, NEW).await.expect_err("not its own")));
        let changed = world.engine.change().complete(&request(), &change, &secret(NEW)).await;
        assert!(foreign(changed.expect_err("not its own")));
        assert!(world.password_is(OLD));
    });
}
