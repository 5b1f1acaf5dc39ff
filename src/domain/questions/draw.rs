//! Which questions are asked: a pure function of a seed and a turn.

use sha2::{Digest as _, Sha256};

use super::id::QuestionId;

/// Draws `count` of these questions; none if there are fewer.
///
/// The seed shuffles them. Each turn moves on by `count`, round the end, so that two turns in
/// succession never ask the same set, unless all are asked.
pub(crate) fn draw(all: &[QuestionId], seed: &[u8], turn: u32, count: usize) -> Vec<QuestionId> {
    if all.len() < count || all.is_empty() {
        return Vec::new();
    }
    let mut order = shuffled(all.to_vec(), seed);
    let first = (turn as usize % order.len()) * count % order.len();
    order.rotate_left(first);
    order.truncate(count);
    order
}

/// The questions of a name that has registered none. A question that is added to `all`, or removed,
/// changes the sets of few names.
pub(crate) fn decoy_set(
    all: impl Iterator<Item = QuestionId>,
    seed: &[u8],
    count: usize,
) -> Vec<QuestionId> {
    let mut set = shuffled(all.collect(), seed);
    set.truncate(count);
    set
}

fn shuffled(mut all: Vec<QuestionId>, seed: &[u8]) -> Vec<QuestionId> {
    all.sort_by_cached_key(|id| {
        let mut hash = Sha256::new();
        hash.update(b"sspr draw");
        hash.update((seed.len() as u64).to_be_bytes());
        hash.update(seed);
        hash.update(id.as_str().as_bytes());
        <[u8; 32]>::from(hash.finalize())
    });
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::questions::QuestionTopic;
    use std::collections::BTreeSet;

    fn questions(count: usize) -> Vec<QuestionId> {
        QuestionTopic::ALL.into_iter().take(count).map(QuestionId::from).collect()
    }

    /// E1.5.14.
    #[test]
    fn each_turn_asks_other_questions_and_all_are_asked_in_time() {
        for (registered, asked) in [(4, 3), (5, 3), (5, 4)] {
            let all = questions(registered);
            for seed in 0..50_u8 {
                let mut seen = BTreeSet::new();
                let mut before = BTreeSet::new();
                for turn in (0..10).rev() {
                    let drawn = draw(&all, &[seed], turn, asked);
                    let set: BTreeSet<_> = drawn.iter().cloned().collect();
                    assert_eq!(set.len(), asked);
                    assert_ne!(set, before, "seed {seed}, turn {turn}");
                    seen.extend(set.iter().cloned());
                    before = set;
                }
                assert_eq!(seen.len(), registered);
            }
        }
        assert_eq!(draw(&questions(3), b"x", 1, 3).len(), 3);
        assert!(draw(&questions(2), b"x", 1, 3).is_empty());
    }

    #[test]
    fn seeds_draw_all_sets_about_equally_often() {
        let all = questions(5);
        let mut counts = std::collections::BTreeMap::new();
        for seed in 0..5_000_u32 {
            let set: BTreeSet<_> = draw(&all, &seed.to_be_bytes(), 0, 3).into_iter().collect();
            *counts.entry(set).or_insert(0) += 1;
        }
        assert_eq!(counts.len(), 10);
        assert!(counts.values().all(|count| (400..600).contains(count)), "{counts:?}");
    }

    #[test]
    fn a_decoy_set_changes_little_when_a_question_is_removed() {
        let all = questions(35);
        for seed in 0..20_u8 {
            let before = decoy_set(all.iter().cloned(), &[seed], 5);
            let gone = before[0].clone();
            let after = decoy_set(all.iter().filter(|id| **id != gone).cloned(), &[seed], 5);
            assert_eq!(after[..4], before[1..]);
            assert_eq!(decoy_set(all.iter().cloned(), &[seed], 5), before);
        }
    }
}
