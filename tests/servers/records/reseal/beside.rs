//! Resealing beside the acts of people and administrators.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use sspr::port::Clock as _;
use sspr::testing::{FaultPlan, Faulty, InjectedFault, block_on, join_all};
use sspr::{Engine, Error, Refusal, Selection, UserId};

use super::{Fixture, SEEDS, engine, run, sealed_seeds, sealing, supply};
use crate::records::keys::user;
use crate::records::stores::{StoreUnderTest, all};
use crate::support::{MAIL, NEW, admin, code, email, request, tenant};

/// A process whose calls each let the others go first.
async fn slow(
    fixture: &Fixture,
    under_test: &StoreUnderTest,
    id: u16,
    older: &[u16],
    seed: u64,
) -> Engine {
    let plan = FaultPlan::none();
    let store = Faulty::new(Arc::clone(&under_test.store), plan.clone());
    let slow = engine(&fixture.world, store, sealing(id, older), seed).await;
    drop(plan.everywhere(InjectedFault::Delay));
    slow
}

type Task<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// A password for each round.
fn password(round: u16) -> String {
    format!("{NEW} {round}")
}

/// V-22: while two processes reseal, each code opens one session, however often it is given at
/// once, and a reset with an app succeeds; round after round, each to another key.
#[test]
fn sign_ins_and_resets_beside_it_succeed_once_each() {
    for under_test in all() {
        block_on(async {
            let fixture = Fixture::over(&under_test).await;
            let world = &fixture.world;
            let mut resealed = 0;
            for round in 2..8_u16 {
                let older: Vec<u16> = (1..round).collect();
                world.clock.advance(std::time::Duration::from_secs(2 * 86_400));
                let mut engines = Vec::new();
                for seed in 0..3 {
                    let number = u64::from(round) * 10 + seed;
                    engines.push(slow(&fixture, &under_test, round, &older, number).await);
                }
                let reset = world.start().await;
                let (reset, typed) = world.challenged(&reset.ticket, &email(), MAIL).await;
                let counts: Vec<_> =
                    fixture.tokens.iter().map(|_| AtomicCount::default()).collect();
                let sealed = AtomicCount::default();
                let done = AtomicBool::new(false);
                let mut tasks: Vec<Task<'_>> = Vec::new();
                for worker in &engines[..2] {
                    tasks.push(Box::pin(async {
                        let page = usize::from(round % 3) + 1;
                        let all = run(worker, None, page).await;
                        assert!(all.left.is_empty(), "{}: {all:?}", under_test.name);
                        sealed.add(all.resealed);
                    }));
                }
                for ((name, token), count) in fixture.tokens.iter().zip(&counts) {
                    for engine in [0, 1, 2, 0, 1, 2] {
                        let (fixture, engines) = (&fixture, &engines);
                        tasks.push(Box::pin(async move {
                            let opened = fixture.signs_in(&engines[engine], name, token).await;
                            count.add(u64::from(opened));
                        }));
                    }
                }
                tasks.push(Box::pin(async {
                    let reset_at = engines[2].reset();
                    let reply = reset_at.prove(&request(), &reset.ticket, &code(&typed)).await;
                    let app = Selection::parse("authenticator_app").expect("an option");
                    let ticket = reply.expect("proven").ticket;
                    let reply = engines[0].reset().challenge(&request(), &ticket, &app).await;
                    let typed = code(&fixture.app.code(world.clock.now()));
                    let ticket = reply.expect("open").ticket;
                    let reply = engines[1].reset().prove(&request(), &ticket, &typed).await;
                    let ticket = reply.expect("proven").ticket;
                    let new = password(round).as_str().into();
                    reset_at.complete(&request(), &ticket, &new).await.expect("reset");
                    done.store(true, Ordering::Relaxed);
                }));
                join_all(tasks).await;
                let label = format!("{}, round {round}", under_test.name);
                for count in &counts {
                    assert_eq!(count.value(), 1, "{label}: one session for one code");
                }
                assert!(done.load(Ordering::Relaxed), "{label}");
                assert!(world.password_is(&password(round)), "{label}");
                assert_eq!(sealed.value(), SEEDS, "{label}: each seed once");
                resealed += sealed.value();
                assert_eq!(run(&engines[0], None, 9).await.current, SEEDS, "{label}");
            }
            assert_eq!(resealed, 6 * SEEDS, "{}", under_test.name);
        });
    }
}

