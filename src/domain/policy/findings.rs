//! The findings of the review, in tables: when a policy has each, and its text. Findings about
//! passwords and about guessing are in their own files.

mod password;
mod questions;
mod tries;

use super::deviation::Deviation;
use super::finding::Severity::{Note, Recommendation, Requirement};
use super::finding::Standard::{Asvs, Engine, Entra, Nist};
use super::finding::{Finding, Row, row};
use super::guessing::GuessingRisk;
use super::notifications::NotifyRule;
use super::settings::{Disclosure, Gates, PolicySettings, Scope};
use crate::domain::crypto::link_base::LinkBase;
use crate::domain::method::{MethodKind, Verification};
use crate::domain::time::{DAY, MINUTE};

/// Every finding of the policy, the most severe first.
///
/// `odds` are the risks of guessing against a user and against an administrator.
pub(super) fn of(settings: &PolicySettings, odds: [&GuessingRisk; 2]) -> Vec<Finding> {
    let mut rows = Vec::new();
    gates(settings, &mut rows);
    contacts(settings, &mut rows);
    tries::codes(settings, odds, &mut rows);
    password::password(settings, &mut rows);
    disclosure(settings, &mut rows);
    questions::questions(settings, &mut rows);
    tries::budgets(settings, &mut rows);
    model(settings, &mut rows);
    let mut found: Vec<Finding> =
        rows.into_iter().filter_map(|row| row.finding(settings)).collect();
    found.sort_by_key(|finding| finding.severity);
    found
}

fn is_phone(kind: MethodKind) -> bool {
    matches!(kind, MethodKind::MobilePhone | MethodKind::OfficePhone)
}

/// Findings about the gates of users and administrators.
fn gates(settings: &PolicySettings, found: &mut Vec<Row>) {
    let (users, administrators) = (&settings.user_gates(), &settings.administrators.gates);
    gates_of(settings, users, "users.methods", found);
    gates_of(settings, administrators, "administrators.gates.methods", found);
    found.extend([
        row(users.required == 1, "users.required", "one-gate")
            .cites(Recommendation, Nist, "NIST SP 800-63B-4, 4.2.2.2")
            .text(
                "One method suffices for users: enough only for accounts that cannot reach AAL2.",
            ),
        row(
            administrators.required == 1,
            "administrators.gates.required",
            "one-gate-administrators",
        )
        .cites(Requirement, Entra, "Microsoft Entra ID, administrator reset policy")
        .text(
            "One method suffices for administrators; Entra asks them for two, except in the first \
                 30 days of a trial and in a tenant with neither a domain of its own nor \
                 synchronisation.",
        )
        .covered_by(Deviation::OneGateAdministrators),
        row(
            settings.administrators.one_gate_exceptions,
            "administrators.one_gate_exceptions",
            "one-gate-exceptions",
        )
        .cites(Recommendation, Nist, "NIST SP 800-63B-4, 4.2.2.2")
        .text(
            "One method suffices for administrators of a tenant with neither a domain of its own \
             nor synchronisation, until 30 days into a trial.",
        )
        .covered_by(Deviation::OneGateAdministrators),
    ]);
}

/// Findings that apply to the users' gates and to the administrators' gates alike.
fn gates_of(settings: &PolicySettings, gates: &Gates, path: &'static str, found: &mut Vec<Row>) {
    let sent =
        gates.methods.iter().filter(|kind| kind.verification() == Verification::Contact).count();
    let phones = gates.methods.iter().copied().filter(|kind| is_phone(*kind)).count();
    found.extend([
        row(gates.required == 2 && sent > 1, path, "issued-codes-one-class")
            .cites(
                // A policy that asks users for one method claims no more than AAL1.
                if settings.users.required == 1 { Recommendation } else { Requirement },
                Nist,
                "NIST SP 800-63B-4, 4.2.2.2",
            )
            .text(
                "Two codes sent to two addresses are one class of recovery method: they do not \
                 suffice for accounts that can reach AAL2.",
            )
            .covered_by(Deviation::IssuedCodesAsTwoGates),
        row(phones == gates.methods.len(), path, "phones-only")
            .cites(Requirement, Nist, "NIST SP 800-63B-4, 3.2.9")
            .text(
                "Every method uses the telephone network, which is restricted: at least one method \
                 that does not must be offered.",
            ),
        row(phones > 0, path, "phones-restricted")
            .cites(Note, Nist, "NIST SP 800-63B-4, 3.2.9")
            .text(
                "Phones count as methods: the owner must tell users of the risk, cover it in the \
                 risk assessment and plan for a replacement.",
            ),
        row(phones > 0 && settings.numbers.allowed.is_empty(), "numbers.allowed", "every-country")
            .cites(Recommendation, Engine, "toll fraud by text and voice")
            .text(
                "Codes go by text and voice to every country: name the prefixes of your users, so that \
                 no fraudster is paid for messages to numbers elsewhere.",
            ),
        row(sent > 0, path, "asvs-level-3")
            .cites(Note, Asvs, "OWASP ASVS 5.0.0, 6.3.6 and 6.6.1")
            .text("Level 3 allows neither mail nor phones as proof."),
    ]);
}

