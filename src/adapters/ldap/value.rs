//! Values of attributes: identifiers, times, names.

use data_encoding::HEXLOWER_PERMISSIVE;
use time::{Date, Month, Time};
use unicode_normalization::UnicodeNormalization as _;

use crate::Timestamp;

/// The text of a GUID, whose first three parts are stored with their last byte first.
pub(super) fn guid_text(mut bytes: [u8; 16]) -> String {
    swap(&mut bytes);
    let hex = HEXLOWER_PERMISSIVE.encode(&bytes);
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

/// The stored bytes of a GUID that is written as [`guid_text`] writes it. `None` for other text.
pub(super) fn guid_bytes(text: &str) -> Option<[u8; 16]> {
    let hex: String = text.split('-').collect();
    let mut bytes: [u8; 16] = HEXLOWER_PERMISSIVE.decode(hex.as_bytes()).ok()?.try_into().ok()?;
    swap(&mut bytes);
    (guid_text(bytes) == text).then_some(bytes)
}

fn swap(bytes: &mut [u8; 16]) {
    bytes[..4].reverse();
    bytes[4..6].reverse();
    bytes[6..8].reverse();
}

/// The text of a security identifier, such as `S-1-5-32-544`.
pub(super) fn sid_text(bytes: &[u8]) -> Option<String> {
    let (&[1, parts, authority @ ..], rest) = bytes.split_first_chunk::<8>()? else {
        return None;
    };
    let numbers = rest.as_chunks::<4>();
    if numbers.0.len() != usize::from(parts) || !numbers.1.is_empty() {
        return None;
    }
    let number = authority.iter().fold(0, |sum: u64, byte| sum << 8 | u64::from(*byte));
    let mut text = format!("S-1-{number}");
    for number in numbers.0 {
        text.push_str(&format!("-{}", u32::from_le_bytes(*number)));
    }
    Some(text)
}

/// A time of Active Directory, in tenths of microseconds since 1601. Zero and the largest number mean
/// that there is none.
pub(super) fn file_time(value: i64) -> Option<Timestamp> {
    const UNIX_EPOCH: i64 = 116_444_736_000_000_000;
    if value <= 0 || value == i64::MAX {
        return None;
    }
    Some(Timestamp::from_unix_millis((value - UNIX_EPOCH) / 10_000))
}

/// A time as `20261130123456Z`, with or without a fraction.
pub(super) fn generalized_time(text: &str) -> Option<Timestamp> {
    let (whole, _fraction) = text.strip_suffix('Z')?.split_at_checked(14)?;
    let number = |from: usize, to: usize| whole.get(from..to)?.parse::<u8>().ok();
    let month = Month::try_from(number(4, 6)?).ok()?;
    let date =
        Date::from_calendar_date(whole.get(..4)?.parse().ok()?, month, number(6, 8)?).ok()?;
    let time = Time::from_hms(number(8, 10)?, number(10, 12)?, number(12, 14)?).ok()?;
    Some(Timestamp::from_unix_seconds(date.with_time(time).assume_utc().unix_timestamp()))
}

/// Two spellings of one name have the same folded form.
pub(super) fn folded(name: &str) -> String {
    name.nfc().flat_map(char::to_lowercase).nfc().collect()
}

/// The name of an entry in one spelling: without case and without spaces after commas.
pub(super) fn folded_name(name: &str) -> String {
    let parts: Vec<_> = name.split(',').map(|part| part.trim_start()).collect();
    folded(&parts.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guid_is_read_back_in_one_spelling_only() {
        let text = "6e7b768e-07e2-4810-8459-485f84f8f204";
        let bytes = guid_bytes(text).expect("a GUID");
        assert_eq!(bytes[..8], [0x8e, 0x76, 0x7b, 0x6e, 0xe2, 0x07, 0x10, 0x48]);
        assert_eq!(guid_text(bytes), text);
        for other in [&text.to_uppercase(), &text.replace('-', ""), &text[1..], "", "*"] {
            assert_eq!(guid_bytes(other), None, "{other}");
        }
    }

    #[test]
    fn a_security_identifier_is_text() {
        let administrators = [1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 32, 2, 0, 0];
        assert_eq!(sid_text(&administrators).as_deref(), Some("S-1-5-32-544"));
        assert_eq!(sid_text(&administrators[..15]), None);
    }

    #[test]
    fn times_of_both_servers_are_read() {
        let at = Timestamp::from_unix_seconds(1_764_506_096);
        assert_eq!(generalized_time("20251130123456Z"), Some(at));
        assert_eq!(generalized_time("20251130123456.123456Z"), Some(at));
        assert_eq!(file_time(134_089_796_960_000_000), Some(at));
        for text in ["000001010000Z", "", "20251330123456Z", "20251130123456"] {
            assert_eq!(generalized_time(text), None, "{text}");
        }
        assert_eq!((file_time(0), file_time(i64::MAX)), (None, None));
    }

    #[test]
    fn only_case_and_form_are_folded() {
        assert_eq!(folded("ZO\u{cb}"), folded("zoe\u{308}"));
        assert_ne!(folded("zoe"), folded("zo\u{eb}"));
        assert_eq!(folded_name("CN=Ada, OU=Staff"), "cn=ada,ou=staff");
    }
}
