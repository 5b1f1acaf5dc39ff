//! The rules for a new password.

use std::time::Duration;

use sspr::facts::{MustChange, UserFacts};
use sspr::method::{Prompt, SignInPrompt};
use sspr::password::PasswordFault;
use sspr::policy::{Deviation, PasswordDue};
use sspr::port::Clock as _;
use sspr::{PolicySettings, Refusal, ResetTicket, SecretText, Step};

use super::{change, put};
use crate::support::*;

const DAY: Duration = Duration::from_secs(86_400);

/// The default policy with the passwords of Entra.
fn entra_passwords() -> PolicySettings {
    let (mut settings, entra) = (settings(), PolicySettings::entra());
    settings.password = entra.password;
    settings.acknowledged.extend(entra.acknowledged);
    settings
}

/// A world whose account has registered under these settings.
async fn world(settings: PolicySettings) -> World {
    World::builder().settings(settings).registered().open().await
}

/// What the rules have against this password in a reset. Nothing is written unless they accept it.
async fn faults(world: &World, ticket: &ResetTicket, password: &str) -> Vec<PasswordFault> {
    match world.complete(ticket, password).await {
        Ok(reply) => {
            assert!(matches!(reply.step, Step::Done { .. }), "{:?}", reply.step);
            Vec::new()
        }
        Err(error) => match error.refusal() {
            Some(Refusal::Password(rejection)) => rejection.faults.clone(),
            _ => panic!("{error}"),
        },
    }
}

/// 95 characters are allowed, the space among them; others are not.
#[test]
fn e9_1_printable_ascii_with_the_space_is_allowed() {
    let rules = PolicySettings::entra().password;
    let faults = |c: char| {
        let password = SecretText::from(format!("Wgx7{c}qzkh").as_str());
        rules.check(&password, &Default::default()).err().map(|rejection| rejection.faults)
    };
    for c in ' '..='~' {
        assert_eq!(faults(c), None, "{c:?}");
    }
    assert_eq!(faults('\u{e4}'), Some(vec![PasswordFault::NotAscii]));
    assert!(faults('\t').is_some() && faults('\u{7f}').is_some());
}

#[test]
fn e9_1_eight_to_256_characters_of_three_classes() {
    let rules = PolicySettings::entra().password;
    let faults = |password: &str| {
        let checked = rules.check(&password.into(), &Default::default());
        checked.err().map(|rejection| rejection.faults).unwrap_or_default()
    };
    let classes = |found| vec![PasswordFault::NeedsClasses { required: 3, found }];
    assert_eq!(faults("Wgx7qz."), [PasswordFault::TooShort { min: 8 }]);
    assert_eq!(faults("Wgx7qzk."), []);
    let long = |length: usize| "Wgx7qzk.".repeat(33)[..length].to_owned();
    assert_eq!(faults(&long(256)), []);
    assert_eq!(faults(&long(257)), [PasswordFault::TooLong { max: 256 }]);
    assert_eq!(faults("wgxqqzkh"), classes(1));
    assert_eq!(faults("wgx qzkh"), classes(2), "the space is a symbol");
    assert_eq!(faults("Wgx qzkh"), []);
}

#[tokio::test]
async fn e9_4_lists_and_names_refuse_a_reset_and_a_change() {
    let mut settings = entra_passwords();
    settings.password.banned_words = ["Fabrikam".to_owned()].into();
    let world = world(settings).await;
    change(&world, |facts: &mut UserFacts| facts.names = vec!["Poll".to_owned()]);
    let ticket = world.granted().await;
    let guessable = PasswordFault::Guessable { points: 3, required: 5 };
    assert_eq!(faults(&world, &ticket, "Password!!").await, [guessable]);
    assert_eq!(faults(&world, &ticket, "F@brikam!9").await, [PasswordFault::BannedWord]);
    assert_eq!(
        faults(&world, &ticket, "p0LL23fbX").await,
        [PasswordFault::ContextWord],
        "the name of the user"
    );
    assert_eq!(
        faults(&world, &ticket, "C0ntos0-goat-7").await,
        [PasswordFault::ContextWord],
        "of the tenant"
    );

    let (present, user) = (SecretText::from(OLD), world.signed_in());
    let changes = world.engine.change();
    let reply = changes.start(&request(), &user, &present).await.expect("it is the password");
    let refused = changes.complete(&request(), &reply.ticket, &"F@brikam!9".into()).await;
    let error = refused.expect_err("refused");
    assert!(matches!(error.refusal(), Some(Refusal::Password(_))), "{error}");
    // A banned word in a password that is strong enough.
    assert_eq!(faults(&world, &ticket, "F@brikam-19-goats").await, []);
}

/// The passwords of the cloud that an administrator sets are generated, so that the lists judge those
/// that are supplied for premises.
#[tokio::test]
async fn e9_4_lists_hold_for_a_password_that_an_administrator_supplies() {
    let mut settings = entra_passwords();
    settings.password.banned_words = ["Fabrikam".to_owned()].into();
    settings.on_premises.writeback = true;
    settings.on_premises.apply_password_rules = true;
    let world = world(settings).await;
    change(&world, |facts| facts.password_home = sspr::facts::PasswordHome::OnPremises);
    let (admin, banned) = (world.admin(), SecretText::from("F@brikam!9"));
    let refused = admin.set_temporary_password(&world.user, Some(&banned)).await;
    let error = refused.expect_err("refused");
    let Some(Refusal::Password(rejection)) = error.refusal() else { panic!("{error}") };
    assert_eq!(rejection.faults, [PasswordFault::BannedWord]);
    assert!(world.password_is(OLD), "nothing is written");
    let strong = SecretText::from("F@brikam-19-goats");
    admin.set_temporary_password(&world.user, Some(&strong)).await.expect("five points");
    assert!(world.password_is("F@brikam-19-goats"));
}

