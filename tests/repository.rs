//! What only a checkout can show: the checks run what the documents promise. The published package
//! leaves this file out, together with what it reads.

mod documents;
#[path = "repository/groups.rs"]
mod groups;

use std::collections::BTreeSet;
use std::path::Path;

use documents::{
    commands, exists, features, manifest, named_files, package, read, repository_only, section,
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
fn the_list_of_features_in_the_checks_is_complete() {
    let mut names = features();
    let default = names.remove("default").expect("said");
    assert_eq!(default, "[]", ".ci/run checks no build without features beside the default one");
    let ci = read(".ci/run");
    assert_eq!(listed(&ci, "features=(", ")"), names.keys().cloned().collect());
}

/// The words of a line of a script that starts and ends in this way.
fn listed(script: &str, start: &str, end: &str) -> BTreeSet<String> {
    let line = script.lines().find_map(|line| line.trim_start().strip_prefix(start));
    let words =
        line.and_then(|line| line.strip_suffix(end)).unwrap_or_else(|| panic!("no {start}"));
    words.split(' ').map(str::to_owned).collect()
}

/// The files below this folder, with their texts.
fn sources(folder: &str) -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    for entry in std::fs::read_dir(root.join(folder)).expect("a folder") {
        let entry = entry.expect("an entry");
        let path = format!("{folder}/{}", entry.file_name().to_str().expect("a name"));
        if entry.file_type().expect("a type").is_dir() {
            found.extend(sources(&path));
        } else if path.ends_with(".rs") {
            found.push((path.clone(), read(&path)));
        }
    }
    found
}

#[test]
fn the_fast_checks_name_tests_that_exist() {
    let fast = listed(&read(".ci/run"), "for test in ", "; do");
    let manifest = manifest();
    for test in &fast {
        let there = exists(&format!("tests/{test}.rs"))
            || exists(&format!("tests/{test}/main.rs"))
            || manifest.contains(&format!("[[test]]\nname = \"{test}\"\n"));
        assert!(there, ".ci/run names the test {test}");
    }
    let own = "dependencies docs_sync faults_table fuzz layering model_table repository";
    for test in own.split(' ') {
        assert!(fast.contains(test), "{test} is not among the fast checks");
    }
}

/// `.ci/run` without arguments is the full check; each other mode is in its help and in CONTRIBUTING.md or
/// the public workflow.
#[test]
fn every_form_of_the_checks_is_explained() {
    let ci = read(".ci/run");
    let (workflow, contributing) = (read(".github/workflows/ci.yml"), read("CONTRIBUTING.md"));
    let modes = ci.lines().find_map(|line| line.trim().strip_suffix(") ;;")).expect("the modes");
    let modes: Vec<&str> = modes.split(" | ").collect();
    assert!(modes.contains(&"all") && modes.contains(&"fast"), "{modes:?}");
    for mode in modes.into_iter().filter(|mode| *mode != "all") {
        let command = format!(".ci/run {mode}");
        assert!(ci.contains(&format!("\n{command} ")), "the help lacks {command}");
        let named = contributing.contains(&command) || workflow.contains(&command);
        assert!(named, "{command} is named nowhere");
    }
}

/// Each action is pinned to a commit, and no job may write.
#[test]
fn the_public_workflow_pins_its_actions_and_only_reads() {
    let workflow = read(".github/workflows/ci.yml");
    let actions: Vec<&str> =
        workflow.lines().filter_map(|line| line.split("uses: ").nth(1)).collect();
    assert!(!actions.is_empty());
    for action in actions {
        let commit = action.split(['@', ' ']).nth(1).unwrap_or_default();
        let pinned = commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
        assert!(pinned && action.contains(" # v"), "{action}");
    }
    assert!(workflow.contains("\npermissions:\n  contents: read\n"), "the workflow may write");
    assert_eq!(workflow.matches("permissions:").count(), 1, "a job changes what it may do");
    let oldest = format!("toolchain install {}", package("rust-version"));
    assert!(workflow.contains(&oldest), "no job with the oldest Rust");
}

#[test]
fn every_example_is_run_with_the_checks() {
    let (manifest, ci) = (manifest(), read(".ci/run"));
    let tests = read("tests/examples_run.rs");
    for example in manifest.split("[[example]]\nname = \"").skip(1) {
        let name = example.split('"').next().expect("a name");
        let run = |line: &str| {
            line.starts_with("run cargo run ") && line.ends_with(&format!(" --example {name}"))
        };
        let tested =
            ["run", "command"].iter().any(|by| tests.contains(&format!("{by}(\"{name}\")")));
        assert!(tested || ci.lines().any(run), "neither .ci/run nor a test runs {name}");
    }
    for own in ["run .ci/embed", "run .ci/hosts", "run .ci/portal"] {
        assert!(ci.lines().any(|line| line.trim_start().starts_with(own)), "{own}");
    }
}

/// An example that uses more than it asks for is found only by a check with just that.
#[test]
fn every_example_is_checked_with_the_features_that_it_asks_for() {
    let (manifest, ci) = (manifest(), read(".ci/run"));
    for example in manifest.split("[[example]]\nname = \"").skip(1) {
        let (name, rest) = example.split_once('"').expect("a name");
        let asked = rest.trim_start().strip_prefix("required-features = [").expect("features");
        let asked = asked.split(']').next().expect("a list");
        let asked: BTreeSet<&str> =
            asked.split(", ").map(|feature| feature.trim_matches('"')).collect();
        let checked = ci.lines().any(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            words.first() == Some(&"check_example")
                && words
                    .get(1)
                    .is_some_and(|with| with.split(',').collect::<BTreeSet<_>>() == asked)
                && words.windows(2).any(|pair| pair == ["--example", name])
        });
        // The README's run command is one with these features alone.
        assert!(checked || name == "quickstart", "no check_example of {name} with {asked:?}");
    }
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
