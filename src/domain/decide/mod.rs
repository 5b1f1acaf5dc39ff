//! Decisions: pure functions on `(record, policy, facts, command, now, random bytes)`.
//!
//! Each takes a [`Transition`], changes the account in it and notes events, or refuses and changes
//! nothing that is kept. The engine commits what a transition holds, and asks again if the record has
//! changed meanwhile.

mod administer;
mod allowance;
mod change;
mod complete;
mod contacts;
mod decoy;
mod devices;
mod fold;
mod open;
mod outbox;
mod prove;
mod recovery_codes;
mod register;
mod review;
mod sweep;
mod tell;
#[cfg(test)]
mod tests;

pub(crate) use administer::{
    clear_budgets, confirm_incarnation, forget, replace_seeds, request_help, request_reset,
    require_registration, revoke_flows, revoke_methods, supply_token,
};
pub(crate) use allowance::{sends, sends_of};
pub(crate) use change::{
    ChangeStart, accept_sign_in, grant_change, reserve_password, reserve_sign_in,
};
pub(crate) use complete::{
    PendingWrite, PendingWriteFailure, PendingWriteTerms, begin_write, may_complete,
    raise_required, reject_password, settle_unasked, settle_unknown, settle_unwritten,
    settle_written,
};
pub use contacts::Contacts;
pub(crate) use contacts::supply_contacts;
pub(crate) use decoy::{Decoy, StandIn, decoy_body, decoy_for, unused_decoy};
pub(crate) use devices::{
    Bearer, cancel, is_familiar, is_known_device, remember_bearer, remember_user_device,
};
pub(crate) use open::{
    LimitSpent, NumberReservation, Open, Opened, RECOVERY_CODE, code_format, code_life,
    open_challenge, record_failure, reserve_number,
};
pub(crate) use outbox::{
    ClaimedMessage, DeliveryClaim, DeliveryOutcome, SentSecret, Work, claim, next_work,
    settle_message, tidy,
};
pub(crate) use prove::{AttemptReservation, Match, Proving, consume, hand_over, reserve_attempt};
pub(crate) use recovery_codes::{
    acknowledge_recovery_codes, acknowledge_replacement, put_recovery_codes, put_replacement,
};
pub(crate) use register::{
    Add, Binding, Confirm, add_method, claim_method, confirm_method, is_alive, remove_method,
};
pub use review::Prompt;
pub(crate) use review::{SignInSubject, postpone, prompt, reconfirm, reconfirm_at, set_default};

pub(crate) use tell::{
    Address, AdministratorPage, PAGE, address_announcement, addresses_to_tell, give_up, locale_of,
    tell_page,
};

use std::time::Duration;

use super::account::Account;
use super::event::{ActorKind, Event, EventId, EventKind};
use super::ids::UserId;
use super::policy::Policy;
use super::record::Version;
use super::refusal::Refusal;
use super::time::Timestamp;

/// The most that two engines' clocks may differ.
pub(crate) const MAX_SKEW: Duration = Duration::from_secs(30);
/// Things that may wait in one record.
pub(crate) const MAX_OUTBOX: usize = 16;
/// What a signed-in user may do in an hour that changes no method: put the registration off, confirm
/// it, choose a default, make recovery codes, remember browsers. A registration takes four or five.
const MAX_ACTS: usize = 20;
const ACTS_WINDOW: Duration = Duration::from_secs(3_600);

/// One account, taken up to be changed.
pub(crate) struct Transition<'a> {
    pub(crate) account: Account,
    pub(crate) policy: &'a Policy,
    /// The deciding engine's time, never less than what the record has seen.
    pub(crate) now: Timestamp,
    pub(crate) actor: ActorKind,
    pub(crate) source: Option<String>,
    /// Whom a decoy stands in for, if that is somebody: for the audit trail.
    pub(crate) about: Option<UserId>,
    pub(crate) events: Vec<EventKind>,
    /// The record was stamped by a clock far ahead: what that voids is committed before anything
    /// is decided, or it would be voided anew at every visit.
    pub(crate) clock_ahead: bool,
}

