//! Policy documents: their text in JSON and TOML, their versions, and what is refused.

use serde_json::{Value, json};

use crate::domain::policy::{AsvsLevel, Policy, PolicyDocument, PolicySettings};

const FIRST: &str = include_str!("../document/golden_v1.json");

fn presets() -> Vec<PolicySettings> {
    let mut all = vec![
        PolicySettings::default(),
        PolicySettings::entra(),
        PolicySettings::pci(),
        PolicySettings::nist_aal1(),
        PolicySettings::nist_aal2(),
    ];
    all.extend([AsvsLevel::L1, AsvsLevel::L2, AsvsLevel::L3].map(PolicySettings::asvs));
    all
}

fn faults(text: &str) -> Vec<String> {
    let error = PolicyDocument::from_json(text).expect_err(text);
    error.faults().iter().map(ToString::to_string).collect()
}

#[test]
fn every_preset_is_read_as_it_was_written() {
    for settings in presets() {
        let text = settings.to_json_document();
        let document = PolicyDocument::from_json(&text).expect("written");
        assert_eq!(document.settings, settings);
        assert_eq!((document.version, document.migrated.len()), (PolicyDocument::VERSION, 0));
        assert_eq!(document.settings.to_json_document(), text, "the text is canonical");
        assert!(text.starts_with("{\n  \"version\": 2,\n"), "{text}");
    }
}

#[test]
fn a_document_of_the_first_version_is_migrated_with_a_list() {
    let document = PolicyDocument::from_json(FIRST).expect("the first version");
    assert_eq!(document.version, 1);
    let changes: Vec<String> = document.migrated.iter().map(ToString::to_string).collect();
    assert_eq!(
        changes,
        [
            "failures.open: renamed to `failures.anonymous`",
            "limits.raised_length: renamed to `limits.escalated_length`",
            "saved_codes: renamed to `recovery_codes`",
            "registration.max_per_kind: became `email`, `mobile_phone`, `office_phone`, \
             `authenticator_app`, `oath_token` and, doubled, `oath_total` of `registration.max`",
        ]
    );
    let settings = document.settings;
    assert_eq!(settings.failures.anonymous.max, 7);
    assert_eq!(settings.limits.escalated_length, 3);
    assert_eq!(settings.recovery_codes, 8);
    let max = &settings.registration.max;
    assert_eq!((max.email, max.office_phone, max.oath_token, max.oath_total), (3, 3, 3, 6));
    assert!(Policy::new(settings.clone()).is_ok());
    let again = PolicyDocument::from_json(&settings.to_json_document()).expect("the present form");
    assert_eq!((again.settings, again.migrated), (settings, vec![]));
}

