//! Invariant 7: in a reset and in an unlock, which anonymous callers can start, one script gets the
//! same replies and causes the same port calls for every identifier, whichever option it chooses.

use std::sync::Arc;

use sspr::adapters::memory::{GroupMember, MemoryStore};
use sspr::facts::{GroupId, UserFacts};
use sspr::policy::{Scope, SendBudgets};
use sspr::recovery::DeviceSecret;
use sspr::testing::{CallLog, Recorder, SeededEntropy, TestHash, TestSeal, block_on};
use sspr::{Engine, Identifier, Request, Source, UserId};

use crate::matrix::cells::{Flow, Way, cells};
use crate::matrix::confusion::counted;
use crate::matrix::fixture::{Fixture, Person, idle, people, policy};
use crate::matrix::script::{Asked, Seen, Watched, script};
use crate::support::{OLD, keys};

const GROUP: &str = "sspr-pilot";

/// Whose identifier the script uses.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Who {
    Unknown,
    Disabled,
    OutOfScope,
    WithoutMethods,
    Owner,
    /// The owner, from a known device.
    KnownDevice,
    /// The owner, with budgets that anonymous callers have spent.
    Spent,
}

use Who::{Disabled, KnownDevice, OutOfScope, Owner, Spent, Unknown, WithoutMethods};

const EVERY_NAME: [Who; 7] =
    [Unknown, Disabled, OutOfScope, WithoutMethods, Owner, KnownDevice, Spent];
/// The source share, in percent, with which one source may spend a whole budget.
const WHOLE: u8 = 100;

fn named(name: &str) -> Identifier {
    Identifier::parse(&format!("{name}@id.example")).expect("valid")
}

async fn watched(asked: Asked, who: Who, share: u8) -> Watched {
    let group = GroupId::parse(GROUP).expect("valid");
    let mut settings = policy(1);
    settings.scope = Scope::Selected([group.clone()].into());
    settings.typed_number = asked.typed;
    settings.sends.source_share = share;
    let store = MemoryStore::new();
    let fixture = Fixture::filled(Arc::new(store.clone()), settings);
    let ada = &people()[0];
    let mut members = vec![GroupMember::User(ada.user.clone())];
    for name in ["disabled", "outside", "without"] {
        let id = UserId::parse(name).expect("valid");
        let mut facts = UserFacts::new(id.clone());
        facts.enabled = name != "disabled";
        let typed = named(name);
        fixture.directory.add_user(&ada.tenant, facts, &[typed.as_str()], OLD).expect("new");
        if name != "outside" {
            members.push(GroupMember::User(id));
        }
    }
    fixture.directory.add_group(&ada.tenant, group, members).expect("added");
    let log = CallLog::new();
    let engine = recorded(&fixture, store, &log).await;
    let mut request = ada.request("203.0.113.9");
    if who == KnownDevice {
        let user = ada.signed_in(fixture.now());
        let device = engine.registration().remember_device(&request, &user).await;
        let text = device.expect("remembered").expose_secret().to_owned();
        request = request.with_device(DeviceSecret::parse(&text).expect("own"));
    }
    let name = match who {
        Unknown => "unknown",
        Disabled => "disabled",
        OutOfScope => "outside",
        WithoutMethods => "without",
        Owner | KnownDevice | Spent => "ada",
    };
    let watched = Watched {
        worker: fixture.healthy(6).await,
        fixture,
        log,
        engine,
        name: named(name),
        request,
    };
    // The same time passes for every identifier.
    for batch in 0..2 {
        if who == Spent {
            spend(&watched, asked, ada, batch).await;
        }
        watched.fixture.wait(16 * 60);
        idle(&watched.worker).await;
    }
    watched.fixture.inbox.clear();
    watched
}

async fn recorded(fixture: &Fixture, store: MemoryStore, log: &CallLog) -> Engine {
    let mut builder = Engine::builder()
        .keys(keys())
        .store(Recorder::new(store, log.clone()))
        .directory(Recorder::new(fixture.directory.clone(), log.clone()))
        .sessions(Recorder::new(fixture.directory.clone(), log.clone()))
        .delivery(Recorder::new(fixture.inbox.clone(), log.clone()))
        .clock(fixture.clock.clone())
        .entropy(SeededEntropy::new(5))
        .seal(Recorder::new(TestSeal, log.clone()))
        .slow_hash(Recorder::new(TestHash::new(), log.clone()));
    for method in &fixture.external {
        builder = builder.external_method(Recorder::new(method.clone(), log.clone()));
    }
    builder.open().await.expect("opened")
}

