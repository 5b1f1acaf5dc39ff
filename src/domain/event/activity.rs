//! The activities of Entra's audit log that an event stands for.

use std::fmt;

use serde::{Serialize, Serializer};

use super::kind::EventKind;
use super::status_reason::StatusReason;
use super::values::{FlowEnd, RejectedBy};
use crate::domain::account::Purpose;
use crate::domain::named::named;
use crate::domain::policy::PolicyChanges;
use crate::domain::reason::{FlowStage, SsprReason};

macro_rules! activities {
    ($($(#[$doc:meta])* $variant:ident = ($name:literal, $service:ident, $category:expr);)+) => {
        /// An activity of Entra's audit log. `Display` and `serde` write Entra's name.
        ///
        /// ```
        /// use sspr::audit::{Activity, ActivityService};
        ///
        /// assert_eq!(Activity::SelfServiceReset.name(), "Reset password (self-service)");
        /// let service = Activity::SelfServiceReset.service();
        /// assert_eq!(service.name(), "Self-service Password Management");
        /// ```
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        #[non_exhaustive]
        pub enum Activity {
            $($(#[$doc])* $variant,)+
        }

        impl Activity {
            /// Every activity.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Entra's name of the activity.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// The service that logs it.
            #[must_use]
            pub const fn service(self) -> ActivityService {
                match self { $(Self::$variant => ActivityService::$service,)+ }
            }

            /// Its category; `None` if Entra documents none.
            #[must_use]
            pub const fn category(self) -> Option<ActivityCategory> {
                match self { $(Self::$variant => $category,)+ }
            }
        }
    };
}

const USERS: Option<ActivityCategory> = Some(ActivityCategory::UserManagement);
const DIRECTORY: Option<ActivityCategory> = Some(ActivityCategory::DirectoryManagement);

activities! {
    /// The policy was changed.
    PolicyChange = ("Self-service password reset policy changes", PasswordManagement, None);
    /// A budget of the user is spent. Its status is success: the block took effect.
    Blocked = ("Blocked from self-service password reset", PasswordManagement, USERS);
    /// A user changed a known password.
    SelfServiceChange = ("Change password (self-service)", PasswordManagement, USERS);
    /// An administrator reset a password.
    AdministratorReset = ("Reset password (by admin)", PasswordManagement, USERS);
    /// A user reset a forgotten password.
    SelfServiceReset = ("Reset password (self-service)", PasswordManagement, USERS);
    /// A step of a reset or an unlock.
    FlowProgress =
        ("Self-service password reset flow activity progress", PasswordManagement, USERS);
    /// A user unlocked the account.
    SelfServiceUnlock = ("Unlock user account (self-service)", PasswordManagement, USERS);
    /// A user has registered what a reset requires.
    RegisteredForReset =
        ("User registered for self-service password reset", PasswordManagement, USERS);
    /// Writeback was switched on.
    WritebackEnabled =
        ("Enable password writeback for directory", PasswordManagement, DIRECTORY);
    /// Writeback was switched off.
    WritebackDisabled =
        ("Disable password writeback for directory", PasswordManagement, DIRECTORY);
    /// A user has registered every method that the policy requires, or did not.
    RegisteredAllRequired =
        ("User registered all required security info", AuthenticationMethods, USERS);
    /// A user has registered one method, or did not.
    RegisteredMethod = ("User registered security info", AuthenticationMethods, USERS);
    /// A user has confirmed the registered methods.
    ReviewedMethods = ("User reviewed security info", AuthenticationMethods, USERS);
    /// A user has removed a method.
    DeletedMethod = ("User deleted security info", AuthenticationMethods, USERS);
    /// A user has chosen the method that is offered first.
    ChangedDefault = ("User changed default security info", AuthenticationMethods, USERS);
}

impl fmt::Display for Activity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for Activity {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.name())
    }
}

/// The service of Entra that logs an activity.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum ActivityService {
    /// Resets, changes and unlocks.
    PasswordManagement,
    /// The registration of methods.
    AuthenticationMethods,
}

impl ActivityService {
    /// Entra's name of the service.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::PasswordManagement => "Self-service Password Management",
            Self::AuthenticationMethods => "Authentication Methods",
        }
    }
}

/// The category of an activity.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum ActivityCategory {
    /// What concerns a user.
    UserManagement,
    /// What concerns the directory.
    DirectoryManagement,
}

impl ActivityCategory {
    /// Entra's name of the category.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::UserManagement => "UserManagement",
            Self::DirectoryManagement => "DirectoryManagement",
        }
    }
}

