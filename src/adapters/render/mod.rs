//! Putting messages into words.
//!
//! The engine hands over ids and typed parameters, never text. A [`Renderer`] makes a subject, a
//! plain text and, for mail, HTML of them; [`EnglishText`] is the one that comes with the crate. It
//! writes nothing that a request could have brought: what is not its own is the code or the link, the
//! tenant's name, which is [neutralised](plain_name), and in a message to administrators the
//! [name of the account](account_name) that it is about, as the directory has it.
//!
//! # Text messages
//!
//! [`sms::segments`] tells how many parts a text takes, and with that what it costs.
//! [`EnglishText::with_origin`] ends a code's message in a line by which browsers fill it in. Send
//! the text as it is: whatever a gateway appends, even the end of a line, makes that line void.
//!
//! # Calls
//!
//! The text of a call is to be read aloud. A telephone is answered without being unlocked, by
//! anybody or by a machine, so whoever places the call must
//!
//! - say who calls, and have a key pressed before reading on: the words do not say so, since which
//!   key it is, is the telephone system's;
//! - hang up without having read the code if an answering machine answers or no key is pressed, and
//!   leave no code on it;
//! - neither record the call nor log its text;
//! - read the code as it is written, digit by digit, with a pause at each comma.

mod english;
pub mod header;
mod html;
mod latin;
mod mail;
mod name;
mod origin;
pub mod sms;
mod voice;

pub use english::{EnglishText, EnglishTextWithOrigin};
pub use name::{account_name, plain_name};
pub use origin::SmsOrigin;

use std::fmt;

use crate::domain::secret::SecretText;
use crate::port::Envelope;

/// Makes the words of a message.
///
/// It cannot fail: a renderer that lacks a language falls back to one that it has.
///
/// ```
/// use sspr::adapters::render::{EnglishText, Rendered, Renderer};
/// use sspr::port::Envelope;
///
/// /// Says "Example" before every subject.
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
    /// The words of this message, for its channel and language.
    fn render(&self, envelope: &Envelope) -> Rendered;
}

/// A message in words.
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
    /// One line that holds no secret. A text message and a call have no place for it.
    pub subject: String,
    /// The text: lines ended by `\n`, of which the last has no end.
    pub text: SecretText,
    /// The same as HTML: a whole document, its lines ended by `\n`, of which the last has no end.
    /// `None` if there is none; only mail has a place for it, beside the text.
    pub html: Option<SecretText>,
}

impl Rendered {
    /// A message in these words, without HTML.
    #[must_use]
    pub const fn new(subject: String, text: SecretText) -> Self {
        Self { subject, text, html: None }
    }

    /// The same with its HTML, which says what the text says.
    #[must_use]
    pub fn with_html(mut self, html: SecretText) -> Self {
        self.html = Some(html);
        self
    }
}

impl fmt::Debug for Rendered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { subject, text, html } = self;
        f.debug_struct("Rendered")
            .field("subject", subject)
            .field("text", text)
            .field("html", html)
            .finish()
    }
}
