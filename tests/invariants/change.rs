//! Invariants 2, 3, 11 and 12 for changes: a stolen session is not enough to guess the password.

use std::time::Duration;

use sspr::facts::WriteOutcome;
use sspr::policy::Rate;
use sspr::testing::block_on;
use sspr::{ChangeTicket, Engine, Error, Refusal, Reply, Step};

use crate::every::{count, every, world};
use crate::stores::{StoreUnderTest, all, fresh, secret};
use crate::support::{MAIL, NEW, OLD, World, email, refusal, request, tenant};

const DAY: Duration = Duration::from_secs(86_400);

async fn tries(world: &World, present: &str) -> Result<Reply<ChangeTicket>, Error> {
    world.engine.change().start(&request(), &world.signed_in(), &secret(present)).await
}

async fn budget(under_test: &StoreUnderTest) -> serde_json::Value {
    let body = under_test.body().await;
    let budgets = body["budgets"].as_array().expect("a list").clone();
    budgets.into_iter().find(|budget| budget["method"] == "password").unwrap_or_default()
}

/// Inv. 2: ten wrong passwords in a day, each reserved before the directory is asked.
#[test]
fn inv02_wrong_present_passwords_are_counted_and_lock() {
    for under_test in all() {
        block_on(async {
            let world = world(&under_test, 2).await;
            let before = world.engine.stats().comparisons;
            for number in 0..25 {
                let wrong = tries(&world, &format!("guess number {number}")).await;
                let refused = refusal(wrong);
                if number < 10 {
                    assert_eq!(refused, Refusal::NotAccepted, "{}", under_test.name);
                } else {
                    assert!(matches!(refused, Refusal::TooOften { .. }), "{refused:?}");
                }
            }
            assert_eq!(world.engine.stats().comparisons - before, 10, "{}", under_test.name);
            assert_eq!(under_test.count("secret_counted").await, 10, "{}", under_test.name);
            assert_eq!(under_test.count("blocked").await, 1, "{}", under_test.name);
            // The correct password is not checked during the lock, and is accepted after the
            // window.
            let locked = refusal(tries(&world, OLD).await);
            assert!(matches!(locked, Refusal::TooOften { .. }), "{}: {locked:?}", under_test.name);
            // The failures do not affect a reset.
            let reply = world.start().await;
            let (reply, typed) = world.challenged(&reply.ticket, &email(), MAIL).await;
            world.prove(&reply.ticket, &typed).await.expect("another kind");
            world.clock.advance(DAY);
            tries(&world, OLD).await.expect("right");
            let budget = budget(&under_test).await;
            assert_eq!(budget["consecutive"], 0, "{}: {budget}", under_test.name);
        });
    }
}

/// Guesses every day, until the run of failures disables the kind.
async fn disabled(under_test: &StoreUnderTest, world: &World) -> u64 {
    let before = world.engine.stats().comparisons;
    for _ in 0..8 {
        for number in 0..12 {
            assert!(tries(world, &format!("guess number {number}")).await.is_err());
        }
        world.clock.advance(DAY + Duration::from_secs(3_600));
    }
    assert_eq!(budget(under_test).await["disabled"], true, "{}", under_test.name);
    let never = refusal(tries(world, OLD).await);
    assert!(matches!(never, Refusal::TooOften { .. }), "{}: {never:?}", under_test.name);
    world.engine.stats().comparisons - before
}

