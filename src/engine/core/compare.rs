//! Attempts: each is reserved in a commit, then its secret is compared. No other file compares
//! secrets that callers give.

use std::sync::atomic::Ordering;

use crate::domain::account::budget::Verdict;
use crate::domain::account::{
    Account, Challenge, Expected, Factor, FlowNumber, Generation, OathDevice, Purpose,
    RecoveryCodeSet,
};
use crate::domain::crypto::code::{CodeContext, CodeInput, TypedCode};
use crate::domain::crypto::digest::{Digest, DigestOf};
use crate::domain::crypto::secret::secrets_equal;
use crate::domain::crypto::ticket::{TicketClaims, TicketSubject};
use crate::domain::identity::contact::{Destination, PhoneNumber};
use crate::domain::identity::ids::{MethodId, RecordKey, UserId};
use crate::domain::method::{MethodKind, Verification};
use crate::domain::policy::Policy;
use crate::domain::questions::QuestionId;
use crate::domain::refusal::Refusal;
use crate::domain::rules::{
    self, AttemptReservation, Match, NumberAttempt, Open, Proving, Reservation, Transition,
    reserve_number,
};
use crate::domain::time::Timestamp;
use crate::engine::api::attempt::{Attempt, Given};
use crate::engine::api::error::{At as _, Error, FaultOrigin};
use crate::engine::core::commit::{Decision, Loaded, Origin, Target};
use crate::engine::core::context::decoy_user_id;
use crate::engine::core::{BoxedCall, Core};

/// The challenge of a comparison, and its place in the record.
pub(crate) struct Comparison<'a> {
    pub(crate) target: &'a Target,
    pub(crate) account: &'a Account,
    pub(crate) purpose: Purpose,
    pub(crate) flow: FlowNumber,
    pub(crate) challenge: &'a Challenge,
    pub(crate) code: &'a CodeInput,
    /// The recovery code that was already used for this challenge.
    pub(crate) used: Option<&'a Digest>,
    /// The questions that were asked.
    pub(crate) asked: &'a [QuestionId],
    /// The identifier of the ticket, whose decoy stands for the user if there is none.
    pub(crate) identifier: [u8; 8],
}

/// A secret that was correct, after its attempt was reserved.
pub(crate) struct Compared {
    pub(crate) reservation: AttemptReservation,
    pub(crate) matched: Match,
    /// The record as the reservation was committed.
    pub(crate) record: Loaded,
}

/// The outcome of the comparison of a typed phone number.
pub(crate) enum TypedNumber {
    /// It is the registered number.
    Matched(Reservation),
    /// It is wrong or may not be compared; the reply must not tell which.
    Refused { retry_at: Timestamp },
}

