//! Properties of a host-verified method.

use std::sync::Arc;

use super::directory::user;
use crate::SecretText;
use crate::conformance::kit::{PropertyResult, ensure, require};
use crate::conformance::ports::{ExternalMethodUnderTest, PortHarness};
use crate::conformance::sample::tenant;
use crate::port::ExternalMethod;

type Subject<'a> = &'a dyn PortHarness<dyn ExternalMethodUnderTest>;
type Fixture = Arc<dyn ExternalMethodUnderTest>;

/// The longest page data, in bytes.
const PAGE_MAX: usize = 4096;

/// A challenge of the shape that an engine makes.
fn challenge(n: u8) -> String {
    format!("{n:02x}").repeat(16)
}

/// A fixture in which two users have the method, one of them in each of two tenants.
async fn open(harness: Subject<'_>) -> PropertyResult<(Fixture, Arc<dyn ExternalMethod>)> {
    let fixture = harness.make();
    for (owner, id) in [("kit", "u-1"), ("kit", "u-2"), ("kit-other", "u-3")] {
        fixture.register(&tenant(owner), &user(id)?).await?;
    }
    let method = fixture.method();
    Ok((fixture, method))
}

/// An id of the form that the engine asks for in place of users who do not exist.
const UNKNOWN: &str = "unknown-0123456789abcdef";

pub(super) async fn available_is_about_this_user(harness: Subject<'_>) -> PropertyResult {
    let (_fixture, method) = open(harness).await?;
    for (owner, id, right) in [
        ("kit", "u-1", true),
        ("kit", "u-2", true),
        ("kit-other", "u-3", true),
        ("kit", "u-3", false),
        ("kit-other", "u-1", false),
        ("kit", "u-4", false),
        ("kit", UNKNOWN, false),
    ] {
        let found = method.available(&tenant(owner), &user(id)?).await?;
        ensure!(found == right, "{found} for {id} of {owner}, who has the method: {right}");
    }
    Ok(())
}

pub(super) async fn available_is_an_error_in_an_outage(harness: Subject<'_>) -> PropertyResult {
    let (fixture, method) = open(harness).await?;
    require(fixture.cut_off(true).await?)?;
    let found = method.available(&tenant("kit"), &user("u-1")?).await;
    fixture.cut_off(false).await?;
    // An answer from the host's own records is right too.
    let right = found.as_ref().map_or(true, |available| *available);
    ensure!(right, "`false` during an outage, for a user who has the method");
    Ok(())
}

pub(super) async fn begin_shows_no_difference(harness: Subject<'_>) -> PropertyResult {
    let (_fixture, method) = open(harness).await?;
    let owner = tenant("kit");
    let known = method.begin(&owner, &user("u-1")?, &challenge(1)).await?;
    ensure!(known.len() <= PAGE_MAX, "page data of {} bytes", known.len());
    for (n, id) in (2..).zip(["u-2", "u-4", UNKNOWN]) {
        let page = method.begin(&owner, &user(id)?, &challenge(n)).await;
        let Ok(page) = page else {
            ensure!(false, "an error for {id}, and page data for a user who has the method");
            continue;
        };
        ensure!(
            page.len() == known.len() && !page.contains(id),
            "page data of {} bytes for {id}, and of {} for another user: it tells who they are",
            page.len(),
            known.len()
        );
    }
    Ok(())
}

pub(super) async fn begin_made_again_prompts_once(harness: Subject<'_>) -> PropertyResult {
    let (fixture, method) = open(harness).await?;
    let (owner, id) = (tenant("kit"), user("u-1")?);
    let first = method.begin(&owner, &id, &challenge(1)).await?;
    let prompts = fixture.prompts(&owner, &id).await?;
    for _ in 0..2 {
        let again = method.begin(&owner, &id, &challenge(1)).await?;
        ensure!(again == first, "other page data when the call for one challenge is repeated");
    }
    let after = fixture.prompts(&owner, &id).await?;
    ensure!(after == prompts, "{after:?} prompts after repetitions of one challenge: {prompts:?}");
    Ok(())
}

pub(super) async fn verify_knows_the_response(harness: Subject<'_>) -> PropertyResult {
    let (fixture, method) = open(harness).await?;
    let owner = tenant("kit");
    let (own, other) = (user("u-1")?, user("u-2")?);
    let page = method.begin(&owner, &own, &challenge(1)).await?;
    for (id, n) in [(&own, 2), (&other, 3)] {
        method.begin(&owner, id, &challenge(n)).await?;
    }
    let right = fixture.respond(&owner, &own, &challenge(1), &page).await?;
    let unknown = user(UNKNOWN)?;
    for (id, n, what) in [
        (&own, 2, "another challenge"),
        (&other, 3, "another user's challenge"),
        (&other, 1, "another user"),
        (&unknown, 1, "an unknown user"),
    ] {
        let passed = method.verify(&owner, id, &challenge(n), &right).await.unwrap_or(false);
        ensure!(!passed, "a response passes for {what}");
    }
    for wrong in ["", "approved", "true", "{}"] {
        let wrong = SecretText::new(wrong.to_owned());
        let passed = method.verify(&owner, &own, &challenge(1), &wrong).await.unwrap_or(false);
        ensure!(!passed, "a response that the user's device never made passes");
    }
    // Its first result may have been lost.
    for turn in 0..2 {
        let passed = method.verify(&owner, &own, &challenge(1), &right).await?;
        ensure!(passed, "the right response does not pass at try {turn}");
    }
    Ok(())
}

pub(super) async fn verify_fails_in_an_outage(harness: Subject<'_>) -> PropertyResult {
    let (fixture, method) = open(harness).await?;
    let (owner, id) = (tenant("kit"), user("u-1")?);
    method.begin(&owner, &id, &challenge(1)).await?;
    require(fixture.cut_off(true).await?)?;
    let wrong = SecretText::new("approved".to_owned());
    let passed = method.verify(&owner, &id, &challenge(1), &wrong).await;
    fixture.cut_off(false).await?;
    ensure!(!passed.unwrap_or(false), "any response passes during an outage");
    Ok(())
}

pub(super) async fn kind_is_one_of_the_host(harness: Subject<'_>) -> PropertyResult {
    use crate::MethodKind::{AppNotification, HostVerified, Passkey};
    let kind = harness.make().method().kind();
    let right = matches!(kind, AppNotification | Passkey | HostVerified);
    ensure!(right, "the kind {kind}, which the engine verifies itself");
    Ok(())
}
