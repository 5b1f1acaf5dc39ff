//! The probability that guessing alone opens an account, as the review reports it.

use serde::Serialize;

use crate::domain::method::MethodKind;

use super::reach::{Bounds, GuessTarget, float, guessed, ratio, union};
use super::settings::{Gates, PolicySettings};

/// What an attacker who only guesses achieves under a policy.
///
/// The numbers are upper bounds for every accepted policy. The attacker is assumed to have
/// everything else: the name of the account, all methods registered, the weakest channel of each
/// method, any number of sources, and a known device and a familiar source, so that both pools of
/// every budget are used up; and the owner proves methods, and completes resets, at the moments
/// that help the attacker most. A caller with neither a known device nor a familiar source has
/// only the anonymous pool: about half. `tests/model/simulation/odds` in the repository compares the
/// numbers with attackers on the engine.
///
/// They hold while the policy stays the same, no administrator clears the budgets of the account,
/// and no clock is set far back. They do not cover an attacker who reads the messages.
///
/// ```
/// use sspr::{MethodKind, Policy, PolicySettings};
///
/// let policy = Policy::new(PolicySettings::nist_aal1())?;
/// let guessing = policy.review().guessing().clone();
///
/// // 50 wrong text-message codes disable the method: 50 of a million.
/// let phone = guessing.method(MethodKind::MobilePhone).unwrap();
/// assert!((phone.risk.until_disabled - 5e-5).abs() < 1e-8);
///
/// // One code for each of 100 000 accounts: a probability of 0.39 that one of them falls.
/// let spray = guessing.sprayed(100_000);
/// assert!((spray.any - 0.39).abs() < 0.01);
/// # Ok::<(), sspr::policy::PolicyError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct GuessingRisk {
    /// Passing every required gate by guessing. For two gates the probabilities multiply: after a
    /// first gate falls, the attacker makes all guesses at the second that its flow allows. This
    /// assumes independent gates. Codes are independent; devices are not if the mail is read on
    /// the phone that gets the text.
    pub takeover: AccountRisk,
    /// Passing one gate by guessing, in the worst case: the attacker already holds the other gate,
    /// and guesses before proving it and after. The same as [`takeover`](Self::takeover) if one
    /// gate is required.
    pub single_gate: AccountRisk,
    /// The risk of each kind of method alone.
    pub methods: Vec<MethodRisk>,
}

impl GuessingRisk {
    pub(super) fn of(settings: &PolicySettings, gates: &Gates) -> Self {
        let targets: Vec<_> =
            gates.methods.iter().map(|kind| GuessTarget::of(settings, *kind)).collect();
        let bounds = Bounds::of(settings, gates);
        let odds = |targets: &[GuessTarget]| AccountRisk::of(settings, &bounds, targets);

        let methods = targets
            .iter()
            .map(|target| {
                let risk = odds(std::slice::from_ref(target));
                MethodRisk::of(settings, &bounds, target, risk)
            })
            .collect();
        let (takeover, single_gate) = if gates.required < 2 {
            let all = odds(&targets);
            (all, all)
        } else {
            // The first gate falls within the span; the second must fall within the same flow,
            // since proofs end with their flow. Guesses at each may use both pools: a flow draws on
            // the anonymous pool before its first proof and on the proven pool after it, and a
            // known device draws on the proven pool from the start.
            let mut both = AccountRisk::NONE;
            let mut held = AccountRisk::NONE;
            for first in &targets {
                let others: Vec<_> =
                    targets.iter().filter(|target| target.kind != first.kind).copied().collect();
                let rest = odds(&others);
                both = both.plus(odds(std::slice::from_ref(first)).times(rest));
                held = held.worse(rest);
            }
            (both, held)
        };
        Self { takeover, single_gate, methods }
    }

    /// The risk of this kind of method, if the gates count it.
    #[must_use]
    pub fn method(&self, kind: MethodKind) -> Option<&MethodRisk> {
        self.methods.iter().find(|method| method.kind == kind)
    }

    /// The risk of one code tried against each of this number of accounts.
    #[must_use]
    pub fn sprayed(&self, accounts: u64) -> SprayRisk {
        self.takeover.sprayed(accounts)
    }

