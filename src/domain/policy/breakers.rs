//! The state of a tenant's breakers, and the decisions that change it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::breaker::{Breaker, VerifiedShare};
use crate::domain::identity::contact::NumberPrefix;
use crate::domain::time::{MAX_SKEW, Timestamp};

/// The most breakers that are open at once. They are kept in the record of the policy, which has room
/// for them beside the largest policy.
pub(crate) const MAX_OPEN: usize = 16;

/// The breakers of a tenant that are not simply closed, in the order in which they were changed.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Breakers(Vec<BreakerState>);

/// One breaker that is open, or that an administrator has closed recently.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BreakerState {
    pub(crate) prefix: NumberPrefix,
    /// When it was opened, or closed by an administrator.
    pub(crate) since: Timestamp,
    /// The end of its rest. A closed one cannot open before.
    pub(crate) until: Timestamp,
    /// The codes that had ended when it was opened, and those of them that were verified.
    pub(crate) ended: u64,
    pub(crate) verified: u64,
    /// Whether an administrator has closed it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) closed: bool,
}

/// What a breaker does with a code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Admission {
    /// It is closed.
    Closed,
    /// It is open: the code is not sent.
    Open,
    /// It lets the first codes of this period through.
    Probing { period: Timestamp },
}

/// The counters to which the end of a code belongs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum EndedIn {
    /// Those of the window.
    Window,
    /// Those of the codes that an open breaker let through in this period.
    Probes { period: Timestamp },
    /// None: the code was sent before the breaker opened.
    Nothing,
}

/// How a breaker has changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum BreakerChange {
    Opened(VerifiedShare),
    Closed,
}

impl Breakers {
    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The breakers as they are obeyed now. A state from further ahead than clocks may differ is not: a clock
    /// that was years ahead for a moment would keep a breaker open, or closed, for years.
    pub(crate) fn at(&self, now: Timestamp) -> Self {
        let horizon = now.plus(MAX_SKEW);
        Self(self.0.iter().filter(|state| state.since <= horizon).cloned().collect())
    }

    /// The open breakers.
    pub(crate) fn open(&self) -> impl Iterator<Item = &BreakerState> {
        self.0.iter().filter(|state| !state.closed)
    }

    fn open_one(&self, prefix: &NumberPrefix) -> Option<&BreakerState> {
        self.open().find(|state| state.prefix == *prefix)
    }

    /// What the breaker of this prefix does with a code that is sent now.
    pub(crate) fn admission(
        &self,
        breaker: Option<&Breaker>,
        prefix: &NumberPrefix,
        now: Timestamp,
    ) -> Admission {
        let open = breaker.and_then(|breaker| Some((breaker, self.open_one(prefix)?)));
        let Some((breaker, state)) = open else { return Admission::Closed };
        match state.period(now, breaker.rest) {
            Some(period) => Admission::Probing { period },
            None => Admission::Open,
        }
    }

    /// Where a code that was sent at this time counts when it ends.
    pub(crate) fn ended_in(
        &self,
        breaker: &Breaker,
        prefix: &NumberPrefix,
        sent_at: Timestamp,
    ) -> EndedIn {
        let Some(state) = self.open_one(prefix) else { return EndedIn::Window };
        let period = state.period(sent_at, breaker.rest);
        period.map_or(EndedIn::Nothing, |period| EndedIn::Probes { period })
    }

    /// Opens or closes the breaker of this prefix, if the counted codes decide it.
    pub(crate) fn judge(
        &mut self,
        breaker: &Breaker,
        prefix: &NumberPrefix,
        (counted, share): (EndedIn, VerifiedShare),
        now: Timestamp,
    ) -> Option<BreakerChange> {
        match counted {
            EndedIn::Nothing => None,
            EndedIn::Window => {
                let held = |state: &BreakerState| state.prefix == *prefix && now < state.until;
                let is_held = self.0.iter().any(|state| !state.closed && state.prefix == *prefix)
                    || self.0.iter().any(held);
                let is_enough = share.ended >= u64::from(breaker.sample);
                let opens = !is_held && is_enough && breaker.is_too_low(share);
                opens.then(|| self.put_open(breaker, prefix, share, now))
            }
            EndedIn::Probes { period } => {
                // Another engine may have judged these codes already.
                let rest = breaker.rest;
                let is_same = |state: &BreakerState| state.period(period, rest) == Some(period);
                let undecided = self.open_one(prefix).is_some_and(is_same);
                if !undecided || share.ended < u64::from(breaker.probes) {
                    return None;
                }
                if breaker.is_too_low(share) {
                    return Some(self.put_open(breaker, prefix, share, now));
                }
                self.0.retain(|state| state.prefix != *prefix);
                Some(BreakerChange::Closed)
            }
        }
    }

