//! Registered, enabled and capable: three facts, computed apart.

use crate::registration::person::*;
use crate::support::*;
use sspr::method::RegistrationStatus;
use sspr::policy::Scope;
use sspr::{MethodKind, Policy};

async fn status(world: &World) -> [bool; 4] {
    let seen = world.admin().explain(&world.user).await.expect("explained");
    let RegistrationStatus { registered, enabled, capable, any_method, .. } = seen.status;
    [registered, enabled, capable, any_method]
}

/// 2.6, C14: each combination of the three facts and of the older report.
#[tokio::test]
async fn registered_enabled_and_capable_are_three_facts() {
    let world = World::builder().settings(by_default()).open().await;
    assert_eq!(status(&world).await, [false, true, false, false], "a new user");
    let user = password_only(&world, "s");
    bind_mail(&world, &user).await.expect("one of two");
    assert_eq!(status(&world).await, [false, true, false, true], "fewer than required");
    bind_mobile(&world, &user).await.expect("two of two");
    assert_eq!(status(&world).await, [true, true, true, true], "as many as required");
    let put = async |revision, change: fn(&mut sspr::PolicySettings)| {
        let mut settings = by_default();
        change(&mut settings);
        let policy = Policy::new(settings).expect("sound");
        world.admin().put_policy(&policy, Some(revision)).await.expect("put");
    };
    put(1, |settings| settings.scope = Scope::None).await;
    assert_eq!(status(&world).await, [true, false, false, true], "registered, and not allowed");
    put(2, |settings| {
        settings.users.methods = [MethodKind::Email, MethodKind::OfficePhone].into();
    })
    .await;
    assert_eq!(status(&world).await, [false, true, false, true], "one is of a kind that counts");
    put(3, |settings| settings.users.required = 1).await;
    assert_eq!(status(&world).await, [true, true, true, true]);
    let disabled = |facts: &mut sspr::facts::UserFacts| facts.enabled = false;
    world.directory.update_user(&world.tenant, &world.user, disabled).expect("known");
    assert_eq!(status(&world).await, [true, false, false, true], "disabled");
}