/// Opens as many anonymous challenges as an account allows, so that the next one is suppressed.
/// Each comes from another source, since one source cannot spend a budget.
async fn spend(watched: &Watched, asked: Asked, ada: &Person, batch: u8) {
    let sends = SendBudgets::default();
    let passive = matches!(
        asked.way,
        Way::App | Way::Token | Way::RecoveryCode | Way::Questions | Way::Passkey
    );
    let hour = if passive { sends.in_hand_per_hour } else { sends.per_hour };
    // Half of the hour's challenges, since not all of them may be live at once.
    for number in 0..hour / 2 {
        let source = Source::parse(&format!("198.51.{batch}.{number}"));
        let request = Request::new(ada.tenant.clone(), source);
        let reset = watched.engine.reset();
        let reply = reset.start(&request, &ada.name).await.expect("started");
        let way = asked.way;
        let mut selection = way.selection();
        if asked.typed {
            let right = if way == Way::OfficePhone { ada.office(false) } else { ada.mobile(false) };
            selection = selection.with_typed_number(&right).expect("a number");
        }
        let _ = reset.challenge(&request, &reply.ticket, &selection).await;
    }
}

/// Every option of the policy in both flows; phones also with a number that the user must type.
fn everything() -> Vec<Asked> {
    let anonymous = |flow| matches!(flow, Flow::Reset | Flow::Unlock);
    let all = cells().into_iter().filter(|cell| anonymous(cell.flow));
    all.flat_map(|cell| {
        let phone = matches!(cell.way, Way::Sms | Way::Voice | Way::OfficePhone);
        let typed = if phone { &[false, true][..] } else { &[false] };
        typed.iter().map(move |typed| Asked { flow: cell.flow, way: cell.way, typed: *typed })
    })
    .collect()
}

fn same(left: &[String], right: &[String], label: &str) {
    assert_eq!(left.len(), right.len(), "{label}");
    for (place, (left, right)) in left.iter().zip(right).enumerate() {
        assert_eq!(left, right, "{label}: call {place}");
    }
}

/// Runs the script once for each of these identifiers.
fn seen_of(scenario: Asked, names: &[Who], share: u8) -> Vec<Seen> {
    let seen = |who: &Who| {
        block_on(async {
            let watched = watched(scenario, *who, share).await;
            let tenant = &people()[0].tenant;
            let opened = counted(&watched.fixture, tenant, &["challenge_opened"]).await;
            let seen = script(&watched, scenario).await;
            let now = counted(&watched.fixture, tenant, &["challenge_opened"]).await;
            // Checks that the compared state was reached.
            if *who == Spent {
                assert_eq!(now, opened, "{scenario:?}: the budget is spent");
            } else if !scenario.typed {
                assert!(now > opened, "{scenario:?}, {who:?}: no challenge was opened");
            }
            seen
        })
    };
    names.iter().map(seen).collect()
}

#[test]
fn every_option_gets_the_same_replies_for_every_identifier() {
    let asked = everything();
    assert_eq!(asked.len(), 2 * (12 + 3));
    for scenario in asked {
        let all = seen_of(scenario, &EVERY_NAME, SendBudgets::default().source_share);
        let first = &all[0];
        assert!(first.answers.len() >= 38, "{} calls", first.answers.len());
        for (who, seen) in EVERY_NAME.iter().zip(&all).skip(1) {
            let label = format!("{scenario:?}, an unknown user and {who:?}");
            let questions = usize::from(scenario.way == Way::Questions);
            assert_eq!(seen.asked.len(), questions, "{label}: one set of questions for a name");
            same(&first.answers, &seen.answers, &label);
            // Their port calls differ: a spent budget saves the commits, and the source's share,
            // which the script spends, does not apply to a known device.
            if !matches!(who, Spent | KnownDevice) {
                same(&first.calls, &seen.calls, &label);
            }
        }
    }
}

/// Here one source may spend a whole budget, so the port calls can be compared too.
#[test]
fn without_a_source_share_a_known_device_causes_the_calls_of_an_unknown_user() {
    for scenario in everything() {
        let all = seen_of(scenario, &[Unknown, KnownDevice], WHOLE);
        let label = format!("{scenario:?}, an unknown user and a known device");
        same(&all[0].answers, &all[1].answers, &label);
        same(&all[0].calls, &all[1].calls, &label);
    }
}

/// A test of the script itself: it detects a different port call and a different reply.
#[test]
fn the_script_detects_a_difference() {
    block_on(async {
        let asked = Asked { flow: Flow::Reset, way: Way::App, typed: false };
        let seen = |who| async move {
            script(&watched(asked, who, SendBudgets::default().source_share).await, asked).await
        };
        let (unknown, spent) = (seen(Unknown).await, seen(Spent).await);
        assert_ne!(unknown.calls, spent.calls, "the log counts what is written");
        let other = Asked { way: Way::Token, ..asked };
        let token =
            script(&watched(other, Unknown, SendBudgets::default().source_share).await, other)
                .await;
        assert_ne!(unknown.answers, token.answers, "the answers name the option");
    });
}
