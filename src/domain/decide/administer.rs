//! What administrators do to an account beside its contact data.

use super::register::{MAX_METHODS, forget_abandoned};
use super::{Address, LimitSpent, MAX_OUTBOX, Turn};
use crate::domain::account::{
    Account, Factor, Method, MethodState, OathDevice, Offer, Pending, PendingBody, Provenance,
    Registration, SealedSeed, Unknown,
};
use crate::domain::budget::PoolKind;
use crate::domain::event::EventKind;
use crate::domain::ids::MethodId;
use crate::domain::message::Notice;
use crate::domain::method::MethodKind;
use crate::domain::refusal::Refusal;
use crate::domain::time::Timestamp;

/// Clears the failure budgets and the challenges counted, and opens the kinds that a run of failures
/// has closed, so that the user may try again now. The user is told of a kind that was opened.
///
/// # Errors
///
/// [`Refusal::Busy`] if too many notices still wait.
pub(crate) fn clear_budgets(
    turn: &mut Turn<'_>,
    tell: impl Fn(&Account) -> Vec<Address>,
) -> Result<(), Refusal> {
    turn.sweep();
    let (now, tell) = (turn.now, tell(&turn.account));
    let counted = |account: &Account| {
        (account.budgets.clone(), account.sends.clone(), account.in_hand.clone())
    };
    let before = counted(&turn.account);
    let mut opened = false;
    for budget in &mut turn.account.budgets {
        budget.anonymous = Default::default();
        budget.proven = Default::default();
        budget.sign_in = 0;
        opened |= budget.disabled || budget.closed;
        budget.reopen();
    }
    turn.account.sends = Default::default();
    turn.account.in_hand = Default::default();
    if before == counted(&turn.account) {
        return Ok(());
    }
    if opened {
        turn.notify(Notice::Unblocked { at: now }, &tell, now, None)?;
    }
    turn.note(EventKind::Unblocked {});
    Ok(())
}

/// An administrator says that the person whom the directory names now is the one of the record, which
/// was made before the directory gave marks.
///
/// # Errors
///
/// [`Refusal::NotEligible`] if the record belongs to another mark: only forgetting it helps.
pub(crate) fn confirm_incarnation(turn: &mut Turn<'_>, mark: Option<&str>) -> Result<(), Refusal> {
    turn.sweep();
    if turn.account.incarnation.is_some() {
        let same = turn.account.is_of(mark);
        let reason = crate::domain::reason::SsprReason::AccountDisabled;
        return if same { Ok(()) } else { Err(Refusal::NotEligible { reason }) };
    }
    if mark.is_some() {
        turn.belongs_to(mark);
        turn.note(EventKind::IncarnationConfirmed {});
    }
    Ok(())
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
    let now = turn.now;
    let tell = tell(&turn.account);
    let count = u8::try_from(turn.account.methods.len()).unwrap_or(u8::MAX);
    let account = &turn.account;
    let asked = account.registration.required_since.is_some();
    let bare = count == 0
        && account.flows.is_empty()
        && account.devices.is_empty()
        && account.sources.is_empty();
    if asked && bare && account.registration.completed_at.is_none() {
        // It was done before, and nothing has come since.
        return Ok(());
    }
    turn.count_act()?;
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
    if count == 0 && turn.account.devices.is_empty() && turn.account.sources.is_empty() {
        return;
    }
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
    let now = turn.now;
    let tell = tell(&turn.account);
    turn.account.registration.postponed = None;
    if turn.account.registration.required_since.is_some() {
        return Ok(());
    }
    turn.count_act()?;
    turn.account.registration.required_since = Some(now);
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
    let waits = |pending: &Pending| {
        matches!(pending.body, PendingBody::Notice { notice: Notice::ResetRequested { .. }, .. })
    };
    if turn.account.outbox.iter().any(waits) {
        // The user is about to be told: a second notice would say the same.
        return Ok(());
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
    if turn.account.forgotten {
        return Ok(());
    }
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
    limit_spent: Option<LimitSpent>,
) -> bool {
    turn.sweep();
    let now = turn.now;
    let asked = turn.account.help_at.is_some_and(|at| now < Timestamp::plus(at, HELP_EVERY));
    // Half of the room is for what happens to the account.
    let full = turn.account.outbox.len() >= MAX_OUTBOX / 2;
    if asked || full || turn.account.is_large(PoolKind::Anonymous) {
        return false;
    }
    turn.record_limit_spent(limit_spent);
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
