//! A rolling upgrade: nodes of this release and of a newer one over one store.

use std::time::Duration;

use sspr::error::FaultOrigin;
use sspr::port::PortErrorKind;
use sspr::testing::block_on;
use sspr::{Error, RegistrationTicket, Step};

use crate::records::newer::Newer;
use crate::records::stores::{StoreUnderTest, all};
use crate::support::{MAIL, MOBILE, NEW, OLD, World, code, email, request, settings, sms};

async fn world(under_test: &StoreUnderTest) -> World {
    let world = World::builder()
        .store(std::sync::Arc::clone(&under_test.store))
        .settings(settings())
        .registered()
        .open()
        .await;
    world.inbox.clear();
    world
}

pub(crate) fn corrupt<T: std::fmt::Debug>(result: Result<T, Error>, what: &str) -> String {
    match result {
        Err(Error::Fault(fault)) => {
            assert_eq!(fault.origin, FaultOrigin::Store, "{what}");
            assert_eq!(fault.error.kind(), PortErrorKind::Corrupt, "{what}");
            let source = std::error::Error::source(&fault.error).expect("a cause");
            source.to_string()
        }
        other => panic!("{what}: {other:?}"),
    }
}

/// Inv. 19: after each step of this release, everything that the newer release wrote before is
/// kept.
#[test]
fn a_reset_keeps_what_a_newer_release_writes_between_its_steps() {
    for under_test in all() {
        block_on(async {
            let world = world(&under_test).await;
            let user = &world.user;
            let mut newer = Newer::default();
            newer.writes(&under_test, user).await;
            let reply = world.start().await;
            let reply = world.challenge(&reply.ticket, &email()).await;
            assert!(newer.finds(&under_test, user, "challenge").await >= 4);
            newer.writes(&under_test, user).await;
            world.deliver().await;
            newer.finds(&under_test, user, "delivery").await;
            let wrong = world.prove(&reply.ticket, "00000000").await;
            assert!(matches!(wrong, Err(Error::Refused(_))), "{}: {wrong:?}", under_test.name);
            newer.finds(&under_test, user, "a wrong code").await;
            newer.writes(&under_test, user).await;
            let typed = world.inbox.last_code_to(MAIL).expect("a code");
            let reply = world.prove(&reply.ticket, &typed).await.expect("proven");
            newer.finds(&under_test, user, "proof").await;
            newer.writes(&under_test, user).await;
            let (reply, typed) = world.challenged(&reply.ticket, &sms(), MOBILE).await;
            newer.writes(&under_test, user).await;
            let reply = world.prove(&reply.ticket, &typed).await.expect("proven");
            assert!(matches!(reply.step, Step::NewPassword { .. }), "{}", under_test.name);
            newer.finds(&under_test, user, "the second proof").await;
            newer.writes(&under_test, user).await;
            world.complete(&reply.ticket, "short").await.expect_err("refused");
            newer.finds(&under_test, user, "a refused password").await;
            world.complete(&reply.ticket, NEW).await.expect("reset");
            newer.finds(&under_test, user, "the reset").await;
            newer.writes(&under_test, user).await;
            world.deliver().await;
            assert!(newer.finds(&under_test, user, "the notices").await >= 4);
            world.clock.advance(Duration::from_secs(3_600));
            world.deliver().await;
            assert!(newer.finds(&under_test, user, "the end of the flow").await >= 4);
            assert!(world.password_is(NEW), "{}", under_test.name);
        });
    }
}

/// Inv. 19: a registration by this release beside the newer one.
#[test]
fn a_registration_keeps_what_a_newer_release_has_written() {
    for under_test in all() {
        block_on(async {
            let world = world(&under_test).await;
            let user = &world.user;
            let mut newer = Newer::default();
            newer.writes(&under_test, user).await;
            let signed_in = world.signed_in();
            let second = sspr::facts::EmailAddress::parse("ada@second.example").expect("valid");
            let add = sspr::method::NewMethod::email(second);
            let registration = world.engine.registration();
            let reply = registration.add(&request(), &signed_in, &add).await.expect("added");
            newer.finds(&under_test, user, "adding").await;
            newer.writes(&under_test, user).await;
            world.deliver().await;
            let typed = world.inbox.last_code_to("ada@second.example").expect("a code");
            let ticket: &RegistrationTicket = &reply.ticket;
            let typed = code(&typed);
            registration.confirm(&request(), &signed_in, ticket, &typed).await.expect("active");
            newer.finds(&under_test, user, "confirming").await;
            newer.writes(&under_test, user).await;
            let list = registration.list(&request(), &signed_in).await.expect("listed");
            let last = &list.last().expect("a method").id;
            registration.remove(&request(), &signed_in, last).await.expect("removed");
            assert!(newer.finds(&under_test, user, "removing").await >= 4);
        });
    }
}

/// Inv. 19: an account closed by the newer release stays closed and unchanged, and its flow
/// continues once it is open again.
#[test]
fn a_flow_stands_still_while_a_newer_release_has_closed_the_account() {
    for under_test in all() {
        for field in ["min_reader", "min_writer"] {
            block_on(async {
                let fresh = all().into_iter().find(|fresh| fresh.name == under_test.name);
                let under_test = fresh.expect("the same kind");
                let world = world(&under_test).await;
                let reply = world.start().await;
                let (reply, typed) = world.challenged(&reply.ticket, &email(), MAIL).await;
                under_test.edit(&world.user, |body| body[field] = 2.into()).await;
                let before = under_test.account(&world.user).await;
                let said = corrupt(world.prove(&reply.ticket, &typed).await, field);
                assert!(said.contains(&before.key().to_string()), "{said}");
                let view = world.engine.reset().view(&request(), &reply.ticket).await;
                corrupt(view.map(drop), field);
                let done = world.engine.maintain(10).await.expect("others are tended");
                assert_eq!(done.failed, 1, "{}: {done:?}", under_test.name);
                let after = under_test.account(&world.user).await;
                assert_eq!(after.body(), before.body(), "{}: {field}", under_test.name);
                assert_eq!(after.version(), before.version(), "{}: {field}", under_test.name);
                assert!(world.password_is(OLD));
                under_test.edit(&world.user, |body| body[field] = 1.into()).await;
                world.prove(&reply.ticket, &typed).await.expect("the right code, still");
            });
        }
    }
}

/// Inv. 19: a field in a part that is replaced as a whole, or a variant that came later.
#[test]
fn a_field_that_cannot_be_kept_closes_the_account() {
    type Change = fn(&mut serde_json::Value);
    let changes: [(&str, Change); 4] = [
        ("numbers", |body| body["numbers"]["palms"] = 1.into()),
        ("window", |body| body["budgets"][0]["anonymous"]["half_life"] = 1.into()),
        ("kind", |body| body["methods"][0]["kind"] = "palm".into()),
        ("state", |body| body["methods"][0]["state"] = "suspended".into()),
    ];
    for (what, change) in changes {
        for under_test in all() {
            block_on(async {
                let world = world(&under_test).await;
                let reply = world.start().await;
                let (reply, typed) = world.challenged(&reply.ticket, &email(), MAIL).await;
                let wrong = if typed.starts_with('1') { "20000000" } else { "10000000" };
                world.prove(&reply.ticket, wrong).await.expect_err("wrong");
                under_test.edit(&world.user, change).await;
                let said = corrupt(world.prove(&reply.ticket, &typed).await, what);
                assert!(!said.contains("private") && !said.contains("palm"), "{said}");
            });
        }
    }
}
