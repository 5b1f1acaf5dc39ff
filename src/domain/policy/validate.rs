//! The checks of a policy's settings. All of them run, so that every fault is reported at once.

use std::time::Duration;

use serde::Serialize;

use crate::domain::method::MethodKind;
use crate::domain::password::PasswordRules;
use crate::domain::time::{DAY, HOUR, MINUTE, SECOND};

use super::codes::CodeAlphabet;
use super::deviation::Deviation;
use super::fault::{PolicyError, PolicyFault, PolicyProblem, SettingValue};
use super::reach::exceeds_threshold;
use super::settings::{Disclosure, Gates, PolicySettings, Scope};

/// The longest policy as JSON, in bytes.
pub(super) const MAX_BYTES: usize = 15 * 1024;
/// The fewest possible codes (NIST SP 800-63B-4, 4.2.1.2: six decimal digits).
const MIN_SPACE: u64 = 1_000_000;
/// The most roles that one list may name.
const MAX_ROLES: u64 = 256;

/// Checks the settings.
///
/// # Errors
///
/// [`PolicyError`] with every fault.
pub(super) fn check(settings: &PolicySettings) -> Result<(), PolicyError> {
    let mut faults = Faults { settings, found: Vec::new() };
    scope(&mut faults);
    gates(&mut faults);
    lifetimes(&mut faults);
    codes(&mut faults);
    budgets(&mut faults);
    limits(&mut faults);
    notices(&mut faults);
    password(&mut faults, &settings.password);
    disclosure(&mut faults);
    registration(&mut faults);
    size(&mut faults);
    if faults.found.is_empty() { Ok(()) } else { Err(PolicyError::new(faults.found)) }
}

/// A policy must fit into its record. If it does not, the largest list is the fault.
fn size(faults: &mut Faults<'_>) {
    let settings = faults.settings;
    let all = bytes_of(settings);
    let max = MAX_BYTES as u64;
    if all <= max {
        return;
    }
    let lists = [
        ("scope.selected", bytes_of(&settings.scope)),
        ("administrators.roles", bytes_of(&settings.administrators.roles)),
        ("password.banned_words", bytes_of(&settings.password.banned_words)),
        (
            "notifications.administrator_roles",
            bytes_of(&settings.notifications.administrator_roles),
        ),
        ("required_entitlement", bytes_of(&settings.required_entitlement)),
    ];
    if let Some((field, bytes)) = lists.into_iter().max_by_key(|(_, bytes)| *bytes)
        && faults.found.iter().all(|fault| fault.field() != field)
    {
        faults.push(field, PolicyProblem::TooLarge { bytes, all, max });
    }
}

/// The length of the stored form, in bytes.
fn bytes_of(value: &impl Serialize) -> u64 {
    // Plain data, which serde_json always encodes.
    serde_json::to_string(value).map_or(u64::MAX, |text| text.len() as u64)
}

struct Faults<'a> {
    settings: &'a PolicySettings,
    found: Vec<PolicyFault>,
}

impl Faults<'_> {
    fn push(&mut self, field: &'static str, problem: PolicyProblem) {
        self.found.push(PolicyFault::new(field, problem));
    }

    fn number(&mut self, field: &'static str, value: impl Into<u64>, min: u64, max: u64) {
        let value = value.into();
        if !(min..=max).contains(&value) {
            let (value, min) = (SettingValue::Number(value), SettingValue::Number(min));
            let max = Some(SettingValue::Number(max));
            self.push(field, PolicyProblem::OutOfRange { value, min, max });
        }
    }

    fn span(&mut self, field: &'static str, value: Duration, min: Duration, max: Duration) {
        if !(min..=max).contains(&value) {
            let (value, min) = (SettingValue::Span(value), SettingValue::Span(min));
            let max = Some(SettingValue::Span(max));
            self.push(field, PolicyProblem::OutOfRange { value, min, max });
        }
    }

    fn inconsistent(&mut self, field: &'static str, broken: bool, rule: &'static str) {
        if broken {
            self.push(field, PolicyProblem::Inconsistent(rule));
        }
    }

    fn empty(&mut self, field: &'static str, empty: bool) {
        if empty {
            self.push(field, PolicyProblem::Empty);
        }
    }

    fn needs(&mut self, field: &'static str, deviates: bool, deviation: Deviation) {
        if deviates && !self.settings.acknowledged.contains(&deviation) {
            self.push(field, PolicyProblem::NeedsDeparture(deviation));
        }
    }
}

fn scope(faults: &mut Faults<'_>) {
    if let Scope::Selected(groups) = &faults.settings.scope {
        faults.empty("scope.selected", groups.is_empty());
        if !groups.is_empty() {
            faults.number("scope.selected", groups.len() as u64, 1, 16);
        }
    }
    if let Some(name) = faults.settings.required_entitlement.as_deref() {
        faults.empty("required_entitlement", name.is_empty());
        faults.number("required_entitlement", name.len() as u64, 0, 128);
    }
}

