//! The catalogue: the languages, and the files of the crate.

use std::fmt;
use std::sync::Arc;

use fluent_bundle::FluentResource;
use fluent_syntax::parser::ParserError;

use super::check::{CatalogueFault, faults};
use super::closest::closest;
use super::language::Language;
use super::phrases::Phrases;
use crate::message::Locale;

/// The files of the crate: English first, since every other language falls back to it.
macro_rules! files {
    ($($tag:literal: $($file:literal)+;)+) => {
        const FILES: &[(&str, &[&str])] = &[$(($tag, &[
            $(include_str!(concat!("texts/", $tag, "/", $file, ".ftl"))),+
        ])),+];
    };
}

files! {
    "en": "messages" "pages" "reasons" "policy" "questions" "troubleshooting";
    "lv": "messages" "pages" "reasons" "policy" "questions" "troubleshooting";
    "zh-CN": "messages" "pages" "reasons" "policy" "questions" "troubleshooting";
    "zh-TW": "messages" "pages" "reasons" "policy" "questions" "troubleshooting";
}

/// Texts in several languages: see [the module](crate::words).
///
/// ```
/// use sspr::words::Catalogue;
/// use sspr::message::Locale;
///
/// let catalogue = Catalogue::new();
/// let tags: Vec<&str> = catalogue.languages().map(Locale::as_str).collect();
/// assert_eq!(tags, ["en", "lv", "zh-CN", "zh-TW"]);
/// assert_eq!(catalogue.closest(&Locale::parse("zh-Hant-HK")?).as_str(), "zh-TW");
/// # Ok::<(), sspr::InvalidInput>(())
/// ```
pub struct Catalogue {
    /// Never empty: the first is English.
    languages: Vec<Language>,
}

impl Default for Catalogue {
    fn default() -> Self {
        Self::new()
    }
}

impl Catalogue {
    /// The texts of the crate.
    #[must_use]
    pub fn new() -> Self {
        let language = |(tag, files): &(&str, &[&str])| {
            // Both are constants, which the tests read.
            let locale = Locale::parse(tag).unwrap_or_default();
            let parse = |file: &&str| FluentResource::try_new((*file).to_owned());
            let whole = |file| parse(file).unwrap_or_else(|(file, _)| file);
            Language::new(locale, files.iter().map(|file| Arc::new(whole(file))).collect())
        };
        Self { languages: FILES.iter().map(language).collect() }
    }

    /// Adds a file of this language. Its messages replace those of the same key; a key that it lacks
    /// keeps its text. A language that the catalogue does not have is added, and falls back to English.
    ///
    /// ```
    /// use sspr::words::Catalogue;
    /// use sspr::message::Locale;
    ///
    /// let german = Locale::parse("de")?;
    /// let catalogue = Catalogue::new().with(&german, "action-cancel = Abbrechen")?;
    /// let phrases = catalogue.phrases(&german);
    /// assert_eq!(phrases.text("action-cancel", &[]).as_deref(), Some("Abbrechen"));
    /// assert_eq!(phrases.text("action-continue", &[]).as_deref(), Some("Continue"));
    /// assert!(!catalogue.faults().is_empty(), "most texts are missing");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`CatalogueError`] for a file that is not Fluent, with each fault and its line.
    pub fn with(mut self, locale: &Locale, file: &str) -> Result<Self, CatalogueError> {
        let parsed = FluentResource::try_new(file.to_owned());
        let resource = parsed.map_err(|(_, errors)| CatalogueError::of(locale, file, &errors))?;
        match self.languages.iter_mut().find(|language| language.locale == *locale) {
            Some(language) => language.replace(resource),
            None => self.languages.push(Language::new(locale.clone(), vec![Arc::new(resource)])),
        }
        Ok(self)
    }

    /// The languages, English first.
    pub fn languages(&self) -> impl Iterator<Item = &Locale> {
        self.languages.iter().map(|language| &language.locale)
    }

    /// The language closest to the wanted one; English if there is none.
    #[must_use]
    pub fn closest(&self, wanted: &Locale) -> &Locale {
        &self.language(wanted).locale
    }

    /// The texts in the language closest to the wanted one.
    #[must_use]
    pub fn phrases(&self, wanted: &Locale) -> Phrases<'_> {
        Phrases::new(self.language(wanted), self.english())
    }

    /// What each language lacks or has beyond the English texts: keys, parameters, plurals. Empty for
    /// the texts of the crate.
    #[must_use]
    pub fn faults(&self) -> Vec<CatalogueFault> {
        faults(self.english(), &self.languages)
    }

    fn english(&self) -> &Language {
        &self.languages[0]
    }

    fn language(&self, wanted: &Locale) -> &Language {
        let known: Vec<&Locale> = self.languages().collect();
        closest(wanted, &known).map_or_else(|| self.english(), |place| &self.languages[place])
    }
}

impl fmt::Debug for Catalogue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.languages()).finish()
    }
}

/// A file that is not Fluent.
///
/// ```
/// use sspr::words::Catalogue;
/// use sspr::message::Locale;
///
/// let file = "action-cancel = Abbrechen\naction-skip { Später";
/// let error = Catalogue::new().with(&Locale::parse("de")?, file).unwrap_err();
/// assert!(error.to_string().starts_with("de, line 2: "), "{error}");
/// # Ok::<(), sspr::InvalidInput>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CatalogueError {
    locale: Locale,
    faults: Vec<String>,
}

impl CatalogueError {
    fn of(locale: &Locale, file: &str, errors: &[ParserError]) -> Self {
        let line =
            |place: usize| file.bytes().take(place).filter(|byte| *byte == b'\n').count() + 1;
        let fault = |error: &ParserError| format!("line {}: {}", line(error.pos.start), error.kind);
        Self { locale: locale.clone(), faults: errors.iter().map(fault).collect() }
    }

    /// Each fault with its line, in English.
    #[must_use]
    pub fn faults(&self) -> &[String] {
        &self.faults
    }
}

impl std::error::Error for CatalogueError {}

impl fmt::Display for CatalogueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}", self.locale, self.faults.join("; "))
    }
}

/// The parser's errors in the files of the crate.
#[cfg(test)]
pub(super) fn broken_files() -> Vec<CatalogueError> {
    let parse = |(tag, files): &(&str, &'static [&'static str])| {
        let locale = Locale::parse(tag).expect("a tag");
        let broken = move |file: &&str| {
            let (_, errors) = FluentResource::try_new((*file).to_owned()).err()?;
            Some(CatalogueError::of(&locale, file, &errors))
        };
        files.iter().filter_map(broken).collect::<Vec<_>>()
    };
    FILES.iter().flat_map(parse).collect()
}
