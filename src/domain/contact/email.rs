//! Mail addresses.
use serde::{Deserialize, Serialize};

use crate::domain::invalid::{InvalidInput, bounded_text};

/// A mail address, parsed once.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EmailAddress(String);

impl EmailAddress {
    /// Parses an address.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`].
    pub fn parse(text: &str) -> Result<Self, InvalidInput> {
        bounded_text("mail address", text, 254)?;
        Ok(Self(text.to_owned()))
    }

    /// The address as stored: the one that mail is sent to.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form in which two spellings are equal.
    #[must_use]
    pub fn normalised(&self) -> String {
        self.0.to_lowercase()
    }

    /// A masked form of constant length.
    #[must_use]
    pub fn masked(&self) -> String {
        "a•••@•••".to_owned()
    }
}

impl TryFrom<String> for EmailAddress {
    type Error = InvalidInput;
    fn try_from(text: String) -> Result<Self, InvalidInput> {
        Self::parse(&text)
    }
}

impl From<EmailAddress> for String {
    fn from(address: EmailAddress) -> Self {
        address.0
    }
}
