//! Reports: who may read them, and what they must not tell.

use sspr::admin::Contacts;
use sspr::facts::{TenantFacts, UserFacts};
use sspr::port::Cursor;
use sspr::report::{
    BlockedFilter, CountRow, DeskFilter, ExpiringFilter, RegistrationFilter, UsageFilter,
};
use sspr::testing::CallLog;
use sspr::{Actor, Admin, Error, Identifier, Policy, Refusal, Request, RoleId, Source, TenantId};

use crate::support::*;

/// How many rows each report has for this administrator, or the errors.
async fn each(admin: &Admin<'_>) -> Vec<(&'static str, Result<usize, Error>)> {
    let none: Option<&Cursor> = None;
    let usage = UsageFilter::default();
    vec![
        (
            "registration",
            admin
                .registration_report(&RegistrationFilter::default(), none, 100)
                .await
                .map(|page| page.rows.len()),
        ),
        (
            "expiring",
            admin
                .expiring_report(&ExpiringFilter::default(), none, 100)
                .await
                .map(|page| page.rows.len()),
        ),
        (
            "blocked",
            admin
                .blocked_report(&BlockedFilter::default(), none, 100)
                .await
                .map(|page| page.rows.len()),
        ),
        ("usage", admin.usage_report(&usage, none, 100).await.map(|page| page.rows.len())),
        ("counts", admin.usage_counts(&usage, none, 31).await.map(|page| page.rows.len())),
        (
            "desk",
            admin.desk_report(&DeskFilter::default(), none, 100).await.map(|page| page.rows.len()),
        ),
    ]
}

/// A caller without the role to read reads nothing, and no port is called for it.
#[tokio::test]
async fn e8_4_reports_need_the_role_to_read() {
    let log = CallLog::new();
    let world = World::builder().settings(settings()).registered().recorded(&log).open().await;
    for role in ["Guest Inviter", "Owner", "reader"] {
        let by = Actor::service("mallory", [RoleId::parse(role).expect("valid")]);
        log.clear();
        for (report, read) in each(&world.engine.admin(&world.tenant, &by)).await {
            assert_eq!(refusal(read), Refusal::NotAuthorised, "{report} as {role}");
        }
        assert!(log.shapes().is_empty(), "{role}: {:?}", log.shapes());
    }
    let reader = Actor::service("reader", [RoleId::parse("Reports Reader").expect("valid")]);
    for (report, read) in each(&world.engine.admin(&world.tenant, &reader)).await {
        assert!(read.is_ok(), "{report}: {read:?}");
    }
}

/// V52: a report of one tenant has no row of another, whatever happened there.
#[tokio::test]
async fn no_report_has_a_row_of_another_tenant() {
    let world = World::builder().settings(one_gate()).registered().open().await;
    world.granted().await;
    world.engine.write_counts().await.expect("written");
    let other = TenantId::parse("fabrikam").expect("valid");
    world.directory.add_tenant(other.clone(), TenantFacts::new("Fabrikam"));
    let admin = world.engine.admin(&other, &world.root);
    admin.put_policy(&Policy::new(one_gate()).expect("sound"), None).await.expect("put");
    for (report, read) in each(&admin).await {
        // The policy that was put is the only act there.
        assert_eq!(read.expect("read"), usize::from(report == "desk"), "{report}");
    }
    // The same id in both tenants: each has its own rows.
    let facts = UserFacts::new(world.user.clone());
    world.directory.add_user(&other, facts, &["ada"], "a password").expect("added");
    admin.supply_contacts(&world.user, &Contacts::default()).await.expect("nothing to do");
    let mut filter = UsageFilter::default();
    filter.user = Some(world.user.clone());
    let page = admin.usage_report(&filter, None, 100).await.expect("read");
    assert!(page.rows.is_empty());
    let abroad = Request::new(other.clone(), Source::parse("203.0.113.9"));
    world.engine.reset().start(&abroad, &ada()).await.expect("started");
    world.engine.write_counts().await.expect("written");
    let counted = admin.usage_counts(&UsageFilter::default(), None, 31).await.expect("read");
    assert_eq!(counted.rows.iter().map(|row| row.count).sum::<u64>(), 1);
    // A position of one tenant reads only the other tenant's rows in the other.
    let filter = DeskFilter::default();
    let page = world.admin().desk_report(&filter, None, 1).await.expect("read");
    if let Ok(page) = admin.desk_report(&filter, page.next.as_ref(), 100).await {
        let theirs = page.rows.iter().all(|row| row.user.is_none());
        assert!(theirs, "{:?}", page.rows);
    }
}

/// One step of a flow with this name, after which a reader of the counters looks.
async fn counted(world: &World, log: &CallLog, seen: &mut Vec<(Vec<CountRow>, Vec<String>)>) {
    log.clear();
    world.engine.write_counts().await.expect("written");
    let calls = log.shapes();
    let page = world.admin().usage_counts(&UsageFilter::default(), None, 31).await;
    seen.push((page.expect("read").rows, calls));
}

/// What a reader of the live counters sees after each step of one flow.
async fn script(name: &str) -> Vec<(Vec<CountRow>, Vec<String>)> {
    let log = CallLog::new();
    let world = World::builder().settings(settings()).registered().recorded(&log).open().await;
    let (request, mut seen) = (world.request(), Vec::new());
    world.engine.write_counts().await.expect("written");
    let reset = world.engine.reset();
    let typed = Identifier::parse(name).expect("valid");
    let reply = reset.start(&request, &typed).await.expect("started");
    counted(&world, &log, &mut seen).await;
    let reply = reset.challenge(&request, &reply.ticket, &email()).await.expect("asked");
    counted(&world, &log, &mut seen).await;
    let _ = reset.challenge(&request, &reply.ticket, &email()).await;
    counted(&world, &log, &mut seen).await;
    for _ in 0..7 {
        let refused = reset.prove(&request, &reply.ticket, &code("00000001")).await;
        assert_eq!(refusal(refused), Refusal::NotAccepted);
        counted(&world, &log, &mut seen).await;
    }
    let _ = reset.challenge(&request, &reply.ticket, &sms()).await;
    counted(&world, &log, &mut seen).await;
    seen
}

/// An observer who reads the counters after each request of one flow learns no more than the caller of the
/// flow: the rows and the calls of the store are those of a user for a name that no account has, for a
/// disabled user and for one without methods.
#[tokio::test]
async fn live_counters_do_not_tell_who_exists() {
    let known = script("ada@contoso.example").await;
    assert_eq!(known.len(), 11);
    assert!(known.iter().all(|(rows, calls)| !rows.is_empty() && calls.len() == 1), "{known:?}");
    let unknown = script("nobody@contoso.example").await;
    for (step, (mine, theirs)) in known.iter().zip(&unknown).enumerate() {
        assert_eq!(mine, theirs, "step {step}");
    }
}
