//! Punycode (RFC 3492): labels with characters outside ASCII, in the letters of DNS.

const BASE: u32 = 36;
const T_MIN: u32 = 1;
const T_MAX: u32 = 26;

/// Encodes a label (6.3). No step overflows: a label has at most 254 code points, and 254 ·
/// 0x110000 fits into 32 bits.
pub(super) fn encode(label: &str) -> String {
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

/// Decodes the text after `xn--` (6.2); `None` for a text that is no encoding.
pub(super) fn decode(encoded: &str) -> Option<String> {
    let (basic, extended) = encoded.rsplit_once('-').unwrap_or(("", encoded));
    let mut label: Vec<char> = basic.chars().collect();
    let (mut n, mut place, mut bias) = (128_u32, 0_u32, 72_u32);
    let mut digits = extended.bytes();
    while digits.len() > 0 {
        let (before, mut weight, mut k) = (place, 1_u32, BASE);
        loop {
            let value = value(digits.next()?)?;
            place = place.checked_add(value.checked_mul(weight)?)?;
            let t = k.saturating_sub(bias).clamp(T_MIN, T_MAX);
            if value < t {
                break;
            }
            weight = weight.checked_mul(BASE - t)?;
            k += BASE;
        }
        let points = label.len() as u32 + 1;
        bias = adapt(place - before, points, before == 0);
        n = n.checked_add(place / points)?;
        place %= points;
        label.insert(place as usize, char::from_u32(n)?);
        place += 1;
    }
    Some(label.into_iter().collect())
}

/// The bias for the next delta (6.1).
const fn adapt(delta: u32, points: u32, first: bool) -> u32 {
    let mut delta = if first { delta / 700 } else { delta / 2 };
    delta += delta / points;
    let mut k = 0;
    while delta > (BASE - T_MIN) * T_MAX / 2 {
        delta /= BASE - T_MIN;
        k += BASE;
    }
    k + (BASE - T_MIN + 1) * delta / (delta + 38)
}

/// `a` to `z` for 0 to 25, `0` to `9` for 26 to 35.
fn digit(value: u32) -> char {
    char::from_digit((value + 10) % 36, 36).unwrap_or('0')
}

fn value(digit: u8) -> Option<u32> {
    match digit {
        b'a'..=b'z' => Some(u32::from(digit - b'a')),
        b'0'..=b'9' => Some(u32::from(digit - b'0') + 26),
        _ => None,
    }
}
