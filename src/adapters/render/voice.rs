//! Codes in the form in which a call reads them.

/// Each symbol separately, in groups of three with a longer pause between the groups.
///
/// Digits: `4 8 2, 1 3 9`. Letters come with a word, since many sound alike on a telephone, in the form
/// of `spelled`: `B as in Bravo, C as in Charlie, D as in Delta; F as in Foxtrot`.
pub(crate) fn spoken(code: &str, spelled: impl Fn(char, &str) -> String) -> String {
    let digits = code.bytes().all(|byte| byte.is_ascii_digit());
    let (pause, longer) = if digits { (" ", ", ") } else { (", ", "; ") };
    // Enough capacity for the longest code in words, so that growing leaves no copy behind.
    let mut spoken = String::with_capacity(24 * code.len());
    for (index, symbol) in code.chars().enumerate() {
        if index > 0 {
            spoken.push_str(if index % 3 == 0 { longer } else { pause });
        }
        match word(symbol) {
            Some(word) => spoken.push_str(&spelled(symbol, word)),
            None => spoken.push(symbol),
        }
    }
    spoken
}

/// The spelling alphabet of aviation, for the letters that codes use.
const fn word(letter: char) -> Option<&'static str> {
    Some(match letter {
        'B' => "Bravo",
        'C' => "Charlie",
        'D' => "Delta",
        'F' => "Foxtrot",
        'G' => "Golf",
        'H' => "Hotel",
        'J' => "Juliett",
        'K' => "Kilo",
        'L' => "Lima",
        'M' => "Mike",
        'N' => "November",
        'P' => "Papa",
        'Q' => "Quebec",
        'R' => "Romeo",
        'S' => "Sierra",
        'T' => "Tango",
        'V' => "Victor",
        'W' => "Whisky",
        'X' => "X-ray",
        'Z' => "Zulu",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn english(code: &str) -> String {
        spoken(code, |letter, word| format!("{letter} as in {word}"))
    }

    /// digit by digit, in groups.
    #[test]
    fn digits_are_read_one_by_one_in_groups_of_three() {
        for (code, expected) in [
            ("482139", "4 8 2, 1 3 9"),
            ("48213907", "4 8 2, 1 3 9, 0 7"),
            ("1234567", "1 2 3, 4 5 6, 7"),
            ("", ""),
        ] {
            assert_eq!(english(code), expected);
        }
    }

    #[test]
    fn letters_are_spelled_with_a_word_each() {
        let expected = "B as in Bravo, Z as in Zulu, X as in X-ray; W as in Whisky";
        assert_eq!(english("BZXW"), expected);
        for letter in "BCDFGHJKLMNPQRSTVWXZ".chars() {
            let word = word(letter).expect("a word for every letter of a code");
            assert!(word.starts_with(letter), "{word}");
        }
        assert_eq!(english("B7"), "B as in Bravo, 7");
    }
}
