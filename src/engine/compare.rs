//! Attempts: each is reserved in a commit, then its secret is compared. No other file compares
//! secrets that callers give.

use std::sync::atomic::Ordering;

use super::Engine;
use super::attempt::{Attempt, Given};
use super::error::{At as _, Error, FaultOrigin};
use super::step::{Decision, Loaded, OnUnknown, Origin, Target};
use crate::domain::account::budget::Verdict;
use crate::domain::account::{
    Account, Challenge, Expected, Factor, OathDevice, Purpose, RecoveryCodeSet,
};
use crate::domain::crypto::code::{CodeContext, TypedCode};
use crate::domain::crypto::digest::{Digest, DigestOf};
use crate::domain::crypto::secret::{SecretBytes, secrets_equal};
use crate::domain::crypto::ticket::{TicketClaims, TicketSubject};
use crate::domain::crypto::totp::{Drift, OathParameters, matching_step};
use crate::domain::identity::contact::{Destination, PhoneNumber};
use crate::domain::identity::ids::{MethodId, RecordKey, TenantId, UserId};
use crate::domain::method::{MethodKind, Verification};
use crate::domain::policy::Policy;
use crate::domain::refusal::Refusal;
use crate::domain::rules::{
    self, AttemptReservation, Match, NumberReservation, Open, Proving, Transition, reserve_number,
};
use crate::domain::time::Timestamp;

/// The challenge of a comparison, and its place in the record.
pub(super) struct Comparison<'a> {
    pub(super) target: &'a Target,
    pub(super) account: &'a Account,
    pub(super) purpose: Purpose,
    pub(super) flow: u32,
    pub(super) challenge: &'a Challenge,
    /// The recovery code that was already used for this challenge.
    pub(super) used: Option<&'a Digest>,
    /// The user id for port calls if the challenge is a decoy.
    pub(super) decoy_user: &'a UserId,
}

