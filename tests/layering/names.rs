//! What the files of `src` name, and the file that defines each name.
//!
//! A path is followed through `use` declarations and re-exports to the file that defines its item.
//! Names that come without a path (methods, fields, what a glob brings) are not seen.

use std::collections::{BTreeMap, BTreeSet};

use super::source::{Source, tokens};

/// A path of the crate that a file names.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Named {
    /// The path as written, from the root of the crate.
    pub(crate) path: Vec<String>,
    /// Whether only test code names it.
    pub(crate) in_test: bool,
    /// Whether it stands in a re-export, which is no import.
    pub(crate) reexport: bool,
}

/// A name that a `use` brings into a module.
struct Import {
    module: Vec<String>,
    name: String,
    path: Vec<String>,
}

/// A path, or a single word, that may begin with the name of an import.
struct Relative {
    module: Vec<String>,
    path: Vec<String>,
    in_test: bool,
}

/// One file, read.
#[derive(Default)]
struct Reading {
    named: Vec<Named>,
    imports: Vec<Import>,
    /// The modules and files that are declared for tests only.
    test_modules: Vec<Vec<String>>,
    /// Paths whose first word may be an import of the module.
    relative: Vec<Relative>,
}

/// The names of all files.
pub(crate) struct Names {
    /// The file of each module.
    files: BTreeMap<Vec<String>, String>,
    /// What the `use` declarations of each module bring: the path of each name.
    imports: BTreeMap<Vec<String>, BTreeMap<String, Vec<String>>>,
    /// What each file names.
    pub(crate) named: BTreeMap<String, Vec<Named>>,
}

impl Names {
    pub(crate) fn read(sources: &[Source]) -> Self {
        let files: BTreeMap<Vec<String>, String> =
            sources.iter().map(|source| (source.module(), source.name.clone())).collect();
        let mut names = Self { files, imports: BTreeMap::new(), named: BTreeMap::new() };
        let readings: Vec<Reading> =
            sources.iter().map(|source| Reader::new(&names.files, source).read()).collect();
        let mut test_modules = Vec::new();
        for reading in &readings {
            test_modules.extend(reading.test_modules.iter().cloned());
            for import in &reading.imports {
                let module = names.imports.entry(import.module.clone()).or_default();
                module.insert(import.name.clone(), import.path.clone());
            }
        }
        for (source, reading) in sources.iter().zip(readings) {
            let module = source.module();
            let is_test = test_modules.iter().any(|test| module.starts_with(test));
            let relative = reading.relative.into_iter().filter_map(|relative| {
                let imported = names.imports.get(&relative.module)?.get(&relative.path[0])?;
                let path = imported.iter().chain(&relative.path[1..]).cloned().collect();
                Some(Named { path, in_test: relative.in_test, reexport: false })
            });
            let mut named: Vec<Named> = reading.named.into_iter().chain(relative).collect();
            for name in &mut named {
                name.in_test |= is_test;
            }
            names.named.insert(source.name.clone(), named);
        }
        names
    }

    /// Whether `lib.rs` itself declares this module, for its exports.
    pub(crate) fn is_export_module(&self, name: &str) -> bool {
        let module = [name.to_owned()];
        self.imports.contains_key(&module[..]) && !self.files.contains_key(&module[..])
    }

    /// The file that defines the item of this path. `None` for a module, and for `lib.rs`.
    pub(crate) fn file_of(&self, path: &[String]) -> Option<&str> {
        self.follow(path, 0)
    }

    fn follow(&self, path: &[String], depth: usize) -> Option<&str> {
        assert!(depth < 20, "{path:?} leads to itself");
        let module = (0..=path.len()).rev().map(|length| &path[..length]).find(|module| {
            self.files.contains_key(*module) || self.imports.contains_key(*module)
        })?;
        let (name, rest) = path[module.len()..].split_first()?;
        if let Some(target) = self.imports.get(module).and_then(|names| names.get(name))
            && *target != path[..=module.len()]
        {
            let target: Vec<String> = target.iter().chain(rest).cloned().collect();
            return self.follow(&target, depth + 1);
        }
        self.files.get(module).map(String::as_str).filter(|file| *file != "lib.rs")
    }

