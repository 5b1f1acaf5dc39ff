//! The odds of guessing, against the published figures.

use std::time::Duration;

use crate::domain::method::MethodKind;
use crate::domain::policy::{
    CodeAlphabet, CodeFormat, Departure, Guessing, Policy, PolicySettings, Rate,
};

/// One gate of one kind, with codes of so many digits.
fn alone(kind: MethodKind, digits: u8, change: impl FnOnce(&mut PolicySettings)) -> Guessing {
    let mut settings = PolicySettings::default();
    settings.users.required = 1;
    settings.users.methods = [kind].into();
    let format = CodeFormat::new(CodeAlphabet::Digits, digits);
    settings.codes.email = format;
    settings.codes.sms = format;
    settings.codes.voice = format;
    change(&mut settings);
    Policy::new(settings).unwrap().review().guessing().clone()
}

fn phone(digits: u8) -> Guessing {
    alone(MethodKind::MobilePhone, digits, |_| ())
}

#[track_caller]
fn near(actual: f64, expected: f64) {
    let relative = (actual - expected).abs() / expected;
    assert!(relative < 0.01, "{actual:e}, expected {expected:e}");
}

#[test]
fn the_attack_budget_of_the_defaults() {
    // Appendix C: one transaction 5e-6, one day 1e-5, until disabled 5e-5.
    let odds = phone(6).takeover();
    near(odds.per_code(), 5e-6);
    near(odds.per_day(), 1e-5);
    near(odds.until_disabled(), 5e-5);
    // Two codes fit into a flow before the day's failures are spent.
    near(odds.per_flow(), 1e-5);
}

#[test]
fn the_cap_of_a_hundred() {
    // B.4.
    for (digits, expected) in [(6, 1e-4), (7, 1e-5), (8, 1e-6)] {
        let hundred = alone(MethodKind::MobilePhone, digits, |s| s.failures.consecutive = 100);
        near(hundred.takeover().until_disabled(), expected);
    }
}

#[test]
fn a_year_at_ten_failures_a_day() {
    // B.5.
    near(phone(6).takeover().per_year(), 0.003_64);
    near(phone(8).takeover().per_year(), 3.65e-5);
}

#[test]
fn a_year_is_bounded_by_challenges_where_failures_are_not() {
    let fast = alone(MethodKind::MobilePhone, 6, |s| {
        s.failures.open = Rate::new(50, Duration::from_secs(60));
        s.failures.lock = Duration::from_secs(60);
    });
    let method = fast.method(MethodKind::MobilePhone).unwrap();
    // The cap on consecutive failures is 50.
    assert_eq!(method.comparisons_per_day(), 50);
    assert_eq!(method.comparisons_per_year(), 365 * 100, "20 challenges of 5 attempts");
    assert_eq!(method.comparisons_per_flow(), 30, "6 challenges in an hour");
}

#[test]
fn spraying() {
    // B.6.
    for (digits, accounts, expected, any) in [
        (6, 10_000, 0.05, 0.049),
        (6, 100_000, 0.5, 0.393),
        (6, 1_000_000, 5.0, 0.993),
        (8, 1_000_000, 0.05, 0.049),
    ] {
        let spray = phone(digits).sprayed(accounts);
        assert_eq!(spray.accounts(), accounts);
        near(spray.expected(), expected);
        near(spray.any(), any);
        assert!(spray.expected_at_once() <= spray.expected());
    }
    // 2 000 accounts at 6 digits, the other 98 000 at 8.
    let spray = phone(6).sprayed(100_000);
    near(spray.expected_at_once(), 0.01 + 0.0049);
    near(spray.any_at_once(), 0.014_79);
    let none = phone(6).sprayed(0);
    assert_eq!((none.expected(), none.any()), (0.0, 0.0));
}

