//! The English texts of the crate.

mod code;
mod link;
mod names;
mod notice;
mod words;

use super::latin::latin;
use super::{Rendered, Renderer, SmsOrigin, plain_name};
use crate::message::Message;
use crate::method::Channel;
use crate::port::Envelope;

/// English texts for mail (text and HTML), text messages and calls.
///
/// Every message names the organisation. A code or a link states its purpose and until when it is
/// accepted, in UTC, and warns not to share it. Every message tells what to do if it was not
/// expected. A notice holds no link but the one by which its reader repudiates a change.
///
/// A mail's HTML has the same words as its text; it fetches nothing and sets no colour. A text
/// message is one part if the name is written in Latin letters (accents that the GSM alphabet lacks
/// are dropped); see [`with_origin`](Self::with_origin) for codes that browsers fill in. A call
/// reads the code twice, in groups of three.
///
/// ```
/// use sspr::adapters::render::{EnglishText, Renderer};
/// use sspr::port::Envelope;
/// use sspr::{TenantId, Timestamp};
/// use sspr::facts::{Destination, EmailAddress};
/// use sspr::message::{Locale, Message, Notice};
/// use sspr::method::Channel;
///
/// let at = Timestamp::from_unix_seconds(1_700_000_000);
/// let envelope = Envelope::new(
///     "00".repeat(32),
///     TenantId::parse("contoso")?,
///     "Contoso".to_owned(),
///     Channel::Email,
///     Destination::Email(EmailAddress::parse("ada@contoso.example")?),
///     Locale::default(),
///     Message::Notice(Notice::PasswordReset { at }),
///     at,
/// );
/// let words = EnglishText.render(&envelope);
/// assert_eq!(words.subject, "Contoso: your password was reset");
/// # Ok::<(), sspr::InvalidInput>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::exhaustive_structs, reason = "a unit struct that callers name as a value")]
pub struct EnglishText;

/// The longest name in a text message, chosen so that the message stays one part.
const SHORT_NAME: usize = 24;

/// The longest name elsewhere.
const LONG_NAME: usize = 64;

impl EnglishText {
    /// The same texts, but text messages with codes end in a line that binds the code to a site, so
    /// that browsers and phones fill it in there and nowhere else.
    ///
    /// If the message would need several parts, its wording becomes shorter and the name is cut to
    /// 12 characters; the line stays whole. One part is enough for every code if the hosts have at
    /// most 64 characters together and the name is written in Latin letters.
    ///
    /// A host with one site per tenant keeps one of these for each, and selects it by the
    /// envelope's tenant in a [`Renderer`] of its own.
    ///
    /// ```
    /// use sspr::adapters::render::{EnglishText, Renderer, SmsOrigin};
    /// use sspr::port::Envelope;
    /// use sspr::{TenantId, Timestamp};
    /// use sspr::facts::{Destination, PhoneNumber};
    /// use sspr::message::{CodeMessage, CodePurpose, Locale, Message};
    /// use sspr::method::Channel;
    ///
    /// let at = Timestamp::from_unix_seconds(1_700_000_000);
    /// let envelope = Envelope::new(
    ///     "00".repeat(32),
    ///     TenantId::parse("contoso")?,
    ///     "Contoso".to_owned(),
    ///     Channel::Sms,
    ///     Destination::Phone(PhoneNumber::parse("+14251234567")?),
    ///     Locale::default(),
    ///     Message::Code(CodeMessage::new(CodePurpose::Reset, "482139".into(), at)),
    ///     at,
    /// );
    /// let english = EnglishText.with_origin(SmsOrigin::parse("id.contoso.example")?);
    /// let words = english.render(&envelope);
    /// assert!(words.text.expose_secret().ends_with("\n@id.contoso.example #482139"));
    /// # Ok::<(), sspr::InvalidInput>(())
    /// ```
    #[must_use]
    pub const fn with_origin(self, origin: SmsOrigin) -> EnglishTextWithOrigin {
        EnglishTextWithOrigin { origin }
    }
}

/// [`EnglishText`] with text messages bound to a site, made by [`EnglishText::with_origin`].
///
/// ```
/// use sspr::adapters::render::{EnglishText, EnglishTextWithOrigin, SmsOrigin};
///
/// let origin = SmsOrigin::parse("contoso.example")?;
/// let english: EnglishTextWithOrigin = EnglishText.with_origin(origin.clone());
/// assert_eq!(english.origin(), &origin);
/// # Ok::<(), sspr::InvalidInput>(())
/// ```
#[derive(Clone, Debug)]
pub struct EnglishTextWithOrigin {
    origin: SmsOrigin,
}

impl EnglishTextWithOrigin {
    /// The site.
    #[must_use]
    pub const fn origin(&self) -> &SmsOrigin {
        &self.origin
    }
}

impl Renderer for EnglishText {
    fn render(&self, envelope: &Envelope) -> Rendered {
        render(envelope, None)
    }
}

impl Renderer for EnglishTextWithOrigin {
    fn render(&self, envelope: &Envelope) -> Rendered {
        render(envelope, Some(&self.origin))
    }
}

fn render(envelope: &Envelope, origin: Option<&SmsOrigin>) -> Rendered {
    let name = plain_name(&envelope.organisation, LONG_NAME);
    // Some letters become two, so the name is bounded again.
    let short = || plain_name(&latin(&plain_name(&envelope.organisation, LONG_NAME)), SHORT_NAME);
    match &envelope.message {
        Message::Code(message) => {
            let subject = format!("{name}: your code to {}", words::goal(message.purpose));
            match envelope.channel {
                Channel::Sms => Rendered::new(subject, code::text(&short(), message, origin)),
                Channel::Voice => Rendered::new(subject, code::call(&name, message)),
                _ => code::mail(&name, message).rendered(subject),
            }
        }
        Message::Link(message) => {
            let subject = format!("{name}: your link to {}", words::goal(message.purpose));
            link::mail(&name, message).rendered(subject)
        }
        Message::SignInNames(message) => {
            let subject = format!("{name}: your sign-in names");
            names::mail(&name, message).rendered(subject)
        }
        Message::Notice(message) => {
            let words = notice::Words::of(message).about(envelope.about.as_deref());
            let subject = words.subject(&name);
            match envelope.channel {
                Channel::Sms => Rendered::new(subject, words.text(&short())),
                Channel::Voice => Rendered::new(subject, words.call(&name)),
                _ => {
                    let contact = envelope.contact.as_deref();
                    words.mail(&name, contact, envelope.repudiation.as_ref()).rendered(subject)
                }
            }
        }
    }
}

#[cfg(test)]
pub(super) mod tests;
