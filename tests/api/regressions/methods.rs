//! Methods other than sent codes, and flows other than resets.

use sspr::testing::TestSeal;
use std::time::Duration;

use crate::support::*;
use sspr::adapters::memory::MemoryStore;
use sspr::facts::EmailAddress;
use sspr::method::{OathParameters, OathSeed};
use sspr::policy::LinkBase;
use sspr::port::Clock as _;
use sspr::testing::{
    CallLog, FaultPlan, Faulty, InjectedFault, Recorder, SimulatedMethod, SoftToken,
};
use sspr::{
    Attempt, Identifier, MethodKind, PolicySettings, Refusal, Reply, Request, ResetTicket,
    SecretText, Selection, Step,
};

fn every_method(required: u8) -> PolicySettings {
    let mut settings = settings();
    settings.users.methods = accepted_kinds();
    settings.users.required = required;
    if required == 1 {
        // With one gate the policy must allow fewer guesses, or it is refused.
        settings.failures.consecutive = 15;
    }
    settings
}

async fn choose(world: &World, from: &Request, option: &str) -> Reply<ResetTicket> {
    let (reset, option) = (world.engine.reset(), Selection::parse(option).expect("an option"));
    let reply = reset.start(from, &ada()).await.expect("started");
    reset.challenge(from, &reply.ticket, &option).await.expect("challenged")
}

/// Anonymous callers fail in resets until the method is closed to them, then a known device spends
/// the rest of the run: the method is disabled.
async fn put_out_of_use(world: &World, option: &str, wrong: impl AsyncFn() -> Attempt) {
    let before = disabled(world).await;
    let strangers = (1..=8_u8).map(|n| request_from(&format!("198.51.100.{n}")));
    for from in strangers {
        fail(world, &from, option, &wrong).await;
    }
    assert_eq!(disabled(world).await, before, "anonymous callers alone disable no method");
    let registration = world.engine.registration();
    let device = registration.remember_device(&request(), &world.signed_in()).await;
    let from = request_from("198.51.100.99").with_device(device.expect("remembered"));
    fail(world, &from, option, &wrong).await;
    assert_eq!(disabled(world).await.len(), before.len() + 1, "{option}");
}

/// Two days later, five failures.
async fn fail(world: &World, from: &Request, option: &str, wrong: &impl AsyncFn() -> Attempt) {
    world.clock.advance(Duration::from_secs(2 * 86_400));
    let reply = choose(world, from, option).await;
    for _ in 0..5 {
        let answer = world.engine.reset().prove(from, &reply.ticket, &wrong().await).await;
        assert_eq!(refusal(answer), Refusal::NotAccepted);
    }
    world.deliver().await;
}

async fn disabled(world: &World) -> Vec<MethodKind> {
    let seen = world.admin().explain(&world.user).await;
    seen.expect("explained").account.disabled
}

/// R-035: pushes have the same budgets as messages, so that an attacker cannot flood a user with
/// prompts.
#[tokio::test]
async fn a_spent_account_is_not_asked_to_approve_again() {
    let world = World::builder().settings(every_method(1)).open().await;
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
        (12, 5),
        "five anonymous flows are live at a time; the others send no push"
    );
}

/// R-051: failures in resets do not close the host's own sign-in.
#[tokio::test]
async fn a_method_that_failures_in_resets_disabled_still_signs_in() {
    let world = World::builder().settings(every_method(1)).registered().open().await;
    let token = world.enrol_app().await;
    let wrong = async || code(&other_than(&token.code(world.clock.now())));
    put_out_of_use(&world, "authenticator_app", wrong).await;
    assert_eq!(disabled(&world).await, [MethodKind::AuthenticatorApp]);
    let now = code(&token.code(world.clock.now()));
    let verified = world.engine.authenticator().verify(&request(), &world.user, &now).await;
    verified.expect("the owner signs in");
    // The sign-in has a cap of its own, which an administrator clears.
    for _ in 0..200 {
        world.clock.advance(Duration::from_secs(86_400));
        let wrong = code(&other_than(&token.code(world.clock.now())));
        let _ = world.engine.authenticator().verify(&request(), &world.user, &wrong).await;
    }
    let now = code(&token.code(world.clock.now()));
    let closed = world.engine.authenticator().verify(&request(), &world.user, &now).await;
    assert!(matches!(refusal(closed), Refusal::TooOften { .. }));
    assert!(world.engine.stats().comparisons < 80, "{:?}", world.engine.stats());
    world.admin().unblock(&world.user).await.expect("unblocked");
    let open = world.engine.authenticator().verify(&request(), &world.user, &now).await;
    open.expect("unblocked");
}

