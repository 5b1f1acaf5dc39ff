//! The directory write of a reset and its effects: V46, V47, V49.

use sspr::adapters::memory::MemoryStore;
use sspr::admin::Contacts;
use sspr::facts::{SessionKinds, WriteOutcome};
use sspr::message::Notice;
use sspr::method::NewMethod;
use sspr::testing::{FaultPlan, Faulty, InjectedFault};
use sspr::{Engine, Error, Refusal, Step};

use crate::people::*;
use crate::stores::StoreKind;
use crate::support::*;

on_every_store!(
    v46_a_failure_at_any_call_leaves_old_with_grant_or_new_with_notice,
    v47_sessions_end_whatever_the_caller_does,
);
in_memory!(
    v46_a_rejected_password_costs_no_code,
    v48_a_reset_lowers_no_budget,
    v49_all_previous_addresses_are_notified,
);

/// V46: three rejected passwords, the third by the directory, then a valid one, with one code.
async fn v46_a_rejected_password_costs_no_code(_kind: &StoreKind) {
    let world = World::builder().settings(settings()).registered().open().await;
    world.directory.set_history(3);
    let ticket = world.granted().await;
    let sent = world.inbox.all().len();
    for bad in ["short", "password", OLD] {
        let answer = refusal(world.complete(&ticket, bad).await);
        let grant_kept = matches!(answer, Refusal::Password(_) | Refusal::DirectoryPassword { .. });
        assert!(grant_kept, "{bad}: {answer:?}");
        assert!(world.password_is(OLD));
    }
    let done = world.complete(&ticket, NEW).await.expect("reset");
    assert_eq!(done.step, Step::Done { propagated: true });
    assert_eq!(world.inbox.all().len(), sent, "no other code was needed");
    let events = events_of(&world, &world.user).await;
    assert_eq!(count(&events, "password_rejected"), 3);
    // The tenth rejection ends the grant, so that the rules are no oracle for other users'
    // passwords.
    world.clock.advance(DAY);
    let ticket = world.granted().await;
    for n in 0..10 {
        assert!(
            matches!(refusal(world.complete(&ticket, "short").await), Refusal::Password(_)),
            "{n}"
        );
    }
    assert!(world.complete(&ticket, "violet plum candle tractor").await.is_err());
    assert!(world.password_is(NEW));
}

const FAULTS: [InjectedFault; 4] = [
    InjectedFault::FailBefore,
    InjectedFault::FailUnknownBefore,
    InjectedFault::LoseReply,
    InjectedFault::HangAfter,
];

/// V46: with a fault at any call of `complete`, the account has either the old password and a live
/// grant, or the new password. The same call again settles it, and the owner is notified.
async fn v46_a_failure_at_any_call_leaves_old_with_grant_or_new_with_notice(stores: &StoreKind) {
    let mut met = 0;
    for fault in FAULTS {
        if stores.rounds(1, 0) == 0 && fault != InjectedFault::LoseReply {
            continue; // the disk is slow, and the other faults do not depend on the store
        }
        for call in 0..14 {
            let under_test = stores.empty();
            let plan = FaultPlan::none();
            let mut world =
                World::builder().store(under_test.open()).settings(settings()).open().await;
            world.engine =
                broken(&world, Faulty::new(under_test.open(), plan.clone()), &plan).await;
            equip(&world).await;
            let ticket = world.granted().await;
            let from = plan.calls();
            let _ = plan.clone().at(from + call, fault);
            let case = format!("{fault:?} at call {call}");
            let first = {
                let mut write = Box::pin(world.complete(&ticket, NEW));
                // A caller who disconnects drops the future at its present await. A store on disk
                // wakes the task from its own thread, so the test waits for it.
                match fault {
                    InjectedFault::HangAfter => sspr::testing::poll_until_stalled(write.as_mut()),
                    _ => Some(write.await),
                }
            };
            let hit = plan.calls() > from + call;
            met += u32::from(hit);
            plan.heal();
            if let Some(Err(Error::Refused(refusal))) = &first {
                let refused = matches!(refusal, Refusal::NotEligible { .. });
                assert!(refused && hit, "{case}: {refusal:?}");
            }
            // At once, or after the write in flight has ended.
            let mut last = world.complete(&ticket, NEW).await;
            if let Err(Error::Refused(Refusal::Busy { retry_at })) = &last {
                world.clock.set(*retry_at);
                last = world.complete(&ticket, NEW).await;
            }
            let shown = match last {
                // The password was written and the reply was lost: `view` shows it.
                Err(Error::Refused(Refusal::Ended)) => {
                    world.engine.reset().view(&request(), &ticket).await
                }
                other => other,
            };
            let done = shown.unwrap_or_else(|error| panic!("{case}: {error:?}"));
            assert_eq!(done.step, Step::Done { propagated: true }, "{case}");
            assert!(world.password_is(NEW), "{case}");
            world.clock.advance(MINUTE);
            world.deliver().await;
            let notices = world.inbox.messages_to(MAIL);
            let count_of = |kind| notices.iter().filter(|notice| notice.kind == kind).count();
            let certain = count_of("notice.password_reset");
            let perhaps = count_of("notice.password_may_have_changed");
            assert!(certain + perhaps >= 1, "{case}");
            assert!(!world.directory.revocations(&world.tenant, &world.user).is_empty(), "{case}");
            let events = events_of(&world, &world.user).await;
            assert_eq!(count(&events, "password_reset"), 1, "{case}");
        }
    }
    assert!(met > 5, "the faults were met");
}

