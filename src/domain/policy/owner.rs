//! What the budgets leave to the owner of an account under attack.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::domain::account::budget::{Held, PoolKind, Share};

use super::settings::PolicySettings;
use super::throttle::Throttle;

/// What an owner at an unknown source gets in a day, while a number of other sources take all that
/// they can, in the worst order for the owner.
///
/// Known devices and familiar sources draw on the proven pools, which other callers cannot spend; these
/// numbers do not apply to them.
///
/// ```
/// use sspr::{Policy, PolicySettings};
///
/// let review = Policy::new(PolicySettings::default())?.review();
/// let codes = [0, 1, 5, 50].map(|sources| review.owner().codes_a_day(sources));
/// assert_eq!(codes, [10, 3, 1, 0]);
/// // Each of those codes has at least one attempt, even if all other sources have guessed wrong.
/// assert_eq!(review.owner().tries_of_a_code(5), 1);
/// # Ok::<(), sspr::policy::PolicyError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(into = "BTreeMap<u32, u32>")]
pub struct OwnersWay {
    share: Share,
    challenges: u32,
    failures: u32,
    run: u32,
    attempts: u8,
    /// Whether one source can lock the anonymous pool.
    locks: bool,
}

/// The numbers of attacking sources in reports.
pub(super) const SIZES: [u32; 4] = [1, 5, 50, 1_000];

/// The serialised form: the codes a day for each number of sources.
impl From<OwnersWay> for BTreeMap<u32, u32> {
    fn from(owner: OwnersWay) -> Self {
        SIZES.into_iter().map(|sources| (sources, owner.codes_a_day(sources))).collect()
    }
}

impl OwnersWay {
    pub(super) fn of(settings: &PolicySettings) -> Self {
        let failures = &settings.failures;
        Self {
            share: Share(settings.sends.source_share),
            challenges: settings.sends.per_day,
            failures: failures.anonymous.max,
            run: failures.run(PoolKind::Anonymous, settings.attempts),
            attempts: settings.attempts,
            locks: settings.throttles.iter().any(Throttle::is_open_to_strangers),
        }
    }

    /// What `sources` leave of a budget for one more source.
    fn left(self, budget: u32, least: u8, sources: u32) -> u32 {
        let least = u32::from(least);
        let mut others = 0;
        for _ in 0..sources {
            let taken = self.share.left(budget, least, Held { mine: 0, others });
            if taken == 0 {
                break;
            }
            others += taken;
        }
        self.share.left(budget, least, Held { mine: 0, others })
    }

    /// The fewest codes that the owner gets in a day against this number of sources.
    #[must_use]
    pub fn codes_a_day(&self, sources: u32) -> u32 {
        if self.tries_of_a_code(sources) == 0 { 0 } else { self.left(self.challenges, 1, sources) }
    }

    /// The fewest attempts of such a code, if all of those sources have guessed wrong.
    #[must_use]
    pub fn tries_of_a_code(&self, sources: u32) -> u8 {
        if self.locks && sources > 0 {
            return 0;
        }
        let left = |budget| self.left(budget, self.attempts, sources);
        let attempts = left(self.failures).min(left(self.run));
        u8::try_from(attempts).unwrap_or(u8::MAX).min(self.attempts)
    }

    /// The most sources against which the owner still gets a code each day.
    #[must_use]
    pub fn sources_withstood(&self) -> u32 {
        // Each source takes at least one challenge, so the budget bounds the search.
        (0..=self.challenges)
            .take_while(|sources| self.codes_a_day(*sources) > 0)
            .last()
            .unwrap_or(0)
    }
}
