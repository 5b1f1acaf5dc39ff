//! The rules that tie fields together, and the deviations.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::domain::identity::ids::{GroupId, RoleId};
use crate::domain::method::MethodKind;
use crate::domain::password::BannedPasswords;
use crate::domain::policy::{
    CodeAlphabet, CodeFormat, Deviation, Disclosure, DomainExpiry, LockStart, Policy, PolicyError,
    PolicyProblem, PolicySettings, Rate, Scope, Throttle, ThrottleScope, ThrottledAct,
};
use crate::domain::time::MINUTE;

fn changed(change: impl FnOnce(&mut PolicySettings)) -> Result<Policy, PolicyError> {
    let mut settings = PolicySettings::default();
    change(&mut settings);
    Policy::new(settings)
}

fn fields(result: Result<Policy, PolicyError>) -> Vec<&'static str> {
    match result {
        Ok(_) => Vec::new(),
        Err(error) => error.faults().iter().map(|fault| fault.field()).collect(),
    }
}

#[test]
fn all_faults_are_reported_at_once() {
    let result = changed(|s| {
        s.scope = Scope::Selected(BTreeSet::new());
        s.users.methods.clear();
        s.users.required = 3;
        s.lifetimes.phone_code = Duration::ZERO;
        s.attempts = 11;
        s.failures.consecutive = 101;
        s.password.min_length = 7;
        s.contacts.directory = true;
        s.disclosure = Disclosure::Reasoned;
    });
    let error = result.clone().unwrap_err();
    assert_eq!(
        fields(result),
        [
            "scope.selected",
            "users.required",
            "users.methods",
            "lifetimes.phone_code",
            "attempts",
            "failures.anonymous.max",
            "failures.proven.max",
            "failures.consecutive",
            "password.min_length",
            "contacts.directory",
            "disclosure",
            "human_check",
        ]
    );
    let text = error.to_string();
    assert!(text.starts_with("the policy has 12 faults: "), "{text}");
    for fault in error.faults() {
        assert!(text.contains(&fault.to_string()));
    }
}

#[test]
fn each_deviation_is_refused_until_it_is_acknowledged() {
    type Change = fn(&mut PolicySettings);
    let rows: [(Deviation, &str, Change); 11] = [
        (Deviation::UnverifiedDirectoryContacts, "contacts.directory", |s| {
            s.contacts.directory = true;
        }),
        (Deviation::OneGateAdministrators, "administrators.gates.required", |s| {
            s.administrators.gates.required = 1;
            s.administrators.gates.methods = [MethodKind::Email].into();
        }),
        (Deviation::CompositionRules, "password.required_classes", |s| {
            s.password.required_classes = 3;
        }),
        (Deviation::AsciiPasswords, "password.ascii_only", |s| s.password.ascii_only = true),
        (Deviation::ShortPasswords, "password.min_length", |s| s.password.min_length = 14),
        (Deviation::PeriodicChange, "password_expiry.validity_days", |s| {
            s.password_expiry.domains = vec![DomainExpiry::new("contoso.example", 90)];
        }),
        (Deviation::BannedParts, "password.banned", |s| {
            s.password.banned = BannedPasswords::EntraScore;
        }),
        (Deviation::CountersClearedOnReset, "clear_counters_on_reset", |s| {
            s.clear_counters_on_reset = true;
        }),
        (Deviation::AccountLocks, "throttles", |s| s.throttles = Throttle::entra()),
        (Deviation::ReasonedDisclosure, "disclosure", |s| {
            s.disclosure = Disclosure::Reasoned;
            s.human_check = true;
        }),
        (Deviation::GuessingAboveThreshold, "failures.consecutive", |s| {
            s.users.required = 1;
            s.failures.consecutive = 100;
        }),
    ];
    for (deviation, field, change) in rows {
        let error = changed(change).expect_err(field);
        assert_eq!(error.faults().len(), 1, "{error}");
        assert_eq!(error.faults()[0].field(), field);
        assert_eq!(error.faults()[0].problem(), &PolicyProblem::NeedsDeviation(deviation));
        assert!(error.to_string().contains(deviation.as_str()));
        let acknowledged = changed(|s| {
            change(s);
            s.acknowledged.insert(deviation);
        });
        assert!(acknowledged.is_ok(), "{field}: {acknowledged:?}");
    }
}

