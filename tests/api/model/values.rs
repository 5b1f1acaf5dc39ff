//! Whose values count, what a registration needs, and what a completed reset clears.

use std::time::Duration;

use sspr::admin::Contacts;
use sspr::facts::{EmailAddress, PhoneNumber};
use sspr::method::{Prompt, Provenance, SignInContext};
use sspr::policy::Deviation;
use sspr::port::Clock as _;
use sspr::{Selection, SignedIn};

use crate::support::*;

const DAY: Duration = Duration::from_secs(86_400);

/// The address to which a reset of the account sends this challenge.
async fn code_goes_to(world: &World, selection: &Selection) -> String {
    world.clock.advance(2 * DAY);
    world.inbox.clear();
    let reply = world.start().await;
    world.challenge(&reply.ticket, selection).await;
    world.deliver().await;
    let all = world.inbox.all();
    let code = all.iter().find(|message| message.code().is_some()).expect("a code");
    code.destination.normalised()
}

#[tokio::test]
async fn e2_4_the_users_own_value_comes_before_the_supplied_one() {
    let world = World::builder().settings(one_gate()).open().await;
    let (mail, number) = ("supplied@contoso.example", "+14255550188");
    let mut contacts = Contacts::default();
    contacts.email = EmailAddress::parse(mail).ok();
    contacts.mobile_phone = PhoneNumber::parse(number).ok();
    world.supply_contacts(&world.user, &contacts).await;
    let both = async || [code_goes_to(&world, &email()).await, code_goes_to(&world, &sms()).await];
    assert_eq!(both().await, [mail, number]);
    world.register_contacts().await;
    assert_eq!(both().await, [MAIL, MOBILE]);
    let registration = world.engine.registration();
    let methods = registration.list(&request(), &world.signed_in()).await.expect("listed");
    for own in methods.iter().filter(|method| method.provenance == Provenance::Confirmed) {
        registration.remove(&request(), &world.signed_in(), &own.id).await.expect("removed");
    }
    assert_eq!(both().await, [mail, number]);
}

/// The prompt of a session with this name.
async fn prompt(world: &World, session: &str) -> Prompt {
    let session = SignInContext::new(session, world.clock.now());
    let user = SignedIn::vouch(world.tenant.clone(), world.user.clone(), session);
    world.engine.registration().prompt(&request(), &user).await.expect("read").ask
}

#[tokio::test]
async fn e2_1_a_prompt_that_is_put_off_returns_in_the_next_session() {
    let world = World::builder().open().await;
    let registration = world.engine.registration();
    for session in ["s", "t", "u"] {
        assert_eq!(prompt(&world, session).await, Prompt::Register);
        let context = SignInContext::new(session, world.clock.now());
        let user = SignedIn::vouch(world.tenant.clone(), world.user.clone(), context);
        registration.skip(&request(), &user).await.expect("put off");
        assert_eq!(prompt(&world, session).await, Prompt::Nothing);
        world.clock.advance(DAY);
    }
}

/// The interval decides when the page is shown; the user may open it at any time.
#[tokio::test]
async fn e2_2_the_interval_decides_whether_the_page_is_shown() {
    for days in [0_u16, 1, 730] {
        let mut settings = settings();
        settings.registration.reconfirm_days = days;
        let world = World::builder().settings(settings).registered().open().await;
        let review = async || {
            let registration = world.engine.registration();
            registration.review(&request(), &world.signed_in()).await.expect("read").methods
        };
        let before = review().await;
        world.clock.advance(DAY * u32::from(days.saturating_sub(3)));
        assert_eq!(prompt(&world, "before").await == Prompt::Nothing, days != 1, "{days}");
        world.clock.advance(DAY * 4);
        let expected = if days == 0 { Prompt::Nothing } else { Prompt::Reconfirm };
        assert_eq!(prompt(&world, "after").await, expected, "{days}");
        assert_eq!(review().await, before, "the page is the same");
    }
}

/// Who removes a needed method is asked when the interval ends, and not before.
#[tokio::test]
async fn e2_2_a_registration_that_no_longer_suffices_is_asked_for_after_the_interval() {
    let world = World::builder().registered().open().await;
    let registration = world.engine.registration();
    let methods = registration.list(&request(), &world.signed_in()).await.expect("listed");
    registration.remove(&request(), &world.signed_in(), &methods[0].id).await.expect("removed");
    let seen = world.admin().explain(&world.user).await.expect("explained");
    assert!(!seen.status.registered, "one method is left, and two are required");
    assert_eq!(prompt(&world, "the next day").await, Prompt::Nothing);
    world.clock.advance(DAY * 181);
    assert_eq!(prompt(&world, "after the interval").await, Prompt::Register);
}

/// Registered means as many methods as are required, whatever the policy lets the user do.
#[tokio::test]
async fn e2_6_registered_is_as_many_methods_as_are_required() {
    let world = World::builder().settings(settings()).open().await;
    let registered = async || {
        let seen = world.admin().explain(&world.user).await.expect("explained");
        seen.status.registered
    };
    assert!(!registered().await);
    let mail = EmailAddress::parse(MAIL).expect("valid");
    world.register(sspr::method::NewMethod::email(mail), MAIL).await;
    assert!(!registered().await, "one of two");
    world.put_policy(one_gate()).await;
    assert!(registered().await, "one of one");
}

#[tokio::test]
async fn e4_1_a_completed_reset_clears_the_counters_where_the_policy_says_so() {
    for clears in [false, true] {
        let mut settings = one_gate();
        settings.clear_counters_on_reset = clears;
        settings.acknowledged.insert(Deviation::CountersClearedOnReset);
        let world = World::builder().settings(settings).registered().open().await;
        let reply = world.start().await;
        let (reply, right) = world.challenged(&reply.ticket, &email(), MAIL).await;
        refusal(world.prove(&reply.ticket, &other_than(&right)).await);
        let reply = world.prove(&reply.ticket, &right).await.expect("proven");
        world.complete(&reply.ticket, NEW).await.expect("reset");
        let seen = world.admin().explain(&world.user).await.expect("explained");
        let failures = |used: &&sspr::admin::BudgetUse| {
            used.budget == sspr::admin::BudgetKind::Failures && used.held > 0
        };
        assert_eq!(seen.budgets.iter().any(|used| failures(&used)), !clears, "{:?}", seen.budgets);
    }
}

/// Events are kept for thirty days.
#[tokio::test]
async fn e4_2_events_are_kept_for_thirty_days() {
    let world = World::builder().open().await;
    for day in 1..=32 {
        world.clock.advance(DAY);
        world.deliver().await;
        let kept = world.event_codes().await.contains(&"policy_changed".to_owned());
        assert!(kept || day >= 30, "gone after {day} days");
        assert!(!kept || day <= 31, "kept after {day} days");
    }
}
