//! The documents say what the crate is: each claim that can go stale is held against its source.

mod documents;

use std::collections::BTreeSet;
use std::path::Path;

use documents::{exists, features, manifest, named_files, package, read, repository_only, section};

const DOCUMENTS: [&str; 5] =
    ["README.md", "ARCHITECTURE.md", "SECURITY.md", "CONTRIBUTING.md", "CHANGELOG.md"];

#[test]
fn the_readme_lists_the_features() {
    let table = section(&read("README.md"), "## Features");
    let rows = table.lines().filter_map(|line| line.strip_prefix("| `"));
    let listed: BTreeSet<String> =
        rows.filter_map(|row| row.split_once('`')).map(|(name, _)| name.to_owned()).collect();
    let mut features: BTreeSet<String> = features().into_keys().collect();
    assert!(features.remove("default"));
    assert_eq!(listed, features);
}

#[test]
fn nothing_is_on_by_default() {
    assert_eq!(features().get("default").map(String::as_str), Some("[]"));
    assert!(section(&read("README.md"), "## Features").contains("Nothing is on by default"));
}

#[test]
fn the_readme_names_the_oldest_rust() {
    let version = package("rust-version");
    let readme = section(&read("README.md"), "## Rust version");
    assert!(readme.contains(&format!("Rust {version} ")), "{readme}");
    // No other version is named beside it.
    let named = readme.split("Rust ").skip(1);
    let named = named.filter(|text| text.starts_with(|symbol: char| symbol.is_ascii_digit()));
    assert!(named.into_iter().all(|text| text.starts_with(&version)), "{readme}");
}

#[test]
fn the_readme_names_the_current_version() {
    let version = package("version");
    let (minor, _) = version.rsplit_once('.').expect("three numbers");
    let dependency = format!("sspr = {{ version = \"{minor}\"");
    assert!(read("README.md").contains(&dependency), "not {minor}");
}

/// The version in the manifest has a dated heading, or the part above all releases says that it is next.
#[test]
fn the_changelog_has_the_current_version() {
    let changelog = read("CHANGELOG.md");
    let version = package("version");
    let unreleased = section(&changelog, "## [Unreleased]");
    let next = unreleased.contains(&format!("all of this becomes {version}."));
    let heading = format!("## [{version}] - 20");
    let released = changelog.lines().any(|line| line.starts_with(&heading));
    assert!(next != released, "{version} is either next or released");
}

#[test]
fn the_licence_files_are_there() {
    // The second MIT is that of the list of common passwords, which is compiled in.
    assert_eq!(package("license"), "(MIT OR Apache-2.0) AND MIT");
    let notice = "src/domain/password/common.LICENSE.md";
    assert!(read(notice).contains("Copyright (c) 2012-2016 Dan Wheeler and Dropbox, Inc."));
    for document in ["README.md", "deny.toml"] {
        assert!(read(document).contains(notice), "{document} does not name {notice}");
    }
    assert!(read("LICENSE-MIT").starts_with("MIT License"));
    assert!(read("LICENSE-APACHE").contains("Version 2.0, January 2004"));
}

#[test]
fn every_example_that_is_named_exists_and_every_one_is_named() {
    let manifest = manifest();
    let examples: BTreeSet<&str> = manifest
        .split("[[example]]")
        .skip(1)
        .filter_map(|rest| rest.lines().find_map(|line| line.strip_prefix("name = ")))
        .map(|name| name.trim_matches('"'))
        .collect();
    assert!(examples.contains("quickstart"));
    let readme = read("README.md");
    for example in &examples {
        read(&format!("examples/{example}.rs"));
        assert!(readme.contains(&format!("examples/{example}.rs")), "{example} is not named");
    }
    for (place, _) in readme.match_indices("--example ") {
        let name: String = readme[place + "--example ".len()..]
            .chars()
            .take_while(|&symbol| symbol.is_ascii_alphanumeric() || symbol == '_')
            .collect();
        assert!(examples.contains(&*name), "there is no example {name}");
    }
}

