//! Names that are not known, and the nearest right ones.

use serde_json::{Map, Value};

/// The most letters in which a misspelling differs from the right name.
const NEAR: usize = 2;

/// Whether a name is a likely misspelling of the other.
pub(in crate::domain::policy) fn is_near(name: &str, other: &str) -> bool {
    distance(&name.to_ascii_lowercase(), &other.to_ascii_lowercase()) <= NEAR
}

/// What is wrong with a name that is none of the known ones.
pub(in crate::domain::policy) fn unknown(name: &str, known: &Map<String, Value>) -> String {
    let close = known.keys().map(|other| (distance(name, other), other)).min();
    match close {
        Some((distance, other)) if distance <= NEAR => {
            format!("unknown setting, did you mean `{other}`?")
        }
        _ => {
            let names: Vec<_> = known.keys().map(|name| format!("`{name}`")).collect();
            format!("unknown setting, known are {}", names.join(", "))
        }
    }
}

/// The text of a deserializer, with the nearest right name if it is about an unknown one.
pub(super) fn with_nearest(text: String) -> String {
    if !["unknown variant `", "unknown field `"].iter().any(|start| text.starts_with(start)) {
        return text;
    }
    // serde quotes the given name first, then the expected ones.
    let mut quoted = text.split('`').skip(1).step_by(2);
    let given = quoted.next().unwrap_or_default();
    let close = quoted.map(|name| (distance(given, name), name)).min();
    match close.filter(|(distance, _)| *distance <= NEAR) {
        Some((_, name)) => format!("{text}, did you mean `{name}`?"),
        None => text,
    }
}

/// The edit distance of two names: how many letters must be changed, added or removed.
fn distance(name: &str, other: &str) -> usize {
    // Names of settings are short; a long key of a document is no misspelling of one.
    if name.len() > 64 {
        return usize::MAX;
    }
    let letters: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=letters.len()).collect();
    for (line, symbol) in name.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = line + 1;
        for (place, candidate) in letters.iter().enumerate() {
            let change = diagonal + usize::from(*candidate != symbol);
            diagonal = row[place + 1];
            row[place + 1] = change.min(diagonal + 1).min(row[place] + 1);
        }
    }
    row[letters.len()]
}
