//! Classes of characters in typed and pasted text: invisible ones, separators, digits. Every parser
//! of typed text takes its rules from here.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_public_assigned;
use zeroize::Zeroizing;

/// Whether a non-ASCII character is visible and keeps its meaning: it is assigned, no space, not
/// invisible, and no look-alike of ASCII punctuation, which a mail system that applies NFKC would
/// turn into a second `@` or a dot.
pub(crate) fn is_plain(c: char) -> bool {
    is_public_assigned(c)
        && !c.is_whitespace()
        && !c.is_control()
        && !is_invisible(c)
        && !std::iter::once(c).nfkd().any(|part| part.is_ascii() && !part.is_ascii_alphanumeric())
}

/// Characters without a glyph of their own: Unicode's `Default_Ignorable_Code_Point` (joiners,
/// bidirectional controls, soft hyphen, variation selectors, tags, fillers), the format characters
/// of scripts and of music, the annotation characters, the place of an
/// object, and the blank Braille pattern.
pub(crate) const fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{AD}'
            | '\u{34F}'
            | '\u{61C}'
            | '\u{70F}'
            | '\u{115F}'..='\u{1160}'
            | '\u{17B4}'..='\u{17B5}'
            | '\u{180B}'..='\u{180F}'
            | '\u{200B}'..='\u{200F}'
            | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}'
            | '\u{2800}'
            | '\u{3164}'
            | '\u{FE00}'..='\u{FE0F}'
            | '\u{FEFF}'
            | '\u{FFA0}'
            | '\u{FFF0}'..='\u{FFFC}'
            | '\u{13430}'..='\u{1343F}'
            | '\u{1BCA0}'..='\u{1BCA3}'
            | '\u{1D173}'..='\u{1D17A}'
            | '\u{E0000}'..='\u{E0FFF}'
    )
}

/// White space of any kind, line ends and tabs included, or an invisible character.
pub(crate) fn is_blank(c: char) -> bool {
    c.is_whitespace() || is_invisible(c)
}

/// A text without the blanks around it.
pub(crate) fn trim_blanks(text: &str) -> &str {
    text.trim_matches(is_blank)
}

/// The overrides of direction (UAX #9, 2.2). After one of them digits are displayed in another
/// order than they are stored in, so the text may be misread.
pub(crate) const fn turns_around(c: char) -> bool {
    matches!(c, '\u{202D}' | '\u{202E}')
}

/// Hyphens, dashes and minus signs: Unicode's `Dash`, and the prolonged sound mark, which Japanese
/// keyboards have in the hyphen's place.
pub(crate) const fn is_dash(c: char) -> bool {
    matches!(
        c,
        '-' | '\u{58A}'
            | '\u{5BE}'
            | '\u{1806}'
            | '\u{2010}'..='\u{2015}'
            | '\u{2043}'
            | '\u{207B}'
            | '\u{208B}'
            | '\u{2212}'
            | '\u{2E3A}'..='\u{2E3B}'
            | '\u{301C}'
            | '\u{3030}'
            | '\u{30A0}'
            | '\u{30FC}'
            | '\u{FE31}'..='\u{FE32}'
            | '\u{FE58}'
            | '\u{FE63}'
            | '\u{FF0D}'
            | '\u{FF5E}'
            | '\u{FF70}'
    )
}

/// Dots and middle dots.
pub(crate) const fn is_dot(c: char) -> bool {
    matches!(
        c,
        '.' | '\u{B7}'
            | '\u{2022}'
            | '\u{2024}'
            | '\u{2027}'
            | '\u{2219}'
            | '\u{22C5}'
            | '\u{3002}'
            | '\u{30FB}'
            | '\u{FE52}'
            | '\u{FF0E}'
            | '\u{FF61}'
            | '\u{FF65}'
    )
}

