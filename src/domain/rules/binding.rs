//! What an account holds when a method is bound to it, and whether binding takes a second factor.
//!
//! A first registration binds as many methods as a reset requires, each after a fresh sign-in (NIST
//! SP 800-63B-4, 4.1.2). After that the sign-in must have a second factor. In between, a password
//! alone may add only the methods that complete the registration: with a stolen password an
//! attacker can add one method beside the owner's, but never two that pass a reset without the
//! owner's.
//!
//! A method is held even if it cannot be used now: because it is on hold, because the policy no
//! longer counts its kind, or because its channel is down. If the host has not answered, the result
//! is unknown, which admits nothing.

use crate::domain::account::{Account, Expected, Factor, Method, Provenance};
use crate::domain::identity::contact::Destination;
use crate::domain::identity::facts::UserFacts;
use crate::domain::method::{MethodKind, Verification};
use crate::domain::policy::{Gates, Policy};
use crate::domain::rules::eligibility::{
    Candidate, candidates, distinct, from_directory, satisfies,
};
use crate::domain::time::Timestamp;

/// A fact about an account: unknown if it depends on what the host has not answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Known {
    Yes,
    No,
    Unknown,
}

impl Known {
    /// `least` is the result for the methods that are known to exist, `most` with those that may
    /// exist.
    const fn between(least: bool, most: bool) -> Self {
        match (least, most) {
            (true, true) => Self::Yes,
            (false, false) => Self::No,
            _ => Self::Unknown,
        }
    }
}

/// What the account holds outside its record.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Holdings<'a> {
    pub(crate) user: &'a UserFacts,
    pub(crate) gates: &'a Gates,
    /// The host-verified kinds that the user has.
    pub(crate) external: &'a [MethodKind],
    /// The host-verified kinds that the user may have: the host has not answered.
    pub(crate) unsure: &'a [MethodKind],
}

/// The method to be bound.
#[derive(Clone, Debug)]
pub(crate) struct MethodToBind {
    candidate: Candidate,
    /// Whether it replaces a method that counts.
    displaces: bool,
}

impl MethodToBind {
    /// A method of this kind, with this address if it has one, that replaces `replaced`.
    pub(crate) fn new(
        account: &Account,
        kind: MethodKind,
        to: Option<&Destination>,
        replaced: Option<&Method>,
    ) -> Self {
        let expected = to.cloned().map_or(Expected::External, Expected::Sent);
        let displaces = replaced.is_some_and(|method| !is_stale(account, method));
        Self { candidate: Candidate { kind, expected, index: 0 }, displaces }
    }

    /// Whether one of these methods has the same kind and address. Confirming the address again
    /// gives the account no further method.
    fn is_among(&self, held: &[Candidate]) -> bool {
        let Candidate { kind, expected, .. } = &self.candidate;
        let same =
            |held: &Candidate| held.kind == *kind && held.identity() == self.candidate.identity();
        matches!(expected, Expected::Sent(_)) && held.iter().any(same)
    }

    /// The method to bind when this pending one is confirmed.
    pub(crate) fn of(account: &Account, method: &Method) -> Self {
        let to = match &method.factor {
            Factor::Address(destination) => Some(destination),
            Factor::Oath(_) | Factor::RecoveryCode(_) | Factor::SecurityQuestions(_) => None,
        };
        let replaced = method.replaces.as_ref().and_then(|id| account.method(id));
        Self::new(account, method.kind, to, replaced)
    }
}

/// Whether an administrator has required a new registration since this method was added.
pub(crate) fn is_stale(account: &Account, method: &Method) -> bool {
    account.registration.required_since.is_some_and(|since| method.added_at < since)
}

impl Holdings<'_> {
    /// Whether the account holds anything. If it does, a new address has a hold.
    pub(crate) fn any(&self, account: &Account, policy: &Policy) -> Known {
        let registered = account.methods.iter().any(Method::active);
        // Kinds that the policy withholds now are included: their data is still the owner's address.
        let directory = policy.contacts.directory
            && MethodKind::CONTACTS
                .iter()
                .any(|kind| from_directory(*kind, self.user, policy).is_some());
        let least = registered || directory || !self.external.is_empty();
        Known::between(least, least || !self.unsure.is_empty())
    }

    /// Whether binding this method takes a second factor under a policy that requires one.
    pub(crate) fn second_factor(
        &self,
        account: &Account,
        policy: &Policy,
        new: &MethodToBind,
    ) -> Known {
        let least = self.counted(account, policy);
        let unsure = self.unsure.iter().map(|kind| external(*kind));
        let most: Vec<_> = least.iter().cloned().chain(unsure).collect();
        let is_used = self.counts(account, policy, new);
        let completes = |held: &[Candidate]| {
            let apart = |candidate: &Candidate| distinct(candidate, &new.candidate);
            held.is_empty()
                || (!new.displaces
                    && (is_used
                        || (!satisfies(held, self.gates.required) && held.iter().any(apart))))
        };
        Known::between(!completes(&least), !completes(&most))
    }

    /// Whether a reset uses this address already, since an administrator or the directory supplied
    /// it. While the account has a better address of the same kind, supplied data does not count:
    /// confirming it then adds a method, although the address is known.
    pub(crate) fn counts(&self, account: &Account, policy: &Policy, new: &MethodToBind) -> bool {
        let Self { user, gates, external, .. } = self;
        let used = candidates(account, user, policy, gates, external, Timestamp::MAX);
        new.is_among(&self.counted(account, policy)) && new.is_among(&used)
    }

    /// Whether adding a method takes a second factor for every kind that the policy counts.
    pub(crate) fn always_second_factor(&self, account: &Account, policy: &Policy) -> Known {
        let kinds =
            self.gates.methods.iter().filter(|kind| kind.verification() != Verification::External);
        let mut wanted = Known::Yes;
        for kind in kinds {
            match self.second_factor(
                account,
                policy,
                &MethodToBind::new(account, *kind, None, None),
            ) {
                Known::No => return Known::No,
                Known::Unknown => wanted = Known::Unknown,
                Known::Yes => {}
            }
        }
        wanted
    }

    /// The methods that count toward a reset, as if every hold were over and every channel up.
    /// After an administrator has required a new registration, only later methods count, and
    /// host-verified ones.
    pub(super) fn counted(&self, account: &Account, policy: &Policy) -> Vec<Candidate> {
        let counts = |method: &&Method| {
            let provenance_counts = match method.provenance {
                Provenance::Administrator => policy.contacts.administrator,
                _ => true,
            };
            // A set from which the policy has removed too many questions does not count.
            let is_whole =
                method.kind != MethodKind::SecurityQuestions || method.provable(&policy.questions);
            method.active() && provenance_counts && is_whole && !is_stale(account, method)
        };
        let held = account.methods.iter().filter(counts).map(|method| Candidate {
            kind: method.kind,
            expected: method.expected(),
            index: 0,
        });
        let directory_counts =
            policy.contacts.directory && account.registration.required_since.is_none();
        let directory = self.directory(policy).filter(|_| directory_counts);
        held.chain(directory).chain(self.external.iter().map(|kind| external(*kind))).collect()
    }

    fn directory(&self, policy: &Policy) -> impl Iterator<Item = Candidate> {
        self.gates.methods.iter().filter_map(|kind| {
            let expected = Expected::Sent(from_directory(*kind, self.user, policy)?);
            Some(Candidate { kind: *kind, expected, index: 0 })
        })
    }
}

pub(super) const fn external(kind: MethodKind) -> Candidate {
    Candidate { kind, expected: Expected::External, index: 0 }
}
