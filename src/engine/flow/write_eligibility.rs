//! Who may complete a flow now, and which proofs the write requires.

use crate::domain::account::{Account, Effect, Offer};
use crate::domain::identity::facts::UserFacts;
use crate::domain::method::MethodKind;
use crate::domain::reason::SsprReason;
use crate::domain::time::Timestamp;
use crate::engine::core::context::Context;

/// The user for whom the write may happen, and the proofs that it requires.
pub(crate) struct PendingWriteEligibility<'a> {
    pub(crate) user: &'a UserFacts,
    pub(crate) required: u8,
    pub(crate) allowed: Vec<(MethodKind, String)>,
    pub(crate) administrator: bool,
    pub(crate) offers: Vec<Offer>,
}

impl Context {
    pub(crate) fn write_eligibility(
        &self,
        effect: Effect,
        account: &Account,
        now: Timestamp,
    ) -> Result<PendingWriteEligibility<'_>, SsprReason> {
        if effect == Effect::Change {
            let user = self.may_change(account)?;
            let known = MethodKind::Password;
            let allowed = vec![(known, known.as_str().to_owned())];
            let (required, offers) = (1, Vec::new());
            return Ok(PendingWriteEligibility {
                user,
                required,
                allowed,
                administrator: false,
                offers,
            });
        }
        if effect == Effect::Unlock && !self.policy.unlock_without_reset {
            return Err(SsprReason::SwitchedOff);
        }
        let eligible = self.eligible(account, now)?;
        let allowed =
            eligible.candidates.iter().map(|candidate| (candidate.kind, candidate.identity()));
        Ok(PendingWriteEligibility {
            user: eligible.user,
            required: eligible.gates.required,
            allowed: allowed.collect(),
            administrator: eligible.administrator,
            offers: eligible.offers(&self.capabilities),
        })
    }
}
