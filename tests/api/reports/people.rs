//! The registration of users, and what expires for them.

use std::time::Duration;

use super::all;
use crate::support::*;
use sspr::admin::Contacts;
use sspr::error::SsprReason;
use sspr::facts::{EmailAddress, GroupId, MustChange, PhoneNumber, UserFacts};
use sspr::method::Channel;
use sspr::policy::{Deviation, Retired, Retirement, Scope};
use sspr::port::Clock as _;
use sspr::report::{
    ExpiringFilter, ExpiringKind, ExpiringRow, RegistrationFilter, RegistrationRow,
    RegistrationSummary, ReportRow as _,
};
use sspr::testing::{FaultPlan, Faulty, InjectedFault, SimulatedMethod};
use sspr::{MethodKind, PolicySettings, UserId};

const DAY: Duration = Duration::from_secs(86_400);

fn id(number: usize) -> UserId {
    UserId::parse(&format!("p-{number:04}")).expect("valid")
}

/// A tenant of this many people who differ in what the policy distinguishes; one in three has a record.
async fn people(count: usize) -> World {
    let mut chosen: PolicySettings = settings();
    chosen.users.required = 1;
    let pilot = GroupId::parse("pilot").expect("valid");
    chosen.scope = Scope::Selected([pilot.clone()].into());
    let world = World::builder().settings(chosen).open().await;
    for number in 0..count {
        let mut facts = UserFacts::new(id(number));
        facts.restricted_management = Some(false);
        facts.enabled = !number.is_multiple_of(11);
        facts.user_principal_name = Some(format!("p{number}@contoso.example"));
        let name = format!("p{number}@contoso.example");
        world.directory.add_user(&tenant(), facts, &[&name], "a password").expect("added");
        if number.is_multiple_of(3) {
            let mut contacts = Contacts::default();
            contacts.email = EmailAddress::parse(&format!("p{number}@home.example")).ok();
            if number.is_multiple_of(6) {
                contacts.mobile_phone = PhoneNumber::parse(&format!("+1425444{number:04}")).ok();
            }
            world.admin().supply_contacts(&id(number), &contacts).await.expect("supplied");
        }
    }
    let members = (0..count).filter(|number| !number.is_multiple_of(5));
    let members = members.map(|number| sspr::adapters::memory::GroupMember::User(id(number)));
    world.directory.add_group(&tenant(), pilot, members.collect::<Vec<_>>()).expect("added");
    world
}

async fn registration(
    world: &World,
    filter: &RegistrationFilter,
    limit: usize,
) -> Vec<RegistrationRow> {
    all(world, async |engine, after| {
        engine.admin(&world.tenant, &world.root).registration_report(filter, after, limit).await
    })
    .await
}

/// E2.6, E8.5.1, E8.6.1: the report equals evaluating each user, whatever its pages and engines are.
#[tokio::test]
async fn e8_5_the_registration_report_equals_each_users_explanation() {
    let world = people(120).await;
    let log = world.event_codes().await;
    let filter = RegistrationFilter::default();
    let whole = registration(&world, &filter, 1_000).await;
    assert_eq!(whole.len(), 121, "Ada too");
    assert_eq!(registration(&world, &filter, 7).await, whole);
    assert_eq!(world.event_codes().await, log, "a report writes nothing");
    let mut seen = std::collections::BTreeSet::new();
    for row in &whole {
        let told = world.admin().explain(&row.user).await.expect("explained");
        let status = (row.registered, row.enabled, row.capable, row.any_method);
        let expected = told.status;
        assert_eq!(
            status,
            (expected.registered, expected.enabled, expected.capable, expected.any_method),
            "{:?}",
            row.user
        );
        assert_eq!((row.reason, row.required), (told.reason, told.required), "{:?}", row.user);
        assert_eq!(row.usable, told.usable);
        assert_eq!(row.administrator, told.administrator);
        assert_eq!(row.methods, told.account.methods);
        assert!(row.unanswered.is_empty() && !row.unreadable);
        assert_eq!(row.cells().len(), RegistrationRow::COLUMNS.len());
        seen.insert(status);
    }
    assert!(seen.len() >= 4, "the users differ: {seen:?}");

    let mut summary = RegistrationSummary::default();
    whole.chunks(13).for_each(|page| summary.extend(page));
    let capable = whole.iter().filter(|row| row.capable).count() as u64;
    assert_eq!((summary.users, summary.capable), (121, capable));
    assert_eq!(summary.methods[&MethodKind::Email], 40);
    let stored = serde_json::to_string(&summary).expect("stored");
    assert_eq!(serde_json::from_str::<RegistrationSummary>(&stored).expect("read"), summary);

    let mut filter = RegistrationFilter::default();
    filter.capable = Some(true);
    assert_eq!(registration(&world, &filter, 10).await.len() as u64, capable);
    filter = RegistrationFilter::default();
    filter.user = Some(id(6));
    let one = registration(&world, &filter, 10).await;
    assert_eq!(one, whole.iter().filter(|row| row.user == id(6)).cloned().collect::<Vec<_>>());
    // A day later nothing of it differs but what time has changed; no address is in it.
    let text = serde_json::to_string(&whole).expect("json");
    assert!(!text.contains("home.example") && !text.contains("+1425"), "contact data are shown");
}

