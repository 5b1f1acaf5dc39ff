//! What the throttles of a policy have counted on one account, and their locks.

use serde::{Deserialize, Serialize};

use super::{PoolKind, Window};
use crate::domain::account::SourceHash;
use crate::domain::method::MethodKind;
use crate::domain::policy::{LockStart, Throttle, ThrottledAct};
use crate::domain::record::serde_text::is_default;
use crate::domain::time::Timestamp;

/// The counted acts of one throttle in each pool, and its locks.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ThrottleState {
    pub(crate) act: ThrottledAct,
    /// The kind of method, if the throttle counts each kind by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) method: Option<MethodKind>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) anonymous: Window,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) proven: Window,
}

impl ThrottleState {
    pub(crate) const fn pool(&self, pool: PoolKind) -> &Window {
        match pool {
            PoolKind::Anonymous => &self.anonymous,
            PoolKind::Proven => &self.proven,
        }
    }

    pub(crate) const fn pool_mut(&mut self, pool: PoolKind) -> &mut Window {
        match pool {
            PoolKind::Anonymous => &mut self.anonymous,
            PoolKind::Proven => &mut self.proven,
        }
    }
}

impl Window {
    /// Counts an act of this throttle. Returns the end of the lock that it sets or extends.
    pub(crate) fn count_act(
        &mut self,
        throttle: &Throttle,
        now: Timestamp,
        source: SourceHash,
    ) -> Option<Timestamp> {
        self.count(throttle.rate, now, source);
        // Earlier acts cannot matter: these alone reach the threshold.
        let kept = usize::try_from(throttle.rate.max).unwrap_or(usize::MAX);
        self.times.drain(..self.times.len().saturating_sub(kept));
        let begins = if self.locked(now) {
            throttle.start == LockStart::LastAct
        } else {
            self.times.len() >= kept
        };
        if begins {
            self.locked_until = Some(now.plus(throttle.lock));
        }
        self.locked_until.filter(|_| begins)
    }
}
