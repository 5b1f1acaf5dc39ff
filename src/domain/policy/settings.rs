//! The settings of a policy: plain data, each field with its default and its hard limit.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::domain::crypto::link_base::LinkBase;
use crate::domain::identity::contact::PhoneFormat;
use crate::domain::identity::ids::{GroupId, RoleId};
use crate::domain::method::MethodKind;
use crate::domain::password::PasswordRules;

use super::budgets::{CrossLimits, FailureBudgets, Lifetimes, NoticeBudgets, SendBudgets};
use super::codes::CodeFormats;
use super::desk::DeskPolicy;
use super::deviation::Deviation;
use super::expiry::PasswordExpiry;
use super::method_policies::MethodPolicies;
use super::notifications::Notifications;
use super::numbers::NumberPolicy;
use super::plans::PlanTable;
use super::questions::QuestionPolicy;
use super::registration::RegistrationPolicy;
use super::retirement::Retirement;
use super::throttle::Throttle;

/// The settings of a tenant's policy, before they are checked.
///
/// Start from [`PolicySettings::default`] or from a preset, change what differs, and hand it to
/// [`Policy::new`](super::Policy::new), which names every fault at once.
///
/// ```
/// use sspr::{MethodKind, Policy, PolicySettings};
/// use sspr::policy::Scope;
///
/// let mut settings = PolicySettings::default();
/// settings.scope = Scope::All;
/// settings.users.required = 2;
/// settings.users.methods = [MethodKind::Email, MethodKind::MobilePhone].into();
/// let policy = Policy::new(settings)?;
/// # Ok::<(), sspr::policy::PolicyError>(())
/// ```
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct PolicySettings {
    /// Who may use self-service reset. Default: no user.
    pub scope: Scope,
    /// The gates for ordinary users.
    pub users: Gates,
    /// The gates for holders of an administrator role, who never fall under `users`.
    pub administrators: AdministratorPolicy,
    /// How long flows, codes and grants live.
    pub lifetimes: Lifetimes,
    /// The format of codes, by channel.
    pub codes: CodeFormats,
    /// Attempts allowed for one code. Default 5, 1 to 10.
    pub attempts: u8,
    /// How many wrong secrets an account allows.
    pub failures: FailureBudgets,
    /// How many challenges may be opened.
    pub sends: SendBudgets,
    /// Locks of an account, at most 6, each of a different act. Default: none, since strangers can
    /// cause them ([`Deviation::AccountLocks`]); Entra's are in its preset.
    pub throttles: Vec<Throttle>,
    /// How many notices are sent.
    pub notices: NoticeBudgets,
    /// Limits across accounts.
    pub limits: CrossLimits,
    /// Which phone numbers get codes.
    pub numbers: NumberPolicy,
    /// The address that links in mails lead to. Default: none, so that mails hold codes only.
    pub link: Option<LinkBase>,
    /// Codes of authenticator apps and OATH tokens.
    pub oath: OathPolicy,
    /// Recovery codes in a set. Default 10, 1 to 16; each has more than 120 random bits.
    pub recovery_codes: u8,
    /// Security questions; none count by default.
    pub questions: QuestionPolicy,
    /// Days for which a browser stays a known device after a completed flow: 0 (never) to 365, default
    /// 90. A known device has a failure budget of its own, and no other privilege.
    pub known_device_days: u16,
    /// What a new password must satisfy.
    pub password: PasswordRules,
    /// When passwords expire. Default: never.
    pub password_expiry: PasswordExpiry,
    /// Whether contact data that the user never confirmed may be used.
    pub contacts: ContactSources,
    /// Whether the full phone number must be typed before it is called or texted (Entra). Default false.
    pub typed_number: bool,
    /// Who gets a notice of a change.
    pub notifications: Notifications,
    /// The help desk.
    pub desk: DeskPolicy,
    /// What the replies before the first proof may disclose. Default [`Disclosure::Uniform`].
    pub disclosure: Disclosure,
    /// Whether a caller must always pass a human check before a flow begins. Default false;
    /// [`Disclosure::Reasoned`] requires true.
    pub human_check: bool,
    /// When users are asked to register, and how methods are added.
    pub registration: RegistrationPolicy,
    /// Passwords managed on premises.
    pub on_premises: OnPremisesPolicy,
    /// Whether a locked account may be unlocked without a new password. Default false. Entra offers
    /// this for passwords managed on premises.
    pub unlock_without_reset: bool,
    /// Whether a completed reset clears the account's windowed counters: of failures, and of
    /// throttles but that of resets (Entra). Default false; true needs [`Deviation::CountersClearedOnReset`].
    pub clear_counters_on_reset: bool,
    /// An entitlement that a user must hold, by the directory's name (reason 12), 1 to 128 bytes. Default: none.
    pub required_entitlement: Option<String>,
    /// What each plan of a tenant includes. Default: everything.
    pub plans: PlanTable,
    /// The three policies of methods during Entra's migration. Default: none, so that
    /// `users.methods` alone names the methods of users.
    pub method_policies: Option<MethodPolicies>,
    /// The most groups that the scope may select: 1 to 16. Default 16 (Entra's portal: one).
    pub scope_groups: u8,
    /// Methods and providers that end at a date, at most 32. Default: none.
    pub retirements: Vec<Retirement>,
    /// Deviations from the standards that the tenant's owner has acknowledged. A setting that needs
    /// one which is not acknowledged is a fault.
    pub acknowledged: BTreeSet<Deviation>,
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
            throttles: Vec::new(),
            notices: NoticeBudgets::default(),
            limits: CrossLimits::default(),
            numbers: NumberPolicy::default(),
            link: None,
            oath: OathPolicy::default(),
            recovery_codes: 10,
            questions: QuestionPolicy::default(),
            known_device_days: 90,
            password: PasswordRules::default(),
            password_expiry: PasswordExpiry::default(),
            contacts: ContactSources::default(),
            typed_number: false,
            notifications: Notifications::default(),
            desk: DeskPolicy::default(),
            disclosure: Disclosure::Uniform,
            human_check: false,
            registration: RegistrationPolicy::default(),
            on_premises: OnPremisesPolicy::default(),
            unlock_without_reset: false,
            clear_counters_on_reset: false,
            required_entitlement: None,
            plans: PlanTable::default(),
            method_policies: None,
            scope_groups: 16,
            retirements: Vec::new(),
            acknowledged: BTreeSet::new(),
        }
    }
}

