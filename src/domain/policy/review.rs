//! The review of a policy: findings with citations, and the probabilities of guessing.

use std::fmt;

use serde::Serialize;

use super::Policy;
use super::deviation::Deviation;
use super::findings;
use super::guessing::GuessingRisk;
use super::owner::{self, OwnersWay};

impl Policy {
    /// Reports where this policy deviates from NIST SP 800-63B-4, OWASP ASVS 5.0.0, PCI DSS 4 and
    /// Microsoft Entra ID, what it leaves open, and how likely takeover by guessing is.
    ///
    /// A pure function of the settings: run it in a test of your deployment, or show it to the
    /// owner of the tenant. It does not cover what the host does: how it sends, stores and signs
    /// users in.
    ///
    /// ```
    /// use sspr::{Policy, PolicySettings};
    /// use sspr::policy::Severity;
    ///
    /// let review = Policy::new(PolicySettings::entra())?.review();
    /// let unacknowledged = review
    ///     .findings()
    ///     .iter()
    ///     .filter(|finding| finding.deviation().is_some() && !finding.acknowledged());
    /// assert_eq!(unacknowledged.count(), 0);
    /// assert!(review.finding("reasoned-disclosure").is_some());
    /// println!("{review}");
    /// # Ok::<(), sspr::policy::PolicyError>(())
    /// ```
    #[must_use]
    pub fn review(&self) -> PolicyReview {
        let guessing = GuessingRisk::of(self, &self.users);
        let administrators = GuessingRisk::of(self, &self.administrators.gates);
        PolicyReview {
            findings: findings::of(self, [&guessing, &administrators]),
            guessing,
            administrators,
            owner: OwnersWay::of(self),
        }
    }
}

/// The report of [`Policy::review`]. `Display` writes it out in full.
///
/// ```
/// use sspr::{Policy, PolicySettings};
///
/// let review = Policy::new(PolicySettings::default())?.review();
/// assert!(review.finding("issued-codes-one-class").is_some());
/// assert!(review.guessing().takeover.until_disabled < 1e-4);
/// # Ok::<(), sspr::policy::PolicyError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PolicyReview {
    findings: Vec<Finding>,
    guessing: GuessingRisk,
    administrators: GuessingRisk,
    owner: OwnersWay,
}

impl PolicyReview {
    /// Every finding, the most severe first.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// The first finding of this code, if the policy has it: the users' before the administrators'.
    #[must_use]
    pub fn finding(&self, code: &str) -> Option<&Finding> {
        self.findings.iter().find(|finding| finding.code == code)
    }

    /// The probabilities of guessing against an ordinary user.
    #[must_use]
    pub const fn guessing(&self) -> &GuessingRisk {
        &self.guessing
    }

    /// The probabilities of guessing against an administrator.
    #[must_use]
    pub const fn administrator_guessing(&self) -> &GuessingRisk {
        &self.administrators
    }

    /// What the budgets leave to an owner under attack.
    #[must_use]
    pub const fn owner(&self) -> &OwnersWay {
        &self.owner
    }
}

impl fmt::Display for PolicyReview {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for finding in &self.findings {
            writeln!(f, "{finding}")?;
        }
        let targets = [("a user", &self.guessing), ("an administrator", &self.administrators)];
        for (who, guessing) in targets {
            let (all, single) = (guessing.takeover, guessing.single_gate);
            // If one gate is required, both are the same and one line suffices.
            let held = (all != single).then_some(("one gate, the other held", single));
            for (what, odds) in [("all gates", all)].into_iter().chain(held) {
                writeln!(
                    f,
                    "guessing against {who}, {what}: {:.1e} per code, {:.1e} per flow, {:.1e} per \
                     day, {:.1e} until disabled, {:.1e} per year",
                    odds.per_code, odds.per_flow, odds.per_day, odds.until_disabled, odds.per_year,
                )?;
            }
        }
        writeln!(
            f,
            "these are upper bounds: the attacker has a known device, and, except for `until disabled`, the \
             owner's right codes and resets end each run of failures",
        )?;
        for accounts in [10_000, 100_000, 1_000_000] {
            let spray = self.guessing.sprayed(accounts);
            writeln!(
                f,
                "one code tried against each of {accounts} users: {:.1e} accounts expected to \
                 fall, {:.1e} within one window of the tenant's limit",
                spray.expected, spray.expected_at_once,
            )?;
        }
        for sources in owner::SIZES {
            let codes = self.owner.codes_a_day(sources);
            let tries = self.owner.tries_of_a_code(sources);
            writeln!(
                f,
                "an owner at an unknown source, against {sources} sources: at least {codes} codes a \
                 day, {tries} attempts each",
            )?;
        }
        f.write_str(
            "for two gates the probabilities multiply: this assumes that a guess at one gate reveals \
             nothing about the other",
        )
    }
}

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
    pub(super) text: String,
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
