//! The fields of the forms of a flow. Each form names the method that it calls in `verb`.

use std::collections::BTreeMap;

use serde::Deserialize;
use sspr::method::QuestionId;
use sspr::{InvalidInput, SecretText};

/// No `Debug`: passwords and codes are among the fields.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct FlowForm {
    pub(crate) verb: String,
    /// The sign-in name.
    pub(crate) name: String,
    /// A [`sspr::method::ChallengeOption`].
    pub(crate) option: String,
    /// The full phone number, if the option asks for it.
    pub(crate) number: String,
    pub(crate) code: String,
    pub(crate) link: String,
    /// What the browser makes of a passkey.
    pub(crate) response: String,
    pub(crate) password: String,
    pub(crate) again: String,
    /// The answer to the human check.
    pub(crate) human: String,
    /// The other fields, such as the answers to security questions.
    #[serde(flatten)]
    rest: BTreeMap<String, String>,
}

impl FlowForm {
    /// The answers to security questions, from the fields `answer-first_pet`.
    pub(crate) fn answers(&self) -> Result<Vec<(QuestionId, SecretText)>, InvalidInput> {
        let fields = self.rest.iter();
        let typed =
            fields.filter_map(|(name, answer)| Some((name.strip_prefix("answer-")?, answer)));
        typed.map(|(id, answer)| Ok((QuestionId::parse(id)?, answer.as_str().into()))).collect()
    }
}
