//! Budgets and their costs: V3 to V9.

use sspr::adapters::memory::MemoryStore;
use sspr::audit::EventKind;
use sspr::method::{Channel, NewMethod};
use sspr::policy::Rate;
use sspr::testing::{CallLog, FaultPlan, Faulty, InjectedFault, Recorder};
use sspr::{Engine, Error, Refusal, SecretText, Selection, Source, Step, Timestamp};

use crate::people::*;
use crate::stores::StoreKind;
use crate::support::*;

on_every_store!(
    v03_a_new_flow_is_no_new_budget,
    v04_a_resend_resets_no_counter,
    v07_two_engines_share_budgets,
    v08_the_owner_keeps_a_way,
);
in_memory!(
    v03_one_guess_over_many_accounts_is_bounded,
    v05_no_entry_point_lacks_the_cap,
    v05_a_typed_number_draws_from_the_same_budget,
    v06_spellings_and_addresses_make_no_new_bucket,
    v07_junk_sources_share_the_strictest_bucket,
    v07_no_error_of_the_store_gives_a_guess_away,
    v09_nothing_is_hashed_before_the_grant_is_valid,
    v09_a_check_costs_the_same_among_many,
);

/// V3: any number of flows on one account within a window allow no more comparisons than the
/// account's budget.
async fn v03_a_new_flow_is_no_new_budget(stores: &StoreKind) {
    // Roomy, so that the guesses end at the account's budget and not at a limit of the callers.
    let settings = roomy(one_gate());
    let budget = u64::from(settings.failures.anonymous.max);
    let world = World::builder().store(stores.store()).settings(settings).open().await;
    let person = settle(&world, 1).await;
    let compared = exhaust(&world, &person.name, &email(), stores.rounds(1_000, 50)).await;
    assert_eq!(compared, budget);
    let events = events_of(&world, &person.id).await;
    assert_eq!(counted(&events), budget);
    assert_eq!(count(&events, "blocked"), 1, "one event, in the commit that sets the lock");
    // The lock runs from the last counted attempt; refused attempts do not extend it.
    let until = events.iter().find_map(|event| match event.kind {
        EventKind::Blocked { until, .. } => Some(until),
        _ => None,
    });
    assert_eq!(until, Some(Timestamp::from_unix_seconds(START).plus(HOUR)));
    // The budget stays spent until the window has passed, not only until the lock ends.
    world.clock.advance(2 * HOUR);
    assert_eq!(exhaust(&world, &person.name, &email(), 20).await, 0);
}

/// V3: a spray over many accounts spends the limits across accounts: the source's limit refuses,
/// the tenant's makes codes longer and alarms.
async fn v03_one_guess_over_many_accounts_is_bounded(_kind: &StoreKind) {
    let mut settings = one_gate();
    settings.limits.tenant = Rate::new(30, DAY);
    let world = World::builder().settings(settings).open().await;
    for n in 0..60 {
        let person = settle(&world, n).await;
        let reply = opened(&world.engine, &source(n), &person.name, &sms()).await.expect("opened");
        let Step::Enter { format, .. } = reply.step else { panic!("{:?}", reply.step) };
        assert_eq!(format.length, if n < 30 { 6 } else { 8 }, "challenge {n}");
    }
    let events = all_events(&world).await;
    assert_eq!(count(&events, "limit_spent"), 30);

    let mut open = 0;
    for n in 100..300 {
        let person = named(&format!("person{n}@contoso.example"));
        open += u32::from(opened(&world.engine, &source(7_000), &person, &email()).await.is_some());
    }
    assert_eq!(open, 60, "the source's own limit");
}

/// V4: a resend sends a new code and adds no attempts to the account's budget.
async fn v04_a_resend_resets_no_counter(stores: &StoreKind) {
    // Roomy, so that the guesses end at the account's budget and not at a limit of the callers.
    let settings = roomy(one_gate());
    let budget = u64::from(settings.failures.anonymous.max);
    let world = World::builder().store(stores.store()).settings(settings).open().await;
    let person = settle(&world, 1).await;
    let before = world.engine.stats().comparisons;
    let mut ticket = None;
    for n in 0..stores.rounds(50, 30) {
        let request = source(n);
        let reset = world.engine.reset();
        let resent = match &ticket {
            Some(ticket) => reset.challenge(&request, ticket, &email()).await.ok(),
            None => None,
        };
        let reply = match resent {
            Some(reply) => reply,
            None => opened(&world.engine, &request, &person.name, &email()).await.expect("opened"),
        };
        guess(&world.engine, &request, &reply.ticket, 1).await;
        ticket = Some(reply.ticket);
        world.clock.advance(MINUTE);
    }
    assert_eq!(world.engine.stats().comparisons - before, budget);
}

