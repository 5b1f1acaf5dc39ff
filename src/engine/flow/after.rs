//! What a finished flow offers: a known device, and a new recovery code.

use zeroize::Zeroizing;

use crate::domain::crypto::code::random_symbols;
use crate::domain::crypto::digest::{Digest, DigestOf};
use crate::domain::crypto::flow_ticket::FlowTicket;
use crate::domain::crypto::secret::SecretText;
use crate::domain::crypto::ticket::{TicketClaims, TicketSubject};
use crate::domain::event::ActorKind;
use crate::domain::identity::ids::{TenantId, UserId};
use crate::domain::refusal::Refusal;
use crate::domain::rules::{self, RECOVERY_CODE, Transition, remember_bearer};
use crate::engine::api::error::{At as _, Error, FaultOrigin};
use crate::engine::api::request::{DeviceSecret, Request};
use crate::engine::core::Core;
use crate::engine::core::commit::Origin;
use crate::engine::core::context::decoy_user_id;
use crate::port::PortError;

/// The user whom the ticket names, or a decoy's user id.
fn bearer_of(claim: &TicketClaims) -> Result<UserId, Error> {
    match &claim.subject {
        TicketSubject::User(user) => Ok(user.clone()),
        TicketSubject::Decoy { .. } => decoy_user_id(claim.identifier),
    }
}

pub(crate) async fn remember_device<T: FlowTicket>(
    core: &Core,
    request: &Request,
    ticket: &T,
) -> Result<DeviceSecret, Error> {
    let claim = ticket.open(&request.tenant, &core.keys)?;
    let device = new_device(core)?;
    let digest = device.digest(&request.tenant, &bearer_of(&claim)?);
    commit(core, request, &claim, |transition| {
        remember_bearer(transition, &claim.bearer(), digest)
    })
    .await?;
    Ok(device)
}

pub(crate) async fn replace_recovery_code<T: FlowTicket>(
    core: &Core,
    request: &Request,
    ticket: &T,
) -> Result<SecretText, Error> {
    let claim = ticket.open(&request.tenant, &core.keys)?;
    let (code, digest) = new_recovery_code(core, &request.tenant, &bearer_of(&claim)?)?;
    commit(core, request, &claim, |transition| {
        rules::put_replacement(transition, &claim.bearer(), digest)
    })
    .await?;
    Ok(code)
}

pub(crate) async fn acknowledge_recovery_code<T: FlowTicket>(
    core: &Core,
    request: &Request,
    ticket: &T,
) -> Result<(), Error> {
    let claim = ticket.open(&request.tenant, &core.keys)?;
    commit(core, request, &claim, |transition| {
        rules::acknowledge_replacement(transition, &claim.bearer())
    })
    .await?;
    core.wake();
    Ok(())
}

/// Commits an act of the bearer of a finished flow, with the same port calls for a decoy.
async fn commit(
    core: &Core,
    request: &Request,
    claim: &TicketClaims,
    change: impl Fn(&mut Transition<'_>) -> Result<(), Refusal>,
) -> Result<(), Error> {
    let policy = core.policy(&request.tenant, false).await?;
    let target = core.subject_target(&request.tenant, claim);
    let origin = Origin { actor: ActorKind::User, ..Origin::about(request, &claim.subject) };
    core.commit(&target, &policy, &origin).apply(change).await?;
    Ok(())
}

pub(crate) fn new_device(core: &Core) -> Result<DeviceSecret, Error> {
    Ok(DeviceSecret::from_random(core.random()?))
}

/// A new recovery code in groups of four letters, and its digest.
pub(crate) fn new_recovery_code(
    core: &Core,
    tenant: &TenantId,
    user: &UserId,
) -> Result<(SecretText, Digest), Error> {
    // 64 random bytes almost always contain the 28 usable ones that a code needs.
    let drawn = random_symbols(RECOVERY_CODE, &*Zeroizing::new(core.random::<64>()?));
    let symbols = drawn.ok_or(PortError::unavailable()).at(FaultOrigin::Entropy)?;
    let digest =
        Digest::of(DigestOf::RecoveryCode, tenant, user, symbols.expose_secret().as_bytes());
    let mut grouped = String::with_capacity(40);
    for (place, symbol) in symbols.expose_secret().chars().enumerate() {
        if place > 0 && place % 4 == 0 {
            grouped.push('-');
        }
        grouped.push(symbol);
    }
    Ok((SecretText::new(grouped), digest))
}
