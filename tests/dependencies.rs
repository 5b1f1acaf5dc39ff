//! What the crate pulls in: little by default, and each feature its own and nothing else; and that all of
//! it suits the oldest Rust and the licences.

mod documents;
#[path = "dependencies/licences.rs"]
mod licences;
#[path = "dependencies/tree.rs"]
mod tree;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

/// The most crates that a build with default features may take, this one included.
const MOST: usize = 43;

/// What the default build must never hold: runtimes, databases, TLS, HTTP, and C to be built.
const BANNED: [&str; 36] = [
    "actix-rt",
    "async-global-executor",
    "async-io",
    "async-std",
    "aws-lc-rs",
    "axum",
    "cc",
    "curl",
    "diesel",
    "futures-executor",
    "h2",
    "hyper",
    "isahc",
    "lettre",
    "libsqlite3-sys",
    "mio",
    "mongodb",
    "mysql",
    "native-tls",
    "openssl",
    "openssl-sys",
    "pkg-config",
    "postgres",
    "redis",
    "reqwest",
    "ring",
    "rusqlite",
    "rustls",
    "schannel",
    "sled",
    "smol",
    "sqlx",
    "tokio",
    "tokio-postgres",
    "tower",
    "ureq",
];

/// What each feature may add to the default build.
const ADDS: [(&str, &[&str]); 20] = [
    (
        "sqlite",
        &[
            "bitflags",
            "fallible-iterator",
            "fallible-streaming-iterator",
            "foldhash",
            "futures-channel",
            "futures-core",
            "hashbrown",
            "hashlink",
            "libsqlite3-sys",
            "pkg-config",
            "rusqlite",
            "smallvec",
            "vcpkg",
        ],
    ),
    ("sqlite-bundled", &["cc", "find-msvc-tools", "shlex"]),
    ("files", &[]),
    ("csv", &["csv", "csv-core", "memchr", "ryu"]),
    (
        "words",
        &[
            "displaydoc",
            "fluent-bundle",
            "fluent-langneg",
            "fluent-syntax",
            "intl-memoizer",
            "intl_pluralrules",
            "memchr",
            "rustc-hash",
            "self_cell",
            "smallvec",
            "tinystr",
            "type-map",
            "unic-langid",
            "unic-langid-impl",
        ],
    ),
    ("argon2", &["argon2", "base64ct", "blake2", "ctutils", "password-hash", "phc"]),
    (
        "strength",
        &[
            "aho-corasick",
            "bit-set",
            "bit-vec",
            "either",
            "fancy-regex",
            "itertools",
            "lazy_static",
            "memchr",
            "regex",
            "regex-automata",
            "regex-syntax",
            "zxcvbn",
        ],
    ),
    (
        "seal",
        &["aead", "chacha20", "chacha20poly1305", "cipher", "inout", "poly1305", "universal-hash"],
    ),
    (
        "smtp",
        &[
            "base64",
            "bytes",
            "displaydoc",
            "email-encoding",
            "email_address",
            "fastrand",
            "form_urlencoded",
            "futures-core",
            "futures-io",
            "futures-task",
            "futures-util",
            "httpdate",
            "icu_collections",
            "icu_locale_core",
            "icu_normalizer",
            "icu_normalizer_data",
            "icu_properties",
            "icu_properties_data",
            "icu_provider",
            "idna",
            "idna_adapter",
            "lettre",
            "litemap",
            "mime",
            "mio",
            "nom",
            "once_cell",
            "openssl-probe",
            "percent-encoding",
            "pin-project-lite",
            "potential_utf",
            "quoted_printable",
            "rustls",
            "rustls-native-certs",
            "rustls-pki-types",
            "rustls-webpki",
            "slab",
            "smallvec",
            "socket2",
            "stable_deref_trait",
            "synstructure",
            "tinystr",
            "tokio",
            "tokio-rustls",
            "untrusted",
            "url",
            "utf8_iter",
            "utf_types",
            "writeable",
            "yoke",
            "yoke-derive",
            "zerofrom",
            "zerofrom-derive",
            "zerotrie",
            "zerovec",
            "zerovec-derive",
        ],
    ),
    (
        "postgres",
        &[
            "base64",
            "byteorder",
            "bytes",
            "chacha20",
            "const-oid",
            "deadpool",
            "deadpool-postgres",
            "deadpool-runtime",
            "der",
            "der_derive",
            "fallible-iterator",
            "flagset",
            "futures-channel",
            "futures-core",
            "futures-sink",
            "futures-task",
            "futures-util",
            "lock_api",
            "log",
            "md-5",
            "mio",
            "once_cell",
            "openssl-probe",
            "parking_lot",
            "parking_lot_core",
            "percent-encoding",
            "phf",
            "phf_shared",
            "pin-project-lite",
            "postgres-protocol",
            "postgres-types",
            "rustls",
            "rustls-native-certs",
            "rustls-pki-types",
            "rustls-webpki",
            "scopeguard",
            "siphasher",
            "smallvec",
            "socket2",
            "spki",
            "stringprep",
            "syn",
            "tokio",
            "tokio-postgres",
            "tokio-postgres-rustls",
            "tokio-rustls",
            "tokio-util",
            "tracing",
            "tracing-attributes",
            "tracing-core",
            "unicode-bidi",
            "unicode-properties",
            "untrusted",
            "whoami",
            "x509-cert",
        ],
    ),
    (
        "etcd",
        &[
            "anyhow",
            "atomic-waker",
            "base64",
            "bytes",
            "either",
            "equivalent",
            "fnv",
            "futures-channel",
            "futures-core",
            "futures-sink",
            "futures-task",
            "futures-util",
            "h2",
            "hashbrown",
            "http",
            "http-body",
            "http-body-util",
            "httparse",
            "hyper",
            "hyper-timeout",
            "hyper-util",
            "indexmap",
            "itertools",
            "mio",
            "once_cell",
            "openssl-probe",
            "percent-encoding",
            "pin-project",
            "pin-project-internal",
            "pin-project-lite",
            "prost",
            "prost-derive",
            "rustls",
            "rustls-native-certs",
            "rustls-pki-types",
            "rustls-webpki",
            "slab",
            "smallvec",
            "socket2",
            "syn",
            "sync_wrapper",
            "tokio",
            "tokio-rustls",
            "tokio-stream",
            "tokio-util",
            "tonic",
            "tonic-prost",
            "tower",
            "tower-layer",
            "tower-service",
            "tracing",
            "tracing-attributes",
            "tracing-core",
            "try-lock",
            "untrusted",
            "want",
        ],
    ),
    (
        "ldap",
        &[
            "bytes",
            "mio",
            "once_cell",
            "openssl-probe",
            "pin-project-lite",
            "rustls",
            "rustls-native-certs",
            "rustls-pki-types",
            "rustls-webpki",
            "socket2",
            "tokio",
            "tokio-rustls",
            "untrusted",
        ],
    ),
    (
        "sql-directory",
        &[
            "argon2",
            "base64",
            "base64ct",
            "bcrypt",
            "blake2",
            "blowfish",
            "byteorder",
            "cipher",
            "futures-channel",
            "futures-core",
            "inout",
            "password-hash",
            "pbkdf2",
            "phc",
        ],
    ),
    // Beside an adapter these bring a provider: the test below.
    ("tls-aws-lc-rs", &[]),
    ("tls-ring", &[]),
    ("toml", &["serde_spanned", "toml", "toml_datetime", "toml_parser", "toml_writer", "winnow"]),
    ("tower", &["tower-layer", "tower-service"]),
    ("tracing", &["once_cell", "tracing", "tracing-core"]),
    ("testing", &[]),
    ("conformance", &[]),
];

