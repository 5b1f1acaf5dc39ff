//! Each method from enrolment to proof, and each flow from its start to its end.
#![cfg(feature = "testing")]

use std::time::Duration;

use crate::support::*;
use sspr::method::Prompt;
use sspr::policy::LinkBase;
use sspr::port::Clock as _;
use sspr::{Attempt, MethodKind, PolicySettings, Refusal, SecretText, Selection, Step};

const BASE: &str = "https://id.contoso.example/reset#";

/// Settings with every method and two required gates.
fn all() -> PolicySettings {
    let mut settings = settings();
    settings.users.methods = accepted_kinds();
    settings.link = Some(LinkBase::parse(BASE).expect("sound"));
    settings.unlock_without_reset = true;
    settings.notifications.administrator_roles =
        [sspr::RoleId::parse("Global Administrator").expect("valid")].into();
    settings
}

fn option(text: &str) -> Selection {
    Selection::parse(text).expect("an option")
}

async fn world(required: u8) -> World {
    let mut settings = all();
    settings.users.required = required;
    if required == 1 {
        // With one gate the policy must allow fewer guesses.
        settings.failures.consecutive = 15;
    }
    World::builder().settings(settings).registered().open().await
}

#[tokio::test]
async fn an_authenticator_app_is_a_gate() {
    let world = world(2).await;
    let token = world.enrol_app().await;
    world.clock.advance(Duration::from_secs(60));
    let reply = world.start().await;
    let app = option("authenticator_app");
    let reply = world.challenge(&reply.ticket, &app).await;
    let Step::Enter { format, .. } = &reply.step else { panic!("{:?}", reply.step) };
    assert_eq!(format.length, 6);
    let typed = token.code(world.clock.now());
    let wrong = world.prove(&reply.ticket, &other_than(&typed)).await;
    assert_eq!(refusal(wrong), Refusal::NotAccepted);
    let reply = world.prove(&reply.ticket, &typed).await.expect("proven");
    let (reply, text) = world.challenged(&reply.ticket, &sms(), MOBILE).await;
    let reply = world.prove(&reply.ticket, &text).await.expect("proven");
    let done = world.complete(&reply.ticket, NEW).await.expect("reset");
    assert_eq!(done.step, Step::Done { propagated: true });
    assert!(world.password_is(NEW));
}

#[tokio::test]
async fn a_recovery_code_is_a_gate_and_is_replaced() {
    let world = world(2).await;
    let codes = world.create_recovery_codes().await;
    assert_eq!(codes.len(), 10);
    let reply = world.start().await;
    let reply = world.challenge(&reply.ticket, &option("recovery_code")).await;
    let reply = world.prove(&reply.ticket, &codes[3].to_lowercase()).await.expect("proven");
    let (reply, text) = world.challenged(&reply.ticket, &sms(), MOBILE).await;
    let reply = world.prove(&reply.ticket, &text).await.expect("proven");
    let done = world.complete(&reply.ticket, NEW).await.expect("reset");
    assert!(done.replace_recovery_code);
    let reset = world.engine.reset();
    let fresh = reset.replace_recovery_code(&request(), &done.ticket).await.expect("another");
    assert!(!codes.contains(&fresh.expose_secret().to_owned()));
    reset.acknowledge_recovery_code(&request(), &done.ticket).await.expect("kept");
    let view = reset.view(&request(), &done.ticket).await.expect("done");
    assert!(!view.replace_recovery_code);
    let methods =
        world.engine.registration().list(&request(), &world.signed_in()).await.expect("listed");
    let set = methods.iter().find(|method| method.kind == MethodKind::RecoveryCode).expect("there");
    assert_eq!(set.codes_left, Some(10));
    // The used code is refused, the new one is accepted.
    for (typed, accepted) in [(codes[3].as_str(), false), (fresh.expose_secret(), true)] {
        world.clock.advance(Duration::from_secs(3_600));
        let reply = world.start().await;
        let reply = world.challenge(&reply.ticket, &option("recovery_code")).await;
        assert_eq!(world.prove(&reply.ticket, typed).await.is_ok(), accepted, "{typed}");
    }
}

