//! Invariants 4, 8, 10, 12, 13 and 18: the binding of codes, tickets, methods and tenants.

use std::time::Duration;

use sspr::admin::Contacts;
use sspr::facts::{EmailAddress, PhoneNumber, TenantFacts, UserFacts};
use sspr::method::NewMethod;
use sspr::testing::block_on;
use sspr::{
    Error, Identifier, InvalidInput, Policy, Refusal, RegistrationTicket, Request, ResetTicket,
    Source, TenantId,
};

use crate::stores::{all, memory};
use crate::support::{
    MAIL, MOBILE, NEW, OLD, World, admin, code, email, one_gate, refusal, request, request_from,
    settings, sms, voice,
};

/// Inv. 4: the same method of the same account has another code in another flow.
#[test]
fn inv04_a_code_opens_only_its_own_challenge() {
    for under_test in all() {
        block_on(async {
            let world = under_test.world(settings()).await;
            let first = world.start().await;
            let (first, first_code) = world.challenged(&first.ticket, &email(), MAIL).await;
            let second = world.start().await;
            let (second, second_code) = world.challenged(&second.ticket, &email(), MAIL).await;
            assert_ne!(first_code, second_code, "{}: two challenges, one code", under_test.name);
            let crossed = world.prove(&second.ticket, &first_code).await;
            assert_eq!(refusal(crossed), Refusal::NotAccepted, "{}", under_test.name);
            // A resend voids the previous code, only in its own flow.
            world.clock.advance(Duration::from_secs(61));
            let (first, third_code) = world.challenged(&first.ticket, &email(), MAIL).await;
            let old = world.prove(&first.ticket, &first_code).await;
            assert_eq!(refusal(old), Refusal::NotAccepted, "{}", under_test.name);
            world.prove(&first.ticket, &third_code).await.expect("the newest code");
            world.prove(&second.ticket, &second_code).await.expect("the other flow's code");
        });
    }
}

/// Inv. 4 and 5: an attacker who can write to the store cannot move a known code to another flow.
#[test]
fn inv04_a_challenge_copied_elsewhere_gives_another_code() {
    for field in ["nonce", "whole"] {
        block_on(async {
            let under_test = memory();
            let world = under_test.world(one_gate()).await;
            let first = world.start().await;
            let (_, known) = world.challenged(&first.ticket, &email(), MAIL).await;
            let second = world.start().await;
            let (second, _) = world.challenged(&second.ticket, &email(), MAIL).await;
            under_test
                .edit(|body| {
                    let known = body["flows"][0]["challenges"][0].clone();
                    let target = &mut body["flows"][1]["challenges"][0];
                    if field == "whole" {
                        *target = known;
                    } else {
                        target["nonce"] = known["nonce"].clone();
                    }
                })
                .await;
            let copied = world.prove(&second.ticket, &known).await;
            assert_eq!(refusal(copied), Refusal::NotAccepted, "{field}");
        });
    }
}

/// Inv. 4: codes and tickets of one purpose are refused in another.
#[test]
fn inv04_purposes_do_not_mix() {
    block_on(async {
        let world = memory().world(one_gate()).await;
        let mail = EmailAddress::parse("ada@second.example").expect("valid");
        let user = world.signed_in();
        let registration = world.engine.registration();
        let added =
            registration.add(&request(), &user, &NewMethod::email(mail)).await.expect("added");
        world.deliver().await;
        let register = world.inbox.last_code_to("ada@second.example").expect("a code");
        let reply = world.start().await;
        let (reply, reset) = world.challenged(&reply.ticket, &email(), MAIL).await;
        assert!(world.prove(&reply.ticket, &register).await.is_err());
        let wrong = registration.confirm(&request(), &user, &added.ticket, &code(&reset)).await;
        assert_eq!(refusal(wrong), Refusal::NotAccepted);
        // A ticket of one purpose does not open as the other.
        let text = reply.ticket.expose_secret();
        let ticket = RegistrationTicket::parse(text).expect("the tickets have one form");
        let foreign = registration.confirm(&request(), &user, &ticket, &code(&register)).await;
        assert!(matches!(foreign, Err(Error::Invalid(InvalidInput::Foreign { .. }))));
        let ticket =
            ResetTicket::parse(added.ticket.expose_secret()).expect("the tickets have one form");
        let foreign = world.prove(&ticket, &reset).await;
        assert!(matches!(foreign, Err(Error::Invalid(InvalidInput::Foreign { .. }))));
    });
}

