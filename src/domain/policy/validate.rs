//! The checks of a policy's settings. All of them run, so that every fault is reported at once.

mod questions;

use std::collections::BTreeSet;

use serde::Serialize;

use crate::domain::identity::ids::RoleId;
use crate::domain::method::MethodKind;
use crate::domain::password::{BannedPasswords, PasswordRules};

use super::breaker::Breaker;
use super::codes::CodeAlphabet;
use super::desk::DeskPolicy;
use super::deviation::Deviation;
use super::expiry::is_validity;
use super::fault::{PolicyError, PolicyFault, PolicyProblem, SettingValue};
use super::reach::exceeds_threshold;
use super::settings::{Disclosure, Gates, PolicySettings, Scope};
use super::table::{SETTINGS, place_of};
use super::throttle::{LockStart, Throttle, ThrottleScope, ThrottledAct};
use crate::domain::time::{DAY, MINUTE};

/// The longest policy as JSON, in bytes.
pub(super) const MAX_BYTES: usize = 92 * 1024;
/// The fewest possible codes (NIST SP 800-63B-4, 4.2.1.2: six decimal digits).
const MIN_SPACE: u64 = 1_000_000;

/// Checks the settings.
///
/// # Errors
///
/// [`PolicyError`] with every fault.
pub(super) fn check(settings: &PolicySettings) -> Result<(), PolicyError> {
    let mut faults = Faults { settings, found: Vec::new() };
    ranges(&mut faults);
    scope(&mut faults);
    gates(&mut faults);
    lifetimes(&mut faults);
    codes(&mut faults);
    budgets(&mut faults);
    throttles(&mut faults);
    notices(&mut faults);
    password(&mut faults, &settings.password);
    expiry(&mut faults);
    desk(&mut faults);
    disclosure(&mut faults);
    numbers(&mut faults);
    for (field, broken, rule) in questions::rules(settings) {
        faults.inconsistent(field, broken, rule);
    }
    deviations(&mut faults);
    size(&mut faults);
    faults.found.sort_by_key(|fault| place_of(fault.field()));
    if faults.found.is_empty() { Ok(()) } else { Err(PolicyError::new(faults.found)) }
}

/// Checks each setting against its range in the table.
fn ranges(faults: &mut Faults<'_>) {
    for setting in SETTINGS {
        if let (Some(value), Some((min, max))) =
            (setting.out_of_range(faults.settings), setting.range)
        {
            faults.push(setting.path, PolicyProblem::OutOfRange { value, min, max });
        }
    }
}

/// Checks that the owner acknowledges each deviation that needs it.
fn deviations(faults: &mut Faults<'_>) {
    let settings = faults.settings;
    let (gates, rules) = (&settings.administrators.gates, &settings.password);
    let one_gate = gates.required == 1 || settings.administrators.one_gate_exceptions;
    let likely = exceeds_threshold(settings, &settings.user_gates())
        || exceeds_threshold(settings, &settings.least_administrator_gates());
    let reasoned = settings.disclosure == Disclosure::Reasoned;
    let cleared = settings.clear_counters_on_reset;
    let periodic = settings.password_expiry.is_periodic();
    let scored = rules.banned == BannedPasswords::EntraScore;
    let unverified = settings.contacts.directory;
    let counted = settings.counts_questions();
    let first = counted && settings.questions.first;
    for (field, deviates, deviation) in [
        ("administrators.gates.required", one_gate, Deviation::OneGateAdministrators),
        ("failures.consecutive", likely, Deviation::GuessingAboveThreshold),
        ("clear_counters_on_reset", cleared, Deviation::CountersClearedOnReset),
        ("throttles", !settings.throttles.is_empty(), Deviation::AccountLocks),
        ("password.min_length", (8..15).contains(&rules.min_length), Deviation::ShortPasswords),
        ("password.required_classes", rules.required_classes > 0, Deviation::CompositionRules),
        ("password.ascii_only", rules.ascii_only, Deviation::AsciiPasswords),
        ("password.banned", scored, Deviation::BannedParts),
        ("password_expiry.validity_days", periodic, Deviation::PeriodicChange),
        ("users.methods", counted, Deviation::SecurityQuestions),
        ("questions.first", first, Deviation::QuestionsFirst),
        ("contacts.directory", unverified, Deviation::UnverifiedDirectoryContacts),
        ("disclosure", reasoned, Deviation::ReasonedDisclosure),
    ] {
        if deviates && !settings.acknowledged.contains(&deviation) {
            faults.push(field, PolicyProblem::NeedsDeviation(deviation));
        }
    }
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
        ("desk.help_tiers", bytes_of(&settings.desk.help_tiers)),
        ("questions.custom", bytes_of(&settings.questions.custom)),
        ("numbers.allowed", bytes_of(&settings.numbers.allowed)),
        ("password_expiry.domains", bytes_of(&settings.password_expiry.domains)),
        ("retirements", bytes_of(&settings.retirements)),
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
}