fn read(file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    std::fs::read_to_string(path).expect("readable")
}

fn cargo(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO"))
        .args(arguments)
        .args(["--locked", "--offline"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "cargo {arguments:?}: {errors}");
    String::from_utf8(output.stdout).expect("names are text")
}

/// The names of all crates, this one included, that a build with these features takes.
fn crates(edges: &str, features: &[&str]) -> BTreeSet<String> {
    let mut arguments = vec!["tree", "-e", edges, "--prefix", "none", "--format", "{p}"];
    arguments.extend(["--no-default-features", "--features"]);
    let features = features.join(",");
    arguments.push(&features);
    // `name v1.2.3 (proc-macro)`: name and version tell two versions of one crate apart.
    let name = |line: &str| line.split(' ').take(2).collect::<Vec<_>>().join(" ");
    let found: BTreeSet<String> = cargo(&arguments).lines().map(name).collect();
    assert!(found.iter().any(|package| package.starts_with("sspr ")), "{found:?}");
    found
}

fn names(crates: &BTreeSet<String>) -> BTreeSet<&str> {
    crates.iter().filter_map(|package| package.split(' ').next()).collect()
}

#[test]
fn the_default_build_is_small() {
    let manifest = read("Cargo.toml");
    assert!(manifest.contains("\ndefault = []\n"), "the default features are not none");
    let crates = crates("normal,build", &[]);
    assert!(crates.len() <= MOST, "{} crates: {crates:#?}", crates.len());
}

#[test]
fn the_default_build_holds_no_runtime_database_tls_or_http() {
    let crates = crates("normal,build", &[]);
    let names = names(&crates);
    let held: Vec<&str> = BANNED.into_iter().filter(|banned| names.contains(banned)).collect();
    assert!(held.is_empty(), "{held:?}");
}

#[test]
fn each_feature_adds_only_its_own() {
    let base = crates("normal,build", &[]);
    for (feature, adds) in ADDS {
        let with = crates("normal,build", &[feature]);
        assert!(base.is_subset(&with), "{feature} takes something away");
        let added: BTreeSet<String> = with.difference(&base).cloned().collect();
        let implied = ADDS.iter().filter(|(other, _)| implies(feature, other));
        let allowed: BTreeSet<&str> =
            implied.flat_map(|(_, adds)| *adds).chain(adds).copied().collect();
        for name in names(&added) {
            assert!(allowed.contains(name), "{feature} adds {name}");
        }
    }
    // The test can see what a feature adds at all.
    let sqlite = crates("normal,build", &["sqlite"]);
    assert!(names(&sqlite).contains("rusqlite") && names(&sqlite).contains("libsqlite3-sys"));
    let smtp = crates("normal,build", &["smtp"]);
    assert!(names(&smtp).contains("lettre") && names(&smtp).contains("rustls"));
    let postgres = crates("normal,build", &["postgres"]);
    assert!(names(&postgres).contains("tokio-postgres") && names(&postgres).contains("rustls"));
}

/// The host chooses who does the cryptography: an adapter alone brings nothing that does, and each provider's
/// feature brings that one. A second one would leave the host's own configurations without a default.
#[test]
fn a_provider_of_tls_comes_with_its_feature_only() {
    const PROVIDERS: [&str; 7] =
        ["aws-lc-rs", "aws-lc-sys", "boring", "native-tls", "openssl", "openssl-sys", "ring"];
    for (feature, brings) in [
        (None, &[][..]),
        (Some("tls-aws-lc-rs"), &["aws-lc-rs", "aws-lc-sys"]),
        (Some("tls-ring"), &["ring"]),
    ] {
        let features: Vec<&str> =
            ["smtp", "postgres", "etcd", "ldap"].into_iter().chain(feature).collect();
        let crates = crates("normal,build", &features);
        let names = names(&crates);
        let held: Vec<&str> = PROVIDERS.into_iter().filter(|name| names.contains(name)).collect();
        assert!(names.contains("rustls") && held == brings, "{feature:?}: {held:?}");
    }
}

/// Who builds all features needs no protocol compiler and runs none.
#[test]
fn etcd_needs_no_protocol_compiler() {
    let crates = crates("normal,build", &["etcd"]);
    let names = names(&crates);
    let generators = ["etcd-client", "prost-build", "protoc-bin-vendored", "tonic-prost-build"];
    let held: Vec<&str> =
        generators.into_iter().filter(|generator| names.contains(generator)).collect();
    assert!(names.contains("tonic") && held.is_empty(), "{held:?}");
}

#[test]
fn every_feature_has_a_rule_here() {
    let features = feature_lines();
    let known: BTreeSet<&str> = ADDS.iter().map(|(feature, _)| *feature).collect();
    let features: BTreeSet<&str> = features.keys().map(String::as_str).collect();
    assert_eq!(features, known);
}

/// Whether `Cargo.toml` names this other feature among what the feature turns on.
fn implies(feature: &str, other: &str) -> bool {
    feature_lines().get(feature).is_some_and(|list| list.contains(&format!("\"{other}\"")))
}

/// The features in `Cargo.toml`, but for the default, with the list of each.
fn feature_lines() -> BTreeMap<String, String> {
    let mut features = documents::features();
    features.remove("default");
    features
}