/// Who may use self-service reset (Entra: None, Selected, All).
///
/// ```
/// use sspr::facts::GroupId;
/// use sspr::policy::Scope;
///
/// let pilot = Scope::Selected([GroupId::parse("sspr-pilot")?].into());
/// assert_ne!(pilot, Scope::default());
/// # Ok::<(), sspr::InvalidInput>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Scope {
    /// No user: the feature is switched off (reason 9).
    #[default]
    None,
    /// Members of these groups, nested membership included; 1 to 16 groups (Entra's portal: one).
    Selected(BTreeSet<GroupId>),
    /// Every user of the tenant.
    All,
}

/// How many methods must be proven, and which count.
///
/// ```
/// use sspr::MethodKind;
/// use sspr::policy::Gates;
///
/// let mut gates = Gates::default();
/// assert_eq!(gates.required, 2);
/// gates.methods.insert(MethodKind::OfficePhone);
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Gates {
    /// Distinct methods required for a reset: 1 or 2. Default 2 (NIST SP 800-63B-4 requires two for
    /// accounts that can reach AAL2).
    pub required: u8,
    /// Kinds of method that count. Default: email and mobile phone.
    pub methods: BTreeSet<MethodKind>,
}

impl Default for Gates {
    fn default() -> Self {
        Self { required: 2, methods: [MethodKind::Email, MethodKind::MobilePhone].into() }
    }
}