fn gates(faults: &mut Faults<'_>) {
    let settings = faults.settings;
    let users = ["users.required", "users.methods"];
    gates_of(faults, &settings.users, users);

    let roles = &settings.administrators.roles;
    faults.empty("administrators.roles", roles.is_empty());
    faults.number("administrators.roles", roles.len() as u64, 0, MAX_ROLES);
    let gates = &settings.administrators.gates;
    let paths = ["administrators.gates.required", "administrators.gates.methods"];
    gates_of(faults, gates, paths);
    faults.needs(
        "administrators.gates.required",
        gates.required == 1,
        Deviation::OneGateAdministrators,
    );

    let told = &settings.notifications.administrator_roles;
    faults.empty(
        "notifications.administrator_roles",
        settings.notifications.administrators && told.is_empty(),
    );
    faults.number("notifications.administrator_roles", told.len() as u64, 0, MAX_ROLES);
}

fn gates_of(faults: &mut Faults<'_>, gates: &Gates, [required, methods]: [&'static str; 2]) {
    faults.number(required, gates.required, 1, 2);
    faults.empty(methods, gates.methods.is_empty());
    faults.inconsistent(
        methods,
        gates.methods.contains(&MethodKind::Password),
        "`password` counts for no gate: remove it",
    );
    let mut classes: Vec<MethodKind> = Vec::new();
    for kind in MethodKind::ALL.into_iter().filter(|kind| gates.methods.contains(kind)) {
        if !classes.iter().any(|other| other.same_class(kind)) {
            classes.push(kind);
        }
    }
    let usable = classes.len();
    faults.inconsistent(
        methods,
        usable > 0 && gates.required <= 2 && usable < usize::from(gates.required),
        "fewer distinct kinds of method than required: no user could reset",
    );
}

fn lifetimes(faults: &mut Faults<'_>) {
    let lifetimes = &faults.settings.lifetimes;
    faults.span("lifetimes.flow", lifetimes.flow, MINUTE, DAY);
    faults.span("lifetimes.grant", lifetimes.grant, MINUTE, HOUR);
    faults.inconsistent(
        "lifetimes.grant",
        lifetimes.grant > lifetimes.flow,
        "must not be longer than the flow (`lifetimes.flow`)",
    );
    faults.span("lifetimes.email_code", lifetimes.email_code, MINUTE, DAY);
    faults.span("lifetimes.email_link", lifetimes.email_link, MINUTE, HOUR);
    faults.span("lifetimes.phone_code", lifetimes.phone_code, MINUTE, 10 * MINUTE);
    faults.span("lifetimes.directory_write", lifetimes.directory_write, 5 * SECOND, 10 * MINUTE);
}

fn codes(faults: &mut Faults<'_>) {
    let codes = &faults.settings.codes;
    for (field, format) in [
        ("codes.email.length", codes.email),
        ("codes.sms.length", codes.sms),
        ("codes.voice.length", codes.voice),
    ] {
        faults.number(field, format.length, 6, 12);
        faults.inconsistent(
            field,
            (6..=12).contains(&format.length) && format.space() < MIN_SPACE,
            "too short: at least 1000000 possible codes are needed",
        );
    }
    let settings = faults.settings;
    faults.number("oath.digits", settings.oath.digits, 6, 8);
    faults.number("oath.back", settings.oath.back, 0, 2);
    faults.number("oath.forward", settings.oath.forward, 0, 1);
    faults.number("recovery_codes", settings.recovery_codes, 1, 16);
    faults.number("known_device_days", settings.known_device_days, 0, 365);
    faults.inconsistent(
        "codes.voice.alphabet",
        codes.voice.alphabet != CodeAlphabet::Digits,
        "must be digits: the code is spoken in a call",
    );
}

fn notices(faults: &mut Faults<'_>) {
    let notices = &faults.settings.notices;
    for (max, window, rate, most) in [
        ("notices.texts.max", "notices.texts.window", notices.texts, 16),
        ("notices.mails.max", "notices.mails.window", notices.mails, 16),
        ("notices.help.max", "notices.help.window", notices.help, 1_000),
    ] {
        faults.number(max, rate.max, 1, most);
        faults.span(window, rate.window, MINUTE, DAY);
    }
    faults.number("notices.acts_per_hour", notices.acts_per_hour, 1, 60);
    faults.number("notices.acts_per_day", notices.acts_per_day, 1, 60);
    faults.inconsistent(
        "notices.acts_per_hour",
        notices.acts_per_hour > notices.acts_per_day,
        "must not exceed the limit of a day (`notices.acts_per_day`)",
    );
}

