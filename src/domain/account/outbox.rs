//! What waits to be done outside: messages, and the one directory write in flight.

use serde::{Deserialize, Serialize};

use crate::domain::contact::Destination;
use crate::domain::facts::SessionKinds;
use crate::domain::ids::UserId;
use crate::domain::message::{Locale, Notice};
use crate::domain::method::Channel;
use crate::domain::time::Timestamp;

use super::unknown::Unknown;

/// Something to be done outside, found by the record's `wake_at`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct Pending {
    pub(crate) number: u32,
    pub(crate) queued_at: Timestamp,
    /// Not before this; moved on by each failed try.
    pub(crate) due: Timestamp,
    /// After this it is dead.
    pub(crate) not_after: Timestamp,
    /// Somebody works on it until then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) claimed_until: Option<Timestamp>,
    #[serde(default)]
    pub(crate) tries: u8,
    /// The directory write that it belongs to, while that is not settled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) write: Option<u32>,
    pub(crate) body: PendingBody,
    /// Fields of a newer release.
    #[serde(flatten)]
    pub(crate) unknown: Unknown,
}

/// What is to be done.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[serde(deny_unknown_fields)]
pub(crate) enum PendingBody {
    /// Send the code of a challenge. The code is computed when it is sent.
    Code { flow: u32, challenge: u32, locale: Locale },
    /// Send a notice.
    Notice {
        notice: Notice,
        channel: Channel,
        #[serde(with = "crate::domain::contact::stored")]
        destination: Destination,
        locale: Locale,
        /// Whom a notice to administrators is about.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        about: Option<String>,
        /// Whether a mail address is told of the same.
        #[serde(default, skip_serializing_if = "is_false")]
        mail_too: bool,
        #[serde(default, skip_serializing_if = "Counted::is_no")]
        counted: Counted,
    },
    /// Tell the owner, at the addresses that the policy's rule names when it is taken up.
    Announce { notice: Notice },
    /// Tell the holders of the policy's administrator roles, page by page.
    Administrators {
        notice: Notice,
        /// Whom it is about, as the directory names them.
        about: String,
        /// Who acted, and is not told.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        actor: Option<UserId>,
        /// The directory's cursor: whom to go on after.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<String>,
        /// How many are told so far.
        #[serde(default)]
        told: u32,
    },
    /// Revoke the sessions issued before.
    Revoke {
        #[serde(default)]
        write: u32,
        #[serde(alias = "issued_before")]
        authenticated_before: Timestamp,
        kinds: SessionKinds,
    },
}

/// Whether a notice was counted in the budget of its address.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[serde(deny_unknown_fields)]
pub(crate) enum Counted {
    #[default]
    No,
    /// The counter of the administrator was about to be added to. Whether it was is not known yet.
    Begun,
    Yes,
    /// It has become the one that tells of all requests beyond the limit in this window.
    Digest {
        window: Timestamp,
    },
}

impl Counted {
    const fn is_no(&self) -> bool {
        matches!(self, Self::No)
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
const fn is_false(value: &bool) -> bool {
    !*value
}

impl Pending {
    /// Tries after which a notice is given up once its time is over. At the longest wait between two
    /// of them that is most of a day.
    const TRIES: u8 = 24;

    /// Whether it is not to be handed over any more. A code goes with its time. A notice, or a
    /// revocation, does so only after many tries: a clock that is days ahead must not drop what
    /// was queued a moment ago.
    pub(crate) fn is_dead(&self, now: Timestamp) -> bool {
        now >= self.not_after && (self.is_code() || self.tries >= Self::TRIES)
    }

    /// When it next needs somebody.
    pub(crate) fn wake_at(&self) -> Timestamp {
        self.claimed_until.map_or(self.due, |until| until.max(self.due))
    }

    pub(crate) const fn is_code(&self) -> bool {
        matches!(self.body, PendingBody::Code { .. })
    }
}

/// The directory write in flight. An account has at most one.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct Write {
    pub(crate) number: u32,
    pub(crate) flow: u32,
    #[serde(default)]
    pub(crate) effect: Effect,
    pub(crate) started_at: Timestamp,
    pub(crate) deadline: Timestamp,
    pub(crate) state: WriteState,
    /// Fields of a newer release.
    #[serde(flatten)]
    pub(crate) unknown: Unknown,
}

/// What a write changes in the directory.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Effect {
    /// A forgotten password is replaced.
    #[default]
    Reset,
    /// A known password is replaced.
    Change,
    /// A lockout is cleared.
    Unlock,
}

/// What is known of a write.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum WriteState {
    /// The directory has been or is about to be asked.
    Writing,
    /// Nobody knows; the owner has been told that it may have happened.
    Unsettled,
}
