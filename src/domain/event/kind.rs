//! What can happen.

use serde::{Deserialize, Serialize};

use super::other::OtherEvent;
use crate::domain::budget::PoolKind;
use crate::domain::ids::MethodId;
use crate::domain::method::{Channel, MethodKind};
use crate::domain::reason::{FlowStage, SsprReason};
use crate::domain::time::Timestamp;

macro_rules! event_kinds {
    ($($(#[$doc:meta])* $name:ident = $code:literal { $($(#[$field_doc:meta])* $field:ident : $type:ty),* $(,)? }),+ $(,)?) => {
        /// What happened. One event per transition, with the true reason.
        #[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
        #[serde(tag = "code", rename_all = "snake_case")]
        #[non_exhaustive]
        pub enum EventKind {
            $($(#[$doc])* #[serde(rename = $code)] #[non_exhaustive] $name { $($(#[$field_doc])* $field: $type),* },)+
            /// What a newer release has recorded, and this one cannot read.
            #[serde(untagged)]
            Other(OtherEvent),
        }

        impl EventKind {
            /// The stable code, for filters and reports.
            #[must_use]
            pub const fn code(&self) -> &str {
                match self { $(Self::$name { .. } => $code,)+ Self::Other(other) => other.code() }
            }

            /// Every code that an event of this release can have.
            pub const CODES: &'static [&'static str] = &[$($code),+];
        }
    };
}

event_kinds! {
    /// A challenge was opened and its code is on its way, if there is anybody to send it to.
    ChallengeOpened = "challenge_opened" {
        /// The flow.
        flow: u32,
        /// The method.
        method: MethodKind,
        /// The channel.
        channel: Channel,
        /// Why nothing is sent, if nothing is.
        suppressed: Option<SsprReason>,
    },
    /// A typed phone number was counted, and then compared. It was another one than on file
    /// unless a `challenge_opened` in the next commit follows.
    NumberCounted = "number_counted" {
        /// The method.
        method: MethodKind,
    },
    /// A try of a secret that no challenge asked for was counted, and then judged: the present
    /// password of a change, a code at the host's sign-in. It was wrong unless a `change_started` or
    /// an `oath_step_used` in the next commit follows.
    SecretCounted = "secret_counted" {
        /// The method.
        method: MethodKind,
    },
    /// The present password was right: a change began.
    ChangeStarted = "change_started" {
        /// The flow.
        flow: u32,
    },
    /// An attempt was counted, and then a secret was compared. It was wrong unless a
    /// `method_proven` or `method_confirmed` for the same challenge follows.
    AttemptCounted = "attempt_counted" {
        /// The flow.
        flow: u32,
        /// The challenge.
        challenge: u32,
        /// The method.
        method: MethodKind,
        /// Attempts left for this code.
        left: u8,
    },
    /// A method was proven.
    MethodProven = "method_proven" {
        /// The flow.
        flow: u32,
        /// The challenge.
        challenge: u32,
        /// The method.
        method: MethodKind,
        /// How many distinct methods are proven now.
        proven: u8,
        /// How many are required.
        required: u8,
    },
    /// A time step of a device was accepted, for whatever purpose: it never is again.
    OathStepUsed = "oath_step_used" {
        /// The kind of method.
        method: MethodKind,
        /// Its id.
        // `id` is the event's own, beside which this is flattened.
        #[serde(rename = "method_id")]
        id: MethodId,
        /// The step, in periods since 1970.
        step: u64,
    },
    /// A recovery code was used.
    RecoveryCodeUsed = "recovery_code_used" {
        /// The id of the set.
        // `id` is the event's own, beside which this is flattened.
        #[serde(rename = "method_id")]
        id: MethodId,
        /// How many are left.
        left: u8,
    },
    /// The link of a flow was redeemed without the flow's ticket: the ticket is void, and whoever
    /// redeemed it has another.
    LinkRedeemedElsewhere = "link_redeemed_elsewhere" {
        /// The flow.
        flow: u32,
    },
    /// The same right code was given again with the ticket before.
    ProofRepeated = "proof_repeated" {
        /// The flow.
        flow: u32,
        /// The method.
        method: MethodKind,
    },
    /// A failure budget is spent; it stays closed until then.
    Blocked = "blocked" {
        /// The method whose budget it is.
        method: MethodKind,
        /// Which of the two pools.
        pool: PoolKind,
        /// Until when.
        until: Timestamp,
    },
    /// So many consecutive failures that strangers may try the method no more: only known devices,
    /// familiar sources and signed-in users may, until a right secret ends the run.
    MethodClosed = "method_closed" {
        /// The method.
        method: MethodKind,
    },
    /// A secret whose comparison took long was right: what its attempt had closed, as the events
    /// before say, is open again.
    AttemptRefunded = "attempt_refunded" {
        /// The method.
        method: MethodKind,
        /// The pool that it had been counted in.
        pool: PoolKind,
    },
    /// The challenges of a day are spent: all of the pool's, or all that one source may hold.
    ChallengesSpent = "challenges_spent" {
        /// Which of the two pools.
        pool: PoolKind,
        /// Whether they are those that send something, or those of what is in hand.
        sent: bool,
        /// Whether one source has reached its share, and others may still open some.
        by_one_source: bool,
        /// When the first of them is a day old.
        until: Timestamp,
    },
    /// Too many consecutive failures: the method is out of use for resets.
    MethodDisabled = "method_disabled" {
        /// The method.
        method: MethodKind,
    },
    /// A limit across accounts is spent; codes grow and the host is alarmed.
    LimitSpent = "limit_spent" {
        /// Which limit.
        limit: String,
    },
    /// A new password was refused.
    PasswordRejected = "password_rejected" {
        /// The flow.
        flow: u32,
        /// Who refused it.
        by: RejectedBy,
        /// Stable codes of the rules it broke.
        reasons: Vec<String>,
    },
    /// A directory write began: of a password, or of an unlock.
    DirectoryWriteStarted = "directory_write_started" {
        /// The flow.
        flow: u32,
        /// The number of the write.
        write: u32,
    },
    /// The directory did not write, and said so.
    DirectoryWriteFailed = "directory_write_failed" {
        /// The flow.
        flow: u32,
        /// The number of the write.
        write: u32,
        /// Why.
        reason: SsprReason,
    },
    /// Nobody knows whether the directory wrote.
    DirectoryWriteUnsettled = "directory_write_unsettled" {
        /// The flow.
        flow: u32,
        /// The number of the write.
        write: u32,
    },
    /// The password was reset.
    PasswordReset = "password_reset" {
        /// The flow.
        flow: u32,
        /// The number of the write.
        write: u32,
        /// The methods that were proven for it.
        methods: Vec<MethodKind>,
        /// Whether it has reached every system (Entra: on premises success, cloud failure).
        propagated: bool,
    },
    /// The password was changed by whoever knew it.
    PasswordChanged = "password_changed" {
        /// The flow.
        flow: u32,
        /// The number of the write.
        write: u32,
        /// Whether it has reached every system.
        propagated: bool,
    },
    /// The account was unlocked, its password kept.
    AccountUnlocked = "account_unlocked" {
        /// The flow.
        flow: u32,
        /// The number of the write.
        write: u32,
        /// The methods that were proven for it.
        methods: Vec<MethodKind>,
        /// Whether it has reached every system.
        propagated: bool,
    },
    /// The user's sessions were revoked.
    SessionsRevoked = "sessions_revoked" {
        /// The write that caused it.
        write: u32,
    },
    /// The user's sessions could not be revoked, and nobody tries any more.
    SessionsKept = "sessions_kept" {
        /// The write that should have ended them.
        write: u32,
    },
    /// A flow ended before its goal.
    FlowEnded = "flow_ended" {
        /// The flow.
        flow: u32,
        /// How far it had come.
        stage: FlowStage,
        /// Why it ended.
        ended: FlowEnd,
    },
    /// A method was added and waits for its confirmation.
    MethodAdded = "method_added" {
        /// The method.
        method: MethodKind,
        /// Its id.
        // `id` is the event's own, beside which this is flattened.
        #[serde(rename = "method_id")]
        id: MethodId,
    },
    /// A method was confirmed and is active.
    MethodConfirmed = "method_confirmed" {
        /// The method.
        method: MethodKind,
        /// Its id.
        // `id` is the event's own, beside which this is flattened.
        #[serde(rename = "method_id")]
        id: MethodId,
    },
    /// A method was removed.
    MethodRemoved = "method_removed" {
        /// The method.
        method: MethodKind,
        /// Its id.
        // `id` is the event's own, beside which this is flattened.
        #[serde(rename = "method_id")]
        id: MethodId,
    },
    /// A method was confirmed and has taken the place of another.
    MethodReplaced = "method_replaced" {
        /// The method.
        method: MethodKind,
        /// Its id.
        // `id` is the event's own, beside which this is flattened.
        #[serde(rename = "method_id")]
        id: MethodId,
        /// The id of the one that went.
        replaced: MethodId,
    },
    /// The user has chosen the method that is offered first.
    DefaultMethodChanged = "default_method_changed" {
        /// The method.
        method: MethodKind,
        /// Its id.
        // `id` is the event's own, beside which this is flattened.
        #[serde(rename = "method_id")]
        id: MethodId,
    },
    /// A recovery code took the place of one that was used.
    RecoveryCodeReplaced = "recovery_code_replaced" {
        /// The id of the set.
        // `id` is the event's own, beside which this is flattened.
        #[serde(rename = "method_id")]
        id: MethodId,
    },
    /// The user has said that what is registered is still right.
    RegistrationConfirmed = "registration_confirmed" {},
    /// The user has put the registration off, for this session.
    RegistrationPostponed = "registration_postponed" {},
    /// A browser is known from now on.
    DeviceRemembered = "device_remembered" {
        /// How many there are.
        devices: u8,
    },
    /// Help was asked for: the administrators whom the directory names are told, each within a budget
    /// of their own.
    HelpRequested = "help_requested" {},
    /// An administrator removed all that the user had registered.
    MethodsRevoked = "methods_revoked" {
        /// How many methods that were.
        count: u8,
    },
    /// An administrator ended all that was outstanding, known devices included.
    FlowsRevoked = "flows_revoked" {
        /// How many flows that were.
        count: u8,
    },
    /// An administrator wants the user to register anew.
    RegistrationRequired = "registration_required" {},
    /// An administrator asked the user to reset the password.
    ResetRequested = "reset_requested" {
        /// Whether a link was sent; else a notice.
        link: bool,
    },
    /// An administrator removed all that was known of the user.
    AccountForgotten = "account_forgotten" {},
    /// The user has registered all that the policy asks for.
    RegistrationCompleted = "registration_completed" {},
    /// An administrator supplied contact data.
    ContactsSupplied = "contacts_supplied" {
        /// How many addresses there are now.
        count: u8,
    },
    /// An administrator cleared the failure budgets of an account.
    Unblocked = "unblocked" {},
    /// An administrator confirmed that a record made before the directory gave incarnation marks belongs
    /// to the person who has the identifier now.
    IncarnationConfirmed = "incarnation_confirmed" {},
    /// Seeds of authenticators were sealed anew, under the seal's present key.
    SeedsResealed = "seeds_resealed" {
        /// How many.
        count: u8,
    },
    /// The policy was put.
    PolicyChanged = "policy_changed" {
        /// Its revision now.
        revision: u64,
    },
    /// A message was handed over.
    MessageDelivered = "message_delivered" {
        /// The number of the message within the account.
        message: u32,
        /// The kind of message.
        kind: String,
        /// The channel.
        channel: Channel,
    },
    /// The first try to hand a message over failed; it is tried again. A `message_delivered` or a
    /// `message_failed` for it follows.
    MessageDelayed = "message_delayed" {
        /// The number of the message within the account.
        message: u32,
        /// The kind of message.
        kind: String,
        /// The channel.
        channel: Channel,
    },
    /// A notice was put into another one, since more went to one address than its budget has room
    /// for.
    MessageFolded = "message_folded" {
        /// The number of the message within the account.
        message: u32,
        /// The kind of message.
        kind: String,
        /// The channel.
        channel: Channel,
        /// The number of the message that tells of it now. None if an administrator's digest of
        /// requests for help does.
        into: Option<u32>,
    },
    /// A notice did not go to a phone, since the risk signals denied the number. A mail address was
    /// told of the same.
    MessageWithheld = "message_withheld" {
        /// The number of the message within the account.
        message: u32,
        /// The kind of message.
        kind: String,
        /// The channel.
        channel: Channel,
    },
    /// A message was refused for good, or ran out of time.
    MessageFailed = "message_failed" {
        /// The number of the message within the account.
        message: u32,
        /// The kind of message.
        kind: String,
        /// The channel.
        channel: Channel,
        /// Whether it ran out of time; else it was refused.
        expired: bool,
    },
}

/// Who refused a password.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RejectedBy {
    /// The policy's rules.
    Rules,
    /// The list of breached passwords.
    BreachList,
    /// The directory.
    Directory,
}

/// How a flow ended before its goal.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FlowEnd {
    /// Its time ran out.
    Abandoned,
    /// The account or its methods changed meanwhile.
    Superseded,
    /// Too many rejected passwords.
    TooManyRejections,
    /// Its bearer has given it up.
    Cancelled,
}