/// V5: when the attempts of a code are spent, the correct code is refused, for every kind of method
/// and flow.
async fn v05_no_entry_point_lacks_the_cap(_kind: &StoreKind) {
    // Roomy, so that each kind gets its challenge from one source.
    let mut settings = roomy(one_gate());
    settings.attempts = 3;
    settings.users.methods = sspr::MethodKind::CONTACTS.into();
    settings.codes.voice.length = 8;
    settings.codes.sms.length = 8;
    for option in
        ["email", "mobile_phone.sms", "mobile_phone.voice", "office_phone.voice", "register"]
    {
        let world = World::builder().settings(settings.clone()).open().await;
        let person = settle(&world, 1).await;
        let mut contacts = sspr::admin::Contacts::default();
        contacts.email = Some(mail(&person.mail));
        contacts.mobile_phone = Some(phone(&person.mobile_phone));
        contacts.office_phone = Some(phone("+15559999999"));
        supply(&world, &person.id, &contacts).await;
        let request = source(1);
        if option == "register" {
            let user = world.signed_in();
            let method = NewMethod::mobile_phone(phone(MOBILE), Channel::Voice).expect("reached");
            let registration = world.engine.registration();
            let reply = registration.add(&request, &user, &method).await.expect("added");
            world.deliver().await;
            let right = world.inbox.last_code_to(MOBILE).expect("a code");
            for wrong in ["x1", "x2", "x3", &right] {
                let attempt = code(wrong);
                let answer = registration.confirm(&request, &user, &reply.ticket, &attempt).await;
                assert_eq!(refusal(answer), Refusal::NotAccepted, "{option}");
            }
        } else {
            let selection = Selection::parse(option).expect("an option");
            let reply =
                opened(&world.engine, &request, &person.name, &selection).await.expect("opened");
            world.deliver().await;
            let all = world.inbox.all();
            let right =
                all.iter().rev().find_map(|message| message.code()).expect("a code").to_owned();
            guess(&world.engine, &request, &reply.ticket, 3).await;
            let late = try_code(&world.engine, &request, &reply.ticket, &right).await;
            assert_eq!(refusal(late), Refusal::NotAccepted, "{option}");
        }
        assert_eq!(world.engine.stats().comparisons, 3, "{option}");
    }
    // Voice and text are two channels of one method and share its budget.
    // Roomy, so that the guesses end at the account's budget and not at a limit of the callers.
    let mut settings = roomy(one_gate());
    settings.attempts = 5;
    let world = World::builder().settings(settings).open().await;
    let person = settle(&world, 1).await;
    let compared = exhaust(&world, &person.name, &sms(), 20).await;
    assert_eq!(compared + exhaust(&world, &person.name, &voice(), 20).await, 10);
}

/// V5: typed phone numbers count as attempts too.
async fn v05_a_typed_number_draws_from_the_same_budget(_kind: &StoreKind) {
    // Roomy, so that only the budget of the account ends the typing.
    let mut settings = roomy(one_gate());
    settings.typed_number = true;
    let world = World::builder().settings(settings).open().await;
    let person = settle(&world, 1).await;
    let before = world.engine.stats().comparisons;
    for n in 0..40 {
        let typed = sms().with_typed_number(&format!("+1555{:07}", 1_000 + n)).expect("a number");
        let reply = opened(&world.engine, &source(n), &person.name, &typed).await;
        assert!(matches!(reply.expect("uniform").step, Step::Enter { .. }));
    }
    let right = sms().with_typed_number(&person.mobile_phone).expect("a number");
    let compared = exhaust(&world, &person.name, &right, 10).await;
    assert_eq!(compared, 0, "no attempt was left for the codes");
    assert_eq!(world.engine.stats().comparisons - before, 10);
    world.deliver().await;
    assert_eq!(world.inbox.attempts(), 0, "a typed number was called");
}

