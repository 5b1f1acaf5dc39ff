//! The recipients of notices: the addresses of the policy's rule, from the record and from the
//! directory.

use sspr::MethodKind;
use sspr::method::{ChallengeOption, Channel, NewMethod};
use sspr::policy::NotifyRule;
use sspr::port::Clock as _;
use sspr::testing::{FaultPlan, InjectedFault};

use crate::notices::scene::*;
use crate::support::*;

const ALTERNATE: &str = "ada@alternate.example";

fn own(kind: MethodKind) -> sspr::Selection {
    ChallengeOption::preferred(kind).into()
}

/// Resets with the app and a recovery code, and takes the replacement.
async fn reset_with_a_recovery_code(world: &World) {
    let app = world.enrol_app().await;
    let codes = world.create_recovery_codes().await;
    world.deliver().await;
    world.inbox.clear();
    world.clock.advance(MINUTE);
    let reply = world.start().await;
    let reply = world.challenge(&reply.ticket, &own(MethodKind::RecoveryCode)).await;
    let reply = world.prove(&reply.ticket, &codes[0]).await.expect("proven");
    let reply = world.challenge(&reply.ticket, &own(MethodKind::AuthenticatorApp)).await;
    let typed = app.code(world.clock.now());
    let reply = world.prove(&reply.ticket, &typed).await.expect("proven");
    let reply = world.complete(&reply.ticket, NEW).await.expect("reset");
    let reset = world.engine.reset();
    reset.replace_recovery_code(&request(), &reply.ticket).await.expect("owed");
    reset.acknowledge_recovery_code(&request(), &reply.ticket).await.expect("acknowledged");
}

#[tokio::test]
async fn s05_the_use_of_a_recovery_code_is_told_to_mail_that_only_the_directory_has() {
    let world = World::builder().settings(without_addresses()).open().await;
    reset_with_a_recovery_code(&world).await;
    world.deliver().await;
    for kind in ["notice.recovery_code_used", "notice.method_replaced", "notice.password_reset"] {
        assert_eq!(told(&world.inbox, PRIMARY, kind), 1, "{kind}");
    }
}

#[tokio::test]
async fn s05_a_run_of_failures_is_told_to_mail_that_only_the_directory_has() {
    let world = World::builder().settings(without_addresses()).open().await;
    world.enrol_app().await;
    let codes = world.create_recovery_codes().await;
    world.deliver().await;
    world.inbox.clear();
    let wrong = other_than(&codes[0]).replace('1', "B").replace('2', "C");
    let mut failures = 0;
    // With ten failures a day, half of the fifty that disable the method are reached on the third
    // day.
    for _ in 0..30 {
        world.clock.advance(3 * HOUR);
        let reply = world.start().await;
        let reply = world.challenge(&reply.ticket, &own(MethodKind::RecoveryCode)).await;
        for _ in 0..3 {
            failures += u32::from(world.prove(&reply.ticket, &wrong).await.is_err());
        }
        world.deliver().await;
    }
    assert!(failures >= 25, "the state in the name was reached");
    assert_eq!(told(&world.inbox, PRIMARY, "notice.many_failures"), 1);
}

#[tokio::test]
async fn w03_the_alternate_mail_of_the_directory_is_told() {
    for rule in [NotifyRule::All, NotifyRule::PrimaryAndAlternate] {
        let mut settings = settings();
        settings.notifications.rule = rule;
        let world = World::builder().settings(settings).open().await;
        let changed = world.directory.update_user(&world.tenant, &world.user, |facts| {
            facts.contacts.mail = vec![ALTERNATE.to_owned()];
        });
        changed.expect("there");
        change(&world, OLD, NEW).await.expect("changed");
        world.deliver().await;
        for address in [PRIMARY, ALTERNATE] {
            assert_eq!(told(&world.inbox, address, "notice.password_changed"), 1, "{address}");
        }
    }
}

