//! The binding of codes to accounts, flows, purposes and methods: V25, V26, V29, V30, V31, V33.

use sspr::adapters::memory::MemoryStore;
use sspr::admin::Contacts;
use sspr::method::{ChallengeOption, NewMethod};
use sspr::testing::{FaultPlan, Faulty, block_on};
use sspr::{Error, MethodKind, Refusal, RegistrationTicket, ResetTicket};

use crate::people::*;
use crate::stores::StoreKind;
use crate::support::*;

on_every_store!(v33_a_resend_kills_the_older_code);
in_memory!(
    v25_a_code_of_another_account_is_refused,
    v26_a_code_or_ticket_of_one_purpose_is_worthless_in_another,
    v29_a_code_names_no_flow_and_no_message_names_a_ticket,
    v30_a_reset_removes_no_method_and_bypasses_no_gate,
    v31_two_methods_that_are_one_do_not_count_as_two,
    v33_a_code_superseded_while_it_is_compared_proves_nothing,
);

/// V25: A's code in B's flow is wrong and counted against B's flow, and A's flow still accepts it.
async fn v25_a_code_of_another_account_is_refused(_kind: &StoreKind) {
    let world = World::builder().settings(one_gate()).open().await;
    let (a, b) = (settle(&world, 1).await, settle(&world, 2).await);
    let of_a = opened(&world.engine, &source(1), &a.name, &email()).await.expect("opened");
    let of_b = opened(&world.engine, &source(2), &b.name, &email()).await.expect("opened");
    world.deliver().await;
    let right = world.inbox.last_code_to(&a.mail).expect("a code");
    let answer = try_code(&world.engine, &source(2), &of_b.ticket, &right).await;
    assert_eq!(refusal(answer), Refusal::NotAccepted);
    assert_eq!(counted(&events_of(&world, &b.id).await), 1);
    assert_eq!(counted(&events_of(&world, &a.id).await), 0);
    let reply = try_code(&world.engine, &source(1), &of_a.ticket, &right).await.expect("proven");
    world.engine.reset().complete(&source(1), &reply.ticket, &NEW.into()).await.expect("reset");
    assert!(world.directory.password_is(&world.tenant, &a.id, NEW));
    assert!(world.directory.password_is(&world.tenant, &b.id, OLD));
}

/// V26: every code and every ticket of each purpose, tried in each.
async fn v26_a_code_or_ticket_of_one_purpose_is_worthless_in_another(_kind: &StoreKind) {
    let world = World::builder().settings(settings()).registered().open().await;
    let (request, user) = (request(), world.signed_in());
    let registration = world.engine.registration();
    let method = NewMethod::email(mail("second@private.example"));
    let added = registration.add(&request, &user, &method).await.expect("added");
    let reset = world.start().await;
    let (reset, reset_code) = world.challenged(&reset.ticket, &email(), MAIL).await;
    let code_to_register = world.inbox.last_code_to("second@private.example").expect("a code");

    // Codes in the other flow.
    let answer = world.prove(&reset.ticket, &code_to_register).await;
    assert_eq!(refusal(answer), Refusal::NotAccepted);
    let answer = registration.confirm(&request, &user, &added.ticket, &code(&reset_code)).await;
    assert_eq!(refusal(answer), Refusal::NotAccepted);
    // Tickets in the other flow are refused by their purpose, with any code.
    let as_reset =
        ResetTicket::parse(added.ticket.expose_secret()).expect("the tickets have one form");
    let as_added =
        RegistrationTicket::parse(reset.ticket.expose_secret()).expect("the tickets have one form");
    for typed in [&reset_code, &code_to_register] {
        assert!(matches!(world.prove(&as_reset, typed).await, Err(Error::Invalid(_))));
        let answer = registration.confirm(&request, &user, &as_added, &code(typed)).await;
        assert!(matches!(answer, Err(Error::Invalid(_))));
    }
    assert!(matches!(world.complete(&as_reset, NEW).await, Err(Error::Invalid(_))));
    let answer = world.engine.reset().view(&request, &as_reset).await;
    assert!(matches!(answer, Err(Error::Invalid(_))));
    // Each code is still valid in its own flow.
    let proven = world.prove(&reset.ticket, &reset_code).await.expect("a proof");
    let attempt = code(&code_to_register);
    let active = registration.confirm(&request, &user, &added.ticket, &attempt).await;
    assert!(active.expect("confirmed").active);
    // The earlier proof is void, since the methods have changed.
    let late = world.engine.reset().view(&request, &proven.ticket).await;
    assert_eq!(refusal(late), Refusal::Ended);
}

