//! `view`: the current step of a flow. Only reads.

use crate::domain::account::Generation;
use crate::domain::crypto::flow_ticket::FlowTicket;
use crate::domain::refusal::Refusal;
use crate::domain::rules::time_of;
use crate::engine::api::error::Error;
use crate::engine::api::reply::Reply;
use crate::engine::api::request::Request;
use crate::engine::core::Core;
use crate::engine::flow::reply;
use crate::engine::flow::step::first_offers;

pub(crate) async fn view<T: FlowTicket>(
    core: &Core,
    request: &Request,
    ticket: &T,
) -> Result<Reply<T>, Error> {
    let (tenant, arrival) = (&request.tenant, core.clock.now());
    let claim = ticket.open(tenant, &core.keys)?;
    let (context, _, loaded) = core.flow_state(tenant, &claim, false).await?;
    let now = time_of(&loaded.account, arrival);
    claim.check_time(context.policy.lifetimes.flow, arrival)?;
    // Before the first proof the reply is built from the ticket only: the record would show
    // whether the account exists.
    let proven = loaded.account.flow(&claim.flow).filter(|flow| !flow.proofs.is_empty());
    match proven {
        None if claim.generation > Generation::default() || !claim.purpose.anonymous() => {
            return Err(Refusal::Ended.into());
        }
        Some(flow) if now >= flow.expires_at || flow.epoch != loaded.account.epoch => {
            return Err(Refusal::Ended.into());
        }
        Some(flow) if flow.generation != claim.generation => {
            return Err(Refusal::TicketReplaced.into());
        }
        _ => {}
    }
    let eligible = context.claimed_eligible(&claim, &loaded.account, now);
    let first = first_offers(core, &context, eligible.ok().as_ref(), claim.identifier);
    Ok(reply(core, tenant, &claim, &loaded.account, &context.policy, &first, arrival))
}
