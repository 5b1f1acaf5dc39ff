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
    /// Sessions whose user authenticated before this end.
    pub authenticated_before: Timestamp,
    /// Of these kinds.
    pub kinds: SessionKinds,
}

/// A session of a user, as the memory directory keeps it.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct DirectorySession {
    /// Its name within the user.
    pub name: String,
    /// When the user authenticated. A renewal does not move it.
    pub authenticated_at: Timestamp,
    /// When the session was issued, or last renewed.
    pub issued_at: Timestamp,
    /// Whether it began with a password.
    pub password_based: bool,
}

impl DirectorySession {
    pub(super) const fn ends_with(&self, kinds: SessionKinds) -> bool {
        match kinds {
            SessionKinds::All => true,
            SessionKinds::PasswordBased => self.password_based,
        }
    }
}