    fn put_open(
        &mut self,
        breaker: &Breaker,
        prefix: &NumberPrefix,
        share: VerifiedShare,
        now: Timestamp,
    ) -> BreakerChange {
        let VerifiedShare { ended, verified } = share;
        let until = now.plus(breaker.rest);
        let (prefix, since) = (prefix.clone(), now);
        self.put(BreakerState { prefix, since, until, ended, verified, closed: false }, now);
        BreakerChange::Opened(share)
    }

    /// Closes an open breaker for an administrator. The codes that were counted so far cannot open it
    /// again. Returns whether it was open.
    pub(crate) fn close(&mut self, prefix: &NumberPrefix, now: Timestamp, hold: Duration) -> bool {
        let Some(state) = self.open_one(prefix).cloned() else { return false };
        let until = now.plus(hold);
        self.put(BreakerState { since: now, until, closed: true, ..state }, now);
        true
    }

    /// Puts a state in the place of the prefix's own. If there is no room, the oldest one goes: its
    /// prefix is closed, and opens again after as many codes.
    fn put(&mut self, state: BreakerState, now: Timestamp) {
        self.0.retain(|other| {
            let is_over = other.closed && other.until <= now;
            other.prefix != state.prefix && !is_over
        });
        if self.0.len() >= MAX_OPEN {
            self.0.remove(0);
        }
        self.0.push(state);
    }
}

