//! The probabilities of guessing, compared with the published figures.

use std::time::Duration;

use crate::domain::method::MethodKind;
use crate::domain::policy::reach::counted;
use crate::domain::policy::{
    CodeAlphabet, CodeFormat, Deviation, GuessingRisk, Policy, PolicySettings, Rate,
};

/// One gate of one kind, with codes of so many digits.
fn alone(kind: MethodKind, digits: u8, change: impl FnOnce(&mut PolicySettings)) -> GuessingRisk {
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

fn phone(digits: u8) -> GuessingRisk {
    alone(MethodKind::MobilePhone, digits, |_| ())
}

#[track_caller]
fn near(actual: f64, expected: f64) {
    let relative = (actual - expected).abs() / expected;
    assert!(relative < 0.01, "{actual:e}, expected {expected:e}");
}

#[test]
fn the_attack_budget_of_the_defaults() {
    // Appendix C: one transaction 5e-6, one day 1e-5 from each of two pools, until disabled 5e-5.
    let odds = phone(6).takeover;
    near(odds.per_code, 5e-6);
    near(odds.per_day, 2e-5);
    near(odds.until_disabled, 5e-5);
    // The failures of both pools fit into one flow from a familiar source.
    near(odds.per_flow, 2e-5);
}

#[test]
fn the_cap_of_a_hundred() {
    // B.4.
    for (digits, expected) in [(6, 1e-4), (7, 1e-5), (8, 1e-6)] {
        let hundred = alone(MethodKind::MobilePhone, digits, |s| s.failures.consecutive = 100);
        near(hundred.takeover.until_disabled, expected);
    }
}

#[test]
fn a_year_at_ten_failures_a_day() {
    // B.5, from each of two pools.
    near(phone(6).takeover.per_year, 2.0 * 0.003_65);
    near(phone(8).takeover.per_year, 2.0 * 3.65e-5);
}

#[test]
fn a_year_is_bounded_by_challenges_where_failures_are_not() {
    let fast = alone(MethodKind::MobilePhone, 6, |s| {
        s.failures.anonymous = Rate::new(50, Duration::from_secs(60));
        s.failures.lock = Duration::from_secs(60);
    });
    let method = fast.method(MethodKind::MobilePhone).unwrap();
    let pools = 2;
    // Codes of the ten minutes before the day may be tried in it: at most the 6 of an hour.
    assert_eq!(method.comparisons_per_day, pools * (20 + 6) * 5);
    assert_eq!(method.comparisons_per_year, pools * (365 * 20 + 6) * 5);
    assert_eq!(method.comparisons_per_flow, pools * 6 * 5, "6 challenges in an hour");
    // Without a right code of the owner, the run of failures disables the method.
    assert_eq!(method.comparisons_until_disabled, 50);
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
        assert_eq!(spray.accounts, accounts);
        near(spray.expected, expected);
        near(spray.any, any);
        assert!(spray.expected_at_once <= spray.expected);
    }
    // 2 000 accounts at 6 digits, the other 98 000 at 8.
    let spray = phone(6).sprayed(100_000);
    near(spray.expected_at_once, 0.01 + 0.0049);
    near(spray.any_at_once, 0.014_79);
    let none = phone(6).sprayed(0);
    assert_eq!((none.expected, none.any), (0.0, 0.0));
}

#[test]
fn entropy() {
    // B.11 and R-235: 6 digits 19.93 bits; 8 of 20 symbols 34.5 bits, 2^-32 at 5 attempts.
    let bits = |guessing: &GuessingRisk| guessing.methods[0].bits;
    near(bits(&phone(6)), 19.93);
    let strong = alone(MethodKind::Email, 8, |s| {
        s.codes.email = CodeFormat::new(CodeAlphabet::Strong, 8);
    });
    near(bits(&strong), 34.575);
    near(strong.takeover.per_code, 1.95e-10);
}

#[test]
fn the_weaker_channel_counts() {
    let guessing = alone(MethodKind::MobilePhone, 8, |s| s.codes.voice.length = 6);
    near(guessing.takeover.per_code, 5e-6);
}

#[test]
fn any_one_kind_suffices_for_one_gate() {
    let guessing = alone(MethodKind::MobilePhone, 6, |s| {
        s.users.methods.insert(MethodKind::OfficePhone);
    });
    near(guessing.takeover.per_day, 4e-5);
    near(guessing.takeover.per_code, 5e-6);
    assert_eq!(guessing.takeover, guessing.single_gate);
}

