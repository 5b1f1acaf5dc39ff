//! What administrators do to an account beside its contact data.

use super::register::{MAX_METHODS, forget_abandoned};
use super::{Address, Exceeded, MAX_OUTBOX, Turn};
use crate::domain::account::{
    Account, Factor, Method, MethodState, OathDevice, Offer, Provenance, Registration, SealedSeed,
    Unknown,
};
use crate::domain::budget::PoolKind;
use crate::domain::event::EventKind;
use crate::domain::ids::MethodId;
use crate::domain::message::Notice;
use crate::domain::method::{MethodKind, Nature};
use crate::domain::refusal::Refusal;
use crate::domain::time::Timestamp;

/// Clears the failure budgets and the challenges counted, so that the user may try again now.
/// Methods that were disabled stay so until they are registered anew; the present password and what
/// the host verifies, which nobody registers here, count again.
pub(crate) fn clear_budgets(turn: &mut Turn<'_>) {
    turn.sweep();
    for budget in &mut turn.account.budgets {
        budget.open = Default::default();
        budget.proven = Default::default();
        budget.sign_in = 0;
        // Nobody registers these anew with the engine.
        if matches!(budget.method.nature(), Nature::Password | Nature::External) {
            budget.reopen();
        }
    }
    turn.account.sends = Default::default();
    turn.account.in_hand = Default::default();
    turn.note(EventKind::Unblocked {});
}

/// Supplies a token whose seed the organisation has: pending until its user has typed a code.
///
/// # Errors
///
/// [`Refusal::LimitReached`].
pub(crate) fn supply_token(
    turn: &mut Turn<'_>,
    device: &OathDevice,
    incarnation: Option<&str>,
) -> Result<MethodId, Refusal> {
    turn.sweep();
    forget_abandoned(turn);
    let tokens = turn.account.methods.iter().filter(|one| one.kind == MethodKind::OathToken);
    let most = usize::from(turn.policy.registration.max_per_kind);
    let full = turn.account.methods.len() >= MAX_METHODS || turn.account.is_large(PoolKind::Proven);
    if tokens.count() >= most || full {
        return Err(Refusal::LimitReached);
    }
    turn.belongs_to(incarnation);
    let id = turn.next_method_id()?;
    turn.account.methods.push(Method {
        id: id.clone(),
        kind: MethodKind::OathToken,
        factor: Factor::Oath(device.clone()),
        state: MethodState::Pending,
        provenance: Provenance::Administrator,
        added_at: turn.now,
        usable_from: Timestamp::MAX,
        replaces: None,
        session: None,
        unknown: Unknown::NONE,
    });
    turn.note(EventKind::MethodAdded { method: MethodKind::OathToken, id: id.clone() });
    Ok(id)
}

/// Removes what the user has registered and what administrators have supplied; the user registers
/// anew. Everybody who could be reached before is told.
///
/// # Errors
///
/// [`Refusal::Busy`] if too many notices still wait.
pub(crate) fn revoke_methods(
    turn: &mut Turn<'_>,
    tell: impl Fn(&Account) -> Vec<Address>,
) -> Result<(), Refusal> {
    turn.sweep();
    turn.count_act()?;
    let now = turn.now;
    let tell = tell(&turn.account);
    let count = u8::try_from(turn.account.methods.len()).unwrap_or(u8::MAX);
    if !turn.account.methods.is_empty() {
        turn.account.methods.clear();
    }
    if !turn.account.offers.is_empty() {
        *turn.account.offers = Vec::<Offer>::new();
    }
    turn.account.devices.clear();
    turn.account.sources.clear();
    let ever_active = turn.account.registration.ever_active;
    turn.account.registration =
        Registration { ever_active, required_since: Some(now), ..Registration::default() };
    turn.void_others(None);
    turn.notify(Notice::MethodsRevoked { at: now }, &tell, now, None)?;
    turn.note(EventKind::MethodsRevoked { count });
    Ok(())
}

/// Ends every flow, code, proof and grant, and forgets the known devices and
/// familiar sources.
pub(crate) fn revoke_flows(turn: &mut Turn<'_>) {
    turn.sweep();
    let count = u8::try_from(turn.account.flows.len()).unwrap_or(u8::MAX);
    turn.account.devices.clear();
    turn.account.sources.clear();
    turn.void_others(None);
    turn.note(EventKind::FlowsRevoked { count });
}

