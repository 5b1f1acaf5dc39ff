//! Codes that were accepted once: V22.

use std::collections::BTreeSet;

use sspr::method::{NewAuthenticator, OathParameters};
use sspr::port::Clock as _;
use sspr::testing::{SoftToken, block_on};
use sspr::{Engine, Error, PolicySettings, Refusal, UnlockTicket};

use crate::concurrency::at_once;
use crate::people::*;
use crate::stores::StoreKind;
use crate::support::*;

on_every_store!(
    v22_a_step_is_accepted_once_whatever_it_is_for,
    v22_a_step_given_at_once_is_accepted_once,
    v22_a_recovery_code_given_at_once_is_used_once,
);
in_memory!(v22_a_recovery_code_is_used_once, v22_an_answer_is_given_again_for_the_same_code_only,);

/// Few attempts for each challenge, so that the budget of the account is enough for many.
pub(crate) fn sparing() -> PolicySettings {
    let mut settings = everything(2);
    settings.attempts = 2;
    settings
}

pub(crate) const USES: [&str; 3] = ["sign-in", "reset", "unlock"];

pub(crate) fn lock_out(world: &World) {
    let lock = |facts: &mut sspr::facts::UserFacts| facts.locked_out = Some(true);
    world.directory.update_user(&world.tenant, &world.user, lock).expect("there");
}

/// Gives an authenticator's code for this purpose. Returns whether it was accepted.
pub(crate) async fn give(engine: &Engine, kind: &str, purpose: &str, typed: &str) -> bool {
    let (request, typed) = (request(), code(typed));
    let option = option(kind);
    let refused = match purpose {
        "sign-in" => engine.authenticator().verify(&request, &user(), &typed).await.err(),
        "reset" => {
            let reply = engine.reset().start(&request, &ada()).await.expect("started");
            let reply = engine.reset().challenge(&request, &reply.ticket, &option).await;
            engine.reset().prove(&request, &reply.expect("open").ticket, &typed).await.err()
        }
        "unlock" => {
            let reply = engine.unlock().start(&request, &ada()).await.expect("started");
            let reply = engine.unlock().challenge(&request, &reply.ticket, &option).await;
            engine.unlock().prove(&request, &reply.expect("open").ticket, &typed).await.err()
        }
        other => panic!("{other}"),
    };
    match refused {
        None => true,
        Some(Error::Refused(Refusal::NotAccepted)) => false,
        Some(other) => panic!("{purpose}: {other:?}"),
    }
}

/// V22: a step that was accepted at an enrolment, a sign-in, a reset or an unlock is refused
/// everywhere afterwards, and so are older steps. The next step is accepted.
async fn v22_a_step_is_accepted_once_whatever_it_is_for(stores: &StoreKind) {
    for first in ["enrolment", "sign-in", "reset", "unlock"] {
        for second in USES {
            let world = World::builder()
                .store(stores.store())
                .settings(sparing())
                .registered()
                .open()
                .await;
            lock_out(&world);
            let token = world.enrol_app().await;
            let case = format!("{first}, then {second}");
            if first != "enrolment" {
                world.clock.advance(2 * MINUTE);
                let now = token.code(world.clock.now());
                assert!(give(&world.engine, "authenticator_app", first, &now).await, "{case}");
            }
            let now = world.clock.now();
            let half = MINUTE / 2;
            for used in [token.code(now), token.code(now.minus(half))] {
                let again = give(&world.engine, "authenticator_app", second, &used).await;
                assert!(!again, "{case}");
            }
            world.clock.advance(half);
            let again = give(&world.engine, "authenticator_app", second, &token.code(now)).await;
            assert!(!again, "{case}: still within the window");
            let next = token.code(world.clock.now());
            assert!(give(&world.engine, "authenticator_app", second, &next).await, "{case}");
        }
    }
}

