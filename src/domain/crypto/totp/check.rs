//! Computing the code of a time step, and finding the step of a typed code.

use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Sha256, Sha512};
use subtle::{Choice, ConditionallySelectable as _};
use zeroize::Zeroize as _;

use super::{Drift, OathAlgorithm, OathParameters, step_at};
#[cfg(any(test, feature = "testing"))]
use crate::domain::crypto::secret::SecretText;
use crate::domain::crypto::secret::numbers_equal;
use crate::domain::time::Timestamp;

/// The newest step of the window whose code was typed. `typed` is the code as a number.
///
/// `typed` is `None` if the text has not the form of a code: then nothing matches, as under
/// parameters that [`OathParameters::check`] refuses. The work does not depend on the match: the
/// code of every step in the window is computed and compared, and the step is selected without a
/// branch. Near 1970 a step below 0 is step 0 again. Allocates nothing.
pub(crate) fn matching_step(
    seed: &[u8],
    parameters: OathParameters,
    drift: Drift,
    now: Timestamp,
    typed: Option<u32>,
) -> Option<u64> {
    let window = Window::around(step_at(now, parameters.period), drift);
    let compared = typed.filter(|_| parameters.check().is_ok()).unwrap_or(NO_CODE);
    let digits = parameters.digits;
    match parameters.algorithm {
        OathAlgorithm::Sha1 => window.newest::<Hmac<Sha1>>(seed, digits, compared),
        OathAlgorithm::Sha256 => window.newest::<Hmac<Sha256>>(seed, digits, compared),
        OathAlgorithm::Sha512 => window.newest::<Hmac<Sha512>>(seed, digits, compared),
    }
}

/// The code of one step, padded with zeros, as an authenticator shows it.
#[cfg(any(test, feature = "testing"))]
pub(crate) fn code_at(seed: &[u8], parameters: OathParameters, step: u64) -> SecretText {
    let digits = parameters.digits;
    let mut code = match parameters.algorithm {
        OathAlgorithm::Sha1 => code_of(&keyed::<Hmac<Sha1>>(seed), digits, step),
        OathAlgorithm::Sha256 => code_of(&keyed::<Hmac<Sha256>>(seed), digits, step),
        OathAlgorithm::Sha512 => code_of(&keyed::<Hmac<Sha512>>(seed), digits, step),
    };
    let mut text = vec![b'0'; usize::from(digits.clamp(6, 8))];
    for symbol in text.iter_mut().rev() {
        *symbol += (code % 10) as u8;
        code /= 10;
    }
    // Digits are ASCII.
    SecretText::new(String::from_utf8(text).unwrap_or_default())
}

/// A number that is no code: codes have at most eight digits.
const NO_CODE: u32 = u32::MAX;

/// The accepted steps: `newest`, and the `older` steps before it.
struct Window {
    newest: u64,
    older: u8,
}

impl Window {
    fn around(step: u64, drift: Drift) -> Self {
        let forward = drift.forward.min(Drift::MAX_FORWARD);
        let back = drift.back.min(Drift::MAX_BACK);
        Self { newest: step.saturating_add(forward.into()), older: back + forward }
    }

    fn newest<M: Mac + KeyInit + Clone>(&self, seed: &[u8], digits: u8, typed: u32) -> Option<u64> {
        let mac = keyed::<M>(seed);
        let (mut step, mut found) = (0, Choice::from(0));
        for age in (0..=self.older).rev() {
            let candidate = self.newest.saturating_sub(age.into());
            let matches = is_typed(code_of(&mac, digits, candidate), typed);
            step.conditional_assign(&candidate, matches);
            found |= matches;
        }
        bool::from(found).then_some(step)
    }
}

/// The HMAC with its key blocks hashed once for all steps.
fn keyed<M: KeyInit>(seed: &[u8]) -> M {
    let Ok(mac) = M::new_from_slice(seed) else { unreachable!("HMAC takes a key of any length") };
    mac
}

/// The code of a step as a number (RFC 4226, 5.3).
fn code_of<M: Mac + Clone>(keyed: &M, digits: u8, step: u64) -> u32 {
    #[cfg(test)]
    super::work::count_mac();
    let mut mac = keyed.clone();
    mac.update(&step.to_be_bytes());
    let mut bytes = mac.finalize().into_bytes();
    let code = reduced(truncated(&bytes), digits);
    bytes.as_mut_slice().zeroize();
    code
}

fn is_typed(code: u32, typed: u32) -> Choice {
    #[cfg(test)]
    super::work::count_comparison();
    numbers_equal(code.into(), typed.into())
}

/// Four bytes of an HMAC at the offset that its last byte gives, without the topmost bit.
pub(super) fn truncated(mac: &[u8]) -> u32 {
    let place = mac.last().map_or(0, |last| usize::from(last & 0x0f));
    let four = mac.iter().skip(place).take(4);
    four.fold(0, |number, byte| number << 8 | u32::from(*byte)) & 0x7fff_ffff
}

/// The last digits of the number. The divisors are constants: the time of a division by a variable
/// depends on the number, which is secret.
const fn reduced(number: u32, digits: u8) -> u32 {
    match digits {
        0..=6 => number % 1_000_000,
        7 => number % 10_000_000,
        8.. => number % 100_000_000,
    }
}
