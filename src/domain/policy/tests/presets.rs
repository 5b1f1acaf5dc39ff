//! The presets: each is accepted, and has the numbers and findings of its documentation.

use std::time::Duration;

use crate::domain::method::MethodKind;
use crate::domain::password::BannedPasswords;
use crate::domain::policy::plans::PlanTable;
use crate::domain::policy::{
    AsvsLevel, Deviation, LockStart, NotifyRule, Policy, PolicyReview, PolicySettings, Scope,
    Severity, Standard, Throttle, ThrottleScope, ThrottledAct,
};
use crate::domain::time::{DAY, HOUR, MINUTE};

fn all() -> [(&'static str, PolicySettings); 8] {
    [
        ("default", PolicySettings::default()),
        ("entra", PolicySettings::entra()),
        ("nist_aal1", PolicySettings::nist_aal1()),
        ("nist_aal2", PolicySettings::nist_aal2()),
        ("asvs 1", PolicySettings::asvs(AsvsLevel::L1)),
        ("asvs 2", PolicySettings::asvs(AsvsLevel::L2)),
        ("asvs 3", PolicySettings::asvs(AsvsLevel::L3)),
        ("pci", PolicySettings::pci()),
    ]
}

fn review(settings: PolicySettings) -> PolicyReview {
    Policy::new(settings).unwrap().review()
}

fn breaches(review: &PolicyReview, standard: Standard) -> Vec<&'static str> {
    review
        .findings()
        .iter()
        .filter(|finding| finding.severity() == Severity::Requirement)
        .filter(|finding| finding.standard() == standard)
        .map(|finding| finding.code())
        .collect()
}

#[test]
fn every_preset_is_accepted_with_users_in_scope() {
    for (name, mut settings) in all() {
        assert_eq!(settings.scope, Scope::None, "{name}");
        settings.scope = Scope::All;
        let policy = Policy::new(settings);
        assert!(policy.is_ok(), "{name}: {policy:?}");
    }
}

#[test]
fn every_preset_survives_storing() {
    for (name, settings) in all() {
        let policy = Policy::new(settings).unwrap();
        let text = serde_json::to_string(&policy).unwrap();
        assert_eq!(serde_json::from_str::<Policy>(&text).unwrap(), policy, "{name}");
    }
}

#[test]
fn no_preset_acknowledges_what_it_does_not_do() {
    for (name, settings) in all() {
        let acknowledged = settings.acknowledged.clone();
        let review = review(settings);
        for deviation in acknowledged {
            let found = review
                .findings()
                .iter()
                .any(|finding| finding.deviation() == Some(deviation) && finding.acknowledged());
            assert!(found, "{name}: {deviation}");
        }
    }
}

#[test]
fn the_entra_preset_has_its_numbers() {
    let entra = PolicySettings::entra();
    assert_eq!(entra.users.required, 1);
    assert_eq!(entra.administrators.gates.required, 2);
    assert_eq!(entra.administrators.roles.len(), 78);
    assert!(entra.administrators.enabled);
    assert_eq!(entra.lifetimes.flow, 15 * MINUTE);
    assert_eq!(entra.lifetimes.phone_code, 5 * MINUTE);
    assert_eq!(entra.lifetimes.email_code, 5 * MINUTE);
    assert_eq!((entra.failures.anonymous.max, entra.failures.anonymous.window), (5, DAY));
    assert_eq!(entra.failures.lock, DAY);
    throttles_of_entra(&entra.throttles);
    let kinds = MethodKind::CONTACTS.into_iter().chain([MethodKind::AuthenticatorApp]);
    assert!(kinds.eq(entra.administrators.gates.methods.iter().copied()));
    assert_eq!((entra.password.min_length, entra.password.max_length), (8, 256));
    assert_eq!(entra.password.required_classes, 3);
    assert_eq!(entra.notifications.rule, NotifyRule::PrimaryAndAlternate);
    assert_eq!(entra.registration.reconfirm_days, 180);
    assert_eq!(entra.password.banned, BannedPasswords::EntraScore);
    assert_eq!(entra.acknowledged.len(), 12);
    assert!(entra.administrators.one_gate_exceptions);
    assert_eq!((entra.scope_groups, &entra.plans), (1, &PlanTable::entra()));
    // E1.9.1: questions end in March. E1.5.1, E1.5.2.
    assert_eq!((entra.questions.register, entra.questions.reset), (5, 3));
    assert!(entra.questions.first && !entra.questions.sticky);
    // 1 February and 1 March 2027.
    let ends: Vec<_> = entra.retirements.iter().map(|end| end.at.unix_millis() / 1000).collect();
    assert_eq!(ends, [1_801_440_000, 1_801_440_000, 1_803_859_200]);

    let review = review(entra);
    let of_entra: Vec<_> =
        review.findings().iter().filter(|finding| finding.standard() == Standard::Entra).collect();
    assert_eq!(of_entra, [] as [&super::super::Finding; 0]);
}