#[test]
fn two_gates_multiply_and_a_held_gate_leaves_both_pools_of_the_other() {
    let review = Policy::new(PolicySettings::default()).unwrap().review();
    let guessing = review.guessing();
    // Five guesses each at a mail code of 10^8 and a text code of 10^6.
    near(guessing.takeover.per_code, 5e-8 * 5e-6);
    // Twenty guesses at one gate in a day, then twenty at the other within that flow; either first.
    near(guessing.takeover.per_day, 2.0 * 2e-7 * 2e-5);
    // An attacker who reads the mail must still guess the text code: with ten guesses before the
    // first proof, and ten after it.
    near(guessing.single_gate.per_flow, 2e-5);
    near(guessing.single_gate.per_day, 2e-5);
    near(guessing.single_gate.per_code, 5e-6);
    near(guessing.single_gate.until_disabled, 5e-5);
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
            for odds in [guessing.takeover, guessing.single_gate] {
                let rising = [odds.per_code, odds.per_flow, odds.per_day, odds.per_year];
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
fn the_report_names_what_is_left_open() {
    let review = Policy::new(PolicySettings::nist_aal1()).unwrap().review();
    let waits = review.finding("owner-waits").unwrap();
    assert!(waits.text().contains("the owner then waits, up to 24 hours"), "{waits}");
    let text = review.to_string();
    assert!(text.contains("guessing against a user, all gates: 5.0e-6 per code"), "{text}");
    assert!(text.contains("this assumes that a guess at one gate reveals nothing"), "{text}");
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
        [Deviation::OneGateAdministrators, Deviation::GuessingAboveThreshold].into();
    let review = Policy::new(settings).unwrap().review();
    let finding = review.finding("guessing-above-threshold").unwrap();
    assert!(finding.text().contains("1.005e-4"), "{finding}");
    assert!(review.administrator_guessing().takeover.until_disabled > 1e-4);
    assert!(review.to_string().contains("guessing against an administrator, all gates"));
}

/// The most failures that any attacker can make in `steps`: every choice at every step is tried.
fn most_of_all_choices(max: usize, window: usize, lock: usize, steps: usize) -> usize {
    fn go(
        rule: (usize, usize, usize),
        left: usize,
        recent: &[usize],
        locked: usize,
        known: &mut std::collections::HashMap<(usize, Vec<usize>, usize), usize>,
    ) -> usize {
        let (max, window, lock) = rule;
        if left == 0 {
            return 0;
        }
        let key = (left, recent.to_vec(), locked);
        if let Some(best) = known.get(&key) {
            return *best;
        }
        let counted: usize = recent.iter().sum();
        let room = if locked > 0 { 0 } else { max - counted };
        let choices = (0..=room).map(|failures| {
            let mut recent: Vec<usize> = [recent, &[failures]].concat();
            // A failure counts for `window` steps, its own included.
            recent.drain(..recent.len().saturating_sub(window - 1));
            let spent = failures > 0 && counted + failures == max;
            let locked = if spent { lock - 1 } else { locked.saturating_sub(1) };
            failures + go(rule, left - 1, &recent, locked, known)
        });
        let best = choices.max().unwrap_or(0);
        known.insert(key, best);
        best
    }
    go((max, window, lock), steps, &[], 0, &mut std::collections::HashMap::new())
}

#[test]
fn no_order_of_failures_beats_the_bound_of_a_window_and_a_lock() {
    let (mut exact, mut all) = (0, 0);
    for max in 1..=3 {
        for window in 1..=4 {
            for lock in 1..=9 {
                for steps in 1..=12 {
                    let span = |steps: usize| Duration::from_millis(steps as u64);
                    let rate = Rate::new(max as u32, span(window));
                    let said = counted(rate, span(lock), span(steps));
                    let most = most_of_all_choices(max, window, lock, steps) as u64;
                    let case = format!("{max} in {window}, lock {lock}, {steps} steps: {most}");
                    assert!(most <= said, "{case}, said {said}");
                    assert!(said <= most + most / 2, "{case}, said {said}");
                    assert!(lock > window || most == said, "{case}, said {said}");
                    exact += u32::from(most == said);
                    all += 1;
                }
            }
        }
    }
    assert!(exact * 4 > all * 3, "{exact} of {all} are exact");
}

/// R4: an attacker who stops one short of a lock is never locked.
#[test]
fn stopping_one_short_of_a_long_lock_is_in_the_numbers() {
    let day = Duration::from_secs(86_400);
    let rate = Rate::new(10, Duration::from_secs(60));
    assert_eq!(counted(rate, day, 12 * rate.window), 9 * 12 + 1);
    assert_eq!(counted(Rate::new(10, day), Duration::from_secs(3_600), day), 10);
}