#[tokio::test]
async fn s11_a_channel_that_is_missing_for_a_moment_drops_no_notice() {
    let world = World::builder().settings(settings()).registered().open().await;
    world.inbox.clear();
    world.inbox.set_channels(&world.tenant, vec![Channel::Email]);
    world.register(NewMethod::email(mail(ALTERNATE)), ALTERNATE).await;
    world.deliver().await;
    assert_eq!(told(&world.inbox, PRIMARY, "notice.method_added"), 1);
    assert_eq!(told(&world.inbox, MOBILE, "notice.method_added"), 0, "no provider: it waits");
    let all = vec![Channel::Email, Channel::Sms, Channel::Voice];
    world.inbox.set_channels(&world.tenant, all);
    world.clock.advance(HOUR);
    world.deliver().await;
    assert_eq!(told(&world.inbox, MOBILE, "notice.method_added"), 1);
}

/// A host without a text provider: waiting texts take one place of the outbox, and no change is
/// refused because of them.
#[tokio::test]
async fn s11_texts_that_wait_for_a_provider_fill_no_outbox() {
    let world = World::builder().settings(settings()).registered().open().await;
    world.inbox.set_channels(&world.tenant, vec![Channel::Email]);
    let mut present = OLD.to_owned();
    for round in 0..60 {
        let next = format!("plum tractor violet {round:05} candle");
        change(&world, &present, &next).await.expect("room for its notices");
        present = next;
        world.deliver().await;
        world.clock.advance(2 * HOUR);
    }
    assert_eq!(told(&world.inbox, PRIMARY, "notice.password_changed"), 60);
    assert_eq!(told(&world.inbox, MOBILE, "notice.password_changed"), 0);
    let codes = world.event_codes().await;
    assert!(codes.iter().any(|code| code == "message_failed"), "the dropped message is recorded");
}

/// After an error of the delivery's channels or the directory the notice waits until they respond.
#[tokio::test]
async fn s11_an_error_of_a_port_drops_no_notice() {
    for call in ["delivery.channels", "directory.find", "directory.tenant", "delivery.deliver"] {
        for fault in [InjectedFault::FailBefore, InjectedFault::FailUnknownBefore] {
            let world = World::builder().settings(without_addresses()).open().await;
            reset_with_a_recovery_code(&world).await;
            // Another process claims the messages, and its ports fail.
            let plan = FaultPlan::none().on(call, fault);
            let twin = world.beside().seed(9).faulty(&plan).open().await.engine;
            let done = twin.maintain(100).await.expect("maintained");
            assert!(done.failed > 0, "{call}: {done:?}");
            assert!(plan.names().contains(&call), "{call} was reached");
            plan.heal();
            for _ in 0..3 {
                world.clock.advance(MINUTE);
                twin.maintain(100).await.expect("maintained");
            }
            let kinds =
                ["notice.recovery_code_used", "notice.method_replaced", "notice.password_reset"];
            for kind in kinds {
                assert_eq!(told(&world.inbox, PRIMARY, kind), 1, "{call}: {kind}");
            }
        }
    }
}

/// A waiting announcement gets its addresses in the commit that removes one of them.
#[tokio::test]
async fn s05_what_waits_for_its_addresses_goes_to_those_from_before_a_removal() {
    let mut settings = settings();
    settings.users.methods = [MethodKind::Email, MethodKind::RecoveryCode].into();
    let world = World::builder().settings(settings).open().await;
    world.register(NewMethod::email(mail(MAIL)), MAIL).await;
    let codes = world.create_recovery_codes().await;
    world.deliver().await;
    world.clock.advance(2 * DAY);
    world.inbox.clear();
    let reply = world.start().await;
    let reply = world.challenge(&reply.ticket, &own(MethodKind::RecoveryCode)).await;
    world.prove(&reply.ticket, &codes[0]).await.expect("proven");
    // Before any delivery an attacker removes the address.
    let (registration, user) = (world.engine.registration(), world.signed_in());
    let methods = registration.list(&request(), &user).await.expect("listed");
    let own = methods.iter().find(|method| method.kind == MethodKind::Email).expect("there");
    registration.remove(&request(), &user, &own.id).await.expect("removed");
    world.deliver().await;
    for address in [PRIMARY, MAIL] {
        assert_eq!(told(&world.inbox, address, "notice.recovery_code_used"), 1, "{address}");
        assert_eq!(told(&world.inbox, address, "notice.method_removed"), 1, "{address}");
    }
}