/// V29: a code counts only with the ticket of its own flow, and no message contains a ticket.
async fn v29_a_code_names_no_flow_and_no_message_names_a_ticket(_kind: &StoreKind) {
    let world = World::builder().settings(one_gate()).open().await;
    let person = settle(&world, 1).await;
    let evil = opened(&world.engine, &source(1), &person.name, &sms()).await.expect("opened");
    let own = opened(&world.engine, &source(2), &person.name, &email()).await.expect("opened");
    world.deliver().await;
    let right = world.inbox.last_code_to(&person.mail).expect("a code");
    let handed_over = try_code(&world.engine, &source(1), &evil.ticket, &right).await;
    assert_eq!(refusal(handed_over), Refusal::NotAccepted);
    for message in world.inbox.all() {
        let shown = format!("{message:?} {:?}", message.code());
        assert!(!shown.contains(own.ticket.expose_secret()));
        assert!(!shown.contains(evil.ticket.expose_secret()));
    }
    // A ticket cannot be forged: every change makes it invalid.
    let text = own.ticket.expose_secret();
    for place in (0..text.len()).step_by(7) {
        let mut forged = text.as_bytes().to_vec();
        forged[place] = if forged[place] == b'A' { b'B' } else { b'A' };
        let forged = String::from_utf8(forged).expect("ASCII");
        let Ok(forged) = ResetTicket::parse(&forged) else { continue };
        let answer = try_code(&world.engine, &source(2), &forged, &right).await;
        assert!(matches!(answer, Err(Error::Invalid(_))), "place {place}");
    }
    assert!(text.len() * 6 >= 128);
    let reply = try_code(&world.engine, &source(2), &own.ticket, &right).await.expect("proven");
    assert!(granted(&reply.step));
}

/// V30: one proof is never enough if two are required, and a reset changes no method.
async fn v30_a_reset_removes_no_method_and_bypasses_no_gate(_kind: &StoreKind) {
    let world = World::builder().settings(settings()).registered().open().await;
    let (request, list) = (request(), world.engine.registration());
    let before = list.list(&request, &world.signed_in()).await.expect("listed");
    let reply = world.start().await;
    let (reply, right) = world.challenged(&reply.ticket, &email(), MAIL).await;
    let reply = world.prove(&reply.ticket, &right).await.expect("proven");
    assert!(!granted(&reply.step));
    assert_eq!(refusal(world.complete(&reply.ticket, NEW).await), Refusal::MoreProofNeeded);
    let ticket = world.granted().await;
    let done = world.complete(&ticket, NEW).await.expect("reset");
    // The reply only shows that the reset is done: it has no session and no token.
    assert_eq!(
        serde_json::to_string(&done.step).expect("shown"),
        r#"{"step":"done","propagated":true}"#
    );
    let after = list.list(&request, &world.signed_in()).await.expect("listed");
    assert_eq!(before, after);
}

/// V31: two methods of one kind count as one, and so do two kinds with one address or device.
async fn v31_two_methods_that_are_one_do_not_count_as_two(_kind: &StoreKind) {
    let pairs: [(&str, &str, Contacts); 2] = {
        let mut same_number = Contacts::default();
        same_number.mobile_phone = Some(phone("+14255550111"));
        same_number.office_phone = Some(phone("+1 4255550111x77"));
        same_number.email = Some(mail("other@private.example"));
        let mut voice_and_text = same_number.clone();
        voice_and_text.office_phone = None;
        [
            ("mobile_phone.sms", "office_phone.voice", same_number),
            ("mobile_phone.sms", "mobile_phone.voice", voice_and_text),
        ]
    };
    for (first, second, contacts) in pairs {
        let mut settings = settings();
        settings.users.methods.insert(MethodKind::OfficePhone);
        let world = World::builder().settings(settings).open().await;
        let person = settle(&world, 1).await;
        supply(&world, &person.id, &contacts).await;
        let request = source(1);
        let option = |text: &str| text.parse::<ChallengeOption>().expect("an option").into();
        let reply = opened(&world.engine, &request, &person.name, &option(first)).await;
        world.deliver().await;
        let right = world.inbox.last_code_to("+14255550111").expect("a code");
        let ticket = reply.expect("opened").ticket;
        let reply = try_code(&world.engine, &request, &ticket, &right).await.expect("proven");
        assert!(!granted(&reply.step));
        let answer = world.engine.reset().challenge(&request, &reply.ticket, &option(second)).await;
        assert_eq!(refusal(answer), Refusal::AlreadyProven, "{second}");
        // Repeating the same proof is no second proof.
        let again = try_code(&world.engine, &request, &ticket, &right).await.expect("repeated");
        assert!(!granted(&again.step));
        let answer = world.engine.reset().complete(&request, &again.ticket, &NEW.into()).await;
        assert_eq!(refusal(answer), Refusal::MoreProofNeeded);
    }
    // A user with one number under two kinds cannot begin: no message is sent.
    let world = World::builder().settings(settings()).open().await;
    let person = settle(&world, 1).await;
    let mut contacts = Contacts::default();
    contacts.mobile_phone = Some(phone("+14255550111"));
    contacts.office_phone = Some(phone("+14255550111x9"));
    supply(&world, &person.id, &contacts).await;
    opened(&world.engine, &source(1), &person.name, &sms()).await.expect("uniform");
    world.deliver().await;
    assert!(world.inbox.messages_to("+14255550111").is_empty());
    // Two mail addresses that the user confirmed are one method.
    let world = World::builder().settings(settings()).registered().open().await;
    let second = "second@private.example";
    world.register(NewMethod::email(mail(second)), second).await;
    world.clock.advance(2 * DAY);
    let reply = world.start().await;
    let (reply, right) = world.challenged(&reply.ticket, &email(), MAIL).await;
    let reply = world.prove(&reply.ticket, &right).await.expect("proven");
    let other = "email.email.1".parse::<ChallengeOption>().expect("an option");
    let answer = world.engine.reset().challenge(&request(), &reply.ticket, &other.into()).await;
    assert!(matches!(refusal(answer), Refusal::AlreadyProven | Refusal::NotOffered));
    assert_eq!(other.method(), MethodKind::Email);
}

