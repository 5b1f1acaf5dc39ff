//! All crates of the lock file that a build can use: their oldest Rust, their licences, their sources and
//! their duplicates.
//!
//! `cargo metadata` reads the crates of all platforms. If those of other platforms are not downloaded
//! (`cargo fetch` does that), the tests read the crates of this platform.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

use crate::licences;

/// Crates that state no oldest Rust. The test checks their edition; a review checks the rest, for each new
/// version again.
const STATE_NONE: [&str; 45] = [
    "android_system_properties 0.1.6",
    "bcrypt 0.19.2",
    "bit-set 0.8.0",
    "bit-vec 0.8.0",
    "core-foundation-sys 0.8.7",
    "csv-core 0.1.13",
    "dunce 1.0.5",
    "email_address 0.2.9",
    "fallible-iterator 0.2.0",
    "fallible-iterator 0.3.0",
    "fallible-streaming-iterator 0.1.9",
    "fluent-langneg 0.13.1",
    "fnv 1.0.7",
    "fs_extra 1.3.0",
    "getrandom 0.2.17",
    "httparse 1.10.1",
    "hyper-timeout 0.5.2",
    "iana-time-zone-haiku 0.1.2",
    "intl_pluralrules 7.0.2",
    "lazy_static 1.5.1",
    "libredox 0.1.25",
    "mime 0.3.18",
    "quoted_printable 0.5.2",
    "redox_syscall 0.5.18",
    "scopeguard 1.2.0",
    "self_cell 1.3.0",
    "siphasher 1.0.4",
    "smallvec 1.16.6",
    "stable_deref_trait 1.2.1",
    "stringprep 0.1.5",
    "subtle 2.6.1",
    "sync_wrapper 1.0.2",
    "tinyvec 1.13.3",
    "tokio-postgres-rustls 0.14.0",
    "tower-layer 0.3.3",
    "tower-service 0.3.3",
    "try-lock 0.2.5",
    "type-map 0.5.1",
    "unic-langid 0.9.6",
    "unic-langid-impl 0.9.6",
    "unicode-properties 0.1.5",
    "untrusted 0.9.0",
    "vcpkg 0.2.15",
    "want 0.3.2",
    "wasi 0.11.1+wasi-snapshot-preview1",
];

struct Crate {
    name: String,
    version: String,
    rust: Option<String>,
    edition: String,
    licence: String,
    source: Option<String>,
    /// Whether a build of this crate for its users takes it, and not its tests alone.
    shipped: bool,
}

struct Tree {
    crates: Vec<Crate>,
    all_platforms: bool,
}

fn metadata(filter: &[&str]) -> Result<Value, String> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--all-features", "--locked", "--offline"])
        .args(filter)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    Ok(serde_json::from_slice(&output.stdout).expect("JSON"))
}

/// The platform of this toolchain, as in `x86_64-unknown-linux-gnu`.
fn host() -> String {
    let output = Command::new("rustc").arg("-vV").output().expect("rustc runs");
    let text = String::from_utf8(output.stdout).expect("text");
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    host.expect("rustc names its host").to_owned()
}

impl Tree {
    fn read() -> Self {
        let (metadata, all_platforms) = match metadata(&[]) {
            Ok(metadata) => (metadata, true),
            Err(error) => {
                println!("only the crates of this platform are checked: {error}");
                let host = host();
                (metadata(&["--filter-platform", &host]).expect("this platform's"), false)
            }
        };
        let shipped = built("normal,build", all_platforms);
        let all = built("normal,build,dev", all_platforms);
        let packages = metadata["packages"].as_array().expect("packages");
        let crates = packages.iter().map(|package| Crate {
            name: text(&package["name"]).to_owned(),
            version: text(&package["version"]).to_owned(),
            rust: package["rust_version"].as_str().map(str::to_owned),
            edition: text(&package["edition"]).to_owned(),
            licence: package["license"].as_str().unwrap_or_default().to_owned(),
            source: package["source"].as_str().map(str::to_owned),
            shipped: shipped.contains(&title(package)),
        });
        // The metadata also has crates that no feature turns on.
        let crates: Vec<_> = crates.filter(|package| all.contains(&package.title())).collect();
        assert_eq!(crates.len(), all.len(), "each crate of the build has its metadata");
        Self { crates, all_platforms }
    }

    fn shipped(&self) -> impl Iterator<Item = &Crate> {
        self.crates.iter().filter(|package| package.shipped)
    }
}

