//! Tests of the character rules; those of words are in `words`, those of Entra's score in `score`.

mod score;
mod words;

use std::collections::HashSet;

use proptest::prelude::*;
use unicode_normalization::UnicodeNormalization;

use super::normal::nfc;
use super::{BannedPasswords, PasswordContext, PasswordFault, PasswordRejection, PasswordRules};
use crate::domain::crypto::secret::SecretText;

/// Rules about characters only, for texts of any length.
fn characters_only() -> PasswordRules {
    PasswordRules { min_length: 1, common_list: false, ..PasswordRules::default() }
}

/// Rules under which only words matter.
fn words_only() -> PasswordRules {
    PasswordRules { min_length: 1, ..PasswordRules::default() }
}

fn check(rules: &PasswordRules, password: &str) -> Result<String, Vec<PasswordFault>> {
    check_for(rules, password, &PasswordContext::new())
}

fn check_for(
    rules: &PasswordRules,
    password: &str,
    context: &PasswordContext,
) -> Result<String, Vec<PasswordFault>> {
    rules
        .check(&SecretText::from(password), context)
        .map(|accepted| accepted.expose_secret().to_owned())
        .map_err(|rejection| rejection.faults)
}

/// A.7: accepted passwords, their NFC and their length in code points.
#[test]
fn unicode_fixtures_are_accepted_in_nfc() {
    let rules = characters_only();
    for (given, kept, length) in [
        ("correct horse battery staple", "correct horse battery staple", 28),
        ("Correct Horse Battery Staple", "Correct Horse Battery Staple", 28),
        ("\u{3C0}\u{DF}\u{E5}", "\u{3C0}\u{DF}\u{E5}", 3),
        ("Jack of \u{2666}s", "Jack of \u{2666}s", 10),
        // NFC keeps spaces that the OpaqueString profile would map to U+0020.
        ("foo\u{1680}bar", "foo\u{1680}bar", 7),
        ("cafe\u{301}", "caf\u{E9}", 4),
        ("\u{212B}", "\u{C5}", 1),
        ("\u{FB01}", "\u{FB01}", 1),
        ("\u{17F}", "\u{17F}", 1),
        ("\u{2163}", "\u{2163}", 1),
        ("\u{FF21}", "\u{FF21}", 1),
        ("a\u{A0}b", "a\u{A0}b", 3),
        ("a\u{2009}b", "a\u{2009}b", 3),
        ("a\u{3000}b", "a\u{3000}b", 3),
        ("\u{1F412}", "\u{1F412}", 1),
        ("\u{2764}\u{FE0F}", "\u{2764}\u{FE0F}", 2),
        ("\u{1F468}\u{200D}\u{1F469}", "\u{1F468}\u{200D}\u{1F469}", 3),
        ("\u{AD}", "\u{AD}", 1),
        ("\u{200B}", "\u{200B}", 1),
        ("\u{FEFF}", "\u{FEFF}", 1),
        ("\u{E000}", "\u{E000}", 1),
        ("\u{1112}\u{1161}\u{11AB}", "\u{D55C}", 1),
        ("\u{1FAE8}", "\u{1FAE8}", 1),
        ("\u{660}\u{6F0}", "\u{660}\u{6F0}", 2),
        ("\u{30FB}", "\u{30FB}", 1),
    ] {
        let accepted =
            check(&rules, given).unwrap_or_else(|faults| panic!("{given:?}: {faults:?}"));
        assert_eq!(accepted, kept);
        assert_eq!(accepted.chars().count(), length);
        let longer = PasswordRules { min_length: length as u16 + 1, ..rules.clone() };
        assert!(check(&longer, given).is_err(), "{given:?} counts as more than {length}");
    }
}

/// A.7, R-241, R-244, R-067.
#[test]
fn unicode_fixtures_are_refused_with_their_reason() {
    let rules = characters_only();
    for (given, fault) in [
        ("", PasswordFault::TooShort { min: 1 }),
        ("my cat is a \tby", PasswordFault::Control),
        ("a\u{0}b", PasswordFault::Control),
        ("a\u{7F}b", PasswordFault::Control),
        ("a\u{85}b", PasswordFault::Control),
        ("a\u{9F}b", PasswordFault::Control),
        ("a\r\nb", PasswordFault::Control),
        ("\u{FFFF}", PasswordFault::Unassigned),
        ("\u{378}", PasswordFault::Unassigned),
        ("\u{10FFFF}", PasswordFault::Unassigned),
    ] {
        assert_eq!(check(&rules, given), Err(vec![fault]), "{given:?}");
    }
    let none = PasswordRules { min_length: 0, ..rules };
    assert!(check(&none, "").is_err());
}

