//! The challenges of the last day.

use serde::{Deserialize, Serialize};

use crate::domain::record::serde_text::is_default;

use super::budget::{Entry, PoolKind};

/// The challenges opened within the last day, by pool.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sends {
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) anonymous: Vec<Entry>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) proven: Vec<Entry>,
}

impl Sends {
    pub(crate) const fn pool(&self, pool: PoolKind) -> &Vec<Entry> {
        match pool {
            PoolKind::Anonymous => &self.anonymous,
            PoolKind::Proven => &self.proven,
        }
    }

    pub(crate) const fn pool_mut(&mut self, pool: PoolKind) -> &mut Vec<Entry> {
        match pool {
            PoolKind::Anonymous => &mut self.anonymous,
            PoolKind::Proven => &mut self.proven,
        }
    }
}
