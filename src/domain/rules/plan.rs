//! What a user may register now, what is missing, and the smallest set of methods that completes
//! the registration.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::register::{is_kind_full, reaches};
use crate::domain::account::{Account, Expected, Method, Provenance};
use crate::domain::capabilities::Capabilities;
use crate::domain::identity::contact::Destination;
use crate::domain::identity::facts::UserFacts;
use crate::domain::identity::ids::MethodId;
use crate::domain::method::{MethodKind, RegistrationMode};
use crate::domain::policy::Policy;
use crate::domain::rules::binding::{Holdings, Known, MethodToBind, external, is_stale};
use crate::domain::rules::eligibility::{Candidate, EligibleUser, from_directory, satisfies};

/// What a user may register now, and what is missing for a reset.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct RegistrationPlan {
    /// How many further distinct methods a reset requires.
    pub missing: u8,
    /// The kinds that the user may register now, the most secure first.
    pub offered: Vec<OfferedKind>,
    /// The smallest set of further kinds that satisfies the policy for resets and the host's for
    /// sign-ins
    /// ([`SignInContext::with_sign_in_kinds`](crate::method::SignInContext::with_sign_in_kinds)).
    /// The kind that the sign-in needs comes first, then the most secure ones. Show these; the user
    /// may choose others of `offered`. Empty if nothing is missing, and if no set is enough.
    pub proposed: Vec<MethodKind>,
    /// Contact data of an administrator or the directory that the user may confirm now with one code,
    /// by [`Registration::claim_contact`](crate::Registration::claim_contact).
    pub supplied: Vec<SuppliedContact>,
    /// The method that is offered first in a reset, if the user has chosen one.
    pub default: Option<MethodId>,
}

/// A kind of method that the user may register now.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct OfferedKind {
    /// The kind.
    pub kind: MethodKind,
    /// How many active methods of this kind the user has confirmed; 0 for a host-verified kind,
    /// which the host counts.
    pub registered: u8,
    /// How many an account may have; `None` if the policy has no limit.
    pub max: Option<u8>,
}

/// Contact data that the user has not confirmed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct SuppliedContact {
    /// Its kind.
    pub kind: MethodKind,
    /// The address or number, masked.
    pub masked: String,
}

/// Whether a user has registered, may reset, can do both, and has any method.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RegistrationStatus {
    /// Whether the user has as many distinct methods as a reset requires, once the holds have
    /// passed, whether or not the user may reset (Entra: `isSsprRegistered`). A host-verified
    /// method whose host fails counts as not registered.
    pub registered: bool,
    /// Whether the policy and the directory's facts let the user reset; methods may be missing
    /// (Entra: `isSsprEnabled`).
    pub enabled: bool,
    /// Whether the user is registered and enabled (Entra: `isSsprCapable`).
    pub capable: bool,
    /// Whether any method is registered, of a kind that counts or not (the older reports of Entra:
    /// `isRegistered`).
    pub any_method: bool,
}

/// Computes the facts. `eligible` has the gates that would apply to the user.
pub(crate) fn registration_status(
    account: &Account,
    policy: &Policy,
    eligible: Option<&EligibleUser<'_>>,
    enabled: bool,
) -> RegistrationStatus {
    let registered = eligible.is_some_and(|user| user.is_complete(account, policy));
    let any_method = account.methods.iter().any(Method::active)
        || eligible.is_some_and(|user| !user.available.is_empty());
    RegistrationStatus { registered, enabled, capable: registered && enabled, any_method }
}

/// Whether the policy lets users register this kind by themselves, and in this mode.
pub(crate) fn is_open(
    mode: RegistrationMode,
    account: &Account,
    policy: &Policy,
    user: &UserFacts,
    kind: MethodKind,
) -> bool {
    let interrupts = mode == RegistrationMode::Interrupt;
    match kind {
        MethodKind::OfficePhone => {
            policy.registration.office_phone
                && (!interrupts || from_directory(kind, user, policy).is_some())
        }
        // An interrupted sign-in offers no second number: it would be an alternate phone.
        MethodKind::MobilePhone => !interrupts || registered(account, kind) == 0,
        _ => true,
    }
}

/// Active methods of this kind that the user has confirmed.
fn registered(account: &Account, kind: MethodKind) -> usize {
    let counts = |method: &&Method| {
        method.kind == kind
            && method.active()
            && method.provenance == Provenance::Confirmed
            && !is_stale(account, method)
    };
    account.methods.iter().filter(counts).count()
}

/// Whether the account has a method of a kind that the host's sign-in requires. An empty set
/// requires none.
pub(crate) fn sign_in_is_met(
    account: &Account,
    policy: &Policy,
    holdings: &Holdings<'_>,
    kinds: &BTreeSet<MethodKind>,
) -> bool {
    kinds.is_empty()
        || holdings.counted(account, policy).iter().any(|held| kinds.contains(&held.kind))
}

/// The address of this kind that an administrator, else the directory, supplied and the user has
/// not confirmed.
pub(crate) fn supplied_contact(
    account: &Account,
    policy: &Policy,
    user: &UserFacts,
    kind: MethodKind,
) -> Option<Destination> {
    let of_kind = || account.methods.iter().filter(move |method| method.kind == kind);
    let mut supplied = of_kind()
        .filter(|method| method.active() && method.provenance == Provenance::Administrator)
        .filter_map(Method::destination);
    let to = supplied.next().cloned().or_else(|| from_directory(kind, user, policy))?;
    let own = |method: &Method| {
        method.active()
            && method.provenance == Provenance::Confirmed
            && !is_stale(account, method)
            && reaches(method, &to)
    };
    let is_confirmed = of_kind().any(own);
    (!is_confirmed).then_some(to)
}

