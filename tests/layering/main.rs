//! The layers and the imports of the source: domain <- port <- engine, adapters beside the engine.

mod names;
mod sizes;
mod source;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use names::{Named, Names};
use source::{Source, sources, tokens};

/// The layers that each layer may name, by the files that define the names.
const MAY_NAME: [(&str, &[&str]); 10] = [
    ("domain", &["domain"]),
    ("port", &["port", "domain"]),
    ("engine", &["engine", "port", "domain"]),
    ("transfer", &["transfer", "port", "domain"]),
    ("adapters", &["adapters", "port", "domain"]),
    ("words", &["words", "adapters", "port", "domain", "engine"]),
    ("testing", &["testing", "adapters", "port", "domain", "engine"]),
    ("conformance", &["conformance", "testing", "adapters", "port", "domain", "engine"]),
    ("web", &["web", "port", "domain", "engine"]),
    // Text only: its examples use the crate as a host does.
    ("manual", &["manual"]),
];

/// The layers beside the engine. They name what `lib.rs` exports, as code outside the crate does.
const OUTER: [&str; 5] = ["adapters", "words", "testing", "conformance", "web"];

/// What the outer layers name although `lib.rs` does not export it, each with the reason.
const INTERNAL: [(&str, &str); 7] = [
    ("domain::crypto::keys::SealSecret", "the seal derives its key as the engine derives its keys"),
    ("domain::crypto::keys::seal_key", "the same"),
    ("domain::crypto::mac::mac_parts", "the test seal authenticates with the crate's own MAC"),
    ("domain::crypto::secret::secrets_equal", "the only comparison of secrets"),
    ("domain::crypto::totp::code_at", "a simulated authenticator shows the codes of the engine"),
    ("domain::crypto::totp::step_at", "the same"),
    ("domain::password::composed", "the directory hashes passwords in the engine's normal form"),
];

/// Words of the language and of the standard library that have no place in a pure core.
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

