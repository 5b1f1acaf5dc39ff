//! Which replies are counted, and under which keys. Counters must tell a reader no more than the replies
//! told the callers, so the key of a counter depends on the reply alone.

use serde::{Deserialize, Serialize};

use super::day::ReportDay;
use super::row::{ReportRow, code};
use super::usage::{UsageFeature, UsageStage};
use crate::domain::account::Purpose;
use crate::domain::named::named;
use crate::domain::reason::SsprReason;
use crate::domain::refusal::Refusal;

named! {
    /// A request whose replies are counted.
    ///
    /// ```
    /// assert_eq!(sspr::report::CountedStep::FirstChallenge.as_str(), "first_challenge");
    /// ```
    pub enum CountedStep {
        /// The name was typed.
        Start = "start",
        /// The first code of a flow was asked for.
        FirstChallenge = "first_challenge",
        /// A further code was asked for.
        Challenge = "challenge",
        /// A secret was given.
        Prove = "prove",
    }
}

impl CountedStep {
    pub(crate) const ALL: [Self; 4] =
        [Self::Start, Self::FirstChallenge, Self::Challenge, Self::Prove];
}

/// The purposes whose flows any caller may begin.
const PURPOSES: [Purpose; 2] = [Purpose::Reset, Purpose::Unlock];

/// The outcomes that each step may have, beside the reasons of a refused start.
const OUTCOMES: [&str; 9] = [
    ACCEPTED,
    "not_accepted",
    "too_often",
    "ended",
    "ticket_replaced",
    "not_offered",
    "human_check_required",
    OTHER,
    FAULT,
];
const ACCEPTED: &str = "accepted";
/// Any other refusal: an overload, a mistake of the host, or one that only a caller with a proof gets.
const OTHER: &str = "other";
const FAULT: &str = "fault";

/// One reply, as it is counted.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct CountedReply {
    pub(crate) feature: UsageFeature,
    pub(crate) step: CountedStep,
    outcome: String,
}

impl CountedReply {
    /// The reply to this step; `refused` is the refusal, and `None` without one stands for a fault.
    pub(crate) fn of(
        purpose: Purpose,
        step: CountedStep,
        reply: Result<(), Option<&Refusal>>,
    ) -> Self {
        let outcome = match reply {
            Ok(()) => ACCEPTED.to_owned(),
            Err(None) => FAULT.to_owned(),
            // The reason that the caller was told.
            Err(Some(Refusal::NotEligible { reason })) if step == CountedStep::Start => {
                code(reason)
            }
            Err(Some(refusal)) => {
                let known = OUTCOMES.iter().find(|known| **known == refusal.code());
                (*known.unwrap_or(&OTHER)).to_owned()
            }
        };
        Self { feature: purpose.into(), step, outcome }
    }

    /// What the key of the counter is derived from: stable text.
    pub(crate) fn subject(&self) -> String {
        format!("{}.{}.{}", self.feature, self.step, self.outcome)
    }

    pub(crate) fn row(self, day: ReportDay, count: u64) -> CountRow {
        CountRow { day, feature: self.feature, step: self.step, outcome: self.outcome, count }
    }
}

/// The outcomes of a step.
fn codes_of(step: CountedStep) -> Vec<String> {
    let reasons = (step == CountedStep::Start).then(|| SsprReason::ALL.iter().map(code));
    OUTCOMES.iter().map(|code| (*code).to_owned()).chain(reasons.into_iter().flatten()).collect()
}

/// Everything that is counted on a day.
pub(crate) fn cells() -> Vec<CountedReply> {
    let mut all = Vec::new();
    for purpose in PURPOSES {
        for step in CountedStep::ALL {
            let feature = purpose.into();
            let cell = |outcome| CountedReply { feature, step, outcome };
            all.extend(codes_of(step).into_iter().map(cell));
        }
    }
    all
}

/// How many requests of one kind had one outcome on one day. It counts the replies that callers got,
/// so it tells its reader no more about an account than the callers were told.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CountRow {
    /// The day.
    pub day: ReportDay,
    /// A reset or an unlock.
    pub feature: UsageFeature,
    /// The request.
    pub step: CountedStep,
    /// `accepted`, `fault`, the [code of a refusal](Refusal::code) or, for a refused start, the
    /// reason that the caller was told.
    pub outcome: String,
    /// How many.
    pub count: u64,
}

impl CountRow {
    /// The stage that a count belongs to, and the reason against it.
    pub(super) fn stage(&self) -> Option<(UsageStage, Option<String>)> {
        let reason = (self.outcome != ACCEPTED).then(|| self.outcome.clone());
        match self.step {
            CountedStep::Start if reason.is_none() => Some((UsageStage::Started, None)),
            CountedStep::Start => Some((UsageStage::Failed, reason)),
            CountedStep::FirstChallenge if reason.is_none() => Some((UsageStage::Asked, None)),
            CountedStep::FirstChallenge | CountedStep::Challenge | CountedStep::Prove => None,
        }
    }
}

impl ReportRow for CountRow {
    const COLUMNS: &'static [&'static str] = &["day", "feature", "step", "outcome", "count"];

    fn cells(&self) -> Vec<String> {
        let Self { day, feature, step, outcome, count } = self;
        vec![
            day.to_string(),
            feature.to_string(),
            step.to_string(),
            outcome.clone(),
            count.to_string(),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Timestamp;

    /// A reply that is counted under no listed name would never be read.
    #[test]
    fn every_reply_is_counted_in_a_cell_that_is_read() {
        let cells = cells();
        let refusals = [
            Refusal::NotAccepted,
            Refusal::Ended,
            Refusal::TicketReplaced,
            Refusal::AlreadyProven,
            Refusal::NotOffered,
            Refusal::TooOften { retry_at: Timestamp::EPOCH },
            Refusal::HumanCheckRequired,
            Refusal::NotFound,
        ];
        let reasons = SsprReason::ALL.iter().map(|reason| Refusal::NotEligible { reason: *reason });
        let all: Vec<Refusal> = refusals.into_iter().chain(reasons).collect();
        for step in CountedStep::ALL {
            for purpose in PURPOSES {
                for reply in all.iter().map(|refusal| Err(Some(refusal))) {
                    assert!(cells.contains(&CountedReply::of(purpose, step, reply)), "{reply:?}");
                }
                for reply in [Ok(()), Err(None)] {
                    assert!(cells.contains(&CountedReply::of(purpose, step, reply)), "{reply:?}");
                }
            }
        }
        let mut subjects: Vec<_> = cells.iter().map(CountedReply::subject).collect();
        let all = subjects.len();
        subjects.sort_unstable();
        subjects.dedup();
        assert_eq!(subjects.len(), all, "two cells share a counter");
    }
}
