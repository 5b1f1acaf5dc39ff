//! The forms of a password without the usual decorations.
//!
//! If `contoso` is refused, people use `C0nt0s0`, `contoso2026!!!` or `contosocontoso`, and
//! guessing programs try these (NIST SP 800-63B-4, 3.1.1.2: "derivatives thereof"). A password is
//! therefore compared as a whole in these forms: case folded; with digits and signs read as the
//! letters that they replace; without spaces and signs between the letters; without digits and
//! signs around the letters, if those are easy to guess themselves; and the first of its
//! repetitions.

use std::ops::RangeInclusive;

use zeroize::Zeroizing;

use super::normal::nfc;

/// The shortest word that a password is compared with, in code points.
const MIN_WORD: usize = 3;

/// The most unpredictable characters that are removed around the letters: a date of eight digits
/// and two signs. A password with more is strong without its word.
const MAX_PADDING: usize = 10;

/// The most digits and signs next to the letters that may replace letters (`pa$$`, `c0nt050`).
const MAX_EDGE: usize = 4;

/// The longest repeated part that is searched for.
const MAX_PERIOD: usize = 64;

/// The shortest repeated entry of the bundled list: `aaaaaaaa`, `123123123`.
const MIN_REPEATED: usize = 8;

/// The forms of one password. Zeroized on drop.
pub(super) struct Derived {
    views: [View; 3],
}

/// Two readings of the same characters, position by position.
struct View {
    folded: Zeroizing<Vec<char>>,
    skeleton: Zeroizing<Vec<char>>,
}

impl Derived {
    /// The forms of a password in NFC.
    pub(super) fn new(password: &str) -> Self {
        Self {
            views: [
                View::new(password, |_| true),
                View::new(password, |c| skeleton(c).is_alphanumeric()),
                View::new(password, char::is_alphanumeric),
            ],
        }
    }

    /// Whether any form, as a skeleton, satisfies `listed`.
    pub(super) fn any(&self, mut listed: impl FnMut(&[char]) -> bool) -> bool {
        self.views.iter().any(|view| view.any(&mut listed))
    }
}

impl View {
    fn new(text: &str, keep: impl Fn(char) -> bool) -> Self {
        let kept = || fold(text).filter(|&c| keep(c));
        // Allocated once: a vector that grows leaves a copy that is not zeroized.
        let length = kept().count();
        let mut folded = Zeroizing::new(Vec::with_capacity(length));
        folded.extend(kept());
        let mut skeletons = Zeroizing::new(Vec::with_capacity(length));
        skeletons.extend(kept().map(skeleton));
        Self { folded, skeleton: skeletons }
    }

    fn any(&self, listed: &mut impl FnMut(&[char]) -> bool) -> bool {
        windows(&self.folded).any(|(start, end)| {
            let (folded, whole) = (&self.folded[start..end], &self.skeleton[start..end]);
            listed(whole)
                || period(whole).is_some_and(|length| {
                    let several = length * MIN_REPEATED.div_ceil(length);
                    listed(&whole[..several.min(whole.len())])
                        || windows(&folded[..length]).any(|(from, to)| listed(&whole[from..to]))
                })
        })
    }
}

/// The forms of a word or phrase that passwords are compared with, as skeletons.
pub(super) fn phrase(word: &str) -> impl Iterator<Item = Vec<char>> + use<> {
    let word = nfc(word.trim());
    let raw: Vec<char> = fold(&word).map(skeleton).collect();
    let letters = fold(&word).filter(|c| c.is_alphanumeric());
    let joined: Vec<char> = letters.map(skeleton).collect();
    [raw, joined].into_iter().filter(|form| form.len() >= MIN_WORD)
}

/// Case folding, close enough for a comparison: through upper case, `ß` becomes `ss` and `ſ`
/// becomes `s`.
fn fold(text: &str) -> impl Iterator<Item = char> + '_ {
    text.chars().flat_map(char::to_uppercase).flat_map(char::to_lowercase)
}

/// The letter that a digit or sign replaces. `1` may replace `i` or `l`, so both letters have the
/// same skeleton.
pub(super) const fn skeleton(c: char) -> char {
    match c {
        '0' => 'o',
        '1' | '!' | '|' | '¡' | 'i' => 'l',
        '2' => 'z',
        '3' | '€' | '£' => 'e',
        '4' | '@' => 'a',
        '5' | '$' | '§' => 's',
        '6' | '9' => 'g',
        '7' | '+' | '†' => 't',
        '8' => 'b',
        '(' | '<' | '{' | '[' | '¢' | '©' => 'c',
        '¥' => 'y',
        '#' => 'h',
        '%' => 'x',
        other => other,
    }
}

/// The ranges of `text` to compare: all of it, and its letters with up to [`MAX_EDGE`] characters
/// on either side, if the rest is padding.
fn windows(text: &[char]) -> impl Iterator<Item = (usize, usize)> + '_ {
    let letters = core(text);
    let cut = letters.into_iter().flat_map(move |core| {
        let (first, last) = (*core.start(), *core.end() + 1);
        let starts = first.saturating_sub(MAX_EDGE)..=first;
        starts.flat_map(move |start| {
            (last..=(last + MAX_EDGE).min(text.len())).map(move |end| (start, end))
        })
    });
    std::iter::once((0, text.len())).chain(cut.filter(move |&(start, end)| {
        end - start >= MIN_WORD && padding(&text[..start]) + padding(&text[end..]) <= MAX_PADDING
    }))
}

/// The range from the first letter to the last; without letters, from the first digit to the last.
fn core(text: &[char]) -> Option<RangeInclusive<usize>> {
    let between = |is: fn(char) -> bool| {
        let first = text.iter().position(|&c| is(c))?;
        let last = text.iter().rposition(|&c| is(c))?;
        Some(first..=last)
    };
    between(char::is_alphabetic).or_else(|| between(char::is_alphanumeric))
}

/// The number of characters that cannot be predicted from the one before: one in `!!!!` and in
/// `12345`.
fn padding(stretch: &[char]) -> usize {
    let steps = stretch.windows(2);
    let jumps = steps.filter(|pair| u32::from(pair[0]).abs_diff(u32::from(pair[1])) > 1);
    usize::from(!stretch.is_empty()) + jumps.count()
}

/// The length of the part that `text` repeats. The last repetition may be incomplete; a second and
/// only one must have at least half of its length.
fn period(text: &[char]) -> Option<usize> {
    let longest = MAX_PERIOD.min(text.len() * 2 / 3);
    (1..=longest).find(|&length| text[length..] == text[..text.len() - length])
}
