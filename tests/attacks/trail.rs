//! Notices and events of every operation besides a reset: V49 and V50.

use std::collections::BTreeSet;

use sspr::audit::{Event, EventKind};
use sspr::method::{NewAuthenticator, NewMethod, OathParameters};
use sspr::policy::LinkBase;
use sspr::port::Clock as _;
use sspr::testing::SoftToken;
use sspr::{Attempt, MethodKind, RoleId, Step};

use crate::outstanding::claim_token;
use crate::people::*;
use crate::replay::{lock_out, sparing};
use crate::stores::StoreKind;
use crate::support::*;

on_every_store!(v49_and_v50_each_operation_is_recorded_and_told_once);

/// An operation, its events in order, and its notices to the addresses that were valid before.
const OPERATIONS: [(&str, &str, &str); 26] = [
    (
        "enrol",
        "challenge_opened method_added attempt_counted oath_step_used method_confirmed",
        "method_added",
    ),
    (
        "replace app",
        "challenge_opened method_added attempt_counted oath_step_used method_replaced",
        "method_replaced",
    ),
    (
        "claim token",
        "method_added challenge_opened attempt_counted oath_step_used method_confirmed",
        "method_added",
    ),
    ("create recovery codes", "method_added method_replaced", "method_replaced"),
    (
        "replace mail",
        "challenge_opened method_added attempt_counted method_confirmed",
        "method_replaced",
    ),
    ("default", "default_method_changed", ""),
    ("skip", "registration_skipped", ""),
    ("reconfirm", "registration_confirmed", ""),
    ("remember", "device_remembered", ""),
    ("sign in", "secret_counted oath_step_used", ""),
    (
        "unlock",
        "challenge_opened attempt_counted method_proven directory_write_started account_unlocked",
        "account_unlocked",
    ),
    (
        "change",
        "secret_counted change_started directory_write_started password_changed sessions_revoked",
        "password_changed",
    ),
    (
        "link elsewhere",
        "challenge_opened reset_requested attempt_counted method_proven link_redeemed_elsewhere",
        "",
    ),
    (
        "recovery code",
        "challenge_opened attempt_counted recovery_code_used method_proven",
        "recovery_code_used",
    ),
    ("cancel", "challenge_opened flow_ended", ""),
    ("initiate", "challenge_opened reset_requested", ""),
    ("invite", "challenge_opened invited", ""),
    ("revoke invitation", "challenge_opened invited flow_ended invitation_revoked", ""),
    (
        "temporary password",
        "directory_write_started temporary_password_set sessions_revoked",
        "temporary_password",
    ),
    (
        "not me",
        "directory_write_started temporary_password_set sessions_revoked repudiated \
         sessions_revoked message_failed",
        "temporary_password repudiated",
    ),
    ("unblock", "secret_counted unblocked", ""),
    // No user has the role, so that no notice can be sent.
    ("help", "help_requested message_failed", ""),
    ("revoke methods", "methods_revoked", "methods_revoked"),
    ("revoke flows", "flows_revoked", ""),
    ("require", "registration_required", "registration_required"),
    ("forget", "methods_revoked account_forgotten", "methods_revoked"),
];

async fn enrolled(world: &World, app: Option<&sspr::method::MethodId>) -> SoftToken {
    let (request, user, registration) = (request(), world.signed_in(), world.engine.registration());
    let new = NewAuthenticator::new("Contoso", "ada");
    let begun = match app {
        Some(app) => registration.replace_authenticator(&request, &user, app, &new).await,
        None => registration.enrol_authenticator(&request, &user, &new).await,
    };
    let begun = begun.expect("begun");
    let token =
        SoftToken::new(begun.seed.expose_secret(), OathParameters::default()).expect("a seed");
    let typed = code(&token.code(world.clock.now()));
    let confirmed = registration.confirm(&request, &user, &begun.reply.ticket, &typed).await;
    assert!(confirmed.expect("confirmed").active);
    token
}

async fn id_of(world: &World, kind: MethodKind) -> sspr::method::MethodId {
    let listed =
        world.engine.registration().list(&request(), &world.signed_in()).await.expect("listed");
    listed.into_iter().find(|message| message.kind == kind).expect("listed").id
}

