//! Concurrent calls: V1, V2, V33 and V38 under races, V43.

use std::sync::{Barrier, Mutex, PoisonError};

use sspr::method::{Channel, NewMethod};
use sspr::testing::{FaultPlan, Faulty, InjectedFault, block_on};
use sspr::{Engine, Refusal, Step};

use crate::people::*;
use crate::stores::StoreKind;
use crate::support::*;

on_every_store!(
    v01_same_code_redeemed_twice,
    v02_guesses_at_once_stay_below_the_cap,
    v08_the_right_code_counts_among_wrong_ones,
    v43_resends_at_once_send_one_message,
);
in_memory!(v38_a_race_of_changes_confirms_no_other_address);

pub(crate) const TASKS: usize = 64;

/// Runs the same call on `TASKS` threads at the same moment, on two engines in turn.
pub(crate) fn at_once<T: Send>(
    engines: &[&Engine; 2],
    act: impl Fn(usize, &Engine) -> T + Sync,
) -> Vec<T> {
    let barrier = Barrier::new(TASKS);
    let answers = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for n in 0..TASKS {
            let (barrier, answers, act) = (&barrier, &answers, &act);
            scope.spawn(move || {
                barrier.wait();
                let answer = act(n, engines[n % 2]);
                answers.lock().unwrap_or_else(PoisonError::into_inner).push(answer);
            });
        }
    });
    answers.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// V1: one proof per code, and every other caller with the correct code gets the same reply.
async fn v01_same_code_redeemed_twice(stores: &StoreKind) {
    let under_test = stores.empty();
    let world = World::builder().store(under_test.open()).settings(one_gate()).open().await;
    let second = twin(&world, &under_test, 8).await;
    // One of the two engines is slower: each of its port calls yields once.
    let slow = Faulty::new(under_test.open(), FaultPlan::none().everywhere(InjectedFault::Delay));
    let slow = world.beside().store(slow).seed(9).open().await.engine;
    for round in 0..stores.rounds(200, 50) {
        let person = settle(&world, round).await;
        let request = source(round);
        let reply = opened(&world.engine, &request, &person.name, &email()).await.expect("opened");
        world.deliver().await;
        let right = world.inbox.last_code_to(&person.mail).expect("a code");
        let engines = [&world.engine, if round % 2 == 0 { &second } else { &slow }];
        let answers = at_once(&engines, |_, engine| {
            block_on(try_code(engine, &request, &reply.ticket, &right))
        });
        let mut same: Option<(String, Step)> = None;
        for answer in answers {
            match answer {
                Ok(reply) => {
                    let given = (reply.ticket.expose_secret().to_owned(), reply.step);
                    assert!(granted(&given.1));
                    assert_eq!(*same.get_or_insert_with(|| given.clone()), given);
                }
                other => assert_eq!(refusal(other), Refusal::NotAccepted),
            }
        }
        assert!(same.is_some(), "round {round}: no code was accepted");
        let events = events_of(&world, &person.id).await;
        assert_eq!(count(&events, "method_proven"), 1, "round {round}");
    }
}

/// V2: with a limit of `k` attempts, `k` of 64 guesses are compared, each of them reserved before.
async fn v02_guesses_at_once_stay_below_the_cap(stores: &StoreKind) {
    let under_test = stores.empty();
    let settings = one_gate();
    let cap = u64::from(settings.attempts);
    let world = World::builder().store(under_test.open()).settings(settings).open().await;
    let second = twin(&world, &under_test, 8).await;
    for round in 0..stores.rounds(20, 5) {
        let person = settle(&world, round).await;
        let request = source(round);
        let reply = opened(&world.engine, &request, &person.name, &email()).await.expect("opened");
        world.deliver().await;
        let right = world.inbox.last_code_to(&person.mail).expect("a code");
        let compared = || world.engine.stats().comparisons + second.stats().comparisons;
        let before = compared();
        let answers = at_once(&[&world.engine, &second], |n, engine| {
            block_on(try_code(engine, &request, &reply.ticket, &format!("x{n:07}")))
        });
        for answer in answers {
            assert_eq!(refusal(answer), Refusal::NotAccepted);
        }
        assert_eq!(compared() - before, cap, "round {round}");
        let events = events_of(&world, &person.id).await;
        assert_eq!(counted(&events), cap, "each comparison was counted, none twice");
        // The attempts are spent: the correct code is refused too.
        let late = try_code(&world.engine, &request, &reply.ticket, &right).await;
        assert_eq!(refusal(late), Refusal::NotAccepted);
        assert_eq!(compared() - before, cap);
    }
}

