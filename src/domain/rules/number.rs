//! Typed phone numbers: each is reserved as an attempt before it is compared.

use super::allowance::Caller;
use super::challenge::Open;
use super::open::{check_open, choose_pool, spent_until};
use super::{Reservation, Transition};
use crate::domain::account::Challenge;
use crate::domain::event::EventKind;
use crate::domain::policy::ThrottledAct;
use crate::domain::refusal::Refusal;
use crate::domain::time::Timestamp;

/// The outcome of [`reserve_number`].
pub(crate) enum NumberAttempt {
    /// The number may be compared.
    Reserved(Reservation),
    /// The budget is spent until this time, and nothing was changed.
    Spent { until: Timestamp },
}

/// Reserves one attempt of the method's failure budget for a typed phone number.
///
/// # Errors
///
/// [`Refusal`] as for opening the challenge: a number is not counted if no challenge could open.
pub(crate) fn reserve_number(
    transition: &mut Transition<'_>,
    open: &Open<'_>,
) -> Result<NumberAttempt, Refusal> {
    transition.sweep();
    let (now, kind) = (transition.now, open.option.method());
    if let Some(retry_at) = check_open(transition, open)? {
        return Ok(NumberAttempt::Spent { until: retry_at });
    }
    let open = &*choose_pool(transition, open);
    let caller = Caller { replaces: None, ..open.caller(transition) };
    let pool = caller.pool;
    // No challenge could be opened, so no number is compared.
    if let Some(retry_at) = spent_until(&open.caller(transition), open) {
        return Ok(NumberAttempt::Spent { until: retry_at });
    }
    if !caller.may_compare(open.caller(transition).replaced()) {
        return Ok(NumberAttempt::Spent { until: caller.may_compare_at() });
    }
    // Attempts reserved by other flows stay theirs. This flow's own live code, which the new one
    // replaces, gives up one of its attempts instead.
    if caller.attempts() == 0 {
        let retry_at = caller.attempts_at();
        let live = |challenge: &&mut Challenge| {
            challenge.method() == kind && challenge.live(now) && challenge.attempts > 0
        };
        let own = transition
            .account
            .flow_mut(&open.flow.id)
            .and_then(|flow| flow.challenges.iter_mut().find(live));
        match own {
            Some(challenge) => challenge.attempts -= 1,
            None => return Ok(NumberAttempt::Spent { until: retry_at }),
        }
    }
    let reservation = transition.reserve(kind, pool, open.asked.source, true);
    transition.count_throttled(ThrottledAct::NumberTyped, kind, pool, open.asked.source);
    transition.record(EventKind::NumberCounted { method: kind });
    Ok(NumberAttempt::Reserved(reservation))
}
