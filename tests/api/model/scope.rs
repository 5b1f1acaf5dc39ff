//! The scope, and the switch of administrators.

use sspr::adapters::memory::GroupMember;
use sspr::method::{NewMethod, Prompt, SignInContext};
use sspr::policy::Scope;
use sspr::port::Clock as _;
use sspr::{Refusal, SignedIn};

use super::{change, group, number, put, refused, role, world};
use crate::support::*;

/// The prompt of a new session.
async fn prompt(world: &World) -> Prompt {
    let session = SignInContext::new("a new session", world.clock.now());
    let user = SignedIn::vouch(world.tenant.clone(), world.user.clone(), session);
    world.engine.registration().prompt(&request(), &user).await.expect("read").ask
}

async fn selected(world: &World) {
    put(world, |settings| settings.scope = Scope::Selected([group("pilot")].into())).await;
}

fn members(world: &World, name: &str, members: Vec<GroupMember>) {
    world.directory.add_group(&world.tenant, group(name), members).expect("a tenant");
}

#[tokio::test]
async fn e1_1_the_scope_is_none_selected_or_all() {
    let world = world().await;
    assert_eq!(refused(&world).await, None, "all");
    put(&world, |settings| settings.scope = Scope::None).await;
    assert_eq!(number(&world).await, Some(9), "none");
    selected(&world).await;
    members(&world, "pilot", vec![]);
    assert_eq!(number(&world).await, Some(13), "a group without members");
    members(&world, "pilot", vec![GroupMember::User(world.user.clone())]);
    assert_eq!(refused(&world).await, None, "a member");
    members(&world, "team", vec![GroupMember::User(world.user.clone())]);
    members(&world, "pilot", vec![GroupMember::Group(group("team"))]);
    assert_eq!(refused(&world).await, None, "a member of a group in the group");
    members(&world, "team", vec![]);
    assert_eq!(number(&world).await, Some(13), "no longer a member");
}

#[tokio::test]
async fn e1_1_a_scope_that_grows_asks_no_registered_user_to_register() {
    let world = world().await;
    members(&world, "pilot", vec![GroupMember::User(world.user.clone())]);
    selected(&world).await;
    assert_eq!(prompt(&world).await, Prompt::Nothing);
    put(&world, |settings| settings.scope = Scope::All).await;
    assert_eq!(prompt(&world).await, Prompt::Nothing);
    assert_eq!(refused(&world).await, None);
}

#[tokio::test]
async fn e1_1_users_out_of_scope_are_not_asked_to_register_and_cannot() {
    let world = World::builder().settings(settings()).open().await;
    assert_eq!(prompt(&world).await, Prompt::Register, "in scope");
    selected(&world).await;
    assert_eq!(prompt(&world).await, Prompt::Nothing, "out of scope");
    let mail = NewMethod::email(sspr::facts::EmailAddress::parse(MAIL).expect("valid"));
    let added = world.engine.registration().add(&request(), &world.signed_in(), &mail).await;
    let Refusal::NotEligible { reason } = refusal(added) else { panic!("no reason") };
    assert_eq!(reason.code(), Some(13));
}

#[tokio::test]
async fn e1_6_the_switch_of_administrators_and_the_scope_of_users_are_apart() {
    let world = world().await;
    change(&world, |facts| facts.roles = [role("Helpdesk Administrator")].into());
    for scope in [Scope::None, Scope::Selected([group("pilot")].into()), Scope::All] {
        for enabled in [true, false] {
            put(&world, |settings| {
                settings.scope = scope.clone();
                settings.administrators.enabled = enabled;
            })
            .await;
            let expected = (!enabled).then_some(9);
            assert_eq!(number(&world).await, expected, "{scope:?} {enabled}");
        }
    }
}

/// The administrator is told so once in each session; a user is asked to register.
#[tokio::test]
async fn e1_6_an_administrator_is_told_at_sign_in_that_the_switch_is_off() {
    let world = World::builder().settings(settings()).open().await;
    put(&world, |settings| settings.administrators.enabled = false).await;
    assert_eq!(prompt(&world).await, Prompt::Register, "a user");
    change(&world, |user| user.roles = [role("Global Administrator")].into());
    assert_eq!(prompt(&world).await, Prompt::NothingOffered);
    put(&world, |settings| settings.registration.enforced = false).await;
    assert_eq!(prompt(&world).await, Prompt::Nothing, "not enforced");
    put(&world, |settings| settings.registration.enforced = true).await;
    change(&world, |user| user.enabled = false);
    assert_eq!(prompt(&world).await, Prompt::Nothing, "another reason comes first");
}
