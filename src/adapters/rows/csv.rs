//! Rows as comma-separated values (RFC 4180), safe to open in a spreadsheet.

use std::borrow::Cow;
use std::io::{self, Write};
use std::marker::PhantomData;

use crate::report::ReportRow;

/// Writes rows as comma-separated values, with the names of the columns in the first line.
///
/// Every cell is quoted. A name that a spreadsheet would run as a formula is neutralised: a `'` stands
/// before `=`, `+`, `-` and `@` where a cell begins, or where one would begin in a spreadsheet that cuts at
/// other characters than the comma. The JSON lines have the exact text.
///
/// ```
/// use sspr::adapters::rows::CsvRows;
/// use sspr::report::CountRow;
///
/// let rows: Vec<CountRow> = serde_json::from_str(
///     r#"[{ "day": "2026-11-30", "feature": "reset", "step": "start", "outcome": "accepted", "count": 3 }]"#,
/// )?;
/// let mut table = CsvRows::new(Vec::new())?;
/// table.write(&rows)?;
/// let text = String::from_utf8(table.finish()?)?;
/// let lines: Vec<&str> = text.lines().collect();
/// assert_eq!(lines[0], r#""day","feature","step","outcome","count""#);
/// assert_eq!(lines[1], r#""2026-11-30","reset","start","accepted","3""#);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct CsvRows<W: Write, R> {
    to: csv::Writer<W>,
    rows: PhantomData<fn(&R)>,
}

impl<W: Write, R> std::fmt::Debug for CsvRows<W, R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CsvRows").finish_non_exhaustive()
    }
}

impl<W: Write, R: ReportRow> CsvRows<W, R> {
    /// Begins a table: writes the names of the columns.
    ///
    /// # Errors
    ///
    /// Those of the writer.
    pub fn new(to: W) -> io::Result<Self> {
        let mut table = Self::append(to);
        table.to.write_record(R::COLUMNS)?;
        Ok(table)
    }

    /// Continues a table whose columns are written already.
    pub fn append(to: W) -> Self {
        let to = csv::WriterBuilder::new().quote_style(csv::QuoteStyle::Always).from_writer(to);
        Self { to, rows: PhantomData }
    }

    /// Writes a page of rows, and flushes.
    ///
    /// # Errors
    ///
    /// Those of the writer. The last line may then be incomplete.
    pub fn write(&mut self, rows: &[R]) -> io::Result<()> {
        for row in rows {
            for cell in row.cells() {
                self.to.write_field(neutral(&cell).as_bytes())?;
            }
            self.to.write_record(None::<&[u8]>)?;
        }
        self.to.flush()
    }

    /// Flushes, and returns the writer.
    ///
    /// # Errors
    ///
    /// Those of the writer.
    pub fn finish(self) -> io::Result<W> {
        self.to.into_inner().map_err(csv::IntoInnerError::into_error)
    }
}

/// The characters that begin a formula, in their usual and their full width.
const FORMULA: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];

/// The text of a cell that no spreadsheet runs (OWASP, CSV injection).
fn neutral(cell: &str) -> Cow<'_, str> {
    if !cell.contains(FORMULA) {
        return Cow::Borrowed(cell);
    }
    let mut text = String::with_capacity(cell.len() + 1);
    let mut begins = true;
    for symbol in cell.chars() {
        if begins && FORMULA.contains(&symbol) {
            text.push('\'');
        }
        text.push(symbol);
        let separates = matches!(symbol, ';' | ',' | '|' | '"');
        // Spreadsheets drop blanks and line breaks before a formula.
        let blank = symbol.is_whitespace() || symbol.is_control();
        begins = separates || blank && keeps(begins, symbol);
    }
    Cow::Owned(text)
}

/// Whether a blank leaves a cell at its beginning: a tab and a line break begin one anywhere.
const fn keeps(begins: bool, blank: char) -> bool {
    begins || matches!(blank, '\t' | '\r' | '\n')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_formula_is_text_wherever_a_cell_may_begin() {
        for (cell, expected) in [
            ("=1+1", "'=1+1"),
            ("+49", "'+49"),
            ("-2", "'-2"),
            ("@SUM(A1)", "'@SUM(A1)"),
            (" \t=1", " \t'=1"),
            ("\r=1", "\r'=1"),
            ("＝1", "'＝1"),
            ("a;=1", "a;'=1"),
            ("a\",=1", "a\",'=1"),
            ("a\n=1", "a\n'=1"),
            ("email+mobile_phone", "email+mobile_phone"),
            ("ada@contoso.example", "ada@contoso.example"),
            ("2026-11-30", "2026-11-30"),
            ("a = b", "a = b"),
        ] {
            assert_eq!(neutral(cell), expected, "{cell:?}");
        }
    }
}
