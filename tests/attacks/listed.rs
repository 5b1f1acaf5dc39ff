//! The table of `SECURITY.md` and these tests name each other.

use std::collections::BTreeSet;
use std::path::Path;

/// The rows of the list. Up to `HERE` their tests are in this folder. Later rows were found in this
/// engine and name tests in other files, each after its file.
const ROWS: usize = 58;
const HERE: usize = 52;

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The rows of the table: the number and the other cells.
fn rows() -> Vec<(usize, Vec<String>)> {
    let text = read("SECURITY.md");
    let table = text
        .split("## Attacks and their tests")
        .nth(1)
        .expect("the section")
        .split("\n## ")
        .next()
        .unwrap_or_default();
    let rows = table.lines().filter_map(|line| line.strip_prefix("| V"));
    let cells = rows.map(|row| row.trim_end_matches('|').split(" | ").map(str::to_owned));
    cells
        .map(|mut cells| {
            let number = cells.next().and_then(|number| number.parse().ok());
            (number.expect("a number"), cells.collect())
        })
        .collect()
}

/// The names in backticks that are names of tests.
fn named(cell: &str) -> BTreeSet<String> {
    let names = cell.split('`').skip(1).step_by(2);
    names.filter(|name| name.starts_with('v')).map(str::to_owned).collect()
}

/// The tests of these sources: functions that a macro lists.
fn written() -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/attacks");
    let mut found = BTreeSet::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            continue;
        }
        let text = std::fs::read_to_string(path).expect("text");
        for part in text.split("\nasync fn v").skip(1) {
            let name = format!("v{}", part.split('(').next().unwrap_or_default());
            assert!(text.matches(&name).count() > 1, "{name} is in no list of tests to run");
            assert!(found.insert(name.clone()), "{name} twice");
        }
    }
    found
}

/// Each test of a later row is in the file that is named before it.
fn elsewhere(number: usize, cell: &str) {
    let (mut source, mut tests) = (None, 0);
    for word in cell.split('`').skip(1).step_by(2) {
        if word.ends_with(".rs") {
            source = Some(read(word));
            continue;
        }
        let source = source.as_ref().unwrap_or_else(|| panic!("V{number}: {word} has no file"));
        assert!(source.contains(&format!("fn {word}(")), "V{number}: there is no {word}");
        tests += 1;
    }
    assert!(tests > 0, "V{number} names no test");
}

#[test]
fn every_row_has_a_test_or_a_reason() {
    let rows = rows();
    let numbers: Vec<_> = rows.iter().map(|(number, _)| *number).collect();
    assert_eq!(numbers, (1..=ROWS).collect::<Vec<_>>());
    for (number, cells) in rows {
        assert_eq!(cells.len(), 3, "V{number}: {cells:?}");
        let reasoned = cells[2].trim_matches(|c: char| c == '|' || c.is_whitespace()).len() > 10;
        if number > HERE {
            elsewhere(number, &cells[1]);
            continue;
        }
        assert!(!named(&cells[1]).is_empty() || reasoned, "V{number}");
        for name in named(&cells[1]) {
            let own = name.contains(&format!("v{number:02}_"));
            assert!(own, "{name} is no test of V{number}");
        }
    }
}

#[test]
fn the_table_and_the_sources_name_the_same_tests() {
    let rows = rows();
    let here = rows.iter().filter(|(number, _)| *number <= HERE);
    let listed: BTreeSet<String> = here.flat_map(|(_, cells)| named(&cells[1])).collect();
    let written = written();
    assert!(written.len() > 100, "{}", written.len());
    assert_eq!(listed.difference(&written).collect::<Vec<_>>(), Vec::<&String>::new());
    assert_eq!(written.difference(&listed).collect::<Vec<_>>(), Vec::<&String>::new());
}
