//! Fields of a newer release, in every object of every golden account.

use serde_json::{Value, json};

use super::{again, golden, key};

/// Collects the path of each object in the tree.
fn objects(path: String, value: &Value, into: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                objects(format!("{path}/{name}"), value, into);
            }
            into.push(path);
        }
        Value::Array(items) => {
            for (place, item) in items.iter().enumerate() {
                objects(format!("{path}/{place}"), item, into);
            }
        }
        _ => {}
    }
}

/// Paths where a field of a newer release is kept; elsewhere it closes the record.
const KEPT: [&str; 19] = [
    "",
    "/registration",
    "/methods/0",
    "/methods/3/factor/oath",
    "/methods/6/factor/recovery_code",
    "/methods/7/factor/security_questions",
    "/methods/7/factor/security_questions/answers/0",
    "/flows/0",
    "/flows/0/challenges/0",
    "/flows/0/proofs/0",
    "/flows/0/repeat",
    "/flows/0/repeat/challenge",
    "/flows/0/grant",
    "/budgets/0",
    "/outbox/0",
    "/watched/0",
    "/write",
    "/devices/0",
    "/sources/0",
];

/// Inv. 19: a field of a newer release is never lost, at any depth: it is kept, or it closes the
/// account.
#[test]
fn unknown_fields_of_an_account_are_kept_or_close_it_at_every_depth() {
    let mut kept = Vec::new();
    for name in ["account_v1.json", "decoy_v1.json"] {
        let body: Value = serde_json::from_str(&golden(name)).expect("json");
        let mut paths = Vec::new();
        objects(String::new(), &body, &mut paths);
        assert!(paths.len() > 1);
        for path in paths {
            let mut newer = body.clone();
            let place = newer.pointer_mut(&path).expect("an object of the record");
            place["of_a_newer_release"] = json!({"z": [1, {"deep": null}], "a": 1.5});
            if let Ok(text) = again(key(), &newer.to_string()) {
                let written: Value = serde_json::from_str(&text).expect("json");
                assert_eq!(written, newer, "{name}: lost below {path:?}");
                kept.push(path);
            }
        }
    }
    for path in KEPT {
        assert!(kept.iter().any(|known| known == path), "closed by a field below {path:?}");
    }
}

/// Inv. 19: a variant of a newer release closes the account; it is not read as another variant.
#[test]
fn an_unknown_variant_closes_the_account() {
    let body: Value = serde_json::from_str(&golden("account_v1.json")).expect("json");
    let variants = [
        ("/methods/0/kind", json!("palm")),
        ("/methods/0/state", json!("suspended")),
        ("/methods/0/factor", json!({"palm": {}})),
        ("/flows/0/purpose", json!("delete")),
        ("/flows/0/challenges/0/expected", json!({"palm": "m1"})),
        ("/flows/0/challenges/0/option", json!("palm.in_hand.0")),
        ("/outbox/0/body", json!({"carrier_pigeon": {}})),
        ("/write/effect", json!("delete")),
        ("/write/state", json!("halfway")),
    ];
    for (path, value) in variants {
        let mut newer = body.clone();
        let (object, field) = path.rsplit_once('/').expect("a path");
        newer.pointer_mut(object).expect("an object of the record")[field] = value;
        let error = again(key(), &newer.to_string()).expect_err(path);
        assert!(error.contains(&key().to_string()), "{error}");
        assert!(!error.contains("palm") && !error.contains("private.example"), "{error}");
    }
}

/// A field that is given twice closes the account: another reader might obey the other one.
#[test]
fn a_kind_or_a_field_that_is_given_twice_closes_the_account() {
    let body = again(key(), &golden("account_v1.json")).expect("readable");
    let fields = body.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).expect("an object");
    assert!(fields.starts_with("\"kind\":\"account\","), "the kind stands first");
    // The kind behind other fields, as a tool that sorts them leaves it.
    assert!(again(key(), &format!("{{\"a\":1,{fields}}}")).is_ok());
    for twice in [
        format!("{{{fields},\"kind\":\"policy\"}}"),
        format!("{{\"kind\":\"policy\",{fields}}}"),
        format!("{{\"kind\":\"account\",{fields}}}"),
        format!("{{\"a\":1,{fields},\"kind\":\"policy\"}}"),
        format!("{{\"a\":1,{fields},\"a\":2}}"),
    ] {
        assert!(again(key(), &twice).is_err(), "{}", &twice[..40]);
    }
}
