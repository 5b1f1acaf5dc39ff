//! Unknown holdings are not treated as none: the call fails with the port's fault before anything
//! changes.

use sspr::testing::TestSeal;
use std::time::Duration;

use crate::registration::person::*;
use crate::support::*;
use sspr::adapters::memory::MemoryStore;
use sspr::error::FaultOrigin;
use sspr::method::{Channel, Prompt};
use sspr::policy::Deviation;
use sspr::testing::{CallLog, FaultPlan, Faulty, InjectedFault, Recorder, SimulatedMethod};
use sspr::{Engine, Error, MethodKind, PolicySettings, Refusal};

/// One of mail, phone and passkey is enough, so that the second method is tested.
fn one_of_three() -> PolicySettings {
    let mut settings = by_default();
    settings.users.required = 1;
    settings.users.methods.insert(MethodKind::Passkey);
    settings
}

struct Scene {
    world: World,
    plan: FaultPlan,
    log: CallLog,
    /// Another process over the same store, built without the passkey.
    other: Engine,
}

async fn scene(settings: PolicySettings) -> Scene {
    let (log, plan) = (CallLog::new(), FaultPlan::none());
    let passkey = SimulatedMethod::new(MethodKind::Passkey);
    let asked = Faulty::new(passkey.clone(), plan.clone());
    let mut world = World::builder()
        .store(Recorder::new(MemoryStore::new(), log.clone()))
        .settings(settings)
        .without_abilities()
        .engine(|engine| engine.seal(TestSeal).external_method(asked))
        .open()
        .await;
    world.passkey = passkey;
    let other = world.beside().seed(8).without_abilities().open().await.engine;
    Scene { world, plan, log, other }
}

fn commits(log: &CallLog) -> usize {
    log.shapes().iter().filter(|shape| format!("{shape:?}").contains("commit")).count()
}

/// S1: if the passkey service is down, loses its reply or hangs, the user is not treated as one
/// without a passkey.
#[tokio::test]
async fn a_passkey_that_the_host_cannot_ask_about_lets_no_password_bind_an_address() {
    for fault in [InjectedFault::FailBefore, InjectedFault::LoseReply] {
        let Scene { world, plan, log, .. } = scene(one_of_three()).await;
        world.passkey.give(&world.user);
        let thief = password_only(&world, "thief");
        drop(plan.clone().on("external.available", fault));
        log.clear();
        let registration = world.engine.registration();
        let added = registration.add(&request(), &thief, &mail_to(THEIR_MAIL)).await;
        let Err(Error::Fault(fault)) = added else { panic!("{added:?}") };
        assert_eq!(fault.origin, FaultOrigin::ExternalMethod);
        assert!(
            std::error::Error::source(&fault.error).is_some(),
            "names the method and the cause"
        );
        assert_eq!(commits(&log), 0, "{:?}", log.shapes());
        assert!(registration.prompt(&request(), &thief).await.is_err(), "nor does the prompt ask");
        let review = registration.review(&request(), &thief).await.expect("shown");
        assert_eq!(review.unanswered, [MethodKind::Passkey]);
        plan.heal();
        let added = registration.add(&request(), &thief, &mail_to(THEIR_MAIL)).await;
        assert_eq!(refusal(added), Refusal::SecondFactorRequired);
        assert_eq!(world.inbox.messages_to(THEIR_MAIL).len(), 0);
    }
}

/// S1: a second factor settles the first question; whether a hold applies is still unknown.
#[tokio::test]
async fn with_a_second_factor_the_hold_is_not_guessed_either() {
    let Scene { world, plan, .. } = scene(one_of_three()).await;
    world.passkey.give(&world.user);
    let owner = with_second_factor(&world, "owner");
    drop(plan.clone().on("external.available", InjectedFault::FailBefore));
    let added = world.engine.registration().add(&request(), &owner, &mail_to(MAIL)).await;
    assert!(matches!(added, Err(Error::Fault(_))), "{added:?}");
    plan.heal();
    let bound = bind_mail(&world, &owner).await.expect("answered");
    assert!(bound.usable_from > Some(sspr::port::Clock::now(&world.clock)), "there was one before");
}

