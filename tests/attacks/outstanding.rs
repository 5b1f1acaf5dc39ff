//! What a change of the account voids, and what it does not: V34.

use sspr::admin::Contacts;
use sspr::method::{Channel, NewMethod, OathParameters, OathSeed};
use sspr::port::Clock as _;
use sspr::testing::SoftToken;
use sspr::{Attempt, MethodKind, Step};

use crate::people::*;
use crate::replay::{lock_out, sparing};
use crate::stores::StoreKind;
use crate::support::*;

on_every_store!(
    v34_every_change_voids_what_was_issued_before,
    v34_every_change_voids_links_unlocks_changes_and_registrations,
);
in_memory!(
    v34_what_is_no_change_of_the_account_voids_nothing,
    v34_neither_a_used_code_nor_a_request_voids_anything,
);

pub(crate) async fn claim_token(world: &World) {
    let (text, parameters) = ("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", OathParameters::default());
    let seed = OathSeed::parse_base32(text).expect("a seed");
    let supplied =
        world.admin().supply_token(&world.user, &seed, parameters).await.expect("supplied");
    let (request, user, registration) = (request(), world.signed_in(), world.engine.registration());
    let claimed = registration.claim_token(&request, &user, &supplied).await.expect("claimed");
    let token = SoftToken::new(text, parameters).expect("a seed");
    let typed = code(&token.code(world.clock.now()));
    let confirmed = registration.confirm(&request, &user, &claimed.ticket, &typed).await;
    assert!(confirmed.expect("confirmed").active);
}

const CHANGES: [&str; 17] = [
    "password",
    "disabled",
    "deleted",
    "another person",
    "stamp",
    "contacts",
    "removed",
    "added",
    "reset",
    "changed",
    "methods revoked",
    "flows revoked",
    "forgotten",
    "replaced",
    "app enrolled",
    "token claimed",
    "recovery codes",
];

const OUTSIDE: [&str; 5] = ["password", "disabled", "deleted", "another person", "stamp"];

async fn make(world: &World, change: &str) {
    let (directory, tenant, user) = (&world.directory, &world.tenant, &world.user);
    let registration = world.engine.registration();
    let root = admin();
    let administer = world.engine.admin(tenant, &root);
    let update = |with: fn(&mut sspr::facts::UserFacts)| {
        directory.update_user(tenant, user, with).expect("there");
    };
    match change {
        "password" => directory.change_password(tenant, user, "set at the desk").expect("set"),
        "disabled" => update(|facts| facts.enabled = false),
        "deleted" => assert!(directory.remove_user(tenant, user)),
        "another person" => update(|facts| facts.incarnation = Some("second".to_owned())),
        "stamp" => update(|facts| facts.display_name = Some("Countess".to_owned())),
        "contacts" => {
            let mut contacts = Contacts::default();
            contacts.office_phone = Some(phone("+14255550777"));
            supply(world, user, &contacts).await;
        }
        "removed" => {
            let all = registration.list(&request(), &world.signed_in()).await.expect("listed");
            let phones = all.iter().find(|method| method.kind == MethodKind::MobilePhone);
            let phone = phones.expect("a phone").id.clone();
            registration.remove(&request(), &world.signed_in(), &phone).await.expect("removed");
        }
        "added" => {
            let second = "second@private.example";
            world.register(NewMethod::email(mail(second)), second).await;
        }
        "reset" => {
            let ticket = world.granted().await;
            world.complete(&ticket, "set in another flow").await.expect("reset");
        }
        "changed" => {
            let (change, user) = (world.engine.change(), world.signed_in());
            let reply = change.start(&request(), &user, &OLD.into()).await.expect("known");
            let new = "changed with the current password".into();
            change.complete(&request(), &reply.ticket, &new).await.expect("changed");
        }
        "methods revoked" => administer.revoke_methods(user).await.expect("revoked"),
        "flows revoked" => administer.revoke_flows(user).await.expect("revoked"),
        "forgotten" => administer.forget(user).await.expect("forgotten"),
        "replaced" => {
            let (user, second) = (world.signed_in(), "second@private.example");
            let all = registration.list(&request(), &user).await.expect("listed");
            let first =
                &all.iter().find(|method| address(method) == MAIL).expect("a mail address").id;
            let new = NewMethod::email(mail(second));
            let reply = registration.replace(&request(), &user, first, &new).await.expect("begun");
            world.deliver().await;
            let right = code(&world.inbox.last_code_to(second).expect("a code"));
            let replaced = registration.confirm(&request(), &user, &reply.ticket, &right).await;
            assert!(replaced.expect("confirmed").active);
        }
        "app enrolled" => drop(world.enrol_app().await),
        "token claimed" => claim_token(world).await,
        "recovery codes" => drop(world.create_recovery_codes().await),
        other => panic!("{other}"),
    }
}

