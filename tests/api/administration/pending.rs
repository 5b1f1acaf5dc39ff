//! Pending methods.

use std::time::Duration;

use crate::support::*;
use sspr::Refusal;
use sspr::adapters::memory::MemoryStore;
use sspr::facts::{EmailAddress, PhoneNumber};
use sspr::method::{Channel, MethodView, NewMethod};
use sspr::port::{Clock as _, RecordKind, Store as _};

fn mail(name: &str) -> NewMethod {
    NewMethod::email(EmailAddress::parse(&format!("{name}@private.example")).expect("valid"))
}

async fn add(
    world: &World,
    method: &NewMethod,
) -> Result<sspr::Reply<sspr::RegistrationTicket>, sspr::Error> {
    world.engine.registration().add(&request(), &world.signed_in(), method).await
}

async fn listed(world: &World) -> Vec<MethodView> {
    let registration = world.engine.registration();
    registration.list(&request(), &world.signed_in()).await.expect("listed")
}

#[tokio::test]
async fn one_address_is_pending_once_and_the_newer_code_counts() {
    let world = World::builder().settings(settings()).open().await;
    let first = add(&world, &mail("ada")).await.expect("added");
    world.deliver().await;
    let old = world.inbox.last_code_to("ada@private.example").expect("a code");
    world.clock.advance(Duration::from_secs(61));
    // Another spelling of the mailbox is the same address.
    let again = add(&world, &mail("ADA")).await.expect("added again");
    let seen = listed(&world).await;
    assert_eq!(seen.len(), 1, "{seen:?}");
    assert!(!seen[0].active && seen[0].usable_from.is_none(), "{seen:?}");
    world.deliver().await;
    let new = world.inbox.last_code_to("ADA@private.example").expect("a code");
    let (registration, user) = (world.engine.registration(), world.signed_in());
    let late = registration.confirm(&request(), &user, &first.ticket, &code(&old)).await;
    assert!(late.is_err(), "the older code is void");
    let done = registration.confirm(&request(), &user, &again.ticket, &code(&new)).await;
    assert!(done.expect("confirmed").active);
    assert_eq!(listed(&world).await.len(), 1);
}

#[tokio::test]
async fn a_third_address_of_a_kind_is_refused_as_one_too_many_not_as_too_often() {
    let world = World::builder().settings(settings()).open().await;
    for name in ["one", "two"] {
        add(&world, &mail(name)).await.expect("room");
        world.clock.advance(Duration::from_secs(61));
    }
    assert_eq!(listed(&world).await.len(), 2, "both wait for their code");
    let third = add(&world, &mail("three")).await.unwrap_err();
    assert_eq!(third.refusal(), Some(&Refusal::LimitReached), "{third}");
    // Another kind has a limit of its own, and a pending method may be replaced by another.
    let phone = PhoneNumber::parse(MOBILE).expect("valid");
    let phone = NewMethod::mobile_phone(phone, Channel::Sms).expect("reached");
    add(&world, &phone).await.expect("another kind");
    let waiting = listed(&world).await;
    let registration = world.engine.registration();
    registration.remove(&request(), &world.signed_in(), &waiting[0].id).await.expect("removed");
    world.clock.advance(Duration::from_secs(61));
    add(&world, &mail("three")).await.expect("there is room again");
}

#[tokio::test]
async fn a_method_that_can_no_longer_be_confirmed_is_not_shown_and_leaves_the_record() {
    let store = MemoryStore::new();
    let world = World::builder().store(store.clone()).settings(settings()).open().await;
    add(&world, &mail("one")).await.expect("added");
    assert!(bodies(&store).await.contains("one@private.example"));
    assert_eq!(listed(&world).await.len(), 1);
    world.clock.advance(Duration::from_secs(16 * 60));
    assert_eq!(listed(&world).await, [], "its flow is over");
    let review = world.engine.registration().review(&request(), &world.signed_in()).await;
    assert_eq!(review.expect("reviewed").methods, []);
    world.deliver().await;
    let after = bodies(&store).await;
    assert!(!after.contains("one@private.example"), "{after}");
}

/// The bodies of all account records.
async fn bodies(store: &MemoryStore) -> String {
    let page = store.scan(&tenant(), RecordKind::Account, None, 10).await.expect("listed");
    page.items.iter().map(|record| record.body().to_owned()).collect()
}

#[tokio::test]
async fn a_pending_method_has_no_time_from_which_it_is_usable() {
    let world = World::builder().settings(settings()).open().await;
    add(&world, &mail("one")).await.expect("added");
    let seen = listed(&world).await;
    assert_eq!(
        serde_json::to_value(&seen).expect("plain")[0]["usable_from"],
        serde_json::Value::Null
    );
    world.register_contacts().await;
    let active: Vec<_> = listed(&world).await.into_iter().filter(|method| method.active).collect();
    assert_eq!(active.len(), 2);
    assert!(
        active.iter().all(|method| method.usable_from <= Some(world.clock.now())),
        "{active:?}"
    );
}
