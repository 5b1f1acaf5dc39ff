//! Proving a method: reserve, then compare, then consume.

use std::sync::Arc;

use super::questions::{Answered, asked_now};
use super::{Reservation, Transition};
use crate::domain::account::{
    Challenge, Expected, Factor, Flow, FlowId, FlowNumber, Generation, Grant, Proof, Purpose,
    Repeat, Unknown,
};
use crate::domain::crypto::code::{CodeContext, CodeInput};
use crate::domain::crypto::digest::Digest;
use crate::domain::event::EventKind;
use crate::domain::identity::ids::MethodId;
use crate::domain::message::Notice;
use crate::domain::method::MethodKind;
use crate::domain::questions::QuestionId;
use crate::domain::refusal::Refusal;
use crate::domain::time::Timestamp;

/// How often the same correct code may be repeated with the previous ticket.
const MAX_REPEATS: u8 = 3;

/// An attempt that was reserved: one comparison with what this challenge expects.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct AttemptReservation {
    pub(crate) flow: FlowNumber,
    pub(crate) challenge: Challenge,
    /// What a code of the challenge is derived from.
    pub(crate) code: CodeInput,
    /// The recovery code that the challenge consumed before: accepted only as a repeat.
    pub(crate) used: Option<Digest>,
    /// The questions that this attempt answers.
    pub(crate) asked: Vec<QuestionId>,
    pub(crate) reserved: Reservation,
}

/// What the given secret matched.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Match {
    /// A secret of this challenge alone: a sent code, a link, or a proof that the host verified.
    Challenge,
    /// The code of this time step of the challenge's device.
    Step(u64),
    /// This code of the challenge's recovery codes.
    RecoveryCode(Digest),
    /// The answers to these questions.
    Answers(Answered),
}

/// The flow to be proven, as a ticket names it.
#[derive(Clone, Copy)]
pub(crate) struct Proving<'a> {
    pub(crate) flow: &'a FlowId,
    pub(crate) purpose: Purpose,
    pub(crate) generation: Generation,
    /// Whether the given secret is of a form that this challenge can expect.
    pub(crate) fits: &'a (dyn Fn(&Challenge) -> bool + Sync),
}

/// Reserves one attempt, before anything is compared.
///
/// # Errors
///
/// [`Refusal::NotAccepted`] if no challenge can be compared with, or none has an attempt left. Then
/// nothing is committed.
pub(crate) fn reserve_attempt(
    transition: &mut Transition<'_>,
    proving: &Proving<'_>,
) -> Result<AttemptReservation, Refusal> {
    transition.sweep();
    let now = transition.now;
    let epoch = transition.account.epoch;
    let flow = transition
        .account
        .flow_mut(proving.flow)
        .filter(|flow| flow.purpose == proving.purpose)
        .ok_or(Refusal::NotAccepted)?;
    // A registration is done after its first correct code, which may still be repeated.
    let confirmed = flow.purpose == Purpose::Register && now < flow.expires_at;
    if !(flow.live(now) || confirmed) || flow.epoch != epoch {
        return Err(Refusal::NotAccepted);
    }
    let number = flow.number;
    if flow.generation == proving.generation {
        let open = flow.challenges.iter_mut().filter(|challenge| {
            challenge.live(now) && challenge.attempts > 0 && (proving.fits)(challenge)
        });
        // Unless the page names a challenge, the person means the newest.
        let newest = open.max_by_key(|challenge| challenge.number).ok_or(Refusal::NotAccepted)?;
        let mut challenge = newest.clone();
        newest.attempts -= 1;
        newest.tried = true;
        // The questions that the page has shown, drawn before this attempt was counted.
        let asked = asked_now(&transition.account, &challenge, &transition.policy.questions);
        (challenge.attempts, challenge.tried) = (challenge.attempts - 1, true);
        transition.check_throttle(proving.purpose, &challenge)?;
        let reservation = transition.reserve_comparison(number, proving.purpose, challenge);
        return Ok(AttemptReservation { asked, ..reservation });
    }
    // With the previous ticket the same correct code gets the same reply, from the attempts that its
    // challenge had left.
    let is_previous = flow.generation == proving.generation.clone().advance();
    let repeat = flow
        .repeat
        .as_mut()
        .filter(|repeat| is_previous && repeat.challenge.attempts > 0)
        .ok_or(Refusal::NotAccepted)?;
    repeat.challenge.attempts -= 1;
    let (challenge, used, asked) = (repeat.challenge.clone(), repeat.code, repeat.asked.clone());
    transition.check_throttle(proving.purpose, &challenge)?;
    Ok(AttemptReservation {
        used,
        asked,
        ..transition.reserve_comparison(number, proving.purpose, challenge)
    })
}

