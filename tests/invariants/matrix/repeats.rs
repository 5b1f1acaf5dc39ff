//! What the matrix has found: an answer that was lost is given again to the same right secret, and
//! to no other; a port that fails at the end takes nothing away.

use sspr::testing::{FaultPlan, InjectedFault, block_on};
use sspr::{Engine, Error, Refusal, Step};

use crate::matrix::cells::{Cell, Flow, Way};
use crate::matrix::confusion::counted;
use crate::matrix::crash::of;
use crate::matrix::fixture::Fixture;
use crate::matrix::play::{Hand, Play, Secret, Stage, stages};
use crate::matrix::steps::{give, play, read, step, to_the_door};

fn not_accepted(answer: &Result<(), Error>) -> bool {
    matches!(answer, Err(Error::Refused(Refusal::NotAccepted)))
}

/// Gives the right secret; the answer is lost, and the ticket before stays in hand.
async fn proven(fixture: &Fixture, engine: &Engine, one: &Play) -> (Hand, Secret) {
    let mut hand = to_the_door(fixture, engine, one).await;
    let secret = hand.secret().clone();
    give(fixture, engine, one, &mut hand, &secret).await.expect("right");
    hand.tickets.truncate(hand.tickets.len() - usize::from(one.cell.flow != Flow::Registration));
    (hand, secret)
}

#[test]
fn the_same_right_secret_of_every_method_gets_the_same_answer_again() {
    let all = crate::matrix::cells::cells();
    let repeatable = |cell: &&Cell| !matches!(cell.flow, Flow::Change | Flow::SignIn);
    let acknowledged = Cell::new(Flow::Registration, Way::RecoveryCode);
    // A link that is redeemed without its ticket is good once.
    let ticketed = |cell: &&Cell| !crate::matrix::rules::redeems(**cell);
    let all = all.iter().filter(repeatable).filter(ticketed);
    for cell in all.filter(|cell| **cell != acknowledged) {
        block_on(async {
            let fixture = Fixture::new(cell.required());
            let engine = fixture.healthy(7).await;
            let one = of(*cell);
            let (mut hand, secret) = proven(&fixture, &engine, &one).await;
            let codes =
                ["method_proven", "method_confirmed", "recovery_code_used", "oath_step_used"];
            let before = counted(&fixture, &one.who.tenant, &codes).await;
            let again = give(&fixture, &engine, &one, &mut hand, &secret).await;
            assert!(again.is_ok(), "{cell:?}: {again:?}");
            assert_eq!(counted(&fixture, &one.who.tenant, &codes).await, before, "{cell:?}");
            hand.stage += 1;
            let stopped = play(&fixture, &engine, &one, &mut hand, usize::MAX).await;
            assert!(stopped.is_none(), "{cell:?}: {stopped:?}");
        });
    }
}

#[test]
fn another_recovery_code_is_no_repetition() {
    for flow in [Flow::Reset, Flow::Unlock, Flow::Initiated, Flow::Elsewhere] {
        block_on(async {
            let cell = Cell::new(flow, Way::RecoveryCode);
            let fixture = Fixture::new(cell.required());
            let engine = fixture.healthy(7).await;
            let one = of(cell);
            let (mut hand, _) = proven(&fixture, &engine, &one).await;
            let other = Secret::Code(one.who.codes[1].clone());
            let answer = give(&fixture, &engine, &one, &mut hand, &other).await;
            assert!(not_accepted(&answer), "{flow:?}: {answer:?}");
            assert_eq!(counted(&fixture, &one.who.tenant, &["proof_repeated"]).await, 0);
        });
    }
}

/// RFC 6238, 5.2: what was accepted once is accepted nowhere again, also as a repetition.
#[test]
fn another_step_of_an_authenticator_is_no_repetition() {
    for flow in [Flow::Reset, Flow::Unlock, Flow::Registration, Flow::Initiated] {
        for way in [Way::App, Way::Token] {
            block_on(async {
                let cell = Cell::new(flow, way);
                let fixture = Fixture::new(cell.required());
                let engine = fixture.healthy(7).await;
                let one = of(cell);
                let (mut hand, _) = proven(&fixture, &engine, &one).await;
                fixture.wait(30);
                let next = read(&fixture, &one, &hand, way).expect("shown");
                let answer = give(&fixture, &engine, &one, &mut hand, &next).await;
                assert!(not_accepted(&answer), "{cell:?}: {answer:?}");
                // It was not accepted, so it is good for one sign-in.
                let (request, user) = (one.who.request("198.51.100.1"), &one.who.user);
                let verify = async || {
                    let next = next.attempt().expect("a code");
                    engine.authenticator().verify(&request, user, &next).await
                };
                verify().await.expect("the first time");
                assert!(not_accepted(&verify().await.map(|_| ())), "{cell:?}");
            });
        }
    }
}

/// Asked again within the wait, the page belongs to the challenge that is open.
#[test]
fn a_page_that_was_lost_is_given_again() {
    for way in [Way::Push, Way::Passkey, Way::HostVerified] {
        for flow in [Flow::Reset, Flow::Unlock] {
            block_on(async {
                let fixture = Fixture::new(1);
                let engine = fixture.healthy(7).await;
                let one = of(Cell::new(flow, way));
                let mut hand = Hand::default();
                assert!(play(&fixture, &engine, &one, &mut hand, 1).await.is_none());
                let before = hand.tickets.clone();
                for _ in 0..2 {
                    hand.tickets.clone_from(&before);
                    let asked =
                        step(&fixture, &engine, &one, &mut hand, Stage::Challenge(way)).await;
                    assert!(asked.expect("asked"));
                }
                hand.stage = 2;
                let stopped = play(&fixture, &engine, &one, &mut hand, usize::MAX).await;
                assert!(stopped.is_none(), "{way:?} in {flow:?}: {stopped:?}");
            });
        }
    }
}

/// Inv. 15: a port's error is no success, and no reason to take the proof away.
#[test]
fn a_host_that_cannot_say_takes_no_grant_away() {
    for way in [Way::Push, Way::Passkey, Way::HostVerified] {
        for flow in [Flow::Reset, Flow::Unlock, Flow::Initiated, Flow::Elsewhere] {
            block_on(async {
                let cell = Cell::new(flow, way);
                let fixture = Fixture::new(cell.required());
                let plan = FaultPlan::none();
                let engine = fixture.engine(&plan, 7).await;
                let one = of(cell);
                let mut hand = Hand::default();
                let goal = stages(cell).iter().position(|stage| *stage == Stage::Complete);
                let stopped = play(&fixture, &engine, &one, &mut hand, goal.expect("one")).await;
                assert!(stopped.is_none(), "{cell:?}: {stopped:?}");
                let failing = plan.on("external.available", InjectedFault::FailBefore);
                let refused = step(&fixture, &engine, &one, &mut hand, Stage::Complete).await;
                assert!(matches!(refused, Err(Error::Fault(_))), "{cell:?}: {refused:?}");
                failing.heal();
                let stopped = play(&fixture, &engine, &one, &mut hand, usize::MAX).await;
                assert!(stopped.is_none(), "{cell:?}: {stopped:?}");
                assert!(matches!(hand.shown, Some(Step::Done { .. })), "{cell:?}");
            });
        }
    }
}
