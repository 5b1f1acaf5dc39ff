//! Phone numbers.

use std::fmt;
use std::sync::Arc;

use super::{mask, numbering};
use crate::domain::invalid::InvalidInput;
use crate::domain::record::serde_text::serde_as_text;
use crate::domain::text::{self, trim_blanks};

const WHAT: &str = "phone number";
const MALFORMED: InvalidInput = InvalidInput::Malformed { what: WHAT };

/// A phone number in international form, with an optional extension, parsed once.
///
/// `==` compares the extension too; [`PhoneNumber::normalised`] tells whether two numbers reach one
/// line. `Debug` prints the masked form; serde writes and reads `+14251234567x123`.
///
/// ```
/// use sspr::facts::PhoneNumber;
///
/// let office = PhoneNumber::parse("+1 4251234567X123")?;
/// assert_eq!(office.as_e164(), "+14251234567");
/// assert_eq!(office.extension(), Some("123"));
/// assert_eq!(office.masked(), "+•• •••••••67");
/// assert!(PhoneNumber::parse("0014251234567").is_err());
/// # Ok::<(), sspr::InvalidInput>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PhoneNumber(Arc<str>);

serde_as_text!(PhoneNumber, Self::parse);

impl PhoneNumber {
    /// The most digits of a number, country code included (ITU-T E.164, 6.2.1).
    pub const MAX_DIGITS: usize = 15;

    /// The fewest digits accepted, country code included. E.164 has no minimum; shorter numbers
    /// belong to services.
    pub const MIN_DIGITS: usize = 7;

    /// The most digits of an extension.
    pub const MAX_EXTENSION_DIGITS: usize = 6;

    /// The longest accepted text, in bytes.
    const MAX_BYTES: usize = 128;

    /// Parses a number in international form: `+`, the country code and the number, with an
    /// optional extension (`x123`, `ext. 123` or `;ext=123`).
    ///
    /// Separators of people and address books are dropped: white space of any kind, hyphens, dots,
    /// brackets and slashes (RFC 3966, 5.1.1), invisible characters, and a leading `tel:`. Decimal
    /// digits of every script are read as digits. A trunk prefix after the country code, as in `+44
    /// (0)7911 123456`, is dropped if it is certainly no part of the number.
    ///
    /// The country is never guessed: `00` and national numbers are refused.
    ///
    /// ```
    /// use sspr::facts::PhoneNumber;
    ///
    /// let number = PhoneNumber::parse("tel:+44 (0)7911 123-456")?;
    /// assert_eq!(number, PhoneNumber::parse("+447911123456")?);
    /// # Ok::<(), sspr::InvalidInput>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`InvalidInput`]: `Empty`; `TooLong` beyond 128 bytes, which is checked first; `Control`;
    /// `OutOfRange` for a wrong number of digits; `Malformed` for the rest.
    pub fn parse(text: &str) -> Result<Self, InvalidInput> {
        if text.len() > Self::MAX_BYTES {
            return Err(InvalidInput::TooLong { what: WHAT, max: Self::MAX_BYTES });
        }
        if text.chars().any(text::turns_around) {
            return Err(MALFORMED);
        }
        let trimmed = trim_blanks(text);
        if trimmed.is_empty() {
            return Err(InvalidInput::Empty { what: WHAT });
        }
        if trimmed.chars().any(|c| c.is_control() && !c.is_whitespace()) {
            return Err(InvalidInput::Control { what: WHAT });
        }
        let scheme = trimmed.get(..4).filter(|scheme| scheme.eq_ignore_ascii_case("tel:"));
        let plain = trim_blanks(scheme.map_or(trimmed, |_| trimmed.get(4..).unwrap_or_default()));
        let end = plain.find(|c: char| c.is_ascii_alphabetic() || c == ';').unwrap_or(plain.len());
        let (number, extension) = plain.split_at(end);
        let digits = numbering::dialled(&international(number)?);
        if !(Self::MIN_DIGITS..=Self::MAX_DIGITS).contains(&digits.len()) {
            return Err(InvalidInput::OutOfRange { what: WHAT });
        }
        if extension.is_empty() {
            return Ok(Self(format!("+{digits}").into()));
        }
        let inner = extension_digits(extension)?;
        if !(1..=Self::MAX_EXTENSION_DIGITS).contains(&inner.len()) {
            return Err(InvalidInput::OutOfRange { what: WHAT });
        }
        Ok(Self(format!("+{digits}x{inner}").into()))
    }

