//! Beginning a directory write. Its notices are in the record before the directory is asked, so no
//! password changes and no lockout is cleared without one. `settle` records how the write ended.

use super::prove::distinct;
use super::settle::unsettle;
use super::write::{MAX_REJECTIONS, PendingWrite};
use super::{Address, Transition};
use crate::domain::account::{
    Effect, FlowId, FlowNumber, Generation, Offer, PendingBody, Proof, Purpose, Unknown, Write,
    WriteNumber, WriteState,
};
use crate::domain::event::{EventKind, FlowEnd};
use crate::domain::identity::ids::UserId;
use crate::domain::identity::writes::SessionKinds;
use crate::domain::message::Notice;
use crate::domain::policy::Deviation;
use crate::domain::reason::SsprReason;
use crate::domain::refusal::Refusal;
use crate::domain::time::{DAY, Timestamp};

/// The command: begin to write a password that satisfies the rules, or to clear a lockout.
pub(crate) struct PendingWriteTerms<'a> {
    pub(crate) effect: Effect,
    pub(crate) flow: &'a FlowId,
    pub(crate) generation: Generation,
    /// The distinct methods that the policy requires now. The flow's own number applies if it is
    /// higher.
    pub(crate) required: u8,
    /// Whether the policy and the facts still allow the method of this proof.
    pub(crate) methods_allowed: &'a (dyn Fn(&Proof) -> bool + Sync),
    pub(crate) stamp: Option<&'a str>,
    pub(crate) tell: &'a [Address],
    /// The administrator who resets, and the name by which the other administrators know them. The
    /// others get a notice.
    pub(crate) administrator: Option<(&'a UserId, &'a str)>,
    /// The source of the request, for the account's list of familiar ones.
    pub(crate) source: Option<[u8; 8]>,
}

/// Checks that the flow holds a live grant under the present policy and facts; returns its number.
///
/// # Errors
///
/// [`Refusal`] if it does not, or if the account was changed outside the engine since the flow
/// began: its proofs are then void. While a write of this flow is not settled, the change may be
/// that write and is no reason to refuse.
fn check_grant(
    transition: &Transition<'_>,
    terms: &PendingWriteTerms<'_>,
) -> Result<FlowNumber, Refusal> {
    transition.check_not_repudiated()?;
    let now = transition.now;
    let flow = transition.account.flow(terms.flow).ok_or(Refusal::Ended)?;
    if flow.purpose != terms.effect.purpose()
        || !flow.live(now)
        || flow.epoch != transition.account.epoch
    {
        return Err(Refusal::Ended);
    }
    if flow.generation != terms.generation {
        return Err(Refusal::TicketReplaced);
    }
    let own_write =
        transition.account.write.as_ref().is_some_and(|write| write.flow == flow.number);
    if !own_write && flow.stamp.as_deref() != terms.stamp {
        return Err(Refusal::Ended);
    }
    let live = flow
        .grant
        .as_ref()
        .filter(|grant| now < grant.expires_at && grant.rejections < MAX_REJECTIONS);
    if live.is_none() {
        // A grant that has run out cannot be earned again. Without a grant, proofs are missing.
        let refusal = if flow.grant.is_some() { Refusal::Ended } else { Refusal::MoreProofNeeded };
        return Err(refusal);
    }
    let allowed: Vec<_> =
        flow.proofs.iter().filter(|proof| (terms.methods_allowed)(proof)).cloned().collect();
    if distinct(&allowed) < flow.required.max(terms.required) {
        return Err(Refusal::MoreProofNeeded);
    }
    Ok(flow.number)
}

/// Begins the write. The notices and the revocation of sessions are in the record before the
/// directory is asked; they are due when the outcome is known or the deadline has passed.
///
/// # Errors
///
/// [`Refusal`] without a live grant, or if the account was changed outside the engine;
/// [`Refusal::Busy`] while a write is in flight; [`Refusal::NotEligible`] without an address for
/// the notice.
pub(crate) fn begin_write(
    transition: &mut Transition<'_>,
    terms: &PendingWriteTerms<'_>,
) -> Result<PendingWrite, Refusal> {
    transition.sweep();
    // Without an address for the notice nothing may be written.
    if terms.tell.is_empty() {
        return Err(Refusal::NotEligible { reason: SsprReason::TooFewMethods });
    }
    let number = check_grant(transition, terms)?;
    let earlier = end_earlier(transition, number)?;
    let flow = transition.account.flow(terms.flow).ok_or(Refusal::Ended)?;
    let methods = flow.proofs.iter().map(|proof| proof.method).collect();
    let changed_outside = flow.stamp.as_deref() != terms.stamp;
    let ask_first =
        earlier.is_some_and(|write| write.flow == number && write.effect == terms.effect);
    if terms.effect == Effect::Change {
        transition.count_act()?;
    }
    let effect = terms.effect;
    let write = start(transition, number, effect, terms.tell)?;
    if let Some((actor, about)) = terms.administrator {
        let (now, lifetimes) = (transition.now, &transition.policy.lifetimes);
        let (notice, due) =
            (Notice::AdministratorMayHaveReset { at: now }, now.plus(lifetimes.directory_write));
        transition.tell_administrators(notice, about, Some(actor), due, Some(write))?;
    }
    let source = terms.source;
    Ok(PendingWrite { effect, write, flow: number, methods, ask_first, changed_outside, source })
}

