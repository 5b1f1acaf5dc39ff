//! An embeddable self-service password reset engine.
//!
//! A user who has forgotten a password proves their identity with one or two registered methods (a code
//! by mail, text or call, a link, an authenticator code, a recovery code, a passkey) and sets a new
//! password. This crate owns the rules: who may reset, which methods count and how many are required, how
//! codes are issued and checked, what is throttled, who is notified, what is recorded. Storage, users,
//! passwords and mail stay with the application that embeds it, the *host*, behind four traits:
//! [`Store`](port::Store), [`Directory`](port::Directory), [`Sessions`](port::Sessions) and
//! [`Delivery`](port::Delivery). HTTP stays with the host as well. The engine brings no runtime and spawns
//! nothing. It passes message ids and typed parameters to the delivery; [`adapters::render`] has English
//! texts for them.
//!
//! # A host
//!
//! A host is a few handlers: take the ticket from the cookie, call one method of a flow, keep the new
//! ticket, render the step. [`Engine`] is one concrete type for all stores and directories, and cheap to
//! clone.
//!
//! ```
//! use sspr::adapters::memory::{MemoryDirectory, MemoryInbox, MemoryStore};
//! use sspr::{
//!     Actor, Attempt, Engine, Error, Identifier, Keys, MethodKind, Policy, Refusal, Request,
//!     RoleId, SecretBytes, SecretText, Source, Step, TenantId, UserId,
//! };
//! use sspr::admin::Contacts;
//! use sspr::facts::{EmailAddress, TenantFacts, UserFacts};
//! use sspr::method::ChallengeOption;
//! use sspr::policy::Scope;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // Keys come from a vault; all engines on one store share them.
//! let secret = |byte| SecretBytes::new(vec![byte; 32]);
//! let (directory, inbox) = (MemoryDirectory::new(), MemoryInbox::new());
//! let engine = Engine::builder()
//!     .keys(Keys::new(secret(1), 1, secret(2))?)
//!     .store(MemoryStore::new())
//!     .directory(directory.clone())
//!     .sessions(directory.clone())
//!     .delivery(inbox.clone())
//!     .open()
//!     .await?;
//!
//! // One tenant with one user, whose mail address an administrator supplies.
//! let (contoso, ada) = (TenantId::parse("contoso")?, UserId::parse("u-1")?);
//! directory.add_tenant(contoso.clone(), TenantFacts::new("Contoso"));
//! directory.add_user(&contoso, UserFacts::new(ada.clone()), &["ada@contoso.example"], "old")?;
//! let root = Actor::service("setup", [RoleId::parse("Global Administrator")?]);
//! let policy = Policy::with(|settings| {
//!     settings.scope = Scope::All;
//!     settings.users.required = 1; // the default is two
//! })?;
//! engine.admin(&contoso, &root).put_policy(&policy, None).await?;
//! let mut contacts = Contacts::default();
//! contacts.email = Some(EmailAddress::parse("ada@private.example")?);
//! engine.admin(&contoso, &root).supply_contacts(&ada, &contacts).await?;
//!
//! // The reset. Each reply has the next step to render and the ticket for it.
//! let request = Request::new(contoso.clone(), Source::parse("203.0.113.7"));
//! let name = Identifier::parse("ada@contoso.example")?;
//! let reply = engine.reset().start(&request, &name).await?;
//! assert!(matches!(reply.step, Step::Choose { .. }));
//!
//! let by_mail = ChallengeOption::preferred(MethodKind::Email).into();
//! let reply = engine.reset().challenge(&request, &reply.ticket, &by_mail).await?;
//! assert!(matches!(reply.step, Step::Enter { .. }));
//!
//! while engine.maintain(100).await?.more {} // delivers; in a service a task does this
//! let code = inbox.last_code_to("ada@private.example").ok_or("no code")?;
//!
//! let wrong = Attempt::code(if code == "00000000" { "11111111" } else { "00000000" })?;
//! let refused = engine.reset().prove(&request, &reply.ticket, &wrong).await;
//! assert!(matches!(refused, Err(Error::Refused(Refusal::NotAccepted))));
//!
//! let reply = engine.reset().prove(&request, &reply.ticket, &Attempt::code(&code)?).await?;
//! assert!(matches!(reply.step, Step::NewPassword { .. }));
//!
//! let password = SecretText::from("plum tractor violet candle");
//! let reply = engine.reset().complete(&request, &reply.ticket, &password).await?;
//! assert_eq!(reply.step, Step::Done { propagated: true });
//! assert!(directory.password_is(&contoso, &ada, "plum tractor violet candle"));
//! # Ok(())
//! # }
//! ```
//!
//! # Where to look
//!
//! - [`Reset`]: `start`, `challenge`, `prove`, `complete`, and `view`, which only reads. [`Unlock`] is
//!   the same without a new password. [`Change`] is for users who know their current password.
//!   [`recovery`]: one handler for resets and unlocks, known devices, *it was not me*.
//! - [`Registration`]: a signed-in user adds, confirms, replaces and removes methods, enrols an
//!   authenticator and creates recovery codes; and the prompt at sign-in.
//! - [`Authenticator`]: codes of registered authenticators at the host's own sign-in.
//! - [`Admin`]: policy and its dry run, contact data, tokens, unblocking, revoking, initiating a reset, reports, audit
//!   events.
//! - [`Engine::maintain`]: delivers messages and settles interrupted work. Nothing is delivered unless
//!   the host calls it.
//! - [`PolicySettings`]: each rule with its default and its range. [`Policy::review`] lists where a
//!   policy deviates from the standards and computes the odds of guessing.
//! - [`port`]: the contracts of the traits that a host implements. [`adapters`]: implementations that come
//!   with the crate. `conformance` (feature): the contracts as tests.
//! - [`Error`]: a rule refused the call, the call was malformed, or a port failed. [`error`] has its parts.
//! - [`PolicyDocument`](policy::PolicyDocument): a policy as a document in JSON or TOML, with a version and a JSON
//!   Schema. [`Engine::pages`]: what pages show before a user is known.
//! - [`web`]: an error as an HTTP status or a problem document, cookies, trusted proxies, headers of pages.
//! - [`transfer`]: copies everything from one store to another, or to another lookup key.
//! - [`manual`]: embedding, dependencies, signed-in users and help desks, host-verified methods, writing
//!   a store, operating the included stores, each default with its reason, budgets, threats, upgrades,
//!   moving, restoring, reports, a glossary, decisions.
//!
//! # Methods
//!
//! | [`MethodKind`] | [`Channel`](method::Channel) | Registered by | Needs |
//! |---|---|---|---|
//! | `Email` | `Email`: a code | [`Registration::add`], or an administrator | a [`Delivery`](port::Delivery) with mail |
//! | `Email` | `Link` | the same address | and [`PolicySettings::link`] |
//! | `MobilePhone` | `Sms`, `Voice` | [`Registration::add`], or an administrator | a [`Delivery`](port::Delivery) with the channel |
//! | `OfficePhone` | `Voice` | the same | a [`Delivery`](port::Delivery) with voice |
//! | `AuthenticatorApp` | `InHand` | [`Registration::enrol_authenticator`] | [`EngineBuilder::seal`](builder::EngineBuilder::seal) |
//! | `OathToken` | `InHand` | [`Admin::supply_token`], then [`Registration::claim_token`] | [`EngineBuilder::seal`](builder::EngineBuilder::seal) |
//! | `RecoveryCode` | `InHand` | [`Registration::create_recovery_codes`] | |
//! | `SecurityQuestions` | `InHand` | [`Registration::set_security_questions`] | [`EngineBuilder::slow_hash`](builder::EngineBuilder::slow_hash) |
//! | `AppNotification`, `Passkey`, `HostVerified` | `InHand` | the host itself | [`EngineBuilder::external_method`](builder::EngineBuilder::external_method) |
//!
//! A kind counts if the policy's [`Gates`](policy::Gates) name it. It is offered if the engine has what the last column
//! lists. Typed codes of every kind go into [`Attempt::code`], links into [`Attempt::link`], responses
//! that the host verifies into [`Attempt::response`], and answers to questions into [`Attempt::answers`].
//!
//! # Features
//!
//! Nothing is on by default. `sqlite` adds `adapters::sqlite`, a durable store in one file, on the SQLite
//! that the host's build or the system has; `sqlite-bundled` compiles one in (needs a C compiler).
//! `postgres` adds `adapters::postgres` and `etcd` adds `adapters::etcd`, stores on servers for any
//! number of processes; `smtp` adds `adapters::smtp`, mail by SMTP under TLS; `ldap` adds
//! `adapters::ldap`, the directory for Active Directory and OpenLDAP. These four need a tokio runtime and
//! a provider for TLS: `tls-aws-lc-rs` and `tls-ring` bring one each (need a C compiler).
//! `sql-directory` adds `adapters::sql_directory`, the directory over a host's table of users, to `sqlite`
//! and to `postgres`.
//! `files` adds `adapters::files`, messages as files for development; `seal` adds `adapters::seal`,
//! encryption of stored secrets under rotating keys; `argon2` adds `adapters::argon2`, the slow hash of
//! answers to security questions; `strength` adds `adapters::strength`, a score of passwords; `csv` adds
//! `adapters::rows::CsvRows`, reports as tables; `toml` adds policy documents in TOML; `words` adds `words`, texts of messages and pages in English,
//! Latvian and Chinese; `tower` adds `web::ReplyFloorLayer`; `tracing` adds a span for each operation and each
//! port call; `testing` adds `testing`, test doubles; `conformance` adds `conformance`, the contracts of
//! the store and the other ports as tests.
//!
//! # Calls to review
//!
//! The engine cannot check that these five are used correctly. Search for them in a review.
//!
//! - [`SignedIn::vouch`]: the engine believes that this user is signed in.
//! - [`Source::Trusted`]: the engine believes that the request came from this address. If a client can
//!   choose it, the limits by source have no effect.
//! - `expose_secret` ([`SecretText::expose_secret`], [`ResetTicket::expose_secret`] and the like): the
//!   only way to read a secret.
//! - [`LinkBase::insecure_loopback`](policy::LinkBase::insecure_loopback): links in mails use `http`, to this machine only.
//! - [`Disclosure::Reasoned`](policy::Disclosure::Reasoned): anonymous callers learn which accounts exist and why a reset is refused.

