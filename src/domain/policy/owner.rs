//! What is left to an account's owner while strangers take what they can.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::domain::budget::{Held, PoolKind, Share};

use super::settings::PolicySettings;

/// What an owner gets in a day, from a source that the account does not know, while so many other
/// sources take all that they can, at once and one after another: the worst order for the owner.
///
/// A known device, and a source from which the user has registered a method or completed a flow,
/// have budgets of their own, which strangers cannot spend; these numbers are not about them.
///
/// ```
/// use sspr::{Policy, PolicySettings};
///
/// let review = Policy::new(PolicySettings::default())?.review();
/// let codes = [0, 1, 5, 50].map(|sources| review.owner().codes_a_day(sources));
/// assert_eq!(codes, [10, 3, 1, 0]);
/// // Each of those codes may be tried at least once, though all others have guessed wrong.
/// assert_eq!(review.owner().tries_of_a_code(5), 1);
/// # Ok::<(), sspr::PolicyError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(into = "BTreeMap<u32, u32>")]
pub struct OwnersWay {
    share: Share,
    challenges: u32,
    failures: u32,
    run: u32,
    attempts: u8,
}

/// The sizes of attack that reports name.
pub(super) const SIZES: [u32; 4] = [1, 5, 50, 1_000];

/// Sources, and the codes a day against them: what is serialised.
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
        }
    }

    /// What so many sources leave of a budget to one more.
    fn left(self, of: u32, least: u8, sources: u32) -> u32 {
        let least = u32::from(least);
        let mut others = 0;
        for _ in 0..sources {
            let taken = self.share.left(of, least, Held { mine: 0, others });
            if taken == 0 {
                break;
            }
            others += taken;
        }
        self.share.left(of, least, Held { mine: 0, others })
    }

    /// The codes that the owner is sent in a day, at least, against so many sources.
    #[must_use]
    pub fn codes_a_day(&self, sources: u32) -> u32 {
        if self.tries_of_a_code(sources) == 0 { 0 } else { self.left(self.challenges, 1, sources) }
    }

    /// How often such a code may be tried, at least, if all of those sources have guessed wrong.
    #[must_use]
    pub fn tries_of_a_code(&self, sources: u32) -> u8 {
        let left = |of| self.left(of, self.attempts, sources);
        let left = left(self.failures).min(left(self.run));
        u8::try_from(left).unwrap_or(u8::MAX).min(self.attempts)
    }

    /// The most sources against which the owner still gets a code each day.
    #[must_use]
    pub fn sources_withstood(&self) -> u32 {
        // Each source takes one at least, so the budgets themselves bound the search.
        (0..=self.challenges)
            .take_while(|sources| self.codes_a_day(*sources) > 0)
            .last()
            .unwrap_or(0)
    }
}
