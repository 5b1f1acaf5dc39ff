//! The password rules of a policy, and the check of a password.

use std::collections::BTreeSet;
use std::mem;

use serde::{Deserialize, Serialize};

use super::blocklist::{is_common, is_made_of};
use super::context::PasswordContext;
use super::derive::{Derived, phrase};
use super::normal::{is_unstable, nfc};
use super::rejection::{PasswordFault, PasswordRejection};
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
    /// Whether passwords on the bundled list of common passwords are refused. Default true.
    pub common_list: bool,
    /// Words of the organisation: products, places, its name. Compared with whole passwords and
    /// their usual derivatives. At most 1 000 words of 3 to 64 code points.
    pub banned_words: BTreeSet<String>,
    /// Character classes required, of lower case, upper case, digit and symbol: 0 to 4. Default 0;
    /// above 0 needs [`Deviation::CompositionRules`](crate::policy::Deviation). A space, and a letter
    /// without case, count as symbols.
    pub required_classes: u8,
    /// Whether only printable ASCII is accepted. Default false; true needs
    /// [`Deviation::AsciiPasswords`](crate::policy::Deviation).
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

impl PasswordRules {
    /// The longest accepted password before NFC, in bytes: 1 024 code points of four bytes. A
    /// password that the rules allow is longer only if NFC shortens it.
    pub const MAX_BYTES: usize = 4096;

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
    }

    fn judge_words(
        &self,
        password: &str,
        context: &PasswordContext,
        faults: &mut Vec<PasswordFault>,
    ) {
        let derived = Derived::new(password);
        if self.common_list && derived.any(is_common) {
            faults.push(PasswordFault::Common);
        }
        let banned: Vec<_> = self.banned_words.iter().flat_map(|word| phrase(word)).collect();
        if derived.any(|form| is_made_of(form, &banned)) {
            faults.push(PasswordFault::BannedWord);
        }
        let own = context.forms();
        if derived.any(|form| is_made_of(form, &own)) {
            faults.push(PasswordFault::ContextWord);
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