    /// The number to dial: `+` and 7 to 15 digits.
    #[must_use]
    pub fn as_e164(&self) -> &str {
        self.parts().0
    }

    /// The extension, 1 to 6 digits, if the number has one. It is never dialled.
    #[must_use]
    pub fn extension(&self) -> Option<&str> {
        self.parts().1
    }

    /// The number without its extension.
    pub(super) fn without_extension(self) -> Self {
        match self.parts() {
            (number, Some(_)) => Self(number.into()),
            (_, None) => self,
        }
    }

    /// The form in which all spellings of one line are equal. It is for comparing and counting
    /// only, never for dialling.
    ///
    /// It has no extension: extensions are not dialled, so two of them at one switchboard reach the
    /// same phone and cannot count as two. It has no trunk prefix, and the present form of
    /// renumbered numbers: the ninth digit of Brazil, the mobile prefixes of Argentina and Mexico,
    /// and the like. If two numbers may be one line, their forms are equal.
    #[must_use]
    pub fn normalised(&self) -> String {
        format!("+{}", numbering::identity(self.as_e164().trim_start_matches('+')))
    }

    /// A masked form of constant length, `+•• •••••••67`: it shows the last two digits, and not the
    /// country.
    #[must_use]
    pub fn masked(&self) -> String {
        mask::phone(self.as_e164())
    }

    /// The number without its last four digits: a range of numbers, as toll fraud uses them.
    #[must_use]
    pub fn prefix(&self) -> &str {
        let number = self.as_e164();
        number.get(..number.len().saturating_sub(4)).unwrap_or(number)
    }

    /// A number from a text that [`PhoneNumber::parse`] returned earlier: see [`super::stored`].
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

/// The digits after the `+`, without the separators between them.
fn international(number: &str) -> Result<String, InvalidInput> {
    let rest = number.strip_prefix(['+', '\u{FF0B}', '\u{FE62}']).ok_or(MALFORMED)?;
    let mut digits = String::new();
    let mut bracket: Option<usize> = None;
    for c in rest.chars() {
        match c {
            '(' | '\u{FF08}' if bracket.is_none() => bracket = Some(digits.len()),
            ')' | '\u{FF09}' => {
                let start = bracket.take().ok_or(MALFORMED)?;
                let (before, inside) = digits.split_at(start);
                // `(0)` after the country code is dialled within the country only.
                let optional = inside == "0" && numbering::country_code(&digits) == start;
                if inside.is_empty() {
                    return Err(MALFORMED);
                }
                if optional && !numbering::has_own_zero(before) {
                    digits.truncate(start);
                }
            }
            c if text::is_blank(c) => {}
            c if text::is_dash(c) || text::is_dot(c) || matches!(c, '/' | '\u{FF0F}') => {}
            c => {
                let value = text::digit(c).ok_or(MALFORMED)?;
                digits.push(char::from(b'0' + value));
            }
        }
    }
    if bracket.is_some() || digits.starts_with('0') || digits.is_empty() {
        return Err(MALFORMED);
    }
    Ok(digits)
}

/// The digits of an extension, after the word or sign that marks it.
fn extension_digits(tail: &str) -> Result<String, InvalidInput> {
    const MARKS: [&str; 5] = [";ext=", "extension", "ext", "x", ";extension="];
    let number = MARKS
        .iter()
        .find_map(|mark| {
            let head = tail.get(..mark.len()).filter(|head| head.eq_ignore_ascii_case(mark));
            head.and_then(|head| tail.get(head.len()..))
        })
        .ok_or(MALFORMED)?;
    let digits: Option<String> = number
        .trim_start_matches(|c| text::is_blank(c) || matches!(c, '.' | ':'))
        .chars()
        .map(|c| text::digit(c).map(|value| char::from(b'0' + value)))
        .collect();
    digits.filter(|digits| !digits.is_empty()).ok_or(MALFORMED)
}

impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PhoneNumber({})", self.masked())
    }
}