/// The result of a correct secret.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Proven {
    /// The flow as it is now; the new ticket names its generation.
    pub(crate) flow: Flow,
}

/// The secret was correct: consumes the challenge and records the proof.
///
/// The secret is not compared again. If the same correct code has proven the challenge meanwhile,
/// the reply is the same and no second proof is made.
///
/// # Errors
///
/// [`Refusal::NotAccepted`] if the challenge was replaced or the flow has ended meanwhile, or if
/// the secret was used before.
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
    if let Some(repeat) = flow.repeat.as_ref().filter(|repeat| repeat.challenge.number == number) {
        // Another request has proven the challenge with the same correct code meanwhile.
        repeat.check(matched)?;
        let proven = Proven { flow: flow.clone() };
        let method = reservation.challenge.method();
        transition.record(EventKind::ProofRepeated { flow: reservation.flow, method });
        transition.refund_and_end_run(&reservation.reserved);
        return Ok(proven);
    }
    let place = flow
        .challenges
        .iter()
        .position(|challenge| challenge.number == number)
        .ok_or(Refusal::NotAccepted)?;
    let expected = flow.challenges[place].expected.clone();
    transition.consume(&expected, matched)?;
    let flow = transition.account.flow_mut(id).ok_or(Refusal::NotAccepted)?;
    let challenge = flow.challenges.remove(place);
    let (method, channel) = (challenge.method(), challenge.option.channel());
    let identity = challenge.expected.identity(method);
    let unknown = Unknown::NONE;
    flow.proofs.push(Proof { method, identity, challenge: number, at: now, unknown });
    flow.generation.advance();
    flow.repeat = Some(Box::new(Repeat::of(challenge, matched)));
    let proven = distinct(&flow.proofs);
    if proven >= flow.required && flow.grant.is_none() {
        flow.earn_grant(now.plus(policy.lifetimes.grant));
    }
    let (flow_number, purpose, required) = (flow.number, flow.purpose, flow.required);
    let result = Proven { flow: flow.clone() };
    transition.verify_watched(number);
    transition.record(EventKind::MethodProven {
        flow: flow_number,
        purpose,
        challenge: number,
        method,
        channel,
        proven,
        required,
    });
    transition.refund_and_end_run(&reservation.reserved);
    transition.sweep();
    Ok(result)
}

/// Gives a flow whose link was redeemed without its ticket a new id: the ticket of the browser that
/// began it is void. A flow that an administrator began starts now, with the account as it is now:
/// `stamp` is the directory's change stamp.
pub(crate) fn hand_over(
    transition: &mut Transition<'_>,
    from: &FlowId,
    to: FlowId,
    stamp: Option<&str>,
) -> Option<Flow> {
    let (now, life) = (transition.now, transition.policy.lifetimes.flow);
    let flow = transition.account.flow_mut(from)?;
    if flow.id != to {
        flow.former = Some(flow.id);
        flow.id = to;
        if flow.by_administrator {
            (flow.started_at, flow.expires_at) = (now, now.plus(life));
            flow.stamp = stamp.map(Arc::from);
        }
        let number = flow.number;
        transition.record(EventKind::LinkRedeemedElsewhere { flow: number });
    }
    transition.account.flow(&to).cloned()
}

impl Flow {
    /// Gives the flow a grant, which ends with the flow at the latest. No further challenge is
    /// needed.
    fn earn_grant(&mut self, expires_at: Timestamp) {
        self.grant = Some(Grant {
            expires_at: expires_at.min(self.expires_at),
            rejections: 0,
            unknown: Unknown::NONE,
        });
        self.challenges.clear();
    }
}