/// A requirement that is off for one user is on for the next.
#[tokio::test]
async fn e9_1_a_strong_password_is_not_required_of_every_user() {
    let world = world(entra_passwords()).await;
    let ticket = world.granted().await;
    let plain = "winterbadgers sing hymns";
    let classes = PasswordFault::NeedsClasses { required: 3, found: 2 };
    assert_eq!(faults(&world, &ticket, plain).await, [classes]);
    // The change outside has ended the flow.
    change(&world, |facts| facts.strong_password_required = Some(false));
    world.clock.advance(DAY);
    let ticket = world.granted().await;
    assert_eq!(faults(&world, &ticket, plain).await, []);
}

/// Passwords of premises are judged there, unless the policy applies its rules to them too.
#[tokio::test]
async fn e9_1_the_policy_says_whose_rules_judge_a_password_on_premises() {
    let mut settings = entra_passwords();
    settings.on_premises.writeback = true;
    let world = world(settings).await;
    change(&world, |facts| facts.password_home = sspr::facts::PasswordHome::OnPremises);
    let ticket = world.granted().await;
    put(&world, |settings| settings.on_premises.apply_password_rules = true).await;
    assert_eq!(faults(&world, &ticket, "Password!!").await.len(), 1);
    put(&world, |settings| settings.on_premises.apply_password_rules = false).await;
    assert_eq!(faults(&world, &ticket, "Password!!").await, []);
}

/// The prompt of a sign-in now.
async fn prompt(world: &World) -> SignInPrompt {
    world.engine.registration().prompt(&request(), &world.signed_in()).await.expect("read")
}

/// Passwords that expire after 90 days.
fn expiring() -> PolicySettings {
    let mut settings = settings();
    settings.password_expiry.validity_days = 90;
    settings.acknowledged.insert(Deviation::PeriodicChange);
    settings
}

/// The directory reports that the password may expire, and was changed now.
fn changed_now(world: &World) {
    let now = world.clock.now();
    change(world, |facts| {
        facts.password_changed_at = Some(now);
        facts.password_never_expires = Some(false);
    });
}

/// A notice stands beside another question; a change comes before every other.
#[tokio::test]
async fn e9_2_the_prompt_tells_when_a_password_expires_and_demands_the_change() {
    let world = World::builder().settings(expiring()).open().await;
    changed_now(&world);
    let at = world.clock.now().plus(90 * DAY);
    let soon = |days| PasswordDue::Soon { days, at };
    for (days, ask, due) in [
        (75, Prompt::Register, PasswordDue::Nothing),
        (1, Prompt::Register, soon(14)),
        (13, Prompt::Register, soon(1)),
        (1, Prompt::ChangePassword, PasswordDue::Now { reason: MustChange::Expired }),
    ] {
        world.clock.advance(days * DAY);
        let prompt = prompt(&world).await;
        assert_eq!((prompt.ask, prompt.password), (ask, due));
    }
    change(&world, |facts| facts.must_change = Some(MustChange::Compromised));
    let reason = MustChange::Compromised;
    assert_eq!(prompt(&world).await.password, PasswordDue::Now { reason });
    // An account whose password is not changed here is told nothing.
    change(&world, |facts| facts.protected = true);
    assert_eq!(prompt(&world).await.password, PasswordDue::Nothing);
}

/// The age runs on from the last change while a password never expires.
#[tokio::test]
async fn e9_2_a_password_that_may_expire_again_is_as_old_as_its_last_change() {
    let world = World::builder().settings(expiring()).registered().open().await;
    changed_now(&world);
    change(&world, |facts| facts.password_never_expires = Some(true));
    world.clock.advance(91 * DAY);
    assert_eq!(prompt(&world).await.ask, Prompt::Nothing);
    change(&world, |facts| facts.password_never_expires = Some(false));
    assert_eq!(prompt(&world).await.ask, Prompt::ChangePassword);
}

/// E3.5.1: the expiry itself ends no session; the change that it demands does.
#[tokio::test]
async fn e9_2_an_expired_password_is_changed_or_reset() {
    let world = World::builder().settings(expiring()).registered().open().await;
    changed_now(&world);
    let revoked = || world.directory.revocations(&world.tenant, &world.user).len();
    for (by_change, before) in [(true, 0), (false, 1)] {
        world.clock.advance(91 * DAY);
        assert_eq!(prompt(&world).await.ask, Prompt::ChangePassword);
        world.deliver().await;
        assert_eq!(revoked(), before);
        if by_change {
            let (present, user) = (SecretText::from(OLD), world.signed_in());
            let changes = world.engine.change();
            let reply =
                changes.start(&request(), &user, &present).await.expect("it is the password");
            changes.complete(&request(), &reply.ticket, &NEW.into()).await.expect("changed");
        } else {
            let ticket = world.granted().await;
            world.complete(&ticket, "marble otter lantern drum").await.expect("reset");
        }
        assert_eq!(prompt(&world).await.password, PasswordDue::Nothing);
        world.deliver().await;
        assert_eq!(revoked(), before + 1);
    }
}
