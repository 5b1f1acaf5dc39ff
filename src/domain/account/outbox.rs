//! What waits to be done outside the record: messages, and the directory write in flight.

use serde::{Deserialize, Serialize};

use crate::domain::identity::coarse::CoarseOrigin;
use crate::domain::identity::contact::Destination;
use crate::domain::identity::ids::UserId;
use crate::domain::identity::locale::Locale;
use crate::domain::identity::writes::SessionKinds;
use crate::domain::message::Notice;
use crate::domain::method::Channel;
use crate::domain::record::serde_text::is_default;
use crate::domain::time::Timestamp;

use super::numbers::{ChallengeNumber, FlowNumber, MessageNumber, WriteNumber};
use super::unknown::Unknown;

/// An entry of the outbox: a message to send or sessions to revoke. Workers find it by the record's
/// `wake_at`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct Pending {
    pub(crate) number: MessageNumber,
    pub(crate) queued_at: Timestamp,
    /// The time of the next try; each failed try moves it.
    pub(crate) due: Timestamp,
    /// The end of the message's life.
    pub(crate) not_after: Timestamp,
    /// The end of the lease, while a worker holds one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) claimed_until: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) tries: u8,
    /// Where the request came from that caused it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) from: Option<CoarseOrigin>,
    /// The directory write that the entry waits for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) write: Option<WriteNumber>,
    pub(crate) body: PendingBody,
    /// Fields of a newer release.
    #[serde(flatten)]
    pub(crate) unknown: Unknown,
}

/// What an outbox entry does.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[serde(deny_unknown_fields)]
pub(crate) enum PendingBody {
    /// Send the code of a challenge. The code is computed when it is sent.
    Code { flow: FlowNumber, challenge: ChallengeNumber, locale: Locale },
    /// Send a notice.
    Notice {
        notice: Notice,
        channel: Channel,
        #[serde(with = "crate::domain::identity::contact::stored")]
        destination: Destination,
        locale: Locale,
        /// The user that a notice to administrators is about, by the directory's name.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        about: Option<String>,
        /// Whether a mail address gets the same notice.
        #[serde(default, skip_serializing_if = "is_default")]
        mail_too: bool,
        #[serde(default, skip_serializing_if = "Counted::is_no")]
        counted: Counted,
    },
    /// Send a notice to the owner, at the addresses that the policy's rule names when the entry is
    /// due.
    Announce { notice: Notice },
    /// Send a notice to the holders of the roles that the policy names for it, page by page.
    Administrators {
        notice: Notice,
        /// The user that the notice is about, by the directory's name.
        about: String,
        /// The administrator who acted, and gets no notice.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        actor: Option<UserId>,
        /// The tier of roles whose holders are looked up now. The next one follows if this one has
        /// no holder with a mail address.
        #[serde(default, skip_serializing_if = "is_default")]
        tier: u8,
        /// The directory's cursor: the next page begins after it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<String>,
        /// How many administrators of the tier have a notice so far.
        #[serde(default, skip_serializing_if = "is_default")]
        told: u32,
    },
    /// Revoke the sessions that began before a time.
    Revoke {
        #[serde(default, skip_serializing_if = "is_default")]
        write: WriteNumber,
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
    /// The administrator's counter was about to be incremented. Whether it was is not known yet.
    Begun,
    Yes,
    /// The notice has become the digest of all requests beyond the limit in this window.
    Digest {
        window: Timestamp,
    },
}

impl Counted {
    const fn is_no(&self) -> bool {
        matches!(self, Self::No)
    }
}

impl Pending {
    /// Tries after which a notice is given up once its life is over: most of a day, at the longest
    /// wait.
    const TRIES: u8 = 24;

    /// Whether the entry is given up. A code is given up at the end of its life. A notice or a
    /// revocation must have failed many times too: a clock that is days ahead must not drop what
    /// was queued a moment ago.
    pub(crate) fn is_dead(&self, now: Timestamp) -> bool {
        now >= self.not_after && (self.is_code() || self.tries >= Self::TRIES)
    }

    /// When a worker may next take the entry.
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
    pub(crate) number: WriteNumber,
    /// The flow that writes. An act of an administrator has a number that no flow has.
    pub(crate) flow: FlowNumber,
    #[serde(default, skip_serializing_if = "is_default")]
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
    /// A new password replaces a forgotten one.
    #[default]
    Reset,
    /// A new password replaces a known one.
    Change,
    /// A lockout is cleared.
    Unlock,
    /// An administrator sets a temporary password.
    Temporary,
}

/// What is known about a write.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum WriteState {
    /// The directory was asked, or is about to be.
    Writing,
    /// The outcome is not known; the owner has a notice that it may have happened.
    Unsettled,
}
