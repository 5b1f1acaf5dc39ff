//! `prove`: one attempt at a challenge of the flow.

use crate::domain::crypto::flow_ticket::FlowTicket;
use crate::domain::event::ActorKind;
use crate::domain::rules;
use crate::engine::api::attempt::Attempt;
use crate::engine::api::error::Error;
use crate::engine::api::reply::Reply;
use crate::engine::api::request::Request;
use crate::engine::core::Core;
use crate::engine::core::commit::Origin;
use crate::engine::core::compare::Compared;
use crate::engine::flow::reply;

pub(crate) async fn prove<T: FlowTicket>(
    core: &Core,
    request: &Request,
    ticket: &T,
    attempt: &Attempt,
) -> Result<Reply<T>, Error> {
    let (tenant, arrival) = (&request.tenant, core.clock.now());
    let mut claim = ticket.open(tenant, &core.keys)?;
    let policy = core.policy(tenant, false).await?;
    let target = core.subject_target(tenant, &claim);
    let origin = Origin::about(request, &claim.subject);
    let Compared { reservation, matched, record } =
        core.reserve_and_compare(&target, &policy, &origin, &claim, attempt).await?;
    let origin = Origin { actor: ActorKind::User, ..origin };
    let step = core.commit(&target, &policy, &origin).from(record).wake();
    let (proven, committed) = step
        .apply(|transition| rules::consume(transition, &claim.flow, &reservation, &matched))
        .await?;
    claim.generation = proven.flow.generation;
    // After a proof the reply is built from the record.
    claim.asked = Default::default();
    let reply = reply(core, tenant, &claim, &committed.account, &policy, &[], arrival);
    Ok(Reply { not_before: None, ..reply })
}
