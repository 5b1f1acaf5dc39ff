use super::*;
use proptest::prelude::*;

fn size(text: &str) -> (SmsEncoding, usize, usize) {
    let SmsSize { encoding, units, segments } = segments(text);
    (encoding, units, segments)
}

/// The parts that would be sent.
fn divided(text: &str) -> Vec<String> {
    let encoding = segments(text).encoding;
    let width = |c: char| match encoding {
        SmsEncoding::Gsm7 => {
            if "\u{c}^{}\\[~]|€".contains(c) {
                2
            } else {
                1
            }
        }
        SmsEncoding::Ucs2 => c.len_utf16(),
    };
    let whole = |part: &str| part.chars().map(width).sum::<usize>();
    let limit = match (encoding, whole(text)) {
        (SmsEncoding::Gsm7, ..=160) | (SmsEncoding::Ucs2, ..=70) => return vec![text.to_owned()],
        (SmsEncoding::Gsm7, _) => 153,
        (SmsEncoding::Ucs2, _) => 67,
    };
    let mut parts = vec![String::new()];
    for character in text.chars() {
        let last = parts.last_mut().expect("one at least");
        if whole(last) + width(character) > limit {
            parts.push(character.to_string());
        } else {
            last.push(character);
        }
    }
    parts
}

/// the example of the specification, also with a letter outside the GSM alphabet.
#[test]
fn the_examples_have_their_sizes() {
    let message = "747723 is your ExampleCo authentication code.\n\n@example.com #747723";
    assert_eq!(size(message), (SmsEncoding::Gsm7, 67, 1));
    assert_eq!(size(&format!("{message}ı")), (SmsEncoding::Ucs2, 68, 1));
    assert_eq!(size(""), (SmsEncoding::Gsm7, 0, 1));
}

/// 160 or 153, 70 or 67.
#[test]
fn the_bounds_are_exact() {
    for (text, length, expected) in [
        ("a", 160, 1),
        ("a", 161, 2),
        ("a", 306, 2),
        ("a", 307, 3),
        ("a", 459, 3),
        ("ж", 70, 1),
        ("ж", 71, 2),
        ("ж", 134, 2),
        ("ж", 135, 3),
        ("€", 80, 1),
        ("€", 81, 2),
        // 76 pairs fit a part and leave one septet unused: 153 pairs are 306 septets, yet need
        // three parts.
        ("€", 152, 2),
        ("€", 153, 3),
        ("😀", 35, 1),
        ("😀", 36, 2),
        // 33 pairs fit a part.
        ("😀", 66, 2),
        ("😀", 67, 3),
    ] {
        assert_eq!(segments(&text.repeat(length)).segments, expected, "{length} of {text}");
    }
}

/// every character of the two tables, and no other.
#[test]
fn the_alphabet_is_that_of_gsm() {
    let all = (0..=u32::from(char::MAX)).filter_map(char::from_u32);
    let (single, double): (Vec<char>, Vec<char>) =
        all.filter(|c| septets(*c).is_some()).partition(|c| septets(*c) == Some(1));
    assert_eq!((single.len(), double.len()), (127, 10), "128 codes, one of them the escape");
    assert_eq!(BASIC.chars().count() + EXTENSION.chars().count(), 137, "no character twice");
    let basic: Vec<char> = BASIC.chars().collect();
    for (code, character) in [(0x00, '@'), (0x0a, '\n'), (0x0d, '\r'), (0x10, 'Δ'), (0x1a, 'Ξ')] {
        assert_eq!(basic[code], character, "{code:#x}");
    }
    // After the escape each index is one less than the code.
    for (code, character) in [(0x1c, 'Æ'), (0x20, ' '), (0x24, '¤'), (0x40, '¡'), (0x7f, 'à')] {
        assert_eq!(basic[code - 1], character, "{code:#x}");
    }
    for ascii in (' '..='~').filter(|c| *c != '`') {
        assert!(septets(ascii).is_some(), "{ascii}");
    }
    for foreign in ['`', '\t', 'ç', 'á', 'ı', 'Α', '“', '’', '–', '\u{a0}', '\u{1b}'] {
        assert_eq!(septets(foreign), None, "{foreign:?}");
    }
}

proptest! {
    /// the count is that of the parts; no pair is split, and no character is lost.
    #[test]
    fn the_count_is_that_of_the_parts(text in "[a-z€\\[ ]{0,500}|[aж😀€]{0,220}") {
        let size = segments(&text);
        let parts = divided(&text);
        prop_assert_eq!(size.segments, parts.len());
        prop_assert_eq!(parts.concat(), text);
    }

    #[test]
    fn longer_text_never_needs_fewer_parts(text in any::<String>(), more in any::<char>()) {
        let before = segments(&text);
        let after = segments(&format!("{text}{more}"));
        prop_assert!(after.segments >= before.segments);
        prop_assert!(after.encoding == before.encoding || after.encoding == SmsEncoding::Ucs2);
    }
}
