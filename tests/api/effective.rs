//! Reasons, details and facts of the model, as hosts and administrators see them.

#![cfg(feature = "testing")]

use std::collections::BTreeSet;

use sspr::admin::{Explanation, Withheld};
use sspr::audit::EventKind;
use sspr::error::SsprReason;
use sspr::facts::{
    ContactSlot, GroupId, PasswordHome, UserFacts, UserKind, WriteOutcome, WritebackState,
};
use sspr::method::Channel;
use sspr::policy::{Deviation, Disclosure, PhoneFormat, Retired, Retirement, Scope};
use sspr::testing::CallLog;
use sspr::{MethodKind, PolicySettings, Refusal, RoleId, Step, Timestamp};

use crate::support::*;

type Change = fn(&mut UserFacts);
type Setting = fn(&mut PolicySettings);

/// A user with two registered methods, under these facts and settings.
async fn world(facts: Change, setting: Setting, disclosure: Disclosure) -> World {
    opened(&[facts], &[setting], disclosure).await
}

async fn world_of(facts: &[Change], settings: &[Setting]) -> World {
    opened(facts, settings, Disclosure::Reasoned).await
}

async fn opened(facts: &[Change], changes: &[Setting], disclosure: Disclosure) -> World {
    let mut chosen = settings();
    chosen.on_premises.writeback = true;
    changes.iter().for_each(|change| change(&mut chosen));
    chosen.disclosure = disclosure;
    if disclosure == Disclosure::Reasoned {
        chosen.human_check = true;
        chosen.acknowledged.insert(Deviation::ReasonedDisclosure);
    }
    let world = World::builder()
        .settings(settings())
        .engine(|engine| engine.human_check(Human))
        .registered()
        .open()
        .await;
    for change in facts {
        world.directory.update_user(&tenant(), &world.user, change).expect("known");
    }
    world.put_policy(chosen).await;
    world
}

struct Human;

#[sspr::port::async_trait]
impl sspr::port::HumanCheck for Human {
    async fn passed(
        &self,
        _: &sspr::TenantId,
        _: &sspr::SecretText,
    ) -> sspr::port::PortResult<bool> {
        Ok(true)
    }
}

fn human() -> sspr::Request {
    request().with_human_answer("seven".into())
}

async fn explained(world: &World) -> Explanation {
    world.admin().explain(&world.user).await.expect("explained")
}

/// A cause for each reason that a start can give, but those of tenants and records.
const CAUSES: &[(SsprReason, Change, Setting)] = &[
    (SsprReason::HomeTenant, |user| user.kind = UserKind::ForeignGuest, |_| {}),
    (SsprReason::PersonalAccount, |user| user.kind = UserKind::Personal, |_| {}),
    (SsprReason::AccountDisabled, |user| user.enabled = false, |_| {}),
    (SsprReason::SwitchedOff, |_| {}, |policy| policy.scope = Scope::None),
    (
        SsprReason::AdministratorsOff,
        |user| user.roles = [RoleId::parse("Global Administrator").expect("valid")].into(),
        |policy| policy.administrators.enabled = false,
    ),
    (
        SsprReason::WritebackOff,
        |user| user.password_home = PasswordHome::OnPremises,
        |policy| policy.on_premises.writeback = false,
    ),
    (
        SsprReason::NotEntitled,
        |user| user.entitlements = Some(BTreeSet::new()),
        |policy| policy.required_entitlement = Some("premium".to_owned()),
    ),
    (
        SsprReason::NotInScope,
        |_| {},
        |policy| {
            let pilot = GroupId::parse("pilot").expect("valid");
            policy.scope = Scope::Selected([pilot].into());
        },
    ),
    (SsprReason::Protected, |user| user.protected = true, |_| {}),
    (
        SsprReason::DirectoryUnreachable,
        |user| {
            user.password_home = PasswordHome::OnPremises;
            user.writeback = Some(WritebackState::Unreachable);
        },
        |_| {},
    ),
    (
        SsprReason::TooFewMethods,
        |_| {},
        |policy| {
            policy.users.methods = [MethodKind::Email, MethodKind::AuthenticatorApp].into();
            policy.administrators.gates.methods = policy.users.methods.clone();
        },
    ),
];

