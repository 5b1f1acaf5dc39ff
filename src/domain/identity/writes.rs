//! What a directory is asked to write, and what it reports about it.

use serde::{Deserialize, Serialize};

use crate::domain::identity::facts::PasswordHome;
use crate::domain::time::Timestamp;

/// What a directory reports of a write: the outcome, and a detail of its own.
///
/// ```
/// use sspr::facts::{PolicyReason, WriteOutcome, WriteReply};
///
/// let written = WriteReply::from(WriteOutcome::Written);
/// assert_eq!(written.detail, None);
///
/// let refused = WriteOutcome::PolicyViolation(PolicyReason::History).with_detail("0000052D");
/// assert_eq!(refused.detail.as_deref(), Some("0000052D"));
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct WriteReply {
    /// The outcome.
    pub outcome: WriteOutcome,
    /// The directory's explanation of a write that it did not make, for the audit event: an error number, a diagnostic text. It must hold no password. Control
    /// characters are removed, and the first 200 characters are kept. The caller never gets it.
    pub detail: Option<String>,
}

impl From<WriteOutcome> for WriteReply {
    fn from(outcome: WriteOutcome) -> Self {
        Self { outcome, detail: None }
    }
}

/// The outcome of a directory write.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum WriteOutcome {
    /// Written everywhere.
    Written,
    /// Written to the directory; other systems follow within minutes.
    WrittenButNotPropagated,
    /// Certainly not written: the directory's rules refuse it.
    PolicyViolation(PolicyReason),
    /// Certainly not written: an administrator must act (reason 29).
    AdminActionRequired,
    /// Certainly not written: the directory was not reached (reason 30).
    Unreachable,
    /// Not known.
    Indeterminate,
}

impl WriteOutcome {
    /// This outcome with a detail of the directory's: see [`WriteReply::detail`].
    #[must_use]
    pub fn with_detail(self, detail: &str) -> WriteReply {
        WriteReply { outcome: self, detail: Some(detail.to_owned()) }
    }
}

/// Why a password is written.
///
/// | | history and minimum age | last password | must change at next sign-in |
/// |---|---|---|---|
/// | `Reset` | the directory's, as for a reset by an administrator | may be used again | no |
/// | `Change` | the directory's | refused | no |
/// | `Administrator` | the directory's, as for a reset by an administrator | may be used again | yes |
///
/// That is what Entra's directory does; a directory may refuse more.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum WritePurpose {
    /// The user has reset a forgotten password.
    Reset,
    /// The user knows the current password and changes it.
    Change,
    /// An administrator sets a temporary password
    /// ([`Admin::set_temporary_password`](crate::Admin::set_temporary_password)).
    Administrator,
}

/// Which lockouts a write clears. A directory with a single lockout clears it if the flag of the
/// user's [`PasswordHome`] is set: see [`includes`](Self::includes).
///
/// ```
/// let both = sspr::facts::Lockouts { sign_in: true, on_premises: true };
/// assert_eq!(sspr::facts::Lockouts::default(), sspr::facts::Lockouts { sign_in: false, on_premises: false });
/// # let _ = both;
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
#[expect(clippy::exhaustive_structs, reason = "the two lockouts of the model")]
pub struct Lockouts {
    /// The throttle of sign-in after wrong passwords (Entra: smart lockout).
    pub sign_in: bool,
    /// The lockout of the directory on premises (Active Directory: `lockoutTime`).
    pub on_premises: bool,
}

impl Lockouts {
    /// Both lockouts.
    pub const ALL: Self = Self { sign_in: true, on_premises: true };

    /// Whether the lockout of this home is among them.
    #[must_use]
    pub const fn includes(self, home: PasswordHome) -> bool {
        match home {
            PasswordHome::Cloud => self.sign_in,
            PasswordHome::OnPremises => self.on_premises,
        }
    }
}

/// Why a directory refuses a password.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum PolicyReason {
    /// The present password is too young to be changed.
    TooYoung {
        /// When the minimum age has passed, if the directory says.
        until: Option<Timestamp>,
    },
    /// It was used before.
    History,
    /// It is not complex enough.
    Complexity,
    /// It is too short or too long.
    Length,
    /// A filter refuses it.
    Filter,
    /// The directory does not say.
    Unspecified,
}

impl PolicyReason {
    /// A stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::TooYoung { .. } => "too_young",
            Self::History => "history",
            Self::Complexity => "complexity",
            Self::Length => "length",
            Self::Filter => "filter",
            Self::Unspecified => "unspecified",
        }
    }
}

/// Which sessions end.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SessionKinds {
    /// All.
    All,
    /// Those that began with a password (Entra).
    PasswordBased,
}
