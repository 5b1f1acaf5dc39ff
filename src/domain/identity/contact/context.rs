//! Characters that a label may contain in some places only (RFC 5892, appendix A).
//!
//! The crate `idna` is not used: with its tables it needs two dozen crates, more than half as many
//! as the whole default build, and it implements the rules for joiners only.

use unicode_normalization::char::{canonical_combining_class, is_combining_mark};

/// The joiners: invisible characters that separate or join the letters around them.
pub(super) const JOINERS: [char; 2] = ['\u{200C}', '\u{200D}'];

pub(super) const fn is_contextual(c: char) -> bool {
    matches!(
        c,
        '\u{B7}' | '\u{375}' | '\u{5F3}' | '\u{5F4}' | '\u{660}'..='\u{669}' | '\u{6F0}'..='\u{6F9}'
            | '\u{200C}' | '\u{200D}' | '\u{30FB}'
    )
}

/// Whether the contextual character `c` is allowed at this place of a label.
pub(super) fn fits(label: &str, place: usize, c: char) -> bool {
    let before = label.get(..place).and_then(|text| text.chars().next_back());
    let after = label.get(place + c.len_utf8()..).and_then(|text| text.chars().next());
    match c {
        // A.3: the l geminada of Catalan.
        '\u{B7}' => before == Some('l') && after == Some('l'),
        // A.4 to A.6.
        '\u{375}' => after.is_some_and(is_greek),
        '\u{5F3}' | '\u{5F4}' => before.is_some_and(is_hebrew),
        // A.7.
        '\u{30FB}' => label.chars().any(is_kana_or_han),
        // A.8 and A.9: only one kind of Arabic digits in a label.
        '\u{660}'..='\u{669}' => !label.contains(|c| matches!(c, '\u{6F0}'..='\u{6F9}')),
        '\u{6F0}'..='\u{6F9}' => !label.contains(|c| matches!(c, '\u{660}'..='\u{669}')),
        // A.1 and A.2.
        '\u{200C}' => before.is_some_and(is_virama) || parts_joined_letters(label, place, c),
        '\u{200D}' => before.is_some_and(is_virama),
        _ => false,
    }
}

fn is_virama(c: char) -> bool {
    canonical_combining_class(c) == 9
}

/// Whether this place is between a letter that joins on its left and one that joins on its right,
/// with only marks between.
fn parts_joined_letters(label: &str, place: usize, c: char) -> bool {
    let mark = |c: &char| is_combining_mark(*c);
    let before = label.get(..place).and_then(|text| text.chars().rev().find(|c| !mark(c)));
    let after = label.get(place + c.len_utf8()..).and_then(|text| text.chars().find(|c| !mark(c)));
    let dual = |c: char| within(&DUAL_JOINING, c);
    before.is_some_and(dual) && after.is_some_and(|c| dual(c) || within(&RIGHT_JOINING, c))
}

fn within(ranges: &[(u16, u16)], c: char) -> bool {
    u16::try_from(u32::from(c)).is_ok_and(|code| {
        let place = ranges.partition_point(|&(_, last)| last < code);
        ranges.get(place).is_some_and(|&(first, _)| first <= code)
    })
}

const fn is_greek(c: char) -> bool {
    matches!(c, '\u{370}'..='\u{373}' | '\u{375}'..='\u{3E1}' | '\u{3F0}'..='\u{3FF}' | '\u{1F00}'..='\u{1FFE}')
}

const fn is_hebrew(c: char) -> bool {
    matches!(c, '\u{591}'..='\u{5C7}' | '\u{5D0}'..='\u{5EA}' | '\u{5EF}'..='\u{5F4}' | '\u{FB1D}'..='\u{FB4F}')
}

const fn is_kana_or_han(c: char) -> bool {
    matches!(
        c,
        '\u{3005}' | '\u{3007}' | '\u{3021}'..='\u{3029}' | '\u{3041}'..='\u{3096}' | '\u{309D}'..='\u{309F}'
            | '\u{30A1}'..='\u{30FA}' | '\u{30FD}'..='\u{30FF}' | '\u{31F0}'..='\u{31FF}'
            | '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}'
            | '\u{1B000}'..='\u{1B16F}' | '\u{20000}'..='\u{3FFFF}'
    )
}

/// Letters of the basic plane that join on both sides or on the left (Unicode 15.0, Joining_Type D
/// and L), as ranges.
const DUAL_JOINING: [(u16, u16); 48] = [
    (0x620, 0x620),
    (0x626, 0x626),
    (0x628, 0x628),
    (0x62A, 0x62E),
    (0x633, 0x63F),
    (0x641, 0x647),
    (0x649, 0x64A),
    (0x66E, 0x66F),
    (0x678, 0x687),
    (0x69A, 0x6BF),
    (0x6C1, 0x6C2),
    (0x6CC, 0x6CC),
    (0x6CE, 0x6CE),
    (0x6D0, 0x6D1),
    (0x6FA, 0x6FC),
    (0x6FF, 0x6FF),
    (0x712, 0x714),
    (0x71A, 0x71D),
    (0x71F, 0x727),
    (0x729, 0x729),
    (0x72B, 0x72B),
    (0x72D, 0x72E),
    (0x74E, 0x758),
    (0x75C, 0x76A),
    (0x76D, 0x770),
    (0x772, 0x772),
    (0x775, 0x777),
    (0x77A, 0x77F),
    (0x7CA, 0x7EA),
    (0x841, 0x845),
    (0x848, 0x848),
    (0x84A, 0x853),
    (0x855, 0x855),
    (0x860, 0x860),
    (0x862, 0x865),
    (0x868, 0x868),
    (0x886, 0x886),
    (0x889, 0x88D),
    (0x8A0, 0x8A9),
    (0x8AF, 0x8B0),
    (0x8B3, 0x8B8),
    (0x8BA, 0x8C8),
    (0x1807, 0x1807),
    (0x1820, 0x1878),
    (0x1887, 0x18A8),
    (0x18AA, 0x18AA),
    (0xA840, 0xA871),
    (0xA872, 0xA872),
];

/// Letters that join on the right only (Joining_Type R).
const RIGHT_JOINING: [(u16, u16); 41] = [
    (0x622, 0x625),
    (0x627, 0x627),
    (0x629, 0x629),
    (0x62F, 0x632),
    (0x648, 0x648),
    (0x671, 0x673),
    (0x675, 0x677),
    (0x688, 0x699),
    (0x6C0, 0x6C0),
    (0x6C3, 0x6CB),
    (0x6CD, 0x6CD),
    (0x6CF, 0x6CF),
    (0x6D2, 0x6D3),
    (0x6D5, 0x6D5),
    (0x6EE, 0x6EF),
    (0x710, 0x710),
    (0x715, 0x719),
    (0x71E, 0x71E),
    (0x728, 0x728),
    (0x72A, 0x72A),
    (0x72C, 0x72C),
    (0x72F, 0x72F),
    (0x74D, 0x74D),
    (0x759, 0x75B),
    (0x76B, 0x76C),
    (0x771, 0x771),
    (0x773, 0x774),
    (0x778, 0x779),
    (0x840, 0x840),
    (0x846, 0x847),
    (0x849, 0x849),
    (0x854, 0x854),
    (0x856, 0x858),
    (0x867, 0x867),
    (0x869, 0x86A),
    (0x870, 0x882),
    (0x88E, 0x88E),
    (0x8AA, 0x8AC),
    (0x8AE, 0x8AE),
    (0x8B1, 0x8B2),
    (0x8B9, 0x8B9),
];