/// E3.2, E7.1: under `Reasoned` a start gives the reason; an administrator reads it with its remedy.
#[tokio::test]
async fn each_reason_is_given_where_the_policy_discloses_it() {
    for (reason, facts, setting) in CAUSES {
        let world = world(*facts, *setting, Disclosure::Reasoned).await;
        let started = world.engine.reset().start(&human(), &world.name).await;
        assert_eq!(refusal(started), Refusal::NotEligible { reason: *reason });
        let seen = explained(&world).await;
        assert_eq!((seen.reason, &seen.reasons[..]), (Some(*reason), &[*reason][..]));
        assert!(!reason.advice().is_empty());
    }
}

/// Reasons that cannot hold together: one user has one kind, one policy one scope, and the scope does
/// not govern administrators.
const APART: [[SsprReason; 2]; 4] = [
    [SsprReason::HomeTenant, SsprReason::PersonalAccount],
    [SsprReason::SwitchedOff, SsprReason::NotInScope],
    [SsprReason::SwitchedOff, SsprReason::AdministratorsOff],
    [SsprReason::AdministratorsOff, SsprReason::NotInScope],
];

/// E3.2: of two reasons that hold, a start gives the earlier one and an administrator reads both.
#[tokio::test]
async fn of_every_two_reasons_a_flow_gives_the_earlier_and_an_administrator_reads_both() {
    let mut seen = 0;
    for (place, left) in CAUSES.iter().enumerate() {
        for right in &CAUSES[place + 1..] {
            let mut both = [left.0, right.0];
            both.sort_unstable();
            let is_apart = |pair: &[SsprReason; 2]| pair.iter().all(|reason| both.contains(reason));
            if APART.iter().any(is_apart) {
                continue;
            }
            let world = world_of(&[left.1, right.1], &[left.2, right.2]).await;
            let started = world.engine.reset().start(&human(), &world.name).await;
            assert_eq!(refusal(started), Refusal::NotEligible { reason: both[0] }, "{both:?}");
            assert_eq!(explained(&world).await.reasons, both);
            seen += 1;
        }
    }
    assert_eq!(seen, 55 - APART.len());
}

/// Under `Uniform` the reasons are not told apart: neither by the first reply nor by the calls.
#[tokio::test]
async fn no_reason_is_told_apart_where_the_policy_is_uniform() {
    // Settings are public: the scope, the switches and the kinds. Only facts must not be told.
    let by_facts = CAUSES.iter().filter(|(reason, ..)| {
        !matches!(reason, SsprReason::SwitchedOff | SsprReason::TooFewMethods)
    });
    for (reason, facts, setting) in by_facts {
        let mut replies = Vec::new();
        let mut calls = Vec::new();
        for change in [*facts, |_: &mut UserFacts| {}] {
            let world = world(change, *setting, Disclosure::Uniform).await;
            let log = CallLog::new();
            let other = world.beside().seed(9).recorded(&log).open().await;
            let reply = other.engine.reset().start(&request(), &world.name).await.expect("uniform");
            let sent = other.engine.reset().challenge(&request(), &reply.ticket, &email()).await;
            replies.push(format!("{:?} {:?}", reply.step, sent.expect("uniform").step));
            calls.push(log.calls().iter().map(|call| call.name).collect::<Vec<_>>());
        }
        assert_eq!(replies[0], replies[1], "{reason:?}");
        assert_eq!(calls[0], calls[1], "{reason:?}");
    }
}

/// E7.1 (15): enough methods, and no provider of their channels.
#[tokio::test]
async fn a_missing_provider_is_told_from_missing_methods() {
    let world = world(|_| {}, |_| {}, Disclosure::Uniform).await;
    world.inbox.set_channels(&tenant(), [Channel::Email]);
    let seen = explained(&world).await;
    assert_eq!(seen.reason, Some(SsprReason::ServiceIncomplete));
    assert_eq!(SsprReason::ServiceIncomplete.code(), Some(15));
    world.inbox.set_channels(&tenant(), [Channel::Email, Channel::Sms]);
    assert_eq!(explained(&world).await.reason, None);
}

/// E1.9: a retired method stands in the report, and a retired provider sends nothing.
#[tokio::test]
async fn a_retired_method_is_withheld_and_explained() {
    let world = world(|_| {}, |_| {}, Disclosure::Uniform).await;
    let mut chosen = settings();
    let now = Timestamp::from_unix_seconds(START);
    chosen.retirements = vec![Retirement::new(Retired::Method(MethodKind::MobilePhone), now)];
    world.put_policy(chosen).await;
    let seen = explained(&world).await;
    assert_eq!(seen.reason, Some(SsprReason::TooFewMethods));
    assert_eq!(seen.withheld.len(), 1);
    assert_eq!(
        (seen.withheld[0].method, seen.withheld[0].why),
        (MethodKind::MobilePhone, Withheld::Retired)
    );
    let reply = world.engine.reset().start(&request(), &world.name).await.expect("started");
    let Step::Choose { options } = &reply.step else { panic!("{:?}", reply.step) };
    let kinds: Vec<_> = options.iter().map(|view| view.option.method()).collect();
    assert_eq!(kinds, [MethodKind::Email], "for every identifier");
}

