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
    AdministratorPolicy, Amount, AsvsLevel, CodeAlphabet, CodeFormat, CodeFormats, ContactSources,
    CrossLimits, Departure, Disclosure, FailureBudgets, Finding, Gates, Guessing, Lifetimes,
    MethodOdds, Notifications, NotifyRule, Odds, OnPremisesPolicy, Policy, PolicyError,
    PolicyFault, PolicyProblem, PolicyReview, PolicySettings, Rate, RegistrationPolicy, Scope,
    SendBudgets, Severity, Spray, Standard,
};
pub use domain::secret::SecretText;
pub use domain::time::Timestamp;
