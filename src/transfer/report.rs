//! The progress, the findings and the errors of a copy.

use std::collections::BTreeSet;
use std::fmt;

use serde::Serialize;

use crate::domain::identity::ids::{RecordKey, TenantId};
use crate::domain::invalid::InvalidInput;
use crate::port::PortError;

/// Why a copy stopped. Nothing is lost: repeat the call, or begin a new copy.
///
/// ```
/// use sspr::port::Retry;
/// use sspr::transfer::TransferError;
///
/// assert_eq!(TransferError::Occupied.retry(), Retry::Never);
/// assert_eq!(TransferError::Occupied.to_string(), "the target is not empty: copy into an empty store");
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TransferError {
    /// A store failed. Each step may be repeated, also after an unknown outcome.
    #[error("{side} failed: {error}")]
    #[non_exhaustive]
    Store {
        /// The store.
        side: Side,
        /// The error of the port.
        #[source]
        error: PortError,
    },
    /// No engine has ever opened the source, or the source is the target of an unfinished copy.
    #[error("the source was never opened by an engine")]
    NoSource,
    /// The source was created with another lookup key than the old one of
    /// [`Transfer::rename`](super::Transfer::rename).
    #[error("the source was created with another lookup key: pass that key as the old one")]
    WrongKey,
    /// The target has records that no copy of this source has written. It is not changed.
    #[error("the target is not empty: copy into an empty store")]
    Occupied,
    /// Source and target are one store, or one was restored from a backup of the other.
    #[error("source and target are one store: copy into an empty one")]
    SameStore,
    /// The target was opened to engines before: it is an opened copy of this source, or the store
    /// of which this source is a copy. Its records may be newer or older than the source's.
    #[error("the target was opened to engines before: copy into an empty store")]
    Opened,
    /// The source was moved to another target.
    #[error("the source was moved to another store")]
    Moved,
    /// A copy into this target was given up: see [`Transfer::give_up`](super::Transfer::give_up).
    #[error("a copy into the target was given up: copy into an empty store")]
    GivenUp,
    /// The target can be opened only by a run that has compared both sides and found them equal.
    #[error("this run has not found both sides equal: call `step` until it is finished")]
    NotCompared,
    /// A record keeps changing while it is copied: another process writes to it.
    #[error("record {key} changes while it is copied: stop its writers")]
    Contended {
        /// Its key in the source.
        key: RecordKey,
    },
    /// The source of randomness failed.
    #[error("the source of randomness failed: {error}")]
    #[non_exhaustive]
    Entropy {
        /// The error of the port.
        #[source]
        error: PortError,
    },
    /// An argument is malformed, or belongs to another copy.
    #[error(transparent)]
    Invalid(#[from] InvalidInput),
}

impl TransferError {
    /// When the call may be repeated. A copy reads before it writes, so an unknown outcome needs no
    /// other check.
    #[must_use]
    pub const fn retry(&self) -> crate::port::Retry {
        use crate::port::Retry;
        match self {
            Self::Store { error, .. } | Self::Entropy { error } => match error.retry() {
                Retry::Never => Retry::Never,
                Retry::Later | Retry::AfterCheck => Retry::Later,
            },
            Self::Contended { .. } => Retry::Later,
            Self::NoSource
            | Self::WrongKey
            | Self::Occupied
            | Self::SameStore
            | Self::Opened
            | Self::Moved
            | Self::GivenUp
            | Self::NotCompared
            | Self::Invalid(_) => Retry::Never,
        }
    }
}

/// One of the two stores.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
#[expect(clippy::exhaustive_enums, reason = "a copy has two ends")]
pub enum Side {
    /// The store that is read.
    Source,
    /// The store that is written.
    Target,
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Source => "the source",
            Self::Target => "the target",
        })
    }
}

/// The stage of a copy.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Stage {
    /// Records and their events are copied.
    Copying,
    /// Events whose records no longer exist are copied.
    Trailing,
    /// Both sides are read and compared.
    Comparing,
    /// This run has compared both sides and found them equal. The target stays closed to engines until
    /// [`Transfer::open_target`](super::Transfer::open_target).
    Finished,
    /// The target differs from the source: see [`TransferReport`]. No engine opens it.
    Incomplete,
}