#[test]
fn entropy() {
    // B.11 and R-235: 6 digits 19.93 bits; 8 of 20 symbols 34.5 bits, 2^-32 at 5 attempts.
    let bits = |guessing: &Guessing| guessing.methods()[0].bits();
    near(bits(&phone(6)), 19.93);
    let strong = alone(MethodKind::Email, 8, |s| {
        s.codes.email = CodeFormat::new(CodeAlphabet::Strong, 8);
    });
    near(bits(&strong), 34.575);
    near(strong.takeover().per_code(), 1.95e-10);
}

#[test]
fn the_weaker_channel_counts() {
    let guessing = alone(MethodKind::MobilePhone, 8, |s| s.codes.voice.length = 6);
    near(guessing.takeover().per_code(), 5e-6);
}

#[test]
fn any_one_kind_suffices_for_one_gate() {
    let guessing = alone(MethodKind::MobilePhone, 6, |s| {
        s.users.methods.insert(MethodKind::OfficePhone);
    });
    near(guessing.takeover().per_day(), 2e-5);
    near(guessing.takeover().per_code(), 5e-6);
    assert_eq!(guessing.takeover(), guessing.single_gate());
}

#[test]
fn two_gates_multiply_and_the_held_gate_does_not_help() {
    let review = Policy::new(PolicySettings::default()).unwrap().review();
    let guessing = review.guessing();
    // Mail 10^8, text 10^6: one code of each.
    near(guessing.takeover().per_code(), 5e-8 * 5e-6);
    // Ten guesses at one in a day, then ten at the other within that flow; either first.
    near(guessing.takeover().per_day(), 2.0 * 1e-7 * 1e-5);
    // Who reads the mail has the text message left to guess.
    near(guessing.single_gate().per_code(), 5e-6);
    near(guessing.single_gate().until_disabled(), 5e-5);
}

#[test]
fn odds_are_probabilities_under_every_preset() {
    for settings in [
        PolicySettings::default(),
        PolicySettings::entra(),
        PolicySettings::nist_aal1(),
        PolicySettings::pci(),
    ] {
        let review = Policy::new(settings).unwrap().review();
        for guessing in [review.guessing(), review.administrator_guessing()] {
            for odds in [guessing.takeover(), guessing.single_gate()] {
                let rising = [odds.per_code(), odds.per_flow(), odds.per_day(), odds.per_year()];
                assert!(rising.is_sorted(), "{rising:?}");
                assert!(rising[0] > 0.0 && rising[3] < 1.0, "{rising:?}");
            }
        }
    }
}

#[test]
fn the_daily_limit_of_the_tenant_expects_one_in_a_hundred() {
    // B.6: 10 000 failures a day at 6 digits.
    let mut settings = PolicySettings::nist_aal1();
    let code = "spray-above-threshold";
    let review = |settings: &PolicySettings| Policy::new(settings.clone()).unwrap().review();
    assert!(review(&settings).finding(code).is_none());
    settings.limits.tenant.max = 2_001;
    assert!(review(&settings).finding(code).is_some());
}

#[test]
fn the_report_says_what_is_left_open() {
    let review = Policy::new(PolicySettings::nist_aal1()).unwrap().review();
    let waits = review.finding("owner-waits").unwrap();
    assert!(waits.text().contains("the owner then waits, up to 24 hours"), "{waits}");
    let text = review.to_string();
    assert!(text.contains("guessing against a user, all gates: 5.0e-6 per code"), "{text}");
    assert!(text.contains("this assumes that guessing one tells nothing"), "{text}");
    for finding in review.findings() {
        assert!(text.contains(finding.text()));
    }
    assert!(review.findings().is_sorted_by_key(|finding| finding.severity()));
}

#[test]
fn an_administrators_odds_are_reported_too() {
    let mut settings = PolicySettings::default();
    settings.administrators.gates.required = 1;
    settings.acknowledged =
        [Departure::OneGateAdministrators, Departure::GuessingAboveThreshold].into();
    let review = Policy::new(settings).unwrap().review();
    let finding = review.finding("guessing-above-threshold").unwrap();
    assert!(finding.text().contains("1.005e-4"), "{finding}");
    assert!(review.administrator_guessing().takeover().until_disabled() > 1e-4);
    assert!(review.to_string().contains("guessing against an administrator, all gates"));
}
