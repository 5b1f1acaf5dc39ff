//! The review of a registration: what a user who signs in is asked, and may do about it.

use serde::{Deserialize, Serialize};

use super::Transition;
use crate::domain::account::{Account, SessionHash};
use crate::domain::event::EventKind;
use crate::domain::identity::ids::MethodId;
use crate::domain::policy::{PasswordDue, Policy};
use crate::domain::refusal::Refusal;
use crate::domain::rules::eligibility::EligibleUser;
use crate::domain::time::{DAY, Timestamp};

/// How long a confirmed registration is not confirmed again.
const CONFIRMED_FOR: std::time::Duration = std::time::Duration::from_secs(3_600);

/// What a user who signs in must be asked now.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Prompt {
    /// Nothing.
    Nothing,
    /// To change the password: it has expired, or is valid for a change only.
    /// [`SignInPrompt::password`](crate::method::SignInPrompt) says why.
    ChangePassword,
    /// To register methods.
    Register,
    /// To confirm that the registered methods are still right.
    Reconfirm,
    /// Nothing can be registered: registration is enforced, and the policy lets no administrator
    /// reset ([`AdministratorPolicy::enabled`](crate::policy::AdministratorPolicy)). Entra interrupts
    /// the sign-in of such an administrator. Say so, and let the user in.
    NothingOffered,
}

/// Whether the user may skip the prompt now.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case", tag = "skip")]
#[non_exhaustive]
pub enum Skip {
    /// It may not be skipped.
    Never,
    /// In each session before this time.
    Until {
        /// When it can no longer be skipped.
        at: Timestamp,
    },
    /// In each session.
    Always,
}

/// What a user who signs in must be asked now. Changes nothing.
///
/// A registration that was never completed is asked for at every new sign-in, once per session. One
/// that was completed and no longer suffices is not asked for until the interval ends, though a
/// reset refuses meanwhile (Entra). A user who cannot register in this sign-in is not asked to.
pub(crate) fn prompt(
    account: &Account,
    policy: &Policy,
    asked: &SignInSubject<'_>,
    session: SessionHash,
    now: Timestamp,
) -> Prompt {
    if matches!(asked.password, PasswordDue::Now { .. }) {
        return Prompt::ChangePassword;
    }
    // A user who may not reset is not asked to register for it.
    let Some(eligible) = &asked.eligible else {
        let told = asked.administrators_off && policy.registration.enforced;
        return if told { Prompt::NothingOffered } else { Prompt::Nothing };
    };
    let registration = &account.registration;
    let register = if asked.may_register { Prompt::Register } else { Prompt::Nothing };
    if asked.lacks_sign_in {
        return register;
    }
    if registration.skipped == Some(session) {
        return Prompt::Nothing;
    }
    let complete = || eligible.is_complete(account, policy);
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

/// The user who signs in, and what that user may do.
pub(crate) struct SignInSubject<'a> {
    /// Whether the password must be changed; nothing if the engine may not change it.
    pub(crate) password: PasswordDue,
    /// Whether the first reason against a reset is that the policy lets no administrator reset.
    pub(crate) administrators_off: bool,
    /// What counts for the user, if a reset is allowed.
    pub(crate) eligible: Option<EligibleUser<'a>>,
    /// Whether another method could be added in this sign-in.
    pub(crate) may_register: bool,
    /// Whether the user has no method of the kinds that the host's sign-in requires, and may
    /// register one here.
    pub(crate) lacks_sign_in: bool,
}

/// Whether the user may skip the prompt at this time.
pub(crate) fn skip_of(account: &Account, policy: &Policy, now: Timestamp) -> Skip {
    let Some(days) = policy.registration.skip_days else { return Skip::Always };
    let since = account.registration.prompted_at.unwrap_or(now);
    let at = since.plus(DAY * u32::from(days));
    if now < at { Skip::Until { at } } else { Skip::Never }
}

/// Notes the time of the first prompt, from which the days count during which it may be skipped.
/// Returns whether that changed anything.
pub(crate) fn note_prompt(transition: &mut Transition<'_>) -> bool {
    let counts = transition.policy.registration.skip_days.is_some_and(|days| days > 0);
    let registration = &mut transition.account.registration;
    if !counts || registration.prompted_at.is_some() {
        return false;
    }
    registration.prompted_at = Some(transition.now);
    true
}

/// When the registration is to be confirmed again; `None`: never, or it is not completed.
pub(crate) fn reconfirm_at(account: &Account, policy: &Policy) -> Option<Timestamp> {
    let days = policy.registration.reconfirm_days;
    let registration = &account.registration;
    let since = registration.confirmed_at.max(registration.completed_at)?;
    (days > 0).then(|| since.plus(DAY * u32::from(days)))
}

/// The user confirms that the registered methods are still right. Returns whether anything changed:
/// a confirmation within the last hour is not repeated.
///
/// # Errors
///
/// [`Refusal::MoreProofNeeded`] if the methods no longer suffice and more must be registered;
/// [`Refusal::TooOften`].
pub(crate) fn reconfirm(
    transition: &mut Transition<'_>,
    eligible: &EligibleUser<'_>,
) -> Result<bool, Refusal> {
    transition.sweep();
    let now = transition.now;
    if !eligible.is_complete(&transition.account, transition.policy) {
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
    (registration.required_since, registration.prompted_at) = (None, None);
    transition.record(EventKind::RegistrationConfirmed {});
    Ok(true)
}

/// The user skips the prompt, and is not asked again in this session. Returns whether anything
/// changed.
///
/// # Errors
///
/// [`Refusal::NotOffered`] if the prompt may not be skipped; [`Refusal::TooOften`].
pub(crate) fn skip(transition: &mut Transition<'_>, session: SessionHash) -> Result<bool, Refusal> {
    transition.sweep();
    if transition.account.registration.skipped == Some(session) {
        return Ok(false);
    }
    if skip_of(&transition.account, transition.policy, transition.now) == Skip::Never {
        return Err(Refusal::NotOffered);
    }
    transition.count_quiet_act()?;
    note_prompt(transition);
    transition.account.registration.skipped = Some(session);
    transition.record(EventKind::RegistrationSkipped {});
    Ok(true)
}

/// Chooses the method that is offered first. Returns whether anything changed.
///
/// # Errors
///
/// [`Refusal::NotFound`] if there is no such active method; [`Refusal::TooOften`].
pub(crate) fn set_default(transition: &mut Transition<'_>, id: &MethodId) -> Result<bool, Refusal> {
    transition.sweep();
    let active = transition.account.method(id).filter(|method| method.active());
    let method = active.ok_or(Refusal::NotFound)?.kind;
    if transition.account.registration.default.as_ref() == Some(id) {
        return Ok(false);
    }
    transition.count_quiet_act()?;
    transition.account.registration.default = Some(id.clone());
    transition.record(EventKind::DefaultMethodChanged { method, id: id.clone() });
    Ok(true)
}