/// Links to files of this repository, in every document.
#[test]
fn links_lead_somewhere() {
    for document in DOCUMENTS {
        let text = read(document);
        for (place, _) in text.match_indices("](") {
            let target: String =
                text[place + 2..].chars().take_while(|&symbol| symbol != ')').collect();
            let (file, anchor) = target.split_once('#').unwrap_or((&target, ""));
            if target.starts_with("http") {
                continue;
            }
            assert!(!repository_only(file), "{document} links to {file}, which the package lacks");
            let there = if file.is_empty() { text.clone() } else { existing(document, file) };
            let found = anchor.is_empty() || anchors(&there).contains(anchor);
            assert!(found, "{document} links to {target}, which has no such heading");
        }
    }
}

fn existing(document: &str, file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    assert!(path.exists(), "{document} links to {file}, which is not there");
    let is_text = path.is_file() && !file.ends_with(".png");
    if is_text { read(file) } else { String::new() }
}

/// The anchors that headings have on the usual forges.
fn anchors(text: &str) -> BTreeSet<String> {
    let headings = text.lines().filter(|line| line.starts_with('#'));
    let anchor = |heading: &str| {
        let title = heading.trim_start_matches('#').trim().to_lowercase();
        let kept = title.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
        kept.map(|symbol| if symbol == ' ' { '-' } else { symbol }).collect()
    };
    headings.map(anchor).collect()
}

/// The files that the documents name in backticks exist. `tests/repository.rs` looks for those that
/// the package leaves out.
#[test]
fn the_files_that_are_named_exist() {
    for document in DOCUMENTS {
        let text = read(document);
        for name in named_files(&text) {
            let found = repository_only(name) || exists(name);
            assert!(found, "{document} names {name}, which is not there");
        }
    }
}

/// What the documents call the engine's functions are functions that it has.
#[test]
fn the_dangerous_doors_are_listed_in_both_places() {
    let (security, front) = (read("SECURITY.md"), read("src/lib.rs"));
    for door in [
        "SignedIn::vouch",
        "Source::Trusted",
        "expose_secret",
        "LinkBase::insecure_loopback",
        "Disclosure::Reasoned",
    ] {
        assert!(security.contains(door), "SECURITY.md does not list {door}");
        assert!(front.contains(door), "the front page does not list {door}");
    }
}

/// The links of a numbered list in `ARCHITECTURE.md`, up to the one to this function: functions with
/// their files, and all files.
fn walk(heading: &str, last: &str) -> (Vec<(String, String)>, BTreeSet<String>) {
    let text = section(&read("ARCHITECTURE.md"), heading);
    let (mut functions, mut files) = (Vec::new(), BTreeSet::new());
    for link in text.split('[').skip(1) {
        let Some((name, rest)) = link.split_once("](") else { continue };
        let file = rest.split(')').next().unwrap_or_default().to_owned();
        files.insert(file.clone());
        let Some(name) = name.strip_prefix('`').and_then(|name| name.strip_suffix('`')) else {
            continue;
        };
        let function = name.rsplit("::").next().unwrap_or_default();
        functions.push((function.to_owned(), file));
        if function == last {
            return (functions, files);
        }
    }
    panic!("{heading} does not lead to {last}");
}

/// The two calls that a reader follows first are short, and each function is where the map says.
#[test]
fn the_paths_of_prove_and_complete_are_short_and_lead_through_what_is_there() {
    for (heading, end, most_functions, most_files) in [
        ("## A call of `prove`", "secrets_equal", 8, 9),
        ("## A call of `complete`", "set_password", 7, 6),
    ] {
        let (functions, files) = walk(heading, end);
        assert!(functions.len() > 4, "{heading}: {functions:?}");
        for (function, file) in &functions {
            let source = read(file);
            let there = [format!("fn {function}("), format!("fn {function}<")];
            let found = there.iter().any(|start| source.contains(start));
            assert!(found, "{heading}: {file} has no function {function}");
        }
        assert!(functions.len() <= most_functions, "{heading}: {functions:?}");
        assert!(files.len() <= most_files, "{heading}: {files:?}");
    }
}

/// Where the words of `UNCLEAR` must not occur: files and folders of this package.
const PLAIN: [&str; 7] = [
    "README.md",
    "ARCHITECTURE.md",
    "SECURITY.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "examples",
    "src",
];

