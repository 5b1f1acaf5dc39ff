//! The faults of a refused document.

use std::fmt;

use serde::Serialize;

use crate::domain::policy::fault::write_faults;

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
    pub(in crate::domain::policy) const fn of(faults: Vec<DocumentFault>) -> Self {
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
    pub(in crate::domain::policy) fn new(path: impl Into<String>, text: impl Into<String>) -> Self {
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

/// A fault of the document as a whole.
pub(super) fn whole_fault(text: impl Into<String>) -> PolicyDocumentError {
    PolicyDocumentError::of(vec![DocumentFault::new("", text)])
}
