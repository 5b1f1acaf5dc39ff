//! Work that waits in a record: claimed by a lease, settled by an ordinary commit.

use std::time::Duration;

use super::{MAX_OUTBOX, Transition};
use crate::domain::account::{Account, Challenge, Counted, Pending, PendingBody, Purpose};
use crate::domain::event::EventKind;
use crate::domain::message::Notice;
use crate::domain::method::Channel;
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
/// How long a message waits for a channel that the tenant has no provider for, and a digest for its
/// administrator's mail server.
const CHANNEL_WAIT: Duration = Duration::from_secs(86_400);

/// What a record needs done now.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Work {
    /// Time has made something void or overdue: commit that.
    Tidy,
    /// Messages to hand over, or sessions to revoke: what comes first stands first.
    Messages(Vec<u32>),
}

/// The next thing to be done, notices before codes, further administrators after both.
pub(crate) fn next_work(account: &Account, now: Timestamp) -> Option<Work> {
    let overdue = account.write.as_ref().is_some_and(|write| write.overdue(now));
    let writing = account.writing_flow();
    let ended = account.flows.iter().any(|flow| flow.is_over(now, writing));
    let dead = account.outbox.iter().any(|pending| pending.is_dead(now));
    let verdicts = account.budgets.iter().flat_map(|budget| &budget.verdicts);
    let unrecorded = verdicts.into_iter().any(|verdict| verdict.due() <= now);
    let superseded = account.superseded(now).next().is_some();
    if overdue || ended || dead || unrecorded || superseded {
        return Some(Work::Tidy);
    }
    let ready = account.outbox.iter().filter(|pending| {
        pending.write.is_none() && pending.wake_at() <= now && !pending.is_dead(now)
    });
    let rank = |pending: &Pending| match pending.body {
        PendingBody::Administrators { .. } => 2,
        PendingBody::Code { .. } => 1,
        _ => 0,
    };
    let mut ready: Vec<_> =
        ready.map(|pending| (rank(pending), pending.due, pending.number)).collect();
    ready.sort_unstable();
    let numbers: Vec<u32> = ready.into_iter().map(|(_, _, number)| number).collect();
    (!numbers.is_empty()).then_some(Work::Messages(numbers))
}

/// What became of a message that was to be taken up.
#[derive(Debug)]
pub(crate) enum DeliveryClaim {
    /// It is not there, or not ready: somebody else has it.
    Gone,
    /// Its address has had as many as it gets now: it waits, or another one tells of it.
    Folded,
    Taken(Box<ClaimedMessage>),
}

/// A message under lease.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct ClaimedMessage {
    pub(crate) pending: Pending,
    /// How its count stood before this claim.
    pub(crate) counted: Counted,
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

/// Takes the lease of one message, if it is still there and ready, and its address's budget has room.
pub(crate) fn claim(transition: &mut Transition<'_>, number: u32) -> DeliveryClaim {
    transition.sweep();
    let now = transition.now;
    let ready = |one: &Pending| one.number == number && one.write.is_none() && one.wake_at() <= now;
    let Some(place) = transition.account.outbox.iter().position(ready) else {
        return DeliveryClaim::Gone;
    };
    let sent = match &transition.account.outbox[place].body {
        PendingBody::Code { flow, challenge, .. } => {
            match transition.account.sent_secret(*flow, *challenge) {
                Some(sent) => Some(sent),
                None => return DeliveryClaim::Gone,
            }
        }
        _ => None,
    };
    let counted = transition.account.outbox[place].counted();
    if !transition.admit(place) {
        return DeliveryClaim::Folded;
    }
    let pending = &mut transition.account.outbox[place];
    pending.claimed_until = Some(now.plus(LEASE));
    if let PendingBody::Notice { notice: Notice::HelpRequested { .. }, counted, .. } =
        &mut pending.body
        && *counted == Counted::No
    {
        *counted = Counted::Begun;
    }
    DeliveryClaim::Taken(Box::new(ClaimedMessage { pending: pending.clone(), counted, sent }))
}

