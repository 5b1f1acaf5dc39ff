//! The points in which a policy may deviate from the standards, if the owner acknowledges it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A deviation from NIST, ASVS or OWASP that the owner of the tenant acknowledges.
///
/// ```
/// use sspr::{Policy, PolicySettings};
/// use sspr::policy::Deviation;
///
/// let mut settings = PolicySettings::default();
/// settings.password.min_length = 12;
/// assert!(Policy::new(settings.clone()).is_err());
/// settings.acknowledged.insert(Deviation::ShortPasswords);
/// assert!(Policy::new(settings).is_ok());
/// assert_eq!(Deviation::ShortPasswords.as_str(), "short_passwords");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Deviation {
    /// Unconfirmed contact data counts as a method.
    UnverifiedDirectoryContacts,
    /// Two codes sent to two addresses count as two gates (NIST: one class of method). Never a
    /// fault; [`Policy::review`](super::Policy::review) reports it, acknowledged or not.
    IssuedCodesAsTwoGates,
    /// Administrators need only one method.
    OneGateAdministrators,
    /// Composition rules for passwords.
    CompositionRules,
    /// Passwords of printable ASCII only.
    AsciiPasswords,
    /// Passwords shorter than 15 characters (NIST allows 8 only beside a second factor at
    /// sign-in, which this crate cannot see).
    ShortPasswords,
    /// Only password-based sessions end after a reset.
    PasswordSessionsOnly,
    /// A completed reset clears the account's windowed counters.
    CountersClearedOnReset,
    /// The reason of a refusal is disclosed before any proof.
    ReasonedDisclosure,
    /// The computed probability that guessing opens an account before its methods are disabled
    /// exceeds 10^-4: possible if one gate suffices.
    GuessingAboveThreshold,
}

impl Deviation {
    /// A stable, lower-case name: the one in stored policies.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UnverifiedDirectoryContacts => "unverified_directory_contacts",
            Self::IssuedCodesAsTwoGates => "issued_codes_as_two_gates",
            Self::OneGateAdministrators => "one_gate_administrators",
            Self::CompositionRules => "composition_rules",
            Self::AsciiPasswords => "ascii_passwords",
            Self::ShortPasswords => "short_passwords",
            Self::PasswordSessionsOnly => "password_sessions_only",
            Self::CountersClearedOnReset => "counters_cleared_on_reset",
            Self::ReasonedDisclosure => "reasoned_disclosure",
            Self::GuessingAboveThreshold => "guessing_above_threshold",
        }
    }
}

impl fmt::Display for Deviation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
