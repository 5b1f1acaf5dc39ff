//! Work that waits in a record: claimed by a lease, settled by an ordinary commit.

use std::time::Duration;

use super::Turn;
use crate::domain::account::{Account, Challenge, Pending, PendingBody, Purpose};
use crate::domain::event::EventKind;
use crate::domain::time::Timestamp;

/// How long one worker has a message to itself.
const LEASE: Duration = Duration::from_secs(60);
/// The wait after the first failed try; it doubles up to an hour.
const FIRST_RETRY: Duration = Duration::from_secs(5);
const LONGEST_RETRY: Duration = Duration::from_secs(3_600);

/// What a record needs done now.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Work {
    /// Time has made something void or overdue: commit that.
    Tidy,
    /// Messages to hand over, or sessions to revoke: what comes first stands first.
    Messages(Vec<u32>),
}

/// The next thing to be done, notices before codes.
pub(crate) fn next_work(account: &Account, now: Timestamp) -> Option<Work> {
    let overdue = account.write.as_ref().is_some_and(|write| write.overdue(now));
    let writing = account.writing_flow();
    let ended = account.flows.iter().any(|flow| flow.is_over(now, writing));
    let dead = account.outbox.iter().any(|pending| now >= pending.not_after);
    if overdue || ended || dead {
        return Some(Work::Tidy);
    }
    let ready = account.outbox.iter().filter(|pending| {
        pending.write.is_none() && pending.wake_at() <= now && now < pending.not_after
    });
    let mut ready: Vec<_> =
        ready.map(|pending| (pending.is_code(), pending.due, pending.number)).collect();
    ready.sort_unstable();
    let numbers: Vec<u32> = ready.into_iter().map(|(_, _, number)| number).collect();
    (!numbers.is_empty()).then_some(Work::Messages(numbers))
}

/// A message under lease.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Claimed {
    pub(crate) pending: Pending,
    /// For a code or a link: its challenge, and what it is for.
    pub(crate) sent: Option<SentSecret>,
}

/// A secret that is to be sent.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct SentSecret {
    pub(crate) challenge: Challenge,
    pub(crate) purpose: Purpose,
    /// Whether an administrator has asked for it.
    pub(crate) by_administrator: bool,
}

/// Takes the lease of one message, if it is still there and ready.
pub(crate) fn claim(turn: &mut Turn<'_>, number: u32) -> Option<Claimed> {
    turn.sweep();
    let now = turn.now;
    let pending = turn.account.outbox.iter_mut().find(|one| one.number == number)?;
    if pending.write.is_some() || pending.wake_at() > now {
        return None;
    }
    pending.claimed_until = Some(now.plus(LEASE));
    let pending = pending.clone();
    let sent = match &pending.body {
        PendingBody::Code { flow, challenge, .. } => {
            let flow = turn.account.flows.iter().find(|one| one.number == *flow)?;
            let challenge = flow.challenges.iter().find(|one| one.number == *challenge)?.clone();
            let by_administrator = flow.by_administrator;
            Some(SentSecret { challenge, purpose: flow.purpose, by_administrator })
        }
        _ => None,
    };
    Some(Claimed { pending, sent })
}

/// Overdue writes become unsettled, ended flows close, dead messages go, and so do pending methods that
/// can no longer be confirmed.
pub(crate) fn tidy(turn: &mut Turn<'_>) {
    let now = turn.now;
    let overdue = turn.account.write.as_ref().filter(|write| write.overdue(now));
    if let Some(number) = overdue.map(|write| write.number) {
        super::settle_unknown(turn, number);
    }
    turn.sweep();
    super::register::forget_abandoned(turn);
}

/// How a try ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Outcome {
    Done,
    /// Try again later.
    Later,
    /// Refused for good.
    Never,
}

/// Notes how the try under this lease ended. A lease that was lost settles nothing.
pub(crate) fn settle_message(turn: &mut Turn<'_>, claimed: &Pending, outcome: Outcome) -> bool {
    let now = turn.now;
    let same =
        |one: &Pending| one.number == claimed.number && one.claimed_until == claimed.claimed_until;
    let Some(place) = turn.account.outbox.iter().position(same) else {
        return false;
    };
    let pending = &mut turn.account.outbox[place];
    match outcome {
        Outcome::Later => {
            let wait = FIRST_RETRY.saturating_mul(1 << pending.tries.min(10)).min(LONGEST_RETRY);
            pending.tries = pending.tries.saturating_add(1);
            pending.claimed_until = None;
            pending.due = now.plus(wait);
        }
        Outcome::Done | Outcome::Never => {
            let pending = turn.account.outbox.remove(place);
            let event = settled(turn, &pending, outcome == Outcome::Done);
            turn.events.extend(event);
        }
    }
    true
}

fn settled(turn: &Turn<'_>, pending: &Pending, done: bool) -> Option<EventKind> {
    let (kind, channel) = match &pending.body {
        PendingBody::Revoke { write, .. } => {
            return done.then_some(EventKind::SessionsRevoked { write: *write });
        }
        PendingBody::Notice { notice, channel, .. } => (notice.id().to_owned(), *channel),
        PendingBody::Code { flow, challenge, .. } => {
            let flow = turn.account.flows.iter().find(|one| one.number == *flow)?;
            let challenge = flow.challenges.iter().find(|one| one.number == *challenge)?;
            let id = flow.purpose.code().message_id(challenge.channel());
            (id.to_owned(), challenge.channel())
        }
    };
    let message = pending.number;
    Some(if done {
        EventKind::MessageDelivered { message, kind, channel }
    } else {
        EventKind::MessageFailed { message, kind, channel, expired: false }
    })
}
