//! Tests of Entra's score, against the documents' examples and against a slow implementation that
//! tries every reading of a password.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::super::blocklist::COMMON;
use super::super::score::{NEEDED, Normalised, Terms};
use super::{BannedPasswords, PasswordContext, PasswordFault, PasswordRules, check_for};

fn words(words: &[&str]) -> BTreeSet<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// Rules under which only the score and these terms matter.
fn rules(terms: &[&str]) -> PasswordRules {
    PasswordRules {
        min_length: 1,
        common_list: false,
        banned: BannedPasswords::EntraScore,
        banned_words: words(terms),
        ..PasswordRules::default()
    }
}

fn points(password: &str, terms: &[&str]) -> usize {
    Normalised::new(password).points(&[&Terms::of(&words(terms))], usize::MAX)
}

/// The points as the rules count them: up to those that are needed.
fn counted(password: &str, terms: &[&str]) -> usize {
    Normalised::new(password).points(&[&Terms::of(&words(terms))], NEEDED)
}

/// The same rules again, slowly: the text is replaced sign by sign, the distance is the whole table
/// of Levenshtein, and every reading is tried.
mod slow {
    pub(super) fn plain(text: &str) -> String {
        let signs = [("0", "o"), ("1", "l"), ("$", "s"), ("@", "a")];
        signs.iter().fold(text.to_lowercase(), |text, (sign, letter)| text.replace(sign, letter))
    }

    pub(super) fn distance(left: &str, right: &str) -> usize {
        let [left, right] = [left, right].map(|text| text.chars().collect::<Vec<char>>());
        let mut table = vec![vec![0; right.len() + 1]; left.len() + 1];
        for i in 0..=left.len() {
            for j in 0..=right.len() {
                table[i][j] = if i == 0 || j == 0 {
                    i + j
                } else {
                    let replaced = usize::from(left[i - 1] != right[j - 1]);
                    let least = table[i - 1][j].min(table[i][j - 1]) + 1;
                    least.min(table[i - 1][j - 1] + replaced)
                };
            }
        }
        table[left.len()][right.len()]
    }

    /// The points of every reading of the rest.
    fn readings(rest: &str, terms: &[String]) -> Vec<usize> {
        let Some(first) = rest.chars().next() else { return vec![0] };
        let mut all = readings(&rest[first.len_utf8()..], terms);
        for term in terms.iter().filter(|term| rest.starts_with(term.as_str())) {
            all.extend(readings(&rest[term.len()..], terms));
        }
        all.into_iter().map(|points| points + 1).collect()
    }

    pub(super) fn points<'a>(password: &str, terms: impl IntoIterator<Item = &'a str>) -> usize {
        let (text, listed) = (plain(password), terms.into_iter().map(plain).collect::<Vec<_>>());
        if listed.iter().any(|term| distance(term, &text) <= 1) {
            return 1;
        }
        readings(&text, &listed).into_iter().min().unwrap_or(0)
    }

    pub(super) fn contains_name(password: &str, name: &str) -> bool {
        let has = |part: &str| {
            let name = plain(part);
            name.chars().count() >= 4 && plain(password).contains(&name)
        };
        has(name.trim()) || name.split_whitespace().any(has)
    }
}

/// E9.4: the examples of the documents, and the five that they leave to the reader.
#[test]
fn the_examples_of_the_documents_have_their_points() {
    let context = PasswordContext::new().name("Poll");
    for (password, terms, expected, accepted) in [
        ("Bl@nK", &["blank"][..], 1, false),
        ("C0ntos0Blank12", &["contoso", "blank"], 4, false),
        ("ContoS0Bl@nkf9!", &["contoso", "blank"], 5, true),
        ("p0LL23fb", &[], 8, false),
        ("Contoso!1", &["contoso"], 3, false),
        ("Contoso@London", &["contoso", "london"], 3, false),
        ("ContosoWidget", &["contoso", "widget"], 2, false),
        // One edit away from the term; two points without that rule.
        ("!Contoso", &["contoso"], 1, false),
        ("LondonHQ", &["london"], 3, false),
        // One edit of the whole password.
        ("abcdef", &["abcdef"], 1, false),
        ("abcdeg", &["abcdef"], 1, false),
        ("abcdefg", &["abcdef"], 1, false),
        ("abcde", &["abcdef"], 1, false),
    ] {
        assert_eq!(points(password, terms), expected, "{password}");
        assert_eq!(slow::points(password, terms.iter().copied()), expected, "{password}");
        let checked = check_for(&rules(terms), password, &context);
        assert_eq!(checked.is_ok(), accepted, "{password}");
    }
    let faults = check_for(&rules(&[]), "p0LL23fb", &context);
    assert_eq!(faults, Err(vec![PasswordFault::ContextWord]), "a name refuses whatever the points");
}

