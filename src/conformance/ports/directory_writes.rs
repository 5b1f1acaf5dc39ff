//! Properties of writing to a directory.

use std::collections::BTreeSet;

use super::directory::{SharedDirectory, Subject, add, known, open, user};
use crate::conformance::kit::{PropertyResult, ensure, require};
use crate::conformance::sample::tenant;
use crate::facts::{PasswordHome, UserFacts, WriteOutcome, WritebackState};
use crate::port::{PasswordWrite, PortErrorKind, PortResult, UnlockWrite};
use crate::{SecretText, UserId};

pub(super) fn secret(text: &str) -> SecretText {
    SecretText::new(text.to_owned())
}

pub(super) async fn write(
    fixture: &SharedDirectory,
    id: &UserId,
    text: &str,
    number: u32,
) -> PortResult<WriteOutcome> {
    let (owner, password) = (tenant("kit"), secret(text));
    let write = PasswordWrite::new(&owner, id, &password, number);
    Ok(fixture.directory().set_password(&write).await?.outcome)
}

pub(super) async fn passes(
    fixture: &SharedDirectory,
    id: &UserId,
    text: &str,
) -> PropertyResult<bool> {
    Ok(fixture.directory().verify_password(&tenant("kit"), id, &secret(text)).await?)
}

pub(super) async fn set_password_replaces_it(harness: Subject<'_>) -> PropertyResult {
    let fixture = open(harness).await?;
    let (id, other) = (add(&fixture, "kit", "u-1").await?, add(&fixture, "kit", "u-2").await?);
    let mut before = "Password of u-1 1!".to_owned();
    for number in 1..4 {
        let next = format!("Zo\u{eb}'s {number}. own \u{1f5dd} password!");
        let outcome = write(&fixture, &id, &next, number).await?;
        ensure!(outcome == WriteOutcome::Written, "{outcome:?} for an acceptable password");
        ensure!(
            passes(&fixture, &id, &next).await?,
            "`Written`, but the new password does not pass"
        );
        ensure!(!passes(&fixture, &id, &before).await?, "the old password still passes");
        before = next;
    }
    let kept = passes(&fixture, &other, "Password of u-2 1!").await?;
    ensure!(kept, "another user's password was changed");
    Ok(())
}

pub(super) async fn set_password_made_again_is_one_write(harness: Subject<'_>) -> PropertyResult {
    let fixture = open(harness).await?;
    let id = add(&fixture, "kit", "u-1").await?;
    let next = "the password of one write, 7!";
    for turn in 0..3 {
        let outcome = write(&fixture, &id, next, 5).await?;
        ensure!(outcome == WriteOutcome::Written, "{outcome:?} at try {turn} of one write");
        ensure!(passes(&fixture, &id, next).await?, "the password does not pass after try {turn}");
    }
    let later = "the password of the write after it, 8!";
    let outcome = write(&fixture, &id, later, 6).await?;
    ensure!(outcome == WriteOutcome::Written, "{outcome:?} for the next write");
    ensure!(passes(&fixture, &id, later).await?, "a write with a new number changed nothing");
    Ok(())
}

pub(super) async fn set_password_of_an_unknown_user_is_not_written(
    harness: Subject<'_>,
) -> PropertyResult {
    let fixture = open(harness).await?;
    let unknown = user("unknown-0123456789abcdef")?;
    let outcome = write(&fixture, &unknown, "a password for no user, 9!", 1).await;
    let written =
        matches!(outcome, Ok(WriteOutcome::Written | WriteOutcome::WrittenButNotPropagated));
    ensure!(!written, "{outcome:?} for an unknown user");
    let made = known(&fixture, &tenant("kit"), &unknown, &BTreeSet::new()).await?;
    ensure!(made.is_none(), "the write created a user");
    Ok(())
}

