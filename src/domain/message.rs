//! Messages: an id, typed parameters and a locale. The engine holds no wording, and takes no
//! parameter from a request.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::domain::crypto::secret::SecretText;
use crate::domain::method::{Channel, MethodKind};
use crate::domain::time::Timestamp;

/// The content of a message. A renderer in the delivery adapter puts it into words.
///
/// Only [`Message::Code`] and [`Message::Link`] hold a secret that opens something, which is computed
/// when the message is dispatched. Notices hold facts only.
#[derive(Debug)]
#[non_exhaustive]
pub enum Message {
    /// A one-time code.
    Code(CodeMessage),
    /// A link that proves the same as a code. Sent by mail only.
    Link(LinkMessage),
    /// A notice about a change.
    Notice(Notice),
    /// The sign-in names of the users who share a mailbox that was typed as a name. Sent by mail only.
    SignInNames(SignInNames),
}

impl Message {
    /// A stable name of the kind of message, such as `code.reset` or `notice.password_reset`.
    #[must_use]
    pub const fn id(&self) -> &'static str {
        match self {
            Self::Code(code) => code.purpose.message_id(Channel::Email),
            Self::Link(link) => link.purpose.message_id(Channel::Link),
            Self::Notice(notice) => notice.id(),
            Self::SignInNames(_) => SignInNames::ID,
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
    /// When the code expires.
    pub expires_at: Timestamp,
    /// For how long the code is still valid when the message is handed over, if that is known; the
    /// engine sets it. Unlike a point in time, it needs no time zone.
    pub valid_for: Option<Duration>,
}

impl CodeMessage {
    /// The parameters of a code message: for tests of renderers.
    #[must_use]
    pub const fn new(purpose: CodePurpose, code: SecretText, expires_at: Timestamp) -> Self {
        Self { purpose, code, expires_at, valid_for: None }
    }

    /// The same message, valid for this long from now.
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
    /// The whole address to open: the policy's link base and a secret. The page behind it must
    /// change nothing before the person acts, since mail scanners open links and submit forms.
    pub url: SecretText,
    /// When the link expires.
    pub expires_at: Timestamp,
    /// For how long the link is still valid when the message is handed over, if that is known.
    pub valid_for: Option<Duration>,
    /// Whether an administrator has asked for the link, not the person.
    pub by_administrator: bool,
}

impl LinkMessage {
    /// The parameters of a message with a link: for tests of renderers.
    #[must_use]
    pub const fn new(purpose: CodePurpose, url: SecretText, expires_at: Timestamp) -> Self {
        Self { purpose, url, expires_at, valid_for: None, by_administrator: false }
    }

    /// The same message, valid for this long from now.
    #[must_use]
    pub const fn lasting(mut self, valid_for: Duration) -> Self {
        self.valid_for = Some(valid_for);
        self
    }
}

/// The parameters of a message with sign-in names.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct SignInNames {
    /// The names, as the directory spells them: 1 to 50.
    pub names: Vec<String>,
}

impl SignInNames {
    pub(crate) const ID: &str = "sign_in_names";
    pub(crate) const MAX: usize = 50;

    /// The parameters of a message with sign-in names: for tests of renderers.
    #[must_use]
    pub const fn new(names: Vec<String>) -> Self {
        Self { names }
    }
}

/// The *it was not me* link of a mailed notice: its secret can only void, never open.
#[derive(Debug)]
#[non_exhaustive]
pub struct RepudiationLink {
    /// The whole address to open: the policy's
    /// [`repudiation_link`](crate::policy::DeskPolicy::repudiation_link) and a secret. The page behind
    /// it must change nothing before the person presses its button, since mail scanners open links.
    pub url: SecretText,
    /// When the link expires.
    pub expires_at: Timestamp,
    /// For how long the link is still valid when the message is handed over, if that is known.
    pub valid_for: Option<Duration>,
}

impl RepudiationLink {
    /// A link, for tests of renderers.
    #[must_use]
    pub const fn new(url: SecretText, expires_at: Timestamp) -> Self {
        Self { url, expires_at, valid_for: None }
    }
}

/// What a code is for. A code of one purpose is not accepted for another.
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

