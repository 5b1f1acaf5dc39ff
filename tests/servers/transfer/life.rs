//! The stages of a copy between all pairs of stores: trial, copy, comparison, closing, opening.

use std::sync::Arc;

use sspr::method::ChallengeOption;
use sspr::port::{PortErrorKind, Store};
use sspr::testing::block_on;
use sspr::transfer::{Fence, Stage, Transfer, TransferError, copy};
use sspr::{Error, Keys, MethodKind, Refusal, Selection};

use crate::support::{World, ada, email, keys, refusal, request};
use crate::transfer::scene::{Scene, fill, held, moved, other_keys, run, tenants};
use crate::transfer::stores::{Make, memory, pairs};

/// An engine on this store, with the scene's keys, clock, directory and inbox.
pub(crate) async fn open(scene: &Scene, store: &Arc<dyn Store>) -> Result<World, Error> {
    scene.world.beside().store(Arc::clone(store)).seed(99).try_open().await
}

async fn denied(scene: &Scene, store: &Arc<dyn Store>, label: &str) {
    match open(scene, store).await {
        Err(Error::Fault(fault)) => {
            assert_eq!(fault.error.kind(), PortErrorKind::Denied, "{label}");
        }
        other => panic!("{label}: {:?}", other.map(|_| ())),
    }
}

async fn stage(transfer: &mut Transfer<'_>, label: &str) -> Stage {
    run(transfer).await.unwrap_or_else(|error| panic!("{label}: {error}"))
}

/// Uses up one of Ada's recovery codes.
pub(crate) async fn use_a_code(scene: &Scene, world: &World) {
    let reply = world.start().await;
    let saved = Selection::from(ChallengeOption::preferred(MethodKind::RecoveryCode));
    let reply = world.challenge(&reply.ticket, &saved).await;
    world.prove(&reply.ticket, &scene.saved[0]).await.expect("it is good once");
}

#[test]
fn a_trial_opens_nothing_and_a_code_used_after_it_stays_used() {
    for (name, from, to) in pairs() {
        let (from, to) = (from(), to());
        block_on(async {
            let scene = fill(Arc::clone(&from.store)).await;
            // A quiet hour: the trial finds both sides equal.
            let mut trial = copy(&*from.store, &*to.store, tenants()).expect("a tenant");
            assert_eq!(stage(&mut trial, &name).await, Stage::Finished, "{name}");
            assert_eq!(trial.report().fence, Fence::None);
            drop(trial);
            denied(&scene, &to.store, &name).await;
            open(&scene, &from.store).await.expect("the source goes on");

            use_a_code(&scene, &scene.world).await;
            assert_ne!(held(&*from.store), held(&*to.store), "{name}: something has changed");
            let real = copy(&*from.store, &*to.store, tenants()).expect("a tenant");
            let mut real = real.close_source_first();
            assert_eq!(stage(&mut real, &name).await, Stage::Finished, "{name}");
            assert!(real.report().records > 0, "{name}: it has compared");
            real.open_target().await.expect(&name);
            assert_eq!(held(&*from.store), held(&*to.store), "{name}");

            let world = open(&scene, &to.store).await.expect(&name);
            let reply = world.start().await;
            let saved = Selection::from(ChallengeOption::preferred(MethodKind::RecoveryCode));
            let reply = world.challenge(&reply.ticket, &saved).await;
            let again = world.prove(&reply.ticket, &scene.saved[0]).await;
            assert_eq!(refusal(again), Refusal::NotAccepted, "{name}");
        });
    }
}

/// The result of the first step of a copy between these two stores.
async fn first_step(
    from: &dyn Store,
    to: &dyn Store,
    keys: Option<(&Keys, &Keys)>,
) -> TransferError {
    let mut transfer = copy(from, to, tenants()).expect("a tenant");
    if let Some((old, new)) = keys {
        transfer = transfer.rename(old, new).expect("two keys");
    }
    let error = transfer.step().await.expect_err("refused");
    // It neither continues nor opens anything.
    assert!(transfer.step().await.is_err());
    let opened = transfer.open_target().await.expect_err("not compared");
    assert!(matches!(opened, TransferError::NotCompared), "{opened}");
    error
}

#[test]
fn a_target_that_was_opened_is_never_finished_again() {
    for (name, from, to) in pairs() {
        let (from, to) = (from(), to());
        block_on(async {
            let scene = fill(Arc::clone(&from.store)).await;
            moved(&*from.store, &*to.store).await;
            let world = open(&scene, &to.store).await.expect(&name);
            let reply = world.start().await;
            world.challenge(&reply.ticket, &email()).await;
            let before = (held(&*from.store), held(&*to.store));

            // Repeated, back, and back under another key.
            let (own, other) = (keys(), other_keys());
            let again = first_step(&*from.store, &*to.store, None).await;
            assert!(matches!(again, TransferError::Opened), "{name}: {again}");
            let back = first_step(&*to.store, &*from.store, None).await;
            assert!(matches!(back, TransferError::Opened), "{name}: {back}");
            let renamed = first_step(&*to.store, &*from.store, Some((&own, &other))).await;
            assert!(matches!(renamed, TransferError::Opened), "{name}: {renamed}");
            // Onto itself, on either side.
            for store in [&from.store, &to.store] {
                let itself = first_step(&**store, &**store, None).await;
                assert!(matches!(itself, TransferError::SameStore), "{name}: {itself}");
            }
            assert_eq!((held(&*from.store), held(&*to.store)), before, "{name}");
        });
    }
}

