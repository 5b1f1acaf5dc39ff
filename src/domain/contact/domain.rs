//! The domain of a mail address.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::domain::invalid::InvalidInput;
use crate::domain::text::is_plain;

const MALFORMED: InvalidInput = InvalidInput::Malformed { what: "mail address" };

/// The longest domain and the longest label, in octets as DNS carries them (RFC 1035, 2.3.4).
const MAX_DOMAIN: usize = 253;
const MAX_LABEL: usize = 63;

/// Lower-cases a domain and checks it. What it returns is NFC and stays the same when given again.
///
/// Each code point is lower-cased by itself: the form must not depend on its neighbours, as that of
/// a final sigma would.
pub(super) fn parse(typed: &str) -> Result<String, InvalidInput> {
    let domain: String = typed.chars().flat_map(char::to_lowercase).nfc().collect();
    // A compatibility form (full-width, ligature) is a second spelling of another domain: IDNA
    // forbids it (RFC 5892, 2.2).
    if !domain.is_ascii() && !domain.chars().eq(domain.nfkc()) {
        return Err(MALFORMED);
    }
    if !domain.split('.').all(is_label)
        || is_number(&domain)
        || to_ascii(&domain).len() > MAX_DOMAIN
    {
        return Err(MALFORMED);
    }
    Ok(domain)
}

/// The domain as DNS carries it: labels outside ASCII as A-labels (RFC 5890).
pub(super) fn to_ascii(domain: &str) -> String {
    let labels: Vec<String> = domain.split('.').map(a_label).collect();
    labels.join(".")
}

/// Letters, digits and inner hyphens (RFC 5321, 4.1.2), or letters, digits and marks of any script
/// (RFC 6531, 3.3).
fn is_label(label: &str) -> bool {
    !label.is_empty()
        && !label.starts_with('-')
        && !label.ends_with('-')
        && !label.starts_with(is_combining_mark)
        && label.chars().all(|c| match c {
            '-' => true,
            c if c.is_ascii() => c.is_ascii_alphanumeric(),
            c => is_plain(c) && (c.is_alphanumeric() || is_combining_mark(c)),
        })
        && a_label(label).len() <= MAX_LABEL
}

/// Whether the last label is a number, so that the whole reads as an IPv4 address.
fn is_number(domain: &str) -> bool {
    let last = domain.rsplit('.').next().unwrap_or_default();
    last.bytes().all(|byte| byte.is_ascii_digit())
}

fn a_label(label: &str) -> String {
    if label.is_ascii() { label.to_owned() } else { format!("xn--{}", punycode(label)) }
}

/// Encodes a label (RFC 3492, 6.3). No step can overflow: a label has at most 254 code points, and
/// 254 · 0x110000 fits.
fn punycode(label: &str) -> String {
    const BASE: u32 = 36;
    const T_MIN: u32 = 1;
    const T_MAX: u32 = 26;
    let length = label.chars().count() as u32;
    let mut encoded: String = label.chars().filter(char::is_ascii).collect();
    let basic = encoded.len() as u32;
    if basic > 0 {
        encoded.push('-');
    }
    let (mut n, mut delta, mut bias, mut handled) = (128_u32, 0_u32, 72_u32, basic);
    while handled < length {
        let next = label.chars().map(u32::from).filter(|&code| code >= n).min().unwrap_or(n);
        delta += (next - n) * (handled + 1);
        n = next;
        for code in label.chars().map(u32::from) {
            if code < n {
                delta += 1;
            }
            if code != n {
                continue;
            }
            let (mut q, mut k) = (delta, BASE);
            loop {
                let t = k.saturating_sub(bias).clamp(T_MIN, T_MAX);
                if q < t {
                    break;
                }
                encoded.push(digit(t + (q - t) % (BASE - t)));
                q = (q - t) / (BASE - t);
                k += BASE;
            }
            encoded.push(digit(q));
            bias = adapt(delta, handled + 1, handled == basic);
            delta = 0;
            handled += 1;
        }
        delta += 1;
        n += 1;
    }
    encoded
}

/// The bias for the next delta (RFC 3492, 6.1).
const fn adapt(delta: u32, points: u32, first: bool) -> u32 {
    let mut delta = if first { delta / 700 } else { delta / 2 };
    delta += delta / points;
    let mut k = 0;
    while delta > (36 - 1) * 26 / 2 {
        delta /= 36 - 1;
        k += 36;
    }
    k + (36 - 1 + 1) * delta / (delta + 38)
}

/// `a` to `z` for 0 to 25, `0` to `9` for 26 to 35.
fn digit(value: u32) -> char {
    char::from_digit((value + 10) % 36, 36).unwrap_or('0')
}
