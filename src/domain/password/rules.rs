//! The password rules of a policy, and the check of a password.

use std::collections::BTreeSet;
use std::mem;

use serde::{Deserialize, Serialize};

use super::blocklist::{is_common, is_made_of};
use super::context::PasswordContext;
use super::derive::{Derived, phrase};
use super::normal::{is_unstable, nfc};
use super::rejection::{PasswordFault, PasswordRejection};
use super::score::{NEEDED, Normalised, Terms};
use crate::domain::crypto::secret::SecretText;

/// The rules for a new password, part of the policy.
///
/// The defaults are those of NIST SP 800-63B-4, 3.1.1.2: length and a blocklist, no composition
/// rules.
///
/// ```
/// use sspr::password::{PasswordContext, PasswordRules};
///
/// let mut rules = PasswordRules::default();
/// rules.banned_words.insert("Contoso".to_owned());
///
/// let context = PasswordContext::new().word("ada@contoso.example");
/// assert!(rules.check(&"correct horse battery".into(), &context).is_ok());
/// assert!(rules.check(&"C0ntoso C0ntoso 2026!".into(), &context).is_err());
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct PasswordRules {
    /// The fewest code points after NFC. Default 15 (NIST SP 800-63B-4, 3.1.1.2), 8 to 64.
    pub min_length: u16,
    /// The most code points after NFC. Default 256, 64 to 1024.
    pub max_length: u16,
    /// The most bytes of UTF-8 after NFC, for a host whose hash function ignores the rest: 72 for
    /// bcrypt. Default none, 64 to 4 096.
    pub max_bytes: Option<u16>,
    /// How a password is compared with the common list and with `banned_words`. Default
    /// [`BannedPasswords::Derivatives`].
    pub banned: BannedPasswords,
    /// Whether passwords on the bundled list of common passwords are refused. Default true.
    pub common_list: bool,
    /// Words of the organisation: products, places, its name. At most 1 000 words of 3 to 64 code
    /// points; with [`BannedPasswords::EntraScore`], of 4 to 16.
    pub banned_words: BTreeSet<String>,
    /// Character classes required, of lower case, upper case, digit and symbol: 0 to 4. Default 0;
    /// above 0 needs [`Deviation::CompositionRules`](crate::policy::Deviation). A space, and a letter
    /// without case, count as symbols.
    pub required_classes: u8,
    /// The least score of a [`StrengthEstimator`](crate::port::StrengthEstimator), 0 to 4. Default 0:
    /// none is asked. Above 0 the engine needs one, and without it writes no password. Of a longer
    /// password the first [`SCORED`](Self::SCORED) characters are scored. [`check`](Self::check), a
    /// pure function, does not ask.
    pub min_score: u8,
    /// Whether only printable ASCII is accepted. Default false; true needs
    /// [`Deviation::AsciiPasswords`](crate::policy::Deviation).
    pub ascii_only: bool,
}

/// How a password is compared with the common list and with banned words.
///
/// ```
/// use sspr::password::{BannedPasswords, PasswordContext, PasswordRules};
///
/// let mut rules = PasswordRules::default();
/// rules.min_length = 8;
/// rules.banned_words.insert("Contoso".to_owned());
/// rules.banned_words.insert("Blank".to_owned());
/// let passes = |rules: &PasswordRules, password: &str| {
///     rules.check(&password.into(), &PasswordContext::new()).is_ok()
/// };
/// assert!(passes(&rules, "xContosoGoat"), "no derivative of a banned word");
///
/// rules.banned = BannedPasswords::EntraScore;
/// assert!(!passes(&rules, "C0ntos0Blank12"), "four points: contoso, blank, l, 2");
/// assert!(passes(&rules, "ContoS0Bl@nkf9!"), "five points: contoso, blank, f, 9, !");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum BannedPasswords {
    /// The whole password, without the usual decorations, must not be listed (NIST SP 800-63B-4,
    /// 3.1.1.2).
    #[default]
    Derivatives,
    /// Entra's score. The password is read in lower case, with `0`, `1`, `$` and `@` as `o`, `l`, `s`
    /// and `a`. Each listed term in it is one point, each other character is one, and five points of
    /// the least favourable reading are needed. A password within one edit of a term is that term.
    /// A password that contains a [name](PasswordContext::name) of four code points or more is
    /// refused; as with `Derivatives`, so is one that consists of words of the account.
    ///
    /// Needs [`Deviation::BannedParts`](crate::policy::Deviation): NIST compares the whole password
    /// only.
    EntraScore,
}

impl Default for PasswordRules {
    fn default() -> Self {
        Self {
            min_length: 15,
            max_length: 256,
            max_bytes: None,
            banned: BannedPasswords::Derivatives,
            common_list: true,
            banned_words: BTreeSet::new(),
            required_classes: 0,
            min_score: 0,
            ascii_only: false,
        }
    }
}

impl PasswordRules {
    /// The longest accepted password before NFC, in bytes: 1 024 code points of four bytes. A
    /// password that the rules allow is longer only if NFC shortens it.
    pub const MAX_BYTES: usize = 4096;

