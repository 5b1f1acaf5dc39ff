//! Rows of the report of what expires: passwords, methods, providers and registrations.

use serde::{Deserialize, Serialize};

use super::rfc3339;
use super::row::{ReportRow, code, optional};
use crate::domain::identity::facts::{MustChange, TenantFacts, UserFacts};
use crate::domain::identity::ids::UserId;
use crate::domain::method::{Channel, MethodKind};
use crate::domain::named::named;
use crate::domain::policy::{PasswordDue, Policy, Retired};
use crate::domain::time::Timestamp;

named! {
    /// What expires.
    ///
    /// ```
    /// assert_eq!(sspr::report::ExpiringKind::Password.as_str(), "password");
    /// ```
    pub enum ExpiringKind {
        /// The password, by the policy or by what the directory reports.
        Password = "password",
        /// A kind of method that the user has, and that the policy retires.
        Method = "method",
        /// A provider of a channel that a method of the user needs.
        Provider = "provider",
        /// The registration is to be confirmed again.
        Registration = "registration",
        /// The record cannot be read: what else expires is not known.
        Unreadable = "unreadable",
    }
}

/// One thing of one user that expires. A user with several has a row for each.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ExpiringRow {
    /// The user.
    pub user: UserId,
    /// The user principal name, as the directory gives it.
    pub name: Option<String>,
    /// What expires.
    pub what: ExpiringKind,
    /// When; `None` if only that it has is known.
    #[serde(with = "rfc3339::optional")]
    pub at: Option<Timestamp>,
    /// Whether it has expired at the time of the report.
    pub due: bool,
    /// Why a password must be changed now.
    pub reason: Option<MustChange>,
    /// The method that retires.
    pub method: Option<MethodKind>,
    /// The channel whose provider retires.
    pub channel: Option<Channel>,
    /// The provider that retires.
    pub provider: Option<String>,
}

impl ReportRow for ExpiringRow {
    const COLUMNS: &'static [&'static str] =
        &["user", "name", "what", "at", "due", "reason", "method", "channel", "provider"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.user.as_str().to_owned(),
            self.name.clone().unwrap_or_default(),
            self.what.to_string(),
            optional(self.at),
            self.due.to_string(),
            self.reason.map(code).unwrap_or_default(),
            optional(self.method),
            optional(self.channel.map(Channel::as_str)),
            self.provider.clone().unwrap_or_default(),
        ]
    }
}

/// What decides what expires for one user.
pub(crate) struct ExpiryFacts<'a> {
    pub(crate) policy: &'a Policy,
    pub(crate) tenant: Option<&'a TenantFacts>,
    pub(crate) user: &'a UserFacts,
    /// The kinds that the user has or could prove; `None` if the record cannot be read.
    pub(crate) kinds: Option<&'a [MethodKind]>,
    /// When the registration is to be confirmed again, if it is asked for at all.
    pub(crate) reconfirm_at: Option<Timestamp>,
    pub(crate) now: Timestamp,
    /// The time until which the report looks.
    pub(crate) until: Timestamp,
}

/// What expires for one user until then, or has expired.
pub(crate) fn expiring(facts: &ExpiryFacts<'_>) -> Vec<ExpiringRow> {
    let mut rows: Vec<ExpiringRow> = password(facts).into_iter().collect();
    if facts.kinds.is_none() {
        rows.push(row(facts, ExpiringKind::Unreadable, None));
    }
    rows.extend(retiring(facts));
    let reconfirm = facts.reconfirm_at.filter(|at| *at <= facts.until);
    rows.extend(reconfirm.map(|at| row(facts, ExpiringKind::Registration, Some(at))));
    rows
}

fn row(facts: &ExpiryFacts<'_>, what: ExpiringKind, at: Option<Timestamp>) -> ExpiringRow {
    ExpiringRow {
        user: facts.user.id.clone(),
        name: facts.user.user_principal_name.clone(),
        what,
        at,
        due: at.is_none_or(|at| at <= facts.now),
        reason: None,
        method: None,
        channel: None,
        provider: None,
    }
}

fn password(facts: &ExpiryFacts<'_>) -> Option<ExpiringRow> {
    let expiry = &facts.policy.password_expiry;
    let at = expiry.expires_at(facts.user);
    if let PasswordDue::Now { reason } = expiry.due(facts.user, facts.now) {
        let due = row(facts, ExpiringKind::Password, at.filter(|at| *at <= facts.now));
        return Some(ExpiringRow { reason: Some(reason), ..due });
    }
    let soon = at.filter(|at| *at <= facts.until)?;
    Some(row(facts, ExpiringKind::Password, Some(soon)))
}

/// The methods and the providers that retire and that the user has, or needs.
fn retiring<'a>(facts: &'a ExpiryFacts<'_>) -> impl Iterator<Item = ExpiringRow> + 'a {
    let kinds = facts.kinds.unwrap_or_default();
    let ahead = |at: Timestamp| facts.now < at && at <= facts.until;
    let soon = facts
        .policy
        .retirements
        .iter()
        .filter(move |retirement| ahead(retirement.at) && retirement.concerns(facts.tenant));
    soon.filter_map(move |retirement| {
        let at = Some(retirement.at);
        match &retirement.what {
            Retired::Method(kind) => kinds.contains(kind).then(|| ExpiringRow {
                method: Some(*kind),
                ..row(facts, ExpiringKind::Method, at)
            }),
            Retired::Provider { channel, provider } => {
                let needs = |kind: &MethodKind| kind.channels().contains(channel);
                kinds.iter().any(needs).then(|| ExpiringRow {
                    channel: Some(*channel),
                    provider: Some(provider.clone()),
                    ..row(facts, ExpiringKind::Provider, at)
                })
            }
        }
    })
}
