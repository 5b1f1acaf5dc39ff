//! The completion of a flow: the grant, the password rules and the pending write. `write.rs` calls
//! the directory, and `write_eligibility.rs` says who may complete.

use crate::domain::account::{Account, Effect, Offer, Proof, Purpose};
use crate::domain::crypto::flow_ticket::FlowTicket;
use crate::domain::crypto::secret::SecretText;
use crate::domain::crypto::ticket::TicketClaims;
use crate::domain::event::ActorKind;
use crate::domain::method::MethodKind;
use crate::domain::refusal::Refusal;
use crate::domain::rules::{
    Address, PendingWriteTerms, Transition, begin_write, may_complete, raise_required,
    reject_password, time_of,
};
use crate::engine::api::error::{Error, Fault, FaultOrigin};
use crate::engine::api::reply::Reply;
use crate::engine::api::request::Request;
use crate::engine::core::Core;
use crate::engine::core::commit::Origin;
use crate::engine::core::context::Context;
use crate::engine::flow::step::reply;
use crate::engine::flow::write::{Rejected, WriteScope, judge};

/// The facts, the ticket and the notices of one completion.
struct PendingWriteScope<'a> {
    at: WriteScope<'a>,
    claim: &'a TicketClaims,
    required: u8,
    allowed: Vec<(MethodKind, String)>,
    tell: Vec<Address>,
    /// The name of the administrator whose reset the other administrators are notified of.
    administrator: Option<String>,
    offers: Vec<Offer>,
    /// The digest under which the account would store the source of the request.
    source: Option<[u8; 8]>,
}

impl PendingWriteScope<'_> {
    fn terms<'b>(&'b self, allowed: &'b (dyn Fn(&Proof) -> bool + Sync)) -> PendingWriteTerms<'b> {
        PendingWriteTerms {
            effect: self.at.effect,
            flow: &self.claim.flow,
            generation: self.claim.generation,
            required: self.required,
            methods_allowed: allowed,
            stamp: self.at.user.change_stamp.as_deref(),
            tell: &self.tell,
            administrator: self.administrator.as_deref().map(|name| (&self.at.user.id, name)),
            source: self.source,
        }
    }

    /// Whether a proof still counts: its method is allowed now, and the account still has it.
    fn allows(&self, proof: &Proof) -> bool {
        self.allowed.iter().any(|(kind, to)| *kind == proof.method && *to == proof.identity)
    }
}

/// Writes the password, or clears the lockout if no password is given.
pub(crate) async fn complete<T: FlowTicket>(
    core: &Core,
    request: &Request,
    ticket: &T,
    effect: Effect,
    password: Option<&SecretText>,
) -> Result<Reply<T>, Error> {
    let (tenant, arrival) = (&request.tenant, core.clock.now());
    let claim = &ticket.open(tenant, &core.keys)?;
    // The reads are the same for a decoy ticket as for one without a grant.
    let (mut context, target, loaded) = core.flow_state(tenant, claim, true).await?;
    let now = time_of(&loaded.account, arrival);
    claim.check_time(context.policy.lifetimes.flow, now)?;
    check_stage(claim, &loaded.account)?;
    check_proofs_known(&mut context, claim, &loaded.account)?;
    // A reason is disclosed here because the flow has a grant.
    let refused = |reason| Refusal::NotEligible { reason };
    let eligible = context.write_eligibility(effect, &loaded.account, now).map_err(refused)?;
    let mut scope = PendingWriteScope {
        at: WriteScope {
            effect,
            context: &context,
            user: eligible.user,
            target: &target,
            origin: Origin::of(request, ActorKind::User),
            expires_at: None,
        },
        claim,
        required: eligible.required,
        allowed: eligible.allowed,
        tell: context.addresses(&loaded.account),
        administrator: None,
        offers: eligible.offers,
        source: core.familiar_source(request, &target.key),
    };
    // The grant is checked before the password rules and the breach list.
    check_grant(core, &scope, &loaded.account).await?;
    let password = match password {
        Some(password) => match judge(core, &context, eligible.user, password).await? {
            Ok(accepted) => Some(accepted),
            Err(rejected) => return Err(reject(core, &scope, rejected).await?),
        },
        None => None,
    };
    if eligible.administrator
        && effect == Effect::Reset
        && context.policy.notifications.administrators
    {
        scope.administrator = Some(eligible.user.known_as());
    }
    let allows = |proof: &Proof| scope.allows(proof);
    let terms = scope.terms(&allows);
    let policy = &*context.policy;
    let step = core.commit(&target, policy, &scope.at.origin).from(loaded);
    let (pending, _) = step.apply(|transition| begin_write(transition, &terms)).await?;
    let account = scope.at.write(core, &pending, password.as_ref()).await?;
    let reply = reply(core, tenant, claim, &account, policy, &[], arrival);
    Ok(Reply { not_before: None, ..reply })
}

/// Checks that the grant is live under the current policy and facts.
async fn check_grant(
    core: &Core,
    scope: &PendingWriteScope<'_>,
    account: &Account,
) -> Result<(), Error> {
    let allows = |proof: &Proof| scope.allows(proof);
    let terms = scope.terms(&allows);
    let mut look = Transition::new(account, &scope.at.context.policy, core.clock.now());
    let checked = may_complete(&mut look, &terms);
    if checked == Err(Refusal::MoreProofNeeded) {
        // The policy requires more methods than when the grant was earned: the flow continues
        // with its proofs.
        let raise =
            |transition: &mut Transition<'_>| raise_required(transition, &terms, &scope.offers);
        scope.at.note(core, raise).await?;
    }
    Ok(checked?)
}

/// Records that the rules refused the password; returns the refusal.
async fn reject(
    core: &Core,
    scope: &PendingWriteScope<'_>,
    rejected: Rejected,
) -> Result<Error, Error> {
    let Rejected { by, reasons, refusal } = rejected;
    let flow = &scope.claim.flow;
    let note =
        |transition: &mut Transition<'_>| reject_password(transition, flow, by, reasons.clone());
    scope.at.note(core, note).await?;
    Ok(refusal.into())
}

/// If the host cannot say whether the user still has a proven method, the call fails and keeps the
/// proof.
fn check_proofs_known(
    context: &mut Context,
    claim: &TicketClaims,
    account: &Account,
) -> Result<(), Error> {
    let proofs = account.flow(&claim.flow).map_or(&[][..], |flow| &flow.proofs);
    let proven = |(kind, _): &mut (MethodKind, _)| proofs.iter().any(|proof| proof.method == *kind);
    match context.unsure.extract_if(.., proven).next() {
        Some((_, error)) => Err(Error::Fault(Fault { origin: FaultOrigin::ExternalMethod, error })),
        None => Ok(()),
    }
}

/// Checks that the flow has a grant and that the ticket is the current one.
fn check_stage(claim: &TicketClaims, account: &Account) -> Result<(), Refusal> {
    let flow = account.flow(&claim.flow);
    if flow.is_some_and(|flow| flow.done.is_some()) {
        return Err(Refusal::Ended);
    }
    if flow.is_some_and(|flow| flow.generation != claim.generation) {
        return Err(Refusal::TicketReplaced);
    }
    match flow {
        Some(flow) if flow.grant.is_some() => Ok(()),
        // A change has no further proof to give: its flow has ended.
        _ if claim.purpose == Purpose::Change => Err(Refusal::Ended),
        _ => Err(Refusal::MoreProofNeeded),
    }
}