const TERMS: [&str; 10] = [
    "abcdef", "blank", "contoso", "fabrikam", "london", "widget", "hq2026", "oso1", "windget",
    "$ales",
];

/// Computed by an implementation in another language.
#[test]
fn computed_examples_have_their_points() {
    for (password, expected) in [
        ("abcdef", 1),
        ("abcdeg", 1),
        ("abcdefg", 1),
        ("abcde", 1),
        ("ABCD3F", 1),
        ("xabcdefx", 3),
        ("abcdef1!", 3),
        ("C0nt0s0", 1),
        ("Cont0so2", 1),
        ("ContosoFabrikam", 2),
        ("Contoso-Fabrikam", 3),
        ("Contoso.Fabrikam!", 4),
        ("Contoso.Fabrikam!2", 5),
        ("LondonLondonLondon", 3),
        ("LondonLondonLondonLondon", 4),
        ("LondonBlankWidgetContoso", 4),
        ("LondonBlankWidgetContosoX", 5),
        ("L0nd0nHQ2026", 2),
        ("HQ2026!!", 3),
        ("HQ2026!!!x", 5),
        ("c0nt0so1", 1),
        ("Cont0so1so1", 5),
        ("Blankontoso", 7),
        ("contosoblankf9!", 5),
        ("Sales2026", 5),
        ("$AL3S2026", 9),
        ("5ales2026", 9),
        ("W1ndget", 1),
        ("Windgetsales", 2),
        ("fabrikamm", 1),
        ("fabrikamxy", 3),
        ("Fabr1kam!9", 10),
        ("@bcdef@bcdef", 2),
        ("goats", 5),
        ("goat", 4),
        ("Winter-Badger-7", 15),
        ("B1@nk", 1),
        ("C0ntos0 Blank 12", 6),
        ("kontoso", 1),
        ("contsoo", 7),
    ] {
        assert_eq!(points(password, &TERMS), expected, "{password}");
        assert_eq!(slow::points(password, TERMS), expected, "{password}");
    }
}

/// An edit inside a longer password would contradict the example that the documents accept.
#[test]
fn an_edit_counts_for_the_whole_password_only() {
    let inside = ["contoso", "blank", "blankf"];
    assert_eq!(points("ContoS0Bl@nkf9!", &inside), 4, "as if `blankf` were `blank`");
    assert_eq!(points("ContoS0Bl@nkf9!", &inside[..2]), 5);
}

/// The common list is the global one. The fault says whose list it is.
#[test]
fn the_fault_tells_the_common_list_from_the_words_of_the_policy() {
    let common = PasswordRules { common_list: true, ..rules(&["fabrikam"]) };
    let none = PasswordContext::new();
    for (password, faults) in [
        ("Password!!", vec![PasswordFault::Guessable { points: 3, required: 5 }]),
        ("Passw0rd", vec![PasswordFault::Guessable { points: 1, required: 5 }]),
        ("Fabrikam!9", vec![PasswordFault::BannedWord]),
        // Enough points without the word of the policy.
        ("fabrikamPassword12", vec![PasswordFault::BannedWord]),
    ] {
        assert_eq!(check_for(&common, password, &none), Err(faults), "{password}");
    }
    assert!(check_for(&common, "Winter-Badger-7", &none).is_ok());
    let faults = check_for(&rules(&["fabrikam"]), "Passw0rd", &none);
    assert!(faults.is_ok(), "without the common list");
}