/// V6: spellings and addresses of one identifier or source have one limit.
async fn v06_spellings_and_addresses_make_no_new_bucket(_kind: &StoreKind) {
    // Roomy but for the limit by source, which is under test.
    let mut settings = roomy(one_gate());
    settings.limits.source_identifier = Rate::new(10, HOUR);
    settings.limits.source = Rate::new(60, HOUR);
    let world = World::builder().settings(settings.clone()).open().await;
    let mut open = 0;
    for n in 0_u32..50 {
        // Case, full width and spaces, in a different mixture each time.
        let variant: String = "unknown@contoso.example"
            .chars()
            .enumerate()
            .map(|(place, symbol)| match (n.wrapping_mul(2_654_435_761) >> place) & 3 {
                1 => symbol.to_ascii_uppercase(),
                2 if symbol.is_ascii_lowercase() => {
                    char::from_u32(symbol as u32 - 0x61 + 0xFF41).expect("full width")
                }
                _ => symbol,
            })
            .collect();
        let spaced = [format!(" {variant}"), variant.replace('@', " @ "), variant];
        let name = named(&spaced[(n % 3) as usize]);
        open += u32::from(opened(&world.engine, &source(1), &name, &email()).await.is_some());
    }
    assert_eq!(open, 10, "one source, one identifier");

    let world = World::builder().settings(settings).open().await;
    let mut open = 0;
    for n in 0..500 {
        let request = request_from(&format!("2001:db8:1:2:{n:x}::{n:x}"));
        let name = named(&format!("caller{n}@contoso.example"));
        open += u32::from(opened(&world.engine, &request, &name, &email()).await.is_some());
    }
    assert_eq!(open, 60, "a network of 64 bits is one source");
}

/// V7: sources that cannot be parsed share one bucket.
async fn v07_junk_sources_share_the_strictest_bucket(_kind: &StoreKind) {
    // Roomy but for the limit by source, which is under test.
    let mut settings = roomy(one_gate());
    settings.limits.source = Rate::new(20, HOUR);
    let world = World::builder().settings(settings).open().await;
    let mut open = 0;
    for n in 0..100 {
        let junk = ["", "not an address", "1.2.3", "::g", "10.0.0.1, 10.0.0.2"];
        let request = match n % 6 {
            5 => sspr::Request::new(tenant(), Source::Unknown),
            place => request_from(&format!("{}{}", junk[place], "x".repeat(n))),
        };
        let name = named(&format!("caller{n}@contoso.example"));
        open += u32::from(opened(&world.engine, &request, &name, &email()).await.is_some());
    }
    assert_eq!(open, 20);
}

/// V7: two engines on one store share its budgets.
async fn v07_two_engines_share_budgets(stores: &StoreKind) {
    let under_test = stores.empty();
    // Roomy, so that the guesses end at the account's budget and not at a limit of the callers.
    let mut settings = roomy(one_gate());
    settings.limits.source = Rate::new(12, HOUR);
    let world = World::builder().store(under_test.open()).settings(settings).open().await;
    let second = twin(&world, &under_test, 8).await;
    let person = settle(&world, 1).await;
    let engines: [&Engine; 2] = [&world.engine, &second];
    let (mut open, mut stranger) = (0, 0);
    for n in 0..40 {
        let engine = engines[n % 2];
        let name = if n < 20 { person.name.clone() } else { named(&format!("other{n}")) };
        if let Some(reply) = opened(engine, &source(1), &name, &email()).await {
            open += 1;
            for m in 0..6 {
                guess(engines[m % 2], &source(1), &reply.ticket, 1).await;
            }
            stranger += u32::from(n >= 20);
        }
    }
    assert_eq!(open, 12, "the source's limit, over both");
    assert_eq!(stranger, 0);
    let events = events_of(&world, &person.id).await;
    assert_eq!(counted(&events), 10, "the account's budget, over both");
    let compared = world.engine.stats().comparisons + second.stats().comparisons;
    assert_eq!(compared, 10);
}

/// V7: with any fault at any call of the store, no guess is compared uncounted, no wrong code
/// succeeds, and a correct one succeeds at most once.
async fn v07_no_error_of_the_store_gives_a_guess_away(_kind: &StoreKind) {
    for fault in
        [InjectedFault::FailBefore, InjectedFault::FailUnknownBefore, InjectedFault::LoseReply]
    {
        for call in 0..12 {
            for right in [true, false] {
                let store = MemoryStore::new();
                let plan = FaultPlan::none();
                let faulty = Faulty::new(store.clone(), plan.clone());
                let world = World::builder().store(faulty).settings(one_gate()).open().await;
                let person = settle(&world, 1).await;
                let reply = opened(&world.engine, &source(1), &person.name, &email())
                    .await
                    .expect("opened");
                world.deliver().await;
                let typed = world.inbox.last_code_to(&person.mail).expect("a code");
                let typed = if right { typed } else { other_than(&typed) };
                let from = plan.calls();
                let _ = plan.clone().at(from + call, fault);
                let answer = try_code(&world.engine, &source(1), &reply.ticket, &typed).await;
                let met = plan.calls() > from + call;
                plan.heal();
                let case = format!("{fault:?} at call {call}, right: {right}: {answer:?}");
                let events = events_of(&world, &person.id).await;
                let compared = world.engine.stats().comparisons;
                assert!(compared <= counted(&events), "{case}");
                let proven = count(&events, "method_proven");
                match &answer {
                    Ok(_) => assert!(right && proven == 1, "{case}"),
                    Err(Error::Refused(refusal)) => {
                        assert!(!right, "{case}");
                        assert_eq!(*refusal, Refusal::NotAccepted, "{case}");
                    }
                    Err(_) => assert!(met, "{case}"),
                }
                assert!(right || proven == 0, "{case}");
                assert!(proven <= 1, "{case}");
                // The failure costs only the attempt.
                if right && proven == 0 {
                    let again = try_code(&world.engine, &source(1), &reply.ticket, &typed).await;
                    assert!(granted(&again.expect("the code is still accepted").step), "{case}");
                }
            }
        }
    }
}

