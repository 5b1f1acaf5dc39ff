//! The policy of a tenant: settings, checked when the policy is built.

mod breaker;
pub(crate) mod breakers;
mod budgets;
mod changes;
mod codes;
mod desk;
mod deviation;
mod document;
mod entra_document;
mod entra_reader;
mod expiry;
mod fault;
mod finding;
mod findings;
mod gates;
mod guessing;
mod method_policies;
mod notifications;
mod numbers;
mod owner;
pub(crate) mod plans;
pub(crate) mod policy_record;
mod presets;
mod questions;
mod reach;
mod registration;
mod retirement;
mod review;
mod roles;
pub(crate) mod served;
mod settings;
mod sign_in_lockout;
mod spend;
pub(in crate::domain) mod table;
mod throttle;
mod validate;

#[cfg(test)]
mod tests;

pub use breaker::Breaker;
pub(crate) use breaker::VerifiedShare;
pub use budgets::{CrossLimits, FailureBudgets, Lifetimes, NoticeBudgets, Rate, SendBudgets};
pub use changes::{ChangedSetting, PolicyChanges};
pub use codes::{CodeAlphabet, CodeFormat, CodeFormats};
pub use desk::{DeskPolicy, HelpContact, HelpDesk, HelpUrl};
pub use deviation::Deviation;
pub(in crate::domain) use document::stored;
pub use document::{DocumentFault, MigratedSetting, PolicyDocument, PolicyDocumentError};
pub use entra_document::EntraImport;
pub use entra_reader::NotTaken;
pub use expiry::{DomainExpiry, PasswordDue, PasswordExpiry};
pub use fault::{PolicyError, PolicyFault, PolicyProblem, SettingValue};
pub use finding::{Finding, Severity, Standard};
pub use guessing::{AccountRisk, GuessingRisk, MethodRisk, SprayRisk};
pub use method_policies::{MethodPolicies, MigrationState};
pub use notifications::{Notifications, NotifyRule};
pub use numbers::NumberPolicy;
pub use owner::OwnersWay;
pub use plans::PlanTable;
pub use presets::AsvsLevel;
pub use questions::QuestionPolicy;
pub use registration::{MethodMaxima, RegistrationPolicy};
pub use retirement::{Retired, Retirement};
pub use review::PolicyReview;
pub use settings::{
    AdministratorPolicy, ContactSources, Disclosure, Gates, OathPolicy, OnPremisesPolicy,
    PolicySettings, Scope,
};
pub use sign_in_lockout::SignInLockout;
pub use spend::PhoneSpend;
pub use throttle::{LockStart, Throttle, ThrottleScope, ThrottledAct};

use serde::{Deserialize, Serialize};
use std::ops::Deref;

/// A checked policy: its settings are within every limit that [`PolicySettings`] documents.
///
/// Reading a stored policy checks it again, so that a record with an invalid edit is refused. A
/// policy takes at most [`Policy::MAX_BYTES`], so it can always be stored.
///
/// ```
/// use sspr::{Policy, PolicySettings};
/// use sspr::policy::Scope;
///
/// let mut settings = PolicySettings::default();
/// settings.scope = Scope::All;
/// let policy = Policy::new(settings)?;
/// assert_eq!(policy.attempts, 5);
///
/// // To change a policy, change its settings and have them checked again.
/// let mut settings = policy.settings().clone();
/// settings.attempts = 3;
/// let stricter = Policy::new(settings)?;
/// assert_ne!(policy, stricter);
/// # Ok::<(), sspr::policy::PolicyError>(())
/// ```
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(try_from = "PolicySettings", into = "PolicySettings")]
pub struct Policy(PolicySettings);

impl Policy {
    /// The longest policy as JSON, in bytes; most of it is lists: banned words, roles, groups. 1 000
    /// banned words of 16 characters fit, of any script. The rest of the record is for the fields
    /// beside the policy.
    pub const MAX_BYTES: usize = validate::MAX_BYTES;

    /// Checks the settings.
    ///
    /// # Errors
    ///
    /// [`PolicyError`], which names every fault.
    pub fn new(settings: PolicySettings) -> Result<Self, PolicyError> {
        validate::check(&settings)?;
        Ok(Self(settings))
    }

    /// The default policy with these changes.
    ///
    /// ```
    /// use sspr::Policy;
    /// use sspr::policy::Scope;
    ///
    /// let policy = Policy::with(|settings| {
    ///     settings.scope = Scope::All;
    ///     settings.users.required = 1;
    /// })?;
    /// assert_eq!(policy.settings().users.required, 1);
    /// # Ok::<(), sspr::policy::PolicyError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub fn with(change: impl FnOnce(&mut PolicySettings)) -> Result<Self, PolicyError> {
        let mut settings = PolicySettings::default();
        change(&mut settings);
        Self::new(settings)
    }

    /// The settings, to read or to change into another policy.
    #[must_use]
    pub const fn settings(&self) -> &PolicySettings {
        &self.0
    }
}

impl Deref for Policy {
    type Target = PolicySettings;

    fn deref(&self) -> &PolicySettings {
        &self.0
    }
}

impl TryFrom<PolicySettings> for Policy {
    type Error = PolicyError;

    fn try_from(settings: PolicySettings) -> Result<Self, PolicyError> {
        Self::new(settings)
    }
}

impl From<Policy> for PolicySettings {
    fn from(policy: Policy) -> Self {
        policy.0
    }
}
