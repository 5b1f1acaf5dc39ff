//! `redeem` of a repudiation: the owner repudiates a change by the link of its notice.

use crate::domain::account::Account;
use crate::domain::crypto::repudiation::RepudiationClaim;
use crate::domain::event::ActorKind;
use crate::domain::identity::ids::Identifier;
use crate::domain::invalid::InvalidInput;
use crate::domain::refusal::Refusal;
use crate::domain::rules;
use crate::engine::api::attempt::{Attempt, Given};
use crate::engine::api::error::Error;
use crate::engine::api::request::Request;
use crate::engine::core::Core;
use crate::engine::core::commit::Origin;
use crate::engine::flow::start::{admitted, named};

/// Checks the link for the named account and commits the repudiation. For every link that is not
/// accepted the port calls are the same, whether the account exists or not.
pub(crate) async fn redeem(
    core: &Core,
    request: &Request,
    identifier: &Identifier,
    link: &Attempt,
) -> Result<(), Error> {
    let tenant = &request.tenant;
    let Given::Link(secret) = &link.given else {
        return Err(InvalidInput::Malformed { what: "link" }.into());
    };
    let context = admitted(core, request, identifier).await?;
    if context.policy.desk.repudiation_link.is_none() {
        return Err(Refusal::NotOffered.into());
    }
    let typed = core.keys.identifier(tenant, identifier);
    let (target, loaded) = named(core, tenant, &context, typed).await?;
    let claim = RepudiationClaim::open(secret, &core.keys, &target.key);
    let user = context.user.as_ref();
    // The link of a previous user with this id says nothing about this one.
    let own = user.filter(|user| loaded.account.is_of(user.incarnation.as_deref()));
    let (Some(claim), Some(user)) = (claim, own) else {
        return Err(Refusal::NotAccepted.into());
    };
    let about = user.known_as();
    let origin = Origin::of(request, ActorKind::User);
    let step = core.commit(&target, &context.policy, &origin).from(loaded).wake();
    let tell = |account: &Account| context.addresses(account);
    step.apply(|transition| rules::repudiate(transition, &claim, &about, tell)).await?;
    Ok(())
}
