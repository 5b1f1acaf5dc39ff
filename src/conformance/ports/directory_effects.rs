//! Properties of the effects of a directory's writes, which are asked back.

use std::collections::BTreeSet;

use super::directory::{SharedDirectory, Subject, add, known, open, user};
use super::directory_facts;
use super::directory_writes::{passes, secret, write};
use crate::UserId;
use crate::conformance::kit::{PropertyResult, Stop, ensure};
use crate::conformance::ports::DirectoryFact;
use crate::conformance::sample::tenant;
use crate::facts::{Lockouts, UserFacts, WriteOutcome};
use crate::port::{PasswordWrite, UnlockWrite};

/// The facts of a user who is there.
async fn facts(fixture: &SharedDirectory, id: &UserId) -> PropertyResult<UserFacts> {
    let found = known(fixture, &tenant("kit"), id, &BTreeSet::new()).await?;
    found.ok_or_else(|| Stop::Seen(format!("{} is gone after a write", id.as_str())))
}

pub(super) async fn set_password_has_its_effects(harness: Subject<'_>) -> PropertyResult {
    let fixture = open(harness).await?;
    let has = |fact| !fixture.lacks().contains(&fact);
    let (locks, expires) = (has(DirectoryFact::Lockout), has(DirectoryFact::PasswordExpiry));
    if !locks && !expires {
        return Err(Stop::Skip("the directory has no lockouts, and passwords do not expire"));
    }
    let id = user("u-1")?;
    let mut given = UserFacts::new(id.clone());
    given.locked_out = locks.then_some(true);
    given.password_expired = expires.then_some(false);
    directory_facts::add(&fixture, &given).await?;
    for (number, must_change, clear_lockout) in [(1, true, false), (2, false, true)] {
        let password = secret(&format!("the password of write {number} of two!"));
        let owner = tenant("kit");
        let mut write = PasswordWrite::new(&owner, &id, &password, number);
        write.must_change = must_change;
        write.clears = if clear_lockout { Lockouts::ALL } else { Lockouts::default() };
        let outcome = fixture.directory().set_password(&write).await?.outcome;
        ensure!(outcome == WriteOutcome::Written, "{outcome:?} for an acceptable password");
        let found = facts(&fixture, &id).await?;
        let locked = found.locked_out == Some(true);
        ensure!(
            !locks || locked != clear_lockout,
            "locked out is {locked} after a write to a locked user whose `clears` \
             holds it: {clear_lockout}"
        );
        let expired = found.password_expired == Some(true);
        ensure!(
            !expires || expired == must_change,
            "the password has to be changed is {expired} after a write with `must_change` \
             {must_change}"
        );
    }
    Ok(())
}

pub(super) async fn writes_leave_a_disabled_user_disabled(harness: Subject<'_>) -> PropertyResult {
    let fixture = open(harness).await?;
    if fixture.lacks().contains(&DirectoryFact::Disabled) {
        return Err(Stop::Skip("the directory disables no users"));
    }
    let (owner, id) = (tenant("kit"), user("u-1")?);
    let mut given = UserFacts::new(id.clone());
    given.enabled = false;
    directory_facts::add(&fixture, &given).await?;
    // The outcome is the directory's: it may refuse.
    let _ = fixture.directory().unlock(&UnlockWrite::new(&owner, &id, 1)).await;
    let enabled = facts(&fixture, &id).await?.enabled;
    ensure!(!enabled, "an unlock enabled a disabled user");
    let _ = write(&fixture, &id, "a password for a disabled user, 2!", 2).await;
    let enabled = facts(&fixture, &id).await?.enabled;
    ensure!(!enabled, "a new password enabled a disabled user");
    Ok(())
}

pub(super) async fn set_password_keeps_every_character(harness: Subject<'_>) -> PropertyResult {
    let fixture = open(harness).await?;
    let id = add(&fixture, "kit", "u-1").await?;
    let long = "Nine by 8".repeat(8);
    let pairs = [
        // bcrypt reads 72 bytes, and ends at a NUL.
        (format!("{long} and a tail"), format!("{long} and another")),
        (format!("{long} and a tail"), long),
        ("Nul \u{0}in a password 1!".to_owned(), "Nul \u{0}of another one 1!".to_owned()),
        ("  Blanks around 1!  ".to_owned(), "Blanks around 1!".to_owned()),
        ("Blanks  within 1!".to_owned(), "Blanks within 1!".to_owned()),
        ("Case is KEPT here 1!".to_owned(), "Case is kept here 1!".to_owned()),
        ("Not in Latin-1 \u{1f5dd}\u{4e2d} 1!".to_owned(), "Not in Latin-1 ?? 1!".to_owned()),
    ];
    for (number, (right, wrong)) in (1..).zip(pairs) {
        match write(&fixture, &id, &right, number).await? {
            WriteOutcome::Written => {}
            // A rule of the directory may forbid it, as long as it says so.
            WriteOutcome::PolicyViolation(_) => continue,
            outcome => return Err(Stop::Seen(format!("{outcome:?} for {right:?}"))),
        }
        ensure!(passes(&fixture, &id, &right).await?, "`Written`, but {right:?} does not pass");
        ensure!(!passes(&fixture, &id, &wrong).await?, "{wrong:?} passes for {right:?}");
    }
    Ok(())
}

pub(super) async fn unlock_of_an_unknown_user_is_not_written(
    harness: Subject<'_>,
) -> PropertyResult {
    let fixture = open(harness).await?;
    let (owner, unknown) = (tenant("kit"), user("unknown-0123456789abcdef")?);
    let unlock = UnlockWrite::new(&owner, &unknown, 1);
    let outcome = fixture.directory().unlock(&unlock).await.map(|reply| reply.outcome);
    let written =
        matches!(outcome, Ok(WriteOutcome::Written | WriteOutcome::WrittenButNotPropagated));
    ensure!(!written, "{outcome:?} for an unlock of an unknown user");
    let made = known(&fixture, &owner, &unknown, &BTreeSet::new()).await?;
    ensure!(made.is_none(), "the unlock created a user");
    Ok(())
}
