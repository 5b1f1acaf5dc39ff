//! Registration: adding a method, which is pending until `confirm` makes it active, and removing
//! one.

use super::challenge::Open;
use super::open::{Opened, open_challenge};
use super::{Address, Transition};
use crate::domain::account::budget::PoolKind;
use crate::domain::account::{
    Account, Factor, Flow, FlowNumber, Method, Provenance, SessionHash, Sitting,
};
use crate::domain::event::{EventKind, FlowEnd};
use crate::domain::identity::contact::Destination;
use crate::domain::identity::ids::MethodId;
use crate::domain::message::Notice;
use crate::domain::method::{MethodKind, Verification};
use crate::domain::policy::Policy;
use crate::domain::refusal::Refusal;
use crate::domain::rules::binding::{Holdings, Known, MethodToBind, is_stale};
use crate::domain::time::Timestamp;

/// The command: add a pending method.
pub(crate) struct Add<'a> {
    pub(crate) kind: MethodKind,
    pub(crate) factor: &'a Factor,
    /// The method that it replaces once it is confirmed and its hold is over.
    pub(crate) replaces: Option<&'a MethodId>,
    pub(crate) binding: Binding<'a>,
    pub(crate) open: Open<'a>,
}

impl Add<'_> {
    fn pending_method(&self, id: MethodId, replaces: Option<MethodId>, now: Timestamp) -> Method {
        let factor = self.factor.clone();
        let method = Method::active_at(now, id, self.kind, factor, Provenance::Unconfirmed);
        Method { replaces, session: Some(self.binding.session), ..method.pending() }
    }
}

/// The sign-in that binds a method, and what the account holds outside its record.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Binding<'a> {
    pub(crate) holdings: Holdings<'a>,
    /// Whether the sign-in has a second factor that is as fresh as the policy requires.
    pub(crate) second_factor: bool,
    /// A keyed hash of the session.
    pub(crate) session: SessionHash,
    pub(crate) signed_in_at: Timestamp,
}

impl Binding<'_> {
    /// Begins a registration session with this step, unless one of this sign-in is in progress.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotEligible`] if the owner has repudiated a change;
    /// [`Refusal::ReauthenticationRequired`] if the registration session is over;
    /// [`Refusal::TooOften`] if the record has no room for another session.
    pub(crate) fn sit(&self, transition: &mut Transition<'_>) -> Result<(), Refusal> {
        transition.check_not_repudiated()?;
        let now = transition.now;
        if is_over(&transition.account, self.session, self.signed_in_at, now) {
            return Err(Refusal::ReauthenticationRequired);
        }
        let until = now.plus(transition.policy.registration.session);
        let sittings = &mut transition.account.registration.sittings;
        sittings.retain(|sitting| {
            let renewed = sitting.session == self.session && sitting.until <= now;
            now < sitting.until.plus(Sitting::KEPT) && !renewed
        });
        if sittings.iter().any(|sitting| sitting.session == self.session) {
            return Ok(());
        }
        if sittings.len() >= Sitting::MAX {
            let first = sittings.iter().map(|sitting| sitting.until).min().unwrap_or(now);
            return Err(Refusal::TooOften { retry_at: first.plus(Sitting::KEPT) });
        }
        sittings.push(Sitting { session: self.session, until, first: false });
        Ok(())
    }

    /// Checks that this sign-in may bind this method. The engine asks for missing facts before it
    /// decides; a fact that is still unknown here admits nothing.
    ///
    /// # Errors
    ///
    /// [`Refusal::SecondFactorRequired`].
    pub(crate) fn admit(
        &self,
        transition: &Transition<'_>,
        new: &MethodToBind,
    ) -> Result<(), Refusal> {
        let wanted = transition.policy.registration.second_factor_to_change && !self.second_factor;
        if wanted
            && self.holdings.second_factor(&transition.account, transition.policy, new) != Known::No
        {
            return Err(Refusal::SecondFactorRequired);
        }
        Ok(())
    }
}

/// Whether the registration session of this sign-in is over. A sign-in after its end begins
/// another one.
pub(crate) fn is_over(
    account: &Account,
    session: SessionHash,
    signed_in_at: Timestamp,
    now: Timestamp,
) -> bool {
    account.registration.sittings.iter().any(|sitting| {
        sitting.session == session && sitting.until <= now && signed_in_at < sitting.until
    })
}

/// The most methods of one account, pending ones included.
pub(super) const MAX_METHODS: usize = 32;

