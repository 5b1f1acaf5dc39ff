//! Holes that were found in methods and flows, each closed by a test of its own.
#![cfg(feature = "testing")]

mod support;

use std::time::Duration;

use sspr::testing::SoftToken;
use sspr::{
    Clock as _, MethodKind, OathParameters, OathSeed, PolicySettings, Refusal, Reply, Request,
    ResetTicket, Selection, Step,
};
use support::*;

fn every_method(required: u8) -> PolicySettings {
    let mut settings = settings();
    settings.users.methods = MethodKind::ALL.into();
    settings.users.required = required;
    if required == 1 {
        settings.failures.consecutive = 15;
    }
    settings
}

async fn choose(world: &World, from: &Request, option: &str) -> Reply<ResetTicket> {
    let (reset, option) = (world.engine.reset(), Selection::parse(option).expect("an option"));
    let reply = reset.start(from, &ada()).await.expect("started");
    reset.challenge(from, &reply.ticket, &option).await.expect("challenged")
}

/// pushes have the budgets that messages have; a stranger wears nobody down.
#[tokio::test]
async fn a_spent_account_is_not_asked_to_approve_again() {
    let world = World::memory(every_method(1)).await;
    world.push.give(&world.user);
    let mut forms = Vec::new();
    for stranger in 1..=12_u8 {
        let from = request_from(&format!("203.0.113.{stranger}"));
        let reply = choose(&world, &from, "app_notification").await;
        assert!(matches!(reply.step, Step::Respond { .. }), "{:?}", reply.step);
        forms.push(reply.page.map(|page| page.len()));
        world.clock.advance(Duration::from_secs(61));
    }
    assert!(forms.iter().all(|form| form.is_some() && *form == forms[0]), "{forms:?}");
    let asked = world.push.begun();
    let hers = asked.iter().filter(|(user, _)| *user == world.user).count();
    assert_eq!(
        (asked.len(), hers),
        (12, 2),
        "two flows set the ten tries aside, the rest is nobody's"
    );
}

/// A saved code outlives its flow: whoever planted an early ticket must not come by one.
#[tokio::test]
async fn an_older_ticket_replaces_no_saved_code() {
    let world = World::memory(every_method(2)).await;
    world.register_both().await;
    let codes = world.save_codes().await;
    let planted = world.start().await.ticket;
    let first = Selection::parse("saved_code").expect("an option");
    let reply = world.challenge(&planted, &first).await;
    let asked = ResetTicket::parse(reply.ticket.expose_secret()).expect("a ticket");
    let reply = world.prove(&reply.ticket, &codes[0]).await.expect("proven");
    let half = ResetTicket::parse(reply.ticket.expose_secret()).expect("a ticket");
    let (reply, text) = world.challenged(&reply.ticket, &sms(), MOBILE).await;
    let reply = world.prove(&reply.ticket, &text).await.expect("proven");
    let done = world.complete(&reply.ticket, NEW).await.expect("reset");
    assert!(done.replace_saved_code);
    let reset = world.engine.reset();
    for older in [&planted, &asked, &half] {
        assert!(reset.replace_saved_code(&request(), older).await.is_err());
    }
    reset.replace_saved_code(&request(), &done.ticket).await.expect("the newest ticket's");
    for older in [&planted, &asked, &half] {
        assert!(reset.acknowledge_saved_code(&request(), older).await.is_err());
    }
    reset.acknowledge_saved_code(&request(), &done.ticket).await.expect("kept");
}

/// Failures of a token, which anybody can bring about, do not close the sign-in by an app.
#[tokio::test]
async fn a_token_that_is_out_of_use_does_not_take_the_app_along() {
    const SEED: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
    let world = World::memory(every_method(1)).await;
    world.register_both().await;
    let app = world.enrol_app().await;
    let (tenant, root, user) = (tenant(), admin(), world.signed_in());
    let (parameters, registration) = (OathParameters::default(), world.engine.registration());
    let seed = OathSeed::parse_base32(SEED).expect("a seed");
    let admin = world.engine.admin(&tenant, &root);
    let id = admin.supply_token(&world.user, &seed, parameters).await.expect("supplied");
    let token = SoftToken::new(SEED, parameters).expect("a seed");
    let claim = registration.claim_token(&request(), &user, &id).await.expect("begun");
    let shown = code(&token.code(world.clock.now()));
    registration.confirm(&request(), &user, &claim.ticket, &shown).await.expect("confirmed");
    // Fifteen failures in a row, ten a day at most.
    for stranger in 1..=3_u8 {
        world.clock.advance(Duration::from_secs(25 * 3_600));
        let from = request_from(&format!("203.0.113.{stranger}"));
        let reply = choose(&world, &from, "oath_token").await;
        let wrong = other_than(&token.code(world.clock.now()));
        for _ in 0..5 {
            assert_eq!(refusal(world.prove(&reply.ticket, &wrong).await), Refusal::NotAccepted);
        }
        world.deliver().await;
    }
    let why = admin.explain(&world.user).await.expect("explained");
    assert_eq!(why.account.disabled, [MethodKind::OathToken]);
    let verify = async |shown: String| {
        world.engine.authenticator().verify(&request(), &world.user, &code(&shown)).await
    };
    let now = world.clock.now();
    assert_eq!(refusal(verify(token.code(now)).await), Refusal::NotAccepted, "out of use");
    verify(app.code(now)).await.expect("the app is not");
}
