//! Invariants 1, 4 and 20: two calls with one secret, in every order of their store calls.

use std::time::Duration;

use sspr::facts::EmailAddress;
use sspr::method::NewMethod;
use sspr::port::Clock as _;
use sspr::testing::{Task, block_on};
use sspr::{Attempt, Engine, RegistrationTicket, ResetTicket};

use crate::every::{link_to, reset_with, world};
use crate::scene::{Scene, Told};
use crate::stores::memory;
use crate::support::{MAIL, ada, code, request, user};

pub(crate) fn proves(engine: Engine, ticket: &str, typed: Attempt) -> Task<Told> {
    let ticket = ResetTicket::parse(ticket).expect("own");
    Box::pin(async move {
        let reply = engine.reset().prove(&request(), &ticket, &typed).await?;
        Ok(reply.ticket.expose_secret().to_owned())
    })
}

fn redeems(engine: Engine, link: Attempt) -> Task<Told> {
    Box::pin(async move {
        let reply = engine.reset().redeem_link(&request(), &ada(), &link).await?;
        Ok(reply.ticket.expose_secret().to_owned())
    })
}

/// A flow whose link has arrived: its ticket and the link.
async fn linked() -> (Scene, String, impl Fn() -> Attempt) {
    let under_test = memory();
    let world = world(&under_test, 1).await;
    let reply = reset_with(&world, "email.link").await;
    drop(link_to(&world, MAIL).await);
    let url = world.inbox.last_link_to(MAIL).expect("a link");
    let link = move || Attempt::link(&url).expect("well formed");
    (Scene::of(&under_test, world).await, reply.ticket.expose_secret().to_owned(), link)
}

/// Inv. 1: a link is one proof, in every order of the two calls.
#[test]
fn inv01_a_link_is_proven_here_or_elsewhere() {
    let (scene, ticket, link) = block_on(linked());
    let mut winners = [0; 2];
    scene.explore(
        |engine| proves(engine, &ticket, link()),
        |engine| redeems(engine, link()),
        |seen| {
            assert_eq!(seen.won(), 1, "{seen:?}");
            seen.refused_for(&["NotAccepted"]);
            winners[usize::from(seen.told[1].is_ok())] += 1;
            assert_eq!(seen.count("method_proven"), 1, "{seen:?}");
            let elsewhere = seen.count("link_redeemed_elsewhere");
            assert_eq!(elsewhere, usize::from(seen.told[1].is_ok()), "{seen:?}");
            seen.reserved();
            assert_eq!(seen.body()["flows"].as_array().expect("a list").len(), 1);
        },
    );
    assert!(winners[0] > 0 && winners[1] > 0, "{winners:?}");
}

/// Inv. 1: if two calls redeem one link, at most one gets a ticket, or both get the same.
#[test]
fn inv01_a_link_redeemed_twice_is_one_proof() {
    let (scene, _, link) = block_on(linked());
    scene.explore(
        |engine| redeems(engine, link()),
        |engine| redeems(engine, link()),
        |seen| {
            assert!(seen.won() >= 1, "{seen:?}");
            seen.refused_for(&["NotAccepted"]);
            if let [Ok(one), Ok(other)] = seen.told {
                assert_eq!(one, other, "{seen:?}: two tickets");
            }
            assert_eq!(seen.count("method_proven"), 1, "{seen:?}");
            assert_eq!(seen.count("link_redeemed_elsewhere"), 1, "{seen:?}");
            seen.reserved();
        },
    );
}

/// Inv. 1: a step is accepted by the reset or by the sign-in, never by both.
#[test]
fn inv01_a_step_is_a_proof_or_a_sign_in() {
    let under_test = memory();
    let (scene, ticket, typed) = block_on(async {
        let world = world(&under_test, 2).await;
        let token = world.enrol_app().await;
        world.clock.advance(Duration::from_secs(60));
        let reply = reset_with(&world, "authenticator_app").await;
        let typed = token.code(world.clock.now());
        let ticket = reply.ticket.expose_secret().to_owned();
        (Scene::of(&under_test, world).await, ticket, typed)
    });
    let mut winners = [0; 2];
    scene.explore(
        |engine| proves(engine, &ticket, code(&typed)),
        |engine| {
            let typed = code(&typed);
            Box::pin(async move {
                let method = engine.authenticator().verify(&request(), &user(), &typed).await?;
                Ok(method.to_string())
            })
        },
        |seen| {
            assert_eq!(seen.won(), 1, "{seen:?}");
            seen.refused_for(&["NotAccepted"]);
            winners[usize::from(seen.told[1].is_ok())] += 1;
            assert_eq!(seen.count("oath_step_used"), 1, "{seen:?}");
            seen.reserved();
        },
    );
    assert!(winners[0] > 0 && winners[1] > 0, "{winners:?}");
}

