//! Every kind of audit event, with its code and fields.
//!
//! The field `id` of a kind is stored as `method_id`: an event has an `id` of its own, and the
//! fields of its kind are flattened beside that.

use serde::{Deserialize, Serialize};

use super::other::OtherEvent;
use super::table::{event_kinds, field_doc};
use super::values::{ActRefusal, AdminAct, FlowEnd, RejectedBy, StoppedBy, ThrottleLock};
use crate::domain::account::budget::PoolKind;
use crate::domain::account::{ChallengeNumber, FlowNumber, MessageNumber, Purpose, WriteNumber};
use crate::domain::identity::contact::NumberPrefix;
use crate::domain::identity::ids::MethodId;
use crate::domain::method::{Channel, MethodKind};
use crate::domain::policy::PolicyChanges;
use crate::domain::reason::{FlowStage, SsprReason};
use crate::domain::time::Timestamp;

event_kinds! {
    /// A challenge was opened, and its code is queued unless it is suppressed.
    ChallengeOpened = "challenge_opened" {
        flow: FlowNumber,
        purpose: Purpose,
        /// Whether the challenge begins the flow.
        begins: bool,
        method: MethodKind,
        channel: Channel,
        /// Why nothing is sent, if the challenge is suppressed.
        suppressed: Option<SsprReason>,
    },
    /// A typed phone number was counted, then compared. Wrong unless a `challenge_opened` follows.
    NumberCounted = "number_counted" {
        method: MethodKind,
    },
    /// A secret without a challenge was counted, then compared: the present password of a change,
    /// or a code at the host's sign-in. It was wrong unless a `change_started` or an
    /// `oath_step_used` follows.
    SecretCounted = "secret_counted" {
        method: MethodKind,
    },
    /// The present password was right: a change began.
    ChangeStarted = "change_started" {
        flow: FlowNumber,
    },
    /// An attempt was counted, then its secret was compared. It was wrong unless a `method_proven`
    /// or `method_confirmed` for the same challenge follows.
    AttemptCounted = "attempt_counted" {
        flow: FlowNumber,
        /// The challenge.
        challenge: ChallengeNumber,
        method: MethodKind,
        /// Attempts left for this code.
        left: u8,
    },
    /// A method was proven.
    MethodProven = "method_proven" {
        flow: FlowNumber,
        purpose: Purpose,
        /// The challenge.
        challenge: ChallengeNumber,
        method: MethodKind,
        channel: Channel,
        /// How many distinct methods are proven now.
        proven: u8,
        /// How many are required.
        required: u8,
    },
    /// A time step of a device was accepted. It is not accepted again, for any purpose.
    OathStepUsed = "oath_step_used" {
        /// The kind of method.
        method: MethodKind,
        /// Its id.
        #[serde(rename = "method_id")]
        id: MethodId,
        /// The step, in periods since 1970.
        step: u64,
    },
    /// A recovery code was used.
    RecoveryCodeUsed = "recovery_code_used" {
        /// The id of the set.
        #[serde(rename = "method_id")]
        id: MethodId,
        /// How many are left.
        left: u8,
    },
    /// The link of a flow was redeemed without the flow's ticket. That ticket is void, and the
    /// browser that redeemed the link has a new one.
    LinkRedeemedElsewhere = "link_redeemed_elsewhere" {
        flow: FlowNumber,
    },
    /// The same correct code was given again with the previous ticket.
    ProofRepeated = "proof_repeated" {
        flow: FlowNumber,
        method: MethodKind,
    },
    /// A failure budget is spent, and stays closed until the given time.
    Blocked = "blocked" {
        /// The method whose budget it is.
        method: MethodKind,
        /// Which of the two pools.
        pool: PoolKind,
        /// Until when.
        until: Timestamp,
    },
    /// A throttle of the policy has locked the account, or one kind of method: no challenge is
    /// opened until the given time.
    Throttled = "throttled" {
        /// What was counted and locked.
        #[serde(flatten)]
        lock: ThrottleLock,
    },
    /// Consecutive failures have closed the method's anonymous pool. Known devices, familiar sources
    /// and signed-in users may still use it; a correct secret ends the run of failures.
    MethodClosed = "method_closed" {
        method: MethodKind,
    },
    /// A secret whose comparison took long was right: what its attempt had closed is open again.
    AttemptRefunded = "attempt_refunded" {
        method: MethodKind,
        /// The pool in which the attempt was counted.
        pool: PoolKind,
    },
    /// The challenges of a day are spent: those of the pool, or the share of one source.
    ChallengesSpent = "challenges_spent" {
        /// Which of the two pools.
        pool: PoolKind,
        /// Whether these are the challenges that send something, or those of methods in hand.
        sent: bool,
        /// Whether one source has reached its share, and others may still open challenges.
        by_one_source: bool,
        /// When the first of them is a day old.
        until: Timestamp,
    },
    /// Too many consecutive failures: the method is out of use for resets.
    MethodDisabled = "method_disabled" {
        method: MethodKind,
    },
    /// A limit across accounts is spent: codes get longer or allow fewer attempts. Raise an alarm.
    LimitSpent = "limit_spent" {
        /// Which limit.
        limit: String,
    },
    /// A new password was refused.
    PasswordRejected = "password_rejected" {
        flow: FlowNumber,
        purpose: Purpose,
        /// Who refused it.
        by: RejectedBy,
        /// Stable codes of the rules that it breaks.
        reasons: Vec<String>,
        /// What the directory says about it, at most 200 characters.
        detail: Option<String>,
    },
    /// A directory write has begun: of a password, or of an unlock.
    DirectoryWriteStarted = "directory_write_started" {
        flow: FlowNumber,
        write: WriteNumber,
    },
    /// The directory has reported that it did not write.
    DirectoryWriteFailed = "directory_write_failed" {
        flow: FlowNumber,
        purpose: Purpose,
        write: WriteNumber,
        /// Why.
        reason: SsprReason,
        /// What the directory says about it, at most 200 characters.
        detail: Option<String>,
    },
    /// It is not known whether the directory wrote.
    DirectoryWriteUnsettled = "directory_write_unsettled" {
        flow: FlowNumber,
        purpose: Purpose,
        write: WriteNumber,
    },
    /// The password was reset.
    PasswordReset = "password_reset" {
        flow: FlowNumber,
        write: WriteNumber,
        /// The methods that were proven for it.
        methods: Vec<MethodKind>,
        /// Whether every system has it (Entra: on premises success, cloud failure).
        propagated: bool,
    },
    /// The password was changed, with knowledge of the previous one.
    PasswordChanged = "password_changed" {
        flow: FlowNumber,
        write: WriteNumber,
        /// Whether it has reached every system.
        propagated: bool,
    },
    /// An administrator has set a temporary password.
    TemporaryPasswordSet = "temporary_password_set" {
        #[doc = "The number of the act, which its other events have as their flow."] flow: FlowNumber,
        #[doc = "The number of the write."] write: WriteNumber,
        #[doc = "Whether it has reached every system."] propagated: bool,
    },
    /// The owner has repudiated what has happened since a time. Self-service is blocked.
    Repudiated = "repudiated" {
        #[doc = "The time of the change."] since: Timestamp,
        #[doc = "How many methods were removed."] methods: u8,
        #[doc = "The number under which `sessions_revoked` follows."] write: WriteNumber,
    },
    /// The account was unlocked, its password kept.
    AccountUnlocked = "account_unlocked" {
        flow: FlowNumber,
        write: WriteNumber,
        /// The methods that were proven for it.
        methods: Vec<MethodKind>,
        /// Whether it has reached every system.
        propagated: bool,
    },
    /// The user's sessions were revoked.
    SessionsRevoked = "sessions_revoked" {
        /// The write that caused it.
        write: WriteNumber,
    },
    /// The user's sessions could not be revoked, and the engine has stopped trying.
    SessionsKept = "sessions_kept" {
        /// The write that should have ended them.
        write: WriteNumber,
    },
    /// A flow ended before its goal.
    FlowEnded = "flow_ended" {
        flow: FlowNumber,
        purpose: Purpose,
        /// How far it has come.
        stage: FlowStage,
        /// Why it ended.
        ended: FlowEnd,
    },
    /// A method was added and waits for its confirmation.
    MethodAdded = "method_added" {
        method: MethodKind,
        /// Its id.
        #[serde(rename = "method_id")]
        id: MethodId,
    },
    /// A method was confirmed and is active.
    MethodConfirmed = "method_confirmed" {
        method: MethodKind,
        /// Its id.
        #[serde(rename = "method_id")]
        id: MethodId,
    },
    /// A method was removed.
    MethodRemoved = "method_removed" {
        method: MethodKind,
        /// Its id.
        #[serde(rename = "method_id")]
        id: MethodId,
    },
    /// A method was confirmed and has replaced another.
    MethodReplaced = "method_replaced" {
        method: MethodKind,
        /// Its id.
        #[serde(rename = "method_id")]
        id: MethodId,
        /// The id of the replaced method.
        replaced: MethodId,
    },
    /// The user has chosen the method that is offered first.
    DefaultMethodChanged = "default_method_changed" {
        method: MethodKind,
        /// Its id.
        #[serde(rename = "method_id")]
        id: MethodId,
    },
    /// A new recovery code has replaced a used one.
    RecoveryCodeReplaced = "recovery_code_replaced" {
        /// The id of the set.
        #[serde(rename = "method_id")]
        id: MethodId,
    },
    /// The user has confirmed that the registered methods are still right.
    RegistrationConfirmed = "registration_confirmed" {},
    /// The user has skipped the prompt for this session.
    RegistrationSkipped = "registration_skipped" {},
    /// A browser has become a known device.
    DeviceRemembered = "device_remembered" {
        /// How many known devices the account has.
        devices: u8,
    },
    /// A caller has asked for help. Administrators get a message, each within a budget.
    HelpRequested = "help_requested" {},
    /// An administrator has removed all methods of the user.
    MethodsRevoked = "methods_revoked" {
        #[doc = "How many methods."] count: u8,
    },
    /// An administrator has ended all flows, and removed known devices and familiar sources.
    FlowsRevoked = "flows_revoked" {
        #[doc = "How many flows."] count: u8,
    },
    /// An administrator has required a new registration.
    RegistrationRequired = "registration_required" {},
    /// An administrator has asked the user to reset the password.
    ResetRequested = "reset_requested" {
        #[doc = "Whether a link was sent, rather than a notice."] link: bool,
    },
    /// An administrator has invited the user: a link was sent.
    Invited = "invited" {},
    /// An administrator has voided the links of invitations and requests that were not redeemed.
    InvitationRevoked = "invitation_revoked" {
        #[doc = "How many links."] count: u8,
    },
    /// An administrator has removed what the record holds about the user.
    AccountForgotten = "account_forgotten" {},
    /// The user has registered all methods that the policy requires.
    RegistrationCompleted = "registration_completed" {},
    /// An administrator has supplied contact data.
    ContactsSupplied = "contacts_supplied" {
        #[doc = "How many addresses there are now."] count: u8,
    },
    /// An administrator has cleared the failure budgets of an account.
    Unblocked = "unblocked" {},
    /// An administrator has confirmed that a record from before the directory gave incarnation
    /// marks belongs to the person who has the identifier now.
    IncarnationConfirmed = "incarnation_confirmed" {},
    /// An administrator was refused an act on this user. At most ten in an hour are recorded.
    ActRefused = "act_refused" {
        /// The act.
        act: AdminAct,
        /// Why.
        cause: ActRefusal,
    },
    /// Seeds of authenticators were resealed under the seal's present key.
    SeedsResealed = "seeds_resealed" {
        #[doc = "How many."] count: u8,
    },
    /// The policy was changed.
    PolicyChanged = "policy_changed" {
        /// Its revision now.
        revision: u64,
        /// The settings that differ from the policy before. The first policy of a tenant is compared
        /// with the default one.
        #[serde(default)]
        changes: PolicyChanges,
    },
    /// A message was delivered to the provider.
    MessageDelivered = "message_delivered" {
        message: MessageNumber,
        kind: String,
        channel: Channel,
    },
    /// The first try to deliver a message failed; it is tried again. A `message_delivered` or a
    /// `message_failed` for it follows.
    MessageDelayed = "message_delayed" {
        message: MessageNumber,
        kind: String,
        channel: Channel,
    },
    /// A notice was folded into another one, since the budget of its address is spent.
    MessageFolded = "message_folded" {
        message: MessageNumber,
        kind: String,
        channel: Channel,
        /// The message that includes it now; `None`: an administrator's digest of requests for help.
        into: Option<MessageNumber>,
    },
    /// A notice was not sent to a number that the risk signals denied or the policy does not allow: a mail
    /// address got it too.
    MessageWithheld = "message_withheld" {
        message: MessageNumber,
        kind: String,
        channel: Channel,
    },
    /// A code to a new number was not sent.
    MessageStopped = "message_stopped" {
        message: MessageNumber,
        kind: String,
        channel: Channel,
        /// What has stopped it.
        by: StoppedBy,
    },
    /// Too few codes to new numbers of a prefix were verified: they are stopped until probes show
    /// otherwise, or an administrator closes the breaker. Raise an alarm.
    BreakerOpened = "breaker_opened" {
        /// The prefix.
        prefix: NumberPrefix,
        /// The codes that were counted.
        ended: u64,
        /// How many of them were verified.
        verified: u64,
        /// Until when no code is let through.
        until: Timestamp,
    },
    /// Codes to new numbers of a prefix are sent again.
    BreakerClosed = "breaker_closed" {
        /// The prefix.
        prefix: NumberPrefix,
    },
    /// A message was refused for good, or has expired.
    MessageFailed = "message_failed" {
        message: MessageNumber,
        kind: String,
        channel: Channel,
        /// Whether it has expired, rather than been refused.
        expired: bool,
    },
}
