//! Usage and the acts of administrators, from the events.

use std::collections::BTreeSet;
use std::time::Duration;

use super::all;
use crate::support::*;
use sspr::audit::ActRefusal;
use sspr::port::Clock as _;
use sspr::report::{
    DeskAct, DeskFilter, DeskOutcome, DeskRow, FunnelStep, ReportRow as _, ReportWindow,
    UsageFeature, UsageFilter, UsageResult, UsageRow, UsageStage, UsageSummary,
};
use sspr::{MethodKind, Refusal};

async fn usage(world: &World, filter: &UsageFilter, limit: usize) -> Vec<UsageRow> {
    all(world, async |engine, after| {
        engine.admin(&world.tenant, &world.root).usage_report(filter, after, limit).await
    })
    .await
}

async fn desk(world: &World, filter: &DeskFilter) -> Vec<DeskRow> {
    all(world, async |engine, after| {
        engine.admin(&world.tenant, &world.root).desk_report(filter, after, 2).await
    })
    .await
}

/// One gate by mail: two resets, one that is abandoned after its code, one that is cancelled, one that
/// is left after the name, one for a name that no account has.
async fn used() -> World {
    let world = World::builder().settings(one_gate()).registered().open().await;
    for number in 0..2 {
        let ticket = world.granted().await;
        let password = format!("plum tractor violet candle {number}");
        let (reset, request) = (world.engine.reset(), world.request());
        let done = reset.complete(&request, &ticket, &password.as_str().into()).await;
        done.expect("reset");
        world.deliver().await;
        world.clock.advance(Duration::from_secs(86_400));
    }
    let reset = world.engine.reset();
    world.entering().await;
    world.clock.advance(Duration::from_secs(3_600));
    world.deliver().await;
    let (ticket, _) = world.entering().await;
    reset.cancel(&world.request(), &ticket).await.expect("cancelled");
    world.start().await;
    let name = sspr::Identifier::parse("nobody@contoso.example").expect("valid");
    let reply = reset.start(&world.request(), &name).await.expect("started");
    reset.challenge(&world.request(), &reply.ticket, &email()).await.expect("asked");
    world.deliver().await;
    world.engine.write_counts().await.expect("written");
    world
}

fn step(stage: UsageStage, count: u64) -> (UsageStage, u64) {
    (stage, count)
}

/// E8.3.8, E8.3.9, E8.5.3, E8.6.2 to E8.6.4: what happened, by day, feature, method, result and reason; the
/// same in pages of any size.
#[tokio::test]
async fn e8_5_usage_is_a_funnel_with_methods_results_and_reasons() {
    let world = used().await;
    let filter = UsageFilter::default();
    let rows = usage(&world, &filter, 1_000).await;
    assert_eq!(usage(&world, &filter, 3).await, rows);
    assert!(rows.iter().all(|row| row.cells().len() == UsageRow::COLUMNS.len()));
    let mut summary = UsageSummary::default();
    rows.chunks(5).for_each(|page| summary.extend(page));
    let counts = world.admin().usage_counts(&filter, None, 31).await.expect("read");
    summary.extend_counts(&counts.rows);
    let funnel: Vec<_> = summary
        .funnel(UsageFeature::Reset)
        .into_iter()
        .map(|FunnelStep { stage, count, .. }| step(stage, count))
        .collect();
    assert_eq!(
        funnel,
        [
            step(UsageStage::Started, 6),
            step(UsageStage::Asked, 5),
            step(UsageStage::Begun, 5),
            step(UsageStage::Granted, 2),
            step(UsageStage::Completed, 2),
        ]
    );
    assert_eq!(summary.abandoned_after_name(UsageFeature::Reset), 1);
    let results: BTreeSet<_> = rows.iter().filter_map(|row| row.result).collect();
    let expected = [UsageResult::Abandoned, UsageResult::Cancelled, UsageResult::Failed];
    assert!(expected.into_iter().chain([UsageResult::Succeeded]).all(|one| results.contains(&one)));
    assert_eq!(summary.by_reason(UsageStage::Abandoned), [("challenged".to_owned(), 1)]);
    assert_eq!(summary.by_reason(UsageStage::Cancelled), [("challenged".to_owned(), 1)]);
    assert_eq!(summary.by_reason(UsageStage::Suppressed), [("unknown_user".to_owned(), 1)]);
    let days = summary.by_day(UsageFeature::Reset, UsageStage::Completed);
    assert_eq!(days.iter().map(|(_, count)| *count).collect::<Vec<_>>(), [1, 1]);
    let is_done = |row: &&UsageRow| {
        row.stage == UsageStage::Completed && row.feature == Some(UsageFeature::Reset)
    };
    let done = rows.iter().find(is_done).expect("one");
    assert_eq!(done.methods, [MethodKind::Email]);
    // The sums are stored and read back, to go on in another process.
    let stored = serde_json::to_string(&summary).expect("stored");
    assert_eq!(serde_json::from_str::<UsageSummary>(&stored).expect("read"), summary);
}