named! {
    /// How an activity ended.
    pub enum ActivityStatus {
        /// It took effect.
        Success = "success",
        /// It did not.
        Failure = "failure",
        /// It is not known: the directory did not report the outcome in time.
        Timeout = "timeout",
    }
}

/// One activity that an event stands for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub struct ActivityEntry {
    /// The activity.
    pub activity: Activity,
    /// How it ended.
    pub status: ActivityStatus,
    /// Why, if there is a reason.
    pub reason: Option<StatusReason>,
}

impl ActivityEntry {
    const fn success(activity: Activity) -> Self {
        Self { activity, status: ActivityStatus::Success, reason: None }
    }

    const fn failure(activity: Activity, reason: StatusReason) -> Self {
        Self { activity, status: ActivityStatus::Failure, reason: Some(reason) }
    }

    const fn because(self, reason: StatusReason) -> Self {
        Self { reason: Some(reason), ..self }
    }
}

impl EventKind {
    /// The activities that Entra's audit log would have for this event: usually one; none if Entra
    /// logs nothing of the kind; two if Entra logs it twice.
    ///
    /// ```
    /// use sspr::audit::{Activity, ActivityStatus, Event};
    ///
    /// # let key = "00".repeat(32);
    /// let text = r#"{"format":1,"id":{"record":"KEY","count":7,"index":0},"tenant":"contoso",
    ///     "user":"u-1","actor":"user","at":1800000000000,"code":"registration_confirmed"}"#;
    /// let event = Event::decode(&text.replace("KEY", &key))?;
    /// let [entry] = event.kind.activities()[..] else { unreachable!() };
    /// assert_eq!(entry.activity, Activity::ReviewedMethods);
    /// assert_eq!(entry.status, ActivityStatus::Success);
    /// # Ok::<(), sspr::InvalidInput>(())
    /// ```
    #[must_use]
    pub fn activities(&self) -> Vec<ActivityEntry> {
        use ActivityEntry as Entry;
        let entry = match *self {
            Self::ChallengeOpened { purpose: Purpose::Register, .. } => return Vec::new(),
            Self::ChallengeOpened { suppressed: Some(reason), .. } => {
                Entry::failure(Activity::FlowProgress, StatusReason::Refused(reason))
            }
            Self::ChallengeOpened { method, channel, .. } => Entry::success(Activity::FlowProgress)
                .because(StatusReason::Started { method, channel }),
            Self::MethodProven { method, channel, .. } => Entry::success(Activity::FlowProgress)
                .because(StatusReason::Completed { method, channel }),
            Self::Blocked { method, .. }
            | Self::MethodClosed { method }
            | Self::MethodDisabled { method } => {
                Entry::success(Activity::Blocked).because(StatusReason::Blocked(method))
            }
            Self::ChallengesSpent { .. } => {
                Entry::success(Activity::Blocked).because(StatusReason::TooManyChallenges)
            }
            Self::Throttled { lock } => {
                Entry::success(Activity::Blocked).because(StatusReason::Throttled(lock.act))
            }
            Self::PasswordRejected { purpose, by, .. } => rejected(purpose, by),
            Self::DirectoryWriteFailed { purpose, reason, .. } => {
                Entry::failure(goal_of(purpose), StatusReason::Refused(reason))
            }
            Self::DirectoryWriteUnsettled { purpose, .. } => Entry {
                activity: goal_of(purpose),
                status: ActivityStatus::Timeout,
                reason: Some(StatusReason::OutcomeUnknown),
            },
            Self::PasswordReset { propagated, .. } => Entry::success(Activity::SelfServiceReset)
                .because(if propagated {
                    StatusReason::PasswordReset
                } else {
                    StatusReason::Refused(SsprReason::NotPropagated)
                }),
            Self::PasswordChanged { propagated, .. } => {
                written(Activity::SelfServiceChange, propagated)
            }
            Self::TemporaryPasswordSet { propagated, .. } => {
                written(Activity::AdministratorReset, propagated)
            }
            Self::AccountUnlocked { propagated, .. } => {
                written(Activity::SelfServiceUnlock, propagated)
            }
            Self::FlowEnded { purpose, stage, ended, .. } => ended_flow(purpose, stage, ended),
            Self::MethodConfirmed { .. } => Entry::success(Activity::RegisteredMethod),
            Self::MethodRemoved { .. } => Entry::success(Activity::DeletedMethod),
            Self::MethodReplaced { .. } => {
                let both = [Activity::RegisteredMethod, Activity::DeletedMethod];
                return both.map(Entry::success).to_vec();
            }
            Self::DefaultMethodChanged { .. } => Entry::success(Activity::ChangedDefault),
            Self::RegistrationConfirmed {} => Entry::success(Activity::ReviewedMethods),
            Self::RegistrationSkipped {} => {
                Entry::failure(Activity::RegisteredAllRequired, StatusReason::Skipped)
            }
            Self::RegistrationCompleted {} => {
                let both = [Activity::RegisteredAllRequired, Activity::RegisteredForReset];
                return both.map(Entry::success).to_vec();
            }
            Self::HelpRequested {} => {
                Entry::success(Activity::FlowProgress).because(StatusReason::ContactedAdministrator)
            }
            Self::PolicyChanged { ref changes, .. } => return policy_changed(changes),
            // Entra logs nothing of this kind.
            Self::NumberCounted { .. }
            | Self::SecretCounted { .. }
            | Self::ChangeStarted { .. }
            | Self::AttemptCounted { .. }
            | Self::OathStepUsed { .. }
            | Self::RecoveryCodeUsed { .. }
            | Self::LinkRedeemedElsewhere { .. }
            | Self::ProofRepeated { .. }
            | Self::AttemptRefunded { .. }
            | Self::LimitSpent { .. }
            | Self::DirectoryWriteStarted { .. }
            | Self::SessionsRevoked { .. }
            | Self::SessionsKept { .. }
            | Self::MethodAdded { .. }
            | Self::RecoveryCodeReplaced { .. }
            | Self::DeviceRemembered { .. }
            | Self::MethodsRevoked { .. }
            | Self::Repudiated { .. }
            | Self::FlowsRevoked { .. }
            | Self::RegistrationRequired {}
            | Self::ResetRequested { .. }
            | Self::Invited {}
            | Self::InvitationRevoked { .. }
            | Self::AccountForgotten {}
            | Self::ContactsSupplied { .. }
            | Self::Unblocked {}
            | Self::IncarnationConfirmed {}
            | Self::ActRefused { .. }
            | Self::SeedsResealed { .. }
            | Self::MessageDelivered { .. }
            | Self::MessageDelayed { .. }
            | Self::MessageFolded { .. }
            | Self::MessageWithheld { .. }
            | Self::MessageStopped { .. }
            | Self::BreakerOpened { .. }
            | Self::BreakerClosed { .. }
            | Self::MessageFailed { .. }
            | Self::Other(_) => return Vec::new(),
        };
        vec![entry]
    }
}

