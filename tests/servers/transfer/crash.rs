//! Every call of either store fails, loses its reply or hangs until the process dies; then another
//! process begins again.

use std::pin::pin;
use std::sync::Arc;

use sspr::port::Store;
use sspr::testing::{FaultPlan, Faulty, InjectedFault, block_on, poll_until_stalled};
use sspr::transfer::{Checkpoint, Stage, Transfer, copy};

use crate::transfer::scene::{fill, held, run, tenants};
use crate::transfer::stores::{Made, memory};

const FAULTS: [InjectedFault; 5] = [
    InjectedFault::FailBefore,
    InjectedFault::FailUnknownBefore,
    InjectedFault::LoseReply,
    InjectedFault::HangBefore,
    InjectedFault::HangAfter,
];

/// Few at once, so that there are many steps, and checkpoints in the middle.
pub(crate) const IN_FLIGHT: usize = 4;

/// Copies until the fault stops it. The last checkpoint that was kept.
fn broken_off(from: &dyn Store, to: &dyn Store, begin: StartTransfer<'_>) -> Option<Checkpoint> {
    let mut kept = None;
    let mut transfer = begin(from, to);
    loop {
        // `None`: the call hangs, and its process dies.
        let stepped = poll_until_stalled(pin!(transfer.step()));
        match stepped {
            Some(Ok(progress)) if !progress.stage.is_over() => kept = transfer.checkpoint(),
            Some(Ok(_) | Err(_)) | None => break,
        }
    }
    kept.map(|kept| Checkpoint::parse(&kept.as_text()).expect("its own text"))
}

pub(crate) type StartTransfer<'b> =
    &'b dyn for<'a> Fn(&'a dyn Store, &'a dyn Store) -> Transfer<'a>;

fn plainly<'a>(from: &'a dyn Store, to: &'a dyn Store) -> Transfer<'a> {
    copy(from, to, tenants()).expect("a tenant").in_flight(IN_FLIGHT)
}

/// Breaks each call in turn. How many there are.
pub(crate) fn each_call(
    source: &Made,
    begin: StartTransfer<'_>,
    faults: &[InjectedFault],
) -> usize {
    let from = &*source.store;
    let whole = memory();
    let mut unbroken = begin(from, &*whole.store);
    assert_eq!(block_on(run(&mut unbroken)).expect("no failure"), Stage::Finished);
    let expected = held(&*whole.store);
    let calls = {
        let (plan, to) = (FaultPlan::none(), memory());
        let from = Faulty::new(Arc::clone(&source.store), plan.clone());
        let to = Faulty::new(Arc::clone(&to.store), plan.clone());
        broken_off(&from, &to, begin);
        plan.calls()
    };
    for n in 0..calls {
        for fault in faults {
            let (plan, to) = (FaultPlan::none().at(n, *fault), memory());
            let label = format!("{fault:?} at call {n}");
            let checkpoint = broken_off(
                &Faulty::new(Arc::clone(&source.store), plan.clone()),
                &Faulty::new(Arc::clone(&to.store), plan.clone()),
                begin,
            );
            let mut second = begin(from, &*to.store);
            // With the checkpoint and without it, by turns.
            if let Some(kept) = checkpoint.filter(|_| n % 2 == 0) {
                second = second.resume(&kept).expect("the same tenants");
            }
            let stage = block_on(run(&mut second)).expect(&label);
            assert_eq!(stage, Stage::Finished, "{label}: {:#?}", second.report());
            assert_eq!(held(&*to.store), expected, "{label}");
        }
    }
    calls
}

#[test]
fn a_copy_that_is_broken_off_at_any_call_is_finished_by_another_process() {
    let source = memory();
    block_on(fill(Arc::clone(&source.store)));
    let calls = each_call(&source, &plainly, &FAULTS);
    assert!(calls > 150, "{calls} calls");
}

/// The store works on threads of its own, so a hang cannot be detected; replies are lost instead.
#[cfg(feature = "sqlite")]
#[test]
fn a_copy_into_a_file_survives_lost_replies_at_any_call() {
    let source = memory();
    block_on(fill(Arc::clone(&source.store)));
    let expected = held(&*source.store);
    for n in 0.. {
        let (plan, to) =
            (FaultPlan::none().at(n, InjectedFault::LoseReply), crate::transfer::stores::sqlite());
        let target = Faulty::new(Arc::clone(&to.store), plan.clone());
        let mut transfer = copy(&*source.store, &target, tenants()).expect("a tenant");
        // The same process makes the same step again.
        let first = block_on(run(&mut transfer));
        let failed = first.is_err();
        if failed {
            let stage = block_on(run(&mut transfer)).expect("one fault only");
            assert_eq!(stage, Stage::Finished, "call {n}: {:#?}", transfer.report());
        }
        assert_eq!(held(&*to.store), expected, "call {n}");
        if !failed {
            assert!(n > 60, "only {n} calls of the target");
            return;
        }
    }
}