/// V22: 64 tasks on two engines give one correct code for one purpose, or for three: one of them
/// consumes the step, and each attempt was reserved before its comparison.
async fn v22_a_step_given_at_once_is_accepted_once(stores: &StoreKind) {
    for round in 0..stores.rounds(16, 4) {
        let under_test = stores.empty();
        let world = World::builder().store(under_test.open()).settings(everything(2)).open().await;
        let second = twin(&world, &under_test, 8).await;
        world.register_contacts().await;
        lock_out(&world);
        let token = world.enrol_app().await;
        world.clock.advance(2 * MINUTE);
        let (request, app) = (request(), option("authenticator_app"));
        let reset = world.start().await;
        let reset = world.challenge(&reset.ticket, &app).await.ticket;
        let unlock = world.engine.unlock().start(&request, &ada()).await.expect("started");
        let unlock = world.engine.unlock().challenge(&request, &unlock.ticket, &app).await;
        let unlock: UnlockTicket = unlock.expect("open").ticket;
        let before = events_of(&world, &world.user).await;
        let compared = || world.engine.stats().comparisons + second.stats().comparisons;
        let compared_before = compared();
        let right = token.code(world.clock.now());
        let wanted = USES.get(round as usize % 4);
        let answers = at_once(&[&world.engine, &second], |n, engine| {
            let typed = code(&right);
            let purpose = *wanted.unwrap_or(&USES[n % 3]);
            let answer = block_on(async {
                match purpose {
                    "sign-in" => {
                        let answer =
                            engine.authenticator().verify(&request, &world.user, &typed).await;
                        answer.map(|id| id.as_str().to_owned())
                    }
                    "reset" => {
                        let answer = engine.reset().prove(&request, &reset, &typed).await;
                        answer.map(|reply| reply.ticket.expose_secret().to_owned())
                    }
                    _ => {
                        let answer = engine.unlock().prove(&request, &unlock, &typed).await;
                        answer.map(|reply| reply.ticket.expose_secret().to_owned())
                    }
                }
            });
            (purpose, answer)
        });
        let mut accepted = BTreeSet::new();
        let mut sign_ins = 0;
        for (purpose, answer) in answers {
            match answer {
                Ok(given) => {
                    accepted.insert((purpose, given));
                    sign_ins += u32::from(purpose == "sign-in");
                }
                Err(Error::Refused(Refusal::NotAccepted | Refusal::TooOften { .. })) => {}
                Err(other) => panic!("round {round}: {other:?}"),
            }
        }
        assert_eq!(accepted.len(), 1, "round {round}: one purpose, one reply: {accepted:?}");
        assert!(sign_ins <= 1, "round {round}: a sign-in has no reply to repeat");
        let after = events_of(&world, &world.user).await;
        let fresh = |code: &str| count(&after, code) - count(&before, code);
        assert_eq!(fresh("oath_step_used"), 1, "round {round}");
        assert_eq!(fresh("method_proven"), usize::from(sign_ins == 0), "round {round}");
        let counted = fresh("attempt_counted") + fresh("secret_counted");
        assert_eq!(counted as u64, compared() - compared_before, "round {round}");
    }
}

/// V22: one recovery code, two flows, 64 tasks.
async fn v22_a_recovery_code_given_at_once_is_used_once(stores: &StoreKind) {
    for round in 0..stores.rounds(10, 3) {
        let under_test = stores.empty();
        let world = World::builder().store(under_test.open()).settings(everything(2)).open().await;
        let second = twin(&world, &under_test, 8).await;
        world.register_contacts().await;
        let codes = world.create_recovery_codes().await;
        let saved = option("recovery_code");
        let mut tickets = Vec::new();
        for _ in 0..2 {
            let reply = world.start().await;
            tickets.push(world.challenge(&reply.ticket, &saved).await.ticket);
        }
        let before = world.engine.stats().comparisons + second.stats().comparisons;
        let answers = at_once(&[&world.engine, &second], |n, engine| {
            let ticket = &tickets[n / 2 % 2];
            let answer = block_on(engine.reset().prove(&request(), ticket, &code(&codes[3])));
            answer.map(|reply| reply.ticket.expose_secret().to_owned())
        });
        let mut accepted = BTreeSet::new();
        for answer in answers {
            match answer {
                Ok(ticket) => {
                    accepted.insert(ticket);
                }
                refused => assert_eq!(refusal(refused), Refusal::NotAccepted, "round {round}"),
            }
        }
        assert_eq!(accepted.len(), 1, "round {round}");
        let events = events_of(&world, &world.user).await;
        assert_eq!(count(&events, "recovery_code_used"), 1, "round {round}");
        assert_eq!(count(&events, "method_proven"), 1, "round {round}");
        let compared = world.engine.stats().comparisons + second.stats().comparisons - before;
        // Two codes that confirm addresses were compared before.
        assert_eq!(count(&events, "attempt_counted") as u64 - 2, compared, "round {round}");
    }
}

