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
//! The work is bounded: a lookup for each character and each length of a term, and one comparison
//! with each term.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashSet};
use std::iter;
use std::ops::RangeInclusive;
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

/// Banned terms as they are compared.
pub(super) struct Terms {
    terms: HashSet<Cow<'static, str>>,
    /// The lengths of the terms, in code points.
    lengths: RangeInclusive<usize>,
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

    /// The points of the password: the fewest of all ways to read it.
    pub(super) fn points(&self, lists: &[&Terms]) -> usize {
        if lists.iter().any(|list| list.has_neighbour_of(&self.text)) {
            return 1;
        }
        let mut fewest = vec![0; self.starts.len()];
        for end in 1..self.starts.len() {
            let term_starts = lists.iter().flat_map(|list| {
                let lengths = list.lengths.clone().take_while(move |length| *length <= end);
                let is_term = |start: &usize| {
                    list.terms.contains(&self.text[self.starts[*start]..self.starts[end]])
                };
                lengths.map(move |length| end - length).filter(is_term)
            });
            let before = term_starts.chain([end - 1]).map(|start| fewest[start]).min();
            fewest[end] = before.unwrap_or_default() + 1;
        }
        fewest.last().copied().unwrap_or_default()
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

impl Terms {
    /// The bundled list of common passwords: the global list.
    pub(super) fn common() -> &'static Self {
        static LIST: OnceLock<Terms> = OnceLock::new();
        LIST.get_or_init(|| Self::collect(COMMON.lines()))
    }

    /// A list of a policy.
    pub(super) fn of(words: &BTreeSet<String>) -> Self {
        Self::collect(words.iter().map(|word| Cow::Owned(word.clone())))
    }

    fn collect(words: impl Iterator<Item = impl Into<Cow<'static, str>>>) -> Self {
        let terms: HashSet<_> = words.map(|word| in_normal_form(word.into())).collect();
        let lengths = terms.iter().map(|term| term.chars().count());
        let (least, most) = lengths
            .fold((usize::MAX, 0), |(least, most), length| (least.min(length), most.max(length)));
        Self { terms, lengths: least.max(1)..=most }
    }

    /// Whether the whole text is a term, or one edit away from one.
    fn has_neighbour_of(&self, text: &str) -> bool {
        self.terms.contains(text) || self.terms.iter().any(|term| within_one_edit(term, text))
    }
}

fn in_normal_form(word: Cow<'static, str>) -> Cow<'static, str> {
    if normal(&word).eq(word.chars()) { word } else { normal(&word).collect::<String>().into() }
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
