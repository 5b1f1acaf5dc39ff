//! The layers, read from the source: domain <- port <- engine, adapters beside the engine.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Which layers each layer may name.
const MAY_NAME: [(&str, &[&str]); 8] = [
    ("domain", &["domain"]),
    ("port", &["port", "domain"]),
    ("engine", &["engine", "port", "domain"]),
    ("transfer", &["transfer", "port", "domain"]),
    ("adapters", &["adapters", "port", "domain", PUBLIC]),
    ("testing", &["testing", "adapters", "port", "domain", "engine", PUBLIC]),
    ("conformance", &["conformance", "testing", "adapters", "port", "domain", "engine", PUBLIC]),
    // Text only: its examples use the crate as everybody does.
    ("manual", &["manual"]),
];

/// The modules that `lib.rs` itself declares: names for users, and for the layers beside the engine.
const PUBLIC: &str = "the public modules of lib.rs";

/// What a pure core has no use for. Names of the standard library and of syntax, as whole words.
const IMPURE: [&str; 17] = [
    "async",
    "await",
    "SystemTime",
    "Instant",
    "UNIX_EPOCH",
    "thread",
    "Mutex",
    "RwLock",
    "Condvar",
    "println",
    "eprintln",
    "File",
    "TcpStream",
    "env",
    "process",
    "rand",
    "SysRng",
];

const MAX_LINES: usize = 400;
const MEDIAN_LINES: usize = 165;

struct Source {
    /// Relative to `src`, with `/` on every system.
    name: String,
    text: String,
}

impl Source {
    fn layer(&self) -> Option<&str> {
        self.name.split_once('/').map(|(layer, _)| layer)
    }

    /// The modules that hold this file's items, from the crate's root.
    fn module(&self) -> Vec<&str> {
        let stem = self.name.strip_suffix(".rs").expect("a source file");
        let mut path: Vec<&str> = stem.split('/').collect();
        if matches!(path.last(), Some(&("mod" | "lib"))) {
            path.pop();
        }
        path
    }
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    collect(&root, &root, &mut found);
    assert!(found.len() > 50, "only {} source files were found", found.len());
    found
}

fn collect(root: &Path, folder: &Path, into: &mut Vec<Source>) {
    let entries = fs::read_dir(folder).expect("a readable folder");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            collect(root, &path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let relative = path.strip_prefix(root).expect("below the root").to_string_lossy();
            let text = fs::read_to_string(&path).expect("readable");
            into.push(Source { name: relative.replace('\\', "/"), text });
        }
    }
}

/// The code without comments and without what strings hold, line by line.
fn code(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    for line in text.lines() {
        let (mut in_string, mut escaped, mut previous) = (false, false, ' ');
        for (place, symbol) in line.char_indices() {
            if in_string {
                in_string = escaped || symbol != '"';
                escaped = symbol == '\\' && !escaped;
                continue;
            }
            if line[place..].starts_with("//") {
                break;
            }
            // A quote in quotes is a character, not the start of a string.
            in_string = symbol == '"' && previous != '\'';
            code.push(symbol);
            previous = symbol;
        }
        code.push('\n');
    }
    code
}

fn words(code: &str) -> impl Iterator<Item = &str> {
    code.split(|symbol: char| !symbol.is_alphanumeric() && symbol != '_')
}

/// Paths that begin with `crate::` or `super::`, as the segments from the crate's root.
fn paths(source: &Source) -> Vec<Vec<String>> {
    let code = code(&source.text);
    let mut found = Vec::new();
    for start in ["crate::", "super::"] {
        for (place, _) in code.match_indices(start) {
            // `super::super::x` is found at its first `super` only; `$crate` is a macro's.
            if code[..place].ends_with("::") || code[..place].ends_with('$') {
                continue;
            }
            // An inline module counts one `super` more; it can only leave its own file with it.
            let mut path: Vec<String> =
                source.module().iter().map(|&segment| segment.to_owned()).collect();
            let mut rest = &code[place..];
            if let Some(after) = rest.strip_prefix("crate::") {
                path.clear();
                rest = after;
            }
            while let Some(after) = rest.strip_prefix("super::") {
                path.pop();
                rest = after;
            }
            if let Some(group) = rest.strip_prefix('{') {
                let end = group.find('}').expect("a group ends");
                for entry in group[..end].split(',') {
                    let first = words(entry.trim()).next().unwrap_or_default().to_owned();
                    let mut path = path.clone();
                    path.push(first);
                    found.push(path);
                }
                continue;
            }
            let first = words(rest).next().unwrap_or_default().to_owned();
            path.push(first);
            found.push(path);
        }
    }
    found
}

