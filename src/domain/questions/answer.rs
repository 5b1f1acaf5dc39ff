//! The normal form of answers, in which they are compared, hashed and measured.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_public_assigned;
use zeroize::Zeroizing;

use crate::domain::crypto::secret::{SecretText, secrets_equal};
use crate::domain::invalid::InvalidInput;
use crate::domain::text::is_invisible;

use super::id::QuestionId;

/// The length of an answer, in characters of its normal form (Entra).
const LENGTH: std::ops::RangeInclusive<usize> = 3..=40;
/// The longest answer as typed, in bytes.
pub(crate) const MAX_TYPED: usize = 512;
/// The most answers of one set.
pub(crate) const MAX_ANSWERS: usize = 5;
/// NFKC and lower case make UTF-8 at most this many times as long.
const MAX_GROWTH: usize = 12;

const WHAT: &str = "answer";

/// Answers that people give instead of one; an attacker tries them first (OWASP Choosing and Using
/// Security Questions Cheat Sheet).
const EMPTY_WORDS: [&str; 12] = [
    "123", "1234", "12345", "123456", "abc", "asdf", "n/a", "none", "password", "qwerty", "test",
    "unknown",
];

/// The normal form of an answer: NFKC and lower case, without invisible characters, with one space
/// between words and none around them. Entra documents no rule; OWASP compares in lower case.
pub(crate) fn normal(typed: &str) -> Zeroizing<String> {
    // Allocated for the worst case: a string that grows leaves a copy that is not zeroized.
    let room = || Zeroizing::new(String::with_capacity(MAX_GROWTH * typed.len()));
    let mut folded = room();
    folded.extend(typed.nfkc().filter(|c| !is_invisible(*c)).flat_map(char::to_lowercase));
    let mut spaced = room();
    for word in folded.split_whitespace() {
        if !spaced.is_empty() {
            spaced.push(' ');
        }
        spaced.push_str(word);
    }
    // Lower case can leave a letter and its mark apart.
    let mut composed = room();
    composed.extend(spaced.nfkc());
    composed
}

/// Checks the form of typed answers: how many there are, their length, no question twice.
///
/// # Errors
///
/// [`InvalidInput`].
pub(crate) fn check_typed(answers: &[(QuestionId, SecretText)]) -> Result<(), InvalidInput> {
    if answers.is_empty() {
        return Err(InvalidInput::Empty { what: "answers" });
    }
    if answers.len() > MAX_ANSWERS {
        return Err(InvalidInput::OutOfRange { what: "number of answers" });
    }
    for (place, (question, answer)) in answers.iter().enumerate() {
        if answer.expose_secret().len() > MAX_TYPED {
            return Err(InvalidInput::TooLong { what: WHAT, max: MAX_TYPED });
        }
        if answers[..place].iter().any(|(other, _)| other == question) {
            return Err(InvalidInput::Rule {
                what: "question",
                rule: "is answered twice: choose another",
            });
        }
    }
    Ok(())
}

/// Checks the answers of a new set, besides [`check_typed`]: their length, that no two are equal,
/// and that none is a name of the user or no answer at all.
///
/// # Errors
///
/// [`InvalidInput`]. It never holds an answer.
pub(crate) fn check_new<'a>(
    answers: &[(QuestionId, SecretText)],
    names: impl Iterator<Item = &'a str> + Clone,
) -> Result<(), InvalidInput> {
    check_typed(answers)?;
    let rule = |rule| Err(InvalidInput::Rule { what: WHAT, rule });
    let normals: Vec<_> =
        answers.iter().map(|(_, answer)| normal(answer.expose_secret())).collect();
    for (place, answer) in normals.iter().enumerate() {
        let same = |other: &str| secrets_equal(answer.as_bytes(), other.as_bytes());
        if !LENGTH.contains(&answer.chars().count()) {
            return rule("must have 3 to 40 characters");
        }
        if answer.chars().any(char::is_control) {
            return Err(InvalidInput::Control { what: WHAT });
        }
        if !answer.chars().all(is_public_assigned) {
            return rule("holds a character whose spelling a later version of Unicode may change");
        }
        if normals[..place].iter().any(|other| same(other)) {
            return rule("equals that to another question");
        }
        if EMPTY_WORDS.iter().any(|word| same(word)) || is_one_character(answer) {
            return rule("is one that attackers try first");
        }
        if names.clone().any(|name| same(&normal(name))) {
            return rule("must not be a name of the account");
        }
    }
    Ok(())
}

fn is_one_character(answer: &str) -> bool {
    let mut characters = answer.chars();
    let first = characters.next();
    characters.all(|c| Some(c) == first)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(answers: &[&str]) -> Vec<(QuestionId, SecretText)> {
        let id = |place| QuestionId::parse(&format!("q{place}")).expect("an id");
        answers.iter().enumerate().map(|(place, answer)| (id(place), (*answer).into())).collect()
    }

    fn checked(answers: &[&str]) -> Result<(), InvalidInput> {
        check_new(&set(answers), ["ada@contoso.example", "Ada Lovelace"].into_iter())
    }

    /// E1.5.18, R-152.
    #[test]
    fn spellings_of_one_answer_have_one_normal_form() {
        for (typed, expected) in [
            (" St. John's ", "st. john's"),
            ("st.\u{a0}\t JOHN's\n", "st. john's"),
            ("Zoe\u{308}", "zo\u{eb}"),
            ("ＺＯË", "zo\u{eb}"),
            ("Ri\u{200b}ga", "riga"),
            ("\u{130}zmir", "i\u{307}zmir"),
            ("ČĒSIS", "čēsis"),
            ("\u{3000}", ""),
        ] {
            assert_eq!(*normal(typed), expected, "{typed:?}");
            assert_eq!(*normal(&normal(typed)), expected, "{typed:?}");
        }
        assert_ne!(*normal("St Johns"), "st. john's");
        // The longest growth of NFKC.
        let longest = "\u{fdfa}".repeat(MAX_TYPED / 3);
        assert!(normal(&longest).len() <= MAX_GROWTH * longest.len());
    }

    /// E1.5.7, E1.5.8, E1.5.9, E1.5.10, R-150.
    #[test]
    fn a_new_answer_has_its_length_and_is_no_other_and_no_name() {
        assert!(checked(&["Rex", "Rīga", "東京都", &"x y".repeat(13)]).is_ok());
        for bad in [
            &["li"][..],
            &[" a b"[..2].trim(), "Riga"],
            &[&"xy".repeat(21)],
            &["Riga", "RIGA "],
            &["Rex", "rex"],
            &["zzzzz"],
            &["Password"],
            &["ADA  lovelace"],
            &["ada@contoso.example"],
            &["ri\u{0}ga"],
            &["ri\u{378}ga"],
        ] {
            assert!(checked(bad).is_err(), "{bad:?}");
        }
        let twice = vec![set(&["Rex"]).remove(0), set(&["Riga"]).remove(0)];
        assert!(check_typed(&twice).is_err(), "one question twice");
        assert!(check_typed(&set(&["a", "b", "c", "d", "e", "f"])).is_err());
        assert!(check_typed(&[]).is_err());
        assert!(check_typed(&set(&[&"x".repeat(MAX_TYPED + 1)])).is_err());
    }
}
