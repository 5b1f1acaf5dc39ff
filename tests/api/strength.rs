//! The score that a password needs: when an estimator is asked, what it gets, and what a missing one
//! does.
#![cfg(feature = "testing")]

use std::sync::{Arc, Mutex};

use sspr::error::SsprReason;
use sspr::password::{PasswordFault, PasswordRules};
use sspr::policy::Lack;
use sspr::port::StrengthEstimator;
use sspr::{Error, PolicySettings, Refusal, SecretText};

use crate::support::*;

/// A password and the words of its account.
type Asked = (String, Vec<String>);

/// Scores by the number of spaces, and remembers what it was asked.
#[derive(Clone, Default)]
struct Spaces(Arc<Mutex<Vec<Asked>>>);

impl StrengthEstimator for Spaces {
    fn score(&self, password: &SecretText, words: &[&str]) -> u8 {
        let (text, words) = (password.expose_secret(), words.iter().map(ToString::to_string));
        self.0.lock().expect("no panic").push((text.to_owned(), words.collect()));
        text.matches(' ').count().try_into().expect("few")
    }
}

impl Spaces {
    fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut *self.0.lock().expect("no panic"))
    }
}

fn scored(min_score: u8) -> PolicySettings {
    let mut settings = one_gate();
    settings.password.min_score = min_score;
    settings
}

async fn world(settings: PolicySettings, spaces: &Spaces) -> World {
    let spaces = spaces.clone();
    let builder = World::builder().settings(settings).registered();
    let builder = builder.account(|facts| {
        facts.display_name = Some("Ada Lovelace".to_owned());
        facts.names = vec!["Ada".to_owned(), "Lovelace".to_owned()];
    });
    builder.engine(move |engine| engine.strength_estimator(spaces.clone())).open().await
}

async fn faults(world: &World, ticket: &sspr::ResetTicket, password: &str) -> Vec<PasswordFault> {
    match world.complete(ticket, password).await {
        Err(Error::Refused(Refusal::Password(rejection))) => rejection.faults,
        other => panic!("{password}: {other:?}"),
    }
}

#[tokio::test]
async fn a_password_below_the_required_score_is_refused_and_costs_no_grant() {
    let spaces = Spaces::default();
    let world = world(scored(3), &spaces).await;
    let ticket = world.granted().await;
    let weak = PasswordFault::TooWeak { score: 2, required: 3 };
    assert_eq!((weak.code(), weak.guidance()), ("too_weak", "make_it_harder_to_guess"));
    assert_eq!(faults(&world, &ticket, "tractor violet candle").await, [weak]);
    assert!(world.password_is(OLD));
    // A password that other rules refuse is not scored.
    assert_eq!(spaces.asked().len(), 1);
    let short = PasswordFault::TooShort { min: 15 };
    assert_eq!(faults(&world, &ticket, "a b c d e f").await, [short]);
    assert!(spaces.asked().is_empty());
    world.complete(&ticket, NEW).await.expect("three spaces");
    assert!(world.password_is(NEW));
    let events = world.admin().user_events(&world.user, None, 100).await.expect("listed").items;
    let rejected = events.iter().filter(|event| event.encode().contains("\"too_weak\"")).count();
    assert_eq!(rejected, 1, "the event has the reason");
}

#[tokio::test]
async fn an_estimator_gets_the_first_characters_and_the_words_of_the_account() {
    let spaces = Spaces::default();
    let world = world(scored(4), &spaces).await;
    let ticket = world.granted().await;
    // The spaces after the first 32 characters do not count, and characters are no bytes.
    let long = format!("{}{}", "\u{e4}b".repeat(20), " plum tractor violet candle bird");
    let weak = PasswordFault::TooWeak { score: 0, required: 4 };
    assert_eq!(faults(&world, &ticket, &long).await, [weak]);
    let asked = spaces.asked();
    let [(password, words)] = &asked[..] else { panic!("{asked:?}") };
    assert_eq!(password.chars().count(), PasswordRules::SCORED);
    assert!(long.starts_with(password.as_str()));
    for word in ["Ada Lovelace", "Ada", "Lovelace", "ada@contoso.example"] {
        assert!(words.iter().any(|found| found.eq_ignore_ascii_case(word)), "{word}: {words:?}");
    }
}

#[tokio::test]
async fn without_a_required_score_no_estimator_is_asked() {
    let spaces = Spaces::default();
    let world = world(scored(0), &spaces).await;
    let ticket = world.granted().await;
    world.complete(&ticket, "tractorvioletcandle").await.expect("no score is required");
    assert!(spaces.asked().is_empty());
}

#[tokio::test]
async fn without_an_estimator_a_policy_with_a_score_is_refused_and_no_password_is_written() {
    let spaces = Spaces::default();
    let world = world(scored(1), &spaces).await;
    let policy = sspr::Policy::new(scored(1)).expect("valid");
    let ticket = world.granted().await;
    let without = world.beside().seed(8).open().await;
    let lacks = without.engine.check(&world.tenant, &policy).await.expect("checked");
    let found: Vec<_> = lacks.iter().map(|lack| (lack.path.as_str(), lack.lacks)).collect();
    assert_eq!(found, [("password.min_score", Lack::StrengthEstimator)]);
    assert!(lacks[0].stops_every_reset());
    let stored = without.admin().policy().await.expect("read").expect("one");
    let other = sspr::Policy::new(scored(2)).expect("valid");
    let put = without.admin().put_policy(&other, Some(stored.revision)).await;
    let refused = matches!(put, Err(Error::Refused(Refusal::PolicyNotServed(_))));
    assert!(refused, "{put:?}");

    let done = without.complete(&ticket, NEW).await;
    let reason = SsprReason::ServiceIncomplete;
    let refused = matches!(done, Err(Error::Refused(Refusal::NotEligible { reason: found })) if found == reason);
    assert!(refused, "{done:?}");
    assert!(world.password_is(OLD));
    world.complete(&ticket, NEW).await.expect("the grant is kept");
}

/// A page shows that a score is required.
#[tokio::test]
async fn the_guide_has_the_required_score() {
    let world = world(scored(3), &Spaces::default()).await;
    let ticket = world.granted().await;
    let reply = world.engine.reset().view(&request(), &ticket).await.expect("seen");
    let guide = format!("{:?}", reply.step);
    assert!(guide.contains("min_score: 3"), "{guide}");
}

#[cfg(feature = "strength")]
#[tokio::test]
async fn zxcvbn_refuses_rows_of_keys_and_names_and_accepts_words() {
    use sspr::adapters::strength::Zxcvbn;

    let builder = World::builder().settings(scored(3)).registered();
    let builder = builder.account(|facts| facts.display_name = Some("Tharkay Vimbrel".to_owned()));
    let world = builder.engine(|engine| engine.strength_estimator(Zxcvbn)).open().await;
    let ticket = world.granted().await;
    for password in ["qwertyuiopasdfghjkl", "2222222222222222222", "Tharkay Vimbrel 7"] {
        let found = faults(&world, &ticket, password).await;
        assert!(!found.is_empty(), "{password}");
    }
    world.complete(&ticket, NEW).await.expect("strong");
}
