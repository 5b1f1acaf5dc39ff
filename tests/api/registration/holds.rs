//! The hold of a new address, and the method that it replaces.

use std::time::Duration;

use crate::registration::person::*;
use crate::support::*;
use sspr::Refusal;
use sspr::message::Notice;
use sspr::port::Clock as _;

const HOLD: Duration = Duration::from_secs(86_400);
const SECOND: Duration = Duration::from_secs(1);

async fn settled() -> World {
    let world = World::builder().settings(by_default()).open().await;
    let owner = password_only(&world, "owner");
    bind_mail(&world, &owner).await.expect("mail");
    bind_mobile(&world, &owner).await.expect("mobile");
    world.deliver().await;
    world.clock.advance(30 * HOLD);
    world
}

async fn method_at(world: &World, address: &str) -> Option<sspr::method::MethodId> {
    let user = with_second_factor(world, "look");
    let list = world.engine.registration().list(&request(), &user).await.expect("listed");
    let at = |one: &&sspr::method::MethodView| {
        one.destination.as_ref().is_some_and(|to| match to {
            sspr::facts::Destination::Email(mail) => mail.as_str() == address,
            sspr::facts::Destination::Phone(number) => number.as_e164() == address,
            _ => false,
        })
    };
    list.iter().find(at).map(|method| method.id.clone())
}

/// S12: a replaced method of the owner counts until the new one's hold is over.
#[tokio::test]
async fn a_method_that_is_replaced_counts_until_the_hold_of_the_new_one_is_over() {
    let world = settled().await;
    let thief = with_second_factor(&world, "thief");
    let owners = method_at(&world, MAIL).await.expect("the owner's");
    let registration = world.engine.registration();
    let reply = registration.replace(&request(), &thief, &owners, &mail_to(THEIR_MAIL)).await;
    world.deliver().await;
    let typed = code(&world.inbox.last_code_to(THEIR_MAIL).expect("a code"));
    let ticket = reply.expect("begun").ticket;
    let new = registration.confirm(&request(), &thief, &ticket, &typed).await.expect("confirmed");
    assert_eq!(new.usable_from, Some(world.clock.now().plus(HOLD)));
    let told = |kind| world.inbox.messages_to(MAIL).iter().any(|message| message.kind == kind);
    world.deliver().await;
    assert!(told(Notice::MethodReplaced { method: new.kind, at: world.clock.now() }.id()));
    world.clock.advance(HOLD - SECOND);
    assert_eq!(method_at(&world, MAIL).await.as_ref(), Some(&owners));
    assert!(passes(&world, [("email.email", MAIL), ("mobile_phone.sms", MOBILE)]).await);
    // After the hold the new method replaces the old one, also without a read.
    world.clock.advance(Duration::from_secs(3_600));
    assert_eq!(method_at(&world, MAIL).await, None);
    world.deliver().await;
    let codes = world.event_codes().await;
    assert_eq!(codes.iter().filter(|code| *code == "method_replaced").count(), 1, "{codes:?}");
    assert!(!passes(&world, [("email.email", MAIL), ("mobile_phone.sms", MOBILE)]).await);
}

/// S12: the owner's reset drops an attacker's address on hold, so that it never counts.
#[tokio::test]
async fn a_completed_reset_drops_methods_on_hold_and_tells_their_owner() {
    for replace in [false, true] {
        let world = settled().await;
        let thief = with_second_factor(&world, "thief");
        let registration = world.engine.registration();
        if replace {
            let owners = method_at(&world, MAIL).await.expect("the owner's");
            let new = mail_to(THEIR_MAIL);
            let reply = registration.replace(&request(), &thief, &owners, &new).await;
            world.deliver().await;
            let typed = code(&world.inbox.last_code_to(THEIR_MAIL).expect("a code"));
            let ticket = reply.expect("begun").ticket;
            registration.confirm(&request(), &thief, &ticket, &typed).await.expect("confirmed");
        } else {
            bind(&world, &thief, &mail_to(THEIR_MAIL), THEIR_MAIL).await.expect("bound");
        }
        assert!(method_at(&world, THEIR_MAIL).await.is_some(), "on hold");
        let ticket = world.granted().await;
        world.complete(&ticket, NEW).await.expect("reset");
        assert_eq!(method_at(&world, THEIR_MAIL).await, None);
        assert!(method_at(&world, MAIL).await.is_some(), "replace: {replace}");
        world.deliver().await;
        let told = world.inbox.messages_to(MAIL);
        assert!(told.iter().any(|message| message.kind == "notice.method_removed"), "{told:?}");
        let codes = world.event_codes().await;
        assert_eq!(codes.iter().filter(|code| *code == "method_removed").count(), 1);
        world.clock.advance(2 * HOLD);
        assert_eq!(method_at(&world, THEIR_MAIL).await, None);
    }
}

/// S20: a forgotten account registers like a new one, and the directory's address is notified and
/// has the hold to react.
#[tokio::test]
async fn a_forgotten_account_registers_as_on_the_first_day_and_waits_where_an_address_is_told() {
    for reachable in [true, false] {
        let world = settled().await;
        if !reachable {
            let silent = |facts: &mut sspr::facts::UserFacts| {
                (facts.primary_mail, facts.user_principal_name) = (None, None);
            };
            world.directory.update_user(&world.tenant, &world.user, silent).expect("known");
        }
        world.admin().forget(&world.user).await.expect("forgotten");
        world.deliver().await;
        world.inbox.clear();
        world.clock.advance(7 * HOLD);
        let user = password_only(&world, "again");
        let mail = bind(&world, &user, &mail_to(THEIR_MAIL), THEIR_MAIL).await.expect("the first");
        let waits = mail.usable_from > Some(world.clock.now());
        assert_eq!(waits, reachable);
        world.deliver().await;
        let told = world.inbox.messages_to("ada@contoso.example");
        assert_eq!(!told.is_empty(), reachable);
        let phone = bind_mobile(&world, &user).await.expect("the second");
        assert_eq!(phone.usable_from > Some(world.clock.now()), reachable);
        let more = bind_mail(&world, &user).await;
        assert_eq!(refusal(more), Refusal::SecondFactorRequired);
    }
}
