//! Registration: a new method is pending until it has been proven once.

use super::open::{Open, Opened, open_challenge};
use super::prove::{AttemptReservation, Match};
use super::{Address, Transition};
use crate::domain::account::{
    Account, Done, Factor, Flow, FlowId, Method, MethodState, Provenance, Purpose, Repeat, Sitting,
    Unknown,
};
use crate::domain::binding::{Holdings, Known, Newcomer, is_stale};
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
    /// The method whose place it takes once it is confirmed and its hold is over.
    pub(crate) replaces: Option<&'a MethodId>,
    pub(crate) binding: Binding<'a>,
    pub(crate) open: Open<'a>,
}

/// Who binds a method, and what the account holds beside its record.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Binding<'a> {
    pub(crate) holdings: Holdings<'a>,
    /// Whether the sign-in holds a second factor as fresh as the policy wants.
    pub(crate) second_factor: bool,
    /// A keyed hash of the session.
    pub(crate) session: u32,
}

impl Binding<'_> {
    /// Whether this method may be bound in this sign-in. What is not known is asked about by the
    /// engine, before anything changes; here it admits nothing.
    ///
    /// # Errors
    ///
    /// [`Refusal::SecondFactorRequired`].
    pub(crate) fn admit(&self, transition: &Transition<'_>, new: &Newcomer) -> Result<(), Refusal> {
        let wanted = transition.policy.registration.second_factor_to_change && !self.second_factor;
        if wanted
            && self.holdings.second_factor(&transition.account, transition.policy, new) != Known::No
        {
            return Err(Refusal::SecondFactorRequired);
        }
        Ok(())
    }
}

/// How long after the first method others may join it, in the same session, without a hold.
const SITTING: std::time::Duration = std::time::Duration::from_secs(3_600);

/// Methods of one account, pending ones included.
pub(super) const MAX_METHODS: usize = 32;

/// Adds a pending method and opens the challenge that confirms it.
///
/// # Errors
///
/// [`Refusal::SecondFactorRequired`], [`Refusal::LimitReached`], [`Refusal::TooOften`],
/// [`Refusal::AlreadyProven`] if the user has this very method, [`Refusal::NotFound`] if there is
/// nothing to replace.
pub(crate) fn add_method(
    transition: &mut Transition<'_>,
    add: &Add<'_>,
) -> Result<MethodId, Refusal> {
    transition.sweep();
    transition.check_act()?;
    forget_abandoned(transition);
    let methods = &transition.account.methods;
    if let Some(replaced) = add.replaces
        && !methods.iter().any(|one| one.id == *replaced && one.kind == add.kind && one.active())
    {
        return Err(Refusal::NotFound);
    }
    let again = pending_again(methods, add);
    let own = |one: &&Method| one.kind == add.kind && one.provenance == Provenance::Confirmed;
    let mut replaces = add.replaces;
    if let Factor::Address(to) = add.factor
        && let Some(same) = methods.iter().filter(own).find(|one| reaches(one, to))
    {
        // An administrator wants it registered again: the same address may be confirmed once more.
        if !is_stale(&transition.account, same) {
            return Err(Refusal::AlreadyProven);
        }
        replaces = replaces.or(Some(&same.id));
    }
    let replaced = replaces.and_then(|id| transition.account.method(id));
    let new = Newcomer::new(&transition.account, add.kind, add.factor.destination(), replaced);
    add.binding.admit(transition, &new)?;
    // What an administrator wants registered again must not stand in the way of that.
    let stays = |one: &&Method| {
        one.active() && Some(&one.id) != replaces && !is_stale(&transition.account, one)
    };
    let active = methods.iter().filter(own).filter(stays).count();
    // Those that wait for their confirmation have a limit of their own, the same.
    let waiting = methods
        .iter()
        .filter(|one| is_unconfirmed(one) && one.kind == add.kind && !again.contains(&one.id));
    let most = usize::from(transition.policy.registration.max_per_kind);
    if active >= most
        || waiting.count() >= most
        || methods.len() >= MAX_METHODS
        || transition.account.is_large(PoolKind::Proven)
    {
        return Err(Refusal::LimitReached);
    }
    let replaces = replaces.cloned();
    for id in &again {
        drop_pending(transition, id);
    }
    let id = transition.next_method_id()?;
    let method = Method {
        id: id.clone(),
        kind: add.kind,
        factor: add.factor.clone(),
        state: MethodState::Pending,
        provenance: Provenance::Unconfirmed,
        added_at: transition.now,
        usable_from: Timestamp::MAX,
        replaces,
        session: Some(add.binding.session),
        unknown: Unknown::NONE,
    };
    open_confirmation(transition, &method, &add.open)?;
    transition.account.methods.push(method);
    transition.record(EventKind::MethodAdded { method: add.kind, id: id.clone() });
    Ok(id)
}