/// E4.1: T1 to T5 of the documents, each with its number, its window, its lock and its start.
fn throttles_of_entra(throttles: &[Throttle]) {
    let row = |throttle: &Throttle| {
        let Throttle { counts, rate, lock, start, scope } = *throttle;
        assert_eq!((lock, scope), (DAY, ThrottleScope::Account), "{counts}");
        (counts, rate.max, rate.window, start == LockStart::LastAct)
    };
    let rows: Vec<_> = throttles.iter().map(row).collect();
    let expected = [
        (ThrottledAct::ProofFailed, 5, DAY, false),
        (ThrottledAct::PhoneSent, 5, HOUR, false),
        (ThrottledAct::NumberTyped, 5, HOUR, false),
        (ThrottledAct::AppAsked, 5, HOUR, false),
        (ThrottledAct::MailSent, 10, 10 * MINUTE, false),
        (ThrottledAct::ResetCompleted, 5, HOUR, true),
    ];
    assert_eq!(rows, expected);
}

#[test]
fn nist_presets_differ_from_nist_only_where_they_say_so() {
    for settings in [PolicySettings::nist_aal1(), PolicySettings::nist_aal2()] {
        let review = review(settings);
        assert!(breaches(&review, Standard::Nist).is_empty(), "{review}");
        assert!(review.finding("administrator-contacts").is_none());
    }
    // any two of the kinds are different methods, and another that issues codes is not.
    for phone in [MethodKind::MobilePhone, MethodKind::OfficePhone] {
        let mut settings = PolicySettings::nist_aal2();
        assert!(settings.acknowledged.is_empty());
        settings.users.methods.insert(phone);
        assert_eq!(breaches(&review(settings), Standard::Nist), ["issued-codes-one-class"]);
    }
    let mut settings = PolicySettings::nist_aal2();
    settings.administrators.gates.methods.insert(MethodKind::MobilePhone);
    let found = review(settings);
    let finding = found.finding("issued-codes-one-class").unwrap();
    assert_eq!(finding.path(), "administrators.gates.methods");
}

#[test]
fn asvs_and_pci_presets_meet_their_standard() {
    //
    for level in [AsvsLevel::L1, AsvsLevel::L2, AsvsLevel::L3] {
        assert!(breaches(&review(PolicySettings::asvs(level)), Standard::Asvs).is_empty());
    }
    assert!(breaches(&review(PolicySettings::pci()), Standard::Pci).is_empty());
    // 6.3.6, 6.6.1: level 3 has no finding about what is sent, and one method of its kinds makes one.
    assert!(review(PolicySettings::asvs(AsvsLevel::L2)).finding("asvs-level-3").is_some());
    assert!(review(PolicySettings::asvs(AsvsLevel::L3)).finding("asvs-level-3").is_none());
    let mut settings = PolicySettings::asvs(AsvsLevel::L3);
    settings.users.methods.insert(MethodKind::Email);
    let found = review(settings);
    assert_eq!(found.finding("asvs-level-3").unwrap().path(), "users.methods");

    let mut settings = PolicySettings::asvs(AsvsLevel::L2);
    settings.lifetimes.email_code = Duration::from_secs(601);
    assert_eq!(breaches(&review(settings), Standard::Asvs), ["mail-code-lifetime"]);
    let mut settings = PolicySettings::pci();
    settings.failures.lock = Duration::from_secs(1_799);
    assert_eq!(breaches(&review(settings), Standard::Pci), ["pci-lockout"]);
}

