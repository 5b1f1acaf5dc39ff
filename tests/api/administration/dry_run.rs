//! The dry run of a policy.

use std::collections::BTreeMap;

use sspr::admin::{DryRunEffect, DryRunUser};
use sspr::facts::{EmailAddress, GroupId, PhoneNumber, UserFacts};
use sspr::policy::Scope;
use sspr::port::Cursor;
use sspr::testing::{FaultPlan, Faulty, InjectedFault, SimulatedMethod, World};
use sspr::{MethodKind, Policy, PolicySettings, Refusal, RoleId, UserId};

use crate::support::*;

fn id(number: usize) -> UserId {
    UserId::parse(&format!("p-{number:06}")).expect("valid")
}

/// Facts that differ in every way that a policy distinguishes, from the bits of the number.
fn facts(number: usize) -> UserFacts {
    let mut facts = UserFacts::new(id(number));
    facts.restricted_management = Some(false);
    facts.enabled = !number.is_multiple_of(11);
    facts.protected = number.is_multiple_of(13);
    if number.is_multiple_of(3) {
        facts.groups.insert(GroupId::parse("pilot").expect("valid"));
    }
    if number.is_multiple_of(17) {
        facts.roles.insert(RoleId::parse("Helpdesk Administrator").expect("valid"));
    }
    if number.is_multiple_of(2) {
        facts.contacts.mobile_phone = Some(format!("+1 425555{number:04}"));
    }
    facts
}

/// A tenant of this many people, of whom one in ten has a record.
async fn people(count: usize) -> World {
    let mut chosen = settings();
    chosen.users.required = 1;
    let world = World::builder().settings(chosen).open().await;
    for number in 0..count {
        let name = format!("{}@contoso.example", id(number).as_str());
        world.directory.add_user(&tenant(), facts(number), &[&name], "a password").expect("added");
        if number.is_multiple_of(10) {
            let mut contacts = sspr::admin::Contacts::default();
            contacts.email = EmailAddress::parse(&format!("p{number}@home.example")).ok();
            if number.is_multiple_of(20) {
                contacts.mobile_phone = PhoneNumber::parse(&format!("+1425444{number:04}")).ok();
            }
            world.admin().supply_contacts(&id(number), &contacts).await.expect("supplied");
        }
    }
    world
}

/// A proposal for which users gain, lose and fall below.
fn proposed() -> PolicySettings {
    let mut proposed = settings();
    proposed.users.required = 2;
    proposed.scope = Scope::Selected([GroupId::parse("pilot").expect("valid")].into());
    proposed.administrators.gates.methods.insert(MethodKind::AuthenticatorApp);
    proposed
}

async fn run(world: &World, proposed: &Policy, limit: usize) -> Vec<DryRunUser> {
    let (mut found, mut cursor): (Vec<_>, Option<Cursor>) = (Vec::new(), None);
    loop {
        // A new engine for each page: the cursor alone carries the run.
        let engine = world.beside().seed(cursor.as_ref().map_or(1, |at| at.as_str().len() as u64));
        let other = engine.open().await;
        let page = other.admin().dry_run(proposed, cursor.as_ref(), limit).await.expect("a page");
        assert!(page.items.len() <= limit);
        found.extend(page.items);
        cursor = page.next;
        if cursor.is_none() {
            return found;
        }
    }
}

fn counted(users: &[DryRunUser]) -> BTreeMap<DryRunEffect, usize> {
    let mut counts = BTreeMap::new();
    for user in users {
        *counts.entry(user.effect()).or_default() += 1;
    }
    counts
}

/// A dry run equals evaluating each user under both policies, whatever its pages and engines are.
#[tokio::test]
async fn a_dry_run_equals_each_users_explanation_under_both_policies() {
    let world = people(400).await;
    let policy = Policy::new(proposed()).expect("sound");
    let whole = run(&world, &policy, 1_000).await;
    assert_eq!(whole.len(), 401, "Ada too");
    assert_eq!(run(&world, &policy, 7).await, whole);
    let log = world.event_codes().await;

    let reason = async |user: &UserId| {
        let seen = world.admin().explain(user).await.expect("explained");
        seen.reason
    };
    let mut before = Vec::new();
    for row in &whole {
        before.push(reason(&row.user).await);
    }
    assert_eq!(world.event_codes().await, log, "a dry run writes nothing");
    world.put_policy(proposed()).await;
    for (row, before) in whole.iter().zip(before) {
        assert_eq!((row.before, row.after), (before, reason(&row.user).await), "{:?}", row.user);
        assert!(row.unanswered.is_empty() && !row.unreadable);
    }
    let counts = counted(&whole);
    for effect in [DryRunEffect::Unchanged, DryRunEffect::Loses, DryRunEffect::FallsBelow] {
        assert!(counts.get(&effect).is_some_and(|count| *count > 2), "{counts:?}");
    }
    // Back again, the same users gain.
    let mut wider = settings();
    wider.users.required = 1;
    let back = run(&world, &Policy::new(wider).expect("sound"), 64).await;
    let lost = counts[&DryRunEffect::Loses] + counts[&DryRunEffect::FallsBelow];
    assert_eq!(counted(&back)[&DryRunEffect::Gains], lost);
}

#[tokio::test]
async fn a_dry_run_needs_a_role_and_reports_what_it_cannot_know() {
    let world = World::builder().registered().open().await;
    let policy = Policy::new(settings()).expect("sound");
    let clerk = sspr::Actor::service("clerk", [RoleId::parse("Guest Inviter").expect("valid")]);
    let refused = world.engine.admin(&tenant(), &clerk).dry_run(&policy, None, 10).await;
    assert_eq!(refusal(refused), Refusal::NotAuthorised);

    let mut passkeys = settings();
    passkeys.users.methods = [MethodKind::Email, MethodKind::Passkey].into();
    let policy = Policy::new(passkeys).expect("sound");
    let plan = FaultPlan::none().on("external.available", InjectedFault::FailBefore);
    let silent = Faulty::new(SimulatedMethod::new(MethodKind::Passkey), plan);
    let other = world.beside().seed(3).without_abilities();
    let other = other.engine(|engine| engine.external_method(silent)).open().await;
    let page = other.admin().dry_run(&policy, None, 10).await.expect("a page");
    assert_eq!(page.items[0].unanswered, [MethodKind::Passkey]);
    assert_eq!(page.items[0].effect(), DryRunEffect::FallsBelow);
}
