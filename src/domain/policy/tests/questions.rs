//! The settings about security questions.

use crate::domain::method::MethodKind;
use crate::domain::policy::{
    AsvsLevel, Deviation, MethodPolicies, MigrationState, Policy, PolicySettings,
};
use crate::domain::questions::{QuestionId, QuestionTopic};

const KIND: MethodKind = MethodKind::SecurityQuestions;

fn counted() -> PolicySettings {
    let mut settings = PolicySettings::default();
    settings.users.methods.insert(KIND);
    settings.acknowledged.insert(Deviation::SecurityQuestions);
    settings
}

/// The fields of the faults after this change.
fn faults(
    mut settings: PolicySettings,
    change: impl FnOnce(&mut PolicySettings),
) -> Vec<&'static str> {
    change(&mut settings);
    let error = Policy::new(settings).err();
    error.map_or_else(Vec::new, |error| error.faults().iter().map(|fault| fault.field()).collect())
}

/// E1.5.1 to E1.5.6: the numbers, the own questions and their texts.
#[test]
fn each_setting_about_questions_has_its_limits() {
    let of = |change: fn(&mut PolicySettings)| faults(counted(), change);
    let none: [&str; 0] = [];
    assert_eq!(of(|_| {}), none);
    for count in 3..=5 {
        assert_eq!(faults(counted(), |policy| policy.questions.register = count), none);
    }
    assert_eq!(of(|policy| policy.questions.register = 6), ["questions.register"]);
    assert_eq!(of(|policy| policy.questions.reset = 2), ["questions.reset"]);
    assert_eq!(
        of(|policy| (policy.questions.register, policy.questions.reset) = (3, 4)),
        ["questions.register"]
    );
    let few = |policy: &mut PolicySettings| {
        policy.questions.topics = QuestionTopic::ALL.into_iter().take(4).collect();
    };
    assert_eq!(faults(counted(), few), ["questions.topics"]);
    let own = |count: usize, text: &str| {
        let id = |n| QuestionId::parse(&format!("own-{n}")).expect("an id");
        let all = (0..count).map(|n| (id(n), text.to_owned())).collect();
        faults(counted(), |policy| policy.questions.custom = all)
    };
    for (count, text, expected) in [
        (20, "abc", &[][..]),
        (1, &"ž".repeat(200), &[]),
        (21, "abc", &["questions.custom"]),
        (1, "ab", &["questions.custom"]),
        (1, "  a ", &["questions.custom"]),
        (1, &"ž".repeat(201), &["questions.custom"]),
        (1, "a\nb c", &["questions.custom"]),
    ] {
        assert_eq!(own(count, text), expected, "{count} of {} bytes", text.len());
    }
    let taken = |policy: &mut PolicySettings| {
        policy.questions.custom.insert(QuestionTopic::FirstPet.into(), "Which pet?".to_owned());
    };
    assert_eq!(faults(counted(), taken), ["questions.custom"]);
}

/// a question counts only where it is acknowledged, and before another proof only where
/// that is acknowledged, too. The presets of the standards have neither.
#[test]
fn questions_need_an_acknowledgement_under_every_standard() {
    let presets = [
        PolicySettings::default(),
        PolicySettings::nist_aal1(),
        PolicySettings::nist_aal2(),
        PolicySettings::asvs(AsvsLevel::L1),
        PolicySettings::asvs(AsvsLevel::L2),
        PolicySettings::asvs(AsvsLevel::L3),
        PolicySettings::pci(),
    ];
    for preset in presets {
        assert!(!preset.counts_questions());
        let found = faults(preset, |policy| {
            policy.users.methods.insert(KIND);
        });
        assert!(found.contains(&"users.methods"), "{found:?}");
    }
    assert_eq!(faults(counted(), |policy| policy.questions.first = true), ["questions.first"]);
    let both = [Deviation::QuestionsFirst, Deviation::GuessingAboveThreshold];
    let alone = |first| {
        faults(counted(), |policy| {
            policy.users.required = 1;
            policy.questions.first = first;
            policy.acknowledged.extend(both);
        })
    };
    assert_eq!((alone(true), alone(false)), (vec![], vec!["questions.first"]));
    // Draws that change would tell known names from unknown ones.
    let redrawn = faults(counted(), |policy| {
        policy.acknowledged.extend(both);
        (policy.questions.first, policy.questions.sticky) = (true, false);
    });
    assert_eq!(redrawn, ["questions.sticky"]);
    let review = Policy::new(counted()).expect("sound").review();
    for code in ["security-questions", "questions-no-recovery-method", "entra-questions-end"] {
        assert!(review.finding(code).is_some(), "{code}");
    }
    assert!(review.finding("questions-alone").is_none());
}