impl Engine {
    /// Reserves one attempt, then compares.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotAccepted`] for a wrong secret and whenever nothing may be compared.
    pub(super) async fn reserve_and_compare(
        &self,
        target: &Target,
        policy: &Policy,
        origin: &Origin,
        claim: &TicketClaims,
        attempt: &Attempt,
    ) -> Result<(AttemptReservation, Match), Error> {
        let answers = |challenge: &Challenge| attempt.fits(challenge);
        let (purpose, generation) = (claim.purpose, claim.generation);
        let proving = Proving { flow: &claim.flow, purpose, generation, answers: &answers };
        let decide = |transition: &mut Transition<'_>| {
            rules::reserve_attempt(transition, &proving).map(Decision::Commit)
        };
        let (reservation, account) =
            self.step(target, None, policy, origin, OnUnknown::Fail, decide).await?;
        let decoy_user = super::context::decoy_user_id(claim.identifier)?;
        let comparison = Comparison {
            target,
            account: &account,
            purpose,
            flow: reservation.flow,
            challenge: &reservation.challenge,
            used: reservation.used.as_ref(),
            decoy_user: &decoy_user,
        };
        let matched = match self.compare(&comparison, policy, attempt).await {
            // A fault of the seal or the host could occur for one account only and so tell that it
            // exists.
            Err(Error::Fault(_)) if claim.generation == 0 && purpose.anonymous() => {
                self.inner.hidden_faults.fetch_add(1, Ordering::Relaxed);
                None
            }
            compared => compared?,
        };
        match matched {
            Some(matched) => Ok((reservation, matched)),
            None => Err(self.failed(target, policy, origin, &[reservation.verdict()]).await),
        }
    }

    /// Records the effects of a wrong secret on the budgets. Most wrong attempts have none and cost
    /// no further call.
    ///
    /// Returns the refusal. If the store fails, the refusal stays the same, and the next step
    /// records the effects.
    pub(super) async fn failed(
        &self,
        target: &Target,
        policy: &Policy,
        origin: &Origin,
        failed: &[(MethodKind, Verdict)],
    ) -> Error {
        if failed.iter().any(|(_, verdict)| verdict.effects != Default::default()) {
            let decide = |transition: &mut Transition<'_>| {
                let recorded = rules::record_failure(transition, failed);
                Ok(if recorded { Decision::Commit(()) } else { Decision::Discard(()) })
            };
            let recorded =
                self.step(target, None, policy, origin, OnUnknown::Resolve, decide).await;
            if recorded.is_err() {
                self.inner.hidden_faults.fetch_add(1, Ordering::Relaxed);
            }
        }
        Refusal::NotAccepted.into()
    }

    /// Compares an attempt with what answers the challenge. A decoy challenge makes the same
    /// computation and never matches.
    pub(super) async fn compare(
        &self,
        comparison: &Comparison<'_>,
        policy: &Policy,
        attempt: &Attempt,
    ) -> Result<Option<Match>, Error> {
        self.inner.comparisons.fetch_add(1, Ordering::Relaxed);
        let Comparison { target, account, challenge, .. } = comparison;
        let kind = challenge.method();
        let matched = match (&attempt.given, kind.verification()) {
            (Given::Code(typed), Verification::Contact) => {
                let context = comparison.context();
                // If the key was removed, no code matches.
                let key = self.inner.keys.short(challenge.key);
                let fits = key.is_some_and(|key| key.code.check(&context, challenge.format, typed));
                fits.then_some(Match::Challenge)
            }
            (Given::Link(secret), Verification::Contact) => {
                let key = self.inner.keys.short(challenge.key);
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
                recovery_code(comparison, set, typed).map(Match::RecoveryCode)
            }
            (Given::Response(response), Verification::External) => {
                let name = self.external_challenge(&target.key, challenge.key, &challenge.nonce);
                let decoy = challenge.expected == Expected::Decoy;
                let user = target.user.as_ref().filter(|_| !decoy).unwrap_or(comparison.decoy_user);
                let (Some(method), Some(name)) = (self.external(kind), name) else {
                    return Ok(None);
                };
                let verified = method.verify(&target.tenant, user, &name, response).await;
                verified.at(FaultOrigin::ExternalMethod)?.then_some(Match::Challenge)
            }
            _ => None,
        };
        Ok(matched.filter(|_| challenge.expected != Expected::Decoy))
    }

    /// The time step whose code was typed. Without a device the decoy seed is unsealed and never
    /// matches.
    pub(super) async fn matching_step(
        &self,
        target: &Target,
        device: Option<(MethodKind, &OathDevice)>,
        policy: &Policy,
        typed: &TypedCode,
    ) -> Result<Option<u64>, Error> {
        let Some(seal) = &self.inner.seal else {
            return Ok(None);
        };
        let none = Vec::new();
        let decoy = self.inner.decoy_seed.get().unwrap_or(&none);
        let (sealed, associated, parameters) = match (device, &target.user) {
            (Some((kind, device)), Some(user)) => {
                let associated = seed_context(&target.tenant, user, kind);
                (&device.seed.0, associated, device.parameters)
            }
            _ => (decoy, DECOY_SEED.to_vec(), OathParameters::default()),
        };
        let seed = seal.open(sealed, &associated).await.at(FaultOrigin::Seal)?;
        let drift = Drift { back: policy.oath.back, forward: policy.oath.forward };
        let typed = typed.digits(parameters.digits);
        let now = self.inner.clock.now();
        Ok(matching_step(seed.expose_secret(), parameters, drift, now, typed)
            .filter(|_| device.is_some()))
    }

    /// Seals a seed of no account, which is unsealed where an account without a device is compared.
    pub(super) async fn seal_decoy_seed(&self) -> Result<(), Error> {
        let Some(seal) = &self.inner.seal else {
            return Ok(());
        };
        let seed = SecretBytes::new(self.random::<20>()?.to_vec());
        let sealed = seal.seal(seed.expose_secret(), DECOY_SEED).await.at(FaultOrigin::Seal)?;
        self.inner.decoy_seed.get_or_init(|| sealed);
        Ok(())
    }

    /// The name of a challenge for a host-verified method; `None` if its key was removed.
    pub(super) fn external_challenge(
        &self,
        record: &RecordKey,
        key: u16,
        nonce: &[u8; 12],
    ) -> Option<String> {
        self.inner.keys.short(key).map(|key| key.code.external(record, nonce))
    }

    /// Reserves an attempt for a typed phone number, then compares it with the registered one.
    ///
    /// The inner `Err` means that the number is wrong or may not be compared; the reply must not
    /// tell which.
    pub(super) async fn compare_number(
        &self,
        target: &Target,
        loaded: Loaded,
        policy: &Policy,
        origin: &Origin,
        open: &Open<'_>,
        typed: &PhoneNumber,
    ) -> Result<Result<(Loaded, NumberReservation), Timestamp>, Error> {
        let decide = |transition: &mut Transition<'_>| {
            Ok(match reserve_number(transition, open)? {
                Ok(reservation) => Decision::Commit(Ok(reservation)),
                Err(retry_at) => Decision::Discard(Err(retry_at)),
            })
        };
        let (reserved, _) =
            self.step(target, Some(loaded), policy, origin, OnUnknown::Fail, decide).await?;
        let reservation = match reserved {
            Ok(reservation) => reservation,
            Err(retry_at) => return Ok(Err(retry_at)),
        };
        self.inner.comparisons.fetch_add(1, Ordering::Relaxed);
        // Unknown accounts compare against a number that cannot be entered.
        let on_file = match open.expected.as_ref().ok().and_then(Expected::destination) {
            Some(Destination::Phone(number)) => number.normalised(),
            _ => "+000000000000000".to_owned(),
        };
        let typed = padded(&typed.normalised());
        if secrets_equal(&typed, &padded(&on_file)) {
            return Ok(Ok((self.load(target).await?, reservation)));
        }
        let _ = self.failed(target, policy, origin, &[reservation.verdict()]).await;
        Ok(Err(self.inner.clock.now().plus(policy.sends.resend_after)))
    }

    /// Whether the request comes from a browser that has completed a flow of this user.
    pub(super) fn is_known_device(
        &self,
        request: &super::Request,
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
    pub(super) fn is_familiar(
        &self,
        request: &super::Request,
        account: &Account,
        now: Timestamp,
    ) -> bool {
        let source = self.familiar_source(request, &account.key);
        source.is_some_and(|source| rules::is_familiar(account, &source, now))
    }

    /// The digest under which an account would store the source of a request.
    pub(super) fn familiar_source(
        &self,
        request: &super::Request,
        account: &RecordKey,
    ) -> Option<[u8; 8]> {
        let source = request.source.knowable()?;
        Some(self.inner.keys.familiar(account, &source))
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

const DECOY_SEED: &[u8] = b"sspr decoy seed";

/// The associated data of a sealed seed: it opens for this user and this kind of method only.
pub(super) fn seed_context(tenant: &TenantId, user: &UserId, kind: MethodKind) -> Vec<u8> {
    let mut context = b"sspr oath seed".to_vec();
    context.push(kind.tag());
    for part in [tenant.as_str(), user.as_str()] {
        context.extend_from_slice(&(part.len() as u64).to_be_bytes());
        context.extend_from_slice(part.as_bytes());
    }
    context
}

pub(super) fn device<'a>(account: &'a Account, id: &MethodId) -> Option<&'a OathDevice> {
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
    set: Option<&RecoveryCodeSet>,
    typed: &TypedCode,
) -> Option<Digest> {
    let target = comparison.target;
    let user = target.user.as_ref().unwrap_or(comparison.decoy_user);
    let typed = Digest::of(DigestOf::RecoveryCode, &target.tenant, user, typed.symbols());
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
