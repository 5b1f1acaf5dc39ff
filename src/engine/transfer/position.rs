//! Where a copy stands.

use serde::{Deserialize, Serialize};

use crate::port::Cursor;

/// Counts of the copying, over all processes that had a part in it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub(super) struct Counts {
    pub(super) records: u64,
    pub(super) already: u64,
    pub(super) events: u64,
    #[serde(skip)]
    pub(super) compared: u64,
}

/// What a copy does, in this order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum CopyTask {
    #[default]
    Records,
    Trails,
    Sweep,
    Compare,
    Extras,
    Expect,
    Find,
    Locate,
    Alarms,
    /// Tenants that were not named.
    LeftBehind,
    /// The source once more, if it is not closed: something may have written to it meanwhile.
    LookAgain,
    HearAgain,
    Finish,
    Finished,
    Incomplete,
}

/// Where it stands.
#[derive(Clone, Debug, Default)]
pub(super) struct CopyPosition {
    pub(super) task: CopyTask,
    pub(super) tenant: usize,
    pub(super) kind: usize,
    pub(super) after: Option<Cursor>,
}