    /// The kind with the fewest codes while codes are longer.
    pub(super) fn weakest_escalated(&self) -> Option<MethodKind> {
        let weakest = self.methods.iter().min_by_key(|method| method.escalated);
        weakest.map(|method| method.kind)
    }
}

/// Upper bounds, from 0 to 1, of the probability that guessing succeeds against one account: the
/// probabilities of all guesses are added.
///
/// All except [`until_disabled`](Self::until_disabled) assume that correct codes of the owner end
/// every run of failures before it stops the attacker. A day or a year is any span of that length.
///
/// ```
/// use sspr::{Policy, PolicySettings};
///
/// let odds = Policy::new(PolicySettings::nist_aal1())?.review().guessing().takeover;
/// assert!(odds.per_code <= odds.per_flow);
/// assert!(odds.per_day <= odds.until_disabled);
/// # Ok::<(), sspr::policy::PolicyError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct AccountRisk {
    /// Every attempt of one code of each gate.
    pub per_code: f64,
    /// Every guess that one flow allows, in both pools.
    pub per_flow: f64,
    /// Every guess that the budgets allow in any 24 hours.
    pub per_day: f64,
    /// Every consecutive failure until the methods are disabled. It bounds every span as long as no
    /// correct code ends the run of failures, no method is registered again, and no administrator
    /// opens a closed method. A right guess at a first gate ends its run too.
    pub until_disabled: f64,
    /// Every guess that the budgets allow in any 365 days, for an owner whose correct codes keep
    /// ending the run of failures.
    pub per_year: f64,
    /// `per_code` while the tenant's limit is spent and codes are longer.
    #[serde(skip)]
    pub(super) per_escalated_code: f64,
    /// The number of accounts that are tried before that limit is spent.
    #[serde(skip)]
    before_escalation: u64,
}

impl AccountRisk {
    const NONE: Self = Self {
        per_code: 0.0,
        per_flow: 0.0,
        per_day: 0.0,
        until_disabled: 0.0,
        per_year: 0.0,
        per_escalated_code: 0.0,
        before_escalation: u64::MAX,
    };

    fn of(settings: &PolicySettings, bounds: &Bounds, targets: &[GuessTarget]) -> Self {
        let attempts = u64::from(settings.attempts);
        // One code is compared with distinct guesses, so the probability is exactly attempts /
        // space.
        let weakest = |space: fn(&GuessTarget) -> u64| {
            let least = targets.iter().map(space).min();
            least.map_or(0.0, |space| (ratio(attempts, space)).min(1.0))
        };
        Self {
            per_code: weakest(|target| target.space),
            per_flow: guessed(targets, &bounds.flow),
            per_day: guessed(targets, &bounds.day),
            until_disabled: guessed(targets, &bounds.disabled),
            per_year: guessed(targets, &bounds.year),
            per_escalated_code: weakest(|target| target.escalated),
            before_escalation: settings.limits.short_codes(),
        }
    }

    /// The risk of passing this gate, and then the second within the same flow.
    fn times(self, second: Self) -> Self {
        Self {
            per_code: self.per_code * second.per_code,
            per_flow: self.per_flow * second.per_flow,
            per_day: self.per_day * second.per_flow,
            until_disabled: self.until_disabled * second.per_flow,
            per_year: self.per_year * second.per_flow,
            per_escalated_code: self.per_escalated_code * second.per_escalated_code,
            before_escalation: second.before_escalation,
        }
    }

    /// The risk of passing the gates in this order or in another one, which has budgets of its own.
    /// A single code is tried in one order only.
    fn plus(self, other: Self) -> Self {
        self.merged(other, |a, b| (a + b).min(1.0))
    }

    /// The higher of two risks.
    fn worse(self, other: Self) -> Self {
        self.merged(other, f64::max)
    }

