//! What a new password must satisfy.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::secret::SecretText;

/// The rules for a new password. Data of the policy.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct PasswordRules {
    /// Fewest code points after NFC. Default 15 (NIST SP 800-63B-4, 3.1.1.2), 8 to 64.
    pub min_length: u16,
    /// Most code points after NFC. Default 256, 64 to 1024.
    pub max_length: u16,
    /// Whether the bundled list of common passwords refuses. Default true.
    pub common_list: bool,
    /// Words of the organisation: products, places, its name. Matched as whole passwords, with
    /// the usual derivations. At most 1 000 words of 3 to 64 code points.
    pub banned_words: BTreeSet<String>,
    /// Character classes required, of lower, upper, digit, symbol: 0 to 4. Default 0; above 0
    /// needs [`Departure::CompositionRules`](crate::Departure).
    pub required_classes: u8,
    /// Whether only printable ASCII is accepted. Default false; true needs
    /// [`Departure::AsciiPasswords`](crate::Departure).
    pub ascii_only: bool,
}

impl Default for PasswordRules {
    fn default() -> Self {
        Self {
            min_length: 15,
            max_length: 256,
            common_list: true,
            banned_words: BTreeSet::new(),
            required_classes: 0,
            ascii_only: false,
        }
    }
}

/// Words that belong to this account: its names, addresses, tenant.
#[derive(Clone, Debug, Default)]
pub struct PasswordContext {
    words: Vec<String>,
}

impl PasswordContext {
    /// An empty context.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a word that a password must not be made of.
    #[must_use]
    pub fn word(mut self, word: &str) -> Self {
        self.words.push(word.to_owned());
        self
    }
}

/// Why a password is refused, with every reason at once.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, thiserror::Error)]
#[error("the password does not satisfy the rules")]
#[non_exhaustive]
pub struct PasswordRejection {
    /// Every rule that it breaks.
    pub faults: Vec<PasswordFault>,
}

/// One rule that a password breaks.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PasswordFault {
    /// Fewer code points than required.
    TooShort {
        /// The least.
        min: u16,
    },
}

impl PasswordRules {
    /// Checks a password and gives its normalised form, the one to be stored.
    ///
    /// # Errors
    ///
    /// [`PasswordRejection`] with every rule that it breaks.
    pub fn check(
        &self,
        password: &SecretText,
        _context: &PasswordContext,
    ) -> Result<SecretText, PasswordRejection> {
        let text = password.expose_secret();
        if text.chars().count() < usize::from(self.min_length) {
            return Err(PasswordRejection {
                faults: vec![PasswordFault::TooShort {
                    min: self.min_length,
                }],
            });
        }
        Ok(SecretText::new(text.to_owned()))
    }
}