/// V8: an attacker who spends the whole anonymous pool does not stop a flow with a proof; and the
/// proven pool is bounded as well.
async fn v08_the_owner_keeps_a_way(stores: &StoreKind) {
    // Roomy, so that the guesses end at the account's budget and not at a limit of the callers.
    let world = World::builder().store(stores.store()).settings(roomy(settings())).open().await;
    let person = settle(&world, 1).await;
    let owner = source(1);
    let first = opened(&world.engine, &owner, &person.name, &email()).await.expect("opened");
    world.deliver().await;
    let right = world.inbox.last_code_to(&person.mail).expect("a code");
    // The live code keeps its attempts, although the attacker spends all others.
    assert_eq!(exhaust(&world, &person.name, &email(), 12).await, 5);
    assert_eq!(exhaust(&world, &person.name, &sms(), 12).await, 10);
    let reply = try_code(&world.engine, &owner, &first.ticket, &right).await.expect("accepted");
    let reply = world.engine.reset().challenge(&owner, &reply.ticket, &sms()).await.expect("open");
    world.deliver().await;
    let right = world.inbox.last_code_to(&person.mobile_phone).expect("a code for the owner");

    // The proven pool is bounded: an attacker with one method has ten guesses a day at the other.
    let before = world.engine.stats().comparisons;
    guess(&world.engine, &owner, &reply.ticket, 4).await;
    let reply = try_code(&world.engine, &owner, &reply.ticket, &right).await.expect("accepted");
    assert!(granted(&reply.step));
    assert_eq!(world.engine.stats().comparisons - before, 5);
    let done = world.engine.reset().complete(&owner, &reply.ticket, &SecretText::from(NEW)).await;
    assert_eq!(done.expect("reset").step, Step::Done { propagated: true });
    assert!(world.directory.password_is(&world.tenant, &person.id, NEW));
}

/// V9: the length of a password is bounded before any work, and nothing is hashed for a caller
/// without a grant.
async fn v09_nothing_is_hashed_before_the_grant_is_valid(_kind: &StoreKind) {
    let world = World::builder().settings(settings()).registered().open().await;
    let log = CallLog::new();
    let watched = world.beside().seed(11).recorded(&log).open().await.engine;
    let reply = watched.reset().start(&request(), &ada()).await.expect("started");
    for password in [NEW, &"long ".repeat(200_000)] {
        let password = SecretText::from(password);
        let answer = watched.reset().complete(&request(), &reply.ticket, &password).await;
        assert_eq!(refusal(answer), Refusal::MoreProofNeeded);
    }
    assert_eq!(log.count("directory.set_password") + log.count("directory.verify_password"), 0);

    let ticket = world.granted().await;
    let answer = world.complete(&ticket, &"a".repeat(1 << 20)).await;
    let Refusal::Password(rejection) = refusal(answer) else { panic!("too long") };
    assert_eq!(rejection.faults.len(), 1, "no other port was called");
    assert!(world.directory.writes(&world.tenant, &world.user).is_empty());
    assert!(world.password_is(OLD));
}

/// V9: issuing and checking make the same calls with one and with many outstanding codes.
async fn v09_a_check_costs_the_same_among_many(_kind: &StoreKind) {
    let (mut shapes, mut sizes) = (Vec::new(), Vec::new());
    for others in [0, 500] {
        let log = CallLog::new();
        let store = Recorder::new(MemoryStore::new(), log.clone());
        // Roomy, so that 500 other codes can be outstanding.
        let world = World::builder().store(store).settings(roomy(one_gate())).open().await;
        for n in 0..others {
            let person = settle(&world, n).await;
            opened(&world.engine, &source(n), &person.name, &email()).await.expect("opened");
        }
        let person = settle(&world, 9_999).await;
        log.clear();
        let reply = opened(&world.engine, &source(1), &person.name, &email()).await;
        guess(&world.engine, &source(1), &reply.expect("opened").ticket, 1).await;
        shapes.push(log.shapes());
        sizes.push(log.calls().len());
    }
    assert_eq!(shapes[0], shapes[1]);
    assert!(sizes[0] <= 10, "{:?}", shapes[0]);
}