/// Characters that may separate the symbols of a code or surround it: blanks, dashes, dots, and
/// punctuation that separates or encloses. Not `+`, `%` or `=`: a text with these is no code.
pub(crate) fn is_separator(c: char) -> bool {
    !turns_around(c)
        && (is_blank(c)
            || is_dash(c)
            || is_dot(c)
            || matches!(
                c,
                ',' | ':' | ';' | '_' | '/' | '|' | '*' | '\'' | '"' | '`' | '(' | ')' | '['
                    | ']' | '<' | '>' | '\u{AB}' | '\u{BB}' | '\u{60C}' | '\u{61B}' | '\u{3001}'
                    | '\u{2018}'..='\u{201F}' | '\u{2039}'..='\u{203A}' | '\u{3008}'..='\u{3011}'
                    | '\u{FF08}'..='\u{FF09}' | '\u{FF0C}' | '\u{FF1A}'..='\u{FF1B}'
            ))
}

/// The zeros of all scripts with decimal digits (general category `Nd`, Unicode 17.0). The nine
/// code points after each are the other digits of the script.
const ZEROS: [u32; 76] = [
    0x30, 0x660, 0x6F0, 0x7C0, 0x966, 0x9E6, 0xA66, 0xAE6, 0xB66, 0xBE6, 0xC66, 0xCE6, 0xD66,
    0xDE6, 0xE50, 0xED0, 0xF20, 0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90,
    0x1B50, 0x1BB0, 0x1C40, 0x1C50, 0xA620, 0xA8D0, 0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0, 0xFF10,
    0x104A0, 0x10D30, 0x10D40, 0x11066, 0x110F0, 0x11136, 0x111D0, 0x112F0, 0x11450, 0x114D0,
    0x11650, 0x116C0, 0x116D0, 0x116DA, 0x11730, 0x118E0, 0x11950, 0x11BF0, 0x11C50, 0x11D50,
    0x11DA0, 0x11DE0, 0x11F50, 0x16A60, 0x16AC0, 0x16B50, 0x16D70, 0x1CCF0, 0x1D7CE, 0x1D7D8,
    0x1D7E2, 0x1D7EC, 0x1D7F6, 0x1E140, 0x1E2F0, 0x1E4F0, 0x1E5F1, 0x1E950, 0x1FBF0,
];

/// The value of a decimal digit of any script.
pub(crate) fn digit(c: char) -> Option<u8> {
    if c.is_ascii() {
        return c.is_ascii_digit().then(|| c as u8 - b'0');
    }
    let code = u32::from(c);
    let zero = ZEROS[..ZEROS.partition_point(|&zero| zero <= code)].last()?;
    u8::try_from(code - zero).ok().filter(|&value| value <= 9)
}

/// A digit of any script as an ASCII digit, and an ASCII or full-width letter as an ASCII letter.
/// `None` for everything else.
pub(crate) fn ascii_alphanumeric(c: char) -> Option<u8> {
    match c {
        'A'..='Z' | 'a'..='z' => Some(c as u8),
        // Both blocks are in the order of ASCII.
        '\u{FF21}'..='\u{FF3A}' | '\u{FF41}'..='\u{FF5A}' => {
            u8::try_from(u32::from(c) - 0xFEE0).ok()
        }
        c => digit(c).map(|value| b'0' + value),
    }
}

/// Undoes percent-encoding once (RFC 3986, 2.1). `None` if there is none, or if the result is not
/// UTF-8. The result is zeroized, since a link holds a secret.
pub(crate) fn percent_decoded(text: &str) -> Option<Zeroizing<String>> {
    if !text.contains('%') {
        return None;
    }
    let bytes = text.as_bytes();
    let mut decoded = Zeroizing::new(Vec::with_capacity(bytes.len()));
    let mut place = 0;
    while let Some(&byte) = bytes.get(place) {
        let escape = bytes.get(place + 1..place + 3).filter(|_| byte == b'%');
        let value = escape.and_then(|hex| data_encoding::HEXLOWER_PERMISSIVE.decode(hex).ok());
        decoded.push(value.as_ref().map_or(byte, |value| value[0]));
        place += if value.is_some() { 3 } else { 1 };
    }
    let same = decoded.as_slice() == bytes;
    String::from_utf8(std::mem::take(&mut *decoded)).ok().filter(|_| !same).map(Zeroizing::new)
}

