//! What arrives, and what an engine on the target does with it.

use std::sync::Arc;

use sspr::Step;
use sspr::port::Store;
use sspr::testing::block_on;
use sspr::transfer::{Checkpoint, Stage, copy};

use crate::support::{MAIL, MOBILE, NEW, World, email, request, sms};
use crate::transfer::scene::{OTHERS, Scene, fill, held, moved, run, tenants, waits};
use crate::transfer::stores::{kinds, memory, pairs};

/// An engine on the target, with the same keys, clock, directory and inbox.
async fn opened(scene: &Scene, to: &Arc<dyn Store>) -> World {
    scene.world.beside().store(Arc::clone(to)).seed(99).open().await
}

#[test]
fn everything_arrives_under_its_version() {
    for (name, from, to) in pairs() {
        let (from, to) = (from(), to());
        block_on(async {
            let scene = fill(Arc::clone(&from.store)).await;
            let report = moved(&*from.store, &*to.store).await;
            let (source, target) = (held(&*from.store), held(&*to.store));
            assert_eq!(source, target, "{name}");
            // A policy, Ada, the others, one decoy. The events of the other decoy are there too.
            assert_eq!(source.records.len(), OTHERS + 3, "{name}");
            let gone = |key| !source.records.contains_key(key);
            assert!(target.events.iter().any(|event| gone(&event.id.record)), "{name}");
            assert_eq!(report.records, source.records.len() as u64, "{name}");
            assert_eq!(report.events, source.events.len() as u64, "{name}");
            assert!(report.left_out.is_empty() && report.differences.is_empty(), "{name}");
            // Only the engine's own records are due or listed.
            opened(&scene, &to.store).await;
        });
    }
}

#[test]
fn a_flow_goes_on_in_the_target_with_the_code_that_is_on_its_way() {
    for (name, make) in kinds() {
        let (from, to) = (memory(), make());
        block_on(async {
            let scene = fill(Arc::clone(&from.store)).await;
            let reply = scene.world.start().await;
            let (reply, mail) = scene.world.challenged(&reply.ticket, &email(), MAIL).await;
            moved(&*from.store, &*to.store).await;

            let world = opened(&scene, &to.store).await;
            let reply = world.prove(&reply.ticket, &mail).await.expect(name);
            let (reply, text) = world.challenged(&reply.ticket, &sms(), MOBILE).await;
            let reply = world.prove(&reply.ticket, &text).await.expect(name);
            world.complete(&reply.ticket, NEW).await.expect(name);
            assert!(world.password_is(NEW), "{name}");
        });
    }
}

#[test]
fn a_message_that_waits_is_delivered_once_under_its_key() {
    for (name, make) in kinds() {
        let (from, to) = (memory(), make());
        block_on(async {
            let scene = fill(Arc::clone(&from.store)).await;
            waits(&scene).await;
            moved(&*from.store, &*to.store).await;

            let before = scene.world.inbox.all().len();
            opened(&scene, &to.store).await.deliver().await;
            let sent = scene.world.inbox.all();
            assert_eq!((sent.len(), sent[before].repetitions), (before + 1, 0), "{name}");
            // The source's engine would have sent it under the same key.
            scene.world.deliver().await;
            let sent = scene.world.inbox.all();
            assert_eq!((sent.len(), sent[before].repetitions), (before + 1, 1), "{name}");
        });
    }
}