/// E9.4: names count from four characters, in the same normal form, each word of them too.
#[test]
fn names_are_refused_inside_a_password_from_four_characters() {
    let context = PasswordContext::new().name("Ada Lovelace").name("Contoso Ltd").word("goat");
    let refused = |password: &str| {
        let faults = check_for(&rules(&[]), password, &context).err().unwrap_or_default();
        faults == [PasswordFault::ContextWord]
    };
    for password in ["my-L0ve1ace-7", "xC0nt0$0x", "ada lovelace's", "CONTOSO LTD."] {
        assert!(refused(password), "{password}");
    }
    for password in ["Ada-is-7-up", "ltd-goats-ltd", "nine goats 7", "Love lace nine"] {
        assert!(!refused(password), "{password}");
    }
}

/// the longest password and the largest list.
#[test]
fn the_longest_password_is_scored_against_the_largest_list() {
    let terms: Vec<String> = (0..1_000).map(|n| format!("{n:0>16}")).collect();
    let list: Vec<&str> = terms.iter().map(String::as_str).collect();
    let long = "0".repeat(1_024);
    assert_eq!(points(&long, &list), 64, "a term each 16 characters");
    assert_eq!(points("", &list), 0);
    assert_eq!(points("", &[]), 0);
    // Four of the longest terms and one character more.
    for (length, expected) in [(63, 5), (64, 4), (65, 5), (1_024, 5)] {
        assert_eq!(counted(&long[..length], &list), expected, "{length} characters");
    }
    assert_eq!(counted("", &list), 0);
}

/// A password of fewer than this many pieces: terms and parts of terms, each with a change.
fn passwords(pieces: usize) -> impl Strategy<Value = String> {
    const PIECES: [&str; 14] = [
        "contoso", "blank", "london", "abcdef", "oso1", "windget", "c0nt", "0s0", "HQ2026", "$al",
        "es", "Poll", "7", "-",
    ];
    let piece = (proptest::sample::select(&PIECES[..]), 0..8_u8, any::<u8>());
    proptest::collection::vec(piece, 1..pieces).prop_map(|pieces| {
        let changed = |(piece, change, at): (&str, u8, u8)| {
            let mut letters: Vec<char> = piece.chars().collect();
            let place = usize::from(at) % letters.len();
            match change {
                0 => letters.insert(place, char::from(b'a' + at % 26)),
                1 => letters[place] = char::from(b'a' + at % 26),
                2 => drop(letters.remove(place)),
                3 => letters.iter_mut().for_each(|letter| letter.make_ascii_uppercase()),
                4 => letters[place] = 'é',
                _ => {}
            }
            letters.into_iter().collect::<String>()
        };
        pieces.into_iter().map(changed).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100_000))]

    #[test]
    fn the_score_and_the_names_are_those_of_the_slow_implementation(password in passwords(4)) {
        let rules = rules(&TERMS);
        let expected = slow::points(&password, TERMS);
        prop_assert_eq!(points(&password, &TERMS), expected);
        prop_assert_eq!(counted(&password, &TERMS), expected.min(NEEDED));
        let checked = check_for(&rules, &password, &PasswordContext::new());
        prop_assert_eq!(checked.is_ok(), expected >= NEEDED);
        for name in ["Poll", "Al Windg", "osol"] {
            let contains = Normalised::new(&password).contains_name(name);
            prop_assert_eq!(contains, slow::contains_name(&password, name));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(50))]

    #[test]
    fn the_common_list_is_scored_as_slowly(password in passwords(4)) {
        let expected = slow::points(&password, COMMON.lines());
        let fast = Normalised::new(&password);
        prop_assert_eq!(fast.points(&[Terms::common()], usize::MAX), expected);
        prop_assert_eq!(fast.points(&[Terms::common()], NEEDED), expected.min(NEEDED));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Around the length from which on no character is read.
    #[test]
    fn a_long_password_has_the_points_of_the_slow_implementation(password in passwords(8)) {
        let expected = slow::points(&password, TERMS);
        prop_assert_eq!(points(&password, &TERMS), expected);
        prop_assert_eq!(counted(&password, &TERMS), expected.min(NEEDED));
    }
}
