//! The reasons for refusing a password.

use serde::{Deserialize, Serialize};

/// The refusal of a password, with every reason.
///
/// It holds no part of the password, of the account's names or of the word lists, so it may be
/// shown.
///
/// ```
/// use sspr::password::{PasswordContext, PasswordRules};
///
/// let rules = PasswordRules::default();
/// let refused = rules.check(&"password".into(), &PasswordContext::new()).unwrap_err();
/// let codes: Vec<_> = refused.faults.iter().map(|fault| fault.code()).collect();
/// assert_eq!(codes, ["too_short", "common"]);
/// assert_eq!(refused.guidance(), ["use_more_words", "avoid_common_passwords"]);
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, thiserror::Error)]
#[error("the password does not satisfy the rules")]
#[non_exhaustive]
pub struct PasswordRejection {
    /// Every rule that the password breaks, in the order in which [`PasswordFault`] lists them.
    pub faults: Vec<PasswordFault>,
}

impl PasswordRejection {
    /// The guidance keys of the faults, for which the host has texts to show.
    #[must_use]
    pub fn guidance(&self) -> Vec<&'static str> {
        self.faults.iter().map(PasswordFault::guidance).collect()
    }
}

/// One rule that a password breaks.
///
/// ```
/// use sspr::password::PasswordFault;
///
/// assert_eq!(PasswordFault::Common.code(), "common");
/// assert_eq!(PasswordFault::Common.guidance(), "avoid_common_passwords");
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PasswordFault {
    /// Fewer code points than required.
    TooShort {
        /// The minimum, in code points after NFC.
        min: u16,
    },
    /// More code points than allowed, or more bytes than
    /// [`PasswordRules::MAX_BYTES`](crate::password::PasswordRules::MAX_BYTES). No other rule was
    /// checked.
    TooLong {
        /// The maximum, in code points after NFC.
        max: u16,
    },
    /// A control character: NUL, tab, line feed, delete, C1. Some directories and hash functions
    /// truncate passwords at one.
    Control,
    /// A code point that this version of Unicode does not assign: its normal form could change, and
    /// the password would stop working.
    Unassigned,
    /// A character outside printable ASCII, if the rules require ASCII.
    NotAscii,
    /// Too few character classes, if the rules require some.
    NeedsClasses {
        /// How many of lower case, upper case, digit and symbol are required.
        required: u8,
        /// How many the password has.
        found: u8,
    },
    /// More bytes of UTF-8 than the rules allow.
    TooManyBytes {
        /// The maximum, in bytes after NFC.
        max: u16,
    },
    /// A common password, or a derivative of one.
    Common,
    /// Too few points of Entra's score: the password is little more than common passwords.
    Guessable {
        /// The points that the password has.
        points: u8,
        /// The points that it needs.
        required: u8,
    },
    /// Too low a score of the engine's estimator, if the rules require one. It is judged after all other
    /// rules, so it is the only fault.
    TooWeak {
        /// The score of the password, 0 to 4.
        score: u8,
        /// The score that it needs.
        required: u8,
    },
    /// Words of the organisation, or a derivative of them. With Entra's score: a password that would
    /// have enough points without them.
    BannedWord,
    /// Words of this account (a name, an address, the tenant), or a derivative of them. With Entra's
    /// score: also a password that contains a name.
    ContextWord,
}

impl PasswordFault {
    /// A stable name for logs, interfaces and translations; the same as in the serialised form.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooShort { .. } => "too_short",
            Self::TooLong { .. } => "too_long",
            Self::Control => "control",
            Self::Unassigned => "unassigned",
            Self::NotAscii => "not_ascii",
            Self::NeedsClasses { .. } => "needs_classes",
            Self::TooManyBytes { .. } => "too_many_bytes",
            Self::Common => "common",
            Self::Guessable { .. } => "guessable",
            Self::TooWeak { .. } => "too_weak",
            Self::BannedWord => "banned_word",
            Self::ContextWord => "context_word",
        }
    }

    /// The key of a text that helps to choose a better password (NIST SP 800-63B-4, 3.1.1.2).
    #[must_use]
    pub const fn guidance(&self) -> &'static str {
        match self {
            Self::TooShort { .. } => "use_more_words",
            Self::TooLong { .. } => "use_fewer_characters",
            Self::Control => "remove_control_characters",
            Self::Unassigned => "remove_unknown_characters",
            Self::NotAscii => "use_basic_latin_characters",
            Self::NeedsClasses { .. } => "mix_character_classes",
            Self::TooManyBytes { .. } => "shorten_or_use_basic_latin",
            Self::Common => "avoid_common_passwords",
            Self::Guessable { .. } | Self::TooWeak { .. } => "make_it_harder_to_guess",
            Self::BannedWord => "avoid_organisation_words",
            Self::ContextWord => "avoid_personal_words",
        }
    }
}
