//! The fields of the forms of a flow. Each form names the method that it calls in `verb`.

use serde::Deserialize;

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
}
