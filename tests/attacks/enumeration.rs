//! Whether replies tell which accounts exist: V10 to V14.

use sspr::admin::Contacts;
use sspr::audit::EventKind;
use sspr::error::SsprReason;
use sspr::facts::{GroupId, UserFacts};
use sspr::policy::{Disclosure, Scope};
use sspr::port::PortErrorKind;
use sspr::testing::CallLog;
use sspr::{Identifier, PolicySettings, UserId};

use crate::people::*;
use crate::stores::StoreKind;
use crate::support::*;

in_memory!(
    v10_every_kind_of_account_gets_one_answer,
    v10_masks_of_unknown_accounts_are_stable_and_shaped_like_any,
    v11_every_kind_of_account_costs_the_same_calls,
    v12_a_script_of_thirty_calls_ends_the_same_for_every_account,
    v12_a_spent_budget_answers_like_a_fresh_one,
    v13_a_dead_mail_server_tells_nothing,
    v14_nothing_links_two_flows_or_names_an_address,
);

const KINDS: [&str; 7] =
    ["known", "unknown", "disabled", "no methods", "out of scope", "guest", "locked"];

fn scoped(mut settings: PolicySettings) -> PolicySettings {
    settings.scope = Scope::Selected([GroupId::parse("pilot").expect("valid")].into());
    settings
}

/// One account of each kind, named after it.
async fn street(world: &World) {
    for kind in KINDS.iter().filter(|kind| **kind != "unknown") {
        let id = UserId::parse(&format!("id of {kind}")).expect("valid");
        let mut facts = UserFacts::new(id.clone());
        facts.enabled = *kind != "disabled";
        if *kind == "guest" {
            facts.kind = sspr::facts::UserKind::ForeignGuest;
        }
        if *kind != "out of scope" {
            facts.groups = [GroupId::parse("pilot").expect("valid")].into();
        }
        let added = world.directory.add_user(&world.tenant, facts, &[kind], OLD);
        added.expect("new user");
        if *kind != "no methods" {
            let mut contacts = Contacts::default();
            contacts.email = Some(mail(&format!("{}@private.example", kind.replace(' ', "-"))));
            contacts.mobile_phone = Some(phone("+14255550142"));
            supply(world, &id, &contacts).await;
        }
        if *kind == "locked" {
            exhaust(world, &named(kind), &email(), 5).await;
        }
    }
}

/// All replies that a caller can get without a proof.
async fn walk(world: &World, who: &Identifier) -> Vec<String> {
    let engine = &world.engine;
    let request = source(77);
    let mut all = Vec::new();
    let answer = engine.reset().start(&request, who).await;
    all.push(seen(&answer));
    let mut ticket = answer.expect("started").ticket;
    for selection in [email(), email(), sms(), voice()] {
        let answer = engine.reset().challenge(&request, &ticket, &selection).await;
        all.push(seen(&answer));
        if let Ok(reply) = answer {
            ticket = reply.ticket;
        }
        all.push(seen(&engine.reset().view(&request, &ticket).await));
        all.push(seen(&try_code(engine, &request, &ticket, "x00000").await));
    }
    all.push(seen(&engine.reset().complete(&request, &ticket, &NEW.into()).await));
    all
}

/// V10: all replies before a proof are the same for every kind of account.
async fn v10_every_kind_of_account_gets_one_answer(_kind: &StoreKind) {
    let world = World::builder().settings(scoped(settings())).open().await;
    street(&world).await;
    let expected = walk(&world, &named("unknown")).await;
    assert_eq!(expected.len(), 14);
    for kind in KINDS {
        let answers = walk(&world, &named(kind)).await;
        for (call, (left, right)) in answers.iter().zip(&expected).enumerate() {
            assert_eq!(left, right, "{kind}, call {call}");
        }
    }
    world.deliver().await;
    let sent: Vec<_> =
        world.inbox.all().iter().map(|message| message.destination.normalised()).collect();
    let reset = ["known@private.example", "locked@private.example", "+14255550142"];
    assert!(sent.iter().all(|to| reset.contains(&to.as_str())) && !sent.is_empty(), "{sent:?}");
    // The true reasons are in the audit trail.
    let events = all_events(&world).await;
    for reason in [
        SsprReason::UnknownUser,
        SsprReason::AccountDisabled,
        SsprReason::TooFewMethods,
        SsprReason::NotInScope,
    ] {
        let suppressed = |kind: &EventKind| matches!(kind, EventKind::ChallengeOpened { suppressed, .. } if *suppressed == Some(reason));
        assert!(events.iter().any(|event| suppressed(&event.kind)), "{reason:?}");
    }
}

