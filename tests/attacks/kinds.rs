//! The newer kinds of method and of flow: V26, V30, V31.

use sspr::method::{ChallengeOption, NewMethod};
use sspr::port::Clock as _;
use sspr::{
    Attempt, ChangeTicket, Error, MethodKind, Policy, Refusal, RegistrationTicket, ResetTicket,
    Step, UnlockTicket,
};

use crate::people::*;
use crate::replay::{lock_out, sparing};
use crate::stores::StoreKind;
use crate::support::*;

on_every_store!(v30_an_authenticator_outlives_a_reset);
in_memory!(
    v26_each_ticket_opens_its_own_kind_of_flow,
    v26_each_code_and_link_opens_its_own_kind_of_flow,
    v30_a_policy_may_want_an_enrolled_factor,
    v31_an_app_that_is_tapped_and_its_codes_are_one,
    v31_one_address_is_one_method,
    v31_one_proof_counts_once,
    v31_a_password_is_no_gate,
);

/// V26: each of the four kinds of ticket is refused by every operation of the other three.
async fn v26_each_ticket_opens_its_own_kind_of_flow(_kind: &StoreKind) {
    let world = World::builder().settings(sparing()).registered().open().await;
    lock_out(&world);
    let (request, user) = (request(), world.signed_in());
    let (reset, unlock) = (world.engine.reset(), world.engine.unlock());
    let (change, registration) = (world.engine.change(), world.engine.registration());
    let to_reset = world.granted().await;
    let to_unlock = unlock.start(&request, &ada()).await.expect("started").ticket;
    let to_change = change.start(&request, &user, &OLD.into()).await.expect("known").ticket;
    let method = NewMethod::email(mail("second@private.example"));
    let to_add = registration.add(&request, &user, &method).await.expect("added").ticket;
    let typed = || code("12345678");
    let secret = |name| match name {
        "reset" => to_reset.expose_secret(),
        "unlock" => to_unlock.expose_secret(),
        "change" => to_change.expose_secret(),
        _ => to_add.expose_secret(),
    };
    let mut refused = 0;
    let mut foreign = |answer: Option<Error>, case: &str| {
        assert!(matches!(answer, Some(Error::Invalid(_))), "{case}: {answer:?}");
        refused += 1;
    };
    for name in ["reset", "unlock", "change", "register"] {
        let text = secret(name);
        if name != "reset" {
            let ticket = ResetTicket::parse(text).expect("the tickets have one form");
            let case = format!("{name} at reset");
            foreign(reset.view(&request, &ticket).await.err(), &case);
            foreign(reset.challenge(&request, &ticket, &email()).await.err(), &case);
            foreign(reset.prove(&request, &ticket, &typed()).await.err(), &case);
            foreign(reset.complete(&request, &ticket, &NEW.into()).await.err(), &case);
            foreign(reset.cancel(&request, &ticket).await.err(), &case);
            foreign(reset.contact_administrator(&request, &ticket).await.err(), &case);
            foreign(reset.remember_device(&request, &ticket).await.err(), &case);
            foreign(reset.replace_recovery_code(&request, &ticket).await.err(), &case);
            foreign(reset.acknowledge_recovery_code(&request, &ticket).await.err(), &case);
        }
        if name != "unlock" {
            let ticket = UnlockTicket::parse(text).expect("the tickets have one form");
            let case = format!("{name} at unlock");
            foreign(unlock.view(&request, &ticket).await.err(), &case);
            foreign(unlock.challenge(&request, &ticket, &email()).await.err(), &case);
            foreign(unlock.prove(&request, &ticket, &typed()).await.err(), &case);
            foreign(unlock.complete(&request, &ticket).await.err(), &case);
            foreign(unlock.cancel(&request, &ticket).await.err(), &case);
            foreign(unlock.contact_administrator(&request, &ticket).await.err(), &case);
            foreign(unlock.remember_device(&request, &ticket).await.err(), &case);
            foreign(unlock.replace_recovery_code(&request, &ticket).await.err(), &case);
            foreign(unlock.acknowledge_recovery_code(&request, &ticket).await.err(), &case);
        }
        if name != "change" {
            let ticket = ChangeTicket::parse(text).expect("the tickets have one form");
            let case = format!("{name} at change");
            foreign(change.view(&request, &ticket).await.err(), &case);
            foreign(change.complete(&request, &ticket, &NEW.into()).await.err(), &case);
            foreign(change.cancel(&request, &ticket).await.err(), &case);
        }
        if name != "register" {
            let ticket = RegistrationTicket::parse(text).expect("the tickets have one form");
            let answer = registration.confirm(&request, &user, &ticket, &typed()).await;
            foreign(answer.err(), &format!("{name} at register"));
        }
    }
    assert_eq!(refused, 3 * (9 + 9 + 3 + 1));
    // Each ticket is still valid for *its own purpose flow.
    change.complete(&request, &to_change, &"plum violet candle tractor".into()).await.expect("own");
}

