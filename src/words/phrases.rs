//! One language of a catalogue, to take texts from.

use std::borrow::Cow;
use std::time::Duration;

use fluent_bundle::{FluentArgs, FluentValue};

use super::language::Language;
use crate::message::Locale;

/// Enough capacity for a text message, so that growing leaves no copy of a code behind.
const ROOM: usize = 1024;

/// The texts of one language, from [`Catalogue::phrases`](super::Catalogue::phrases).
#[derive(Clone, Copy)]
pub struct Phrases<'a> {
    language: &'a Language,
    english: &'a Language,
}

impl<'a> Phrases<'a> {
    pub(super) const fn new(language: &'a Language, english: &'a Language) -> Self {
        Self { language, english }
    }

    /// The language.
    #[must_use]
    pub const fn locale(&self) -> &'a Locale {
        &self.language.locale
    }

    /// The text of a key such as `action-cancel`, or of an attribute of it such as `step-done.hint`,
    /// with these values for its parameters. If the language lacks it, or a parameter has no value, the
    /// English text; `None` if that is missing too.
    ///
    /// A value is never read as Fluent or as HTML. A page must escape the whole text as any other.
    #[must_use]
    pub fn text(&self, key: &str, values: &[(&str, PhraseValue<'_>)]) -> Option<String> {
        let mut text = String::with_capacity(ROOM);
        let mut named = FluentArgs::with_capacity(values.len());
        for (name, value) in values {
            named.set(*name, value.fluent());
        }
        let written = [self.language, self.english]
            .into_iter()
            .any(|language| language.write(key, &named, &mut text));
        written.then_some(text)
    }

    /// As [`text`](Self::text), for the keys of the crate: the key itself if no language has it.
    pub(super) fn phrase(&self, key: &str, values: &[(&str, PhraseValue<'_>)]) -> String {
        self.text(key, values).unwrap_or_else(|| key.to_owned())
    }

    /// A span of time in the largest unit of which it has at least two, rounded down: "90 seconds",
    /// "15 minutes", "24 hours".
    ///
    /// ```
    /// use std::time::Duration;
    /// use sspr::words::Catalogue;
    /// use sspr::message::Locale;
    ///
    /// let catalogue = Catalogue::new();
    /// let phrases = catalogue.phrases(&Locale::parse("zh-CN")?);
    /// assert_eq!(phrases.span(Duration::from_secs(600)), "10 分钟");
    /// # Ok::<(), sspr::InvalidInput>(())
    /// ```
    #[must_use]
    pub fn span(&self, span: Duration) -> String {
        const DAY: u64 = 86_400;
        let seconds = span.as_secs();
        let (unit, size) = match seconds {
            0..120 => ("seconds", 1),
            120..7_200 => ("minutes", 60),
            7_200..172_800 => ("hours", 3_600),
            _ => ("days", DAY),
        };
        self.phrase("span", &[("unit", unit.into()), ("count", (seconds / size).into())])
    }

    /// A span of time in the largest unit in which it is a whole number.
    pub(super) fn exact_span(&self, span: Duration) -> String {
        const UNITS: [(&str, u64, u64); 3] =
            [("days", 86_400, 2), ("hours", 3_600, 1), ("minutes", 60, 1)];
        let seconds = span.as_secs();
        let whole = UNITS
            .into_iter()
            .find(|(_, size, least)| seconds.is_multiple_of(*size) && seconds / size >= *least);
        let (unit, count) =
            whole.map_or(("seconds", seconds), |(unit, size, _)| (unit, seconds / size));
        self.phrase("span", &[("unit", unit.into()), ("count", count.into())])
    }

    /// Items in a row, with the language's separator.
    pub(super) fn list(&self, items: impl IntoIterator<Item = String>) -> String {
        items.into_iter().collect::<Vec<_>>().join(&self.phrase("list-separator", &[]))
    }
}

impl std::fmt::Debug for Phrases<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Phrases").field(self.locale()).finish()
    }
}

/// The value of a parameter of a text.
///
/// ```
/// use sspr::words::PhraseValue;
///
/// assert_eq!(PhraseValue::from(3u8), PhraseValue::Number(3));
/// assert_eq!(PhraseValue::from("Ada"), PhraseValue::Text("Ada".into()));
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum PhraseValue<'a> {
    /// A text, shown as it is.
    Text(Cow<'a, str>),
    /// A number, which also selects the plural form.
    Number(u64),
}

impl PhraseValue<'_> {
    fn fluent(&self) -> FluentValue<'_> {
        match self {
            Self::Text(text) => FluentValue::from(text.as_ref()),
            Self::Number(number) => FluentValue::from(*number),
        }
    }
}

impl<'a> From<&'a str> for PhraseValue<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl From<String> for PhraseValue<'_> {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}

macro_rules! from_number {
    ($($number:ty)+) => {$(
        impl From<$number> for PhraseValue<'_> {
            fn from(number: $number) -> Self {
                Self::Number(u64::from(number))
            }
        }
    )+};
}

from_number!(u8 u16 u32 u64);
