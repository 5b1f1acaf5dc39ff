//! Proving a method: reserve, then compare, then consume.

use super::Transition;
use crate::domain::account::{
    Challenge, Expected, Factor, Flow, FlowId, Grant, Proof, Purpose, Repeat, Unknown,
};
use crate::domain::budget::{BudgetEffects, Verdict};
use crate::domain::digest::Digest;
use crate::domain::event::EventKind;
use crate::domain::ids::MethodId;
use crate::domain::message::Notice;
use crate::domain::method::MethodKind;
use crate::domain::refusal::Refusal;
use crate::domain::time::Timestamp;

/// How often the same right code may be given again with the ticket before.
const MAX_REPEATS: u8 = 3;

/// What a reservation allows: one comparison with what answers this challenge.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct AttemptReservation {
    pub(crate) flow: u32,
    pub(crate) challenge: Challenge,
    /// The recovery code that is no longer in its set, but right where an answer is repeated.
    pub(crate) used: Option<Digest>,
    at: Timestamp,
    effects: BudgetEffects,
}

impl AttemptReservation {
    /// What the attempt has brought about, if it was wrong.
    pub(crate) fn verdict(&self) -> (MethodKind, Verdict) {
        let (at, pool, effects) = (self.at, self.challenge.pool, self.effects);
        (self.challenge.method(), Verdict { at, pool, effects })
    }
}

/// What was right.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Match {
    /// What this challenge alone is answered with.
    Challenge,
    /// The code of this time step of the challenge's device.
    Step(u64),
    /// This code of the challenge's set.
    RecoveryCode(Digest),
}

/// Which flow is to be proven, as a ticket names it.
#[derive(Clone, Copy)]
pub(crate) struct Proving<'a> {
    pub(crate) flow: &'a FlowId,
    pub(crate) purpose: Purpose,
    pub(crate) generation: u8,
    /// The challenges that what was given can answer at all.
    pub(crate) answers: &'a (dyn Fn(&Challenge) -> bool + Sync),
}

/// Takes one attempt, before anything is compared.
///
/// # Errors
///
/// [`Refusal::NotAccepted`] if there is nothing to compare with or no attempt is left: nothing is
/// committed then.
pub(crate) fn reserve_attempt(
    transition: &mut Transition<'_>,
    proving: &Proving<'_>,
) -> Result<AttemptReservation, Refusal> {
    transition.sweep();
    let now = transition.now;
    let epoch = transition.account.epoch;
    let flow = transition.account.flow_mut(proving.flow);
    let flow = flow.filter(|flow| flow.purpose == proving.purpose);
    let flow = flow.ok_or(Refusal::NotAccepted)?;
    // The confirmation of a method is over with its first right code, and may be repeated.
    let confirmed = flow.purpose == Purpose::Register && now < flow.expires_at;
    if !(flow.live(now) || confirmed) || flow.epoch != epoch {
        return Err(Refusal::NotAccepted);
    }
    let number = flow.number;
    if flow.generation == proving.generation {
        let live = flow.challenges.iter_mut();
        let live = live.filter(|one| one.live(now) && one.attempts > 0 && (proving.answers)(one));
        // A person answers what was sent last, unless the page knows better.
        let challenge = live.max_by_key(|one| one.number).ok_or(Refusal::NotAccepted)?;
        challenge.attempts -= 1;
        let challenge = challenge.clone();
        return Ok(transition.reserve_comparison(number, challenge));
    }
    // The ticket before: the same right code gets the same answer, out of the same attempts.
    let before = flow.generation.checked_sub(1) == Some(proving.generation);
    let repeat = flow.repeat.as_mut().filter(|repeat| before && repeat.challenge.attempts > 0);
    let repeat = repeat.ok_or(Refusal::NotAccepted)?;
    repeat.challenge.attempts -= 1;
    let (challenge, used) = (repeat.challenge.clone(), repeat.code);
    Ok(AttemptReservation { used, ..transition.reserve_comparison(number, challenge) })
}