#[tokio::test]
async fn a_link_is_a_gate_with_the_ticket_and_without() {
    for elsewhere in [false, true] {
        let world = world(1).await;
        let reply = world.start().await;
        let reply = world.challenge(&reply.ticket, &option("email.link")).await;
        assert!(matches!(reply.step, Step::OpenLink { .. }), "{:?}", reply.step);
        world.deliver().await;
        let url = world.inbox.last_link_to(MAIL).expect("a link");
        assert!(url.starts_with(BASE), "{url}");
        let link = Attempt::link(&url).expect("a link");
        let reset = world.engine.reset();
        let proven = if elsewhere {
            reset.redeem_link(&request(), &ada(), &link).await
        } else {
            reset.prove(&request(), &reply.ticket, &link).await
        };
        let proven = proven.expect("proven");
        assert!(matches!(proven.step, Step::NewPassword { .. }), "{:?}", proven.step);
        world.complete(&proven.ticket, NEW).await.expect("reset");
        assert!(world.password_is(NEW));
    }
}

#[tokio::test]
async fn what_the_host_verifies_is_a_gate() {
    let world = world(2).await;
    world.passkey.give(&world.user);
    let reply = world.start().await;
    let reply = world.challenge(&reply.ticket, &option("passkey")).await;
    assert!(matches!(reply.step, Step::Respond { .. }), "{:?}", reply.step);
    let page = reply.page.as_deref().expect("a page");
    let other = Attempt::response(SecretText::from("anything")).expect("bounded");
    let reset = world.engine.reset();
    let wrong = reset.prove(&request(), &reply.ticket, &other).await;
    assert_eq!(refusal(wrong), Refusal::NotAccepted);
    let response = Attempt::response(world.passkey.response(&world.user, page)).expect("bounded");
    let reply = reset.prove(&request(), &reply.ticket, &response).await.expect("proven");
    let (reply, text) = world.challenged(&reply.ticket, &sms(), MOBILE).await;
    let reply = world.prove(&reply.ticket, &text).await.expect("proven");
    world.complete(&reply.ticket, NEW).await.expect("reset");
    assert!(world.password_is(NEW));
}

#[tokio::test]
async fn an_unlock_keeps_the_password() {
    let world = world(1).await;
    world
        .directory
        .update_user(&world.tenant, &world.user, |facts| facts.locked_out = Some(true))
        .expect("known");
    let unlock = world.engine.unlock();
    let reply = unlock.start(&request(), &ada()).await.expect("started");
    let reply = unlock.challenge(&request(), &reply.ticket, &email()).await.expect("sent");
    world.deliver().await;
    let typed = world.inbox.last_code_to(MAIL).expect("a code");
    let reply = unlock.prove(&request(), &reply.ticket, &code(&typed)).await.expect("proven");
    assert!(matches!(reply.step, Step::ConfirmUnlock { .. }), "{:?}", reply.step);
    let done = unlock.complete(&request(), &reply.ticket).await.expect("unlocked");
    assert_eq!(done.step, Step::Done { propagated: true });
    assert!(world.password_is(OLD));
    world.deliver().await;
    let told = world.inbox.messages_to(MAIL);
    assert_eq!(told.last().map(|message| message.kind), Some("notice.account_unlocked"));
}

