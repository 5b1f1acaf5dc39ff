//! Entra's check of a password against banned terms: a score that must reach [`NEEDED`] points.
//!
//! The password is normalised: lower case, and the signs of [`SUBSTITUTIONS`] read as letters. Each
//! banned term in it is one point, and each character outside a term is one point. Of all ways to
//! read a password as terms and characters, the one with the fewest points counts. A password within
//! one edit of a term is that term.
//!
//! The documents do not say whether an edit is also allowed inside a longer password. It is not
//! here: with it `contosoblankf9!`, which the documents accept, would have four points (`contoso`,
//! `blankf`, `9`, `!`).
//!
//! The work is bounded: one comparison with each term whose length fits, and a lookup for each length
//! of a term at each place that fewer points than needed can reach. A password that is longer than
//! [`NEEDED`] less one of the longest terms has the points whatever it says, so its characters cost
//! nothing.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::iter;
use std::sync::OnceLock;

use zeroize::Zeroizing;

use super::blocklist::COMMON;

/// The points that a password needs.
pub(super) const NEEDED: usize = 5;

/// The shortest name that a password must not contain, in code points.
const MIN_NAME: usize = 4;

/// Signs that are read as letters. Entra names these four and does not say that they are all.
const SUBSTITUTIONS: [(char, char); 4] = [('0', 'o'), ('1', 'l'), ('$', 's'), ('@', 'a')];

/// A password as it is compared. Zeroized on drop.
pub(super) struct Normalised {
    text: Zeroizing<String>,
    /// Where each character begins, and the end.
    starts: Vec<usize>,
}

/// Banned terms as they are compared, by their length in code points.
pub(super) struct Terms<'a> {
    by_length: BTreeMap<usize, HashSet<Cow<'a, str>>>,
}

impl Normalised {
    /// The normal form of a password in NFC.
    pub(super) fn new(password: &str) -> Self {
        // Allocated once: a string that grows leaves a copy that is not zeroized.
        let bytes = normal(password).map(char::len_utf8).sum();
        let mut text = Zeroizing::new(String::with_capacity(bytes));
        text.extend(normal(password));
        let starts = text.char_indices().map(|(start, _)| start).chain([bytes]).collect();
        Self { text, starts }
    }

    /// The points of the password, the fewest of all ways to read it; `most` stands for that many and
    /// more.
    pub(super) fn points(&self, lists: &[&Terms<'_>], most: usize) -> usize {
        let length = self.starts.len() - 1;
        if lists.iter().any(|list| list.has_neighbour_of(&self.text, length)) {
            return 1;
        }
        let longest = lists.iter().map(|list| list.longest()).max().unwrap_or_default().max(1);
        if length > most.saturating_sub(1).saturating_mul(longest) {
            return most;
        }
        let mut fewest = vec![most; length + 1];
        fewest[0] = 0;
        for start in 0..length {
            let points = fewest[start].saturating_add(1);
            if points >= most {
                // No reading through here has fewer than `most`.
                continue;
            }
            fewest[start + 1] = points.min(fewest[start + 1]);
            for (term, terms) in lists.iter().flat_map(|list| list.up_to(length - start)) {
                let end = start + term;
                if points < fewest[end]
                    && terms.contains(&self.text[self.starts[start]..self.starts[end]])
                {
                    fewest[end] = points;
                }
            }
        }
        fewest[length]
    }

    /// Whether the password contains this name or a word of it, if that is long enough.
    pub(super) fn contains_name(&self, name: &str) -> bool {
        let mut parts = iter::once(name.trim()).chain(name.split_whitespace());
        parts.any(|part| {
            let compared: String = normal(part).collect();
            compared.chars().count() >= MIN_NAME && self.text.contains(&compared)
        })
    }
}

impl<'a> Terms<'a> {
    /// The bundled list of common passwords: the global list.
    pub(super) fn common() -> &'static Terms<'static> {
        static LIST: OnceLock<Terms<'static>> = OnceLock::new();
        LIST.get_or_init(|| Terms::collect(COMMON.lines()))
    }

    /// A list of a policy.
    pub(super) fn of(words: &'a BTreeSet<String>) -> Self {
        Self::collect(words.iter().map(String::as_str))
    }

    fn collect(words: impl Iterator<Item = &'a str>) -> Self {
        let mut by_length: BTreeMap<usize, HashSet<_>> = BTreeMap::new();
        for term in words.map(in_normal_form) {
            by_length.entry(term.chars().count()).or_default().insert(term);
        }
        Self { by_length }
    }

    /// The length of the longest term, in code points.
    fn longest(&self) -> usize {
        self.by_length.last_key_value().map_or(0, |(length, _)| *length)
    }

    /// The terms of one code point up to `most`.
    fn up_to(&self, most: usize) -> impl Iterator<Item = (usize, &HashSet<Cow<'a, str>>)> {
        self.by_length.range(1..=most).map(|(length, terms)| (*length, terms))
    }

    /// Whether the whole text, of this length, is a term, or one edit away from one.
    fn has_neighbour_of(&self, text: &str, length: usize) -> bool {
        if self.by_length.get(&length).is_some_and(|terms| terms.contains(text)) {
            return true;
        }
        let near = self.by_length.range(length.saturating_sub(1)..=length + 1);
        near.flat_map(|(_, terms)| terms).any(|term| within_one_edit(term, text))
    }
}

fn in_normal_form(word: &str) -> Cow<'_, str> {
    if normal(word).eq(word.chars()) {
        word.into()
    } else {
        normal(word).collect::<String>().into()
    }
}

fn normal(text: &str) -> impl Iterator<Item = char> + '_ {
    text.chars()
        .flat_map(char::to_lowercase)
        .map(|c| SUBSTITUTIONS.iter().find(|(sign, _)| *sign == c).map_or(c, |(_, letter)| *letter))
}

/// Whether one text becomes the other if at most one character is inserted, removed or replaced:
/// between what both begin with and what both end with, neither has more than one.
fn within_one_edit(left: &str, right: &str) -> bool {
    let begin = shared(left.chars(), right.chars());
    let (left_rest, right_rest) = (&left[begin..], &right[begin..]);
    let end = shared(left_rest.chars().rev(), right_rest.chars().rev());
    let is_one = |rest: &str| rest[..rest.len() - end].chars().nth(1).is_none();
    is_one(left_rest) && is_one(right_rest)
}

/// The bytes of the characters that both sequences begin with.
fn shared(left: impl Iterator<Item = char>, right: impl Iterator<Item = char>) -> usize {
    let same = left.zip(right).take_while(|(left, right)| left == right);
    same.map(|(c, _)| c.len_utf8()).sum()
}
