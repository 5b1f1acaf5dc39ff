//! What a signed-in user says about what is registered, and what they must be asked.

use serde::{Deserialize, Serialize};

use super::Transition;
use crate::domain::account::Account;
use crate::domain::eligibility::Registrant;
use crate::domain::event::EventKind;
use crate::domain::facts::UserFacts;
use crate::domain::ids::MethodId;
use crate::domain::policy::Policy;
use crate::domain::refusal::Refusal;
use crate::domain::time::Timestamp;

/// How long a registration that was confirmed need not be confirmed once more.
const CONFIRMED_FOR: std::time::Duration = std::time::Duration::from_secs(3_600);
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
/// Completed and fallen below since: not asked until the interval ends; a reset refuses. What this
/// sign-in could not register is not asked for.
pub(crate) fn prompt(
    account: &Account,
    policy: &Policy,
    asked: &SignInSubject<'_>,
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
    let register = if asked.may_register { Prompt::Register } else { Prompt::Nothing };
    if registration.required_since.is_some() {
        return if complete() { Prompt::Reconfirm } else { register };
    }
    if !policy.registration.enforced {
        return Prompt::Nothing;
    }
    if registration.completed_at.is_none() {
        // What administrators supplied may be enough already (Entra: populated users do not have
        // to register).
        return if complete() { Prompt::Nothing } else { register };
    }
    match reconfirm_at(account, policy) {
        Some(at) if at <= now && complete() => Prompt::Reconfirm,
        Some(at) if at <= now => register,
        _ => Prompt::Nothing,
    }
}

/// Who signs in, and what they may do.
pub(crate) struct SignInSubject<'a> {
    pub(crate) user: &'a UserFacts,
    /// Whether their password is changed here.
    pub(crate) may_change: bool,
    /// What counts for them, if they may reset.
    pub(crate) registrant: Option<Registrant<'a>>,
    /// Whether another method could be added in this sign-in.
    pub(crate) may_register: bool,
}

/// When the registration is to be confirmed again; `None`: never, or it is not completed.
pub(crate) fn reconfirm_at(account: &Account, policy: &Policy) -> Option<Timestamp> {
    let days = policy.registration.reconfirm_days;
    let registration = &account.registration;
    let since = registration.confirmed_at.max(registration.completed_at)?;
    (days > 0).then(|| since.plus(DAY * u32::from(days)))
}

/// The user has looked at what is registered, and it is still right. Gives whether anything changes:
/// what was confirmed within the hour is confirmed.
///
/// # Errors
///
/// [`Refusal::MoreProofNeeded`] if it is not enough any more: more is to be registered;
/// [`Refusal::TooOften`].
pub(crate) fn reconfirm(
    transition: &mut Transition<'_>,
    registrant: &Registrant<'_>,
) -> Result<bool, Refusal> {
    transition.sweep();
    let now = transition.now;
    if !registrant.is_complete(&transition.account, transition.policy) {
        return Err(Refusal::MoreProofNeeded);
    }
    let registration = &transition.account.registration;
    let settled = registration.completed_at.is_some() && registration.required_since.is_none();
    let just_now = registration.confirmed_at.is_some_and(|at| now.since(at) < CONFIRMED_FOR);
    if settled && just_now {
        return Ok(false);
    }
    transition.count_quiet_act()?;
    let registration = &mut transition.account.registration;
    registration.completed_at.get_or_insert(now);
    registration.confirmed_at = Some(now);
    registration.required_since = None;
    transition.record(EventKind::RegistrationConfirmed {});
    Ok(true)
}

/// The user registers later: not asked again in this session. Gives whether anything changes.
///
/// # Errors
///
/// [`Refusal::TooOften`].
pub(crate) fn postpone(transition: &mut Transition<'_>, session: u32) -> Result<bool, Refusal> {
    transition.sweep();
    if transition.account.registration.postponed == Some(session) {
        return Ok(false);
    }
    transition.count_quiet_act()?;
    transition.account.registration.postponed = Some(session);
    transition.record(EventKind::RegistrationPostponed {});
    Ok(true)
}

/// Chooses the method that is offered first. Gives whether anything changes.
///
/// # Errors
///
/// [`Refusal::NotFound`] if there is no such active method; [`Refusal::TooOften`].
pub(crate) fn set_default(transition: &mut Transition<'_>, id: &MethodId) -> Result<bool, Refusal> {
    transition.sweep();
    let method =
        transition.account.method(id).filter(|one| one.active()).ok_or(Refusal::NotFound)?;
    let method = method.kind;
    if transition.account.registration.default.as_ref() == Some(id) {
        return Ok(false);
    }
    transition.count_quiet_act()?;
    transition.account.registration.default = Some(id.clone());
    transition.record(EventKind::DefaultMethodChanged { method, id: id.clone() });
    Ok(true)
}
