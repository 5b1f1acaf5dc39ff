//! Properties of sessions.

use std::sync::Arc;

use super::directory::user;
use crate::conformance::kit::{PropertyResult, ensure};
use crate::conformance::ports::{PortHarness, SessionsUnderTest};
use crate::conformance::sample::{at, tenant};
use crate::facts::SessionKinds;
use crate::{TenantId, UserId};

type Subject<'a> = &'a dyn PortHarness<dyn SessionsUnderTest>;

/// A session to open: its tenant, user, name, and the seconds of its authentication.
type Opened<'a> = (&'a TenantId, &'a UserId, &'a str, i64);

async fn open(
    fixture: &Arc<dyn SessionsUnderTest>,
    (owner, user, name, authenticated): Opened<'_>,
) -> PropertyResult {
    Ok(fixture.open(owner, user, name, at(authenticated), at(authenticated)).await?)
}

pub(super) async fn revoke_may_come_again(harness: Subject<'_>) -> PropertyResult {
    let (fixture, owner, id) = (harness.make(), tenant("kit"), user("u-1")?);
    open(&fixture, (&owner, &id, "new", 100)).await?;
    for kinds in [SessionKinds::All, SessionKinds::PasswordBased, SessionKinds::All] {
        for before in [at(5), at(5), at(-5)] {
            fixture.sessions().revoke(&owner, &id, before, kinds).await?;
        }
    }
    let left = fixture.valid(&owner, &id).await?;
    ensure!(left == ["new"], "{left:?} are left of a session from after every revocation");
    Ok(())
}

pub(super) async fn revoke_goes_by_the_time_of_authentication(
    harness: Subject<'_>,
) -> PropertyResult {
    let (fixture, owner) = (harness.make(), tenant("kit"));
    let (id, other) = (user("u-1")?, user("u-2")?);
    open(&fixture, (&owner, &id, "old", 10)).await?;
    open(&fixture, (&owner, &id, "renewed", 20)).await?;
    open(&fixture, (&owner, &id, "new", 100)).await?;
    open(&fixture, (&owner, &other, "of another", 10)).await?;
    // Renewed after the time that the revocation names, but before the revocation is called.
    fixture.open(&owner, &id, "renewed", at(20), at(200)).await?;
    fixture.sessions().revoke(&owner, &id, at(100), SessionKinds::All).await?;
    let left = fixture.valid(&owner, &id).await?;
    ensure!(!left.iter().any(|name| name == "old"), "an old session is still valid");
    ensure!(!left.iter().any(|name| name == "renewed"), "a renewal kept an old session valid");
    ensure!(left == ["new"], "a session from after the change was ended: {left:?} are left");
    ensure!(fixture.valid(&owner, &other).await?.len() == 1, "another user's session ended");
    Ok(())
}

pub(super) async fn revoke_keeps_tenants_apart(harness: Subject<'_>) -> PropertyResult {
    let (fixture, id) = (harness.make(), user("u-1")?);
    let [owner, other] = [tenant("kit"), tenant("kit-other")];
    for owner in [&owner, &other] {
        open(&fixture, (owner, &id, "old", 10)).await?;
    }
    // Both are known to the port before one of them is revoked.
    fixture.sessions().revoke(&other, &id, at(5), SessionKinds::All).await?;
    fixture.sessions().revoke(&owner, &id, at(100), SessionKinds::All).await?;
    let left = fixture.valid(&owner, &id).await?;
    ensure!(left.is_empty(), "{left:?} are left of a user whose sessions were revoked");
    let left = fixture.valid(&other, &id).await?;
    ensure!(left == ["old"], "another tenant's user of the same id lost a session: {left:?}");
    Ok(())
}