/// V8: while a code has attempts left, the correct code is accepted during concurrent wrong guesses
/// at other codes and new challenges of the account.
async fn v08_the_right_code_counts_among_wrong_ones(stores: &StoreKind) {
    let under_test = stores.empty();
    let world = World::builder().store(under_test.open()).settings(one_gate()).open().await;
    let second = twin(&world, &under_test, 8).await;
    for round in 0..stores.rounds(20, 5) {
        let person = settle(&world, round).await;
        let owner = source(round);
        let own = opened(&world.engine, &owner, &person.name, &email()).await.expect("opened");
        world.deliver().await;
        let right = world.inbox.last_code_to(&person.mail).expect("a code");
        let stranger = source(0x20_0000 + round);
        let strangers = opened(&second, &stranger, &person.name, &email()).await.expect("opened");
        let answers = at_once(&[&world.engine, &second], |n, engine| match n {
            0 => Some(block_on(try_code(engine, &owner, &own.ticket, &right))),
            n if n % 4 == 0 => {
                block_on(opened(engine, &source(0x30_0000 + n as u32), &person.name, &sms()));
                None
            }
            n => {
                let wrong = format!("x{n:07}");
                let wrong = block_on(try_code(engine, &stranger, &strangers.ticket, &wrong));
                assert_eq!(refusal(wrong), Refusal::NotAccepted);
                None
            }
        });
        let accepted = answers.into_iter().flatten().next().expect("the owner's answer");
        assert!(granted(&accepted.expect("the right code").step), "round {round}");
    }
}

/// V43: 64 resends at once are one message.
async fn v43_resends_at_once_send_one_message(stores: &StoreKind) {
    let under_test = stores.empty();
    // Roomy, so that no source's share refuses one of the 64 requests.
    let world = World::builder().store(under_test.open()).settings(roomy(one_gate())).open().await;
    let second = twin(&world, &under_test, 8).await;
    let person = settle(&world, 1).await;
    let request = source(1);
    let reply = world.engine.reset().start(&request, &person.name).await.expect("started");
    let answers = at_once(&[&world.engine, &second], |_, engine| {
        block_on(engine.reset().challenge(&request, &reply.ticket, &email()))
    });
    // Each reply depends on the ticket only and does not tell which caller was first.
    let first = seen(&answers[0]);
    assert!(answers.iter().all(|answer| seen(answer) == first));
    let events = events_of(&world, &person.id).await;
    assert_eq!(count(&events, "challenge_opened"), 1);
    world.deliver().await;
    assert_eq!(world.inbox.messages_to(&person.mail).len(), 1);
    assert_eq!(world.inbox.attempts(), 1);
}

/// V38: with concurrent additions and removals, a code makes no other address active.
async fn v38_a_race_of_changes_confirms_no_other_address(stores: &StoreKind) {
    let mut confirmed = 0;
    for round in 0..40 {
        let under_test = stores.empty();
        let world = World::builder().store(under_test.open()).settings(settings()).open().await;
        let second = twin(&world, &under_test, round).await;
        let (request, user) = (request(), world.signed_in());
        let first = NewMethod::email(mail(MAIL));
        let reply = world.engine.registration().add(&request, &user, &first).await.expect("added");
        world.deliver().await;
        let right = world.inbox.last_code_to(MAIL).expect("a code");
        let other = NewMethod::mobile_phone(phone(MOBILE), Channel::Sms).expect("reached");
        let elsewhere = NewMethod::email(mail("evil@elsewhere.example"));
        at_once(&[&world.engine, &second], |n, engine| {
            let registration = engine.registration();
            block_on(async {
                match n {
                    0 | 1 => {
                        let _ = registration
                            .confirm(&request, &user, &reply.ticket, &code(&right))
                            .await;
                    }
                    2 => drop(registration.add(&request, &user, &other).await),
                    3 => drop(registration.add(&request, &user, &elsewhere).await),
                    _ => {}
                }
            });
        });
        let methods = world.engine.registration().list(&request, &user).await.expect("listed");
        let active: Vec<_> = methods.iter().filter(|method| method.active).collect();
        assert!(active.len() <= 1, "{active:?}");
        for method in active {
            assert_eq!(address(method), MAIL);
            confirmed += 1;
        }
        let events = events_of(&world, &world.user).await;
        assert!(count(&events, "method_confirmed") <= 1);
    }
    assert!(confirmed > 0, "the code never won the race");
}
