//! What only a checkout can show: the checks run what the documents promise. The published package
//! leaves this file out, together with what it reads.

mod documents;

use std::collections::BTreeSet;

use documents::{
    commands, exists, features, manifest, named_files, read, repository_only, section,
};

#[test]
fn the_commands_of_the_readme_are_run() {
    let readme = section(&read("README.md"), "## Try it");
    let commands = commands(&readme);
    assert_eq!(commands.len(), 2, "one to run and one to test: {commands:?}");
    let ci = read(".ci/run");
    for command in commands {
        let run = format!("run {command}");
        assert!(ci.lines().any(|line| line == run), ".ci/run lacks the line: {run}");
    }
}

#[test]
fn the_features_are_checked_one_by_one() {
    let mut names = features();
    let default = names.remove("default").expect("said");
    assert_eq!(default, "[]", ".ci/run checks no build without features beside the default one");
    let ci = read(".ci/run");
    let listed = ci.lines().find_map(|line| line.strip_prefix("for feature in ")).expect("a loop");
    let listed: BTreeSet<&str> = listed.trim_end_matches("; do").split(' ').collect();
    assert_eq!(listed, names.keys().map(String::as_str).collect());
}

#[test]
fn every_example_is_run_with_the_checks() {
    let (manifest, ci) = (manifest(), read(".ci/run"));
    for example in manifest.split("[[example]]\nname = \"").skip(1) {
        let name = example.split('"').next().expect("a name");
        let run = |line: &str| {
            line.starts_with("run cargo run ") && line.ends_with(&format!(" --example {name}"))
        };
        assert!(ci.lines().any(run), ".ci/run does not run {name}");
    }
    assert!(ci.lines().any(|line| line == "run .ci/embed"));
}

/// The documents name scripts and the embedding example by their real paths.
#[test]
fn what_the_package_leaves_out_is_named_as_it_is() {
    let documents = ["README.md", "ARCHITECTURE.md", "SECURITY.md", "CONTRIBUTING.md"];
    let texts = documents.map(read);
    let named = texts.iter().flat_map(|text| named_files(text));
    let named: BTreeSet<&str> = named.filter(|name| repository_only(name)).collect();
    assert!(named.contains(".ci/run") && named.contains("examples/embed"), "{named:?}");
    for name in named {
        assert!(exists(name), "{name} is named and not there");
    }
}
