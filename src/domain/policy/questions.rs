//! Security questions: which there are, and how many are registered and asked.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::domain::questions::{QuestionId, QuestionTopic};

/// Security questions (Entra). They count where a gate's methods name
/// [`MethodKind::SecurityQuestions`](crate::MethodKind::SecurityQuestions), which needs
/// [`Deviation::SecurityQuestions`](super::Deviation::SecurityQuestions), and never for
/// administrators.
///
/// A question that is removed here is not asked any more. A set of which fewer questions are left
/// than a reset asks for does not count, and its owner is prompted to register when the interval ends.
///
/// ```
/// use sspr::MethodKind;
/// use sspr::method::QuestionId;
/// use sspr::policy::Deviation;
/// use sspr::{Policy, PolicySettings};
///
/// let mut settings = PolicySettings::default();
/// settings.users.methods.insert(MethodKind::SecurityQuestions);
/// settings.acknowledged.insert(Deviation::SecurityQuestions);
/// let own = QuestionId::parse("first-desk")?;
/// settings.questions.custom.insert(own, "On which floor was your first desk?".to_owned());
/// assert!(Policy::new(settings).is_ok());
/// # Ok::<(), sspr::InvalidInput>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct QuestionPolicy {
    /// How many questions a set has. Default 5, 3 to 5 (Entra). Not below `reset`.
    pub register: u8,
    /// How many of them are asked, all of which must be answered. Default 3, 3 to 5 (Entra).
    pub reset: u8,
    /// The topics of the catalogue that users may choose. Default: all 35.
    pub topics: BTreeSet<QuestionTopic>,
    /// The tenant's own questions, by id: at most 20, of 3 to 200 characters (Entra). They are
    /// shown as they are, in every language. The id of a question must never be given to another.
    /// Default: none.
    pub custom: BTreeMap<QuestionId, String>,
    /// Whether the same questions are asked until they are answered (OWASP). Default true. False:
    /// others are asked after each wrong set, and in each challenge (Entra).
    pub sticky: bool,
    /// Whether questions may be asked before any other proof: as the first gate, or the only one.
    /// Default false. True needs
    /// [`Deviation::QuestionsFirst`](super::Deviation::QuestionsFirst); names that no account has
    /// then get questions too, always the same for one name. Unless reasons are disclosed, it also
    /// needs `sticky`.
    pub first: bool,
}

impl Default for QuestionPolicy {
    fn default() -> Self {
        Self {
            register: 5,
            reset: 3,
            topics: QuestionTopic::ALL.into(),
            custom: BTreeMap::new(),
            sticky: true,
            first: false,
        }
    }
}

impl QuestionPolicy {
    /// The most custom questions.
    pub const MAX_CUSTOM: usize = 20;

    /// Every question that users may choose.
    ///
    /// ```
    /// let questions = sspr::policy::QuestionPolicy::default();
    /// assert_eq!(questions.ids().count(), 35);
    /// ```
    pub fn ids(&self) -> impl Iterator<Item = QuestionId> + '_ {
        let topics = self.topics.iter().copied().map(QuestionId::from);
        topics.chain(self.custom.keys().cloned())
    }

    /// Whether the policy has this question.
    #[must_use]
    pub fn has(&self, question: &QuestionId) -> bool {
        self.custom.contains_key(question)
            || question.topic().is_some_and(|topic| self.topics.contains(&topic))
    }

    /// The text of a custom question; `None` for a topic, whose text the catalogue has in each
    /// language, and for a question that the policy does not have.
    #[must_use]
    pub fn text(&self, question: &QuestionId) -> Option<&str> {
        self.custom.get(question).map(String::as_str)
    }
}