/// the run of failures never decays; a completed reset or an unblocking ends it.
#[test]
fn inv02_a_run_of_wrong_passwords_ends_with_a_reset_or_an_unblocking() {
    for by_reset in [true, false] {
        for under_test in all() {
            block_on(async {
                let world = world(&under_test, 2).await;
                let compared = disabled(&under_test, &world).await;
                assert_eq!(compared, 50, "{}: the cap", under_test.name);
                assert_eq!(under_test.count("method_disabled").await, 1, "{}", under_test.name);
                world.deliver().await;
                let messages = world.inbox.messages_to(MAIL);
                let warnings =
                    messages.iter().filter(|message| message.kind == "notice.many_failures");
                assert_eq!(warnings.count(), 1, "{}: told at half", under_test.name);
                let present = if by_reset {
                    let ticket = world.granted().await;
                    // A grant alone does not enable the kind again.
                    assert_eq!(budget(&under_test).await["disabled"], true, "{}", under_test.name);
                    world.complete(&ticket, NEW).await.expect("reset");
                    NEW
                } else {
                    let by = world.admin();
                    by.unblock(&world.user).await.expect("unblocked");
                    OLD
                };
                let budget = budget(&under_test).await;
                assert_eq!(budget["consecutive"], 0, "{}: {budget}", under_test.name);
                tries(&world, present).await.expect("checked again");
            });
        }
    }
}

/// Inv. 1 and 3: concurrent guesses are counted one by one, and the correct password among them is
/// accepted while an attempt is left.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn inv03_the_present_password_is_right_while_guesses_are_in_flight() {
    for under_test in all() {
        let mut won = 0;
        for round in 0..20 {
            let under_test = fresh(&under_test);
            let world = world(&under_test, 2).await;
            let engines = [world.engine.clone(), under_test.engine(&world, 8).await];
            let (before, user) = (compared(&engines), world.user.clone());
            let mut tasks = Vec::new();
            for number in 0..32 {
                let engine = engines[number % 2].clone();
                let right = number == round % 5;
                let at = sspr::port::Clock::now(&world.clock);
                let session = sspr::method::SignInContext::new("s", at);
                let user = sspr::SignedIn::vouch(tenant(), user.clone(), session);
                tasks.push(tokio::spawn(async move {
                    let present = if right { OLD.to_owned() } else { format!("guess {number}") };
                    engine.change().start(&request(), &user, &secret(&present)).await
                }));
            }
            let mut judged = 0;
            for (number, task) in tasks.into_iter().enumerate() {
                match task.await.expect("no panic") {
                    Ok(_) => {
                        assert_eq!(number, round % 5, "{}: a wrong password", under_test.name);
                        (won, judged) = (won + 1, judged + 1);
                    }
                    Err(Error::Refused(Refusal::NotAccepted)) => {
                        assert_ne!(
                            number,
                            round % 5,
                            "{}: the correct one, checked",
                            under_test.name
                        );
                        judged += 1;
                    }
                    Err(Error::Refused(Refusal::TooOften { .. })) => {}
                    Err(other) => panic!("{}: {other:?}", under_test.name),
                }
            }
            let now = compared(&engines) - before;
            assert_eq!(now, judged, "{}: checked without a comparison", under_test.name);
            assert_eq!(under_test.count("secret_counted").await as u64, now, "{}", under_test.name);
            // The attempt of the correct password is refunded.
            assert!((10..=11).contains(&now), "{}: {now} comparisons", under_test.name);
            let failures = budget(&under_test).await["proven"]["times"].as_array().map(Vec::len);
            assert!(failures.expect("a list") <= 10, "{}", under_test.name);
        }
        assert!(won > 0, "{}: the correct password was never accepted", under_test.name);
    }
}

fn compared(engines: &[Engine; 2]) -> u64 {
    engines.iter().map(|engine| engine.stats().comparisons).sum()
}