#[test]
fn throttles_stay_within_their_ranges_and_count_an_act_once() {
    let five = Throttle::new(ThrottledAct::MailSent, Rate::new(5, 60 * MINUTE), 24 * 60 * MINUTE);
    let of = |throttles: &[Throttle]| {
        let result = changed(|s| {
            s.throttles = throttles.to_vec();
            s.acknowledged.insert(Deviation::AccountLocks);
        });
        fields(result).len()
    };
    let (ranges, second) = ([1, 20], Duration::from_secs(1));
    for (max, faults) in ranges.map(|max| (max, 0)).into_iter().chain([(0, 1), (21, 1)]) {
        assert_eq!(of(&[Throttle { rate: Rate { max, ..five.rate }, ..five }]), faults, "{max}");
    }
    for (window, faults) in [(MINUTE, 0), (MINUTE - second, 1), (24 * 60 * MINUTE + second, 1)] {
        assert_eq!(of(&[Throttle { rate: Rate { window, ..five.rate }, ..five }]), faults);
    }
    for (lock, faults) in [(7 * 24 * 60 * MINUTE, 0), (7 * 24 * 60 * MINUTE + second, 1)] {
        assert_eq!(of(&[Throttle { lock, ..five }]), faults);
    }
    assert_eq!(of(&[five, five]), 1, "two of one act");
    let scope = ThrottleScope::Method;
    // Ten kinds: 50 and 20 are within 72, 50 and 30 are not.
    let kinds = Throttle { scope, ..five };
    let failed = |max| Throttle {
        counts: ThrottledAct::ProofFailed,
        rate: Rate { max, ..five.rate },
        ..kinds
    };
    assert_eq!((of(&[kinds, failed(2)]), of(&[kinds, failed(3)])), (0, 1));
    let resets = Throttle { counts: ThrottledAct::ResetCompleted, ..five };
    assert_eq!((of(&[resets]), of(&[Throttle { scope, ..resets }])), (0, 1));
    let failed = Throttle { counts: ThrottledAct::ProofFailed, ..five };
    let last = Throttle { start: LockStart::LastAct, ..failed };
    assert_eq!((of(&[failed]), of(&[last])), (0, 1));
}

#[test]
fn no_acknowledgement_lowers_a_hard_limit() {
    let result = changed(|s| {
        s.password.min_length = 7;
        s.acknowledged.insert(Deviation::ShortPasswords);
    });
    assert_eq!(fields(result), ["password.min_length"]);
}

#[test]
fn the_default_and_two_issued_codes_pass_without_acknowledgement() {
    assert!(Policy::new(PolicySettings::default()).is_ok());
}

#[test]
fn a_selected_scope_names_one_to_sixteen_groups() {
    let groups = |count: usize| -> BTreeSet<_> {
        (0..count).map(|n| GroupId::parse(&format!("g{n}")).unwrap()).collect()
    };
    for (count, accepted) in [(0, false), (1, true), (16, true), (17, false)] {
        let result = changed(|s| s.scope = Scope::Selected(groups(count)));
        assert_eq!(result.is_ok(), accepted, "{count}: {result:?}");
    }
}

#[test]
fn as_many_kinds_as_gates_are_needed() {
    for (required, methods, accepted) in [
        (1, vec![MethodKind::Email], true),
        (2, vec![MethodKind::Email], false),
        (2, vec![MethodKind::Email, MethodKind::OfficePhone], true),
        (1, vec![], false),
    ] {
        let result = changed(|s| {
            s.users.required = required;
            s.users.methods = methods.iter().copied().collect();
        });
        assert_eq!(result.is_ok(), accepted, "{required} of {methods:?}: {result:?}");
        if !accepted {
            assert_eq!(fields(result), ["users.methods"]);
        }
    }
}

#[test]
fn administrators_without_roles_are_refused_also_while_switched_off() {
    // Without roles, administrators would reset under the users' gates.
    for enabled in [true, false] {
        let result = changed(|s| {
            s.administrators.enabled = enabled;
            s.administrators.roles.clear();
        });
        assert_eq!(fields(result), ["administrators.roles"]);
    }
    let result = changed(|s| {
        s.administrators.roles =
            (0..257).map(|n| RoleId::parse(&format!("r{n}")).unwrap()).collect();
    });
    assert_eq!(fields(result), ["administrators.roles"]);
}

