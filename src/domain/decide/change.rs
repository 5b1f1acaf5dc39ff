//! Secrets that are judged without a challenge: the present password of a change, the code of an
//! authenticator at the host's own sign-in. Reserved like any other.

use super::allowance::Caller;
use super::{MAX_OUTBOX, Transition};
use crate::domain::account::{Flow, FlowId, Grant, Proof, Purpose, Unknown};
use crate::domain::budget::{BudgetEffects, PoolKind, Verdict};
use crate::domain::event::EventKind;
use crate::domain::ids::MethodId;
use crate::domain::method::{MethodKind, Verification};
use crate::domain::refusal::Refusal;
use crate::domain::time::Timestamp;

/// What was counted before the comparison.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct SecretReservation {
    effects: Vec<(MethodKind, BudgetEffects)>,
    at: Timestamp,
}

/// Counts one try of the present password, before it is judged. Nobody's promise is spent on it.
///
/// # Errors
///
/// [`Refusal::TooOften`] if the budget is spent, or if too much has been changed that the owner is told
/// of: nothing is counted then, and nothing judged.
pub(crate) fn reserve_password(
    transition: &mut Transition<'_>,
) -> Result<SecretReservation, Refusal> {
    transition.sweep();
    transition.check_act()?;
    let kind = MethodKind::Password;
    let caller = Caller::signed_in(&transition.account, kind, transition.policy, transition.now);
    if caller.attempts() == 0 {
        return Err(Refusal::TooOften { retry_at: caller.attempts_at() });
    }
    Ok(transition.reserve_secrets(&[kind]))
}

/// Counts one try of a code at the host's sign-in, for each kind of authenticator that the account
/// has and that has a try left. The cap on a run of failures is the sign-in's own: strangers who guess in resets must not
/// close it.
///
/// # Errors
///
/// [`Refusal::TooOften`] if every budget is spent, [`Refusal::NotAccepted`] if there is no
/// authenticator: nothing is counted then, and nothing judged.
pub(crate) fn reserve_sign_in(
    transition: &mut Transition<'_>,
) -> Result<SecretReservation, Refusal> {
    transition.sweep();
    let (now, policy) = (transition.now, transition.policy);
    let active = |kind: &MethodKind| {
        kind.verification() == Verification::Oath
            && transition.account.methods.iter().any(|one| one.kind == *kind && one.active())
    };
    let kinds: Vec<MethodKind> = MethodKind::ALL.into_iter().filter(active).collect();
    if kinds.is_empty() {
        return Err(Refusal::NotAccepted);
    }
    let account = &transition.account;
    let run_left = |kind: &MethodKind| {
        account.budget(*kind).is_none_or(|budget| budget.sign_in < policy.failures.consecutive)
    };
    // The sign-in has a run of failures of its own.
    let caller = |kind: &MethodKind| Caller {
        register: true,
        ..Caller::signed_in(account, *kind, policy, now)
    };
    let left = |kind: &MethodKind| caller(kind).attempts() > 0;
    let open: Vec<_> = kinds.iter().copied().filter(run_left).filter(left).collect();
    if open.is_empty() {
        // One whose run is over opens by an administrator's hand only.
        let waits = kinds.iter().filter(|kind| run_left(kind));
        let soonest = waits.map(|kind| caller(kind).attempts_at()).min();
        return Err(Refusal::TooOften { retry_at: soonest.unwrap_or(Timestamp::MAX) });
    }
    for kind in &open {
        let budget = transition.account.budget_mut(*kind);
        budget.sign_in = budget.sign_in.saturating_add(1);
    }
    Ok(transition.reserve_secrets(&open))
}

impl SecretReservation {
    /// Whether a secret of this kind may be judged.
    pub(crate) fn covers(&self, kind: MethodKind) -> bool {
        self.effects.iter().any(|(reserved, _)| *reserved == kind)
    }

    /// What the try has brought about, if it was wrong.
    pub(crate) fn verdicts(&self) -> Vec<(MethodKind, Verdict)> {
        let (at, pool) = (self.at, PoolKind::Proven);
        let verdict = |(kind, effects): &(MethodKind, BudgetEffects)| {
            (*kind, Verdict { at, pool, effects: *effects })
        };
        self.effects.iter().map(verdict).collect()
    }
}

