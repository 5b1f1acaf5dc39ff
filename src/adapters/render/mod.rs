//! Putting messages into words.
//!
//! The engine hands over ids and typed parameters, never text. A [`Renderer`] makes a subject and
//! a plain text of them; [`EnglishText`] is the one that comes with the crate. It writes no link,
//! no user name and nothing that a request could have brought: the only word that is not its own
//! is the tenant's name, and that is [neutralised](plain_name).

mod english;
mod name;

pub use english::EnglishText;
pub use name::plain_name;

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
///         let words = EnglishText.render(envelope);
///         Rendered::new(format!("Example: {}", words.subject), words.text)
///     }
/// }
/// ```
pub trait Renderer: Send + Sync {
    /// The words of this message, for its channel and language.
    fn render(&self, envelope: &Envelope) -> Rendered;
}

/// A message in words.
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
