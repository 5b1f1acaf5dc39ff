//! Cursors of the databases' listings. A cursor names the last row that was returned.

use crate::port::{Cursor, PortError, PortResult, RecordKey};

/// Continues after this wake time and key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct AfterDue(pub(super) i64, pub(super) RecordKey);

/// Continues after this key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct AfterKey(pub(super) RecordKey);

/// A position in a listing. Its first letter differs for each listing, so no other listing accepts
/// it.
pub(super) trait Position: Sized {
    fn to_text(&self) -> String;
    fn from_text(text: &str) -> Option<Self>;

    fn cursor(&self) -> Cursor {
        Cursor::new(self.to_text())
    }

    /// Parses a caller's cursor.
    fn parse(cursor: Option<&Cursor>) -> PortResult<Option<Self>> {
        let Some(cursor) = cursor else {
            return Ok(None);
        };
        let position = Self::from_text(cursor.as_str())
            // Accepts only the exact text that this store writes.
            .filter(|position| position.to_text() == cursor.as_str())
            .ok_or_else(|| {
                PortError::denied().because("malformed cursor, or a cursor of another listing")
            })?;
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
