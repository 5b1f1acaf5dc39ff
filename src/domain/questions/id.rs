//! The id of a question.

use std::fmt;
use std::sync::Arc;

use super::topic::QuestionTopic;
use crate::domain::invalid::InvalidInput;
use crate::domain::record::serde_text::serde_as_text;

/// The id of a security question: the name of a [`QuestionTopic`], or of a custom question of the
/// policy. Accounts and forms hold ids, never texts.
///
/// ```
/// use sspr::method::{QuestionId, QuestionTopic};
///
/// let pet = QuestionId::parse("first_pet")?;
/// assert_eq!(pet.topic(), Some(QuestionTopic::FirstPet));
/// assert_eq!(QuestionId::parse("cost-centre")?.topic(), None);
/// assert!(QuestionId::parse("First pet").is_err());
/// # Ok::<(), sspr::InvalidInput>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct QuestionId(Arc<str>);

serde_as_text!(QuestionId, Self::parse);

impl QuestionId {
    /// The longest id, in bytes.
    pub const MAX_BYTES: usize = 32;

    /// Parses an id: 1 to 32 of `a` to `z`, `0` to `9`, `_` and `-`.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`] for an empty or overlong text and for other characters.
    pub fn parse(text: &str) -> Result<Self, InvalidInput> {
        const WHAT: &str = "question id";
        if text.is_empty() {
            return Err(InvalidInput::Empty { what: WHAT });
        }
        if text.len() > Self::MAX_BYTES {
            return Err(InvalidInput::TooLong { what: WHAT, max: Self::MAX_BYTES });
        }
        let fits = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-');
        if text.bytes().all(fits) {
            Ok(Self(text.into()))
        } else {
            Err(InvalidInput::Malformed { what: WHAT })
        }
    }

    /// The text of the id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The topic of the catalogue; `None` for a custom question.
    #[must_use]
    pub fn topic(&self) -> Option<QuestionTopic> {
        QuestionTopic::ALL.into_iter().find(|topic| topic.as_str() == &*self.0)
    }
}

impl From<QuestionTopic> for QuestionId {
    fn from(topic: QuestionTopic) -> Self {
        Self(topic.as_str().into())
    }
}

impl std::str::FromStr for QuestionId {
    type Err = InvalidInput;

    fn from_str(text: &str) -> Result<Self, InvalidInput> {
        Self::parse(text)
    }
}

impl fmt::Display for QuestionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for QuestionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "QuestionId({:?})", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_topic_is_an_id_of_its_own() {
        let ids: std::collections::BTreeSet<_> =
            QuestionTopic::ALL.into_iter().map(QuestionId::from).collect();
        assert_eq!(ids.len(), QuestionTopic::ALL.len());
        for topic in QuestionTopic::ALL {
            let id = QuestionId::parse(topic.as_str()).expect("an id");
            assert_eq!(id.topic(), Some(topic));
        }
    }
}
