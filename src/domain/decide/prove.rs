//! Proving a method: charge, then compare, then consume.

use super::{Turn, addresses_to_tell};
use crate::domain::account::{Challenge, Flow, FlowId, Grant, Proof, Purpose, Repeat};
use crate::domain::budget::Charged;
use crate::domain::event::EventKind;
use crate::domain::facts::UserFacts;
use crate::domain::message::Notice;
use crate::domain::method::{ChallengeOption, Channel, MethodKind};
use crate::domain::refusal::Refusal;
use crate::domain::time::Timestamp;

/// How often the same right code may be given again with the ticket before.
const MAX_REPEATS: u8 = 3;

/// What a charge allows: one comparison with the code of this challenge.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Charge {
    pub(crate) flow: u32,
    pub(crate) challenge: Challenge,
    at: Timestamp,
    brought_about: Charged,
}

/// Takes one attempt, before anything is compared.
///
/// # Errors
///
/// [`Refusal::NotAccepted`] if there is nothing to compare with or no attempt is left: nothing is
/// committed then.
pub(crate) fn charge_attempt(
    turn: &mut Turn<'_>,
    id: &FlowId,
    purpose: Purpose,
    generation: u8,
    answers: Option<ChallengeOption>,
) -> Result<Charge, Refusal> {
    turn.sweep();
    let now = turn.now;
    let epoch = turn.account.epoch;
    let flow = turn.account.flow_mut(id).filter(|flow| flow.purpose == purpose);
    let flow = flow.ok_or(Refusal::NotAccepted)?;
    if !flow.live(now) || flow.epoch != epoch {
        return Err(Refusal::NotAccepted);
    }
    let number = flow.number;
    if flow.generation == generation {
        // A person answers what was sent last, unless the page knows better.
        let answered = |one: &Challenge| answers.is_none_or(|option| option == one.option);
        let live = flow.challenges.iter_mut();
        let live = live.filter(|one| one.live(now) && one.attempts > 0 && answered(one));
        let challenge = live.max_by_key(|one| one.number).ok_or(Refusal::NotAccepted)?;
        challenge.attempts -= 1;
        let challenge = challenge.clone();
        return Ok(turn.charged(number, challenge));
    }
    // The ticket before: the same right code gets the same answer, out of the same attempts.
    let before = flow.generation.checked_sub(1) == Some(generation);
    let repeat = flow.repeat.as_mut().filter(|repeat| before && repeat.challenge.attempts > 0);
    let repeat = repeat.ok_or(Refusal::NotAccepted)?;
    repeat.challenge.attempts -= 1;
    let challenge = repeat.challenge.clone();
    Ok(turn.charged(number, challenge))
}

/// What a right code earned.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Proven {
    /// The flow as it is now; its generation makes the new ticket.
    pub(crate) flow: Flow,
}

/// The code was right: consumes the challenge and records the proof.
///
/// The comparison is not made again. If the same challenge has been answered meanwhile, by the
/// same right code, the answer is the same and no second proof is made.
///
/// # Errors
///
/// [`Refusal::NotAccepted`] if the challenge was replaced or the flow has ended meanwhile.
pub(crate) fn consume(
    turn: &mut Turn<'_>,
    id: &FlowId,
    charge: &Charge,
) -> Result<Proven, Refusal> {
    turn.sweep();
    let (now, epoch) = (turn.now, turn.account.epoch);
    let policy = turn.policy;
    let flow = turn.account.flow_mut(id).ok_or(Refusal::NotAccepted)?;
    if !flow.live(now) || flow.epoch != epoch || flow.number != charge.flow {
        return Err(Refusal::NotAccepted);
    }
    let number = charge.challenge.number;
    if flow.repeat.as_ref().is_some_and(|one| one.challenge.number == number) {
        // Answered by somebody with the same right code, before or while ours was compared.
        let proven = Proven { flow: flow.clone() };
        let method = charge.challenge.method();
        turn.note(EventKind::ProofRepeated { flow: charge.flow, method });
        turn.forgive(charge);
        return Ok(proven);
    }
    let place = flow.challenges.iter().position(|one| one.number == number);
    let place = place.ok_or(Refusal::NotAccepted)?;
    let challenge = flow.challenges.remove(place);
    let Some(destination) = challenge.destination.clone() else {
        return Err(Refusal::NotAccepted);
    };
    let method = challenge.method();
    flow.proofs.push(Proof { method, destination, challenge: number, at: now });
    flow.generation = flow.generation.saturating_add(1);
    let attempts = challenge.attempts.min(MAX_REPEATS);
    flow.repeat = Some(Repeat { challenge: Challenge { attempts, ..challenge } });
    let proven = distinct(&flow.proofs);
    if proven >= flow.required && flow.grant.is_none() {
        let expires_at = now.plus(policy.lifetimes.grant).min(flow.expires_at);
        flow.grant = Some(Grant { expires_at, rejections: 0 });
        // Nothing more is to be answered in this flow.
        flow.challenges.clear();
    }
    let (flow_number, required) = (flow.number, flow.required);
    let result = Proven { flow: flow.clone() };
    turn.note(EventKind::MethodProven {
        flow: flow_number,
        challenge: number,
        method,
        proven,
        required,
    });
    turn.forgive(charge);
    turn.sweep();
    Ok(result)
}

impl Turn<'_> {
    /// Half of the failures that disable a method have happened: its owner is told, at the
    /// addresses on the record, since nothing else is read while a secret is being judged.
    pub(super) fn warn_owner(&mut self, method: MethodKind) {
        let Some(user) = self.account.user.clone() else {
            return;
        };
        let facts = UserFacts::new(user);
        let tell = addresses_to_tell(&self.account, &facts, None, self.policy, &Channel::ALL);
        let now = self.now;
        // Where there is no room for a warning, notices are waiting already: nobody reads them.
        let _ = self.notify(Notice::ManyFailures { method, at: now }, &tell, now, None);
    }

    /// Counts the attempt that this challenge has just given up.
    fn charged(&mut self, flow: u32, challenge: Challenge) -> Charge {
        let charged = self.charge(challenge.method(), challenge.pool);
        self.note(EventKind::AttemptCounted {
            flow,
            challenge: challenge.number,
            method: challenge.method(),
            left: challenge.attempts,
        });
        Charge { flow, challenge, at: self.now, brought_about: charged }
    }

    /// What was charged before the comparison was no failure.
    pub(super) fn forgive(&mut self, charge: &Charge) {
        let challenge = &charge.challenge;
        let budget = self.account.budget_mut(challenge.method());
        budget.succeed(challenge.pool, charge.at, charge.brought_about);
    }
}

/// How many distinct methods these proofs are: by kind, and by normalised destination.
pub(crate) fn distinct(proofs: &[Proof]) -> u8 {
    let mut counted: Vec<(MethodKind, String)> = Vec::new();
    for proof in proofs {
        let destination = proof.destination.normalised();
        if !counted.iter().any(|(kind, to)| *kind == proof.method || *to == destination) {
            counted.push((proof.method, destination));
        }
    }
    u8::try_from(counted.len()).unwrap_or(u8::MAX)
}
