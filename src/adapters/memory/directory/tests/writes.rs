//! Password writes and unlocks of the memory directory.

use super::*;
use crate::facts::{Lockouts, WritePurpose};

#[tokio::test]
async fn a_write_changes_the_password_and_its_facts() {
    let world = world();
    world.update(|facts| {
        facts.locked_out = Some(true);
        facts.password_expired = Some(true);
        facts.must_change = Some(MustChange::Compromised);
    });
    assert!(world.password_is("old password"));
    assert_eq!(world.write(3, "new password").await, WriteOutcome::Written);
    assert!(world.password_is("new password") && !world.password_is("old password"));
    let facts = world.ada().await;
    assert_eq!(facts.locked_out, Some(false));
    assert_eq!((facts.password_expired, facts.must_change), (Some(false), None));
    assert_eq!(facts.password_changed_at, Some(world.clock.now()));

    let password = SecretText::from("third password");
    let mut write = PasswordWrite::new(&world.tenant, &world.ada, &password, 4);
    (write.must_change, write.risk_remediated) = (true, false);
    write.clears = Lockouts { sign_in: false, on_premises: true };
    world.update(|facts| facts.locked_out = Some(true));
    let outcome = world.directory.set_password(&write).await;
    assert_eq!(outcome.expect("an outcome"), WriteOutcome::Written.into());
    let facts = world.ada().await;
    assert_eq!((facts.locked_out, facts.password_expired), (Some(true), Some(true)));
    assert_eq!(facts.must_change, Some(MustChange::Temporary));
    let log = world.directory.writes(&world.tenant, &world.ada);
    assert_eq!(log.len(), 2);
    assert!(log[0].clears == Lockouts::ALL && log[0].risk_remediated && !log[0].must_change);
    assert!(!log[1].clears.sign_in && !log[1].risk_remediated && log[1].must_change);
}

#[tokio::test]
async fn untracked_facts_stay_untracked() {
    let world = world();
    world.write(1, "new password").await;
    let facts = world.ada().await;
    assert_eq!((facts.locked_out, facts.password_expired), (None, None));
}

#[tokio::test]
async fn a_repetition_returns_the_first_outcome_and_changes_nothing() {
    let world = world();
    world.directory.script_outcome(WriteOutcome::WrittenButNotPropagated);
    let first = world.write(1, "one").await;
    assert_eq!(first, WriteOutcome::WrittenButNotPropagated);
    assert_eq!(world.write(1, "one").await, first);
    assert_eq!(world.writes(), [1]);
    assert_eq!(world.write(2, "two").await, WriteOutcome::Written);
    // A late repetition does not restore the former password.
    assert_eq!(world.write(1, "one").await, first);
    assert!(world.password_is("two"));
    // Another password under the same number is another write.
    assert_eq!(world.write(2, "three").await, WriteOutcome::Written);
    assert_eq!(world.writes(), [1, 2, 2]);
}

#[tokio::test]
async fn the_directory_refuses_by_its_own_rules() {
    let world = world();
    world.directory.set_history(2);
    let history = WriteOutcome::PolicyViolation(PolicyReason::History);
    assert_eq!(world.write(1, "old password").await, history);
    assert_eq!(world.write(2, "two").await, WriteOutcome::Written);
    assert_eq!(world.write(3, "old password").await, history);
    assert_eq!(world.write(4, "three").await, WriteOutcome::Written);
    assert_eq!(world.write(5, "old password").await, WriteOutcome::Written);
    world.directory.set_history(0);

    world.directory.set_password_rule(|new| new.contains('x').then_some(PolicyReason::Filter));
    let filter = WriteOutcome::PolicyViolation(PolicyReason::Filter);
    assert_eq!(world.write(6, "xyz").await, filter);
    world.directory.clear_password_rule();
    assert_eq!(world.write(7, "xyz").await, WriteOutcome::Written);

    world.directory.set_min_age(Duration::from_secs(60));
    let until = Some(world.clock.now().plus(Duration::from_secs(60)));
    let young = WriteOutcome::PolicyViolation(PolicyReason::TooYoung { until });
    world.clock.0.fetch_add(59, Ordering::Relaxed);
    assert_eq!(world.write(8, "later").await, young);
    world.clock.0.fetch_add(1, Ordering::Relaxed);
    assert_eq!(world.write(9, "later").await, WriteOutcome::Written);

    world.update(|facts| facts.protected = true);
    world.directory.set_min_age(Duration::ZERO);
    assert_eq!(world.write(10, "never").await, WriteOutcome::AdminActionRequired);
    assert_eq!(world.writes(), [2, 4, 5, 7, 9]);
    assert!(world.password_is("later"));
}

