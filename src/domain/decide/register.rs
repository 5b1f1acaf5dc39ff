//! Registration: a new method is pending until it has been proven once.

use super::open::{Open, Opened, open_challenge};
use super::prove::{Charge, Match};
use super::{Address, Turn};
use crate::domain::account::{
    Account, Done, Factor, Flow, FlowId, Method, MethodState, Provenance, Purpose, Repeat, Unknown,
};
use crate::domain::budget::PoolKind;
use crate::domain::contact::Destination;
use crate::domain::eligibility::Registrant;
use crate::domain::event::{EventKind, FlowEnd};
use crate::domain::ids::MethodId;
use crate::domain::message::Notice;
use crate::domain::method::MethodKind;
use crate::domain::refusal::Refusal;
use crate::domain::time::Timestamp;

/// The command: add a method that waits for its confirmation.
pub(crate) struct Add<'a> {
    pub(crate) kind: MethodKind,
    pub(crate) factor: &'a Factor,
    /// The method whose place it takes once it is confirmed.
    pub(crate) replaces: Option<&'a MethodId>,
    pub(crate) open: Open<'a>,
}

/// Methods of one account, pending ones included.
pub(super) const MAX_METHODS: usize = 32;

/// Adds a pending method and opens the challenge that confirms it.
///
/// # Errors
///
/// [`Refusal::LimitReached`], [`Refusal::TooOften`], [`Refusal::AlreadyProven`] if the user has
/// this very method, [`Refusal::NotFound`] if there is nothing to replace.
pub(crate) fn add_method(turn: &mut Turn<'_>, add: &Add<'_>) -> Result<MethodId, Refusal> {
    turn.sweep();
    turn.check_act()?;
    forget_abandoned(turn);
    let methods = &turn.account.methods;
    if let Some(replaced) = add.replaces
        && !methods.iter().any(|one| one.id == *replaced && one.kind == add.kind && one.active())
    {
        return Err(Refusal::NotFound);
    }
    let again = pending_again(methods, add);
    let own = |one: &&Method| one.kind == add.kind && one.provenance == Provenance::Confirmed;
    if let Factor::Address(to) = add.factor
        && methods.iter().filter(own).any(|one| reaches(one, to))
    {
        return Err(Refusal::AlreadyProven);
    }
    let stays = |one: &&Method| one.active() && Some(&one.id) != add.replaces;
    let active = methods.iter().filter(own).filter(stays).count();
    // A method that waits for its confirmation may become active: it counts like one.
    let waiting = methods
        .iter()
        .filter(|one| is_unconfirmed(one) && one.kind == add.kind && !again.contains(&one.id));
    let most = usize::from(turn.policy.registration.max_per_kind);
    if active + waiting.count() >= most
        || methods.len() >= MAX_METHODS
        || turn.account.is_large(PoolKind::Proven)
    {
        return Err(Refusal::LimitReached);
    }
    for id in &again {
        drop_pending(turn, id);
    }
    let id = turn.next_method_id()?;
    let method = Method {
        id: id.clone(),
        kind: add.kind,
        factor: add.factor.clone(),
        state: MethodState::Pending,
        provenance: Provenance::Unconfirmed,
        added_at: turn.now,
        usable_from: Timestamp::MAX,
        replaces: add.replaces.cloned(),
        unknown: Unknown::NONE,
    };
    open_confirmation(turn, &method, &add.open)?;
    turn.account.methods.push(method);
    turn.note(EventKind::MethodAdded { method: add.kind, id: id.clone() });
    Ok(id)
}

/// Opens the challenge that confirms a method which an administrator has supplied.
///
/// # Errors
///
/// [`Refusal::NotFound`] if there is no such pending method, [`Refusal::TooOften`].
pub(crate) fn claim_method(
    turn: &mut Turn<'_>,
    id: &MethodId,
    open: &Open<'_>,
) -> Result<(), Refusal> {
    turn.sweep();
    let method = turn.account.method(id).filter(|one| !one.active()).cloned();
    let method = method.filter(|one| one.kind == open.option.method());
    open_confirmation(turn, &method.ok_or(Refusal::NotFound)?, open)
}

fn open_confirmation(turn: &mut Turn<'_>, method: &Method, open: &Open<'_>) -> Result<(), Refusal> {
    let confirms = Some(method.id.clone());
    let open = Open { confirms, answer: Ok(method.answer()), ..open.clone() };
    match open_challenge(turn, &open)? {
        // The user is signed in: nothing is to be hidden from them.
        Opened::Silent(retry_at) => Err(Refusal::TooOften { retry_at }),
        Opened::Open => Ok(()),
    }
}