/// What a plan depends on.
pub(crate) struct Planner<'a> {
    pub(crate) account: &'a Account,
    pub(crate) policy: &'a Policy,
    pub(crate) holdings: Holdings<'a>,
    pub(crate) capabilities: &'a Capabilities,
    pub(crate) mode: RegistrationMode,
    /// Whether the sign-in has a second factor, or one that only has to be proven again.
    pub(crate) second_factor: bool,
    /// The host's sign-in requires a method of one of these kinds.
    pub(crate) sign_in: &'a BTreeSet<MethodKind>,
}

impl Planner<'_> {
    pub(crate) fn plan(&self) -> RegistrationPlan {
        let gates = self.holdings.gates;
        let held = self.held();
        let offered: Vec<MethodKind> = MethodKind::BY_STRENGTH
            .into_iter()
            .filter(|kind| gates.methods.contains(kind) && self.is_offered(*kind))
            .collect();
        let count = |kind| u8::try_from(registered(self.account, kind)).unwrap_or(u8::MAX);
        let shown = |kind: &MethodKind| OfferedKind {
            kind: *kind,
            registered: count(*kind),
            max: self.policy.registration.max.of(*kind),
        };
        RegistrationPlan {
            missing: missing(&held, gates.required),
            proposed: self.proposed(&held, &offered),
            offered: offered.iter().map(shown).collect(),
            supplied: self.supplied(),
            default: self.account.registration.default.clone(),
        }
    }

    /// The methods that count toward a reset, once every hold is over.
    fn held(&self) -> Vec<Candidate> {
        let provable = |expected: &Expected| match expected {
            Expected::RecoveryCode(id) => {
                let method = self.account.method(id);
                method.is_some_and(|method| method.provable(&self.policy.questions))
            }
            _ => true,
        };
        let mut held = self.holdings.counted(self.account, self.policy);
        let gates = self.holdings.gates;
        held.retain(|held| gates.methods.contains(&held.kind) && provable(&held.expected));
        held
    }

    /// Contact data of an administrator or the directory, of the kinds that the gates count, which
    /// the user has not confirmed and may confirm now.
    fn supplied(&self) -> Vec<SuppliedContact> {
        let Holdings { user, gates, .. } = self.holdings;
        let contact = |kind: &MethodKind| {
            let to = supplied_contact(self.account, self.policy, user, *kind)?;
            let masked = to.masked();
            self.admits(*kind, Some(&to)).then_some(SuppliedContact { kind: *kind, masked })
        };
        let counted = MethodKind::CONTACTS.iter().filter(|kind| gates.methods.contains(kind));
        counted.filter_map(contact).collect()
    }

    fn is_offered(&self, kind: MethodKind) -> bool {
        // A user cannot add a token, only confirm one that an administrator has supplied.
        let waits = |method: &Method| method.kind == kind && !method.active();
        let is_there = kind != MethodKind::OathToken || self.account.methods.iter().any(waits);
        is_there && self.admits(kind, None)
    }

    /// Whether the policy, this engine and this sign-in let the user add a method of this kind, to
    /// this address if it is known.
    fn admits(&self, kind: MethodKind, to: Option<&Destination>) -> bool {
        let Self { account, policy, holdings, .. } = self;
        let new = MethodToBind::new(account, kind, to, None);
        let optional = !policy.registration.second_factor_to_change
            || holdings.second_factor(account, policy, &new) != Known::Yes;
        (self.second_factor || (optional && kind != MethodKind::Passkey))
            && self.capabilities.channels_of(kind).next().is_some()
            && is_open(self.mode, account, policy, holdings.user, kind)
            && (is_whole_set(kind) || !is_kind_full(account, policy, kind, None))
    }

    /// The first of the smallest sets of offered kinds that are enough, in the order of the offers.
    /// Two further methods are always enough: of two that a reset requires, one may be of a kind
    /// that the sign-in requires.
    fn proposed(&self, held: &[Candidate], offered: &[MethodKind]) -> Vec<MethodKind> {
        let required = self.holdings.gates.required;
        let met = sign_in_is_met(self.account, self.policy, &self.holdings, self.sign_in);
        let is_enough = |new: &[MethodKind]| {
            let mut all = held.to_vec();
            all.extend(new.iter().map(|kind| external(*kind)));
            satisfies(&all, required) && (met || new.iter().any(|kind| self.sign_in.contains(kind)))
        };
        let pairs = offered.iter().enumerate().flat_map(|(place, first)| {
            offered[place + 1..].iter().map(move |second| vec![*first, *second])
        });
        let singles = offered.iter().map(|kind| vec![*kind]);
        let mut sets = std::iter::once(Vec::new()).chain(singles).chain(pairs);
        let mut proposed = sets.find(|set| is_enough(set)).unwrap_or_default();
        proposed.sort_by_key(|kind| !met && !self.sign_in.contains(kind));
        proposed
    }
}

/// Whether a new method of this kind replaces the one before it, as a whole.
const fn is_whole_set(kind: MethodKind) -> bool {
    matches!(kind, MethodKind::RecoveryCode | MethodKind::SecurityQuestions)
}

/// How many further distinct methods are required.
fn missing(held: &[Candidate], required: u8) -> u8 {
    (0..required).find(|count| satisfies(held, required - count)).unwrap_or(required)
}
