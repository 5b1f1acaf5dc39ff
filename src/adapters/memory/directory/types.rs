//! What the memory directory is given and what is read back from it.

use crate::domain::facts::SessionKinds;
use crate::domain::ids::{GroupId, UserId};
use crate::domain::time::Timestamp;

/// A member of a group.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum GroupMember {
    /// A user.
    User(UserId),
    /// Another group, with all its members.
    Group(GroupId),
}

/// A password change that the directory has made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct DirectoryWrite {
    /// The number of the write.
    pub number: u32,
    /// When, by the directory's clock.
    pub at: Timestamp,
    /// Whether the user must change it at the next sign-in.
    pub must_change: bool,
    /// Whether a lockout was cleared with it.
    pub clear_lockout: bool,
    /// Whether the user's risk counts as remediated.
    pub risk_remediated: bool,
}

/// A revocation of sessions that was asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Revocation {
    /// Sessions issued before this end.
    pub issued_before: Timestamp,
    /// Of these kinds.
    pub kinds: SessionKinds,
}
