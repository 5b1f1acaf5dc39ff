//! National numbering: which digits of an international number are dialled, and when two numbers
//! reach one phone.
//!
//! The tables cover the spelling of numbers only: trunk prefixes that people keep after the country
//! code, and renumberings after which an old and a new form name one line. A library with the
//! numbering plans of the world needs forty crates, as many as the rest of the default build. It
//! would also judge which numbers exist, which only the gateway knows and which changes every
//! month. Checked against libphonenumber's metadata 9.0.43.

/// Country codes of two digits (ITU-T E.164, list of assigned codes). 1 and 7 have one digit, all
/// others three.
const TWO_DIGITS: [u8; 44] = [
    20, 27, 30, 31, 32, 33, 34, 36, 39, 40, 41, 43, 44, 45, 46, 47, 48, 49, 51, 52, 53, 54, 55, 56,
    57, 58, 60, 61, 62, 63, 64, 65, 66, 81, 82, 84, 86, 90, 91, 92, 93, 94, 95, 98,
];

/// Codes whose trunk prefix is `0` and whose numbers never begin with it: a zero after the code is
/// always the prefix.
const TRUNK_ZERO: [u16; 104] = [
    20, 27, 31, 32, 33, 40, 41, 43, 44, 46, 49, 51, 53, 54, 55, 57, 58, 60, 61, 62, 63, 64, 66, 81,
    82, 84, 86, 90, 91, 92, 93, 94, 95, 98, 211, 212, 213, 218, 231, 232, 233, 234, 243, 249, 250,
    251, 252, 254, 255, 256, 260, 261, 262, 263, 264, 265, 291, 353, 355, 358, 359, 370, 373, 374,
    375, 377, 380, 381, 382, 383, 385, 386, 387, 389, 421, 423, 508, 590, 591, 593, 594, 595, 596,
    598, 686, 850, 855, 856, 880, 886, 961, 962, 963, 964, 966, 967, 970, 971, 972, 976, 977, 994,
    995, 996,
];

/// Codes with numbers that may begin with a zero of their own: Italy and the plans that follow it,
/// and plans without a trunk prefix.
const OWN_ZERO: [u16; 17] =
    [39, 47, 225, 227, 229, 241, 242, 267, 268, 378, 379, 501, 676, 679, 687, 853, 672];

/// The number of digits of the country code.
pub(super) fn country_code(digits: &str) -> usize {
    let two = digits.get(..2).and_then(|code| code.parse::<u8>().ok());
    match digits.as_bytes().first() {
        Some(b'1' | b'7') => 1,
        _ if two.is_some_and(|code| TWO_DIGITS.contains(&code)) => 2,
        _ => 3.min(digits.len()),
    }
}

/// Whether a zero in brackets after the country code, as in `+39 (0)6`, is dialled from abroad.
pub(super) fn has_own_zero(code: &str) -> bool {
    code.parse().is_ok_and(|code| OWN_ZERO.contains(&code))
}

/// The digits without a trunk prefix, if that is certainly no part of the number.
pub(super) fn dialled(digits: &str) -> String {
    let (code, national) = digits.split_at(country_code(digits));
    format!("{code}{}", without_trunk(code.parse().unwrap_or(0), national))
}

fn without_trunk(code: u16, national: &str) -> &str {
    // A prefix other than zero is recognised by the length: with it, the number is too long.
    let after = |prefix: &str, length: usize| {
        national.strip_prefix(prefix).filter(|rest| rest.len() == length)
    };
    let by_length = match code {
        1 => after("1", 10),
        7 => after("8", 10).or_else(|| after("0", 10)),
        36 => after("06", 9).or_else(|| after("06", 8)),
        52 => ["01", "044", "045"].iter().find_map(|prefix| after(prefix, 10)),
        370 => after("8", 8),
        375 => after("80", 9).or_else(|| after("8", 9)),
        692 => after("1", 7),
        993 => after("8", 8),
        998 => after("8", 9),
        _ => None,
    };
    match by_length {
        Some(rest) => rest,
        None if TRUNK_ZERO.contains(&code) => national.trim_start_matches('0'),
        None => national,
    }
}

/// The digits in which all spellings of one line are equal. Numbers that may be one line count as
/// one: two gates at one phone are worse than a refused second number.
pub(super) fn identity(digits: &str) -> String {
    let digits = dialled(digits);
    let (code, whole) = digits.split_at(country_code(&digits));
    // In some plans numbers begin, or began, with a zero: with and without it, they are one number.
    let national = whole.trim_start_matches('0');
    let last = |count: usize| {
        let tail = whole.get(whole.len().saturating_sub(count)..);
        tail.map(|tail| tail.trim_start_matches('0').to_owned())
    };
    let number = match (code, national.len()) {
        // Mobile prefixes that are dialled from abroad only, or no longer.
        ("52", 11) => national.strip_prefix('1').map(str::to_owned),
        ("54", 10..) => Some(argentina(national)),
        // The ninth digit of mobile numbers (introduced from 2012 to 2016), and a carrier code
        // before them.
        ("55", 10..) => Some(brazil(national)),
        ("84", 10) => vietnam(national),
        ("57", 8) => Some(format!("60{national}")),
        // Renumberings that put digits in front of the old numbers.
        ("56" | "212" | "224" | "225" | "229" | "237" | "593", _) => last(8),
        ("228" | "230" | "241" | "974", _) => last(7),
        ("378", _) => last(6),
        _ => None,
    };
    format!("{code}{}", number.as_deref().unwrap_or(national))
}

/// Mobile numbers begin with 9 from abroad, and have 15 after the area code within the country.
fn argentina(number: &str) -> String {
    let national = number.strip_prefix('9').filter(|rest| rest.len() >= 10).unwrap_or(number);
    if national.len() == 12 {
        let areas = if national.starts_with("11") { 2..=2 } else { 3..=4 };
        for area in areas {
            let (front, back) = national.split_at(area);
            if let Some(rest) = back.strip_prefix("15") {
                return format!("{front}{rest}");
            }
        }
    }
    national.to_owned()
}

fn brazil(national: &str) -> String {
    let carrier = national.get(2..).filter(|_| matches!(national.len(), 12 | 13));
    let national = carrier.unwrap_or(national);
    match (national.get(..2), national.get(2..)) {
        (Some(area), Some(line)) if line.len() == 8 && line.starts_with(['6', '7', '8', '9']) => {
            format!("{area}9{line}")
        }
        _ => national.to_owned(),
    }
}

/// The renumbering of 2018: mobile prefixes of three digits became two.
fn vietnam(national: &str) -> Option<String> {
    const PREFIXES: [(&str, &str); 22] = [
        ("120", "70"),
        ("121", "79"),
        ("122", "77"),
        ("126", "76"),
        ("128", "78"),
        ("123", "83"),
        ("124", "84"),
        ("125", "85"),
        ("127", "81"),
        ("129", "82"),
        ("162", "32"),
        ("163", "33"),
        ("164", "34"),
        ("165", "35"),
        ("166", "36"),
        ("167", "37"),
        ("168", "38"),
        ("169", "39"),
        ("182", "52"),
        ("186", "56"),
        ("188", "58"),
        ("199", "59"),
    ];
    PREFIXES
        .iter()
        .find_map(|(old, new)| national.strip_prefix(old).map(|rest| format!("{new}{rest}")))
}