fn scope(faults: &mut Faults<'_>) {
    if let Scope::Selected(groups) = &faults.settings.scope {
        faults.empty("scope.selected", groups.is_empty());
        let most = faults.settings.scope_groups;
        if groups.len() > usize::from(most) {
            let [value, min, max] =
                [groups.len() as u64, 1, u64::from(most)].map(SettingValue::Number);
            let problem = PolicyProblem::OutOfRange { value, min, max: Some(max) };
            faults.push("scope.selected", problem);
        }
    }
    let entitlement = faults.settings.required_entitlement.as_deref();
    faults.empty("required_entitlement", entitlement == Some(""));
}

fn gates(faults: &mut Faults<'_>) {
    let settings = faults.settings;
    gates_of(faults, &settings.user_gates(), "users.methods");
    faults.inconsistent(
        "method_policies",
        settings.app_lacks_others(),
        "until the migration is complete the app needs another kind of method beside it for each \
         gate",
    );

    let roles = &settings.administrators.roles;
    faults.empty("administrators.roles", roles.is_empty());
    let gates = &settings.administrators.gates;
    gates_of(faults, gates, "administrators.gates.methods");

    let told = &settings.notifications.administrator_roles;
    faults.empty(
        "notifications.administrator_roles",
        settings.notifications.administrators && told.is_empty(),
    );
}

fn gates_of(faults: &mut Faults<'_>, gates: &Gates, methods: &'static str) {
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
    faults.inconsistent(
        "lifetimes.grant",
        lifetimes.grant > lifetimes.flow,
        "must not be longer than the flow (`lifetimes.flow`)",
    );
}

fn codes(faults: &mut Faults<'_>) {
    let codes = &faults.settings.codes;
    for (field, format) in [
        ("codes.email.length", codes.email),
        ("codes.sms.length", codes.sms),
        ("codes.voice.length", codes.voice),
    ] {
        faults.inconsistent(
            field,
            (6..=12).contains(&format.length) && format.space() < MIN_SPACE,
            "too short: at least 1000000 possible codes are needed",
        );
    }
    faults.inconsistent(
        "codes.voice.alphabet",
        codes.voice.alphabet != CodeAlphabet::Digits,
        "must be digits: the code is spoken in a call",
    );
}

fn notices(faults: &mut Faults<'_>) {
    let notices = &faults.settings.notices;
    faults.inconsistent(
        "notices.acts_per_hour",
        notices.acts_per_hour > notices.acts_per_day,
        "must not exceed the limit of a day (`notices.acts_per_day`)",
    );
}

fn budgets(faults: &mut Faults<'_>) {
    let settings = faults.settings;
    let attempts = settings.attempts;

    let failures = &settings.failures;
    let at_least_attempts = "must not be below the attempts of one code (`attempts`)";
    for (max, rate) in
        [("failures.anonymous.max", failures.anonymous), ("failures.proven.max", failures.proven)]
    {
        faults.inconsistent(max, rate.max < u32::from(attempts), at_least_attempts);
    }
    faults.inconsistent(
        "failures.consecutive",
        failures.consecutive < u32::from(attempts),
        at_least_attempts,
    );

    let sends = &settings.sends;
    faults.inconsistent(
        "sends.per_hour",
        sends.per_hour > sends.per_day,
        "must not exceed the limit of a day (`sends.per_day`)",
    );
    faults.inconsistent(
        "sends.in_hand_per_hour",
        sends.in_hand_per_hour > sends.in_hand_per_day,
        "must not exceed the limit of a day (`sends.in_hand_per_day`)",
    );
}

