//! The cursors of the memory store: positions as text, parsed strictly.

use std::fmt;
use std::str::FromStr;

use crate::Timestamp;
use crate::port::{Cursor, PortError, PortResult, RecordKey};

/// Parses one part of a cursor. Only its canonical text is accepted.
fn part<T: FromStr + fmt::Display>(text: Option<&str>) -> PortResult<T> {
    text.and_then(|text| Some((text, text.parse::<T>().ok()?)))
        .filter(|(text, value)| *text == value.to_string())
        .map(|(_, value)| value)
        .ok_or_else(|| {
            PortError::denied().because("malformed cursor, or a cursor of another listing")
        })
}

fn end<'a>(mut parts: impl Iterator<Item = &'a str>) -> PortResult<()> {
    match parts.next() {
        None => Ok(()),
        Some(_) => {
            Err(PortError::denied().because("malformed cursor, or a cursor of another listing"))
        }
    }
}

/// The key of the record after which a scan continues.
pub(super) fn read_key(cursor: &Cursor) -> PortResult<RecordKey> {
    part(Some(cursor.as_str()))
}

pub(super) fn write_key(key: &RecordKey) -> Cursor {
    Cursor::new(key.to_string())
}

/// The alarm after which a listing of due records continues.
pub(super) fn read_alarm(cursor: &Cursor) -> PortResult<(Timestamp, RecordKey)> {
    let mut parts = cursor.as_str().splitn(3, '.');
    let millis = part(parts.next())?;
    let key = part(parts.next())?;
    end(parts)?;
    Ok((Timestamp::from_unix_millis(millis), key))
}

pub(super) fn write_alarm((at, key): &(Timestamp, RecordKey)) -> Cursor {
    Cursor::new(format!("{}.{key}", at.unix_millis()))
}

/// The number after which a listing of a tenant's events continues.
pub(super) fn read_number(cursor: &Cursor) -> PortResult<u64> {
    part(Some(cursor.as_str()))
}

pub(super) fn write_number(number: u64) -> Cursor {
    Cursor::new(number.to_string())
}

/// The position of an event among those of its record: count, index, number.
///
/// The number orders events that share an id. An engine never writes such events, but a store that
/// dropped one would hide the mistake.
pub(super) type EventPosition = (u64, u16, u64);

pub(super) fn read_event(cursor: &Cursor) -> PortResult<EventPosition> {
    let mut parts = cursor.as_str().splitn(4, '.');
    let position = (part(parts.next())?, part(parts.next())?, part(parts.next())?);
    end(parts)?;
    Ok(position)
}

pub(super) fn write_event((count, index, number): EventPosition) -> Cursor {
    Cursor::new(format!("{count}.{index}.{number}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::port::PortErrorKind;

    #[test]
    fn a_cursor_is_parsed_to_its_position() {
        let key = RecordKey::from_bytes([0xab; 32]);
        let alarm = (Timestamp::from_unix_millis(-7), key);
        assert_eq!(read_key(&write_key(&key)).expect("own cursor"), key);
        assert_eq!(read_alarm(&write_alarm(&alarm)).expect("own"), alarm);
        assert_eq!(read_number(&write_number(7)).expect("own"), 7);
        assert_eq!(read_event(&write_event((1, 2, 3))).expect("own"), (1, 2, 3));
    }

    #[test]
    fn other_texts_are_denied() {
        let hex = "ab".repeat(32);
        for text in ["", " ", "x", "+1", "01", "1 ", "1.", "-1.", "18446744073709551616"] {
            let cursor = Cursor::new(text);
            let denied = |error: PortError| error.kind() == PortErrorKind::Denied;
            assert!(read_number(&cursor).is_err_and(denied), "number {text:?}");
            assert!(read_key(&cursor).is_err_and(denied), "key {text:?}");
            assert!(read_alarm(&cursor).is_err_and(denied), "alarm {text:?}");
            assert!(read_event(&cursor).is_err_and(denied), "event {text:?}");
        }
        for text in [format!("1.{hex}.1"), format!("+1.{hex}"), format!("1.{}", hex.to_uppercase())]
        {
            assert!(read_alarm(&Cursor::new(text.clone())).is_err(), "{text}");
        }
        assert!(read_event(&Cursor::new("1.2.3.4")).is_err());
        assert!(read_event(&Cursor::new("1.65536.3")).is_err());
    }
}
