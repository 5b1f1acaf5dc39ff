//! Beginnings of phone numbers: countries and ranges.

use std::fmt;
use std::sync::Arc;

use super::{PhoneNumber, numbering};
use crate::domain::invalid::InvalidInput;
use crate::domain::record::serde_text::serde_as_text;

const WHAT: &str = "number prefix";

/// The beginning of phone numbers in international form: a country (`+371`), or a range of its
/// numbers (`+88216`).
///
/// ```
/// use sspr::facts::PhoneNumber;
/// use sspr::policy::NumberPrefix;
///
/// let latvia = NumberPrefix::parse("+371")?;
/// assert!(latvia.begins(&PhoneNumber::parse("+371 2600 0000")?));
/// assert!(NumberPrefix::parse("371").is_err());
/// # Ok::<(), sspr::InvalidInput>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NumberPrefix(Arc<str>);

serde_as_text!(NumberPrefix, Self::parse);

impl NumberPrefix {
    /// Parses `+` and 1 to 14 digits, without separators. The first digit is not 0: no country code
    /// (ITU-T E.164) begins with it.
    ///
    /// # Errors
    ///
    /// [`InvalidInput::Malformed`] for any other text.
    pub fn parse(text: &str) -> Result<Self, InvalidInput> {
        let digits = text.strip_prefix('+').unwrap_or_default();
        let is_valid = (1..PhoneNumber::MAX_DIGITS).contains(&digits.len())
            && digits.bytes().all(|byte| byte.is_ascii_digit())
            && !digits.starts_with('0');
        if is_valid { Ok(Self(text.into())) } else { Err(InvalidInput::Malformed { what: WHAT }) }
    }

    /// The country code of a number (ITU-T E.164).
    pub(crate) fn country_of(number: &PhoneNumber) -> Self {
        let text = number.as_e164();
        let digits = numbering::country_code(text.trim_start_matches('+'));
        // A number has at least seven digits, so the country code is within it.
        Self(text.get(..=digits).unwrap_or(text).into())
    }

    /// The text, such as `+371`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the number begins with this prefix.
    #[must_use]
    pub fn begins(&self, number: &PhoneNumber) -> bool {
        number.as_e164().starts_with(&*self.0)
    }
}

impl fmt::Display for NumberPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for NumberPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NumberPrefix({self})")
    }
}