    fn merged(self, other: Self, merge: fn(f64, f64) -> f64) -> Self {
        Self {
            per_code: self.per_code.max(other.per_code),
            per_flow: merge(self.per_flow, other.per_flow),
            per_day: merge(self.per_day, other.per_day),
            until_disabled: merge(self.until_disabled, other.until_disabled),
            per_year: merge(self.per_year, other.per_year),
            per_escalated_code: self.per_escalated_code.max(other.per_escalated_code),
            before_escalation: self.before_escalation.min(other.before_escalation),
        }
    }

    /// The risk of one code tried against each of this number of accounts.
    #[must_use]
    pub fn sprayed(&self, accounts: u64) -> SprayRisk {
        let first = accounts.min(self.before_escalation);
        let rest = accounts - first;
        SprayRisk {
            accounts,
            expected: self.per_code * float(accounts),
            any: union([(self.per_code, accounts)]),
            expected_at_once: self.per_code * float(first) + self.per_escalated_code * float(rest),
            any_at_once: union([(self.per_code, first), (self.per_escalated_code, rest)]),
        }
    }
}

/// The risk of one kind of method, and the most guesses that an attacker gets in both pools of its
/// budgets.
///
/// The comparisons are those that [`Stats`](crate::maintenance::Stats) counts, without correct secrets. If phone
/// numbers are typed, wrong numbers count among them; [`risk`](Self::risk) excludes these, since a
/// number opens no account.
///
/// ```
/// use sspr::{MethodKind, Policy, PolicySettings};
///
/// let review = Policy::new(PolicySettings::default())?.review();
/// let mail = review.guessing().method(MethodKind::Email).unwrap();
/// assert_eq!((mail.comparisons_per_code, mail.comparisons_per_day), (5, 20));
/// assert!(mail.bits > 26.5);
/// # Ok::<(), sspr::policy::PolicyError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct MethodRisk {
    /// The kind of method.
    pub kind: MethodKind,
    /// The entropy of its weakest code, in bits.
    pub bits: f64,
    /// Guesses at one code.
    pub comparisons_per_code: u64,
    /// Guesses within one flow.
    pub comparisons_per_flow: u64,
    /// Guesses within any 24 hours.
    pub comparisons_per_day: u64,
    /// Guesses until the method is disabled: see [`AccountRisk::until_disabled`].
    pub comparisons_until_disabled: u64,
    /// Guesses within any 365 days, if the owner's correct codes keep ending the run of failures.
    pub comparisons_per_year: u64,
    /// The probabilities that those guesses hit.
    pub risk: AccountRisk,
    /// The number of codes of its weakest channel while the tenant's limit is spent.
    #[serde(skip)]
    escalated: u64,
}

impl MethodRisk {
    fn of(
        settings: &PolicySettings,
        bounds: &Bounds,
        target: &GuessTarget,
        risk: AccountRisk,
    ) -> Self {
        Self {
            kind: target.kind,
            bits: float(target.space).log2(),
            comparisons_per_code: settings.attempts.into(),
            comparisons_per_flow: bounds.flow.of(target),
            comparisons_per_day: bounds.day.of(target),
            comparisons_until_disabled: bounds.disabled.of(target),
            comparisons_per_year: bounds.year.of(target),
            risk,
            escalated: target.escalated,
        }
    }
}

/// The risk of spraying many accounts: one code each, with all its attempts used.
///
/// ```
/// use sspr::{Policy, PolicySettings};
///
/// let review = Policy::new(PolicySettings::nist_aal1())?.review();
/// let spray = review.guessing().sprayed(1_000_000);
/// assert!((spray.expected - 5.0).abs() < 1e-9);
/// // Within one window, the tenant's limit makes codes longer.
/// assert!(spray.expected_at_once < 0.06);
/// # Ok::<(), sspr::policy::PolicyError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct SprayRisk {
    /// The number of accounts that are tried.
    pub accounts: u64,
    /// The number of accounts that are expected to fall, however slowly they are tried.
    pub expected: f64,
    /// The probability that at least one falls, however slowly they are tried.
    pub any: f64,
    /// The number that is expected to fall if all are tried within one window of the tenant's
    /// limit, after which codes are longer.
    pub expected_at_once: f64,
    /// The probability that at least one falls if all are tried within that window.
    pub any_at_once: f64,
}