/// Opens the challenge that confirms a method which an administrator has supplied.
///
/// # Errors
///
/// [`Refusal::NotFound`] if there is no such pending method, [`Refusal::SecondFactorRequired`],
/// [`Refusal::TooOften`].
pub(crate) fn claim_method(
    transition: &mut Transition<'_>,
    id: &MethodId,
    binding: &Binding<'_>,
    open: &Open<'_>,
) -> Result<(), Refusal> {
    transition.sweep();
    let method = transition.account.method(id).filter(|one| !one.active()).cloned();
    let method = method.filter(|one| one.kind == open.option.method());
    let method = method.ok_or(Refusal::NotFound)?;
    binding.admit(transition, &Newcomer::of(&transition.account, &method))?;
    open_confirmation(transition, &method, open)?;
    if let Some(method) = transition.account.method_mut(id) {
        method.session = Some(binding.session);
    }
    Ok(())
}

fn open_confirmation(
    transition: &mut Transition<'_>,
    method: &Method,
    open: &Open<'_>,
) -> Result<(), Refusal> {
    let confirms = Some(method.id.clone());
    let open = Open { confirms, expected: Ok(method.expected()), ..open.clone() };
    match open_challenge(transition, &open)? {
        // The user is signed in: nothing is to be hidden from them.
        Opened::Suppressed(retry_at) => Err(Refusal::TooOften { retry_at }),
        Opened::Open => Ok(()),
    }
}

/// Whether a user has added the method and not confirmed it yet.
fn is_unconfirmed(method: &Method) -> bool {
    !method.active() && method.provenance == Provenance::Unconfirmed
}

/// The pending methods that this one takes the place of: the same address once more, another
/// replacement for the same method, or another app of the same session. The seed of an app is shown
/// once: a page that was reloaded, or an answer that was lost, must not use up the room of the kind.
fn pending_again(methods: &[Method], add: &Add<'_>) -> Vec<MethodId> {
    let same = |one: &&Method| {
        let address = matches!(add.factor, Factor::Address(to) if reaches(one, to));
        let replacement = add.replaces.is_some() && one.replaces.as_ref() == add.replaces;
        let app = matches!(add.factor, Factor::Oath(_)) && one.session == Some(add.binding.session);
        is_unconfirmed(one) && one.kind == add.kind && (address || replacement || app)
    };
    methods.iter().filter(same).map(|one| one.id.clone()).collect()
}

/// Takes out a pending method, and the flow that would have confirmed it.
fn drop_pending(transition: &mut Transition<'_>, id: &MethodId) {
    let own = |flow: &&Flow| flow.challenges.iter().any(|one| one.confirms.as_ref() == Some(id));
    let numbers: Vec<u32> =
        transition.account.flows.iter().filter(own).map(|flow| flow.number).collect();
    for number in numbers {
        transition.drop_flow(number, FlowEnd::Superseded);
    }
    transition.take_out(id);
}

fn reaches(method: &Method, to: &Destination) -> bool {
    method.destination().is_some_and(|one| one.normalised() == to.normalised())
}

/// Whether the method counts, or may still be confirmed: a pending one whose flow is over cannot be
/// any more. Those that an administrator supplied, and recovery codes that wait to be acknowledged, have
/// no flow.
pub(crate) fn is_alive(method: &Method, account: &Account, now: Timestamp) -> bool {
    let confirmed = |flow: &Flow| {
        let mut challenges = flow.challenges.iter();
        flow.live(now)
            && challenges.any(|one| one.confirms.as_ref() == Some(&method.id) && one.live(now))
    };
    method.active()
        || method.provenance == Provenance::Administrator
        || method.kind == MethodKind::RecoveryCode
        || account.flows.iter().any(confirmed)
}

/// Takes out the pending methods that can no longer be confirmed.
pub(super) fn forget_abandoned(transition: &mut Transition<'_>) {
    let (account, now) = (&transition.account, transition.now);
    let dead: Vec<MethodId> = account
        .methods
        .iter()
        .filter(|method| !is_alive(method, account, now))
        .map(|method| method.id.clone())
        .collect();
    for id in dead {
        transition.take_out(&id);
    }
}

