//! The stored form: records of older releases are read, and the form does not change unnoticed.

use std::collections::BTreeSet;

use crate::domain::policy::{Deviation, Policy, PolicySettings, stored};

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

const WITH_UNKNOWN: &str = r#"{
    "attempts": 4,
    "of_a_later_release": {"a": 1},
    "sends": {"per_day": 9, "per_week": 30}
}"#;

#[test]
fn unknown_fields_of_a_record_are_ignored() {
    let read = stored(&mut serde_json::Deserializer::from_str(WITH_UNKNOWN)).unwrap();
    let mut expected = PolicySettings { attempts: 4, ..PolicySettings::default() };
    expected.sends.per_day = 9;
    assert_eq!(read, expected);
}

#[test]
fn unknown_fields_of_a_document_are_refused_wherever_they_are() {
    assert!(serde_json::from_str::<PolicySettings>(WITH_UNKNOWN).is_err());
    assert!(serde_json::from_str::<Policy>(WITH_UNKNOWN).is_err());
    let error = PolicySettings::from_json(WITH_UNKNOWN).unwrap_err();
    let paths: Vec<_> = error.faults().iter().map(|fault| fault.path()).collect();
    assert_eq!(paths, ["of_a_later_release", "sends.per_week"]);

    // A field that does not exist, in every object of a whole document.
    let whole = serde_json::to_value(PolicySettings::default()).unwrap();
    let mut places = vec![Vec::new()];
    collect(&whole, &mut Vec::new(), &mut places);
    assert!(places.len() > 20, "{places:?}");
    for place in places {
        let mut document = whole.clone();
        let object = place.iter().fold(&mut document, |value, name| &mut value[name.as_str()]);
        object["reqired"] = 1.into();
        let text = document.to_string();
        assert!(serde_json::from_str::<PolicySettings>(&text).is_err(), "{place:?}");
        let error = PolicySettings::from_json(&text).unwrap_err();
        let path =
            place.iter().map(String::as_str).chain(["reqired"]).collect::<Vec<_>>().join(".");
        assert_eq!(error.faults().len(), 1, "{error}");
        assert_eq!(error.faults()[0].path(), path);
    }
}

/// The places of all objects in a document.
fn collect(value: &serde_json::Value, at: &mut Vec<String>, places: &mut Vec<Vec<String>>) {
    for (name, value) in value.as_object().into_iter().flatten() {
        // The questions of a tenant have ids of its own.
        if value.is_object() && name != "custom" {
            at.push(name.clone());
            places.push(at.clone());
            collect(value, at, places);
            at.pop();
        }
    }
}

#[test]
fn each_fault_of_a_document_has_its_path() {
    for (text, path, says) in [
        (r#"{"scop": "all"}"#, "scop", "did you mean `scope`?"),
        (r#"{"users": {"requird": 1}}"#, "users.requird", "did you mean `required`?"),
        (r#"{"users": 5}"#, "users", "invalid type"),
        (r#"{"users": {"required": "two"}}"#, "users.required", "invalid type"),
        (r#"{"users": {"required": 300}}"#, "users.required", "300"),
        (r#"{"users": {"methods": ["email", "pigeon"]}}"#, "users.methods", "pigeon"),
        (r#"{"failures": {"anonymous": {"max": 5}}}"#, "failures.anonymous", "window"),
        (
            r#"{"failures": {"anonymous": {"max": 5, "windw": 1}}}"#,
            "failures.anonymous.windw",
            "`window`",
        ),
        (r#"{"codes": {"email": {"length": "8", "alphabet": "digits"}}}"#, "codes.email", ""),
        (r#"{"scope": {"selectd": ["a"]}}"#, "scope", "selectd"),
        (r#"{"acknowledged": ["short_password"]}"#, "acknowledged", "short_password"),
        (r#"{"link": "http://id.contoso.example/#"}"#, "link", "must start with https://"),
        (r#"{"attempts": 4, "attempts": 5}"#, "", "`attempts` is given twice"),
        (r#"{"users": {"required": 1, "required": 2}}"#, "", "`required` is given twice"),
        ("[]", "", "not an object"),
        ("", "", "EOF"),
        (r#"{"attempts": 4} and more"#, "", "trailing"),
    ] {
        let error = PolicySettings::from_json(text).expect_err(text);
        let fault = &error.faults()[0];
        assert_eq!(error.faults().len(), 1, "{error}");
        assert!(fault.path().starts_with(path), "{text}: {fault}");
        assert!(!path.is_empty() || fault.path().is_empty(), "{text}: {fault}");
        assert!(fault.text().contains(says), "{text}: {fault}");
    }
    let long = format!("{{{}}}", " ".repeat(PolicySettings::MAX_DOCUMENT));
    assert!(PolicySettings::from_json(&long).unwrap_err().to_string().contains("at most 262144"));
}

#[test]
fn a_whole_document_is_read_as_it_was_written() {
    assert_eq!(PolicySettings::from_json(GOLDEN).unwrap(), PolicySettings::default());
    for settings in [PolicySettings::entra(), PolicySettings::pci()] {
        let text = serde_json::to_string(&settings).unwrap();
        assert_eq!(PolicySettings::from_json(&text).unwrap(), settings);
    }
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
fn a_deviation_is_stored_under_its_name() {
    let all = [
        Deviation::UnverifiedDirectoryContacts,
        Deviation::IssuedCodesAsTwoGates,
        Deviation::OneGateAdministrators,
        Deviation::CompositionRules,
        Deviation::AsciiPasswords,
        Deviation::ShortPasswords,
        Deviation::PeriodicChange,
        Deviation::BannedParts,
        Deviation::PasswordSessionsOnly,
        Deviation::CountersClearedOnReset,
        Deviation::ReasonedDisclosure,
        Deviation::GuessingAboveThreshold,
    ];
    for deviation in all {
        assert_eq!(serde_json::to_value(deviation).unwrap(), deviation.as_str());
    }
    let names: BTreeSet<_> = all.map(Deviation::as_str).into();
    assert_eq!(names.len(), all.len());
}
