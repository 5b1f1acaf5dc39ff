//! One language of the catalogue: its files, and the texts that are replaced.

use std::collections::BTreeMap;
use std::sync::Arc;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};
use fluent_syntax::ast::{Entry, Pattern};
use unic_langid::LanguageIdentifier;

use crate::message::Locale;

type Bundle = FluentBundle<Arc<FluentResource>>;

/// One language.
pub(super) struct Language {
    pub(super) locale: Locale,
    /// The files, in the order in which they were added.
    files: Vec<Arc<FluentResource>>,
    /// The texts with what the host has replaced.
    replaced: Bundle,
    /// The texts of the crate, for what is missing or broken in the first.
    original: Bundle,
}

impl Language {
    pub(super) fn new(locale: Locale, files: Vec<Arc<FluentResource>>) -> Self {
        let bundle = || bundle_of(&locale, &files);
        let (replaced, original) = (bundle(), bundle());
        Self { locale, files, replaced, original }
    }

    /// Adds a file whose messages replace those of the same key.
    pub(super) fn replace(&mut self, file: FluentResource) {
        let file = Arc::new(file);
        self.replaced.add_resource_overriding(Arc::clone(&file));
        self.files.push(file);
    }

    /// Appends the text of a key, or of an attribute of it. Returns whether the language has it;
    /// otherwise nothing is appended.
    pub(super) fn write(&self, key: &str, values: &FluentArgs<'_>, into: &mut String) -> bool {
        let start = into.len();
        [&self.replaced, &self.original].into_iter().any(|bundle| {
            let mut errors = Vec::new();
            let written = pattern(bundle, key)
                .map(|pattern| bundle.write_pattern(into, pattern, Some(values), &mut errors));
            let is_whole = matches!(written, Some(Ok(()))) && errors.is_empty();
            if !is_whole {
                into.truncate(start);
            }
            is_whole
        })
    }

    /// The text of every key, and of every attribute as `key.attribute`, as the host has replaced them.
    pub(super) fn patterns(&self) -> BTreeMap<String, &Pattern<&str>> {
        let mut patterns = BTreeMap::new();
        for entry in self.files.iter().flat_map(|file| file.entries()) {
            let Entry::Message(message) = entry else { continue };
            let key = message.id.name;
            if let Some(value) = &message.value {
                patterns.insert(key.to_owned(), value);
            }
            for attribute in &message.attributes {
                patterns.insert(format!("{key}.{}", attribute.id.name), &attribute.value);
            }
        }
        patterns
    }

    /// The plural category of each number from 0 to 200.
    pub(super) fn plurals(&self) -> Vec<String> {
        const PROBE: &str = "probe = { $n ->\n    [zero] zero\n    [one] one\n    [two] two\n    \
                             [few] few\n    [many] many\n   *[other] other\n}\n";
        let file = FluentResource::try_new(PROBE.to_owned()).unwrap_or_else(|(file, _)| file);
        let probe = Self::new(self.locale.clone(), vec![Arc::new(file)]);
        let category = |number: u64| {
            let mut values = FluentArgs::new();
            values.set("n", number);
            let mut text = String::new();
            probe.write("probe", &values, &mut text);
            text
        };
        (0..=200).map(category).collect()
    }
}

fn bundle_of(locale: &Locale, files: &[Arc<FluentResource>]) -> Bundle {
    let mut bundle = Bundle::new_concurrent(vec![identifier(locale)]);
    // Marks around each value would be counted as characters by text messages.
    bundle.set_use_isolating(false);
    for file in files {
        bundle.add_resource_overriding(Arc::clone(file));
    }
    bundle
}

/// The language of the plural rules: of a tag that Fluent cannot read, the first subtag.
fn identifier(locale: &Locale) -> LanguageIdentifier {
    let tag = locale.as_str();
    let primary = tag.split('-').next().unwrap_or_default();
    tag.parse().or_else(|_| primary.parse()).unwrap_or_default()
}

fn pattern<'a>(bundle: &'a Bundle, key: &str) -> Option<&'a Pattern<&'a str>> {
    match key.split_once('.') {
        None => bundle.get_message(key)?.value(),
        Some((key, attribute)) => Some(bundle.get_message(key)?.get_attribute(attribute)?.value()),
    }
}
