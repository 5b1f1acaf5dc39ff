//! The values of the presets: each is a cell of `tests/PRESETS.md`, with the source of what differs from
//! the default.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use sspr::PolicySettings;
use sspr::policy::AsvsLevel;

const TABLE: &str = include_str!("../../PRESETS.md");
const MODEL: &str = include_str!("../../MODEL.md");

type Preset = fn() -> PolicySettings;

/// The presets, in the order of the table's columns.
const PRESETS: [(&str, Preset); 8] = [
    ("default", PolicySettings::default),
    ("entra", PolicySettings::entra),
    ("nist_aal1", PolicySettings::nist_aal1),
    ("nist_aal2", PolicySettings::nist_aal2),
    ("asvs 1", || PolicySettings::asvs(AsvsLevel::L1)),
    ("asvs 2", || PolicySettings::asvs(AsvsLevel::L2)),
    ("asvs 3", || PolicySettings::asvs(AsvsLevel::L3)),
    ("pci", PolicySettings::pci),
];

/// Every value of a document that has no parts of its own, by its path. Lists are one value.
fn leaves(value: &Value, path: &str, all: &mut BTreeMap<String, Value>) {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            for (name, value) in fields {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                leaves(value, &path, all);
            }
        }
        _ => drop(all.insert(path.to_owned(), value.clone())),
    }
}

fn values(settings: &PolicySettings) -> BTreeMap<String, Value> {
    let mut all = BTreeMap::new();
    leaves(&serde_json::to_value(settings).expect("a document"), "", &mut all);
    all
}

/// A cell: a short value as it is, of a long list the length and a checksum of its text.
fn cell(value: &Value) -> String {
    let text = value.to_string().replace('|', "/");
    if text.len() <= 48 {
        return text;
    }
    let sum = text.bytes().fold(5_381_u32, |sum, byte| sum.wrapping_mul(33) ^ u32::from(byte));
    match value {
        Value::Array(items) => format!("{} entries, {sum:08x}", items.len()),
        _ => format!("{sum:08x}"),
    }
}

/// The rows of the table: the path, a cell for each preset, and the source.
fn rows() -> BTreeMap<String, Vec<String>> {
    let rows = TABLE.lines().filter_map(|line| line.strip_prefix("| `"));
    rows.map(|row| {
        let (path, rest) = row.split_once("` | ").expect("a path");
        let cells = rest.trim_end_matches('|').split(" | ").map(|cell| cell.trim().to_owned());
        (path.to_owned(), cells.collect())
    })
    .collect()
}

/// The paths at which these settings differ from the table's column.
fn differences(
    rows: &BTreeMap<String, Vec<String>>,
    column: usize,
    settings: &BTreeMap<String, Value>,
) -> BTreeSet<String> {
    let paths: BTreeSet<_> = rows.keys().chain(settings.keys()).cloned().collect();
    let differs = |path: &String| {
        let wanted = rows.get(path).and_then(|cells| cells.get(column)).cloned();
        wanted != settings.get(path).map(cell)
    };
    paths.into_iter().filter(differs).collect()
}

/// The lines that the table must have, without sources.
fn lines() -> String {
    let all = PRESETS.map(|(_, preset)| values(&preset()));
    let mut text = String::new();
    for path in all[0].keys() {
        let cells: Vec<_> = all.iter().map(|values| cell(&values[path])).collect();
        text += &format!("| `{path}` | {} | |\n", cells.join(" | "));
    }
    text
}

#[test]
fn every_value_of_every_preset_is_in_the_table() {
    let rows = rows();
    for (column, (name, preset)) in PRESETS.iter().enumerate() {
        let wrong = differences(&rows, column, &values(&preset()));
        assert!(wrong.is_empty(), "{name}: {wrong:?}; the values are\n{}", lines());
    }
}

/// Each value of each preset is changed once, and the table notices that value and no other.
#[test]
fn each_value_of_a_preset_that_changes_is_noticed() {
    let (rows, mut changed) = (rows(), 0);
    for (column, (name, preset)) in PRESETS.iter().enumerate() {
        let values = values(&preset());
        for (path, value) in &values {
            let other = match value {
                Value::Number(number) => json!(number.as_u64().expect("a whole number") + 1),
                Value::Bool(value) => json!(!value),
                Value::Array(items) if items.is_empty() => json!(["another"]),
                Value::Array(items) => json!(items[1..]),
                _ => json!("another"),
            };
            let mut mutant = values.clone();
            mutant.insert(path.clone(), other);
            let noticed = differences(&rows, column, &mutant);
            assert_eq!(noticed, [path.clone()].into(), "{name}: {path}");
            changed += 1;
        }
    }
    assert!(changed > 700, "{changed} values were changed");
}

/// What differs from the default has a source: a row of the model, or a document with its place.
#[test]
fn what_a_preset_changes_has_a_source() {
    for (path, cells) in rows() {
        let (values, source) = cells.split_at(PRESETS.len());
        let source = source.first().expect("a source");
        let entra = values[1] != values[0];
        let other = values[2..].iter().any(|value| *value != values[0]);
        if !entra && !other {
            assert_eq!(source, "", "{path}: no preset changes it");
            continue;
        }
        let ids: Vec<_> = source
            .split([' ', ',', ';'])
            .filter(|word| word.starts_with('E') && word[1..].starts_with(char::is_numeric))
            .collect();
        if entra {
            assert!(!ids.is_empty() || source.contains("own"), "{path}: no row of the model");
        }
        for id in ids {
            let row = MODEL.lines().find(|line| line.starts_with(&format!("| {id} |")));
            let row = row.unwrap_or_else(|| panic!("{path}: no row {id}"));
            assert!(row.contains("tests/") || row.contains("src/"), "{path}: {id} is not held");
        }
        if other {
            let named = ["NIST", "ASVS", "PCI"].iter().any(|standard| source.contains(standard));
            assert!(named, "{path}: no standard");
        }
    }
}
