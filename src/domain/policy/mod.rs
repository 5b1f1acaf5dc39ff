//! The policy of a tenant: data, checked when built.

mod presets;
mod settings;

pub use settings::{
    AdministratorPolicy, CodeAlphabet, CodeFormat, CodeFormats, ContactSources, CrossLimits,
    Departure, Disclosure, FailureBudgets, Gates, Lifetimes, Notifications, NotifyRule,
    OnPremisesPolicy, PolicySettings, Rate, RegistrationPolicy, Scope, SendBudgets,
};

use serde::{Deserialize, Serialize};
use std::ops::Deref;

/// A checked policy.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(try_from = "PolicySettings", into = "PolicySettings")]
pub struct Policy(PolicySettings);

impl Policy {
    /// Checks the settings.
    ///
    /// # Errors
    ///
    /// [`PolicyError`], which names every fault.
    pub fn new(settings: PolicySettings) -> Result<Self, PolicyError> {
        Ok(Self(settings))
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

/// Every fault of a refused policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the policy has faults")]
#[non_exhaustive]
pub struct PolicyError {}
