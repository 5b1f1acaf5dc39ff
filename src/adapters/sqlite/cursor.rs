//! Where a listing goes on. A cursor names the last row that was handed out.

use crate::domain::ids::RecordKey;
use crate::port::{Cursor, PortError, PortResult};

/// After this wake time and key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct AfterDue(pub(super) i64, pub(super) RecordKey);

/// After this key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct AfterKey(pub(super) RecordKey);

/// After this count, index and number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct AfterEvent(pub(super) i64, pub(super) i64, pub(super) i64);

/// After this number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct AfterNumber(pub(super) i64);

/// A position in a listing. The letter keeps one listing's cursor out of another.
pub(super) trait Position: Sized {
    fn to_text(&self) -> String;
    fn from_text(text: &str) -> Option<Self>;

    fn cursor(&self) -> Cursor {
        Cursor::new(self.to_text())
    }

    /// Reads a caller's cursor.
    fn parse(cursor: Option<&Cursor>) -> PortResult<Option<Self>> {
        let Some(cursor) = cursor else {
            return Ok(None);
        };
        let position = Self::from_text(cursor.as_str())
            .ok_or_else(|| PortError::denied().because("a cursor of another listing"))?;
        Ok(Some(position))
    }
}

impl Position for AfterDue {
    fn to_text(&self) -> String {
        format!("d.{}.{}", self.0, self.1)
    }

    fn from_text(text: &str) -> Option<Self> {
        let (at, key) = text.strip_prefix("d.")?.split_once('.')?;
        Some(Self(at.parse().ok()?, key.parse().ok()?))
    }
}

impl Position for AfterKey {
    fn to_text(&self) -> String {
        format!("k.{}", self.0)
    }

    fn from_text(text: &str) -> Option<Self> {
        Some(Self(text.strip_prefix("k.")?.parse().ok()?))
    }
}

impl Position for AfterEvent {
    fn to_text(&self) -> String {
        format!("e.{}.{}.{}", self.0, self.1, self.2)
    }

    fn from_text(text: &str) -> Option<Self> {
        let (count, rest) = text.strip_prefix("e.")?.split_once('.')?;
        let (index, number) = rest.split_once('.')?;
        Some(Self(count.parse().ok()?, index.parse().ok()?, number.parse().ok()?))
    }
}

impl Position for AfterNumber {
    fn to_text(&self) -> String {
        format!("n.{}", self.0)
    }

    fn from_text(text: &str) -> Option<Self> {
        Some(Self(text.strip_prefix("n.")?.parse().ok()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::port::PortErrorKind;

    #[test]
    fn a_position_comes_back_as_it_was() {
        let key = RecordKey::from_bytes([0xab; 32]);
        let due = AfterDue(-5, key);
        assert_eq!(AfterDue::from_text(&due.to_text()), Some(due));
        let event = AfterEvent(i64::MAX, 65_535, 1);
        assert_eq!(AfterEvent::from_text(&event.to_text()), Some(event));
        assert!(due.to_text().len() <= 256);
        assert!(event.to_text().len() <= 256);
    }

    #[test]
    fn anything_else_is_refused() {
        for text in ["", "d.", "d.1", "d.1.zz", "k.12", "e.1.2", "n.", "n.x", "é"] {
            let cursor = Cursor::new(text);
            let kinds = [
                AfterDue::parse(Some(&cursor)).err(),
                AfterKey::parse(Some(&cursor)).err(),
                AfterEvent::parse(Some(&cursor)).err(),
                AfterNumber::parse(Some(&cursor)).err(),
            ];
            for error in kinds {
                let kind = error.map(|error| error.kind());
                assert_eq!(kind, Some(PortErrorKind::Denied), "{text}");
            }
        }
    }
}
