//! Checks that every operation of the engine is in a script.

use std::collections::BTreeSet;
use std::path::Path;

/// The operations that no script calls, and why.
const NOT_PLAYED: [(&str, &str); 4] = [
    ("open", "each run opens its engine before the fault"),
    ("supply_token", "writes a seed for a token that its user must claim; `fixture` supplies one"),
    (
        "reseal",
        "changes no meaning of a record; `tests/servers/records/reseal` makes its ports fail",
    ),
    ("short_keys_in_use", "only reads"),
];

/// The names of the public asynchronous functions in this folder and those below it.
fn operations(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        // The transfer of a store has tests of its own, and runs without callers.
        if path.is_dir() && !path.ends_with("transfer") {
            operations(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let source = std::fs::read_to_string(&path).expect("readable");
            let names = source.split("pub async fn ").skip(1);
            let name = |rest: &str| rest.split(['(', '<']).next().map(str::to_owned);
            found.extend(names.filter_map(name));
        }
    }
}

#[test]
fn every_operation_of_the_engine_is_played_with_faults() {
    let mut all = BTreeSet::new();
    operations(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/engine"), &mut all);
    assert!(all.len() >= 40, "the sources were found: {all:?}");
    for (name, why) in NOT_PLAYED {
        assert!(all.contains(name), "{name} is no operation any more ({why})");
    }
    let scripts = include_str!("scripts.rs");
    let played = |name: &&String| scripts.contains(&format!(".{name}("));
    let missing: Vec<_> = all
        .iter()
        .filter(|name| !played(name) && NOT_PLAYED.iter().all(|(other, _)| other != name))
        .collect();
    assert!(missing.is_empty(), "add them to a script in scripts.rs: {missing:?}");
}