/// Begins the write of a temporary password, which an administrator sets: an act without a flow,
/// with the notices and the revocation of a reset. A user without any address, as a new one, gets
/// the notice once there is an address.
///
/// # Errors
///
/// [`Refusal::Busy`] while a write is in flight, or if too many notices still wait;
/// [`Refusal::TooOften`].
pub(crate) fn begin_temporary_password(
    transition: &mut Transition<'_>,
    tell: &[Address],
) -> Result<PendingWrite, Refusal> {
    transition.sweep();
    let flow = transition.account.numbers.flow.advance();
    end_earlier(transition, flow)?;
    transition.count_act()?;
    let effect = Effect::Temporary;
    let write = start(transition, flow, effect, tell)?;
    let (methods, source) = (Vec::new(), None);
    let (ask_first, changed_outside) = (false, false);
    Ok(PendingWrite { effect, write, flow, methods, ask_first, changed_outside, source })
}

/// Ends the account's earlier write, if it is not in flight any more, and returns it.
///
/// # Errors
///
/// [`Refusal::Busy`] while it is in flight.
fn end_earlier(
    transition: &mut Transition<'_>,
    acting: FlowNumber,
) -> Result<Option<Write>, Refusal> {
    let now = transition.now;
    let earlier = transition.account.write.clone();
    let in_flight = |write: &Write| write.state == WriteState::Writing && now < write.deadline;
    if let Some(write) = earlier.as_ref().filter(|write| in_flight(write)) {
        return Err(Refusal::Busy { retry_at: write.deadline });
    }
    if let Some(write) = &earlier {
        // Its notice goes out: the owner learns what that write may have done.
        unsettle(transition, write, acting);
    }
    Ok(earlier)
}

fn start(
    transition: &mut Transition<'_>,
    flow: FlowNumber,
    effect: Effect,
    tell: &[Address],
) -> Result<WriteNumber, Refusal> {
    let now = transition.now;
    let number = transition.account.numbers.write.advance();
    let deadline = now.plus(transition.policy.lifetimes.directory_write);
    let state = WriteState::Writing;
    transition.account.write = Some(Write {
        number,
        flow,
        effect,
        started_at: now,
        deadline,
        state,
        unknown: Unknown::NONE,
    });
    let notice = match effect {
        Effect::Reset | Effect::Change | Effect::Temporary => {
            Notice::PasswordMayHaveChanged { at: now }
        }
        Effect::Unlock => Notice::AccountMayHaveBeenUnlocked { at: now },
    };
    if tell.is_empty() {
        transition.announce_after(notice, deadline, number)?;
    } else {
        transition.notify(notice, tell, deadline, Some(number))?;
    }
    if effect.writes_password() {
        transition.queue_revocation(number, deadline, Some(number));
    }
    transition.record(EventKind::DirectoryWriteStarted { flow, write: number });
    Ok(number)
}

impl Effect {
    /// The purpose of the flows with this effect. A temporary password is an administrator's reset.
    pub(crate) const fn purpose(self) -> Purpose {
        match self {
            Self::Reset | Self::Temporary => Purpose::Reset,
            Self::Change => Purpose::Change,
            Self::Unlock => Purpose::Unlock,
        }
    }

    /// Whether it writes a password: then everything outstanding is void, and sessions end.
    pub(crate) const fn writes_password(self) -> bool {
        !matches!(self, Self::Unlock)
    }

    /// The notice to the owner once the directory has written.
    pub(super) const fn notice(self, at: Timestamp) -> Notice {
        match self {
            Self::Reset => Notice::PasswordReset { at },
            Self::Change => Notice::PasswordChanged { at },
            Self::Unlock => Notice::AccountUnlocked { at },
            Self::Temporary => Notice::TemporaryPassword { at },
        }
    }
}

impl Transition<'_> {
    pub(super) fn queue_revocation(
        &mut self,
        write: WriteNumber,
        due: Timestamp,
        held_by: Option<WriteNumber>,
    ) {
        let narrow = self.policy.acknowledged.contains(&Deviation::PasswordSessionsOnly);
        let kinds = if narrow { SessionKinds::PasswordBased } else { SessionKinds::All };
        let body = PendingBody::Revoke { write, authenticated_before: self.now, kinds };
        self.queue(body, due, due.plus(30 * DAY), held_by);
    }
}

/// Checks that the flow may set a password now, before the rules judge one.
pub(crate) fn may_complete(
    transition: &mut Transition<'_>,
    terms: &PendingWriteTerms<'_>,
) -> Result<(), Refusal> {
    transition.sweep();
    check_grant(transition, terms).map(|_| ())
}

/// Sends the flow back to the choice of a method, since the policy now requires other proofs, or
/// more, than the grant was earned with. Proofs that are no longer allowed are dropped.
pub(crate) fn raise_required(
    transition: &mut Transition<'_>,
    terms: &PendingWriteTerms<'_>,
    offers: &[Offer],
) {
    transition.sweep();
    let Some(flow) = transition.account.flow_mut(terms.flow) else { return };
    flow.required = flow.required.max(terms.required);
    flow.proofs.retain(|proof| (terms.methods_allowed)(proof));
    if distinct(&flow.proofs) < flow.required {
        flow.grant = None;
    }
    let (number, none_left) = (flow.number, flow.proofs.is_empty());
    *transition.account.offers = offers.to_vec();
    if none_left && transition.account.write.is_none() {
        transition.drop_flow(number, FlowEnd::Superseded);
    }
}

impl Write {
    /// Whether the deadline has passed without an outcome.
    pub(crate) fn overdue(&self, now: Timestamp) -> bool {
        self.state == WriteState::Writing && now >= self.deadline
    }
}