impl Account {
    fn sent_secret(&self, flow: u32, challenge: u32) -> Option<SentSecret> {
        let flow = self.flows.iter().find(|one| one.number == flow)?;
        let challenge = flow.challenges.iter().find(|one| one.number == challenge)?.clone();
        let by_administrator = flow.by_administrator;
        Some(SentSecret { challenge, purpose: flow.purpose, by_administrator })
    }

    /// The kind and the channel of a message, for the audit trail. None if its code is gone.
    pub(super) fn kind_of(&self, body: &PendingBody) -> Option<(&'static str, Channel)> {
        match body {
            PendingBody::Notice { notice, channel, .. } => Some((notice.id(), *channel)),
            PendingBody::Announce { notice } | PendingBody::Administrators { notice, .. } => {
                Some((notice.id(), Channel::Email))
            }
            PendingBody::Code { flow, challenge, .. } => {
                let SentSecret { challenge, purpose, .. } = self.sent_secret(*flow, *challenge)?;
                let channel = challenge.channel();
                Some((purpose.code().message_id(channel), channel))
            }
            PendingBody::Revoke { .. } => None,
        }
    }
}

impl Pending {
    const fn counted(&self) -> Counted {
        match &self.body {
            PendingBody::Notice { counted, .. } => *counted,
            _ => Counted::No,
        }
    }
}

/// Overdue writes become unsettled, ended flows close, dead messages go, and so do pending methods that
/// can no longer be confirmed.
pub(crate) fn tidy(transition: &mut Transition<'_>) {
    let now = transition.now;
    let overdue = transition.account.write.as_ref().filter(|write| write.overdue(now));
    if let Some(number) = overdue.map(|write| write.number) {
        super::settle_unknown(transition, number);
    }
    transition.sweep();
    super::register::forget_abandoned(transition);
}

/// How a try ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum DeliveryOutcome {
    Done,
    /// Try again later.
    Later,
    /// The tenant has no provider for the channel now: try again later, for a day at most.
    NoChannel,
    /// The counter of its administrator could not be added to, or may have been.
    Uncounted,
    /// Refused for good.
    Never,
    /// Another address was told of the same; this one is not to be sent anything.
    Withheld,
    /// The administrator's digest of this window tells of it.
    InDigest,
    /// It is the administrator's digest of this window from now on.
    Digest {
        window: Timestamp,
        due: Timestamp,
    },
}

/// Notes how the try under this lease ended. A lease that was lost settles nothing.
pub(crate) fn settle_message(
    transition: &mut Transition<'_>,
    claimed: &Pending,
    outcome: DeliveryOutcome,
) -> bool {
    let same =
        |one: &Pending| one.number == claimed.number && one.claimed_until == claimed.claimed_until;
    let Some(place) = transition.account.outbox.iter().position(same) else {
        return false;
    };
    match outcome {
        DeliveryOutcome::Later => {
            if let PendingBody::Notice { counted, .. } = &mut transition.account.outbox[place].body
                && *counted == Counted::Begun
            {
                // Only what was counted is handed over.
                *counted = Counted::Yes;
            }
            transition.try_later(place);
        }
        DeliveryOutcome::Uncounted => transition.try_later(place),
        DeliveryOutcome::NoChannel => {
            let pending = &mut transition.account.outbox[place];
            pending.not_after = pending.not_after.min(pending.queued_at.plus(CHANNEL_WAIT));
            transition.try_later(place);
        }
        DeliveryOutcome::Digest { window, due } => {
            let pending = &mut transition.account.outbox[place];
            (pending.due, pending.claimed_until) = (due, None);
            pending.not_after = pending.not_after.max(due.plus(CHANNEL_WAIT));
            if let PendingBody::Notice { counted, .. } = &mut pending.body {
                *counted = Counted::Digest { window };
            }
        }
        DeliveryOutcome::Done
        | DeliveryOutcome::Never
        | DeliveryOutcome::Withheld
        | DeliveryOutcome::InDigest => {
            let pending = transition.account.outbox.remove(place);
            let event = settled(transition, &pending, outcome);
            transition.events.extend(event);
        }
    }
    true
}

