//! What every row of a report can do: name its columns and fill them.

use serde::Serialize;

/// A row of a report, for tables and files.
///
/// The names of columns are stable: a later release may add columns at the end, and never renames or
/// reorders one. The cells are raw text; what writes a file for spreadsheets neutralises formulas
/// ([`CsvRows`](crate::adapters::rows)).
///
/// ```
/// use sspr::report::{RegistrationRow, ReportRow};
///
/// assert_eq!(RegistrationRow::COLUMNS[0], "user");
/// ```
pub trait ReportRow: Serialize {
    /// The names of the columns, in order.
    const COLUMNS: &'static [&'static str];

    /// The cells of this row, one for each column. Times are in RFC 3339 in UTC, lists are joined by
    /// `+`, and what is not known or does not apply is empty.
    fn cells(&self) -> Vec<String>;
}

/// The text of a value that may be missing.
pub(super) fn optional(value: Option<impl ToString>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

/// A list in one cell.
pub(super) fn joined(values: &[impl ToString]) -> String {
    let texts: Vec<String> = values.iter().map(ToString::to_string).collect();
    texts.join("+")
}

/// The stable name of a value that is serialised as text.
pub(super) fn code(value: impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(text)) => text,
        _ => String::new(),
    }
}
