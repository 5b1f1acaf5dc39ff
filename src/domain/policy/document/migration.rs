//! Documents of older versions.

use std::fmt;

use serde::Serialize;
use serde_json::{Map, Value};

use super::fault::{DocumentFault, PolicyDocumentError};

/// The key of a document's version.
const KEY: &str = "version";

/// What was changed in a document of an older version.
///
/// ```
/// use sspr::policy::PolicyDocument;
///
/// let old = r#"{"version": 1, "failures": {"open": {"max": 5, "window": "24h"}}}"#;
/// let document = PolicyDocument::from_json(old)?;
/// assert_eq!(document.migrated[0].path, "failures.open");
/// # Ok::<(), sspr::policy::PolicyDocumentError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[non_exhaustive]
pub struct MigratedSetting {
    /// The path in the older document.
    pub path: String,
    /// What became of it, in English.
    pub text: String,
}

impl fmt::Display for MigratedSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.text)
    }
}

/// A change of the form from one version to the next.
struct Change {
    /// The version that has the new form.
    since: u16,
    from: &'static str,
    to: To,
}

enum To {
    /// The same value under another name.
    Name(&'static str),
    /// One maximum for each kind of method became one for each, and one for both kinds of app together.
    Maxima { group: &'static str, kinds: &'static [&'static str], total: &'static str },
}

const CHANGES: [Change; 4] = [
    Change { since: 2, from: "failures.open", to: To::Name("failures.anonymous") },
    Change { since: 2, from: "limits.raised_length", to: To::Name("limits.escalated_length") },
    Change { since: 2, from: "saved_codes", to: To::Name("recovery_codes") },
    Change {
        since: 2,
        from: "registration.max_per_kind",
        to: To::Maxima {
            group: "registration.max",
            kinds: &["email", "mobile_phone", "office_phone", "authenticator_app", "oath_token"],
            total: "oath_total",
        },
    },
];

/// Takes the version out of a document and brings the rest to the present form. Returns the version and
/// what was changed.
///
/// # Errors
///
/// For a version that is no number, or newer than the present one; for a setting that the document gives
/// in both forms.
pub(super) fn migrate(
    document: &mut Map<String, Value>,
    present: u16,
) -> Result<(u16, Vec<MigratedSetting>), PolicyDocumentError> {
    let fault =
        |path: &str, text: String| PolicyDocumentError::of(vec![DocumentFault::new(path, text)]);
    let version = match document.remove(KEY) {
        None => return Ok((present, Vec::new())),
        Some(version) => version.as_u64().filter(|version| *version > 0),
    };
    let Some(version) = version else {
        return Err(fault(KEY, format!("must be a whole number from 1 to {present}")));
    };
    let Some(version) = u16::try_from(version).ok().filter(|version| *version <= present) else {
        let text = format!(
            "the document is of version {version}, this release reads at most {present}: use the \
             release that wrote it, or write the document for version {present}"
        );
        return Err(fault(KEY, text));
    };
    let mut migrated = Vec::new();
    for change in CHANGES.iter().filter(|change| change.since > version) {
        let Some(value) = take(document, change.from) else { continue };
        let target = change.to.path();
        if !put(document, target, change.to.value(value)) {
            let text = format!("is given, and so is `{target}`, which replaced it");
            return Err(fault(change.from, text));
        }
        migrated.push(MigratedSetting { path: change.from.to_owned(), text: change.to.text() });
    }
    Ok((version, migrated))
}

/// What to do about a setting that has this path in an older version.
pub(super) fn renamed(path: &str) -> Option<String> {
    let change = CHANGES.iter().find(|change| change.from == path)?;
    let (to, before) = (change.to.path(), change.since - 1);
    Some(format!("is `{to}` now; a document of the old form says so by `{KEY}` {before}"))
}

impl To {
    const fn path(&self) -> &'static str {
        match self {
            Self::Name(path) | Self::Maxima { group: path, .. } => path,
        }
    }

    fn value(&self, value: Value) -> Value {
        match self {
            Self::Name(_) => value,
            Self::Maxima { kinds, total, .. } => {
                let each = kinds.iter().map(|kind| ((*kind).to_owned(), value.clone()));
                let mut maxima: Map<String, Value> = each.collect();
                if let Some(most) = value.as_u64() {
                    maxima.insert((*total).to_owned(), most.saturating_mul(2).into());
                }
                maxima.into()
            }
        }
    }

    fn text(&self) -> String {
        match self {
            Self::Name(path) => format!("renamed to `{path}`"),
            Self::Maxima { group, kinds, total } => {
                let listed = kinds.join("`, `");
                format!("became `{listed}` and, doubled, `{total}` of `{group}`")
            }
        }
    }
}

fn take(document: &mut Map<String, Value>, path: &str) -> Option<Value> {
    match path.split_once('.') {
        None => document.remove(path),
        Some((group, rest)) => take(document.get_mut(group)?.as_object_mut()?, rest),
    }
}

/// Returns whether the place was free.
fn put(document: &mut Map<String, Value>, path: &str, value: Value) -> bool {
    match path.split_once('.') {
        None if document.contains_key(path) => false,
        None => document.insert(path.to_owned(), value).is_none(),
        Some((group, rest)) => {
            let group = document.entry(group).or_insert_with(|| Map::new().into());
            group.as_object_mut().is_some_and(|group| put(group, rest, value))
        }
    }
}
