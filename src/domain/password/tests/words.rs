//! Tests of the lists of words.

use proptest::prelude::*;

use super::super::blocklist::{COMMON, is_common};
use super::super::derive::skeleton;
use super::{PasswordContext, PasswordFault, PasswordRules, check, check_for, words_only};

///
#[test]
fn common_passwords_and_their_derivatives_are_refused() {
    let rules = words_only();
    for password in [
        "password",
        "Password",
        "PASSWORD",
        "p@ssw0rd",
        "P4$$w0rd!",
        "password1",
        "passwordpassword",
        "PasswordPassword",
        "Password1Password1",
        "password-password",
        "password password password",
        "passwordpasswordpass",
        "p-a-s-s-w-o-r-d",
        "password2026!!!",
        "!!!2026password",
        "123password321",
        "Password20261231!!",
        "paſſword",
        "iloveyou2026!!",
        "12345678",
        "123456789012345",
        "1234567890123456!!",
        "123123123123123",
        "aaaaaaaaaaaaaaa",
        "111111111111111",
        "qwertyuiopasdfgh",
        "1qaz2wsx3edc4rfv",
        "abcdefghijklmno",
        "qwertyqwertyqwerty",
        "adm1n1strator",
        "@dministrator2026!",
        "Summer2026!!!!!",
        "monkeymonkeymonkey",
    ] {
        assert_eq!(check(&rules, password), Err(vec![PasswordFault::Common]), "{password}");
    }
}

/// the whole password, never a part of it.
#[test]
fn a_common_word_within_a_password_does_not_refuse_it() {
    let rules = PasswordRules::default();
    for password in [
        "correcthorsepassword",
        "correct horse battery staple",
        "password for my goats",
        "mypasswordisagoat",
        "dragonpasswordmonkey",
        "password48207193652741",
        "pass48207193word",
    ] {
        assert!(check(&rules, password).is_ok(), "{password}");
    }
}

/// words of the organisation.
#[test]
fn banned_words_are_refused_with_their_derivatives() {
    let rules = PasswordRules {
        banned_words: ["Contoso", "Blue Yonder", "Gruße", "R&D"].map(str::to_owned).into(),
        ..words_only()
    };
    for password in [
        "contoso2026!!!",
        "Contoso",
        "C0nt0s0",
        "c0nt050#2026",
        "!!CONTOSO!!",
        "contoso.contoso",
        "contoso!contoso",
        "contosoContoso99",
        "BlueYonder2026",
        "blue-yonder",
        "contoso blue yonder",
        "GRUSSE1",
        "r&d2026",
    ] {
        assert_eq!(check(&rules, password), Err(vec![PasswordFault::BannedWord]), "{password}");
    }
    for password in ["contoso goats", "yonder blue", "mycontoso", "research & d", "contosa"] {
        assert!(check(&rules, password).is_ok(), "{password}");
    }
}

/// words of the account.
#[test]
fn context_words_are_refused_with_their_derivatives() {
    let context = PasswordContext::new()
        .word("Ada Lovelace")
        .word("alovelace1815123@contoso.example")
        .word("Zoë O'Brien")
        .word("Al")
        .word(&"x".repeat(321));
    let rules = words_only();
    for password in [
        "Ada2026!",
        "adalovelace",
        "Lovelace.Ada",
        "l0vel@ce1815",
        "alovelace1815123",
        "alovelace1815123@contoso.example",
        "alovelace2026!",
        "ContosoAda2026!!",
        "ZOË1234",
        "zoe\u{308}2026",
        "obrien!!",
    ] {
        let faults = check_for(&rules, password, &context);
        assert_eq!(faults, Err(vec![PasswordFault::ContextWord]), "{password}");
    }
    for password in ["al", "al2026", "ada keeps goats", "adalovesgoats", "lovelac"] {
        assert!(check_for(&rules, password, &context).is_ok(), "{password}");
    }
    assert_eq!(format!("{context:?}"), "PasswordContext(4 words)");
}

/// at least 3 000 entries of the shortest accepted length, sorted as the search requires.
#[test]
fn the_bundled_list_is_long_and_sorted_and_every_entry_is_found() {
    assert!(COMMON.is_ascii() && COMMON.ends_with('\n') && COMMON.len() < 60_000);
    assert!(COMMON.lines().filter(|line| line.len() >= 8).count() >= 3000);
    let skeletons: Vec<Vec<char>> =
        COMMON.lines().map(|line| line.chars().map(skeleton).collect()).collect();
    assert!(skeletons.is_sorted_by(|left, right| left < right), "sorted, each once");
    for (line, form) in COMMON.lines().zip(&skeletons) {
        assert!(line.len() >= 5 && line == line.to_lowercase(), "{line}");
        assert!(is_common(form), "{line}");
        assert!(!is_common(&[form.as_slice(), &['~']].concat()), "{line}~");
    }
    for absent in ["", "a", "~", "\n", "passwor\nd"] {
        assert!(!is_common(&absent.chars().collect::<Vec<_>>()), "{absent}");
    }
}

/// T15: the substitutions of guessing lists and programs.
#[test]
fn a_word_is_found_under_every_usual_substitution() {
    let word = |text: &str| text.chars().map(skeleton).collect::<String>();
    for (written, meant) in [
        ("8aseba11", "baseball"),
        ("foo+ba11", "football"),
        ("mus+ang", "mustang"),
        ("zepp3lin", "zeppelin"),
        ("2eppelin", "zeppelin"),
        ("dra6on", "dragon"),
        ("dra9on", "dragon"),
        ("(ontoso", "contoso"),
        ("<ontoso", "contoso"),
        ("©ontoso", "contoso"),
        ("€ngland", "england"),
        ("pa§§word", "password"),
        ("pa$$w0rd", "password"),
        ("mon#ey", "monhey"),
        ("¡nternet", "internet"),
        ("l|verpoo1", "liverpool"),
        ("p4ssw0rd", "password"),
        ("@dmin1strator", "administrator"),
        ("5un5hine", "sunshine"),
        ("$un$hine", "sunshine"),
        ("ba5ket8all", "basketball"),
        ("7rustno1", "trustnoi"),
        ("che1sea", "chelsea"),
        ("m!chael", "michael"),
        ("£lephant", "elephant"),
        ("d0ctor", "doctor"),
        ("3lephant", "elephant"),
    ] {
        assert_eq!(word(written), word(meant), "{written}");
    }
    let rules = PasswordRules {
        min_length: 8,
        banned_words: ["basketball".to_owned(), "contoso".to_owned()].into(),
        ..PasswordRules::default()
    };
    for password in ["8asketba11", "8a5k3+8a11!!", "(on+oso2026!", "c0n+0s0c0n+0s0"] {
        let refused = rules.check(&password.into(), &PasswordContext::new());
        assert!(refused.is_err(), "{password}");
    }
}

proptest! {
    #[test]
    fn any_word_is_found_under_its_decorations(
        word in "[b-hj-km-nq-rv-z]{5,12}",
        before in "[0-9!#]{0,3}",
        after in "[0-9!#]{0,5}",
        times in 1_usize..4,
    ) {
        let rules = PasswordRules {
            banned_words: [word.clone()].into(),
            common_list: false,
            ..words_only()
        };
        let decorated = format!("{before}{}{after}", word.to_uppercase().repeat(times));
        prop_assert_eq!(check(&rules, &decorated), Err(vec![PasswordFault::BannedWord]));
    }
}
