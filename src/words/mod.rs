//! Words in several languages: for messages and for the pages of a host.
//!
//! A [`Catalogue`] holds texts in English (`en`), Latvian (`lv`), Simplified Chinese (`zh-CN`) and
//! Traditional Chinese (`zh-TW`). They are [Fluent](https://projectfluent.org) files in
//! `src/words/texts`, which translators edit without Rust: one file per subject and language, with
//! plurals and cases where the language has them.
//!
//! - [`LocalisedText`] renders messages from it, under the [`Brands`] of clouds and tenants. It is a
//!   [`Renderer`](crate::adapters::render::Renderer), so every delivery takes it.
//! - [`Phrases`] is one language of it, for pages: steps, options, prompts, refusals, guidance, reasons.
//!
//! # Languages
//!
//! The engine sends codes and links in the language of the page
//! ([`Request::with_locale`](crate::Request::with_locale)), else in the user's, else in the tenant's, and
//! notices in the user's, else in the tenant's. [`Catalogue::closest`] finds the closest language that the
//! catalogue has: `zh-Hant`, `zh-HK` and `zh-MO` are read as `zh-TW`, other `zh` as `zh-CN`, `lv-LV` as `lv`,
//! and an unknown language as English.
//!
//! # Changing texts and adding languages
//!
//! [`Catalogue::with`] adds a file. Its messages replace those of the same key; a key that it lacks keeps
//! its text, and a new language falls back to English. [`Catalogue::faults`] lists what a file lacks or
//! misspells: call it in a test of your own files.
//!
//! ```
//! use sspr::words::{Catalogue, PhraseValue};
//! use sspr::message::Locale;
//!
//! let latvian = Locale::parse("lv")?;
//! let catalogue = Catalogue::new().with(&latvian, "action-help = Zvaniet uz 1234")?;
//! let phrases = catalogue.phrases(&Locale::parse("lv-LV")?);
//! assert_eq!(phrases.text("action-help", &[]).as_deref(), Some("Zvaniet uz 1234"));
//! assert_eq!(phrases.text("action-cancel", &[]).as_deref(), Some("Atcelt"));
//! let values = [("min", PhraseValue::from(21u8))];
//! let short = phrases.text("password-too-short", &values);
//! assert_eq!(short.as_deref(), Some("Tajā ir mazāk par 21 rakstzīmi."));
//! assert!(catalogue.faults().is_empty());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod brand;
mod catalogue;
mod check;
mod clock;
mod closest;
mod language;
mod letter;
mod localised;
mod pages;
mod phrases;
mod policy;
mod troubleshooting;

#[cfg(test)]
mod tests;

pub use brand::{Brand, Brands};
pub use catalogue::{Catalogue, CatalogueError};
pub use check::{CatalogueFault, CatalogueProblem};
pub use clock::{TimeZones, ZoneOffset};
pub use localised::LocalisedText;
pub use pages::{PageText, ReasonText};
pub use phrases::{PhraseValue, Phrases};
pub use policy::{PolicyChange, PolicyLine};
pub use troubleshooting::TroubleshootingRow;
