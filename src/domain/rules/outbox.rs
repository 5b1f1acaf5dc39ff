//! Work that waits in a record: each message is claimed by a lease and settled by a commit.

use std::time::Duration;

use super::pumping::new_number;
use super::retry::{LEASE, retry_wait};
use super::{MAX_OUTBOX, Transition};
use crate::domain::account::{
    Account, Challenge, ChallengeNumber, Counted, Expected, FlowNumber, MessageNumber, Pending,
    PendingBody, Purpose,
};
use crate::domain::event::{EventKind, StoppedBy};
use crate::domain::identity::contact::NumberPrefix;
use crate::domain::message::{Notice, SignInNames};
use crate::domain::method::Channel;
use crate::domain::time::Timestamp;

/// How long a message waits for a provider of its channel, and a digest for a mail server.
const CHANNEL_WAIT: Duration = Duration::from_secs(86_400);

/// What a record needs done now.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Work {
    /// Something is overdue or has expired, or events wait to be written: commit that.
    Tidy,
    /// The numbers of messages to hand over, or of sessions to revoke, the most urgent first.
    Messages(Vec<MessageNumber>),
}

/// What the record needs done next: notices before codes, and pages of administrators after both.
pub(crate) fn next_work(account: &Account, now: Timestamp) -> Option<Work> {
    let overdue = account.write.as_ref().is_some_and(|write| write.overdue(now));
    let writing = account.writing_flow();
    let ended = account.flows.iter().any(|flow| flow.is_over(now, writing));
    let dead = account.outbox.iter().any(|pending| pending.is_dead(now));
    let mut verdicts = account.budgets.iter().flat_map(|budget| &budget.verdicts);
    let unrecorded = verdicts.any(|verdict| verdict.due() <= now);
    let superseded = account.superseded(now).next().is_some();
    let unwritten = !account.unwritten.is_empty();
    if overdue || ended || dead || unrecorded || superseded || unwritten {
        return Some(Work::Tidy);
    }
    let rank = |pending: &Pending| match pending.body {
        PendingBody::Administrators { .. } => 2,
        PendingBody::Code { .. } => 1,
        _ => 0,
    };
    let is_ready = |pending: &&Pending| {
        pending.write.is_none() && pending.wake_at() <= now && !pending.is_dead(now)
    };
    let mut ready: Vec<_> = account
        .outbox
        .iter()
        .filter(is_ready)
        .map(|pending| (rank(pending), pending.due, pending.number))
        .collect();
    ready.sort_unstable();
    let numbers: Vec<MessageNumber> = ready.into_iter().map(|(_, _, number)| number).collect();
    (!numbers.is_empty()).then_some(Work::Messages(numbers))
}

/// The outcome of [`claim`].
#[derive(Debug)]
pub(crate) enum DeliveryClaim {
    /// The message does not exist, is not due, or is claimed by another worker.
    Gone,
    /// The budget of its address is spent: the message waits, or was folded into another.
    Folded,
    /// The lease is taken.
    Taken(Box<ClaimedMessage>),
}

/// A message under lease.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct ClaimedMessage {
    pub(crate) pending: Pending,
    /// Whether it had been counted before this claim.
    pub(crate) counted: Counted,
    /// The secret, for a code or a link.
    pub(crate) sent: Option<SentSecret>,
    /// The prefix, for a code to a new number.
    pub(crate) new_number: Option<NumberPrefix>,
}

/// A code or link to be sent: the challenge that derives it.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct SentSecret {
    pub(crate) challenge: Challenge,
    pub(crate) purpose: Purpose,
    /// Whether an administrator has asked for it.
    pub(crate) by_administrator: bool,
}

/// Takes the lease of one message, if it is ready and the budget of its address has room.
pub(crate) fn claim(transition: &mut Transition<'_>, number: MessageNumber) -> DeliveryClaim {
    transition.sweep();
    let now = transition.now;
    let ready = |pending: &Pending| {
        pending.number == number && pending.write.is_none() && pending.wake_at() <= now
    };
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
    let new_number = sent.as_ref().and_then(|sent| {
        new_number(
            &transition.account,
            &transition.policy.numbers,
            (&sent.challenge, sent.purpose),
            now,
        )
    });
    if let (Some(sent), Some(prefix)) = (&sent, &new_number) {
        transition.watch(&sent.challenge, prefix);
    }
    let pending = &mut transition.account.outbox[place];
    pending.claimed_until = Some(now.plus(LEASE));
    if let PendingBody::Notice { notice: Notice::HelpRequested { .. }, counted, .. } =
        &mut pending.body
        && *counted == Counted::No
    {
        *counted = Counted::Begun;
    }
    DeliveryClaim::Taken(Box::new(ClaimedMessage {
        pending: pending.clone(),
        counted,
        sent,
        new_number,
    }))
}