    /// The files whose items each file imports, with the names; re-exports and test code aside.
    pub(crate) fn imports_of_files(&self) -> BTreeMap<&str, BTreeMap<&str, BTreeSet<&str>>> {
        let mut imports: BTreeMap<&str, BTreeMap<&str, BTreeSet<&str>>> = BTreeMap::new();
        for (file, named) in &self.named {
            let of_file = imports.entry(file).or_default();
            for name in named.iter().filter(|name| !name.in_test && !name.reexport) {
                let Some(target) = self.file_of(&name.path).filter(|target| target != file) else {
                    continue;
                };
                of_file.entry(target).or_default().extend(name.path.last().map(String::as_str));
            }
        }
        imports
    }
}

/// Reads the tokens of one file.
struct Reader<'a> {
    files: &'a BTreeMap<Vec<String>, String>,
    tokens: Vec<String>,
    at: usize,
    /// The module of the file, then the inline modules that are open, with their depth of braces.
    module: Vec<String>,
    inline: Vec<usize>,
    depth: usize,
    /// The token at which test code ends.
    test_until: usize,
    reading: Reading,
}

impl<'a> Reader<'a> {
    fn new(files: &'a BTreeMap<Vec<String>, String>, source: &Source) -> Self {
        Self {
            files,
            tokens: tokens(&source.text),
            at: 0,
            module: source.module(),
            inline: Vec::new(),
            depth: 0,
            test_until: 0,
            reading: Reading::default(),
        }
    }

    /// The token at a place, or an empty one after the end.
    fn token(&self, at: usize) -> &str {
        self.tokens.get(at).map_or("", String::as_str)
    }

    fn before(&self) -> &str {
        if self.at == 0 { "" } else { self.token(self.at - 1) }
    }

    fn in_test(&self) -> bool {
        self.at < self.test_until
    }

    fn read(mut self) -> Reading {
        while self.at < self.tokens.len() {
            match self.token(self.at) {
                "#" => self.attribute(),
                "{" => self.depth += 1,
                "}" => {
                    self.depth -= 1;
                    if self.inline.last() == Some(&self.depth) {
                        self.inline.pop();
                        self.module.pop();
                    }
                }
                "mod" if self.token(self.at + 2) == "{" => {
                    self.module.push(self.token(self.at + 1).to_owned());
                    self.inline.push(self.depth);
                    self.at += 1;
                }
                "use" if self.token(self.at + 1) != "<" => self.import(),
                word if is_word(word) => self.path(),
                _ => {}
            }
            self.at += 1;
        }
        self.reading
    }

    /// An attribute: the paths in its strings, and what it declares as test code. Its words are not
    /// read.
    fn attribute(&mut self) {
        let start = self.at;
        let Some(end) = self.closing("[", "]") else { return };
        let words = &self.tokens[start..end];
        let is_test = words.iter().any(|word| word == "cfg")
            && words.iter().any(|word| word == "test")
            && words.iter().all(|word| word != "not");
        let strings: Vec<Vec<String>> = words
            .iter()
            .filter_map(|word| word.strip_prefix('"')?.strip_suffix('"'))
            .filter(|text| text.starts_with("crate::"))
            .map(|text| text.split("::").map(str::to_owned).collect())
            .collect();
        for path in strings {
            self.name(&path, false);
        }
        self.at = end;
        if is_test && !self.in_test() {
            self.test_until = self.end_of_item(end + 1);
            self.declare_test_module(end + 1);
        }
    }

    /// Notes the module that an item for tests declares, and the file that `#[path]` gives it.
    fn declare_test_module(&mut self, from: usize) {
        let item = &self.tokens[from..self.test_until];
        let Some(place) = item.iter().position(|word| word == "mod") else { return };
        let (name, end) = (&item[place + 1], &item[place + 2]);
        if end != ";" {
            return;
        }
        let mut path = self.module.clone();
        path.push(name.clone());
        self.reading.test_modules.push(path);
        let file = item[..place].iter().find_map(|word| word.strip_suffix(".rs\""));
        if let Some(stem) = file.and_then(|word| word.strip_prefix('"')) {
            let mut path = self.module.clone();
            path.pop();
            path.push(stem.to_owned());
            self.reading.test_modules.push(path);
        }
    }

    /// The place of the bracket that closes the first one from here.
    fn closing(&self, open: &str, close: &str) -> Option<usize> {
        let mut depth = 0;
        for (place, token) in self.tokens.iter().enumerate().skip(self.at) {
            depth += usize::from(token == open);
            if token == close {
                depth -= 1;
                if depth == 0 {
                    return Some(place);
                }
            }
        }
        None
    }

