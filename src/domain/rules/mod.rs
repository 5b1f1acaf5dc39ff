//! Decisions: pure functions on `(record, policy, facts, command, now, random bytes)`.
//!
//! Each takes a [`Transition`], changes its account and records events, or refuses; the engine
//! discards a transition that was refused. It commits any other, and decides again if the record
//! has changed meanwhile.

mod administer;
mod administrators;
mod allowance;
mod attempts;
pub(crate) mod binding;
mod challenge;
mod change;
mod code_form;
mod complete;
mod confirm;
mod contacts;
mod decoy;
mod devices;
pub(crate) mod effective;
pub(crate) mod eligibility;
mod fold;
mod number;
mod open;
mod outbox;
mod plan;
mod prove;
mod pumping;
mod question_set;
mod questions;
mod recovery_codes;
mod register;
mod repudiate;
mod retry;
mod review;
mod settle;
mod sweep;
mod tell;
#[cfg(test)]
mod tests;
mod throttle;
mod write;

pub(crate) use administer::{
    clear_budgets, confirm_incarnation, forget, record_refused_act, replace_seeds, request_help,
    request_reset, require_registration, revoke_flows, revoke_links, revoke_methods, supply_token,
};
pub(crate) use administrators::{AdministratorPage, PAGE, give_up, roles_told, tell_page};
pub(crate) use allowance::{sends, sends_of};
pub(crate) use attempts::{Reservation, record_failure};
pub(crate) use challenge::{Asked, Asker, FlowTerms, FreshChallenge, LimitSpent, Open};
pub(crate) use change::{
    ChangeStart, accept_sign_in, grant_change, reserve_password, reserve_sign_in,
};
pub(crate) use code_form::{RECOVERY_CODE, code_format, code_life};
pub(crate) use complete::{
    PendingWriteTerms, begin_temporary_password, begin_write, may_complete, raise_required,
};
pub(crate) use confirm::{Confirm, confirm_method};
pub use contacts::Contacts;
pub(crate) use contacts::supply_contacts;
pub(crate) use decoy::{StandIn, decoy_body, decoy_for, unused_decoy};
pub(crate) use devices::{
    cancel, is_familiar, is_known_device, remember_bearer, remember_user_device,
};
pub use effective::{Withheld, WithheldMethod};
pub(crate) use eligibility::from_directory;
pub(crate) use number::{NumberAttempt, reserve_number};
pub(crate) use open::{Opened, open_challenge};
pub(crate) use outbox::{
    ClaimedMessage, DeliveryClaim, DeliveryOutcome, SentSecret, Work, claim, next_work,
    settle_message, tidy,
};
pub use plan::{OfferedKind, RegistrationPlan, RegistrationStatus, SuppliedContact};
pub(crate) use plan::{Planner, is_open, registration_status, sign_in_is_met, supplied_contact};
pub(crate) use prove::{AttemptReservation, Match, Proving, consume, hand_over, reserve_attempt};
pub(crate) use pumping::{ended_codes, forget_ended};
pub(crate) use question_set::put_questions;
pub(crate) use questions::{Answered, asked_first, asked_now, set_of};
pub(crate) use recovery_codes::{
    acknowledge_recovery_codes, acknowledge_replacement, put_recovery_codes, put_replacement,
};
pub(crate) use register::{
    Add, Binding, add_method, claim_method, is_alive, is_over, remove_method,
};
pub(crate) use repudiate::repudiate;
pub use review::{Prompt, Skip};
pub(crate) use review::{
    SignInSubject, note_prompt, prompt, reconfirm, reconfirm_at, set_default, skip, skip_of,
};
pub(crate) use settle::{
    FailureCause, PendingWriteFailure, reject_password, settle_unasked, settle_unknown,
    settle_unwritten, settle_written,
};
pub(crate) use tell::{Address, address_announcement, addresses_to_tell, locale_of};
pub(crate) use write::PendingWrite;

use std::sync::Arc;
use std::time::Duration;

use crate::domain::account::{Account, Unwritten};
use crate::domain::event::{ActorKind, Event, EventId, EventKind, MAX_EVENTS};
use crate::domain::identity::coarse::CoarseOrigin;
use crate::domain::identity::ids::UserId;
use crate::domain::policy::Policy;
use crate::domain::record::Version;
use crate::domain::refusal::Refusal;
use crate::domain::time::{MAX_SKEW, Timestamp};

/// The most entries that one outbox may hold.
pub(crate) const MAX_OUTBOX: usize = 16;
/// Acts of a signed-in user in an hour that change no method: skipping the prompt, confirming
/// the registration, choosing a default, making recovery codes, remembering a browser. A registration
/// takes four or five.
const MAX_ACTS: usize = 20;
const ACTS_WINDOW: Duration = Duration::from_secs(3_600);

/// A copy of one account that is being changed, with the events of the change.
pub(crate) struct Transition<'a> {
    pub(crate) account: Account,
    pub(crate) policy: &'a Policy,
    /// The time of the decision: see [`time_of`].
    pub(crate) now: Timestamp,
    pub(crate) actor: ActorKind,
    pub(crate) source: Option<&'a str>,
    /// Where the request came from, for the messages that it causes.
    pub(crate) coarse: Option<CoarseOrigin>,
    /// The user that a decoy stands in for, if there is one: for the audit trail.
    pub(crate) about: Option<&'a UserId>,
    pub(crate) events: Vec<EventKind>,
    /// The record was stamped by a clock far ahead. What that voids is committed before anything
    /// else is decided; otherwise every later decision would void it again.
    pub(crate) clock_ahead: bool,
}

