//! `tests/FAULTS.md` maps what was found wrong to the tests that hold it now; this holds the table
//! against the sources. The published package leaves this file out: the table names tests that it
//! lacks.

#[path = "documents/tables.rs"]
mod tables;

use std::collections::BTreeSet;

use tables::NamedTest;

/// Families of rows: the letter, the highest number, and the numbers that are not this table's.
const FAMILIES: [(char, usize, &[usize]); 7] = [
    ('S', 22, &[]),
    ('D', 21, &[]),
    ('W', 4, &[]),
    ('R', 10, &[]),
    ('T', 15, &[]),
    ('P', 13, &[]),
    // Up to 52 they stand in `SECURITY.md`, which is held by `tests/attacks`.
    ('V', 62, &FIRST_ATTACKS),
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
    tests: Vec<NamedTest>,
}

fn table(heading: &str) -> Vec<Vec<String>> {
    tables::rows(&tables::text("tests/FAULTS.md").expect("tests/FAULTS.md"), heading)
}

fn rows() -> Vec<Row> {
    let row = |cells: Vec<String>| {
        let [id, rule, tests] = &cells[..] else { panic!("three cells: {cells:?}") };
        Row { id: id.clone(), rule: rule.clone(), tests: tables::named_tests(id, tests) }
    };
    table("## Held").into_iter().map(row).collect()
}

fn open() -> Vec<(String, String)> {
    let row = |cells: Vec<String>| {
        let [id, why] = &cells[..] else { panic!("two cells: {cells:?}") };
        (id.clone(), why.clone())
    };
    table("## Open").into_iter().map(row).collect()
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
        tables::check_tests(&id, tests);
    }
}

#[test]
fn a_rule_is_said_once() {
    let mut rules = BTreeSet::new();
    for Row { id, rule, .. } in rows() {
        assert!(rules.insert(rule), "{id} says the rule of another row");
    }
}
