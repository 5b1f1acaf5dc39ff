//! Every port call of every cell fails, loses its reply or hangs. A person who repeats the offered
//! step reaches the goal, or is refused and reaches it with a new flow.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;

use sspr::testing::{FaultPlan, InjectedFault, block_on};
use sspr::{Engine, Error, Refusal};

use crate::matrix::cells::{Cell, Flow, Way, cells};
use crate::matrix::fixture::{Fixture, idle, people};
use crate::matrix::judge;
use crate::matrix::play::{Hand, Play, Stage};
use crate::matrix::steps::{Stopped, play};
use crate::support::NEW;

pub(crate) const NEXT: &str = "walnut ferry ribbon meadow";
/// Calls that only read. A lost reply equals a failure, so two faults suffice.
const READS: [&str; 14] = [
    "store.load",
    "store.due",
    "store.scan",
    "store.events",
    "directory.tenant",
    "directory.find",
    "directory.role_holders",
    "directory.verify_password",
    "delivery.channels",
    "seal.seal",
    "seal.open",
    "external.available",
    "slow_hash.hash",
    "slow_hash.verify",
];

/// The faults that matter for a call of this name. Nothing happens between two calls, so a process
/// that dies before a call equals one that dies after the previous call.
pub(crate) fn faults_of(name: &str) -> &'static [InjectedFault] {
    if READS.contains(&name) {
        &[InjectedFault::FailBefore, InjectedFault::HangAfter]
    } else {
        &[
            InjectedFault::FailBefore,
            InjectedFault::FailUnknownBefore,
            InjectedFault::LoseReply,
            InjectedFault::HangAfter,
        ]
    }
}

/// The outcome of a case.
pub(crate) struct Outcome {
    pub(crate) hand: Hand,
    pub(crate) play: Play,
    /// The refusal after which a new flow was needed, if any.
    pub(crate) refused: Option<Refusal>,
    /// The number of comparisons by ended engines.
    pub(crate) compared: u64,
}

pub(crate) fn of(cell: Cell) -> Play {
    Play { cell, who: &people()[0], source: "198.51.100.1", password: NEW, saved: 0 }
}

/// The port calls from the start to the end, without a fault.
pub(crate) fn calls_of(cell: Cell, fixture: &Fixture) -> Vec<&'static str> {
    block_on(async {
        let plan = FaultPlan::none();
        let engine = fixture.engine(&plan, 100).await;
        let (before, mut hand) = (plan.calls(), Hand::default());
        let stopped = play(fixture, &engine, &of(cell), &mut hand, usize::MAX).await;
        assert!(stopped.is_none(), "{cell:?} without a fault: {stopped:?} at {}", hand.stage);
        let calls = plan.names().split_off(before);
        let outcome = Outcome { hand, play: of(cell), refused: None, compared: 0 };
        judge::all(fixture, &engine, &outcome, &format!("{cell:?} without a fault")).await;
        calls
    })
}