    /// The most characters of a password that a
    /// [`StrengthEstimator`](crate::port::StrengthEstimator) gets: 32 code points after NFC, the first
    /// ones. A longer password has the score of these.
    pub const SCORED: usize = 32;

    /// The best score of a [`StrengthEstimator`](crate::port::StrengthEstimator).
    pub const MAX_SCORE: u8 = 4;

    /// Checks a password and returns its normal form, the one to be stored: NFC of the given text.
    /// Case, spaces at the ends and compatibility forms stay.
    ///
    /// A pure function of the rules and its arguments. Checking its result returns the same result.
    /// The copies that it makes are zeroized.
    ///
    /// # Errors
    ///
    /// [`PasswordRejection`] with every rule that it breaks, at least one.
    pub fn check(
        &self,
        password: &SecretText,
        context: &PasswordContext,
    ) -> Result<SecretText, PasswordRejection> {
        let text = password.expose_secret();
        if text.len() > Self::MAX_BYTES {
            let max = self.max_length;
            return Err(PasswordRejection { faults: vec![PasswordFault::TooLong { max }] });
        }
        let mut normal = nfc(text);
        let mut faults = Vec::new();
        self.judge_characters(&normal, &mut faults);
        self.judge_words(&normal, context, &mut faults);
        if faults.is_empty() {
            Ok(SecretText::new(mem::take(&mut *normal)))
        } else {
            Err(PasswordRejection { faults })
        }
    }

    /// What an estimator gets of a password in normal form.
    pub(crate) fn scored(password: &SecretText) -> SecretText {
        let text = password.expose_secret();
        let end = text.char_indices().nth(Self::SCORED).map_or(text.len(), |(index, _)| index);
        SecretText::from(&text[..end])
    }

    /// The fault of a password with this score.
    pub(crate) const fn weakness(&self, score: u8) -> Option<PasswordFault> {
        let (score, required) =
            (if score > Self::MAX_SCORE { Self::MAX_SCORE } else { score }, self.min_score);
        if score < required { Some(PasswordFault::TooWeak { score, required }) } else { None }
    }

    fn judge_characters(&self, password: &str, faults: &mut Vec<PasswordFault>) {
        let length = password.chars().count();
        // An empty password is refused whatever the rules say.
        let min = self.min_length.max(1);
        if length < usize::from(min) {
            faults.push(PasswordFault::TooShort { min });
        }
        if length > usize::from(self.max_length) {
            let max = self.max_length;
            faults.push(PasswordFault::TooLong { max });
        }
        if password.chars().any(char::is_control) {
            faults.push(PasswordFault::Control);
        }
        if password.chars().any(is_unstable) {
            faults.push(PasswordFault::Unassigned);
        }
        if self.ascii_only && !password.is_ascii() {
            faults.push(PasswordFault::NotAscii);
        }
        let (required, found) = (self.required_classes, classes(password));
        if found < required {
            faults.push(PasswordFault::NeedsClasses { required, found });
        }
        if let Some(max) = self.max_bytes.filter(|max| password.len() > usize::from(*max)) {
            faults.push(PasswordFault::TooManyBytes { max });
        }
    }

    fn judge_words(
        &self,
        password: &str,
        context: &PasswordContext,
        faults: &mut Vec<PasswordFault>,
    ) {
        let derived = Derived::new(password);
        let contains_name = match self.banned {
            BannedPasswords::Derivatives => {
                self.judge_derivatives(&derived, faults);
                false
            }
            BannedPasswords::EntraScore => {
                let normalised = Normalised::new(password);
                faults.extend(self.judge_score(&normalised));
                context.names().iter().any(|name| normalised.contains_name(name))
            }
        };
        let own = context.forms();
        if contains_name || derived.any(|form| is_made_of(form, &own)) {
            faults.push(PasswordFault::ContextWord);
        }
    }

    fn judge_derivatives(&self, derived: &Derived, faults: &mut Vec<PasswordFault>) {
        if self.common_list && derived.any(is_common) {
            faults.push(PasswordFault::Common);
        }
        let banned: Vec<_> = self.banned_words.iter().flat_map(|word| phrase(word)).collect();
        if derived.any(|form| is_made_of(form, &banned)) {
            faults.push(PasswordFault::BannedWord);
        }
    }

    fn judge_score(&self, password: &Normalised) -> Option<PasswordFault> {
        let banned = Terms::of(&self.banned_words);
        let common: &[&Terms<'_>] = if self.common_list { &[Terms::common()] } else { &[] };
        let points = password.points(&[common, &[&banned]].concat(), NEEDED);
        if points >= NEEDED {
            None
        } else if password.points(common, NEEDED) >= NEEDED {
            Some(PasswordFault::BannedWord)
        } else {
            let [points, required] =
                [points, NEEDED].map(|amount| u8::try_from(amount).unwrap_or(u8::MAX));
            Some(PasswordFault::Guessable { points, required })
        }
    }
}

/// The number of character classes in a password.
fn classes(password: &str) -> u8 {
    let has = |class: fn(char) -> bool| u8::from(password.chars().any(class));
    has(char::is_lowercase)
        + has(char::is_uppercase)
        + has(|c| c.is_ascii_digit())
        + has(|c| !c.is_lowercase() && !c.is_uppercase() && !c.is_ascii_digit())
}
