//! The points in which a policy may deviate from the standards, if the owner acknowledges it.

use crate::domain::named::named;

named! {
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
    pub enum Deviation {
        /// Unconfirmed contact data counts as a method.
        UnverifiedDirectoryContacts = "unverified_directory_contacts",
        /// Two codes sent to two addresses count as two gates (NIST: one class of method). Never a
        /// fault; [`Policy::review`](super::Policy::review) reports it, acknowledged or not.
        IssuedCodesAsTwoGates = "issued_codes_as_two_gates",
        /// Administrators need only one method.
        OneGateAdministrators = "one_gate_administrators",
        /// Composition rules for passwords.
        CompositionRules = "composition_rules",
        /// Passwords of printable ASCII only.
        AsciiPasswords = "ascii_passwords",
        /// Passwords shorter than 15 characters (NIST allows 8 only beside a second factor at
        /// sign-in, which this crate cannot see).
        ShortPasswords = "short_passwords",
        /// Passwords expire although nothing is known against them.
        PeriodicChange = "periodic_change",
        /// Banned words and names count inside a password (NIST: the whole password only).
        BannedParts = "banned_parts",
        /// Only password-based sessions end after a reset.
        PasswordSessionsOnly = "password_sessions_only",
        /// A completed reset clears the account's windowed counters.
        CountersClearedOnReset = "counters_cleared_on_reset",
        /// The reason of a refusal is disclosed before any proof.
        ReasonedDisclosure = "reasoned_disclosure",
        /// Strangers can lock the owner of an account out, by acts that a throttle counts.
        AccountLocks = "account_locks",
        /// The computed probability that guessing opens an account before its methods are disabled
        /// exceeds 10^-4: possible if one gate suffices.
        GuessingAboveThreshold = "guessing_above_threshold",
        /// Security questions count as a method (OWASP ASVS 6.4.2 and NIST accept none).
        SecurityQuestions = "security_questions",
        /// Security questions may be asked before any other proof: as the first gate, or the only
        /// one.
        QuestionsFirst = "questions_first",
    }
}