impl<'a> Transition<'a> {
    /// Takes up an account at this time.
    pub(crate) fn new(account: &Account, policy: &'a Policy, now: Timestamp) -> Self {
        let mut transition = Self {
            account: account.clone(),
            policy,
            now: time_of(account, now),
            actor: ActorKind::Anonymous,
            source: None,
            about: None,
            events: Vec::new(),
            clock_ahead: false,
        };
        if transition.now < account.seen {
            transition.clock_ahead = true;
            transition.void_future_stamps();
        }
        transition.account.seen = transition.now;
        transition
    }

    pub(crate) fn with_actor(
        mut self,
        actor: ActorKind,
        source: Option<String>,
        about: Option<UserId>,
    ) -> Self {
        self.actor = actor;
        self.source = source;
        self.about = about;
        self
    }

    /// Before a commit: a decoy stands for its name from here on, and an account that was forgotten
    /// is known again if another than the engine changes it.
    pub(crate) fn remember(&mut self) {
        if let Some(decoy) = &mut self.account.decoy {
            decoy.taken_over = false;
        }
        let forgets = self.events.contains(&EventKind::AccountForgotten {});
        if self.actor != ActorKind::Engine && !forgets {
            self.account.forgotten = false;
        }
    }

    /// Whether anything but the time is other than before.
    pub(crate) fn has_changed(&self, before: &Account) -> bool {
        let same = |after: &Account| Account { seen: before.seen, ..after.clone() } == *before;
        !self.events.is_empty() || !same(&self.account)
    }

    pub(crate) fn record(&mut self, event: EventKind) {
        self.events.push(event);
    }

    fn number(counter: &mut u32) -> u32 {
        *counter = counter.saturating_add(1);
        *counter
    }

    /// Counts an act of the signed-in user that costs a commit, tells no one, and nothing else bounds.
    ///
    /// # Errors
    ///
    /// [`Refusal::TooOften`] after as many in an hour as there may be; nothing is counted then.
    fn count_quiet_act(&mut self) -> Result<(), Refusal> {
        let now = self.now;
        let acts = &mut self.account.registration.acts;
        acts.retain(|at| now.since(*at) < ACTS_WINDOW);
        match acts.first() {
            Some(first) if acts.len() >= MAX_ACTS => {
                Err(Refusal::TooOften { retry_at: first.plus(ACTS_WINDOW) })
            }
            _ => {
                acts.push(now);
                Ok(())
            }
        }
    }

    /// Says whose record it is, where the directory gives an incarnation mark: from then on it
    /// opens for nobody else.
    pub(crate) fn belongs_to(&mut self, incarnation: Option<&str>) {
        if self.account.incarnation.is_none() {
            self.account.incarnation = incarnation.map(str::to_owned);
        }
    }

    /// The events of this transition, as the commit of this version writes them.
    pub(crate) fn events(&self, version: Version) -> Vec<Event> {
        let events = self.events.iter().zip(0_u16..);
        events
            .map(|(kind, index)| Event {
                format: Event::FORMAT,
                id: EventId::new(self.account.key, version.count(), index),
                tenant: self.account.tenant.clone(),
                user: self.account.user.clone().or_else(|| self.about.clone()),
                actor: self.actor.clone(),
                at: self.now,
                source: self.source.clone(),
                kind: kind.clone(),
                text: None,
            })
            .collect()
    }
}

/// The time of a decision: the deciding engine's, never less than what the record has seen, unless
/// that is so far ahead that it is not obeyed.
pub(crate) fn time_of(account: &Account, now: Timestamp) -> Timestamp {
    if account.seen > now.plus(MAX_SKEW) { now } else { now.max(account.seen) }
}
