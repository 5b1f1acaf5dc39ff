//! Invariants 1, 2 and 3: what is counted, and that the owner can still complete a flow.

use std::sync::Arc;
use std::time::Duration;

use sspr::testing::block_on;
use sspr::{Engine, Refusal, ResetTicket, Step};

use crate::stores::{StoreUnderTest, all, fresh, memory, secret};
use crate::support::{
    MAIL, MOBILE, NEW, World, ada, code, email, one_gate, other_than, refusal, request,
    request_from, settings, sms,
};

const DAY: Duration = Duration::from_secs(86_400);

/// Types one code in all tasks at once, on two engines. Returns the accepted replies.
async fn typed_at_once(
    engines: &[Engine; 2],
    ticket: &ResetTicket,
    typed: impl Fn(usize) -> String,
) -> Vec<(String, String)> {
    let mut tasks = Vec::new();
    for number in 0..64 {
        let engine = engines[number % 2].clone();
        let (ticket, typed) = (ticket.expose_secret().to_owned(), typed(number));
        tasks.push(tokio::spawn(async move {
            let ticket = ResetTicket::parse(&ticket).expect("own");
            engine.reset().prove(&request(), &ticket, &code(&typed)).await
        }));
    }
    let mut accepted = Vec::new();
    for task in tasks {
        match task.await.expect("no panic") {
            Ok(reply) => {
                let step = serde_json::to_string(&reply.step).expect("json");
                accepted.push((reply.ticket.expose_secret().to_owned(), step));
            }
            Err(error) => assert_eq!(error.refusal(), Some(&Refusal::NotAccepted), "{error:?}"),
        }
    }
    accepted
}

async fn rounds(under_test: StoreUnderTest, rounds: usize) {
    let world = under_test.world(settings()).await;
    let engines = [world.engine.clone(), under_test.engine(&world, 8).await];
    let (mut compared, mut cursor) = (world.engine.stats().comparisons, None);
    under_test.events_after(&mut cursor).await;
    for round in 0..rounds {
        // *The windows of the previous round have passed.
        world.clock.advance(2 * DAY);
        let reply = world.start().await;
        let (reply, right) = world.challenged(&reply.ticket, &email(), MAIL).await;
        let accepted = typed_at_once(&engines, &reply.ticket, |_| right.clone()).await;
        assert!(!accepted.is_empty(), "{}, round {round}: *no code was accepted", under_test.name);
        let first = &accepted[0];
        assert!(accepted.iter().all(|other| other == first), "{}: two replies", under_test.name);
        let events = under_test.events_after(&mut cursor).await;
        let count = |code: &str| events.iter().filter(|event| event.code() == code).count() as u64;
        assert_eq!(count("method_proven"), 1, "{}, round {round}: one proof", under_test.name);
        let all = engines.iter().map(|engine| engine.stats().comparisons).sum::<u64>();
        let (now, reserved) = (all - compared, count("attempt_counted") + count("proof_repeated"));
        assert!(
            now <= reserved,
            "{}, round {round}: {now} of {reserved} reserved",
            under_test.name
        );
        // Five attempts of the code, including repetitions with the previous ticket.
        assert!(now <= 5, "{}, round {round}: {now} comparisons", under_test.name);
        compared = all;
    }
    for engine in engines {
        let redecisions = engine.stats().redecisions;
        // At most sixteen commits of a round are applied, and each makes at most 64 tasks decide
        // again.
        let bound = rounds as u64 * 64 * 16;
        assert!(redecisions <= bound, "{}: {redecisions} re-decisions", under_test.name);
    }
}

/// V-1, V-2: concurrent calls with one correct code make one proof, and all accepted calls get one
/// reply.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn inv01_sixty_four_right_codes_make_one_proof() {
    rounds(memory(), 200).await;
}