fn throttles(faults: &mut Faults<'_>) {
    let throttles = &faults.settings.throttles;
    let amount = |value, [min, max]: [u32; 2]| {
        let [value, min, max] = [value, min, max].map(|max| SettingValue::Number(max.into()));
        (value, min, max)
    };
    let span = |value, max| {
        (SettingValue::Span(value), SettingValue::Span(MINUTE), SettingValue::Span(max))
    };
    let of_one = throttles.iter().flat_map(|throttle| {
        let Throttle { rate, lock, .. } = throttle;
        [amount(rate.max, [1, 20]), span(rate.window, DAY), span(*lock, 7 * DAY)]
    });
    let counted: u32 = throttles.iter().map(Throttle::counted).fold(0, u32::saturating_add);
    let all = of_one.chain([amount(counted, [0, Throttle::MAX_COUNTED])]);
    let wrong = all.filter(|(value, min, max)| !(min.size()..=max.size()).contains(&value.size()));
    for (value, min, max) in wrong {
        faults.push("throttles", PolicyProblem::OutOfRange { value, min, max: Some(max) });
    }
    let of = |act| throttles.iter().filter(move |throttle| throttle.counts == act);
    faults.inconsistent(
        "throttles",
        ThrottledAct::ALL.into_iter().any(|act| of(act).nth(1).is_some()),
        "two throttles count the same act: remove one",
    );
    faults.inconsistent(
        "throttles",
        of(ThrottledAct::ResetCompleted).any(|throttle| throttle.scope == ThrottleScope::Method),
        "completed resets are counted for the account: set its scope to `account`",
    );
    faults.inconsistent(
        "throttles",
        of(ThrottledAct::ProofFailed).any(|throttle| throttle.start == LockStart::LastAct),
        "a lock of failed proofs runs from the threshold: a correct secret takes its count back",
    );
}

fn password(faults: &mut Faults<'_>, rules: &PasswordRules) {
    let (lengths, rule) = match rules.banned {
        BannedPasswords::Derivatives => (3..=64, "each word must have 3 to 64 characters"),
        BannedPasswords::EntraScore => {
            (4..=16, "each word must have 4 to 16 characters (`password.banned`)")
        }
    };
    let is_other = |word: &String| !lengths.contains(&word.chars().take(65).count());
    faults.inconsistent("password.banned_words", rules.banned_words.iter().any(is_other), rule);
}

fn desk(faults: &mut Faults<'_>) {
    let mut tiers = faults.settings.desk.help_tiers.iter();
    let fits = |tier: &BTreeSet<RoleId>| (1..=DeskPolicy::MAX_TIER).contains(&tier.len());
    faults.inconsistent("desk.help_tiers", !tiers.all(fits), "each tier must have 1 to 16 roles");
}

fn expiry(faults: &mut Faults<'_>) {
    let expiry = &faults.settings.password_expiry;
    let days = expiry.validity_days;
    faults.inconsistent(
        "password_expiry.validity_days",
        days <= 730 && !is_validity(days),
        "must be 0 (for ever) or at least 14 days",
    );
    faults.inconsistent(
        "password_expiry.domains",
        !expiry.are_domains_sound(),
        "each domain must be named once, without `@`, with 0 or 14 to 730 days of validity and 1 to 30 \
         of notice",
    );
}

fn disclosure(faults: &mut Faults<'_>) {
    let settings = faults.settings;
    faults.inconsistent(
        "human_check",
        settings.disclosure == Disclosure::Reasoned && !settings.human_check,
        "must be true: reasons are disclosed only after a human check (`disclosure`)",
    );
}

fn numbers(faults: &mut Faults<'_>) {
    let problem = faults.settings.numbers.breaker.as_ref().and_then(Breaker::problem);
    if let Some(rule) = problem {
        faults.inconsistent("numbers.breaker", true, rule);
    }
}
