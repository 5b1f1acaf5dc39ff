//! The review of a policy: findings with citations, and the probabilities of guessing.

use std::fmt;

use serde::Serialize;

use super::Policy;
use super::finding::Finding;
use super::findings;
use super::guessing::GuessingRisk;
use super::owner::{self, OwnersWay};
use super::spend::PhoneSpend;

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
        let guessing = GuessingRisk::of(self, &self.user_gates());
        let administrators = GuessingRisk::of(self, &self.least_administrator_gates());
        PolicyReview {
            findings: findings::of(self, [&guessing, &administrators]),
            guessing,
            administrators,
            owner: OwnersWay::of(self),
            phone_spend: PhoneSpend::of(&self.numbers),
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
    phone_spend: PhoneSpend,
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

    /// What codes to new numbers can cost in a day.
    #[must_use]
    pub const fn phone_spend(&self) -> PhoneSpend {
        self.phone_spend
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
             owner's correct codes and resets end each run of failures",
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
        writeln!(f, "{}", self.phone_spend)?;
        f.write_str(
            "for two gates the probabilities multiply: this assumes that a guess at one gate reveals \
             nothing about the other",
        )
    }
}
