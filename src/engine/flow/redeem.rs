//! Links that are redeemed without a ticket, in another browser.

use crate::domain::account::{Account, Challenge, Flow, FlowId};
use crate::domain::crypto::code::CodeContext;
use crate::domain::crypto::flow_ticket::FlowTicket;
use crate::domain::crypto::link::LinkSecret;
use crate::domain::crypto::ticket::{TicketClaims, TicketSubject};
use crate::domain::event::ActorKind;
use crate::domain::identity::facts::UserFacts;
use crate::domain::identity::ids::Identifier;
use crate::domain::invalid::InvalidInput;
use crate::domain::method::Channel;
use crate::domain::refusal::Refusal;
use crate::domain::rules;
use crate::domain::time::{MAX_SKEW, Timestamp};
use crate::engine::api::attempt::{Attempt, Given};
use crate::engine::api::error::Error;
use crate::engine::api::reply::Reply;
use crate::engine::api::request::Request;
use crate::engine::core::Core;
use crate::engine::core::commit::{Origin, Target};
use crate::engine::core::compare::Compared;
use crate::engine::flow::start::{admitted, named};
use crate::engine::flow::step::reply;

/// Finds the link's flow in the named account, records the proof, and issues a new ticket to
/// the caller that redeemed the link.
pub(crate) async fn redeem_link<T: FlowTicket>(
    core: &Core,
    request: &Request,
    identifier: &Identifier,
    link: &Attempt,
) -> Result<Reply<T>, Error> {
    let (tenant, arrival) = (&request.tenant, core.clock.now());
    let Given::Link(secret) = &link.given else {
        return Err(InvalidInput::Malformed { what: "link" }.into());
    };
    let context = admitted(core, request, identifier).await?;
    let typed = core.keys.identifier(tenant, identifier);
    let (target, loaded) = named(core, tenant, &context, typed).await?;
    let user = target.user.clone().ok_or(Refusal::NotAccepted)?;
    let account = &loaded.account;
    let flow = flow_of_link::<T>(core, &target, account, secret, arrival)
        .filter(|flow| !is_worthless(flow, context.user.as_ref()))
        .ok_or(Refusal::NotAccepted)?;
    let mut claim = TicketClaims {
        purpose: T::PURPOSE,
        flow: flow.id,
        generation: flow.generation,
        started_at: flow.started_at,
        identifier: typed,
        subject: TicketSubject::User(user),
        epoch: flow.epoch,
        asked: Default::default(),
    };
    let renamed = FlowId(core.random()?);
    let (from, policy) = (flow.id, &*context.policy);
    let origin = Origin::about(request, &claim.subject);
    let Compared { reservation, matched, record } =
        core.reserve_and_compare(&target, policy, &origin, &claim, link).await?;
    let origin = Origin { actor: ActorKind::User, ..origin };
    let step = core.commit(&target, policy, &origin).from(record).wake();
    let (flow, committed) = step
        .apply(|transition| {
            let id = match transition.account.flow(&from) {
                Some(flow) if flow.proofs.is_empty() => from,
                // The browser with the ticket has proven first.
                Some(_) => return Err(Refusal::NotAccepted),
                // Renamed by this call in a commit whose reply was lost, or by another caller with
                // the link.
                None => renamed,
            };
            rules::consume(transition, &id, &reservation, &matched)?;
            let stamp = context.user.as_ref().and_then(|user| user.change_stamp.as_deref());
            rules::hand_over(transition, &id, renamed, stamp).ok_or(Refusal::NotAccepted)
        })
        .await?;
    (claim.flow, claim.generation) = (flow.id, flow.generation);
    claim.started_at = flow.started_at;
    let reply = reply(core, tenant, &claim, &committed.account, policy, &[], arrival);
    Ok(Reply { not_before: None, ..reply })
}

/// Whether a password was set since an administrator had this flow's link sent, as far as the
/// directory tells. Its clock may be behind and its times whole seconds, so a time shortly before the
/// link counts too if the account was changed since. If it does not track the time, every change of
/// the account counts.
fn is_worthless(flow: &Flow, user: Option<&UserFacts>) -> bool {
    let changed = |user: &UserFacts| {
        let touched = flow.stamp.as_deref() != user.change_stamp.as_deref();
        match user.password_changed_at {
            Some(at) => at >= flow.started_at || (touched && at.plus(MAX_SKEW) >= flow.started_at),
            None => touched,
        }
    };
    flow.by_administrator && user.is_some_and(changed)
}

/// The flow whose link has this selector, the part of a link that is not secret. A flow with a
/// proof does not match: a link is valid once, and no caller may inherit another caller's
/// proofs.
fn flow_of_link<'a, T: FlowTicket>(
    core: &Core,
    target: &Target,
    account: &'a Account,
    secret: &LinkSecret,
    now: Timestamp,
) -> Option<&'a Flow> {
    let own = |flow: &Flow, challenge: &Challenge| {
        let context = CodeContext {
            account: &target.key,
            flow: flow.number,
            challenge: challenge.number,
            purpose: flow.purpose.code(),
            method: challenge.method(),
            nonce: &challenge.nonce,
        };
        let key = core.keys.short(challenge.key);
        challenge.channel() == Channel::Link
            && key.is_some_and(|key| key.code.link(&context).selector() == secret.selector())
    };
    let mut flows = account
        .flows
        .iter()
        .filter(|flow| flow.purpose == T::PURPOSE && flow.live(now) && flow.proofs.is_empty());
    flows.find(|flow| flow.challenges.iter().any(|challenge| own(flow, challenge)))
}
