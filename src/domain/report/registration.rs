//! Rows of the registration report: who has registered, may reset, and can.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::rfc3339;
use super::row::{ReportRow, code, joined, optional};
use crate::domain::identity::ids::UserId;
use crate::domain::method::MethodKind;
use crate::domain::reason::SsprReason;
use crate::domain::time::Timestamp;

/// The registration of one user, as [`Admin::explain`](crate::Admin::explain) tells it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RegistrationRow {
    /// The user.
    pub user: UserId,
    /// The user principal name, as the directory gives it.
    pub name: Option<String>,
    /// Whether as many methods are registered as a reset requires (Entra: `isSsprRegistered`).
    pub registered: bool,
    /// Whether the policy and the directory let the user reset (Entra: `isSsprEnabled`).
    pub enabled: bool,
    /// Whether both hold (Entra: `isSsprCapable`).
    pub capable: bool,
    /// Whether any method is registered (Entra's older `isRegistered`).
    pub any_method: bool,
    /// Whether the stricter policy of administrators applies (Entra: `isAdmin`).
    pub administrator: bool,
    /// The kinds that are registered, each once: active ones of the record, and host-verified ones
    /// (Entra: `methodsRegistered`).
    pub methods: Vec<MethodKind>,
    /// The kinds that the user could prove now, contact data of the directory included.
    pub usable: Vec<MethodKind>,
    /// How many distinct methods a reset requires, if gates apply.
    pub required: Option<u8>,
    /// The first reason against a reset; failure budgets are ignored.
    pub reason: Option<SsprReason>,
    /// When the registration was completed.
    #[serde(with = "rfc3339::optional")]
    pub registered_at: Option<Timestamp>,
    /// When the user last confirmed it.
    #[serde(with = "rfc3339::optional")]
    pub confirmed_at: Option<Timestamp>,
    /// When the record last changed; `None` without a record.
    #[serde(with = "rfc3339::optional")]
    pub updated_at: Option<Timestamp>,
    /// Host-verified kinds for which the host did not answer. They count as absent.
    pub unanswered: Vec<MethodKind>,
    /// Whether the record cannot be read, so that the account is closed. Its methods are not known.
    pub unreadable: bool,
}

impl ReportRow for RegistrationRow {
    const COLUMNS: &'static [&'static str] = &[
        "user",
        "name",
        "registered",
        "enabled",
        "capable",
        "any_method",
        "administrator",
        "methods",
        "usable",
        "required",
        "reason",
        "registered_at",
        "confirmed_at",
        "updated_at",
        "unanswered",
        "unreadable",
    ];

    fn cells(&self) -> Vec<String> {
        vec![
            self.user.as_str().to_owned(),
            self.name.clone().unwrap_or_default(),
            self.registered.to_string(),
            self.enabled.to_string(),
            self.capable.to_string(),
            self.any_method.to_string(),
            self.administrator.to_string(),
            joined(&self.methods),
            joined(&self.usable),
            optional(self.required),
            self.reason.map(code).unwrap_or_default(),
            optional(self.registered_at),
            optional(self.confirmed_at),
            optional(self.updated_at),
            joined(&self.unanswered),
            self.unreadable.to_string(),
        ]
    }
}

/// The sums of a registration report. Its size does not depend on the number of users.
///
/// ```
/// use sspr::report::RegistrationSummary;
///
/// let mut summary = RegistrationSummary::default();
/// summary.extend(&[]);
/// assert_eq!((summary.users, summary.capable), (0, 0));
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct RegistrationSummary {
    /// Users.
    pub users: u64,
    /// Those who have registered.
    pub registered: u64,
    /// Those who may reset.
    pub enabled: u64,
    /// Those who can: both.
    pub capable: u64,
    /// Those whose record cannot be read.
    pub unreadable: u64,
    /// Those for whom a host-verified method did not answer, so that they may be capable in fact.
    pub unanswered: u64,
    /// How many users have registered each kind.
    pub methods: BTreeMap<MethodKind, u64>,
    /// How many users the first reason against a reset applies to.
    pub reasons: BTreeMap<SsprReason, u64>,
}

impl RegistrationSummary {
    /// Adds a page of rows.
    pub fn extend(&mut self, rows: &[RegistrationRow]) {
        for row in rows {
            self.users += 1;
            self.registered += u64::from(row.registered);
            self.enabled += u64::from(row.enabled);
            self.capable += u64::from(row.capable);
            self.unreadable += u64::from(row.unreadable);
            self.unanswered += u64::from(!row.unanswered.is_empty());
            for kind in &row.methods {
                *self.methods.entry(*kind).or_default() += 1;
            }
            if let Some(reason) = row.reason {
                *self.reasons.entry(reason).or_default() += 1;
            }
        }
    }
}
