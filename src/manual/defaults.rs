//! Every default, with its reason.
//!
//! A policy starts from [`PolicySettings::default`](crate::PolicySettings): two required methods and an
//! empty scope. The documentation of each field has its range; [`Policy::new`](crate::Policy::new)
//! refuses values outside it. [`Policy::review`](crate::Policy::review) reports where *your* numbers
//! deviate from a standard, and computes the odds of guessing. "Own choice" means that no source gives a
//! number. The tests run the examples below, so this page cannot drift from the code. It lists every
//! setting.
//!
//! # Gates and scope
//!
//! | Setting | Default | Why |
//! |---|---|---|
//! | `scope` | `None` | Switching it on is a decision (Entra: None). |
//! | `users.required`, `users.methods` | 2, of mail and mobile phone | NIST SP 800-63B-4, 4.2.2.2 requires two for accounts that can reach AAL2. It counts two *sent* codes as one class, and the review reports that. |
//! | `administrators` | `enabled`, for the `roles` on Microsoft's list; 2 `gates`, of mail and both kinds of phone | Entra's two-gate policy; never fewer without an acknowledgement. |
//! | `contacts` | data that an `administrator` supplies counts, unconfirmed data of the `directory` does not | NIST SP 800-63B-4, 4.2.1.2; for phones OWASP ASVS 5.0.0, 6.6.1. |
//! | `typed_number`, `human_check` | off | Entra has the first; the second needs a service that the host provides. |
//! | `disclosure` | `Uniform` | OWASP ASVS 5.0.0, 6.3.8 (level 3), and the OWASP Forgot Password Cheat Sheet: a reply must not tell which accounts exist. |
//! | `clear_counters_on_reset` | off | NIST SP 800-63B-4, 3.2.2; Entra clears them. |
//! | `required_entitlement` | none | Entra requires a licence; other directories name it differently or have none. |
//! | `acknowledged` | nothing | A deviation is acknowledged by its name. |
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
//! | Setting | Default | Why |
//! |---|---|---|
//! | `flow` | 15 minutes | Entra's session. Absolute: nothing extends it. |
//! | `grant` | 10 minutes | Own choice: time to think of a password. |
//! | `email_code` | 10 minutes | OWASP ASVS 5.0.0, 6.5.5. NIST allows 24 hours for mail. |
//! | `email_link` | 30 minutes | OWASP testing guide: rarely more than an hour. It ends with its flow, so by default after 15; to extend it, extend `flow`. |
//! | `phone_code` | 10 minutes, also the limit | NIST SP 800-63B-4, 4.2.1.2 and 3.1.3.2. |
//! | `directory_write` | 30 seconds | Own choice: slower than any healthy directory. After it the owner is notified that the password may have changed. |
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
//! | Setting | Default | Why |
//! |---|---|---|
//! | `codes.email` | 8 digits | Users copy it; two more digits make guessing a hundred times harder. |
//! | `codes.sms`, `codes.voice` | 6 digits | NIST SP 800-63B-4, 4.2.1.2 requires at least six; users type them from memory. |
//! | `attempts` | 5 comparisons per code | Own choice; the OWASP testing guide says 5 to 10. |
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
//! | Setting | Default | Why |
//! |---|---|---|
//! | `link` | none: mails hold codes only | A link needs an address of your application; it is never taken from a request (OWASP: forgot password). |
//! | `oath.digits` | 6 | What apps show. Eight are a hundred times harder to guess, but some apps ignore the setting. |
//! | `oath.back`, `oath.forward` | one step back, none ahead | RFC 6238, 5.2: one step of 30 seconds for the delay from device to server. Each further step is one more code that matches. |
//! | `recovery_codes` | 10 in a set | The usual number. Each has 28 letters from an alphabet of 20, which is 121 bits: more than the 64 of NIST SP 800-63B-4, 4.2.1.1 and the 112 from which a plain digest is enough. |
//! | `known_device_days` | 90 | Own choice: it covers a browser in use, and a source from which the user has registered or completed a flow. Both use the proven pool and have no other privilege. 0 switches both off. |
//!
//! A kind of method counts if `users.methods` or `administrators.gates.methods` names it *and* the engine
//! can verify it. Authenticators need [`seal`](crate::EngineBuilder::seal), host-verified methods need
//! [`external_method`](crate::EngineBuilder::external_method), links need `link`, and all other messages
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
//! | Setting | Default | Why |
//! |---|---|---|
//! | `failures.anonymous` | 10 in 24 hours, per account and method | NIST SP 800-63B-4, 8.1: at least ten attempts for users who mistype. PCI DSS 4, 8.3.4: at most ten. |
//! | `failures.proven` | the same again | For flows with a proof, known devices and familiar sources, so that other callers cannot spend it. |
//! | `failures.lock` | 1 hour, from the last counted attempt | PCI DSS 4, 8.3.4 requires 30 minutes; Entra takes 24 hours. |
//! | `failures.consecutive` | 50, without decay | Half of the 100 of NIST SP 800-63B-4, 3.2.2: for six digits a chance of 5 in 100 000. The anonymous pool can cause 40 of them; the last 10 belong to the proven pool. |
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
//! | Setting | Default | Why |
//! |---|---|---|
//! | `notices.texts` | 3 in an hour, to one number of an account | Own choice: enough for one session; a text costs money and wakes people. Further ones fold into one that counts them. |
//! | `notices.mails` | 10 in an hour, to one address of an account | Own choice, as above. No mail is dropped: the one that counts the rest is sent when the budget has room again. |
//! | `notices.acts_per_hour`, `notices.acts_per_day` | 10 and 20 | Own choice: a complete registration is four acts. They count acts that notify the owner, separately for the signed-in user and for administrators. |
//! | `notices.help` | 10 in 6 hours, to one administrator | Own choice: beyond it, one mail counts the rest. |
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
//! | Setting | Default | Why |
//! |---|---|---|
//! | `sends.resend_after` | 60 seconds | NIST SP 800-63B-4, 8.1: a code must not change while it is typed. |
//! | `sends.per_hour`, `per_day` | 6 and 20 challenges per account that send something, in each pool | Own choice: messages cost money and patience. The daily number is twice that of wrong attempts, so that a share of it is still useful. |
//! | `sends.in_hand_per_hour`, `in_hand_per_day` | 10 and 20 challenges that send nothing (apps, recovery codes, passkeys), in each pool | Own choice: the failure budgets bound the guesses. |
//! | `sends.live_flows` | 5 per account each: from unknown sources, familiar sources, known devices | Own choice: a phone, a laptop, a forgotten tab, and flows of other callers. |
//! | `sends.source_share` | 50 % of each budget of an account for one source, a third of what others leave | Own choice: [`limits`](super::limits) says what that leaves to the owner. |
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
//! | Setting | Default | Effect when spent | Why |
//! |---|---|---|---|
//! | `limits.source` | 60 an hour | refuses | Own choice: an office behind one address on a Monday. |
//! | `limits.source_identifier` | 10 an hour | refuses | Own choice. |
//! | `limits.destination` | 10 a day | allows fewer attempts at a code | Own choice: no phone is flooded through many accounts. |
//! | `limits.prefix` | 50 an hour | allows fewer attempts at a code | Own choice: ranges of premium numbers. |
//! | `limits.tenant` | 2 000 a day | makes codes longer, by `escalated_length` | At 5 attempts at six digits each, one correct guess in a hundred days. |
//! | `limits.escalated_length` | 2 symbols | | Guessing is a hundred times harder during an attack. |
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
//! | Setting | Default | Why |
//! |---|---|---|
//! | `password.min_length` | 15 | NIST SP 800-63B-4, 3.1.1.2, where the password is the only factor. |
//! | `password.max_length` | 256 | The same requires at least 64; a bound keeps hashing cheap. |
//! | `password.common_list` | on | The same. OWASP ASVS 5.0.0, 6.2.4 requires the 3 000 most common ones that satisfy the policy. The list has 153 of 15 characters and more, so add a `BreachList`. |
//! | `password.banned_words` | none | Add your own: products, places, the organisation's name. |
//! | `password.required_classes`, `ascii_only` | 0 and off | Both standards forbid composition rules. |
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
//! | Setting | Default | Why |
//! |---|---|---|
//! | `registration.enforced`, `reconfirm_days` | on, 180 days | Entra. |
//! | `registration.reauthentication` | 5 minutes | Own choice: an abandoned session must not change methods. |
//! | `registration.second_factor_to_change` | on | NIST SP 800-63B-4, 4.1.2.1. |
//! | `registration.hold` | 24 hours | Own choice, after the OWASP Multifactor Authentication Cheat Sheet: a stolen session must not become a lasting takeover. |
//! | `registration.max_per_kind` | 2 | NIST SP 800-63B-4, 4.2.1.2: at least two addresses. |
//! | `notifications.rule` | all addresses | NIST SP 800-63B-4, 4.6. |
//! | `notifications.administrators`, `administrator_roles` | off, no roles | Entra. |
//! | `on_premises.writeback` | off | Entra: a separate decision. |
//! | `unlock_without_reset` | off | Entra: offered for on-premises passwords, if it is switched on. |
//! | `on_premises.apply_password_rules` | off | The directory's answer is final. |
//!
//! ```
//! use sspr::PolicySettings;
//! use sspr::policy::NotifyRule;
//!
//! let settings = PolicySettings::default();
//! let registration = settings.registration;
//! assert!(registration.enforced && registration.second_factor_to_change);
//! assert_eq!(registration.reconfirm_days, 180);
//! assert_eq!(registration.reauthentication.as_secs(), 5 * 60);
//! assert_eq!(registration.hold.as_secs(), 24 * 3_600);
//! assert_eq!(registration.max_per_kind, 2);
//! assert_eq!(settings.notifications.rule, NotifyRule::All);
//! assert!(!settings.notifications.administrators);
//! assert!(settings.notifications.administrator_roles.is_empty());
//! let on_premises = settings.on_premises;
//! assert!(!on_premises.writeback && !on_premises.apply_password_rules);
//! assert!(!settings.unlock_without_reset);
//! ```
//!
//! # The engine
//!
//! | Option of [`EngineBuilder`](crate::EngineBuilder) | Default | Why |
//! |---|---|---|
//! | `reply_floor` | 300 ms | Longer than a store and a directory usually take together. |
//! | `policy_max_age` | 5 seconds, also the limit | One read fewer per step; `complete` always reads afresh. |
//! | `event_retention` | 30 days | Entra. Export the audit trail if you need it longer. |
//! | `clock`, `entropy` | the operating system's | Others are for tests. |
//! | `human_check`, `breach_list`, `risk_signals` | none | Each is a service that you provide. |
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
//! let engine = engine.store(MemoryStore::new()).directory(MemoryDirectory::new());
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