pub mod adapters;
#[cfg(feature = "conformance")]
pub mod conformance;
mod domain;
mod engine;
pub mod manual;
pub mod port;
#[cfg(feature = "testing")]
pub mod testing;
pub mod transfer;
pub mod web;
#[cfg(feature = "words")]
pub mod words;

pub use domain::crypto::flow_ticket::{
    ChangeTicket, RegistrationTicket, ResetTicket, UnlockTicket,
};
pub use domain::crypto::keys::Keys;
pub use domain::crypto::secret::{SecretBytes, SecretText};
pub use domain::identity::ids::{Identifier, RoleId, TenantId, UserId};
pub use domain::invalid::InvalidInput;
pub use domain::method::MethodKind;
pub use domain::policy::{Policy, PolicySettings};
pub use domain::refusal::Refusal;
pub use domain::time::Timestamp;
pub use engine::{
    Actor, Admin, Attempt, Authenticator, Change, Engine, Error, Fault, Registration, Reply,
    Request, Reset, Selection, SignedIn, Source, Step, Unlock,
};

/// Operations of administrators: what [`Admin`] takes and returns.
pub mod admin {
    pub use crate::domain::rules::{Contacts, Withheld, WithheldMethod};
    pub use crate::engine::{
        AccountSummary, AdminRoles, BlockedMethod, BudgetKind, BudgetUse, DryRunEffect, DryRunUser,
        Explanation, HeldMethod, OpenBreaker, StoredPolicy, TargetRule, TargetRules,
        TemporaryPassword,
    };
}

