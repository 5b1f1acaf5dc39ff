//! What a language lacks: keys, parameters and plural forms.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use fluent_syntax::ast::{
    CallArguments, Expression, InlineExpression, Pattern, PatternElement, Variant, VariantKey,
};

use super::language::Language;
use crate::message::Locale;

/// The plural categories of CLDR.
const CATEGORIES: [&str; 6] = ["zero", "one", "two", "few", "many", "other"];
/// Parameters that are counts: a text with one needs its plural forms.
const COUNTS: [&str; 5] = ["count", "left", "min", "max", "required"];

type Patterns<'a> = BTreeMap<String, &'a Pattern<&'a str>>;

/// A fault of a language's texts, from [`Catalogue::faults`](super::Catalogue::faults).
///
/// ```
/// use sspr::words::{Catalogue, CatalogueProblem};
/// use sspr::message::Locale;
///
/// let latvian = Locale::parse("lv")?;
/// let catalogue = Catalogue::new().with(&latvian, "skip-until = Varat to izlaist.")?;
/// let faults = catalogue.faults();
/// assert_eq!(faults[0].to_string(), "lv: skip-until lacks the parameter `$until`");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct CatalogueFault {
    /// The language.
    pub language: Locale,
    /// The key, or the key and its attribute: `step-done.hint`.
    pub key: String,
    /// What is wrong.
    pub problem: CatalogueProblem,
}

/// What is wrong with a text.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum CatalogueProblem {
    /// The language lacks the key.
    Missing,
    /// English does not have the key: it is misspelt, or no code asks for it.
    Unknown,
    /// The text lacks a parameter that the English text has.
    LacksParameter(String),
    /// The text has a parameter that the English text does not have.
    UnknownParameter(String),
    /// The text refers to a message that the language does not have.
    UnknownReference(String),
    /// The text depends on a number and lacks the form of this plural category.
    LacksPlural(String),
    /// The text holds a count without plural forms, in a language that has them.
    Uncounted(String),
}

impl fmt::Display for CatalogueFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { language, key, problem } = self;
        write!(f, "{language}: {key} ")?;
        match problem {
            CatalogueProblem::Missing => f.write_str("is missing"),
            CatalogueProblem::Unknown => f.write_str("is no key of the English texts"),
            CatalogueProblem::LacksParameter(name) => write!(f, "lacks the parameter `${name}`"),
            CatalogueProblem::UnknownParameter(name) => {
                write!(f, "has the parameter `${name}`, which the English text lacks")
            }
            CatalogueProblem::UnknownReference(name) => {
                write!(f, "refers to `{name}`, which the language lacks")
            }
            CatalogueProblem::LacksPlural(category) => {
                write!(f, "lacks the plural form `{category}`")
            }
            CatalogueProblem::Uncounted(name) => write!(f, "has no plural forms for `${name}`"),
        }
    }
}

/// The faults of all languages, in the order of the languages and keys.
pub(super) fn faults(english: &Language, languages: &[Language]) -> Vec<CatalogueFault> {
    let expected = english.patterns();
    languages.iter().flat_map(|language| of_language(&expected, language)).collect()
}

fn of_language(expected: &Patterns<'_>, language: &Language) -> Vec<CatalogueFault> {
    let mut found = Vec::new();
    let patterns = language.patterns();
    let mut push = |key: &str, problem| {
        let (language, key) = (language.locale.clone(), key.to_owned());
        found.push(CatalogueFault { language, key, problem });
    };
    for (key, english) in expected.iter().filter(|(key, _)| is_shared(key)) {
        let Some(pattern) = patterns.get(key) else {
            push(key, CatalogueProblem::Missing);
            continue;
        };
        let (wanted, used) = (Uses::of(english, expected), Uses::of(pattern, &patterns));
        for name in wanted.variables.difference(&used.variables) {
            push(key, CatalogueProblem::LacksParameter(name.clone()));
        }
        for name in used.variables.difference(&wanted.variables) {
            push(key, CatalogueProblem::UnknownParameter(name.clone()));
        }
    }
    let plurals = language.plurals();
    let has_plurals = plurals.iter().any(|category| category != "other");
    for (key, pattern) in &patterns {
        if is_shared(key) && !expected.contains_key(key) {
            push(key, CatalogueProblem::Unknown);
        }
        let uses = Uses::of(pattern, &patterns);
        let selected = uses.selected;
        for name in uses.dangling {
            push(key, CatalogueProblem::UnknownReference(name));
        }
        let own = Uses::of(pattern, &Patterns::new());
        for category in own.selects.iter().flat_map(|keys| lacking(keys, &plurals)) {
            push(key, CatalogueProblem::LacksPlural(category));
        }
        let uncounted = own.shown.iter().filter(|name| !selected.contains(*name));
        for name in uncounted.filter(|name| has_plurals && COUNTS.contains(&name.as_str())) {
            push(key, CatalogueProblem::Uncounted(name.clone()));
        }
    }
    found
}