/// What a right code earned.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Proven {
    /// The flow as it is now; its generation makes the new ticket.
    pub(crate) flow: Flow,
}

/// The secret was right: consumes the challenge and records the proof.
///
/// The comparison is not made again. If the same challenge has been answered meanwhile, by the
/// same right code, the answer is the same and no second proof is made.
///
/// # Errors
///
/// [`Refusal::NotAccepted`] if the challenge was replaced or the flow has ended meanwhile, or if
/// what was right was used before.
pub(crate) fn consume(
    transition: &mut Transition<'_>,
    id: &FlowId,
    reservation: &AttemptReservation,
    matched: &Match,
) -> Result<Proven, Refusal> {
    transition.sweep();
    let (now, epoch) = (transition.now, transition.account.epoch);
    let policy = transition.policy;
    let flow = transition.account.flow(id).ok_or(Refusal::NotAccepted)?;
    if !flow.live(now) || flow.epoch != epoch || flow.number != reservation.flow {
        return Err(Refusal::NotAccepted);
    }
    let number = reservation.challenge.number;
    if let Some(repeat) = flow.repeat.as_ref().filter(|one| one.challenge.number == number) {
        // Answered by somebody with the same right code, before or while ours was compared.
        repeat.check(matched)?;
        let proven = Proven { flow: flow.clone() };
        let method = reservation.challenge.method();
        transition.record(EventKind::ProofRepeated { flow: reservation.flow, method });
        transition.refund_attempt(reservation);
        return Ok(proven);
    }
    let place = flow.challenges.iter().position(|one| one.number == number);
    let place = place.ok_or(Refusal::NotAccepted)?;
    let answer = flow.challenges.get(place).map(|one| one.expected.clone());
    transition.consume(&answer.ok_or(Refusal::NotAccepted)?, matched)?;
    let flow = transition.account.flow_mut(id).ok_or(Refusal::NotAccepted)?;
    let challenge = flow.challenges.remove(place);
    let method = challenge.method();
    let identity = challenge.expected.identity(method);
    flow.proofs.push(Proof {
        method,
        identity,
        challenge: number,
        at: now,
        unknown: Unknown::NONE,
    });
    flow.generation = flow.generation.saturating_add(1);
    flow.repeat = Some(Repeat::of(challenge, matched));
    let proven = distinct(&flow.proofs);
    if proven >= flow.required && flow.grant.is_none() {
        let expires_at = now.plus(policy.lifetimes.grant).min(flow.expires_at);
        flow.grant = Some(Grant { expires_at, rejections: 0, unknown: Unknown::NONE });
        // Nothing more is to be answered in this flow.
        flow.challenges.clear();
    }
    let (flow_number, required) = (flow.number, flow.required);
    let result = Proven { flow: flow.clone() };
    transition.record(EventKind::MethodProven {
        flow: flow_number,
        challenge: number,
        method,
        proven,
        required,
    });
    transition.refund_attempt(reservation);
    transition.sweep();
    Ok(result)
}

/// Gives a flow whose link was redeemed without its ticket another name: whoever began it has no
/// part in it any more.
pub(crate) fn hand_over(
    transition: &mut Transition<'_>,
    from: &FlowId,
    to: FlowId,
) -> Option<Flow> {
    let flow = transition.account.flow_mut(from)?;
    if flow.id != to {
        flow.former = Some(flow.id);
        flow.id = to;
        let number = flow.number;
        transition.record(EventKind::LinkRedeemedElsewhere { flow: number });
    }
    transition.account.flow(&to).cloned()
}

impl Repeat {
    pub(super) fn of(challenge: Challenge, matched: &Match) -> Self {
        let attempts = challenge.attempts.min(MAX_REPEATS);
        let (step, code) = match matched {
            Match::Challenge => (None, None),
            Match::Step(step) => (Some(*step), None),
            Match::RecoveryCode(code) => (None, Some(*code)),
        };
        Self { challenge: Challenge { attempts, ..challenge }, step, code, unknown: Unknown::NONE }
    }

