//! Effects of reading, and secrets in replies and in printed values: V40, V41, V42.

use std::fmt::Debug;

use sspr::adapters::memory::MemoryStore;
use sspr::method::NewMethod;
use sspr::port::{RecordKind, Store};
use sspr::testing::CallLog;
use sspr::{Attempt, SecretText};

use crate::people::*;
use crate::stores::StoreKind;
use crate::support::*;

in_memory!(
    v40_reading_changes_nothing,
    v41_no_answer_holds_a_code,
    v42_nothing_printed_holds_a_secret_or_an_address,
);

/// V41: the replies of a whole reset and of a registration, serialised and printed, contain no
/// code.
async fn v41_no_answer_holds_a_code(_kind: &StoreKind) {
    for seed in 0..20 {
        let world = World::builder().settings(settings()).open().await;
        world.clock.advance(DAY * seed);
        world.register_contacts().await;
        let mut shown = Vec::new();
        let mut note = |reply: &sspr::Reply<sspr::ResetTicket>| {
            shown.push(serde_json::to_string(&reply.step).expect("serialised"));
            shown.push(format!("{reply:?} {:#?}", reply.step));
            shown.push(reply.ticket.expose_secret().to_owned());
        };
        let reply = world.start().await;
        note(&reply);
        let (reply, first) = world.challenged(&reply.ticket, &email(), MAIL).await;
        note(&reply);
        let reply = world.prove(&reply.ticket, &first).await.expect("proven");
        note(&reply);
        let (reply, second) = world.challenged(&reply.ticket, &sms(), MOBILE).await;
        note(&reply);
        note(&world.engine.reset().view(&request(), &reply.ticket).await.expect("shown"));
        let reply = world.prove(&reply.ticket, &second).await.expect("proven");
        note(&reply);
        note(&world.complete(&reply.ticket, NEW).await.expect("reset"));
        let new = NewMethod::email(mail("second@private.example"));
        let registration = world.engine.registration();
        let user = world.signed_in();
        let added = registration.add(&request(), &user, &new).await.expect("added");
        shown.push(format!("{} {added:?}", serde_json::to_string(&added.step).expect("shown")));
        world.deliver().await;
        let third = world.inbox.last_code_to("second@private.example").expect("a code");
        let attempt = code(&third);
        let view = registration
            .confirm(&request(), &user, &added.ticket, &attempt)
            .await
            .expect("confirmed");
        shown.push(format!("{} {view:?}", serde_json::to_string(&view).expect("shown")));
        let all = shown.join("\n");
        for secret in [&first, &second, &third] {
            assert!(!all.contains(secret.as_str()), "{secret} in {all}");
        }
        for secret in [NEW, OLD] {
            assert!(!all.contains(secret));
        }
    }
}

/// V42: the library writes no log. The values that a host can log (errors, refusals, events, port
/// calls) contain no code, ticket, password, key or address.
async fn v42_nothing_printed_holds_a_secret_or_an_address(_kind: &StoreKind) {
    let (log, store) = (CallLog::with_arguments(), MemoryStore::new());
    let world = World::builder()
        .store(store.clone())
        .settings(settings())
        .recorded(&log)
        .registered()
        .open()
        .await;
    let mut shown = Vec::new();
    fn show(into: &mut Vec<String>, value: &(impl Debug + ?Sized)) {
        into.push(format!("{value:?}"));
        into.push(format!("{value:#?}"));
    }
    let mut secrets: Vec<String> =
        [MAIL, MOBILE, "private.example", NEW, OLD].map(str::to_owned).into();

    let reply = world.start().await;
    show(&mut shown, &reply);
    let (reply, right) = world.challenged(&reply.ticket, &email(), MAIL).await;
    secrets.push(reply.ticket.expose_secret().to_owned());
    let wrong = other_than(&right);
    let refused = world.prove(&reply.ticket, &wrong).await.expect_err("wrong");
    show(&mut shown, &refused);
    shown.push(refused.to_string());
    let reply = world.prove(&reply.ticket, &right).await.expect("proven");
    show(&mut shown, &reply);
    let refused = world.complete(&reply.ticket, NEW).await.expect_err("too early");
    show(&mut shown, &refused);
    let ticket = world.granted().await;
    let refused = world.complete(&ticket, "a password").await.expect_err("too short");
    show(&mut shown, &refused);
    shown.push(refused.to_string());
    show(&mut shown, &world.complete(&ticket, NEW).await.expect("reset"));
    world.deliver().await;

    let user = world.signed_in();
    let methods = world.engine.registration().list(&request(), &user).await.expect("listed");
    show(&mut shown, &methods);
    show(&mut shown, &world.inbox.all());
    show(&mut shown, &world.inbox);
    show(&mut shown, &world.directory);
    show(&mut shown, &world.engine);
    show(&mut shown, &keys());
    show(&mut shown, &store);
    show(&mut shown, &log.lines());
    show(&mut shown, &Attempt::code(&right).expect("a code"));
    show(&mut shown, &ticket);
    show(&mut shown, &SecretText::from(NEW));
    show(&mut shown, &ada());
    show(&mut shown, &NewMethod::email(mail(MAIL)));
    show(&mut shown, &sms().with_typed_number(MOBILE).expect("a number"));
    show(&mut shown, &request().with_human_answer(SecretText::from(NEW)));
    show(&mut shown, &mail(MAIL));
    show(&mut shown, &phone(MOBILE));
    for kind in RecordKind::ALL {
        show(&mut shown, &store.scan(&tenant(), kind, None, 100).await.expect("scanned"));
    }
    let events = all_events(&world).await;
    assert!(events.len() > 20);
    show(&mut shown, &events);
    for event in &events {
        shown.push(event.encode());
    }
    for sent in world.inbox.all() {
        secrets.extend(sent.code().map(str::to_owned));
    }
    secrets.extend([right, wrong, ticket.expose_secret().to_owned()]);
    for text in &shown {
        for secret in &secrets {
            assert!(!text.contains(secret.as_str()), "{secret} in {text}");
        }
    }
    // No event contains the typed identifier, only the user's id.
    let audit: String = events.iter().map(sspr::audit::Event::encode).collect();
    assert!(!audit.contains("ada@contoso.example"));
}

/// V40: a mail scanner that opens pages, or a page refreshed a hundred times, changes nothing, and
/// live codes stay valid.
async fn v40_reading_changes_nothing(_kind: &StoreKind) {
    let log = CallLog::new();
    let world = World::builder().settings(one_gate()).recorded(&log).open().await;
    let person = settle(&world, 1).await;
    let reply = opened(&world.engine, &source(1), &person.name, &email()).await.expect("opened");
    world.deliver().await;
    let right = world.inbox.last_code_to(&person.mail).expect("a code");
    let before = events_of(&world, &person.id).await;
    log.clear();
    for _ in 0..100 {
        let view = world.engine.reset().view(&source(1), &reply.ticket).await.expect("shown");
        assert_eq!(view.ticket.expose_secret(), reply.ticket.expose_secret());
        assert_eq!(view.step, reply.step);
        world.engine.reset().start(&source(2), &person.name).await.expect("started");
    }
    assert_eq!(log.count("store.commit") + log.count("store.increment"), 0);
    assert_eq!(events_of(&world, &person.id).await, before);
    let proven = try_code(&world.engine, &source(1), &reply.ticket, &right).await;
    assert!(granted(&proven.expect("still live").step));
}
