//! The size of a text message.
//!
//! A text message has 140 bytes: 160 characters of the GSM alphabet (3GPP TS 23.038, 7 bits each)
//! or, if one character is not in that alphabet, 70 units of 16 bits. A longer text is sent in
//! parts of 153 or 67, which the phone joins; each part is charged.

/// The encoding of a text message.
///
/// ```
/// use sspr::adapters::render::sms::{SmsEncoding, segments};
///
/// assert_eq!(segments("Grüße").encoding, SmsEncoding::Gsm7);
/// assert_eq!(segments("Hälfte ½").encoding, SmsEncoding::Ucs2);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum SmsEncoding {
    /// The GSM alphabet with its extension, seven bits per unit.
    Gsm7,
    /// UTF-16, which phones treat as UCS-2: sixteen bits per unit.
    Ucs2,
}

impl SmsEncoding {
    /// The capacity of a message of one part, in units.
    const fn whole(self) -> usize {
        match self {
            Self::Gsm7 => 160,
            Self::Ucs2 => 70,
        }
    }

    /// The capacity of one part of several, in units: a header of six bytes numbers the part.
    const fn part(self) -> usize {
        match self {
            Self::Gsm7 => 153,
            Self::Ucs2 => 67,
        }
    }
}

/// The size of a text message, from [`segments`].
///
/// ```
/// use sspr::adapters::render::sms::segments;
///
/// let size = segments("482139 is your code.");
/// assert_eq!((size.units, size.segments), (20, 1));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub struct SmsSize {
    /// The encoding.
    pub encoding: SmsEncoding,
    /// Its length: septets in GSM-7, units of 16 bits in UCS-2.
    pub units: usize,
    /// How many parts it needs, at least 1.
    pub segments: usize,
}

/// Measures a text message.
///
/// Exact for phones and gateways without national shift tables. One character outside the GSM
/// alphabet turns the whole text into UCS-2. `^ { } \ [ ~ ] | €` count as two units in GSM-7. A
/// character of two units is not split between parts, so a part may hold one unit less.
///
/// ```
/// use sspr::adapters::render::sms::segments;
///
/// assert_eq!(segments(&"a".repeat(160)).segments, 1);
/// assert_eq!(segments(&"a".repeat(161)).segments, 2);
/// assert_eq!(segments(&"a".repeat(71)).segments, 1);
/// assert_eq!(segments(&"ı".repeat(71)).segments, 2);
/// ```
#[must_use]
pub fn segments(text: &str) -> SmsSize {
    let gsm: Option<usize> = text.chars().map(septets).sum();
    let encoding = if gsm.is_some() { SmsEncoding::Gsm7 } else { SmsEncoding::Ucs2 };
    let units = gsm.unwrap_or_else(|| text.chars().map(char::len_utf16).sum());
    let segments = if units <= encoding.whole() { 1 } else { parts(text, encoding) };
    SmsSize { encoding, units, segments }
}

/// The number of parts of a text that needs several.
fn parts(text: &str, encoding: SmsEncoding) -> usize {
    let (mut parts, mut filled) = (1, 0);
    for character in text.chars() {
        let width = match encoding {
            SmsEncoding::Gsm7 => septets(character).unwrap_or_default(),
            SmsEncoding::Ucs2 => character.len_utf16(),
        };
        if filled + width > encoding.part() {
            parts += 1;
            filled = 0;
        }
        filled += width;
    }
    parts
}

/// How many septets a character takes in GSM-7: 1, or 2 with the escape; `None` if it is not in the
/// alphabet.
pub(super) fn septets(character: char) -> Option<usize> {
    if BASIC.contains(character) {
        Some(1)
    } else if EXTENSION.contains(character) {
        Some(2)
    } else {
        None
    }
}

/// 3GPP TS 23.038, 6.2.1, in its order, without the escape at 0x1B.
const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?\
                     ¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";

/// 3GPP TS 23.038, 6.2.1.1.
const EXTENSION: &str = "\u{c}^{}\\[~]|€";

#[cfg(test)]
#[path = "sms_tests.rs"]
mod tests;
