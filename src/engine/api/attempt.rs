//! What the user enters: the chosen option, and the code, link or response that answers its
//! challenge.

use crate::domain::account::Challenge;
use crate::domain::crypto::code::TypedCode;
use crate::domain::crypto::link::LinkSecret;
use crate::domain::crypto::secret::{SecretText, redacted};
use crate::domain::identity::contact::PhoneNumber;
use crate::domain::invalid::{InvalidInput, bounded_text};
use crate::domain::method::{ChallengeOption, Channel, Verification};
use crate::domain::questions::QuestionId;
use crate::domain::questions::answer::{MAX_ANSWERS, check_typed};

/// A chosen option, and the phone number that the user typed with it if the policy requires one.
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
    pub(crate) option: ChallengeOption,
    pub(crate) typed: Option<PhoneNumber>,
}

impl Selection {
    /// The option that a form sent back, as [`ChallengeOption`] writes it:
    /// `METHOD[.CHANNEL[.INDEX]]`, as in `authenticator_app`, `email.link` or
    /// `mobile_phone.voice.0`.
    ///
    /// # Errors
    ///
    /// [`InvalidInput::Malformed`] for text that is not an option.
    pub fn parse(option: &str) -> Result<Self, InvalidInput> {
        Ok(Self { option: option.parse()?, typed: None })
    }

    /// Adds the full phone number that the user typed. It is only compared with the registered
    /// number; no message goes to it.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`] for text that is not a phone number.
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

/// The secret with which a user proves a method.
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
    pub(crate) given: Given,
    pub(crate) answers: Option<ChallengeOption>,
}

/// The form of the secret.
pub(crate) enum Given {
    Code(TypedCode),
    Link(LinkSecret),
    Response(SecretText),
    Answers(Vec<(QuestionId, SecretText)>),
}

impl Attempt {
    /// The longest response to a host-verified method, in bytes.
    const MAX_RESPONSE: usize = 16 * 1024;

    /// A code as typed or pasted: a sent code, an authenticator's code or a recovery code. At most
    /// 256 bytes, 28 letters and digits.
    ///
    /// White space of any kind, invisible characters, dashes, dots, quotes, brackets and the like
    /// are dropped. Decimal digits of every script are read as digits, full-width letters as
    /// letters; case does not matter.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`] for any other text. The engine never sees it, so no attempt is counted.
    pub fn code(text: &str) -> Result<Self, InvalidInput> {
        Ok(Self { given: Given::Code(TypedCode::parse(text)?), answers: None })
    }

    /// The secret of a link, or text of at most 4096 bytes that contains it: the whole URL that was
    /// opened, a sentence around it, a URL that a mail gateway has wrapped. Text before and after
    /// the secret is ignored.
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
    /// [`InvalidInput`] for any other text. The engine never sees it, so no attempt is counted.
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

    /// The response to a host-verified method: the engine passes it to the
    /// [`ExternalMethod`](crate::port::ExternalMethod) and checks only its length, 1 to 16384
    /// bytes.
    ///
    /// # Errors
    ///
    /// [`InvalidInput::Empty`], [`InvalidInput::TooLong`].
    pub fn response(response: SecretText) -> Result<Self, InvalidInput> {
        bounded_text("response", response.expose_secret(), Self::MAX_RESPONSE)?;
        Ok(Self { given: Given::Response(response), answers: None })
    }

    /// The answers to the questions that the step showed, each with the id of its question: 1 to 5,
    /// of at most 512 bytes. All must be right. Case, white space and the width of letters do not
    /// matter.
    ///
    /// ```
    /// use sspr::Attempt;
    /// use sspr::method::{QuestionId, QuestionTopic};
    ///
    /// let pet = QuestionId::from(QuestionTopic::FirstPet);
    /// assert!(Attempt::answers([(pet.clone(), "Rex".into())]).is_ok());
    /// assert!(Attempt::answers([(pet.clone(), "Rex".into()), (pet, "Tom".into())]).is_err());
    /// ```
    ///
    /// # Errors
    ///
    /// [`InvalidInput`]: too many answers, one that is too long, a question twice. The engine never
    /// sees it, so no attempt is counted.
    pub fn answers(
        answers: impl IntoIterator<Item = (QuestionId, SecretText)>,
    ) -> Result<Self, InvalidInput> {
        let given: Vec<_> = answers.into_iter().take(MAX_ANSWERS + 1).collect();
        check_typed(&given)?;
        Ok(Self { given: Given::Answers(given), answers: None })
    }

    /// Names the option whose challenge this attempt answers. Without it, the attempt answers the
    /// newest challenge that takes a secret of this form.
    #[must_use]
    pub const fn answering(mut self, option: ChallengeOption) -> Self {
        self.answers = Some(option);
        self
    }

    /// Whether this challenge takes a secret of this form.
    pub(crate) fn fits(&self, challenge: &Challenge) -> bool {
        let option = challenge.option;
        let link = option.channel() == Channel::Link;
        let verification = option.method().verification();
        let external = verification == Verification::External;
        let questions = verification == Verification::Knowledge;
        let form = match self.given {
            Given::Code(_) => !link && !external && !questions,
            Given::Link(_) => link,
            Given::Response(_) => external,
            Given::Answers(_) => questions,
        };
        form && self.answers.is_none_or(|answered| answered == option)
    }
}

redacted!(Attempt);
