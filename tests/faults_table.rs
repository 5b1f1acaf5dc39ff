//! `tests/FAULTS.md` maps what was found wrong to the tests that hold it now; this holds the table
//! against the sources. The published package leaves this file out: the table names tests that it
//! lacks.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Families of rows: the letter, the highest number, and the numbers that are not this table's.
const FAMILIES: [(char, usize, &[usize]); 7] = [
    ('S', 22, &[]),
    // Facts that no rule reads, and several accounts with one mailbox, come with the model.
    ('D', 21, &[9, 11]),
    ('W', 4, &[]),
    ('R', 10, &[]),
    ('T', 15, &[]),
    ('P', 13, &[]),
    // Up to 52 they stand in `SECURITY.md`, which is held by `tests/attacks`.
    ('V', 61, &FIRST_ATTACKS),
];

const FIRST_ATTACKS: [usize; 52] = {
    let mut numbers = [0; 52];
    let mut at = 0;
    while at < 52 {
        numbers[at] = at + 1;
        at += 1;
    }
    numbers
};

struct Row {
    id: String,
    rule: String,
    /// File and name.
    tests: Vec<(String, String)>,
}

fn read(path: &str) -> Option<String> {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).ok()
}

/// The lines of the table under this heading, cell by cell.
fn lines(heading: &str) -> Vec<Vec<String>> {
    let text = read("tests/FAULTS.md").expect("tests/FAULTS.md");
    let (_, section) = text.split_once(heading).unwrap_or_else(|| panic!("no section {heading:?}"));
    let section = section.split("\n## ").next().unwrap_or_default();
    let lines = section.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| row"));
    let cells = |line: &str| -> Vec<String> {
        let inner = line.trim_start_matches("| ").trim_end_matches('|').trim_end();
        inner.split(" | ").map(|cell| cell.trim().to_owned()).collect()
    };
    lines.map(cells).collect()
}

fn rows() -> Vec<Row> {
    let row = |cells: Vec<String>| {
        let [id, rule, tests] = &cells[..] else { panic!("three cells: {cells:?}") };
        let mut file = None;
        let mut named = Vec::new();
        for word in tests.split('`').skip(1).step_by(2) {
            if word.ends_with(".rs") {
                file = Some(word.to_owned());
            } else {
                let file = file.clone().unwrap_or_else(|| panic!("{id}: {word} has no file"));
                named.push((file, word.to_owned()));
            }
        }
        Row { id: id.clone(), rule: rule.clone(), tests: named }
    };
    lines("## Held").into_iter().map(row).collect()
}

fn open() -> Vec<(String, String)> {
    let row = |cells: Vec<String>| {
        let [id, why] = &cells[..] else { panic!("two cells: {cells:?}") };
        (id.clone(), why.clone())
    };
    lines("## Open").into_iter().map(row).collect()
}

#[test]
fn every_row_is_held_or_said_to_be_open() {
    let wanted: BTreeSet<String> = FAMILIES
        .iter()
        .flat_map(|(letter, last, without)| {
            let numbers = (1..=*last).filter(|number| !without.contains(number));
            numbers.map(move |number| format!("{letter}{number}"))
        })
        .collect();
    let mut listed = BTreeSet::new();
    let all = rows().into_iter().map(|row| row.id).chain(open().into_iter().map(|(id, _)| id));
    for id in all {
        assert!(wanted.contains(&id), "{id} is no row");
        assert!(listed.insert(id.clone()), "{id} twice");
    }
    let missing: Vec<_> = wanted.difference(&listed).collect();
    assert!(missing.is_empty(), "in no table: {missing:?}");
    for (id, why) in open() {
        assert!(why.len() > 20, "{id} is open, and why is not said");
    }
}

#[test]
fn every_test_that_a_row_names_is_in_the_sources() {
    let rows = rows();
    assert!(!rows.is_empty());
    for Row { id, rule, tests } in rows {
        assert!(rule.len() > 20, "{id} says no rule");
        assert!(!tests.is_empty(), "{id} names no test");
        let mut seen = BTreeSet::new();
        for (file, name) in tests {
            let source = read(&file).unwrap_or_else(|| panic!("{id}: there is no {file}"));
            assert!(source.contains(&format!("fn {name}(")), "{id}: {name} is not in {file}");
            assert!(
                source.contains("#[test]")
                    || source.contains("#[tokio::test")
                    || source.contains("on_every_store!")
                    || source.contains("in_memory!")
                    // A property of the kit, which runs it on every store.
                    || file.starts_with("src/conformance/"),
                "{id}: {file} has no tests"
            );
            assert!(seen.insert((file, name.clone())), "{id} names {name} twice");
        }
    }
}

#[test]
fn a_rule_is_said_once() {
    let mut rules = BTreeSet::new();
    for Row { id, rule, .. } in rows() {
        assert!(rules.insert(rule), "{id} says the rule of another row");
    }
}
