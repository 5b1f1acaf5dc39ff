//! Rows of usage: what users did with resets, unlocks, changes and registrations.

use serde::Serialize;

use super::rfc3339;
use super::row::{ReportRow, code, joined, optional};
use crate::domain::account::Purpose;
use crate::domain::event::{ActorKind, CorrelationId, Event, EventKind, FlowEnd};
use crate::domain::identity::ids::UserId;
use crate::domain::method::{Channel, MethodKind};
use crate::domain::named::named;
use crate::domain::time::Timestamp;

named! {
    /// What was used.
    ///
    /// ```
    /// assert_eq!(sspr::report::UsageFeature::Reset.as_str(), "reset");
    /// ```
    pub enum UsageFeature {
        /// A reset of a forgotten password.
        Reset = "reset",
        /// An unlock that keeps the password.
        Unlock = "unlock",
        /// A change of a known password.
        Change = "change",
        /// A registration of methods.
        Registration = "registration",
        /// A temporary password of an administrator.
        AdministratorReset = "administrator_reset",
    }
}

impl From<Purpose> for UsageFeature {
    fn from(purpose: Purpose) -> Self {
        match purpose {
            Purpose::Reset => Self::Reset,
            Purpose::Unlock => Self::Unlock,
            Purpose::Change => Self::Change,
            Purpose::Register => Self::Registration,
        }
    }
}

named! {
    /// How far a use came, or how it ended.
    ///
    /// ```
    /// use sspr::report::{UsageResult, UsageStage};
    ///
    /// assert_eq!(UsageStage::Completed.result(), Some(UsageResult::Succeeded));
    /// assert_eq!(UsageStage::Sent.result(), None);
    /// ```
    pub enum UsageStage {
        /// A name was typed and accepted. Counted, never listed: it leaves no event.
        Started = "started",
        /// The first code of a flow was asked for, whether or not one was sent. Counted, never listed.
        Asked = "asked",
        /// A flow was created: its first challenge was opened, the present password was right, or
        /// a method was added.
        Begun = "begun",
        /// A challenge was opened, and its code is sent.
        Sent = "sent",
        /// A challenge was opened and nothing is sent, for the reason.
        Suppressed = "suppressed",
        /// A method was proven, or confirmed.
        Proven = "proven",
        /// As many methods as required are proven.
        Granted = "granted",
        /// A new password was rejected.
        Rejected = "rejected",
        /// The password was written, the account unlocked, the registration completed.
        Completed = "completed",
        /// The directory did not write, or it is not known whether it did; or the flow ended after
        /// too many rejections or because the account changed.
        Failed = "failed",
        /// The time ran out. The reason is the stage of the flow.
        Abandoned = "abandoned",
        /// The user gave up. The reason is the stage of the flow.
        Cancelled = "cancelled",
        /// A budget was spent, and self-service is closed for a while.
        Blocked = "blocked",
        /// An administrator was asked for help.
        Contacted = "contacted",
    }
}

named! {
    /// The results of Entra's activity report.
    ///
    /// ```
    /// assert_eq!(sspr::report::UsageResult::Abandoned.as_str(), "abandoned");
    /// ```
    pub enum UsageResult {
        /// The time ran out.
        Abandoned = "abandoned",
        /// The account was blocked.
        Blocked = "blocked",
        /// The user gave up.
        Cancelled = "cancelled",
        /// An administrator was asked for help.
        ContactedAdministrator = "contacted_administrator",
        /// It was refused or failed.
        Failed = "failed",
        /// It succeeded.
        Succeeded = "succeeded",
    }
}

impl UsageStage {
    /// Every stage, in the order of a flow.
    pub const ALL: [Self; 14] = [
        Self::Started,
        Self::Asked,
        Self::Begun,
        Self::Sent,
        Self::Suppressed,
        Self::Proven,
        Self::Granted,
        Self::Rejected,
        Self::Completed,
        Self::Failed,
        Self::Abandoned,
        Self::Cancelled,
        Self::Blocked,
        Self::Contacted,
    ];