impl Transition<'_> {
    /// The next try of the message of this number. Says whether it is there.
    pub(crate) fn put_off(&mut self, number: u32) -> bool {
        let place = self.account.outbox.iter().position(|one| one.number == number);
        place.map(|place| self.try_later(place)).is_some()
    }

    /// The next try of the message at this place, after a wait that doubles. The first failure is
    /// recorded.
    pub(super) fn try_later(&mut self, place: usize) {
        let now = self.now;
        let pending = &mut self.account.outbox[place];
        let first = pending.tries == 0;
        pending.due = now.plus(retry_wait(pending, now));
        pending.tries = pending.tries.saturating_add(1);
        pending.claimed_until = None;
        let message = pending.number;
        let known = self.account.kind_of(&self.account.outbox[place].body);
        if first && let Some((kind, channel)) = known {
            let kind = kind.to_owned();
            self.record(EventKind::MessageDelayed { message, kind, channel });
        }
        // Several that wait for one address become one before they fill the outbox.
        if self.account.outbox.len() > MAX_OUTBOX / 2 {
            self.fold_into_waiting(place);
        }
    }
}

/// How long a message waits after a failed try. The wait doubles, and never spends the rest of the
/// message's life unless less than [`FIRST_RETRY`] of it is left. Once that is over it goes on as before:
/// short waits would spend the last tries of a notice in minutes, by a clock that is days ahead.
fn retry_wait(pending: &Pending, now: Timestamp) -> Duration {
    let doubled = FIRST_RETRY.saturating_mul(1 << pending.tries.min(10)).min(LONGEST_RETRY);
    let left = pending.not_after.since(now);
    let most = if pending.is_code() {
        left / PART_OF_LIFE
    } else if left.is_zero() || doubled < left {
        doubled
    } else {
        left.saturating_sub(LAST_CALL)
    };
    doubled.min(most.max(FIRST_RETRY))
}

fn settled(
    transition: &Transition<'_>,
    pending: &Pending,
    outcome: DeliveryOutcome,
) -> Option<EventKind> {
    let done = outcome == DeliveryOutcome::Done;
    if let PendingBody::Revoke { write, .. } = &pending.body {
        return done.then_some(EventKind::SessionsRevoked { write: *write });
    }
    let (kind, channel) = transition.account.kind_of(&pending.body)?;
    let (message, kind) = (pending.number, kind.to_owned());
    Some(match outcome {
        DeliveryOutcome::Done => EventKind::MessageDelivered { message, kind, channel },
        DeliveryOutcome::Withheld => EventKind::MessageWithheld { message, kind, channel },
        DeliveryOutcome::InDigest => {
            EventKind::MessageFolded { message, kind, channel, into: None }
        }
        _ => EventKind::MessageFailed { message, kind, channel, expired: false },
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
        let (about, mail_too, counted) = (None, false, Counted::No);
        let body =
            PendingBody::Notice { notice, channel, destination, locale, about, mail_too, counted };
        pending(life, body)
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
        // RFC 5321, 4.5.4.1, lets a relay wait half an hour, which is longer than most codes live.
        for (life, outage) in [
            (600, 316),
            (3_600, 2_700),
            (600, 580),
            (900, 640),
            (86_400, 80_000),
            (60, 54),
            (90, 80),
            (300, 290),
            (600, 1),
            (1_200, 1_190),
            (1_800, 1_350),
            (1_800, 1_794),
            (3_600, 1_800),
            (3_600, 3_594),
            (7_200, 5_400),
            (7_200, 7_190),
            (86_400, 86_390),
            (90_000, 89_000),
        ] {
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

    /// V60: a clock days ahead, by which its time is over, needs fifteen hours to give a notice up.
    #[test]
    fn a_notice_past_its_time_is_given_up_after_fifteen_hours_of_tries() {
        for days in [8, 800] {
            let mut message = notice(7 * 86_400);
            let ahead = START.plus(Duration::from_secs(days * 86_400));
            let mut now = ahead;
            while !message.is_dead(now) {
                now = now.plus(retry_wait(&message, now));
                message.tries += 1;
            }
            let took = now.since(ahead);
            assert!(took >= Duration::from_secs(15 * 3_600), "{days} days: {took:?}");
        }
    }
}