#[tokio::test]
async fn a_change_needs_the_present_password() {
    let world = world(1).await;
    let (change, user) = (world.engine.change(), world.signed_in());
    let wrong = change.start(&request(), &user, &SecretText::from("a wrong password")).await;
    assert_eq!(refusal(wrong), Refusal::NotAccepted);
    let reply = change.start(&request(), &user, &SecretText::from(OLD)).await.expect("right");
    assert!(matches!(reply.step, Step::NewPassword { .. }), "{:?}", reply.step);
    let short = change.complete(&request(), &reply.ticket, &SecretText::from("short")).await;
    assert!(matches!(refusal(short), Refusal::Password(_)));
    let done = change.complete(&request(), &reply.ticket, &SecretText::from(NEW)).await;
    assert_eq!(done.expect("changed").step, Step::Done { propagated: true });
    assert!(world.password_is(NEW));
    world.deliver().await;
    let told = world.inbox.messages_to(MAIL);
    assert_eq!(told.last().map(|message| message.kind), Some("notice.password_changed"));
}

#[tokio::test]
async fn the_prompt_asks_what_is_missing() {
    let mut settings = all();
    settings.users.required = 2;
    let world = World::builder().settings(settings).open().await;
    let registration = world.engine.registration();
    let prompt =
        async || registration.prompt(&request(), &world.signed_in()).await.expect("read").ask;
    assert_eq!(prompt().await, Prompt::Register);
    registration.skip(&request(), &world.signed_in()).await.expect("later");
    assert_eq!(prompt().await, Prompt::Nothing);
    world.register_contacts().await;
    world.clock.advance(Duration::from_secs(181 * 86_400));
    let session = sspr::method::SignInContext::new("another", world.clock.now());
    let again = sspr::SignedIn::vouch(world.tenant.clone(), world.user.clone(), session);
    let asked = registration.prompt(&request(), &again).await.expect("read").ask;
    assert_eq!(asked, Prompt::Reconfirm);
    registration.reconfirm(&request(), &again).await.expect("still right");
    assert_eq!(registration.prompt(&request(), &again).await.expect("read").ask, Prompt::Nothing);
    world
        .directory
        .update_user(&world.tenant, &world.user, |facts| facts.password_expired = Some(true))
        .expect("known");
    let asked = registration.prompt(&request(), &again).await.expect("read").ask;
    assert_eq!(asked, Prompt::ChangePassword);
}

#[tokio::test]
async fn a_step_is_used_up_across_purposes() {
    let world = world(1).await;
    let token = world.enrol_app().await;
    let now = token.code(world.clock.now());
    let sign_in = world.engine.authenticator();
    let again = sign_in.verify(&request(), &world.user, &code(&now)).await;
    assert_eq!(refusal(again), Refusal::NotAccepted, "the enrolment has consumed it");
    world.clock.advance(Duration::from_secs(30));
    let next = token.code(world.clock.now());
    sign_in.verify(&request(), &world.user, &code(&next)).await.expect("the next one");
    let reply = world.start().await;
    let reply = world.challenge(&reply.ticket, &option("authenticator_app")).await;
    let replayed = world.prove(&reply.ticket, &next).await;
    assert_eq!(refusal(replayed), Refusal::NotAccepted, "the sign-in has consumed it");
}

#[tokio::test]
async fn an_administrator_initiates_a_reset_and_learns_nothing() {
    let world = world(1).await;
    let admin = world.admin();
    admin.initiate_reset(&world.user).await.expect("asked");
    world.deliver().await;
    let url = world.inbox.last_link_to(MAIL).expect("a link");
    let link = Attempt::link(&url).expect("a link");
    let reply = world.engine.reset().redeem_link(&request(), &ada(), &link).await;
    world.complete(&reply.expect("redeemed").ticket, NEW).await.expect("reset");
    let why = admin.explain(&world.user).await.expect("explained");
    assert_eq!(why.reason, None);
    assert_eq!(why.account.methods, [MethodKind::Email, MethodKind::MobilePhone]);
    admin.revoke_methods(&world.user).await.expect("revoked");
    let why = admin.explain(&world.user).await.expect("explained");
    assert_eq!(why.reason, Some(sspr::error::SsprReason::TooFewMethods));
    let asked = world.engine.registration().prompt(&request(), &world.signed_in()).await;
    assert_eq!(asked.expect("read").ask, Prompt::Register);
    admin.forget(&world.user).await.expect("forgotten");
}