/// A window, a person and a feature select rows, also of a page that is left empty.
#[tokio::test]
async fn e8_5_a_window_a_person_and_a_feature_select_rows() {
    let world = used().await;
    let whole = usage(&world, &UsageFilter::default(), 100).await;
    let now = world.clock.now();
    for days in [1, 7, 30] {
        let mut filter = UsageFilter::default();
        filter.window = ReportWindow::last_days(now, days);
        let expected: Vec<_> =
            whole.iter().filter(|row| filter.window.includes(row.at)).cloned().collect();
        assert_eq!(usage(&world, &filter, 2).await, expected, "{days} days");
        let page = world.admin().usage_report(&filter, None, 1).await.expect("a page");
        assert_eq!(page.view.window, Some(filter.window));
        assert_eq!(page.view.collected_since, Some(now.minus(Duration::from_secs(30 * 86_400))));
    }
    let mut filter = UsageFilter::default();
    filter.user = Some(world.user.clone());
    let own = usage(&world, &filter, 4).await;
    assert_eq!(own, whole.iter().filter(|row| row.user.is_some()).cloned().collect::<Vec<_>>());
    filter.user = None;
    filter.feature = Some(UsageFeature::Registration);
    let registered = usage(&world, &filter, 4).await;
    assert!(!registered.is_empty());
    assert!(registered.iter().all(|row| row.feature == filter.feature));
}

/// E8.3.12: why a user who may not reset got no code, although a decoy answered.
#[tokio::test]
async fn e8_3_a_user_who_may_not_reset_is_told_with_the_reason() {
    let world = World::builder().settings(one_gate()).registered().open().await;
    let grace = world.add_user("grace", "grace@contoso.example");
    let disabled =
        world.directory.update_user(&world.tenant, &grace, |facts| facts.enabled = false);
    disabled.expect("disabled");
    let name = sspr::Identifier::parse("grace@contoso.example").expect("valid");
    let reply = world.engine.reset().start(&world.request(), &name).await.expect("started");
    let asked = world.engine.reset().challenge(&world.request(), &reply.ticket, &email()).await;
    asked.expect("asked");
    let mut filter = UsageFilter::default();
    filter.user = Some(grace);
    let rows = usage(&world, &filter, 3).await;
    let suppressed = rows.iter().find(|row| row.stage == UsageStage::Suppressed).expect("a row");
    assert_eq!(suppressed.reason.as_deref(), Some("account_disabled"));
}

/// The acts of administrators, refused ones included, by administrator, act and person.
#[tokio::test]
async fn e8_1_the_acts_of_administrators_are_listed() {
    let mut settings = settings();
    let base = sspr::policy::LinkBase::parse("https://id.contoso.example/reset#");
    settings.link = Some(base.expect("sound"));
    let world = World::builder().settings(settings).registered().open().await;
    let admin = world.admin();
    admin.require_registration(&world.user).await.expect("done");
    admin.initiate_reset(&world.user).await.expect("done");
    admin.invite(&world.user).await.expect("done");
    admin.revoke_invitation(&world.user).await.expect("done");
    admin.set_temporary_password(&world.user, None).await.expect("done");
    admin.revoke_methods(&world.user).await.expect("done");
    let rows = desk(&world, &DeskFilter::default()).await;
    let acts: Vec<_> = rows.iter().map(|row| (row.act, row.outcome)).collect();
    assert_eq!(
        acts,
        [
            (DeskAct::PutPolicy, DeskOutcome::Done),
            (DeskAct::RequireRegistration, DeskOutcome::Done),
            (DeskAct::InitiateReset, DeskOutcome::Done),
            (DeskAct::Invite, DeskOutcome::Done),
            (DeskAct::RevokeInvitation, DeskOutcome::Done),
            (DeskAct::SetTemporaryPassword, DeskOutcome::Done),
            (DeskAct::RevokeMethods, DeskOutcome::Done),
        ]
    );
    assert!(rows.iter().all(|row| row.administrator.as_deref() == Some("root@contoso.example")));
    let promoted = world.directory.update_user(&world.tenant, &world.user, |facts| {
        facts.roles.insert(sspr::RoleId::parse("Global Administrator").expect("valid"));
    });
    promoted.expect("promoted");
    let role = sspr::RoleId::parse("Helpdesk Administrator").expect("valid");
    let clerk = sspr::Actor::service("clerk", [role]);
    let refused = world.engine.admin(&world.tenant, &clerk).unblock(&world.user).await;
    assert_eq!(refusal(refused), Refusal::NotAuthorised);
    let mut filter = DeskFilter::default();
    filter.administrator = Some("clerk".to_owned());
    let rows = desk(&world, &filter).await;
    let [row] = &rows[..] else { panic!("{rows:?}") };
    assert_eq!((row.act, row.outcome), (DeskAct::Unblock, DeskOutcome::Refused));
    assert_eq!((row.refusal, row.user.as_ref()), (Some(ActRefusal::Roles), Some(&world.user)));
    assert_eq!(row.cells().len(), DeskRow::COLUMNS.len());
    filter = DeskFilter::default();
    (filter.act, filter.user) = (Some(DeskAct::RevokeMethods), Some(world.user.clone()));
    assert_eq!(desk(&world, &filter).await.len(), 1);
}

/// Events of the time after a report was begun are not in it, whatever its pages are.
#[tokio::test]
async fn what_happens_meanwhile_is_not_in_a_report() {
    let world = used().await;
    let filter = UsageFilter::default();
    let before = usage(&world, &filter, 100).await;
    let first = world.admin().usage_report(&filter, None, 2).await.expect("a page");
    world.clock.advance(Duration::from_secs(600));
    let source = world.request_from("203.0.113.200");
    let reply = world.engine.reset().start(&source, &ada()).await.expect("started");
    world.engine.reset().challenge(&source, &reply.ticket, &email()).await.expect("asked");
    let (mut rows, mut position) = (first.rows, first.next);
    while let Some(at) = position {
        let page = world.admin().usage_report(&filter, Some(&at), 2).await.expect("a page");
        rows.extend(page.rows);
        position = page.next;
    }
    assert_eq!(rows, before);
    assert!(usage(&world, &filter, 100).await.len() > before.len());
}