/// V36: only NFC is applied, so these stay different.
#[test]
fn look_alikes_and_cases_stay_different() {
    let rules = characters_only();
    for (left, right) in [
        ("Correct Horse", "correct horse"),
        (" password", "password"),
        ("password ", "password"),
        ("\u{131}", "i"),
        ("\u{17F}", "s"),
        ("\u{DF}", "ss"),
        ("\u{FB01}", "fi"),
        ("\u{FF41}", "a"),
        ("a\u{200D}b", "ab"),
        ("a\u{A0}b", "a b"),
        ("a.", "a"),
    ] {
        assert_ne!(check(&rules, left).unwrap(), check(&rules, right).unwrap());
    }
    // Canonical equivalents are the same: the Kelvin sign is a K.
    assert_eq!(check(&rules, "\u{212A}"), check(&rules, "K"));
    assert_eq!(check(&rules, "cafe\u{301}"), check(&rules, "caf\u{E9}"));
}

///
#[test]
fn length_counts_code_points_after_nfc() {
    let rules = PasswordRules::default();
    assert_eq!(check(&rules, "sixteen goats!"), Err(vec![PasswordFault::TooShort { min: 15 }]));
    assert!(check(&rules, "seventeen goats").is_ok());
    assert!(check(&rules, &"🐒".repeat(15)).is_ok());
    assert!(check(&rules, &"🐒".repeat(64)).is_ok());
    assert!(check(&rules, &"🐒".repeat(256)).is_ok());
    assert_eq!(check(&rules, &"🐒".repeat(257)), Err(vec![PasswordFault::TooLong { max: 256 }]));
    let wide = PasswordRules { max_length: 1024, ..rules.clone() };
    assert!(check(&wide, &"🐒".repeat(1024)).is_ok());
    // 15 letters as 30 code points: NFC counts 15.
    assert!(check(&rules, &"e\u{301}x".repeat(7)).is_err());
    assert!(check(&rules, &"e\u{301}x".repeat(8)).is_ok());
}

/// the length in bytes is checked before anything else.
#[test]
fn a_megabyte_is_refused_by_its_length() {
    let long = "\u{0}".repeat(1 << 20);
    let faults = check(&PasswordRules::default(), &long);
    assert_eq!(faults, Err(vec![PasswordFault::TooLong { max: 256 }]));
    assert!(check(&characters_only(), &"a".repeat(4097)).is_err());
}

/// a limit in bytes refuses what a hash function would ignore. It counts after NFC.
#[test]
fn a_limit_in_bytes_counts_utf8_after_nfc() {
    let rules = PasswordRules { max_bytes: Some(72), ..PasswordRules::default() };
    let too_many = Err(vec![PasswordFault::TooManyBytes { max: 72 }]);
    let goats = |letters: usize| "goats and ".repeat(8)[..letters].to_owned();
    assert!(check(&rules, &goats(72)).is_ok());
    assert_eq!(check(&rules, &goats(73)), too_many);
    for letter in ["\u{E4}", "a\u{308}"] {
        let wide =
            |letters: usize| format!("{}{}", letter.repeat(letters), goats(72 - 2 * letters));
        assert!(check(&rules, &wide(20)).is_ok(), "{letter:?}");
        assert_eq!(check(&rules, &format!("{}!", wide(20))), too_many, "{letter:?}");
    }
    assert!(check(&PasswordRules::default(), &goats(73)).is_ok());
}

/// a password is never truncated.
#[test]
fn long_passwords_that_differ_late_stay_different() {
    let left = format!("{}x{}", "goat and ".repeat(9).split_at(75).0, "tail");
    let right = format!("{}y{}", "goat and ".repeat(9).split_at(75).0, "tail");
    assert_eq!(left.len(), 80);
    let rules = PasswordRules::default();
    assert_ne!(check(&rules, &left).unwrap(), check(&rules, &right).unwrap());
}

/// one class of characters is enough; repetition is refused as common, not as
/// composition.
#[test]
fn no_composition_rule_applies_by_default() {
    let rules = PasswordRules::default();
    assert_eq!(check(&rules, &"a".repeat(20)), Err(vec![PasswordFault::Common]));
    for password in
        ["winterbadgersinghymns", "748159263740918265", "               |", "ÄÖÜÄÖÜÄÖÜÄÖÜÄÖÜÄ"]
    {
        assert!(check(&rules, password).is_ok(), "{password}");
    }
    let unlisted = PasswordRules { common_list: false, ..rules };
    assert!(check(&unlisted, &"a".repeat(20)).is_ok());
}