/// A method that is registered again *is accepted again after any run of failures.
#[tokio::test]
async fn a_run_of_failures_ends_with_registering_once_more() {
    let world = World::builder().settings(every_method(1)).registered().open().await;
    let codes = world.create_recovery_codes().await;
    let passkey = world.passkey.clone();
    passkey.give(&world.user);
    let wrong = async || code(&codes[0].replace(&codes[0][..4], "ZZZZ"));
    put_out_of_use(&world, "recovery_code", wrong).await;
    let wrong = async || Attempt::response(SecretText::from("no")).expect("bounded");
    put_out_of_use(&world, "passkey", wrong).await;
    let out_of_use = disabled(&world).await;
    assert!(out_of_use.contains(&MethodKind::RecoveryCode), "{out_of_use:?}");
    assert!(out_of_use.contains(&MethodKind::Passkey), "{out_of_use:?}");
    let admin = world.admin();
    world.clock.advance(Duration::from_secs(30 * 86_400));
    let fresh = world.create_recovery_codes().await;
    admin.unblock(&world.user).await.expect("unblocked");
    let reply = choose(&world, &request(), "recovery_code").await;
    world.prove(&reply.ticket, &fresh[0]).await.expect("counts again");
    let reply = choose(&world, &request(), "passkey").await;
    let page = reply.page.as_deref().expect("a page");
    let right = Attempt::response(passkey.response(&world.user, page)).expect("bounded");
    world.engine.reset().prove(&request(), &reply.ticket, &right).await.expect("counts again");
}

/// V10, V12: the operations of a finished flow do not tell an anonymous caller which accounts
/// exist.
#[tokio::test]
async fn what_a_finished_flow_offers_is_the_same_for_every_account() {
    for days in [0, 90] {
        let mut settings = every_method(2);
        settings.known_device_days = days;
        let log = CallLog::new();
        let world = World::builder()
            .store(Recorder::new(MemoryStore::new(), log.clone()))
            .settings(settings)
            .registered()
            .open()
            .await;
        let mut seen = Vec::new();
        for name in ["ada@contoso.example", "unknown@contoso.example"] {
            let name = Identifier::parse(name).expect("valid");
            let reset = world.engine.reset();
            let reply = reset.start(&request(), &name).await.expect("started");
            log.clear();
            let device = refusal(reset.remember_device(&request(), &reply.ticket).await);
            let another = refusal(reset.replace_recovery_code(&request(), &reply.ticket).await);
            let acknowledged =
                refusal(reset.acknowledge_recovery_code(&request(), &reply.ticket).await);
            seen.push((device, another, acknowledged, log.shapes()));
        }
        assert_eq!(seen[0], seen[1]);
        assert_eq!(seen[0].0, Refusal::Ended);
    }
}

/// V40: a link is valid once; a later caller with it cannot continue the flow.
#[tokio::test]
async fn a_link_that_was_redeemed_opens_nothing_more() {
    let mut settings = every_method(1);
    settings.link = Some(LinkBase::parse("https://id.contoso.example/r#").expect("sound"));
    let world = World::builder().settings(settings).registered().open().await;
    choose(&world, &request(), "email.link").await;
    world.deliver().await;
    let link = world.inbox.last_link_to(MAIL).expect("a link");
    let redeem = async || {
        let attempt = Attempt::link(&link).expect("a link");
        world.engine.reset().redeem_link(&request(), &ada(), &attempt).await
    };
    let first = redeem().await.expect("redeemed");
    for _ in 0..4 {
        assert_eq!(refusal(redeem().await), Refusal::NotAccepted);
    }
    world.complete(&first.ticket, NEW).await.expect("reset");
}

