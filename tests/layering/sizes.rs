//! The sizes of files and functions.

use crate::source::sources;

const MAX_LINES_OF_A_FILE: usize = 400;
const MEDIAN_LINES_OF_A_FILE: usize = 160;
const MAX_LINES_OF_A_FUNCTION: usize = 60;

/// A value that changes its type or is cut in place may keep its name, but not as a habit: the reader
/// of a name should know which value it is.
const MAX_REBINDINGS: usize = 15;

/// The functions that may be longer: file, name and reason.
const LONG_FUNCTIONS: [(&str, &str, &str); 4] = [
    ("adapters/render/english/notice.rs", "of", "the texts of all notices, one after the other"),
    ("domain/event/activity.rs", "activities", "one arm for each kind of event"),
    ("domain/event/tests.rs", "every_kind", "one value of each variant"),
    ("domain/event/vocabulary.rs", "log_term", "one arm for each kind of event"),
];

#[test]
fn files_are_short() {
    let sources = sources();
    let mut lengths: Vec<usize> =
        sources.iter().map(|source| source.text.lines().count()).collect();
    lengths.sort_unstable();
    for source in &sources {
        let lines = source.text.lines().count();
        assert!(lines <= MAX_LINES_OF_A_FILE, "{} has {lines} lines", source.name);
    }
    let median = lengths[lengths.len() / 2];
    assert!(median < MEDIAN_LINES_OF_A_FILE, "the median is {median} lines");
}

#[test]
fn functions_are_short() {
    let sources = sources();
    let mut long: Vec<(&str, &str, usize)> = Vec::new();
    for source in &sources {
        let found = functions(&source.text).into_iter();
        let found = found.filter(|(_, lines)| *lines > MAX_LINES_OF_A_FUNCTION);
        long.extend(found.map(|(name, lines)| (source.name.as_str(), name, lines)));
    }
    let known = |file: &str, name: &str| {
        LONG_FUNCTIONS.iter().any(|(known, function, _)| (*known, *function) == (file, name))
    };
    let unknown: Vec<_> = long.iter().filter(|(file, name, _)| !known(file, name)).collect();
    assert!(unknown.is_empty(), "more than {MAX_LINES_OF_A_FUNCTION} lines: {unknown:#?}");
    assert_eq!(long.len(), LONG_FUNCTIONS.len(), "some are short now: remove the exception");
}

/// The functions with a body, and their lines from `fn` to the closing brace. The text is formatted:
/// a function ends at the first line of its own indentation that closes it.
fn functions(text: &str) -> Vec<(&str, usize)> {
    let lines: Vec<&str> = text.lines().collect();
    let indent = |line: &str| line.len() - line.trim_start().len();
    let mut found = Vec::new();
    for (start, line) in lines.iter().enumerate() {
        let Some(name) = function_name(line) else {
            continue;
        };
        let is_end =
            |end: &&str| indent(end) == indent(line) && (end.ends_with('}') || end.ends_with(';'));
        let length = lines[start..].iter().position(is_end).expect("the end of a function") + 1;
        if !lines[start + length - 1].ends_with(';') {
            found.push((name, length));
        }
    }
    found
}

/// The name of the function that the line declares.
fn function_name(line: &str) -> Option<&str> {
    let (before, after) = line.split_once("fn ")?;
    let is_modifier = |word: &str| {
        matches!(word, "const" | "async" | "unsafe" | "extern" | "\"C\"")
            || word.starts_with("pub")
            || word.ends_with(')')
    };
    let end = after.find(['(', '<'])?;
    before.split_whitespace().all(is_modifier).then_some(&after[..end])
}

#[test]
fn names_are_seldom_bound_again() {
    let sources = sources();
    let found: Vec<String> = sources
        .iter()
        .flat_map(|source| {
            let of_file = rebindings(&source.text).into_iter();
            of_file.map(|line| format!("{}: {line}", source.name))
        })
        .collect();
    assert!(
        found.len() <= MAX_REBINDINGS,
        "{} of at most {MAX_REBINDINGS}: {found:#?}",
        found.len()
    );
}

/// The lines that bind a name to a value made from that name: `let x = x.clone()`.
fn rebindings(text: &str) -> Vec<&str> {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let mut found = Vec::new();
    for (number, line) in lines.iter().enumerate() {
        let Some((bound, value)) = line.strip_prefix("let ").and_then(|rest| rest.split_once(" ="))
        else {
            continue;
        };
        let name = bound.trim_start_matches("mut ").split(':').next().unwrap_or_default();
        // A long value begins on the next line.
        let next = lines.get(number + 1).copied().unwrap_or_default();
        let value = if value.is_empty() { next } else { value };
        let value = value.trim_start_matches([' ', '&', '*']).trim_start_matches("mut ");
        let is_name = |symbol: char| symbol.is_alphanumeric() || symbol == '_';
        let rest = value.trim_start_matches(is_name);
        let begins_other = ["(", "::", "{", " {", "!"].iter().any(|sign| rest.starts_with(sign));
        if !begins_other && value[..value.len() - rest.len()] == *name {
            found.push(*line);
        }
    }
    found
}

#[test]
fn the_reader_finds_rebindings() {
    let text = "let a = a.b();\nlet mut b: B = &*b;\nlet c =\n    c\nlet d = d(x);\nlet e = e::f();\n\
                let f = ff;\nlet g = G { g };\n// let h = h.i();\nlet i = i + 1;";
    assert_eq!(
        rebindings(text),
        ["let a = a.b();", "let mut b: B = &*b;", "let c =", "let i = i + 1;"]
    );
}

#[test]
fn the_reader_measures_functions() {
    let text = "pub(in crate::a) const fn one() {}\n\
                trait T {\n    fn declared(\n        &self,\n    ) -> u8;\n}\n\
                impl X {\n    async fn two<T>(\n        a: T,\n    ) -> T\n    where\n        T: Y,\n    {\n\
                \x20       let f = || {\n            1;\n        };\n    }\n}\n\
                // a fn in a comment()\n";
    assert_eq!(functions(text), [("one", 1), ("two", 10)]);
}