#[test]
fn required_classes_and_ascii_apply_if_the_policy_sets_them() {
    let entra = PasswordRules {
        min_length: 8,
        required_classes: 3,
        ascii_only: true,
        ..PasswordRules::default()
    };
    for (password, found) in [("winterbadger", 1), ("winterBadger", 2), ("winter badger", 2)] {
        let fault = PasswordFault::NeedsClasses { required: 3, found };
        assert_eq!(check(&entra, password), Err(vec![fault]), "{password}");
    }
    for password in ["winter Badger", "winterBadger7", "WINTER BADGER 7", "winter-badger7"] {
        assert!(check(&entra, password).is_ok(), "{password}");
    }
    assert_eq!(check(&entra, "Winter Bädger 7"), Err(vec![PasswordFault::NotAscii]));
}

#[test]
fn all_faults_are_reported_at_once() {
    let rules = PasswordRules {
        min_length: 20,
        required_classes: 4,
        ascii_only: true,
        banned_words: ["password".to_owned()].into(),
        ..PasswordRules::default()
    };
    let context = PasswordContext::new().word("password");
    let faults = check_for(&rules, "pass\u{7}\u{378}wordé", &context).unwrap_err();
    let codes: Vec<_> = faults.iter().map(PasswordFault::code).collect();
    assert_eq!(codes, ["too_short", "control", "unassigned", "not_ascii", "needs_classes"]);
    let faults = check_for(&rules, "password", &context).unwrap_err();
    let codes: Vec<_> = faults.iter().map(PasswordFault::code).collect();
    assert_eq!(codes, ["too_short", "needs_classes", "common", "banned_word", "context_word"]);
}

/// R-069, and the code is that of the serialised form.
#[test]
fn every_fault_has_its_own_code_and_guidance() {
    let faults = [
        PasswordFault::TooShort { min: 15 },
        PasswordFault::TooLong { max: 64 },
        PasswordFault::Control,
        PasswordFault::Unassigned,
        PasswordFault::NotAscii,
        PasswordFault::NeedsClasses { required: 3, found: 2 },
        PasswordFault::TooManyBytes { max: 72 },
        PasswordFault::Common,
        PasswordFault::Guessable { points: 4, required: 5 },
        PasswordFault::BannedWord,
        PasswordFault::ContextWord,
    ];
    let codes: HashSet<_> = faults.iter().map(PasswordFault::code).collect();
    let guidance: HashSet<_> = faults.iter().map(PasswordFault::guidance).collect();
    assert_eq!((codes.len(), guidance.len()), (faults.len(), faults.len()));
    for fault in &faults {
        let json = serde_json::to_string(fault).unwrap();
        assert!(json.contains(&format!("\"{}\"", fault.code())), "{json}");
        assert_eq!(&serde_json::from_str::<PasswordFault>(&json).unwrap(), fault);
    }
    let rejection = PasswordRejection { faults: faults.to_vec() };
    assert_eq!(rejection.guidance().len(), faults.len());
}

#[test]
fn a_rejection_holds_nothing_of_the_password_or_the_words() {
    let rules =
        PasswordRules { banned_words: ["zanzibar".to_owned()].into(), ..PasswordRules::default() };
    let context = PasswordContext::new().word("hypatia");
    for password in ["zanzibar", "hypatia"] {
        let rejection = rules.check(&password.into(), &context).unwrap_err();
        let shown = format!("{rejection} {rejection:?} {context:?}");
        assert!(!shown.contains("zanzibar") && !shown.contains("hypatia"), "{shown}");
    }
}

/// `nfc` never grows its string: a decomposition is at most three times as long, and composing only
/// shortens it.
#[test]
fn a_normal_form_fits_its_first_allocation() {
    for c in '\0'..=char::MAX {
        let decomposed: usize = std::iter::once(c).nfd().map(char::len_utf8).sum();
        let composed: usize = std::iter::once(c).nfc().map(char::len_utf8).sum();
        assert!(composed <= decomposed.max(c.len_utf8()), "{c:?}");
        assert!(decomposed <= 3 * c.len_utf8(), "{c:?}");
    }
    let text = "\u{390}\u{1D160}\u{FB2C}".repeat(50);
    assert_eq!(nfc(&text).capacity(), 3 * text.len());
}

proptest! {
    #[test]
    fn an_accepted_password_stays_the_same_when_checked_again(text in any::<String>()) {
        if let Ok(accepted) = check(&characters_only(), &text) {
            prop_assert_eq!(check(&characters_only(), &accepted), Ok(accepted));
        }
    }

    #[test]
    fn marks_and_letters_stay_the_same_when_checked_again(text in "[\\p{L}\\p{M}\\p{S}]{1,40}") {
        if let Ok(accepted) = check(&words_only(), &text) {
            prop_assert_eq!(check(&words_only(), &accepted), Ok(accepted));
        }
    }
}
