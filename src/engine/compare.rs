//! Charge, then compare: the one place where secrets that people type are judged.

use std::sync::atomic::Ordering;

use super::Engine;
use super::attempt::Attempt;
use super::error::Error;
use super::step::{Loaded, Origin, Plan, Target, Unsure};
use crate::domain::account::{Challenge, Purpose};
use crate::domain::code::CodeContext;
use crate::domain::contact::{Destination, PhoneNumber};
use crate::domain::decide::{self, Charge, NumberCharge, Open, Turn, charge_number};
use crate::domain::policy::Policy;
use crate::domain::refusal::Refusal;
use crate::domain::secret::secrets_equal;
use crate::domain::ticket::Claim;
use crate::domain::time::Timestamp;

impl Engine {
    /// Charges one attempt, then compares.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotAccepted`] for a wrong code and for every reason not to compare.
    pub(super) async fn charge_and_compare(
        &self,
        target: &Target,
        policy: &Policy,
        origin: &Origin,
        claim: &Claim,
        attempt: &Attempt,
    ) -> Result<Charge, Error> {
        let decide = |turn: &mut Turn<'_>| {
            let (flow, purpose) = (&claim.flow, claim.purpose);
            decide::charge_attempt(turn, flow, purpose, claim.generation, attempt.answers)
                .map(Plan::Commit)
        };
        let (charge, _) = self.step(target, None, policy, origin, Unsure::Fail, decide).await?;
        let right = self.compare(target, claim.purpose, charge.flow, &charge.challenge, attempt);
        if right { Ok(charge) } else { Err(Refusal::NotAccepted.into()) }
    }

    /// Compares a typed code with the challenge's: the one place that does.
    fn compare(
        &self,
        target: &Target,
        purpose: Purpose,
        flow: u32,
        challenge: &Challenge,
        attempt: &Attempt,
    ) -> bool {
        self.inner.comparisons.fetch_add(1, Ordering::Relaxed);
        let context = CodeContext {
            account: &target.key,
            flow,
            challenge: challenge.number,
            purpose: purpose.code(),
            method: challenge.method(),
            nonce: &challenge.nonce,
        };
        // A key that was dropped opens nothing; a hollow challenge is computed all the same.
        let key = self.inner.keys.short(challenge.key);
        let fits = key.is_some_and(|key| key.code.check(&context, challenge.format, &attempt.code));
        fits & challenge.destination.is_some()
    }

    /// Counts a typed phone number, then compares it with the one on file.
    ///
    /// `Err`: it is another one, or may not be compared; the answer must not tell which.
    pub(super) async fn compare_number(
        &self,
        target: &Target,
        loaded: Loaded,
        policy: &Policy,
        origin: &Origin,
        open: &Open<'_>,
        typed: &PhoneNumber,
    ) -> Result<Result<(Loaded, NumberCharge), Timestamp>, Error> {
        let decide = |turn: &mut Turn<'_>| {
            Ok(match charge_number(turn, open)? {
                Ok(charge) => Plan::Commit(Ok(charge)),
                Err(retry_at) => Plan::Keep(Err(retry_at)),
            })
        };
        let (charged, _) =
            self.step(target, Some(loaded), policy, origin, Unsure::Fail, decide).await?;
        let charge = match charged {
            Ok(charge) => charge,
            Err(retry_at) => return Ok(Err(retry_at)),
        };
        self.inner.comparisons.fetch_add(1, Ordering::Relaxed);
        // Somebody who does not exist has a number too, which nobody can type.
        let on_file = match open.destination {
            Ok(Destination::Phone(number)) => number.as_e164().to_owned(),
            _ => "+000000000000000".to_owned(),
        };
        let typed = padded(typed.as_e164());
        if secrets_equal(&typed, &padded(&on_file)) {
            return Ok(Ok((self.load(target).await?, charge)));
        }
        Ok(Err(self.inner.clock.now().plus(policy.sends.resend_after)))
    }
}

/// A number in the room of the longest one, so that its length is not compared first.
fn padded(number: &str) -> [u8; 16] {
    let mut room = [0; 16];
    for (place, digit) in room.iter_mut().zip(number.bytes()) {
        *place = digit;
    }
    room
}
