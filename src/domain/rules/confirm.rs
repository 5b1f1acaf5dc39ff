//! Confirming a pending method: its first correct code makes it active.

use super::prove::{AttemptReservation, Match};
use super::register::{Binding, is_kind_full, reaches};
use super::{Address, Transition};
use crate::domain::account::{
    Done, Flow, FlowId, FlowNumber, Method, MethodState, Provenance, Purpose, Repeat, SessionHash,
};
use crate::domain::event::EventKind;
use crate::domain::identity::ids::MethodId;
use crate::domain::message::Notice;
use crate::domain::method::MethodKind;
use crate::domain::refusal::Refusal;
use crate::domain::rules::binding::{Known, MethodToBind};
use crate::domain::rules::eligibility::EligibleUser;
use crate::domain::time::Timestamp;

/// What the confirmation of a method needs beside the account.
pub(crate) struct Confirm<'a> {
    pub(crate) eligible: EligibleUser<'a>,
    pub(crate) binding: Binding<'a>,
    /// The addresses that were valid before.
    pub(crate) tell: &'a [Address],
    /// The source of the request, for the account's list of familiar ones.
    pub(crate) source: Option<[u8; 8]>,
}

/// The secret was correct: the pending method becomes active. The same secret, given again after a
/// lost reply, gets the same reply and changes nothing.
///
/// # Errors
///
/// [`Refusal::NotAccepted`] if the challenge or the method no longer exists, or the secret was used
/// before; [`Refusal::SecondFactorRequired`] if another method was bound meanwhile;
/// [`Refusal::LimitReached`] if the kind has as many active methods as the policy allows.
pub(crate) fn confirm_method(
    transition: &mut Transition<'_>,
    id: &FlowId,
    reservation: &AttemptReservation,
    matched: &Match,
    confirm: &Confirm<'_>,
) -> Result<Method, Refusal> {
    transition.sweep();
    let now = transition.now;
    let flow = transition
        .account
        .flow(id)
        .filter(|flow| flow.purpose == Purpose::Register)
        .ok_or(Refusal::NotAccepted)?;
    let number = reservation.challenge.number;
    let method_id = reservation.challenge.confirms.clone().ok_or(Refusal::NotAccepted)?;
    if now >= flow.expires_at || flow.epoch != transition.account.epoch {
        return Err(Refusal::NotAccepted);
    }
    let method = transition.account.method(&method_id).cloned().ok_or(Refusal::NotAccepted)?;
    if let Some(repeat) = flow.repeat.as_ref().filter(|repeat| repeat.challenge.number == number) {
        repeat.check(matched)?;
        transition.refund_and_end_run(&reservation.reserved);
        return Ok(method);
    }
    if flow.done.is_some() || !flow.challenges.iter().any(|challenge| challenge.number == number) {
        return Err(Refusal::NotAccepted);
    }
    confirm.binding.admit(transition, &MethodToBind::of(&transition.account, &method))?;
    // The code went to the address of the challenge; a method with another address is not proven.
    if reservation.challenge.expected != method.expected() {
        return Err(Refusal::NotAccepted);
    }
    // Another method may have become active since this one was added.
    let (account, policy) = (&transition.account, transition.policy);
    if is_kind_full(account, policy, method.kind, method.replaces.as_ref()) {
        return Err(Refusal::LimitReached);
    }
    transition.consume(&reservation.challenge.expected, matched)?;
    transition.verify_watched(number);
    transition.refund_and_end_run(&reservation.reserved);
    let flow_number = reservation.flow;
    let method = activate(transition, &method_id, Some(flow_number), confirm)?;
    if let Some(flow) = transition.account.flow_mut(id) {
        flow.generation.advance();
        // `activate` has dropped the challenges of the flow: only the repeats keep attempts
        // reserved.
        flow.repeat = Some(Box::new(Repeat::of(reservation.challenge.clone(), matched)));
        flow.done = Some(Done {
            at: now,
            propagated: true,
            replace_recovery_code: false,
            remembered: false,
        });
    }
    Ok(method)
}

/// Makes a pending method active. A new address waits for the end of its hold, unless it belongs to
/// a first registration. A notice goes to every address that was valid before.
pub(super) fn activate(
    transition: &mut Transition<'_>,
    id: &MethodId,
    flow: Option<FlowNumber>,
    confirm: &Confirm<'_>,
) -> Result<Method, Refusal> {
    transition.count_act()?;
    confirm.binding.sit(transition)?;
    let now = transition.now;
    let usable_from = usable_from(transition, id, confirm)?;
    let method = transition.account.method_mut(id).ok_or(Refusal::NotAccepted)?;
    method.state = MethodState::Active;
    method.provenance = Provenance::Confirmed;
    method.usable_from = usable_from;
    method.confirmed_at = Some(now);
    method.session = None;
    let confirmed = method.clone();
    let kind = confirmed.kind;
    transition.account.registration.ever_active = true;
    // A new registration ends the kind's run of failures, and what that run had blocked.
    transition.account.budget_mut(kind).reopen();
    transition.know_source(confirm.source);
    let go_on = transition.other_tabs(confirm.binding.session, kind);
    transition.void_but(flow, &go_on);
    let replaced = confirmed.replaces.as_ref();
    let replaces = replaced.is_some_and(|id| transition.account.method(id).is_some());
    let notice = if replaces {
        Notice::MethodReplaced { method: kind, at: now }
    } else {
        Notice::MethodAdded { method: kind, at: now }
    };
    transition.notify(notice, confirm.tell, now, None)?;
    if !replaces || usable_from > now {
        transition.record(EventKind::MethodConfirmed { method: kind, id: id.clone() });
    }
    // The replaced method stays until the hold is over; without a hold the sweep removes it now.
    transition.sweep();
    complete(transition, confirm);
    transition.account.method(id).is_some().then_some(confirmed).ok_or(Refusal::NotAccepted)
}

