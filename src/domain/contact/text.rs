//! Which characters an address may hold.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_public_assigned;

/// Whether a non-ASCII character is one that a reader sees and that stays what it is: assigned, no
/// space, not invisible, and no look-alike of ASCII punctuation, which a mail system that applies
/// NFKC would turn into a second `@` or a dot.
pub(super) fn is_plain(c: char) -> bool {
    is_public_assigned(c)
        && !c.is_whitespace()
        && !c.is_control()
        && !is_invisible(c)
        && !std::iter::once(c).nfkd().any(|part| part.is_ascii() && !part.is_ascii_alphanumeric())
}

/// Characters without a glyph of their own: Unicode's `Default_Ignorable_Code_Point` (joiners,
/// bidirectional controls, soft hyphen, variation selectors, tags, fillers), the annotation
/// characters and the blank Braille pattern.
const fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{AD}'
            | '\u{34F}'
            | '\u{61C}'
            | '\u{115F}'..='\u{1160}'
            | '\u{17B4}'..='\u{17B5}'
            | '\u{180B}'..='\u{180F}'
            | '\u{200B}'..='\u{200F}'
            | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}'
            | '\u{2800}'
            | '\u{3164}'
            | '\u{FE00}'..='\u{FE0F}'
            | '\u{FEFF}'
            | '\u{FFA0}'
            | '\u{FFF0}'..='\u{FFFB}'
            | '\u{1BCA0}'..='\u{1BCA3}'
            | '\u{1D173}'..='\u{1D17A}'
            | '\u{E0000}'..='\u{E0FFF}'
    )
}
