//! The words of one account that its password must not consist of.

use std::fmt;

use super::derive::phrase;

/// Words of an account: its names, its addresses, its tenant.
///
/// Words of fewer than three code points, or of more than [`PasswordContext::MAX_WORD_BYTES`], are
/// ignored. `Debug` shows the number of words.
///
/// ```
/// use sspr::password::{PasswordContext, PasswordRules};
///
/// let context = PasswordContext::new()
///     .word("Ada Lovelace")
///     .word("ada.lovelace@contoso.example");
/// let rules = PasswordRules::default();
/// assert!(rules.check(&"AdaLovelace2026!!".into(), &context).is_err());
/// assert!(rules.check(&"ada keeps nine goats".into(), &context).is_ok());
/// ```
#[derive(Clone, Default)]
pub struct PasswordContext {
    words: Vec<String>,
    names: Vec<String>,
}

impl PasswordContext {
    /// The longest word that is considered, in bytes: the longest mail address.
    pub const MAX_WORD_BYTES: usize = 320;

    /// An empty context.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a word that a password must not consist of: a name, a sign-in name, a mail address, the
    /// display name of the tenant. Its parts (the local part and labels of an address, the words of
    /// a name) are added too.
    #[must_use]
    pub fn word(mut self, word: &str) -> Self {
        if word.len() <= Self::MAX_WORD_BYTES {
            self.words.push(word.to_owned());
        }
        self
    }

    /// Adds a name of the person or of the tenant. It counts as a [`word`](Self::word), and
    /// [`BannedPasswords::EntraScore`](super::BannedPasswords::EntraScore) also refuses passwords
    /// that contain it, or a word of it, from four code points on.
    ///
    /// ```
    /// use sspr::password::{BannedPasswords, PasswordContext, PasswordRules};
    ///
    /// let mut rules = PasswordRules::default();
    /// let context = PasswordContext::new().name("Poll");
    /// assert!(rules.check(&"p0LL keeps nine goats".into(), &context).is_ok());
    /// rules.banned = BannedPasswords::EntraScore;
    /// assert!(rules.check(&"p0LL keeps nine goats".into(), &context).is_err());
    /// ```
    #[must_use]
    pub fn name(mut self, name: &str) -> Self {
        if name.len() <= Self::MAX_WORD_BYTES {
            self.names.push(name.to_owned());
        }
        self.word(name)
    }

    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    /// The words and their parts as they are spelled, each once, for an estimator.
    pub(crate) fn parts(&self) -> Vec<&str> {
        let mut parts: Vec<&str> = Vec::new();
        for word in &self.words {
            parts.push(word);
            parts.extend(word.split(|c: char| c == '@' || c.is_whitespace()));
            parts.extend(word.split(|c: char| !c.is_alphanumeric()));
        }
        parts.retain(|part| part.chars().count() >= 3);
        parts.sort_unstable();
        parts.dedup();
        parts
    }

    /// The words and their parts, in the form in which passwords are compared with them.
    pub(super) fn forms(&self) -> Vec<Vec<char>> {
        let mut forms = Vec::new();
        for word in &self.words {
            forms.extend(phrase(word));
            for name in word.split(|c: char| c == '@' || c.is_whitespace()) {
                forms.extend(phrase(name));
                for part in name.split(|c: char| !c.is_alphanumeric()) {
                    forms.extend(phrase(part));
                    // A password of `asmith204811` may use `asmith` alone.
                    forms.extend(phrase(part.trim_matches(|c: char| !c.is_alphabetic())));
                }
            }
        }
        forms.sort_unstable();
        forms.dedup();
        forms
    }
}

impl fmt::Debug for PasswordContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PasswordContext({} words)", self.words.len())
    }
}
