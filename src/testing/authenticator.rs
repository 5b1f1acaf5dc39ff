//! A simulated authenticator app.

use crate::domain::crypto::totp::{code_at, step_at};
use crate::method::{OathParameters, OathSeed};
use crate::{InvalidInput, Timestamp};

/// A simulated authenticator app or hardware token.
///
/// ```
/// use sspr::testing::SoftToken;
/// use sspr::Timestamp;
/// use sspr::method::OathParameters;
///
/// // The first eight-digit vector of RFC 6238, of which six digits are shown.
/// let seed = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
/// let token = SoftToken::new(seed, OathParameters::default())?;
/// assert_eq!(token.code(Timestamp::from_unix_seconds(59)), "287082");
/// # Ok::<(), sspr::InvalidInput>(())
/// ```
#[derive(Debug)]
pub struct SoftToken {
    seed: OathSeed,
    parameters: OathParameters,
}

impl SoftToken {
    /// A token with this seed in Base32, as it is typed into an app.
    ///
    /// # Errors
    ///
    /// As [`OathSeed::parse_base32`] and [`OathParameters::check`].
    pub fn new(seed: &str, parameters: OathParameters) -> Result<Self, InvalidInput> {
        parameters.check()?;
        Ok(Self { seed: OathSeed::parse_base32(seed)?, parameters })
    }

    /// The code that it shows at this time.
    #[must_use]
    pub fn code(&self, at: Timestamp) -> String {
        let step = step_at(at, self.parameters.period);
        code_at(self.seed.expose_secret(), self.parameters, step).expose_secret().to_owned()
    }
}
