//! Which methods a user can prove, and whether they are enough.

use std::collections::BTreeSet;

use crate::domain::account::{Account, Expected, Method, Provenance};
use crate::domain::capabilities::Capabilities;
use crate::domain::identity::contact::{ContactSlot, Destination};
use crate::domain::identity::facts::UserFacts;
use crate::domain::method::{ChallengeOption, MethodKind};
use crate::domain::policy::{Gates, Policy};
use crate::domain::time::Timestamp;

/// A method that the user could prove now.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Candidate {
    pub(crate) kind: MethodKind,
    pub(crate) expected: Expected,
    /// Its place among the user's methods of this kind.
    pub(crate) index: u8,
}

impl Candidate {
    pub(crate) fn identity(&self) -> String {
        self.expected.identity(self.kind)
    }
}

/// The methods that the user could prove now. Of each kind: those that the user confirmed, else
/// those that an administrator supplied, else the directory's. Host-verified kinds are added if
/// they are `available` to the user.
pub(crate) fn candidates(
    account: &Account,
    user: &UserFacts,
    policy: &Policy,
    gates: &Gates,
    available: &[MethodKind],
    now: Timestamp,
) -> Vec<Candidate> {
    let mut all = Vec::new();
    let first = account.registration.default.as_ref();
    let superseded: &Vec<_> = &account.superseded(now).collect();
    for kind in &gates.methods {
        let stored = |provenance: Provenance| {
            let is_usable = |method: &&Method| {
                method.kind == *kind
                    && method.active()
                    && method.provenance == provenance
                    && method.usable_from <= now
                    && !superseded.contains(&&method.id)
                    && method.destination().is_none_or(|to| policy.numbers.allows(to))
                    && (method.provable(&policy.questions) || account.has_proven(&method.id))
            };
            let mut usable: Vec<_> = account.methods.iter().filter(is_usable).collect();
            // A stable sort: the method that the user prefers comes first.
            usable.sort_by_key(|method| first != Some(&method.id));
            usable.into_iter().map(|method| method.expected()).collect::<Vec<_>>()
        };
        let mut found = stored(Provenance::Confirmed);
        if found.is_empty() && policy.contacts.administrator {
            found = stored(Provenance::Administrator);
        }
        if found.is_empty() && policy.contacts.directory {
            let held = from_directory(*kind, user, policy);
            let allowed = held.filter(|to| policy.numbers.allows(to));
            found = allowed.map(Expected::Sent).into_iter().collect();
        }
        if available.contains(kind) {
            found.push(Expected::External);
        }
        let numbered = found.into_iter().zip(0_u8..);
        all.extend(numbered.map(|(expected, index)| Candidate { kind: *kind, expected, index }));
    }
    all
}

/// What the directory holds for this kind, if it is well formed.
pub(crate) fn from_directory(
    kind: MethodKind,
    user: &UserFacts,
    policy: &Policy,
) -> Option<Destination> {
    let slot = match kind {
        MethodKind::Email => ContactSlot::AlternateMail,
        MethodKind::MobilePhone => ContactSlot::MobilePhone,
        MethodKind::OfficePhone => ContactSlot::OfficePhone,
        _ => return None,
    };
    user.usable_contact(slot, policy.contacts.phone_format)
}

/// A user who may register methods, and what counts for that user.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EligibleUser<'a> {
    pub(crate) user: &'a UserFacts,
    pub(crate) gates: &'a Gates,
    /// The host-verified kinds that this user has.
    pub(crate) available: &'a [MethodKind],
}

impl EligibleUser<'_> {
    /// Whether the account's methods suffice for a reset once every hold is over. If an
    /// administrator has required a new registration, only methods added since then count, and
    /// host-verified ones.
    pub(crate) fn is_complete(&self, account: &Account, policy: &Policy) -> bool {
        let Self { user, gates, available } = self;
        let mut all = candidates(account, user, policy, gates, available, Timestamp::MAX);
        if let Some(since) = account.registration.required_since {
            let is_new = |method: &Method| {
                method.provenance == Provenance::Confirmed && method.added_at >= since
            };
            all.retain(|candidate| {
                let own = |method: &&Method| method.expected() == candidate.expected;
                candidate.expected == Expected::External
                    || account.methods.iter().filter(own).any(is_new)
            });
        }
        satisfies(&all, gates.required)
    }
}

/// Whether `required` *distinct* methods are among these candidates: distinct by class and
/// destination.
pub(crate) fn satisfies(candidates: &[Candidate], required: u8) -> bool {
    match required {
        0 | 1 => !candidates.is_empty(),
        _ => candidates
            .iter()
            .enumerate()
            .any(|(place, left)| candidates[place + 1..].iter().any(|right| distinct(left, right))),
    }
}

pub(in crate::domain) fn distinct(left: &Candidate, right: &Candidate) -> bool {
    !left.kind.same_class(right.kind) && left.identity() != right.identity()
}

/// The options that these methods give.
pub(crate) fn options(
    candidates: &[Candidate],
    capabilities: &Capabilities,
) -> Vec<ChallengeOption> {
    let indexed = |candidate: &Candidate, channel| {
        ChallengeOption::indexed(candidate.kind, channel, candidate.index).ok()
    };
    candidates
        .iter()
        .flat_map(|candidate| {
            capabilities
                .channels_of(candidate.kind)
                .filter_map(move |channel| indexed(candidate, channel))
        })
        .collect()
}

/// The options of these kinds, the same for every caller: what a uniform reply shows.
pub(crate) fn kind_options(
    kinds: &BTreeSet<MethodKind>,
    capabilities: &Capabilities,
) -> Vec<ChallengeOption> {
    kinds
        .iter()
        .flat_map(|kind| capabilities.channels_of(*kind).map(move |channel| (*kind, channel)))
        .filter_map(|(kind, channel)| ChallengeOption::new(kind, channel).ok())
        .collect()
}
