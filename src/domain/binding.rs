//! What the account holds when another method is to be bound to it, and what binding it takes.
//!
//! A first registration binds as many methods as a reset wants, each after a fresh sign-in (NIST SP
//! 800-63B-4, 4.1.2). From then on the sign-in must hold a second factor. Between the two, a password
//! alone may add only what completes the registration: whoever has stolen it can put one method beside
//! the owner's, but never two that pass a reset without the owner's.
//!
//! What is held is looked at as it exists, not as it can be reached or used now: a method on hold, of
//! a kind that the policy has stopped counting, or whose channel is down, is held. What the host has
//! not answered is unknown, and unknown is no answer.

use super::account::{Account, Expected, Factor, Method, Provenance};
use super::contact::Destination;
use super::eligibility::{Candidate, distinct, from_directory, satisfies};
use super::facts::UserFacts;
use super::method::{MethodKind, Verification};
use super::policy::{Gates, Policy};

/// The answer to a question about an account, where a part of the host may not have answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Known {
    Yes,
    No,
    Unknown,
}

impl Known {
    /// `least` counts what is known to exist, `most` also what may exist.
    const fn between(least: bool, most: bool) -> Self {
        match (least, most) {
            (true, true) => Self::Yes,
            (false, false) => Self::No,
            _ => Self::Unknown,
        }
    }
}

/// What the account holds beside its record.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Holdings<'a> {
    pub(crate) user: &'a UserFacts,
    pub(crate) gates: &'a Gates,
    /// The kinds that the host verifies and says that the user has.
    pub(crate) external: &'a [MethodKind],
    /// The kinds that the host verifies and of which it has not said whether the user has them.
    pub(crate) unsure: &'a [MethodKind],
}

/// The method that is to be bound.
#[derive(Clone, Debug)]
pub(crate) struct Newcomer {
    candidate: Candidate,
    /// Whether it takes the place of a method that counts, which adding does not.
    displaces: bool,
}

impl Newcomer {
    /// A method of this kind, at this address if it has one, in the place of `replaced`.
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

    /// The newcomer that this pending method is.
    pub(crate) fn of(account: &Account, method: &Method) -> Self {
        let to = match &method.factor {
            Factor::Address(destination) => Some(destination),
            Factor::Oath(_) | Factor::RecoveryCode(_) => None,
        };
        let replaced = method.replaces.as_ref().and_then(|id| account.method(id));
        Self::new(account, method.kind, to, replaced)
    }
}

/// Whether an administrator has wanted the registration made again since this method was added.
pub(crate) fn is_stale(account: &Account, method: &Method) -> bool {
    account.registration.required_since.is_some_and(|since| method.added_at < since)
}

impl Holdings<'_> {
    /// Whether anything is held: then a new address waits out the hold.
    pub(crate) fn any(&self, account: &Account, policy: &Policy) -> Known {
        let registered = account.methods.iter().any(Method::active);
        let directory = policy.contacts.directory && self.directory().next().is_some();
        let least = registered || directory || !self.external.is_empty();
        Known::between(least, least || !self.unsure.is_empty())
    }

    /// Whether binding this method takes a second factor, where the policy wants one.
    pub(crate) fn second_factor(
        &self,
        account: &Account,
        policy: &Policy,
        new: &Newcomer,
    ) -> Known {
        let least = self.counted(account, policy);
        let unsure = self.unsure.iter().map(|kind| external(*kind));
        let most: Vec<_> = least.iter().cloned().chain(unsure).collect();
        let completes = |held: &[Candidate]| {
            let apart = |candidate: &Candidate| distinct(candidate, &new.candidate);
            held.is_empty()
                || (!new.displaces
                    && !satisfies(held, self.gates.required)
                    && held.iter().any(apart))
        };
        Known::between(!completes(&least), !completes(&most))
    }

    /// Whether another method of any kind that the policy counts takes a second factor.
    pub(crate) fn always_second_factor(&self, account: &Account, policy: &Policy) -> Known {
        let kinds =
            self.gates.methods.iter().filter(|kind| kind.verification() != Verification::External);
        let mut wanted = Known::Yes;
        for kind in kinds {
            match self.second_factor(account, policy, &Newcomer::new(account, *kind, None, None)) {
                Known::No => return Known::No,
                Known::Unknown => wanted = Known::Unknown,
                Known::Yes => {}
            }
        }
        wanted
    }

    /// What counts toward a reset, with every hold passed and every channel up. Since an administrator
    /// has wanted it registered again, only what came later does, and what the host verifies.
    fn counted(&self, account: &Account, policy: &Policy) -> Vec<Candidate> {
        let held = account.methods.iter().filter(|method| {
            let counts = match method.provenance {
                Provenance::Administrator => policy.contacts.administrator,
                _ => true,
            };
            method.active() && counts && !is_stale(account, method)
        });
        let held = held.map(|method| Candidate {
            kind: method.kind,
            expected: method.expected(),
            index: 0,
        });
        let directory = policy.contacts.directory && account.registration.required_since.is_none();
        let directory = self.directory().filter(|_| directory);
        held.chain(directory).chain(self.external.iter().map(|kind| external(*kind))).collect()
    }

    fn directory(&self) -> impl Iterator<Item = Candidate> {
        self.gates.methods.iter().filter_map(|kind| {
            let expected = Expected::Sent(from_directory(*kind, self.user)?);
            Some(Candidate { kind: *kind, expected, index: 0 })
        })
    }
}

const fn external(kind: MethodKind) -> Candidate {
    Candidate { kind, expected: Expected::External, index: 0 }
}
