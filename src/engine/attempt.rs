//! What a person types: a choice, a code.

use crate::domain::code::TypedCode;
use crate::domain::contact::PhoneNumber;
use crate::domain::invalid::InvalidInput;
use crate::domain::method::ChallengeOption;

/// An option that was chosen, and the phone number typed with it where the policy wants that.
///
/// ```
/// use sspr::Selection;
///
/// let selection = Selection::parse("mobile_phone.sms.0")?.with_typed_number("+1 4255550100")?;
/// assert!(Selection::parse("fax.0").is_err());
/// # Ok::<(), sspr::InvalidInput>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Selection {
    pub(super) option: ChallengeOption,
    pub(super) typed: Option<PhoneNumber>,
}

impl Selection {
    /// The option that a form handed back.
    ///
    /// # Errors
    ///
    /// [`InvalidInput::Malformed`] for a text that no option has.
    pub fn parse(option: &str) -> Result<Self, InvalidInput> {
        Ok(Self { option: option.parse()?, typed: None })
    }

    /// Adds the full phone number that the person typed. It is compared with the number on file,
    /// and never a destination.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`] for a text that is no phone number.
    pub fn with_typed_number(mut self, number: &str) -> Result<Self, InvalidInput> {
        self.typed = Some(PhoneNumber::parse(number)?);
        Ok(self)
    }
}

impl From<ChallengeOption> for Selection {
    fn from(option: ChallengeOption) -> Self {
        Self { option, typed: None }
    }
}

/// A secret that a person typed to prove a method.
///
/// ```
/// use sspr::Attempt;
///
/// let attempt = Attempt::code("123 456")?;
/// assert_eq!(format!("{attempt:?}"), "Attempt([redacted])");
/// assert!(Attempt::code("١٢٣٤٥٦").is_err());
/// # Ok::<(), sspr::InvalidInput>(())
/// ```
pub struct Attempt {
    pub(super) code: TypedCode,
    pub(super) answers: Option<ChallengeOption>,
}

impl Attempt {
    /// A one-time code as typed: at most 64 bytes, 16 ASCII letters and digits; spaces and hyphens
    /// are dropped.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`] for anything else: it is not counted as a try.
    pub fn code(text: &str) -> Result<Self, InvalidInput> {
        Ok(Self { code: TypedCode::parse(text)?, answers: None })
    }

    /// Says which challenge is answered. Without it, it is the one that was opened last.
    #[must_use]
    pub const fn answering(mut self, option: ChallengeOption) -> Self {
        self.answers = Some(option);
        self
    }
}

impl std::fmt::Debug for Attempt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Attempt([redacted])")
    }
}