/// Inv. 8: a typed number is only compared, and no message goes to it.
#[test]
fn inv08_messages_go_to_stored_addresses_only() {
    for under_test in all() {
        block_on(async {
            let mut settings = one_gate();
            settings.typed_number = true;
            let world = under_test.world(settings).await;
            let reply = world.start().await;
            for typed in ["+1 4255550199", "+1 4255550100", "+44 2079460000"] {
                let selection = sms().with_typed_number(typed).expect("a number");
                let _ = world.engine.reset().challenge(&request(), &reply.ticket, &selection).await;
                world.deliver().await;
                world.clock.advance(Duration::from_secs(61));
            }
            let sent = world.inbox.all();
            assert!(!sent.is_empty(), "{}: the right number gets its code", under_test.name);
            for message in sent {
                let to = message.destination.normalised();
                let stored = PhoneNumber::parse(MOBILE).expect("valid").normalised();
                assert_eq!(to, stored, "{}: {}", under_test.name, message.kind);
            }
            let (compared, counted) =
                (world.engine.stats().comparisons, under_test.count("number_counted").await as u64);
            assert!(compared <= counted + under_test.count("attempt_counted").await as u64);
        });
    }
}

/// Inv. 10: one number under two kinds is one method.
#[test]
fn inv10_two_kinds_at_one_destination_are_one_method() {
    block_on(async {
        let under_test = memory();
        let world =
            World::builder().store(under_test.store.clone()).settings(settings()).open().await;
        let mut contacts = Contacts::default();
        contacts.mobile_phone = Some(PhoneNumber::parse(MOBILE).expect("valid"));
        contacts.office_phone = Some(PhoneNumber::parse(MOBILE).expect("valid"));
        let by = world.admin();
        by.supply_contacts(&world.user, &contacts).await.expect("supplied");
        world.deliver().await;
        world.inbox.clear();
        let reply = world.start().await;
        world.challenge(&reply.ticket, &sms()).await;
        world.deliver().await;
        assert!(world.inbox.all().is_empty(), "one method is not two gates");
    });
}

/// Inv. 10: the same method twice is one proof, over any channel.
#[test]
fn inv10_one_method_over_two_channels_is_one_proof() {
    block_on(async {
        let world = memory().world(settings()).await;
        let reply = world.start().await;
        let (reply, text) = world.challenged(&reply.ticket, &sms(), MOBILE).await;
        let reply = world.prove(&reply.ticket, &text).await.expect("proven");
        for again in [sms(), voice()] {
            let answer = world.engine.reset().challenge(&request(), &reply.ticket, &again).await;
            let refused = answer.expect_err("the same method");
            let offered = [Refusal::AlreadyProven, Refusal::NotOffered];
            assert!(offered.contains(refused.refusal().expect("a refusal")), "{refused:?}");
        }
        let early = world.complete(&reply.ticket, NEW).await;
        assert_eq!(refusal(early), Refusal::MoreProofNeeded);
        assert!(world.password_is(OLD));
    });
}

/// Inv. 12: a completed reset voids the codes, proofs and grants of all other flows.
#[test]
fn inv12_a_new_password_voids_everything_outstanding() {
    for under_test in all() {
        block_on(async {
            let world = under_test.world(one_gate()).await;
            let reply = world.start().await;
            let (reply, read) = world.challenged(&reply.ticket, &email(), MAIL).await;
            let granted = world.prove(&reply.ticket, &read).await.expect("proven").ticket;
            let other = world.start().await;
            let (other, open) = world.challenged(&other.ticket, &sms(), MOBILE).await;
            let user = world.signed_in();
            let mail = EmailAddress::parse("ada@second.example").expect("valid");
            let registration = world.engine.registration();
            let added =
                registration.add(&request(), &user, &NewMethod::email(mail)).await.expect("added");
            world.deliver().await;
            let pending = world.inbox.last_code_to("ada@second.example").expect("a code");
            world.complete(&granted, NEW).await.expect("reset");
            let stale = world.prove(&other.ticket, &open).await;
            assert_eq!(refusal(stale), Refusal::NotAccepted, "{}", under_test.name);
            let user = world.signed_in();
            let pending = code(&pending);
            let stale = registration.confirm(&request(), &user, &added.ticket, &pending).await;
            assert_eq!(refusal(stale), Refusal::NotAccepted, "{}", under_test.name);
        });
    }
}

