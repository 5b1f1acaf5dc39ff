//! Secrets that are compared without a challenge: the present password of a change, and the code of
//! an authenticator at the host's own sign-in. They are reserved as attempts too.

use std::sync::Arc;

use super::allowance::Caller;
use super::{MAX_OUTBOX, Reservation, Transition};
use crate::domain::account::budget::{PoolKind, Verdict};
use crate::domain::account::{
    ChallengeNumber, CredentialEpoch, Flow, FlowId, Generation, Grant, Proof, Purpose, SourceHash,
    Unknown,
};
use crate::domain::event::EventKind;
use crate::domain::identity::ids::MethodId;
use crate::domain::method::{MethodKind, Verification};
use crate::domain::refusal::Refusal;
use crate::domain::time::Timestamp;

/// The attempts that were reserved before the comparison, one for each kind of method.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct SecretReservation(Vec<Reservation>);

/// Reserves one attempt with the present password. Attempts that live challenges hold are not used
/// for it.
///
/// # Errors
///
/// [`Refusal::TooOften`] if the budget is spent, or if the user has made too many changes that the
/// owner is notified of. Then nothing is counted, and the password is not compared.
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

/// Reserves one attempt with a code at the host's sign-in, for each kind of authenticator that the
/// account has and that has an attempt left. The cap on a run of failures is separate from the cap
/// of resets: strangers who guess in resets must not block the sign-in.
///
/// # Errors
///
/// [`Refusal::TooOften`] if every budget is spent, [`Refusal::NotAccepted`] if the account has no
/// authenticator. Then nothing is counted, and the code is not compared.
pub(crate) fn reserve_sign_in(
    transition: &mut Transition<'_>,
) -> Result<SecretReservation, Refusal> {
    transition.sweep();
    let (now, policy) = (transition.now, transition.policy);
    let active = |kind: &MethodKind| {
        kind.verification() == Verification::Oath
            && transition
                .account
                .methods
                .iter()
                .any(|method| method.kind == *kind && method.active())
    };
    let kinds: Vec<MethodKind> = MethodKind::ALL.into_iter().filter(active).collect();
    if kinds.is_empty() {
        return Err(Refusal::NotAccepted);
    }
    let account = &transition.account;
    let run_left = |kind: &MethodKind| {
        account.budget(*kind).is_none_or(|budget| budget.sign_in < policy.failures.consecutive)
    };
    // As for a registration, the run of failures of resets does not count here.
    let caller = |kind: &MethodKind| Caller {
        register: true,
        ..Caller::signed_in(account, *kind, policy, now)
    };
    let left = |kind: &MethodKind| caller(kind).attempts() > 0;
    let open: Vec<_> = kinds.iter().copied().filter(run_left).filter(left).collect();
    if open.is_empty() {
        // A kind whose run has reached the cap waits for an administrator, not for a time.
        let waiting = kinds.iter().filter(|kind| run_left(kind));
        let soonest = waiting.map(|kind| caller(kind).attempts_at()).min();
        return Err(Refusal::TooOften { retry_at: soonest.unwrap_or(Timestamp::MAX) });
    }
    for kind in &open {
        let budget = transition.account.budget_mut(*kind);
        budget.sign_in = budget.sign_in.saturating_add(1);
    }
    Ok(transition.reserve_secrets(&open))
}

impl SecretReservation {
    /// Whether a secret of this kind may be compared.
    pub(crate) fn covers(&self, kind: MethodKind) -> bool {
        self.0.iter().any(|reserved| reserved.kind == kind)
    }

    /// The budget effects to record if the secret was wrong.
    pub(crate) fn verdicts(&self) -> Vec<(MethodKind, Verdict)> {
        self.0.iter().map(Reservation::verdict).collect()
    }
}

impl Transition<'_> {
    fn reserve_secrets(&mut self, kinds: &[MethodKind]) -> SecretReservation {
        let reserved = kinds.iter().map(|kind| {
            self.record(EventKind::SecretCounted { method: *kind });
            self.reserve(*kind, PoolKind::Proven, SourceHash::NONE, false)
        });
        SecretReservation(reserved.collect())
    }

    fn refund_secret(&mut self, reservation: &SecretReservation) {
        reservation.0.iter().for_each(|reserved| self.refund_and_end_run(reserved));
    }
}

/// A change that begins: the current password was correct.
pub(crate) struct ChangeStart<'a> {
    pub(crate) flow: FlowId,
    pub(crate) stamp: Option<&'a str>,
    pub(crate) incarnation: Option<&'a str>,
    /// The account's epoch when the password was compared.
    pub(crate) epoch: CredentialEpoch,
    pub(crate) source: SourceHash,
}

/// The most changes that may be under way on one account.
const MAX_CHANGES: usize = 3;

/// Begins a change, with a grant to set a password.
///
/// # Errors
///
/// [`Refusal::Ended`] if the account has changed since the password was compared;
/// [`Refusal::TooOften`] if [`MAX_CHANGES`] are under way; [`Refusal::Busy`] if the record has no
/// room.
pub(crate) fn grant_change(
    transition: &mut Transition<'_>,
    change: &ChangeStart<'_>,
    reservation: &SecretReservation,
) -> Result<Flow, Refusal> {
    transition.sweep();
    let now = transition.now;
    if let Some(flow) = transition.account.flow(&change.flow) {
        // An earlier commit of this command succeeded, and its reply was lost.
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
    let flow = granted_flow(transition, change);
    transition.record(EventKind::ChangeStarted { flow: flow.number });
    transition.account.flows.push(flow.clone());
    Ok(flow)
}

/// A flow with the password as its proof, and a grant.
fn granted_flow(transition: &mut Transition<'_>, change: &ChangeStart<'_>) -> Flow {
    let (now, lifetimes) = (transition.now, &transition.policy.lifetimes);
    let expires_at = now.plus(lifetimes.flow);
    Flow {
        number: transition.account.numbers.flow.advance(),
        id: change.flow,
        former: None,
        purpose: Purpose::Change,
        generation: Generation::default(),
        started_at: now,
        expires_at,
        epoch: change.epoch,
        source: change.source,
        by_administrator: false,
        known_device: false,
        familiar: false,
        stamp: change.stamp.map(Arc::from),
        required: 1,
        challenges: Vec::new(),
        proofs: vec![Proof {
            method: MethodKind::Password,
            identity: MethodKind::Password.as_str().to_owned(),
            challenge: ChallengeNumber::default(),
            at: now,
            unknown: Unknown::NONE,
        }],
        repeat: None,
        grant: Some(Grant {
            expires_at: now.plus(lifetimes.grant).min(expires_at),
            rejections: 0,
            unknown: Unknown::NONE,
        }),
        done: None,
        unknown: Unknown::NONE,
    }
}

/// The code at the host's sign-in was correct: its time step is consumed for every purpose.
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
    for reserved in &reservation.0 {
        transition.account.budget_mut(reserved.kind).sign_in = 0;
    }
    Ok(())
}