/// S1: a registration that began while the holdings were known is confirmed only while they are
/// known.
#[tokio::test]
async fn a_confirmation_waits_for_an_answer_too() {
    let Scene { world, plan, log, .. } = scene(one_of_three()).await;
    let user = password_only(&world, "first");
    let (ticket, typed) = begin(&world, &user, &mail_to(MAIL), MAIL).await.expect("none there");
    drop(plan.clone().on("external.available", InjectedFault::FailBefore));
    log.clear();
    let registration = world.engine.registration();
    let late = registration.confirm(&request(), &user, &ticket, &typed).await;
    assert!(matches!(late, Err(Error::Fault(_))), "{late:?}");
    assert_eq!(commits(&log), 0, "no attempt is spent");
    plan.heal();
    let bound = registration.confirm(&request(), &user, &ticket, &typed).await.expect("answered");
    assert_eq!(bound.usable_from, Some(sspr::port::Clock::now(&world.clock)), "the first one");
}

/// S1: an engine built without the method cannot know whether a user has it.
#[tokio::test]
async fn an_engine_built_without_a_method_that_the_policy_counts_does_not_say_none() {
    let Scene { world, other, .. } = scene(one_of_three()).await;
    world.passkey.give(&world.user);
    let thief = password_only(&world, "thief");
    let registration = other.registration();
    let added = registration.add(&request(), &thief, &mail_to(THEIR_MAIL)).await;
    let Err(Error::Fault(fault)) = added else { panic!("{added:?}") };
    assert_eq!(
        (fault.origin, fault.retry()),
        (FaultOrigin::ExternalMethod, sspr::port::Retry::Never)
    );
    let why = std::error::Error::source(&fault.error).expect("a cause").to_string();
    assert!(why.contains("passkey"), "{why}");
    // The record alone decides, whatever other methods the user may have.
    bind_mail(&world, &with_second_factor(&world, "owner")).await.expect("bound");
    let added = registration.add(&request(), &thief, &text_to(THEIR_MOBILE)).await;
    assert_eq!(refusal(added), Refusal::SecondFactorRequired);
    assert_eq!(registration.prompt(&request(), &thief).await.expect("known").ask, Prompt::Nothing);
}

/// S1: the directory's phone counts while the text gateway is down.
#[tokio::test]
async fn a_phone_of_the_directory_exists_while_no_text_can_be_sent() {
    let mut settings = by_default();
    settings.users.required = 1;
    settings.contacts.directory = true;
    settings.acknowledged.insert(Deviation::UnverifiedDirectoryContacts);
    let Scene { world, .. } = scene(settings).await;
    let known = |facts: &mut sspr::facts::UserFacts| {
        facts.contacts.mobile_phone = Some(MOBILE.to_owned());
    };
    world.directory.update_user(&world.tenant, &world.user, known).expect("known");
    world.inbox.set_channels(&world.tenant, vec![Channel::Email]);
    let thief = password_only(&world, "thief");
    let added = world.engine.registration().add(&request(), &thief, &mail_to(THEIR_MAIL)).await;
    assert_eq!(refusal(added), Refusal::SecondFactorRequired);
    let owner = with_second_factor(&world, "owner");
    let bound = bind_mail(&world, &owner).await.expect("bound");
    assert!(bound.usable_from > Some(sspr::port::Clock::now(&world.clock)), "there was one before");
}

/// S1: an authenticator counts as existing while its seed cannot be opened, and so does a consumed
/// set of recovery codes.
#[tokio::test]
async fn what_cannot_be_proven_now_still_exists() {
    let mut settings = with_devices();
    settings.users.required = 1;
    settings.failures.consecutive = 15; // with one gate the policy must allow fewer guesses
    let Scene { world, .. } = scene(settings).await;
    bind_app(&world, &password_only(&world, "owner")).await.expect("the first");
    world.clock.advance(Duration::from_secs(60));
    world.inbox.set_channels(&world.tenant, vec![Channel::Email]);
    let thief = password_only(&world, "thief");
    let added = world.engine.registration().add(&request(), &thief, &mail_to(THEIR_MAIL)).await;
    assert_eq!(refusal(added), Refusal::SecondFactorRequired);
}
