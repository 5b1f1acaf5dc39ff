//! Tenants that were not named.

use std::sync::Arc;

use sspr::TenantId;
use sspr::facts::TenantFacts;
use sspr::testing::block_on;
use sspr::transfer::{Stage, copy};

use crate::transfer::scene::{fill, run, tenants, waits};
use crate::transfer::stores::{kinds, memory};

#[test]
fn a_tenant_that_was_not_named_and_has_something_due_is_reported() {
    for (name, make) in kinds() {
        let (from, to) = (make(), memory());
        block_on(async {
            let scene = fill(Arc::clone(&from.store)).await;
            waits(&scene).await;
            let named = TenantId::parse("fabrikam").expect("valid");
            scene.world.directory.add_tenant(named.clone(), TenantFacts::new("Fabrikam"));
            let mut all = copy(&*from.store, &*to.store, tenants()).expect("a tenant");
            assert_eq!(run(&mut all).await.expect("read"), Stage::Finished, "{name}");
            assert!(all.report().left_behind.is_empty(), "{name}");

            let other = memory();
            let mut some = copy(&*from.store, &*other.store, [named]).expect("a tenant");
            assert_eq!(run(&mut some).await.expect("read"), Stage::Finished, "{name}");
            let left: Vec<_> = some.report().left_behind.iter().cloned().collect();
            assert_eq!(left, tenants(), "{name}");
        });
    }
}
