//! A bounded cache. Its values are only guesses, which the condition of a transaction verifies.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

/// A bounded map that keeps the newest entries.
pub(super) struct Recent<K, V> {
    halves: Mutex<[HashMap<K, V>; 2]>,
    half: usize,
}

impl<K: Eq + Hash, V: Clone> Recent<K, V> {
    /// A map of at least the `half` newest entries and at most twice as many.
    pub(super) fn new(half: usize) -> Self {
        Self { halves: Mutex::new([HashMap::new(), HashMap::new()]), half }
    }

    pub(super) fn get(&self, key: &K) -> Option<V> {
        let halves = self.halves.lock().unwrap_or_else(PoisonError::into_inner);
        halves.iter().find_map(|half| half.get(key)).cloned()
    }

    pub(super) fn set(&self, key: K, value: V) {
        let mut halves = self.halves.lock().unwrap_or_else(PoisonError::into_inner);
        let [new, old] = &mut *halves;
        old.remove(&key);
        new.insert(key, value);
        if new.len() >= self.half {
            *old = std::mem::take(new);
        }
    }

    pub(super) fn forget(&self, key: &K) {
        let mut halves = self.halves.lock().unwrap_or_else(PoisonError::into_inner);
        for half in &mut *halves {
            half.remove(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_entries_replace_the_oldest() {
        let recent = Recent::new(10);
        for number in 0..1_000 {
            recent.set(number, number * 2);
            assert_eq!(recent.get(&number), Some(number * 2));
        }
        let kept = (0..1_000).filter(|number| recent.get(number).is_some()).count();
        assert!((10..=20).contains(&kept), "{kept}");
        recent.set(999, 1);
        assert_eq!(recent.get(&999), Some(1));
        recent.forget(&999);
        assert_eq!(recent.get(&999), None);
    }
}
