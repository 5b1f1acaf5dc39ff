//! What a signed-in user says about what is registered, and what they must be asked.

use super::Turn;
use super::register::is_complete;
use crate::domain::account::Account;
use crate::domain::event::EventKind;
use crate::domain::facts::UserFacts;
use crate::domain::ids::MethodId;
use crate::domain::method::MethodKind;
use crate::domain::policy::{Gates, Policy};
use crate::domain::refusal::Refusal;
use crate::domain::time::Timestamp;

const DAY: std::time::Duration = std::time::Duration::from_secs(86_400);

/// What a user who signs in must be asked now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Prompt {
    /// Nothing.
    Nothing,
    /// To change the password: it has expired, or is good only for a change.
    ChangePassword,
    /// To register methods.
    Register,
    /// To say that what is registered is still right.
    Reconfirm,
}

/// What a user who signs in must be asked now: a pure answer, which changes nothing.
///
/// Two facts are kept apart (Entra). Never completed: asked at every new sign-in, once per session.
/// Completed and fallen below since: not asked until the interval ends; a reset refuses.
pub(crate) fn prompt(
    account: &Account,
    user: &UserFacts,
    policy: &Policy,
    gates: Option<&Gates>,
    available: &[MethodKind],
    session: u32,
    now: Timestamp,
) -> Prompt {
    if user.password_expired == Some(true) {
        return Prompt::ChangePassword;
    }
    // Whoever may not reset is not asked to register for it.
    let Some(gates) = gates else { return Prompt::Nothing };
    let registration = &account.registration;
    if registration.postponed == Some(session) {
        return Prompt::Nothing;
    }
    let enforced = policy.registration.enforced;
    if registration.required_since.is_some() {
        return Prompt::Register;
    }
    if !enforced {
        return Prompt::Nothing;
    }
    let Some(completed_at) = registration.completed_at else {
        // What administrators supplied may be enough already (Entra: populated users do not have
        // to register).
        let complete = is_complete(account, gates, available);
        return if complete { Prompt::Nothing } else { Prompt::Register };
    };
    match reconfirm_at(account, policy) {
        Some(at) if at <= now => {
            let complete = is_complete(account, gates, available);
            if complete { Prompt::Reconfirm } else { Prompt::Register }
        }
        _ => {
            debug_assert!(completed_at <= Timestamp::MAX);
            Prompt::Nothing
        }
    }
}

/// When the registration is to be confirmed again; `None`: never, or it is not completed.
pub(crate) fn reconfirm_at(account: &Account, policy: &Policy) -> Option<Timestamp> {
    let days = policy.registration.reconfirm_days;
    let registration = &account.registration;
    let since = registration.confirmed_at.max(registration.completed_at)?;
    (days > 0).then(|| since.plus(DAY * u32::from(days)))
}

/// The user has looked at what is registered, and it is still right.
///
/// # Errors
///
/// [`Refusal::MoreProofNeeded`] if it is not enough any more: more is to be registered.
pub(crate) fn reconfirm(
    turn: &mut Turn<'_>,
    gates: &Gates,
    available: &[MethodKind],
) -> Result<(), Refusal> {
    turn.sweep();
    let now = turn.now;
    if !is_complete(&turn.account, gates, available) {
        return Err(Refusal::MoreProofNeeded);
    }
    let registration = &mut turn.account.registration;
    registration.completed_at.get_or_insert(now);
    registration.confirmed_at = Some(now);
    turn.note(EventKind::RegistrationConfirmed {});
    Ok(())
}

/// The user registers later: not asked again in this session.
pub(crate) fn postpone(turn: &mut Turn<'_>, session: u32) {
    turn.sweep();
    turn.account.registration.postponed = Some(session);
    turn.note(EventKind::RegistrationPostponed {});
}

/// Chooses the method that is offered first.
///
/// # Errors
///
/// [`Refusal::NotFound`] if there is no such active method.
pub(crate) fn set_default(turn: &mut Turn<'_>, id: &MethodId) -> Result<(), Refusal> {
    turn.sweep();
    let method = turn.account.method(id).filter(|one| one.active()).ok_or(Refusal::NotFound)?;
    let method = method.kind;
    turn.account.registration.default = Some(id.clone());
    turn.note(EventKind::DefaultMethodChanged { method, id: id.clone() });
    Ok(())
}
