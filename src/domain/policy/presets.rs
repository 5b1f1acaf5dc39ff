//! Ready-made policies. Each is a starting point: no user is in scope before the owner sets the
//! scope.

use std::time::Duration;

use crate::domain::identity::contact::PhoneFormat;
use crate::domain::method::{Channel, MethodKind};
use crate::domain::password::{BannedPasswords, PasswordRules};
use crate::domain::time::{DAY, MINUTE, Timestamp};

use super::budgets::{FailureBudgets, Lifetimes, Rate, SendBudgets};
use super::codes::{CodeAlphabet, CodeFormat, CodeFormats};
use super::deviation::Deviation;
use super::notifications::{Notifications, NotifyRule};
use super::plans::PlanTable;
use super::questions::QuestionPolicy;
use super::registration::{MethodMaxima, RegistrationPolicy};
use super::retirement::{Retired, Retirement};
use super::settings::{
    AdministratorPolicy, ContactSources, Disclosure, Gates, OathPolicy, PolicySettings,
};
use super::throttle::Throttle;

/// A level of OWASP ASVS 5.0 for which there is a preset.
///
/// ```
/// use sspr::PolicySettings;
/// use sspr::policy::AsvsLevel;
///
/// assert_eq!(PolicySettings::asvs(AsvsLevel::L1).users.required, 1);
/// assert_eq!(PolicySettings::asvs(AsvsLevel::L2).users.required, 2);
/// assert!(!PolicySettings::asvs(AsvsLevel::L3).users.methods.contains(&sspr::MethodKind::Email));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum AsvsLevel {
    /// The first level, for every application.
    L1,
    /// The second level, for applications with sensitive data.
    L2,
    /// The third level, for the highest assurance: neither mail nor phones are a proof (6.3.6, 6.6.1).
    L3,
}

const ENTRA_ADMINISTRATOR_METHODS: [MethodKind; 4] = [
    MethodKind::Email,
    MethodKind::MobilePhone,
    MethodKind::OfficePhone,
    MethodKind::AuthenticatorApp,
];

/// Of these any two are different recovery methods by NIST SP 800-63B-4, 4.2.2.2: an issued code, a
/// saved one, an authenticator of the account.
const AAL2_METHODS: [MethodKind; 3] =
    [MethodKind::Email, MethodKind::AuthenticatorApp, MethodKind::RecoveryCode];

/// What ASVS leaves at level 3: nothing that is sent.
const ASVS_L3_METHODS: [MethodKind; 4] = [
    MethodKind::AuthenticatorApp,
    MethodKind::OathToken,
    MethodKind::RecoveryCode,
    MethodKind::Passkey,
];

/// An account has three numbers: a mobile one, an alternate one and that of the office.
const ENTRA_MAXIMA: MethodMaxima = MethodMaxima {
    email: 2,
    mobile_phone: 2,
    office_phone: 1,
    authenticator_app: 5,
    oath_token: 5,
    oath_total: 5,
    app_notification: 5,
    passkey: 10,
};

/// The points in which Entra deviates from the standards.
const ENTRA_DEVIATIONS: [Deviation; 12] = [
    Deviation::OneGateAdministrators,
    Deviation::GuessingAboveThreshold,
    Deviation::UnverifiedDirectoryContacts,
    Deviation::IssuedCodesAsTwoGates,
    Deviation::CompositionRules,
    Deviation::AsciiPasswords,
    Deviation::ShortPasswords,
    Deviation::BannedParts,
    Deviation::PasswordSessionsOnly,
    Deviation::CountersClearedOnReset,
    Deviation::AccountLocks,
    Deviation::ReasonedDisclosure,
];

