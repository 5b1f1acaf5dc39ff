//! Invariants 9 and 14: messages, and the recipients of notices.

use std::time::Duration;

use sspr::admin::Contacts;
use sspr::facts::EmailAddress;
use sspr::port::PortErrorKind;
use sspr::testing::{FaultPlan, Faulty, InjectedFault, block_on, poll_until_stalled};
use sspr::{Engine, Refusal, ResetTicket};

use crate::stores::{StoreUnderTest, all, memory, secret};
use crate::support::{MAIL, MOBILE, NEW, OLD, World, email, one_gate, refusal, request, settings};

const PRIMARY: &str = "ada@contoso.example";

#[test]
fn inv09_a_superseded_code_is_never_sent() {
    for under_test in all() {
        block_on(async {
            let world = under_test.world(one_gate()).await;
            let reply = world.start().await;
            let reply = world.challenge(&reply.ticket, &email()).await;
            world.clock.advance(Duration::from_secs(61));
            let reply = world.challenge(&reply.ticket, &email()).await;
            world.deliver().await;
            let sent = world.inbox.messages_to(MAIL);
            assert_eq!(sent.len(), 1, "{}: only the live code", under_test.name);
            world.prove(&reply.ticket, sent[0].code().expect("a code")).await.expect("proven");
        });
    }
}

#[test]
fn inv09_a_live_message_is_tried_until_it_is_dead() {
    for under_test in all() {
        block_on(async {
            let world = under_test.world(one_gate()).await;
            world.inbox.fail_with(Some(PortErrorKind::Unavailable));
            let reply = world.start().await;
            world.challenge(&reply.ticket, &email()).await;
            let before = world.inbox.attempts();
            for _ in 0..20 {
                world.deliver().await;
                world.clock.advance(Duration::from_secs(20));
            }
            let tries = world.inbox.attempts() - before;
            assert!(
                (5..20).contains(&tries),
                "{}: {tries} tries, with longer waits",
                under_test.name
            );
            // After ten minutes the code has expired, and its message is not sent.
            world.clock.advance(Duration::from_secs(10 * 60));
            world.inbox.fail_with(None);
            world.deliver().await;
            assert!(
                world.inbox.messages_to(MAIL).is_empty(),
                "{}: an expired code",
                under_test.name
            );
        });
    }
}

#[test]
fn inv09_a_lost_reply_repeats_the_message_under_its_own_key() {
    for under_test in all() {
        block_on(async {
            let world = under_test.world(one_gate()).await;
            world.inbox.fail_with(Some(PortErrorKind::Unknown));
            let reply = world.start().await;
            world.challenge(&reply.ticket, &email()).await;
            world.deliver().await;
            world.inbox.fail_with(None);
            world.clock.advance(Duration::from_secs(10));
            world.deliver().await;
            let sent = world.inbox.messages_to(MAIL);
            assert_eq!((sent.len(), sent[0].repetitions), (1, 1), "{}", under_test.name);
        });
    }
}

/// Inv. 14: notices go to addresses that were valid before the change, not to addresses that the
/// change added.
#[test]
fn inv14_every_change_is_told_to_the_addresses_before_it() {
    for under_test in all() {
        block_on(async {
            let world = under_test.world(settings()).await;
            let ticket = world.granted().await;
            world.complete(&ticket, NEW).await.expect("reset");
            world.deliver().await;
            for address in [PRIMARY, MAIL, MOBILE] {
                let told = world.inbox.messages_to(address);
                let resets = told.iter().filter(|message| message.kind == "notice.password_reset");
                assert_eq!(resets.count(), 1, "{}: {address}", under_test.name);
            }
            assert_eq!(under_test.count("password_reset").await, 1, "{}", under_test.name);
            assert_eq!(under_test.count("sessions_revoked").await, 1, "{}", under_test.name);
        });
    }
}

/// An engine whose directory writes the password and never returns.
async fn hanging(under_test: &StoreUnderTest, world: &World) -> Engine {
    let plan = FaultPlan::none().on("directory.set_password", InjectedFault::HangAfter);
    let joined = world.beside().store(under_test.store.clone()).seed(11);
    joined.directory(|directory| Faulty::new(directory, plan)).open().await.engine
}

