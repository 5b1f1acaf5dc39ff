//! Rendering: turns messages into texts.
//!
//! The engine passes ids and typed parameters, never text. A [`Renderer`] makes a subject, a plain
//! text and, for mail, HTML of them; the crate comes with [`EnglishText`]. Its texts contain
//! nothing that a request could have supplied. The only variable parts are the code or the link,
//! the tenant's name, which is [sanitised](plain_name), and in a message to administrators the
//! [name of the account](account_name) that it is about, from the directory.
//!
//! # Text messages
//!
//! [`sms::segments`] tells how many parts a text needs, and so what it costs.
//! [`EnglishText::with_origin`] ends a code's message in a line by which browsers fill it in. Send the
//! text unchanged: anything that a gateway appends, even a line end, makes that line invalid.
//!
//! # Calls
//!
//! The text of a call is to be read out. A telephone can be answered by any person or machine
//! without being unlocked, so the system that places the call must
//!
//! - name the caller, and have a key pressed before it reads the code. The text does not mention this,
//!   since the telephone system chooses the key;
//! - hang up without having read the code if an answering machine answers or no key is pressed, and
//!   leave no code on the machine;
//! - neither record the call nor log its text;
//! - read the code as it is written, digit by digit, with a pause at each comma.

mod english;
pub mod header;
mod html;
pub(crate) mod latin;
pub(crate) mod mail;
pub(crate) mod name;
mod origin;
pub mod sms;
pub(crate) mod voice;

#[cfg(all(test, feature = "words"))]
pub(crate) use english::tests::notices as english_notices;
pub use english::{EnglishText, EnglishTextWithOrigin};
pub use name::{account_name, plain_name};
pub use origin::SmsOrigin;

use std::fmt;

use crate::SecretText;
use crate::facts::EmailAddress;
use crate::message::Locale;
use crate::port::Envelope;

/// Turns a message into texts.
///
/// It cannot fail: a renderer that lacks a language falls back to another one.
///
/// ```
/// use sspr::adapters::render::{EnglishText, Rendered, Renderer};
/// use sspr::port::Envelope;
///
/// /// Puts "Example" before every subject.
/// struct Example;
///
/// impl Renderer for Example {
///     fn render(&self, envelope: &Envelope) -> Rendered {
///         let mut words = EnglishText.render(envelope);
///         words.subject = format!("Example: {}", words.subject);
///         words
///     }
/// }
/// ```
pub trait Renderer: Send + Sync {
    /// The texts of this message, for its channel and language.
    fn render(&self, envelope: &Envelope) -> Rendered;
}

/// The texts of one message.
///
/// ```
/// use sspr::adapters::render::Rendered;
///
/// let words = Rendered::new("Contoso: hello".to_owned(), "Hello.".into());
/// assert!(words.html.is_none());
/// let words = words.with_html("<!DOCTYPE html>\n<title>Hello</title>\n<p>Hello.</p>".into());
/// assert!(!format!("{words:?}").contains("<p>"));
/// ```
#[non_exhaustive]
pub struct Rendered {
    /// One line without secrets. Not used for text messages and calls.
    pub subject: String,
    /// The text. Its lines are separated by `\n`; the last line has no end.
    pub text: SecretText,
    /// The same as HTML: a whole document. Its lines are separated by `\n`; the last line has no
    /// end. Only used for mail, beside the text; `None` if there is none.
    pub html: Option<SecretText>,
    /// The language of the texts, which may differ from the envelope's.
    pub language: Locale,
    /// The name of the sender. `None`: the tenant's name.
    pub sender_name: Option<String>,
    /// The address that mail is sent from. `None`: the one that the delivery is configured with.
    pub sender: Option<EmailAddress>,
}

impl Rendered {
    /// A message with these texts in English, without HTML.
    #[must_use]
    pub fn new(subject: String, text: SecretText) -> Self {
        let language = Locale::default();
        Self { subject, text, html: None, language, sender_name: None, sender: None }
    }

    /// Adds the HTML, which must have the same content as the text.
    #[must_use]
    pub fn with_html(mut self, html: SecretText) -> Self {
        self.html = Some(html);
        self
    }
}

impl fmt::Debug for Rendered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { subject, text, html, language, sender_name, sender } = self;
        f.debug_struct("Rendered")
            .field("subject", subject)
            .field("text", text)
            .field("html", html)
            .field("language", language)
            .field("sender_name", sender_name)
            .field("sender", sender)
            .finish()
    }
}
