//! The owner repudiates a change: what can be undone is undone, and self-service is blocked.

use super::{Address, Transition};
use crate::domain::account::{Account, Method, Provenance};
use crate::domain::crypto::repudiation::RepudiationClaim;
use crate::domain::event::EventKind;
use crate::domain::message::Notice;
use crate::domain::reason::SsprReason;
use crate::domain::refusal::Refusal;
use crate::domain::time::{MAX_SKEW, Timestamp};

/// Voids what has happened since the change of this claim: methods that the user has confirmed or
/// begun, flows with their codes, proofs and grants, known devices and sessions. Self-service is
/// blocked until an administrator unblocks it. `about` is the directory's name of the user, and `tell`
/// gives the addresses that the account has.
///
/// A write in flight cannot be stopped: its flow ends, its notice goes out, and if the directory has
/// written, sessions end again.
///
/// # Errors
///
/// [`Refusal::NotAccepted`] for a claim that has expired, or that an earlier one or an administrator
/// has voided.
pub(crate) fn repudiate(
    transition: &mut Transition<'_>,
    claim: &RepudiationClaim,
    about: &str,
    tell: impl Fn(&Account) -> Vec<Address>,
) -> Result<(), Refusal> {
    transition.sweep();
    let now = transition.now;
    let policy = transition.policy;
    let used = transition.account.repudiated.through.is_some_and(|through| claim.since <= through);
    let ahead = claim.since.max(claim.issued) > now.plus(MAX_SKEW);
    if used || ahead || now >= claim.issued.plus(policy.desk.repudiation_life) {
        return Err(Refusal::NotAccepted);
    }
    let methods = drop_since(transition, claim.since);
    // Looked up after the removal, so that an address added by another person gets no notice.
    let addresses = tell(&transition.account);
    transition.account.devices.clear();
    transition.account.sources.clear();
    transition.account.registration.sittings.clear();
    transition.void_others(None);
    let write = transition.account.numbers.write.advance();
    transition.queue_revocation(write, now, None);
    let state = &mut transition.account.repudiated;
    state.through = Some(now);
    let first = !state.is_blocked();
    state.blocked_since.get_or_insert(now);
    let repudiated = Notice::Repudiated { methods, at: now };
    // An announcement waits for room, and for addresses if there are none.
    if addresses.is_empty() || transition.notify(repudiated, &addresses, now, None).is_err() {
        transition.tell_owner(repudiated);
    }
    if first && policy.desk.repudiation_notice {
        let notice = Notice::OwnerRepudiated { at: now };
        transition.queue_for_administrators(notice, about, None, now, None);
    }
    transition.record(EventKind::Repudiated { since: claim.since, methods, write });
    Ok(())
}

/// Removes the methods that the user has confirmed since then, and those that are not confirmed yet.
/// A method that a removed one was to replace stays. Returns how many active ones were removed.
fn drop_since(transition: &mut Transition<'_>, since: Timestamp) -> u8 {
    let is_new = |method: &&Method| {
        let confirmed =
            method.provenance == Provenance::Confirmed && method.confirmed_at >= Some(since);
        confirmed || method.provenance == Provenance::Unconfirmed
    };
    let methods = transition.account.methods.iter().filter(is_new);
    let new: Vec<_> = methods.map(|method| method.id.clone()).collect();
    let mut removed = 0_u8;
    for id in new {
        if let Some(method) = transition.take_out(&id).filter(Method::active) {
            removed = removed.saturating_add(1);
            transition.record(EventKind::MethodRemoved { method: method.kind, id });
        }
    }
    removed
}

impl Transition<'_> {
    /// Refuses self-service while the owner's repudiation blocks it.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotEligible`].
    pub(super) const fn check_not_repudiated(&self) -> Result<(), Refusal> {
        if self.account.repudiated.is_blocked() {
            return Err(Refusal::NotEligible { reason: SsprReason::Repudiated });
        }
        Ok(())
    }

    /// Ends the block, and voids the links of all notices so far. Returns whether there was one.
    pub(super) fn end_block(&mut self) -> bool {
        let repudiated = &mut self.account.repudiated;
        let blocked = repudiated.blocked_since.take().is_some();
        if blocked {
            repudiated.through = Some(self.now);
        }
        blocked
    }
}
