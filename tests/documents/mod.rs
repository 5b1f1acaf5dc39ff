//! Reads the documents, for the tests that hold them against the sources.
#![allow(unreachable_pub, reason = "shared by several test binaries")]
#![allow(dead_code, reason = "each of them uses a part of it")]

use std::collections::BTreeMap;
use std::path::Path;

/// What only the repository holds: the published package leaves these out.
pub const REPOSITORY_ONLY: [&str; 5] =
    [".ci", "examples/embed", "examples/portal", "tests/fuzz", "tests/hosts"];

pub fn repository_only(path: &str) -> bool {
    REPOSITORY_ONLY.iter().any(|prefix| path.starts_with(prefix))
}

pub fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The package's manifest as it is written: a published package holds it under this other name, beside
/// the one that cargo has rewritten.
pub fn manifest() -> String {
    let name = "Cargo.toml.orig";
    read(if Path::new(env!("CARGO_MANIFEST_DIR")).join(name).exists() {
        name
    } else {
        "Cargo.toml"
    })
}

/// The value of a line `key = "value"` of the package.
pub fn package(key: &str) -> String {
    let manifest = manifest();
    let prefix = format!("{key} = ");
    let line = manifest.lines().find_map(|line| line.strip_prefix(&prefix));
    line.unwrap_or_else(|| panic!("no {key}")).trim_matches('"').to_owned()
}

/// The features in `Cargo.toml` with what each implies, the default one included.
pub fn features() -> BTreeMap<String, String> {
    let manifest = manifest();
    let section = manifest.split("[features]").nth(1).expect("features");
    let lines = section.lines().take_while(|line| !line.starts_with('['));
    let entries = lines.filter(|line| !line.starts_with('#'));
    let entries = entries.filter_map(|line| line.split_once(" = "));
    entries.map(|(name, implies)| (name.to_owned(), implies.to_owned())).collect()
}

/// The text below this heading, up to the next one of its rank or above.
pub fn section(text: &str, heading: &str) -> String {
    let rank = heading.chars().take_while(|&symbol| symbol == '#').count();
    let mut lines = text.lines().skip_while(|line| *line != heading);
    assert!(lines.next().is_some(), "there is no heading {heading}");
    let ends = |line: &&str| {
        let marks = line.chars().take_while(|&symbol| symbol == '#').count();
        marks == 0 || marks > rank || !line[marks..].starts_with(' ')
    };
    lines.take_while(ends).collect::<Vec<_>>().join("\n")
}

/// Commands in the fences of this language.
pub fn commands(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        if line.starts_with("```") {
            inside = line == "```sh";
        } else if inside && !line.starts_with('#') && !line.is_empty() {
            found.push(line.to_owned());
        }
    }
    found
}

/// The files and folders of this project that a text names in backticks.
pub fn named_files(text: &str) -> Vec<&str> {
    let names = text.split('`').skip(1).step_by(2);
    let places = ["src/", "tests/", "examples/", ".ci/"];
    let file = move |name: &&str| {
        places.iter().any(|place| name.starts_with(place)) && !name.contains(['*', '<', '{', ' '])
    };
    names.filter(file).collect()
}

/// Whether the package, or the repository, holds this path.
pub fn exists(path: &str) -> bool {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path).exists()
}
