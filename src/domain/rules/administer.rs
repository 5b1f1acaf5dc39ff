//! What administrators do to an account; contact data is in `contacts`.

use super::register::{MAX_METHODS, forget_abandoned, is_kind_full, most_of};
use super::{Address, LimitSpent, MAX_OUTBOX, Transition};
use crate::domain::account::budget::PoolKind;
use crate::domain::account::{
    Account, Factor, Flow, Method, OathDevice, Offer, Pending, PendingBody, Provenance,
    RegistrationState, Repudiated, SealedSeed,
};
use crate::domain::event::{ActRefusal, AdminAct, EventKind, FlowEnd};
use crate::domain::identity::ids::MethodId;
use crate::domain::message::Notice;
use crate::domain::method::MethodKind;
use crate::domain::reason::SsprReason;
use crate::domain::refusal::Refusal;
use crate::domain::time::{HOUR, Timestamp};

/// Clears the failure budgets and the counted challenges, opens the kinds that a run of failures has
/// closed, and ends the block of a repudiation. The user may try again at once, and gets a notice if
/// a kind was opened or a block has ended.
///
/// # Errors
///
/// [`Refusal::Busy`] if too many notices still wait.
pub(crate) fn clear_budgets(
    transition: &mut Transition<'_>,
    tell: impl Fn(&Account) -> Vec<Address>,
) -> Result<(), Refusal> {
    transition.sweep();
    let (now, tell) = (transition.now, tell(&transition.account));
    let counted = |account: &Account| {
        let Account { budgets, sends, in_hand, throttles, .. } = account;
        (budgets.clone(), sends.clone(), in_hand.clone(), throttles.clone())
    };
    let before = counted(&transition.account);
    let unblocked = transition.end_block();
    let mut opened = unblocked;
    for budget in &mut transition.account.budgets {
        budget.anonymous = Default::default();
        budget.proven = Default::default();
        budget.sign_in = 0;
        opened |= budget.disabled || budget.closed;
        budget.reopen();
    }
    transition.account.sends = Default::default();
    transition.account.in_hand = Default::default();
    transition.account.throttles.clear();
    if !unblocked && before == counted(&transition.account) {
        return Ok(());
    }
    if opened {
        transition.notify(Notice::Unblocked { at: now }, &tell, now, None)?;
    }
    transition.record(EventKind::Unblocked {});
    Ok(())
}

/// Binds a record that was made before the directory gave incarnation marks to the present mark: an
/// administrator confirms that the user is the same person.
///
/// # Errors
///
/// [`Refusal::NotEligible`] if the record is bound to another mark: only [`forget`] opens it then.
pub(crate) fn confirm_incarnation(
    transition: &mut Transition<'_>,
    mark: Option<&str>,
) -> Result<(), Refusal> {
    transition.sweep();
    if transition.account.incarnation.is_some() {
        let same = transition.account.is_of(mark);
        let reason = SsprReason::OtherIncarnation;
        return if same { Ok(()) } else { Err(Refusal::NotEligible { reason }) };
    }
    if mark.is_some() {
        transition.belongs_to(mark);
        transition.record(EventKind::IncarnationConfirmed {});
    }
    Ok(())
}

/// Supplies a token whose seed the organisation has. It is pending until the user has typed a code.
///
/// # Errors
///
/// [`Refusal::LimitReached`] if the account has as many tokens, or methods, as it may have.
pub(crate) fn supply_token(
    transition: &mut Transition<'_>,
    device: &OathDevice,
    incarnation: Option<&str>,
) -> Result<MethodId, Refusal> {
    transition.sweep();
    forget_abandoned(transition);
    let methods = &transition.account.methods;
    let tokens = methods.iter().filter(|method| method.kind == MethodKind::OathToken).count();
    let full = methods.len() >= MAX_METHODS || transition.account.is_large(PoolKind::Proven);
    if full
        || tokens >= most_of(transition.policy, MethodKind::OathToken)
        || is_kind_full(&transition.account, transition.policy, MethodKind::OathToken, None)
    {
        return Err(Refusal::LimitReached);
    }
    transition.belongs_to(incarnation);
    let id = transition.next_method_id()?;
    let factor = Factor::Oath(device.clone());
    let (now, provenance) = (transition.now, Provenance::Administrator);
    let token = Method::active_at(now, id.clone(), MethodKind::OathToken, factor, provenance);
    transition.account.methods.push(token.pending());
    transition.record(EventKind::MethodAdded { method: MethodKind::OathToken, id: id.clone() });
    Ok(id)
}

