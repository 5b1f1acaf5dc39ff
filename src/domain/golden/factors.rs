//! What the golden methods are proven with.

use super::at;
use crate::domain::account::{
    Challenge, ChallengeNumber, Expected, Factor, OathDevice, QuestionSet, SealedSeed,
    StoredAnswer, Unknown, WatchedCode,
};
use crate::domain::crypto::totp::{OathAlgorithm, OathParameters};
use crate::domain::identity::contact::NumberPrefix;
use crate::domain::identity::ids::MethodId;
use crate::domain::method::{Channel, MethodKind};
use crate::domain::questions::{QuestionId, QuestionTopic};

pub(super) fn seeds() -> [Factor; 3] {
    let algorithms = [OathAlgorithm::Sha1, OathAlgorithm::Sha256, OathAlgorithm::Sha512];
    algorithms.map(|algorithm| {
        Factor::Oath(OathDevice {
            seed: SealedSeed((0..63).collect()),
            parameters: OathParameters { algorithm, digits: 6, period: 30 },
            used: Some(60_000_001),
            unknown: Unknown::NONE,
        })
    })
}

/// Questions of the catalogue and of the policy.
pub(super) fn asked() -> Vec<QuestionId> {
    let own = QuestionId::parse("first-desk").expect("valid");
    vec![QuestionTopic::FirstPet.into(), QuestionTopic::ChildhoodHero.into(), own]
}

pub(super) fn question_set() -> Factor {
    let hash = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdCBvZiBzaXh0ZWVu$aGFzaCBvZiBhbiBhbnN3ZXI";
    let answers = asked().into_iter().map(|question| StoredAnswer::new(question, hash.to_owned()));
    Factor::SecurityQuestions(QuestionSet { answered: 4, ..QuestionSet::new(answers.collect()) })
}

pub(super) fn answers_challenge(
    challenge: fn(u32, MethodKind, Channel, Expected) -> Challenge,
) -> Challenge {
    let id = MethodId::parse("m8").expect("valid");
    challenge(10, MethodKind::SecurityQuestions, Channel::InHand, Expected::SecurityQuestions(id))
}

/// A code to a new number that was verified and is not counted yet.
pub(super) fn watched() -> WatchedCode {
    WatchedCode {
        challenge: ChallengeNumber(6),
        prefix: NumberPrefix::parse("+88216").expect("valid"),
        sent_at: at(1),
        ends_at: at(20),
        verified: true,
        unknown: Unknown::NONE,
    }
}