/// The audit trail: events, and what they name.
pub mod audit {
    pub use crate::domain::account::{
        ChallengeNumber, FlowNumber, MessageNumber, Purpose, WriteNumber,
    };
    pub use crate::domain::event::{
        ActRefusal, Activity, ActivityCategory, ActivityEntry, ActivityService, ActivityStatus,
        ActorKind, AdminAct, AuditRow, CorrelationId, Event, EventId, EventKind, FlowEnd, LogLevel,
        LogTerm, OtherEvent, RejectedBy, StatusReason, StoppedBy, ThrottleLock,
    };
    pub use crate::domain::policy::{ChangedSetting, PolicyChanges};
    pub use crate::domain::reason::{FlowStage, Remedy};
    pub use crate::domain::trail::{TrailFinding, TrailGap, TrailHead, TrailPosition, TrailReport};
    pub use crate::engine::TrailOf;
}

/// The builder of an engine ([`Engine::builder`]), and its states: each names the part that is missing.
pub mod builder {
    pub use crate::engine::{
        EngineBuilder, NeedsDelivery, NeedsDirectory, NeedsKeys, NeedsSessions, NeedsStore, Ready,
    };
}

/// The parts of an [`Error`]: why a reset is refused, which limit is spent, which port failed.
pub mod error {
    pub use crate::domain::reason::SsprReason;
    pub use crate::domain::refusal::CodeLimit;
    pub use crate::engine::FaultOrigin;
}

/// What a directory reports about tenants and users, and the addresses in it.
pub mod facts {
    pub use crate::domain::identity::contact::{
        ContactSlot, Destination, EmailAddress, PhoneNumber,
    };
    pub use crate::domain::identity::facts::{
        ContactFacts, MustChange, PasswordHome, Plan, TenantFacts, UserFacts, UserKind, UserQuery,
        UserSelector, WritebackState,
    };
    pub use crate::domain::identity::ids::GroupId;
    pub use crate::domain::identity::time_zone::TimeZone;
    pub use crate::domain::identity::writeback_event::{WritebackEvent, WritebackMeaning};
    pub use crate::domain::identity::writes::{
        Lockouts, PolicyReason, SessionKinds, WriteOutcome, WritePurpose, WriteReply,
    };
}