/// V34: after any change of the account (password, state, methods, addresses), earlier codes,
/// proofs, grants and tickets no longer lead to a new password.
async fn v34_every_change_voids_what_was_issued_before(stores: &StoreKind) {
    for change in CHANGES {
        for stage in ["issued", "proven", "granted"] {
            if stores.rounds(1, 0) == 0 && stage != "granted" {
                continue; // the disk is slow, and the record is the same
            }
            let world = World::builder()
                .store(stores.store())
                .settings(sparing())
                .registered()
                .open()
                .await;
            let reply = world.start().await;
            let (reply, right) = world.challenged(&reply.ticket, &email(), MAIL).await;
            let mut ticket = reply.ticket;
            if stage != "issued" {
                ticket = world.prove(&ticket, &right).await.expect("proven").ticket;
            }
            if stage == "granted" {
                let (reply, text) = world.challenged(&ticket, &sms(), MOBILE).await;
                ticket = world.prove(&reply.ticket, &text).await.expect("proven").ticket;
            }
            make(&world, change).await;
            let writes = world.directory.writes(&world.tenant, &world.user).len();

            // Continues the flow as far as possible.
            let case = format!("{change} after {stage}");
            if stage == "issued"
                && let Ok(reply) = world.prove(&ticket, &right).await
            {
                ticket = reply.ticket;
            }
            if stage != "granted"
                && let Ok(reply) = world.engine.reset().challenge(&request(), &ticket, &sms()).await
            {
                world.deliver().await;
                ticket = reply.ticket;
                if let Some(text) = world.inbox.last_code_to(MOBILE)
                    && let Ok(reply) = world.prove(&ticket, &text).await
                {
                    ticket = reply.ticket;
                }
            }
            let answer = world.complete(&ticket, NEW).await;
            assert!(
                !matches!(&answer, Ok(reply) if matches!(reply.step, Step::Done { .. })),
                "{case}"
            );
            assert!(!world.password_is(NEW), "{case}");
            assert_eq!(world.directory.writes(&world.tenant, &world.user).len(), writes, "{case}");
        }
    }
}

/// V34: throttling and a lockout of the sign-in void nothing, or an attacker could stop the owner's
/// flow.
async fn v34_what_is_no_change_of_the_account_voids_nothing(_kind: &StoreKind) {
    let world = World::builder().settings(sparing()).registered().open().await;
    let ticket = world.granted().await;
    exhaust(&world, &ada(), &email(), 10).await;
    exhaust(&world, &ada(), &sms(), 10).await;
    let stamp = world.directory.facts(&world.tenant, &world.user).expect("there").change_stamp;
    let locked = world.directory.update_user(&world.tenant, &world.user, |facts| {
        facts.locked_out = Some(true);
        facts.change_stamp = None;
    });
    locked.expect("there");
    let same = world.directory.update_user(&world.tenant, &world.user, |facts| {
        facts.change_stamp = stamp;
    });
    same.expect("there");
    world.complete(&ticket, NEW).await.expect("reset");
    assert!(world.password_is(NEW));
}

