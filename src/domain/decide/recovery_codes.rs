//! Saved recovery codes: shown once, kept as digests, each used once.

use super::register::{Binding, Confirm, MAX_METHODS, activate};
use super::{Bearer, Transition};
use crate::domain::account::{
    Account, Factor, Method, MethodState, Provenance, RecoveryCodeSet, Unknown,
};
use crate::domain::binding::Newcomer;
use crate::domain::budget::PoolKind;
use crate::domain::digest::Digest;
use crate::domain::event::EventKind;
use crate::domain::ids::MethodId;
use crate::domain::message::Notice;
use crate::domain::method::MethodKind;
use crate::domain::refusal::Refusal;
use crate::domain::time::Timestamp;

/// Keeps a new set, pending until its owner says that it is saved: whoever loses the page before
/// that still has the codes of the set before.
///
/// # Errors
///
/// [`Refusal::SecondFactorRequired`], [`Refusal::LimitReached`], [`Refusal::TooOften`].
pub(crate) fn put_recovery_codes(
    transition: &mut Transition<'_>,
    codes: &[Digest],
    binding: &Binding<'_>,
) -> Result<MethodId, Refusal> {
    transition.sweep();
    binding.admit(
        transition,
        &Newcomer::new(&transition.account, MethodKind::RecoveryCode, None, None),
    )?;
    transition.count_quiet_act()?;
    let pending = |one: &Method| one.kind == MethodKind::RecoveryCode && !one.active();
    transition.account.methods.retain(|one| !pending(one));
    let full = transition.account.methods.len() >= MAX_METHODS
        || transition.account.is_large(PoolKind::Proven);
    if full || codes.len() > RecoveryCodeSet::MAX {
        return Err(Refusal::LimitReached);
    }
    let id = transition.next_method_id()?;
    transition.account.methods.push(Method {
        id: id.clone(),
        kind: MethodKind::RecoveryCode,
        factor: Factor::RecoveryCode(RecoveryCodeSet {
            codes: codes.to_vec(),
            replacement: None,
            unknown: Unknown::NONE,
        }),
        state: MethodState::Pending,
        provenance: Provenance::Unconfirmed,
        added_at: transition.now,
        usable_from: Timestamp::MAX,
        replaces: None,
        session: Some(binding.session),
        unknown: Unknown::NONE,
    });
    transition.record(EventKind::MethodAdded { method: MethodKind::RecoveryCode, id: id.clone() });
    Ok(id)
}

/// The owner has saved the codes: the set counts, in the place of the one before. Said again after
/// a lost answer, nothing changes.
///
/// # Errors
///
/// [`Refusal::NotFound`] if there is no such set; [`Refusal::SecondFactorRequired`] if other methods
/// were bound meanwhile.
pub(crate) fn acknowledge_recovery_codes(
    transition: &mut Transition<'_>,
    id: &MethodId,
    confirm: &Confirm<'_>,
) -> Result<Method, Refusal> {
    transition.sweep();
    let set = transition.account.method(id).filter(|one| one.kind == MethodKind::RecoveryCode);
    let set = set.cloned().ok_or(Refusal::NotFound)?;
    if set.active() {
        return Ok(set);
    }
    confirm.binding.admit(transition, &Newcomer::of(&transition.account, &set))?;
    let before = active_set(&transition.account).map(|one| one.id.clone());
    if let Some(method) = transition.account.method_mut(id) {
        method.replaces = before;
    }
    activate(transition, id, None, confirm)
}

fn active_set(account: &Account) -> Option<&Method> {
    account.methods.iter().find(|one| one.kind == MethodKind::RecoveryCode && one.active())
}

/// A flow that has used a recovery code gets another one in its place (NIST SP 800-63B-4, 4.2.1.1),
/// pending until its owner says that it is saved.
///
/// # Errors
///
/// [`Refusal::Ended`] if the flow has not reached its goal with a recovery code, or has its
/// replacement already.
pub(crate) fn put_replacement(
    transition: &mut Transition<'_>,
    bearer: &Bearer<'_>,
    code: Digest,
) -> Result<(), Refusal> {
    transition.sweep();
    owed(transition, bearer)?;
    let set = set_mut(transition).ok_or(Refusal::Ended)?;
    set.replacement = Some(code);
    Ok(())
}

/// The replacement is saved, and counts.
///
/// # Errors
///
/// [`Refusal::Ended`] if there is none.
pub(crate) fn acknowledge_replacement(
    transition: &mut Transition<'_>,
    bearer: &Bearer<'_>,
) -> Result<(), Refusal> {
    transition.sweep();
    owed(transition, bearer)?;
    let id = active_set(&transition.account).map(|one| one.id.clone()).ok_or(Refusal::Ended)?;
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

fn owed(transition: &Transition<'_>, bearer: &Bearer<'_>) -> Result<(), Refusal> {
    if bearer.done(transition)?.replace_recovery_code { Ok(()) } else { Err(Refusal::Ended) }
}

fn set_mut<'a>(transition: &'a mut Transition<'_>) -> Option<&'a mut RecoveryCodeSet> {
    let id = active_set(&transition.account)?.id.clone();
    match &mut transition.account.method_mut(&id)?.factor {
        Factor::RecoveryCode(set) => Some(set),
        _ => None,
    }
}
