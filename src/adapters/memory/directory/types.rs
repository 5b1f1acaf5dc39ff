//! The public types of the memory directory.

use crate::facts::{GroupId, Lockouts, SessionKinds, WritePurpose};
use crate::{Timestamp, UserId};

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
    /// When it expires if it is not changed. This directory keeps no sign-in: it records the time.
    pub expires_at: Option<Timestamp>,
    /// Why it was written.
    pub purpose: WritePurpose,
    /// The lockouts that it cleared.
    pub clears: Lockouts,
    /// Whether the user's risk counts as remediated.
    pub risk_remediated: bool,
}

/// A requested revocation of sessions.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Revocation {
    /// Sessions whose user authenticated before this time end.
    pub authenticated_before: Timestamp,
    /// The kinds of sessions that end.
    pub kinds: SessionKinds,
}

/// A session of a user in the memory directory.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct DirectorySession {
    /// Its name within the user.
    pub name: String,
    /// When the user authenticated. A renewal does not change it.
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
