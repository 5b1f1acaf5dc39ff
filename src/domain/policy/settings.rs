//! What a policy says: plain data, each field with its default and its hard limit.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::domain::ids::{GroupId, RoleId};
use crate::domain::method::MethodKind;
use crate::domain::password::PasswordRules;
use crate::domain::time::duration_ms;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);

/// The settings of a tenant's policy, before they are checked.
///
/// Start from [`PolicySettings::default`] or from a preset, change what differs, and hand it to
/// [`Policy::new`](super::Policy::new), which names every fault at once.
///
/// ```
/// use sspr::{MethodKind, Policy, PolicySettings, Scope};
///
/// let mut settings = PolicySettings::default();
/// settings.scope = Scope::All;
/// settings.users.required = 2;
/// settings.users.methods = [MethodKind::Email, MethodKind::MobilePhone].into();
/// let policy = Policy::new(settings)?;
/// # Ok::<(), sspr::PolicyError>(())
/// ```
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct PolicySettings {
    /// Who may use self-service reset. Default: nobody.
    pub scope: Scope,
    /// The gates for ordinary users.
    pub users: Gates,
    /// The gates for holders of an administrator role, who never fall under `users`.
    pub administrators: AdministratorPolicy,
    /// How long things live.
    pub lifetimes: Lifetimes,
    /// The form of codes, by channel.
    pub codes: CodeFormats,
    /// Comparisons allowed for one code. Default 5, at most 10.
    pub attempts: u8,
    /// How many wrong secrets an account may see.
    pub failures: FailureBudgets,
    /// How many challenges may be opened.
    pub sends: SendBudgets,
    /// Limits across accounts.
    pub limits: CrossLimits,
    /// What a new password must satisfy.
    pub password: PasswordRules,
    /// Whether contact data that the user never confirmed may be used.
    pub contacts: ContactSources,
    /// Whether the person must type the full phone number before it is called or texted (Entra).
    /// Default false.
    pub typed_number: bool,
    /// Who is told of a change.
    pub notifications: Notifications,
    /// What the answers before the first proof may tell. Default [`Disclosure::Uniform`].
    pub disclosure: Disclosure,
    /// Whether a human check must pass before anything is looked up. Default false; always on
    /// with [`Disclosure::Reasoned`].
    pub human_check: bool,
    /// When registration is asked for, and of whom.
    pub registration: RegistrationPolicy,
    /// Passwords managed on premises.
    pub on_premises: OnPremisesPolicy,
    /// Whether a completed reset clears the account's own windowed counters (Entra). Default false.
    pub clear_counters_on_reset: bool,
    /// An entitlement that a user must hold, by the directory's name for it (reason 12).
    /// Default: none is asked for.
    pub required_entitlement: Option<String>,
    /// Departures from the standards that the tenant's owner has acknowledged. A setting that
    /// needs one and does not have it is a fault.
    pub acknowledged: BTreeSet<Departure>,
}

impl Default for PolicySettings {
    fn default() -> Self {
        Self {
            scope: Scope::None,
            users: Gates::default(),
            administrators: AdministratorPolicy::default(),
            lifetimes: Lifetimes::default(),
            codes: CodeFormats::default(),
            attempts: 5,
            failures: FailureBudgets::default(),
            sends: SendBudgets::default(),
            limits: CrossLimits::default(),
            password: PasswordRules::default(),
            contacts: ContactSources::default(),
            typed_number: false,
            notifications: Notifications::default(),
            disclosure: Disclosure::Uniform,
            human_check: false,
            registration: RegistrationPolicy::default(),
            on_premises: OnPremisesPolicy::default(),
            clear_counters_on_reset: false,
            required_entitlement: None,
            acknowledged: BTreeSet::new(),
        }
    }
}

/// Who may use self-service reset (Entra: None, Selected, All).
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Scope {
    /// Nobody: the feature is switched off (reason 9).
    #[default]
    None,
    /// Members of these groups, nested membership included; 1 to 16 groups (Entra's portal: one).
    Selected(BTreeSet<GroupId>),
    /// Every user of the tenant.
    All,
}