/// Words that make a sentence hard to read, and what to write instead.
const UNCLEAR: [(&str, &str); 12] = [
    ("nobody", "name the state: unknown account, decoy, no caller"),
    ("somebody", "name the role: user, caller, attacker, another process"),
    ("anybody", "name the role: any caller, any user"),
    ("everybody", "name the group: all users, all callers"),
    ("whoever", "name the role: the caller that, a user who"),
    ("anew", "write again, or name the act: register again, reseal"),
    ("aloud", "say what happens: printed, listed, reported"),
    ("lately", "write recently, or the time"),
    ("thereby", "write a second sentence"),
    ("of the host's", "put the owner first: host-verified methods, the host's methods"),
    ("of ours", "name the owner: the crate's"),
    ("of yours", "put the owner first: your service"),
];

/// The words of a text in small letters with their lines, without comment marks. Names in code keep
/// their underscores and hyphens, so that they are no words of the list; inline code of a document is
/// left out.
fn words(text: &str, is_document: bool) -> Vec<(String, usize)> {
    let mut found = Vec::new();
    let mut in_fence = false;
    for (number, line) in (1..).zip(text.lines()) {
        in_fence ^= line.trim_start().starts_with("```");
        let prose = line.split('`').step_by(if is_document && !in_fence { 2 } else { 1 });
        for part in prose {
            let symbol = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '@' | '\'');
            let all = part.split(|c: char| !symbol(c)).filter(|word| !word.is_empty());
            found.extend(all.map(|word| (word.to_lowercase(), number)));
        }
    }
    found
}

/// The lines on which one of the words stands, with the word.
fn unclear(text: &str, is_document: bool) -> Vec<(usize, &'static str)> {
    let words = words(text, is_document);
    let mut found = Vec::new();
    for (phrase, _) in UNCLEAR {
        let phrase_words: Vec<&str> = phrase.split(' ').collect();
        let same = |window: &&[(String, usize)]| {
            let matches = |((word, _), wanted): (&(String, usize), &&str)| {
                word == *wanted || word.strip_suffix("'s") == Some(*wanted)
            };
            window.iter().zip(&phrase_words).all(matches)
        };
        let places = words.windows(phrase_words.len()).filter(same);
        found.extend(places.map(|place| (place[0].1, phrase)));
    }
    found
}

fn texts_below(path: &Path, into: &mut Vec<String>) {
    if path.is_dir() {
        for entry in std::fs::read_dir(path).expect("a readable folder") {
            texts_below(&entry.expect("an entry").path(), into);
        }
    } else if path.extension().is_some_and(|end| end == "rs" || end == "md") {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        into.push(path.strip_prefix(root).expect("below the package").display().to_string());
    }
}

