//! Reading policies from documents that people write, and from records.
//!
//! A document is read strictly: with a mistyped name, the setting would keep its default unnoticed.
//! A record is read leniently: a newer release may have written settings that this one does not
//! know, and the engine refuses to overwrite such a record.

use std::fmt;

use serde::de::{Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::fault::{SettingValue, write_faults};
use super::settings::PolicySettings;
use super::table::{SETTINGS, Setting};
use super::written_span::written_span;

impl PolicySettings {
    /// The longest document that [`PolicySettings::from_json`] takes, in bytes.
    pub const MAX_DOCUMENT: usize = 256 * 1024;

    /// Reads a JSON document. A setting that is left out keeps its default; every unknown or
    /// unreadable setting is a fault with its path. A span of time is a number of milliseconds, or a text
    /// such as `15m`, `24h`, `1h 30m` or ISO 8601's `PT15M`.
    ///
    /// Reading `PolicySettings` or [`Policy`](super::Policy) with `serde`, from any format, is as
    /// strict, but stops at the first fault and names no path.
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
    /// [`PolicyDocumentError`], with every fault that was found. Limits are checked afterwards, by
    /// [`Policy::new`](super::Policy::new).
    pub fn from_json(text: &str) -> Result<Self, PolicyDocumentError> {
        let mut document = Value::Object(object(text)?);
        let (mut faults, known) = (Vec::new(), known());
        read_spans(&mut document, &known, &mut faults);
        examine(&document, &known, &mut Vec::new(), &mut faults);
        if !faults.is_empty() {
            faults.sort_by(|one, other| one.path.cmp(&other.path));
            return Err(PolicyDocumentError::of(faults));
        }
        serde_json::from_value(document).map_err(|error| whole_fault(error.to_string()))
    }
}

/// Every fault of a refused document, in the order of the paths.
///
/// ```
/// let error = sspr::PolicySettings::from_json(r#"{"sends": {"per_weeek": 3}}"#).unwrap_err();
/// assert_eq!(error.faults()[0].path(), "sends.per_weeek");
/// assert!(error.to_string().starts_with("the policy document has a fault: sends.per_weeek: "));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PolicyDocumentError {
    faults: Vec<DocumentFault>,
}

impl PolicyDocumentError {
    pub(super) const fn of(faults: Vec<DocumentFault>) -> Self {
        Self { faults }
    }

    /// Every fault; at least one.
    #[must_use]
    pub fn faults(&self) -> &[DocumentFault] {
        &self.faults
    }
}

impl std::error::Error for PolicyDocumentError {}

impl fmt::Display for PolicyDocumentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_faults(f, "policy document", &self.faults)
    }
}

/// One fault of a document.
///
/// ```
/// let error = sspr::PolicySettings::from_json("{").unwrap_err();
/// assert_eq!(error.faults()[0].path(), "", "it concerns the whole document");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DocumentFault {
    path: String,
    text: String,
}

impl DocumentFault {
    pub(super) fn new(path: impl Into<String>, text: impl Into<String>) -> Self {
        Self { path: path.into(), text: text.into() }
    }

    /// The path of the setting, as the document spells it: `users.requird`. Empty for the document
    /// as a whole.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What is wrong with it, in English.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for DocumentFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() {
            f.write_str(&self.text)
        } else {
            write!(f, "{}: {}", self.path, self.text)
        }
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

/// The object in a JSON text, in which no field is given twice.
pub(super) fn object(text: &str) -> Result<Map<String, Value>, PolicyDocumentError> {
    if text.len() > PolicySettings::MAX_DOCUMENT {
        let (bytes, max) = (text.len(), PolicySettings::MAX_DOCUMENT);
        let fault = format!("the document has {bytes} bytes, at most {max} are read");
        return Err(whole_fault(fault));
    }
    let parsed: Result<Tree, _> = serde_json::from_str(text);
    match parsed.map_err(|error| whole_fault(error.to_string()))? {
        Tree(Value::Object(object)) => Ok(object),
        Tree(_) => Err(whole_fault("the document is not an object of settings".to_owned())),
    }
}

fn whole_fault(text: String) -> PolicyDocumentError {
    PolicyDocumentError::of(vec![DocumentFault::new("", text)])
}

