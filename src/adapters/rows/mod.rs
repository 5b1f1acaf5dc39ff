//! Rows of reports as files: JSON lines, and with the feature `csv` tables for spreadsheets.
//!
//! Both write row by row, so that memory does not grow with the report. The writers block: in an
//! asynchronous host, write to memory and send that, or use a thread for blocking work.

#[cfg(feature = "csv")]
mod csv;

use std::io::{self, Write};

#[cfg(feature = "csv")]
pub use self::csv::CsvRows;
use crate::report::ReportRow;

/// Writes each row as a JSON object on a line of its own.
///
/// ```
/// use sspr::adapters::rows::JsonLines;
/// use sspr::report::{CountRow, UsageSummary};
///
/// let mut lines = JsonLines::new(Vec::new());
/// let rows: Vec<CountRow> = serde_json::from_str(
///     r#"[{ "day": "2026-11-30", "feature": "reset", "step": "start", "outcome": "accepted", "count": 3 }]"#,
/// )?;
/// lines.write(&rows)?;
/// let text = String::from_utf8(lines.finish()?)?;
/// assert!(text.starts_with(r#"{"day":"2026-11-30","feature":"reset""#) && text.ends_with("}\n"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct JsonLines<W> {
    to: W,
}

impl<W: Write> JsonLines<W> {
    /// Writes to this file or buffer.
    pub const fn new(to: W) -> Self {
        Self { to }
    }

    /// Writes a page of rows.
    ///
    /// # Errors
    ///
    /// Those of the writer. The last line may then be incomplete.
    pub fn write<R: ReportRow>(&mut self, rows: &[R]) -> io::Result<()> {
        for row in rows {
            serde_json::to_writer(&mut self.to, row)?;
            self.to.write_all(b"\n")?;
        }
        Ok(())
    }

    /// Flushes, and returns the writer.
    ///
    /// # Errors
    ///
    /// Those of the writer.
    pub fn finish(mut self) -> io::Result<W> {
        self.to.flush()?;
        Ok(self.to)
    }
}
