//! Rows of administrators' acts.

use serde::{Deserialize, Serialize};

use super::rfc3339;
use super::row::{ReportRow, optional};
use crate::domain::event::{ActRefusal, ActorKind, AdminAct, Event, EventKind};
use crate::domain::identity::ids::UserId;
use crate::domain::method::MethodKind;
use crate::domain::named::named;
use crate::domain::time::Timestamp;

named! {
    /// An act of an administrator.
    ///
    /// ```
    /// assert_eq!(sspr::report::DeskAct::Unblock.as_str(), "unblock");
    /// ```
    pub enum DeskAct {
        /// The policy was put.
        PutPolicy = "put_policy",
        /// Contact data were supplied.
        SupplyContacts = "supply_contacts",
        /// A token was supplied.
        SupplyToken = "supply_token",
        /// The budgets or the block of an account were cleared.
        Unblock = "unblock",
        /// All methods were removed.
        RevokeMethods = "revoke_methods",
        /// All flows were ended.
        RevokeFlows = "revoke_flows",
        /// A new registration was required.
        RequireRegistration = "require_registration",
        /// A reset was initiated: the user was asked, or sent a link.
        InitiateReset = "initiate_reset",
        /// The user was invited.
        Invite = "invite",
        /// The links of invitations and requests were voided.
        RevokeInvitation = "revoke_invitation",
        /// A temporary password was set.
        SetTemporaryPassword = "set_temporary_password",
        /// What the record holds was removed.
        Forget = "forget",
        /// The user of a record was confirmed.
        ConfirmIncarnation = "confirm_incarnation",
    }
}

impl From<AdminAct> for DeskAct {
    fn from(act: AdminAct) -> Self {
        match act {
            AdminAct::SupplyContacts => Self::SupplyContacts,
            AdminAct::SupplyToken => Self::SupplyToken,
            AdminAct::Unblock => Self::Unblock,
            AdminAct::RevokeMethods => Self::RevokeMethods,
            AdminAct::RevokeFlows => Self::RevokeFlows,
            AdminAct::RequireRegistration => Self::RequireRegistration,
            AdminAct::InitiateReset => Self::InitiateReset,
            AdminAct::Invite => Self::Invite,
            AdminAct::RevokeInvitation => Self::RevokeInvitation,
            AdminAct::SetTemporaryPassword => Self::SetTemporaryPassword,
            AdminAct::Forget => Self::Forget,
            AdminAct::ConfirmIncarnation => Self::ConfirmIncarnation,
        }
    }
}

named! {
    /// How an act ended.
    ///
    /// ```
    /// assert_eq!(sspr::report::DeskOutcome::Refused.as_str(), "refused");
    /// ```
    pub enum DeskOutcome {
        /// It took effect.
        Done = "done",
        /// The administrator may not do it to this user. At most ten an hour are recorded for an
        /// account.
        Refused = "refused",
        /// The directory did not write.
        Failed = "failed",
        /// It is not known whether the directory wrote.
        Unknown = "unknown",
    }
}

/// One act of an administrator, from an audit event.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DeskRow {
    /// When.
    #[serde(with = "rfc3339")]
    pub at: Timestamp,
    /// The administrator, by the name that the host gives; `None` if the engine settled the act
    /// after an interruption.
    pub administrator: Option<String>,
    /// The act.
    pub act: DeskAct,
    /// How it ended.
    pub outcome: DeskOutcome,
    /// Why it was refused.
    pub refusal: Option<ActRefusal>,
    /// The user; `None` for the policy.
    pub user: Option<UserId>,
}

impl DeskRow {
    /// The row of an event; `None` if it is no act of an administrator.
    #[must_use]
    pub fn of(event: &Event) -> Option<Self> {
        let administrator = match &event.actor {
            ActorKind::Administrator(name) => Some(name.clone()),
            // The engine settles an interrupted write, on behalf of the administrator.
            _ if matches!(event.kind, EventKind::TemporaryPasswordSet { .. }) => None,
            _ => return None,
        };
        let done = |act: DeskAct| (act, DeskOutcome::Done, None);
        let (act, outcome, refusal) = match &event.kind {
            EventKind::PolicyChanged { .. } => done(DeskAct::PutPolicy),
            EventKind::ContactsSupplied { .. } => done(DeskAct::SupplyContacts),
            EventKind::MethodAdded { method: MethodKind::OathToken, .. } => {
                done(DeskAct::SupplyToken)
            }
            EventKind::Unblocked {} => done(DeskAct::Unblock),
            EventKind::MethodsRevoked { .. } => done(DeskAct::RevokeMethods),
            EventKind::FlowsRevoked { .. } => done(DeskAct::RevokeFlows),
            EventKind::RegistrationRequired {} => done(DeskAct::RequireRegistration),
            EventKind::ResetRequested { .. } => done(DeskAct::InitiateReset),
            EventKind::Invited {} => done(DeskAct::Invite),
            EventKind::InvitationRevoked { .. } => done(DeskAct::RevokeInvitation),
            EventKind::TemporaryPasswordSet { .. } => done(DeskAct::SetTemporaryPassword),
            EventKind::AccountForgotten {} => done(DeskAct::Forget),
            EventKind::IncarnationConfirmed {} => done(DeskAct::ConfirmIncarnation),
            EventKind::ActRefused { act, cause } => {
                ((*act).into(), DeskOutcome::Refused, Some(*cause))
            }
            EventKind::DirectoryWriteFailed { .. } => {
                (DeskAct::SetTemporaryPassword, DeskOutcome::Failed, None)
            }
            EventKind::DirectoryWriteUnsettled { .. } => {
                (DeskAct::SetTemporaryPassword, DeskOutcome::Unknown, None)
            }
            _ => return None,
        };
        let (at, user) = (event.at, event.user.clone());
        Some(Self { at, administrator, act, outcome, refusal, user })
    }
}

impl ReportRow for DeskRow {
    const COLUMNS: &'static [&'static str] =
        &["at", "administrator", "act", "outcome", "refusal", "user"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.at.to_string(),
            self.administrator.clone().unwrap_or_default(),
            self.act.to_string(),
            self.outcome.to_string(),
            self.refusal.map(super::row::code).unwrap_or_default(),
            optional(self.user.as_ref().map(UserId::as_str)),
        ]
    }
}