impl BreakerState {
    /// The start of the period after the rest in which codes are let through at this time; `None`
    /// during the rest. Each period has probes of its own, so that probes that were lost with a message
    /// do not keep the breaker open for ever.
    fn period(&self, at: Timestamp, length: Duration) -> Option<Timestamp> {
        if at < self.until {
            return None;
        }
        let millis = i64::try_from(length.as_millis()).unwrap_or(i64::MAX).max(1);
        let passed = at.unix_millis().saturating_sub(self.until.unix_millis());
        let start = self.until.unix_millis().saturating_add(passed - passed % millis);
        Some(Timestamp::from_unix_millis(start))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::HOUR;

    const START: Timestamp = Timestamp::from_unix_seconds(1_800_000_000);

    fn at(hours: u32) -> Timestamp {
        START.plus(hours * HOUR)
    }

    fn prefix(text: &str) -> NumberPrefix {
        NumberPrefix::parse(text).expect("valid")
    }

    const fn share(ended: u64, verified: u64) -> VerifiedShare {
        VerifiedShare { ended, verified }
    }

    fn opened(now: Timestamp) -> Breakers {
        let mut breakers = Breakers::default();
        let counted = (EndedIn::Window, share(50, 0));
        let change = breakers.judge(&Breaker::default(), &prefix("+371"), counted, now);
        assert_eq!(change, Some(BreakerChange::Opened(share(50, 0))));
        breakers
    }

    #[test]
    fn a_breaker_opens_only_with_the_sample_and_below_the_share() {
        let (breaker, latvia) = (Breaker::default(), prefix("+371"));
        for (ended, verified, opens) in
            [(49, 0, false), (50, 0, true), (50, 9, true), (50, 10, false), (1_000, 199, true)]
        {
            let mut breakers = Breakers::default();
            let counted = (EndedIn::Window, share(ended, verified));
            let change = breakers.judge(&breaker, &latvia, counted, START);
            assert_eq!(change.is_some(), opens, "{verified} of {ended}");
            let admission = breakers.admission(Some(&breaker), &latvia, START);
            assert_eq!(admission == Admission::Open, opens);
            // Another prefix, and a policy without a breaker.
            let other = breakers.admission(Some(&breaker), &prefix("+49"), START);
            assert_eq!(other, Admission::Closed);
            assert_eq!(breakers.admission(None, &latvia, START), Admission::Closed);
        }
    }

    #[test]
    fn after_its_rest_an_open_breaker_probes_in_periods() {
        let (breaker, latvia) = (Breaker::default(), prefix("+371"));
        let breakers = opened(START);
        let admission = |hours| breakers.admission(Some(&breaker), &latvia, at(hours));
        assert_eq!([admission(0), admission(3)], [Admission::Open; 2]);
        assert_eq!(admission(4), Admission::Probing { period: at(4) });
        assert_eq!(admission(7), Admission::Probing { period: at(4) });
        assert_eq!(admission(8), Admission::Probing { period: at(8) });
        let ended_in = |hours| breakers.ended_in(&breaker, &latvia, at(hours));
        assert_eq!(ended_in(3), EndedIn::Nothing);
        assert_eq!(ended_in(5), EndedIn::Probes { period: at(4) });
        assert_eq!(breakers.ended_in(&breaker, &prefix("+49"), at(5)), EndedIn::Window);
    }

    #[test]
    fn probes_close_a_breaker_or_let_it_rest_again() {
        let (breaker, latvia) = (Breaker::default(), prefix("+371"));
        let probes = EndedIn::Probes { period: at(4) };
        let mut breakers = opened(START);
        // Not enough of them have ended.
        assert_eq!(breakers.judge(&breaker, &latvia, (probes, share(4, 4)), at(5)), None);
        let mut good = breakers.clone();
        let change = good.judge(&breaker, &latvia, (probes, share(5, 1)), at(5));
        assert_eq!(change, Some(BreakerChange::Closed));
        assert!(good.is_empty());
        let change = breakers.judge(&breaker, &latvia, (probes, share(5, 0)), at(5));
        assert_eq!(change, Some(BreakerChange::Opened(share(5, 0))));
        assert_eq!(breakers.admission(Some(&breaker), &latvia, at(8)), Admission::Open);
        // The same probes decide nothing twice.
        assert_eq!(breakers.judge(&breaker, &latvia, (probes, share(6, 5)), at(8)), None);
        // A code that was sent while the breaker was closed does not open it a second time.
        let late = (EndedIn::Window, share(90, 0));
        assert_eq!(breakers.judge(&breaker, &latvia, late, at(8)), None);
    }

    #[test]
    fn a_breaker_that_an_administrator_closed_is_not_opened_by_earlier_codes() {
        let (breaker, latvia) = (Breaker::default(), prefix("+371"));
        let mut breakers = opened(START);
        assert!(breakers.close(&latvia, at(1), 2 * HOUR));
        assert!(!breakers.close(&latvia, at(1), 2 * HOUR), "it is closed");
        assert_eq!(breakers.open().count(), 0);
        let low = (EndedIn::Window, share(60, 0));
        assert_eq!(breakers.admission(Some(&breaker), &latvia, at(1)), Admission::Closed);
        assert_eq!(breakers.ended_in(&breaker, &latvia, at(1)), EndedIn::Window);
        assert_eq!(breakers.judge(&breaker, &latvia, low, at(2)), None);
        assert!(breakers.judge(&breaker, &latvia, low, at(3)).is_some());
    }

    #[test]
    fn a_state_from_a_clock_that_was_ahead_is_not_obeyed() {
        let (breaker, latvia) = (Breaker::default(), prefix("+371"));
        let year = 365 * 24;
        let low = (EndedIn::Window, share(50, 0));
        let mut breakers = opened(at(year));
        let obeyed = breakers.at(at(1));
        assert_eq!(obeyed.admission(Some(&breaker), &latvia, at(1)), Admission::Closed);
        assert!(breakers.close(&latvia, at(year), 2 * HOUR));
        assert!(breakers.at(at(1)).judge(&breaker, &latvia, low, at(1)).is_some());
        // As far as clocks may differ, it is.
        let opened = opened(at(1).plus(MAX_SKEW));
        assert_eq!(opened.at(at(1)), opened);
        assert_eq!(opened.at(at(0)), Breakers::default());
    }

    #[test]
    fn the_states_are_bounded_and_fit_beside_the_largest_policy() {
        let breaker = Breaker::default();
        let mut breakers = Breakers::default();
        for n in 0..100_u32 {
            let prefix = prefix(&format!("+{}", 10_000_000_000_000_u64 + u64::from(n)));
            let counted = (EndedIn::Window, share(u64::from(u32::MAX), 1_000_000));
            assert!(breakers.judge(&breaker, &prefix, counted, at(n)).is_some());
        }
        assert_eq!(breakers.open().count(), MAX_OPEN);
        let text = serde_json::to_string(&breakers).expect("plain data");
        assert!(text.len() < 2_200, "{}", text.len());
    }
}