/// Inv. 1: a recovery code is a proof in one flow, and the owner is notified once.
#[test]
fn inv01_a_recovery_code_is_used_in_one_flow() {
    let under_test = memory();
    let (scene, tickets, typed) = block_on(async {
        let world = world(&under_test, 2).await;
        let codes = world.create_recovery_codes().await;
        let first = reset_with(&world, "recovery_code").await.ticket.expose_secret().to_owned();
        let second = reset_with(&world, "recovery_code").await.ticket.expose_secret().to_owned();
        world.deliver().await;
        (Scene::of(&under_test, world).await, [first, second], codes[0].clone())
    });
    scene.explore(
        |engine| proves(engine, &tickets[0], code(&typed)),
        |engine| proves(engine, &tickets[1], code(&typed)),
        |seen| {
            assert_eq!(seen.won(), 1, "{seen:?}");
            seen.refused_for(&["NotAccepted"]);
            assert_eq!(seen.count("recovery_code_used"), 1, "{seen:?}");
            assert_eq!(seen.owner_told("notice.recovery_code_used"), 1, "{seen:?}");
            seen.reserved();
        },
    );
}

/// Inv. 1: a recovery code in two concurrent calls of one flow is one proof and one reply.
#[test]
fn inv01_a_recovery_code_typed_twice_is_one_proof() {
    let under_test = memory();
    let (scene, ticket, typed) = block_on(async {
        let world = world(&under_test, 2).await;
        let codes = world.create_recovery_codes().await;
        let ticket = reset_with(&world, "recovery_code").await.ticket.expose_secret().to_owned();
        (Scene::of(&under_test, world).await, ticket, codes[0].clone())
    });
    scene.explore(
        |engine| proves(engine, &ticket, code(&typed)),
        |engine| proves(engine, &ticket, code(&typed)),
        |seen| {
            let [Ok(one), Ok(other)] = seen.told else { panic!("{seen:?}") };
            assert_eq!(one, other, "{seen:?}");
            assert_eq!(seen.count("recovery_code_used"), 1, "{seen:?}");
            assert_eq!(seen.count("method_proven"), 1, "{seen:?}");
            seen.reserved();
        },
    );
}

fn confirms(engine: Engine, ticket: &str, typed: &str, at: sspr::SignedIn) -> Task<Told> {
    let ticket = RegistrationTicket::parse(ticket).expect("own");
    let typed = code(typed);
    Box::pin(async move {
        let view = engine.registration().confirm(&request(), &at, &ticket, &typed).await?;
        Ok(format!("{} {}", view.id, view.active))
    })
}

/// Inv. 1 and 2: one method is confirmed by one event, and the second call counts no failure.
#[test]
fn inv02_a_registration_confirmed_twice_counts_no_failure() {
    let under_test = memory();
    let address = "ada@second.example";
    let (scene, ticket, typed) = block_on(async {
        let world = world(&under_test, 2).await;
        let mail = NewMethod::email(EmailAddress::parse(address).expect("valid"));
        let registration = world.engine.registration();
        let added = registration.add(&request(), &world.signed_in(), &mail).await.expect("added");
        world.deliver().await;
        let typed = world.inbox.last_code_to(address).expect("a code");
        (Scene::of(&under_test, world).await, added.ticket.expose_secret().to_owned(), typed)
    });
    scene.explore(
        |engine| confirms(engine, &ticket, &typed, scene.world.signed_in()),
        |engine| confirms(engine, &ticket, &typed, scene.world.signed_in()),
        |seen| {
            let [Ok(one), Ok(other)] = seen.told else { panic!("{seen:?}") };
            assert_eq!(one, other, "{seen:?}");
            assert_eq!(seen.count("method_confirmed"), 1, "{seen:?}");
            assert_eq!(seen.owner_told("notice.method_added"), 1, "{seen:?}");
            seen.reserved();
            let body = seen.body();
            let budgets = body["budgets"].as_array().expect("a list");
            let mail = budgets.iter().find(|budget| budget["method"] == "email").expect("counted");
            assert_eq!(mail["consecutive"], 0, "{seen:?}");
            assert_eq!(mail["proven"]["times"], serde_json::json!([]), "{seen:?}");
        },
    );
}