/// How many methods must be proven, and which count.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Gates {
    /// Distinct methods required for a reset: 1 or 2. Default 2 (NIST SP 800-63B-4 wants two for
    /// accounts that can reach AAL2).
    pub required: u8,
    /// Kinds of method that count. Default: email and mobile phone.
    pub methods: BTreeSet<MethodKind>,
}

impl Default for Gates {
    fn default() -> Self {
        Self {
            required: 2,
            methods: [MethodKind::Email, MethodKind::MobilePhone].into(),
        }
    }
}

/// The stricter policy of administrators (Entra's two-gate policy).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct AdministratorPolicy {
    /// Whether administrators may reset by themselves at all. Default true.
    pub enabled: bool,
    /// Holders of any of these roles are administrators. Data, since Microsoft's own list grew
    /// from 27 to 78 roles. Default: the roles that can change another person's credentials.
    pub roles: BTreeSet<RoleId>,
    /// Their gates. Default: two, of email, mobile phone and office phone. Never fewer than two
    /// unless [`Departure::OneGateAdministrators`] is acknowledged.
    pub gates: Gates,
}

impl Default for AdministratorPolicy {
    fn default() -> Self {
        let roles = super::presets::ADMINISTRATOR_ROLES
            .iter()
            .filter_map(|role| RoleId::parse(role).ok())
            .collect();
        let methods = MethodKind::ALL.into();
        Self {
            enabled: true,
            roles,
            gates: Gates {
                required: 2,
                methods,
            },
        }
    }
}

/// How long flows, codes and grants live.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Lifetimes {
    /// One flow from `start` to the new password: an absolute life, never extended. Default
    /// 15 minutes (Entra), 1 minute to 24 hours.
    #[serde(with = "duration_ms")]
    pub flow: Duration,
    /// The grant that enough proofs earn; it never outlives the flow. Default 10 minutes, 1 to 60.
    #[serde(with = "duration_ms")]
    pub grant: Duration,
    /// A code sent by mail. Default 10 minutes (ASVS 6.5.5), at most 24 hours (NIST).
    #[serde(with = "duration_ms")]
    pub email_code: Duration,
    /// A code sent by text or read by voice. Default and hard limit 10 minutes (NIST).
    #[serde(with = "duration_ms")]
    pub phone_code: Duration,
    /// How long a directory write may take before it counts as unsettled and the notice goes out.
    /// Default 30 seconds, 5 seconds to 10 minutes.
    #[serde(with = "duration_ms")]
    pub directory_write: Duration,
}

impl Default for Lifetimes {
    fn default() -> Self {
        Self {
            flow: 15 * MINUTE,
            grant: 10 * MINUTE,
            email_code: 10 * MINUTE,
            phone_code: 10 * MINUTE,
            directory_write: Duration::from_secs(30),
        }
    }
}

/// The form of a code.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CodeFormat {
    /// Which symbols.
    pub alphabet: CodeAlphabet,
    /// How many symbols: 6 to 12, and at least 10^6 possible codes.
    pub length: u8,
}

impl CodeFormat {
    /// `length` symbols of `alphabet`.
    #[must_use]
    pub const fn new(alphabet: CodeAlphabet, length: u8) -> Self {
        Self { alphabet, length }
    }
}

/// The symbols of a code.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum CodeAlphabet {
    /// `0` to `9`.
    Digits,
    /// The twenty consonants `BCDFGHJKLMNPQRSTVWXZ` of RFC 8628: no word, no look-alike.
    Strong,
}

/// The form of codes, by channel.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct CodeFormats {
    /// Codes sent by mail. Default 8 digits.
    pub email: CodeFormat,
    /// Codes sent by text. Default 6 digits.
    pub sms: CodeFormat,
    /// Codes read aloud. Default 6 digits; digits only.
    pub voice: CodeFormat,
}

