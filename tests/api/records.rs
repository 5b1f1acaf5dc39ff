//! The text of an account's record.
#![cfg(feature = "testing")]

use sspr::adapters::memory::MemoryStore;
use sspr::port::{RecordKind, Store as _};
use sspr::testing::{World, block_on};

async fn body(store: &MemoryStore) -> String {
    let page = store.scan(&World::tenant(), RecordKind::Account, None, 10).await.expect("listed");
    page.items[0].body().to_owned()
}

/// PostgreSQL logs the bytes of a row from the first to the last that a commit changes.
#[test]
fn a_guess_changes_no_byte_after_the_registered_methods_begin() {
    block_on(async {
        let store = MemoryStore::new();
        let world = World::builder().store(store.clone()).open().await;
        world.register_contacts().await;
        let (ticket, code) = world.entering().await;
        let before = body(&store).await;
        world.prove(&ticket, &World::wrong(&code)).await.expect_err("a wrong code");
        let after = body(&store).await;
        let same = before.bytes().rev().zip(after.bytes().rev()).take_while(|(a, b)| a == b);
        let unchanged = &after[after.len() - same.count()..];
        for part in ["registration", "methods", "offers"] {
            assert!(unchanged.contains(&format!("\"{part}\":")), "{part} is not in {unchanged}");
        }
    });
}
