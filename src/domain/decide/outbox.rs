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
/// A code waits for at most this part of the life it has left: a code that arrives with its life
/// over is as good as none, so the tries get closer towards its end.
const PART_OF_LIFE: u32 = 4;
/// How long before its death any other message gets a last try.
const LAST_CALL: Duration = LEASE;

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
            pending.due = now.plus(retry_wait(pending, now));
            pending.tries = pending.tries.saturating_add(1);
            pending.claimed_until = None;
        }
        Outcome::Done | Outcome::Never => {
            let pending = turn.account.outbox.remove(place);
            let event = settled(turn, &pending, outcome == Outcome::Done);
            turn.events.extend(event);
        }
    }
    true
}

/// How long a message waits after a failed try. The wait doubles, and never spends the rest of the
/// message's life unless less than [`FIRST_RETRY`] of it is left.
fn retry_wait(pending: &Pending, now: Timestamp) -> Duration {
    let doubled = FIRST_RETRY.saturating_mul(1 << pending.tries.min(10)).min(LONGEST_RETRY);
    let left = pending.not_after.since(now);
    let most = if pending.is_code() {
        left / PART_OF_LIFE
    } else if doubled < left {
        doubled
    } else {
        left.saturating_sub(LAST_CALL)
    };
    doubled.min(most.max(FIRST_RETRY))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::contact::{Destination, EmailAddress};
    use crate::domain::message::{Locale, Notice};
    use crate::domain::method::Channel;

    const START: Timestamp = Timestamp::from_unix_seconds(1_800_000_000);

    fn pending(life: u64, body: PendingBody) -> Pending {
        Pending {
            number: 1,
            queued_at: START,
            due: START,
            not_after: START.plus(Duration::from_secs(life)),
            claimed_until: None,
            tries: 0,
            write: None,
            body,
            unknown: Default::default(),
        }
    }

    /// When each try of a message is made if every one fails, in milliseconds of its life.
    fn tries(mut message: Pending) -> Vec<u128> {
        let mut tries = Vec::new();
        while message.due < message.not_after {
            let now = message.due;
            tries.push(now.since(START).as_millis());
            message.due = now.plus(retry_wait(&message, now));
            message.tries = message.tries.saturating_add(1);
        }
        tries
    }

    fn code(life: u64) -> Pending {
        pending(life, PendingBody::Code { flow: 1, challenge: 1, locale: Locale::default() })
    }

    fn notice(life: u64) -> Pending {
        let to = EmailAddress::parse("ada@example.org").expect("valid");
        let notice = Notice::PasswordReset { at: START };
        let destination = Destination::Email(to);
        let (channel, locale) = (Channel::Email, Locale::default());
        pending(life, PendingBody::Notice { notice, channel, destination, locale, about: None })
    }

    /// T4: wherever an outage ends, a code that still has a quarter of its life is sent before
    /// another quarter of what was left has gone.
    #[test]
    fn a_code_is_tried_again_while_it_has_a_life() {
        for life in [60, 90, 300, 600, 900, 1_200, 1_800, 3_600, 7_200, 86_400, 90_000] {
            let tries = tries(code(life));
            let life = u128::from(life) * 1_000;
            for pair in tries.windows(2) {
                let (from, to) = (pair[0], pair[1]);
                assert!(to - from <= ((life - from) / 4).max(5_000), "{life}: {from} to {to}");
                assert!(to - from >= 5_000, "{life}: {from} to {to}");
            }
            let last = *tries.last().expect("a try");
            assert!(life - last <= 5_000, "{life}: the last try is at {last}");
            assert!(tries.len() <= 60, "{life}: {} tries", tries.len());
        }
        for (life, outage) in [(600, 316), (3_600, 2_700), (600, 580), (900, 640), (86_400, 80_000)]
        {
            let sent = tries(code(life)).into_iter().find(|&at| at >= outage * 1_000);
            assert!(sent.is_some(), "{life} {outage}");
        }
    }

    /// T4: a notice waits up to an hour, as before, and gets a last try a minute before its death.
    #[test]
    fn a_notice_keeps_its_long_tail_and_gets_a_last_try() {
        for life in [3_600, 86_400, 7 * 86_400, 14 * 86_400] {
            let tries = tries(notice(life));
            let life = u128::from(life) * 1_000;
            let last = *tries.last().expect("a try");
            assert!(last < life && life - last <= 65_000, "{life}: the last try is at {last}");
            assert!(tries.len() as u128 <= 24 + life / 3_600_000, "{life}: {}", tries.len());
        }
    }
}
