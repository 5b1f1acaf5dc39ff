//! The state of an account's registration, and its registration sessions.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::numbers::SessionHash;
use super::unknown::Unknown;
use crate::domain::identity::ids::MethodId;
use crate::domain::record::serde_text::is_default;
use crate::domain::time::Timestamp;

/// The state of the registration. A registration that was never completed differs from one that
/// was, and no longer suffices.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct RegistrationState {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) completed_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) confirmed_at: Option<Timestamp>,
    /// The method that is offered first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) default: Option<MethodId>,
    /// When an administrator last required a new registration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) required_since: Option<Timestamp>,
    /// A keyed hash of the session in which the user last skipped the prompt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) skipped: Option<SessionHash>,
    /// When the present prompt was first shown, if the policy allows to skip it for some days.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) prompted_at: Option<Timestamp>,
    /// Whether any method was ever active. The first method has no hold; after all were removed,
    /// another one must not count as the first.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) ever_active: bool,
    /// The registration sessions whose sign-in may still manage methods.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) sittings: Vec<Sitting>,
    /// When an administrator removed what the record held about the user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) forgotten_at: Option<Timestamp>,
    /// The times, in the last hour, of acts of the user that cost a commit and send no notice,
    /// oldest first. Acts that send notices are counted in [`Account::acts`]: they have a limit for
    /// a day too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) acts: Vec<Timestamp>,
    /// Fields of a newer release.
    #[serde(flatten)]
    pub(crate) unknown: Unknown,
}

/// A registration session: it begins with a method that is added, confirmed or removed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sitting {
    /// A keyed hash of the session of the sign-in.
    pub(crate) session: SessionHash,
    /// When it ends, however often the user signs in again.
    pub(crate) until: Timestamp,
    /// Whether the account held nothing before: then the methods of this session have no hold.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) first: bool,
}

impl Sitting {
    /// The most that a record holds.
    pub(crate) const MAX: usize = 4;
    /// How long a session that is over is remembered: the greatest
    /// [`reauthentication`](crate::policy::RegistrationPolicy::reauthentication). Its sign-in is
    /// then too old for any policy.
    pub(crate) const KEPT: Duration = Duration::from_secs(15 * 60);
}