/// V10: if the policy shows masks, unknown accounts have masks too: always the same ones, of the
/// usual length.
async fn v10_masks_of_unknown_accounts_are_stable_and_shaped_like_any(_kind: &StoreKind) {
    let mut settings = one_gate();
    settings.disclosure = Disclosure::Masked;
    let world = World::builder().settings(settings).open().await;
    let person = settle(&world, 1).await;
    let mut all = Vec::new();
    for name in
        [&person.name, &named("unknown"), &named("unknown"), &named("Unknown "), &named("x")]
    {
        let reply = world.engine.reset().start(&source(1), name).await.expect("started");
        let sspr::Step::Choose { options } = reply.step else { panic!("choose first") };
        let masks: Vec<String> = options.into_iter().filter_map(|view| view.masked).collect();
        let lengths: Vec<usize> = masks.iter().map(|mask| mask.chars().count()).collect();
        all.push((masks, lengths));
    }
    assert!(all.iter().all(|(_, lengths)| *lengths == all[0].1), "{all:?}");
    assert_eq!(all[1], all[2]);
    assert_eq!(all[1], all[3], "another spelling is the same identifier");
    assert!(all.iter().all(|(masks, _)| masks.len() == 3));
}

/// V11: the same calls of the same ports, in the same order.
async fn v11_every_kind_of_account_costs_the_same_calls(_kind: &StoreKind) {
    let log = CallLog::new();
    // Roomy, so that one account can be walked for each kind, and one locked by guesses.
    let world = World::builder().settings(scoped(roomy(settings()))).recorded(&log).open().await;
    street(&world).await;
    // From here on the policy is cached, and the clock stands still.
    walk(&world, &named("another unknown")).await;
    log.clear();
    walk(&world, &named("unknown")).await;
    let expected = log.shapes();
    assert_eq!(log.count("delivery.deliver"), 0, "nothing is sent within a request");
    for kind in KINDS.iter().filter(|kind| **kind != "locked") {
        log.clear();
        walk(&world, &named(kind)).await;
        assert_eq!(log.shapes(), expected, "{kind}");
    }
    // A throttled account saves commits, and so does an unknown name after the same calls.
    exhaust(&world, &named("locked unknown"), &email(), 5).await;
    let mut locked = Vec::new();
    for name in ["locked", "locked unknown"] {
        log.clear();
        walk(&world, &named(name)).await;
        locked.push(log.shapes());
    }
    assert_eq!(locked[0], locked[1]);
    assert_ne!(locked[0], expected, "the budget was spent");
}

/// V12: thirty calls with waits get the same replies for every kind of account, including retry
/// times.
async fn v12_a_script_of_thirty_calls_ends_the_same_for_every_account(_kind: &StoreKind) {
    let mut expected = None;
    for kind in ["unknown", "known", "disabled", "no methods", "out of scope"] {
        let world = World::builder().settings(scoped(settings())).open().await;
        street(&world).await;
        let (mut all, mut ticket) = (Vec::new(), None);
        for call in 0..30 {
            let request = source(1 + call / 13);
            let reset = world.engine.reset();
            let answer = match (call % 6, &ticket) {
                (_, None) => reset.start(&request, &named(kind)).await,
                (1 | 3, Some(ticket)) => reset.challenge(&request, ticket, &email()).await,
                (2, Some(ticket)) => reset.challenge(&request, ticket, &sms()).await,
                (_, Some(ticket)) => try_code(&world.engine, &request, ticket, "00000000").await,
            };
            all.push(seen(&answer));
            if let Ok(reply) = answer {
                ticket = Some(reply.ticket);
            }
            if call % 3 == 2 {
                world.clock.advance(MINUTE);
                world.deliver().await;
            }
            if call == 14 {
                ticket = None;
            }
        }
        assert_eq!(*expected.get_or_insert_with(|| all.clone()), all, "{kind}");
    }
}

