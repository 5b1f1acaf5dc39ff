//! An embeddable self-service password reset engine.

pub mod adapters;
#[cfg(feature = "conformance")]
pub mod conformance;
mod domain;
mod engine;
pub mod port;
#[cfg(feature = "testing")]
pub mod testing;

pub use domain::account::Provenance;
pub use domain::budget::PoolKind;
pub use domain::contact::{Destination, EmailAddress, PhoneNumber};
pub use domain::decide::Contacts;
pub use domain::event::{ActorKind, Event, EventId, EventKind, FlowEnd, RejectedBy};
pub use domain::facts::{
    ContactFacts, PasswordHome, Plan, PolicyReason, SessionKinds, TenantFacts, UserFacts, UserKind,
    UserQuery, UserSelector, WriteOutcome, WritebackState,
};
pub use domain::ids::{
    CounterKey, GroupId, Identifier, MethodId, RecordKey, RoleId, SHARDS, TenantId, UserId,
};
pub use domain::invalid::InvalidInput;
pub use domain::keys::Keys;
pub use domain::message::{CodeMessage, CodePurpose, Locale, Message, Notice};
pub use domain::method::{ChallengeOption, Channel, MethodKind};
pub use domain::password::{PasswordContext, PasswordFault, PasswordRejection, PasswordRules};
pub use domain::policy::{
    AdministratorPolicy, Amount, AsvsLevel, CodeAlphabet, CodeFormat, CodeFormats, ContactSources,
    CrossLimits, Departure, Disclosure, FailureBudgets, Finding, Gates, Guessing, Lifetimes,
    MethodOdds, Notifications, NotifyRule, Odds, OnPremisesPolicy, Policy, PolicyError,
    PolicyFault, PolicyProblem, PolicyReview, PolicySettings, Rate, RegistrationPolicy, Scope,
    SendBudgets, Severity, Spray, Standard,
};
pub use domain::reason::{FlowStage, SsprReason};
pub use domain::record::{Columns, Record, RecordKind, Version};
pub use domain::refusal::Refusal;
pub use domain::secret::{SecretBytes, SecretText};
pub use domain::ticket::{RegistrationTicket, ResetTicket};
pub use domain::time::Timestamp;
pub use engine::{
    Actor, Admin, AdminRoles, Attempt, Engine, EngineBuilder, Error, Fault, Maintained, MethodView,
    NeedsDelivery, NeedsDirectory, NeedsKeys, NeedsStore, NewMethod, OptionView, PasswordGuide,
    Port, Ready, Registration, Reply, Request, Reset, Selection, SignInContext, SignedIn, Source,
    Stats, Step, StoredPolicy,
};
pub use port::{Clock, Delivery, Directory, Entropy, PortError, Store};