impl Default for CodeFormats {
    fn default() -> Self {
        let digits = |length| CodeFormat {
            alphabet: CodeAlphabet::Digits,
            length,
        };
        Self {
            email: digits(8),
            sms: digits(6),
            voice: digits(6),
        }
    }
}

/// So many in so long.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Rate {
    /// How many events are allowed within the window.
    pub max: u32,
    /// The sliding window.
    #[serde(with = "duration_ms")]
    pub window: Duration,
}

impl Rate {
    /// `max` events in any `window`.
    #[must_use]
    pub const fn new(max: u32, window: Duration) -> Self {
        Self { max, window }
    }
}

/// Wrong secrets per account and kind of method. A refused try neither counts nor extends a lock.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct FailureBudgets {
    /// The pool that anybody can draw from. Default 10 in 24 hours; 1 to 50, and never below
    /// `attempts`.
    pub open: Rate,
    /// The pool of flows that already hold a verified proof. Default 10 in 24 hours, same limits.
    pub proven: Rate,
    /// How long a spent pool stays closed, counted from the last counted attempt. Default 1 hour,
    /// 1 minute to 7 days. (Entra: 24 hours.)
    #[serde(with = "duration_ms")]
    pub lock: Duration,
    /// Consecutive failures of one kind of method, with no decay, after which it is disabled for
    /// resets until it is registered anew. Default 50, at most 100 (NIST).
    pub consecutive: u32,
}

impl Default for FailureBudgets {
    fn default() -> Self {
        Self {
            open: Rate::new(10, DAY),
            proven: Rate::new(10, DAY),
            lock: HOUR,
            consecutive: 50,
        }
    }
}

/// Challenges per account. Numbers are ours: no standard gives one.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct SendBudgets {
    /// The wait between two challenges of one method in one flow. Default 60 seconds, at least 30.
    #[serde(with = "duration_ms")]
    pub resend_after: Duration,
    /// Challenges per account within an hour, in each pool. Default 5, at most 20.
    pub per_hour: u32,
    /// Challenges per account within a day, in each pool. Default 10, at most 20.
    pub per_day: u32,
    /// Flows of one account that may be live at once. Default 3, at most 10.
    pub live_flows: u8,
    /// The share of an account's hourly challenges that one source may take, in percent. Default
    /// 60, 10 to 100.
    pub source_share: u8,
}

impl Default for SendBudgets {
    fn default() -> Self {
        Self {
            resend_after: MINUTE,
            per_hour: 5,
            per_day: 10,
            live_flows: 3,
            source_share: 60,
        }
    }
}

/// Windowed counters across accounts, charged when a challenge is opened. The first two refuse;
/// the others raise what is asked and alarm, so that no stranger can lock an owner out by them.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct CrossLimits {
    /// Challenges from one source. Default 60 in an hour.
    pub source: Rate,
    /// Challenges from one source for one typed identifier. Default 10 in an hour.
    pub source_identifier: Rate,
    /// Challenges to one destination, over all accounts. Default 10 in a day.
    pub destination: Rate,
    /// Challenges to one number prefix (the number without its last four digits). Default 50 in
    /// an hour.
    pub prefix: Rate,
    /// Challenges in the whole tenant. Default 2 000 in a day: at 5 attempts of 6 digits each the
    /// chance of one lucky guess is 0.01 (standards, formula 6).
    pub tenant: Rate,
    /// Symbols by which codes grow while one of the last three is spent. Default 2, at most 4;
    /// codes never exceed 12.
    pub raised_length: u8,
}

impl Default for CrossLimits {
    fn default() -> Self {
        Self {
            source: Rate::new(60, HOUR),
            source_identifier: Rate::new(10, HOUR),
            destination: Rate::new(10, DAY),
            prefix: Rate::new(50, HOUR),
            tenant: Rate::new(2_000, DAY),
            raised_length: 2,
        }
    }
}

/// Which contact data may be used besides what the user confirmed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ContactSources {
    /// Data that an administrator supplied. Default true.
    pub administrator: bool,
    /// Data read from the directory that nobody confirmed. Default false; needs
    /// [`Departure::UnverifiedDirectoryContacts`].
    pub directory: bool,
}