impl PolicySettings {
    /// Microsoft Entra ID's self-service reset, as documented in May 2026.
    ///
    /// - One gate for users, of mail and mobile phone; two for the 78 administrator roles, of mail,
    ///   mobile phone, office phone and authenticator app, and one in a tenant with neither a domain
    ///   of its own nor synchronisation, unless its trial began 30 or more days ago.
    /// - A paid plan for resets, a premium one for passwords on premises, no calls in free and trial
    ///   tenants. Text messages and calls of the provider `microsoft` end on 1 February 2027 in the
    ///   public cloud.
    /// - One group in the scope. Phone numbers of the directory count if they are spelled with one
    ///   space after the country.
    /// - 15 minutes for a flow, 5 minutes for a code.
    /// - The throttles of [`Throttle::entra`]: 5 failures in 24 hours, 5 texts or calls, typed numbers
    ///   or challenges of an app in an hour, 10 mails in 10 minutes, and 5 completed resets in an hour
    ///   each lock the account for 24 hours. The first caller can so lock the owner out; known
    ///   devices and familiar sources have a second window of each, which Entra does not have. A
    ///   completed reset clears them, except the count of resets.
    /// - Besides, this engine's own budgets, which Entra does not have, without shares: at most 5 failures of one kind
    ///   of method in 24 hours, 10 challenges in an hour and 20 in a day, and a cap of 50 failures in
    ///   a row.
    /// - The full phone number is typed before it is used; unconfirmed directory data counts.
    /// - The primary and the alternate address get notices; administrators get none about each
    ///   other.
    /// - The reason of a refusal is disclosed, after a human check.
    /// - Passwords of 8 to 256 printable ASCII characters, 3 of 4 classes, with five points of Entra's
    ///   score. (Microsoft does not publish its global list: the bundled one stands for it.)
    /// - Users are asked to register at sign-in, may skip that for 7 days, and confirm again after
    ///   180 days. Managing methods requires a sign-in of the last 15 minutes. A registration session
    ///   lasts 15 minutes; its second factor is at most 10 minutes old, for passkeys 5. A new address
    ///   can be used at once.
    /// - Security questions, once `users.methods` names them and
    ///   [`Deviation::SecurityQuestions`] and [`Deviation::QuestionsFirst`] are acknowledged: 5 to
    ///   register, 3 asked, others after each wrong set, alone if one gate is required, and never for
    ///   administrators. They end on 1 March 2027 in the public cloud.
    /// - At most 5 authenticator apps and tokens together, 2 mobile phones, 1 office phone, 10
    ///   passkeys. (Entra names no maximum of mail addresses: 2, as by default.)
    ///
    /// Where Entra documents nothing, this engine's defaults apply: lengths of codes, resend wait,
    /// limits across accounts. Each point in which Entra deviates from the
    /// standards is acknowledged in [`acknowledged`](Self::acknowledged).
    ///
    /// ```
    /// use sspr::{Policy, PolicySettings};
    /// use sspr::policy::Scope;
    ///
    /// let mut settings = PolicySettings::entra();
    /// settings.scope = Scope::All;
    /// let policy = Policy::new(settings)?;
    /// # Ok::<(), sspr::policy::PolicyError>(())
    /// ```
    #[must_use]
    pub fn entra() -> Self {
        Self {
            users: one_gate(),
            administrators: AdministratorPolicy {
                one_gate_exceptions: true,
                gates: Gates { required: 2, methods: ENTRA_ADMINISTRATOR_METHODS.into() },
                ..AdministratorPolicy::default()
            },
            lifetimes: Lifetimes {
                flow: 15 * MINUTE,
                grant: 15 * MINUTE,
                email_code: 5 * MINUTE,
                phone_code: 5 * MINUTE,
                ..Lifetimes::default()
            },
            failures: FailureBudgets {
                anonymous: Rate::new(5, DAY),
                proven: Rate::new(5, DAY),
                lock: DAY,
                ..FailureBudgets::default()
            },
            sends: SendBudgets { per_hour: 10, source_share: 100, ..SendBudgets::default() },
            throttles: Throttle::entra(),
            password: PasswordRules {
                min_length: 8,
                max_length: 256,
                banned: BannedPasswords::EntraScore,
                required_classes: 3,
                ascii_only: true,
                ..PasswordRules::default()
            },
            contacts: entra_contacts(),
            typed_number: true,
            notifications: Notifications {
                rule: NotifyRule::PrimaryAndAlternate,
                ..Notifications::default()
            },
            disclosure: Disclosure::Reasoned,
            human_check: true,
            registration: RegistrationPolicy {
                enforced: true,
                skip_days: Some(7),
                reconfirm_days: 180,
                reauthentication: 15 * MINUTE,
                session: 15 * MINUTE,
                second_factor_age: 10 * MINUTE,
                passkey_age: 5 * MINUTE,
                hold: Duration::ZERO,
                max: ENTRA_MAXIMA,
                ..RegistrationPolicy::default()
            },
            questions: QuestionPolicy { sticky: false, first: true, ..QuestionPolicy::default() },
            clear_counters_on_reset: true,
            plans: PlanTable::entra(),
            scope_groups: 1,
            retirements: entra_retirements(),
            acknowledged: ENTRA_DEVIATIONS.into(),
            ..Self::default()
        }
    }

