//! What a copy knows of the notes of its two stores.

use crate::domain::record::store_note::StoreId;

/// The ids of both stores, and the check values of the target's note.
#[derive(Clone, Debug)]
pub(super) struct Marks {
    pub(super) source: StoreId,
    /// The target's id, which its first mark sets.
    pub(super) target: StoreId,
    /// The check values of the target before and after it is opened.
    pub(super) unfinished: String,
    pub(super) finished: String,
}
