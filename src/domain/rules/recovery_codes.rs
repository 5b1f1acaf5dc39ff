//! Recovery codes: shown once, kept as digests, each used once.

use super::Transition;
use super::confirm::{Confirm, activate};
use super::register::{Binding, MAX_METHODS};
use crate::domain::account::budget::PoolKind;
use crate::domain::account::{
    Account, Bearer, Factor, Method, Provenance, RecoveryCodeSet, Unknown,
};
use crate::domain::crypto::digest::Digest;
use crate::domain::event::EventKind;
use crate::domain::identity::ids::MethodId;
use crate::domain::message::Notice;
use crate::domain::method::MethodKind;
use crate::domain::refusal::Refusal;
use crate::domain::rules::binding::MethodToBind;

/// Keeps a new set, pending until its owner acknowledges that it is saved. Until then the codes of
/// the previous set stay valid, in case the page is lost.
///
/// # Errors
///
/// [`Refusal::SecondFactorRequired`], [`Refusal::LimitReached`] if the account or the set has no
/// room, [`Refusal::TooOften`].
pub(crate) fn put_recovery_codes(
    transition: &mut Transition<'_>,
    codes: &[Digest],
    binding: &Binding<'_>,
) -> Result<MethodId, Refusal> {
    transition.sweep();
    binding.admit(
        transition,
        &MethodToBind::new(&transition.account, MethodKind::RecoveryCode, None, None),
    )?;
    binding.sit(transition)?;
    transition.count_quiet_act()?;
    let pending = |method: &Method| method.kind == MethodKind::RecoveryCode && !method.active();
    transition.account.methods.retain(|method| !pending(method));
    let full = transition.account.methods.len() >= MAX_METHODS
        || transition.account.is_large(PoolKind::Proven);
    if full || codes.len() > RecoveryCodeSet::MAX {
        return Err(Refusal::LimitReached);
    }
    let id = transition.next_method_id()?;
    let (now, kind) = (transition.now, MethodKind::RecoveryCode);
    let (replacement, unknown) = (None, Unknown::NONE);
    let set = RecoveryCodeSet { codes: codes.to_vec(), replacement, unknown };
    let factor = Factor::RecoveryCode(set);
    let method = Method::active_at(now, id.clone(), kind, factor, Provenance::Unconfirmed);
    let session = Some(binding.session);
    transition.account.methods.push(Method { session, ..method.pending() });
    transition.record(EventKind::MethodAdded { method: MethodKind::RecoveryCode, id: id.clone() });
    Ok(id)
}

/// The owner has saved the codes: the set becomes active and replaces the previous one.
/// Acknowledged again after a lost reply, nothing changes.
///
/// # Errors
///
/// [`Refusal::NotFound`] if there is no such set; [`Refusal::SecondFactorRequired`] if other
/// methods were bound meanwhile.
pub(crate) fn acknowledge_recovery_codes(
    transition: &mut Transition<'_>,
    id: &MethodId,
    confirm: &Confirm<'_>,
) -> Result<Method, Refusal> {
    transition.sweep();
    let set = transition
        .account
        .method(id)
        .filter(|method| method.kind == MethodKind::RecoveryCode)
        .cloned()
        .ok_or(Refusal::NotFound)?;
    if set.active() {
        return Ok(set);
    }
    confirm.binding.admit(transition, &MethodToBind::of(&transition.account, &set))?;
    let before = active_set(&transition.account).map(|set| set.id.clone());
    if let Some(method) = transition.account.method_mut(id) {
        method.replaces = before;
    }
    activate(transition, id, None, confirm)
}

fn active_set(account: &Account) -> Option<&Method> {
    account.methods.iter().find(|method| method.kind == MethodKind::RecoveryCode && method.active())
}

/// Keeps the replacement for a recovery code that a flow has used (NIST SP 800-63B-4, 4.2.1.1),
/// pending until its owner acknowledges that it is saved.
///
/// # Errors
///
/// [`Refusal::Ended`] if the flow has not reached its goal with a recovery code, or the replacement
/// was acknowledged before.
pub(crate) fn put_replacement(
    transition: &mut Transition<'_>,
    bearer: &Bearer<'_>,
    code: Digest,
) -> Result<(), Refusal> {
    transition.sweep();
    check_owed(transition, bearer)?;
    let set = set_mut(transition).ok_or(Refusal::Ended)?;
    set.replacement = Some(code);
    Ok(())
}

/// The owner has saved the replacement: it becomes valid.
///
/// # Errors
///
/// [`Refusal::Ended`] if no replacement waits.
pub(crate) fn acknowledge_replacement(
    transition: &mut Transition<'_>,
    bearer: &Bearer<'_>,
) -> Result<(), Refusal> {
    transition.sweep();
    check_owed(transition, bearer)?;
    let id = active_set(&transition.account).map(|set| set.id.clone()).ok_or(Refusal::Ended)?;
    let set = set_mut(transition).ok_or(Refusal::Ended)?;
    let code = set.replacement.take().ok_or(Refusal::Ended)?;
    if set.codes.len() < RecoveryCodeSet::MAX {
        set.codes.push(code);
    }
    if let Some(done) = transition.account.flow_mut(bearer.flow).and_then(|flow| flow.done.as_mut())
    {
        done.replace_recovery_code = false;
    }
    transition.record(EventKind::RecoveryCodeReplaced { id });
    let (method, at) = (MethodKind::RecoveryCode, transition.now);
    transition.tell_owner(Notice::MethodReplaced { method, at });
    Ok(())
}

/// Checks that the flow has used a recovery code that is not replaced yet.
fn check_owed(transition: &Transition<'_>, bearer: &Bearer<'_>) -> Result<(), Refusal> {
    if bearer.done(transition)?.replace_recovery_code { Ok(()) } else { Err(Refusal::Ended) }
}

fn set_mut<'a>(transition: &'a mut Transition<'_>) -> Option<&'a mut RecoveryCodeSet> {
    let id = active_set(&transition.account)?.id.clone();
    match &mut transition.account.method_mut(&id)?.factor {
        Factor::RecoveryCode(set) => Some(set),
        _ => None,
    }
}