/// Removes the methods that the user has registered and administrators have supplied; the user must
/// register again. A notice goes to every address that was valid before.
///
/// # Errors
///
/// [`Refusal::TooOften`]; [`Refusal::Busy`] if too many notices still wait.
pub(crate) fn revoke_methods(
    transition: &mut Transition<'_>,
    tell: impl Fn(&Account) -> Vec<Address>,
) -> Result<(), Refusal> {
    transition.sweep();
    let now = transition.now;
    let tell = tell(&transition.account);
    let count = u8::try_from(transition.account.methods.len()).unwrap_or(u8::MAX);
    let account = &transition.account;
    let asked = account.registration.required_since.is_some();
    let bare = count == 0
        && account.flows.is_empty()
        && account.devices.is_empty()
        && account.sources.is_empty();
    if asked && bare && account.registration.completed_at.is_none() {
        // Done before, and nothing was added since.
        return Ok(());
    }
    transition.count_act()?;
    if !transition.account.methods.is_empty() {
        transition.account.methods.clear();
    }
    if !transition.account.offers.is_empty() {
        *transition.account.offers = Vec::<Offer>::new();
    }
    transition.account.devices.clear();
    transition.account.sources.clear();
    let ever_active = transition.account.registration.ever_active;
    transition.account.registration = RegistrationState {
        ever_active,
        required_since: Some(now),
        ..RegistrationState::default()
    };
    transition.void_others(None);
    transition.notify(Notice::MethodsRevoked { at: now }, &tell, now, None)?;
    transition.record(EventKind::MethodsRevoked { count });
    Ok(())
}

/// Ends every flow with its codes, proofs and grant, and forgets known devices and familiar
/// sources.
pub(crate) fn revoke_flows(transition: &mut Transition<'_>) {
    transition.sweep();
    let count = u8::try_from(transition.account.flows.len()).unwrap_or(u8::MAX);
    if count == 0 && transition.account.devices.is_empty() && transition.account.sources.is_empty()
    {
        return;
    }
    transition.account.devices.clear();
    transition.account.sources.clear();
    transition.void_others(None);
    transition.record(EventKind::FlowsRevoked { count });
}

/// Ends the flows that administrators have begun and whose link is not redeemed. Returns how many.
pub(crate) fn revoke_links(transition: &mut Transition<'_>) -> u8 {
    transition.sweep();
    let waits = |flow: &&Flow| flow.by_administrator && flow.proofs.is_empty();
    let flows = transition.account.flows.iter().filter(waits);
    let numbers: Vec<_> = flows.map(|flow| flow.number).collect();
    for number in &numbers {
        transition.drop_flow(*number, FlowEnd::Superseded);
    }
    u8::try_from(numbers.len()).unwrap_or(u8::MAX)
}

/// Requires a new registration at the next sign-in. The present methods count until then.
///
/// # Errors
///
/// [`Refusal::TooOften`]; [`Refusal::Busy`] if too many notices still wait.
pub(crate) fn require_registration(
    transition: &mut Transition<'_>,
    tell: impl Fn(&Account) -> Vec<Address>,
) -> Result<(), Refusal> {
    transition.sweep();
    let now = transition.now;
    let tell = tell(&transition.account);
    let registration = &mut transition.account.registration;
    (registration.skipped, registration.prompted_at) = (None, None);
    if transition.account.registration.required_since.is_some() {
        return Ok(());
    }
    transition.count_act()?;
    transition.account.registration.required_since = Some(now);
    transition.notify(Notice::RegistrationRequired { at: now }, &tell, now, None)?;
    transition.record(EventKind::RegistrationRequired {});
    Ok(())
}

/// Asks the user, at every address, to reset the password.
///
/// # Errors
///
/// [`Refusal::NotEligible`] if the account has no address; [`Refusal::TooOften`]; [`Refusal::Busy`]
/// if too many notices still wait.
pub(crate) fn request_reset(
    transition: &mut Transition<'_>,
    tell: impl Fn(&Account) -> Vec<Address>,
) -> Result<(), Refusal> {
    transition.sweep();
    let now = transition.now;
    let tell = tell(&transition.account);
    if tell.is_empty() {
        let reason = SsprReason::TooFewMethods;
        return Err(Refusal::NotEligible { reason });
    }
    let waits = |pending: &Pending| {
        matches!(pending.body, PendingBody::Notice { notice: Notice::ResetRequested { .. }, .. })
    };
    if transition.account.outbox.iter().any(waits) {
        // The same notice waits already.
        return Ok(());
    }
    transition.count_act()?;
    transition.notify(Notice::ResetRequested { at: now }, &tell, now, None)?;
    transition.record(EventKind::ResetRequested { link: false });
    Ok(())
}