/// V26: a code and a link of a reset are refused at an unlock, and the reverse.
async fn v26_each_code_and_link_opens_its_own_kind_of_flow(_kind: &StoreKind) {
    let mut settings = everything(2);
    settings.attempts = 2;
    for chosen in ["email.email", "email.link", "mobile_phone.sms"] {
        let world = World::builder().settings(settings.clone()).registered().open().await;
        lock_out(&world);
        let (request, chosen) = (request(), option(chosen));
        let (reset, unlock) = (world.engine.reset(), world.engine.unlock());
        let to_reset = world.start().await.ticket;
        let to_reset = world.challenge(&to_reset, &chosen).await.ticket;
        world.deliver().await;
        let sent = world.inbox.all();
        let last = sent.last().expect("a message");
        let of_reset = last.code().or(last.link()).expect("a secret").to_owned();
        let reply = unlock.start(&request, &ada()).await.expect("started");
        let reply = unlock.challenge(&request, &reply.ticket, &chosen).await.expect("opened");
        world.deliver().await;
        let sent = world.inbox.all();
        let last = sent.last().expect("a message");
        let of_unlock = last.code().or(last.link()).expect("a secret").to_owned();
        assert_ne!(of_reset, of_unlock);
        let given = |text: &str| {
            if text.starts_with(BASE) { Attempt::link(text).expect("a link") } else { code(text) }
        };
        let answer = reset.prove(&request, &to_reset, &given(&of_unlock)).await;
        assert_eq!(refusal(answer), Refusal::NotAccepted);
        let answer = unlock.prove(&request, &reply.ticket, &given(&of_reset)).await;
        assert_eq!(refusal(answer), Refusal::NotAccepted);
        reset.prove(&request, &to_reset, &given(&of_reset)).await.expect("its own");
        unlock.prove(&request, &reply.ticket, &given(&of_unlock)).await.expect("its own");
    }
}

/// V30: after a reset, also with one gate, the authenticator and the recovery codes stay enrolled
/// and valid.
async fn v30_an_authenticator_outlives_a_reset(stores: &StoreKind) {
    let world =
        World::builder().store(stores.store()).settings(everything(1)).registered().open().await;
    let token = world.enrol_app().await;
    let saved = world.create_recovery_codes().await;
    let list = async || {
        let listed = world.engine.registration().list(&request(), &world.signed_in()).await;
        listed.expect("listed")
    };
    let before = list().await;
    let reply = world.start().await;
    let (reply, right) = world.challenged(&reply.ticket, &email(), MAIL).await;
    let reply = world.prove(&reply.ticket, &right).await.expect("proven");
    let done = world.complete(&reply.ticket, NEW).await.expect("reset");
    assert_eq!(done.step, Step::Done { propagated: true });
    assert_eq!(list().await, before);
    let typed = code(&token.code(world.clock.now().plus(MINUTE)));
    world.clock.advance(MINUTE);
    let sign_in = world.engine.authenticator().verify(&request(), &world.user, &typed).await;
    assert!(before.iter().any(|method| method.id == *sign_in.as_ref().expect("still enrolled")));
    let reply = world.start().await;
    let reply = world.challenge(&reply.ticket, &option("recovery_code")).await;
    world.prove(&reply.ticket, &saved[0]).await.expect("still enrolled");
}

/// V30: if the policy counts only enrolled kinds, a mailbox and a phone cannot reset, alone or
/// together; if it requires both sorts, neither is enough alone.
async fn v30_a_policy_may_want_an_enrolled_factor(_kind: &StoreKind) {
    let enrolled = [MethodKind::AuthenticatorApp, MethodKind::RecoveryCode];
    let world = World::builder().settings(everything(2)).registered().open().await;
    let token = world.enrol_app().await;
    world.clock.advance(2 * MINUTE);
    let earned = world.granted().await;
    let mut strict = everything(1);
    strict.users.methods = enrolled.into();
    put(&world, strict, 1).await;
    // Proofs by mail and text no longer count.
    assert_eq!(refusal(world.complete(&earned, NEW).await), Refusal::MoreProofNeeded);
    world.clock.advance(MINUTE); // steps before the last may see a policy that is seconds old
    // Administrators have their own gates: the options of both are shown.
    world.inbox.clear();
    for refused in [email(), sms(), option("email.link")] {
        let reply = world.start().await;
        world.challenge(&reply.ticket, &refused).await;
        world.deliver().await;
        assert!(world.inbox.all().is_empty());
    }
    let reply = world.start().await;
    let reply = world.challenge(&reply.ticket, &option("authenticator_app")).await;
    let reply = world.prove(&reply.ticket, &token.code(world.clock.now())).await.expect("proven");
    assert!(granted(&reply.step));

    let mut both = everything(2);
    both.users.methods = [MethodKind::AuthenticatorApp, MethodKind::Email].into();
    let world = World::builder().settings(both).open().await;
    world.register(NewMethod::email(mail(MAIL)), MAIL).await;
    world.enrol_app().await;
    world.clock.advance(2 * DAY);
    let reply = world.start().await;
    let (reply, right) = world.challenged(&reply.ticket, &email(), MAIL).await;
    let reply = world.prove(&reply.ticket, &right).await.expect("proven");
    assert_eq!(refusal(world.complete(&reply.ticket, NEW).await), Refusal::MoreProofNeeded);
}