/// When a reset may first use the method. Addresses have a hold, since a stranger may control them.
/// There is no hold for the methods of a first registration, added in one session to an account
/// that held nothing, nor for an address that could be used before.
fn usable_from(
    transition: &mut Transition<'_>,
    id: &MethodId,
    confirm: &Confirm<'_>,
) -> Result<Timestamp, Refusal> {
    let (now, binding) = (transition.now, &confirm.binding);
    let method = transition.account.method(id).ok_or(Refusal::NotAccepted)?;
    let held = transition.now.plus(transition.policy.registration.hold);
    if let Some(before) = method.replaces.as_ref().and_then(|id| transition.account.method(id))
        && method.destination().is_some_and(|to| reaches(before, to))
    {
        return Ok(before.usable_from.clamp(now, held));
    }
    let new = MethodToBind::of(&transition.account, method);
    if binding.holdings.counts(&transition.account, transition.policy, &new) {
        return Ok(now);
    }
    let address = method.destination().is_some();
    let registration = &transition.account.registration;
    // After `forget` the record no longer says what the account held. The addresses of the
    // directory get a notice, and the hold gives their owner time to react.
    let forgotten = registration.forgotten_at.is_some() && !confirm.tell.is_empty();
    let nothing_before = binding.holdings.any(&transition.account, transition.policy) == Known::No
        && !registration.ever_active
        && !forgotten;
    // `activate` has begun the registration session of this sign-in, or found it.
    let mut sittings = transition.account.registration.sittings.iter_mut();
    let joins =
        sittings.find(|sitting| sitting.session == binding.session).is_some_and(|sitting| {
            sitting.first |= nothing_before;
            sitting.first
        });
    Ok(if address && !joins { held } else { now })
}

/// Records that the registration is complete, if it is complete now and was not before.
fn complete(transition: &mut Transition<'_>, confirm: &Confirm<'_>) {
    let now = transition.now;
    let registration = &transition.account.registration;
    let open = registration.completed_at.is_none() || registration.required_since.is_some();
    if open && confirm.eligible.is_complete(&transition.account, transition.policy) {
        let registration = &mut transition.account.registration;
        registration.completed_at = Some(now);
        registration.confirmed_at = Some(now);
        registration.required_since = None;
        registration.prompted_at = None;
        // From now on a new address has a hold.
        for sitting in &mut registration.sittings {
            sitting.first = false;
        }
        transition.record(EventKind::RegistrationCompleted {});
    }
}

impl Transition<'_> {
    /// The flows of this session that confirm methods of other kinds, while the registration is not
    /// complete: a user may register in several tabs, and finishes in each. Each method is checked
    /// again when it is confirmed.
    fn other_tabs(&self, session: SessionHash, kind: MethodKind) -> Vec<FlowNumber> {
        let account = &self.account;
        let registration = &account.registration;
        if registration.completed_at.is_some() && registration.required_since.is_none() {
            return Vec::new();
        }
        let own = |flow: &&Flow| {
            let mut confirmed =
                flow.challenges.iter().filter_map(|challenge| challenge.confirms.as_ref());
            let pending = |id: &MethodId| {
                account
                    .method(id)
                    .filter(|method| !method.active() && !method.kind.same_class(kind))
            };
            flow.purpose == Purpose::Register
                && flow.done.is_none()
                && confirmed
                    .any(|id| pending(id).is_some_and(|method| method.session == Some(session)))
        };
        account.flows.iter().filter(own).map(|flow| flow.number).collect()
    }

    /// Removes the confirmed methods whose hold is not over, and notifies the owner. After a reset
    /// by the owner, an address that a stranger has added must not become usable a day later.
    /// Methods that a removed one was to replace stay.
    pub(super) fn drop_held(&mut self) {
        let now = self.now;
        let in_hold = |method: &&Method| {
            method.active()
                && method.usable_from > now
                && method.provenance == Provenance::Confirmed
        };
        let methods = self.account.methods.iter().filter(in_hold);
        let held: Vec<_> = methods.map(|method| (method.kind, method.id.clone())).collect();
        for (method, id) in held {
            self.tell_owner(Notice::MethodRemoved { method, at: now });
            self.take_out(&id);
            self.record(EventKind::MethodRemoved { method, id });
        }
    }
}
