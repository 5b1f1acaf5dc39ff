//! The position of a copy as text, from which another process can continue.

use serde::{Deserialize, Serialize};

use super::position::{CopyPosition, CopyTask, Counts};
use crate::domain::identity::ids::TenantId;
use crate::domain::invalid::InvalidInput;
use crate::domain::record::RecordKind;
use crate::domain::record::store_note::StoreId;
use crate::port::Cursor;

/// The position of a copy. It contains no secret and no personal data.
///
/// Without a checkpoint a copy starts from the beginning and reads each record that it has already
/// copied once more.
///
/// ```
/// use sspr::transfer::Checkpoint;
///
/// assert!(Checkpoint::parse("the middle").is_err());
/// ```
#[derive(Clone, PartialEq, Debug)]
pub struct Checkpoint(CheckpointBody);

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
struct CheckpointBody {
    format: u16,
    /// The id of the source.
    source: StoreId,
    /// Whether the source was closed before the first record was copied.
    #[serde(default)]
    closed: bool,
    task: CopyTask,
    tenant: Option<TenantId>,
    kind: Option<RecordKind>,
    after: Option<String>,
    counts: Counts,
}

const FORMAT: u16 = 2;

impl Checkpoint {
    /// Parses the text that [`as_text`](Self::as_text) returned.
    ///
    /// # Errors
    ///
    /// [`InvalidInput::Malformed`] for any other text.
    pub fn parse(text: &str) -> Result<Self, InvalidInput> {
        serde_json::from_str(text)
            .ok()
            .filter(|body: &CheckpointBody| body.format == FORMAT)
            .map(Self)
            .ok_or(InvalidInput::Malformed { what: "checkpoint" })
    }

    /// The checkpoint as text of less than a kilobyte, for a file.
    #[must_use]
    pub fn as_text(&self) -> String {
        // The body has only strings and numbers, which always serialise.
        serde_json::to_string(&self.0).unwrap_or_default()
    }

    /// The checkpoint of a position among these tenants. The comparison has no checkpoint of its
    /// own: one process must make it in one run.
    pub(super) fn of(
        (source, closed): (StoreId, bool),
        position: &CopyPosition,
        tenants: &[TenantId],
        kinds: &[RecordKind],
        counts: Counts,
    ) -> Self {
        let checkpoint = |task, tenant, kind, after| {
            let format = FORMAT;
            Self(CheckpointBody { format, source, closed, task, tenant, kind, after, counts })
        };
        if position.task > CopyTask::Trails {
            return checkpoint(CopyTask::Sweep, None, None, None);
        }
        let kind = (position.task == CopyTask::Records)
            .then(|| kinds.get(position.kind).copied())
            .flatten();
        let after = position.after.as_ref().map(|cursor| cursor.as_str().to_owned());
        checkpoint(position.task, tenants.get(position.tenant).cloned(), kind, after)
    }

    pub(super) fn is_of(&self, source: StoreId) -> bool {
        self.0.source == source
    }

    pub(super) const fn is_closed(&self) -> bool {
        self.0.closed
    }

    pub(super) const fn counts(&self) -> Counts {
        self.0.counts
    }

    /// The position among these tenants; `None` if the tenants differ.
    pub(super) fn position_among(
        &self,
        tenants: &[TenantId],
        kinds: &[RecordKind],
    ) -> Option<CopyPosition> {
        let CheckpointBody { task, tenant, kind, after, .. } = &self.0;
        let tenant_at = |tenant: &TenantId| tenants.iter().position(|listed| listed == tenant);
        let kind_at = |kind: &RecordKind| kinds.iter().position(|listed| listed == kind);
        (*task <= CopyTask::Sweep).then_some(CopyPosition {
            task: *task,
            tenant: tenant.as_ref().map_or(Some(0), tenant_at)?,
            kind: kind.as_ref().map_or(Some(0), kind_at)?,
            after: after.clone().map(Cursor::new),
        })
    }
}
