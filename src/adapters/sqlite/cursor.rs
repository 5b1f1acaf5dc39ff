//! The cursors of listings of events; the other cursors are shared with PostgreSQL.

pub(super) use crate::adapters::cursor::{AfterDue, AfterKey, Position};

/// Continues after this count, index and number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct AfterEvent(pub(super) i64, pub(super) i64, pub(super) i64);

/// Continues after this number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct AfterNumber(pub(super) i64);

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
    use crate::port::RecordKey;
    use crate::port::{Cursor, PortErrorKind};

    #[test]
    fn a_cursor_is_parsed_to_its_position() {
        let key = RecordKey::from_bytes([0xab; 32]);
        let due = AfterDue(-5, key);
        assert_eq!(AfterDue::from_text(&due.to_text()), Some(due));
        let event = AfterEvent(i64::MAX, 65_535, 1);
        assert_eq!(AfterEvent::from_text(&event.to_text()), Some(event));
        assert!(due.to_text().len() <= 256);
        assert!(event.to_text().len() <= 256);
    }

    #[test]
    fn other_texts_are_refused() {
        for text in
            ["", "d.", "d.1", "d.1.zz", "k.12", "e.1.2", "e.+1.2.3", "n.", "n.x", "n.01", "é"]
        {
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