/// Whether each language has the key, and not only one for its own use.
fn is_shared(key: &str) -> bool {
    !key.starts_with("part-")
}

/// The plural categories for which a choice between these keys has no form.
fn lacking(keys: &[String], plurals: &[String]) -> BTreeSet<String> {
    let depends_on_number =
        keys.iter().any(|key| CATEGORIES[..5].contains(&key.as_str()) || is_number(key));
    let numbered = plurals.iter().enumerate();
    let unmatched = numbered.filter(|(number, category)| {
        !keys.contains(category) && !keys.contains(&number.to_string())
    });
    unmatched.filter(|_| depends_on_number).map(|(_, category)| category.clone()).collect()
}

fn is_number(key: &str) -> bool {
    key.bytes().all(|byte| byte.is_ascii_digit())
}

/// What a text uses, with the messages that it refers to.
#[derive(Default)]
struct Uses {
    variables: BTreeSet<String>,
    /// Parameters that are shown, and those that a choice depends on.
    shown: BTreeSet<String>,
    selected: BTreeSet<String>,
    /// The keys of each choice.
    selects: Vec<Vec<String>>,
    /// References to messages that do not exist.
    dangling: BTreeSet<String>,
    visited: BTreeSet<String>,
}

impl Uses {
    fn of(pattern: &Pattern<&str>, all: &Patterns<'_>) -> Self {
        let mut uses = Self::default();
        uses.pattern(pattern, all);
        uses
    }

    fn pattern(&mut self, pattern: &Pattern<&str>, all: &Patterns<'_>) {
        for element in &pattern.elements {
            if let PatternElement::Placeable { expression } = element {
                self.expression(expression, all);
            }
        }
    }

    fn expression(&mut self, expression: &Expression<&str>, all: &Patterns<'_>) {
        match expression {
            Expression::Inline(inline) => self.inline(inline, all),
            Expression::Select { selector, variants } => {
                if let InlineExpression::VariableReference { id } = selector {
                    self.variables.insert(id.name.to_owned());
                    self.selected.insert(id.name.to_owned());
                }
                self.selects.push(variants.iter().map(key_of).collect());
                for variant in variants {
                    self.pattern(&variant.value, all);
                }
            }
        }
    }

    fn inline(&mut self, inline: &InlineExpression<&str>, all: &Patterns<'_>) {
        match inline {
            InlineExpression::VariableReference { id } => {
                self.variables.insert(id.name.to_owned());
                self.shown.insert(id.name.to_owned());
            }
            InlineExpression::MessageReference { id, attribute } => {
                let key = match attribute {
                    Some(attribute) => format!("{}.{}", id.name, attribute.name),
                    None => id.name.to_owned(),
                };
                match all.get(&key) {
                    Some(pattern) if self.visited.insert(key.clone()) => self.pattern(pattern, all),
                    Some(_) => {}
                    None => _ = self.dangling.insert(key),
                }
            }
            InlineExpression::FunctionReference { arguments, .. } => self.arguments(arguments, all),
            InlineExpression::Placeable { expression } => self.expression(expression, all),
            InlineExpression::TermReference { .. }
            | InlineExpression::StringLiteral { .. }
            | InlineExpression::NumberLiteral { .. } => {}
        }
    }

    fn arguments(&mut self, arguments: &CallArguments<&str>, all: &Patterns<'_>) {
        for argument in &arguments.positional {
            self.inline(argument, all);
        }
    }
}

fn key_of(variant: &Variant<&str>) -> String {
    match &variant.key {
        VariantKey::Identifier { name } => (*name).to_owned(),
        VariantKey::NumberLiteral { value } => (*value).to_owned(),
    }
}