    /// NIST SP 800-63B-4 for accounts that cannot reach AAL2: one recovery code suffices
    /// (4.2.2.1).
    ///
    /// The defaults, which are within NIST's limits (codes of 6 digits or more; 10 minutes by
    /// phone, and by mail, where NIST allows 24 hours; 50 consecutive failures, where NIST allows
    /// 100; passwords of 15 characters; notices to every address), with:
    ///
    /// - one gate, of mail and mobile phone: mail is the unrestricted alternative that phones
    ///   require (3.2.9);
    /// - only addresses that the user confirmed (4.2.1.2): data from administrators does not count.
    ///
    /// ```
    /// let settings = sspr::PolicySettings::nist_aal1();
    /// assert_eq!(settings.users.required, 1);
    /// assert!(!settings.contacts.administrator);
    /// ```
    #[must_use]
    pub fn nist_aal1() -> Self {
        Self { users: one_gate(), contacts: confirmed_only(), ..Self::default() }
    }

    /// NIST SP 800-63B-4 for accounts that can reach AAL2: two recovery codes *obtained by different
    /// methods*, or one and an authenticator of the account (4.2.2.2).
    ///
    /// Two gates of a mailed code, an authenticator app and recovery codes, for users and
    /// administrators alike: any two of them are different methods. Only confirmed addresses count.
    /// Otherwise the numbers of [`nist_aal1`](Self::nist_aal1). The engine needs a
    /// [`Seal`](crate::port::Seal) for the apps. Codes to a phone would be a second method that issues
    /// codes: two issued codes are one class, and the review then reports `issued-codes-one-class`.
    ///
    /// ```
    /// use sspr::{Policy, PolicySettings};
    /// use sspr::policy::{Severity, Standard};
    ///
    /// let settings = PolicySettings::nist_aal2();
    /// assert_eq!((settings.users.required, settings.acknowledged.len()), (2, 0));
    /// let review = Policy::new(settings).unwrap().review();
    /// let breaks = |finding: &&sspr::policy::Finding| {
    ///     (finding.standard(), finding.severity()) == (Standard::Nist, Severity::Requirement)
    /// };
    /// assert!(review.findings().iter().find(breaks).is_none());
    /// ```
    #[must_use]
    pub fn nist_aal2() -> Self {
        Self { contacts: confirmed_only(), ..two_gates(&AAL2_METHODS) }
    }

    /// OWASP ASVS 5.0.0, level 1, 2 or 3.
    ///
    /// All levels: codes and links live 10 minutes, and a code of an authenticator its own 30
    /// seconds (6.5.5, required at level 2); only confirmed phone numbers count (6.6.1, level 2);
    /// replies do not disclose which accounts exist (6.3.8, level 3); passwords have 15 characters
    /// (6.2.1 requires 8 and recommends 15); the common list is used (6.2.4: it is too short for
    /// passwords of 15 characters, so add a [`BreachList`](crate::port::BreachList)); no
    /// composition rules (6.2.5); at least 64 characters are permitted (6.2.9).
    ///
    /// Level 1: one gate. Level 2: two gates, since a reset must not bypass multi-factor
    /// authentication (6.4.3), and mail codes of 8 consonants, 34.5 bits. 6.6.3 requires protection
    /// against guessing, which the budgets give, and suggests codes of 64 bits. ASVS does not count
    /// gates, so two issued codes are acknowledged as a deviation from NIST.
    ///
    /// Level 3: two gates of authenticator apps, OATH tokens, recovery codes and passkeys, for users
    /// and administrators alike. The engine needs a [`Seal`](crate::port::Seal), and for passkeys an
    /// [`ExternalMethod`](crate::port::ExternalMethod). Addresses still get notices (6.3.7).
    ///
    /// ```
    /// use sspr::PolicySettings;
    /// use sspr::policy::{AsvsLevel, CodeAlphabet};
    ///
    /// let settings = PolicySettings::asvs(AsvsLevel::L2);
    /// assert_eq!(settings.codes.email.alphabet, CodeAlphabet::Strong);
    /// ```
    #[must_use]
    pub fn asvs(level: AsvsLevel) -> Self {
        let base = Self {
            contacts: confirmed_only(),
            lifetimes: Lifetimes { email_link: 10 * MINUTE, ..Lifetimes::default() },
            oath: OathPolicy { back: 0, ..OathPolicy::default() },
            ..Self::default()
        };
        match level {
            AsvsLevel::L1 => Self { users: one_gate(), ..base },
            AsvsLevel::L2 => Self {
                codes: CodeFormats {
                    email: CodeFormat::new(CodeAlphabet::Strong, 8),
                    ..CodeFormats::default()
                },
                acknowledged: [Deviation::IssuedCodesAsTwoGates].into(),
                ..base
            },
            AsvsLevel::L3 => {
                let Self { users, administrators, .. } = two_gates(&ASVS_L3_METHODS);
                Self { users, administrators, ..base }
            }
        }
    }

