//! `contact_administrator`: administrators are notified that a user asks for help, or the caller
//! gets the help page or mailbox of the policy.

use crate::domain::crypto::flow_ticket::FlowTicket;
use crate::domain::identity::facts::UserFacts;
use crate::domain::method::{ChallengeOption, MethodKind};
use crate::domain::policy::HelpDesk;
use crate::domain::refusal::Refusal;
use crate::domain::rules::request_help;
use crate::engine::api::error::Error;
use crate::engine::api::request::Request;
use crate::engine::core::Core;
use crate::engine::core::commit::Origin;
use crate::engine::core::limits::{LimitCaller, LimitScope};

pub(crate) async fn contact_administrator<T: FlowTicket>(
    core: &Core,
    request: &Request,
    ticket: &T,
) -> Result<HelpDesk, Error> {
    let (tenant, arrival) = (&request.tenant, core.clock.now());
    let claim = ticket.open(tenant, &core.keys)?;
    let (context, own, _) = core.flow_state(tenant, &claim, false).await?;
    let policy = &*context.policy;
    claim.check_time(policy.lifetimes.flow, arrival)?;
    match &policy.desk.help {
        HelpDesk::Administrators => {}
        HelpDesk::Off => return Err(Refusal::NotOffered.into()),
        elsewhere => return Ok(elsewhere.clone()),
    }
    // An existing user who may not reset also gets help: the request goes to the user's own
    // record, not to the decoy. For an unknown identifier the port calls are the same, but no
    // administrator is notified.
    let target = match &context.user {
        Some(user) => core.user_target(tenant, &user.id),
        None => own,
    };
    let scope = LimitScope {
        caller: LimitCaller::Anonymous,
        identifier: claim.identifier,
        option: ChallengeOption::preferred(MethodKind::Email),
        destination: None,
        record: &target.key,
        sends: true,
    };
    // The limits are checked before any administrator is looked up, so that a refused source
    // costs only these reads.
    let limit_spent = core.count_against_limits(request, policy, &scope).await?;
    let about = context.user.as_ref().map(UserFacts::known_as);
    let origin = Origin::about(request, &claim.subject);
    let step = core.commit(&target, policy, &origin);
    step.apply_if(|transition| request_help(transition, about.as_deref(), limit_spent)).await?;
    // Also if nothing was queued, so that the reply is the same for every account.
    core.wake();
    Ok(HelpDesk::Administrators)
}