#[test]
fn the_text_is_free_of_words_that_hide_who_does_what() {
    let mut files = Vec::new();
    for place in PLAIN {
        texts_below(&Path::new(env!("CARGO_MANIFEST_DIR")).join(place), &mut files);
    }
    assert!(files.len() > 20, "{files:?}");
    let mut faults = Vec::new();
    for file in &files {
        for (line, word) in unclear(&read(file), file.ends_with(".md")) {
            let (_, instead) = UNCLEAR.iter().find(|(phrase, _)| *phrase == word).expect("listed");
            faults.push(format!("{file}:{line}: {word} ({instead})"));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    // The search sees what it must see, and only that.
    for seen in ["Nobody's ticket", "methods of the\n//! host's", "a bell of yours."] {
        assert_eq!(unclear(seen, true).len(), 1, "{seen}");
    }
    for passed in ["`v43_nobody_is_flooded`", "nobody@contoso.example", "the host's methods"] {
        assert_eq!(unclear(passed, true), [], "{passed}");
    }
}

/// Where links may lead: standards, the pages that define a format, and names reserved for examples.
const NOT_OURS_BUT_PUBLIC: [&str; 7] = [
    "https://www.rfc-editor.org/",
    "https://datatracker.ietf.org/",
    "https://pages.nist.gov/",
    "https://owasp.org/",
    "https://keepachangelog.com/",
    "https://semver.org/",
    "https://doc.rust-lang.org/",
];

/// Web and mail addresses in a text that are neither in the list above nor reserved for examples
/// (RFC 2606, RFC 6761).
fn foreign_addresses(text: &str) -> Vec<String> {
    let words = text.split(|c: char| c.is_whitespace() || "()<>`\"'|,;[]".contains(c));
    let host_of = |word: &str| {
        let after = word.split("://").nth(1).or_else(|| word.split_once('@').map(|(_, to)| to))?;
        let host = after.split(['/', ':', '#', '?']).next().unwrap_or_default();
        host.contains('.').then(|| host.trim_end_matches('.').to_lowercase())
    };
    let reserved = |host: &str| {
        let ends = [".example", ".test", ".invalid", ".localhost", "example.com", "example.org"];
        ends.iter().any(|end| host.ends_with(end)) || host.starts_with("127.")
    };
    let forge = |word: &str| {
        let word = word.to_lowercase();
        ["github.com/", "gitlab.com/", "codeberg.org/"].iter().any(|forge| word.contains(forge))
    };
    words
        .filter(|word| !NOT_OURS_BUT_PUBLIC.iter().any(|public| word.starts_with(public)))
        .filter(|word| forge(word) || host_of(word).is_some_and(|host| !reserved(&host)))
        .map(str::to_owned)
        .collect()
}

#[test]
fn no_document_names_an_address_that_is_not_this_projects() {
    let mut documents = vec!["Cargo.toml".to_owned(), "src/lib.rs".to_owned()];
    let root = std::fs::read_dir(env!("CARGO_MANIFEST_DIR")).expect("the package's folder");
    let names = root.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    documents.extend(names.filter(|name| name.ends_with(".md")));
    assert!(documents.len() > 5, "the documents of the package: {documents:?}");
    for document in documents {
        assert_eq!(foreign_addresses(&read(&document)), [""; 0], "{document}");
    }
    let manifest = read("Cargo.toml");
    for field in ["repository", "homepage", "documentation"] {
        let named = manifest.lines().any(|line| line.starts_with(field));
        assert!(!named, "{field}: no public address exists yet");
    }
    assert!(read("SECURITY.md").contains("no public address yet"));
    // The search sees what it must see.
    for foreign in [
        "repository = \"https://github.com/sspr/sspr\"",
        "[a form](https://reports.sspr.dev/new)",
        "write to security@sspr.io.",
        "git clone github.com/sspr/sspr",
    ] {
        assert_eq!(foreign_addresses(foreign).len(), 1, "{foreign}");
    }
}

/// A policy's settings, as paths: `sends.per_hour`.
fn settings(prefix: &str, value: &serde_json::Value, into: &mut Vec<String>) {
    match value {
        serde_json::Value::Object(fields) => {
            for (name, value) in fields {
                settings(&format!("{prefix}.{name}"), value, into);
            }
        }
        _ => into.push(prefix.trim_start_matches('.').to_owned()),
    }
}

#[test]
fn the_manual_explains_the_default_of_every_setting() {
    let page = read("src/manual/defaults.md");
    let defaults = serde_json::to_value(sspr::PolicySettings::default()).expect("plain data");
    let mut found = Vec::new();
    settings("", &defaults, &mut found);
    assert!(found.contains(&"sends.per_hour".to_owned()) && found.len() > 70, "{found:?}");
    for setting in found {
        assert!(page.contains(&format!("| `{setting}` |")), "{setting} is not on the page");
    }
}

/// The names of tests and files in the manual are those that there are.
#[test]
fn the_manual_names_what_exists() {
    let properties = read("src/conformance/list.rs");
    let table = read("src/manual/writing_a_store.rs");
    let table = table.split("# Mistakes that the kit catches").nth(1).expect("the table");
    let named: Vec<&str> =
        table.lines().filter_map(|line| line.split(" | `").nth(1)?.split('`').next()).collect();
    assert!(named.len() > 10, "{named:?}");
    for property in named {
        assert!(properties.contains(&format!("::{property}\n")), "no property {property}");
    }
    let pages =
        ["mod", "decisions", "defaults", "embedding", "host_methods", "signed_in", "threats"];
    for page in pages.into_iter().chain(["upgrading", "writing_a_store"]) {
        let text = read(&format!("src/manual/{page}.rs"));
        for name in named_files(&text) {
            let found = repository_only(name) || exists(name);
            assert!(found, "{page} names {name}, which is not there");
        }
    }
}
