//! Secrets that are judged without a challenge: the present password of a change, the code of an
//! authenticator at the host's own sign-in. Charged like any other.

use super::open::{available_attempts, retry_at};
use super::{MAX_OUTBOX, Turn};
use crate::domain::account::{Flow, FlowId, Grant, Proof, Purpose};
use crate::domain::budget::{Charged, PoolKind};
use crate::domain::event::EventKind;
use crate::domain::ids::MethodId;
use crate::domain::method::MethodKind;
use crate::domain::refusal::Refusal;
use crate::domain::time::Timestamp;

/// What was counted before the comparison.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct SecretCharge {
    charged: Vec<(MethodKind, Charged)>,
    at: Timestamp,
}

/// Counts one try of a secret of these kinds, before it is judged, for each kind that has one left.
/// Nobody's promise is spent on it.
///
/// # Errors
///
/// [`Refusal::TooOften`] if every budget is spent: nothing is counted then, and nothing judged.
pub(crate) fn charge_secret(
    turn: &mut Turn<'_>,
    kinds: &[MethodKind],
) -> Result<SecretCharge, Refusal> {
    turn.sweep();
    let (now, policy, pool) = (turn.now, turn.policy, PoolKind::Proven);
    let account = &turn.account;
    let left =
        |kind: &MethodKind| available_attempts(account, *kind, pool, None, false, policy, now) > 0;
    let open: Vec<MethodKind> = kinds.iter().copied().filter(left).collect();
    if open.is_empty() {
        let soonest = kinds.iter().map(|kind| retry_at(account, *kind, pool, policy, now)).min();
        return Err(Refusal::TooOften { retry_at: soonest.unwrap_or(now) });
    }
    let charged = open.into_iter().map(|kind| {
        turn.note(EventKind::SecretCounted { method: kind });
        (kind, turn.charge(kind, pool))
    });
    let charged = charged.collect();
    Ok(SecretCharge { charged, at: now })
}

impl SecretCharge {
    /// Whether a secret of this kind may be judged.
    pub(crate) fn covers(&self, kind: MethodKind) -> bool {
        self.charged.iter().any(|(charged, _)| *charged == kind)
    }
}

impl Turn<'_> {
    fn forgive_secret(&mut self, charge: &SecretCharge) {
        for (kind, charged) in &charge.charged {
            self.account.budget_mut(*kind).succeed(PoolKind::Proven, charge.at, *charged);
        }
    }
}

/// A change that begins: the present password was right.
pub(crate) struct Change<'a> {
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
    turn: &mut Turn<'_>,
    change: &Change<'_>,
    charge: &SecretCharge,
) -> Result<Flow, Refusal> {
    turn.sweep();
    let now = turn.now;
    turn.forgive_secret(charge);
    if turn.account.epoch != change.epoch {
        return Err(Refusal::Ended);
    }
    if let Some(flow) = turn.account.flow(&change.flow) {
        // Our own commit, whose answer was lost.
        return Ok(flow.clone());
    }
    let under_way = turn.account.flows.iter().filter(|flow| flow.purpose == Purpose::Change);
    let ends = under_way.clone().map(|flow| flow.expires_at).min();
    if let Some(retry_at) = ends.filter(|_| under_way.count() >= MAX_CHANGES) {
        return Err(Refusal::TooOften { retry_at });
    }
    if turn.account.is_large() || turn.account.outbox.len() >= MAX_OUTBOX {
        let retry_at = now.plus(turn.policy.lifetimes.directory_write);
        return Err(Refusal::Busy { retry_at });
    }
    if turn.account.incarnation.is_none() {
        turn.account.incarnation = change.incarnation.map(str::to_owned);
    }
    turn.account.forgotten = false;
    let expires_at = now.plus(turn.policy.lifetimes.flow);
    let flow = Flow {
        number: Turn::number(&mut turn.account.numbers.flow),
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
        stamp: change.stamp.map(str::to_owned),
        required: 1,
        challenges: Vec::new(),
        proofs: vec![Proof {
            method: MethodKind::Password,
            identity: MethodKind::Password.as_str().to_owned(),
            challenge: 0,
            at: now,
        }],
        repeat: None,
        grant: Some(Grant {
            expires_at: now.plus(turn.policy.lifetimes.grant).min(expires_at),
            rejections: 0,
        }),
        done: None,
    };
    turn.note(EventKind::ChangeStarted { flow: flow.number });
    turn.account.flows.push(flow.clone());
    Ok(flow)
}

/// The code at the host's sign-in was right: its step is used up, for every purpose.
///
/// # Errors
///
/// [`Refusal::NotAccepted`] if the step, or a newer one, was used before.
pub(crate) fn accept_sign_in(
    turn: &mut Turn<'_>,
    charge: &SecretCharge,
    method: &MethodId,
    step: u64,
) -> Result<(), Refusal> {
    turn.sweep();
    turn.spend_step(method, step)?;
    turn.forgive_secret(charge);
    Ok(())
}