/// Operation: what [`Engine::maintain`], [`Engine::stats`] and the changes of keys report.
pub mod maintenance {
    pub use crate::engine::{
        CallStats, CallTime, FailingDelivery, KeyUse, MaintenanceReport, ResealPage, SeedsLeft,
        ShortKeysInUse, Stats, UnreadableAccount,
    };
}

/// What the engine asks a [`Delivery`](port::Delivery) to send.
pub mod message {
    pub use crate::domain::identity::coarse::{CoarseOrigin, CountryCode, DeviceKind};
    pub use crate::domain::identity::locale::Locale;
    pub use crate::domain::message::{
        CodeMessage, CodePurpose, LinkMessage, Message, Notice, RepudiationLink, SignInNames,
    };
}

/// Authentication methods: how they are chosen, registered and shown.
pub mod method {
    pub use crate::domain::account::Provenance;
    pub use crate::domain::crypto::totp::{OathAlgorithm, OathParameters, OathSeed};
    pub use crate::domain::identity::ids::MethodId;
    pub use crate::domain::method::{ChallengeOption, Channel, RegistrationMode};
    pub use crate::domain::questions::{QuestionId, QuestionTopic};
    pub use crate::domain::rules::{
        OfferedKind, Prompt, RegistrationPlan, RegistrationStatus, Skip, SuppliedContact,
    };
    pub use crate::engine::{
        Enrolment, MethodView, NewAuthenticator, NewMethod, OptionView, QuestionView,
        RecoveryCodes, RegistrationReview, SignInContext, SignInPrompt,
    };
}

/// Resets and unlocks beside their main path: what both handles share, known devices, and the link of
/// *it was not me*.
pub mod recovery {
    pub use crate::domain::crypto::flow_ticket::FlowTicket;
    pub use crate::engine::{DeviceSecret, Recovery, Repudiation};
}

/// Reports for administrators: rows, filters and sums. [`Admin`] has the operations, and
/// [`adapters::rows`] writes rows into files.
pub mod report {
    pub use crate::domain::report::{
        BlockCause, BlockedFilter, BlockedRow, CountRow, CountedStep, DeskAct, DeskFilter,
        DeskOutcome, DeskRow, ExpiringFilter, ExpiringKind, ExpiringRow, FunnelStep,
        RegistrationFilter, RegistrationRow, RegistrationSummary, ReportDay, ReportRow,
        ReportWindow, UsageCount, UsageFeature, UsageFilter, UsageResult, UsageRow, UsageStage,
        UsageSummary,
    };
    pub use crate::engine::{ReportPage, ReportView};
}

/// The rules for new passwords, and why one is rejected.
pub mod password {
    pub use crate::domain::password::{
        BannedPasswords, PasswordContext, PasswordFault, PasswordRejection, PasswordRules,
    };
    pub use crate::engine::PasswordGuide;
}

/// A tenant's policy: each part of [`PolicySettings`], errors, the review and its odds.
pub mod policy {
    pub use crate::domain::account::budget::PoolKind;
    pub use crate::domain::crypto::link_base::LinkBase;
    pub use crate::domain::identity::contact::{NumberPrefix, PhoneFormat};
    pub use crate::domain::policy::served::{Lack, Unserved};
    pub use crate::domain::policy::{
        AccountRisk, AdministratorPolicy, AsvsLevel, Breaker, CodeAlphabet, CodeFormat,
        CodeFormats, ContactSources, CrossLimits, DeskPolicy, Deviation, Disclosure, DocumentFault,
        DomainExpiry, EntraImport, FailureBudgets, Finding, Gates, GuessingRisk, HelpContact,
        HelpDesk, HelpUrl, Lifetimes, LockStart, MethodMaxima, MethodPolicies, MethodRisk,
        MigratedSetting, MigrationState, NotTaken, NoticeBudgets, Notifications, NotifyRule,
        NumberPolicy, OathPolicy, OnPremisesPolicy, OwnersWay, PasswordDue, PasswordExpiry,
        PhoneSpend, PlanTable, PolicyDocument, PolicyDocumentError, PolicyError, PolicyFault,
        PolicyProblem, PolicyReview, QuestionPolicy, Rate, RegistrationPolicy, Retired, Retirement,
        Scope, SendBudgets, SettingValue, Severity, SignInLockout, SprayRisk, Standard, Throttle,
        ThrottleScope, ThrottledAct,
    };
    pub use crate::engine::PageFacts;
}

/// The code in the README is compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