/// V34: the same for a user's link, an administrator's link, an unlock, a change and a method to be
/// confirmed.
async fn v34_every_change_voids_links_unlocks_changes_and_registrations(stores: &StoreKind) {
    for change in CHANGES {
        let world =
            World::builder().store(stores.store()).settings(sparing()).registered().open().await;
        lock_out(&world);
        let (request, user) = (request(), world.signed_in());
        let (reset, unlock) = (world.engine.reset(), world.engine.unlock());
        let (changing, registration) = (world.engine.change(), world.engine.registration());
        let start = world.start().await;
        let linked = world.challenge(&start.ticket, &option("email.link")).await;
        world.deliver().await;
        let mut links = vec![world.inbox.last_link_to(MAIL).expect("a link")];
        let asked = world.admin().initiate_reset(&world.user).await;
        asked.expect("asked");
        world.deliver().await;
        links.push(world.inbox.last_link_to(MAIL).expect("a link"));
        let reply = unlock.start(&request, &ada()).await.expect("started");
        let reply = unlock.challenge(&request, &reply.ticket, &sms()).await.expect("opened");
        world.deliver().await;
        let right = code(&world.inbox.last_code_to(MOBILE).expect("a code"));
        let reply = unlock.prove(&request, &reply.ticket, &right).await.expect("proven");
        let reply = unlock.challenge(&request, &reply.ticket, &email()).await.expect("opened");
        world.deliver().await;
        let right = code(&world.inbox.last_code_to(MAIL).expect("a code"));
        let unlocking = unlock.prove(&request, &reply.ticket, &right).await.expect("proven");
        assert!(matches!(unlocking.step, Step::ConfirmUnlock { .. }));
        let begun = changing.start(&request, &user, &OLD.into()).await.expect("known");
        // A phone, since the kind of the address that a change adds has no room for a third.
        let third = "+14255550999";
        let pending = NewMethod::mobile_phone(phone(third), Channel::Sms).expect("a text");
        let pending = registration.add(&request, &user, &pending).await.expect("added");
        world.deliver().await;
        let to_confirm = code(&world.inbox.last_code_to(third).expect("a code"));

        make(&world, change).await;
        let writes = world.directory.writes(&world.tenant, &world.user).len();
        let answer = unlock.complete(&request, &unlocking.ticket).await;
        assert!(answer.is_err(), "{change}: {answer:?}");
        let answer = changing.complete(&request, &begun.ticket, &NEW.into()).await;
        assert!(answer.is_err(), "{change}: {answer:?}");
        let answer = registration.confirm(&request, &user, &pending.ticket, &to_confirm).await;
        assert!(answer.is_err(), "{change}: {answer:?}");
        for url in &links {
            let clicked = || Attempt::link(url).expect("a link");
            for answer in [
                reset.redeem_link(&request, &ada(), &clicked()).await,
                reset.prove(&request, &linked.ticket, &clicked()).await,
            ] {
                // A change in the directory alone takes effect where facts are read again.
                assert!(OUTSIDE.contains(&change) || answer.is_err(), "{change}: {answer:?}");
                let Ok(reply) = answer else { continue };
                let next = reset.challenge(&request, &reply.ticket, &sms()).await;
                world.deliver().await;
                if let (Ok(next), Some(text)) = (next, world.inbox.last_code_to(MOBILE)) {
                    let _ = try_code(&world.engine, &request, &next.ticket, &text).await;
                }
                assert!(reset.complete(&request, &reply.ticket, &NEW.into()).await.is_err());
            }
        }
        assert_eq!(world.directory.writes(&world.tenant, &world.user).len(), writes, "{change}");
        assert!(world.directory.unlocks(&world.tenant, &world.user).is_empty(), "{change}");
        assert!(!world.password_is(NEW), "{change}");
    }
}

/// V34: a used recovery code, a code at the sign-in, a request for help, a known device and a reset
/// requested by an administrator void no grant.
async fn v34_neither_a_used_code_nor_a_request_voids_anything(_kind: &StoreKind) {
    let mut settings = sparing();
    settings.notifications.administrator_roles =
        [sspr::RoleId::parse("Global Administrator").expect("valid")].into();
    let world = World::builder().settings(settings).registered().open().await;
    let token = world.enrol_app().await;
    let saved = world.create_recovery_codes().await;
    world.clock.advance(2 * MINUTE);
    let ticket = world.granted().await;
    let (request, user) = (request(), world.signed_in());
    let other = world.start().await;
    let other = world.challenge(&other.ticket, &option("recovery_code")).await;
    world.prove(&other.ticket, &saved[0]).await.expect("proven");
    let typed = code(&token.code(world.clock.now()));
    let sign_in = world.engine.authenticator();
    sign_in.verify(&request, &world.user, &typed).await.expect("right");
    let third = world.start().await;
    world.engine.reset().contact_administrator(&request, &third.ticket).await.expect("asked");
    let registration = world.engine.registration();
    registration.remember_device(&request, &user).await.expect("known");
    registration.create_recovery_codes(&request, &user).await.expect("pending, not active yet");
    let administer = world.admin();
    administer.initiate_reset(&world.user).await.expect("asked");
    administer.require_registration(&world.user).await.expect("asked");
    administer.unblock(&world.user).await.expect("unblocked");
    world.complete(&ticket, NEW).await.expect("reset");
    assert!(world.password_is(NEW));
}