/// The activity that a flow of this purpose aims at.
const fn goal_of(purpose: Purpose) -> Activity {
    match purpose {
        Purpose::Reset => Activity::SelfServiceReset,
        Purpose::Register => Activity::RegisteredMethod,
        Purpose::Unlock => Activity::SelfServiceUnlock,
        Purpose::Change => Activity::SelfServiceChange,
    }
}

const fn rejected(purpose: Purpose, by: RejectedBy) -> ActivityEntry {
    let reason = match by {
        RejectedBy::Rules | RejectedBy::BreachList => StatusReason::PasswordRejected,
        RejectedBy::Directory => StatusReason::Refused(SsprReason::PasswordRefused),
    };
    ActivityEntry::failure(goal_of(purpose), reason)
}

const fn written(activity: Activity, propagated: bool) -> ActivityEntry {
    let entry = ActivityEntry::success(activity);
    if propagated { entry } else { entry.because(StatusReason::Refused(SsprReason::NotPropagated)) }
}

/// A flow that ended before its goal. A reset or an unlock ends with a step; a change or a
/// registration has no steps, and fails as a whole.
const fn ended_flow(purpose: Purpose, stage: FlowStage, ended: FlowEnd) -> ActivityEntry {
    let activity = match purpose {
        Purpose::Reset | Purpose::Unlock => Activity::FlowProgress,
        Purpose::Register | Purpose::Change => goal_of(purpose),
    };
    let reason = match ended {
        FlowEnd::Abandoned => StatusReason::Abandoned(stage),
        FlowEnd::Cancelled => StatusReason::Cancelled(stage),
        FlowEnd::Superseded => StatusReason::Superseded,
        FlowEnd::TooManyRejections => StatusReason::TooManyRejections,
    };
    ActivityEntry::failure(activity, reason)
}

/// A change of the policy, and a switch of writeback if it is among the changes.
fn policy_changed(changes: &PolicyChanges) -> Vec<ActivityEntry> {
    let writeback =
        changes.settings.iter().find(|change| change.setting == PolicyChanges::WRITEBACK);
    let switched = writeback.map(|change| match change.after.as_deref() {
        Some("true") => Activity::WritebackEnabled,
        _ => Activity::WritebackDisabled,
    });
    [Some(Activity::PolicyChange), switched]
        .into_iter()
        .flatten()
        .map(ActivityEntry::success)
        .collect()
}