/// Other changes of an account while its password is being written.
async fn meanwhile(world: &World, what: &str) {
    let registration = world.engine.registration();
    let user = world.signed_in();
    match what {
        "a method removed" => {
            let methods = registration.list(&request(), &user).await.expect("listed");
            registration.remove(&request(), &user, &methods[0].id).await.expect("removed");
        }
        "contacts supplied" => {
            let mut contacts = Contacts::default();
            contacts.email = Some(EmailAddress::parse("ada@office.example").expect("valid"));
            let by = world.admin();
            by.supply_contacts(&world.user, &contacts).await.expect("supplied");
        }
        _ => {}
    }
}

pub(crate) async fn dies_while_writing(what: &str) {
    let under_test = memory();
    let world = under_test.world(settings()).await;
    let engine = hanging(&under_test, &world).await;
    let ticket = world.granted().await;
    {
        let (reset, request, password) = (engine.reset(), request(), secret(NEW));
        let mut complete = Box::pin(reset.complete(&request, &ticket, &password));
        assert!(poll_until_stalled(complete.as_mut()).is_none(), "the call hangs");
    }
    assert!(world.password_is(NEW), "written, and no notice sent yet");
    meanwhile(&world, what).await;
    for _ in 0..3 {
        world.clock.advance(Duration::from_secs(40));
        world.deliver().await;
    }
    for address in [PRIMARY, MAIL, MOBILE] {
        let told = world.inbox.messages_to(address);
        let of_it = told.iter().any(|message| message.kind == "notice.password_may_have_changed");
        assert!(of_it, "{what}: {address} was never notified");
    }
    let revoked = world.directory.revocations(&world.tenant, &world.user);
    assert!(!revoked.is_empty(), "{what}: the sessions live on");
    let outbox = under_test.body().await["outbox"].clone();
    assert_eq!(outbox, serde_json::json!([]), "{what}: never removed from the outbox");
}

/// Inv. 14: the process ends after the directory has written.
#[test]
fn inv14_a_crash_during_the_write_is_told() {
    block_on(dies_while_writing("nothing"));
}

/// Inv. 14: the same if the flow expires before the write's deadline, and `maintain` is not busy
/// until then.
#[test]
fn inv14_a_flow_that_ends_during_its_write_is_told() {
    block_on(async {
        let under_test = memory();
        let world = under_test.world(settings()).await;
        let engine = hanging(&under_test, &world).await;
        let started = world.start().await;
        drop(started);
        let ticket = world.granted().await;
        world.clock.advance(Duration::from_secs(9 * 60 + 59));
        let late = ResetTicket::parse(ticket.expose_secret()).expect("own");
        {
            let (reset, request, password) = (engine.reset(), request(), secret(NEW));
            let mut complete = Box::pin(reset.complete(&request, &late, &password));
            assert!(poll_until_stalled(complete.as_mut()).is_none(), "the call hangs");
        }
        under_test
            .edit(|body| {
                let now = body["seen"].as_i64().expect("a time");
                body["flows"][0]["expires_at"] = (now + 5_000).into();
            })
            .await;
        world.clock.advance(Duration::from_secs(10));
        let busy = world.engine.maintain(100).await.expect("maintained");
        assert!(!busy.more, "no work is due before the deadline: {busy:?}");
        world.clock.advance(Duration::from_secs(40));
        world.deliver().await;
        let told = world.inbox.messages_to(PRIMARY);
        assert!(told.iter().any(|message| message.kind == "notice.password_may_have_changed"));
        assert!(!world.password_is(OLD));
    });
}

/// Inv. 14: a refused password is one event, and no notice.
#[test]
fn inv14_a_refused_password_is_recorded_and_not_told() {
    block_on(async {
        let under_test = memory();
        let world = under_test.world(settings()).await;
        let ticket = world.granted().await;
        for _ in 0..9 {
            assert!(world.complete(&ticket, "short").await.is_err());
        }
        assert_eq!(under_test.count("password_rejected").await, 9);
        world.deliver().await;
        let notices = world.inbox.all().into_iter().filter(|message| message.notice.is_some());
        assert_eq!(notices.count(), 0);
        // The tenth rejection ends the grant.
        assert!(world.complete(&ticket, "short").await.is_err());
        let over = world.complete(&ticket, NEW).await;
        assert!(matches!(refusal(over), Refusal::Ended | Refusal::MoreProofNeeded));
        assert!(world.password_is(OLD));
    });
}
