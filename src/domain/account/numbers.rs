//! The numbers in an account's record, each kind with a type of its own: a flow's number cannot stand
//! where a challenge's is expected.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! numbers {
    ($($(#[$doc:meta])* $visibility:vis struct $name:ident($integer:ty);)+) => {$(
        $(#[$doc])*
        #[derive(
            Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize,
        )]
        #[serde(transparent)]
        $visibility struct $name(pub(crate) $integer);

        impl $name {
            /// Moves to the next number and returns it. The greatest number has no next one.
            pub(crate) const fn advance(&mut self) -> Self {
                self.0 = self.0.saturating_add(1);
                *self
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )+};
}

macro_rules! public {
    ($($name:ident),+) => {$(
        impl $name {
            /// The number as an integer.
            #[must_use]
            pub const fn get(self) -> u32 {
                self.0
            }
        }
    )+};
}

numbers! {
    /// The number of a flow, unique in its account.
    pub struct FlowNumber(u32);
    /// The number of a challenge, unique in its account.
    pub struct ChallengeNumber(u32);
    /// The number of a message or another entry of the outbox, unique in its account.
    pub struct MessageNumber(u32);
    /// The number of a directory write, unique in its account. The directory gets it as
    /// [`PasswordWrite::number`](crate::port::PasswordWrite::number) or
    /// [`UnlockWrite::number`](crate::port::UnlockWrite::number).
    pub struct WriteNumber(u32);
    /// The number of a method, from which its id is made.
    pub(crate) struct MethodNumber(u32);
    /// The credential epoch: it grows whenever everything outstanding becomes void.
    pub(crate) struct CredentialEpoch(u32);
    /// The generation of a flow: it grows with each gain of privilege, and the ticket names it.
    pub(crate) struct Generation(u8);
}

public!(FlowNumber, ChallengeNumber, MessageNumber, WriteNumber);

/// A short keyed hash of the source of a request.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct SourceHash(pub(crate) u32);

impl SourceHash {
    /// The hash of events that no source caused.
    pub(crate) const NONE: Self = Self(0);
}

/// A short keyed hash of a session of the host.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct SessionHash(pub(crate) u32);