impl Repeat {
    pub(super) fn of(challenge: Challenge, matched: &Match) -> Self {
        let attempts = challenge.attempts.min(MAX_REPEATS);
        let challenge = Challenge { attempts, ..challenge };
        let none =
            Self { challenge, step: None, code: None, asked: Vec::new(), unknown: Unknown::NONE };
        match matched {
            Match::Challenge => none,
            Match::Step(step) => Self { step: Some(*step), ..none },
            Match::RecoveryCode(code) => Self { code: Some(*code), ..none },
            Match::Answers(answered) => Self { asked: answered.asked.clone(), ..none },
        }
    }

    /// A different code that is also valid for this challenge must not count as a repeat.
    pub(super) fn check(&self, matched: &Match) -> Result<(), Refusal> {
        let same = match matched {
            Match::Challenge => true,
            Match::Step(step) => self.step == Some(*step),
            Match::RecoveryCode(code) => self.code.is_some_and(|used| used.fits(code)),
            Match::Answers(answered) => self.asked == answered.asked,
        };
        if same { Ok(()) } else { Err(Refusal::NotAccepted) }
    }
}

impl Transition<'_> {
    /// Consumes the matched secret, if it is one that counts only once for the whole account.
    pub(super) fn consume(&mut self, expected: &Expected, matched: &Match) -> Result<(), Refusal> {
        match (expected, matched) {
            (Expected::Sent(_) | Expected::External, Match::Challenge) => Ok(()),
            (Expected::Oath(id), Match::Step(step)) => self.consume_step(id, *step),
            (Expected::RecoveryCode(id), Match::RecoveryCode(code)) => {
                self.consume_recovery_code(id, code)
            }
            (Expected::SecurityQuestions(id), Match::Answers(answered)) => {
                self.consume_answers(id, answered)
            }
            _ => Err(Refusal::NotAccepted),
        }
    }

    /// Consumes a time step: each is accepted once, and none after a newer one.
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
        let place =
            set.codes.iter().position(|stored| stored.fits(code)).ok_or(Refusal::NotAccepted)?;
        set.codes.remove(place);
        let left = u8::try_from(set.codes.len()).unwrap_or(u8::MAX);
        self.record(EventKind::RecoveryCodeUsed { id: id.clone(), left });
        self.tell_owner(Notice::RecoveryCodeUsed { left, at: now });
        Ok(())
    }

    /// Warns the owner that half of the failures that disable a method have happened.
    pub(super) fn warn_owner(&mut self, method: MethodKind) {
        self.tell_owner(Notice::ManyFailures { method, at: self.now });
    }

    /// Reserves the attempt that this challenge has just given up.
    fn reserve_comparison(
        &mut self,
        flow: FlowNumber,
        purpose: Purpose,
        challenge: Challenge,
    ) -> AttemptReservation {
        let Challenge { pool, source, .. } = challenge;
        let reserved = self.reserve(challenge.method(), pool, source, purpose.anonymous());
        self.record(EventKind::AttemptCounted {
            flow,
            challenge: challenge.number,
            method: challenge.method(),
            left: challenge.attempts,
        });
        let context = CodeContext {
            account: &self.account.key,
            flow,
            challenge: challenge.number,
            purpose: purpose.code(),
            method: challenge.method(),
            nonce: &challenge.nonce,
        };
        let code = context.code_input();
        AttemptReservation { flow, challenge, code, used: None, asked: Vec::new(), reserved }
    }
}

/// The number of distinct methods among these proofs, by class and by normalised destination.
pub(crate) fn distinct(proofs: &[Proof]) -> u8 {
    let mut counted: Vec<&Proof> = Vec::new();
    for proof in proofs {
        let same = |known: &&Proof| {
            known.method.same_class(proof.method) || known.identity == proof.identity
        };
        if !counted.iter().any(same) {
            counted.push(proof);
        }
    }
    u8::try_from(counted.len()).unwrap_or(u8::MAX)
}