/// Adds a pending method and opens the challenge that confirms it.
///
/// # Errors
///
/// [`Refusal::SecondFactorRequired`], [`Refusal::LimitReached`], [`Refusal::TooOften`],
/// [`Refusal::AlreadyProven`] if the user has confirmed this address already, [`Refusal::NotFound`]
/// if there is no active method to replace.
pub(crate) fn add_method(
    transition: &mut Transition<'_>,
    add: &Add<'_>,
) -> Result<MethodId, Refusal> {
    transition.sweep();
    transition.check_act()?;
    forget_abandoned(transition);
    if add.factor.destination().is_some_and(|to| !transition.policy.numbers.allows(to)) {
        return Err(Refusal::NotOffered);
    }
    let methods = &transition.account.methods;
    if let Some(replaced) = add.replaces
        && !methods
            .iter()
            .any(|method| method.id == *replaced && method.kind == add.kind && method.active())
    {
        return Err(Refusal::NotFound);
    }
    let again = pending_again(methods, add);
    let own =
        |method: &&Method| method.kind == add.kind && method.provenance == Provenance::Confirmed;
    let mut replaces = add.replaces;
    if let Factor::Address(to) = add.factor
        && let Some(same) = methods.iter().filter(own).find(|method| reaches(method, to))
    {
        // An address may be confirmed again if an administrator has required a new registration.
        if !is_stale(&transition.account, same) {
            return Err(Refusal::AlreadyProven);
        }
        replaces = replaces.or(Some(&same.id));
    }
    let replaced = replaces.and_then(|id| transition.account.method(id));
    let new = MethodToBind::new(&transition.account, add.kind, add.factor.destination(), replaced);
    add.binding.admit(transition, &new)?;
    // Pending methods have a separate limit of the same size.
    let waiting = methods.iter().filter(|method| {
        is_unconfirmed(method) && method.kind == add.kind && !again.contains(&method.id)
    });
    if is_kind_full(&transition.account, transition.policy, add.kind, replaces)
        || waiting.count() >= most_of(transition.policy, add.kind)
        || methods.len() >= MAX_METHODS
        || transition.account.is_large(PoolKind::Proven)
    {
        return Err(Refusal::LimitReached);
    }
    let replaced_id = replaces.cloned();
    for id in &again {
        drop_pending(transition, id);
    }
    let id = transition.next_method_id()?;
    let method = add.pending_method(id.clone(), replaced_id, transition.now);
    open_confirmation(transition, &method, &add.binding, &add.open)?;
    transition.account.methods.push(method);
    transition.record(EventKind::MethodAdded { method: add.kind, id: id.clone() });
    Ok(id)
}

/// How many methods of this kind an account may have.
pub(super) fn most_of(policy: &Policy, kind: MethodKind) -> usize {
    policy.registration.max.of(kind).map_or(MAX_METHODS, usize::from)
}

/// Whether the account has as many active methods of this kind as the policy allows, or as many
/// with time-based codes, without the one to be replaced. Methods that an administrator wants
/// registered again do not use up the limit.
pub(super) fn is_kind_full(
    account: &Account,
    policy: &Policy,
    kind: MethodKind,
    replaces: Option<&MethodId>,
) -> bool {
    let stays = |method: &&Method| {
        method.provenance == Provenance::Confirmed
            && method.active()
            && Some(&method.id) != replaces
            && !is_stale(account, method)
    };
    let count = |counts: fn(MethodKind, MethodKind) -> bool| {
        account.methods.iter().filter(stays).filter(|method| counts(method.kind, kind)).count()
    };
    let both_oath = |held: MethodKind, new: MethodKind| {
        [held, new].iter().all(|kind| kind.verification() == Verification::Oath)
    };
    count(|held, new| held == new) >= most_of(policy, kind)
        || count(both_oath) >= usize::from(policy.registration.max.oath_total)
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
    let method = transition
        .account
        .method(id)
        .filter(|method| !method.active() && method.kind == open.option.method())
        .cloned()
        .ok_or(Refusal::NotFound)?;
    binding.admit(transition, &MethodToBind::of(&transition.account, &method))?;
    open_confirmation(transition, &method, binding, open)?;
    if let Some(method) = transition.account.method_mut(id) {
        method.session = Some(binding.session);
    }
    Ok(())
}

