//! A name in the GSM alphabet, which text messages send at the lowest cost.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::sms::septets;

/// The name without the accents that the GSM alphabet lacks, if that makes it fit; otherwise the
/// name unchanged. One letter outside the alphabet would more than halve the capacity of a text
/// message.
pub(crate) fn latin(name: &str) -> Cow<'_, str> {
    let mut plain = String::new();
    for character in name.chars() {
        if septets(character).is_some() {
            plain.push(character);
        } else if let Some(written) = substitute(character) {
            plain.push_str(written);
        } else {
            let letters = std::iter::once(character).nfd().filter(|c| !is_combining_mark(*c));
            for letter in letters {
                if septets(letter).is_none() {
                    return Cow::Borrowed(name);
                }
                plain.push(letter);
            }
        }
    }
    Cow::Owned(plain)
}

/// The usual substitute for characters that are no letter with an accent.
const fn substitute(character: char) -> Option<&'static str> {
    Some(match character {
        '‘' | '’' | '´' => "'",
        '“' | '”' | '„' | '«' | '»' => "\"",
        '‐' | '‑' | '–' | '—' => "-",
        '·' | '•' => "-",
        'ł' => "l",
        'Ł' => "L",
        'đ' => "d",
        'Đ' => "D",
        'ı' => "i",
        'œ' => "oe",
        'Œ' => "OE",
        'ẞ' => "SS",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    ///
    #[test]
    fn accents_are_dropped_only_if_the_name_then_fits() {
        for (name, expected) in [
            ("Contoso", "Contoso"),
            ("Übung & Söhne, Ñandú", "Übung & Söhne, Ñandu"),
            ("Škoda", "Skoda"),
            ("S\u{30c}koda", "Skoda"),
            ("Łódź – l’été", "Lodz - l'été"),
            ("Œuvre ı", "OEuvre i"),
            ("株式会社 Škoda", "株式会社 Škoda"),
            ("Москва", "Москва"),
            ("Ελλάδα", "Ελλάδα"),
            ("क्षि", "क्षि"),
        ] {
            assert_eq!(latin(name), expected);
        }
    }

    proptest! {
        #[test]
        fn the_result_is_the_name_or_fits_the_alphabet(name in any::<String>()) {
            let plain = latin(&name);
            prop_assert!(plain == name || plain.chars().all(|c| septets(c).is_some()));
        }
    }
}
