//! Every numeric field: accepted at its limits, refused one beyond.

use std::time::Duration;

use crate::domain::identity::contact::NumberPrefix;
use crate::domain::policy::{
    Breaker, Deviation, DomainExpiry, Policy, PolicyError, PolicyFault, PolicyProblem,
    PolicySettings, SettingValue,
};

const S: u64 = 1_000;
const M: u64 = 60 * S;
const H: u64 = 60 * M;
const D: u64 = 24 * H;

/// A field, its limits (spans in milliseconds), and a function that sets it and whatever else the
/// value needs to be consistent.
type Row = (&'static str, u64, Option<u64>, fn(&mut PolicySettings, u64));

fn ms(value: u64) -> Duration {
    Duration::from_millis(value)
}

fn small<T: TryFrom<u64>>(value: u64) -> T {
    T::try_from(value).unwrap_or_else(|_| panic!("{value} fits the field"))
}

const ROWS: &[Row] = &[
    ("users.required", 1, Some(2), |s, v| s.users.required = small(v)),
    ("administrators.gates.required", 1, Some(2), |s, v| {
        s.acknowledged.insert(Deviation::OneGateAdministrators);
        s.acknowledged.insert(Deviation::GuessingAboveThreshold);
        s.administrators.gates.required = small(v);
    }),
    ("lifetimes.flow", M, Some(D), |s, v| {
        s.lifetimes.grant = ms(M);
        s.lifetimes.flow = ms(v);
    }),
    ("lifetimes.grant", M, Some(H), |s, v| {
        s.lifetimes.flow = ms(2 * H);
        s.lifetimes.grant = ms(v);
    }),
    ("lifetimes.email_code", M, Some(D), |s, v| s.lifetimes.email_code = ms(v)),
    ("lifetimes.phone_code", M, Some(10 * M), |s, v| s.lifetimes.phone_code = ms(v)),
    ("lifetimes.directory_write", 5 * S, Some(10 * M), |s, v| {
        s.lifetimes.directory_write = ms(v);
    }),
    ("codes.email.length", 6, Some(12), |s, v| s.codes.email.length = small(v)),
    ("codes.sms.length", 6, Some(12), |s, v| s.codes.sms.length = small(v)),
    ("codes.voice.length", 6, Some(12), |s, v| s.codes.voice.length = small(v)),
    ("attempts", 1, Some(10), |s, v| s.attempts = small(v)),
    ("desk.repudiation_life", H, Some(7 * D), |s, v| s.desk.repudiation_life = ms(v)),
    ("desk.invitation_life", H, Some(30 * D), |s, v| s.desk.invitation_life = ms(v)),
    ("failures.anonymous.max", 1, Some(50), |s, v| {
        s.attempts = 1;
        s.failures.anonymous.max = small(v);
    }),
    ("failures.anonymous.window", M, Some(30 * D), |s, v| s.failures.anonymous.window = ms(v)),
    ("failures.proven.max", 1, Some(50), |s, v| {
        s.attempts = 1;
        s.failures.proven.max = small(v);
    }),
    ("failures.proven.window", M, Some(30 * D), |s, v| s.failures.proven.window = ms(v)),
    ("failures.lock", M, Some(7 * D), |s, v| s.failures.lock = ms(v)),
    ("failures.consecutive", 1, Some(100), |s, v| {
        s.attempts = 1;
        s.failures.consecutive = small(v);
    }),
    ("sends.resend_after", 30 * S, Some(H), |s, v| s.sends.resend_after = ms(v)),
    ("sends.per_hour", 1, Some(20), |s, v| {
        s.sends.per_day = 20;
        s.sends.per_hour = small(v);
    }),
    ("sends.per_day", 1, Some(20), |s, v| {
        s.sends.per_hour = 1;
        s.sends.per_day = small(v);
    }),
    ("sends.in_hand_per_hour", 1, Some(20), |s, v| {
        s.sends.in_hand_per_day = 20;
        s.sends.in_hand_per_hour = small(v);
    }),
    ("sends.in_hand_per_day", 1, Some(20), |s, v| {
        s.sends.in_hand_per_hour = 1;
        s.sends.in_hand_per_day = small(v);
    }),
    ("sends.live_flows", 1, Some(10), |s, v| s.sends.live_flows = small(v)),
    ("sends.source_share", 10, Some(100), |s, v| s.sends.source_share = small(v)),
    ("notices.texts.max", 1, Some(16), |s, v| s.notices.texts.max = small(v)),
    ("notices.texts.window", M, Some(D), |s, v| s.notices.texts.window = ms(v)),
    ("notices.mails.max", 1, Some(16), |s, v| s.notices.mails.max = small(v)),
    ("notices.mails.window", M, Some(D), |s, v| s.notices.mails.window = ms(v)),
    ("notices.acts_per_hour", 1, Some(60), |s, v| {
        s.notices.acts_per_day = 60;
        s.notices.acts_per_hour = small(v);
    }),
    ("notices.acts_per_day", 1, Some(60), |s, v| {
        s.notices.acts_per_hour = 1;
        s.notices.acts_per_day = small(v);
    }),
    ("notices.help.max", 1, Some(1_000), |s, v| s.notices.help.max = small(v)),
    ("notices.help.window", M, Some(D), |s, v| s.notices.help.window = ms(v)),
    ("limits.source.max", 1, None, |s, v| s.limits.source.max = small(v)),
    ("limits.source.window", M, Some(30 * D), |s, v| s.limits.source.window = ms(v)),
    ("limits.source_identifier.max", 1, None, |s, v| {
        s.limits.source_identifier.max = small(v);
    }),
    ("limits.source_identifier.window", M, Some(30 * D), |s, v| {
        s.limits.source_identifier.window = ms(v);
    }),
    ("limits.destination.max", 1, None, |s, v| s.limits.destination.max = small(v)),
    ("limits.destination.window", M, Some(30 * D), |s, v| {
        s.limits.destination.window = ms(v);
    }),
    ("limits.prefix.max", 1, None, |s, v| s.limits.prefix.max = small(v)),
    ("limits.prefix.window", M, Some(30 * D), |s, v| s.limits.prefix.window = ms(v)),
    ("limits.tenant.max", 1, None, |s, v| s.limits.tenant.max = small(v)),
    ("limits.tenant.window", M, Some(30 * D), |s, v| s.limits.tenant.window = ms(v)),
    ("lifetimes.email_link", M, Some(H), |s, v| s.lifetimes.email_link = ms(v)),
    ("oath.digits", 6, Some(8), |s, v| s.oath.digits = small(v)),
    ("oath.back", 0, Some(2), |s, v| s.oath.back = small(v)),
    ("oath.forward", 0, Some(1), |s, v| s.oath.forward = small(v)),
    ("questions.register", 3, Some(5), |s, v| s.questions.register = small(v)),
    ("questions.reset", 3, Some(5), |s, v| s.questions.reset = small(v)),
    ("numbers.new_days", 0, Some(365), |s, v| s.numbers.new_days = small(v)),
    ("recovery_codes", 1, Some(16), |s, v| s.recovery_codes = small(v)),
    ("known_device_days", 0, Some(365), |s, v| s.known_device_days = small(v)),
    ("limits.escalated_length", 0, Some(4), |s, v| s.limits.escalated_length = small(v)),
    ("password.min_length", 8, Some(64), |s, v| {
        s.acknowledged.insert(Deviation::ShortPasswords);
        s.password.min_length = small(v);
    }),
    ("password.max_length", 64, Some(1024), |s, v| s.password.max_length = small(v)),
    ("password_expiry.validity_days", 0, Some(730), |s, v| {
        s.acknowledged.insert(Deviation::PeriodicChange);
        s.password_expiry.validity_days = small(v);
    }),
    ("password_expiry.notice_days", 1, Some(30), |s, v| s.password_expiry.notice_days = small(v)),
    ("password.min_score", 0, Some(4), |s, v| s.password.min_score = small(v)),
    ("password.required_classes", 0, Some(4), |s, v| {
        s.acknowledged.insert(Deviation::CompositionRules);
        s.password.required_classes = small(v);
    }),
    ("registration.reconfirm_days", 0, Some(730), |s, v| {
        s.registration.reconfirm_days = small(v);
    }),
    ("registration.reauthentication", M, Some(15 * M), |s, v| {
        s.registration.reauthentication = ms(v);
    }),
    ("registration.session", M, Some(H), |s, v| s.registration.session = ms(v)),
    ("registration.second_factor_age", M, Some(10 * M), |s, v| {
        s.registration.second_factor_age = ms(v);
    }),
    ("registration.passkey_age", M, Some(10 * M), |s, v| s.registration.passkey_age = ms(v)),
    ("registration.hold", 0, Some(7 * D), |s, v| s.registration.hold = ms(v)),
    ("registration.max.email", 2, Some(5), |s, v| s.registration.max.email = small(v)),
    ("registration.max.mobile_phone", 2, Some(5), |s, v| {
        s.registration.max.mobile_phone = small(v);
    }),
    ("registration.max.office_phone", 1, Some(5), |s, v| {
        s.registration.max.office_phone = small(v);
    }),
    ("registration.max.authenticator_app", 1, Some(5), |s, v| {
        s.registration.max.authenticator_app = small(v);
    }),
    ("registration.max.oath_token", 1, Some(5), |s, v| s.registration.max.oath_token = small(v)),
    ("registration.max.oath_total", 1, Some(10), |s, v| s.registration.max.oath_total = small(v)),
    ("registration.max.app_notification", 1, Some(20), |s, v| {
        s.registration.max.app_notification = small(v);
    }),
    ("scope_groups", 1, Some(16), |s, v| s.scope_groups = small(v)),
    ("registration.max.passkey", 1, Some(20), |s, v| s.registration.max.passkey = small(v)),
];

fn with(row: &Row, value: u64) -> Result<Policy, PolicyError> {
    let mut settings = PolicySettings::default();
    row.3(&mut settings, value);
    Policy::new(settings)
}

/// The paths of the numbers in a serialised value, which the table must cover.
fn numeric_fields(at: &str, value: &serde_json::Value, found: &mut Vec<String>) {
    match value {
        serde_json::Value::Number(_) => found.push(at.to_owned()),
        serde_json::Value::Object(fields) => {
            for (name, value) in fields {
                let path = if at.is_empty() { name.clone() } else { format!("{at}.{name}") };
                numeric_fields(&path, value, found);
            }
        }
        _ => {}
    }
}

#[test]
fn every_numeric_field_is_in_the_table() {
    let stored = serde_json::to_value(PolicySettings::default()).unwrap();
    let mut fields = Vec::new();
    numeric_fields("", &stored, &mut fields);
    fields.sort();
    let mut rows: Vec<_> = ROWS.iter().map(|row| row.0.to_owned()).collect();
    rows.sort();
    assert_eq!(rows, fields);
    assert_eq!(rows.len(), 75);
}

#[test]
fn each_limit_itself_is_accepted() {
    for row in ROWS {
        let highest = row.2.unwrap_or(u64::from(u32::MAX));
        for value in [row.1, highest] {
            let result = with(row, value);
            assert!(result.is_ok(), "{} = {value}: {result:?}", row.0);
        }
    }
}

#[test]
fn one_beyond_each_limit_is_refused() {
    let mut checked = 0;
    for row in ROWS {
        let below = row.1.checked_sub(1);
        let above = row.2.map(|max| max + 1);
        for value in [below, above].into_iter().flatten() {
            let error = with(row, value).expect_err(row.0);
            let out_of_range = error.faults().iter().any(|fault| {
                fault.field() == row.0
                    && matches!(fault.problem(), PolicyProblem::OutOfRange { .. })
            });
            assert!(out_of_range, "{} = {value}: {error}", row.0);
            checked += 1;
        }
    }
    assert_eq!(checked, 2 * 75 - 5 - 10, "no upper limit on 5, no lower limit on 10");
}

#[test]
fn a_temporary_password_lives_an_hour_to_thirty_days() {
    assert_eq!(PolicySettings::default().desk.temporary_password_hours, None);
    for (hours, accepted) in [(0, false), (1, true), (720, true), (721, false)] {
        let checked = Policy::with(|settings| settings.desk.temporary_password_hours = Some(hours));
        assert_eq!(checked.is_ok(), accepted, "{hours}");
    }
}

#[test]
fn codes_to_new_numbers_have_no_limit_or_at_least_one() {
    let numbers = PolicySettings::default().numbers;
    assert_eq!(
        (numbers.new_per_prefix, numbers.new_per_tenant, numbers.breaker),
        (None, None, None)
    );
    for (codes, accepted) in [(0, false), (1, true), (10_000_000, true), (10_000_001, false)] {
        let prefix = Policy::with(|settings| settings.numbers.new_per_prefix = Some(codes));
        let tenant = Policy::with(|settings| settings.numbers.new_per_tenant = Some(codes));
        assert_eq!([prefix.is_ok(), tenant.is_ok()], [accepted; 2], "{codes}");
    }
}

#[test]
fn each_value_of_a_breaker_has_a_range() {
    type BreakerRow = (fn(&mut Breaker, u64), u64, u64);
    let rows: [BreakerRow; 5] = [
        (|breaker, v| breaker.sample = small(v), 5, 10_000),
        (|breaker, v| breaker.verified_percent = small(v), 1, 90),
        (|breaker, v| (breaker.window, breaker.rest) = (ms(v), ms(7 * D)), 10 * M, D),
        // An hour, a quarter of it, and ten minutes.
        (|breaker, v| breaker.rest = ms(v), 85 * M, 7 * D),
        (|breaker, v| breaker.probes = small(v), 1, 100),
    ];
    for (row, (set, min, max)) in rows.into_iter().enumerate() {
        for (value, accepted) in [(min - 1, false), (min, true), (max, true), (max + 1, false)] {
            let checked = Policy::with(|settings| {
                let mut breaker = Breaker::default();
                set(&mut breaker, value);
                settings.numbers.breaker = Some(breaker);
            });
            assert_eq!(checked.is_ok(), accepted, "row {row}: {value}");
        }
    }
}

/// 15: for ever by default, which is no number; otherwise up to a year.
#[test]
fn a_prompt_is_skipped_for_at_most_a_year() {
    assert_eq!(PolicySettings::default().registration.skip_days, None);
    for (days, accepted) in [(0, true), (365, true), (366, false)] {
        let checked = Policy::with(|settings| settings.registration.skip_days = Some(days));
        assert_eq!(checked.is_ok(), accepted, "{days}");
    }
}

/// No limit by default, which is no number; a limit admits 64 characters of basic Latin.
#[test]
fn a_limit_in_bytes_is_within_its_range() {
    assert_eq!(PolicySettings::default().password.max_bytes, None);
    for (bytes, accepted) in [(63, false), (64, true), (4_096, true), (4_097, false)] {
        let checked = Policy::with(|settings| settings.password.max_bytes = Some(bytes));
        assert_eq!(checked.is_ok(), accepted, "{bytes}");
    }
}

#[test]
fn a_lifetime_of_zero_is_refused() {
    let lives =
        ["lifetimes.flow", "lifetimes.grant", "lifetimes.email_code", "lifetimes.phone_code"];
    for row in ROWS.iter().filter(|row| lives.contains(&row.0)) {
        let error = with(row, 0).expect_err(row.0);
        assert!(error.to_string().contains("is 0 seconds, not within 1 minute to"), "{error}");
    }
}

#[test]
fn a_text_message_code_of_601_seconds_is_refused() {
    //
    let mut settings = PolicySettings::default();
    settings.lifetimes.phone_code = Duration::from_secs(601);
    let error = Policy::new(settings).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the policy has a fault: \
         lifetimes.phone_code is 601 seconds, not within 1 minute to 10 minutes"
    );
}

