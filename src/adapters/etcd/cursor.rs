//! Cursors: fixed bytes as text, after a letter that differs for each listing, so that no other
//! listing accepts them.

use data_encoding::BASE64URL_NOPAD;

use crate::port::{Cursor, PortError, PortResult};

pub(super) fn write(letter: char, bytes: &[u8]) -> Cursor {
    Cursor::new(format!("{letter}.{}", BASE64URL_NOPAD.encode(bytes)))
}

/// Parses a caller's cursor of exactly `N` bytes.
pub(super) fn read<const N: usize>(
    letter: char,
    cursor: Option<&Cursor>,
) -> PortResult<Option<[u8; N]>> {
    let Some(cursor) = cursor else {
        return Ok(None);
    };
    cursor
        .as_str()
        .strip_prefix(letter)
        .and_then(|rest| rest.strip_prefix('.'))
        .and_then(|text| BASE64URL_NOPAD.decode(text.as_bytes()).ok())
        .and_then(|bytes| bytes.try_into().ok())
        .map(Some)
        .ok_or_else(|| {
            PortError::denied().because("malformed cursor, or a cursor of another listing")
        })
}

/// Eight bytes from this offset as a number.
pub(super) fn number(bytes: &[u8], from: usize) -> u64 {
    let number = bytes.get(from..).and_then(<[u8]>::first_chunk);
    number.map_or(0, |bytes| u64::from_be_bytes(*bytes))
}

/// Thirty-two bytes from this offset as a key.
pub(super) fn key(bytes: &[u8], from: usize) -> crate::port::RecordKey {
    let key = bytes.get(from..).and_then(<[u8]>::first_chunk);
    crate::port::RecordKey::from_bytes(key.copied().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::port::PortErrorKind;

    #[test]
    fn a_cursor_is_read_back_and_no_other_text_is() {
        let cursor = write('e', &[0xab; 10]);
        assert_eq!(read('e', Some(&cursor)).expect("read"), Some([0xab; 10]));
        let other =
            ["", "e", "e.", "d.q6urq6urq6urqw", "e.q6urq6urq6urq", "e.\u{e9}", "e.q6urq6urq6urqw="];
        for text in other {
            let cursor = Cursor::new(text);
            let kind = read::<10>('e', Some(&cursor)).map_err(|error| error.kind());
            assert_eq!(kind, Err(PortErrorKind::Denied), "{text}");
        }
    }
}
