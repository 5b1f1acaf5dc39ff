//! Policies as documents that people write, and the settings in records.
//!
//! A document is read strictly: with a mistyped name, the setting would keep its default unnoticed.
//! A record is read leniently: a newer release may have written settings that this one does not
//! know, and the engine refuses to overwrite such a record.

mod fault;
mod migration;
mod names;
mod shapes;
mod times;
#[cfg(feature = "toml")]
mod toml_text;
mod tree;
mod written_span;

use serde::de::{Deserializer, Error as _};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use self::fault::whole_fault;
use self::migration::migrate;
use self::shapes::{examine, known, remove_unknown};
use self::times::{read_times, write_times};
use super::settings::PolicySettings;

pub use self::fault::{DocumentFault, PolicyDocumentError};
pub use self::migration::MigratedSetting;
pub(super) use self::names::{is_near, unknown};
pub(super) use self::tree::object;

/// A policy as it was read from a document: JSON, or TOML with the feature `toml`.
///
/// A document names its version. One of an older version is migrated, and `migrated` lists what was
/// changed: show it, and write the document again. One of a newer version is refused.
///
/// ```
/// use sspr::policy::PolicyDocument;
///
/// let old = r#"{"version": 1, "scope": "all", "saved_codes": 8}"#;
/// let document = PolicyDocument::from_json(old)?;
/// assert_eq!(document.settings.recovery_codes, 8);
/// assert_eq!(document.migrated[0].to_string(), "saved_codes: renamed to `recovery_codes`");
///
/// let written = document.settings.to_json_document();
/// assert!(written.starts_with("{\n  \"version\": 2,"));
/// assert!(PolicyDocument::from_json(&written)?.migrated.is_empty());
/// # Ok::<(), sspr::policy::PolicyDocumentError>(())
/// ```
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct PolicyDocument {
    /// The settings. Those that the document leaves out have their defaults.
    pub settings: PolicySettings,
    /// The version that the document names; [`VERSION`](Self::VERSION) if it names none.
    pub version: u16,
    /// What was changed to bring the document to the present version, in the order of the changes.
    pub migrated: Vec<MigratedSetting>,
}

impl PolicyDocument {
    /// The version of the documents that this release writes.
    pub const VERSION: u16 = 2;

    /// The JSON Schema (2020-12) of the present version, as JSON: names, ranges, defaults and their
    /// sources. An editor that knows it checks a document while it is typed.
    ///
    /// It describes the form. The rules between settings, such as that one limit is not above another,
    /// are those of [`Policy::new`](super::Policy::new).
    ///
    /// ```
    /// use sspr::policy::PolicyDocument;
    ///
    /// let schema: serde_json::Value = serde_json::from_str(PolicyDocument::JSON_SCHEMA)?;
    /// assert_eq!(schema["properties"]["attempts"]["maximum"], 10);
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub const JSON_SCHEMA: &'static str = include_str!("../../../../schemas/policy.json");

    /// Reads a JSON document. A setting that is left out keeps its default; every unknown or
    /// unreadable setting is a fault with its path.
    ///
    /// A span of time is a text such as `15m`, `24h`, `2h 30m` or ISO 8601's `PT15M`, or a number of
    /// milliseconds. A date is a text such as `2027-03-31` or `2027-03-31T00:00:00Z`, or a number of
    /// milliseconds since 1970.
    ///
    /// # Errors
    ///
    /// [`PolicyDocumentError`], with every fault that was found. Limits are checked afterwards, by
    /// [`Policy::new`](super::Policy::new).
    pub fn from_json(text: &str) -> Result<Self, PolicyDocumentError> {
        Self::read(object(text)?)
    }

    /// Reads a TOML document: the same names and values as in JSON. What JSON writes as `null` is left
    /// out. Comments are not kept: to change a document and keep them, edit its text (such as with the
    /// crate `toml_edit`) and read the result.
    ///
    /// ```
    /// use sspr::policy::PolicyDocument;
    ///
    /// let text = "scope = 'all'  # since March\n[lifetimes]\nflow = '15m'\n[users]\nrequird = 1";
    /// let error = PolicyDocument::from_toml(text).unwrap_err();
    /// let fault = error.faults()[0].to_string();
    /// assert_eq!(fault, "users.requird: unknown setting, did you mean `required`?");
    /// ```
    ///
    /// # Errors
    ///
    /// As [`from_json`](Self::from_json).
    #[cfg(feature = "toml")]
    pub fn from_toml(text: &str) -> Result<Self, PolicyDocumentError> {
        Self::read(toml_text::object(text)?)
    }