impl Core {
    /// Reserves one attempt, then compares.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotAccepted`] for a wrong secret and whenever nothing may be compared;
    /// [`Refusal::Overloaded`] for answers while too many others are compared.
    pub(crate) fn reserve_and_compare<'a>(
        &'a self,
        target: &'a Target,
        policy: &'a Policy,
        origin: &'a Origin,
        claim: &'a TicketClaims,
        attempt: &'a Attempt,
    ) -> BoxedCall<'a, Compared> {
        Box::pin(async move {
            // Taken before anything is read, so that a refusal does not depend on the account; held until
            // the call ends.
            let _permit = self.permit_attempt(claim, attempt)?;
            let fits = |challenge: &Challenge| attempt.fits(challenge);
            let (purpose, generation) = (claim.purpose, claim.generation);
            let proving = Proving { flow: &claim.flow, purpose, generation, fits: &fits };
            let step = self.commit(target, policy, origin).must_be_known();
            let (reservation, record) =
                step.apply(|transition| rules::reserve_attempt(transition, &proving)).await?;
            let comparison = Comparison {
                target,
                account: &record.account,
                purpose,
                flow: reservation.flow,
                challenge: &reservation.challenge,
                code: &reservation.code,
                used: reservation.used.as_ref(),
                asked: &reservation.asked,
                identifier: claim.identifier,
            };
            let matched = match self.compare(&comparison, policy, attempt).await {
                // A fault of the seal or the host could occur for one account only and so tell that it
                // exists.
                Err(Error::Fault(_))
                    if claim.generation == Generation::default() && purpose.anonymous() =>
                {
                    self.hidden_faults.fetch_add(1, Ordering::Relaxed);
                    None
                }
                compared => compared?,
            };
            match matched {
                Some(matched) => Ok(Compared { reservation, matched, record }),
                None => Err(self
                    .failed(target, policy, origin, &[reservation.reserved.verdict()])
                    .await),
            }
        })
    }

    /// Records the effects of a wrong secret on the budgets. Most wrong attempts have none and cost
    /// no further call.
    ///
    /// Returns the refusal. If the store fails, the refusal stays the same, and the next step
    /// records the effects.
    pub(crate) async fn failed(
        &self,
        target: &Target,
        policy: &Policy,
        origin: &Origin,
        failed: &[(MethodKind, Verdict)],
    ) -> Error {
        if failed.iter().any(|(_, verdict)| verdict.effects != Default::default()) {
            let step = self.commit(target, policy, origin).wake();
            let recorded = step.apply_if(|transition| rules::record_failure(transition, failed));
            if recorded.await.is_err() {
                self.hidden_faults.fetch_add(1, Ordering::Relaxed);
            }
        }
        Refusal::NotAccepted.into()
    }

    /// Compares an attempt with what the challenge expects. A decoy challenge makes the same
    /// computation and never matches.
    pub(crate) async fn compare(
        &self,
        comparison: &Comparison<'_>,
        policy: &Policy,
        attempt: &Attempt,
    ) -> Result<Option<Match>, Error> {
        self.comparisons.fetch_add(1, Ordering::Relaxed);
        let Comparison { target, account, challenge, .. } = comparison;
        let kind = challenge.method();
        let matched = match (&attempt.given, kind.verification()) {
            (Given::Code(typed), Verification::Contact) => {
                // If the key was removed, no code matches.
                let key = self.keys.short(challenge.key);
                let fits = key.is_some_and(|key| {
                    key.code.check(&target.key, comparison.code, challenge.format, typed)
                });
                fits.then_some(Match::Challenge)
            }
            (Given::Link(secret), Verification::Contact) => {
                let key = self.keys.short(challenge.key);
                let fits =
                    key.is_some_and(|key| key.code.check_link(&comparison.context(), secret));
                fits.then_some(Match::Challenge)
            }
            (Given::Code(typed), Verification::Oath) => {
                let device = match &challenge.expected {
                    Expected::Oath(id) => device(account, id).map(|device| (kind, device)),
                    _ => None,
                };
                let step = self.matching_step(target, device, policy, typed).await?;
                step.map(Match::Step)
            }
            (Given::Code(typed), Verification::RecoveryCode) => {
                let set = match &challenge.expected {
                    Expected::RecoveryCode(id) => recovery_code_set(account, id),
                    _ => None,
                };
                let decoy_user = decoy_user_id(comparison.identifier)?;
                let user = target.user.as_ref().unwrap_or(&decoy_user);
                recovery_code(comparison, user, set, typed).map(Match::RecoveryCode)
            }
            (Given::Response(response), Verification::External) => {
                let name = self.external_challenge(&target.key, challenge.key, &challenge.nonce);
                let decoy = challenge.expected.is_decoy();
                let decoy_user = decoy_user_id(comparison.identifier)?;
                let user = target.user.as_ref().filter(|_| !decoy).unwrap_or(&decoy_user);
                let (Some(method), Some(name)) = (self.external(kind), name) else {
                    return Ok(None);
                };
                let verified = method.verify(&target.tenant, user, &name, response).await;
                verified.at(FaultOrigin::ExternalMethod)?.then_some(Match::Challenge)
            }
            (Given::Answers(given), Verification::Knowledge) => {
                self.matching_answers(comparison, policy, given).await?
            }
            _ => None,
        };
        Ok(matched.filter(|_| !challenge.expected.is_decoy()))
    }

    /// The name of a challenge for a host-verified method; `None` if its key was removed.
    pub(crate) fn external_challenge(
        &self,
        record: &RecordKey,
        key: u16,
        nonce: &[u8; 12],
    ) -> Option<String> {
        self.keys.short(key).map(|key| key.code.external(record, nonce))
    }

    /// Reserves an attempt for a typed phone number, then compares it with the registered one.
    pub(crate) async fn compare_number(
        &self,
        target: &Target,
        loaded: Loaded,
        policy: &Policy,
        origin: &Origin,
        open: &Open<'_>,
        typed: &PhoneNumber,
    ) -> Result<TypedNumber, Error> {
        let decide = |transition: &mut Transition<'_>| {
            Ok(match reserve_number(transition, open)? {
                reserved @ NumberAttempt::Reserved(_) => Decision::Commit(reserved),
                spent @ NumberAttempt::Spent { .. } => Decision::Discard(spent),
            })
        };
        let step = self.commit(target, policy, origin).from(loaded).must_be_known();
        let reservation = match step.decide(decide).await? {
            (NumberAttempt::Reserved(reservation), _) => reservation,
            (NumberAttempt::Spent { until }, _) => {
                return Ok(TypedNumber::Refused { retry_at: until });
            }
        };
        self.comparisons.fetch_add(1, Ordering::Relaxed);
        // Unknown accounts compare against a number that cannot be entered.
        let on_file = match open.expected.as_ref().ok().and_then(Expected::destination) {
            Some(Destination::Phone(number)) => number.normalised(),
            _ => "+000000000000000".to_owned(),
        };
        let typed = padded(&typed.normalised());
        if secrets_equal(&typed, &padded(&on_file)) {
            return Ok(TypedNumber::Matched(reservation));
        }
        let _ = self.failed(target, policy, origin, &[reservation.verdict()]).await;
        Ok(TypedNumber::Refused { retry_at: self.clock.now().plus(policy.sends.resend_after) })
    }

    /// Whether the request comes from a browser that has completed a flow of this user.
    pub(crate) fn is_known_device(
        &self,
        request: &crate::engine::Request,
        subject: &TicketSubject,
        account: &Account,
        now: Timestamp,
    ) -> bool {
        let (Some(device), TicketSubject::User(user)) = (&request.device, subject) else {
            return false;
        };
        let digest = device.digest(&request.tenant, user);
        rules::is_known_device(account, &digest, now)
    }

    /// Whether the request comes from a source from which this user has registered a method or
    /// completed a flow.
    pub(crate) fn is_familiar(
        &self,
        request: &crate::engine::Request,
        account: &Account,
        now: Timestamp,
    ) -> bool {
        let source = self.familiar_source(request, &account.key);
        source.is_some_and(|source| rules::is_familiar(account, &source, now))
    }

    /// The digest under which an account would store the source of a request.
    pub(crate) fn familiar_source(
        &self,
        request: &crate::engine::Request,
        account: &RecordKey,
    ) -> Option<[u8; 8]> {
        let source = request.source.knowable()?;
        Some(self.keys.familiar(account, &source))
    }
}