/// E8.5.4: a user who is deleted in the directory is not listed, though the record remains.
#[tokio::test]
async fn e8_5_deleted_users_are_not_listed() {
    let world = people(6).await;
    assert!(world.directory.remove_user(&tenant(), &id(3)));
    let rows = registration(&world, &RegistrationFilter::default(), 10).await;
    assert!(rows.iter().all(|row| row.user != id(3)) && rows.len() == 6);
    let accounts = world.admin().accounts(None, 100).await.expect("listed");
    assert!(accounts.items.iter().flatten().any(|account| account.user == id(3)));
}

/// A method that cannot be asked about is named, and a failing page is no shorter report.
#[tokio::test]
async fn a_fault_is_an_error_and_an_unknown_method_is_named() {
    let world = people(30).await;
    let filter = RegistrationFilter::default();
    let first = world.admin().registration_report(&filter, None, 10).await.expect("a page");
    let whole = world.admin().registration_report(&filter, first.next.as_ref(), 10).await;
    let plan = FaultPlan::none();
    let counting = world.beside().seed(3).faulty(&plan).open().await;
    let before = plan.calls();
    let page = counting.admin().registration_report(&filter, first.next.as_ref(), 10).await;
    page.expect("a page");
    let calls = plan.calls() - before;
    assert!(calls > 10, "each record is loaded: {calls}");
    for nth in 0..calls {
        let plan = FaultPlan::none();
        let failing = world.beside().seed(3).faulty(&plan).open().await;
        let plan = plan.clone().at(plan.calls() + nth, InjectedFault::FailBefore);
        let failed = failing.admin().registration_report(&filter, first.next.as_ref(), 10).await;
        assert!(matches!(failed, Err(sspr::Error::Fault(_))), "call {nth}: {failed:?}");
        plan.heal();
        let again = failing.admin().registration_report(&filter, first.next.as_ref(), 10).await;
        assert_eq!(again.as_ref().expect("resumed"), whole.as_ref().expect("a page"));
    }
    let mut passkeys = settings();
    passkeys.users.methods = [MethodKind::Email, MethodKind::Passkey].into();
    world.put_policy(passkeys).await;
    let silent = FaultPlan::none().on("external.available", InjectedFault::FailBefore);
    let silent = Faulty::new(SimulatedMethod::new(MethodKind::Passkey), silent);
    let other = world.beside().seed(3).without_abilities();
    let other = other.engine(|engine| engine.external_method(silent)).open().await;
    let page = other.admin().registration_report(&filter, None, 10).await.expect("a page");
    assert_eq!(page.rows[0].unanswered, [MethodKind::Passkey]);
}

fn expiry(settings: &mut PolicySettings) {
    settings.password_expiry.validity_days = 90;
    settings.acknowledged.insert(Deviation::PeriodicChange);
}

async fn expiring(world: &World, days: u16) -> Vec<ExpiringRow> {
    let mut filter = ExpiringFilter::default();
    filter.days = days;
    all(world, async |engine, after| {
        engine.admin(&world.tenant, &world.root).expiring_report(&filter, after, 2).await
    })
    .await
}

