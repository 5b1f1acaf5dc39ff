//! What the directory asks of a database, whichever it is.

use async_trait::async_trait;

use crate::port::PortResult;

/// A row, each column as text.
pub(super) type TextRow = Vec<Option<String>>;

/// Parameters, each as text.
pub(super) type Parameters = Vec<Option<String>>;

/// A change of one row, and the statement that reads back what it wrote.
pub(super) struct RowChange {
    pub(super) update: String,
    pub(super) parameters: Parameters,
    /// What must then be in the first column of the row, by the first two parameters.
    pub(super) read_back: Option<(String, String)>,
}

/// What became of a change. Only `Done` was committed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Changed {
    Done,
    /// No row met the condition.
    NoRow,
    /// More than one did.
    SeveralRows,
    /// The database holds something else than was written: a trigger, or a column that cuts.
    NotKept,
}

/// A database.
#[async_trait]
pub(super) trait UserRows: Send + Sync {
    /// The rows of a statement that reads.
    async fn select(&self, sql: String, parameters: Parameters) -> PortResult<Vec<TextRow>>;

    /// Changes one row in one transaction with the read-back, or nothing. `Unavailable` and `Denied` mean
    /// that certainly nothing was changed, `Unknown` that it is not known.
    async fn change(&self, change: RowChange) -> PortResult<Changed>;
}

/// What a change leads to, before it is committed.
pub(super) fn judged(rows: u64, kept: Option<(&str, Option<&str>)>) -> Changed {
    match (rows, kept) {
        (0, _) => Changed::NoRow,
        (1, Some((written, read))) if read != Some(written) => Changed::NotKept,
        (1, _) => Changed::Done,
        _ => Changed::SeveralRows,
    }
}
