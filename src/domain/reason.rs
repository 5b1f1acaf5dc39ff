//! Why a reset is refused, and how far a flow has come.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Why a reset is refused, by Entra's numbers where it has one.
///
/// ```
/// assert_eq!(sspr::SsprReason::NotInScope.code(), Some(13));
/// assert_eq!(sspr::SsprReason::UnknownUser.code(), None);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SsprReason {
    /// No account has this identifier.
    UnknownUser,
    /// The account is disabled or managed elsewhere, or its record belongs to the person who had
    /// the identifier before ([`Admin::forget`](crate::Admin::forget) empties the record).
    AccountDisabled,
    /// Self-service reset is switched off (9).
    SwitchedOff,
    /// Writeback is needed and off (10).
    WritebackOff,
    /// No policy is defined (11).
    NoPolicy,
    /// An entitlement is missing (12).
    NotEntitled,
    /// The user is in none of the selected groups (13).
    NotInScope,
    /// Too few methods are registered (14).
    TooFewMethods,
    /// An administrator must act on the directory: rights, a protected account (29).
    AdministratorRequired,
    /// The directory cannot be reached (30).
    DirectoryUnreachable,
    /// A failure budget is spent.
    Blocked,
    /// The account does not have the chosen method.
    NoSuchMethod,
    /// The directory did not accept the password.
    PasswordRefused,
}

impl SsprReason {
    /// Entra's number (`SSPR_0009` to `SSPR_0030`), where there is one.
    #[must_use]
    pub const fn code(self) -> Option<u8> {
        Some(match self {
            Self::SwitchedOff => 9,
            Self::WritebackOff => 10,
            Self::NoPolicy => 11,
            Self::NotEntitled => 12,
            Self::NotInScope => 13,
            Self::TooFewMethods => 14,
            Self::AdministratorRequired => 29,
            Self::DirectoryUnreachable => 30,
            _ => return None,
        })
    }
}

impl fmt::Display for SsprReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = match self {
            Self::UnknownUser => "no account has this identifier",
            Self::AccountDisabled => {
                "the account is disabled or managed elsewhere, or its record belongs to another person \
                 until an administrator forgets it"
            }
            Self::SwitchedOff => "self-service reset is switched off",
            Self::WritebackOff => "writeback is off",
            Self::NoPolicy => "no policy is defined",
            Self::NotEntitled => "an entitlement is missing",
            Self::NotInScope => "the user is in none of the selected groups",
            Self::TooFewMethods => "too few methods are registered",
            Self::AdministratorRequired => "an administrator must act on the directory",
            Self::DirectoryUnreachable => "the directory cannot be reached",
            Self::Blocked => "a failure budget is spent",
            Self::NoSuchMethod => "the account has no such method",
            Self::PasswordRefused => "the directory did not accept the password",
        };
        match self.code() {
            Some(code) => write!(f, "{words} (SSPR_{code:04})"),
            None => f.write_str(words),
        }
    }
}

/// How far a flow has come.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FlowStage {
    /// A challenge was opened, nothing is proven.
    Challenged,
    /// Some of the required methods are proven.
    PartlyProven,
    /// A grant was earned; no password was written.
    Granted,
    /// A write was begun and its outcome is not known.
    Writing,
}