/// The names that `lib.rs` re-exports, each with the layer that it comes from.
fn reexports(sources: &[Source]) -> BTreeMap<String, String> {
    let lib = sources.iter().find(|source| source.name == "lib.rs").expect("lib.rs");
    let mut names = BTreeMap::new();
    for statement in code(&lib.text).split([';', '}']) {
        if let Some((_, module)) = statement.split_once("pub mod ")
            && let Some((name, _)) = module.split_once(" {")
        {
            names.insert(name.to_owned(), PUBLIC.to_owned());
        }
        let Some(path) = statement.trim().strip_prefix("pub use ") else { continue };
        let layer = words(path).next().expect("a path").to_owned();
        let from = path.rfind("::").map_or(0, |place| place + 2);
        let from = path.find('{').unwrap_or(from);
        for name in words(&path[from..]).filter(|word| !word.is_empty()) {
            names.insert(name.to_owned(), layer.clone());
        }
    }
    assert_eq!(names.get("Engine").map(String::as_str), Some("engine"));
    assert_eq!(names.get("Policy").map(String::as_str), Some("domain"));
    assert_eq!(names.get("facts").map(String::as_str), Some(PUBLIC));
    names
}

/// Every name of another layer in this file: the layer, and the path as it was written.
fn foreign(source: &Source, reexports: &BTreeMap<String, String>) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for path in paths(source) {
        let root = path.first().cloned().unwrap_or_default();
        let layer = reexports.get(&root).cloned().unwrap_or(root);
        let known = layer == PUBLIC || MAY_NAME.iter().any(|(known, _)| *known == layer);
        if known && source.layer() != Some(&*layer) {
            found.push((layer, path.join("::")));
        }
    }
    found
}

#[test]
fn layers_name_only_what_is_below_them() {
    let sources = sources();
    let reexports = reexports(&sources);
    let mut broken = Vec::new();
    for source in &sources {
        let Some(layer) = source.layer() else {
            assert_eq!(source.name, "lib.rs", "a file outside every layer");
            continue;
        };
        let rule = MAY_NAME.iter().find(|(known, _)| *known == layer);
        let (_, allowed) = rule.unwrap_or_else(|| panic!("{layer} is no layer: add its rule"));
        for (other, path) in foreign(source, &reexports) {
            if !allowed.contains(&other.as_str()) {
                broken.push(format!("{} names {path}", source.name));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn the_domain_is_pure() {
    let mut broken = Vec::new();
    let sources = sources();
    let domain = sources.iter().filter(|source| source.layer() == Some("domain"));
    // Compiled for tests only: the stored forms are held against files.
    for source in domain.filter(|source| !source.name.starts_with("domain/golden/")) {
        let code = code(&source.text);
        for word in words(&code).filter(|word| IMPURE.contains(word)) {
            broken.push(format!("{}: {word}", source.name));
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn files_are_short() {
    let sources = sources();
    let mut lengths: Vec<usize> =
        sources.iter().map(|source| source.text.lines().count()).collect();
    lengths.sort_unstable();
    for source in &sources {
        let lines = source.text.lines().count();
        assert!(lines <= MAX_LINES, "{} has {lines} lines", source.name);
    }
    let median = lengths[lengths.len() / 2];
    assert!(median < MEDIAN_LINES, "the median is {median} lines");
}

/// The reader itself: what it must see, and what it must not.
#[test]
fn the_reader_sees_what_is_code() {
    let text = "//! crate::engine\nuse crate::{engine::Engine, port};\nlet a = \"crate::port\"; \
                // super::engine\nfn f() -> super::super::adapters::X {}\nlet q = '\"'; async {}";
    let source = Source { name: "domain/account/flow.rs".to_owned(), text: text.to_owned() };
    let found: Vec<String> = paths(&source).iter().map(|path| path.join("::")).collect();
    assert_eq!(found, ["engine", "port", "domain::adapters"]);
    assert!(words(&code(text)).any(|word| word == "async"));
    let reexports = BTreeMap::from([("Engine".to_owned(), "engine".to_owned())]);
    let text = "crate::Engine::x(); super::super::super::port::y()".to_owned();
    let source = Source { name: "domain/account/flow.rs".to_owned(), text };
    let layers: Vec<String> = foreign(&source, &reexports).into_iter().map(|path| path.0).collect();
    assert_eq!(layers, ["engine", "port"]);
}

/// A reader who meets a name knows which type it is: public and crate-wide types have one name each.
#[test]
fn no_two_public_or_crate_wide_types_share_a_name() {
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for source in sources() {
        for line in source.text.lines() {
            let item = line.strip_prefix("pub ").or_else(|| line.strip_prefix("pub(crate) "));
            let mut words = item.unwrap_or_default().split([' ', '<', '(', ';', ':', '{']);
            if matches!(words.next(), Some("struct" | "enum" | "trait" | "type" | "union"))
                && let Some(name) = words.next()
            {
                found.entry(name.to_owned()).or_default().push(source.name.clone());
            }
        }
    }
    assert!(found.len() > 200, "only {} types were found", found.len());
    assert!(found.contains_key("Engine") && found.contains_key("Transition"));
    found.retain(|_, files| files.len() > 1);
    assert!(found.is_empty(), "one name, several types: {found:?}");
}