#[test]
fn a_repeated_copy_transfers_the_changes() {
    for (name, make) in kinds() {
        let (from, to) = (memory(), make());
        block_on(async {
            let scene = fill(Arc::clone(&from.store)).await;
            // The engines still run, so the copy cannot complete.
            let mut first = copy(&*from.store, &*to.store, tenants()).expect("a tenant");
            crate::transfer::scene::until_compared(&mut first).await;
            let reply = scene.world.start().await;
            let (_, _) = scene.world.challenged(&reply.ticket, &email(), MAIL).await;
            assert_eq!(run(&mut first).await.expect("read"), Stage::Incomplete, "{name}");
            assert_ne!(held(&*from.store), held(&*to.store), "{name}");

            let mut second = copy(&*from.store, &*to.store, tenants()).expect("a tenant");
            let progress = second.step().await.expect("a step");
            assert!(progress.already > 0, "what is there is only looked at: {progress:?}");
            let stage = run(&mut second).await.expect("read");
            assert_eq!(stage, Stage::Finished, "{name}: {:#?}", second.report());
            assert_eq!(held(&*from.store), held(&*to.store), "{name}");
        });
    }
}

#[test]
fn progress_counts_what_is_there() {
    let (from, to) = (memory(), memory());
    block_on(async {
        let scene = fill(Arc::clone(&from.store)).await;
        let mut transfer = copy(&*from.store, &*to.store, tenants()).expect("a tenant");
        transfer = transfer.in_flight(4).clock(scene.world.clock.clone());
        let total = transfer.count().await.expect("counted");
        assert_eq!(total, OTHERS as u64 + 3);
        let (mut stages, mut most) = (Vec::new(), 0);
        loop {
            let progress = transfer.step().await.expect("a step");
            assert!(progress.records - most <= 4, "no step is larger than asked for");
            most = progress.records;
            assert_eq!(progress.total, Some(total));
            stages.push(progress.stage);
            if progress.stage.is_over() {
                assert_eq!((progress.records, progress.compared), (total, total));
                assert_eq!(progress.tenants_done, progress.tenants);
                break;
            }
        }
        assert!(stages.is_sorted(), "{stages:?}");
        stages.dedup();
        let all = [Stage::Copying, Stage::Trailing, Stage::Comparing, Stage::Finished];
        assert_eq!(stages, all);
    });
}

#[test]
fn another_process_goes_on_from_a_checkpoint() {
    let (from, to) = (memory(), memory());
    block_on(async {
        fill(Arc::clone(&from.store)).await;
        let mut first = copy(&*from.store, &*to.store, tenants()).expect("a tenant").in_flight(4);
        assert!(first.checkpoint().is_none(), "nothing has begun");
        for _ in 0..2 {
            first.step().await.expect("a step");
        }
        let text = first.checkpoint().expect("begun").as_text();
        drop(first);
        let kept = Checkpoint::parse(&text).expect("its own text");
        let second = copy(&*from.store, &*to.store, tenants()).expect("a tenant").in_flight(4);
        let mut second = second.resume(&kept).expect("the same tenants");
        let progress = second.step().await.expect("a step");
        assert_eq!((progress.already, progress.records), (0, 9), "nothing is looked at again");
        assert_eq!(run(&mut second).await.expect("read"), Stage::Finished);
        assert_eq!(held(&*from.store), held(&*to.store));
    });
}

#[test]
fn a_granted_reset_survives_the_move() {
    let (from, to) = (memory(), memory());
    block_on(async {
        let scene = fill(Arc::clone(&from.store)).await;
        let ticket = scene.world.granted().await;
        moved(&*from.store, &*to.store).await;
        let world = opened(&scene, &to.store).await;
        let view = world.engine.reset().view(&request(), &ticket).await.expect("seen");
        assert!(matches!(view.step, Step::NewPassword { .. }), "{:?}", view.step);
        world.complete(&ticket, NEW).await.expect("written");
        assert!(world.password_is(NEW));
    });
}

#[test]
fn a_copy_may_run_on_threads() {
    fn sent<T: Send>(_: &T) {}
    let (from, to) = (memory(), memory());
    let mut transfer = copy(&*from.store, &*to.store, tenants()).expect("a tenant");
    // Checked by the compiler. A step that was never polled has done nothing.
    sent(&transfer.step());
    sent(&transfer);
    assert!(held(&*to.store).records.is_empty());
}
