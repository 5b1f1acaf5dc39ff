//! The position and the counts of a copy.

use serde::{Deserialize, Serialize};

use crate::domain::record::RecordKind;
use crate::port::Cursor;

/// The kinds of record that belong to a tenant. Only the store's notes belong to none.
pub(super) const KINDS: [RecordKind; 3] =
    [RecordKind::Policy, RecordKind::Account, RecordKind::Decoy];

/// Counts of the copying stage, over all processes that took part.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub(super) struct Counts {
    pub(super) records: u64,
    pub(super) already: u64,
    pub(super) events: u64,
    #[serde(skip)]
    pub(super) compared: u64,
}

/// The tasks of a copy, in their order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum CopyTask {
    #[default]
    Records,
    /// The events of records that the source no longer has.
    Trails,
    /// Removes the placeholders under which such events were committed.
    Sweep,
    Compare,
    /// Records that only the target has.
    Extras,
    /// Sums the events that the target should have.
    Expect,
    /// Sums the events that the target has.
    Find,
    /// The records whose events differ, if the two sums do.
    Locate,
    /// Whether the target lists every record with a wake time as due.
    Alarms,
    /// Tenants that were not named.
    LeftBehind,
    /// The source's records are compared again if it is not closed, since an engine may have
    /// written to it.
    RecheckRecords,
    RecheckEvents,
    Finish,
    Finished,
    Incomplete,
}

/// The task, tenant, kind and page of a copy.
#[derive(Clone, Debug, Default)]
pub(super) struct CopyPosition {
    pub(super) task: CopyTask,
    pub(super) tenant: usize,
    pub(super) kind: usize,
    pub(super) after: Option<Cursor>,
}
