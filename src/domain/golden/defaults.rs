//! Fields that are left out of a record at their default.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::{Value, json};

use super::{again, golden, key};

/// A record that has the field, as a tool or an earlier release may have written it.
#[test]
fn a_default_that_is_written_reads_as_one_that_is_left_out() {
    for name in ["account_v1.json", "decoy_v1.json"] {
        let body = golden(name);
        let mut written: Value = serde_json::from_str(&body).expect("json");
        let empty = json!({"anonymous": [], "proven": []});
        let defaults = [
            ("registration", json!({"ever_active": false})),
            ("flows", json!([])),
            ("budgets", json!([])),
            ("sends", empty.clone()),
            ("in_hand", empty),
            ("outbox", json!([])),
            ("acts", json!({"user": [], "administrators": []})),
            ("told", json!([])),
            ("devices", json!([])),
            ("sources", json!([])),
            ("forgotten", json!(false)),
            ("settled", json!([])),
        ];
        let account = written.as_object_mut().expect("an object");
        let before = account.len();
        for (field, value) in defaults {
            account.entry(field).or_insert(value);
        }
        assert!(account.len() > before, "{name}: nothing was left out");
        assert_eq!(again(key(), &written.to_string()), Ok(body), "{name}");
    }
}

/// Otherwise a field could be left out always, and no golden form would show it. Several structures may have a field of one
/// name: the golden accounts have it in as many places.
#[test]
fn each_field_that_may_be_left_out_stands_in_a_golden_account() {
    let mut fields = BTreeMap::new();
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/domain/account"), &mut fields);
    assert!(fields.len() > 30, "{fields:?}");
    let mut places = BTreeSet::new();
    for name in ["account", "account_acted_on", "account_changing", "account_unlocking", "decoy"] {
        let body = serde_json::from_str(&golden(&format!("{name}_v1.json"))).expect("json");
        find(String::new(), &body, &mut places);
    }
    fields.retain(|field, structures| {
        let ends = format!("/{field}");
        places.iter().filter(|place| place.ends_with(&ends)).count() < *structures
    });
    assert_eq!(fields, BTreeMap::new());
}

/// The paths of all fields, without the places in lists.
fn find(path: String, value: &Value, places: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                find(format!("{path}/{name}"), value, places);
            }
        }
        Value::Array(items) => {
            for item in items {
                find(path.clone(), item, places);
            }
        }
        _ => {}
    }
    places.insert(path);
}

fn collect(folder: &Path, fields: &mut BTreeMap<String, usize>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect(&path, fields);
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("a source");
        let mut lines = text.lines().map(str::trim);
        while let Some(line) = lines.next() {
            if line.starts_with("#[serde(default, skip_serializing_if = ") {
                let of_field = |line: &&str| !line.starts_with('#') && !line.starts_with("//");
                let field = lines.find(of_field).expect("a field");
                let name = field.trim_start_matches("pub(crate) ").split(':').next();
                *fields.entry(name.expect("a name").to_owned()).or_default() += 1;
            }
        }
    }
}
