//! Every entry point has the same limits: V5, V24, V47 and V48 for unlocks, changes, sign-ins and
//! links.

use sspr::facts::SessionKinds;
use sspr::{Attempt, MethodKind, Refusal, SecretText, Step};

use crate::people::*;
use crate::replay::lock_out;
use crate::stores::StoreKind;
use crate::support::*;

on_every_store!(
    v05_later_entry_points_have_the_cap,
    v48_an_unlock_wants_the_same_proofs_and_lowers_no_budget,
);
in_memory!(
    v05_a_user_disabled_between_issue_and_use_is_refused,
    v24_a_ticket_of_before_gets_no_recovery_code,
    v47_an_unlock_ends_no_session_and_a_change_ends_all,
);

const ENTRY_POINTS: [&str; 8] = [
    "sign-in",
    "present password",
    "link elsewhere",
    "unlock",
    "app to confirm",
    "recovery code",
    "passkey",
    "app at a reset",
];

/// A link of the same challenge with another secret.
fn forged(url: &str) -> Attempt {
    let last = if url.ends_with('A') { "E" } else { "A" };
    Attempt::link(&format!("{}{last}", &url[..url.len() - 1])).expect("a link")
}

/// V5: after as many wrong secrets as are compared, the correct secret is refused too.
async fn v05_later_entry_points_have_the_cap(stores: &StoreKind) {
    for entry_point in ENTRY_POINTS {
        let world = World::builder()
            .store(stores.store())
            .settings(everything(2))
            .registered()
            .open()
            .await;
        lock_out(&world);
        world.passkey.give(&world.user);
        let (request, user) = (request(), world.signed_in());
        let (reset, unlock) = (world.engine.reset(), world.engine.unlock());
        let registration = world.engine.registration();
        let token = world.enrol_app().await;
        let saved = world.create_recovery_codes().await;
        world.clock.advance(2 * MINUTE);
        let app = || token.code(sspr::port::Clock::now(&world.clock));
        let before = world.engine.stats().comparisons;
        let compared = || world.engine.stats().comparisons - before;
        let start = world.start().await.ticket;
        let mut refused = Vec::new();
        // The account's budget if no challenge was opened, otherwise the challenge's attempts.
        let cap = if matches!(entry_point, "sign-in" | "present password") { 10 } else { 5 };
        match entry_point {
            "sign-in" => {
                for wrong in 0..=20 {
                    let typed = if wrong < 20 { other_than(&app()) } else { app() };
                    let sign_in = world.engine.authenticator();
                    let answer = sign_in.verify(&request, &world.user, &code(&typed)).await;
                    refused.push(refusal(answer));
                }
            }
            "present password" => {
                for wrong in 0..=20 {
                    let typed = if wrong < 20 { NEW } else { OLD };
                    let answer = world.engine.change().start(&request, &user, &typed.into()).await;
                    refused.push(refusal(answer));
                }
            }
            "link elsewhere" => {
                world.challenge(&start, &option("email.link")).await;
                world.deliver().await;
                let url = world.inbox.last_link_to(MAIL).expect("a link");
                for wrong in 0..=20 {
                    let right = Attempt::link(&url).expect("a link");
                    let link = if wrong < 20 { forged(&url) } else { right };
                    refused.push(refusal(reset.redeem_link(&request, &ada(), &link).await));
                }
            }
            "unlock" => {
                let reply = unlock.start(&request, &ada()).await.expect("started");
                let reply = unlock.challenge(&request, &reply.ticket, &email()).await;
                let ticket = reply.expect("opened").ticket;
                world.deliver().await;
                let right = world.inbox.last_code_to(MAIL).expect("a code");
                for wrong in 0..=20 {
                    let typed = if wrong < 20 { other_than(&right) } else { right.clone() };
                    refused.push(refusal(unlock.prove(&request, &ticket, &code(&typed)).await));
                }
            }
            "app to confirm" => {
                let app = sspr::method::NewAuthenticator::new("Contoso", "ada");
                let begun =
                    registration.enrol_authenticator(&request, &user, &app).await.expect("begun");
                let parameters = sspr::method::OathParameters::default();
                let seed = begun.seed.expose_secret();
                let token = sspr::testing::SoftToken::new(seed, parameters).expect("a seed");
                let right = token.code(sspr::port::Clock::now(&world.clock));
                for wrong in 0..=20 {
                    let typed = if wrong < 20 { other_than(&right) } else { right.clone() };
                    let ticket = &begun.reply.ticket;
                    let answer = registration.confirm(&request, &user, ticket, &code(&typed)).await;
                    refused.push(refusal(answer));
                }
            }
            "passkey" => {
                let reply = world.challenge(&start, &option("passkey")).await;
                let page = reply.page.expect("a page");
                for wrong in 0..=20 {
                    let right = world.passkey.response(&world.user, &page);
                    let given = if wrong < 20 { SecretText::from("no") } else { right };
                    let given = Attempt::response(given).expect("bounded");
                    refused.push(refusal(reset.prove(&request, &reply.ticket, &given).await));
                }
                assert_eq!(world.passkey.verified(), cap, "the host is not called either");
            }
            _ => {
                let recovery_code = entry_point == "recovery code";
                let chosen = if recovery_code { "recovery_code" } else { "authenticator_app" };
                let ticket = world.challenge(&start, &option(chosen)).await.ticket;
                let right = if recovery_code { saved[0].clone() } else { app() };
                for wrong in 0..=20 {
                    let typed = if wrong < 20 { other_than(&right) } else { right.clone() };
                    refused.push(refusal(world.prove(&ticket, &typed).await));
                }
            }
        }
        assert_eq!(compared(), cap as u64, "{entry_point}");
        assert!(
            refused[..cap].iter().all(|refusal| *refusal == Refusal::NotAccepted),
            "{entry_point}"
        );
        let spent = |one: &Refusal| matches!(one, Refusal::NotAccepted | Refusal::TooOften { .. });
        assert!(refused.iter().all(spent), "{entry_point}: {refused:?}");
    }
}

