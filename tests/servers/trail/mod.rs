//! Audit trails that are altered behind the engine, on every store: in its own rows, before and after
//! a move to another store, and across a rotation of keys.
#![cfg(feature = "testing")]

mod altered;
mod moved;
mod raw;

use std::sync::Arc;

use sspr::audit::{TrailFinding, TrailHead, TrailOf};
use sspr::port::{Record, RecordKind, Store};

use crate::support::{NEW, World, one_gate, tenant};

/// An account with a history: registered, reset, told.
async fn lived_in(store: &Arc<dyn Store>) -> World {
    let builder = World::builder().store(Arc::clone(store)).settings(one_gate());
    let world = builder.registered().open().await;
    let ticket = world.granted().await;
    world.complete(&ticket, NEW).await.expect("reset");
    world.deliver().await;
    world
}

/// The verdict on the trail of the world's user, in pages, and the findings as text.
async fn checked(world: &World, known: Option<&TrailHead>) -> (bool, String) {
    checked_of(world, TrailOf::User(&world.user), known).await
}

async fn checked_of(world: &World, of: TrailOf<'_>, known: Option<&TrailHead>) -> (bool, String) {
    let (mut found, mut next) = (Vec::<TrailFinding>::new(), None);
    loop {
        let page = world.admin().verify_trail(of, known, next.as_ref(), 4).await.expect("verified");
        let whole = page.is_whole();
        found.extend(page.findings);
        match page.next {
            Some(position) => next = Some(position),
            None => return (whole, serde_json::to_string(&found).expect("json")),
        }
    }
}

async fn assert_whole(world: &World, known: Option<&TrailHead>, label: &str) {
    assert_eq!(checked(world, known).await, (true, "[]".to_owned()), "{label}");
}

async fn assert_found(world: &World, known: Option<&TrailHead>, finding: &str, label: &str) {
    let (whole, found) = checked(world, known).await;
    assert!(!whole, "{label}");
    assert!(found.contains(&format!("\"found\":\"{finding}\"")), "{label}: {found}");
}

async fn head(world: &World) -> TrailHead {
    world.admin().trail_head(TrailOf::User(&world.user)).await.expect("read").expect("a head")
}

/// The stored record of this user.
async fn account(store: &Arc<dyn Store>, user: &str) -> Record {
    let page = store.scan(&tenant(), RecordKind::Account, None, 1_000).await.expect("listed");
    let name = format!("\"user\":\"{user}\"");
    page.items.into_iter().find(|record| record.body().contains(&name)).expect("a record")
}
