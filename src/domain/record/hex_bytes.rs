//! Byte arrays as hexadecimal text in serde.

use data_encoding::HEXLOWER;
use serde::{Deserializer, Serializer};

use crate::domain::invalid::InvalidInput;
use crate::domain::record::serde_text;

/// The longest array, in bytes.
const LONGEST: usize = 32;

pub(crate) fn serialize<S: Serializer, const N: usize>(
    bytes: &[u8; N],
    to: S,
) -> Result<S::Ok, S::Error> {
    with_text(bytes, |text| to.serialize_str(text))
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>, const N: usize>(
    from: D,
) -> Result<[u8; N], D::Error> {
    serde_text::deserialize(from, |text| parse("hexadecimal text", text))
}

/// Reads `N` bytes of lower-case hexadecimal digits; `what` names them in the error.
pub(crate) fn parse<const N: usize>(
    what: &'static str,
    text: &str,
) -> Result<[u8; N], InvalidInput> {
    let malformed = InvalidInput::Malformed { what };
    let mut bytes = [0; N];
    // `decode_mut` panics unless the lengths fit.
    if text.len() != 2 * N {
        return Err(malformed);
    }
    match HEXLOWER.decode_mut(text.as_bytes(), &mut bytes) {
        Ok(_) => Ok(bytes),
        Err(_) => Err(malformed),
    }
}

/// Calls `then` with the digits, without an allocation.
pub(crate) fn with_text<T, const N: usize>(bytes: &[u8; N], then: impl FnOnce(&str) -> T) -> T {
    const { assert!(N <= LONGEST, "room for the digits") };
    let mut room = [0; 2 * LONGEST];
    let digits = &mut room[..2 * N];
    HEXLOWER.encode_mut(bytes, digits);
    // The digits are ASCII.
    then(std::str::from_utf8(digits).unwrap_or_default())
}