/// Findings about contact data, notices and registration.
fn contacts(settings: &PolicySettings, found: &mut Vec<Row>) {
    let registration = &settings.registration;
    let contact_citation = "NIST SP 800-63B-4, 4.2.1.2; OWASP ASVS 5.0.0, 6.6.1 (phones)";
    let not_kept =
        if registration.enforced { "registration.reconfirm_days" } else { "registration.enforced" };
    found.extend([
        row(settings.contacts.directory, "contacts.directory", "unverified-directory-contacts")
            .cites(Requirement, Nist, contact_citation)
            .text("Unconfirmed addresses from the directory count as methods.")
            .covered_by(Deviation::UnverifiedDirectoryContacts),
        row(settings.contacts.administrator, "contacts.administrator", "administrator-contacts")
            .cites(Recommendation, Nist, contact_citation)
            .text(
                "Addresses that an administrator supplied count as methods: acceptable only if they \
                 were verified when the person's identity was proofed.",
            ),
        row(
            settings.notifications.rule != NotifyRule::All,
            "notifications.rule",
            "not-every-address-told",
        )
        .cites(Requirement, Nist, "NIST SP 800-63B-4, 4.6")
        .text("The notice of a reset does not go to every address of the user."),
        row(
            settings.scope != Scope::None && settings.desk.shown_contact().is_none(),
            "desk.contact",
            "notice-without-contact",
        )
        .cites(Recommendation, Nist, "NIST SP 800-63B-4, 4.6")
        .text(
            "The policy names no contact for notices: the standard requires contact information in \
             each, so your texts of messages must have it.",
        ),
        row(
            !registration.second_factor_to_change,
            "registration.second_factor_to_change",
            "methods-changed-by-password",
        )
        .cites(Requirement, Nist, "NIST SP 800-63B-4, 4.1.2.1")
        .text("A sign-in by password alone may add and remove methods."),
        row(registration.hold.is_zero(), "registration.hold", "no-hold")
            .cites(
                Note,
                Engine,
                "sspr, hold of new addresses; OWASP Multifactor Authentication Cheat Sheet",
            )
            .text(
                "A new address may be used for a reset at once: a stolen session becomes a lasting \
                 takeover. The standards require a notice; the hold is this engine's own rule.",
            ),
        row(
            !registration.enforced || registration.reconfirm_days == 0,
            not_kept,
            "registration-not-kept",
        )
        .cites(Note, Entra, "Microsoft Entra ID, deployment guide")
        .text("Users are not asked to register, or are never asked to confirm their data again."),
    ]);
}

/// Findings about what replies disclose, about links and about sessions.
fn disclosure(settings: &PolicySettings, found: &mut Vec<Row>) {
    let acknowledged = |deviation| settings.acknowledged.contains(&deviation);
    found.extend([
        row(settings.link.as_ref().is_some_and(LinkBase::is_insecure), "link", "insecure-link")
            .cites(Requirement, Asvs, "OWASP ASVS 5.0.0, 12.2.1")
            .text("Links in mails lead to a loopback address without TLS: for development only."),
        row(settings.disclosure == Disclosure::Reasoned, "disclosure", "reasoned-disclosure")
            .cites(
                Recommendation,
                Asvs,
                "OWASP ASVS 5.0.0, 6.3.8 (level 3); OWASP Forgot Password Cheat Sheet",
            )
            .text(
                "Anyone who passes the human check learns which accounts exist and why a reset is \
                 refused.",
            )
            .covered_by(Deviation::ReasonedDisclosure),
        row(settings.disclosure == Disclosure::Masked, "disclosure", "masked-disclosure")
            .cites(Recommendation, Asvs, "OWASP ASVS 5.0.0, 6.3.8 (level 3)")
            .text(
                "Masked destinations are shown before any proof: a person who knows the address \
                 recognises it.",
            ),
        row(
            acknowledged(Deviation::PasswordSessionsOnly),
            "acknowledged",
            "password-sessions-only",
        )
        .cites(Recommendation, Asvs, "OWASP ASVS 5.0.0, 7.4.3")
        .text("Only sessions that began with the password end after a reset.")
        .covered_by(Deviation::PasswordSessionsOnly),
    ]);
}

/// Findings where the policy is laxer than Entra, the model for the features.
fn model(settings: &PolicySettings, found: &mut Vec<Row>) {
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
        row(
            failures.anonymous.max > 5 || failures.anonymous.window < DAY || failures.lock < DAY,
            lockout,
            "entra-lockout",
        )
        .text("Entra closes a method for 24 hours after 5 failures in 24 hours."),
        row(lifetimes.flow > 15 * MINUTE, "lifetimes.flow", "entra-flow-lifetime")
            .text("Entra ends a flow after 15 minutes."),
        row(
            lifetimes.email_code > 5 * MINUTE || lifetimes.phone_code > 5 * MINUTE,
            long_codes,
            "entra-code-lifetime",
        )
        .text("Entra's codes live 5 minutes."),
        row(phones && !settings.typed_number, "typed_number", "entra-typed-number").text(
            "Entra requires the full phone number to be typed before it is called or texted.",
        ),
    ];
    found.extend(rows.map(|row| row.cites(Note, Entra, citation)));
}