/// V31: a push approval and the codes of one app on one phone are one method.
async fn v31_an_app_that_is_tapped_and_its_codes_are_one(_kind: &StoreKind) {
    for codes_first in [true, false] {
        let world = World::builder().settings(everything(2)).registered().open().await;
        let token = world.enrol_app().await;
        world.push.give(&world.user);
        world.clock.advance(2 * MINUTE);
        let reply = world.start().await;
        let (reply, second) = if codes_first {
            let reply = world.challenge(&reply.ticket, &option("authenticator_app")).await;
            let typed = token.code(world.clock.now());
            (world.prove(&reply.ticket, &typed).await, "app_notification")
        } else {
            let reply = world.challenge(&reply.ticket, &option("app_notification")).await;
            let given = world.push.response(&world.user, &reply.page.expect("a page"));
            let given = Attempt::response(given).expect("bounded");
            let reset = world.engine.reset();
            (reset.prove(&request(), &reply.ticket, &given).await, "authenticator_app")
        };
        let reply = reply.expect("proven");
        let Step::Choose { options } = &reply.step else { panic!("{:?}", reply.step) };
        let second = second.parse::<ChallengeOption>().expect("an option");
        assert!(options.iter().all(|view| view.option.method() != second.method()), "not offered");
        let reset = world.engine.reset();
        let answer = reset.challenge(&request(), &reply.ticket, &second.into()).await;
        assert_eq!(refusal(answer), Refusal::AlreadyProven);
        assert_eq!(refusal(world.complete(&reply.ticket, NEW).await), Refusal::MoreProofNeeded);
    }
    // A user with nothing else cannot begin, and no push is sent.
    let world = World::builder().settings(everything(2)).open().await;
    world.enrol_app().await;
    world.push.give(&world.user);
    let reply = world.start().await;
    world.challenge(&reply.ticket, &option("app_notification")).await;
    assert!(world.push.begun().iter().all(|(who, _)| *who != world.user));
}

/// V31: a code and a link to one mailbox are one method, and so are a text and a call to one phone.
async fn v31_one_address_is_one_method(_kind: &StoreKind) {
    for (first, second, to) in
        [("email.email", "email.link", MAIL), ("mobile_phone.sms", "mobile_phone.voice", MOBILE)]
    {
        let world = World::builder().settings(everything(2)).registered().open().await;
        let reply = world.start().await;
        let (reply, right) = world.challenged(&reply.ticket, &option(first), to).await;
        let reply = world.prove(&reply.ticket, &right).await.expect("proven");
        let second = option(second);
        let answer = world.engine.reset().challenge(&request(), &reply.ticket, &second).await;
        assert_eq!(refusal(answer), Refusal::AlreadyProven);
    }
}

/// V31: a repeated proof, by link, code, push or recovery code, is the same proof.
async fn v31_one_proof_counts_once(_kind: &StoreKind) {
    for chosen in ["email.email", "email.link", "authenticator_app", "passkey", "recovery_code"] {
        let world = World::builder().settings(everything(2)).registered().open().await;
        let token = world.enrol_app().await;
        let saved = world.create_recovery_codes().await;
        world.passkey.give(&world.user);
        world.clock.advance(2 * MINUTE);
        let reply = world.start().await;
        let reply = world.challenge(&reply.ticket, &option(chosen)).await;
        world.deliver().await;
        let page = reply.page.clone().unwrap_or_default();
        let given = || match chosen {
            "email.email" => code(&world.inbox.last_code_to(MAIL).expect("a code")),
            "email.link" => {
                let url = world.inbox.last_link_to(MAIL).expect("a link");
                Attempt::link(&url).expect("a link")
            }
            "authenticator_app" => code(&token.code(world.clock.now())),
            "recovery_code" => code(&saved[0]),
            _ => Attempt::response(world.passkey.response(&world.user, &page)).expect("bounded"),
        };
        let reset = world.engine.reset();
        let proven = reset.prove(&request(), &reply.ticket, &given()).await.expect("proven");
        for ticket in [&reply.ticket, &proven.ticket, &reply.ticket] {
            if let Ok(again) = reset.prove(&request(), ticket, &given()).await {
                assert_eq!(again.ticket.expose_secret(), proven.ticket.expose_secret());
                assert!(!granted(&again.step), "{chosen}");
            }
        }
        let events = events_of(&world, &world.user).await;
        assert_eq!(count(&events, "method_proven"), 1, "{chosen}");
        assert_eq!(refusal(world.complete(&proven.ticket, NEW).await), Refusal::MoreProofNeeded);
    }
}

/// V31: the forgotten password is no method of a reset.
async fn v31_a_password_is_no_gate(_kind: &StoreKind) {
    for administrators in [false, true] {
        let mut settings = everything(2);
        let gates =
            if administrators { &mut settings.administrators.gates } else { &mut settings.users };
        gates.methods.insert(MethodKind::Password);
        assert!(Policy::new(settings).is_err());
    }
    assert!(!MethodKind::ALL.contains(&MethodKind::Password));
    assert!("password".parse::<ChallengeOption>().is_err());
}
