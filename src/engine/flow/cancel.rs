//! `cancel`: the flow ends, and its codes, proofs and grant are void.

use crate::domain::crypto::flow_ticket::FlowTicket;
use crate::domain::rules;
use crate::engine::api::error::Error;
use crate::engine::api::request::Request;
use crate::engine::core::Core;
use crate::engine::core::commit::Origin;

pub(crate) async fn cancel<T: FlowTicket>(
    core: &Core,
    request: &Request,
    ticket: &T,
) -> Result<(), Error> {
    let claim = ticket.open(&request.tenant, &core.keys)?;
    let policy = core.policy(&request.tenant, false).await?;
    let target = core.subject_target(&request.tenant, &claim);
    let origin = Origin::about(request, &claim.subject);
    let step = core.commit(&target, &policy, &origin);
    step.apply_if(|transition| rules::cancel(transition, &claim.bearer())).await?;
    Ok(())
}
