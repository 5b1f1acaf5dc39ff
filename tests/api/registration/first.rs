//! The first registration: in each order, in two tabs, and interrupted.

use std::time::Duration;

use crate::registration::person::*;
use crate::support::*;
use sspr::admin::Contacts;
use sspr::facts::EmailAddress;
use sspr::method::{MethodView, NewAuthenticator, OathParameters, Prompt};
use sspr::testing::SoftToken;
use sspr::{MethodKind, Refusal, SignedIn};

const MAIL_AND_TEXT: [(&str, &str); 2] = [("email.email", MAIL), ("mobile_phone.sms", MOBILE)];

async fn prompt(world: &World, user: &SignedIn) -> Prompt {
    world.engine.registration().prompt(&request(), user).await.expect("read").ask
}

/// D1: the default policy, and a sign-in that is never more than a password.
#[tokio::test]
async fn a_host_without_mfa_registers_two_methods_in_one_sitting() {
    for mail_first in [true, false] {
        let world = World::builder().settings(by_default()).open().await;
        let user = password_only(&world, "first");
        assert_eq!(prompt(&world, &user).await, Prompt::Register);
        if mail_first {
            bind_mail(&world, &user).await.expect("the first");
            bind_mobile(&world, &user).await.expect("the second");
        } else {
            bind_mobile(&world, &user).await.expect("the first");
            bind_mail(&world, &user).await.expect("the second");
        }
        assert_eq!(registered(&world, &user).await, (true, true));
        assert_eq!(prompt(&world, &user).await, Prompt::Nothing);
        world.clock.advance(Duration::from_secs(61));
        assert!(passes(&world, MAIL_AND_TEXT).await, "mail first: {mail_first}");
        let ticket = {
            world.clock.advance(Duration::from_secs(3_600));
            world.granted().await
        };
        world.complete(&ticket, NEW).await.expect("reset");
        assert!(world.password_is(NEW));
    }
}

/// D1: methods in hand are registered like those with sent codes, in each order.
#[tokio::test]
async fn any_two_kinds_of_method_complete_a_first_registration_by_password_alone() {
    for order in [["app", "mail"], ["mail", "app"], ["codes", "mobile"], ["app", "codes"]] {
        let world = World::builder().settings(with_devices()).open().await;
        let user = password_only(&world, "first");
        for kind in order {
            let bound = match kind {
                "mail" => bind_mail(&world, &user).await.map(drop),
                "mobile" => bind_mobile(&world, &user).await.map(drop),
                "app" => bind_app(&world, &user).await.map(drop),
                _ => bind_codes(&world, &user).await.map(drop),
            };
            bound.unwrap_or_else(|error| panic!("{order:?}: {kind}: {error}"));
        }
        assert_eq!(registered(&world, &user).await, (true, true), "{order:?}");
    }
}

/// D1: a host with a second factor registers as many as it likes.
#[tokio::test]
async fn a_host_with_mfa_registers_every_method_in_one_sitting() {
    let world = World::builder().settings(with_devices()).open().await;
    let user = with_second_factor(&world, "first");
    bind_mail(&world, &user).await.expect("mail");
    bind_mobile(&world, &user).await.expect("mobile");
    bind_app(&world, &user).await.expect("app");
    bind_codes(&world, &user).await.expect("codes");
    assert_eq!(registered(&world, &user).await, (true, true));
}

/// D1: two tabs of one session: a confirmation in one does not end the flow of the other.
#[tokio::test]
async fn two_tabs_of_one_session_confirm_two_methods() {
    for user in [password_only, with_second_factor] {
        let world = World::builder().settings(by_default()).open().await;
        let user = user(&world, "first");
        let (mail, mail_code) = begin(&world, &user, &mail_to(MAIL), MAIL).await.expect("one tab");
        let (text, text_code) =
            begin(&world, &user, &text_to(MOBILE), MOBILE).await.expect("another");
        let registration = world.engine.registration();
        registration.confirm(&request(), &user, &mail, &mail_code).await.expect("one");
        registration.confirm(&request(), &user, &text, &text_code).await.expect("the other");
        assert_eq!(registered(&world, &user).await, (true, true));
    }
}

