//! Reads tables of rules and of the tests that hold them.
#![allow(unreachable_pub, reason = "shared by several test binaries")]
#![allow(dead_code, reason = "each of them uses a part of it")]

use std::collections::BTreeSet;
use std::path::Path;

/// A file and the name of a test in it.
pub type NamedTest = (String, String);

/// The text of a file of the repository, if there is one.
pub fn text(path: &str) -> Option<String> {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).ok()
}

/// The rows of the table under this heading, cell by cell, without the row of titles.
pub fn rows(document: &str, heading: &str) -> Vec<Vec<String>> {
    let (_, section) =
        document.split_once(heading).unwrap_or_else(|| panic!("no section {heading:?}"));
    let section = section.split("\n## ").next().unwrap_or_default();
    let lines = section.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| row"));
    let cells = |line: &str| -> Vec<String> {
        let inner = line.strip_prefix("| ").and_then(|line| line.strip_suffix(" |"));
        let inner = inner.unwrap_or_else(|| panic!("no row: {line}"));
        inner.split(" | ").map(|cell| cell.trim().to_owned()).collect()
    };
    lines.map(cells).collect()
}

/// The tests that a cell names: a file, then its tests, each in backticks.
pub fn named_tests(row: &str, cell: &str) -> Vec<NamedTest> {
    let mut file = None;
    let mut named = Vec::new();
    for word in cell.split('`').skip(1).step_by(2) {
        if word.ends_with(".rs") {
            file = Some(word.to_owned());
        } else {
            let file = file.clone().unwrap_or_else(|| panic!("{row}: {word} has no file"));
            named.push((file, word.to_owned()));
        }
    }
    named
}

/// Asserts that each of these tests is in the sources, and named once.
pub fn check_tests(row: &str, tests: Vec<NamedTest>) {
    assert!(!tests.is_empty(), "{row} names no test");
    let mut seen = BTreeSet::new();
    for (file, name) in tests {
        let source = text(&file).unwrap_or_else(|| panic!("{row}: there is no {file}"));
        assert!(source.contains(&format!("fn {name}(")), "{row}: {name} is not in {file}");
        assert!(
            source.contains("#[test]")
                || source.contains("#[tokio::test")
                || source.contains("on_every_store!")
                || source.contains("in_memory!")
                // A property of the kit, which runs it on every store.
                || file.starts_with("src/conformance/"),
            "{row}: {file} has no tests"
        );
        assert!(seen.insert((file, name.clone())), "{row} names {name} twice");
    }
}