#[test]
fn layers_name_only_what_is_below_them() {
    let sources = sources();
    let names = Names::read(&sources);
    let mut broken = Vec::new();
    for source in &sources {
        let Some(layer) = source.layer() else {
            assert_eq!(source.name, "lib.rs", "a file outside every layer");
            continue;
        };
        let rule = MAY_NAME.iter().find(|(known, _)| *known == layer);
        let (_, allowed) = rule.unwrap_or_else(|| panic!("{layer} is no layer: add its rule"));
        broken.extend(not_below(&names, source, allowed));
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

/// The paths of this file whose items other layers than the allowed ones define.
fn not_below(names: &Names, source: &Source, allowed: &[&str]) -> Vec<String> {
    let layer_of = |file: &str| file.split('/').next().unwrap_or_default().to_owned();
    let is_inner = source.layer().is_some_and(|layer| !OUTER.contains(&layer));
    let is_below = |named: &&Named| {
        // The modules that `lib.rs` itself declares are for hosts and the layers beside the engine.
        let is_public = named.path.first().is_some_and(|first| names.is_export_module(first));
        let layer = names.file_of(&named.path).map(layer_of);
        !(is_inner && is_public) && layer.is_none_or(|layer| allowed.contains(&layer.as_str()))
    };
    let named = names.named[&source.name].iter().filter(|named| !is_below(named));
    named.map(|named| format!("{} names {}", source.name, named.path.join("::"))).collect()
}

#[test]
fn layers_beside_the_engine_name_what_the_crate_exports() {
    let sources = sources();
    let names = Names::read(&sources);
    let mut used = BTreeSet::new();
    let mut broken = Vec::new();
    for source in &sources {
        let is_outer = source.layer().is_some_and(|layer| OUTER.contains(&layer));
        // The benchmarks of this package measure internals.
        if !is_outer || source.name == "testing/internals.rs" {
            continue;
        }
        for named in &names.named[&source.name] {
            if !matches!(named.path.first().map(String::as_str), Some("domain" | "engine")) {
                continue;
            }
            let path = named.path.join("::");
            match INTERNAL.iter().find(|(known, _)| *known == path) {
                Some((known, _)) => _ = used.insert(*known),
                None => broken.push(format!("{} names {path}", source.name)),
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
    let unused = INTERNAL.iter().map(|(known, _)| *known).filter(|known| !used.contains(known));
    assert_eq!(unused.collect::<Vec<_>>(), [""; 0], "no longer named: remove the exception");
}

#[test]
fn no_two_files_import_each_other() {
    let names = Names::read(&sources());
    let imports = names.imports_of_files();
    let circles: Vec<Vec<&str>> =
        imports.keys().filter_map(|file| circle(&imports, file)).collect();
    // One wrong import can close many circles: the shortest show it.
    let told: BTreeSet<(usize, String)> =
        circles.iter().map(|files| (files.len(), shown(&imports, files))).collect();
    assert!(told.is_empty(), "{:#?}", told.iter().take(5).collect::<Vec<_>>());
}

/// A shortest circle of imports from this file back to itself, beginning with it.
fn circle<'a>(
    imports: &BTreeMap<&'a str, BTreeMap<&'a str, BTreeSet<&'a str>>>,
    start: &'a str,
) -> Option<Vec<&'a str>> {
    let mut came_from = BTreeMap::new();
    let mut open = VecDeque::from([start]);
    while let Some(file) = open.pop_front() {
        for target in imports.get(file).into_iter().flat_map(|targets| targets.keys().copied()) {
            if target == start {
                let before = |file: &&str| came_from.get(file).copied();
                let mut files: Vec<&str> = std::iter::successors(Some(file), before).collect();
                files.reverse();
                return Some(files);
            }
            if !came_from.contains_key(target) {
                came_from.insert(target, file);
                open.push_back(target);
            }
        }
    }
    None
}

/// A circle with the names that lead around it. It begins with the file that sorts first.
fn shown(imports: &BTreeMap<&str, BTreeMap<&str, BTreeSet<&str>>>, circle: &[&str]) -> String {
    let first = (0..circle.len()).min_by_key(|place| circle[*place]).unwrap_or(0);
    let at = |place: usize| circle[(first + place) % circle.len()];
    let steps = (0..circle.len()).map(|place| {
        let (from, to) = (at(place), at(place + 1));
        let names: Vec<&str> = imports[from][to].iter().copied().collect();
        format!("{from} -({})->", names.join(", "))
    });
    steps.chain([at(0).to_owned()]).collect::<Vec<_>>().join(" ")
}

#[test]
fn the_domain_is_pure() {
    let mut broken = Vec::new();
    let sources = sources();
    let domain = sources.iter().filter(|source| source.layer() == Some("domain"));
    // Compiled for tests only: the stored forms are compared with files.
    for source in domain.filter(|source| !source.name.starts_with("domain/golden/")) {
        let tokens = tokens(&source.text);
        for word in tokens.iter().filter(|word| IMPURE.contains(&word.as_str())) {
            broken.push(format!("{}: {word}", source.name));
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

/// What the reader of the source sees.
#[test]
fn the_reader_sees_what_is_code() {
    let text = "//! crate::engine\nuse crate::{engine::{Engine as E, self}, port};\n\
                let a = \"crate::port\"; // super::engine\n/* /* crate::x */ */ let q = '\"';\n\
                fn f<'a>() -> super::super::adapters::X { port::y(r#\"\"#, 'x'); E::z() }\n\
                #[cfg(test)]\nmod tests { use super::*; }\n\
                #[serde(with = \"crate::hex\")]\npub(crate) use self::shared::Y;";
    let names = Names::read(&[Source::new("domain/account/mod.rs", text)]);
    let seen = |named: &Named| {
        let kind = if named.in_test { " in a test" } else { "" };
        let kind = if named.reexport { " again" } else { kind };
        named.path.join("::") + kind
    };
    let found: Vec<String> = names.named["domain/account/mod.rs"].iter().map(seen).collect();
    assert_eq!(
        found,
        [
            "engine::Engine",
            "engine",
            "port",
            "adapters::X",
            "domain::account in a test",
            "hex",
            "domain::account::shared::Y again",
            "port::y",
            "engine::Engine::z",
        ]
    );
    assert!(tokens("async {}").contains(&"async".to_owned()));
}

/// A name is followed through imports and re-exports to the file that defines it, and a circle is
/// found over any number of files.
#[test]
fn the_reader_follows_names_to_their_files() {
    let sources = [
        Source::new("lib.rs", "mod a; mod b; mod c; pub mod shown { pub use crate::b::B; }"),
        Source::new("a/mod.rs", "mod inner; pub(crate) use inner::{A, helper}; use crate::b::B;"),
        Source::new("a/inner.rs", "use super::B as Other; pub(crate) struct A(Other);"),
        Source::new("b.rs", "use crate::c; fn f() { c::run() } pub struct B;"),
        Source::new("c.rs", "use crate::a; pub fn run() { a::helper() } #[cfg(test)] mod tests;"),
        Source::new("c/tests.rs", "use crate::shown::B;"),
    ];
    let names = Names::read(&sources);
    let imports = names.imports_of_files();
    let targets = |file: &str| imports[file].keys().copied().collect::<Vec<_>>();
    assert_eq!(targets("a/mod.rs"), ["b.rs"]);
    assert_eq!(targets("a/inner.rs"), ["b.rs"]);
    assert_eq!(targets("b.rs"), ["c.rs"]);
    assert_eq!(targets("c.rs"), ["a/inner.rs"]);
    assert_eq!(targets("c/tests.rs"), [""; 0]);
    let path = ["shown", "B"].map(str::to_owned);
    assert_eq!(names.file_of(&path), Some("b.rs"));
    let found = circle(&imports, "b.rs").expect("a circle");
    assert_eq!(
        shown(&imports, &found),
        "a/inner.rs -(B)-> b.rs -(run)-> c.rs -(helper)-> a/inner.rs"
    );
    assert_eq!(circle(&imports, "a/mod.rs"), None);
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
