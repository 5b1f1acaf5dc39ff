//! Codes to new numbers: which ones they are, and how they end.

use super::Transition;
use crate::domain::account::{
    Account, Challenge, ChallengeNumber, Expected, Provenance, Purpose, Unknown, WatchedCode,
};
use crate::domain::identity::contact::{Destination, NumberPrefix};
use crate::domain::method::Channel;
use crate::domain::policy::NumberPolicy;
use crate::domain::time::{DAY, Timestamp};

/// The prefix of a code to a new number, if the policy counts such codes; `None` for any other code.
///
/// A number is new while it is being registered, and for some days after the user has registered it.
/// That of the directory or of an administrator is not new: its age is unknown, and no stranger has
/// entered it.
pub(super) fn new_number(
    account: &Account,
    numbers: &NumberPolicy,
    (challenge, purpose): (&Challenge, Purpose),
    now: Timestamp,
) -> Option<NumberPrefix> {
    let (Expected::Sent(destination @ Destination::Phone(number)), Channel::Sms | Channel::Voice) =
        (&challenge.expected, challenge.channel())
    else {
        return None;
    };
    if !numbers.counts_new() {
        return None;
    }
    let is_new = purpose == Purpose::Register || {
        let life = u32::from(numbers.new_days) * DAY;
        let to = destination.normalised();
        let mut registered = account.methods.iter().filter(|method| {
            method.active() && method.destination().is_some_and(|own| own.normalised() == to)
        });
        // Two methods of one number: the older one decides.
        let mut any = false;
        let all_new = registered.all(|method| {
            any = true;
            method.provenance == Provenance::Confirmed && now < method.added_at.plus(life)
        });
        any && all_new
    };
    is_new.then(|| numbers.prefix_of(number))
}

/// The watched codes that have ended and are not counted yet.
pub(crate) fn ended_codes(account: &Account, now: Timestamp) -> Vec<WatchedCode> {
    account.watched.iter().filter(|code| code.ends_at <= now).cloned().collect()
}

/// Removes codes that were counted. Returns whether there were any.
pub(crate) fn forget_ended(transition: &mut Transition<'_>, counted: &[WatchedCode]) -> bool {
    let before = transition.account.watched.len();
    let is_counted = |code: &WatchedCode| counted.iter().any(|ended| ended == code);
    transition.account.watched.retain(|code| !is_counted(code));
    transition.account.watched.len() < before
}

impl Transition<'_> {
    /// Watches a code that is about to be handed over, so that it is known when it is entered.
    pub(super) fn watch(&mut self, challenge: &Challenge, prefix: &NumberPrefix) {
        let watched = &mut self.account.watched;
        let is_known = watched.iter().any(|code| code.challenge == challenge.number);
        if self.policy.numbers.breaker.is_none() || is_known || watched.len() >= WatchedCode::MAX {
            return;
        }
        watched.push(WatchedCode {
            challenge: challenge.number,
            prefix: prefix.clone(),
            sent_at: self.now,
            ends_at: challenge.expires_at,
            verified: false,
            unknown: Unknown::NONE,
        });
    }

    /// Stops watching a code that was not handed over.
    pub(super) fn unwatch(&mut self, number: ChallengeNumber) {
        self.account.watched.retain(|code| code.challenge != number || code.verified);
    }

    /// Notes that the code of a challenge was verified.
    pub(super) fn verify_watched(&mut self, number: ChallengeNumber) {
        let now = self.now;
        let watched = self.account.watched.iter_mut();
        for code in watched.filter(|code| code.challenge == number) {
            (code.verified, code.ends_at) = (true, now);
        }
    }
}