#[tokio::test]
async fn an_unreachable_directory_affects_passwords_on_premises_only() {
    let world = world();
    world.directory.set_unreachable(true);
    assert_eq!(world.ada().await.writeback, None);
    assert_eq!(world.write(1, "cloud").await, WriteOutcome::Written);
    world.update(|facts| facts.password_home = PasswordHome::OnPremises);
    assert_eq!(world.ada().await.writeback, Some(WritebackState::Unreachable));
    assert_eq!(world.write(2, "premises").await, WriteOutcome::Unreachable);
    let unlock = UnlockWrite::new(&world.tenant, &world.ada, 3);
    let outcome = world.directory.unlock(&unlock).await.expect("an outcome");
    assert_eq!(outcome, WriteOutcome::Unreachable.into());
    let password = SecretText::from("cloud");
    let verified = world.directory.verify_password(&world.tenant, &world.ada, &password);
    let error = verified.await.expect_err("out of reach");
    assert_eq!(error.kind(), PortErrorKind::Unavailable);
    world.directory.set_unreachable(false);
    assert_eq!(world.write(2, "premises").await, WriteOutcome::Written);
    assert!(world.directory.unlocks(&world.tenant, &world.ada).is_empty());
}

#[tokio::test]
async fn scripted_outcomes_are_returned_in_order() {
    let world = world();
    world.directory.script_outcome(WriteOutcome::Unreachable);
    world.directory.script_outcome(WriteOutcome::Indeterminate);
    world.directory.script_indeterminate_written();
    assert_eq!(world.write(1, "one").await, WriteOutcome::Unreachable);
    assert_eq!(world.write(2, "two").await, WriteOutcome::Indeterminate);
    assert!(world.password_is("old password"));
    assert_eq!(world.write(3, "three").await, WriteOutcome::Indeterminate);
    assert!(world.password_is("three"));
    assert_eq!(world.write(3, "three").await, WriteOutcome::Written);
    assert_eq!(world.writes(), [3]);
    assert_eq!(world.write(4, "four").await, WriteOutcome::Written);
}

#[tokio::test]
async fn an_unlock_clears_the_lockout_and_keeps_the_password() {
    let world = world();
    world.update(|facts| facts.locked_out = Some(true));
    let unlock = UnlockWrite::new(&world.tenant, &world.ada, 7);
    let outcome = world.directory.unlock(&unlock).await.expect("an outcome");
    assert_eq!(outcome, WriteOutcome::Written.into());
    assert_eq!(world.ada().await.locked_out, Some(false));
    assert_eq!(world.directory.unlocks(&world.tenant, &world.ada), [7]);
    assert!(world.password_is("old password") && world.writes().is_empty());
}

/// E3.4: a change refuses the last password, a reset allows it.
#[tokio::test]
async fn a_change_refuses_the_present_password_and_a_reset_takes_it() {
    let world = world();
    let password = SecretText::from("old password");
    let mut write = PasswordWrite::new(&world.tenant, &world.ada, &password, 1);
    write.purpose = WritePurpose::Change;
    let changed = world.directory.set_password(&write).await.expect("an outcome");
    assert_eq!(changed.outcome, WriteOutcome::PolicyViolation(PolicyReason::History));
    assert_eq!(world.write(2, "old password").await, WriteOutcome::Written);
}

/// E3.4: an unlock without a reset keeps the throttle of sign-in running, if it is told so.
#[tokio::test]
async fn an_unlock_clears_the_lockouts_that_it_names() {
    let world = world();
    world.update(|facts| facts.locked_out = Some(true));
    let mut unlock = UnlockWrite::new(&world.tenant, &world.ada, 7);
    unlock.clears = Lockouts { sign_in: false, on_premises: true };
    world.directory.unlock(&unlock).await.expect("an outcome");
    assert_eq!(world.ada().await.locked_out, Some(true));
    world.update(|facts| facts.password_home = PasswordHome::OnPremises);
    world.directory.unlock(&unlock).await.expect("an outcome");
    assert_eq!(world.ada().await.locked_out, Some(false));
}

#[tokio::test]
async fn a_scripted_detail_comes_with_the_outcome() {
    let world = world();
    world.directory.script_outcome(WriteOutcome::AdminActionRequired.with_detail("33004"));
    let password = SecretText::from("new password");
    let write = PasswordWrite::new(&world.tenant, &world.ada, &password, 1);
    let reply = world.directory.set_password(&write).await.expect("a reply");
    assert_eq!(reply, WriteOutcome::AdminActionRequired.with_detail("33004"));
}