/// D1: the user leaves before typing the code, or between the two methods.
#[tokio::test]
async fn a_registration_that_was_left_in_the_middle_is_finished_at_the_next_sign_in() {
    let world = World::builder().settings(by_default()).open().await;
    let user = password_only(&world, "first");
    begin(&world, &user, &mail_to(MAIL), MAIL).await.expect("begun");
    // The code is never typed, and the same address is added again an hour later.
    world.clock.advance(Duration::from_secs(3_600));
    let user = password_only(&world, "second");
    bind_mail(&world, &user).await.expect("begun again");
    world.clock.advance(Duration::from_secs(86_400));
    let user = password_only(&world, "third");
    assert_eq!(prompt(&world, &user).await, Prompt::Register);
    let late = bind_mobile(&world, &user).await.expect("the second one, a day later");
    // In another session than the first method's the address waits, and the first address is
    // notified.
    assert!(late.usable_from > Some(sspr::port::Clock::now(&world.clock)));
    let told = world.inbox.messages_to(MAIL);
    world.deliver().await;
    assert!(world.inbox.messages_to(MAIL).len() > told.len(), "the owner's address is notified");
    assert!(!passes(&world, MAIL_AND_TEXT).await, "on hold");
    world.clock.advance(Duration::from_secs(86_401));
    assert!(passes(&world, MAIL_AND_TEXT).await, "the hold is over");
}

/// D1: addresses that an administrator supplied count and are notified.
#[tokio::test]
async fn an_account_with_a_supplied_address_is_completed_by_password_alone() {
    let world = World::builder().settings(by_default()).open().await;
    let mut contacts = Contacts::default();
    contacts.email = Some(EmailAddress::parse(MAIL).expect("valid"));
    let admin = world.admin();
    admin.supply_contacts(&world.user, &contacts).await.expect("supplied");
    let user = password_only(&world, "first");
    let second = bind(&world, &user, &mail_to(THEIR_MAIL), THEIR_MAIL).await;
    assert_eq!(refusal(second), Refusal::SecondFactorRequired, "completes nothing");
    let phone = bind_mobile(&world, &user).await.expect("completes it");
    assert!(
        phone.usable_from > Some(sspr::port::Clock::now(&world.clock)),
        "the supplied address gets the notice"
    );
    assert_eq!(prompt(&world, &user).await, Prompt::Nothing);
    world.clock.advance(Duration::from_secs(86_401));
    assert!(passes(&world, MAIL_AND_TEXT).await);
}

/// D1: a user with enough supplied contacts is not asked to register, and a refusal names what is
/// missing.
#[tokio::test]
async fn the_prompt_asks_for_nothing_that_the_registration_refuses() {
    let world = World::builder().settings(by_default()).open().await;
    let user = password_only(&world, "first");
    bind_mail(&world, &user).await.expect("the first");
    bind_mobile(&world, &user).await.expect("the second");
    // Half a year later it must be confirmed again, and one method is no longer usable.
    let mut settings = with_devices();
    settings.users.methods.remove(&MethodKind::MobilePhone);
    let policy = sspr::Policy::new(settings).expect("sound");
    let (admin, registration) = (world.admin(), world.engine.registration());
    admin.put_policy(&policy, Some(1)).await.expect("put");
    world.clock.advance(Duration::from_secs(181 * 86_400));
    let user = password_only(&world, "later");
    let review = registration.review(&request(), &user).await.expect("reviewed");
    assert!(!review.complete && review.second_factor_wanted, "{review:?}");
    assert_eq!(refusal(bind_app(&world, &user).await), Refusal::SecondFactorRequired);
    assert_eq!(prompt(&world, &user).await, Prompt::Nothing);
    // With a second factor the user is asked and completes it.
    let strong = with_second_factor(&world, "strong");
    assert_eq!(prompt(&world, &strong).await, Prompt::Register);
    bind_app(&world, &strong).await.expect("admitted");
    world.clock.advance(Duration::from_secs(60));
    // Without one, an administrator requires a new registration: then the user is asked and
    // completes it.
    admin.require_registration(&world.user).await.expect("required");
    world.clock.advance(Duration::from_secs(1));
    let user = password_only(&world, "after");
    assert_eq!(prompt(&world, &user).await, Prompt::Register);
    bind_app(&world, &user).await.expect("admitted");
    bind_codes(&world, &user).await.expect("admitted");
    assert!(registered(&world, &user).await.0);
    assert_eq!(prompt(&world, &user).await, Prompt::Nothing);
    assert_eq!(refusal(bind_mobile(&world, &user).await), Refusal::NotOffered);
}

