//! Rules that the matrix has tested first: a lost reply is repeated for the same correct secret and
//! for no other; a port that fails at the end takes nothing away.

use sspr::method::{QuestionId, QuestionTopic};
use sspr::testing::{FaultPlan, InjectedFault, block_on};
use sspr::{Engine, Error, Refusal, Step};

use crate::matrix::cells::{Cell, Flow, Way};
use crate::matrix::confusion::counted;
use crate::matrix::crash::of;
use crate::matrix::fixture::Fixture;
use crate::matrix::play::{Hand, Play, Secret, Stage, door_of, stages};
use crate::matrix::steps::{give, play, read, step, to_the_door};

fn not_accepted(answer: &Result<(), Error>) -> bool {
    matches!(answer, Err(Error::Refused(Refusal::NotAccepted)))
}

/// Gives the correct secret; the reply is lost, so the person keeps the old ticket.
async fn proven(fixture: &Fixture, engine: &Engine, scenario: &Play) -> (Hand, Secret) {
    let mut hand = to_the_door(fixture, engine, scenario).await;
    let secret = hand.secret().clone();
    give(fixture, engine, scenario, &mut hand, &secret).await.expect("right");
    hand.tickets
        .truncate(hand.tickets.len() - usize::from(scenario.cell.flow != Flow::Registration));
    (hand, secret)
}

#[test]
fn a_repeated_correct_secret_of_every_method_gets_the_same_reply() {
    let all = crate::matrix::cells::cells();
    let repeatable = |cell: &&Cell| !matches!(cell.flow, Flow::Change | Flow::SignIn);
    let keeps = |cell: Cell| stages(cell)[door_of(cell)].keeps();
    // A link redeemed without its ticket works once.
    let ticketed = |cell: &&Cell| !crate::matrix::rules::redeems(**cell);
    let all = all.iter().filter(repeatable).filter(ticketed);
    for cell in all.filter(|cell| !keeps(**cell)) {
        block_on(async {
            let fixture = Fixture::new(cell.required());
            let engine = fixture.healthy(7).await;
            let scenario = of(*cell);
            let (mut hand, secret) = proven(&fixture, &engine, &scenario).await;
            let codes =
                ["method_proven", "method_confirmed", "recovery_code_used", "oath_step_used"];
            let before = counted(&fixture, &scenario.who.tenant, &codes).await;
            let again = give(&fixture, &engine, &scenario, &mut hand, &secret).await;
            assert!(again.is_ok(), "{cell:?}: {again:?}");
            assert_eq!(counted(&fixture, &scenario.who.tenant, &codes).await, before, "{cell:?}");
            hand.stage += 1;
            let stopped = play(&fixture, &engine, &scenario, &mut hand, usize::MAX).await;
            assert!(stopped.is_none(), "{cell:?}: {stopped:?}");
        });
    }
}

#[test]
fn another_recovery_code_is_no_repetition() {
    for flow in [Flow::Reset, Flow::Unlock, Flow::Initiated, Flow::Invited, Flow::Elsewhere] {
        block_on(async {
            let cell = Cell::new(flow, Way::RecoveryCode);
            let fixture = Fixture::new(cell.required());
            let engine = fixture.healthy(7).await;
            let scenario = of(cell);
            let (mut hand, _) = proven(&fixture, &engine, &scenario).await;
            let other = Secret::Code(scenario.who.codes[1].clone());
            let answer = give(&fixture, &engine, &scenario, &mut hand, &other).await;
            assert!(not_accepted(&answer), "{flow:?}: {answer:?}");
            assert_eq!(counted(&fixture, &scenario.who.tenant, &["proof_repeated"]).await, 0);
        });
    }
}

