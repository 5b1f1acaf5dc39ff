//! The three policies of methods that Entra keeps during a migration.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::domain::method::MethodKind;

/// Where the methods of users come from while a tenant migrates from Entra's two legacy policies to
/// its policy of authentication methods.
///
/// The methods of administrators do not depend on it. Security questions are in `users.methods`
/// only, in every state: Entra's newer policies have none.
///
/// ```
/// use sspr::{MethodKind, PolicySettings};
/// use sspr::policy::{MethodPolicies, MigrationState};
///
/// let mut settings = PolicySettings::default();
/// let mut policies = MethodPolicies::new(MigrationState::InProgress);
/// policies.authentication.insert(MethodKind::AuthenticatorApp);
/// settings.method_policies = Some(policies);
/// assert!(settings.user_gates().methods.contains(&MethodKind::AuthenticatorApp));
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct MethodPolicies {
    /// How far the migration is.
    pub state: MigrationState,
    /// The methods of the legacy policy of multi-factor authentication.
    #[serde(default)]
    pub sign_in: BTreeSet<MethodKind>,
    /// The methods of the policy of authentication methods.
    #[serde(default)]
    pub authentication: BTreeSet<MethodKind>,
}

/// The state of the migration.
///
/// | State | Methods of users |
/// |---|---|
/// | `PreMigration` | `users.methods`, the legacy policy of password reset |
/// | `InProgress` | a method that any of the three policies has |
/// | `Complete` | those of `authentication` |
///
/// Before `Complete` Entra's rules of its app hold: with one gate, the app counts by its code and
/// never by its notification, and is not the only method; with two gates, at least two other kinds
/// are available.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum MigrationState {
    /// Not begun.
    PreMigration,
    /// The policies hold side by side.
    InProgress,
    /// The legacy policies are ignored.
    Complete,
}

impl MethodPolicies {
    /// Policies without methods.
    #[must_use]
    pub const fn new(state: MigrationState) -> Self {
        Self { state, sign_in: BTreeSet::new(), authentication: BTreeSet::new() }
    }
}
