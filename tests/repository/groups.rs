//! Whether a few groups of features show what a check of each feature alone would show.
//!
//! A feature fails alone where it uses something that it does not switch on: an optional crate, a feature of a crate, or
//! code under a condition. A group with that feature and without that something fails in the same way.

use std::collections::BTreeSet;

use crate::documents::{features, read};
use crate::sources;

/// Names as they stand in the `[features]` of `Cargo.toml`: features, `dep:crate` and `crate/feature`.
type Names = BTreeSet<String>;

/// What a feature can use: a name that is switched on, or code under a condition that holds.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Used {
    Name(String),
    Code(String),
}

impl Used {
    fn is_there(&self, on: &Names) -> bool {
        match self {
            Self::Name(name) => on.contains(name),
            Self::Code(condition) => holds(condition, on),
        }
    }
}

fn words(list: &str, quote: char) -> impl Iterator<Item = &str> {
    list.split(quote).skip(1).step_by(2)
}

/// All names that these features switch on, themselves included.
fn switched_on<'a>(wanted: impl IntoIterator<Item = &'a str>) -> Names {
    let table = features();
    let mut left: Vec<String> = wanted.into_iter().map(str::to_owned).collect();
    let mut on = Names::new();
    while let Some(name) = left.pop() {
        if let Some(implied) = table.get(&name) {
            left.extend(words(implied, '"').map(str::to_owned));
        }
        on.insert(name);
    }
    on
}

/// The arguments of `any(a, all(b, c))`, split at the commas of this level.
fn arguments(list: &str) -> Vec<&str> {
    let (mut found, mut depth, mut from) = (Vec::new(), 0, 0);
    for (at, symbol) in list.char_indices() {
        match symbol {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth == 0 => {
                found.push(list[from..at].trim());
                from = at + 1;
            }
            _ => {}
        }
    }
    found.push(list[from..].trim());
    found.retain(|argument| !argument.is_empty());
    found
}

/// Whether a condition of `cfg` holds in the library. Whatever is no feature (`test`) is off there.
fn holds(condition: &str, on: &Names) -> bool {
    let condition = condition.trim();
    let inner = |start: &str| condition.strip_prefix(start).and_then(|rest| rest.strip_suffix(')'));
    if let Some(list) = inner("any(") {
        arguments(list).into_iter().any(|argument| holds(argument, on))
    } else if let Some(list) = inner("all(") {
        arguments(list).into_iter().all(|argument| holds(argument, on))
    } else if let Some(argument) = inner("not(") {
        !holds(argument, on)
    } else {
        let feature =
            condition.strip_prefix("feature = \"").and_then(|rest| rest.strip_suffix('"'));
        feature.is_some_and(|feature| on.contains(feature))
    }
}

/// The conditions on features in a source.
fn conditions(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for start in ["cfg(", "cfg_attr("] {
        for rest in text.split(start).skip(1) {
            let mut depth = 1;
            let end = rest.find(|symbol| {
                depth += i32::from(symbol == '(') - i32::from(symbol == ')');
                depth == 0
            });
            let condition = arguments(&rest[..end.expect("a closed condition")])[0];
            if condition.contains("feature = ") {
                found.insert(condition.split_whitespace().collect::<Vec<_>>().join(" "));
            }
        }
    }
    found
}

/// All conditions, and what has to be checked under them: each feature, and each pair that acts together. A pair does so
/// where a condition on both is not that on one or the other, or where one has a condition in the module of the other.
fn conditions_and_subjects() -> (BTreeSet<String>, BTreeSet<Names>) {
    let names: Vec<String> = features().into_keys().filter(|name| name != "default").collect();
    let mut all = BTreeSet::new();
    let set = |names: [&String; 2]| Names::from(names.map(Clone::clone));
    let mut subjects: BTreeSet<Names> = names.iter().map(|name| set([name, name])).collect();
    for (file, text) in sources("src") {
        let module = names.iter().find(|name| {
            let folder = name.replace('-', "_");
            ["src", "src/adapters"].iter().any(|up| file.starts_with(&format!("{up}/{folder}/")))
        });
        for condition in conditions(&text) {
            let named: Vec<&String> =
                names.iter().filter(|name| condition.contains(&format!("\"{name}\""))).collect();
            let with = |on: &[&String]| holds(&condition, &on.iter().copied().cloned().collect());
            let ordered = named.iter().flat_map(|one| named.iter().map(move |two| (*one, *two)));
            let together = ordered.filter(|(one, two)| {
                one < two && with(&[one, two]) != (with(&[one]) || with(&[two]))
            });
            subjects.extend(together.map(|(one, two)| set([one, two])));
            let in_module =
                module.into_iter().flat_map(|module| named.iter().map(move |name| [module, name]));
            subjects.extend(in_module.map(set));
            all.insert(condition);
        }
    }
    (all, subjects)
}

/// What no group shows, as one line each.
fn unseen(groups: &[Vec<String>]) -> Vec<String> {
    let (conditions, subjects) = conditions_and_subjects();
    let all = switched_on(features().keys().map(String::as_str));
    let used = all.into_iter().map(Used::Name).chain(conditions.into_iter().map(Used::Code));
    let used: Vec<Used> = used.collect();
    let groups: Vec<Names> =
        groups.iter().map(|group| switched_on(group.iter().map(String::as_str))).collect();
    let mut unseen = Vec::new();
    for subject in &subjects {
        let alone = switched_on(subject.iter().map(String::as_str));
        for used in &used {
            let there = used.is_there(&alone);
            let shows = |group: &Names| alone.is_subset(group) && used.is_there(group) == there;
            if !groups.iter().any(shows) {
                unseen.push(format!("{subject:?} with {used:?} {there}"));
            }
        }
    }
    unseen
}

fn groups() -> Vec<Vec<String>> {
    let script = read(".ci/run");
    let list = script.split("\nfeature_groups=(\n").nth(1).expect("the groups");
    let lines = list.lines().take_while(|line| *line != ")");
    lines.map(|line| line.trim().split(',').map(str::to_owned).collect()).collect()
}

#[test]
fn the_groups_of_features_show_what_each_feature_alone_would() {
    let groups = groups();
    assert!(groups.len() > 4, "{groups:?}");
    let known: Names = features().into_keys().collect();
    for feature in groups.iter().flatten() {
        assert!(known.contains(feature), ".ci/run checks a feature {feature}");
    }
    let unseen = unseen(&groups);
    assert!(unseen.is_empty(), "add groups to .ci/run that show:\n{}", unseen.join("\n"));
}

#[test]
fn no_group_is_idle() {
    let groups = groups();
    for left_out in 0..groups.len() {
        let mut rest = groups.clone();
        rest.remove(left_out);
        assert!(!unseen(&rest).is_empty(), "{:?} shows nothing of its own", groups[left_out]);
    }
}

#[test]
fn conditions_hold_as_the_compiler_reads_them() {
    let on: Names = ["a", "b"].map(str::to_owned).into();
    for (condition, expected) in [
        ("feature = \"a\"", true),
        ("feature = \"c\"", false),
        ("test", false),
        ("any(test, feature = \"b\")", true),
        ("all(feature = \"a\", any(feature = \"c\", feature = \"d\"))", false),
        ("all(feature = \"a\", not(feature = \"c\"))", true),
        ("not(any(feature = \"a\", feature = \"c\"))", false),
    ] {
        assert_eq!(holds(condition, &on), expected, "{condition}");
    }
}