/// Inv. 14: an unknown outcome is notified, and the same ticket resolves it.
#[test]
fn inv14_a_change_of_unknown_outcome_is_repeated_once() {
    for written in [true, false] {
        for under_test in all() {
            block_on(async {
                let world = world(&under_test, 2).await;
                let ticket = tries(&world, OLD).await.expect("right").ticket;
                if written {
                    world.directory.script_indeterminate_written();
                } else {
                    world.directory.script_outcome(WriteOutcome::Indeterminate);
                }
                let change = world.engine.change();
                let open = change.complete(&request(), &ticket, &secret(NEW)).await;
                assert!(matches!(open, Err(Error::Fault(_))), "{}: {open:?}", under_test.name);
                world.clock.advance(Duration::from_secs(60));
                world.deliver().await;
                let told = world.inbox.messages_to(MAIL);
                let kinds: Vec<_> = told.iter().map(|message| message.kind).collect();
                assert!(kinds.contains(&"notice.password_may_have_changed"), "{kinds:?}");
                let done = change.complete(&request(), &ticket, &secret(NEW)).await;
                assert_eq!(done.expect("again").step, Step::Done { propagated: true });
                assert!(world.password_is(NEW), "{}", under_test.name);
                let over = change.complete(&request(), &ticket, &secret(OLD)).await;
                assert_eq!(refusal(over), Refusal::Ended, "{}", under_test.name);
                world.deliver().await;
                let events = world.event_codes().await;
                assert_eq!(count(&events, "password_changed"), 1, "{}", under_test.name);
                let writes = world.directory.writes(&world.tenant, &world.user);
                assert_eq!(writes.len(), 1, "{}", under_test.name);
                assert!(!world.directory.revocations(&world.tenant, &world.user).is_empty());
            });
        }
    }
}

/// Inv. 12: any change of the account outside the engine voids the grant.
#[test]
fn inv12_a_change_is_void_when_the_account_changed_outside() {
    for what in ["password", "facts", "reset", "revoked", "disabled"] {
        for under_test in all() {
            block_on(async {
                let world = world(&under_test, 2).await;
                let ticket = tries(&world, OLD).await.expect("right").ticket;
                let (directory, user) = (&world.directory, &world.user);
                let by = world.admin();
                match what {
                    "password" => directory.change_password(&tenant(), user, OLD).expect("known"),
                    "facts" => {
                        let other =
                            |facts: &mut sspr::facts::UserFacts| facts.names.push("x".into());
                        directory.update_user(&tenant(), user, other).expect("known");
                    }
                    "disabled" => {
                        let off = |facts: &mut sspr::facts::UserFacts| facts.enabled = false;
                        directory.update_user(&tenant(), user, off).expect("known");
                    }
                    "reset" => {
                        let granted = world.granted().await;
                        world
                            .complete(&granted, "another plum in a violet tree")
                            .await
                            .expect("reset");
                    }
                    _ => by.revoke_flows(user).await.expect("revoked"),
                }
                let change = world.engine.change();
                let void = change.complete(&request(), &ticket, &secret(NEW)).await;
                let refused = refusal(void);
                let reasons = matches!(refused, Refusal::Ended | Refusal::NotEligible { .. });
                assert!(reasons, "{}: {what}: {refused:?}", under_test.name);
                assert!(!world.password_is(NEW), "{}: {what}", under_test.name);
                assert_eq!(
                    under_test.count("password_changed").await,
                    0,
                    "{}: {what}",
                    under_test.name
                );
            });
        }
    }
}

/// Inv. 2: a correct password refunds no earlier guess: these stay in the window.
#[test]
fn inv02_a_right_password_does_not_refill_the_window() {
    for under_test in all() {
        block_on(async {
            let mut settings = every(2);
            settings.failures.proven = Rate::new(6, DAY);
            let world = World::builder()
                .store(under_test.store.clone())
                .settings(settings)
                .registered()
                .open()
                .await;
            let before = world.engine.stats().comparisons;
            for number in 0..5 {
                assert!(tries(&world, &format!("guess {number}")).await.is_err());
            }
            let ticket = tries(&world, OLD).await.expect("right").ticket;
            world.engine.change().cancel(&request(), &ticket).await.expect("given up");
            assert_eq!(refusal(tries(&world, "guess 6").await), Refusal::NotAccepted);
            let locked = refusal(tries(&world, "guess 7").await);
            assert!(matches!(locked, Refusal::TooOften { .. }), "{}: {locked:?}", under_test.name);
            assert_eq!(world.engine.stats().comparisons - before, 7, "{}", under_test.name);
        });
    }
}
