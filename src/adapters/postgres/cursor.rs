//! The cursor of a listing of events; the other cursors are shared with SQLite.

use data_encoding::BASE64URL_NOPAD;

use super::BUCKETS;
pub(super) use crate::adapters::cursor::{AfterDue, AfterKey, Position};

/// Continues after this count, index and position.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct AfterEvent(pub(super) i64, pub(super) i32, pub(super) i64);

/// Continues after this position in each bucket. The length of this cursor limits the number of
/// buckets.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct AfterPositions(pub(super) [i64; BUCKETS as usize]);

impl Position for AfterEvent {
    fn to_text(&self) -> String {
        format!("e.{}.{}.{}", self.0, self.1, self.2)
    }

    fn from_text(text: &str) -> Option<Self> {
        let (count, rest) = text.strip_prefix("e.")?.split_once('.')?;
        let (index, position) = rest.split_once('.')?;
        Some(Self(count.parse().ok()?, index.parse().ok()?, position.parse().ok()?))
    }
}

impl Position for AfterPositions {
    fn to_text(&self) -> String {
        let bytes: Vec<u8> = self.0.iter().flat_map(|position| position.to_be_bytes()).collect();
        format!("p.{}", BASE64URL_NOPAD.encode(&bytes))
    }

    fn from_text(text: &str) -> Option<Self> {
        let bytes = BASE64URL_NOPAD.decode(text.strip_prefix("p.")?.as_bytes()).ok()?;
        let (parts, rest) = bytes.as_chunks::<8>();
        let positions: Vec<i64> = parts.iter().map(|part| i64::from_be_bytes(*part)).collect();
        let whole = rest.is_empty() && positions.iter().all(|position| *position >= 0);
        whole.then_some(Self(positions.try_into().ok()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::port::RecordKey;
    use crate::port::{Cursor, PortErrorKind};

    #[test]
    fn a_cursor_is_parsed_to_its_position_and_is_short() {
        let key = RecordKey::from_bytes([0xab; 32]);
        let due = AfterDue(i64::MIN, key);
        assert_eq!(AfterDue::parse(Some(&due.cursor())).unwrap(), Some(due));
        let scan = AfterKey(key);
        assert_eq!(AfterKey::parse(Some(&scan.cursor())).unwrap(), Some(scan));
        let event = AfterEvent(i64::MIN, 65_535, i64::MAX);
        assert_eq!(AfterEvent::parse(Some(&event.cursor())).unwrap(), Some(event));
        let all = AfterPositions([i64::MAX; 16]);
        assert_eq!(AfterPositions::parse(Some(&all.cursor())).unwrap(), Some(all));
        for text in [due.to_text(), scan.to_text(), event.to_text(), all.to_text()] {
            assert!(text.len() <= 256, "{text}");
        }
    }

    #[test]
    fn other_texts_are_refused() {
        let negative = AfterPositions([-1; 16]).to_text();
        let short = format!("p.{}", BASE64URL_NOPAD.encode(&[0; 120]));
        let foreign =
            ["", "d.", "d.1", "d.1.zz", "k.12", "e.1.2", "e.1.-0.1", "p.", "p.AA", "é", "\0"];
        for text in foreign.into_iter().chain([negative.as_str(), short.as_str()]) {
            let cursor = Cursor::new(text);
            let kinds = [
                AfterDue::parse(Some(&cursor)).err(),
                AfterKey::parse(Some(&cursor)).err(),
                AfterEvent::parse(Some(&cursor)).err(),
                AfterPositions::parse(Some(&cursor)).err(),
            ];
            for error in kinds {
                let kind = error.map(|error| error.kind());
                assert_eq!(kind, Some(PortErrorKind::Denied), "{text}");
            }
        }
    }
}