impl Comparison<'_> {
    fn context(&self) -> CodeContext<'_> {
        CodeContext {
            account: &self.target.key,
            flow: self.flow,
            challenge: self.challenge.number,
            purpose: self.purpose.code(),
            method: self.challenge.method(),
            nonce: &self.challenge.nonce,
        }
    }
}

pub(crate) fn device<'a>(account: &'a Account, id: &MethodId) -> Option<&'a OathDevice> {
    match &account.method(id)?.factor {
        Factor::Oath(device) => Some(device),
        _ => None,
    }
}

fn recovery_code_set<'a>(account: &'a Account, id: &MethodId) -> Option<&'a RecoveryCodeSet> {
    match &account.method(id)?.factor {
        Factor::RecoveryCode(set) => Some(set),
        _ => None,
    }
}

/// The typed code, if it is in the set or was already used for this challenge. The number of
/// comparisons is always the same.
fn recovery_code(
    comparison: &Comparison<'_>,
    user: &UserId,
    set: Option<&RecoveryCodeSet>,
    typed: &TypedCode,
) -> Option<Digest> {
    let tenant = &comparison.target.tenant;
    let typed = Digest::of(DigestOf::RecoveryCode, tenant, user, typed.symbols());
    let codes = set.map_or(&[][..], |set| &set.codes);
    let padding = std::iter::repeat(&Digest::NONE);
    let all = codes.iter().chain(comparison.used).chain(padding).take(RecoveryCodeSet::MAX + 1);
    all.fold(false, |fits, code| fits | code.fits(&typed)).then_some(typed)
}

/// A number padded to the longest length, so that the comparison does not depend on its length.
fn padded(number: &str) -> [u8; 16] {
    let mut room = [0; 16];
    for (place, digit) in room.iter_mut().zip(number.bytes()) {
        *place = digit;
    }
    room
}
