//! One finding of a review, its severity and its standard.

use std::borrow::Cow;
use std::fmt;

use serde::Serialize;

use super::deviation::Deviation;
use super::settings::PolicySettings;
use super::table::place_of;

/// A point in which a policy deviates from a standard, or leaves something open.
///
/// ```
/// use sspr::{Policy, PolicySettings};
/// use sspr::policy::{Deviation, Severity, Standard};
///
/// let review = Policy::new(PolicySettings::default())?.review();
/// let finding = review.finding("issued-codes-one-class").unwrap();
/// assert_eq!(finding.standard(), Standard::Nist);
/// assert_eq!(finding.citation(), "NIST SP 800-63B-4, 4.2.2.2");
/// assert_eq!(finding.severity(), Severity::Requirement);
/// assert_eq!(finding.path(), "users.methods");
/// assert_eq!(finding.deviation(), Some(Deviation::IssuedCodesAsTwoGates));
/// assert!(!finding.acknowledged());
/// # Ok::<(), sspr::policy::PolicyError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    pub(super) path: &'static str,
    pub(super) code: &'static str,
    pub(super) severity: Severity,
    pub(super) standard: Standard,
    pub(super) citation: &'static str,
    pub(super) text: Cow<'static, str>,
    pub(super) deviation: Option<Deviation>,
    pub(super) acknowledged: bool,
}

impl Finding {
    /// The path of the setting, spelled as in stored policies. For a finding on gates it is
    /// `users.methods` or `administrators.gates.methods`. Stable.
    #[must_use]
    pub const fn path(&self) -> &'static str {
        self.path
    }

    /// A stable name, for tests and filters. If both sets of gates cause a finding, users and
    /// administrators each have one with the same code: [`path`](Self::path) tells them apart.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        self.code
    }

    /// How strongly the standard demands it.
    #[must_use]
    pub const fn severity(&self) -> Severity {
        self.severity
    }

    /// The standard that the finding refers to.
    #[must_use]
    pub const fn standard(&self) -> Standard {
        self.standard
    }

    /// The document and its section.
    #[must_use]
    pub const fn citation(&self) -> &'static str {
        self.citation
    }

    /// The text of the finding, in English.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The deviation by which an owner acknowledges the finding, if there is one.
    #[must_use]
    pub const fn deviation(&self) -> Option<Deviation> {
        self.deviation
    }

    /// Whether the policy acknowledges that deviation.
    #[must_use]
    pub const fn acknowledged(&self) -> bool {
        self.acknowledged
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, code, severity, citation, text, .. } = self;
        let acknowledged = if self.acknowledged { ", acknowledged" } else { "" };
        write!(f, "{severity}{acknowledged}, {path}: {text} [{code}; {citation}]")
    }
}

/// How strongly a standard demands what a finding is about.
///
/// ```
/// use sspr::policy::Severity;
///
/// assert!(Severity::Requirement < Severity::Note);
/// assert_eq!(Severity::Requirement.to_string(), "requirement");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Severity {
    /// The standard requires it ("shall", a verification requirement), and the policy does not do
    /// it.
    Requirement,
    /// The standard recommends it, or requires it for some accounts only.
    Recommendation,
    /// Information: a duty of the host, a difference, something left open.
    Note,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Requirement => "requirement",
            Self::Recommendation => "recommendation",
            Self::Note => "note",
        })
    }
}

/// The standard that a finding refers to.
///
/// ```
/// use sspr::{Policy, PolicySettings};
/// use sspr::policy::{Severity, Standard};
///
/// let review = Policy::new(PolicySettings::nist_aal1())?.review();
/// let breaches = review.findings().iter().filter(|finding| {
///     finding.standard() == Standard::Nist && finding.severity() == Severity::Requirement
/// });
/// assert_eq!(breaches.count(), 0);
/// # Ok::<(), sspr::policy::PolicyError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Standard {
    /// NIST SP 800-63B-4.
    Nist,
    /// OWASP ASVS 5.0.0.
    Asvs,
    /// PCI DSS 4.
    Pci,
    /// Microsoft Entra ID's self-service reset, the model of the features.
    Entra,
    /// No standard: a limit of this engine.
    Engine,
}

/// A possible finding.
pub(super) struct Row {
    applies: bool,
    finding: Finding,
}

/// Begins a row: whether the policy has the finding, the path of the setting, and the finding's code.
pub(super) fn row(applies: bool, path: &'static str, code: &'static str) -> Row {
    debug_assert!(place_of(path).is_some(), "{code}: {path} is no setting");
    let finding = Finding {
        path,
        code,
        severity: Severity::Note,
        standard: Standard::Engine,
        citation: "",
        text: Cow::Borrowed(""),
        deviation: None,
        acknowledged: false,
    };
    Row { applies, finding }
}

impl Row {
    pub(super) fn cites(
        self,
        severity: Severity,
        standard: Standard,
        citation: &'static str,
    ) -> Self {
        let finding = Finding { severity, standard, citation, ..self.finding };
        Self { finding, ..self }
    }

    pub(super) fn text(self, text: impl Into<Cow<'static, str>>) -> Self {
        Self { finding: Finding { text: text.into(), ..self.finding }, ..self }
    }

    /// Names the deviation by which an owner acknowledges the finding.
    pub(super) fn covered_by(self, deviation: Deviation) -> Self {
        let deviation = Some(deviation);
        Self { finding: Finding { deviation, ..self.finding }, ..self }
    }

    /// The finding, if the policy has it.
    pub(super) fn finding(self, settings: &PolicySettings) -> Option<Finding> {
        let is_acknowledged = |deviation| settings.acknowledged.contains(&deviation);
        let acknowledged = self.finding.deviation.is_some_and(is_acknowledged);
        self.applies.then_some(Finding { acknowledged, ..self.finding })
    }
}
