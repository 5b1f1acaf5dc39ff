//! What a ticket claims.

use crate::domain::account::{CredentialEpoch, FlowId, Generation, Purpose};
use crate::domain::identity::ids::UserId;
use crate::domain::method::{ChallengeOption, MethodKind};
use crate::domain::reason::SsprReason;
use crate::domain::time::Timestamp;

/// The claims that a ticket carries.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct TicketClaims {
    pub(crate) purpose: Purpose,
    pub(crate) flow: FlowId,
    pub(crate) generation: Generation,
    pub(crate) started_at: Timestamp,
    /// The keyed hash of the typed identifier.
    pub(crate) identifier: [u8; 8],
    pub(crate) subject: TicketSubject,
    /// The account's epoch when the flow began; zero for a decoy.
    pub(crate) epoch: CredentialEpoch,
    /// The last challenge of each kind of method that was asked for before the first proof, also if
    /// the budgets of the account suppressed it.
    pub(crate) asked: [Option<AskedChallenge>; KINDS],
}

pub(super) const KINDS: usize = MethodKind::ALL.len();

/// Whose flow it is.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum TicketSubject {
    User(UserId),
    /// A decoy: the reason, and for the audit trail the user that it stands in for, if there is
    /// one.
    Decoy {
        reason: SsprReason,
        user: Option<UserId>,
    },
}

impl TicketSubject {
    /// Whether the name stands for no user because several have it. The user of the ticket is then
    /// one of them.
    pub(crate) const fn is_shared(&self) -> bool {
        matches!(self, Self::Decoy { reason: SsprReason::SeveralUsers, .. })
    }
}

/// A challenge that was asked for.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct AskedChallenge {
    pub(crate) option: ChallengeOption,
    pub(crate) at: Timestamp,
    /// The length of the code, as the reply gave it.
    pub(crate) length: u8,
}