    fn read(mut document: Map<String, Value>) -> Result<Self, PolicyDocumentError> {
        let (version, migrated) = migrate(&mut document, Self::VERSION)?;
        let mut document = Value::Object(document);
        let mut faults = Vec::new();
        read_times(&mut document, &mut faults);
        examine(&document, &mut faults);
        if !faults.is_empty() {
            faults.sort_by(|one, other| one.path().cmp(other.path()));
            return Err(PolicyDocumentError::of(faults));
        }
        let settings =
            serde_json::from_value(document).map_err(|error| whole_fault(error.to_string()))?;
        Ok(Self { settings, version, migrated })
    }
}

impl PolicySettings {
    /// The longest document that is read, in bytes.
    pub const MAX_DOCUMENT: usize = tree::MAX_BYTES;

    /// The settings of a JSON document: see [`PolicyDocument::from_json`], which also returns what was
    /// migrated.
    ///
    /// Reading `PolicySettings` or [`Policy`](super::Policy) with `serde`, from any format, is as
    /// strict, but reads the present version only, spans of time only in milliseconds, stops at the first
    /// fault and names no path.
    ///
    /// ```
    /// use sspr::PolicySettings;
    ///
    /// let settings = PolicySettings::from_json(r#"{"scope": "all", "users": {"required": 1}}"#)?;
    /// assert_eq!(settings.users.required, 1);
    ///
    /// let typo = r#"{"scop": "all", "users": {"requird": 1}, "attempts": "five"}"#;
    /// let error = PolicySettings::from_json(typo).unwrap_err();
    /// let paths: Vec<_> = error.faults().iter().map(|fault| fault.path()).collect();
    /// assert_eq!(paths, ["attempts", "scop", "users.requird"]);
    /// assert_eq!(error.faults()[1].to_string(), "scop: unknown setting, did you mean `scope`?");
    /// # Ok::<(), sspr::policy::PolicyDocumentError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`PolicyDocument::from_json`].
    pub fn from_json(text: &str) -> Result<Self, PolicyDocumentError> {
        PolicyDocument::from_json(text).map(|document| document.settings)
    }

    /// Writes a JSON document of the present version: every setting, with spans of time such as `15m` and
    /// `2h 30m`, and dates of RFC 3339. The same settings always give the same text.
    ///
    /// ```
    /// use sspr::PolicySettings;
    ///
    /// let settings = PolicySettings::entra();
    /// let text = settings.to_json_document();
    /// assert!(text.contains("\"flow\": \"15m\""));
    /// assert_eq!(PolicySettings::from_json(&text)?, settings);
    /// # Ok::<(), sspr::policy::PolicyDocumentError>(())
    /// ```
    #[must_use]
    pub fn to_json_document(&self) -> String {
        #[derive(Serialize)]
        struct Written {
            version: u16,
            #[serde(flatten)]
            settings: Value,
        }
        let written = Written { version: PolicyDocument::VERSION, settings: self.written() };
        // Plain data, which serde_json always encodes.
        serde_json::to_string_pretty(&written).unwrap_or_default()
    }

    /// Writes a TOML document, as [`to_json_document`](Self::to_json_document). A setting that is none
    /// is left out.
    ///
    /// ```
    /// use sspr::PolicySettings;
    /// use sspr::policy::PolicyDocument;
    ///
    /// let settings = PolicySettings::entra();
    /// let text = settings.to_toml_document();
    /// assert!(text.contains("\nflow = \"15m\"\n"));
    /// assert_eq!(PolicyDocument::from_toml(&text)?.settings, settings);
    /// # Ok::<(), sspr::policy::PolicyDocumentError>(())
    /// ```
    #[cfg(feature = "toml")]
    #[must_use]
    pub fn to_toml_document(&self) -> String {
        toml_text::written(PolicyDocument::VERSION, self.written())
    }

    /// Every setting as documents write it.
    pub(in crate::domain) fn written(&self) -> Value {
        let mut document = serde_json::to_value(self).unwrap_or_default();
        write_times(&mut document);
        document
    }
}

/// Reads the settings in a record, and ignores those that a newer release has added.
///
/// # Errors
///
/// The error of the deserializer, and one for a known setting that cannot be read.
pub(in crate::domain) fn stored<'de, D: Deserializer<'de>>(
    from: D,
) -> Result<PolicySettings, D::Error> {
    let mut body = Value::deserialize(from)?;
    remove_unknown(&mut body, &known());
    serde_json::from_value(body).map_err(D::Error::custom)
}
