//! The findings of the review, in tables: when a policy has each, and its text. Findings about
//! passwords and about guessing are in their own files.

mod password;
mod tries;

use super::deviation::Deviation;
use super::finding::Severity::{Note, Recommendation, Requirement};
use super::finding::Standard::{Asvs, Engine, Entra, Nist};
use super::finding::{Finding, report};
use super::guessing::GuessingRisk;
use super::settings::{Disclosure, Gates, NotifyRule, PolicySettings};
use crate::domain::crypto::link_base::LinkBase;
use crate::domain::method::{MethodKind, Verification};
use crate::domain::time::{DAY, MINUTE};

/// Every finding of the policy, the most severe first.
///
/// `odds` are the risks of guessing against a user and against an administrator.
pub(super) fn of(settings: &PolicySettings, odds: [&GuessingRisk; 2]) -> Vec<Finding> {
    let mut found = Vec::new();
    gates(settings, &mut found);
    contacts(settings, &mut found);
    tries::codes(settings, odds, &mut found);
    password::password(settings, &mut found);
    answers(settings, &mut found);
    tries::budgets(settings, &mut found);
    model(settings, &mut found);
    found.sort_by_key(|finding| finding.severity);
    found
}

fn is_phone(kind: MethodKind) -> bool {
    matches!(kind, MethodKind::MobilePhone | MethodKind::OfficePhone)
}

/// Findings about the gates of users and administrators.
fn gates(settings: &PolicySettings, found: &mut Vec<Finding>) {
    let (users, administrators) = (&settings.users, &settings.administrators.gates);
    gates_of(settings, users, "users.methods", found);
    gates_of(settings, administrators, "administrators.gates.methods", found);
    report(
        settings,
        found,
        &[
            (
                users.required == 1,
                "users.required",
                "one-gate",
                Recommendation,
                Nist,
                "NIST SP 800-63B-4, 4.2.2.2",
                "One method suffices for users: enough only for accounts that cannot reach AAL2.",
                None,
            ),
            (
                administrators.required == 1,
                "administrators.gates.required",
                "one-gate-administrators",
                Requirement,
                Entra,
                "Microsoft Entra ID, administrator reset policy",
                "One method suffices for administrators; Entra asks them for two, except in the first \
                 30 days of a trial and in a tenant with neither a domain of its own nor \
                 synchronisation.",
                Some(Deviation::OneGateAdministrators),
            ),
        ],
    );
}

/// Findings that apply to the users' gates and to the administrators' gates alike.
fn gates_of(
    settings: &PolicySettings,
    gates: &Gates,
    path: &'static str,
    found: &mut Vec<Finding>,
) {
    let sent =
        gates.methods.iter().filter(|kind| kind.verification() == Verification::Contact).count();
    let phones = gates.methods.iter().copied().filter(|kind| is_phone(*kind)).count();
    report(
        settings,
        found,
        &[
            (
                gates.required == 2 && sent > 1,
                path,
                "issued-codes-one-class",
                // A policy that asks users for one method claims no more than AAL1.
                if settings.users.required == 1 { Recommendation } else { Requirement },
                Nist,
                "NIST SP 800-63B-4, 4.2.2.2",
                "Two codes sent to two addresses are one class of recovery method: they do not \
                 suffice for accounts that can reach AAL2.",
                Some(Deviation::IssuedCodesAsTwoGates),
            ),
            (
                phones == gates.methods.len(),
                path,
                "phones-only",
                Requirement,
                Nist,
                "NIST SP 800-63B-4, 3.2.9",
                "Every method uses the telephone network, which is restricted: at least one method \
                 that does not must be offered.",
                None,
            ),
            (
                phones > 0,
                path,
                "phones-restricted",
                Note,
                Nist,
                "NIST SP 800-63B-4, 3.2.9",
                "Phones count as methods: the owner must tell users of the risk, cover it in the \
                 risk assessment and plan for a replacement.",
                None,
            ),
            (
                sent > 0,
                path,
                "asvs-level-3",
                Note,
                Asvs,
                "OWASP ASVS 5.0.0, 6.3.6 and 6.6.1",
                "Level 3 allows neither mail nor phones as proof.",
                None,
            ),
        ],
    );
}