impl Default for ContactSources {
    fn default() -> Self {
        Self {
            administrator: true,
            directory: false,
        }
    }
}

/// Who is told of a change. The user's own notice has no off switch.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Notifications {
    /// Which of the user's addresses are told.
    pub rule: NotifyRule,
    /// Whether holders of `administrator_roles` are told when an administrator resets. Default
    /// false (Entra's default).
    pub administrators: bool,
    /// Whom that means, by role. Default: nobody.
    pub administrator_roles: BTreeSet<RoleId>,
}

/// Which of the addresses that were valid before the change are told.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum NotifyRule {
    /// All of them: mail to every address, a text to every mobile phone (NIST SP 800-63B-4, 4.6).
    #[default]
    All,
    /// The primary and the alternate mail address, else the user principal name (Entra).
    PrimaryAndAlternate,
}

/// What the answers before the first proof may tell a stranger.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Disclosure {
    /// Nothing: every start gives a ticket and the policy's kinds of method.
    #[default]
    Uniform,
    /// Masked destinations, with stable decoys for unknown accounts. Weaker: the masks of a real
    /// account never change, and their owner recognises them.
    Masked,
    /// Entra's behaviour: the reason code, after a human check. A dangerous door: it tells who
    /// exists. Needs [`Departure::ReasonedDisclosure`].
    Reasoned,
}

/// When registration is asked for.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct RegistrationPolicy {
    /// Whether users are asked to register when they sign in. Default true.
    pub enforced: bool,
    /// Days after which a registration is to be confirmed again: 0 (never) to 730. Default 180.
    pub reconfirm_days: u16,
    /// How old a sign-in may be that manages methods. Default 5 minutes, at most 15.
    #[serde(with = "duration_ms")]
    pub reauthentication: Duration,
    /// Whether a user who has active methods must have proven a second factor in this sign-in to
    /// add or remove one (NIST SP 800-63B-4, 4.1.2.1). Default true.
    pub second_factor_to_change: bool,
    /// How long a new address waits before it may be used for a reset. Default 24 hours, 0 to
    /// 7 days; none when the account had no active method before.
    #[serde(with = "duration_ms")]
    pub hold: Duration,
    /// Active methods of one kind. Default 2, 2 to 5.
    pub max_per_kind: u8,
}

impl Default for RegistrationPolicy {
    fn default() -> Self {
        Self {
            enforced: true,
            reconfirm_days: 180,
            reauthentication: 5 * MINUTE,
            second_factor_to_change: true,
            hold: DAY,
            max_per_kind: 2,
        }
    }
}

/// Passwords managed on premises.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct OnPremisesPolicy {
    /// Whether passwords managed on premises may be written back (reason 10 if not). Default
    /// false.
    pub writeback: bool,
    /// Whether a locked account may be unlocked without a new password. Default false.
    pub unlock_without_reset: bool,
    /// Whether the engine's password rules apply to them too, before the directory's. Default
    /// false: the directory's answer is final.
    pub apply_password_rules: bool,
}

/// A departure from NIST, ASVS or OWASP that the owner of the tenant takes knowingly.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Departure {
    /// Contact data that nobody confirmed counts as a method.
    UnverifiedDirectoryContacts,
    /// Two codes sent to two addresses count as two gates (NIST: one class of method).
    IssuedCodesAsTwoGates,
    /// Administrators need one method only.
    OneGateAdministrators,
    /// Composition rules for passwords.
    CompositionRules,
    /// Passwords of printable ASCII only.
    AsciiPasswords,
    /// Passwords shorter than 15 characters without a second factor at sign-in.
    ShortPasswords,
    /// Only password-based sessions end after a reset.
    PasswordSessionsOnly,
    /// A completed reset clears the account's windowed counters.
    CountersClearedOnReset,
    /// The reason of a refusal is told before any proof.
    ReasonedDisclosure,
    /// The computed probability of takeover by guessing exceeds 10^-4.
    GuessingAboveThreshold,
}