    /// PCI DSS 4, requirement 8.3.4: at most 10 failures, then closed for 30 minutes or until the
    /// identity is confirmed. (With the default window of 24 hours the wait is longer still.)
    ///
    /// Two gates, since a user must be verified before a reset (8.3.3), only confirmed addresses,
    /// and passwords of 15 characters, where 12 are required (8.3.6). Letters *and* digits (8.3.6) and
    /// the history of four passwords (8.3.7) are left to the directory: a policy cannot express
    /// them. Where the password is the only factor, set `password_expiry` to 90 days (8.3.9).
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let settings = sspr::PolicySettings::pci();
    /// assert_eq!(settings.failures.anonymous.max, 10);
    /// assert_eq!(settings.failures.lock, Duration::from_secs(30 * 60));
    /// ```
    #[must_use]
    pub fn pci() -> Self {
        Self {
            failures: FailureBudgets {
                anonymous: Rate::new(10, DAY),
                proven: Rate::new(10, DAY),
                lock: 30 * MINUTE,
                ..FailureBudgets::default()
            },
            contacts: confirmed_only(),
            acknowledged: [Deviation::IssuedCodesAsTwoGates].into(),
            ..Self::default()
        }
    }
}

/// Data of administrators and of the directory, in the directory's spelling.
const fn entra_contacts() -> ContactSources {
    ContactSources { administrator: true, directory: true, phone_format: PhoneFormat::Entra }
}

/// 1 March 2027, 00:00 UTC.
const QUESTIONS_END: Timestamp = Timestamp::from_unix_seconds(1_803_859_200);

/// The end of text messages and calls that Microsoft provides, announced in July 2026 for its public
/// cloud. A provider that the tenant brings outlives it. Security questions end for everyone.
fn entra_retirements() -> Vec<Retirement> {
    /// 1 February 2027, 00:00 UTC.
    const AT: Timestamp = Timestamp::from_unix_seconds(1_801_440_000);
    let ends = |channel| {
        let what = Retired::Provider { channel, provider: "microsoft".to_owned() };
        Retirement { clouds: ["public".to_owned()].into(), ..Retirement::new(what, AT) }
    };
    let mut all: Vec<_> = [Channel::Sms, Channel::Voice].map(ends).into();
    // Announced for March 2027, without a day.
    let questions = Retired::Method(MethodKind::SecurityQuestions);
    let clouds = ["public".to_owned()].into();
    all.push(Retirement { clouds, ..Retirement::new(questions, QUESTIONS_END) });
    all
}

fn one_gate() -> Gates {
    Gates { required: 1, methods: [MethodKind::Email, MethodKind::MobilePhone].into() }
}

/// Two gates of these methods, for users and for administrators.
fn two_gates(methods: &[MethodKind]) -> PolicySettings {
    let gates = Gates { required: 2, methods: methods.iter().copied().collect() };
    let administrators = AdministratorPolicy { gates: gates.clone(), ..Default::default() };
    PolicySettings { users: gates, administrators, ..PolicySettings::default() }
}

const fn confirmed_only() -> ContactSources {
    ContactSources {
        administrator: false,
        directory: false,
        phone_format: PhoneFormat::International,
    }
}