/// under the presets of NIST, ASVS and PCI answers alone suffice for no reset, unless
/// both acknowledgements say so; the review then cites what that breaks.
#[test]
fn answers_alone_need_a_second_acknowledgement_under_every_standard() {
    let presets = [
        PolicySettings::nist_aal1(),
        PolicySettings::nist_aal2(),
        PolicySettings::asvs(AsvsLevel::L1),
        PolicySettings::asvs(AsvsLevel::L2),
        PolicySettings::pci(),
    ];
    for mut preset in presets {
        preset.users.methods.insert(KIND);
        preset.users.required = 1;
        preset
            .acknowledged
            .extend([Deviation::SecurityQuestions, Deviation::GuessingAboveThreshold]);
        let later = faults(preset.clone(), |_| {});
        assert!(later.contains(&"questions.first"), "never asked: {later:?}");
        let first = |policy: &mut PolicySettings| policy.questions.first = true;
        let alone = faults(preset.clone(), first);
        assert!(alone.contains(&"questions.first"), "first: {alone:?}");
        first(&mut preset);
        preset.acknowledged.insert(Deviation::QuestionsFirst);
        let Ok(policy) = Policy::new(preset) else { continue };
        for code in ["questions-alone", "questions-before-proof", "questions-no-recovery-method"] {
            assert!(policy.review().finding(code).is_some(), "{code}");
        }
    }
}

/// E1.5.19, E1.5.20, E1.5.21.
#[test]
fn questions_are_of_no_newer_policy_and_of_no_administrator() {
    let found = faults(counted(), |policy| {
        policy.administrators.gates.methods.insert(KIND);
    });
    assert_eq!(found, ["administrators.gates.methods"]);
    for state in
        [MigrationState::PreMigration, MigrationState::InProgress, MigrationState::Complete]
    {
        let mut settings = counted();
        let mut policies = MethodPolicies::new(state);
        policies.authentication = [MethodKind::Email, MethodKind::MobilePhone].into();
        settings.method_policies = Some(policies.clone());
        assert!(settings.user_gates().methods.contains(&KIND), "the legacy policy keeps them");
        assert!(Policy::new(settings.clone()).is_ok());
        for sign_in in [true, false] {
            let kinds = if sign_in { &mut policies.sign_in } else { &mut policies.authentication };
            kinds.insert(KIND);
            settings.method_policies = Some(policies.clone());
            assert_eq!(faults(settings.clone(), |_| {}), ["method_policies"]);
        }
    }
}

/// The odds of questions, and of gates of mixed kinds: three answers of which each is the most common
/// one with a probability of 0.197.
#[test]
fn the_review_has_odds_for_questions() {
    let review = Policy::new(counted()).expect("sound").review();
    let odds = review.guessing().method(KIND).expect("counted");
    let three = 0.197_f64.powi(3);
    assert!((odds.risk.per_code / (5.0 * three) - 1.0).abs() < 0.01, "{}", odds.risk.per_code);
    assert!((odds.bits - 7.0).abs() < 0.1, "{} bits", odds.bits);
    let mail = review.guessing().method(MethodKind::Email).expect("counted");
    let takeover = review.guessing().takeover;
    // As a second gate, every attempt of a flow counts; mail alone would be less.
    assert!(takeover.until_disabled > mail.risk.until_disabled * odds.risk.per_flow * 0.99);
    assert!(takeover.until_disabled < 1e-4, "{}", takeover.until_disabled);
    assert!(review.guessing().single_gate.per_flow >= odds.risk.per_flow);
}
