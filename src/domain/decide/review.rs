//! What a signed-in user says about what is registered, and what they must be asked.

use serde::{Deserialize, Serialize};

use super::Turn;
use crate::domain::account::Account;
use crate::domain::eligibility::Registrant;
use crate::domain::event::EventKind;
use crate::domain::facts::UserFacts;
use crate::domain::ids::MethodId;
use crate::domain::policy::Policy;
use crate::domain::refusal::Refusal;
use crate::domain::time::Timestamp;

const DAY: std::time::Duration = std::time::Duration::from_secs(86_400);

/// What a user who signs in must be asked now.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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
    policy: &Policy,
    asked: &Asked<'_>,
    session: u32,
    now: Timestamp,
) -> Prompt {
    if asked.may_change && asked.user.password_expired == Some(true) {
        return Prompt::ChangePassword;
    }
    // Whoever may not reset is not asked to register for it.
    let Some(registrant) = &asked.registrant else { return Prompt::Nothing };
    let registration = &account.registration;
    if registration.postponed == Some(session) {
        return Prompt::Nothing;
    }
    let complete = || registrant.is_complete(account, policy);
    if registration.required_since.is_some() {
        return if complete() { Prompt::Reconfirm } else { Prompt::Register };
    }
    if !policy.registration.enforced {
        return Prompt::Nothing;
    }
    if registration.completed_at.is_none() {
        // What administrators supplied may be enough already (Entra: populated users do not have
        // to register).
        return if complete() { Prompt::Nothing } else { Prompt::Register };
    }
    match reconfirm_at(account, policy) {
        Some(at) if at <= now && complete() => Prompt::Reconfirm,
        Some(at) if at <= now => Prompt::Register,
        _ => Prompt::Nothing,
    }
}

/// Who signs in, and what they may do.
pub(crate) struct Asked<'a> {
    pub(crate) user: &'a UserFacts,
    /// Whether their password is changed here.
    pub(crate) may_change: bool,
    /// What counts for them, if they may reset.
    pub(crate) registrant: Option<Registrant<'a>>,
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
pub(crate) fn reconfirm(turn: &mut Turn<'_>, registrant: &Registrant<'_>) -> Result<(), Refusal> {
    turn.sweep();
    let now = turn.now;
    if !registrant.is_complete(&turn.account, turn.policy) {
        return Err(Refusal::MoreProofNeeded);
    }
    let registration = &mut turn.account.registration;
    registration.completed_at.get_or_insert(now);
    registration.confirmed_at = Some(now);
    registration.required_since = None;
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
