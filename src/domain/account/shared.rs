//! Parts of an account that most steps leave alone.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// A part that clones of the account share until one of them changes it.
///
/// Every step works on a clone of the account, and most steps do not change these parts.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Shared<T>(Arc<T>);

impl<T> Deref for Shared<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: Clone> DerefMut for Shared<T> {
    fn deref_mut(&mut self) -> &mut T {
        Arc::make_mut(&mut self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_to_one_clone_leaves_the_other_as_it_was() {
        let left = Shared(Arc::new(vec![1]));
        let mut right = left.clone();
        assert!(std::ptr::eq(&*left, &*right));
        right.push(2);
        assert_eq!((&*left, &*right), (&vec![1], &vec![1, 2]));
    }
}