#[cfg(feature = "sqlite")]
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn inv01_sixty_four_right_codes_make_one_proof_on_sqlite() {
    rounds(crate::stores::sqlite(), 200).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn inv01_concurrent_attempts_are_capped() {
    for under_test in all() {
        for cap in [1_u8, 3, 5] {
            let mut settings = one_gate();
            settings.attempts = cap;
            let under_test =
                if under_test.name == "memory" { memory() } else { fresh(&under_test) };
            let world = under_test.world(settings).await;
            let engines = [world.engine.clone(), under_test.engine(&world, 8).await];
            let reply = world.start().await;
            let (reply, right) = world.challenged(&reply.ticket, &email(), MAIL).await;
            let before: u64 = engines.iter().map(|engine| engine.stats().comparisons).sum();
            let counted = under_test.count("attempt_counted").await;
            let wrong = |number| format!("{:08}", (number + 1) * 1_000_003 % 99_999_989);
            let wrong =
                |number| if wrong(number) == right { other_than(&right) } else { wrong(number) };
            let accepted = typed_at_once(&engines, &reply.ticket, wrong).await;
            assert!(accepted.is_empty());
            let after: u64 = engines.iter().map(|engine| engine.stats().comparisons).sum();
            assert_eq!(after - before, u64::from(cap), "{}: cap {cap}", under_test.name);
            let counted = under_test.count("attempt_counted").await - counted;
            assert_eq!(counted, usize::from(cap), "{}: each was reserved", under_test.name);
            let late = world.prove(&reply.ticket, &right).await;
            assert_eq!(refusal(late), Refusal::NotAccepted, "{}: a spent code", under_test.name);
        }
    }
}

/// A used code makes no second proof: it is refused with the new ticket, and repeats the same reply
/// with the previous one.
#[test]
fn inv01_a_used_code_makes_no_second_proof() {
    for under_test in all() {
        block_on(async {
            let world = under_test.world(settings()).await;
            let reply = world.start().await;
            let (before, mail) = world.challenged(&reply.ticket, &email(), MAIL).await;
            let proven = world.prove(&before.ticket, &mail).await.expect("proven");
            let again = world.prove(&proven.ticket, &mail).await;
            assert_eq!(refusal(again), Refusal::NotAccepted, "{}: the new ticket", under_test.name);
            for _ in 0..6 {
                if let Ok(same) = world.prove(&before.ticket, &mail).await {
                    assert_eq!(same.ticket.expose_secret(), proven.ticket.expose_secret());
                    assert_eq!(same.step, proven.step, "{}: the same reply", under_test.name);
                }
            }
            let early = world.complete(&proven.ticket, NEW).await;
            assert_eq!(refusal(early), Refusal::MoreProofNeeded, "{}", under_test.name);
            assert_eq!(under_test.count("method_proven").await, 1, "{}", under_test.name);
        });
    }
}

/// A new flow, a resend and another method never lower a failure budget.
#[test]
fn inv02_resends_and_new_flows_buy_no_guesses() {
    for under_test in all() {
        block_on(async {
            let world = under_test.world(one_gate()).await;
            let before = world.engine.stats().comparisons;
            // Half a day of an attacker with three sources, and a new flow or a resend each time.
            for round in 0_u32..36 {
                let source = request_from(&format!("198.51.100.{}", round % 3));
                let reset = world.engine.reset();
                let Ok(reply) = reset.start(&source, &ada()).await else { continue };
                let Ok(reply) = reset.challenge(&source, &reply.ticket, &email()).await else {
                    continue;
                };
                for guess in 0..3 {
                    let typed = format!("{:08}", round * 10 + guess);
                    let _ = reset.prove(&source, &reply.ticket, &code(&typed)).await;
                }
                world.clock.advance(Duration::from_secs(61));
                if let Ok(reply) = reset.challenge(&source, &reply.ticket, &email()).await {
                    for guess in 0..6 {
                        let typed = format!("{:08}", round * 10 + guess + 5);
                        let _ = reset.prove(&source, &reply.ticket, &code(&typed)).await;
                    }
                }
                world.clock.advance(Duration::from_secs(19 * 60));
            }
            let compared = world.engine.stats().comparisons - before;
            assert!(compared <= 10, "{}: {compared} guesses in half a day", under_test.name);
            assert!(compared >= 5, "{}: the test guesses nothing", under_test.name);
        });
    }
}

/// A success clears the run of failures of its own method only, and no window.
#[test]
fn inv02_a_success_does_not_refill_the_window() {
    block_on(async {
        let under_test = memory();
        let world = under_test.world(settings()).await;
        // The second source has a share of what the first leaves.
        for (source, mistakes) in [("192.0.2.1", 4), ("192.0.2.2", 1)] {
            let reply = world.engine.reset().start(&request_from(source), &ada()).await;
            let ticket = reply.expect("started").ticket;
            let request = request_from(source);
            let reply = world.engine.reset().challenge(&request, &ticket, &email()).await;
            let ticket = reply.expect("challenged").ticket;
            world.deliver().await;
            let right = world.inbox.last_code_to(MAIL).expect("a code");
            for _ in 0..mistakes {
                assert!(world.prove(&ticket, &other_than(&right)).await.is_err());
            }
            world.prove(&ticket, &right).await.expect("proven");
            world.clock.advance(Duration::from_secs(61));
        }
        let body = under_test.body().await;
        let budget = body["budgets"].as_array().expect("a list");
        let mail = budget.iter().find(|budget| budget["method"] == "email").expect("counted");
        assert_eq!(mail["anonymous"]["times"].as_array().expect("a list").len(), 5, "{mail}");
        assert_eq!(mail["consecutive"], 0, "{mail}");
    });
}

/// Anonymous callers who spend their pool do not stop a flow with a proof; the pool of such flows
/// is bounded too.
#[test]
fn inv03_a_verified_proof_has_a_pool_of_its_own() {
    for under_test in all() {
        block_on(async {
            let world = under_test.world(settings()).await;
            let owner = world.start().await;
            let (owner, text) = world.challenged(&owner.ticket, &sms(), MOBILE).await;
            let owner = world.prove(&owner.ticket, &text).await.expect("proven");
            exhaust_the_anonymous_pool(&world).await;
            let before = world.engine.stats().comparisons;
            let (reply, mail) = world.challenged(&owner.ticket, &email(), MAIL).await;
            assert!(matches!(reply.step, Step::Enter { .. }), "{}", under_test.name);
            // The owner mistypes once, then types the correct code.
            assert!(world.prove(&reply.ticket, &other_than(&mail)).await.is_err());
            let reply = world.prove(&reply.ticket, &mail).await.expect("the right code");
            world.complete(&reply.ticket, NEW).await.expect("reset");
            assert!(world.password_is(NEW), "{}", under_test.name);
            assert_eq!(world.engine.stats().comparisons - before, 2, "{}", under_test.name);
        });
    }
}

async fn exhaust_the_anonymous_pool(world: &World) {
    for number in 0..8 {
        let request = request_from(&format!("198.51.100.{number}"));
        let reply = world.engine.reset().start(&request, &ada()).await.expect("started");
        let reply = world.engine.reset().challenge(&request, &reply.ticket, &email()).await;
        let Ok(reply) = reply else { continue };
        for guess in 0..5 {
            let typed = format!("{:08}", 10 * number + guess);
            let _ = world.engine.reset().prove(&request, &reply.ticket, &code(&typed)).await;
        }
    }
}

#[test]
fn inv03_the_pool_of_proven_flows_is_bounded() {
    block_on(async {
        let under_test = memory();
        let world = under_test.world(settings()).await;
        let reply = world.start().await;
        let (reply, text) = world.challenged(&reply.ticket, &sms(), MOBILE).await;
        let proven = world.prove(&reply.ticket, &text).await.expect("proven");
        let before = world.engine.stats().comparisons;
        let reset = world.engine.reset();
        for _ in 0..8 {
            if reset.challenge(&request(), &proven.ticket, &email()).await.is_ok() {
                for _ in 0..6 {
                    let _ = world.prove(&proven.ticket, "00000001").await;
                }
            }
            world.clock.advance(Duration::from_secs(61));
        }
        let compared = world.engine.stats().comparisons - before;
        assert_eq!(compared, 10, "ten failures in a day, however often a code is sent");
    });
}

/// Codes of a removed key are refused, and the attempts are counted.
#[test]
fn inv01_a_comparison_with_a_dropped_key_is_counted_too() {
    block_on(async {
        let under_test = memory();
        let world = under_test.world(one_gate()).await;
        let reply = world.start().await;
        let (reply, right) = world.challenged(&reply.ticket, &email(), MAIL).await;
        under_test.edit(|body| body["flows"][0]["challenges"][0]["key"] = 99.into()).await;
        let counted = under_test.count("attempt_counted").await;
        assert_eq!(refusal(world.prove(&reply.ticket, &right).await), Refusal::NotAccepted);
        assert_eq!(under_test.count("attempt_counted").await, counted + 1);
        let other = Arc::clone(&under_test.store);
        assert!(world.complete(&reply.ticket, secret(NEW).expose_secret()).await.is_err());
        drop(other);
    });
}