/// V5: the account is disabled after the proofs, and the last step of each flow reads the facts
/// again.
async fn v05_a_user_disabled_between_issue_and_use_is_refused(_kind: &StoreKind) {
    let world = World::builder().settings(everything(1)).registered().open().await;
    lock_out(&world);
    let (request, user) = (request(), world.signed_in());
    let (reset, unlock, change) =
        (world.engine.reset(), world.engine.unlock(), world.engine.change());
    let reply = unlock.start(&request, &ada()).await.expect("started");
    let reply = unlock.challenge(&request, &reply.ticket, &email()).await.expect("opened");
    world.deliver().await;
    let right = code(&world.inbox.last_code_to(MAIL).expect("a code"));
    let unlocking = unlock.prove(&request, &reply.ticket, &right).await.expect("proven");
    let changing = change.start(&request, &user, &OLD.into()).await.expect("known");
    let second = sspr::method::NewMethod::email(mail("second@private.example"));
    let adding = world.engine.registration().add(&request, &user, &second).await.expect("added");
    let start = world.start().await;
    world.challenge(&start.ticket, &option("email.link")).await;
    world.deliver().await;
    let url = world.inbox.last_link_to(MAIL).expect("a link");
    let link = Attempt::link(&url).expect("a link");
    let disable = |facts: &mut sspr::facts::UserFacts| facts.enabled = false;
    world.directory.update_user(&world.tenant, &world.user, disable).expect("there");

    assert!(unlock.complete(&request, &unlocking.ticket).await.is_err());
    assert!(world.directory.unlocks(&world.tenant, &world.user).is_empty());
    assert!(change.complete(&request, &changing.ticket, &NEW.into()).await.is_err());
    assert!(change.start(&request, &user, &OLD.into()).await.is_err());
    let to_confirm = code(&world.inbox.last_code_to("second@private.example").expect("a code"));
    let confirmed =
        world.engine.registration().confirm(&request, &user, &adding.ticket, &to_confirm).await;
    assert!(matches!(refusal(confirmed), Refusal::NotEligible { .. }));
    if let Ok(reply) = reset.redeem_link(&request, &ada(), &link).await {
        assert!(reset.complete(&request, &reply.ticket, &NEW.into()).await.is_err());
    }
    assert!(world.directory.writes(&world.tenant, &world.user).is_empty());
    assert!(world.password_is(OLD));
}

/// V24: after a reset with a recovery code, its ticket gets a new recovery code; a ticket from
/// before the proof does not.
async fn v24_a_ticket_of_before_gets_no_recovery_code(_kind: &StoreKind) {
    let world = World::builder().settings(everything(1)).registered().open().await;
    let codes = world.create_recovery_codes().await;
    let reset = world.engine.reset();
    let start = world.start().await;
    let opened = world.challenge(&start.ticket, &option("recovery_code")).await;
    let proven = world.prove(&opened.ticket, &codes[0]).await.expect("proven");
    let done = world.complete(&proven.ticket, NEW).await.expect("reset");
    assert!(done.replace_recovery_code);
    for before in [&start.ticket, &opened.ticket] {
        let answer = reset.replace_recovery_code(&request(), before).await;
        assert_eq!(refusal(answer), Refusal::Ended);
    }
    reset.replace_recovery_code(&request(), &done.ticket).await.expect("another");
    for before in [&start.ticket, &opened.ticket] {
        let answer = reset.acknowledge_recovery_code(&request(), before).await;
        assert_eq!(refusal(answer), Refusal::Ended);
    }
    reset.acknowledge_recovery_code(&request(), &done.ticket).await.expect("kept");
    let answer = reset.replace_recovery_code(&request(), &done.ticket).await;
    assert_eq!(refusal(answer), Refusal::Ended, "one new code for one used code");
}