impl Account {
    fn sent_secret(
        &self,
        flow_number: FlowNumber,
        challenge_number: ChallengeNumber,
    ) -> Option<SentSecret> {
        let flow = self.flows.iter().find(|flow| flow.number == flow_number)?;
        let challenge =
            flow.challenges.iter().find(|challenge| challenge.number == challenge_number)?.clone();
        let by_administrator = flow.by_administrator;
        Some(SentSecret { challenge, purpose: flow.purpose, by_administrator })
    }

    /// The kind and the channel of a message, for the audit trail; `None` if its challenge is gone.
    pub(super) fn kind_of(&self, body: &PendingBody) -> Option<(&'static str, Channel)> {
        match body {
            PendingBody::Notice { notice, channel, .. } => Some((notice.id(), *channel)),
            PendingBody::Announce { notice } | PendingBody::Administrators { notice, .. } => {
                Some((notice.id(), Channel::Email))
            }
            PendingBody::Code { flow, challenge, .. } => {
                let SentSecret { challenge, purpose, .. } = self.sent_secret(*flow, *challenge)?;
                let channel = challenge.channel();
                let kind = match challenge.expected {
                    Expected::SignInNames(_) => SignInNames::ID,
                    _ => purpose.code().message_id(channel),
                };
                Some((kind, channel))
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

/// Commits the passage of time: overdue writes become unsettled, expired flows end, and dead
/// messages and pending methods that can no longer be confirmed are removed.
pub(crate) fn tidy(transition: &mut Transition<'_>) {
    let now = transition.now;
    let overdue = transition.account.write.as_ref().filter(|write| write.overdue(now));
    if let Some(number) = overdue.map(|write| write.number) {
        super::settle_unknown(transition, number);
    }
    transition.sweep();
    super::register::forget_abandoned(transition);
}

/// How the try to hand a message over ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum DeliveryOutcome {
    Done,
    /// Try again later.
    Later,
    /// The tenant has no provider for the channel now: try again later, for a day at most.
    NoChannel,
    /// The counter of its administrator was not incremented, or perhaps not: try again later.
    Uncounted,
    /// Refused for good.
    Never,
    /// The risk signals denied the number, and a mail address has the same notice.
    Withheld,
    /// The budget of codes to new numbers is spent, or the breaker of the prefix is open.
    Stopped(StoppedBy),
    /// The administrator's digest of this window includes it.
    InDigest,
    /// The message becomes the administrator's digest of this window.
    Digest {
        window: Timestamp,
        due: Timestamp,
    },
}

/// Settles the try under this lease. Returns `false`, and changes nothing, if the lease was lost.
pub(crate) fn settle_message(
    transition: &mut Transition<'_>,
    claimed: &Pending,
    outcome: DeliveryOutcome,
) -> bool {
    let same = |pending: &Pending| {
        pending.number == claimed.number && pending.claimed_until == claimed.claimed_until
    };
    let Some(place) = transition.account.outbox.iter().position(same) else {
        return false;
    };
    if let PendingBody::Code { challenge, .. } = claimed.body
        && outcome != DeliveryOutcome::Done
    {
        transition.unwatch(challenge);
    }
    match outcome {
        DeliveryOutcome::Later => {
            if let PendingBody::Notice { counted, .. } = &mut transition.account.outbox[place].body
                && *counted == Counted::Begun
            {
                // A message is handed over only after it was counted.
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
        | DeliveryOutcome::Stopped(_)
        | DeliveryOutcome::InDigest => {
            let pending = transition.account.outbox.remove(place);
            let event = end_event(transition, &pending, outcome);
            transition.events.extend(event);
        }
    }
    true
}

impl Transition<'_> {
    /// Schedules the next try of the message of this number. Returns whether there is such a
    /// message.
    pub(crate) fn put_off(&mut self, number: MessageNumber) -> bool {
        let place = self.account.outbox.iter().position(|pending| pending.number == number);
        place.map(|place| self.try_later(place)).is_some()
    }

    /// Schedules the next try of the message at this place, and records the first failure.
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
            self.record(EventKind::MessageDelayed { message, kind: kind.to_owned(), channel });
        }
        // Notices that wait for one address are folded together before they fill the outbox.
        if self.account.outbox.len() > MAX_OUTBOX / 2 {
            self.fold_into_waiting(place);
        }
    }
}

/// The event that records the end of this message, if one does.
fn end_event(
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
        DeliveryOutcome::Stopped(by) => EventKind::MessageStopped { message, kind, channel, by },
        DeliveryOutcome::InDigest => {
            EventKind::MessageFolded { message, kind, channel, into: None }
        }
        _ => EventKind::MessageFailed { message, kind, channel, expired: false },
    })
}
