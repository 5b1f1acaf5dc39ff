//! Security questions, from the policy to the reset.
#![cfg(feature = "testing")]

#[cfg(feature = "argon2")]
mod argon;
mod hashes;
mod reset;
mod setting;

use crate::support::*;
use sspr::method::{ChallengeOption, QuestionId, QuestionTopic};
use sspr::policy::Deviation;
use sspr::{Attempt, MethodKind, PolicySettings, SecretText, Selection};

/// Settings that count questions beside mail and phone, after another proof.
fn counted() -> PolicySettings {
    let mut settings = settings();
    settings.users.methods.insert(MethodKind::SecurityQuestions);
    settings.acknowledged.insert(Deviation::SecurityQuestions);
    settings
}

/// Settings under which answers alone suffice.
fn alone() -> PolicySettings {
    let mut settings = counted();
    settings.users.required = 1;
    settings.questions.first = true;
    // Answers can be guessed: one gate of them exceeds every threshold.
    settings.acknowledged.extend([Deviation::QuestionsFirst, Deviation::GuessingAboveThreshold]);
    settings
}

/// Settings as Entra's: others are asked after each wrong set, and reasons are disclosed.
fn redrawn() -> PolicySettings {
    let mut settings = alone();
    settings.questions.sticky = false;
    settings.disclosure = sspr::policy::Disclosure::Reasoned;
    settings.human_check = true;
    settings.acknowledged.insert(Deviation::ReasonedDisclosure);
    settings
}

fn questions() -> Selection {
    ChallengeOption::preferred(MethodKind::SecurityQuestions).into()
}

/// A set of this many topics, each answered as [`World::answer_to`] does.
fn set_of(count: usize) -> Vec<(QuestionId, SecretText)> {
    let topics = QuestionTopic::ALL.into_iter().take(count).map(QuestionId::from);
    topics.map(|id| (id.clone(), World::answer_to(&id))).collect()
}

/// Right answers, except the last.
fn all_but_one(asked: &[QuestionId]) -> Attempt {
    let (last, others) = asked.split_last().expect("questions are asked");
    let right = others.iter().map(|id| (id.clone(), World::answer_to(id)));
    Attempt::answers(right.chain([(last.clone(), "wrong".into())])).expect("answers")
}
