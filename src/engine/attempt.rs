//! What a person types or hands over: a choice, a code, a link, a response.

use crate::domain::account::Challenge;
use crate::domain::code::TypedCode;
use crate::domain::contact::PhoneNumber;
use crate::domain::invalid::{InvalidInput, bounded_text};
use crate::domain::link::LinkSecret;
use crate::domain::method::{ChallengeOption, Channel, Verification};
use crate::domain::secret::SecretText;

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
    /// The option that a form handed back, as [`ChallengeOption`] writes it:
    /// `METHOD[.CHANNEL[.INDEX]]`, as in `authenticator_app`, `email.link` or `mobile_phone.voice.0`.
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

/// A secret that a person gives to prove a method.
///
/// ```
/// use sspr::Attempt;
///
/// let attempt = Attempt::code("123 456")?;
/// assert_eq!(format!("{attempt:?}"), "Attempt([redacted])");
/// assert!(Attempt::code("١٢٣\u{2011}٤٥٦.").is_ok());
/// assert!(Attempt::code("123+456").is_err());
/// # Ok::<(), sspr::InvalidInput>(())
/// ```
pub struct Attempt {
    pub(super) given: Given,
    pub(super) answers: Option<ChallengeOption>,
}

/// What was given.
pub(super) enum Given {
    Code(TypedCode),
    Link(LinkSecret),
    Response(SecretText),
}

impl Attempt {
    /// The longest response to a method that the host verifies, in bytes.
    const MAX_RESPONSE: usize = 16 * 1024;

    /// A code as typed or pasted, be it sent, shown by an authenticator, or saved: at most 256 bytes,
    /// 28 letters and digits.
    ///
    /// White space of any kind, invisible characters, dashes, dots, quotes, brackets and the like
    /// are dropped. Decimal digits of every script are read as digits, full-width letters as
    /// letters; case does not matter.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`] for anything else: it is not counted as a try.
    pub fn code(text: &str) -> Result<Self, InvalidInput> {
        Ok(Self { given: Given::Code(TypedCode::parse(text)?), answers: None })
    }

    /// The secret of a link, or a text of at most 4096 bytes that holds one: the whole address that
    /// was opened, a sentence around it, an address that a mail gateway has wrapped. What stands
    /// before and behind the secret does not matter.
    ///
    /// ```
    /// let secret = "A".repeat(43);
    /// assert!(sspr::Attempt::link(&secret).is_ok());
    /// assert!(sspr::Attempt::link(&format!("https://id.contoso.example/reset#{secret}")).is_ok());
    /// assert!(sspr::Attempt::link(&format!("<https://id.contoso.example/r?l={secret}&utm_x=1>.")).is_ok());
    /// assert!(sspr::Attempt::link("https://id.contoso.example/reset").is_err());
    /// ```
    ///
    /// # Errors
    ///
    /// [`InvalidInput`] for anything else: it is not counted as a try.
    pub fn link(text: &str) -> Result<Self, InvalidInput> {
        const MAX_TEXT: usize = 4096;
        if text.is_empty() {
            return Err(InvalidInput::Empty { what: "link" });
        }
        if text.len() > MAX_TEXT {
            return Err(InvalidInput::TooLong { what: "link", max: MAX_TEXT });
        }
        Ok(Self { given: Given::Link(LinkSecret::find(text)?), answers: None })
    }

    /// The response to a method that the host verifies: the engine hands it to the
    /// [`ExternalMethod`](crate::port::ExternalMethod) and looks at its length only, 1 to 16384
    /// bytes.
    ///
    /// # Errors
    ///
    /// [`InvalidInput::Empty`], [`InvalidInput::TooLong`].
    pub fn response(response: SecretText) -> Result<Self, InvalidInput> {
        bounded_text("response", response.expose_secret(), Self::MAX_RESPONSE)?;
        Ok(Self { given: Given::Response(response), answers: None })
    }

    /// Says which challenge is answered. Without it, it is the last one that was opened among those
    /// that can be answered like this.
    #[must_use]
    pub const fn answering(mut self, option: ChallengeOption) -> Self {
        self.answers = Some(option);
        self
    }

    /// Whether this challenge could be answered with it at all.
    pub(super) fn fits(&self, challenge: &Challenge) -> bool {
        let option = challenge.option;
        let link = option.channel() == Channel::Link;
        let external = option.method().verification() == Verification::External;
        let form = match self.given {
            Given::Code(_) => !link && !external,
            Given::Link(_) => link,
            Given::Response(_) => external,
        };
        form && self.answers.is_none_or(|answered| answered == option)
    }
}

impl std::fmt::Debug for Attempt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Attempt([redacted])")
    }
}