/// What the confirmation of a method works with.
pub(crate) struct Confirm<'a> {
    pub(crate) registrant: Registrant<'a>,
    pub(crate) binding: Binding<'a>,
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
/// [`Refusal::NotAccepted`] if the challenge or the method is gone, or the secret was used before;
/// [`Refusal::SecondFactorRequired`] if other methods were bound meanwhile;
/// [`Refusal::LimitReached`] if there are as many active methods of the kind as the policy allows.
pub(crate) fn confirm_method(
    transition: &mut Transition<'_>,
    id: &FlowId,
    reservation: &AttemptReservation,
    matched: &Match,
    confirm: &Confirm<'_>,
) -> Result<Method, Refusal> {
    transition.sweep();
    let now = transition.now;
    let flow = transition.account.flow(id).filter(|flow| flow.purpose == Purpose::Register);
    let flow = flow.ok_or(Refusal::NotAccepted)?;
    let number = reservation.challenge.number;
    let method_id = reservation.challenge.confirms.clone().ok_or(Refusal::NotAccepted)?;
    if now >= flow.expires_at || flow.epoch != transition.account.epoch {
        return Err(Refusal::NotAccepted);
    }
    let method = transition.account.method(&method_id).cloned().ok_or(Refusal::NotAccepted)?;
    if let Some(repeat) = flow.repeat.as_ref().filter(|one| one.challenge.number == number) {
        repeat.check(matched)?;
        transition.refund_attempt(reservation);
        return Ok(method);
    }
    if flow.done.is_some() || !flow.challenges.iter().any(|one| one.number == number) {
        return Err(Refusal::NotAccepted);
    }
    confirm.binding.admit(transition, &Newcomer::of(&transition.account, &method))?;
    // The code went to the challenge's address; a method that was re-addressed is not proven.
    if reservation.challenge.expected != method.expected() {
        return Err(Refusal::NotAccepted);
    }
    // Another one may have become active since this one was added.
    let kept = |one: &&Method| {
        one.kind == method.kind
            && one.provenance == Provenance::Confirmed
            && one.active()
            && Some(&one.id) != method.replaces.as_ref()
            && !is_stale(&transition.account, one)
    };
    let most = usize::from(transition.policy.registration.max_per_kind);
    if method.provenance == Provenance::Unconfirmed
        && transition.account.methods.iter().filter(kept).count() >= most
    {
        return Err(Refusal::LimitReached);
    }
    transition.consume(&reservation.challenge.expected, matched)?;
    transition.refund_attempt(reservation);
    let flow_number = reservation.flow;
    let method = activate(transition, &method_id, Some(flow_number), confirm)?;
    if let Some(flow) = transition.account.flow_mut(id) {
        flow.generation = flow.generation.saturating_add(1);
        // `activate` has cleared the flow's challenges: only these repetitions stay promised.
        flow.repeat = Some(Repeat::of(reservation.challenge.clone(), matched));
        flow.done = Some(Done {
            at: now,
            propagated: true,
            replace_recovery_code: false,
            remembered: false,
        });
    }
    Ok(method)
}

/// Makes a pending method count. A new address waits out the hold, unless this is the first
/// registration. All addresses that were valid before are told.
pub(super) fn activate(
    transition: &mut Transition<'_>,
    id: &MethodId,
    flow: Option<u32>,
    confirm: &Confirm<'_>,
) -> Result<Method, Refusal> {
    transition.count_act()?;
    let now = transition.now;
    let usable_from = usable_from(transition, id, confirm)?;
    let method = transition.account.method_mut(id).ok_or(Refusal::NotAccepted)?;
    method.state = MethodState::Active;
    method.provenance = Provenance::Confirmed;
    method.usable_from = usable_from;
    method.session = None;
    let replaced = method.replaces.clone();
    let method = method.clone();
    transition.account.registration.ever_active = true;
    // Registered again: the method may be used again, and its run of failures is over.
    transition.account.budget_mut(method.kind).reopen();
    transition.know_source(confirm.source);
    let go_on = transition.other_tabs(confirm.binding.session, method.kind);
    transition.void_but(flow, &go_on);
    let replaces = replaced.is_some_and(|id| transition.account.method(&id).is_some());
    let kind = method.kind;
    let notice = if replaces {
        Notice::MethodReplaced { method: kind, at: now }
    } else {
        Notice::MethodAdded { method: kind, at: now }
    };
    transition.notify(notice, confirm.tell, now, None)?;
    if !replaces || usable_from > now {
        transition.record(EventKind::MethodConfirmed { method: kind, id: id.clone() });
    }
    // What it replaces stays until its hold is over, and goes now if it has none.
    transition.sweep();
    complete(transition, confirm);
    transition.account.method(id).cloned().ok_or(Refusal::NotAccepted).map(|_| method)
}

