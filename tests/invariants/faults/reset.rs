//! Faults during resets with one method and with two.

use std::future::Future;
use std::pin::Pin;

use sspr::{Engine, Error, Refusal, Reply, ResetTicket, SecretText, Selection, Step};

use crate::faults::judge;
use crate::faults::scene::{Ended, MODES, Scene, both, each_point};
use crate::support::{MAIL, MOBILE, NEW, ada, code, email, one_gate, request, settings, sms};

/// The steps of a reset. A user who repeats a step sends the same step with the last ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    Start,
    Challenge(usize),
    Deliver(usize),
    Prove(usize),
    /// The directory may report an unknown outcome, which ends the step.
    Try,
    Complete,
    Notify,
}

use Stage::{Challenge, Complete, Deliver, Notify, Prove, Start, Try};

pub(crate) const ONE: &[Stage] = &[Start, Challenge(0), Deliver(0), Prove(0), Complete, Notify];
pub(crate) const TWO: &[Stage] = &[
    Start,
    Challenge(0),
    Deliver(0),
    Prove(0),
    Challenge(1),
    Deliver(1),
    Prove(1),
    Complete,
    Notify,
];

/// From the grant on; the directory's first result is lost.
pub(crate) const UNSURE: &[Stage] =
    &[Start, Challenge(0), Deliver(0), Prove(0), Try, Complete, Notify];

pub(crate) fn with_one<'a>(
    scene: &'a Scene,
    engine: &'a Engine,
) -> Pin<Box<dyn Future<Output = Ended> + 'a>> {
    Box::pin(run(scene, engine, ONE, usize::MAX))
}

pub(crate) fn with_two<'a>(
    scene: &'a Scene,
    engine: &'a Engine,
) -> Pin<Box<dyn Future<Output = Ended> + 'a>> {
    Box::pin(run(scene, engine, TWO, usize::MAX))
}

fn unsure<'a>(scene: &'a Scene, engine: &'a Engine) -> Pin<Box<dyn Future<Output = Ended> + 'a>> {
    Box::pin(run(scene, engine, UNSURE, usize::MAX))
}

/// Continues from the prepared stage to this one.
pub(crate) async fn run(scene: &Scene, engine: &Engine, stages: &[Stage], until: usize) -> Ended {
    while scene.held().stage < stages.len().min(until) {
        let stage = stages[scene.held().stage];
        match step(scene, engine, stage).await {
            Ok(true) => scene.hold(|held| held.stage += 1),
            Ok(false) => return Ended::Stuck,
            Err(error) => return Ended::Failed(error),
        }
    }
    Ended::Finished
}

fn way(number: usize) -> (Selection, &'static str) {
    if number == 0 { (email(), MAIL) } else { (sms(), MOBILE) }
}

/// One step; `false` if its code has not arrived.
pub(crate) async fn step(scene: &Scene, engine: &Engine, stage: Stage) -> Result<bool, Error> {
    let reset = engine.reset();
    let ticket = |scene: &Scene| last_ticket(scene).expect("a reply has arrived");
    let keep = |reply: Reply<ResetTicket>| {
        scene.hold(|held| held.tickets.push(reply.ticket.expose_secret().to_owned()));
        reply.step
    };
    match stage {
        Start => drop(keep(reset.start(&request(), &ada()).await?)),
        Challenge(number) => {
            drop(keep(reset.challenge(&request(), &ticket(scene), &way(number).0).await?));
        }
        Deliver(number) => {
            while engine.maintain(100).await?.more {}
            let Some(read) = scene.inbox.last_code_to(way(number).1) else {
                return Ok(false);
            };
            scene.hold(|held| held.codes.push(read));
        }
        Prove(_) => {
            let read = scene.held().codes.last().cloned().expect("a code was read");
            drop(keep(reset.prove(&request(), &ticket(scene), &code(&read)).await?));
        }
        Try => match complete(scene, engine).await {
            Err(Error::Fault(fault))
                if fault.origin == sspr::error::FaultOrigin::Directory
                    && fault.error.kind() == sspr::port::PortErrorKind::Unknown => {}
            other => drop(other?),
        },
        Complete => {
            let step = complete(scene, engine).await?;
            assert!(matches!(step, Step::Done { .. }), "{step:?}");
        }
        Notify => while engine.maintain(100).await?.more {},
    }
    Ok(true)
}

