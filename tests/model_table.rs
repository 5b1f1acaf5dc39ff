//! `tests/MODEL.md` says for each documented fact of Microsoft's model which type and which test hold
//! it, or why none does; this holds the table against the sources, and prints how much is built.

#[path = "documents/tables.rs"]
mod tables;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;

use tables::NamedTest;

/// The sections, and how many facts each has.
const SECTIONS: [(&str, usize); 46] = [
    ("1.1", 12),
    ("1.2", 7),
    ("1.3", 22),
    ("1.4", 5),
    ("1.5", 21),
    ("1.6", 14),
    ("1.7", 9),
    ("1.8", 6),
    ("1.9", 6),
    ("2.1", 5),
    ("2.2", 4),
    ("2.3", 7),
    ("2.4", 4),
    ("2.5", 21),
    ("2.6", 6),
    ("3.1", 10),
    ("3.2", 9),
    ("3.3", 7),
    ("3.4", 13),
    ("3.5", 6),
    ("3.6", 3),
    ("3.7", 1),
    ("4.1", 12),
    ("4.2", 23),
    ("6.1", 10),
    ("6.2", 4),
    ("6.3", 3),
    ("6.4", 1),
    ("6.5", 1),
    ("6.6", 1),
    ("7.1", 9),
    ("7.2", 15),
    ("8.1", 11),
    ("8.2", 5),
    ("8.3", 13),
    ("8.4", 4),
    ("8.5", 5),
    ("8.6", 10),
    ("9.1", 9),
    ("9.2", 8),
    ("9.3", 3),
    ("9.4", 22),
    ("10.1", 3),
    ("10.2", 6),
    ("10.3", 8),
    ("10.4", 2),
];

enum State {
    Built(Vec<NamedTest>),
    NotYet(String),
    LeftOut(String),
}

struct Row {
    id: String,
    fact: String,
    kind: String,
    state: State,
}

fn row(cells: &[String]) -> Row {
    let [id, fact, kind, state] = cells else { panic!("four cells: {cells:?}") };
    let state = match state.split_once(": ") {
        Some(("not yet", why)) => State::NotYet(why.to_owned()),
        Some(("left out", why)) => State::LeftOut(why.to_owned()),
        _ => State::Built(tables::named_tests(id, state)),
    };
    Row { id: id.clone(), fact: fact.clone(), kind: kind.trim_matches('`').to_owned(), state }
}

/// The rows of each section.
fn sections() -> Vec<(&'static str, usize, Vec<Row>)> {
    let text = tables::text("tests/MODEL.md").expect("tests/MODEL.md");
    let read = |(number, count): (&'static str, usize)| {
        let rows = tables::rows(&text, &format!("\n## {number} "));
        (number, count, rows.iter().map(|cells| row(cells)).collect())
    };
    SECTIONS.into_iter().map(read).collect()
}

/// The sources of the crate, as one text.
fn sources(folder: &Path, all: &mut String) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, all);
        } else if path.extension().is_some_and(|end| end == "rs") {
            all.push_str(&std::fs::read_to_string(&path).expect("readable"));
        }
    }
}

#[test]
fn every_fact_has_a_row_in_order() {
    for (section, count, rows) in sections() {
        let ids: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
        let wanted: Vec<String> =
            (1..=count).map(|number| format!("E{section}.{number}")).collect();
        assert_eq!(ids, wanted, "section {section}");
        assert!(rows.iter().all(|row| row.fact.len() > 10), "a fact of {section} says nothing");
    }
}

#[test]
fn what_is_built_names_a_type_and_tests_and_what_is_not_names_a_reason() {
    let mut all = String::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut all);
    for row in sections().into_iter().flat_map(|(_, _, rows)| rows) {
        let Row { id, kind, state, .. } = row;
        let defines = |word: &&str| {
            let public = format!("pub {word} {kind}");
            all.match_indices(&public).any(|(at, _)| {
                let next = all[at + public.len()..].chars().next();
                next.is_some_and(|symbol| !symbol.is_alphanumeric() && symbol != '_')
            })
        };
        let known = ["struct", "enum", "trait", "type"].iter().any(defines)
            // Ids and kinds of events are made by macros.
            || all.contains(&format!("    {kind}, "));
        assert!(kind.is_empty() || known, "{id}: no public type is named {kind}");
        match state {
            State::Built(tests) => {
                assert!(!kind.is_empty(), "{id} is built, and names no type");
                tables::check_tests(&id, tests);
            }
            State::NotYet(why) | State::LeftOut(why) => {
                assert!(why.len() > 10, "{id} is not built, and why is not said");
            }
        }
    }
}

/// Prints the counts, also for a test that passes.
#[test]
fn how_much_of_the_model_is_built() {
    let mut counts = BTreeMap::new();
    let mut by_part: BTreeMap<u8, [usize; 3]> = BTreeMap::new();
    for (section, _, rows) in sections() {
        let part = section.split('.').next().and_then(|part| part.parse().ok()).expect("a number");
        for row in rows {
            let (place, name) = match row.state {
                State::Built(_) => (0, "built"),
                State::NotYet(_) => (1, "not yet"),
                State::LeftOut(_) => (2, "left out"),
            };
            by_part.entry(part).or_default()[place] += 1;
            *counts.entry(name).or_insert(0_usize) += 1;
        }
    }
    let of = |name| counts.get(name).copied().unwrap_or_default();
    let (built, open, out) = (of("built"), of("not yet"), of("left out"));
    let mut text = format!("model: {built} built, {open} not yet, {out} left out\n");
    for (part, [built, open, out]) in by_part {
        text.push_str(&format!("  {part}: {built} built, {open} not yet, {out} left out\n"));
    }
    // The harness of the tests hides what `print!` writes if a test passes.
    std::io::stderr().write_all(text.as_bytes()).expect("written");
    let all: usize = SECTIONS.iter().map(|(_, count)| count).sum();
    assert_eq!(built + open + out, all);
}
