//! The rules for a new password.

use std::time::Duration;

use sspr::facts::UserFacts;
use sspr::password::PasswordFault;
use sspr::{PolicySettings, Refusal, ResetTicket, SecretText, Step};

use super::{change, put};
use crate::support::*;

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
    world.clock.advance(Duration::from_secs(86_400));
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