/// From when on the method may be used for a reset. The hold is for addresses, which a stranger may
/// control. None is for the methods of a first registration, bound in one session, where nothing
/// was held before; nor for an address that was usable before.
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
    let address = method.destination().is_some();
    let registration = &transition.account.registration;
    // After `forget` the record does not know any more what there was: the directory's addresses
    // are told, and have the hold to answer.
    let forgotten = registration.forgotten_at.is_some() && !confirm.tell.is_empty();
    let nothing_before = binding.holdings.any(&transition.account, transition.policy) == Known::No
        && !registration.ever_active
        && !forgotten;
    if nothing_before {
        let sitting = Sitting { session: binding.session, until: now.plus(SITTING) };
        transition.account.registration.sitting = Some(sitting);
    }
    let sitting = transition.account.registration.sitting;
    let joins = sitting.is_some_and(|one| one.session == binding.session && now < one.until);
    Ok(if address && !joins { held } else { now })
}

/// Notes that the registration is complete, if it is now.
fn complete(transition: &mut Transition<'_>, confirm: &Confirm<'_>) {
    let now = transition.now;
    let registration = &transition.account.registration;
    let open = registration.completed_at.is_none() || registration.required_since.is_some();
    if open && confirm.registrant.is_complete(&transition.account, transition.policy) {
        let registration = &mut transition.account.registration;
        registration.completed_at = Some(now);
        registration.confirmed_at = Some(now);
        registration.required_since = None;
        // A method that is bound to a complete registration waits.
        registration.sitting = None;
        transition.record(EventKind::RegistrationCompleted {});
    }
}

/// Removes a method, and tells everybody who could be reached before, it included.
///
/// # Errors
///
/// [`Refusal::NotFound`], [`Refusal::SecondFactorRequired`] for a method that counts, or that an
/// administrator has supplied.
pub(crate) fn remove_method(
    transition: &mut Transition<'_>,
    id: &MethodId,
    binding: &Binding<'_>,
    tell: impl Fn(&Account) -> Vec<Address>,
) -> Result<(), Refusal> {
    transition.sweep();
    let now = transition.now;
    let own = |one: &Method| !one.active() && one.provenance == Provenance::Unconfirmed;
    let theirs = !transition.account.method(id).is_some_and(own);
    let wanted = transition.policy.registration.second_factor_to_change && !binding.second_factor;
    if theirs && wanted && transition.account.method(id).is_some() {
        return Err(Refusal::SecondFactorRequired);
    }
    let tell = tell(&transition.account);
    let method = transition.take_out(id).ok_or(Refusal::NotFound)?;
    if !method.active() {
        // Nothing counted on it but its own confirmation.
        drop_pending(transition, id);
    } else {
        transition.count_act()?;
        transition.void_others(None);
        forget_abandoned(transition);
        transition.notify(
            Notice::MethodRemoved { method: method.kind, at: now },
            &tell,
            now,
            None,
        )?;
    }
    transition.record(EventKind::MethodRemoved { method: method.kind, id: method.id });
    Ok(())
}

impl Transition<'_> {
    /// The flows of this session that confirm methods of other kinds, while the registration is not
    /// complete: its user registers in several tabs, and finishes in each. Each is admitted again when
    /// it is confirmed.
    fn other_tabs(&self, session: u32, kind: MethodKind) -> Vec<u32> {
        let account = &self.account;
        let registration = &account.registration;
        if registration.completed_at.is_some() && registration.required_since.is_none() {
            return Vec::new();
        }
        let own = |flow: &&Flow| {
            let mut confirmed = flow.challenges.iter().filter_map(|one| one.confirms.as_ref());
            let pending = |id: &MethodId| {
                account.method(id).filter(|one| !one.active() && !one.kind.same_class(kind))
            };
            flow.purpose == Purpose::Register
                && flow.done.is_none()
                && confirmed.any(|id| pending(id).is_some_and(|one| one.session == Some(session)))
        };
        account.flows.iter().filter(own).map(|flow| flow.number).collect()
    }

    /// Drops the methods whose hold is not over, and tells their owner. A password that its owner
    /// has reset must not leave a stranger's address behind that counts a day later; the methods that
    /// they were to replace stay.
    pub(super) fn drop_held(&mut self) {
        let now = self.now;
        let held = self.account.methods.iter().filter(|one| {
            one.active() && one.usable_from > now && one.provenance == Provenance::Confirmed
        });
        let held: Vec<_> = held.map(|one| (one.kind, one.id.clone())).collect();
        for (method, id) in held {
            self.tell_owner(Notice::MethodRemoved { method, at: now });
            self.take_out(&id);
            self.record(EventKind::MethodRemoved { method, id });
        }
    }

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
