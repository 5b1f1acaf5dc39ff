//! Registration: a new address is pending until its code comes back.

use super::open::{Open, Opened, open_challenge};
use super::prove::Charge;
use super::{Address, Turn};
use crate::domain::account::{Account, FlowId, Method, MethodState, Provenance, Purpose};
use crate::domain::contact::Destination;
use crate::domain::eligibility::{Candidate, enough};
use crate::domain::event::EventKind;
use crate::domain::ids::MethodId;
use crate::domain::message::Notice;
use crate::domain::method::MethodKind;
use crate::domain::policy::Gates;
use crate::domain::refusal::Refusal;
use crate::domain::time::Timestamp;

/// The command: add a method that waits for its confirmation.
pub(crate) struct Add<'a> {
    pub(crate) kind: MethodKind,
    pub(crate) destination: &'a Destination,
    pub(crate) open: Open<'a>,
}

/// Methods of one account, pending ones included.
pub(super) const MAX_METHODS: usize = 32;

/// Adds a pending method and sends its code.
///
/// # Errors
///
/// [`Refusal::LimitReached`], [`Refusal::TooOften`], [`Refusal::AlreadyProven`] if the user has
/// this very method.
pub(crate) fn add_method(turn: &mut Turn<'_>, add: &Add<'_>) -> Result<MethodId, Refusal> {
    turn.sweep();
    forget_abandoned(turn);
    let of_kind = turn
        .account
        .methods
        .iter()
        .filter(|one| one.kind == add.kind && one.provenance == Provenance::Confirmed);
    let to = add.destination.normalised();
    if of_kind.clone().any(|one| one.destination.normalised() == to) {
        return Err(Refusal::AlreadyProven);
    }
    let active = of_kind.filter(|one| one.state == MethodState::Active).count();
    let most = usize::from(turn.policy.registration.max_per_kind);
    if active >= most || turn.account.methods.len() >= MAX_METHODS {
        return Err(Refusal::LimitReached);
    }
    if turn.account.is_large() {
        return Err(Refusal::LimitReached);
    }
    let number = Turn::number(&mut turn.account.numbers.method);
    let id = MethodId::parse(&format!("m{number}")).map_err(|_| Refusal::LimitReached)?;
    let open = Open { confirms: Some(id.clone()), ..add.open.clone() };
    match open_challenge(turn, &open)? {
        // The user is signed in: nothing is to be hidden from them.
        Opened::Silent(retry_at) => return Err(Refusal::TooOften { retry_at }),
        Opened::Open => {}
    }
    turn.account.methods.push(Method {
        id: id.clone(),
        kind: add.kind,
        destination: add.destination.clone(),
        state: MethodState::Pending,
        provenance: Provenance::Unconfirmed,
        added_at: turn.now,
        usable_from: Timestamp::MAX,
    });
    turn.note(EventKind::MethodAdded { method: add.kind, id: id.clone() });
    Ok(id)
}

/// Pending methods whose flow is gone were never confirmed.
fn forget_abandoned(turn: &mut Turn<'_>) {
    let flows = &turn.account.flows;
    turn.account.methods.retain(|method| {
        method.state == MethodState::Active
            || flows.iter().any(|flow| {
                flow.challenges.iter().any(|one| one.confirms.as_ref() == Some(&method.id))
            })
    });
}

/// The code was right: the pending method becomes active. It waits out the hold, unless the user
/// could not have reset before (`others`: they could, with what the directory holds). It is then
/// registered, and everybody who could be reached
/// before is told.
///
/// # Errors
///
/// [`Refusal::NotAccepted`] if the challenge or the method is gone.
pub(crate) fn confirm_method(
    turn: &mut Turn<'_>,
    id: &FlowId,
    charge: &Charge,
    gates: &Gates,
    others: bool,
    tell: &[Address],
) -> Result<Method, Refusal> {
    turn.sweep();
    let now = turn.now;
    let policy = turn.policy;
    let flow = turn.account.flow(id).filter(|flow| flow.purpose == Purpose::Register);
    let flow = flow.ok_or(Refusal::NotAccepted)?.clone();
    let here = flow.challenges.iter().any(|one| one.number == charge.challenge.number);
    let method_id = charge.challenge.confirms.clone().ok_or(Refusal::NotAccepted)?;
    if !here || !flow.live(now) || flow.epoch != turn.account.epoch {
        return Err(Refusal::NotAccepted);
    }
    let first = !others && !turn.account.registration.ever_active;
    let place = turn.account.methods.iter().position(|one| one.id == method_id);
    let method = place.and_then(|place| turn.account.methods.get_mut(place));
    let method = method.ok_or(Refusal::NotAccepted)?;
    // The code went to the challenge's address; a method that was re-addressed is not proven.
    if charge.challenge.destination.as_ref() != Some(&method.destination) {
        return Err(Refusal::NotAccepted);
    }
    method.state = MethodState::Active;
    method.provenance = Provenance::Confirmed;
    method.usable_from = if first { now } else { now.plus(policy.registration.hold) };
    let method = method.clone();
    turn.account.registration.ever_active = true;
    turn.account.flows.retain(|one| one.id != *id);
    turn.forgive(charge);
    // Registered anew: the method may be used again.
    let budget = turn.account.budget_mut(method.kind);
    budget.disabled = false;
    turn.void_others(None);
    turn.notify(Notice::MethodAdded { method: method.kind, at: now }, tell, now, None)?;
    turn.note(EventKind::MethodConfirmed { method: method.kind, id: method.id.clone() });
    if complete_enough(turn, gates) && turn.account.registration.completed_at.is_none() {
        turn.account.registration.completed_at = Some(now);
        turn.account.registration.confirmed_at = Some(now);
        turn.note(EventKind::RegistrationCompleted {});
    }
    Ok(method)
}

/// Whether what is registered would be enough for a reset, once the holds have passed.
fn complete_enough(turn: &Turn<'_>, gates: &Gates) -> bool {
    let active = turn
        .account
        .methods
        .iter()
        .filter(|one| one.state == MethodState::Active && gates.methods.contains(&one.kind));
    let candidates: Vec<Candidate> = active
        .map(|one| Candidate { kind: one.kind, destination: one.destination.clone(), index: 0 })
        .collect();
    enough(&candidates, gates.required)
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
    let place = turn.account.methods.iter().position(|one| one.id == *id);
    let method = turn.account.methods.remove(place.ok_or(Refusal::NotFound)?);
    turn.void_others(None);
    forget_abandoned(turn);
    if method.state == MethodState::Active {
        turn.notify(Notice::MethodRemoved { method: method.kind, at: now }, &tell, now, None)?;
    }
    turn.note(EventKind::MethodRemoved { method: method.kind, id: method.id });
    Ok(())
}
