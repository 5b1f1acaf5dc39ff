//! Invariants 1 and 4: what a replaced ticket may still do.

use std::time::Duration;

use sspr::Refusal;
use sspr::port::Clock as _;
use sspr::testing::block_on;

use crate::every::{again, count, every, link_to, option, reset_with, world};
use crate::stores::all;
use crate::support::{MAIL, MOBILE, NEW, World, code, refusal, request, sms};

/// Inv. 1: the same correct code with the previous ticket gets the same reply, for every kind of
/// method.
#[test]
fn inv01_a_lost_answer_is_given_again_for_a_recovery_code() {
    for under_test in all() {
        block_on(async {
            let world = world(&under_test, 2).await;
            let codes = world.create_recovery_codes().await;
            let before = reset_with(&world, "recovery_code").await;
            let first = world.prove(&before.ticket, &codes[0]).await.expect("proven");
            let same = world.prove(&before.ticket, &codes[0]).await.expect("the same reply");
            assert_eq!(first.ticket.expose_secret(), same.ticket.expose_secret());
            // Another code of the set does not repeat the reply.
            let other = world.prove(&before.ticket, &codes[1]).await;
            assert_eq!(refusal(other), Refusal::NotAccepted, "{}", under_test.name);
            let events = world.event_codes().await;
            assert_eq!(count(&events, "recovery_code_used"), 1, "{}", under_test.name);
            assert_eq!(count(&events, "method_proven"), 1, "{}", under_test.name);
        });
    }
}

/// Inv. 1: right answers are one proof, and other answers with the previous ticket are none.
#[test]
fn inv01_a_lost_answer_is_given_again_for_questions() {
    for under_test in all() {
        block_on(async {
            let world = world(&under_test, 2).await;
            world.set_questions().await;
            let before = reset_with(&world, "security_questions").await;
            let right = || World::answers(&before.step);
            let reset = world.engine.reset();
            let first = reset.prove(&request(), &before.ticket, &right()).await.expect("proven");
            let same = reset.prove(&request(), &before.ticket, &right()).await.expect("repeated");
            assert_eq!(first.ticket.expose_secret(), same.ticket.expose_secret());
            let asked = World::questions(&before.step).into_iter();
            let wrong = sspr::Attempt::answers(asked.map(|id| (id, "another".into())));
            let other = reset.prove(&request(), &before.ticket, &wrong.expect("formed")).await;
            assert_eq!(refusal(other), Refusal::NotAccepted, "{}", under_test.name);
            let events = world.event_codes().await;
            assert_eq!(count(&events, "method_proven"), 1, "{}", under_test.name);
        });
    }
}

/// Inv. 1: a step that repeated a reply without being consumed could be used a second time.
#[test]
fn inv01_another_step_repeats_no_proof() {
    for under_test in all() {
        block_on(async {
            let world = world(&under_test, 2).await;
            let token = world.enrol_app().await;
            world.clock.advance(Duration::from_secs(60));
            let before = reset_with(&world, "authenticator_app").await;
            let now = token.code(world.clock.now());
            let first = world.prove(&before.ticket, &now).await.expect("proven");
            let same = world.prove(&before.ticket, &now).await.expect("the same reply");
            assert_eq!(first.ticket.expose_secret(), same.ticket.expose_secret());
            world.clock.advance(Duration::from_secs(30));
            let next = token.code(world.clock.now());
            let other = world.prove(&before.ticket, &next).await;
            assert_eq!(refusal(other), Refusal::NotAccepted, "{}", under_test.name);
            let sign_in = world.engine.authenticator();
            let signed_in = sign_in.verify(&request(), &world.user, &code(&next)).await;
            signed_in.expect("not used before");
        });
    }
}

/// Inv. 4: a ticket from before a proof gets no recovery code from the flow that it began.
#[test]
fn inv04_a_replaced_ticket_gets_no_recovery_code() {
    for under_test in all() {
        block_on(async {
            let world = world(&under_test, 2).await;
            let codes = world.create_recovery_codes().await;
            let early = reset_with(&world, "recovery_code").await;
            let reply = world.prove(&early.ticket, &codes[0]).await.expect("proven");
            let between = again(&reply.ticket);
            let (reply, text) = world.challenged(&reply.ticket, &sms(), MOBILE).await;
            let reply = world.prove(&reply.ticket, &text).await.expect("proven");
            let done = world.complete(&reply.ticket, NEW).await.expect("reset");
            let reset = world.engine.reset();
            for stale in [&early.ticket, &between] {
                let taken = reset.replace_recovery_code(&request(), stale).await;
                assert!(
                    taken.is_err(),
                    "{}: a recovery code for a replaced ticket",
                    under_test.name
                );
            }
            reset.replace_recovery_code(&request(), &done.ticket).await.expect("the owner's");
            for stale in [&early.ticket, &between] {
                let result = reset.acknowledge_recovery_code(&request(), stale).await;
                assert!(
                    result.is_err(),
                    "{}: acknowledged with a replaced ticket",
                    under_test.name
                );
            }
            reset.acknowledge_recovery_code(&request(), &done.ticket).await.expect("kept");
        });
    }
}

/// Inv. 4: after its link was redeemed without it, a ticket cannot complete the flow.
#[test]
fn inv04_a_ticket_whose_link_was_redeemed_elsewhere_is_dead() {
    for under_test in all() {
        block_on(async {
            let world = world(&under_test, 1).await;
            let begun = reset_with(&world, "email.link").await;
            let link = link_to(&world, MAIL).await;
            let reset = world.engine.reset();
            let ada = crate::support::ada();
            let redeemed = reset.redeem_link(&request(), &ada, &link).await.expect("redeemed");
            assert!(reset.prove(&request(), &begun.ticket, &link).await.is_err());
            assert!(world.complete(&begun.ticket, NEW).await.is_err());
            reset.cancel(&request(), &begun.ticket).await.expect("disclosed to no other ticket");
            let _ = reset.challenge(&request(), &begun.ticket, &option("email.link")).await;
            world.complete(&redeemed.ticket, NEW).await.expect("the redeemer's");
            let device = reset.remember_device(&request(), &begun.ticket).await;
            assert_eq!(refusal(device), Refusal::Ended, "{}", under_test.name);
            reset.remember_device(&request(), &redeemed.ticket).await.expect("the redeemer's");
        });
    }
}

/// The widest policy, which other tests use, is valid.
#[test]
fn inv19_the_widest_policy_is_accepted_and_kept() {
    for under_test in all() {
        block_on(async {
            let world =
                World::builder().store(under_test.store.clone()).settings(every(2)).open().await;
            let actor = crate::support::admin();
            let stored = world
                .engine
                .admin(&world.tenant, &actor)
                .policy()
                .await
                .expect("read")
                .expect("put");
            assert_eq!(stored.policy.settings(), &every(2), "{}", under_test.name);
        });
    }
}
