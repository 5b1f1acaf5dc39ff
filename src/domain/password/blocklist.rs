//! The bundled list of common passwords, and passwords that consist of listed words.

use super::derive::skeleton;

/// One password a line, ASCII, sorted by skeleton. Source and licence: `common.LICENSE.md`.
pub(super) const COMMON: &str = include_str!("common.txt");

/// Whether `candidate`, a skeleton, is on the list. A binary search over the text itself, without a
/// table in memory.
pub(super) fn is_common(candidate: &[char]) -> bool {
    let (mut low, mut high) = (0, COMMON.len());
    while low < high {
        let middle = low + (high - low) / 2;
        let start = COMMON[low..middle].rfind('\n').map_or(low, |at| low + at + 1);
        let end = COMMON[start..high].find('\n').map_or(high, |at| start + at);
        let line = COMMON[start..end].chars().map(skeleton);
        match line.cmp(candidate.iter().copied()) {
            std::cmp::Ordering::Equal => return true,
            std::cmp::Ordering::Less => low = end + 1,
            std::cmp::Ordering::Greater => high = start,
        }
    }
    false
}

/// The number of entries with at least this many characters.
pub(crate) fn common_of_length(least: u16) -> usize {
    COMMON.lines().filter(|line| line.len() >= usize::from(least)).count()
}

/// Whether `candidate` is a sequence of `words` and nothing else.
pub(super) fn is_made_of(candidate: &[char], words: &[Vec<char>]) -> bool {
    let mut reached = vec![false; candidate.len() + 1];
    reached[0] = true;
    for start in 0..candidate.len() {
        if reached[start] {
            for word in words.iter().filter(|word| candidate[start..].starts_with(word)) {
                reached[start + word.len()] = true;
            }
        }
    }
    reached[candidate.len()] && !candidate.is_empty()
}
