//! Counts of replies that leave no event.

use std::time::Duration;

use crate::support::*;
use sspr::adapters::memory::MemoryStore;
use sspr::port::Clock as _;
use sspr::report::{
    CountRow, CountedStep, ReportDay, ReportWindow, UsageFeature, UsageFilter, UsageStage,
    UsageSummary,
};
use sspr::testing::{CallLog, FaultPlan, InjectedFault};
use sspr::{Identifier, TenantId};

async fn counts(world: &World) -> Vec<CountRow> {
    let filter = UsageFilter::default();
    let (mut rows, mut position) = (Vec::new(), None);
    loop {
        let page = world.admin().usage_counts(&filter, position.as_ref(), 7).await.expect("read");
        rows.extend(page.rows);
        position = page.next;
        if position.is_none() {
            return rows;
        }
    }
}

fn shown(rows: &[CountRow]) -> Vec<(CountedStep, &str, u64)> {
    rows.iter().map(|row| (row.step, row.outcome.as_str(), row.count)).collect()
}

fn named(name: &str) -> Identifier {
    Identifier::parse(name).expect("valid")
}

/// E8.3.9, E8.3.12: starts, refused starts by reason, first and further codes, and wrong secrets are
/// counted by day; no counter is written by a request.
#[tokio::test]
async fn replies_are_counted_and_written_by_maintain() {
    let chosen = settings();
    let log = CallLog::new();
    let world = World::builder().settings(chosen).registered().recorded(&log).open().await;
    log.clear();
    let request = world.request();
    let reset = world.engine.reset();
    for _ in 0..2 {
        reset.start(&request, &named("nobody@contoso.example")).await.expect("started");
    }
    let reply = reset.start(&request, &ada()).await.expect("started");
    assert!(log.shapes().iter().all(|call| !call.contains("increment")), "{:?}", log.shapes());
    let reply = reset.challenge(&request, &reply.ticket, &email()).await.expect("asked");
    let refused = reset.challenge(&request, &reply.ticket, &email()).await;
    assert!(matches!(refusal(refused), sspr::Refusal::TooOften { .. }));
    let wrong = code("00000001");
    let _ = refusal(reset.prove(&request, &reply.ticket, &wrong).await);
    world.deliver().await;
    let unlock = world.engine.unlock().start(&request, &ada()).await;
    assert_eq!(refusal(unlock), sspr::Refusal::NotOffered);
    world.engine.write_counts().await.expect("written");
    let rows = counts(&world).await;
    let reset_rows: Vec<_> =
        rows.iter().filter(|row| row.feature == UsageFeature::Reset).cloned().collect();
    assert_eq!(
        shown(&reset_rows),
        [
            (CountedStep::Start, "accepted", 3),
            (CountedStep::FirstChallenge, "accepted", 1),
            (CountedStep::Challenge, "too_often", 1),
            (CountedStep::Prove, "not_accepted", 1),
        ]
    );
    let unlocks: Vec<_> =
        rows.iter().filter(|row| row.feature == UsageFeature::Unlock).cloned().collect();
    assert_eq!(shown(&unlocks), [(CountedStep::Start, "not_offered", 1)]);
    let mut summary = UsageSummary::default();
    summary.extend_counts(&rows);
    assert_eq!(summary.total(UsageFeature::Reset, UsageStage::Started), 3);
    assert_eq!(summary.abandoned_after_name(UsageFeature::Reset), 2);
    assert_eq!(summary.by_reason(UsageStage::Failed), [("not_offered".to_owned(), 1)]);

    // The next day is another row, and a window of days reads only its own.
    world.clock.advance(Duration::from_secs(86_400));
    reset.start(&request, &ada()).await.expect("started");
    world.engine.write_counts().await.expect("written");
    let today = ReportDay::of(world.clock.now());
    let rows = counts(&world).await;
    assert_eq!(rows.iter().filter(|row| row.day == today).map(|row| row.count).sum::<u64>(), 1);
    let mut filter = UsageFilter::default();
    filter.window = ReportWindow::new(today.start(), world.clock.now());
    let page = world.admin().usage_counts(&filter, None, 31).await.expect("read");
    assert!(page.next.is_none() && page.rows.iter().all(|row| row.day == today));
    assert_eq!(page.rows.len(), 1);
}

/// What could not be written waits, and a lost reply counts twice rather than never.
#[tokio::test]
async fn counts_survive_a_failed_write() {
    let world = World::builder().settings(settings()).open().await;
    let plan = FaultPlan::none();
    let other = world.beside().seed(9).faulty(&plan).open().await;
    let request = other.request();
    other.engine.reset().start(&request, &ada()).await.expect("started");
    for _ in 0..3 {
        let failing = plan.clone().on("store.increment", InjectedFault::FailBefore);
        other.engine.write_counts().await.expect_err("the store fails");
        failing.heal();
    }
    other.engine.write_counts().await.expect("written");
    other.engine.write_counts().await.expect("nothing is left");
    assert_eq!(shown(&counts(&world).await), [(CountedStep::Start, "accepted", 1)]);
    other.engine.reset().start(&request, &ada()).await.expect("started");
    let losing = plan.clone().on("store.increment", InjectedFault::LoseReply);
    other.engine.write_counts().await.expect_err("the reply is lost");
    losing.heal();
    other.engine.write_counts().await.expect("written");
    assert_eq!(shown(&counts(&world).await), [(CountedStep::Start, "accepted", 3)]);
}

/// Invented tenants are not counted, and leave nothing in memory or in the store.
#[tokio::test]
async fn a_tenant_without_a_policy_is_not_counted() {
    let log = CallLog::new();
    let store = MemoryStore::new();
    let world = World::builder().store(store).settings(settings()).recorded(&log).open().await;
    let invented = TenantId::parse("fabrikam").expect("valid");
    let request = sspr::Request::new(invented, sspr::Source::Unknown);
    let _ = world.engine.reset().start(&request, &ada()).await;
    log.clear();
    world.engine.write_counts().await.expect("nothing to write");
    assert!(log.shapes().is_empty(), "{:?}", log.shapes());
}

/// Counts are kept as long as events, and then are gone.
#[tokio::test]
async fn counts_are_kept_as_long_as_events() {
    let world = World::builder().settings(settings()).open().await;
    world.engine.reset().start(&world.request(), &ada()).await.expect("started");
    world.deliver().await;
    for days in [29, 3] {
        assert!(!counts(&world).await.is_empty());
        for _ in 0..days {
            world.clock.advance(Duration::from_secs(86_400));
            world.deliver().await;
        }
    }
    assert!(counts(&world).await.is_empty());
}