/// Plays one case to its end, with or without a refusal.
pub(crate) fn case(
    cell: Cell,
    fixture: &Fixture,
    n: usize,
    fault: InjectedFault,
) -> Option<Refused> {
    block_on(async {
        let plan = FaultPlan::none();
        let engine = fixture.engine(&plan, 100).await;
        let n = plan.calls() + n;
        let plan = plan.at(n, fault);
        let mut hand = Hand::default();
        let hangs = matches!(fault, InjectedFault::HangBefore | InjectedFault::HangAfter);
        let scenario = of(cell);
        let flow = Box::pin(play(fixture, &engine, &scenario, &mut hand, usize::MAX));
        let mut stopped = until_death(flow, &plan, n, hangs).await;
        let stage = crate::matrix::play::stages(cell).get(hand.stage).copied();
        let name = plan.names().get(n).copied().unwrap_or("no call");
        let label = format!("{cell:?}, {fault:?} at call {n}, {name}: {stopped:?}");
        let died = matches!(stopped, Some(Stopped::Died));
        let compared = if died { engine.stats().comparisons } else { 0 };
        // A process that died is replaced by another; otherwise the same one continues.
        let engine = if died { fixture.healthy(200).await } else { engine };
        let refused = go_on(fixture, &engine, &scenario, &mut hand, &mut stopped, &label).await;
        let mut outcome = Outcome { hand, play: scenario, refused: refused.clone(), compared };
        if let Some(refusal) = &refused {
            let label = format!("{label}; refused {refusal:?}");
            settle(fixture, &engine).await;
            fixture.wait(16 * 60);
            idle(&engine).await;
            let mut fresh = Hand::default();
            let again = Play { password: NEXT, saved: 2, ..of(cell) };
            let stopped = play(fixture, &engine, &again, &mut fresh, usize::MAX).await;
            assert!(stopped.is_none(), "{label}; a fresh flow: {stopped:?} at {}", fresh.stage);
            fresh.secrets.splice(0..0, outcome.hand.secrets);
            (outcome.hand, outcome.play) = (fresh, again);
        }
        settle(fixture, &engine).await;
        judge::all(fixture, &engine, &outcome, &label).await;
        refused.map(|refusal| Refused { cell, name, fault, stage, refusal })
    })
}

/// The cost of a failure for the person.
#[derive(Debug)]
pub(crate) struct Refused {
    cell: Cell,
    name: &'static str,
    fault: InjectedFault,
    stage: Option<Stage>,
    refusal: Refusal,
}

/// Repeats the offered step; returns the refusal after which the page offers a new start.
async fn go_on(
    fixture: &Fixture,
    engine: &Engine,
    scenario: &Play,
    hand: &mut Hand,
    stopped: &mut Option<Stopped>,
    label: &str,
) -> Option<Refusal> {
    for _ in 0..6 {
        match stopped.take()? {
            // Repeats the same step.
            Stopped::Failed(Error::Fault(_)) | Stopped::Died => {}
            Stopped::Stuck => {
                if scenario.cell.way.external() {
                    // The page lacks the device's challenge, so it starts again.
                    hand.stage -= 1;
                }
                fixture.wait(70);
                idle(engine).await;
            }
            Stopped::Failed(Error::Refused(
                Refusal::TooOften { retry_at } | Refusal::Busy { retry_at },
            )) if retry_at.since(fixture.now()).as_secs() < 120 => {
                fixture.clock.set(retry_at);
                idle(engine).await;
            }
            Stopped::Failed(Error::Refused(refusal)) => return Some(refusal),
            Stopped::Failed(error) => panic!("{label}: then {error:?}"),
        }
        *stopped = play(fixture, engine, scenario, hand, usize::MAX).await;
    }
    panic!("{label}: after six repetitions {stopped:?} at {}", hand.stage);
}

/// Does all waiting work, after the leases and deadlines of a dead process have passed.
async fn settle(fixture: &Fixture, engine: &Engine) {
    for _ in 0..3 {
        fixture.wait(70);
        idle(engine).await;
    }
}

/// Polls until the play is over or the process has died, which is when its call hangs.
async fn until_death(
    mut flow: Pin<Box<dyn Future<Output = Option<Stopped>> + '_>>,
    plan: &FaultPlan,
    n: usize,
    hangs: bool,
) -> Option<Stopped> {
    let mut ended = Some(Stopped::Died);
    poll_fn(|context| match flow.as_mut().poll(context) {
        Poll::Ready(how) => {
            ended = how;
            Poll::Ready(())
        }
        // Stores other than memory only use `HangBefore`.
        Poll::Pending if hangs && plan.calls() > n => Poll::Ready(()),
        Poll::Pending => Poll::Pending,
    })
    .await;
    ended
}