/// E9.2, E5.5: passwords that expire within the days, those that have, and those that must be changed; never
/// one that is not known to expire.
#[tokio::test]
async fn e9_2_the_report_has_the_passwords_that_expire_within_the_days() {
    let mut chosen = settings();
    expiry(&mut chosen);
    let world = World::builder().settings(chosen).open().await;
    let now = world.clock.now();
    let ages =
        [("expired", 91), ("soon", 85), ("later", 50), ("young", 1), ("never", 100), ("set", 1)];
    for (name, age) in ages {
        let mut facts = UserFacts::new(UserId::parse(name).expect("valid"));
        facts.password_changed_at = Some(now.minus(DAY * age));
        facts.password_never_expires = Some(name == "never");
        facts.must_change = (name == "set").then_some(MustChange::Temporary);
        world.directory.add_user(&tenant(), facts, &[name], "a password").expect("added");
    }
    let shown = |rows: &[ExpiringRow]| -> Vec<(String, bool, Option<MustChange>)> {
        rows.iter()
            .filter(|row| row.what == ExpiringKind::Password)
            .map(|row| (row.user.as_str().to_owned(), row.due, row.reason))
            .collect()
    };
    let mut found = shown(&expiring(&world, 14).await);
    found.sort_by(|left, right| left.0.cmp(&right.0));
    assert_eq!(
        found,
        [
            ("expired".to_owned(), true, Some(MustChange::Expired)),
            ("set".to_owned(), true, Some(MustChange::Temporary)),
            ("soon".to_owned(), false, None),
        ]
    );
    let names: Vec<_> = shown(&expiring(&world, 60).await).into_iter().map(|row| row.0).collect();
    assert!(names.contains(&"later".to_owned()) && !names.contains(&"young".to_owned()));
    assert!(!names.contains(&"never".to_owned()));
}

/// A method and a provider that retire are told to those who have the method, and to no one else; a
/// registration that is to be confirmed again is told too.
#[tokio::test]
async fn what_retires_is_told_to_those_who_have_it() {
    let mut chosen = settings();
    chosen.registration.reconfirm_days = 20;
    let world = World::builder().settings(chosen.clone()).open().await;
    world.register_contacts().await;
    world.directory.add_user(&tenant(), UserFacts::new(id(1)), &["p1"], "a password").expect("new");
    let at = world.clock.now().plus(DAY * 10);
    let provider = Retired::Provider { channel: Channel::Sms, provider: "host".to_owned() };
    let office = Retired::Method(MethodKind::OfficePhone);
    for what in [Retired::Method(MethodKind::Email), provider, office] {
        chosen.retirements.push(Retirement::new(what, at));
    }
    world.put_policy(chosen).await;
    let rows = expiring(&world, 30).await;
    let kinds: Vec<_> = rows.iter().map(|row| (row.user.clone(), row.what, row.due)).collect();
    assert_eq!(
        kinds,
        [
            (world.user.clone(), ExpiringKind::Method, false),
            (world.user.clone(), ExpiringKind::Provider, false),
            (world.user.clone(), ExpiringKind::Registration, false),
        ]
    );
    assert_eq!((rows[0].method, rows[0].at), (Some(MethodKind::Email), Some(at)));
    assert!(expiring(&world, 9).await.is_empty());
    assert_eq!(expiring(&world, 10).await.len(), 2, "on the last day");
}

/// The record of an account that cannot be read is a row of each report: nothing is left out.
#[tokio::test]
async fn an_unreadable_record_is_a_row() {
    let world = people(6).await;
    damage(&world, &id(3)).await;
    let rows = registration(&world, &RegistrationFilter::default(), 10).await;
    let row = rows.iter().find(|row| row.user == id(3)).expect("listed");
    assert!(row.unreadable && !row.capable && !row.enabled);
    assert_eq!(row.reason, Some(SsprReason::AdministratorRequired));
    let what: Vec<_> = expiring(&world, 30).await.iter().map(|row| row.what).collect();
    assert_eq!(what, [ExpiringKind::Unreadable]);
}

/// Replaces the body of a record by one of another account.
async fn damage(world: &World, user: &UserId) {
    use sspr::port::{Columns, Commit, Record, RecordKind, Version};

    let page = world.store.scan(&tenant(), RecordKind::Account, None, 100).await.expect("listed");
    let named = |record: &&Record| record.body().contains(&format!("\"{}\"", user.as_str()));
    let record = page.items.iter().find(named).expect("stored");
    let body = record.body().replace(user.as_str(), "p-9999");
    let next = Version::new(record.version().count() + 1, 7);
    let changed = Record::loaded(*record.key(), next, body);
    let columns = Columns::new(tenant(), RecordKind::Account, world.clock.now());
    let commit = Commit::new(&changed, Some(record.version()), &columns, &[]);
    let committed = world.store.commit(commit).await.expect("committed");
    assert_eq!(committed, sspr::port::Committed::Applied);
}