/// Wants the user to register anew at the next sign-in. What is registered still counts until then.
///
/// # Errors
///
/// [`Refusal::Busy`] if too many notices still wait.
pub(crate) fn require_registration(
    turn: &mut Turn<'_>,
    tell: impl Fn(&Account) -> Vec<Address>,
) -> Result<(), Refusal> {
    turn.sweep();
    turn.count_act()?;
    let now = turn.now;
    let tell = tell(&turn.account);
    turn.account.registration.required_since = Some(now);
    turn.account.registration.postponed = None;
    turn.notify(Notice::RegistrationRequired { at: now }, &tell, now, None)?;
    turn.note(EventKind::RegistrationRequired {});
    Ok(())
}

/// Asks the user, at every address, to reset the password.
///
/// # Errors
///
/// [`Refusal::NotEligible`](crate::Refusal::NotEligible) if nobody can be reached;
/// [`Refusal::Busy`] if too many notices still wait.
pub(crate) fn request_reset(
    turn: &mut Turn<'_>,
    tell: impl Fn(&Account) -> Vec<Address>,
) -> Result<(), Refusal> {
    turn.sweep();
    let now = turn.now;
    let tell = tell(&turn.account);
    if tell.is_empty() {
        let reason = crate::domain::reason::SsprReason::TooFewMethods;
        return Err(Refusal::NotEligible { reason });
    }
    turn.count_act()?;
    turn.notify(Notice::ResetRequested { at: now }, &tell, now, None)?;
    turn.note(EventKind::ResetRequested { link: false });
    Ok(())
}

/// Removes all that is known of the user. The record itself goes once nothing waits any more; until
/// then it keeps what makes it one record: its key, its numbers, its epoch.
///
/// # Errors
///
/// [`Refusal::Busy`] if too many notices still wait.
pub(crate) fn forget(
    turn: &mut Turn<'_>,
    tell: impl Fn(&Account) -> Vec<Address>,
) -> Result<(), Refusal> {
    let known = !turn.account.methods.is_empty();
    if known {
        revoke_methods(turn, tell)?;
    } else {
        revoke_flows(turn);
    }
    if !turn.account.offers.is_empty() {
        *turn.account.offers = Vec::<Offer>::new();
    }
    let forgotten_at = Some(turn.now);
    turn.account.registration = Registration { forgotten_at, ..Registration::default() };
    turn.account.budgets.clear();
    turn.account.sends = Default::default();
    turn.account.help_at = None;
    turn.account.incarnation = None;
    turn.account.forgotten = true;
    turn.note(EventKind::AccountForgotten {});
    Ok(())
}

/// Puts seeds that were sealed anew in the place of those that they were before; gives how many. A seed
/// that has changed meanwhile stays. Nothing becomes void: it is the same seed.
pub(crate) fn replace_seeds<'a>(
    turn: &mut Turn<'_>,
    seeds: impl Iterator<Item = (&'a MethodId, &'a SealedSeed, &'a SealedSeed)>,
) -> u8 {
    let mut count = 0;
    for (id, before, after) in seeds {
        let same =
            |method: &Method| matches!(&method.factor, Factor::Oath(one) if one.seed == *before);
        if turn.account.method(id).is_some_and(same)
            && let Some(Method { factor: Factor::Oath(device), .. }) = turn.account.method_mut(id)
        {
            device.seed = after.clone();
            count += 1;
        }
    }
    if count > 0 {
        turn.note(EventKind::SeedsResealed { count });
    }
    count
}

/// How often administrators are asked for help about one account.
const HELP_EVERY: std::time::Duration = std::time::Duration::from_secs(86_400);

/// Asks administrators for help, at most once a day for one account. Whether they were asked, the
/// answer does not tell. `about` is whom they help, as the directory names them; for an unknown user
/// it is none, and no one is told.
pub(crate) fn request_help(
    turn: &mut Turn<'_>,
    about: Option<&str>,
    exceeded: Option<Exceeded>,
) -> bool {
    turn.sweep();
    let now = turn.now;
    let asked = turn.account.help_at.is_some_and(|at| now < Timestamp::plus(at, HELP_EVERY));
    // Half of the room is for what happens to the account.
    let full = turn.account.outbox.len() >= MAX_OUTBOX / 2;
    if asked || full || turn.account.is_large(PoolKind::Open) {
        return false;
    }
    turn.note_exceeded(exceeded);
    if let Some(about) = about
        && turn
            .tell_administrators(Notice::HelpRequested { at: now }, about, None, now, None)
            .is_err()
    {
        return false;
    }
    turn.account.help_at = Some(now);
    turn.note(EventKind::HelpRequested {});
    true
}