/// Gives Ada a mail address and a mobile phone.
async fn equip(world: &World) {
    let mut contacts = Contacts::default();
    contacts.email = Some(mail(MAIL));
    contacts.mobile_phone = Some(phone(MOBILE));
    supply(world, &world.user, &contacts).await;
    world.deliver().await;
}

async fn broken(
    world: &World,
    store: impl sspr::port::Store + 'static,
    plan: &FaultPlan,
) -> Engine {
    let [of_directory, of_sessions, of_delivery] = [plan.clone(), plan.clone(), plan.clone()];
    let joined = world
        .beside()
        .store(store)
        .seed(5)
        .directory(|directory| Faulty::new(directory, of_directory))
        .sessions(|sessions| Faulty::new(sessions, of_sessions))
        .delivery(|inbox| Faulty::new(inbox, of_delivery));
    joined.open().await.engine
}

/// V47: the revocation is part of the write: it needs no further call and is retried until it
/// succeeds.
async fn v47_sessions_end_whatever_the_caller_does(stores: &StoreKind) {
    let under_test = stores.empty();
    let plan = FaultPlan::none().on("sessions.revoke", InjectedFault::FailBefore);
    let mut world = World::builder().store(under_test.open()).settings(settings()).open().await;
    world.engine = broken(&world, under_test.open(), &plan).await;
    equip(&world).await;
    let ticket = world.granted().await;
    world.complete(&ticket, NEW).await.expect("reset");
    let written_at = sspr::port::Clock::now(&world.clock);
    for _ in 0..5 {
        world.engine.maintain(100).await.expect("maintained");
        assert!(world.directory.revocations(&world.tenant, &world.user).is_empty());
        world.clock.advance(HOUR);
    }
    plan.heal();
    world.engine.maintain(100).await.expect("maintained");
    let revoked = world.directory.revocations(&world.tenant, &world.user);
    assert_eq!(revoked.len(), 1);
    assert_eq!(revoked[0].kinds, SessionKinds::All);
    assert_eq!(revoked[0].authenticated_before, written_at);
    let events = events_of(&world, &world.user).await;
    assert_eq!(count(&events, "sessions_revoked"), 1);

    // Also if the outcome of the write is unknown.
    world.clock.advance(2 * DAY);
    let ticket = world.granted().await;
    world.directory.script_outcome(WriteOutcome::Indeterminate);
    let unknown = world.complete(&ticket, "violet plum candle tractor").await;
    assert!(matches!(unknown, Err(Error::Fault(_))));
    world.deliver().await;
    assert_eq!(world.directory.revocations(&world.tenant, &world.user).len(), 2);
    let messages = world.inbox.messages_to(MAIL);
    assert!(messages.iter().any(|message| message.kind == "notice.password_may_have_changed"));
}

/// V48: a reset clears no counted failure: a budget that was spent before is spent after.
async fn v48_a_reset_lowers_no_budget(_kind: &StoreKind) {
    let world = World::builder().settings(one_gate()).open().await;
    let person = settle(&world, 1).await;
    let first = opened(&world.engine, &source(1), &person.name, &email()).await.expect("opened");
    guess(&world.engine, &source(1), &first.ticket, 4).await;
    world.deliver().await;
    let right = world.inbox.last_code_to(&person.mail).expect("a code");
    let reply = try_code(&world.engine, &source(1), &first.ticket, &right).await.expect("proven");
    world.engine.reset().complete(&source(1), &reply.ticket, &NEW.into()).await.expect("reset");
    assert_eq!(exhaust(&world, &person.name, &email(), 10).await, 6, "10 less the 4 from before");
}

/// V49: after a reset and after each change of methods all addresses that were valid before are
/// notified, including a removed one and without a new one.
async fn v49_all_previous_addresses_are_notified(_kind: &StoreKind) {
    let world =
        World::builder().store(MemoryStore::new()).settings(settings()).registered().open().await;
    let (request, primary, second) = (request(), "ada@contoso.example", "second@private.example");
    world.inbox.clear();
    let kinds = |to: &str| -> Vec<&'static str> {
        let mut kinds: Vec<_> =
            world.inbox.messages_to(to).iter().map(|message| message.kind).collect();
        kinds.retain(|kind| kind.starts_with("notice."));
        kinds
    };
    world.register(NewMethod::email(mail(second)), second).await;
    world.deliver().await;
    for to in [primary, MAIL, MOBILE] {
        assert_eq!(kinds(to), ["notice.method_added"], "{to}");
    }
    assert!(kinds(second).is_empty());

    world.inbox.clear();
    // The hold must be over, or the reset would drop the address and notify that too.
    world.clock.advance(std::time::Duration::from_secs(86_401));
    let ticket = world.granted().await;
    world.complete(&ticket, NEW).await.expect("reset");
    world.deliver().await;
    for to in [primary, MAIL, MOBILE, second] {
        assert_eq!(kinds(to), ["notice.password_reset"], "{to}");
    }

    world.inbox.clear();
    let registration = world.engine.registration();
    let all = registration.list(&request, &world.signed_in()).await.expect("listed");
    let removed = all.iter().find(|method| address(method) == MAIL).expect("listed");
    registration.remove(&request, &world.signed_in(), &removed.id).await.expect("removed");
    world.deliver().await;
    for to in [primary, MAIL, MOBILE, second] {
        assert_eq!(kinds(to), ["notice.method_removed"], "{to}");
    }
    let notices = world.inbox.all().into_iter().filter_map(|message| message.notice);
    assert!(notices.into_iter().all(|notice| matches!(notice, Notice::MethodRemoved { .. })));
}
