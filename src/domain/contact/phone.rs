//! Phone numbers.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::mask;
use crate::domain::invalid::{InvalidInput, bounded_text};

const WHAT: &str = "phone number";
const MALFORMED: InvalidInput = InvalidInput::Malformed { what: WHAT };

/// A phone number in international form, with an optional extension, parsed once.
///
/// `==` compares the extension too; whether two numbers ring at one place is a question for
/// [`PhoneNumber::normalised`]. `Debug` prints the masked form; serde writes and reads
/// `+14251234567x123`.
///
/// ```
/// use sspr::PhoneNumber;
///
/// let office = PhoneNumber::parse("+1 4251234567X123")?;
/// assert_eq!(office.as_e164(), "+14251234567");
/// assert_eq!(office.extension(), Some("123"));
/// assert_eq!(office.masked(), "+•• •••••••67");
/// assert!(PhoneNumber::parse("0014251234567").is_err());
/// # Ok::<(), sspr::InvalidInput>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PhoneNumber(Arc<str>);

impl PhoneNumber {
    /// The most digits of a number, country code included (ITU-T E.164, 6.2.1).
    pub const MAX_DIGITS: usize = 15;

    /// The fewest digits accepted, country code included. E.164 has no least; shorter numbers are
    /// services, not people.
    pub const MIN_DIGITS: usize = 7;

    /// The most digits of an extension.
    pub const MAX_EXTENSION_DIGITS: usize = 6;

    /// Parses `+14251234567` (E.164) or `+1 4251234567` (Entra's form: the country code of 1 to 3
    /// digits, one space, the number), with an optional extension `x123` or `X123`.
    ///
    /// Nothing else is guessed at: no `00`, no brackets or hyphens, no digits of other scripts, no
    /// zero after the plus.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`]: `Empty`; `TooLong`, decided before any other work; `Control`;
    /// `OutOfRange` for a wrong number of digits; `Malformed` for the rest.
    pub fn parse(text: &str) -> Result<Self, InvalidInput> {
        let longest = "+ x".len() + Self::MAX_DIGITS + Self::MAX_EXTENSION_DIGITS;
        bounded_text(WHAT, text, longest)?;
        let (number, extension) = match text.split_once(['x', 'X']) {
            Some((number, extension)) => (number, Some(extension)),
            None => (text, None),
        };
        let international = number.strip_prefix('+').ok_or(MALFORMED)?;
        let digits = match international.split_once(' ') {
            Some((code, rest)) if (1..=3).contains(&code.len()) => format!("{code}{rest}"),
            Some(_) => return Err(MALFORMED),
            None => international.to_owned(),
        };
        if !all_digits(&digits) || digits.starts_with('0') {
            return Err(MALFORMED);
        }
        if !(Self::MIN_DIGITS..=Self::MAX_DIGITS).contains(&digits.len()) {
            return Err(InvalidInput::OutOfRange { what: WHAT });
        }
        match extension {
            None => Ok(Self(format!("+{digits}").into())),
            Some(extension) if !all_digits(extension) => Err(MALFORMED),
            Some(extension) if !(1..=Self::MAX_EXTENSION_DIGITS).contains(&extension.len()) => {
                Err(InvalidInput::OutOfRange { what: WHAT })
            }
            Some(extension) => Ok(Self(format!("+{digits}x{extension}").into())),
        }
    }

    /// `+` and 7 to 15 digits: what is dialled.
    #[must_use]
    pub fn as_e164(&self) -> &str {
        self.parts().0
    }

    /// The extension, 1 to 6 digits, if the number has one. Never dialled.
    #[must_use]
    pub fn extension(&self) -> Option<&str> {
        self.parts().1
    }

    /// The form in which two spellings of one destination are equal: the number without its
    /// extension. Extensions are not dialled, so two of them behind one switchboard ring at the
    /// same place and cannot count as two.
    #[must_use]
    pub fn normalised(&self) -> String {
        self.as_e164().to_owned()
    }

    /// A masked form of constant length, `+•• •••••••67`: the last two digits are shown, the
    /// country is not.
    #[must_use]
    pub fn masked(&self) -> String {
        mask::phone(self.as_e164())
    }

    /// The number without its last four digits: the range that pumping fraud works through.
    #[must_use]
    pub fn prefix(&self) -> &str {
        let number = self.as_e164();
        number.get(..number.len().saturating_sub(4)).unwrap_or(number)
    }

    /// What [`PhoneNumber::parse`] returned earlier: see [`super::stored`].
    pub(super) const fn from_checked(text: Arc<str>) -> Self {
        Self(text)
    }

    fn parts(&self) -> (&str, Option<&str>) {
        match self.0.split_once('x') {
            Some((number, extension)) => (number, Some(extension)),
            None => (&self.0, None),
        }
    }
}

fn all_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PhoneNumber({})", self.masked())
    }
}

impl TryFrom<String> for PhoneNumber {
    type Error = InvalidInput;

    fn try_from(text: String) -> Result<Self, InvalidInput> {
        Self::parse(&text)
    }
}

impl From<PhoneNumber> for String {
    fn from(number: PhoneNumber) -> Self {
        number.0.as_ref().to_owned()
    }
}