/// V33: after a new code was sent the older one is refused.
async fn v33_a_resend_kills_the_older_code(stores: &StoreKind) {
    let world = World::builder().store(stores.store()).settings(one_gate()).open().await;
    let (request, person) = (source(1), settle(&world, 1).await);
    let reply = opened(&world.engine, &request, &person.name, &sms()).await.expect("opened");
    world.deliver().await;
    let old = world.inbox.last_code_to(&person.mobile_phone).expect("a code");
    world.clock.advance(MINUTE);
    // A code over another channel of the same method replaces it too.
    let resent =
        world.engine.reset().challenge(&request, &reply.ticket, &voice()).await.expect("resent");
    for ticket in [&reply.ticket, &resent.ticket] {
        let answer = try_code(&world.engine, &request, ticket, &old).await;
        assert_eq!(refusal(answer), Refusal::NotAccepted);
    }
    world.deliver().await;
    let right = world.inbox.last_code_to(&person.mobile_phone).expect("a code");
    assert_ne!(old, right);
    let answer = try_code(&world.engine, &request, &resent.ticket, &right).await;
    assert!(granted(&answer.expect("the newer one").step));
}

/// V33: a resend comes between the comparison and its commit.
async fn v33_a_code_superseded_while_it_is_compared_proves_nothing(_kind: &StoreKind) {
    let mut outcomes = Vec::new();
    for call in 0..6 {
        let (store, plan) = (MemoryStore::new(), FaultPlan::none());
        let world = World::builder()
            .store(Faulty::new(store.clone(), plan.clone()))
            .settings(one_gate())
            .open()
            .await;
        let (request, person) = (source(1), settle(&world, 1).await);
        let reply = opened(&world.engine, &request, &person.name, &email()).await.expect("opened");
        world.deliver().await;
        let right = world.inbox.last_code_to(&person.mail).expect("a code");
        world.clock.advance(MINUTE);
        let rival = world.beside().store(store).seed(8).open().await.engine;
        let ticket = ResetTicket::parse(reply.ticket.expose_secret()).expect("a ticket");
        let resend = move || {
            let _ = block_on(rival.reset().challenge(&source(1), &ticket, &email()));
        };
        let _ = plan.clone().before(plan.calls() + call, resend);
        let answer = try_code(&world.engine, &request, &reply.ticket, &right).await;
        let events = events_of(&world, &person.id).await;
        let (opened, proven) =
            (count(&events, "challenge_opened"), count(&events, "method_proven"));
        // The code was either accepted or replaced, never both.
        assert_eq!(answer.is_ok(), proven == 1, "call {call}: {answer:?}");
        assert!(opened == 1 || proven == 0, "call {call}: {opened} opened, {proven} proven");
        if answer.is_err() {
            let answer = world.engine.reset().complete(&request, &reply.ticket, &NEW.into()).await;
            assert!(answer.is_err());
        }
        outcomes.push(answer.is_ok());
    }
    assert!(outcomes.contains(&false), "the resend never came in between");
}
