//! The table of a policy's settings, compared with their stored form and with the manual.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use serde_json::Value;

use crate::PolicySettings;
use crate::domain::policy::table::{SETTINGS, Setting, place_of};

/// The page of the manual with the table, as it is in the package.
const PAGE: &str = "src/manual/defaults.md";

/// The paths of all settings in their stored form, each with its value.
fn stored(prefix: &str, value: &Value, found: &mut Vec<(String, Value)>) {
    let parts = value.as_object().filter(|parts| !parts.is_empty());
    let Some(fields) = parts else {
        found.push((prefix.trim_start_matches('.').to_owned(), value.clone()));
        return;
    };
    for (name, value) in fields {
        stored(&format!("{prefix}.{name}"), value, found);
    }
}

fn defaults() -> Vec<(String, Value)> {
    let mut found = Vec::new();
    let settings = serde_json::to_value(PolicySettings::default()).expect("plain data");
    stored("", &settings, &mut found);
    found
}

#[test]
fn every_setting_has_one_row_in_the_table() {
    let stored: Vec<String> = defaults().into_iter().map(|(path, _)| path).collect();
    assert!(stored.len() > 70, "{stored:?}");
    let rows: BTreeSet<&str> = SETTINGS.iter().map(|setting| setting.path).collect();
    assert_eq!(rows.len(), SETTINGS.len(), "a path has two rows");
    assert_eq!(rows, stored.iter().map(String::as_str).collect());
    assert_eq!(place_of("scope.selected"), place_of("scope"));
    assert_eq!(place_of("users"), place_of("users.required"));
    assert_eq!(place_of("scopes"), None);
}

/// A default as the page shows it.
fn shown(setting: &Setting, value: &Value) -> String {
    match value {
        Value::Null => "none".to_owned(),
        Value::Bool(on) => if *on { "on" } else { "off" }.to_owned(),
        Value::Array(entries) if entries.is_empty() => "none".to_owned(),
        Value::Object(entries) if entries.is_empty() => "none".to_owned(),
        Value::Array(entries) if entries.len() > 4 => format!("{} entries", entries.len()),
        Value::Array(entries) if entries.iter().all(Value::is_array) => {
            let shown: Vec<_> = entries.iter().map(|entry| shown(setting, entry)).collect();
            shown.join("; else ")
        }
        Value::Array(entries) => {
            let names: Vec<&str> = entries.iter().filter_map(Value::as_str).collect();
            names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
        }
        Value::String(name) => format!("`{name}`"),
        _ => {
            let amount = (setting.amount)(&PolicySettings::default());
            amount.expect("a number has an amount").to_string()
        }
    }
}

fn page() -> String {
    let defaults = defaults();
    let mut page = "| Setting | Default | Range | Source |\n|---|---|---|---|\n".to_owned();
    for setting in SETTINGS {
        let default = defaults.iter().find(|(path, _)| path == setting.path);
        let default = shown(setting, &default.expect("a row has a setting").1);
        let range = match setting.range {
            Some((min, Some(max))) => format!("{min} to {max}"),
            Some((min, None)) => format!("at least {min}"),
            None => String::new(),
        };
        let Setting { path, source, .. } = setting;
        writeln!(page, "| `{path}` | {default} | {range} | {source} |").expect("a string");
    }
    page
}

/// `SSPR_RECUT_GOLDEN=1 cargo test --lib golden::settings` rewrites the page.
#[test]
fn the_manual_shows_the_table() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(PAGE);
    let page = page();
    if std::env::var_os("SSPR_RECUT_GOLDEN").is_some() {
        std::fs::write(&path, &page).expect("a writable page");
    }
    let committed = std::fs::read_to_string(&path).expect("the page");
    assert!(committed == page, "{PAGE} differs from the table");
}

#[test]
fn every_default_is_within_its_range() {
    let settings = PolicySettings::default();
    for setting in SETTINGS {
        assert_eq!(setting.out_of_range(&settings), None, "{}", setting.path);
    }
}
