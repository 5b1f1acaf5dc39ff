//! Findings about the password rules.

use crate::domain::password::{BannedPasswords, common_of_length};
use crate::domain::policy::deviation::Deviation;
use crate::domain::policy::finding::Severity::{Note, Recommendation, Requirement};
use crate::domain::policy::finding::Standard::{Asvs, Nist};
use crate::domain::policy::finding::{Row, row};
use crate::domain::policy::settings::PolicySettings;

/// Common passwords that meet the policy and must be refused (OWASP ASVS 5.0.0, 6.2.4).
const COMMON_ENTRIES: usize = 3_000;

/// The bytes of 64 code points of any script.
const WIDE_BYTES: u16 = 256;

/// Findings where the password rules deviate from the standards.
pub(super) fn password(settings: &PolicySettings, found: &mut Vec<Row>) {
    let rules = &settings.password;
    let listed = common_of_length(rules.min_length);
    let short = format!(
        "The common list has {listed} entries of at least {} characters, the shortest length that the \
         policy accepts. ASVS requires {COMMON_ENTRIES}: give the engine a `BreachList`.",
        rules.min_length,
    );
    found.extend([
        row(rules.min_length < 15, "password.min_length", "short-passwords")
            .cites(Requirement, Nist, "NIST SP 800-63B-4, 3.1.1.2")
            .text(
                "Passwords shorter than 15 characters are accepted: acceptable only if every \
                 sign-in takes a second factor.",
            )
            .covered_by(Deviation::ShortPasswords),
        row(rules.required_classes > 0, "password.required_classes", "composition-rules")
            .cites(Requirement, Nist, "NIST SP 800-63B-4, 3.1.1.2; OWASP ASVS 5.0.0, 6.2.5")
            .text("Passwords must mix classes of characters.")
            .covered_by(Deviation::CompositionRules),
        row(rules.ascii_only, "password.ascii_only", "ascii-passwords")
            .cites(Recommendation, Nist, "NIST SP 800-63B-4, 3.1.1.2")
            .text("Passwords with characters outside ASCII are refused.")
            .covered_by(Deviation::AsciiPasswords),
        row(rules.banned == BannedPasswords::EntraScore, "password.banned", "banned-parts")
            .cites(Requirement, Nist, "NIST SP 800-63B-4, 3.1.1.2")
            .text(
                "Banned words and names count inside a password: the standard compares the whole \
                 password only.",
            )
            .covered_by(Deviation::BannedParts),
        row(
            rules.max_bytes.is_some_and(|max| max < WIDE_BYTES),
            "password.max_bytes",
            "byte-limit",
        )
        .cites(Recommendation, Nist, "NIST SP 800-63B-4, 3.1.1.2")
        .text(
            "A limit in bytes refuses passwords of 64 characters if they are not of basic \
                 Latin letters.",
        ),
        row(!rules.common_list, "password.common_list", "no-common-list")
            .cites(Requirement, Asvs, "OWASP ASVS 5.0.0, 6.2.4; NIST SP 800-63B-4, 3.1.1.2")
            .text("The engine does not refuse common passwords."),
        row(
            rules.common_list && listed < COMMON_ENTRIES,
            "password.common_list",
            "common-list-short",
        )
        .cites(Note, Asvs, "OWASP ASVS 5.0.0, 6.2.4")
        .text(short),
        periodic(settings),
    ]);
}

fn periodic(settings: &PolicySettings) -> Row {
    let is_periodic = settings.password_expiry.is_periodic();
    row(is_periodic, "password_expiry.validity_days", "periodic-change")
        .cites(Requirement, Nist, "NIST SP 800-63B-4, 3.1.1.2; OWASP ASVS 5.0.0, 6.2.10")
        .text("Passwords expire although nothing is known against them.")
        .covered_by(Deviation::PeriodicChange)
}