    /// A different code that is also valid for this challenge must not count as a repeat.
    pub(super) fn check(&self, matched: &Match) -> Result<(), Refusal> {
        let same = match matched {
            Match::Challenge => true,
            Match::Step(step) => self.step == Some(*step),
            Match::RecoveryCode(code) => self.code.is_some_and(|used| used.fits(code)),
        };
        if same { Ok(()) } else { Err(Refusal::NotAccepted) }
    }
}

impl Transition<'_> {
    /// Consumes what was right, where it can be right only once for the whole account.
    pub(super) fn consume(&mut self, answer: &Expected, matched: &Match) -> Result<(), Refusal> {
        match (answer, matched) {
            (Expected::Sent(_) | Expected::External, Match::Challenge) => Ok(()),
            (Expected::Oath(id), Match::Step(step)) => self.consume_step(id, *step),
            (Expected::RecoveryCode(id), Match::RecoveryCode(code)) => {
                self.consume_recovery_code(id, code)
            }
            _ => Err(Refusal::NotAccepted),
        }
    }

    /// A step is accepted once, and none that is older than one that was.
    pub(super) fn consume_step(&mut self, id: &MethodId, step: u64) -> Result<(), Refusal> {
        let method = self.account.method_mut(id).ok_or(Refusal::NotAccepted)?;
        let kind = method.kind;
        let Factor::Oath(device) = &mut method.factor else {
            return Err(Refusal::NotAccepted);
        };
        if device.used.is_some_and(|used| step <= used) {
            return Err(Refusal::NotAccepted);
        }
        device.used = Some(step);
        self.record(EventKind::OathStepUsed { method: kind, id: id.clone(), step });
        Ok(())
    }

    fn consume_recovery_code(&mut self, id: &MethodId, code: &Digest) -> Result<(), Refusal> {
        let now = self.now;
        let method = self.account.method_mut(id).ok_or(Refusal::NotAccepted)?;
        let Factor::RecoveryCode(set) = &mut method.factor else {
            return Err(Refusal::NotAccepted);
        };
        let place = set.codes.iter().position(|one| one.fits(code));
        set.codes.remove(place.ok_or(Refusal::NotAccepted)?);
        let left = u8::try_from(set.codes.len()).unwrap_or(u8::MAX);
        self.record(EventKind::RecoveryCodeUsed { id: id.clone(), left });
        self.tell_owner(Notice::RecoveryCodeUsed { left, at: now });
        Ok(())
    }

    /// Half of the failures that disable a method have happened.
    pub(super) fn warn_owner(&mut self, method: MethodKind) {
        self.tell_owner(Notice::ManyFailures { method, at: self.now });
    }

    /// Counts the attempt that this challenge has just given up.
    fn reserve_comparison(&mut self, flow: u32, challenge: Challenge) -> AttemptReservation {
        let effects = self.reserve(challenge.method(), challenge.pool, challenge.source);
        self.record(EventKind::AttemptCounted {
            flow,
            challenge: challenge.number,
            method: challenge.method(),
            left: challenge.attempts,
        });
        AttemptReservation { flow, challenge, used: None, at: self.now, effects }
    }

    /// Refunds the attempt that was reserved before the comparison: it was no failure.
    pub(super) fn refund_attempt(&mut self, reservation: &AttemptReservation) {
        let challenge = &reservation.challenge;
        let (kind, pool, source) = (challenge.method(), challenge.pool, challenge.source);
        self.refund_and_end_run(kind, pool, reservation.at, source, reservation.effects);
    }
}

/// How many distinct methods these proofs are: by class, and by normalised destination.
pub(crate) fn distinct(proofs: &[Proof]) -> u8 {
    let mut counted: Vec<&Proof> = Vec::new();
    for proof in proofs {
        let same =
            |one: &&Proof| one.method.same_class(proof.method) || one.identity == proof.identity;
        if !counted.iter().any(same) {
            counted.push(proof);
        }
    }
    u8::try_from(counted.len()).unwrap_or(u8::MAX)
}
