//! What a host's pages read: the state of a confirmation that has begun, and the facts of a tenant.

use std::time::Duration;

use sspr::port::Clock as _;
use sspr::testing::CallLog;
use sspr::{Error, InvalidInput, Refusal, SignedIn, Step, UserId};

use crate::registration::person::*;
use crate::support::*;

#[tokio::test]
async fn a_confirmation_is_shown_again_and_nothing_changes() {
    let log = CallLog::new();
    let world = World::builder().settings(by_default()).recorded(&log).open().await;
    let user = password_only(&world, "first");
    let registration = world.engine.registration();
    let begun = registration.add(&request(), &user, &mail_to(THEIR_MAIL)).await.expect("added");
    let before = world.event_codes().await;
    log.clear();
    for _ in 0..20 {
        let shown = registration.view(&request(), &user, &begun.ticket).await.expect("shown");
        assert_eq!(shown.step, begun.step);
        assert_eq!(shown.expires_at, begun.expires_at);
        assert!(matches!(shown.step, Step::Enter { .. }), "{:?}", shown.step);
    }
    let calls: Vec<_> = log.shapes().iter().map(|shape| format!("{shape:?}")).collect();
    assert!(!calls.is_empty() && !calls.iter().any(|call| call.contains("commit")), "{calls:?}");
    assert_eq!(world.event_codes().await, before);

    let other = UserId::parse("someone-else").expect("valid");
    let context = sspr::method::SignInContext::new("other", world.clock.now());
    let other = SignedIn::vouch(world.tenant.clone(), other, context);
    let foreign = registration.view(&request(), &other, &begun.ticket).await;
    assert!(matches!(foreign, Err(Error::Invalid(InvalidInput::Foreign { .. }))), "{foreign:?}");

    world.deliver().await;
    let sent = world.inbox.last_code_to(THEIR_MAIL).expect("a code");
    registration.confirm(&request(), &user, &begun.ticket, &code(&sent)).await.expect("confirmed");
    let ended = registration.view(&request(), &user, &begun.ticket).await;
    assert_eq!(refusal(ended), Refusal::Ended, "the method is confirmed");
}

#[tokio::test]
async fn a_confirmation_that_is_over_is_not_shown() {
    let world = World::builder().settings(by_default()).open().await;
    let user = password_only(&world, "first");
    let registration = world.engine.registration();
    let begun = registration.add(&request(), &user, &mail_to(THEIR_MAIL)).await.expect("added");
    world.clock.advance(Duration::from_secs(301));
    let late = registration.view(&request(), &user, &begun.ticket).await;
    assert_eq!(refusal(late), Refusal::ReauthenticationRequired);
    world.clock.advance(Duration::from_secs(600));
    let again = password_only(&world, "second");
    let ended = registration.view(&request(), &again, &begun.ticket).await;
    assert_eq!(refusal(ended), Refusal::Ended, "the flow has expired");
}

/// The facts depend on the policy alone, and say what the engine does.
#[tokio::test]
async fn pages_know_what_the_policy_offers() {
    let mut settings = by_default();
    settings.unlock_without_reset = true;
    let world = World::builder().settings(settings.clone()).open().await;
    let facts = world.engine.pages(&world.tenant).await.expect("read");
    assert!(!facts.human_check && facts.unlock_offered);
    assert_eq!(facts.known_device, Some(Duration::from_secs(90 * 86_400)));
    assert_eq!(facts.password, (&settings.password).into());
    assert_eq!(facts.help, settings.desk.help);
    let json = serde_json::to_string(&facts).expect("plain data");
    let read: sspr::policy::PageFacts = serde_json::from_str(&json).expect("its own text");
    assert_eq!(read, facts);

    settings.known_device_days = 0;
    let world = World::builder().settings(settings).open().await;
    let facts = world.engine.pages(&world.tenant).await.expect("read");
    assert_eq!(facts.known_device, None);
    let json = serde_json::to_value(&facts).expect("plain data");
    assert_eq!(json["known_device"], serde_json::Value::Null);
    let user = password_only(&world, "first");
    let refused = world.engine.registration().remember_device(&request(), &user).await;
    assert_eq!(refusal(refused), Refusal::NotOffered);
}
