//! Findings about the password rules.

use crate::domain::password::common_of_length;
use crate::domain::policy::deviation::Deviation;
use crate::domain::policy::finding::Severity::{Note, Recommendation, Requirement};
use crate::domain::policy::finding::Standard::{Asvs, Nist};
use crate::domain::policy::finding::{Finding, report};
use crate::domain::policy::settings::PolicySettings;

/// Common passwords that meet the policy and must be refused (OWASP ASVS 5.0.0, 6.2.4).
const COMMON_ENTRIES: usize = 3_000;

/// Findings where the password rules deviate from the standards.
pub(super) fn password(settings: &PolicySettings, found: &mut Vec<Finding>) {
    let rules = &settings.password;
    let listed = common_of_length(rules.min_length);
    let short = format!(
        "The common list has {listed} entries of at least {} characters, the shortest length that the \
         policy accepts. ASVS requires {COMMON_ENTRIES}: give the engine a `BreachList`.",
        rules.min_length,
    );
    report(
        settings,
        found,
        &[
            (
                rules.min_length < 15,
                "password.min_length",
                "short-passwords",
                Requirement,
                Nist,
                "NIST SP 800-63B-4, 3.1.1.2",
                "Passwords shorter than 15 characters are accepted: acceptable only if every sign-in \
                 takes a second factor.",
                Some(Deviation::ShortPasswords),
            ),
            (
                rules.required_classes > 0,
                "password.required_classes",
                "composition-rules",
                Requirement,
                Nist,
                "NIST SP 800-63B-4, 3.1.1.2; OWASP ASVS 5.0.0, 6.2.5",
                "Passwords must mix classes of characters.",
                Some(Deviation::CompositionRules),
            ),
            (
                rules.ascii_only,
                "password.ascii_only",
                "ascii-passwords",
                Recommendation,
                Nist,
                "NIST SP 800-63B-4, 3.1.1.2",
                "Passwords with characters outside ASCII are refused.",
                Some(Deviation::AsciiPasswords),
            ),
            (
                !rules.common_list,
                "password.common_list",
                "no-common-list",
                Requirement,
                Asvs,
                "OWASP ASVS 5.0.0, 6.2.4; NIST SP 800-63B-4, 3.1.1.2",
                "The engine does not refuse common passwords.",
                None,
            ),
            (
                rules.common_list && listed < COMMON_ENTRIES,
                "password.common_list",
                "common-list-short",
                Note,
                Asvs,
                "OWASP ASVS 5.0.0, 6.2.4",
                &short,
                None,
            ),
        ],
    );
}