/// Right answers to the questions that are asked next are no repetition.
#[test]
fn answers_to_other_questions_are_no_repetition() {
    for flow in [Flow::Reset, Flow::Unlock, Flow::Initiated, Flow::Invited, Flow::Elsewhere] {
        block_on(async {
            let cell = Cell::new(flow, Way::Questions);
            let fixture = Fixture::new(cell.required());
            let engine = fixture.healthy(7).await;
            let scenario = of(cell);
            let (mut hand, Secret::Answers(given)) = proven(&fixture, &engine, &scenario).await
            else {
                panic!("questions are answered")
            };
            let topics = QuestionTopic::ALL.into_iter().take(5).map(QuestionId::from);
            let others = topics.filter(|id| given.iter().all(|(asked, _)| asked != id));
            let others = others.map(|id| (id.clone(), scenario.who.answer(&id, false)));
            let other = Secret::Answers(others.chain(given.first().cloned()).collect());
            let answer = give(&fixture, &engine, &scenario, &mut hand, &other).await;
            assert!(not_accepted(&answer), "{flow:?}: {answer:?}");
            assert_eq!(counted(&fixture, &scenario.who.tenant, &["proof_repeated"]).await, 0);
        });
    }
}

/// RFC 6238, 5.2: an accepted code is not accepted again anywhere, not even as a repetition.
#[test]
fn another_step_of_an_authenticator_is_no_repetition() {
    for flow in [Flow::Reset, Flow::Unlock, Flow::Registration, Flow::Initiated, Flow::Invited] {
        for way in [Way::App, Way::Token] {
            block_on(async {
                let cell = Cell::new(flow, way);
                let fixture = Fixture::new(cell.required());
                let engine = fixture.healthy(7).await;
                let scenario = of(cell);
                let (mut hand, _) = proven(&fixture, &engine, &scenario).await;
                fixture.wait(30);
                let next = read(&fixture, &scenario, &hand, way).expect("shown");
                let answer = give(&fixture, &engine, &scenario, &mut hand, &next).await;
                assert!(not_accepted(&answer), "{cell:?}: {answer:?}");
                // It was not accepted, so it works for one sign-in.
                let (request, user) = (scenario.who.request("198.51.100.1"), &scenario.who.user);
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

/// Requested again within the wait, the page belongs to the open challenge.
#[test]
fn a_lost_page_is_returned_again() {
    for way in [Way::Push, Way::Passkey, Way::HostVerified] {
        for flow in [Flow::Reset, Flow::Unlock] {
            block_on(async {
                let fixture = Fixture::new(1);
                let engine = fixture.healthy(7).await;
                let scenario = of(Cell::new(flow, way));
                let mut hand = Hand::default();
                assert!(play(&fixture, &engine, &scenario, &mut hand, 1).await.is_none());
                let before = hand.tickets.clone();
                for _ in 0..2 {
                    hand.tickets.clone_from(&before);
                    let asked =
                        step(&fixture, &engine, &scenario, &mut hand, Stage::Challenge(way)).await;
                    assert!(asked.expect("asked"));
                }
                hand.stage = 2;
                let stopped = play(&fixture, &engine, &scenario, &mut hand, usize::MAX).await;
                assert!(stopped.is_none(), "{way:?} in {flow:?}: {stopped:?}");
            });
        }
    }
}

/// Inv. 15: an error of a port is no success, and no reason to drop a proof.
#[test]
fn a_fault_of_the_host_keeps_the_grant() {
    for way in [Way::Push, Way::Passkey, Way::HostVerified] {
        for flow in [Flow::Reset, Flow::Unlock, Flow::Initiated, Flow::Invited, Flow::Elsewhere] {
            block_on(async {
                let cell = Cell::new(flow, way);
                let fixture = Fixture::new(cell.required());
                let plan = FaultPlan::none();
                let engine = fixture.engine(&plan, 7).await;
                let scenario = of(cell);
                let mut hand = Hand::default();
                let goal = stages(cell).iter().position(|stage| *stage == Stage::Complete);
                let stopped =
                    play(&fixture, &engine, &scenario, &mut hand, goal.expect("one")).await;
                assert!(stopped.is_none(), "{cell:?}: {stopped:?}");
                let failing = plan.on("external.available", InjectedFault::FailBefore);
                let refused = step(&fixture, &engine, &scenario, &mut hand, Stage::Complete).await;
                assert!(matches!(refused, Err(Error::Fault(_))), "{cell:?}: {refused:?}");
                failing.heal();
                let stopped = play(&fixture, &engine, &scenario, &mut hand, usize::MAX).await;
                assert!(stopped.is_none(), "{cell:?}: {stopped:?}");
                assert!(matches!(hand.shown, Some(Step::Done { .. })), "{cell:?}");
            });
        }
    }
}