async fn perform(world: &World, operation: &str, token: &SoftToken, saved: &str) {
    let (request, user, registration) = (request(), world.signed_in(), world.engine.registration());
    let (reset, unlock) = (world.engine.reset(), world.engine.unlock());
    let administer = world.admin();
    match operation {
        "enrol" => drop(enrolled(world, None).await),
        "replace app" => {
            let app = id_of(world, MethodKind::AuthenticatorApp).await;
            enrolled(world, Some(&app)).await;
        }
        "claim token" => claim_token(world).await,
        "create recovery codes" => drop(world.create_recovery_codes().await),
        "replace mail" => {
            let (first, second) = (id_of(world, MethodKind::Email).await, "new@private.example");
            let new = NewMethod::email(mail(second));
            let reply = registration.replace(&request, &user, &first, &new).await.expect("begun");
            world.deliver().await;
            let right = code(&world.inbox.last_code_to(second).expect("a code"));
            registration.confirm(&request, &user, &reply.ticket, &right).await.expect("confirmed");
        }
        "default" => {
            let phone = id_of(world, MethodKind::MobilePhone).await;
            registration.set_default(&request, &user, &phone).await.expect("set");
        }
        "skip" => registration.skip(&request, &user).await.expect("later"),
        "reconfirm" => registration.reconfirm(&request, &user).await.expect("right"),
        "remember" => drop(registration.remember_device(&request, &user).await.expect("known")),
        "sign in" => {
            let typed = code(&token.code(world.clock.now()));
            let sign_in = world.engine.authenticator();
            sign_in.verify(&request, &world.user, &typed).await.expect("right");
        }
        "unlock" => {
            let reply = unlock.start(&request, &ada()).await.expect("started");
            let reply = unlock.challenge(&request, &reply.ticket, &email()).await.expect("opened");
            world.deliver().await;
            let right = code(&world.inbox.last_code_to(MAIL).expect("a code"));
            let reply = unlock.prove(&request, &reply.ticket, &right).await.expect("proven");
            assert!(matches!(reply.step, Step::ConfirmUnlock { .. }));
            unlock.complete(&request, &reply.ticket).await.expect("unlocked");
        }
        "change" => {
            let change = world.engine.change();
            let reply = change.start(&request, &user, &OLD.into()).await.expect("known");
            change.complete(&request, &reply.ticket, &NEW.into()).await.expect("changed");
        }
        "link elsewhere" => {
            administer.initiate_reset(&world.user).await.expect("asked");
            world.deliver().await;
            let url = world.inbox.last_link_to(MAIL).expect("a link");
            let link = Attempt::link(&url).expect("a link");
            reset.redeem_link(&request, &ada(), &link).await.expect("redeemed");
        }
        "recovery code" => {
            let reply = world.start().await;
            let reply = world.challenge(&reply.ticket, &option("recovery_code")).await;
            world.prove(&reply.ticket, saved).await.expect("proven");
        }
        "cancel" => {
            let reply = world.start().await;
            let reply = world.challenge(&reply.ticket, &option("authenticator_app")).await;
            reset.cancel(&request, &reply.ticket).await.expect("cancelled");
        }
        "help" => {
            let reply = world.start().await;
            reset.contact_administrator(&request, &reply.ticket).await.expect("asked");
        }
        "initiate" => administer.initiate_reset(&world.user).await.expect("asked"),
        "invite" => administer.invite(&world.user).await.expect("invited"),
        "revoke invitation" => {
            administer.invite(&world.user).await.expect("invited");
            administer.revoke_invitation(&world.user).await.expect("revoked");
        }
        "temporary password" => {
            drop(administer.set_temporary_password(&world.user, None).await.expect("set"));
        }
        "not me" => {
            drop(administer.set_temporary_password(&world.user, None).await.expect("set"));
            world.deliver().await;
            let url = world.inbox.last_repudiation_link_to(MAIL).expect("a link");
            let link = Attempt::link(&url).expect("a link");
            world.engine.repudiation().redeem(&request, &ada(), &link).await.expect("redeemed");
        }
        "unblock" => {
            let wrong = code("000000");
            let sign_in = world.engine.authenticator().verify(&request, &world.user, &wrong).await;
            assert!(sign_in.is_err());
            administer.unblock(&world.user).await.expect("unblocked");
        }
        "revoke methods" => administer.revoke_methods(&world.user).await.expect("revoked"),
        "revoke flows" => administer.revoke_flows(&world.user).await.expect("revoked"),
        "require" => administer.require_registration(&world.user).await.expect("asked"),
        "forget" => administer.forget(&world.user).await.expect("forgotten"),
        other => panic!("{other}"),
    }
    world.deliver().await;
}

/// V49 and V50: one event for each transition, with a stable code and a new id, and each notice once to
/// every address that was valid before, without the added one.
async fn v49_and_v50_each_operation_is_recorded_and_told_once(stores: &StoreKind) {
    for (operation, expected, notice) in OPERATIONS {
        let mut settings = sparing();
        settings.users.required = 1;
        settings.failures.consecutive = 15;
        // Costs are not under test, so each act gets a notice of its own.
        settings.notices.texts.max = 16;
        let page = LinkBase::parse("https://id.contoso.example/not-me#");
        settings.desk.repudiation_link = Some(page.expect("sound"));
        settings.notifications.administrator_roles =
            [RoleId::parse("Global Administrator").expect("valid")].into();
        let world =
            World::builder().store(stores.store()).settings(settings).registered().open().await;
        lock_out(&world);
        let token = world.enrol_app().await;
        let saved = world.create_recovery_codes().await;
        world.deliver().await;
        world.clock.advance(2 * MINUTE);
        world.inbox.clear();
        let (before, attempts) = (events_of(&world, &world.user).await, world.inbox.attempts());
        perform(&world, operation, &token, &saved[0]).await;
        let all = events_of(&world, &world.user).await;
        let (old, new) = all.split_at(before.len());
        assert_eq!(old, before, "{operation}: earlier events are unchanged");
        let codes: Vec<&str> = new.iter().map(Event::code).collect();
        let codes: Vec<&str> =
            codes.into_iter().filter(|code| *code != "message_delivered").collect();
        assert_eq!(codes.join(" "), expected, "{operation}");
        let ids: BTreeSet<_> = all.iter().map(|event| event.id).collect();
        assert_eq!(ids.len(), all.len(), "{operation}");
        assert!(codes.iter().all(|code| EventKind::CODES.contains(code)), "{operation}");
        let sent = new.iter().filter(|event| event.code() == "message_delivered").count();
        assert_eq!(sent as u64, world.inbox.attempts() - attempts, "{operation}");
        for to in ["ada@contoso.example", MAIL, MOBILE] {
            let sent = world.inbox.messages_to(to);
            let told: Vec<_> = sent.iter().map(|message| message.kind).collect();
            let told: Vec<_> =
                told.into_iter().filter(|kind| kind.starts_with("notice.")).collect();
            let expected: Vec<_> =
                notice.split_whitespace().map(|kind| format!("notice.{kind}")).collect();
            assert_eq!(told, expected, "{operation} {to}");
        }
        let to_new = world.inbox.messages_to("new@private.example");
        assert!(to_new.iter().all(|message| message.notice.is_none()), "{operation}");
    }
}