#[derive(Default)]
struct AtomicCount(std::sync::atomic::AtomicU64);

impl AtomicCount {
    fn add(&self, more: u64) {
        self.0.fetch_add(more, Ordering::Relaxed);
    }

    fn value(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// The changes between reading and replacing the seeds.
const CHANGES: [&str; 4] = ["revoked", "signed in", "a further token", "sealed by another"];

/// A concurrent change is neither lost nor undone.
#[test]
fn a_concurrent_change_is_kept() {
    for change in CHANGES {
        for under_test in all() {
            block_on(async {
                let fixture = Arc::new(Fixture::over(&under_test).await);
                let world = &fixture.world;
                let (bob, token) = &fixture.tokens[0];
                let plan = FaultPlan::none();
                let seal = Faulty::new(sealing(2, &[1]), plan.clone());
                let worker = engine(world, Arc::clone(&under_test.store), seal, 21).await;
                let other =
                    engine(world, Arc::clone(&under_test.store), sealing(2, &[1]), 22).await;
                // After bob's seed was opened, sealed and checked.
                let at = place_of(&under_test, bob).await;
                let (acting, made) = (Arc::clone(&fixture), Arc::new(AtomicBool::new(false)));
                let hook = Arc::clone(&made);
                let act = other.clone();
                let third = plan.calls() + at * 3 + 2;
                drop(plan.clone().before(third, move || {
                    block_on(make(&acting, &act, change, SEEDS - at as u64));
                    hook.store(true, Ordering::Relaxed);
                }));
                let done = run(&worker, None, 100).await;
                let label = format!("{}: {change}", under_test.name);
                assert!(made.load(Ordering::Relaxed), "{label}: it came to nothing");
                assert!(done.left.is_empty(), "{label}: {done:?}");
                let seeds = sealed_seeds(&under_test).await;
                let of_bob: Vec<_> = seeds.iter().filter(|seed| seed.user == "bob").collect();
                let (mine, counted) = match change {
                    "revoked" => (0, SEEDS - 1),
                    "a further token" => (2, SEEDS),
                    "sealed by another" => (1, at as u64),
                    _ => (1, SEEDS),
                };
                assert_eq!((of_bob.len(), done.resealed), (mine, counted), "{label}");
                assert!(
                    seeds.iter().all(|sealed| sealed.seed.starts_with(super::UNDER[2])),
                    "{label}"
                );
                // A used step stays used.
                let typed = code(&token.code(world.clock.now()));
                let answer = other.authenticator().verify(&request(), bob, &typed).await;
                let accepted = answer.is_ok();
                let expected = matches!(change, "a further token" | "sealed by another");
                assert_eq!(accepted, expected, "{label}: {answer:?}");
                let refused = matches!(answer, Ok(_) | Err(Error::Refused(Refusal::NotAccepted)));
                assert!(refused, "{label}: {answer:?}");
            });
        }
    }
}

/// How many seeds are resealed before this user's.
async fn place_of(under_test: &StoreUnderTest, user: &UserId) -> usize {
    let seeds = sealed_seeds(under_test).await;
    seeds.iter().position(|seed| seed.user == user.as_str()).expect("there")
}

async fn make(fixture: &Fixture, engine: &Engine, change: &str, left: u64) {
    let (bob, token) = &fixture.tokens[0];
    assert_eq!(*bob, user("bob"));
    let (tenant, root) = (tenant(), admin());
    match change {
        "revoked" => {
            engine.admin(&tenant, &root).revoke_methods(bob).await.expect("revoked");
        }
        "signed in" => assert!(fixture.signs_in(engine, bob, token).await, "the right code"),
        "a further token" => drop(supply(engine, bob, 5).await),
        _ => assert_eq!(run(engine, None, 100).await.resealed, left),
    }
}
