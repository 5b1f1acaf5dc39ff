//! Every store call of a copy that closes its source, and of its end, fails or loses its reply; the
//! operation is then made again.

use std::sync::Arc;

use sspr::testing::{FaultPlan, Faulty, InjectedFault, block_on};
use sspr::transfer::{Stage, Transfer, TransferError, copy};
use sspr::{ChallengeOption, Error, MethodKind, PortErrorKind, Refusal, Selection, Store};

use crate::life::{open, use_a_code};
use crate::scene::{Scene, ada_alone, held, run, tenants};
use crate::stores::{Make, memory};
use crate::support::{World, refusal};

/// How the copy ends.
#[derive(Clone, Copy, PartialEq, Debug)]
enum End {
    Opened,
    GivenUp,
}

fn closing<'a>(from: &'a dyn Store, to: &'a dyn Store) -> Transfer<'a> {
    copy(from, to, tenants()).expect("a tenant").close_source_first()
}

/// Copies and ends the copy, both by this object.
async fn live(transfer: &mut Transfer<'_>, end: End) -> Result<(), TransferError> {
    assert_eq!(run(transfer).await?, Stage::Finished, "{:#?}", transfer.report());
    match end {
        End::Opened => transfer.open_target().await,
        End::GivenUp => transfer.give_up().await,
    }
}

/// The same again after an error. What has happened already is answered as such.
async fn live_again(from: &dyn Store, to: &dyn Store, end: End, label: &str) {
    let mut second = closing(from, to);
    match (live(&mut second, end).await, end) {
        (Ok(()), _)
        | (Err(TransferError::Opened), End::Opened)
        | (Err(TransferError::GivenUp), End::GivenUp) => {}
        (other, _) => panic!("{label}: {other:?}"),
    }
    drop(second);
    if end == End::GivenUp {
        // By a third process: whatever the first has left half done is done.
        closing(from, to).give_up().await.expect(label);
    }
}

/// The engine on the store, if it opens.
async fn opens(scene: &Scene, store: &Arc<dyn Store>, label: &str) -> Option<World> {
    match open(scene, store).await {
        Ok(world) => Some(world),
        Err(Error::Fault(fault)) if fault.error.kind() == PortErrorKind::Denied => None,
        Err(error) => panic!("{label}: {error}"),
    }
}

/// Breaks each call in turn until no call is left. How many there are.
fn each_call_of_a_life(make: Make, end: End, fault: InjectedFault) -> usize {
    for n in 0.. {
        let (from, to) = (make(), make());
        let label = format!("{} {end:?} {fault:?} at call {n}", from.name);
        let plan = FaultPlan::none().at(n, fault);
        let source = Faulty::new(Arc::clone(&from.store), plan.clone());
        let target = Faulty::new(Arc::clone(&to.store), plan.clone());
        block_on(async {
            let scene = ada_alone(Arc::clone(&from.store)).await;
            use_a_code(&scene, &scene.world).await;
            let before = held(&*from.store);
            let mut transfer = closing(&source, &target);
            let failed = live(&mut transfer, end).await.is_err();
            // A target that is still empty is not asked: an engine would make a new store of it.
            if failed && !held(&*to.store).records.is_empty() {
                let source_opens = opens(&scene, &from.store, &label).await.is_some();
                let target_opens = opens(&scene, &to.store, &label).await.is_some();
                assert!(!(source_opens && target_opens), "{label}: both open");
            }
            if failed && n % 2 == 0 {
                // The same process makes the call again.
                live(&mut transfer, end).await.unwrap_or_else(|error| panic!("{label}: {error}"));
            } else if failed {
                drop(transfer);
                live_again(&*from.store, &*to.store, end, &label).await;
            }
            assert_eq!(held(&*from.store), before, "{label}: the source is as it was");
            assert_eq!(held(&*to.store), before, "{label}: the target is the same");

            let source = opens(&scene, &from.store, &label).await;
            let target = opens(&scene, &to.store, &label).await;
            let open = match (end, source, target) {
                (End::Opened, None, Some(world)) | (End::GivenUp, Some(world), None) => world,
                (_, source, target) => {
                    panic!("{label}: source {}, target {}", source.is_some(), target.is_some())
                }
            };
            let reply = open.start().await;
            let saved = Selection::from(ChallengeOption::preferred(MethodKind::RecoveryCode));
            let reply = open.challenge(&reply.ticket, &saved).await;
            let again = open.prove(&reply.ticket, &scene.saved[0]).await;
            assert_eq!(refusal(again), Refusal::NotAccepted, "{label}: it was used before");
        });
        if plan.calls() <= n {
            return n;
        }
    }
    unreachable!("a life has an end")
}

fn every_life(make: Make) {
    for end in [End::Opened, End::GivenUp] {
        for fault in [InjectedFault::FailBefore, InjectedFault::LoseReply] {
            let calls = each_call_of_a_life(make, end, fault);
            assert!(calls > 20, "{end:?}, {fault:?}: only {calls} calls");
        }
    }
}

#[test]
fn a_closed_copy_that_breaks_at_any_call_comes_to_the_same_end() {
    every_life(memory);
}

#[cfg(feature = "sqlite")]
#[test]
fn a_closed_copy_of_files_that_breaks_at_any_call_comes_to_the_same_end() {
    every_life(crate::stores::sqlite);
}
