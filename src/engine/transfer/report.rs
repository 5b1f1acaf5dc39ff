//! What a copy tells whoever runs it.

use std::collections::BTreeSet;
use std::fmt;

use serde::Serialize;

use crate::domain::ids::{RecordKey, TenantId};
use crate::domain::invalid::InvalidInput;
use crate::port::PortError;

/// Why a copy did not go on. Nothing is lost: make the call again, or begin again.
///
/// ```
/// use sspr::Retry;
/// use sspr::transfer::TransferError;
///
/// assert_eq!(TransferError::Occupied.retry(), Retry::Never);
/// assert_eq!(TransferError::Occupied.to_string(), "the target holds something else");
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TransferError {
    /// A store failed. Each step may be made again, also after an unknown outcome.
    #[error("{side} failed: {error}")]
    #[non_exhaustive]
    Store {
        /// Which of the two.
        side: Side,
        /// What is known.
        #[source]
        error: PortError,
    },
    /// No engine has ever opened the source, or it is the target of a copy that was not opened.
    #[error("the source is no store that an engine has opened")]
    NoSource,
    /// The source was made with another lookup key than the one that was given as the old one.
    #[error("the source was made with another lookup key")]
    WrongKey,
    /// The target holds something that no copy of this source has put there. It is left as it is.
    #[error("the target holds something else")]
    Occupied,
    /// Source and target are one store, or one was made of a backup of the other.
    #[error("source and target are one store: copy into an empty one")]
    SameStore,
    /// The target was opened to engines before: it is a copy of this source that was opened, or the
    /// store that this source is a copy of. What it holds may be newer or older than the source.
    #[error("the target was opened to engines before: copy into an empty store")]
    Opened,
    /// The source was moved to another target than this one.
    #[error("the source was moved to another store")]
    Moved,
    /// A copy into this target was given up: see [`Transfer::give_up`](super::Transfer::give_up).
    #[error("a copy into the target was given up: copy into an empty store")]
    GivenUp,
    /// The target is opened only by a run that has compared both sides and found them equal.
    #[error("this run has not found both sides equal")]
    NotCompared,
    /// A record changes faster than it is copied: something writes to it.
    #[error("record {key} changes while it is copied")]
    Contended {
        /// Its key in the source.
        key: RecordKey,
    },
    /// There is no randomness.
    #[error("no randomness: {error}")]
    #[non_exhaustive]
    Entropy {
        /// What is known.
        #[source]
        error: PortError,
    },
    /// What was given is malformed, or belongs to another copy.
    #[error(transparent)]
    Invalid(#[from] InvalidInput),
}

impl TransferError {
    /// When the call may be made again. A copy looks before it writes, so an unknown outcome needs
    /// no check by others.
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
    /// The one that is read.
    Source,
    /// The one that is written.
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

/// How far a copy has come.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Stage {
    /// Records and their events are brought over.
    Copying,
    /// Events whose records are gone are brought over.
    Trailing,
    /// Both sides are read and compared.
    Comparing,
    /// This run has compared both sides and found them equal. The target stays closed to engines until
    /// [`Transfer::open_target`](super::Transfer::open_target).
    Finished,
    /// The target lacks something, or has too much: see [`TransferReport`]. No engine opens it.
    Incomplete,
}

impl Stage {
    /// Whether there is nothing more to do.
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
    /// What is being done.
    pub stage: Stage,
    /// Tenants that this stage is through with.
    pub tenants_done: usize,
    /// Tenants in all.
    pub tenants: usize,
    /// Records looked at by the copying stage, those that were there already included.
    pub records: u64,
    /// Of these, records that were there already.
    pub already: u64,
    /// Events written.
    pub events: u64,
    /// Records compared.
    pub compared: u64,
    /// Records in all, if they were counted before.
    pub total: Option<u64>,
}

/// What a copy has found. Lists hold the first thousand; the counts go on.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
#[non_exhaustive]
pub struct TransferReport {
    /// Records that both sides have.
    pub records: u64,
    /// Events that the target has.
    pub events: u64,
    /// Records, and events of records, that could not be read.
    pub left_out: Vec<LeftOut>,
    /// How many there are; beyond the list, one record may count for each of its events.
    pub left_out_count: u64,
    /// What is not the same on both sides.
    pub differences: Vec<Difference>,
    /// How many there are.
    pub difference_count: u64,
    /// Tenants that were not named and that the source has: they stay behind. Found by what is due in
    /// the source, so a tenant in which nothing waits is not among them.
    pub left_behind: BTreeSet<TenantId>,
    /// Whether the source was closed, and how.
    pub fence: Fence,
    /// A digest of all records and events of the target, in whatever order it keeps them; none until
    /// all were read.
    pub digest: Option<String>,
}

/// How a source is closed while it is copied.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Fence {
    /// It is open: what an engine writes there after the comparison is lost.
    #[default]
    None,
    /// No engine opens it any more. One that was open before may still write: stop it.
    Marked,
    /// The store itself refuses every write, also of engines that were open before.
    Enforced,
}

impl TransferReport {
    const LISTED: usize = 1_000;

    pub(super) fn leave_out(&mut self, tenant: &TenantId, key: RecordKey, why: UnreadableReason) {
        let one = LeftOut { tenant: tenant.clone(), key, why };
        // An event comes once for each of its record's.
        if self.left_out.contains(&one) {
            return;
        }
        self.left_out_count += 1;
        if self.left_out.len() < Self::LISTED {
            self.left_out.push(one);
        }
    }

    pub(super) fn differ(&mut self, tenant: &TenantId, key: Option<RecordKey>, what: Differs) {
        self.difference_count += 1;
        if self.differences.len() < Self::LISTED {
            self.differences.push(Difference { tenant: tenant.clone(), key, what });
        }
    }
}

/// A record that was not brought over.
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

/// Why a record cannot be brought over.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum UnreadableReason {
    /// Its body makes no sense, or names another key.
    Damaged,
    /// A newer release has closed it to this one: copy with that release.
    Newer,
    /// It belongs to another tenant or kind than it stands under, or its key was made with another
    /// lookup key.
    Foreign,
}

/// Something that is not the same on both sides.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[non_exhaustive]
pub struct Difference {
    /// The tenant.
    pub tenant: TenantId,
    /// The record's key in the target; none if no single record could be made out.
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
    /// The source has no such record, and its time is not over.
    Extra,
    /// The versions differ. The source was written to meanwhile: copy again.
    Version,
    /// The bodies differ under one version.
    Body,
    /// The events differ.
    Events,
    /// What the store says to be due differs from what the records say.
    Alarms,
}