/// V22: a recovery code is accepted once in one flow; codes of another set or account are refused.
async fn v22_a_recovery_code_is_used_once(_kind: &StoreKind) {
    let world = World::builder().settings(sparing()).registered().open().await;
    lock_out(&world);
    let codes = world.create_recovery_codes().await;
    let pairs = [("reset", "unlock"), ("unlock", "reset"), ("reset", "reset")];
    for (typed, (first, second)) in codes.iter().zip(pairs) {
        assert!(give(&world.engine, "recovery_code", first, typed).await, "{first}");
        assert!(!give(&world.engine, "recovery_code", second, typed).await, "{second}");
        world.clock.advance(2 * HOUR);
    }
    // A newer set replaces the older one, including its unused codes.
    let newer = world.create_recovery_codes().await;
    assert!(!give(&world.engine, "recovery_code", "reset", &codes[9]).await);
    assert!(give(&world.engine, "recovery_code", "reset", &newer[9]).await);
}

/// V22: a lost reply is repeated for the code that earned it. A different code that is also valid
/// is refused and not consumed.
async fn v22_an_answer_is_given_again_for_the_same_code_only(_kind: &StoreKind) {
    let world = World::builder().settings(everything(2)).registered().open().await;
    let token = world.enrol_app().await;
    let codes = world.create_recovery_codes().await;
    world.clock.advance(2 * MINUTE);
    let half = MINUTE / 2;
    let at = world.clock.now();
    let reply = world.start().await;
    let ticket = world.challenge(&reply.ticket, &option("authenticator_app")).await.ticket;
    let proven = world.prove(&ticket, &token.code(at)).await.expect("proven");
    let older = world.prove(&ticket, &token.code(at.minus(half))).await;
    assert_eq!(refusal(older), Refusal::NotAccepted, "an older step after a newer one");
    let again = world.prove(&ticket, &token.code(at)).await.expect("*the same reply");
    assert_eq!(again.ticket.expose_secret(), proven.ticket.expose_secret());
    world.clock.advance(half);
    let next = token.code(world.clock.now());
    assert_eq!(refusal(world.prove(&ticket, &next).await), Refusal::NotAccepted);
    assert!(give(&world.engine, "authenticator_app", "sign-in", &next).await, "not consumed");

    let reply = world.start().await;
    let ticket = world.challenge(&reply.ticket, &option("recovery_code")).await.ticket;
    world.prove(&ticket, &codes[0]).await.expect("proven");
    assert_eq!(refusal(world.prove(&ticket, &codes[1]).await), Refusal::NotAccepted);
    assert!(give(&world.engine, "recovery_code", "reset", &codes[1]).await, "not consumed");
    let events = events_of(&world, &world.user).await;
    assert_eq!(count(&events, "proof_repeated"), 1);

    // The confirmation of an app, in the same way.
    let app = NewAuthenticator::new("Contoso", "ada@contoso.example");
    let (request, user, registration) = (request(), world.signed_in(), world.engine.registration());
    let enrolled = registration.enrol_authenticator(&request, &user, &app).await.expect("begun");
    let token = SoftToken::new(enrolled.seed.expose_secret(), OathParameters::default());
    let (token, at) = (token.expect("a seed"), world.clock.now());
    for (step, accepted) in [(at, true), (at.minus(half), false), (at, true)] {
        let typed = code(&token.code(step));
        let answer = registration.confirm(&request, &user, &enrolled.reply.ticket, &typed).await;
        assert_eq!(answer.is_ok(), accepted, "{answer:?}");
    }
    assert_eq!(count(&events_of(&world, &world.user).await, "method_confirmed"), 5);
}
