//! Phone numbers.

use std::fmt;
use std::sync::Arc;

use super::{mask, numbering};
use crate::domain::invalid::InvalidInput;
use crate::domain::serde_text::serde_as_text;
use crate::domain::text::{self, trim_blanks};

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
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PhoneNumber(Arc<str>);

serde_as_text!(PhoneNumber, Self::parse);

impl PhoneNumber {
    /// The most digits of a number, country code included (ITU-T E.164, 6.2.1).
    pub const MAX_DIGITS: usize = 15;

    /// The fewest digits accepted, country code included. E.164 has no least; shorter numbers are
    /// services, not people.
    pub const MIN_DIGITS: usize = 7;

    /// The most digits of an extension.
    pub const MAX_EXTENSION_DIGITS: usize = 6;

    /// The longest text that is looked at, in bytes.
    const MAX_BYTES: usize = 128;

    /// Parses a number in international form: `+`, the country code and the number, with an
    /// optional extension (`x123`, `ext. 123` or `;ext=123`).
    ///
    /// What people and address books put between digits is dropped: white space of any kind,
    /// hyphens, dots, brackets and slashes (RFC 3966, 5.1.1), invisible characters, and `tel:` in
    /// front. Decimal digits of every script are read as digits. A trunk prefix behind the country
    /// code, as in `+44 (0)7911 123456`, is dropped where it is certain that it is none of the
    /// number.
    ///
    /// The country is not guessed at: no `00`, no national number.
    ///
    /// ```
    /// use sspr::PhoneNumber;
    ///
    /// let number = PhoneNumber::parse("tel:+44 (0)7911 123-456")?;
    /// assert_eq!(number, PhoneNumber::parse("+447911123456")?);
    /// # Ok::<(), sspr::InvalidInput>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`InvalidInput`]: `Empty`; `TooLong` beyond 128 bytes, decided before any other work;
    /// `Control`; `OutOfRange` for a wrong number of digits; `Malformed` for the rest.
    pub fn parse(text: &str) -> Result<Self, InvalidInput> {
        if text.len() > Self::MAX_BYTES {
            return Err(InvalidInput::TooLong { what: WHAT, max: Self::MAX_BYTES });
        }
        if text.chars().any(text::turns_around) {
            return Err(MALFORMED);
        }
        let text = trim_blanks(text);
        if text.is_empty() {
            return Err(InvalidInput::Empty { what: WHAT });
        }
        if text.chars().any(|c| c.is_control() && !c.is_whitespace()) {
            return Err(InvalidInput::Control { what: WHAT });
        }
        let scheme = text.get(..4).filter(|scheme| scheme.eq_ignore_ascii_case("tel:"));
        let text = trim_blanks(scheme.map_or(text, |_| text.get(4..).unwrap_or_default()));
        let end = text.find(|c: char| c.is_ascii_alphabetic() || c == ';').unwrap_or(text.len());
        let (number, extension) = text.split_at(end);
        let digits = numbering::dialled(&international(number)?);
        if !(Self::MIN_DIGITS..=Self::MAX_DIGITS).contains(&digits.len()) {
            return Err(InvalidInput::OutOfRange { what: WHAT });
        }
        if extension.is_empty() {
            return Ok(Self(format!("+{digits}").into()));
        }
        let extension = extension_digits(extension)?;
        if !(1..=Self::MAX_EXTENSION_DIGITS).contains(&extension.len()) {
            return Err(InvalidInput::OutOfRange { what: WHAT });
        }
        Ok(Self(format!("+{digits}x{extension}").into()))
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

    /// The form in which two spellings of one destination are equal. Only for comparing and
    /// counting; it is never dialled.
    ///
    /// Without the extension: extensions are not dialled, so two of them behind one switchboard
    /// ring at the same place and cannot count as two. Without trunk prefixes, and with the number
    /// that a renumbering has left: the ninth digit of Brazil, the mobile prefixes of Argentina
    /// and Mexico and the like. Where it is unsure whether two numbers are one line, they are.
    #[must_use]
    pub fn normalised(&self) -> String {
        format!("+{}", numbering::identity(self.as_e164().trim_start_matches('+')))
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

/// The digits behind the `+`, without what stands between them.
fn international(number: &str) -> Result<String, InvalidInput> {
    let behind = number.strip_prefix(['+', '\u{FF0B}', '\u{FE62}']).ok_or(MALFORMED)?;
    let mut digits = String::new();
    let mut bracket: Option<usize> = None;
    for c in behind.chars() {
        match c {
            '(' | '\u{FF08}' if bracket.is_none() => bracket = Some(digits.len()),
            ')' | '\u{FF09}' => {
                let start = bracket.take().ok_or(MALFORMED)?;
                let (before, inside) = digits.split_at(start);
                // `(0)` behind the country code is dialled at home only.
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

/// The digits of an extension, behind what announces it.
fn extension_digits(tail: &str) -> Result<String, InvalidInput> {
    const SIGNS: [&str; 5] = [";ext=", "extension", "ext", "x", ";extension="];
    let announced = SIGNS.iter().find_map(|sign| {
        let head = tail.get(..sign.len()).filter(|head| head.eq_ignore_ascii_case(sign));
        head.and_then(|head| tail.get(head.len()..))
    });
    let number = announced.ok_or(MALFORMED)?;
    let number = number.trim_start_matches(|c| text::is_blank(c) || matches!(c, '.' | ':'));
    let digits: Option<String> =
        number.chars().map(|c| text::digit(c).map(|value| char::from(b'0' + value))).collect();
    digits.filter(|digits| !digits.is_empty()).ok_or(MALFORMED)
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