/// Replaces spans of time that are written as text by their milliseconds, and faulty ones by the default.
fn read_spans(document: &mut Value, known: &Value, faults: &mut Vec<DocumentFault>) {
    let is_span = |setting: &&Setting| matches!(setting.range, Some((SettingValue::Span(_), _)));
    for setting in SETTINGS.iter().filter(is_span) {
        let pointer = format!("/{}", setting.path.replace('.', "/"));
        let Some(value) = document.pointer_mut(&pointer) else { continue };
        let Some(text) = value.as_str() else { continue };
        let read = written_span(text).and_then(|span| u64::try_from(span.as_millis()).ok());
        if read.is_none() {
            let fault = format!("`{text}` is no span of time, such as `15m`, `24h` or `PT15M`");
            faults.push(DocumentFault::new(setting.path, fault));
        }
        let default = || known.pointer(&pointer).cloned().unwrap_or_default();
        *value = read.map_or_else(default, Value::from);
    }
}

/// Whether a name is a likely misspelling of the other.
pub(super) fn is_near(name: &str, other: &str) -> bool {
    distance(&name.to_ascii_lowercase(), &other.to_ascii_lowercase()) <= 2
}

/// The settings that this release knows, with their defaults.
fn known() -> Value {
    // Plain data, which serde_json always encodes.
    serde_json::to_value(PolicySettings::default()).unwrap_or_default()
}

/// Whether this is a rate or a format of codes, whose fields have no defaults.
fn is_whole(known: &Map<String, Value>) -> bool {
    known.contains_key("window") || known.contains_key("alphabet")
}

/// Whether this is a map whose keys are the tenant's own, such as the ids of its questions.
fn is_map(known: &Map<String, Value>) -> bool {
    known.is_empty()
}

/// Removes the settings that this release does not know.
fn remove_unknown(body: &mut Value, known: &Value) {
    if let (Value::Object(body), Value::Object(known)) = (body, known)
        // A format of codes with an unknown field is another format: it must not be read as this
        // one.
        && !known.contains_key("alphabet")
        && !is_map(known)
    {
        body.retain(|name, _| known.contains_key(name));
        for (name, value) in body {
            remove_unknown(value, &known[name]);
        }
    }
}

/// Collects each setting of a document that is unknown or cannot be read.
fn examine(
    document: &Value,
    known: &Value,
    path: &mut Vec<String>,
    faults: &mut Vec<DocumentFault>,
) {
    let before = faults.len();
    if let (Value::Object(document), Value::Object(known)) = (document, known)
        && !is_map(known)
    {
        for (name, value) in document {
            path.push(name.clone());
            match known.get(name) {
                Some(_) if is_whole(known) => {}
                Some(known) => examine(value, known, path, faults),
                None => faults.push(DocumentFault::new(path.join("."), unknown(name, known))),
            }
            path.pop();
        }
        if !is_whole(known) {
            return;
        }
    }
    // A setting with an unknown name inside it is not reported again.
    if faults.len() == before
        && let Err(error) = serde_json::from_value::<PolicySettings>(alone(document, path))
    {
        faults.push(DocumentFault::new(path.join("."), error.to_string()));
    }
}

/// A document with this setting only; all others have their defaults.
fn alone(value: &Value, path: &[String]) -> Value {
    match path.split_first() {
        None => value.clone(),
        Some((name, rest)) => {
            let mut object = Map::new();
            object.insert(name.clone(), alone(value, rest));
            Value::Object(object)
        }
    }
}

pub(super) fn unknown(name: &str, known: &Map<String, Value>) -> String {
    let close = known.keys().map(|other| (distance(name, other), other)).min();
    match close {
        Some((distance, other)) if distance <= 2 => {
            format!("unknown setting, did you mean `{other}`?")
        }
        _ => {
            let names: Vec<_> = known.keys().map(|name| format!("`{name}`")).collect();
            format!("unknown setting, known are {}", names.join(", "))
        }
    }
}

/// The edit distance of two names: how many letters must be changed, added or removed.
fn distance(name: &str, other: &str) -> usize {
    // Names of settings are short; a long key of a document is no misspelling of one.
    if name.len() > 64 {
        return usize::MAX;
    }
    let letters: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=letters.len()).collect();
    for (line, symbol) in name.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = line + 1;
        for (place, candidate) in letters.iter().enumerate() {
            let change = diagonal + usize::from(*candidate != symbol);
            diagonal = row[place + 1];
            row[place + 1] = change.min(diagonal + 1).min(row[place] + 1);
        }
    }
    row[letters.len()]
}

/// A JSON value in which no object names a field twice.
struct Tree(Value);

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(TreeVisitor).map(Self)
    }
}

struct TreeVisitor;

impl<'de> Visitor<'de> for TreeVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(Tree(item)) = items.next_element()? {
            list.push(item);
        }
        Ok(list.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(name) = fields.next_key::<String>()? {
            if object.contains_key(&name) {
                return Err(A::Error::custom(format!("`{name}` is given twice")));
            }
            let Tree(value) = fields.next_value()?;
            object.insert(name, value);
        }
        Ok(Value::Object(object))
    }
}