#[test]
fn a_notice_to_administrators_needs_roles() {
    let result = changed(|s| s.notifications.administrators = true);
    assert_eq!(fields(result), ["notifications.administrator_roles"]);
}

#[test]
fn a_tier_of_the_help_desk_has_one_to_sixteen_roles() {
    let roles = |count: u32| -> BTreeSet<RoleId> {
        (0..count).map(|n| RoleId::parse(&format!("r{n}")).unwrap()).collect()
    };
    for (tiers, accepted) in
        [(vec![1], true), (vec![16, 1, 1, 16], true), (vec![1, 0], false), (vec![17], false)]
    {
        let result = changed(|s| s.desk.help_tiers = tiers.iter().map(|n| roles(*n)).collect());
        assert_eq!(result.is_ok(), accepted, "{tiers:?}");
    }
    assert_eq!(fields(changed(|s| s.desk.help_tiers = Vec::new())), ["desk.help_tiers"]);
    assert_eq!(fields(changed(|s| s.desk.help_tiers = vec![roles(1); 5])), ["desk.help_tiers"]);
}

#[test]
fn a_help_address_is_a_page_and_nothing_else() {
    use crate::domain::policy::HelpUrl;
    for good in ["https://help.example", "http://intranet/help", "https://a.example:8443/x?y#z"] {
        assert_eq!(HelpUrl::parse(good).unwrap().as_str(), good);
    }
    for bad in [
        "",
        "javascript:alert(1)",
        "data:text/html,x",
        "//help.example",
        "help.example",
        "https://",
        "https://user@evil.example/",
        "https://help.example/\"onload=x",
        "https://help.example/<script>",
        "https://help.example/\r\nx",
        "ftp://help.example/",
    ] {
        assert!(HelpUrl::parse(bad).is_err(), "{bad}");
    }
    assert!(HelpUrl::parse(&format!("https://help.example/{}", "x".repeat(300))).is_err());
}

#[test]
fn related_numbers_agree() {
    let result = changed(|s| s.lifetimes.flow = Duration::from_secs(5 * 60));
    assert_eq!(fields(result), ["lifetimes.grant"]);
    let result = changed(|s| s.sends.per_day = 5);
    assert_eq!(fields(result), ["sends.per_hour"]);
    let result = changed(|s| s.sends.in_hand_per_day = 9);
    assert_eq!(fields(result), ["sends.in_hand_per_hour"]);
    let result = changed(|s| {
        s.failures.anonymous.max = 4;
        s.failures.proven.max = 4;
        s.failures.consecutive = 4;
    });
    let expected = ["failures.anonymous.max", "failures.proven.max", "failures.consecutive"];
    assert_eq!(fields(result), expected);
    assert_eq!(fields(changed(|s| s.human_check = true)), [""; 0]);
}

#[test]
fn voice_codes_are_digits_and_others_may_be_strong() {
    let strong = CodeFormat::new(CodeAlphabet::Strong, 6);
    let result = changed(|s| {
        s.codes.email = strong;
        s.codes.sms = strong;
    });
    assert!(result.is_ok());
    assert_eq!(fields(changed(|s| s.codes.voice = strong)), ["codes.voice.alphabet"]);
}

#[test]
fn code_spaces_are_exact() {
    // 20^8; the longest code of each alphabet fits.
    assert_eq!(CodeFormat::new(CodeAlphabet::Strong, 8).space(), 25_600_000_000);
    assert_eq!(CodeFormat::new(CodeAlphabet::Strong, 12).space(), 4_096_000_000_000_000);
    assert_eq!(CodeFormat::new(CodeAlphabet::Strong, 255).space(), u64::MAX);
}

#[test]
fn words_and_entitlements_are_bounded() {
    for (word, accepted) in
        [("ab", false), ("abc", true), (&*"ä".repeat(64), true), (&*"a".repeat(65), false)]
    {
        let result = changed(|s| {
            s.password.banned_words.insert(word.to_owned());
        });
        assert_eq!(result.is_ok(), accepted, "{word}");
    }
    let result = changed(|s| {
        s.password.banned_words = (0..1_001).map(|n| format!("word{n}")).collect();
    });
    assert_eq!(fields(result), ["password.banned_words"]);
    for (name, accepted) in [("", false), ("p1", true), (&*"a".repeat(129), false)] {
        let result = changed(|s| s.required_entitlement = Some(name.to_owned()));
        assert_eq!(result.is_ok(), accepted, "{name}");
    }
}

