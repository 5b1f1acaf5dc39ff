//! An outage of a port, during which a user keeps trying.

use sspr::SecretText;
use sspr::testing::{FaultPlan, InjectedFault, block_on};

use crate::faults::judge;
use crate::faults::reset::{Stage, TWO, last_ticket, run};
use crate::faults::scene::{Ended, both};
use crate::support::{NEW, OLD, request, settings};

/// Inv. 15: during an outage no call succeeds, also not later; afterwards the same tickets
/// continue.
#[test]
fn an_outage_at_any_stage_only_delays() {
    let ports = [
        "store.load",
        "store.commit",
        "store.increment",
        "store.due",
        "directory.tenant",
        "directory.find",
        "directory.set_password",
        "sessions.revoke",
        "delivery.channels",
        "delivery.deliver",
    ];
    let faults = [InjectedFault::FailBefore, InjectedFault::FailUnknownBefore];
    for port in ports {
        for fault in faults {
            for (broken, stage) in TWO.iter().enumerate() {
                let scene = both(settings());
                let label = format!("{port} {fault:?} at {stage:?}");
                block_on(async {
                    let plan = FaultPlan::none();
                    let engine = scene.engine(&plan, 100).await;
                    let ended = run(&scene, &engine, TWO, broken).await;
                    assert!(matches!(ended, Ended::Finished), "{label}: {ended:?}");
                    let plan = plan.on(port, fault);
                    let held = scene.held();
                    // Three tries of the step during the outage.
                    for _ in 0..3 {
                        if matches!(run(&scene, &engine, TWO, broken + 1).await, Ended::Finished) {
                            break;
                        }
                        assert_eq!(scene.held().tickets, held.tickets, "{label}: a ticket");
                    }
                    plan.heal();
                    scene.leaves(&engine);
                });
                judge::reset(&scene, TWO, &label);
            }
        }
    }
}

/// Inv. 14 and 15: if the directory never returns, the owner is notified of a write of unknown
/// outcome.
#[test]
fn a_directory_that_hangs_leaves_the_write_unsettled_and_told() {
    block_on(async {
        let scene = both(settings());
        let plan = FaultPlan::none();
        let engine = scene.engine(&plan, 100).await;
        let complete =
            TWO.iter().position(|stage| *stage == Stage::Complete).expect("a last stage");
        assert!(matches!(run(&scene, &engine, TWO, complete).await, Ended::Finished));
        let plan = plan.on("directory.set_password", InjectedFault::HangBefore);
        let ticket = last_ticket(&scene).expect("granted");
        let (request, password) = (request(), SecretText::from(NEW));
        {
            let reset = engine.reset();
            let hangs = reset.complete(&request, &ticket, &password);
            let mut hangs = Box::pin(hangs);
            assert!(sspr::testing::poll_until_stalled(hangs.as_mut()).is_none());
            // Before the deadline a second try is refused as busy, and no notice is sent.
            let busy =
                engine.reset().complete(&request, &ticket, &password).await.expect_err("in flight");
            assert!(matches!(busy.refusal(), Some(sspr::Refusal::Busy { .. })), "{busy:?}");
        }
        plan.heal();
        scene.settle(&engine).await;
        assert!(scene.password_is(OLD));
        assert_eq!(scene.count("directory_write_unsettled").await, 1);
        let told = scene.inbox.messages_to(crate::support::MAIL);
        assert!(told.iter().any(|message| message.kind == "notice.password_may_have_changed"));
    });
}