impl<'a> Transition<'a> {
    /// A transition of a copy of `account`, decided at `now`.
    pub(crate) fn new(account: &Account, policy: &'a Policy, now: Timestamp) -> Self {
        let mut transition = Self {
            account: account.clone(),
            policy,
            now: time_of(account, now),
            actor: ActorKind::Anonymous,
            source: None,
            coarse: None,
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

    pub(crate) fn set_actor(
        &mut self,
        actor: ActorKind,
        source: Option<&'a str>,
        about: Option<&'a UserId>,
    ) {
        self.actor = actor;
        self.source = source;
        self.about = about;
    }

    /// Prepares the commit: a decoy now stands for its name, and a forgotten account is known again
    /// if a user or an administrator has changed it. A refused act is no change.
    pub(crate) fn remember(&mut self) {
        if let Some(decoy) = &mut self.account.decoy {
            decoy.taken_over = false;
        }
        let stays = |event: &EventKind| {
            matches!(event, EventKind::AccountForgotten {} | EventKind::ActRefused { .. })
        };
        if self.actor != ActorKind::Engine && !self.events.iter().any(stays) {
            self.account.forgotten = false;
        }
    }

    /// Whether the commit would record an event, or change anything but `seen`.
    pub(crate) fn has_changed(&self, before: &Account) -> bool {
        let same = |after: &Account| Account { seen: before.seen, ..after.clone() } == *before;
        !self.events.is_empty() || !same(&self.account)
    }

    pub(crate) fn record(&mut self, event: EventKind) {
        self.events.push(event);
    }

    /// Counts an act of the signed-in user that costs a commit, sends no notice and has no other
    /// limit.
    ///
    /// # Errors
    ///
    /// [`Refusal::TooOften`] after [`MAX_ACTS`] in an hour; a refused act is not counted.
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

    /// Binds the record to the directory's incarnation mark, if there is one and the record has
    /// none. From then on the record opens for that incarnation only.
    pub(crate) fn belongs_to(&mut self, incarnation: Option<&str>) {
        if self.account.incarnation.is_none() {
            self.account.incarnation = incarnation.map(Arc::from);
        }
    }

    /// Takes the events that the commit of `version` writes: those that wait in the record, then
    /// those of this transition, and at most [`MAX_EVENTS`]. The others wait in the record.
    ///
    /// A single decision can have more: it may end any number of flows, messages and verdicts.
    pub(crate) fn take_events(&mut self, version: Version) -> Vec<Event> {
        let mut own = std::mem::take(&mut self.events).into_iter();
        let mut waiting = std::mem::take(&mut self.account.unwritten);
        let mut events = Vec::with_capacity(own.len().min(MAX_EVENTS));
        for batch in &mut waiting {
            let written = batch.kinds.len().min(MAX_EVENTS - events.len());
            let kinds: Vec<EventKind> = batch.kinds.drain(..written).collect();
            for kind in kinds {
                events.push(self.event(version, events.len(), EventOrigin::from(&*batch), kind));
            }
        }
        waiting.retain(|batch| !batch.kinds.is_empty());
        let Self { now, ref actor, source, about, .. } = *self;
        let origin = EventOrigin { at: now, actor, source, about };
        for kind in own.by_ref().take(MAX_EVENTS - events.len()) {
            events.push(self.event(version, events.len(), origin, kind));
        }
        let kinds: Vec<EventKind> = own.collect();
        if !kinds.is_empty() {
            let (source, about) = (source.map(str::to_owned), about.cloned());
            waiting.push(Unwritten { at: now, actor: actor.clone(), source, about, kinds });
        }
        self.account.unwritten = waiting;
        events
    }

    fn event(
        &self,
        version: Version,
        place: usize,
        origin: EventOrigin<'_>,
        kind: EventKind,
    ) -> Event {
        // Never truncated: a commit has at most `MAX_EVENTS`.
        let index = u16::try_from(place).unwrap_or(u16::MAX);
        Event {
            format: Event::FORMAT,
            id: EventId::new(self.account.key, version.count(), index),
            tenant: self.account.tenant.clone(),
            user: self.account.user.as_ref().or(origin.about).cloned(),
            actor: origin.actor.clone(),
            at: origin.at,
            source: origin.source.map(str::to_owned),
            kind,
            chain: None,
            text: None,
        }
    }
}

/// What the events of one decision have in common.
#[derive(Clone, Copy)]
struct EventOrigin<'a> {
    at: Timestamp,
    actor: &'a ActorKind,
    source: Option<&'a str>,
    about: Option<&'a UserId>,
}

impl<'a> From<&'a Unwritten> for EventOrigin<'a> {
    fn from(batch: &'a Unwritten) -> Self {
        let Unwritten { at, actor, source, about, .. } = batch;
        Self { at: *at, actor, source: source.as_deref(), about: about.as_ref() }
    }
}

/// The time of a decision: the later of the engine's `now` and the time that the record has seen. A
/// time that is more than [`MAX_SKEW`] ahead of `now` is ignored.
pub(crate) fn time_of(account: &Account, now: Timestamp) -> Timestamp {
    if account.seen > now.plus(MAX_SKEW) { now } else { now.max(account.seen) }
}