fn budgets(faults: &mut Faults<'_>) {
    let settings = faults.settings;
    let attempts = settings.attempts;
    faults.number("attempts", attempts, 1, 10);

    let failures = &settings.failures;
    let at_least_attempts = "must not be below the attempts of one code (`attempts`)";
    for (max, window, rate) in [
        ("failures.anonymous.max", "failures.anonymous.window", failures.anonymous),
        ("failures.proven.max", "failures.proven.window", failures.proven),
    ] {
        faults.number(max, rate.max, 1, 50);
        faults.inconsistent(max, rate.max < u32::from(attempts), at_least_attempts);
        faults.span(window, rate.window, MINUTE, 30 * DAY);
    }
    faults.span("failures.lock", failures.lock, MINUTE, 7 * DAY);
    faults.number("failures.consecutive", failures.consecutive, 1, 100);
    faults.inconsistent(
        "failures.consecutive",
        failures.consecutive < u32::from(attempts),
        at_least_attempts,
    );
    let likely = exceeds_threshold(settings, &settings.users)
        || exceeds_threshold(settings, &settings.administrators.gates);
    faults.needs("failures.consecutive", likely, Deviation::GuessingAboveThreshold);
    faults.needs(
        "clear_counters_on_reset",
        settings.clear_counters_on_reset,
        Deviation::CountersClearedOnReset,
    );

    let sends = &settings.sends;
    faults.span("sends.resend_after", sends.resend_after, 30 * SECOND, HOUR);
    faults.number("sends.per_hour", sends.per_hour, 1, 20);
    faults.inconsistent(
        "sends.per_hour",
        sends.per_hour > sends.per_day,
        "must not exceed the limit of a day (`sends.per_day`)",
    );
    faults.number("sends.per_day", sends.per_day, 1, 20);
    faults.number("sends.in_hand_per_hour", sends.in_hand_per_hour, 1, 20);
    faults.inconsistent(
        "sends.in_hand_per_hour",
        sends.in_hand_per_hour > sends.in_hand_per_day,
        "must not exceed the limit of a day (`sends.in_hand_per_day`)",
    );
    faults.number("sends.in_hand_per_day", sends.in_hand_per_day, 1, 20);
    faults.number("sends.live_flows", sends.live_flows, 1, 10);
    if !(10..=100).contains(&sends.source_share) {
        let problem = PolicyProblem::OutOfRange {
            value: SettingValue::Percent(sends.source_share.into()),
            min: SettingValue::Percent(10),
            max: Some(SettingValue::Percent(100)),
        };
        faults.push("sends.source_share", problem);
    }
}

fn limits(faults: &mut Faults<'_>) {
    let limits = &faults.settings.limits;
    for (max, window, rate) in [
        ("limits.source.max", "limits.source.window", limits.source),
        (
            "limits.source_identifier.max",
            "limits.source_identifier.window",
            limits.source_identifier,
        ),
        ("limits.destination.max", "limits.destination.window", limits.destination),
        ("limits.prefix.max", "limits.prefix.window", limits.prefix),
        ("limits.tenant.max", "limits.tenant.window", limits.tenant),
    ] {
        if rate.max == 0 {
            let (value, min) = (SettingValue::Number(0), SettingValue::Number(1));
            let problem = PolicyProblem::OutOfRange { value, min, max: None };
            faults.push(max, problem);
        }
        faults.span(window, rate.window, MINUTE, 30 * DAY);
    }
    faults.number("limits.escalated_length", limits.escalated_length, 0, 4);
}

fn password(faults: &mut Faults<'_>, rules: &PasswordRules) {
    faults.number("password.min_length", rules.min_length, 8, 64);
    faults.needs(
        "password.min_length",
        (8..15).contains(&rules.min_length),
        Deviation::ShortPasswords,
    );
    faults.number("password.max_length", rules.max_length, 64, 1024);
    faults.number("password.banned_words", rules.banned_words.len() as u64, 0, 1_000);
    faults.inconsistent(
        "password.banned_words",
        rules.banned_words.iter().any(|word| !(3..=64).contains(&word.chars().take(65).count())),
        "each word must have 3 to 64 characters",
    );
    faults.number("password.required_classes", rules.required_classes, 0, 4);
    faults.needs(
        "password.required_classes",
        rules.required_classes > 0,
        Deviation::CompositionRules,
    );
    faults.needs("password.ascii_only", rules.ascii_only, Deviation::AsciiPasswords);
}

fn disclosure(faults: &mut Faults<'_>) {
    let settings = faults.settings;
    faults.needs(
        "contacts.directory",
        settings.contacts.directory,
        Deviation::UnverifiedDirectoryContacts,
    );
    let reasoned = settings.disclosure == Disclosure::Reasoned;
    faults.needs("disclosure", reasoned, Deviation::ReasonedDisclosure);
    faults.inconsistent(
        "human_check",
        reasoned && !settings.human_check,
        "must be true: reasons are disclosed only after a human check (`disclosure`)",
    );
}

fn registration(faults: &mut Faults<'_>) {
    let registration = &faults.settings.registration;
    faults.number("registration.reconfirm_days", registration.reconfirm_days, 0, 730);
    faults.span(
        "registration.reauthentication",
        registration.reauthentication,
        MINUTE,
        15 * MINUTE,
    );
    faults.span("registration.hold", registration.hold, Duration::ZERO, 7 * DAY);
    faults.number("registration.max_per_kind", registration.max_per_kind, 2, 5);
}
