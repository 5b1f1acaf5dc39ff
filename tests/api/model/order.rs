//! The order of the reasons: of several that hold, a flow takes the first.

use sspr::facts::{PasswordHome, WritebackState};
use sspr::policy::Scope;

use super::{change, group, number, put, refused, world};

/// Everything is wrong at first, and is put right one by one: the reason is always the next of the
/// numbers in their order, with the methods last.
#[tokio::test]
async fn e3_2_the_reasons_come_in_the_order_of_the_checks() {
    let world = world().await;
    world.admin().revoke_methods(&world.user).await.expect("revoked");
    put(&world, |settings| {
        settings.scope = Scope::None;
        settings.required_entitlement = Some("premium".to_owned());
    })
    .await;
    change(&world, |facts| {
        facts.password_home = PasswordHome::OnPremises;
        facts.writeback = Some(WritebackState::Unreachable);
        facts.entitlements = Some(Default::default());
        facts.protected = true;
    });
    assert_eq!(number(&world).await, Some(9));
    put(&world, |settings| settings.scope = Scope::Selected([group("pilot")].into())).await;
    assert_eq!(number(&world).await, Some(10));
    put(&world, |settings| settings.on_premises.writeback = true).await;
    assert_eq!(number(&world).await, Some(12));
    change(&world, |facts| facts.entitlements = Some(["premium".to_owned()].into()));
    assert_eq!(number(&world).await, Some(13));
    put(&world, |settings| settings.scope = Scope::All).await;
    assert_eq!(number(&world).await, Some(29));
    change(&world, |facts| facts.protected = false);
    assert_eq!(number(&world).await, Some(30));
    change(&world, |facts| facts.writeback = Some(WritebackState::Running));
    assert_eq!(number(&world).await, Some(14));
    world.register_contacts().await;
    assert_eq!(refused(&world).await, None);
}