#[test]
fn spans_are_shown_in_their_largest_whole_unit() {
    let shown = |span| SettingValue::Span(ms(span)).to_string();
    assert_eq!(shown(0), "0 seconds");
    assert_eq!(shown(1), "1 millisecond");
    assert_eq!(shown(S), "1 second");
    assert_eq!(shown(M), "1 minute");
    assert_eq!(shown(H), "1 hour");
    assert_eq!(shown(D), "24 hours");
    assert_eq!(shown(30 * D), "30 days");
    assert_eq!(shown(10 * M + 1), "600001 milliseconds");
}

/// The fields of the faults.
fn fields(result: &Result<Policy, PolicyError>) -> Vec<&'static str> {
    let error = result.as_ref().expect_err("too long");
    error.faults().iter().map(PolicyFault::field).collect()
}

/// Lists that are too long by themselves are named, and no other list that happens to be set.
#[test]
fn the_lists_of_numbers_and_domains_count_in_the_size_of_a_policy() {
    let result = Policy::with(|s| {
        let prefix = |n| NumberPrefix::parse(&format!("+{}", 10_000_000_000_000_u64 + n));
        s.numbers.allowed = (0..6_000).map(|n| prefix(n).expect("valid")).collect();
    });
    assert_eq!(fields(&result), ["numbers.allowed"]);
    let result = Policy::with(|s| {
        let domain = |n| DomainExpiry::new(&format!("{n:0200}.example"), 90);
        s.password_expiry.domains = (0..600).map(domain).collect();
        s.acknowledged.insert(Deviation::PeriodicChange);
    });
    let named = fields(&result);
    let is_it = |field: &&str| *field == "password_expiry.domains";
    assert!(!named.is_empty() && named.iter().all(is_it), "{named:?}");
}