    /// Entra's result; `None` for a step on the way.
    #[must_use]
    pub const fn result(self) -> Option<UsageResult> {
        Some(match self {
            Self::Abandoned => UsageResult::Abandoned,
            Self::Blocked => UsageResult::Blocked,
            Self::Cancelled => UsageResult::Cancelled,
            Self::Contacted => UsageResult::ContactedAdministrator,
            Self::Failed | Self::Suppressed => UsageResult::Failed,
            Self::Completed => UsageResult::Succeeded,
            Self::Started | Self::Asked | Self::Begun | Self::Sent => return None,
            Self::Proven | Self::Granted | Self::Rejected => return None,
        })
    }
}

/// One step of one use, from an audit event.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[non_exhaustive]
pub struct UsageRow {
    /// When.
    #[serde(with = "rfc3339")]
    pub at: Timestamp,
    /// The user; `None` for a name that no account has.
    pub user: Option<UserId>,
    /// What was used; `None` if it is not known, as for a block.
    pub feature: Option<UsageFeature>,
    /// How far it came.
    pub stage: UsageStage,
    /// Entra's result of the stage.
    pub result: Option<UsageResult>,
    /// The method; those that were proven, in order, if it is completed.
    pub methods: Vec<MethodKind>,
    /// The channel of the code.
    pub channel: Option<Channel>,
    /// A stable code of the reason: that of a [`SsprReason`](crate::error::SsprReason), of a
    /// [`FlowStage`](crate::audit::FlowStage), of who rejected a password, or of a budget.
    pub reason: Option<String>,
    /// What the rows of one flow have in common.
    pub correlation: Option<CorrelationId>,
}

impl ReportRow for UsageRow {
    const COLUMNS: &'static [&'static str] = &[
        "at",
        "user",
        "feature",
        "stage",
        "result",
        "methods",
        "channel",
        "reason",
        "correlation",
    ];

    fn cells(&self) -> Vec<String> {
        vec![
            self.at.to_string(),
            optional(self.user.as_ref().map(UserId::as_str)),
            optional(self.feature),
            self.stage.to_string(),
            optional(self.result),
            joined(&self.methods),
            optional(self.channel.map(Channel::as_str)),
            self.reason.clone().unwrap_or_default(),
            optional(self.correlation),
        ]
    }
}

/// What a row takes from the kind of an event.
struct Part {
    feature: Option<UsageFeature>,
    stage: UsageStage,
    channel: Option<Channel>,
    reason: Option<String>,
}

impl Part {
    fn of(feature: impl Into<UsageFeature>, stage: UsageStage) -> Self {
        Self { feature: Some(feature.into()), stage, channel: None, reason: None }
    }

    const fn without_feature(stage: UsageStage) -> Self {
        Self { feature: None, stage, channel: None, reason: None }
    }

    fn over(self, channel: Channel) -> Self {
        Self { channel: Some(channel), ..self }
    }

    fn because(self, reason: impl Into<String>) -> Self {
        Self { reason: Some(reason.into()), ..self }
    }
}

impl UsageRow {
    /// The rows of an event: none, if it is no step of a use.
    #[must_use]
    pub fn of(event: &Event) -> Vec<Self> {
        // The write of a temporary password has the purpose of a reset.
        let by_desk = matches!(event.actor, ActorKind::Administrator(_));
        let feature_of = |part: &Part| match part.stage {
            UsageStage::Failed if by_desk => Some(UsageFeature::AdministratorReset),
            _ => part.feature,
        };
        let row = |part: Part| Self {
            at: event.at,
            user: event.user.clone(),
            feature: feature_of(&part),
            stage: part.stage,
            result: part.stage.result(),
            methods: event.kind.methods(),
            channel: part.channel,
            reason: part.reason,
            correlation: event.correlation(),
        };
        steps(&event.kind).into_iter().chain(ends(&event.kind)).map(row).collect()
    }
}

