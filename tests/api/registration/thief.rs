//! Registration by an attacker who knows only the password.

use std::time::Duration;

use crate::registration::person::*;
use crate::support::*;
use sspr::Refusal;
use sspr::port::Clock as _;

/// The owner has one of the two methods. An attacker may complete the registration but cannot
/// reset, since one of the two proofs is the owner's, and cannot bind another method.
#[tokio::test]
async fn a_password_binds_one_method_beside_the_owners_and_never_two() {
    let world = World::builder().settings(with_devices()).open().await;
    bind_mail(&world, &password_only(&world, "owner")).await.expect("the owner's");
    world.deliver().await;
    world.clock.advance(Duration::from_secs(7_200));
    let thief = password_only(&world, "thief");
    let second = bind(&world, &thief, &mail_to(THEIR_MAIL), THEIR_MAIL).await;
    assert_eq!(refusal(second), Refusal::SecondFactorRequired, "beside mail only another kind");
    let before = world.inbox.messages_to(MAIL).len();
    let held = bind(&world, &thief, &text_to(THEIR_MOBILE), THEIR_MOBILE).await.expect("one");
    assert!(held.usable_from > Some(world.clock.now()), "another session: it waits");
    world.deliver().await;
    assert!(world.inbox.messages_to(MAIL).len() > before, "the owner is notified");
    assert_eq!(refusal(bind_app(&world, &thief).await), Refusal::SecondFactorRequired);
    assert_eq!(refusal(bind_codes(&world, &thief).await), Refusal::SecondFactorRequired);
    let registration = world.engine.registration();
    let list = registration.list(&request(), &thief).await.expect("listed");
    let owners = list.iter().find(|method| method.id != held.id).expect("the owner's").id.clone();
    for answer in [
        registration.remove(&request(), &thief, &owners).await,
        registration.set_default(&request(), &thief, &held.id).await,
        registration.replace(&request(), &thief, &owners, &mail_to(THEIR_MAIL)).await.map(drop),
        registration.remember_device(&request(), &thief).await.map(drop),
    ] {
        assert_eq!(refusal(answer), Refusal::SecondFactorRequired);
    }
    world.clock.advance(Duration::from_secs(2 * 86_400));
    let alone = [("mobile_phone.sms", THEIR_MOBILE), ("email.email", "12345678")];
    assert!(!passes(&world, alone).await);
}

/// Registrations that began while no method existed are checked again at their confirmation.
#[tokio::test]
async fn a_confirmation_begun_before_the_owners_registration_is_judged_by_what_is_there_then() {
    let world = World::builder().settings(by_default()).open().await;
    let thief = password_only(&world, "thief");
    let (mail, typed) =
        begin(&world, &thief, &mail_to(THEIR_MAIL), THEIR_MAIL).await.expect("no method exists");
    bind_mail(&world, &password_only(&world, "owner")).await.expect("the owner's");
    let registration = world.engine.registration();
    let late = registration.confirm(&request(), &thief, &mail, &typed).await;
    assert_eq!(refusal(late), Refusal::NotAccepted, "another session's flow has ended");
    // In three tabs of one session the flows of other kinds continue, and the last one is refused
    // by the current rules.
    let world = World::builder().settings(with_devices()).open().await;
    let user = password_only(&world, "all");
    let registration = world.engine.registration();
    let app = sspr::method::NewAuthenticator::new("Contoso", "ada");
    let app = registration.enrol_authenticator(&request(), &user, &app).await.expect("begun");
    let token = sspr::testing::SoftToken::new(
        app.seed.expose_secret(),
        sspr::method::OathParameters::default(),
    );
    let typed = code(&token.expect("a seed").code(world.clock.now()));
    bind_mail(&world, &user).await.expect("one");
    bind_mobile(&world, &user).await.expect("two, and complete");
    let late = registration.confirm(&request(), &user, &app.reply.ticket, &typed).await;
    assert!(late.is_err(), "{late:?}");
    let bound = world.engine.registration().list(&request(), &user).await.expect("listed");
    assert_eq!(bound.iter().filter(|method| method.active).count(), 2);
}

/// A method that no longer counts for a reset still counts as the owner's for the binding rules.
#[tokio::test]
async fn methods_of_a_kind_that_the_policy_stopped_counting_still_exist() {
    let world = World::builder().settings(by_default()).open().await;
    let owner = password_only(&world, "owner");
    bind_mail(&world, &owner).await.expect("mail");
    bind_mobile(&world, &owner).await.expect("mobile");
    let mut settings = with_devices();
    settings.users.methods =
        [sspr::MethodKind::AuthenticatorApp, sspr::MethodKind::RecoveryCode].into();
    let policy = sspr::Policy::new(settings).expect("sound");
    world.admin().put_policy(&policy, Some(1)).await.expect("put");
    world.clock.advance(Duration::from_secs(60));
    let thief = password_only(&world, "thief");
    assert_eq!(refusal(bind_app(&world, &thief).await), Refusal::SecondFactorRequired);
    assert_eq!(refusal(bind_codes(&world, &thief).await), Refusal::SecondFactorRequired);
}
