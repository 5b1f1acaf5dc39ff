//! The prompt at a sign-in, and requests for help.

use std::time::Duration;

use crate::support::*;
use sspr::facts::UserFacts;
use sspr::method::Prompt;
use sspr::port::PortErrorKind;
use sspr::{MethodKind, PolicySettings, Refusal, RoleId, SecretText, UserId};

/// A user who must register again and has only host-verified methods completes it by reconfirming.
#[tokio::test]
async fn what_the_host_verifies_is_reconfirmed_once() {
    let mut settings = one_gate();
    settings.users.methods = [MethodKind::Passkey, MethodKind::Email].into();
    let world = World::builder().settings(settings).open().await;
    world.passkey.give(&world.user);
    let (tenant, root, user) = (tenant(), admin(), world.signed_in());
    let registration = world.engine.registration();
    let prompt = async || registration.prompt(&request(), &user).await.expect("read").ask;
    assert_eq!(prompt().await, Prompt::Nothing);
    let admin = world.engine.admin(&tenant, &root);
    admin.require_registration(&world.user).await.expect("asked");
    assert_eq!(prompt().await, Prompt::Reconfirm);
    registration.reconfirm(&request(), &user).await.expect("still right");
    assert_eq!(prompt().await, Prompt::Nothing, "and not asked again");
}

/// A user with methods from before the required registration cannot complete it by reconfirming.
#[tokio::test]
async fn what_was_registered_before_is_not_reconfirmed() {
    let world = World::builder().settings(one_gate()).registered().open().await;
    let (tenant, root, user) = (tenant(), admin(), world.signed_in());
    let registration = world.engine.registration();
    let admin = world.engine.admin(&tenant, &root);
    admin.require_registration(&world.user).await.expect("asked");
    let asked = registration.prompt(&request(), &user).await;
    assert_eq!(asked.expect("read").ask, Prompt::Register);
    let confirmed = registration.reconfirm(&request(), &user).await;
    assert_eq!(refusal(confirmed), Refusal::MoreProofNeeded);
}

/// A user whose password is changed elsewhere is not asked to change it.
#[tokio::test]
async fn an_expired_password_that_is_kept_elsewhere_is_not_asked_for() {
    let world = World::builder().settings(one_gate()).open().await;
    let expired = |protected| {
        let changed = world.directory.update_user(&world.tenant, &world.user, |facts| {
            (facts.password_expired, facts.protected) = (Some(true), protected);
        });
        changed.expect("known");
    };
    let registration = world.engine.registration();
    expired(true);
    let asked = registration.prompt(&request(), &world.signed_in()).await.expect("read").ask;
    assert_ne!(asked, Prompt::ChangePassword);
    expired(false);
    let asked = registration.prompt(&request(), &world.signed_in()).await.expect("read").ask;
    assert_eq!(asked, Prompt::ChangePassword);
}

/// Requests for help by anonymous callers leave room in the outbox for notices of the account.
#[tokio::test]
async fn undelivered_requests_for_help_block_no_change() {
    let mut settings: PolicySettings = one_gate();
    let role = || RoleId::parse("Global Administrator").expect("valid");
    settings.notifications.administrator_roles = [role()].into();
    let world = World::builder().settings(settings).registered().open().await;
    for number in 0..9 {
        let mail = format!("root-{number}@contoso.example");
        let mut root = UserFacts::new(UserId::parse(&format!("root-{number}")).expect("valid"));
        root.roles = [role()].into();
        root.primary_mail = Some(mail.clone());
        world.directory.add_user(&world.tenant, root, &[&mail], "old").expect("new");
    }
    // The administrators' mail server is down for days.
    world.inbox.fail_with(Some(PortErrorKind::Unavailable));
    for day in 0..6_u8 {
        let from = request_from(&format!("198.51.100.{day}"));
        let reply = world.engine.reset().start(&from, &ada()).await.expect("started");
        world.engine.reset().contact_administrator(&from, &reply.ticket).await.expect("asked");
        world.engine.maintain(100).await.expect("tried");
        world.clock.advance(Duration::from_secs(86_400));
    }
    world.inbox.fail_with(None);
    let (change, user) = (world.engine.change(), world.signed_in());
    let reply = change.start(&request(), &user, &SecretText::from(OLD)).await.expect("right");
    let done = change.complete(&request(), &reply.ticket, &SecretText::from(NEW)).await;
    done.expect("there was room for its notices");
    assert!(world.password_is(NEW));
}
