//! The flows from end to end, over the memory store.
#![cfg(feature = "testing")]

use crate::support::*;
use sspr::testing::block_on;
use sspr::{Refusal, Step};

#[test]
fn a_forgotten_password_is_reset_with_two_methods() {
    block_on(async {
        let world = World::builder().settings(settings()).registered().open().await;
        let ticket = world.granted().await;
        let done = world.complete(&ticket, NEW).await.expect("reset");
        assert_eq!(done.step, Step::Done { propagated: true });
        assert!(world.password_is(NEW) && !world.password_is(OLD));
        world.deliver().await;
        let notices = world.inbox.messages_to(MAIL);
        assert!(
            notices.iter().any(|message| message.kind == "notice.password_reset"),
            "{notices:?}"
        );
        assert_eq!(world.directory.revocations(&world.tenant, &world.user).len(), 1);
        let codes = world.event_codes().await;
        assert_eq!(codes.iter().filter(|code| *code == "password_reset").count(), 1, "{codes:?}");
        // The ticket still shows that the flow is done, and sets no second password.
        let again = world.complete(&ticket, "another long password here").await;
        assert_eq!(refusal(again), Refusal::Ended);
        let shown = world.engine.reset().view(&request(), &ticket).await.expect("shown");
        assert_eq!(shown.step, Step::Done { propagated: true });
        assert!(world.password_is(NEW));
    });
}

#[test]
fn one_gate_needs_one_method() {
    block_on(async {
        let world = World::builder().settings(one_gate()).registered().open().await;
        let reply = world.start().await;
        let (reply, mail) = world.challenged(&reply.ticket, &email(), MAIL).await;
        assert_eq!(
            refusal(world.prove(&reply.ticket, &other_than(&mail)).await),
            Refusal::NotAccepted
        );
        let reply = world.prove(&reply.ticket, &mail).await.expect("proven");
        assert!(matches!(reply.step, Step::NewPassword { .. }));
        world.complete(&reply.ticket, NEW).await.expect("reset");
        assert!(world.password_is(NEW));
    });
}
