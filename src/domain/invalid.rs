//! The error of every parser.

use serde::Serialize;

/// An input that does not have the required form. Holds no part of the input, so it may be shown
/// and logged.
///
/// ```
/// let error = sspr::TenantId::parse("a\u{0}b").unwrap_err();
/// assert_eq!(error.to_string(), "tenant id holds a control character");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(tag = "code", rename_all = "snake_case")]
#[non_exhaustive]
pub enum InvalidInput {
    /// Nothing was given.
    #[error("{what} is empty")]
    Empty {
        /// What was being parsed.
        what: &'static str,
    },
    /// The input is longer than the limit; it was not parsed further.
    #[error("{what} is longer than {max} bytes")]
    TooLong {
        /// What was being parsed.
        what: &'static str,
        /// The limit in bytes.
        max: usize,
    },
    /// A control character (NUL, line feed, delete, C1).
    #[error("{what} holds a control character")]
    Control {
        /// What was being parsed.
        what: &'static str,
    },
    /// An invisible character: a joiner, a mark of direction, a byte order mark. Pasted texts often
    /// contain such characters.
    #[error("{what} holds an invisible character: type it instead of pasting it")]
    Invisible {
        /// What was being parsed.
        what: &'static str,
    },
    /// The form is wrong in another respect.
    #[error("{what} is malformed")]
    Malformed {
        /// What was being parsed.
        what: &'static str,
    },
    /// A ticket, code or option that this engine did not issue, or not for this use.
    #[error("{what} was not issued by this engine for this use")]
    Foreign {
        /// What was being parsed.
        what: &'static str,
    },
    /// The value is outside what the limit allows.
    #[error("{what} is out of range")]
    OutOfRange {
        /// What was being parsed.
        what: &'static str,
    },
    /// The value breaks the rule that the text states.
    #[error("{what} {rule}")]
    Rule {
        /// What was being parsed.
        what: &'static str,
        /// The rule, as the rest of the sentence: `must differ from the lookup key`.
        rule: &'static str,
    },
}

impl InvalidInput {
    /// A stable code, such as `too_long`.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Empty { .. } => "empty",
            Self::TooLong { .. } => "too_long",
            Self::Control { .. } => "control",
            Self::Invisible { .. } => "invisible",
            Self::Malformed { .. } => "malformed",
            Self::Foreign { .. } => "foreign",
            Self::OutOfRange { .. } => "out_of_range",
            Self::Rule { .. } => "rule",
        }
    }

    /// What was being parsed, such as `ticket`.
    #[must_use]
    pub const fn what(&self) -> &'static str {
        match self {
            Self::Empty { what }
            | Self::TooLong { what, .. }
            | Self::Control { what }
            | Self::Invisible { what }
            | Self::Malformed { what }
            | Self::Foreign { what }
            | Self::OutOfRange { what }
            | Self::Rule { what, .. } => what,
        }
    }
}

/// Checks that `text` holds 1 to `max` bytes and no control character. The length is checked
/// first, in constant time.
pub(crate) fn bounded_text(what: &'static str, text: &str, max: usize) -> Result<(), InvalidInput> {
    if text.is_empty() {
        return Err(InvalidInput::Empty { what });
    }
    if text.len() > max {
        return Err(InvalidInput::TooLong { what, max });
    }
    if text.chars().any(char::is_control) {
        return Err(InvalidInput::Control { what });
    }
    Ok(())
}