/// R7: a finding cites its rule, and one of the engine's own thresholds names the engine.
#[test]
fn findings_cite_their_standard_and_mark_the_thresholds_of_the_engine() {
    let mut settings = PolicySettings::entra();
    settings.scope = Scope::All;
    settings.link = Some(
        crate::domain::crypto::link_base::LinkBase::parse("https://id.example/reset#").unwrap(),
    );
    settings.lifetimes.email_link = 11 * MINUTE;
    settings.administrators.gates.required = 1;
    settings.acknowledged.insert(Deviation::OneGateAdministrators);
    settings.acknowledged.insert(Deviation::GuessingAboveThreshold);
    settings.users.methods.insert(MethodKind::OfficePhone);
    settings.users.methods.insert(MethodKind::AuthenticatorApp);
    settings.failures.consecutive = 100;
    let found = review(settings);
    let cited = |code: &str| {
        let finding = found.finding(code).unwrap_or_else(|| panic!("no finding {code}"));
        (finding.standard(), finding.citation(), finding.severity())
    };
    // R-051 limits failures and names no probability: the threshold is the engine's.
    let (standard, citation, _) = cited("guessing-above-threshold");
    assert!(standard == Standard::Engine && citation.contains("the engine's own"), "{citation}");
    // the cheat sheet recommends to consider a hold.
    let (standard, citation, _) = cited("no-hold");
    assert!(standard == Standard::Engine && citation.contains("Cheat Sheet"), "{citation}");
    // the requirement is one of level 3 only.
    let (standard, citation, severity) = cited("reasoned-disclosure");
    assert!(standard == Standard::Asvs && citation.contains("6.3.8 (level 3)"), "{citation}");
    assert_eq!(severity, Severity::Recommendation);
    // the requirement is about telephones.
    let (_, citation, _) = cited("unverified-directory-contacts");
    assert!(citation.contains("6.6.1 (phones)"), "{citation}");
    // the requirement covers every code, link and authenticator code.
    assert_eq!(cited("mail-link-lifetime").2, Severity::Requirement);
    assert_eq!(cited("app-code-lifetime").0, Standard::Asvs);
    let one_gate = found.finding("one-gate-administrators").unwrap();
    assert!(one_gate.text().contains("except in the first 30 days of a trial"));
}

/// ASVS requires 3 000 entries that meet the policy. The list has as many from 8 characters,
/// but not from 15.
#[test]
fn a_common_list_that_is_too_short_for_the_policy_is_reported() {
    let at = |min_length| {
        let mut settings = PolicySettings::asvs(AsvsLevel::L1);
        settings.password.min_length = min_length;
        settings.acknowledged.insert(Deviation::ShortPasswords);
        review(settings)
    };
    assert!(at(8).finding("common-list-short").is_none());
    let long = at(15);
    let finding = long.finding("common-list-short").unwrap();
    assert!(finding.text().contains("has 153 entries of at least 15 characters"), "{finding}");
}

#[test]
fn phones_alone_are_reported_not_refused() {
    //
    let mut settings = PolicySettings::default();
    settings.users.methods = [MethodKind::MobilePhone, MethodKind::OfficePhone].into();
    assert!(review(settings).finding("phones-only").is_some());
    assert!(review(PolicySettings::default()).finding("phones-only").is_none());
}

#[test]
fn two_issued_codes_are_reported_acknowledged_or_not() {
    for acknowledged in [false, true] {
        let mut settings = PolicySettings::default();
        if acknowledged {
            settings.acknowledged.insert(Deviation::IssuedCodesAsTwoGates);
        }
        let review = review(settings);
        let finding = review.finding("issued-codes-one-class").unwrap();
        assert_eq!(finding.acknowledged(), acknowledged);
        assert_eq!(finding.to_string().contains("requirement, acknowledged, users"), acknowledged);
    }
}

