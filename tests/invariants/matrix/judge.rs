//! The rules that must hold at the end of a case, whatever failed before.

use std::collections::{BTreeMap, BTreeSet};

use sspr::audit::{Event, EventKind};
use sspr::method::MethodId;
use sspr::port::RecordKind;
use sspr::{Engine, MethodKind};

use crate::matrix::cells::{Cell, Flow, Way};
use crate::matrix::crash::Outcome;
use crate::matrix::fixture::Fixture;
use crate::matrix::play::{Hand, door_of, stages};
use crate::matrix::steps::give;
use crate::support::content::content;

/// The event of a reached goal, and its notices with a certain and an uncertain outcome.
const fn told_of(cell: Cell) -> Option<(&'static str, &'static str, &'static str)> {
    match cell.flow {
        Flow::Reset | Flow::Initiated | Flow::Invited | Flow::Elsewhere => {
            Some(("password_reset", "notice.password_reset", "notice.password_may_have_changed"))
        }
        Flow::Change => Some((
            "password_changed",
            "notice.password_changed",
            "notice.password_may_have_changed",
        )),
        Flow::Unlock => Some((
            "account_unlocked",
            "notice.account_unlocked",
            "notice.account_may_have_been_unlocked",
        )),
        // The account has a set of these already.
        Flow::Registration if matches!(cell.way, Way::RecoveryCode | Way::Questions) => {
            Some(("method_replaced", "notice.method_replaced", "none"))
        }
        Flow::Registration => Some(("method_confirmed", "notice.method_added", "none")),
        Flow::SignIn => None,
    }
}

pub(crate) async fn all(fixture: &Fixture, engine: &Engine, outcome: &Outcome, label: &str) {
    nothing_waits(fixture, outcome, label).await;
    goal_and_notices(fixture, outcome, label).await;
    used_once(fixture, engine, outcome, label).await;
    dead_secrets(fixture, engine, outcome, label).await;
}

async fn nothing_waits(fixture: &Fixture, outcome: &Outcome, label: &str) {
    let tenant = &outcome.play.who.tenant;
    let page = fixture.store.scan(tenant, RecordKind::Account, None, 10).await.expect("readable");
    for record in page.items {
        assert_eq!(content(&record)["outbox"], serde_json::json!([]), "{label}: {}", record.body());
    }
}

fn count(events: &[Event], code: &str) -> usize {
    events.iter().filter(|event| event.code() == code).count()
}

/// The goal was reached, with one event; every earlier address is notified once, and of nothing
/// that did not happen.
async fn goal_and_notices(fixture: &Fixture, outcome: &Outcome, label: &str) {
    let (play, who) = (&outcome.play, outcome.play.who);
    let events = fixture.events(&who.tenant).await;
    let Some((event, certain, unsure)) = told_of(play.cell) else { return };
    let reached = count(&events, event);
    let (tenant, user) = (&who.tenant, &who.user);
    let writes = match play.cell.flow {
        Flow::Unlock => {
            assert!(fixture.directory.password_is(tenant, user, &who.password()), "{label}");
            let facts = fixture.directory.facts(tenant, user).expect("known");
            assert_eq!(facts.locked_out, Some(false), "{label}");
            fixture.directory.unlocks(tenant, user).len()
        }
        Flow::Registration => reached,
        _ => {
            let set = fixture.directory.password_is(tenant, user, play.password);
            assert!(set, "{label}: not the new password in the end");
            fixture.directory.writes(tenant, user).len()
        }
    };
    assert!(reached >= 1, "{label}: no {event}");
    let fresh = outcome.refused.is_some();
    assert!(fresh || reached == 1, "{label}: {reached} times {event}");
    assert!(reached <= writes, "{label}: {reached} events, {writes} writes");
    assert!(fresh || writes == 1, "{label}: {writes} writes");
    let unsettled = count(&events, "directory_write_unsettled");
    for address in [who.primary(), who.mail(false), who.mobile(false)] {
        let messages = fixture.inbox.messages_to(&address);
        let told = |kind| messages.iter().filter(|message| message.kind == kind).count();
        let (sure, maybe) = (told(certain), told(unsure));
        assert!(sure <= reached, "{label}: {address} was told {sure} times of {reached}");
        assert!(maybe <= unsettled, "{label}: {address} was told of an outcome that is certain");
        let enough = if unsettled == 0 { sure == reached } else { sure + maybe >= 1 };
        assert!(enough, "{label}: {address} was told {sure} and {maybe} times of {reached}");
    }
}

/// No proof and no time step counts twice, and the number of recovery codes is right.
async fn used_once(fixture: &Fixture, engine: &Engine, outcome: &Outcome, label: &str) {
    let who = outcome.play.who;
    let events = fixture.events(&who.tenant).await;
    let counted = ["attempt_counted", "proof_repeated", "secret_counted"];
    let reserved: usize = counted.iter().map(|code| count(&events, code)).sum();
    let compared = outcome.compared + engine.stats().comparisons;
    assert!(compared <= reserved as u64, "{label}: {compared} comparisons, {reserved} reserved");
    let mut proven = BTreeSet::new();
    let mut steps: BTreeMap<&MethodId, u64> = BTreeMap::new();
    for event in &events {
        match &event.kind {
            EventKind::MethodProven { flow, challenge, .. } => {
                assert!(proven.insert((*flow, *challenge)), "{label}: two proofs of one code");
            }
            EventKind::OathStepUsed { id, step, .. } => {
                let before = steps.insert(id, *step);
                assert!(before.is_none_or(|last| last < *step), "{label}: a step again");
            }
            _ => {}
        }
    }
    let (request, user) = (who.request("198.51.100.8"), who.signed_in(fixture.now()));
    let methods = engine.registration().list(&request, &user).await.expect("listed");
    let mut sets =
        methods.iter().filter(|method| method.kind == MethodKind::RecoveryCode && method.active);
    let left = sets.next().and_then(|set| set.codes_left).map(usize::from);
    assert!(sets.next().is_none(), "{label}: two sets count");
    let (used, kept) =
        (count(&events, "recovery_code_used"), count(&events, "recovery_code_replaced"));
    assert_eq!(left, Some(10 - used + kept), "{label}: {used} used, {kept} replaced");
    if outcome.play.cell.way == Way::RecoveryCode && outcome.play.cell.flow != Flow::Registration {
        assert!(used >= 1, "{label}");
        assert!(outcome.refused.is_some() || (used, kept) == (1, 1), "{label}: {used}, {kept}");
    }
}

/// Used secrets open nothing; one that confirmed a method may get the same reply again.
async fn dead_secrets(fixture: &Fixture, engine: &Engine, outcome: &Outcome, label: &str) {
    let (play, who) = (&outcome.play, outcome.play.who);
    let door = door_of(play.cell);
    if stages(play.cell)[door].keeps() {
        return;
    }
    let before = fixture.events(&who.tenant).await;
    let codes = ["method_proven", "method_confirmed", "oath_step_used", "recovery_code_used"];
    let proofs = |events: &[Event]| codes.iter().map(|code| count(events, code)).sum::<usize>();
    for secret in &outcome.hand.secrets {
        for ticket in &outcome.hand.tickets {
            let mut hand = Hand { stage: door, tickets: vec![ticket.clone()], ..Hand::default() };
            let answer = give(fixture, engine, play, &mut hand, secret).await;
            let repeated = play.cell.flow == Flow::Registration;
            assert!(repeated || answer.is_err(), "{label}: {secret:?} opens again");
        }
    }
    let after = fixture.events(&who.tenant).await;
    assert_eq!(proofs(&before), proofs(&after), "{label}: a dead secret proved something");
}