impl Transition<'_> {
    fn reserve_secrets(&mut self, kinds: &[MethodKind]) -> SecretReservation {
        let effects = kinds.iter().map(|kind| {
            self.record(EventKind::SecretCounted { method: *kind });
            (*kind, self.reserve(*kind, PoolKind::Proven, 0))
        });
        SecretReservation { effects: effects.collect(), at: self.now }
    }

    fn refund_secret(&mut self, reservation: &SecretReservation) {
        for (kind, effects) in &reservation.effects {
            self.refund_and_end_run(*kind, PoolKind::Proven, reservation.at, 0, *effects);
        }
    }
}

/// A change that begins: the present password was right.
pub(crate) struct ChangeStart<'a> {
    pub(crate) flow: FlowId,
    pub(crate) stamp: Option<&'a str>,
    pub(crate) incarnation: Option<&'a str>,
    /// The account's epoch when the password was judged.
    pub(crate) epoch: u32,
    pub(crate) source: u32,
}

/// Changes of one account that are under way, at most: each is the user's own.
const MAX_CHANGES: usize = 3;

/// Begins a change, with the right to set a password.
///
/// # Errors
///
/// [`Refusal::Ended`] if the account has changed since the password was judged;
/// [`Refusal::TooOften`] if several changes are under way.
pub(crate) fn grant_change(
    transition: &mut Transition<'_>,
    change: &ChangeStart<'_>,
    reservation: &SecretReservation,
) -> Result<Flow, Refusal> {
    transition.sweep();
    let now = transition.now;
    if let Some(flow) = transition.account.flow(&change.flow) {
        // Our own commit, whose answer was lost.
        return Ok(flow.clone());
    }
    transition.refund_secret(reservation);
    if transition.account.epoch != change.epoch {
        return Err(Refusal::Ended);
    }
    let under_way = transition.account.flows.iter().filter(|flow| flow.purpose == Purpose::Change);
    let ends = under_way.clone().map(|flow| flow.expires_at).min();
    if let Some(retry_at) = ends.filter(|_| under_way.count() >= MAX_CHANGES) {
        return Err(Refusal::TooOften { retry_at });
    }
    if transition.account.is_large(PoolKind::Proven)
        || transition.account.outbox.len() >= MAX_OUTBOX
    {
        let retry_at = now.plus(transition.policy.lifetimes.directory_write);
        return Err(Refusal::Busy { retry_at });
    }
    transition.belongs_to(change.incarnation);
    let expires_at = now.plus(transition.policy.lifetimes.flow);
    let flow = Flow {
        number: Transition::number(&mut transition.account.numbers.flow),
        id: change.flow,
        former: None,
        purpose: Purpose::Change,
        generation: 0,
        started_at: now,
        expires_at,
        epoch: change.epoch,
        source: change.source,
        by_administrator: false,
        known_device: false,
        familiar: false,
        stamp: change.stamp.map(str::to_owned),
        required: 1,
        challenges: Vec::new(),
        proofs: vec![Proof {
            method: MethodKind::Password,
            identity: MethodKind::Password.as_str().to_owned(),
            challenge: 0,
            at: now,
            unknown: Unknown::NONE,
        }],
        repeat: None,
        grant: Some(Grant {
            expires_at: now.plus(transition.policy.lifetimes.grant).min(expires_at),
            rejections: 0,
            unknown: Unknown::NONE,
        }),
        done: None,
        unknown: Unknown::NONE,
    };
    transition.record(EventKind::ChangeStarted { flow: flow.number });
    transition.account.flows.push(flow.clone());
    Ok(flow)
}

/// The code at the host's sign-in was right: its step is used up, for every purpose.
///
/// # Errors
///
/// [`Refusal::NotAccepted`] if the step, or a newer one, was used before.
pub(crate) fn accept_sign_in(
    transition: &mut Transition<'_>,
    reservation: &SecretReservation,
    method: &MethodId,
    step: u64,
) -> Result<(), Refusal> {
    transition.sweep();
    transition.consume_step(method, step)?;
    transition.refund_secret(reservation);
    for (kind, _) in &reservation.effects {
        transition.account.budget_mut(*kind).sign_in = 0;
    }
    Ok(())
}
