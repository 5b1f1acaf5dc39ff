//! Messages: an id, typed parameters and a locale. The engine holds no wording, and no parameter
//! comes from a request.

use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use super::locale::Locale;
use super::method::{Channel, MethodKind};
use super::secret::SecretText;
use super::time::Timestamp;

/// What a message says. A renderer in the delivery adapter puts it into words.
///
/// Only [`Message::Code`] and [`Message::Link`] hold a secret, computed when the message is
/// dispatched; notices are closed lists of facts.
#[derive(Debug)]
#[non_exhaustive]
pub enum Message {
    /// A one-time code.
    Code(CodeMessage),
    /// A link that proves the same as a code. Goes by mail only.
    Link(LinkMessage),
    /// A notice about a change.
    Notice(Notice),
}

impl Message {
    /// A stable name of the kind of message, such as `code.reset` or `notice.password_reset`.
    #[must_use]
    pub const fn id(&self) -> &'static str {
        match self {
            Self::Code(code) => code.purpose.message_id(Channel::Email),
            Self::Link(link) => link.purpose.message_id(Channel::Link),
            Self::Notice(notice) => notice.id(),
        }
    }
}

/// The parameters of a code message.
#[derive(Debug)]
#[non_exhaustive]
pub struct CodeMessage {
    /// What the code is for.
    pub purpose: CodePurpose,
    /// The code.
    pub code: SecretText,
    /// When it stops to be accepted.
    pub expires_at: Timestamp,
    /// For how long it is still accepted as the message is handed over, where that is known: the
    /// engine fills it in. A reader knows what ten minutes are, wherever they live.
    pub valid_for: Option<Duration>,
}

impl CodeMessage {
    /// The parameters of a code message: for tests of renderers.
    #[must_use]
    pub const fn new(purpose: CodePurpose, code: SecretText, expires_at: Timestamp) -> Self {
        Self { purpose, code, expires_at, valid_for: None }
    }

    /// The same, accepted for this long from now on.
    #[must_use]
    pub const fn lasting(mut self, valid_for: Duration) -> Self {
        self.valid_for = Some(valid_for);
        self
    }
}

/// The parameters of a message with a link.
#[derive(Debug)]
#[non_exhaustive]
pub struct LinkMessage {
    /// What the link is for.
    pub purpose: CodePurpose,
    /// The whole address to be opened: the policy's link base and a secret. A page that opens it
    /// must change nothing before the person acts: mail scanners open links, and submit forms.
    pub url: SecretText,
    /// When it stops to be accepted.
    pub expires_at: Timestamp,
    /// For how long it is still accepted as the message is handed over, where that is known.
    pub valid_for: Option<Duration>,
    /// Whether an administrator has asked for it, not the person.
    pub by_administrator: bool,
}

impl LinkMessage {
    /// The parameters of a message with a link: for tests of renderers.
    #[must_use]
    pub const fn new(purpose: CodePurpose, url: SecretText, expires_at: Timestamp) -> Self {
        Self { purpose, url, expires_at, valid_for: None, by_administrator: false }
    }

    /// The same, accepted for this long from now on.
    #[must_use]
    pub const fn lasting(mut self, valid_for: Duration) -> Self {
        self.valid_for = Some(valid_for);
        self
    }
}

/// What a code is for. A code of one purpose is worthless in another.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum CodePurpose {
    /// A reset of a forgotten password.
    Reset,
    /// The confirmation of a new method.
    Register,
    /// An unlock that keeps the password.
    Unlock,
}

impl CodePurpose {
    /// The stable name of a message of this purpose.
    pub(crate) const fn message_id(self, channel: Channel) -> &'static str {
        match (self, matches!(channel, Channel::Link)) {
            (Self::Reset, false) => "code.reset",
            (Self::Register, false) => "code.register",
            (Self::Unlock, false) => "code.unlock",
            (Self::Reset, true) => "link.reset",
            (Self::Register, true) => "link.register",
            (Self::Unlock, true) => "link.unlock",
        }
    }

    /// The number of this purpose in the input of a code's derivation. Never reused.
    pub(crate) const fn tag(self) -> u8 {
        match self {
            Self::Reset => 1,
            Self::Register => 2,
            Self::Unlock => 3,
        }
    }
}