/// Sets the password. If it was set before and the reply was lost, `view` shows that.
async fn complete(scene: &Scene, engine: &Engine) -> Result<Step, Error> {
    let (reset, password) = (engine.reset(), SecretText::from(NEW));
    let ticket = last_ticket(scene).expect("a reply has arrived");
    match reset.complete(&request(), &ticket, &password).await {
        Err(Error::Refused(Refusal::Ended)) => match reset.view(&request(), &ticket).await?.step {
            done @ Step::Done { .. } => Ok(done),
            _ => Err(Refusal::Ended.into()),
        },
        Err(error) => Err(error),
        Ok(reply) => {
            scene.hold(|held| held.tickets.push(reply.ticket.expose_secret().to_owned()));
            Ok(reply.step)
        }
    }
}

pub(crate) fn last_ticket(scene: &Scene) -> Option<ResetTicket> {
    let text = scene.held().tickets.last().cloned()?;
    Some(ResetTicket::parse(&text).expect("own"))
}

#[test]
fn a_reset_with_one_method_survives_every_single_failure() {
    let judge = |scene: &Scene, _: &Ended, label: &str| judge::reset(scene, ONE, label);
    let cases = each_point(|| both(one_gate()), with_one, &MODES, judge);
    assert!(cases > 200, "{cases} points of failure");
}

#[test]
fn a_reset_with_two_methods_survives_every_single_failure() {
    let judge = |scene: &Scene, _: &Ended, label: &str| judge::reset(scene, TWO, label);
    let cases = each_point(|| both(settings()), with_two, &MODES, judge);
    assert!(cases > 300, "{cases} points of failure");
}

/// Both cases of an unknown outcome: the directory wrote, or it did not. The same ticket repeats
/// `complete`, which first verifies the password.
#[test]
fn an_unsettled_write_survives_every_single_failure() {
    for written in [true, false] {
        let make = || {
            let scene = both(one_gate());
            if written {
                scene.directory.script_indeterminate_written();
            } else {
                scene.directory.script_outcome(sspr::facts::WriteOutcome::Indeterminate);
            }
            scene
        };
        let judge = |scene: &Scene, _: &Ended, label: &str| {
            judge::reset(scene, UNSURE, &format!("written: {written}, {label}"));
        };
        let cases = each_point(make, unsure, &MODES, judge);
        assert!(cases > 200, "{cases} points of failure");
    }
}

/// `maintain` alone: the notices and the revocation of a completed reset, and the code of a
/// challenge, are delivered despite any single failure.
#[test]
fn what_waits_is_handed_over_after_every_single_failure() {
    for until in [2, 5, TWO.len() - 1] {
        let make = || {
            let scene = both(settings());
            sspr::testing::block_on(async {
                let engine = scene.healthy(300).await;
                let ended = run(&scene, &engine, TWO, until).await;
                assert!(matches!(ended, Ended::Finished), "{ended:?}");
                scene.leaves(&engine);
            });
            scene
        };
        let judge = |scene: &Scene, _: &Ended, label: &str| judge::reset(scene, TWO, label);
        let cases = each_point(make, maintain, &MODES, judge);
        assert!(cases > 30, "{cases} points of failure");
    }
}

fn maintain<'a>(_: &'a Scene, engine: &'a Engine) -> Pin<Box<dyn Future<Output = Ended> + 'a>> {
    Box::pin(async {
        loop {
            match engine.maintain(100).await {
                Ok(done) if done.more => {}
                Ok(_) => return Ended::Finished,
                Err(error) => return Ended::Failed(error),
            }
        }
    })
}