/// Cuts a text to `most` characters, the last of which is `…`, so that the rest is not mistaken for
/// the whole, such as the address of another site. Never cuts between a letter and its marks.
pub(crate) fn shortened(text: &str, most: usize) -> Cow<'_, str> {
    if text.chars().count() <= most {
        return Cow::Borrowed(text);
    }
    let mut kept: Vec<char> = text.chars().take(most).collect();
    // A removed character that belongs to the one before it takes that one along.
    while let Some(gone) = kept.pop() {
        let joined = kept.last().is_some_and(|&before| is_joiner(before));
        if !(unicode_normalization::char::is_combining_mark(gone) || is_invisible(gone) || joined) {
            break;
        }
    }
    let mut cut: String = kept.into_iter().collect();
    let end = cut.trim_end_matches(is_blank).len();
    cut.truncate(end);
    if most > 0 {
        cut.push('…');
    }
    Cow::Owned(cut)
}

const fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200D}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_decimal_digit_has_its_value() {
        assert!(ZEROS.is_sorted());
        for (place, &zero) in ZEROS.iter().enumerate() {
            for value in 0..10 {
                let c = char::from_u32(zero + u32::from(value)).expect("a character");
                assert_eq!(digit(c), Some(value), "{place} {c:?}");
            }
        }
        // Numbers that are no decimal digits could be misread.
        for c in ['²', '₂', '①', '⑵', '½', 'Ⅷ', '〇', '三', '๏', 'O', 'l', '\u{1F101}']
        {
            assert_eq!(digit(c), None, "{c:?}");
        }
        let counted = (0..=u32::from(char::MAX)).filter_map(char::from_u32);
        assert_eq!(counted.filter(|&c| digit(c).is_some()).count(), 760);
    }

    #[test]
    fn a_full_width_letter_is_the_letter() {
        let wide = "ＡＺａｚ０９\u{FF3F}";
        let read: Vec<_> = wide.chars().map(ascii_alphanumeric).collect();
        let expected = [b"A", b"Z", b"a", b"z", b"0", b"9"].map(|bytes| Some(bytes[0]));
        assert_eq!(read[..6], expected);
        assert_eq!(read[6], None);
        for look_alike in ['А', 'Ο', 'ı', 'ſ', '\u{212A}', 'é'] {
            assert_eq!(ascii_alphanumeric(look_alike), None, "{look_alike:?}");
        }
    }

    #[test]
    fn a_cut_text_ends_in_an_ellipsis_and_keeps_letters_whole() {
        for (text, most, expected) in [
            ("contoso", 7, "contoso"),
            ("contoso.example", 8, "contoso…"),
            ("contoso e", 8, "contoso…"),
            ("cafe\u{301} noir", 5, "caf…"),
            ("abc👩\u{200D}💻def", 5, "abc…"),
            ("ab\u{1F1E9}", 2, "a…"),
            ("abc", 1, "…"),
            ("abc", 0, ""),
        ] {
            assert_eq!(shortened(text, most), expected, "{text:?} {most}");
            assert!(shortened(text, most).chars().count() <= most);
        }
    }

    #[test]
    fn percent_encoding_is_undone_once() {
        for (text, expected) in [
            ("a%23b", Some("a#b")),
            ("%2523", Some("%23")),
            ("100%", None),
            ("%zz%", None),
            ("plain", None),
            ("%FF", None),
            ("%c3%BC", Some("ü")),
        ] {
            let decoded = percent_decoded(text);
            assert_eq!(decoded.as_ref().map(|decoded| decoded.as_str()), expected, "{text}");
        }
    }
}
