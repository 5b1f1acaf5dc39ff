//! The domain of a mail address.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::{context, punycode};
use crate::domain::invalid::InvalidInput;
use crate::domain::text::is_plain;

const MALFORMED: InvalidInput = InvalidInput::Malformed { what: "mail address" };

/// The longest domain and the longest label, in octets as DNS carries them (RFC 1035, 2.3.4).
const MAX_DOMAIN: usize = 253;
const MAX_LABEL: usize = 63;

/// Lower-cases a domain and checks it. The result is in NFC, and parsing it again gives the same.
///
/// Each code point is lower-cased by itself: the result must not depend on its neighbours, as that
/// of a final sigma would.
pub(super) fn parse(typed: &str) -> Result<String, InvalidInput> {
    let lower: String = typed.chars().flat_map(char::to_lowercase).nfc().collect();
    // A compatibility form (full-width, ligature) would be a second spelling of another domain,
    // which IDNA forbids (RFC 5892, 2.2).
    if !lower.is_ascii() && !lower.chars().eq(lower.nfkc()) {
        return Err(MALFORMED);
    }
    let domain = without_joiners(lower);
    if !domain.split('.').all(is_label)
        || is_number(&domain)
        || to_ascii(&domain).len() > MAX_DOMAIN
    {
        return Err(MALFORMED);
    }
    Ok(domain)
}

/// The domain with each label that contains a joiner as its A-label: an address is kept without
/// invisible characters.
fn without_joiners(domain: String) -> String {
    if !domain.contains(context::JOINERS) {
        return domain;
    }
    let whole = |label: &str| label.contains(context::JOINERS) && is_label(label);
    let kept = |label: &str| if whole(label) { a_label(label) } else { label.to_owned() };
    domain.split('.').map(kept).collect::<Vec<_>>().join(".")
}

/// The domain as DNS carries it: labels outside ASCII as A-labels (RFC 5890).
pub(super) fn to_ascii(domain: &str) -> String {
    let labels: Vec<String> = domain.split('.').map(a_label).collect();
    labels.join(".")
}

/// The prefix of an A-label (RFC 5890, 2.3.2.5).
const PREFIX: &str = "xn--";

/// Whether this is a label: letters, digits and inner hyphens (RFC 5321, 4.1.2), or letters, digits
/// and marks of any script (RFC 6531, 3.3).
fn is_label(label: &str) -> bool {
    let letters = !label.is_empty()
        && !label.starts_with('-')
        && !label.ends_with('-')
        && !label.starts_with(is_combining_mark)
        && label.char_indices().all(|(place, c)| is_allowed(label, place, c))
        && a_label(label).len() <= MAX_LABEL;
    letters && label.strip_prefix(PREFIX).is_none_or(is_encoded)
}

fn is_allowed(label: &str, place: usize, c: char) -> bool {
    match c {
        '-' => true,
        c if c.is_ascii() => c.is_ascii_alphanumeric(),
        c if context::is_contextual(c) => context::fits(label, place, c),
        // Exceptions by code point (RFC 5892, 2.6), and the jamos of old Hangul (2.9).
        '\u{6FD}' | '\u{6FE}' | '\u{F0B}' => true,
        '\u{640}' | '\u{7FA}' | '\u{302E}'..='\u{302F}' | '\u{3031}'..='\u{3035}' | '\u{303B}' => {
            false
        }
        '\u{1100}'..='\u{11FF}' | '\u{A960}'..='\u{A97F}' | '\u{D7B0}'..='\u{D7FF}' => false,
        c => is_plain(c) && (c.is_alphanumeric() || is_combining_mark(c)),
    }
}

/// Whether the text after `xn--` is the encoding of a label that is accepted in its own letters
/// (RFC 5891, 4.2.1 and 5.4).
fn is_encoded(encoded: &str) -> bool {
    let Some(label) = punycode::decode(encoded) else { return false };
    let stable = label.chars().nfkc().eq(label.chars())
        && label.chars().flat_map(char::to_lowercase).eq(label.chars());
    !label.is_ascii() && stable && punycode::encode(&label) == encoded && is_label(&label)
}

/// Whether the last label is a number, so that the domain could be an IPv4 address.
fn is_number(domain: &str) -> bool {
    let last = domain.rsplit('.').next().unwrap_or_default();
    last.bytes().all(|byte| byte.is_ascii_digit())
}

fn a_label(label: &str) -> String {
    if label.is_ascii() { label.to_owned() } else { format!("{PREFIX}{}", punycode::encode(label)) }
}
