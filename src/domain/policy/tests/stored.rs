//! The stored form: what an older release wrote is read, and what is written does not drift.

use std::collections::BTreeSet;

use crate::domain::policy::{Departure, Policy, PolicySettings};

const GOLDEN: &str = include_str!("../golden_v1.json");

#[test]
fn the_default_is_stored_as_it_always_was() {
    let written = serde_json::to_string_pretty(&PolicySettings::default()).unwrap();
    assert_eq!(written, GOLDEN.trim_end());
}

#[test]
fn the_first_release_is_read() {
    let read: PolicySettings = serde_json::from_str(GOLDEN).unwrap();
    assert_eq!(read, PolicySettings::default());
    let policy: Policy = serde_json::from_str(GOLDEN).unwrap();
    assert_eq!(serde_json::to_string_pretty(&policy).unwrap(), GOLDEN.trim_end());
}

#[test]
fn missing_fields_take_their_defaults_at_every_level() {
    let read: PolicySettings = serde_json::from_str("{}").unwrap();
    assert_eq!(read, PolicySettings::default());

    // Cut each nested field out of the golden text, one at a time.
    let golden: serde_json::Value = serde_json::from_str(GOLDEN).unwrap();
    let mut cut = 0;
    for (outer, value) in golden.as_object().unwrap() {
        for inner in value.as_object().into_iter().flat_map(|fields| fields.keys()) {
            let mut older = golden.clone();
            older[outer].as_object_mut().unwrap().remove(inner);
            let read: PolicySettings = serde_json::from_value(older).unwrap();
            assert_eq!(read, PolicySettings::default(), "without {outer}.{inner}");
            cut += 1;
        }
    }
    assert!(cut > 40, "{cut}");
}

#[test]
fn unknown_fields_are_passed_over() {
    let text = r#"{
        "attempts": 4,
        "of_a_later_release": {"a": 1},
        "sends": {"per_day": 9, "per_week": 30}
    }"#;
    let read: PolicySettings = serde_json::from_str(text).unwrap();
    let mut expected = PolicySettings { attempts: 4, ..PolicySettings::default() };
    expected.sends.per_day = 9;
    assert_eq!(read, expected);
}

#[test]
fn reading_checks_and_names_every_fault() {
    let text = r#"{"attempts": 0, "lifetimes": {"phone_code": 600001}}"#;
    let error = serde_json::from_str::<Policy>(text).unwrap_err().to_string();
    assert!(error.contains("the policy has 2 faults"), "{error}");
    assert!(error.contains("lifetimes.phone_code"), "{error}");
    assert!(error.contains("attempts is 0, not within 1 to 10"), "{error}");
}

#[test]
fn a_departure_is_stored_under_its_name() {
    let all = [
        Departure::UnverifiedDirectoryContacts,
        Departure::IssuedCodesAsTwoGates,
        Departure::OneGateAdministrators,
        Departure::CompositionRules,
        Departure::AsciiPasswords,
        Departure::ShortPasswords,
        Departure::PasswordSessionsOnly,
        Departure::CountersClearedOnReset,
        Departure::ReasonedDisclosure,
        Departure::GuessingAboveThreshold,
    ];
    for departure in all {
        assert_eq!(serde_json::to_value(departure).unwrap(), departure.as_str());
    }
    let names: BTreeSet<_> = all.map(Departure::as_str).into();
    assert_eq!(names.len(), all.len());
}