/// Inv. 12: throttling voids nothing.
#[test]
fn inv12_throttling_does_not_void_a_proof() {
    block_on(async {
        let world = memory().world(settings()).await;
        let reply = world.start().await;
        let (reply, text) = world.challenged(&reply.ticket, &sms(), MOBILE).await;
        let reply = world.prove(&reply.ticket, &text).await.expect("proven");
        for number in 0..6 {
            let request = request_from(&format!("198.51.100.{number}"));
            let reset = world.engine.reset();
            let other = reset.start(&request, &crate::support::ada()).await.expect("started");
            let other = reset.challenge(&request, &other.ticket, &email()).await;
            let Ok(other) = other else { continue };
            for _ in 0..6 {
                let _ = reset.prove(&request, &other.ticket, &code("00000000")).await;
            }
        }
        let (reply, mail) = world.challenged(&reply.ticket, &email(), MAIL).await;
        let reply = world.prove(&reply.ticket, &mail).await.expect("proven");
        world.complete(&reply.ticket, NEW).await.expect("reset");
    });
}

/// Inv. 13: a reset removes no factor and unlocks nothing else.
#[test]
fn inv13_a_reset_leaves_the_methods_alone() {
    for under_test in all() {
        block_on(async {
            let world = under_test.world(settings()).await;
            let before = under_test.body().await["methods"].clone();
            let ticket = world.granted().await;
            let done = world.complete(&ticket, NEW).await.expect("reset");
            assert_eq!(under_test.body().await["methods"], before, "{}", under_test.name);
            let shown = serde_json::to_value(&done.step).expect("json");
            assert_eq!(shown, serde_json::json!({"step": "done", "propagated": true}));
            assert!(world.directory.unlocks(&world.tenant, &world.user).is_empty());
        });
    }
}

/// Inv. 18: two tenants with one user id share nothing.
#[test]
fn inv18_tenants_share_no_ticket_code_or_record() {
    for under_test in all() {
        block_on(async {
            let world = under_test.world(one_gate()).await;
            let other = TenantId::parse("fabrikam").expect("valid");
            world.directory.add_tenant(other.clone(), TenantFacts::new("Fabrikam"));
            let facts = UserFacts::new(world.user.clone());
            let name = "ada@contoso.example";
            world.directory.add_user(&other, facts, &[name], OLD).expect("added");
            let policy = Policy::new(one_gate()).expect("sound");
            let actor = admin();
            let by = world.engine.admin(&other, &actor);
            by.put_policy(&policy, None).await.expect("put");
            let mut contacts = Contacts::default();
            contacts.email = Some(EmailAddress::parse("ada@fabrikam.example").expect("valid"));
            by.supply_contacts(&world.user, &contacts).await.expect("supplied");
            let other_request = Request::new(other.clone(), Source::parse("203.0.113.7"));
            let typed = Identifier::parse(name).expect("valid");
            let reset = world.engine.reset();
            let other_reply = reset.start(&other_request, &typed).await.expect("started");
            let other_reply =
                reset.challenge(&other_request, &other_reply.ticket, &email()).await.expect("open");
            let own_reply = world.start().await;
            let (own_reply, read) = world.challenged(&own_reply.ticket, &email(), MAIL).await;
            let foreign = reset.prove(&other_request, &own_reply.ticket, &code(&read)).await;
            assert!(matches!(foreign, Err(Error::Invalid(InvalidInput::Foreign { .. }))));
            let crossed = reset.prove(&other_request, &other_reply.ticket, &code(&read)).await;
            assert_eq!(refusal(crossed), Refusal::NotAccepted, "{}", under_test.name);
            let granted = world.prove(&own_reply.ticket, &read).await.expect("proven");
            world.complete(&granted.ticket, NEW).await.expect("reset");
            assert!(world.directory.password_is(&other, &world.user, OLD), "{}", under_test.name);
            let events = by.events(None, 500).await.expect("readable");
            assert!(events.items.iter().all(|event| event.tenant == other), "{}", under_test.name);
        });
    }
}