/// Whether a user has added the method and not confirmed it yet.
fn is_unconfirmed(method: &Method) -> bool {
    !method.active() && method.provenance == Provenance::Unconfirmed
}

/// The pending methods that this one takes the place of: the same address once more, or another
/// replacement for the same method.
fn pending_again(methods: &[Method], add: &Add<'_>) -> Vec<MethodId> {
    let same = |one: &&Method| {
        let address = matches!(add.factor, Factor::Address(to) if reaches(one, to));
        let replacement = add.replaces.is_some() && one.replaces.as_ref() == add.replaces;
        is_unconfirmed(one) && one.kind == add.kind && (address || replacement)
    };
    methods.iter().filter(same).map(|one| one.id.clone()).collect()
}

/// Takes out a pending method, and the flow that would have confirmed it.
fn drop_pending(turn: &mut Turn<'_>, id: &MethodId) {
    let own = |flow: &&Flow| flow.challenges.iter().any(|one| one.confirms.as_ref() == Some(id));
    let numbers: Vec<u32> = turn.account.flows.iter().filter(own).map(|flow| flow.number).collect();
    for number in numbers {
        turn.drop_flow(number, FlowEnd::Superseded);
    }
    turn.take_out(id);
}

fn reaches(method: &Method, to: &Destination) -> bool {
    method.destination().is_some_and(|one| one.normalised() == to.normalised())
}

/// Whether the method counts, or may still be confirmed: a pending one whose flow is over cannot be
/// any more. Those that an administrator supplied, and saved codes that wait to be acknowledged, have
/// no flow.
pub(crate) fn is_alive(method: &Method, account: &Account, now: Timestamp) -> bool {
    let confirmed = |flow: &Flow| {
        let mut challenges = flow.challenges.iter();
        flow.live(now)
            && challenges.any(|one| one.confirms.as_ref() == Some(&method.id) && one.live(now))
    };
    method.active()
        || method.provenance == Provenance::Administrator
        || method.kind == MethodKind::SavedCode
        || account.flows.iter().any(confirmed)
}

/// Takes out the pending methods that can no longer be confirmed.
pub(super) fn forget_abandoned(turn: &mut Turn<'_>) {
    let (account, now) = (&turn.account, turn.now);
    let dead: Vec<MethodId> = account
        .methods
        .iter()
        .filter(|method| !is_alive(method, account, now))
        .map(|method| method.id.clone())
        .collect();
    for id in dead {
        turn.take_out(&id);
    }
}

/// What the confirmation of a method works with.
pub(crate) struct Confirm<'a> {
    pub(crate) registrant: Registrant<'a>,
    /// Whether the user could have reset before, with what the directory or the host holds.
    pub(crate) others: bool,
    /// Everybody who could be reached before.
    pub(crate) tell: &'a [Address],
    /// The source of the request, for the account's list of familiar ones.
    pub(crate) source: Option<[u8; 8]>,
}

/// The secret was right: the pending method becomes active. Given again after a lost answer, the
/// answer is the same and nothing changes.
///
/// # Errors
///
/// [`Refusal::NotAccepted`] if the challenge or the method is gone, or the secret was used before.
pub(crate) fn confirm_method(
    turn: &mut Turn<'_>,
    id: &FlowId,
    charge: &Charge,
    matched: &Match,
    confirm: &Confirm<'_>,
) -> Result<Method, Refusal> {
    turn.sweep();
    let now = turn.now;
    let flow = turn.account.flow(id).filter(|flow| flow.purpose == Purpose::Register);
    let flow = flow.ok_or(Refusal::NotAccepted)?;
    let number = charge.challenge.number;
    let method_id = charge.challenge.confirms.clone().ok_or(Refusal::NotAccepted)?;
    if now >= flow.expires_at || flow.epoch != turn.account.epoch {
        return Err(Refusal::NotAccepted);
    }
    let method = turn.account.method(&method_id).cloned().ok_or(Refusal::NotAccepted)?;
    if let Some(repeat) = flow.repeat.as_ref().filter(|one| one.challenge.number == number) {
        repeat.check(matched)?;
        turn.forgive(charge);
        return Ok(method);
    }
    if flow.done.is_some() || !flow.challenges.iter().any(|one| one.number == number) {
        return Err(Refusal::NotAccepted);
    }
    // The code went to the challenge's address; a method that was re-addressed is not proven.
    if charge.challenge.answer != method.answer() {
        return Err(Refusal::NotAccepted);
    }
    turn.spend(&charge.challenge.answer, matched)?;
    turn.forgive(charge);
    let flow_number = charge.flow;
    let method = activate(turn, &method_id, Some(flow_number), confirm)?;
    if let Some(flow) = turn.account.flow_mut(id) {
        flow.generation = flow.generation.saturating_add(1);
        // Its repetitions are promised comparisons, and nothing else of it is.
        flow.challenges.retain(|one| one.number != number);
        flow.repeat = Some(Repeat::of(charge.challenge.clone(), matched));
        flow.done =
            Some(Done { at: now, propagated: true, replace_saved_code: false, remembered: false });
    }
    Ok(method)
}

