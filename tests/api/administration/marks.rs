//! Incarnations of a directory that begins to report them.

use crate::support::*;
use sspr::Refusal;
use sspr::audit::EventKind;
use sspr::error::SsprReason;

fn mark(world: &World, mark: Option<&str>) {
    let mark = mark.map(str::to_owned);
    let update = |facts: &mut sspr::facts::UserFacts| facts.incarnation.clone_from(&mark);
    world.directory.update_user(&tenant(), &world.user, update).expect("known");
}

async fn reason(world: &World) -> (Option<SsprReason>, bool) {
    let seen = world.admin().explain(&world.user).await.expect("explained");
    (seen.reason, seen.unconfirmed_incarnation)
}

#[tokio::test]
async fn a_record_without_a_mark_is_closed_to_a_mark_until_an_administrator_confirms_it() {
    let world = World::builder().settings(settings()).registered().open().await;
    assert_eq!(reason(&world).await, (None, false));
    mark(&world, Some("second person"));
    assert_eq!(reason(&world).await, (Some(SsprReason::OtherIncarnation), true));
    // Neither a registration nor an administrator's operation binds the record to the user.
    let listed = world.engine.registration().list(&request(), &world.signed_in()).await;
    let closed = Refusal::NotEligible { reason: SsprReason::OtherIncarnation };
    assert_eq!(listed.unwrap_err().refusal(), Some(&closed));
    let by = world.admin();
    assert_eq!(by.unblock(&world.user).await.unwrap_err().refusal(), Some(&closed));
    assert_eq!(reason(&world).await.0, Some(SsprReason::OtherIncarnation));

    by.confirm_incarnation(&world.user).await.expect("confirmed");
    assert_eq!(reason(&world).await, (None, false));
    let events = by.user_events(&world.user, None, 1_000).await.expect("listed").items;
    assert!(matches!(events.last().expect("one").kind, EventKind::IncarnationConfirmed { .. }));
    // From then on another incarnation closes the record and cannot be confirmed.
    mark(&world, Some("third person"));
    assert_eq!(reason(&world).await, (Some(SsprReason::OtherIncarnation), false));
    let refused = by.confirm_incarnation(&world.user).await.unwrap_err();
    assert_eq!(refused.refusal(), Some(&closed));
    mark(&world, None);
    assert_eq!(
        reason(&world).await.0,
        Some(SsprReason::OtherIncarnation),
        "a missing incarnation is no match"
    );
}

#[tokio::test]
async fn forgetting_the_record_opens_the_identifier_to_its_new_holder() {
    let world = World::builder().settings(settings()).registered().open().await;
    mark(&world, Some("second person"));
    world.admin().forget(&world.user).await.expect("forgotten");
    let (reason, unconfirmed) = reason(&world).await;
    assert_eq!((reason, unconfirmed), (Some(SsprReason::TooFewMethods), false));
}

#[tokio::test]
async fn an_account_that_opens_nothing_takes_a_mark_without_an_administrator() {
    let world = World::builder().settings(settings()).open().await;
    mark(&world, Some("first"));
    world.register_contacts().await;
    assert_eq!(reason(&world).await, (None, false));
    mark(&world, Some("second"));
    assert_eq!(reason(&world).await.0, Some(SsprReason::OtherIncarnation));
}

#[tokio::test]
async fn a_mark_of_any_length_is_kept_and_compared() {
    let world = World::builder().settings(settings()).open().await;
    let long = "x".repeat(40_000);
    mark(&world, Some(&format!("{long}1")));
    world.register_contacts().await;
    assert_eq!(reason(&world).await, (None, false));
    mark(&world, Some(&format!("{long}2")));
    assert_eq!(reason(&world).await.0, Some(SsprReason::OtherIncarnation));
}

/// A disabled account, a record without an incarnation and a previous user's record have one
/// reason: the report tells an administrator which case it is, and so which operation resolves it.
#[tokio::test]
async fn explain_tells_a_reissued_id_from_a_disabled_account_and_forget_ends_it() {
    let world = World::builder().settings(settings()).open().await;
    mark(&world, Some("first person"));
    world.register_contacts().await;
    let (tenant, root) = (tenant(), admin());
    let by = world.engine.admin(&tenant, &root);
    let seen = async || {
        let seen = by.explain(&world.user).await.expect("explained");
        (seen.reason, seen.another_incarnation, seen.unconfirmed_incarnation)
    };
    let disabled = Some(SsprReason::AccountDisabled);
    let reissued = Some(SsprReason::OtherIncarnation);
    let enable = |enabled: bool| {
        let update = |facts: &mut sspr::facts::UserFacts| facts.enabled = enabled;
        world.directory.update_user(&tenant, &world.user, update).expect("known");
    };
    assert_eq!(seen().await, (None, false, false));
    enable(false);
    assert_eq!(seen().await, (disabled, false, false), "disabled, and the holder's own");
    enable(true);
    mark(&world, Some("second person"));
    assert_eq!(seen().await, (reissued, true, false), "enabled, and another person's");
    // If the directory reports no incarnation any more, the record stays closed too.
    mark(&world, None);
    assert_eq!(seen().await, (reissued, true, false));
    mark(&world, Some("second person"));
    assert_eq!(by.explain(&world.user).await.expect("read").account.methods.len(), 2);

    by.forget(&world.user).await.expect("forgotten");
    assert_eq!(seen().await, (Some(SsprReason::TooFewMethods), false, false), "open, and empty");
    assert!(by.explain(&world.user).await.expect("read").account.methods.is_empty());
    // The previous user's events stay in the audit trail, and so does the event of forgetting.
    let events = by.user_events(&world.user, None, 1_000).await.expect("listed").items;
    assert!(events.iter().any(|event| matches!(event.kind, EventKind::AccountForgotten { .. })));
    let before = events.iter().filter(|event| event.code() == "method_confirmed").count();
    assert_eq!(before, 2, "{:?}", events.iter().map(|event| event.code()).collect::<Vec<_>>());
    world.register_contacts().await;
    assert_eq!(seen().await, (None, false, false), "the record is the new holder's");
}
