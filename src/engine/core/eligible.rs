//! Whether the user of a request may reset, with which gates and methods, and every reason against it.

use std::collections::BTreeSet;

use crate::domain::account::{Account, Expected, Offer};
use crate::domain::capabilities::Capabilities;
use crate::domain::crypto::ticket::{TicketClaims, TicketSubject};
use crate::domain::identity::facts::UserFacts;
use crate::domain::method::ChallengeOption;
use crate::domain::policy::Gates;
use crate::domain::reason::SsprReason;
use crate::domain::rules::effective::EffectivePolicy;
use crate::domain::rules::eligibility::{Candidate, candidates, options, satisfies};
use crate::domain::rules::{Address, addresses_to_tell};
use crate::domain::time::Timestamp;
use crate::engine::core::context::Context;

/// An existing user who may reset, with the gates and methods that apply.
pub(crate) struct Eligible<'a> {
    pub(crate) user: &'a UserFacts,
    pub(crate) gates: &'a Gates,
    pub(crate) administrator: bool,
    pub(crate) candidates: Vec<Candidate>,
}

impl Context {
    /// Whether this user may reset now, and with which methods.
    pub(crate) fn eligible(
        &self,
        account: &Account,
        now: Timestamp,
    ) -> Result<Eligible<'_>, SsprReason> {
        let (user, effective) = self.known()?;
        if let Some(first) = self.against(account, now).first() {
            return Err(*first);
        }
        let candidates = self.candidates(account, user, &effective.gates, now);
        let administrator = effective.administrator;
        Ok(Eligible { user, gates: &effective.gates, administrator, candidates })
    }

    /// The user, and the rules that apply.
    pub(crate) fn known(&self) -> Result<(&UserFacts, &EffectivePolicy), SsprReason> {
        self.user.as_ref().zip(self.effective.as_ref()).ok_or(self.unknown())
    }

    /// Every reason against a reset of this user, in order; none without a user.
    pub(crate) fn against(&self, account: &Account, now: Timestamp) -> BTreeSet<SsprReason> {
        let Ok((user, effective)) = self.known() else { return BTreeSet::new() };
        let mut reasons = effective.against_reset().clone();
        // The record of a previous user with this id says nothing about the methods of this one.
        if !account.is_of(user.incarnation.as_deref()) {
            reasons.insert(SsprReason::OtherIncarnation);
            return reasons;
        }
        if account.repudiated.is_blocked() {
            reasons.insert(SsprReason::Repudiated);
        }
        if self.stored {
            reasons.extend(self.against_methods(account, user, &effective.gates, now));
        }
        reasons
    }

    /// Why the user's methods are not enough: there are too few, or this engine can verify too few.
    fn against_methods(
        &self,
        account: &Account,
        user: &UserFacts,
        gates: &Gates,
        now: Timestamp,
    ) -> Option<SsprReason> {
        if satisfies(&self.candidates(account, user, gates, now), gates.required) {
            return None;
        }
        let all = candidates(account, user, &self.policy, gates, &self.available, now);
        let enough = satisfies(&all, gates.required);
        Some(if enough { SsprReason::ServiceIncomplete } else { SsprReason::TooFewMethods })
    }

    /// Why there is no user.
    pub(crate) const fn unknown(&self) -> SsprReason {
        if self.shared.is_some() { SsprReason::SeveralUsers } else { SsprReason::UnknownUser }
    }

    /// Whether the ticket's user may reset now. A decoy ticket keeps its reason.
    pub(crate) fn claimed_eligible(
        &self,
        claim: &TicketClaims,
        account: &Account,
        now: Timestamp,
    ) -> Result<Eligible<'_>, SsprReason> {
        match &claim.subject {
            TicketSubject::Decoy { reason, .. } => Err(*reason),
            TicketSubject::User(_) => self.eligible(account, now),
        }
    }

    /// The methods that the user could prove now and that this engine can use.
    pub(crate) fn candidates(
        &self,
        account: &Account,
        user: &UserFacts,
        gates: &Gates,
        now: Timestamp,
    ) -> Vec<Candidate> {
        let all = candidates(account, user, &self.policy, gates, &self.available, now);
        let reachable =
            |method: &Candidate| self.capabilities.channels_of(method.kind).next().is_some();
        all.into_iter().filter(reachable).collect()
    }

    pub(crate) fn addresses(&self, account: &Account) -> Vec<Address> {
        let user = self.user.as_ref();
        let tenant = self.tenant.as_ref();
        let channels = &self.capabilities.channels;
        user.map(|user| addresses_to_tell(account, user, tenant, &self.policy, channels))
            .unwrap_or_default()
    }
}

impl Eligible<'_> {
    /// The options that the user may choose, with masked destinations.
    pub(crate) fn offers(&self, capabilities: &Capabilities) -> Vec<Offer> {
        let masked = |option: &ChallengeOption| {
            let found = self.candidate(*option).map(|found| &found.expected);
            found.and_then(Expected::destination).map(|to| to.masked()).unwrap_or_default()
        };
        let options = options(&self.candidates, capabilities);
        options.iter().map(|option| Offer { option: *option, masked: masked(option) }).collect()
    }

    pub(crate) fn candidate(&self, option: ChallengeOption) -> Option<&Candidate> {
        self.candidates
            .iter()
            .find(|method| method.kind == option.method() && method.index == option.index())
    }
}