/// Findings about contact data, notices and registration, in one table.
fn contacts(settings: &PolicySettings, found: &mut Vec<Finding>) {
    let registration = &settings.registration;
    report(
        settings,
        found,
        &[
            (
                settings.contacts.directory,
                "contacts.directory",
                "unverified-directory-contacts",
                Requirement,
                Nist,
                "NIST SP 800-63B-4, 4.2.1.2; OWASP ASVS 5.0.0, 6.6.1 (phones)",
                "Unconfirmed addresses from the directory count as methods.",
                Some(Deviation::UnverifiedDirectoryContacts),
            ),
            (
                settings.contacts.administrator,
                "contacts.administrator",
                "administrator-contacts",
                Recommendation,
                Nist,
                "NIST SP 800-63B-4, 4.2.1.2; OWASP ASVS 5.0.0, 6.6.1 (phones)",
                "Addresses that an administrator supplied count as methods: acceptable only if they \
                 were verified when the person's identity was proofed.",
                None,
            ),
            (
                settings.notifications.rule != NotifyRule::All,
                "notifications.rule",
                "not-every-address-told",
                Requirement,
                Nist,
                "NIST SP 800-63B-4, 4.6",
                "The notice of a reset does not go to every address of the user.",
                None,
            ),
            (
                !registration.second_factor_to_change,
                "registration.second_factor_to_change",
                "methods-changed-by-password",
                Requirement,
                Nist,
                "NIST SP 800-63B-4, 4.1.2.1",
                "A sign-in by password alone may add and remove methods.",
                None,
            ),
            (
                registration.hold.is_zero(),
                "registration.hold",
                "no-hold",
                Note,
                Engine,
                "sspr, hold of new addresses; OWASP Multifactor Authentication Cheat Sheet",
                "A new address may be used for a reset at once: a stolen session becomes a lasting \
                 takeover. The standards require a notice; the hold is this engine's own rule.",
                None,
            ),
            (
                !registration.enforced || registration.reconfirm_days == 0,
                if registration.enforced {
                    "registration.reconfirm_days"
                } else {
                    "registration.enforced"
                },
                "registration-not-kept",
                Note,
                Entra,
                "Microsoft Entra ID, deployment guide",
                "Users are not asked to register, or are never asked to confirm their data again.",
                None,
            ),
        ],
    );
}

/// Findings about what answers disclose, about links and about sessions.
fn answers(settings: &PolicySettings, found: &mut Vec<Finding>) {
    let acknowledged = |deviation| settings.acknowledged.contains(&deviation);
    report(
        settings,
        found,
        &[
            (
                settings.link.as_ref().is_some_and(LinkBase::is_insecure),
                "link",
                "insecure-link",
                Requirement,
                Asvs,
                "OWASP ASVS 5.0.0, 12.2.1",
                "Links in mails lead to a loopback address without TLS: for development only.",
                None,
            ),
            (
                settings.disclosure == Disclosure::Reasoned,
                "disclosure",
                "reasoned-disclosure",
                Recommendation,
                Asvs,
                "OWASP ASVS 5.0.0, 6.3.8 (level 3); OWASP Forgot Password Cheat Sheet",
                "Anyone who passes the human check learns which accounts exist and why a reset is \
                 refused.",
                Some(Deviation::ReasonedDisclosure),
            ),
            (
                settings.disclosure == Disclosure::Masked,
                "disclosure",
                "masked-disclosure",
                Recommendation,
                Asvs,
                "OWASP ASVS 5.0.0, 6.3.8 (level 3)",
                "Masked destinations are shown before any proof: a person who knows the address \
                 recognises it.",
                None,
            ),
            (
                acknowledged(Deviation::PasswordSessionsOnly),
                "acknowledged",
                "password-sessions-only",
                Recommendation,
                Asvs,
                "OWASP ASVS 5.0.0, 7.4.3",
                "Only sessions that began with the password end after a reset.",
                Some(Deviation::PasswordSessionsOnly),
            ),
        ],
    );
}

/// Findings where the policy is laxer than Entra, the model for the features.
fn model(settings: &PolicySettings, found: &mut Vec<Finding>) {
    let (failures, lifetimes) = (&settings.failures, &settings.lifetimes);
    let citation = "Microsoft Entra ID, self-service password reset";
    let phones = settings.users.methods.iter().copied().any(is_phone);
    let lockout = if failures.anonymous.max > 5 {
        "failures.anonymous.max"
    } else if failures.anonymous.window < DAY {
        "failures.anonymous.window"
    } else {
        "failures.lock"
    };
    let long_codes = if lifetimes.email_code > 5 * MINUTE {
        "lifetimes.email_code"
    } else {
        "lifetimes.phone_code"
    };
    let rows = [
        (
            failures.anonymous.max > 5 || failures.anonymous.window < DAY || failures.lock < DAY,
            lockout,
            "entra-lockout",
            "Entra closes a method for 24 hours after 5 failures in 24 hours.",
        ),
        (
            lifetimes.flow > 15 * MINUTE,
            "lifetimes.flow",
            "entra-flow-lifetime",
            "Entra ends a flow after 15 minutes.",
        ),
        (
            lifetimes.email_code > 5 * MINUTE || lifetimes.phone_code > 5 * MINUTE,
            long_codes,
            "entra-code-lifetime",
            "Entra's codes live 5 minutes.",
        ),
        (
            phones && !settings.typed_number,
            "typed_number",
            "entra-typed-number",
            "Entra requires the full phone number to be typed before it is called or texted.",
        ),
    ]
    .map(|(applies, path, code, text)| (applies, path, code, Note, Entra, citation, text, None));
    report(settings, found, &rows);
}