/// A notice to the owner of an account.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
#[serde(deny_unknown_fields)]
pub enum Notice {
    /// The password was reset.
    PasswordReset {
        /// When.
        at: Timestamp,
    },
    /// The password may have been reset: the outcome is not known. In words that fit both.
    PasswordMayHaveChanged {
        /// When it was tried.
        at: Timestamp,
    },
    /// The password was changed by somebody who knew the one before.
    PasswordChanged {
        /// When.
        at: Timestamp,
    },
    /// The account was unlocked, its password kept.
    AccountUnlocked {
        /// When.
        at: Timestamp,
    },
    /// The account may have been unlocked: the outcome is not known. In words that fit both.
    AccountMayHaveBeenUnlocked {
        /// When it was tried.
        at: Timestamp,
    },
    /// A method was added.
    MethodAdded {
        /// Which kind.
        method: MethodKind,
        /// When.
        at: Timestamp,
    },
    /// A method was removed.
    MethodRemoved {
        /// Which kind.
        method: MethodKind,
        /// When.
        at: Timestamp,
    },
    /// A method was replaced by another of its kind.
    MethodReplaced {
        /// Which kind.
        method: MethodKind,
        /// When.
        at: Timestamp,
    },
    /// An administrator removed all that the user had registered.
    MethodsRevoked {
        /// When.
        at: Timestamp,
    },
    /// A saved recovery code was used.
    RecoveryCodeUsed {
        /// How many are left.
        left: u8,
        /// When.
        at: Timestamp,
    },
    /// An administrator asks the user to register anew at the next sign-in.
    RegistrationRequired {
        /// When.
        at: Timestamp,
    },
    /// An administrator asks the user to reset the password. Holds no secret and no link.
    ResetRequested {
        /// When.
        at: Timestamp,
    },
    /// An administrator changed the contact data that a reset can use.
    ContactsChanged {
        /// When.
        at: Timestamp,
    },
    /// An administrator has opened methods that a run of failures had closed.
    Unblocked {
        /// When.
        at: Timestamp,
    },
    /// Half of the failures that disable a method have happened.
    ManyFailures {
        /// Which kind.
        method: MethodKind,
        /// When.
        at: Timestamp,
    },
    /// To administrators: an administrator may have reset their own password; the outcome is not
    /// known.
    AdministratorMayHaveReset {
        /// When it was tried.
        at: Timestamp,
    },
    /// To administrators: an administrator has reset their own password.
    AdministratorReset {
        /// When.
        at: Timestamp,
    },
    /// Several changes or warnings in one: more happened than one address is sent messages of their
    /// own for.
    SeveralChanges {
        /// How many.
        count: u32,
        /// Whether a new password was among them, or may have been.
        password: bool,
        /// When the first one happened.
        since: Timestamp,
        /// When the last one happened.
        at: Timestamp,
    },
    /// To administrators: a user asks for help with a reset. Whether it is the user who asks is not
    /// proven.
    HelpRequested {
        /// When.
        at: Timestamp,
    },
    /// To administrators: more users asked for help than this administrator gets messages for.
    HelpRequests {
        /// How many more.
        count: u32,
        /// From when on.
        since: Timestamp,
        /// Until when.
        at: Timestamp,
    },
}

impl Notice {
    /// A stable name, such as `notice.password_reset`.
    #[must_use]
    pub const fn id(&self) -> &'static str {
        match self {
            Self::PasswordReset { .. } => "notice.password_reset",
            Self::PasswordMayHaveChanged { .. } => "notice.password_may_have_changed",
            Self::PasswordChanged { .. } => "notice.password_changed",
            Self::AccountUnlocked { .. } => "notice.account_unlocked",
            Self::AccountMayHaveBeenUnlocked { .. } => "notice.account_may_have_been_unlocked",
            Self::MethodAdded { .. } => "notice.method_added",
            Self::MethodRemoved { .. } => "notice.method_removed",
            Self::MethodReplaced { .. } => "notice.method_replaced",
            Self::MethodsRevoked { .. } => "notice.methods_revoked",
            Self::RecoveryCodeUsed { .. } => "notice.recovery_code_used",
            Self::RegistrationRequired { .. } => "notice.registration_required",
            Self::ResetRequested { .. } => "notice.reset_requested",
            Self::ContactsChanged { .. } => "notice.contacts_changed",
            Self::Unblocked { .. } => "notice.unblocked",
            Self::ManyFailures { .. } => "notice.many_failures",
            Self::AdministratorMayHaveReset { .. } => "notice.administrator_may_have_reset",
            Self::AdministratorReset { .. } => "notice.administrator_reset",
            Self::SeveralChanges { .. } => "notice.several_changes",
            Self::HelpRequested { .. } => "notice.help_requested",
            Self::HelpRequests { .. } => "notice.help_requests",
        }
    }

    /// When what it tells of happened; the last of several.
    #[must_use]
    pub const fn at(&self) -> Timestamp {
        match *self {
            Self::PasswordReset { at }
            | Self::PasswordMayHaveChanged { at }
            | Self::PasswordChanged { at }
            | Self::AccountUnlocked { at }
            | Self::AccountMayHaveBeenUnlocked { at }
            | Self::MethodAdded { at, .. }
            | Self::MethodRemoved { at, .. }
            | Self::MethodReplaced { at, .. }
            | Self::MethodsRevoked { at }
            | Self::Unblocked { at }
            | Self::RecoveryCodeUsed { at, .. }
            | Self::RegistrationRequired { at }
            | Self::ResetRequested { at }
            | Self::ContactsChanged { at }
            | Self::ManyFailures { at, .. }
            | Self::AdministratorMayHaveReset { at }
            | Self::AdministratorReset { at }
            | Self::SeveralChanges { at, .. }
            | Self::HelpRequested { at }
            | Self::HelpRequests { at, .. } => at,
        }
    }

    /// Both in one.
    pub(crate) fn and(self, other: Self) -> Self {
        let parts = |one: Self| match one {
            Self::SeveralChanges { count, password, since, at } => (count, password, since, at),
            Self::PasswordReset { at }
            | Self::PasswordMayHaveChanged { at }
            | Self::PasswordChanged { at } => (1, true, at, at),
            other => (1, false, other.at(), other.at()),
        };
        let (one, other) = (parts(self), parts(other));
        Self::SeveralChanges {
            count: one.0.saturating_add(other.0),
            password: one.1 || other.1,
            since: one.2.min(other.2),
            at: one.3.max(other.3),
        }
    }
}