#[test]
fn gates_that_send_nothing_are_not_taken_for_sent_codes() {
    let mut settings = PolicySettings::default();
    let in_hand = [MethodKind::AuthenticatorApp, MethodKind::RecoveryCode, MethodKind::Email];
    settings.users.methods = in_hand.into();
    settings.administrators.gates.methods = in_hand.into();
    let with_mail = review(settings.clone());
    assert!(
        with_mail.finding("issued-codes-one-class").is_none(),
        "at most one of two codes is sent"
    );
    assert!(with_mail.finding("asvs-level-3").is_some());
    settings.users.methods.remove(&MethodKind::Email);
    settings.administrators.gates.methods.remove(&MethodKind::Email);
    assert!(review(settings).finding("asvs-level-3").is_none(), "neither mail nor phones");
}

/// The paths of all settings of a policy; a map of settings has a path too.
fn paths(prefix: &str, value: &serde_json::Value, into: &mut Vec<String>) {
    if let serde_json::Value::Object(fields) = value {
        for (name, value) in fields {
            let path = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
            paths(&path, value, into);
            into.push(path);
        }
    }
}

#[test]
fn every_finding_names_a_setting_that_exists() {
    let mut known = Vec::new();
    let plain = serde_json::to_value(PolicySettings::default()).unwrap();
    paths("", &plain, &mut known);
    let mut lax = PolicySettings::entra();
    lax.users.methods = [MethodKind::MobilePhone].into();
    lax.registration.enforced = false;
    lax.registration.second_factor_to_change = false;
    lax.password.common_list = false;
    lax.failures.lock = MINUTE;
    lax.lifetimes.flow = Duration::from_secs(3_600);
    lax.lifetimes.email_code = 20 * MINUTE;
    lax.limits.tenant.max = 1_000_000;
    lax.sends.resend_after = Duration::from_secs(30);
    let mut seen = std::collections::BTreeSet::new();
    for settings in all().into_iter().map(|(_, settings)| settings).chain([lax]) {
        for finding in review(settings).findings() {
            assert!(known.iter().any(|path| path == finding.path()), "{finding}");
            assert!(finding.to_string().contains(finding.path()), "{finding}");
            seen.insert(finding.code());
        }
    }
    assert!(seen.len() > 20, "most findings were seen: {seen:?}");
}

#[test]
fn a_finding_on_gates_names_its_gates() {
    let whose = |settings: PolicySettings, code: &str| -> Vec<&'static str> {
        let review = review(settings);
        let findings = review.findings().iter().filter(|finding| finding.code() == code);
        findings.map(|finding| finding.path()).collect()
    };
    let phones = [MethodKind::MobilePhone, MethodKind::OfficePhone];
    let app = [MethodKind::AuthenticatorApp, MethodKind::RecoveryCode];
    for (code, bad) in [
        ("phones-only", phones),
        ("phones-restricted", phones),
        ("issued-codes-one-class", phones),
        ("asvs-level-3", phones),
        ("codes-under-64-bits", [MethodKind::AuthenticatorApp, MethodKind::Email]),
    ] {
        let good = match code {
            "codes-under-64-bits" => [MethodKind::RecoveryCode, MethodKind::Passkey],
            _ => app,
        };
        for (users, administrators, expected) in [
            (bad, good, &["users.methods"][..]),
            (good, bad, &["administrators.gates.methods"]),
            (bad, bad, &["users.methods", "administrators.gates.methods"]),
            (good, good, &[]),
        ] {
            let mut settings = PolicySettings::default();
            settings.users.methods = users.into();
            settings.administrators.gates.methods = administrators.into();
            assert_eq!(whose(settings, code), expected, "{code}");
        }
    }
    let mut settings = PolicySettings::default();
    settings.administrators.gates.required = 1;
    settings.acknowledged =
        [Deviation::OneGateAdministrators, Deviation::GuessingAboveThreshold].into();
    assert_eq!(whose(settings, "guessing-above-threshold"), ["administrators.gates"]);
}