/// E1.3: contact data of the directory is read by the policy's format.
#[tokio::test]
async fn malformed_contact_data_does_not_count_and_is_explained() {
    let mut chosen = one_gate();
    chosen.contacts.directory = true;
    chosen.acknowledged.insert(Deviation::UnverifiedDirectoryContacts);
    chosen.acknowledged.insert(Deviation::GuessingAboveThreshold);
    chosen.users.methods = [MethodKind::MobilePhone].into();
    let world = World::builder()
        .settings(chosen.clone())
        .account(|facts| facts.contacts.mobile_phone = Some("+14255550142".to_owned()))
        .open()
        .await;
    assert_eq!(explained(&world).await.reason, None, "the international form has no spaces");
    chosen.contacts.phone_format = PhoneFormat::Entra;
    world.put_policy(chosen).await;
    let seen = explained(&world).await;
    assert_eq!(seen.reason, Some(SsprReason::TooFewMethods));
    assert_eq!(seen.malformed, [ContactSlot::MobilePhone]);
    let spaced = |facts: &mut UserFacts| {
        facts.contacts.mobile_phone = Some("+1 4255550142x77".to_owned());
    };
    world.directory.update_user(&tenant(), &world.user, spaced).expect("known");
    let seen = explained(&world).await;
    assert_eq!((seen.reason, seen.malformed), (None, Vec::new()), "an extension is dropped");
    // The alternate mobile is held and never counts.
    let alternate = |facts: &mut UserFacts| {
        facts.contacts.alternate_mobile = facts.contacts.mobile_phone.take();
    };
    world.directory.update_user(&tenant(), &world.user, alternate).expect("known");
    assert_eq!(explained(&world).await.reason, Some(SsprReason::TooFewMethods));
}

/// E7.1: what the directory says about a refusal is in the audit event and not in the reply.
#[tokio::test]
async fn the_detail_of_a_refusal_is_for_the_audit_trail_only() {
    let world = world(|_| {}, |_| {}, Disclosure::Uniform).await;
    let ticket = world.granted().await;
    let long = format!("33004 access\u{7} denied {}", "x".repeat(500));
    world.directory.script_outcome(WriteOutcome::AdminActionRequired.with_detail(&long));
    let refused = world.complete(&ticket, NEW).await.expect_err("refused");
    let reason = SsprReason::AdministratorRequired;
    assert_eq!(refused.refusal(), Some(&Refusal::NotEligible { reason }));
    assert!(!format!("{refused:?} {refused}").contains("33004"));
    let events = world.admin().user_events(&world.user, None, 1_000).await.expect("read").items;
    let detail = events.iter().find_map(|event| match &event.kind {
        EventKind::DirectoryWriteFailed { detail, .. } => detail.clone(),
        _ => None,
    });
    let detail = detail.expect("a detail");
    assert!(detail.starts_with("33004 access denied"), "{detail}");
    assert_eq!(detail.chars().count(), 200);
}

/// E7.1 (11): a tenant without a policy is told only where the engine is built so.
#[tokio::test]
async fn a_missing_policy_is_disclosed_only_on_request() {
    let bare = sspr::TenantId::parse("fabrikam").expect("valid");
    for disclosed in [false, true] {
        let world = World::builder()
            .engine(move |engine| if disclosed { engine.disclose_missing_policy() } else { engine })
            .open()
            .await;
        world.directory.add_tenant(bare.clone(), sspr::facts::TenantFacts::new("Fabrikam"));
        let from = sspr::Request::new(bare.clone(), sspr::Source::parse("203.0.113.7"));
        let started = world.engine.reset().start(&from, &ada()).await;
        if disclosed {
            let reason = SsprReason::NoPolicy;
            assert_eq!(refusal(started), Refusal::NotEligible { reason });
        } else {
            started.expect("like any other tenant");
        }
        world.engine.reset().start(&request(), &ada()).await.expect("the other has a policy");
    }
}
