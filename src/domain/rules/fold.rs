//! The budget of notices for each address, and the folding of notices beyond it into one.

use sha2::{Digest as _, Sha256};

use super::Transition;
use crate::domain::account::{Counted, Pending, PendingBody, Told};
use crate::domain::event::{ActorKind, EventKind};
use crate::domain::identity::contact::Destination;
use crate::domain::identity::ids::RecordKey;
use crate::domain::method::Channel;
use crate::domain::policy::{Policy, Rate};
use crate::domain::refusal::Refusal;
use crate::domain::time::{DAY, HOUR, Timestamp};

/// The most addresses of one account whose notices are counted.
const MAX_COUNTED: usize = 16;

impl Transition<'_> {
    /// Checks that the actor may perform one more act that the owner is notified of.
    ///
    /// # Errors
    ///
    /// [`Refusal::TooOften`] if the acts of an hour or a day are spent.
    pub(super) fn check_act(&self) -> Result<(), Refusal> {
        let (times, now) = (self.acts(), self.now);
        let notices = &self.policy.notices;
        let windows = [(notices.acts_per_hour, HOUR), (notices.acts_per_day, DAY)];
        let full = windows.into_iter().filter_map(|(max, window)| {
            let rate = Rate::new(max, window);
            room_at(times, rate, now)
        });
        match full.max() {
            Some(retry_at) => Err(Refusal::TooOften { retry_at }),
            None => Ok(()),
        }
    }

    /// Counts an act that the owner is notified of.
    ///
    /// # Errors
    ///
    /// As [`check_act`](Self::check_act): a refused act is not counted.
    pub(super) fn count_act(&mut self) -> Result<(), Refusal> {
        self.check_act()?;
        let now = self.now;
        let times = self.acts_mut();
        times.retain(|at| now.since(*at) < DAY);
        times.push(now);
        Ok(())
    }

    /// Refunds the act that was counted at this time: it did not happen.
    pub(super) fn refund_act(&mut self, at: Timestamp) {
        let times = self.acts_mut();
        if let Some(place) = times.iter().rposition(|time| *time == at) {
            times.remove(place);
        }
    }

    const fn acts(&self) -> &Vec<Timestamp> {
        match self.actor {
            ActorKind::Administrator(_) => &self.account.acts.administrators,
            _ => &self.account.acts.user,
        }
    }

    const fn acts_mut(&mut self) -> &mut Vec<Timestamp> {
        match self.actor {
            ActorKind::Administrator(_) => &mut self.account.acts.administrators,
            _ => &mut self.account.acts.user,
        }
    }

    /// Counts the notice at this place in the budget of its address, and returns whether it may go
    /// out now. Beyond the budget it is folded into a waiting notice, or waits itself.
    pub(super) fn admit(&mut self, place: usize) -> bool {
        let Some(pending) = self.account.outbox.get(place) else {
            return false;
        };
        let PendingBody::Notice { channel, destination, about: None, counted: Counted::No, .. } =
            &pending.body
        else {
            return true;
        };
        let (now, rate) = (self.now, rate_of(self.policy, *channel));
        let to = hash_of(&self.account.key, *channel, destination);
        let told = &mut self.account.told;
        for told in told.iter_mut() {
            told.times.retain(|at| now.since(*at) < DAY);
        }
        told.retain(|told| !told.times.is_empty());
        let known = told.iter().position(|told| told.to == to);
        if let Some(until) = known.and_then(|known| room_at(&told[known].times, rate, now)) {
            self.fold(place, until);
            return false;
        }
        match known {
            Some(known) => told[known].times.push(now),
            None => {
                if told.len() >= MAX_COUNTED {
                    told.remove(0);
                }
                told.push(Told { to, times: vec![now] });
            }
        }
        // Only times within the window count.
        if let Some(told) = told.iter_mut().find(|told| told.to == to) {
            told.times.retain(|at| now.since(*at) < rate.window);
        }
        if let Some(Pending { body: PendingBody::Notice { counted, .. }, .. }) =
            self.account.outbox.get_mut(place)
        {
            *counted = Counted::Yes;
        }
        true
    }

    /// Folds the notice at this place into a waiting one to the same address. If there is none, it
    /// waits until `until` itself.
    fn fold(&mut self, place: usize, until: Timestamp) {
        if !self.fold_into_waiting(place)
            && let Some(pending) = self.account.outbox.get_mut(place)
        {
            (pending.due, pending.claimed_until) = (until, None);
        }
    }

    /// Folds the notice at this place into a waiting one to the same address, and returns whether
    /// there was one. The two become a new message with an idempotency key of its own.
    pub(super) fn fold_into_waiting(&mut self, place: usize) -> bool {
        let now = self.now;
        let outbox = &self.account.outbox;
        let Some(folded) = outbox.get(place) else {
            return false;
        };
        let waits = |other: &Pending| {
            other.number != folded.number
                && other.write.is_none()
                && other.claimed_until.is_none()
                && other.due > now
                && same_address(other, folded)
        };
        let Some(target) = outbox.iter().position(waits) else {
            return false;
        };
        let number = self.account.numbers.message.advance();
        let folded = self.account.outbox[place].clone();
        let target = &mut self.account.outbox[target];
        let mut gone = Vec::new();
        if let (
            PendingBody::Notice { notice, channel, mail_too, .. },
            PendingBody::Notice { notice: other, mail_too: other_too, .. },
        ) = (&mut target.body, &folded.body)
        {
            for (message, notice) in [(target.number, *notice), (folded.number, *other)] {
                let (kind, channel) = (notice.id().to_owned(), *channel);
                gone.push(EventKind::MessageFolded { message, kind, channel, into: Some(number) });
            }
            *notice = notice.and(*other);
            *mail_too &= *other_too;
        }
        target.number = number;
        target.not_after = target.not_after.max(folded.not_after);
        target.queued_at = target.queued_at.min(folded.queued_at);
        self.account.outbox.remove(place);
        self.events.extend(gone);
        true
    }
}

fn same_address(left: &Pending, right: &Pending) -> bool {
    match (&left.body, &right.body) {
        (
            PendingBody::Notice { channel: left, destination: left_to, about: None, .. },
            PendingBody::Notice { channel: right, destination: right_to, about: None, .. },
        ) => left == right && left_to.normalised() == right_to.normalised(),
        _ => false,
    }
}

const fn rate_of(policy: &Policy, channel: Channel) -> Rate {
    let notices = &policy.settings().notices;
    match channel {
        Channel::Email | Channel::Link => notices.mails,
        _ => notices.texts,
    }
}

/// When the window has room again, if it has none now.
fn room_at(times: &[Timestamp], rate: Rate, now: Timestamp) -> Option<Timestamp> {
    let mut live: Vec<Timestamp> =
        times.iter().copied().filter(|at| now.since(*at) < rate.window).collect();
    live.sort_unstable();
    let over = live.len().checked_sub(rate.max as usize)?;
    live.get(over).map(|at| at.plus(rate.window))
}

/// A short hash of the address. A phone has one budget for texts and calls.
fn hash_of(key: &RecordKey, channel: Channel, destination: &Destination) -> u32 {
    let mut hash = Sha256::new();
    hash.update(b"sspr told");
    hash.update(key.as_bytes());
    hash.update([u8::from(matches!(channel, Channel::Email | Channel::Link))]);
    hash.update(destination.normalised().as_bytes());
    let bytes: [u8; 32] = hash.finalize().into();
    let [a, b, c, d, ..] = bytes;
    u32::from_be_bytes([a, b, c, d])
}