/// V48: an unlock needs as many proofs as a reset, of the same methods, and lowers no budget.
async fn v48_an_unlock_wants_the_same_proofs_and_lowers_no_budget(stores: &StoreKind) {
    let world =
        World::builder().store(stores.store()).settings(everything(2)).registered().open().await;
    lock_out(&world);
    let (request, unlock) = (request(), world.engine.unlock());
    let wrong = opened(&world.engine, &source(1), &ada(), &email()).await.expect("opened");
    guess(&world.engine, &source(1), &wrong.ticket, 4).await;
    let reply = unlock.start(&request, &ada()).await.expect("started");
    let Step::Choose { options: at_unlock } = &reply.step else { panic!("{:?}", reply.step) };
    let Step::Choose { options: at_reset } = world.start().await.step else { panic!("to choose") };
    assert_eq!(*at_unlock, at_reset);
    assert_eq!(refusal(unlock.complete(&request, &reply.ticket).await), Refusal::MoreProofNeeded);
    let reply = unlock.challenge(&request, &reply.ticket, &email()).await.expect("opened");
    world.deliver().await;
    let right = code(&world.inbox.last_code_to(MAIL).expect("a code"));
    let reply = unlock.prove(&request, &reply.ticket, &right).await.expect("proven");
    assert_eq!(refusal(unlock.complete(&request, &reply.ticket).await), Refusal::MoreProofNeeded);
    assert!(world.directory.unlocks(&world.tenant, &world.user).is_empty());
    let reply = unlock.challenge(&request, &reply.ticket, &sms()).await.expect("opened");
    world.deliver().await;
    let right = code(&world.inbox.last_code_to(MOBILE).expect("a code"));
    let reply = unlock.prove(&request, &reply.ticket, &right).await.expect("proven");
    unlock.complete(&request, &reply.ticket).await.expect("unlocked");
    assert_eq!(world.directory.unlocks(&world.tenant, &world.user).len(), 1);
    assert_eq!(refusal(unlock.complete(&request, &reply.ticket).await), Refusal::Ended);
    // Ten, less the four from before, less the attempt that their challenge still has.
    assert_eq!(exhaust(&world, &ada(), &email(), 10).await, 5);

    let mut without = everything(2);
    without.unlock_without_reset = false;
    put(&world, without, 1).await;
    assert_eq!(refusal(unlock.start(&request, &ada()).await), Refusal::NotOffered);
}

/// V47: an unlock ends no session, since the password stays; a change ends all sessions, including
/// the one that made it.
async fn v47_an_unlock_ends_no_session_and_a_change_ends_all(_kind: &StoreKind) {
    let world = World::builder().settings(everything(1)).registered().open().await;
    lock_out(&world);
    let (request, user) = (request(), world.signed_in());
    let (unlock, change) = (world.engine.unlock(), world.engine.change());
    let reply = unlock.start(&request, &ada()).await.expect("started");
    let reply = unlock.challenge(&request, &reply.ticket, &email()).await.expect("opened");
    world.deliver().await;
    let right = code(&world.inbox.last_code_to(MAIL).expect("a code"));
    let reply = unlock.prove(&request, &reply.ticket, &right).await.expect("proven");
    unlock.complete(&request, &reply.ticket).await.expect("unlocked");
    world.deliver().await;
    assert!(world.directory.revocations(&world.tenant, &world.user).is_empty());
    assert!(world.password_is(OLD));

    let reply = change.start(&request, &user, &OLD.into()).await.expect("known");
    change.complete(&request, &reply.ticket, &NEW.into()).await.expect("changed");
    world.deliver().await;
    let revoked = world.directory.revocations(&world.tenant, &world.user);
    assert_eq!(revoked.len(), 1);
    assert_eq!(revoked[0].kinds, SessionKinds::All);
    // A password is no gate: its user may change it, but reset nothing with it.
    let mut settings = everything(1);
    settings.users.methods = [MethodKind::Email, MethodKind::Password].into();
    assert!(sspr::Policy::new(settings).is_err());
}