#[test]
fn what_is_accepted_can_be_stored_and_the_largest_list_is_named() {
    let words = |count: usize, letters: usize| -> BTreeSet<String> {
        (0..count).map(|n| format!("{n:0letters$}")).collect()
    };
    let too_large = |result: Result<Policy, PolicyError>| {
        let error = result.expect_err("more than fits");
        let [fault] = error.faults() else { panic!("{error}") };
        let PolicyProblem::TooLarge { bytes, all, max } = fault.problem() else {
            panic!("{error}")
        };
        assert!(bytes < all && all > max && *max == Policy::MAX_BYTES as u64, "{error}");
        assert!(error.to_string().contains(&max.to_string()), "{error}");
        fault.field()
    };
    let result = changed(|s| s.password.banned_words = words(1_000, 64));
    assert!(result.is_ok(), "a thousand of the longest");
    let wide = |count: usize| -> BTreeSet<String> {
        (0..count).map(|n| format!("{n:04}{}", "\u{1F412}".repeat(60))).collect()
    };
    let result = changed(|s| s.password.banned_words = wide(1_000));
    assert_eq!(too_large(result), "password.banned_words");
    // Each quote is stored as two bytes.
    let roles = |quotes: usize| -> BTreeSet<RoleId> {
        let name = |n| RoleId::parse(&format!("{}{n:0>8}", "\"".repeat(quotes))).unwrap();
        (0..256).map(name).collect()
    };
    let result = changed(|s| {
        s.administrators.roles = roles(120);
        s.notifications.administrator_roles = roles(110);
    });
    assert_eq!(too_large(result), "administrators.roles");
    let result = changed(|s| {
        s.administrators.roles = roles(110);
        s.notifications.administrator_roles = roles(120);
    });
    assert_eq!(too_large(result), "notifications.administrator_roles");
    // The most words that fit: one more is refused, with its field.
    let fits = |count: &usize| changed(|s| s.password.banned_words = wide(*count)).is_ok();
    let most = (0..1_000).rev().find(fits).expect("some fit");
    assert!((300..1_000).contains(&most), "{most}");
    let policy = changed(|s| s.password.banned_words = wide(most)).unwrap();
    let bytes = serde_json::to_string(&policy).unwrap().len();
    assert!((Policy::MAX_BYTES - 250..=Policy::MAX_BYTES).contains(&bytes), "{bytes}");
}

/// E9.4: a thousand terms of four to sixteen characters, of any script, can be stored.
#[test]
fn a_thousand_terms_of_any_script_fit() {
    let scored = |words: BTreeSet<String>| {
        changed(|s| {
            s.password.banned = BannedPasswords::EntraScore;
            s.acknowledged.insert(Deviation::BannedParts);
            s.password.banned_words = words;
        })
    };
    let wide = |n| format!("{n:04}{}", "\u{1F412}".repeat(12));
    let policy = scored((0..1_000).map(wide).collect()).expect("fits");
    assert!(serde_json::to_string(&policy).unwrap().len() > 50_000);
    for (word, accepted) in
        [("abc", false), ("abcd", true), (&*"\u{e4}".repeat(16), true), (&*"a".repeat(17), false)]
    {
        assert_eq!(scored([word.to_owned()].into()).is_ok(), accepted, "{word}");
    }
}

#[test]
fn one_gate_is_held_to_one_in_ten_thousand() {
    let one_gate = |consecutive, methods: &[MethodKind]| {
        changed(|s| {
            s.users.required = 1;
            s.users.methods = methods.iter().copied().collect();
            s.failures.consecutive = consecutive;
        })
    };
    use MethodKind::{Email, MobilePhone, OfficePhone};
    // 100 guesses of 6 digits are the limit itself; a second kind adds its own chance.
    assert!(one_gate(100, &[MobilePhone]).is_ok());
    assert!(one_gate(100, &[MobilePhone, Email]).is_err());
    assert!(one_gate(50, &[MobilePhone, Email]).is_ok());
    assert!(one_gate(50, &[MobilePhone, OfficePhone]).is_ok());
    assert!(one_gate(50, &MethodKind::CONTACTS).is_err());
    assert!(one_gate(49, &MethodKind::CONTACTS).is_ok());
}