impl Stage {
    /// Whether the copy is over.
    ///
    /// ```
    /// use sspr::transfer::Stage;
    ///
    /// assert!(Stage::Incomplete.is_over() && !Stage::Comparing.is_over());
    /// ```
    #[must_use]
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Finished | Self::Incomplete)
    }
}

/// Counts after a step.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[non_exhaustive]
pub struct Progress {
    /// The present stage.
    pub stage: Stage,
    /// Tenants that this stage has finished.
    pub tenants_done: usize,
    /// Tenants in all.
    pub tenants: usize,
    /// Records that the copying stage has read, including those copied before.
    pub records: u64,
    /// The part of `records` that was copied before.
    pub already: u64,
    /// Events written.
    pub events: u64,
    /// Records compared.
    pub compared: u64,
    /// All records of the source, if they were counted.
    pub total: Option<u64>,
}

/// The findings of a copy. Lists contain the first thousand entries; the counts are complete.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
#[non_exhaustive]
pub struct TransferReport {
    /// Records that both sides have.
    pub records: u64,
    /// Events that the target has.
    pub events: u64,
    /// Records, and events of records, that could not be read.
    pub left_out: Vec<LeftOut>,
    /// The number of these; beyond the list, a record may be counted once for each of its events.
    pub left_out_count: u64,
    /// The differences between both sides.
    pub differences: Vec<Difference>,
    /// The number of differences.
    pub difference_count: u64,
    /// Tenants of the source that were not named and so not copied. They are found by due records,
    /// so that a tenant without any is not listed.
    pub left_behind: BTreeSet<TenantId>,
    /// How the source was closed.
    pub fence: Fence,
    /// A digest of all records and events of the target, independent of their order; `None` until
    /// all were read.
    pub digest: Option<String>,
}

/// How a source is closed while it is copied.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Fence {
    /// The source is open: writes after the comparison are lost.
    #[default]
    None,
    /// No engine opens it any more. An engine that was open before may still write: stop it.
    Marked,
    /// The store itself refuses every write, also of engines that were open before.
    Enforced,
}

impl TransferReport {
    const LISTED: usize = 1_000;

    pub(super) fn leave_out(&mut self, tenant: &TenantId, key: RecordKey, why: UnreadableReason) {
        let left_out = LeftOut { tenant: tenant.clone(), key, why };
        // A record is reported once for each of its events.
        if self.left_out.contains(&left_out) {
            return;
        }
        self.left_out_count += 1;
        if self.left_out.len() < Self::LISTED {
            self.left_out.push(left_out);
        }
    }

    pub(super) fn differ(&mut self, tenant: &TenantId, key: Option<RecordKey>, what: Differs) {
        self.difference_count += 1;
        if self.differences.len() < Self::LISTED {
            self.differences.push(Difference { tenant: tenant.clone(), key, what });
        }
    }
}

/// A record that was not copied.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[non_exhaustive]
pub struct LeftOut {
    /// Its tenant.
    pub tenant: TenantId,
    /// Its key in the source.
    pub key: RecordKey,
    /// Why.
    pub why: UnreadableReason,
}

/// Why a record cannot be copied.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum UnreadableReason {
    /// Its body cannot be decoded, or names another key.
    Damaged,
    /// A newer release has closed it to this release: copy with the newer one.
    Newer,
    /// Its body names another tenant or kind than its columns, or its key belongs to another lookup
    /// key.
    Foreign,
}

/// A difference between both sides.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[non_exhaustive]
pub struct Difference {
    /// The tenant.
    pub tenant: TenantId,
    /// The record's key in the target; `None` if no single record could be identified.
    pub key: Option<RecordKey>,
    /// What differs.
    pub what: Differs,
}

/// What differs.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Differs {
    /// The target has no such record.
    Missing,
    /// The source has no such record, and it has not expired.
    Extra,
    /// The versions differ: the source was written to meanwhile. Copy again.
    Version,
    /// The bodies differ under one version.
    Body,
    /// The events differ.
    Events,
    /// The target does not list a record as due whose body has a wake time.
    Alarms,
}

/// Names the store that an error comes from.
pub(super) trait At<T> {
    fn at(self, side: Side) -> Result<T, TransferError>;
}

impl<T> At<T> for Result<T, PortError> {
    fn at(self, side: Side) -> Result<T, TransferError> {
        self.map_err(|error| TransferError::Store { side, error })
    }
}
