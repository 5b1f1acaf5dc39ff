//! An embeddable self-service password reset engine.

mod domain;

pub use domain::contact::{Destination, EmailAddress, PhoneNumber};
pub use domain::ids::{
    CounterKey, GroupId, Identifier, MethodId, RecordKey, RoleId, SHARDS, TenantId, UserId,
};
pub use domain::invalid::InvalidInput;
pub use domain::method::{ChallengeOption, Channel, MethodKind};
pub use domain::password::{PasswordContext, PasswordFault, PasswordRejection, PasswordRules};
pub use domain::policy::{
    AdministratorPolicy, Amount, CodeAlphabet, CodeFormat, CodeFormats, ContactSources,
    CrossLimits, Departure, Disclosure, FailureBudgets, Gates, Lifetimes, Notifications,
    NotifyRule, OnPremisesPolicy, Policy, PolicyError, PolicyFault, PolicyProblem, PolicySettings,
    Rate, RegistrationPolicy, Scope, SendBudgets,
};
pub use domain::secret::SecretText;
pub use domain::time::Timestamp;