/// The steps on the way that an event stands for.
fn steps(kind: &EventKind) -> Vec<Part> {
    use UsageFeature::Registration;
    match kind {
        EventKind::ChallengeOpened { purpose, begins, channel, suppressed, .. } => {
            let opened = match suppressed {
                Some(reason) => Part::of(*purpose, UsageStage::Suppressed).because(code(reason)),
                None => Part::of(*purpose, UsageStage::Sent),
            };
            // A registration has begun with the method that was added.
            let first = *begins && *purpose != Purpose::Register;
            let begun = first.then(|| Part::of(*purpose, UsageStage::Begun));
            begun.into_iter().chain([opened.over(*channel)]).collect()
        }
        EventKind::ChangeStarted { .. } => vec![Part::of(Purpose::Change, UsageStage::Begun)],
        EventKind::MethodAdded { .. } => vec![Part::of(Registration, UsageStage::Begun)],
        EventKind::MethodProven { purpose, channel, proven, required, .. } => {
            let step = Part::of(*purpose, UsageStage::Proven).over(*channel);
            let granted = (proven >= required).then(|| Part::of(*purpose, UsageStage::Granted));
            [Some(step), granted].into_iter().flatten().collect()
        }
        EventKind::MethodConfirmed { .. } | EventKind::MethodReplaced { .. } => {
            vec![Part::of(Registration, UsageStage::Proven)]
        }
        EventKind::PasswordRejected { purpose, by, .. } => {
            vec![Part::of(*purpose, UsageStage::Rejected).because(code(by))]
        }
        _ => Vec::new(),
    }
}

/// The end that an event stands for.
fn ends(kind: &EventKind) -> Option<Part> {
    use UsageStage::{Abandoned, Blocked, Cancelled, Completed, Contacted, Failed};
    let done = |feature: UsageFeature, propagated: bool| {
        let part = Part::of(feature, Completed);
        if propagated { part } else { part.because("not_propagated") }
    };
    Some(match kind {
        EventKind::PasswordReset { propagated, .. } => done(UsageFeature::Reset, *propagated),
        EventKind::PasswordChanged { propagated, .. } => done(UsageFeature::Change, *propagated),
        EventKind::AccountUnlocked { propagated, .. } => done(UsageFeature::Unlock, *propagated),
        EventKind::TemporaryPasswordSet { propagated, .. } => {
            done(UsageFeature::AdministratorReset, *propagated)
        }
        EventKind::RegistrationCompleted {} => done(UsageFeature::Registration, true),
        EventKind::RegistrationSkipped {} => {
            Part::of(UsageFeature::Registration, Cancelled).because("skipped")
        }
        EventKind::DirectoryWriteFailed { purpose, reason, .. } => {
            Part::of(*purpose, Failed).because(code(reason))
        }
        EventKind::DirectoryWriteUnsettled { purpose, .. } => {
            Part::of(*purpose, Failed).because("outcome_unknown")
        }
        EventKind::FlowEnded { purpose, stage, ended, .. } => match ended {
            FlowEnd::Abandoned => Part::of(*purpose, Abandoned).because(code(stage)),
            FlowEnd::Cancelled => Part::of(*purpose, Cancelled).because(code(stage)),
            FlowEnd::Superseded | FlowEnd::TooManyRejections => {
                Part::of(*purpose, Failed).because(code(ended))
            }
        },
        EventKind::Blocked { .. } => Part::without_feature(Blocked).because("failures"),
        EventKind::MethodClosed { .. } => {
            Part::without_feature(Blocked).because("failures_in_a_row")
        }
        EventKind::MethodDisabled { .. } => Part::without_feature(Blocked).because("disabled"),
        EventKind::ChallengesSpent { .. } => Part::without_feature(Blocked).because("challenges"),
        EventKind::Throttled { lock } => Part::without_feature(Blocked).because(lock.act.as_str()),
        EventKind::HelpRequested {} => Part::without_feature(Contacted),
        _ => return None,
    })
}