/// V12: replies do not show that another caller has spent an account's budget, which would tell
/// that the account exists.
async fn v12_a_spent_budget_answers_like_a_fresh_one(_kind: &StoreKind) {
    let mut expected = None;
    for spent in [false, true] {
        // Roomy, so that the budget of the account is spent and not those of the callers.
        let world = World::builder().settings(roomy(one_gate())).open().await;
        let person = settle(&world, 1).await;
        if spent {
            exhaust(&world, &person.name, &email(), 5).await;
            exhaust(&world, &person.name, &sms(), 5).await;
        }
        let request = source(2);
        let mut all = Vec::new();
        let reply = world.engine.reset().start(&request, &person.name).await;
        let mut ticket = reply.expect("started").ticket;
        for selection in [email(), sms(), email(), sms(), voice()] {
            let answer = world.engine.reset().challenge(&request, &ticket, &selection).await;
            all.push(seen(&answer));
            if let Ok(reply) = answer {
                ticket = reply.ticket;
            }
            all.push(seen(&world.engine.reset().view(&request, &ticket).await));
        }
        let expected: &Vec<String> = expected.get_or_insert_with(|| all.clone());
        for (call, (left, right)) in all.iter().zip(expected).enumerate() {
            assert_eq!(left, right, "spent: {spent}, call {call}");
        }
    }
}

/// V13: the reply does not depend on the delivery of the message; a failed message stays in the
/// outbox and is retried.
async fn v13_a_dead_mail_server_tells_nothing(_kind: &StoreKind) {
    let mut answers = Vec::new();
    for (dead, who) in [(false, "known"), (true, "known"), (true, "unknown")] {
        // Roomy, so that more codes may wait than an outbox can take.
        let mut settings = scoped(roomy(settings()));
        settings.attempts = 1;
        let world = World::builder().settings(settings).open().await;
        street(&world).await;
        world.deliver().await;
        world.inbox.clear();
        world.inbox.fail_with(dead.then_some(PortErrorKind::Unavailable));
        let mut all = Vec::new();
        for n in 0..9 {
            let reply =
                opened(&world.engine, &source(n), &named(who), &email()).await.expect("opened");
            all.push(format!("{:?}", reply.step));
            let done = world.engine.maintain(100).await.expect("a failing delivery is no error");
            if n < 6 {
                assert_eq!(done.failed > 0, dead && who == "known");
            }
            all.push(seen(&try_code(&world.engine, &source(n), &reply.ticket, "x").await));
        }
        if dead && who == "known" {
            assert!(world.inbox.all().is_empty());
            world.inbox.fail_with(None);
            world.clock.advance(MINUTE);
            world.deliver().await;
            assert!(!world.inbox.all().is_empty(), "tried again");
        }
        answers.push(all);
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[0], answers[2]);
}

/// V14: tickets and steps are not derived from an address, and two flows of one account share
/// nothing.
async fn v14_nothing_links_two_flows_or_names_an_address(_kind: &StoreKind) {
    let world = World::builder().settings(one_gate()).open().await;
    let person = settle(&world, 1).await;
    let mut tickets: Vec<Vec<u8>> = Vec::new();
    for n in 0..5 {
        let reply =
            opened(&world.engine, &source(n), &person.name, &email()).await.expect("opened");
        let shown = serde_json::to_string(&reply.step).expect("shown");
        for part in [person.mail.as_str(), "private", "p1@", person.id.as_str()] {
            assert!(!shown.contains(part), "{shown}");
        }
        assert!(shown.contains(r#""masked":null"#), "{shown}");
        let text = reply.ticket.expose_secret().as_bytes();
        let bytes = data_encoding::BASE64URL_NOPAD.decode(text).expect("base64url");
        for other in &tickets {
            let shared = |run: &[u8]| other.windows(4).any(|window| window == run);
            assert!(!bytes.windows(4).any(shared));
        }
        tickets.push(bytes);
    }
    // A mask has one length for all addresses and is no digest.
    let masks = [mail("a@b.example").masked(), mail("a-very-long-name@somewhere.example").masked()];
    assert_eq!(masks[0].chars().count(), masks[1].chars().count());
    assert_eq!(masks[1], "a•••••@s•••••");
    assert_eq!(
        phone("+14255550199").masked().chars().count(),
        phone("+371000099").masked().chars().count()
    );
}
