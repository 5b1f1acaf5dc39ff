//! A set of security questions: ids, and slow hashes of the answers.

use serde::{Deserialize, Serialize};

use crate::domain::crypto::secret::redacted;
use crate::domain::policy::QuestionPolicy;
use crate::domain::questions::QuestionId;
use crate::domain::record::serde_text::is_default;

use super::unknown::Unknown;

/// The questions of one set, each with the hash of its answer.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct QuestionSet {
    pub(crate) answers: Vec<StoredAnswer>,
    /// How often the set was answered. Sticky questions change with it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) answered: u32,
    /// Fields of a newer release.
    #[serde(flatten)]
    pub(crate) unknown: Unknown,
}

/// A question, and the hash of its answer.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct StoredAnswer {
    pub(crate) question: QuestionId,
    pub(crate) hash: AnswerHash,
    /// Fields of a newer release.
    #[serde(flatten)]
    pub(crate) unknown: Unknown,
}

/// The text of a slow hash.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct AnswerHash(pub(crate) String);

impl AnswerHash {
    /// The longest hash, in bytes: those of Argon2id have about a hundred.
    pub(crate) const MAX_BYTES: usize = 256;
}

redacted!(AnswerHash);

impl QuestionSet {
    /// A new set.
    pub(crate) const fn new(answers: Vec<StoredAnswer>) -> Self {
        Self { answers, answered: 0, unknown: Unknown::NONE }
    }

    /// The questions that the policy still has.
    pub(crate) fn askable(&self, questions: &QuestionPolicy) -> Vec<QuestionId> {
        let all = self.answers.iter().map(|answer| &answer.question);
        all.filter(|question| questions.has(question)).cloned().collect()
    }

    /// Whether enough questions are left for a reset.
    pub(crate) fn is_answerable(&self, questions: &QuestionPolicy) -> bool {
        self.askable(questions).len() >= usize::from(questions.reset)
    }

    /// The hash of the answer to this question.
    pub(crate) fn hash_of(&self, question: &QuestionId) -> Option<&str> {
        let stored = self.answers.iter().find(|answer| answer.question == *question)?;
        Some(&stored.hash.0)
    }
}

impl StoredAnswer {
    pub(crate) const fn new(question: QuestionId, hash: String) -> Self {
        Self { question, hash: AnswerHash(hash), unknown: Unknown::NONE }
    }
}