/// Makes [`Notice`] from a table of notices with their names. Each also has the time `at`.
macro_rules! notices {
    ($($(#[$doc:meta])* $name:ident = $id:literal { $($(#[$field_doc:meta])* $field:ident: $type:ty,)* })+) => {
        /// A notice to the owner of an account.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        #[non_exhaustive]
        #[serde(deny_unknown_fields)]
        pub enum Notice {
            $($(#[$doc])* $name {
                $($(#[$field_doc])* $field: $type,)*
                /// When it happened or was tried; of several, the last one.
                at: Timestamp,
            },)+
        }

        impl Notice {
            /// A stable name, such as `notice.password_reset`.
            #[must_use]
            pub const fn id(&self) -> &'static str {
                match self { $(Self::$name { .. } => $id,)+ }
            }

            /// When the event happened; of several, the last one.
            #[must_use]
            pub const fn at(&self) -> Timestamp {
                match *self { $(Self::$name { at, .. })|+ => at }
            }
        }
    };
}

notices! {
    /// The password was reset.
    PasswordReset = "notice.password_reset" {}
    /// The password may have been reset: the outcome is not known. The wording must fit both.
    PasswordMayHaveChanged = "notice.password_may_have_changed" {}
    /// The password was changed, with knowledge of the previous one.
    PasswordChanged = "notice.password_changed" {}
    /// An administrator has set a temporary password, which must be changed at the next sign-in.
    TemporaryPassword = "notice.temporary_password" {}
    /// A change was repudiated by the link of its notice: sessions end, and self-service is blocked
    /// until an administrator unblocks the account.
    Repudiated = "notice.repudiated" {
        /// How many methods were removed.
        methods: u8,
    }
    /// The account was unlocked, its password kept.
    AccountUnlocked = "notice.account_unlocked" {}
    /// The account may have been unlocked: the outcome is not known. The wording must fit both.
    AccountMayHaveBeenUnlocked = "notice.account_may_have_been_unlocked" {}
    /// A method was added.
    MethodAdded = "notice.method_added" {
        /// Which kind.
        method: MethodKind,
    }
    /// A method was removed.
    MethodRemoved = "notice.method_removed" {
        /// Which kind.
        method: MethodKind,
    }
    /// A method was replaced by another of its kind.
    MethodReplaced = "notice.method_replaced" {
        /// Which kind.
        method: MethodKind,
    }
    /// An administrator removed all that the user had registered.
    MethodsRevoked = "notice.methods_revoked" {}
    /// A recovery code was used.
    RecoveryCodeUsed = "notice.recovery_code_used" {
        /// How many are left.
        left: u8,
    }
    /// An administrator asks the user to register again at the next sign-in.
    RegistrationRequired = "notice.registration_required" {}
    /// An administrator asks the user to reset the password. Holds no secret and no link.
    ResetRequested = "notice.reset_requested" {}
    /// An administrator has changed the contact data that a reset can use.
    ContactsChanged = "notice.contacts_changed" {}
    /// An administrator has opened methods that a run of failures had closed.
    Unblocked = "notice.unblocked" {}
    /// Half of the failures that disable a method have happened.
    ManyFailures = "notice.many_failures" {
        /// Which kind.
        method: MethodKind,
    }
    /// To administrators: an administrator may have reset their own password; the outcome is not
    /// known.
    AdministratorMayHaveReset = "notice.administrator_may_have_reset" {}
    /// To administrators: an administrator has reset their own password.
    AdministratorReset = "notice.administrator_reset" {}
    /// Several changes or warnings in one notice, since the budget of the address has no room for a
    /// notice of each.
    SeveralChanges = "notice.several_changes" {
        /// How many.
        count: u32,
        /// Whether a new password was among them, or may have been.
        password: bool,
        /// When the first one happened.
        since: Timestamp,
    }
    /// To administrators: a user has repudiated a change, and needs an administrator to use
    /// self-service again.
    OwnerRepudiated = "notice.owner_repudiated" {}
    /// To administrators: a user asks for help with a reset. It is not proven that the user is the
    /// one who asks.
    HelpRequested = "notice.help_requested" {}
    /// To administrators: further users have asked for help, beyond the messages that this
    /// administrator gets.
    HelpRequests = "notice.help_requests" {
        /// How many more.
        count: u32,
        /// From when on.
        since: Timestamp,
    }
}

impl Notice {
    /// Since when things have happened that the owner may repudiate; `None` for a notice about no
    /// change, and for one to administrators.
    pub(crate) const fn repudiable_since(&self) -> Option<Timestamp> {
        match *self {
            Self::PasswordReset { at }
            | Self::PasswordMayHaveChanged { at }
            | Self::PasswordChanged { at }
            | Self::TemporaryPassword { at }
            | Self::AccountUnlocked { at }
            | Self::AccountMayHaveBeenUnlocked { at }
            | Self::MethodAdded { at, .. }
            | Self::MethodRemoved { at, .. }
            | Self::MethodReplaced { at, .. }
            | Self::MethodsRevoked { at }
            | Self::RecoveryCodeUsed { at, .. }
            | Self::ContactsChanged { at } => Some(at),
            Self::SeveralChanges { since, .. } => Some(since),
            _ => None,
        }
    }

    /// Both notices folded into one.
    pub(crate) fn and(self, other: Self) -> Self {
        let parts = |notice: Self| match notice {
            Self::SeveralChanges { count, password, since, at } => (count, password, since, at),
            Self::PasswordReset { at }
            | Self::PasswordMayHaveChanged { at }
            | Self::TemporaryPassword { at }
            | Self::PasswordChanged { at } => (1, true, at, at),
            notice => (1, false, notice.at(), notice.at()),
        };
        let (count, password, since, at) = parts(self);
        let (other_count, other_password, other_since, other_at) = parts(other);
        Self::SeveralChanges {
            count: count.saturating_add(other_count),
            password: password || other_password,
            since: since.min(other_since),
            at: at.max(other_at),
        }
    }
}