#[test]
fn a_rename_back_into_the_old_store_is_answered_as_opened() {
    for (name, from, to) in pairs() {
        let (from, to) = (from(), to());
        block_on(async {
            let _scene = fill(Arc::clone(&from.store)).await;
            let (old, new) = (keys(), other_keys());
            let transfer = copy(&*from.store, &*to.store, tenants()).expect("a tenant");
            let mut transfer = transfer.rename(&old, &new).expect("two keys");
            assert_eq!(stage(&mut transfer, &name).await, Stage::Finished);
            transfer.open_target().await.expect(&name);
            let back = first_step(&*to.store, &*from.store, Some((&new, &old))).await;
            assert!(matches!(back, TransferError::Opened), "{name}: {back}");
        });
    }
}

#[test]
fn a_closed_source_does_not_open_and_goes_to_no_other_target() {
    for (name, from, to) in pairs() {
        let (from, to, third) = (from(), to(), memory());
        block_on(async {
            let scene = fill(Arc::clone(&from.store)).await;
            let transfer = copy(&*from.store, &*to.store, tenants()).expect("a tenant");
            let mut transfer = transfer.close_source_first();
            transfer.step().await.expect(&name);
            denied(&scene, &from.store, &name).await;
            // The engine that was open before is refused by the store itself.
            assert_eq!(transfer.report().fence, Fence::Enforced, "{name}");
            let (before, request) = (held(&*from.store), request());
            let reply = scene.world.engine.reset().start(&request, &ada()).await;
            if let Ok(reply) = reply {
                let reset = scene.world.engine.reset();
                drop(reset.challenge(&request, &reply.ticket, &email()).await);
            }
            assert_eq!(held(&*from.store), before, "{name}: nothing can be written");
            let elsewhere = first_step(&*from.store, &*third.store, None).await;
            assert!(matches!(elsewhere, TransferError::Moved), "{name}: {elsewhere}");
            // Another process continues the copy, with or without the same options.
            drop(transfer);
            let mut second = copy(&*from.store, &*to.store, tenants()).expect("a tenant");
            assert_eq!(stage(&mut second, &name).await, Stage::Finished, "{name}");
            second.open_target().await.expect(&name);
            open(&scene, &to.store).await.expect(&name);
            denied(&scene, &from.store, &name).await;
        });
    }
}

#[test]
fn a_cancelled_copy_reopens_the_source_and_never_the_target() {
    for (name, from, to) in pairs() {
        let (from, to) = (from(), to());
        block_on(async {
            let scene = fill(Arc::clone(&from.store)).await;
            let transfer = copy(&*from.store, &*to.store, tenants()).expect("a tenant");
            let mut transfer = transfer.close_source_first();
            assert_eq!(stage(&mut transfer, &name).await, Stage::Finished);
            denied(&scene, &from.store, &name).await;

            // In another process, without knowledge of the first.
            let mut other = copy(&*from.store, &*to.store, tenants()).expect("a tenant");
            other.give_up().await.expect(&name);
            other.give_up().await.expect("twice is once");
            let late = transfer.open_target().await.expect_err("given up");
            assert!(matches!(late, TransferError::GivenUp), "{name}: {late}");
            denied(&scene, &to.store, &name).await;
            let world = open(&scene, &from.store).await.expect(&name);
            use_a_code(&scene, &world).await;

            let once_more = first_step(&*from.store, &*to.store, None).await;
            assert!(
                matches!(once_more, TransferError::Occupied | TransferError::GivenUp),
                "{name}: {once_more}"
            );
            let fresh = memory();
            moved(&*from.store, &*fresh.store).await;
            assert_eq!(held(&*from.store), held(&*fresh.store), "{name}");
        });
    }
}

/// One of two processes opens the target, and the other is told.
#[test]
fn a_target_is_opened_once() {
    let make: Make = memory;
    let (from, to) = (make(), make());
    block_on(async {
        fill(Arc::clone(&from.store)).await;
        let mut first = copy(&*from.store, &*to.store, tenants()).expect("a tenant");
        let mut second = copy(&*from.store, &*to.store, tenants()).expect("a tenant");
        assert_eq!(stage(&mut first, "first").await, Stage::Finished);
        assert_eq!(stage(&mut second, "second").await, Stage::Finished);
        first.open_target().await.expect("compared");
        first.open_target().await.expect("the same process may ask again");
        let late = second.open_target().await.expect_err("opened");
        assert!(matches!(late, TransferError::Opened), "{late}");
        let given_up = second.give_up().await.expect_err("opened");
        assert!(matches!(given_up, TransferError::Opened), "{given_up}");
    });
}