    /// The end of the item, statement or field that begins at `from`.
    fn end_of_item(&self, from: usize) -> usize {
        let (mut depth, mut is_use) = (0_i32, false);
        for (place, token) in self.tokens.iter().enumerate().skip(from) {
            match token.as_str() {
                "(" | "[" | "{" => depth += 1,
                ")" | "]" | "}" => depth -= 1,
                "use" => is_use = true,
                ";" if depth == 0 => return place + 1,
                _ => {}
            }
            if depth < 0 || (depth == 0 && token == "}" && !is_use) {
                return place + 1;
            }
        }
        self.tokens.len()
    }

    /// A `use` declaration.
    fn import(&mut self) {
        let reexport = matches!(self.before(), "pub" | ")");
        let in_test = self.in_test();
        self.at += 1;
        let mut found = Vec::new();
        self.tree(&[], &mut found);
        for (path, alias) in found {
            let Some(path) = self.absolute(&path) else { continue };
            let name = alias.or_else(|| path.last().cloned()).unwrap_or_default();
            if name != "*" && name != "_" {
                let (module, path) = (self.module.clone(), path.clone());
                self.reading.imports.push(Import { module, name, path });
            }
            let path = if path.last().is_some_and(|last| last == "*") {
                path[..path.len() - 1].to_vec()
            } else {
                path
            };
            self.reading.named.push(Named { path, in_test, reexport });
        }
    }

    /// The paths of the tree from here to its end, each with its alias.
    fn tree(&mut self, prefix: &[String], found: &mut Vec<(Vec<String>, Option<String>)>) {
        let mut path = prefix.to_vec();
        loop {
            match self.token(self.at).to_owned().as_str() {
                "::" => {}
                "{" => {
                    while self.token(self.at) != "}" {
                        self.at += 1;
                        if self.token(self.at) != "}" {
                            self.tree(&path, found);
                        }
                    }
                    self.at += 1;
                    return;
                }
                "as" => {
                    found.push((path, Some(self.token(self.at + 1).to_owned())));
                    self.at += 2;
                    return;
                }
                "," | "}" | ";" | "" => {
                    found.push((path, None));
                    return;
                }
                "self" if !path.is_empty() => {}
                word => path.push(word.to_owned()),
            }
            self.at += 1;
        }
    }

    /// A path in code, or a word without one.
    fn path(&mut self) {
        if matches!(self.before(), "." | "::" | "fn" | "mod") {
            return;
        }
        let in_test = self.in_test();
        let mut path = vec![self.token(self.at).to_owned()];
        while self.token(self.at + 1) == "::" && is_word(self.token(self.at + 2)) {
            path.push(self.token(self.at + 2).to_owned());
            self.at += 2;
        }
        // A single word in lower case is usually a variable or a field.
        let is_called = matches!(self.token(self.at + 1), "(" | "!");
        if path.len() > 1 || is_called || path[0].starts_with(char::is_uppercase) {
            self.name(&path, in_test);
        }
    }

    fn name(&mut self, path: &[String], in_test: bool) {
        match self.absolute(path) {
            Some(path) => self.reading.named.push(Named { path, in_test, reexport: false }),
            None => {
                let (module, path) = (self.module.clone(), path.to_vec());
                self.reading.relative.push(Relative { module, path, in_test });
            }
        }
    }

    /// The path from the root of the crate; `None` unless it begins with `crate`, `self`, `super`
    /// or a child of the module.
    fn absolute(&self, path: &[String]) -> Option<Vec<String>> {
        let (first, rest) = path.split_first()?;
        let mut base = self.module.clone();
        match first.as_str() {
            "crate" => base.clear(),
            "self" => {}
            "super" => {
                base.pop();
                let supers = rest.iter().take_while(|word| *word == "super").count();
                base.truncate(base.len().checked_sub(supers)?);
                base.extend(rest[supers..].iter().cloned());
                return Some(base);
            }
            child => {
                base.push(child.to_owned());
                if !self.files.contains_key(&base) {
                    return None;
                }
            }
        }
        base.extend(rest.iter().cloned());
        Some(base)
    }
}

fn is_word(token: &str) -> bool {
    token.starts_with(|symbol: char| symbol.is_alphabetic() || symbol == '_')
}
