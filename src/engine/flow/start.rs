//! `start`: a reset or an unlock begins. Nothing is written; the first challenge creates the flow.

use crate::domain::account::{CredentialEpoch, FlowId, Generation, Purpose};
use crate::domain::crypto::flow_ticket::FlowTicket;
use crate::domain::crypto::ticket::{TicketClaims, TicketSubject};
use crate::domain::identity::facts::UserSelector;
use crate::domain::identity::ids::{Identifier, TenantId};
use crate::domain::policy::{Disclosure, Policy};
use crate::domain::reason::SsprReason;
use crate::domain::refusal::Refusal;
use crate::engine::api::error::Error;
use crate::engine::api::reply::Reply;
use crate::engine::api::request::Request;
use crate::engine::core::Core;
use crate::engine::core::commit::{Loaded, Target};
use crate::engine::core::context::Context;
use crate::engine::flow::reply;
use crate::engine::flow::step::first_offers;

pub(crate) async fn start<T: FlowTicket>(
    core: &Core,
    request: &Request,
    identifier: &Identifier,
) -> Result<Reply<T>, Error> {
    let (tenant, arrival) = (&request.tenant, core.clock.now());
    let context = admitted(core, request, identifier).await?;
    if T::PURPOSE == Purpose::Unlock && !context.policy.unlock_without_reset {
        return Err(Refusal::NotOffered.into());
    }
    // Whether a tenant has a policy does not depend on the identifier.
    if core.discloses_missing_policy && !context.stored {
        return Err(Refusal::NotEligible { reason: SsprReason::NoPolicy }.into());
    }
    let typed = core.keys.identifier(tenant, identifier);
    let (_, loaded) = named(core, tenant, &context, typed).await?;
    let eligible = context.eligible(&loaded.account, arrival);
    let subject = match &eligible {
        Ok(eligible) => TicketSubject::User(eligible.user.id.clone()),
        Err(reason) => {
            if context.policy.disclosure == Disclosure::Reasoned {
                return Err(Refusal::NotEligible { reason: *reason }.into());
            }
            let known = context.user.as_ref().or(context.shared.as_ref());
            TicketSubject::Decoy { reason: *reason, user: known.map(|user| user.id.clone()) }
        }
    };
    let claim = TicketClaims {
        purpose: T::PURPOSE,
        flow: FlowId(core.random()?),
        generation: Generation::default(),
        started_at: arrival,
        identifier: typed,
        subject,
        epoch: match &eligible {
            Ok(_) => loaded.account.epoch,
            Err(_) => CredentialEpoch::default(),
        },
        asked: Default::default(),
    };
    let first = first_offers(core, &context, eligible.ok().as_ref(), typed);
    // The flow has no state yet: all flows in the record are other flows.
    Ok(reply(core, tenant, &claim, &loaded.account, &context.policy, &first, arrival))
}

/// Asks the human check, then reads the facts for an identifier that any caller may have typed.
pub(crate) async fn admitted(
    core: &Core,
    request: &Request,
    identifier: &Identifier,
) -> Result<Context, Error> {
    let tenant = &request.tenant;
    let human = human_passed(core, request).await;
    let context = core.context(tenant, UserSelector::Identifier(identifier), false).await?;
    if is_human_check_wanted(core, tenant, &context.policy).await? && !human {
        return Err(Refusal::HumanCheckRequired.into());
    }
    Ok(context)
}

/// Whether a flow begins only after a human check: by the policy, or while the tenant's limit is spent.
pub(crate) async fn is_human_check_wanted(
    core: &Core,
    tenant: &TenantId,
    policy: &Policy,
) -> Result<bool, Error> {
    let always = policy.human_check || policy.disclosure == Disclosure::Reasoned;
    // The host has a human check, so that the requirement can be met.
    let escalates = policy.limits.escalated_human_check && core.human_check.is_some();
    Ok(always || (escalates && core.is_tenant_limit_spent(tenant, policy).await?))
}

/// The record of the user in the context, or a decoy if the identifier is unknown.
pub(crate) async fn named(
    core: &Core,
    tenant: &TenantId,
    context: &Context,
    typed: [u8; 8],
) -> Result<(Target, Loaded), Error> {
    let target = match &context.user {
        Some(user) => core.user_target(tenant, &user.id),
        None => core.decoy_target(tenant, typed, None),
    };
    let loaded = core.load(&target).await?;
    Ok((target, loaded))
}

/// Asks the human check, if there is one. This is the first port call under every policy.
async fn human_passed(core: &Core, request: &Request) -> bool {
    match (&core.human_check, &request.human) {
        (Some(check), Some(answer)) => check.passed(&request.tenant, answer).await.unwrap_or(false),
        _ => false,
    }
}