/// V46: if the host cannot say whether the user still has a passkey, its proof is kept.
#[tokio::test]
async fn a_host_that_cannot_answer_costs_no_proof() {
    let (passkey, plan) = (SimulatedMethod::new(MethodKind::Passkey), FaultPlan::none());
    let asked = Faulty::new(passkey.clone(), plan.clone());
    let kinds = [MethodKind::AppNotification, MethodKind::HostVerified];
    let others = kinds.map(SimulatedMethod::new);
    let mut world = World::builder()
        .settings(every_method(2))
        .without_abilities()
        .engine(|engine| {
            let engine = engine.seal(TestSeal).external_method(asked);
            others.into_iter().fold(engine, |engine, method| engine.external_method(method))
        })
        .registered()
        .open()
        .await;
    world.passkey = passkey;
    world.passkey.give(&world.user);
    let reply = choose(&world, &request(), "passkey").await;
    let page = reply.page.as_deref().expect("a page");
    let right = Attempt::response(world.passkey.response(&world.user, page)).expect("bounded");
    let reply =
        world.engine.reset().prove(&request(), &reply.ticket, &right).await.expect("proven");
    let (reply, text) = world.challenged(&reply.ticket, &sms(), MOBILE).await;
    let reply = world.prove(&reply.ticket, &text).await.expect("proven");
    drop(plan.clone().on("external.available", InjectedFault::FailBefore));
    let failed = world.complete(&reply.ticket, NEW).await;
    assert!(matches!(failed, Err(sspr::Error::Fault(_))), "{failed:?}");
    plan.heal();
    world.complete(&reply.ticket, NEW).await.expect("the grant is kept");
}

/// V34: an id that was assigned to another person gives no access to the previous user's methods.
#[tokio::test]
async fn a_reissued_identifier_inherits_no_recovery_codes_and_no_authenticator() {
    let world = World::builder().settings(every_method(1)).open().await;
    let mark = |mark: &str| {
        let mark = Some(mark.to_owned());
        world.directory.update_user(&world.tenant, &world.user, |facts| facts.incarnation = mark)
    };
    mark("first").expect("known");
    let codes = world.create_recovery_codes().await;
    let token = world.enrol_app().await;
    mark("second").expect("known");
    world.clock.advance(Duration::from_secs(3 * 86_400));
    let reply = choose(&world, &request(), "recovery_code").await;
    assert_eq!(refusal(world.prove(&reply.ticket, &codes[0]).await), Refusal::NotAccepted);
    let now = code(&token.code(world.clock.now()));
    let verified = world.engine.authenticator().verify(&request(), &world.user, &now).await;
    assert_eq!(refusal(verified), Refusal::NotAccepted);
}

/// A forgotten account that is used again is not removed.
#[tokio::test]
async fn a_forgotten_account_that_is_used_again_stays() {
    let world = World::builder().settings(every_method(1)).registered().open().await;
    let admin = world.admin();
    admin.forget(&world.user).await.expect("forgotten");
    let mut contacts = sspr::admin::Contacts::default();
    contacts.email = Some(EmailAddress::parse(MAIL).expect("valid"));
    admin.supply_contacts(&world.user, &contacts).await.expect("supplied");
    admin.supply_contacts(&world.user, &sspr::admin::Contacts::default()).await.expect("removed");
    world.create_recovery_codes().await;
    for _ in 0..5 {
        world.clock.advance(Duration::from_secs(20 * 86_400));
        world.deliver().await;
    }
    let methods = world.engine.registration().list(&request(), &world.signed_in()).await;
    assert_eq!(methods.expect("listed").len(), 1);
}

/// Requests for help of users who cannot reset reach administrators and fill no outbox.
#[tokio::test]
async fn administrators_are_asked_for_help_once_a_day() {
    let mut settings = every_method(2);
    settings.notifications.administrator_roles =
        [sspr::RoleId::parse("Global Administrator").expect("valid")].into();
    let world = World::builder().settings(settings).open().await;
    for number in 0..9 {
        let id = sspr::UserId::parse(&format!("root-{number}")).expect("valid");
        let mut root = sspr::facts::UserFacts::new(id);
        root.roles = [sspr::RoleId::parse("Global Administrator").expect("valid")].into();
        let mail = format!("root-{number}@contoso.example");
        root.primary_mail = Some(mail.clone());
        world.directory.add_user(&world.tenant, root, &[&mail], "old").expect("new");
    }
    // Ada has no registered method and needs help.
    for _ in 0..3 {
        let reply = world.start().await;
        let reset = world.engine.reset();
        reset.contact_administrator(&request(), &reply.ticket).await.expect("asked");
        world.deliver().await;
    }
    let all = world.inbox.all();
    let asked: Vec<_> =
        all.iter().filter(|message| message.kind == "notice.help_requested").collect();
    assert_eq!(asked.len(), 9, "each of the nine, once");
    assert!(asked.iter().all(|message| message.about.as_deref() == Some("ada@contoso.example")));
}