impl Refused {
    /// The only failures after which a new flow may be needed.
    pub(crate) fn is_allowed(&self) -> bool {
        let Self { cell, name, fault, stage, refusal } = self;
        let not_accepted = *refusal == Refusal::NotAccepted;
        match cell.flow {
            // A time step that may not have been recorded is refused; the next one works.
            Flow::SignIn => *name == "store.commit" && not_accepted,
            // A link works once, so after a lost reply of a dead process the flow must begin again.
            Flow::Elsewhere | Flow::Initiated | Flow::Invited if *stage == Some(Stage::Redeem) => {
                *name == "store.commit" && *fault == InjectedFault::HangAfter && not_accepted
            }
            // A fault of one user's data is not disclosed before the first proof.
            Flow::Reset | Flow::Unlock
                if matches!(*name, "seal.open" | "external.verify" | "slow_hash.verify") =>
            {
                not_accepted
            }
            // If the host cannot tell whether the person has the method, the method counts as
            // missing, and a stranger is not told why.
            _ if cell.way.external() && *name == "external.available" => {
                matches!(refusal, Refusal::NotAccepted | Refusal::NotOffered)
            }
            _ => false,
        }
    }
}

/// Ways that differ from another only by name are sampled: one of this many points is visited.
const fn thinned(way: Way) -> usize {
    match way {
        // Like a text message.
        Way::Voice | Way::OfficePhone => 3,
        // Like an app notification.
        Way::Passkey | Way::HostVerified => 3,
        _ => 1,
    }
}

/// Every call of every cell of a flow, with every fault; returns their number.
fn every_call(flow: Flow, ways: &[Way]) -> usize {
    let mut cases = 0;
    for cell in cells().into_iter().filter(|cell| cell.flow == flow && ways.contains(&cell.way)) {
        let calls = calls_of(cell, &Fixture::new(cell.required()));
        let points = calls.iter().enumerate();
        let points =
            points.flat_map(|(n, name)| faults_of(name).iter().map(move |fault| (n, *fault)));
        let points: Vec<(usize, InjectedFault)> = points.step_by(thinned(cell.way)).collect();
        for (n, fault) in &points {
            if let Some(refused) = case(cell, &Fixture::new(cell.required()), *n, *fault) {
                assert!(refused.is_allowed(), "at call {n}: {refused:?}");
            }
        }
        cases += points.len();
    }
    cases
}

#[test]
fn a_reset_by_what_is_sent_survives_every_failure() {
    let cases = every_call(Flow::Reset, &Way::ALL[..5]);
    assert!(cases > 500, "{cases} cases");
}

#[test]
fn a_reset_by_what_is_in_hand_survives_every_failure() {
    let cases = every_call(Flow::Reset, &Way::ALL[5..]);
    assert!(cases > 500, "{cases} cases");
}

#[test]
fn an_unlock_by_what_is_sent_survives_every_failure() {
    let cases = every_call(Flow::Unlock, &Way::ALL[..5]);
    assert!(cases > 500, "{cases} cases");
}

#[test]
fn an_unlock_by_what_is_in_hand_survives_every_failure() {
    let cases = every_call(Flow::Unlock, &Way::ALL[5..]);
    assert!(cases > 500, "{cases} cases");
}

#[test]
fn a_registration_survives_every_failure() {
    let cases = every_call(Flow::Registration, &Way::ALL);
    assert!(cases > 500, "{cases} cases");
}

#[test]
fn a_change_and_a_sign_in_survive_every_failure() {
    let cases = every_call(Flow::Change, &Way::ALL) + every_call(Flow::SignIn, &Way::ALL);
    assert!(cases > 100, "{cases} cases");
}

#[test]
fn an_administrators_reset_survives_every_failure() {
    let cases = every_call(Flow::Initiated, &Way::ALL);
    assert!(cases > 500, "{cases} cases");
}

#[test]
fn an_invitation_survives_every_failure() {
    let cases = every_call(Flow::Invited, &Way::ALL);
    assert!(cases > 500, "{cases} cases");
}

#[test]
fn a_link_redeemed_elsewhere_survives_every_failure() {
    let cases = every_call(Flow::Elsewhere, &Way::ALL);
    assert!(cases > 500, "{cases} cases");
}