/// D1: after a revocation, and after a required registration, a password is enough to register; the
/// same addresses may be confirmed again.
#[tokio::test]
async fn what_an_administrator_revoked_or_wants_again_is_registered_by_password_alone() {
    for revoke in [true, false] {
        let world = World::builder().settings(by_default()).open().await;
        let user = password_only(&world, "first");
        bind_mail(&world, &user).await.expect("the first");
        bind_mobile(&world, &user).await.expect("the second");
        world.clock.advance(Duration::from_secs(30 * 86_400));
        let admin = world.admin();
        if revoke {
            admin.revoke_methods(&world.user).await.expect("revoked");
        } else {
            admin.require_registration(&world.user).await.expect("required");
        }
        world.clock.advance(Duration::from_secs(60));
        let user = password_only(&world, "again");
        assert_eq!(prompt(&world, &user).await, Prompt::Register);
        let mail = bind_mail(&world, &user).await.expect("again");
        let mobile = bind_mobile(&world, &user).await.expect("again");
        let review = world.engine.registration().review(&request(), &user).await.expect("reviewed");
        assert!(review.complete);
        assert_eq!(review.methods.len(), 2, "each address once: {:?}", review.methods);
        assert_eq!(prompt(&world, &user).await, Prompt::Nothing);
        // A removed address waits; an address that is confirmed again counts at once.
        let waits = |one: &MethodView| one.usable_from > Some(sspr::port::Clock::now(&world.clock));
        assert_eq!([waits(&mail), waits(&mobile)], [revoke, revoke]);
        assert_eq!(refusal(bind_codes(&world, &user).await), Refusal::NotOffered);
        world.clock.advance(Duration::from_secs(86_401));
        assert!(passes(&world, MAIL_AND_TEXT).await);
    }
}

/// D1: each load of the page creates another seed, and only the last one can be confirmed.
#[tokio::test]
async fn an_app_whose_page_was_lost_is_enrolled_again_in_the_same_session() {
    let world = World::builder().settings(with_devices()).open().await;
    let user = password_only(&world, "first");
    let (registration, app) = (world.engine.registration(), NewAuthenticator::new("C", "ada"));
    let mut shown = Vec::new();
    for _ in 0..3 {
        let enrolled = registration.enrol_authenticator(&request(), &user, &app).await;
        shown.push(enrolled.expect("shown"));
    }
    let listed = registration.list(&request(), &user).await.expect("listed");
    assert_eq!(listed.len(), 1, "one method is pending: {listed:?}");
    for (place, enrolled) in shown.iter().enumerate() {
        let seed = enrolled.seed.expose_secret();
        let token = SoftToken::new(seed, OathParameters::default()).expect("a seed");
        let typed = code(&token.code(sspr::port::Clock::now(&world.clock)));
        let ticket = &enrolled.reply.ticket;
        let confirmed = registration.confirm(&request(), &user, ticket, &typed).await;
        assert_eq!(confirmed.is_ok(), place == 2, "page {place}: {confirmed:?}");
    }
}