pub(super) async fn set_password_out_of_reach_writes_nothing(
    harness: Subject<'_>,
) -> PropertyResult {
    let fixture = open(harness).await?;
    // With the password on premises, it can be out of reach while the directory still replies.
    let id = user("u-1")?;
    let mut facts = UserFacts::new(id.clone());
    facts.password_home = PasswordHome::OnPremises;
    facts.writeback = Some(WritebackState::Running);
    fixture.add_user(&tenant("kit"), facts, &["u-1@kit.example"], "Password of u-1 1!").await?;
    require(fixture.cut_off(true).await?)?;
    let next = "a password that cannot arrive, 3!";
    let outcome = write(&fixture, &id, next, 1).await;
    fixture.cut_off(false).await?;
    let written = passes(&fixture, &id, next).await?;
    let reported_nothing = match &outcome {
        Err(error) => error.kind() == PortErrorKind::Unavailable,
        Ok(outcome) => matches!(outcome, WriteOutcome::Unreachable),
    };
    let reported_written =
        matches!(outcome, Ok(WriteOutcome::Written | WriteOutcome::WrittenButNotPropagated));
    ensure!(!(written && reported_nothing), "{outcome:?}, but the password was written");
    ensure!(written || !reported_written, "{outcome:?}, but the password was not written");
    Ok(())
}

pub(super) async fn verify_password_knows_the_password(harness: Subject<'_>) -> PropertyResult {
    let fixture = open(harness).await?;
    let (id, other) = (add(&fixture, "kit", "u-1").await?, add(&fixture, "kit", "u-2").await?);
    for _ in 0..2 {
        let right = passes(&fixture, &id, "Password of u-1 1!").await?;
        ensure!(right, "the user's own password does not pass");
        let wrong = ["", " ", "password of u-1 1!", "Password of u-1 1", "Password of u-2 1!"];
        for wrong in wrong {
            ensure!(!passes(&fixture, &id, wrong).await?, "{wrong:?} passes");
        }
    }
    ensure!(!passes(&fixture, &other, "Password of u-1 1!").await?, "it passes for another user");
    // The engine passes passwords in NFC, so the host must normalise those set elsewhere.
    let (decomposed, composed) =
        ("Zwo\u{308}lf Vo\u{308}gel am Zaun 1!", "Zw\u{f6}lf V\u{f6}gel am Zaun 1!");
    let (third, facts) = (user("u-3")?, UserFacts::new(user("u-3")?));
    fixture.add_user(&tenant("kit"), facts, &["u-3@kit.example"], decomposed).await?;
    let composes = passes(&fixture, &third, composed).await?;
    ensure!(composes, "a password that was set in another normal form does not pass in NFC");
    let unknown = user("unknown-0123456789abcdef")?;
    for text in ["", "Password of u-1 1!"] {
        let passed = passes(&fixture, &unknown, text).await?;
        ensure!(!passed, "{text:?} passes for an unknown user");
    }
    let (elsewhere, text) = (tenant("kit-other"), secret("Password of u-1 1!"));
    let foreign = fixture.directory().verify_password(&elsewhere, &id, &text).await?;
    ensure!(!foreign, "it passes in another tenant");
    Ok(())
}

pub(super) async fn unlock_clears_a_lockout_only(harness: Subject<'_>) -> PropertyResult {
    let fixture = open(harness).await?;
    let owner = tenant("kit");
    for id in ["u-1", "u-2"] {
        let mut facts = UserFacts::new(user(id)?);
        facts.locked_out = Some(true);
        let name = format!("{id}@kit.example");
        fixture.add_user(&owner, facts, &[&name], "Password of a locked one 1!").await?;
    }
    let id = user("u-1")?;
    for number in [1, 1, 2] {
        let unlock = UnlockWrite::new(&owner, &id, number);
        let outcome = fixture.directory().unlock(&unlock).await?.outcome;
        ensure!(outcome == WriteOutcome::Written, "{outcome:?} for an unlock of a locked user");
    }
    let own = locked(&fixture, &id).await?;
    let other = locked(&fixture, &user("u-2")?).await?;
    ensure!(own != Some(true), "the lockout remains");
    ensure!(other != Some(false), "another user's lockout was cleared");
    let kept = passes(&fixture, &id, "Password of a locked one 1!").await?;
    ensure!(kept, "the password was changed by an unlock");
    Ok(())
}

async fn locked(fixture: &SharedDirectory, id: &UserId) -> PropertyResult<Option<bool>> {
    let facts = known(fixture, &tenant("kit"), id, &BTreeSet::new()).await?;
    Ok(facts.and_then(|facts| facts.locked_out))
}