/// The stricter policy of administrators (Entra's two-gate policy).
///
/// ```
/// use sspr::RoleId;
/// use sspr::policy::AdministratorPolicy;
///
/// let mut administrators = AdministratorPolicy::default();
/// assert!(administrators.roles.contains(&RoleId::parse("Helpdesk Administrator")?));
/// administrators.roles.insert(RoleId::parse("payroll-operator")?);
/// # Ok::<(), sspr::InvalidInput>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct AdministratorPolicy {
    /// Whether administrators may reset their own passwords. Default true.
    pub enabled: bool,
    /// Holders of any of these roles are administrators; the case of the names does not matter.
    /// Default: [`roles_2026`](Self::roles_2026). 1 to 256; never empty, since administrators would
    /// then fall under `users`. A host without roles names one that no user holds.
    pub roles: BTreeSet<RoleId>,
    /// Whether one gate suffices in a tenant that has neither a domain of its own nor
    /// synchronisation, unless its trial began 30 or more days ago (Entra). If the directory does
    /// not report one of the first two, two gates are required. Default false; true needs [`Deviation::OneGateAdministrators`].
    pub one_gate_exceptions: bool,
    /// Their gates. Default: two, of email, mobile phone and office phone. Never fewer than two
    /// unless [`Deviation::OneGateAdministrators`] is acknowledged.
    pub gates: Gates,
}

impl Default for AdministratorPolicy {
    fn default() -> Self {
        let methods = MethodKind::CONTACTS.into();
        let gates = Gates { required: 2, methods };
        Self { enabled: true, roles: Self::roles_2026(), one_gate_exceptions: false, gates }
    }
}

/// Codes of authenticator apps and OATH tokens (RFC 6238).
///
/// ```
/// let oath = sspr::policy::OathPolicy::default();
/// assert_eq!((oath.digits, oath.back, oath.forward), (6, 1, 0));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct OathPolicy {
    /// Digits of the codes of a newly enrolled app, and of the code that a page asks for before the
    /// account is known. Default 6, 6 to 8.
    pub digits: u8,
    /// Steps before the present one whose codes are accepted. Default 1 (RFC 6238, 5.2), 0 to 2.
    pub back: u8,
    /// Steps after the present one whose codes are accepted, for devices whose clock is ahead.
    /// Default 0, 0 or 1.
    pub forward: u8,
}

impl Default for OathPolicy {
    fn default() -> Self {
        Self { digits: 6, back: 1, forward: 0 }
    }
}

/// Which contact data may be used beside the addresses that the user confirmed.
///
/// ```
/// let sources = sspr::policy::ContactSources::default();
/// assert!(sources.administrator && !sources.directory);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct ContactSources {
    /// Data that an administrator supplied. Default true.
    pub administrator: bool,
    /// Unconfirmed data from the directory. Default false; true needs
    /// [`Deviation::UnverifiedDirectoryContacts`].
    pub directory: bool,
    /// How the directory spells phone numbers; a number of another form does not count. Default:
    /// international.
    pub phone_format: PhoneFormat,
}

impl Default for ContactSources {
    fn default() -> Self {
        Self { administrator: true, directory: false, phone_format: PhoneFormat::International }
    }
}

/// What the replies before the first proof may disclose to an anonymous caller.
///
/// ```
/// use sspr::{Policy, PolicySettings};
/// use sspr::policy::{Deviation, Disclosure};
///
/// let mut settings = PolicySettings::default();
/// settings.disclosure = Disclosure::Reasoned;
/// assert_eq!(Policy::new(settings.clone()).unwrap_err().faults().len(), 2);
///
/// settings.human_check = true;
/// settings.acknowledged.insert(Deviation::ReasonedDisclosure);
/// assert!(Policy::new(settings).is_ok());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Disclosure {
    /// Nothing: every start returns a ticket and the policy's kinds of method.
    #[default]
    Uniform,
    /// Masked destinations, with stable decoys for unknown accounts. Weaker: a person who knows an
    /// address recognises its mask.
    Masked,
    /// Entra's behaviour: the reason code, after a human check. It discloses which accounts exist.
    /// Needs [`Deviation::ReasonedDisclosure`].
    Reasoned,
}

/// Passwords managed on premises.
///
/// ```
/// let mut on_premises = sspr::policy::OnPremisesPolicy::default();
/// on_premises.writeback = true;
/// on_premises.apply_password_rules = true;
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct OnPremisesPolicy {
    /// Whether passwords managed on premises may be written back (reason 10 if not). Default
    /// false.
    pub writeback: bool,
    /// Whether the engine's password rules apply to them too, before the directory's rules. Default
    /// false: only the directory judges these passwords.
    pub apply_password_rules: bool,
    /// Whether an unlock of such an account also clears the throttle of sign-in. Default false: it
    /// keeps running (Entra). An unlock of another account always clears it.
    pub unlock_clears_sign_in: bool,
}