impl Crate {
    fn title(&self) -> String {
        format!("{} {}", self.name, self.version)
    }
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

fn title(package: &Value) -> String {
    format!("{} {}", text(&package["name"]), text(&package["version"]))
}

/// The names and versions of what a build with all features takes.
fn built(edges: &str, all_platforms: bool) -> BTreeSet<String> {
    let mut arguments = vec!["tree", "--all-features", "-e", edges];
    arguments.extend(["--prefix", "none", "--format", "{p}"]);
    if all_platforms {
        arguments.extend(["--target", "all"]);
    }
    let printed = super::cargo(&arguments);
    let lines = printed.lines().filter_map(|line| line.split_once(" v"));
    lines
        .map(|(name, rest)| format!("{name} {}", rest.split(' ').next().unwrap_or_default()))
        .collect()
}

/// `1.89` and `1.89.0` as numbers.
fn release(version: &str) -> (u32, u32) {
    let mut numbers = version.split('.').map(|number| number.parse().expect("a number"));
    (numbers.next().unwrap_or_default(), numbers.next().unwrap_or_default())
}

#[test]
fn every_crate_that_ships_builds_with_the_oldest_rust() {
    let tree = Tree::read();
    let promised = tree.crates.iter().find(|package| package.source.is_none());
    let promised = promised.and_then(|package| package.rust.clone()).expect("rust-version");
    let mut silent = BTreeSet::new();
    for package in tree.shipped() {
        let title = package.title();
        if let Some(rust) = &package.rust {
            assert!(
                release(rust) <= release(&promised),
                "{title} needs Rust {rust}, not {promised}"
            );
        } else {
            let edition = match package.edition.as_str() {
                "2015" | "2018" | "2021" => (1, 56),
                "2024" => (1, 85),
                other => panic!("{title} is of edition {other}: name its first release here"),
            };
            assert!(edition <= release(&promised), "{title} states no rust-version");
            silent.insert(title);
        }
    }
    let reviewed: BTreeSet<String> = STATE_NONE.map(str::to_owned).into();
    let new: Vec<_> = silent.difference(&reviewed).collect();
    assert!(new.is_empty(), "these state no rust-version: review them for {promised}: {new:?}");
    let gone: Vec<_> = reviewed.difference(&silent).collect();
    assert!(!tree.all_platforms || gone.is_empty(), "in the list, not in the tree: {gone:?}");
}

/// Clippy takes the oldest Rust from `Cargo.toml`, if `clippy.toml` has no other.
#[test]
fn the_lints_refuse_what_came_after_the_oldest_rust() {
    let manifest = super::read("Cargo.toml");
    let lints = manifest.split("[lints.clippy]").nth(1).expect("lints");
    assert!(lints.contains("\nincompatible_msrv = \"deny\"\n"), "the lint is not denied");
    let clippy = super::read("clippy.toml");
    let other = clippy.lines().find(|line| line.trim_start().starts_with("msrv"));
    assert_eq!(other, None, "Cargo.toml has the oldest Rust");
}

#[test]
fn every_licence_is_one_that_deny_toml_allows() {
    let allowed = licences::allowed(&super::read("deny.toml"));
    for package in Tree::read().crates {
        let covered = licences::covered(&package.licence, &allowed);
        assert!(covered, "{} is under {:?}", package.title(), package.licence);
    }
}

#[test]
fn every_crate_comes_from_crates_io() {
    const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";
    for package in Tree::read().crates {
        let here = package.name == "sspr" && package.source.is_none();
        let known = package.source.as_deref() == Some(CRATES_IO);
        assert!(here || known, "{} comes from {:?}", package.title(), package.source);
    }
}

/// Two versions of a crate are two implementations to audit. `deny.toml` lists the older ones with the
/// crate that needs them.
#[test]
fn every_duplicate_has_a_reason_in_deny_toml() {
    let deny = super::read("deny.toml");
    let skipped = deny.split("\nskip = [").nth(1).and_then(|rest| rest.split("\n]").next());
    let lines = skipped.expect("a list of what is skipped").lines();
    let listed: BTreeSet<&str> = lines
        .filter(|line| line.contains("reason = \""))
        .filter_map(|line| line.split("crate = \"").nth(1)?.split('"').next())
        .collect();

    let tree = Tree::read();
    let mut versions: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for package in &tree.crates {
        versions.entry(&package.name).or_default().push(&package.version);
    }
    let number = |version: &str| -> Vec<u64> {
        version.split(['.', '+', '-']).map_while(|part| part.parse().ok()).collect()
    };
    let mut duplicates = BTreeSet::new();
    for (name, versions) in &mut versions {
        versions.sort_by_key(|version| number(version));
        versions.pop();
        duplicates.extend(versions.iter().map(|version| format!("{name}@{version}")));
    }
    for duplicate in &duplicates {
        assert!(listed.contains(&**duplicate), "{duplicate} is there beside a newer version");
    }
    let gone: Vec<_> = listed.iter().filter(|entry| !duplicates.contains(**entry)).collect();
    assert!(!tree.all_platforms || gone.is_empty(), "in deny.toml, not in the tree: {gone:?}");
}