/// Removes what the record holds about the user. The record itself is purged once its outbox is
/// empty; until then it keeps its key, its numbers and its epoch.
///
/// # Errors
///
/// [`Refusal::TooOften`]; [`Refusal::Busy`] if too many notices still wait.
pub(crate) fn forget(
    transition: &mut Transition<'_>,
    tell: impl Fn(&Account) -> Vec<Address>,
) -> Result<(), Refusal> {
    if transition.account.forgotten {
        return Ok(());
    }
    let known = !transition.account.methods.is_empty();
    if known {
        revoke_methods(transition, tell)?;
    } else {
        revoke_flows(transition);
    }
    if !transition.account.offers.is_empty() {
        *transition.account.offers = Vec::<Offer>::new();
    }
    let forgotten_at = Some(transition.now);
    transition.account.registration =
        RegistrationState { forgotten_at, ..RegistrationState::default() };
    transition.account.budgets.clear();
    transition.account.throttles.clear();
    transition.account.sends = Default::default();
    transition.account.in_hand = Default::default();
    transition.account.help_at = None;
    transition.account.incarnation = None;
    // Mail of the previous owner must not block the next one.
    transition.account.repudiated = Repudiated { blocked_since: None, through: forgotten_at };
    transition.account.forgotten = true;
    transition.record(EventKind::AccountForgotten {});
    Ok(())
}

/// Replaces seeds (the second of each entry) by their resealed form (the third); returns how many.
/// A seed that has changed meanwhile stays. Nothing becomes void, since the seed inside is the
/// same.
pub(crate) fn replace_seeds<'a>(
    transition: &mut Transition<'_>,
    seeds: impl Iterator<Item = (&'a MethodId, &'a SealedSeed, &'a SealedSeed)>,
) -> u8 {
    let mut count = 0;
    for (id, before, after) in seeds {
        let same = |method: &Method| matches!(&method.factor, Factor::Oath(device) if device.seed == *before);
        if transition.account.method(id).is_some_and(same)
            && let Some(Method { factor: Factor::Oath(device), .. }) =
                transition.account.method_mut(id)
        {
            device.seed = after.clone();
            count += 1;
        }
    }
    if count > 0 {
        transition.record(EventKind::SeedsResealed { count });
    }
    count
}

/// Refused acts of an hour that are recorded for one account.
const MAX_REFUSED: usize = 10;

/// Records that an administrator was refused an act on this account; returns whether it did. The
/// number is bounded, so that a refused administrator cannot make the owner's commits conflict.
pub(crate) fn record_refused_act(
    transition: &mut Transition<'_>,
    act: AdminAct,
    cause: ActRefusal,
) -> bool {
    let now = transition.now;
    let refused = &mut transition.account.acts.refused;
    refused.retain(|at| now.since(*at) < HOUR);
    if refused.len() >= MAX_REFUSED {
        return false;
    }
    refused.push(now);
    transition.record(EventKind::ActRefused { act, cause });
    true
}

/// How often administrators are asked for help about one account.
const HELP_EVERY: std::time::Duration = std::time::Duration::from_secs(86_400);

/// Asks administrators for help, at most once a day for one account; returns whether anything
/// changed, which the reply must not show. `about` is the directory's name of the user; for an
/// unknown user it is `None`, and no notice is sent.
pub(crate) fn request_help(
    transition: &mut Transition<'_>,
    about: Option<&str>,
    limit_spent: Option<LimitSpent>,
) -> bool {
    transition.sweep();
    let now = transition.now;
    let asked = transition.account.help_at.is_some_and(|at| now < Timestamp::plus(at, HELP_EVERY));
    // The other half of the outbox is for notices about the account.
    let full = transition.account.outbox.len() >= MAX_OUTBOX / 2;
    if asked || full || transition.account.is_large(PoolKind::Anonymous) {
        return false;
    }
    transition.record_limit_spent(limit_spent);
    if let Some(about) = about
        && transition
            .tell_administrators(Notice::HelpRequested { at: now }, about, None, now, None)
            .is_err()
    {
        return false;
    }
    transition.account.help_at = Some(now);
    transition.record(EventKind::HelpRequested {});
    true
}