fn open_confirmation(
    transition: &mut Transition<'_>,
    method: &Method,
    binding: &Binding<'_>,
    open: &Open<'_>,
) -> Result<(), Refusal> {
    binding.sit(transition)?;
    let confirms = Some(method.id.clone());
    let open = Open { confirms, expected: Ok(method.expected()), ..open.clone() };
    match open_challenge(transition, &open)? {
        // The user is signed in, so nothing needs to be hidden.
        Opened::Suppressed(retry_at) => Err(Refusal::TooOften { retry_at }),
        Opened::Open => Ok(()),
    }
}

/// Whether the user has added the method and not confirmed it yet.
fn is_unconfirmed(method: &Method) -> bool {
    !method.active() && method.provenance == Provenance::Unconfirmed
}

/// The pending methods that the new one replaces: one with the same address, one that replaces the
/// same method, or an app added in the same session. The seed of an app is shown once: a page that
/// is reloaded, or a reply that is lost, must not use up the limit of the kind.
fn pending_again(methods: &[Method], add: &Add<'_>) -> Vec<MethodId> {
    let same = |method: &&Method| {
        let address = matches!(add.factor, Factor::Address(to) if reaches(method, to));
        let replacement = add.replaces.is_some() && method.replaces.as_ref() == add.replaces;
        let app =
            matches!(add.factor, Factor::Oath(_)) && method.session == Some(add.binding.session);
        is_unconfirmed(method) && method.kind == add.kind && (address || replacement || app)
    };
    methods.iter().filter(same).map(|method| method.id.clone()).collect()
}

/// Removes a pending method, and the flow that would have confirmed it.
fn drop_pending(transition: &mut Transition<'_>, id: &MethodId) {
    let own = |flow: &&Flow| {
        flow.challenges.iter().any(|challenge| challenge.confirms.as_ref() == Some(id))
    };
    let numbers: Vec<FlowNumber> =
        transition.account.flows.iter().filter(own).map(|flow| flow.number).collect();
    for number in numbers {
        transition.drop_flow(number, FlowEnd::Superseded);
    }
    transition.take_out(id);
}

/// Whether the method reaches this destination, however each is spelled.
pub(super) fn reaches(method: &Method, to: &Destination) -> bool {
    method.destination().is_some_and(|address| address.normalised() == to.normalised())
}

/// Whether the method is active, or may still be confirmed. A pending method cannot be confirmed
/// once its flow is over. Methods that an administrator supplied, and recovery codes that wait to
/// be acknowledged, need no flow.
pub(crate) fn is_alive(method: &Method, account: &Account, now: Timestamp) -> bool {
    let confirms = |flow: &Flow| {
        let mut challenges = flow.challenges.iter();
        flow.live(now)
            && challenges.any(|challenge| {
                challenge.confirms.as_ref() == Some(&method.id) && challenge.live(now)
            })
    };
    method.active()
        || method.provenance == Provenance::Administrator
        || method.kind == MethodKind::RecoveryCode
        || account.flows.iter().any(confirms)
}

/// Removes the pending methods that can no longer be confirmed.
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

/// Removes a method. A notice goes to every address that was valid before, the removed one
/// included.
///
/// # Errors
///
/// [`Refusal::NotFound`]; [`Refusal::SecondFactorRequired`] unless the method is pending and was
/// added by the user.
pub(crate) fn remove_method(
    transition: &mut Transition<'_>,
    id: &MethodId,
    binding: &Binding<'_>,
    tell: impl Fn(&Account) -> Vec<Address>,
) -> Result<(), Refusal> {
    transition.sweep();
    let now = transition.now;
    let protected = |method: &Method| !is_unconfirmed(method);
    let missing = transition.policy.registration.second_factor_to_change && !binding.second_factor;
    if missing && transition.account.method(id).is_some_and(protected) {
        return Err(Refusal::SecondFactorRequired);
    }
    let tell = tell(&transition.account);
    let method = transition.take_out(id).ok_or(Refusal::NotFound)?;
    binding.sit(transition)?;
    if !method.active() {
        // Only its own confirmation depends on a pending method.
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
    /// A new method id.
    ///
    /// # Errors
    ///
    /// [`Refusal::LimitReached`] once the account has no further number for one.
    pub(super) fn next_method_id(&mut self) -> Result<MethodId, Refusal> {
        let number = self.account.numbers.method.advance();
        MethodId::parse(&format!("m{number}")).map_err(|_| Refusal::LimitReached)
    }

    /// Removes a method from the record and returns it.
    pub(super) fn take_out(&mut self, id: &MethodId) -> Option<Method> {
        let place = self.account.methods.iter().position(|method| method.id == *id)?;
        self.account.registration.default.take_if(|default| default == id);
        Some(self.account.methods.remove(place))
    }
}