#[test]
fn a_document_without_a_version_is_one_of_the_present() {
    let document = PolicyDocument::from_json(r#"{"recovery_codes": 8}"#).expect("present");
    assert_eq!(document.version, PolicyDocument::VERSION);
    assert_eq!(
        faults(r#"{"saved_codes": 8, "failures": {"open": 1}}"#),
        [
            "failures.open: is `failures.anonymous` now; a document of the old form says so by \
             `version` 1",
            "saved_codes: is `recovery_codes` now; a document of the old form says so by `version` 1",
        ]
    );
    assert_eq!(faults(r#"{"versoin": 1}"#), ["versoin: unknown setting, did you mean `version`?"]);
}

#[test]
fn a_newer_version_is_refused_with_what_to_do() {
    assert_eq!(
        faults(r#"{"version": 3, "of_the_future": 1}"#),
        [
            "version: the document is of version 3, this release reads at most 2: use the release that \
          wrote it, or write the document for version 2"
        ]
    );
    for version in ["0", "-1", "1.5", "\"2\"", "null", "true", "18446744073709551616"] {
        let text = format!(r#"{{"version": {version}}}"#);
        assert_eq!(faults(&text), ["version: must be a whole number from 1 to 2"], "{version}");
    }
    assert!(faults(r#"{"version": 70000}"#)[0].contains("70000"));
    assert_eq!(
        faults(r#"{"version": 1, "saved_codes": 8, "recovery_codes": 9}"#),
        ["saved_codes: is given, and so is `recovery_codes`, which replaced it"]
    );
}

#[test]
fn a_name_inside_a_list_is_named_with_its_place() {
    let throttle = |more: &str| {
        format!(
            r#"{{"throttles": [
                {{"counts": "mail_sent", "rate": {{"max": 3, "window": "1h"}}, "lock": "PT30M"}},
                {{"counts": "phone_sent", "rate": {{"max": 3, {more}, "lock": "1d"}}]}}"#
        )
    };
    let sound = PolicySettings::from_json(&throttle(r#""window": "1h"}"#)).expect("sound");
    assert_eq!(sound.throttles[0].lock.as_secs(), 1_800);
    assert_eq!(
        faults(&throttle(r#""windw": "1h"}"#)),
        ["throttles[1].rate.windw: unknown setting, did you mean `window`?"]
    );
    assert_eq!(
        faults(&throttle(r#""window": "1 hour"}"#)),
        [
            "throttles[1].rate.window: `1 hour` is no span of time, such as `15m`, `2h 30m` or `PT15M`"
        ]
    );
    for (text, path, says) in [
        (r#"{"throttles": [{"counts": "mail_sent"}]}"#, "throttles[0]", "missing field `rate`"),
        (r#"{"throttles": [7]}"#, "throttles[0]", "invalid type"),
        (r#"{"throttles": 7}"#, "throttles", "invalid type"),
        (&format!(r#"{{"throttles": [7{}]}}"#, ",7".repeat(100)), "throttles", "invalid type"),
        (
            r#"{"retirements": [{"what": {"methd": "email"}, "at": 1}]}"#,
            "retirements[0]",
            "did you mean `method`?",
        ),
        (r#"{"retirements": [{"wht": 1, "at": 1}]}"#, "retirements[0].wht", "did you mean `what`?"),
        (
            r#"{"retirements": [{"what": {"method": "email"}, "at": "soon"}]}"#,
            "retirements[0].at",
            "no date",
        ),
        (
            r#"{"password_expiry": {"domains": [{"domian": "a"}]}}"#,
            "password_expiry.domains[0].domian",
            "did you mean `domain`?",
        ),
        (
            r#"{"method_policies": {"state": "in_progress", "sign_inn": []}}"#,
            "method_policies.sign_inn",
            "did you mean `sign_in`?",
        ),
        (r#"{"method_policies": {"sign_in": []}}"#, "method_policies", "missing field `state`"),
        (r#"{"users": {"methods": ["emial"]}}"#, "users.methods", "did you mean `email`?"),
        (r#"{"scope": {"selectd": []}}"#, "scope", "did you mean `selected`?"),
    ] {
        let error = PolicyDocument::from_json(text).expect_err(text);
        let [fault] = error.faults() else { panic!("{error}") };
        assert_eq!(fault.path(), path, "{text}");
        assert!(fault.text().contains(says), "{text}: {fault}");
    }
}

#[test]
fn a_date_is_read_as_people_write_it_and_written_in_one_form() {
    let at = |date: &str| {
        let text =
            format!(r#"{{"retirements": [{{"what": {{"method": "email"}}, "at": {date}}}]}}"#);
        PolicySettings::from_json(&text).expect("a date")
    };
    let first = at(r#""2027-03-31""#);
    for same in [r#""2027-03-31T00:00:00Z""#, r#""2027-03-31T02:00:00+02:00""#, "1806451200000"] {
        assert_eq!(at(same), first, "{same}");
    }
    assert!(first.to_json_document().contains(r#""at": "2027-03-31T00:00:00Z""#));
}

/// What cannot be left out in TOML would be lost there.
#[test]
fn every_setting_that_can_be_none_is_none_by_default() {
    fn nulls(path: &str, value: &Value, default: Option<&Value>) {
        match value {
            Value::Null => assert_eq!(default, Some(&json!(null)), "{path}"),
            Value::Object(fields) => {
                for (name, value) in fields {
                    let of_name = default.and_then(|default| default.get(name));
                    nulls(&format!("{path}.{name}"), value, of_name);
                }
            }
            _ => {}
        }
    }
    let default = PolicySettings::default().written();
    for settings in presets() {
        nulls("", &settings.written(), Some(&default));
    }
}

#[cfg(feature = "toml")]
mod toml {
    use super::*;

    fn faults(text: &str) -> Vec<String> {
        let error = PolicyDocument::from_toml(text).expect_err(text);
        error.faults().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn every_preset_is_read_as_it_was_written() {
        for settings in presets() {
            let text = settings.to_toml_document();
            let document = PolicyDocument::from_toml(&text).expect("written");
            assert_eq!(document.settings, settings);
            assert_eq!(document.settings.to_toml_document(), text, "the text is canonical");
            assert!(text.starts_with("version = 2\n"), "{text}");
        }
    }

    #[test]
    fn both_formats_have_the_same_names_and_values() {
        let text = "version = 2\nscope = { selected = ['pilot'] }  # until March\nattempts = 3\n\
                    [lifetimes]\nflow = 'PT20M'\n[[retirements]]\nwhat = { method = 'email' }\n\
                    at = 2027-03-31\n";
        let json = r#"{"version": 2, "scope": {"selected": ["pilot"]}, "attempts": 3,
            "lifetimes": {"flow": "20m"},
            "retirements": [{"what": {"method": "email"}, "at": "2027-03-31"}]}"#;
        assert_eq!(PolicyDocument::from_toml(text), PolicyDocument::from_json(json));
        let old = "version = 1\nsaved_codes = 8\n";
        assert_eq!(PolicyDocument::from_toml(old).expect("old").migrated.len(), 1);
    }

    #[test]
    fn each_fault_has_its_path_or_its_line() {
        assert_eq!(
            faults(
                "scop = 'all'\nattempts = nan\n[users]\nrequird = 1\n[registration]\nskip_days = nan"
            ),
            [
                "attempts: invalid type: string \"NaN\", expected u8",
                "registration.skip_days: invalid type: string \"NaN\", expected u16",
                "scop: unknown setting, did you mean `scope`?",
                "users.requird: unknown setting, did you mean `required`?",
            ]
        );
        for (text, says) in [
            ("attempts = 3\nattempts = 4", "line 2: duplicate key"),
            ("attempts = 3\n\nscope = ", "line 3: "),
            ("version = 3", "this release reads at most 2"),
        ] {
            let found = faults(text);
            assert!(found.len() == 1 && found[0].contains(says), "{found:?}");
        }
        let long = " ".repeat(PolicySettings::MAX_DOCUMENT + 1);
        assert!(faults(&long)[0].contains("at most 262144"));
        let deep = format!("throttles = {}{}", "[".repeat(20_000), "]".repeat(20_000));
        assert_eq!(faults(&deep).len(), 1);
    }
}
