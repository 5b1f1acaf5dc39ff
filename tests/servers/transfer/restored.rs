//! A store restored from a backup: its cursors and its id.

use std::sync::Arc;

use sspr::port::Store;
use sspr::port::{PortErrorKind, StoreId};
use sspr::testing::block_on;
use sspr::transfer::{TransferError, restored};
use sspr::{Error, InvalidInput};

use crate::transfer::scene::fill;
use crate::transfer::stores::{kinds, memory};

#[test]
fn a_cursor_from_before_a_restore_is_refused_after_it() {
    for (name, make) in kinds() {
        let made = make();
        block_on(async {
            let scene = fill(Arc::clone(&made.store)).await;
            let admin = scene.world.admin();
            let first = admin.events(None, 2).await.expect(name);
            let cursor = first.next.expect("there is more");
            let second = admin.events(Some(&cursor), 2).await.expect(name);
            assert_ne!(first.items, second.items, "{name}: it goes on");

            assert_eq!(restored(&*made.store).await.expect(name), 1);
            match admin.events(Some(&cursor), 2).await {
                Err(Error::Invalid(error)) => {
                    assert_eq!(error, InvalidInput::Foreign { what: "cursor" }, "{name}");
                }
                other => panic!("{name}: {other:?}"),
            }
            // From the beginning it reads all events, and its new cursor is valid.
            let again = admin.events(None, 2).await.expect(name);
            assert_eq!(again.items, first.items, "{name}");
            let next = again.next.expect("there is more");
            assert!(next.as_str().len() <= 256);
            assert_eq!(admin.events(Some(&next), 2).await.expect(name).items, second.items);
            assert_eq!(restored(&*made.store).await.expect(name), 2);
        });
    }
}

#[test]
fn a_cursor_of_another_store_is_refused() {
    block_on(async {
        let scenes = [fill(memory().store).await, fill(memory().store).await];
        let [one, other] = &scenes;
        let page = one.world.admin().events(None, 2).await.expect("read");
        let cursor = page.next.expect("there is more");
        let page = other.world.admin().events(Some(&cursor), 2).await;
        // Both were drawn by one seed unless their ids differ: then it would be one store.
        if one.world.engine.store_id() == other.world.engine.store_id() {
            assert!(page.is_ok());
        } else {
            assert!(matches!(page, Err(Error::Invalid(_))), "{page:?}");
        }
    });
}

#[test]
fn a_store_that_no_engine_has_opened_was_not_restored() {
    let error = block_on(restored(&*memory().store)).expect_err("empty");
    assert!(matches!(error, TransferError::NoSource), "{error}");
}

#[test]
fn an_engine_opens_the_store_that_it_expects_and_no_other() {
    for (name, make) in kinds() {
        let made = make();
        block_on(async {
            let scene = fill(Arc::clone(&made.store)).await;
            let world = &scene.world;
            let own = world.engine.store_id();
            let other: StoreId = "ffffffffffffffffffffffffffffffff".parse().expect("an id");
            let joined = |store: &Arc<dyn Store>| world.beside().store(Arc::clone(store)).seed(3);
            let expecting = |store, id| joined(store).engine(move |engine| engine.expect_store(id));
            let engine = expecting(&made.store, own).open().await.engine;
            assert_eq!(engine.store_id(), own, "{name}");
            let empty = make();
            for (store, id) in [(&made.store, other), (&empty.store, own)] {
                match expecting(store, id).try_open().await.map(|world| world.engine) {
                    Err(Error::Fault(fault)) => {
                        assert_eq!(fault.error.kind(), PortErrorKind::Denied, "{name}");
                    }
                    other => panic!("{name}: {other:?}"),
                }
            }
            // The empty one was left empty.
            let engine = joined(&empty.store).open().await.engine;
            assert_ne!(engine.store_id(), StoreId::from_bytes([0; 16]), "{name}");
        });
    }
}
