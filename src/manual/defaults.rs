//! Every default, with its reason.
//!
//! A policy starts from [`PolicySettings::default`](crate::PolicySettings): two required methods and an
//! empty scope. [`Policy::new`](crate::Policy::new)
//! refuses values outside their range. [`Policy::review`](crate::Policy::review) reports where *your* numbers
//! deviate from a standard, and computes the odds of guessing. "Own choice" means that no source gives a
//! number. The table is checked against the table in the code from which settings are validated, and
//! the tests run the examples below it.
//!
//! # Every setting
//!
#![doc = include_str!("defaults.md")]
//!
//! # Gates and scope
//!
//! ```
//! use sspr::{MethodKind, PolicySettings};
//! use sspr::policy::{Disclosure, Scope};
//!
//! let settings = PolicySettings::default();
//! assert_eq!(settings.scope, Scope::None);
//! assert_eq!(settings.users.required, 2);
//! assert_eq!(settings.users.methods, [MethodKind::Email, MethodKind::MobilePhone].into());
//! assert!(settings.administrators.enabled);
//! assert_eq!(settings.administrators.gates.required, 2);
//! assert_eq!(settings.administrators.gates.methods, MethodKind::CONTACTS.into());
//! assert!(settings.contacts.administrator && !settings.contacts.directory);
//! assert!(!settings.typed_number && !settings.human_check);
//! assert_eq!(settings.disclosure, Disclosure::Uniform);
//! assert!(!settings.clear_counters_on_reset);
//! assert!(settings.required_entitlement.is_none() && settings.acknowledged.is_empty());
//! ```
//!
//! # Lifetimes
//!
//! ```
//! use std::time::Duration;
//! use sspr::policy::Lifetimes;
//!
//! let minutes = |minutes: u64| Duration::from_secs(60 * minutes);
//! let lifetimes = Lifetimes::default();
//! assert_eq!(lifetimes.flow, minutes(15));
//! assert_eq!(lifetimes.grant, minutes(10));
//! assert_eq!(lifetimes.email_code, minutes(10));
//! assert_eq!(lifetimes.email_link, minutes(30));
//! assert_eq!(lifetimes.phone_code, minutes(10));
//! assert_eq!(lifetimes.directory_write, Duration::from_secs(30));
//! ```
//!
//! # Codes
//!
//! ```
//! use sspr::PolicySettings;
//! use sspr::policy::{CodeAlphabet, CodeFormat, CodeFormats};
//!
//! let digits = |length| CodeFormat::new(CodeAlphabet::Digits, length);
//! let codes = CodeFormats::default();
//! assert_eq!((codes.email, codes.sms, codes.voice), (digits(8), digits(6), digits(6)));
//! assert_eq!(PolicySettings::default().attempts, 5);
//! ```
//!
//! # Links, authenticators, recovery codes, known devices
//!
//! A kind of method counts if `users.methods` or `administrators.gates.methods` names it *and* the engine
//! can verify it. Authenticators need [`seal`](crate::builder::EngineBuilder::seal), host-verified methods need
//! [`external_method`](crate::builder::EngineBuilder::external_method), security questions need
//! [`slow_hash`](crate::builder::EngineBuilder::slow_hash) ([their page](crate::manual::security_questions)), links need `link`, and all other messages
//! need a channel of the [`Delivery`](crate::port::Delivery). Otherwise the kind is not offered and there is no
//! error: a policy is data, and engines differ.
//!
//! ```
//! use sspr::{Policy, PolicySettings};
//! use sspr::policy::{LinkBase, OathPolicy};
//!
//! let settings = PolicySettings::default();
//! assert!(settings.link.is_none());
//! let OathPolicy { digits, back, forward, .. } = settings.oath;
//! assert_eq!((digits, back, forward), (6, 1, 0));
//! assert_eq!((settings.recovery_codes, settings.known_device_days), (10, 90));
//! assert!(settings.lifetimes.email_link > settings.lifetimes.flow);
//!
//! let mut settings = settings;
//! settings.link = Some(LinkBase::parse("https://id.contoso.example/reset/link#")?);
//! (settings.oath.digits, settings.oath.back, settings.oath.forward) = (8, 2, 1); // the largest values
//! (settings.recovery_codes, settings.known_device_days) = (16, 365); // too
//! assert!(Policy::new(settings.clone()).is_ok());
//! settings.recovery_codes = 17;
//! assert!(Policy::new(settings).is_err());
//! # Ok::<(), sspr::InvalidInput>(())
//! ```
//!
//! # Failures
//!
//! ```
//! use std::time::Duration;
//! use sspr::policy::{FailureBudgets, Rate};
//!
//! let hours = |hours: u64| Duration::from_secs(3_600 * hours);
//! let failures = FailureBudgets::default();
//! assert_eq!(failures.anonymous, Rate::new(10, hours(24)));
//! assert_eq!(failures.proven, Rate::new(10, hours(24)));
//! assert_eq!(failures.lock, hours(1));
//! assert_eq!(failures.consecutive, 50);
//! ```
//!
//! # Notices
//!
//! ```
//! use std::time::Duration;
//! use sspr::policy::{NoticeBudgets, Rate};
//!
//! let hours = |hours: u64| Duration::from_secs(3_600 * hours);
//! let notices = NoticeBudgets::default();
//! assert_eq!(notices.texts, Rate::new(3, hours(1)));
//! assert_eq!(notices.mails, Rate::new(10, hours(1)));
//! assert_eq!((notices.acts_per_hour, notices.acts_per_day), (10, 20));
//! assert_eq!(notices.help, Rate::new(10, hours(6)));
//! ```
//!
//! # Sending
//!
//! ```
//! use sspr::policy::SendBudgets;
//!
//! let sends = SendBudgets::default();
//! assert_eq!(sends.resend_after.as_secs(), 60);
//! assert_eq!((sends.per_hour, sends.per_day), (6, 20));
//! assert_eq!((sends.in_hand_per_hour, sends.in_hand_per_day), (10, 20));
//! assert_eq!((sends.live_flows, sends.source_share), (5, 50));
//! ```
//!
//! # Limits across accounts
//!
//! ```
//! use std::time::Duration;
//! use sspr::policy::{CrossLimits, Rate};
//!
//! let (hour, day) = (Duration::from_secs(3_600), Duration::from_secs(86_400));
//! let limits = CrossLimits::default();
//! assert_eq!(limits.source, Rate::new(60, hour));
//! assert_eq!(limits.source_identifier, Rate::new(10, hour));
//! assert_eq!(limits.destination, Rate::new(10, day));
//! assert_eq!(limits.prefix, Rate::new(50, hour));
//! assert_eq!(limits.tenant, Rate::new(2_000, day));
//! assert_eq!(limits.escalated_length, 2);
//! ```
//!
//! # Passwords
//!
//! ```
//! use sspr::password::PasswordRules;
//!
//! let rules = PasswordRules::default();
//! assert_eq!((rules.min_length, rules.max_length), (15, 256));
//! assert!(rules.common_list && rules.banned_words.is_empty());
//! assert!(rules.required_classes == 0 && !rules.ascii_only);
//! ```
//!
//! # Registration, notices, passwords on premises
//!
//! ```
//! use sspr::PolicySettings;
//! use sspr::policy::{HelpDesk, NotifyRule};
//!
//! let settings = PolicySettings::default();
//! let registration = settings.registration;
//! assert!(registration.enforced && registration.second_factor_to_change);
//! assert_eq!((registration.skip_days, registration.reconfirm_days), (None, 180));
//! assert_eq!(registration.reauthentication.as_secs(), 5 * 60);
//! assert_eq!(registration.session.as_secs(), 15 * 60);
//! assert_eq!(registration.second_factor_age.as_secs(), 5 * 60);
//! assert_eq!(registration.passkey_age.as_secs(), 5 * 60);
//! assert_eq!(registration.hold.as_secs(), 24 * 3_600);
//! assert!(registration.office_phone);
//! let max = registration.max;
//! assert_eq!((max.email, max.mobile_phone, max.office_phone), (2, 2, 2));
//! assert_eq!((max.authenticator_app, max.oath_token, max.oath_total), (2, 2, 4));
//! assert_eq!((max.app_notification, max.passkey), (5, 10));
//! assert_eq!(settings.notifications.rule, NotifyRule::All);
//! assert!(!settings.notifications.administrators);
//! assert!(settings.notifications.administrator_roles.is_empty());
//! assert_eq!(settings.desk.help, HelpDesk::Administrators);
//! assert_eq!(settings.desk.help_tiers.len(), 3);
//! let on_premises = settings.on_premises;
//! assert!(!on_premises.writeback && !on_premises.apply_password_rules);
//! assert!(!settings.unlock_without_reset);
//! ```
//!
//! # The engine
//!
//! | Option of [`EngineBuilder`](crate::builder::EngineBuilder) | Default | Why |
//! |---|---|---|
//! | `reply_floor` | 300 ms | Longer than a store and a directory usually take together. |
//! | `policy_max_age` | 5 seconds, also the limit | One read fewer per step; `complete` always reads afresh. |
//! | `event_retention` | 30 days | Entra. Export the audit trail if you need it longer. |
//! | `clock`, `entropy` | the operating system's | Others are for tests. |
//! | `human_check`, `breach_list`, `strength_estimator`, `risk_signals` | none | Each is a service that you provide. |
//! | `seal`, `external_method` | none | Your key; your service. Without them their methods are not offered. |
//! | `admin_roles` | Entra's names | Replace them if your directory has others. |
//!
//! ```
//! use sspr::adapters::memory::{MemoryDirectory, MemoryInbox, MemoryStore};
//! use sspr::{Engine, Keys, RoleId, SecretBytes};
//! use sspr::admin::AdminRoles;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let secret = |byte| SecretBytes::new(vec![byte; 32]);
//! let engine = Engine::builder().keys(Keys::new(secret(1), 1, secret(2))?);
//! let engine = engine.store(MemoryStore::new()).directory(MemoryDirectory::new()).sessions(sspr::port::NoSessions);
//! let engine = engine.delivery(MemoryInbox::new()).open().await?;
//! assert_eq!(engine.reply_floor().as_millis(), 300);
//! assert!(AdminRoles::default().policy.contains(&RoleId::parse("Global Administrator")?));
//! # Ok(())
//! # }
//! ```
//!
//! # The odds of guessing
//!
//! The review computes them from the policy:
//!
//! ```
//! use sspr::{Policy, PolicySettings};
//!
//! let review = Policy::new(PolicySettings::default())?.review();
//! for finding in review.findings() {
//!     println!("{:?} {}: {}", finding.severity(), finding.citation(), finding.text());
//! }
//! assert!(review.finding("guessing-above-threshold").is_none());
//! # Ok::<(), sspr::policy::PolicyError>(())
//! ```
