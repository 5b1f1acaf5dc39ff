//! Licence expressions (SPDX): which of them a list of licences covers.

use std::collections::BTreeSet;

/// The list `allow` of the configuration of cargo-deny.
pub(crate) fn allowed(deny: &str) -> BTreeSet<String> {
    let list = deny.split("\nallow = [").nth(1).and_then(|rest| rest.split(']').next());
    let names = list.expect("a list of licences").split('"').skip(1).step_by(2);
    names.map(str::to_owned).collect()
}

/// Whether the allowed licences suffice to use what is under this expression. `A/B` is the old form of
/// `A OR B`.
pub(crate) fn covered(expression: &str, allowed: &BTreeSet<String>) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut parser = Parser { words: &words, allowed };
    parser.either() == Some(true) && parser.words.is_empty()
}

struct Parser<'a> {
    words: &'a [&'a str],
    allowed: &'a BTreeSet<String>,
}

impl Parser<'_> {
    fn take(&mut self, word: &str) -> bool {
        let there = self.words.first() == Some(&word);
        if there {
            self.words = &self.words[1..];
        }
        there
    }

    /// `None` is no expression.
    fn either(&mut self) -> Option<bool> {
        let mut covered = self.both()?;
        while self.take("OR") {
            covered |= self.both()?;
        }
        Some(covered)
    }

    fn both(&mut self) -> Option<bool> {
        let mut covered = self.one()?;
        while self.take("AND") {
            covered &= self.one()?;
        }
        Some(covered)
    }

    fn one(&mut self) -> Option<bool> {
        if self.take("(") {
            let covered = self.either()?;
            return self.take(")").then_some(covered);
        }
        let mut name = self.word()?.to_owned();
        if self.take("WITH") {
            name = format!("{name} WITH {}", self.word()?);
        }
        Some(self.allowed.contains(&name))
    }

    fn word(&mut self) -> Option<&str> {
        let (word, rest) = self.words.split_first()?;
        self.words = rest;
        (!matches!(*word, "AND" | "OR" | "WITH" | "(" | ")")).then_some(*word)
    }
}

#[test]
fn an_expression_is_covered_if_one_alternative_is_and_each_of_its_parts() {
    let allowed = ["MIT", "ISC", "Apache-2.0 WITH LLVM-exception"].map(str::to_owned).into();
    for good in [
        "MIT",
        "GPL-3.0 OR MIT",
        "GPL-3.0/MIT",
        "MIT AND ISC",
        "(MIT OR GPL-3.0) AND ISC",
        "Apache-2.0 WITH LLVM-exception OR Apache-2.0",
        "GPL-3.0 AND ISC OR MIT",
    ] {
        assert!(covered(good, &allowed), "{good}");
    }
    for bad in [
        "",
        "GPL-3.0",
        "MIT AND GPL-3.0",
        "MIT OR",
        "MIT OR AND",
        "MIT ISC",
        "(MIT",
        "MIT)",
        "Apache-2.0",
        "MIT WITH LLVM-exception",
        "(MIT OR ISC) AND GPL-3.0",
    ] {
        assert!(!covered(bad, &allowed), "{bad}");
    }
}