/// Each flow makes one browser a known device, and a new recovery code is notified to its owner.
#[tokio::test]
async fn a_finished_flow_makes_one_device_known_and_tells_of_a_new_recovery_code() {
    let world = World::builder().settings(every_method(1)).registered().open().await;
    let codes = world.create_recovery_codes().await;
    let reply = choose(&world, &request(), "recovery_code").await;
    let reply = world.prove(&reply.ticket, &codes[0]).await.expect("proven");
    let done = world.complete(&reply.ticket, NEW).await.expect("reset");
    let reset = world.engine.reset();
    reset.remember_device(&request(), &done.ticket).await.expect("known");
    let again = reset.remember_device(&request(), &done.ticket).await;
    assert_eq!(refusal(again), Refusal::Ended);
    world.deliver().await;
    world.inbox.clear();
    reset.replace_recovery_code(&request(), &done.ticket).await.expect("another");
    reset.acknowledge_recovery_code(&request(), &done.ticket).await.expect("saved");
    world.deliver().await;
    let told = world.inbox.messages_to(MAIL);
    assert_eq!(told.first().map(|message| message.kind), Some("notice.method_replaced"));
}

/// The prompt and a reset count the same methods.
#[tokio::test]
async fn the_prompt_counts_as_a_reset_does() {
    let mut settings = every_method(2);
    settings.contacts.administrator = false;
    let world = World::builder().settings(settings).open().await;
    let admin = world.admin();
    let mut contacts = sspr::admin::Contacts::default();
    contacts.email = Some(EmailAddress::parse(MAIL).expect("valid"));
    contacts.mobile_phone = Some(sspr::facts::PhoneNumber::parse(MOBILE).expect("valid"));
    admin.supply_contacts(&world.user, &contacts).await.expect("supplied");
    let asked = world.engine.registration().prompt(&request(), &world.signed_in()).await;
    assert_eq!(asked.expect("read").ask, sspr::method::Prompt::Register);
    let seen = admin.explain(&world.user).await.expect("explained");
    assert_eq!(
        (seen.reason, seen.status.registered),
        (Some(sspr::error::SsprReason::TooFewMethods), false)
    );
}

/// A new recovery code is given only to the newest ticket, so that an attacker with an earlier
/// ticket gets none.
#[tokio::test]
async fn an_older_ticket_replaces_no_recovery_code() {
    let world = World::builder().settings(every_method(2)).registered().open().await;
    let codes = world.create_recovery_codes().await;
    let planted = world.start().await.ticket;
    let first = Selection::parse("recovery_code").expect("an option");
    let reply = world.challenge(&planted, &first).await;
    let asked = ResetTicket::parse(reply.ticket.expose_secret()).expect("a ticket");
    let reply = world.prove(&reply.ticket, &codes[0]).await.expect("proven");
    let half = ResetTicket::parse(reply.ticket.expose_secret()).expect("a ticket");
    let (reply, text) = world.challenged(&reply.ticket, &sms(), MOBILE).await;
    let reply = world.prove(&reply.ticket, &text).await.expect("proven");
    let done = world.complete(&reply.ticket, NEW).await.expect("reset");
    assert!(done.replace_recovery_code);
    let reset = world.engine.reset();
    for older in [&planted, &asked, &half] {
        assert!(reset.replace_recovery_code(&request(), older).await.is_err());
    }
    reset.replace_recovery_code(&request(), &done.ticket).await.expect("the newest ticket's");
    for older in [&planted, &asked, &half] {
        assert!(reset.acknowledge_recovery_code(&request(), older).await.is_err());
    }
    reset.acknowledge_recovery_code(&request(), &done.ticket).await.expect("kept");
}

/// Failures of a token, which any caller can cause, do not close the sign-in by an app.
#[tokio::test]
async fn a_token_that_is_out_of_use_does_not_take_the_app_along() {
    const SEED: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
    let world = World::builder().settings(every_method(1)).registered().open().await;
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
    let wrong = async || code(&other_than(&token.code(world.clock.now())));
    put_out_of_use(&world, "oath_token", wrong).await;
    assert_eq!(disabled(&world).await, [MethodKind::OathToken]);
    let verify = async |shown: String| {
        world.engine.authenticator().verify(&request(), &world.user, &code(&shown)).await
    };
    let now = world.clock.now();
    verify(token.code(now)).await.expect("disabled for resets only");
    verify(app.code(now)).await.expect("nor is the app");
}
