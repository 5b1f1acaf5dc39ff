//! A directory write that has begun and is not settled.

use crate::domain::account::{Effect, FlowNumber, WriteNumber};
use crate::domain::method::MethodKind;

/// Rejected passwords that end a grant.
pub(super) const MAX_REJECTIONS: u8 = 10;

/// A write that has begun.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct PendingWrite {
    pub(crate) effect: Effect,
    pub(crate) write: WriteNumber,
    pub(crate) flow: FlowNumber,
    /// The methods that were proven in the flow.
    pub(crate) methods: Vec<MethodKind>,
    /// An earlier write of this flow is not settled: first ask the directory whether the password
    /// verifies.
    pub(crate) ask_first: bool,
    /// The directory's change stamp is not the one at the start of the flow. If the password does
    /// not verify, the account was changed outside the engine, and the proofs are void.
    pub(crate) changed_outside: bool,
    pub(super) source: Option<[u8; 8]>,
}