/// Makes a pending method count. It waits out the hold, unless the user could not have reset
/// before. Everybody who could be reached before is told.
pub(super) fn activate(
    turn: &mut Turn<'_>,
    id: &MethodId,
    flow: Option<u32>,
    confirm: &Confirm<'_>,
) -> Result<Method, Refusal> {
    turn.count_act()?;
    let now = turn.now;
    let first = !confirm.others && !turn.account.registration.ever_active;
    let hold = turn.policy.registration.hold;
    let method = turn.account.method_mut(id).ok_or(Refusal::NotAccepted)?;
    method.state = MethodState::Active;
    method.provenance = Provenance::Confirmed;
    // The hold is for addresses, which somebody else may control.
    let waits = !first && method.destination().is_some();
    method.usable_from = if waits { now.plus(hold) } else { now };
    let replaced = method.replaces.take();
    let method = method.clone();
    turn.account.registration.ever_active = true;
    // Registered anew: the method may be used again, and its run of failures is over.
    turn.account.budget_mut(method.kind).reopen();
    turn.know_source(confirm.source);
    let kind = method.kind;
    let before = replaced.as_ref().filter(|id| turn.account.method(id).is_some()).cloned();
    turn.void_others(flow);
    match before {
        Some(before) => {
            turn.take_out(&before);
            turn.notify(Notice::MethodReplaced { method: kind, at: now }, confirm.tell, now, None)?;
            let id = id.clone();
            turn.note(EventKind::MethodReplaced { method: kind, id, replaced: before });
        }
        None => {
            turn.notify(Notice::MethodAdded { method: kind, at: now }, confirm.tell, now, None)?;
            turn.note(EventKind::MethodConfirmed { method: kind, id: id.clone() });
        }
    }
    let registration = &mut turn.account.registration;
    let open = registration.completed_at.is_none() || registration.required_since.is_some();
    if open && confirm.registrant.is_complete(&turn.account, turn.policy) {
        let registration = &mut turn.account.registration;
        registration.completed_at = Some(now);
        registration.confirmed_at = Some(now);
        registration.required_since = None;
        turn.note(EventKind::RegistrationCompleted {});
    }
    Ok(method)
}

/// Removes a method, and tells everybody who could be reached before, it included.
///
/// # Errors
///
/// [`Refusal::NotFound`].
pub(crate) fn remove_method(
    turn: &mut Turn<'_>,
    id: &MethodId,
    tell: impl Fn(&Account) -> Vec<Address>,
) -> Result<(), Refusal> {
    turn.sweep();
    let now = turn.now;
    let tell = tell(&turn.account);
    let method = turn.take_out(id).ok_or(Refusal::NotFound)?;
    if !method.active() {
        // Nothing counted on it but its own confirmation.
        drop_pending(turn, id);
    } else {
        turn.count_act()?;
        turn.void_others(None);
        forget_abandoned(turn);
        turn.notify(Notice::MethodRemoved { method: method.kind, at: now }, &tell, now, None)?;
    }
    turn.note(EventKind::MethodRemoved { method: method.kind, id: method.id });
    Ok(())
}

impl Turn<'_> {
    pub(super) fn next_method_id(&mut self) -> Result<MethodId, Refusal> {
        let number = Self::number(&mut self.account.numbers.method);
        MethodId::parse(&format!("m{number}")).map_err(|_| Refusal::LimitReached)
    }

    /// Takes a method off the record.
    pub(super) fn take_out(&mut self, id: &MethodId) -> Option<Method> {
        let place = self.account.methods.iter().position(|one| one.id == *id)?;
        self.account.registration.default.take_if(|default| default == id);
        Some(self.account.methods.remove(place))
    }
}
