//! The files of `src`, and their code as words and signs.

use std::fs;
use std::path::{Path, PathBuf};

/// A source file.
pub(crate) struct Source {
    /// Relative to `src`, with `/` on every system.
    pub(crate) name: String,
    pub(crate) text: String,
}

impl Source {
    pub(crate) fn new(name: &str, text: &str) -> Self {
        Self { name: name.to_owned(), text: text.to_owned() }
    }

    /// The folder below `src` that the file lies in; `None` for `lib.rs`.
    pub(crate) fn layer(&self) -> Option<&str> {
        self.name.split_once('/').map(|(layer, _)| layer)
    }

    /// The path of the file's module, from the root of the crate.
    pub(crate) fn module(&self) -> Vec<String> {
        let stem = self.name.strip_suffix(".rs").expect("a source file");
        let mut path: Vec<String> = stem.split('/').map(str::to_owned).collect();
        if matches!(path.last().map(String::as_str), Some("mod" | "lib")) {
            path.pop();
        }
        path
    }
}

/// All files of `src`.
pub(crate) fn sources() -> Vec<Source> {
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

/// The words and signs of a file, without comments and lifetimes. `::` is one sign, and a string is
/// one token that begins with a quote.
pub(crate) fn tokens(text: &str) -> Vec<String> {
    let symbols: Vec<char> = text.chars().collect();
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(&symbol) = symbols.get(at) {
        let next = symbols.get(at + 1).copied().unwrap_or(' ');
        if symbol.is_whitespace() {
            at += 1;
        } else if symbol == '/' && (next == '/' || next == '*') {
            at = after_comment(&symbols, at);
        } else if symbol == '"' {
            let start = at;
            at = after_string(&symbols, at);
            found.push(symbols[start..at].iter().collect());
        } else if symbol == '\'' {
            at = after_quote(&symbols, at);
        } else if symbol.is_alphanumeric() || symbol == '_' {
            let start = at;
            while symbols.get(at).is_some_and(|symbol| symbol.is_alphanumeric() || *symbol == '_') {
                at += 1;
            }
            let word: String = symbols[start..at].iter().collect();
            match symbols.get(at) {
                Some('"' | '#') if matches!(&*word, "r" | "br" | "cr") => {
                    at = after_raw_string(&symbols, at);
                }
                Some('"' | '\'') if matches!(&*word, "b" | "c") => {}
                _ => found.push(word),
            }
        } else if symbol == ':' && next == ':' {
            found.push("::".to_owned());
            at += 2;
        } else {
            found.push(symbol.to_string());
            at += 1;
        }
    }
    found
}

/// The place after the comment at `at`; block comments may hold others.
fn after_comment(symbols: &[char], at: usize) -> usize {
    if symbols[at + 1] == '/' {
        let line = symbols[at..].iter().position(|symbol| *symbol == '\n');
        return line.map_or(symbols.len(), |length| at + length);
    }
    let (mut depth, mut place) = (0, at);
    while place + 1 < symbols.len() {
        match (symbols[place], symbols[place + 1]) {
            ('/', '*') => (depth, place) = (depth + 1, place + 2),
            ('*', '/') => (depth, place) = (depth - 1, place + 2),
            _ => place += 1,
        }
        if depth == 0 {
            break;
        }
    }
    place
}

fn after_string(symbols: &[char], at: usize) -> usize {
    let mut place = at + 1;
    while symbols.get(place).is_some_and(|symbol| *symbol != '"') {
        place += if symbols[place] == '\\' { 2 } else { 1 };
    }
    place + 1
}

/// The place after a raw string, whose `#` or `"` is at `at`.
fn after_raw_string(symbols: &[char], at: usize) -> usize {
    let marks = symbols[at..].iter().take_while(|symbol| **symbol == '#').count();
    let end: Vec<char> = std::iter::once('"').chain(std::iter::repeat_n('#', marks)).collect();
    let body = at + marks + 1;
    let length = symbols[body..].windows(end.len()).position(|window| window == end);
    body + length.expect("a raw string ends") + end.len()
}

/// The place after the character or lifetime at `at`.
fn after_quote(symbols: &[char], at: usize) -> usize {
    if symbols.get(at + 1) == Some(&'\\') {
        let length = symbols[at + 3..].iter().position(|symbol| *symbol == '\'');
        return at + 3 + length.expect("a character ends") + 1;
    }
    if symbols.get(at + 2) == Some(&'\'') {
        return at + 3;
    }
    let is_word = |symbol: &&char| symbol.is_alphanumeric() || **symbol == '_';
    at + 1 + symbols[at + 1..].iter().take_while(is_word).count()
}
