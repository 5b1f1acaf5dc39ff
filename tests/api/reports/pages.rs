//! Blocked accounts, and the positions of all reports.

use std::collections::BTreeSet;
use std::time::Duration;

use super::all;
use crate::support::*;
use sspr::policy::PoolKind;
use sspr::port::Cursor;
use sspr::report::{
    BlockCause, BlockedFilter, BlockedRow, DeskFilter, ExpiringFilter, RegistrationFilter,
    ReportRow as _, UsageFilter,
};
use sspr::{Error, InvalidInput, UserId};

async fn blocked(world: &World, filter: &BlockedFilter) -> Vec<BlockedRow> {
    all(world, async |engine, after| {
        engine.admin(&world.tenant, &world.root).blocked_report(filter, after, 1).await
    })
    .await
}

/// Wrong codes for Ada, each time from another source, until something is blocked.
async fn guess(world: &World) {
    for source in 0..240_u8 {
        let from = world.request_from(&format!("203.0.113.{source}"));
        let reply = world.engine.reset().start(&from, &ada()).await.expect("started");
        if let Ok(reply) = world.engine.reset().challenge(&from, &reply.ticket, &email()).await {
            for _ in 0..5 {
                let _ = world.engine.reset().prove(&from, &reply.ticket, &code("00000001")).await;
            }
        }
        world.deliver().await;
        let told = world.admin().explain(&world.user).await.expect("explained");
        if told.blocked.iter().any(|blocked| blocked.until.is_some()) {
            return;
        }
        world.clock.advance(Duration::from_secs(1_200));
    }
    panic!("nothing is blocked after so many guesses");
}

/// The report of blocks equals what each user's explanation says, and names what blocks until when.
#[tokio::test]
async fn the_blocked_report_equals_each_users_explanation() {
    let world = World::builder().settings(settings()).registered().open().await;
    let other = world.add_user("grace", "grace@contoso.example");
    world.supply_contacts(&other, &sspr::admin::Contacts::default()).await;
    assert!(blocked(&world, &BlockedFilter::default()).await.is_empty());
    guess(&world).await;
    let rows = blocked(&world, &BlockedFilter::default()).await;
    let told = world.admin().explain(&world.user).await.expect("explained");
    let shown: BTreeSet<String> = rows
        .iter()
        .filter(|row| row.cause != BlockCause::Challenges)
        .map(|row| format!("{:?}", (row.method, row.pool, row.until)))
        .collect();
    let expected: BTreeSet<String> = told
        .blocked
        .iter()
        .map(|block| format!("{:?}", (Some(block.method), block.pool, block.until)))
        .collect();
    assert_eq!(shown, expected);
    let spent = told.budgets.iter().filter(|used| {
        let name = serde_json::to_value(used.budget).expect("json").to_string();
        (name.contains("sent_in") || name.contains("in_hand_in")) && used.held >= used.of
    });
    let challenges = rows.iter().filter(|row| row.cause == BlockCause::Challenges).count();
    assert_eq!(challenges, spent.count());
    assert!(rows.iter().any(|row| row.pool == Some(PoolKind::Anonymous) && row.until.is_some()));
    for row in &rows {
        assert_eq!(row.user.as_ref(), Some(&world.user));
        assert_eq!(row.cells().len(), BlockedRow::COLUMNS.len());
    }
    let mut filter = BlockedFilter::default();
    filter.cause = Some(rows[0].cause);
    assert!(blocked(&world, &filter).await.iter().all(|row| row.cause == rows[0].cause));
    filter.cause = Some(BlockCause::Repudiated);
    assert!(blocked(&world, &filter).await.is_empty(), "of another cause");
    filter = BlockedFilter::default();
    filter.user = Some(UserId::parse("grace").expect("valid"));
    assert!(blocked(&world, &filter).await.is_empty());
    filter.user = Some(world.user.clone());
    assert_eq!(blocked(&world, &filter).await, rows);

    world.admin().unblock(&world.user).await.expect("unblocked");
    world.clock.advance(Duration::from_secs(40 * 86_400));
    assert!(blocked(&world, &BlockedFilter::default()).await.is_empty());
}

/// The position of one report, or of another filter, is refused by all others.
#[tokio::test]
async fn a_position_belongs_to_its_report_and_filter() {
    let world = World::builder().settings(settings()).registered().open().await;
    world.add_user("grace", "grace@contoso.example");
    let admin = world.admin();
    let everyone = RegistrationFilter::default();
    let page = admin.registration_report(&everyone, None, 1).await.expect("a page");
    let position = page.next.expect("there are two users");
    let foreign = |error: Option<Error>| {
        let expected = InvalidInput::Foreign { what: "cursor" };
        assert!(
            matches!(error, Some(Error::Invalid(ref found)) if *found == expected),
            "{error:?}"
        );
    };
    let at = Some(&position);
    let mut capable = RegistrationFilter::default();
    capable.capable = Some(true);
    foreign(admin.registration_report(&capable, at, 1).await.err());
    foreign(admin.expiring_report(&ExpiringFilter::default(), at, 1).await.err());
    foreign(admin.blocked_report(&BlockedFilter::default(), at, 1).await.err());
    foreign(admin.usage_report(&UsageFilter::default(), at, 1).await.err());
    foreign(admin.usage_counts(&UsageFilter::default(), at, 1).await.err());
    foreign(admin.desk_report(&DeskFilter::default(), at, 1).await.err());
    for junk in ["", "registration", "registration.00000000.1.x", "1"] {
        let junk = Cursor::new(junk);
        foreign(admin.registration_report(&everyone, Some(&junk), 1).await.err());
    }
    let rest = admin.registration_report(&everyone, at, 1).await.expect("resumed");
    assert_eq!(rest.rows.len(), 1);
}
