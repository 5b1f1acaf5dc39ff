//! What a flow offers besides its goal: help, a known device, a new recovery code.

use zeroize::Zeroizing;

use super::Engine;
use super::context::decoy_user_id;
use super::error::{At as _, Error, FaultOrigin};
use super::limits::{LimitCaller, LimitScope};
use super::request::{DeviceSecret, Request};
use super::step::{Decision, OnUnknown, Origin};
use crate::domain::crypto::code::random_symbols;
use crate::domain::crypto::digest::{Digest, DigestOf};
use crate::domain::crypto::secret::SecretText;
use crate::domain::crypto::ticket::{FlowTicket, TicketClaims, TicketSubject};
use crate::domain::event::ActorKind;
use crate::domain::identity::facts::UserFacts;
use crate::domain::identity::ids::{TenantId, UserId};
use crate::domain::method::{ChallengeOption, MethodKind};
use crate::domain::refusal::Refusal;
use crate::domain::rules::{self, RECOVERY_CODE, Transition, remember_bearer, request_help};
use crate::port::PortError;

/// The name by which administrators know a user.
pub(super) fn name_of(user: &UserFacts) -> String {
    user.user_principal_name.clone().unwrap_or_else(|| user.id.as_str().to_owned())
}

/// The user whom the ticket names, or a decoy's user id.
fn bearer_of(claim: &TicketClaims) -> Result<UserId, Error> {
    match &claim.subject {
        TicketSubject::User(user) => Ok(user.clone()),
        TicketSubject::Decoy { .. } => decoy_user_id(claim.identifier),
    }
}

impl Engine {
    pub(super) async fn ask_for_help<T: FlowTicket>(
        &self,
        request: &Request,
        ticket: &T,
    ) -> Result<(), Error> {
        let (tenant, arrival) = (&request.tenant, self.inner.clock.now());
        let claim = ticket.open(tenant, &self.inner.keys)?;
        let (context, own, _) = self.flow_state(tenant, &claim, false).await?;
        let policy = &*context.policy;
        claim.check_time(policy.lifetimes.flow, arrival)?;
        if policy.notifications.administrator_roles.is_empty() {
            return Err(Refusal::NotOffered.into());
        }
        // An existing user who may not reset also gets help: the request goes to the user's own
        // record, not to the decoy. For an unknown identifier the port calls are the same, but no
        // administrator is notified.
        let target = match &context.user {
            Some(user) => self.user_target(tenant, &user.id),
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
        let limit_spent = self.count_against_limits(request, policy, &scope).await?;
        let about = context.user.as_ref().map(name_of);
        let origin = Origin::about(request, &claim.subject);
        let decide = |transition: &mut Transition<'_>| {
            let asked = request_help(transition, about.as_deref(), limit_spent);
            Ok(if asked { Decision::Commit(()) } else { Decision::Discard(()) })
        };
        self.step(&target, None, policy, &origin, OnUnknown::Resolve, decide).await?;
        (self.inner.on_work)();
        Ok(())
    }

    pub(super) async fn remember_device_of<T: FlowTicket>(
        &self,
        request: &Request,
        ticket: &T,
    ) -> Result<DeviceSecret, Error> {
        let tenant = &request.tenant;
        let claim = ticket.open(tenant, &self.inner.keys)?;
        let device = self.new_device()?;
        let digest = device.digest(tenant, &bearer_of(&claim)?);
        let decide =
            |transition: &mut Transition<'_>| remember_bearer(transition, &claim.bearer(), digest);
        self.after_flow(request, &claim, decide).await?;
        Ok(device)
    }

    pub(super) async fn replace_recovery_code<T: FlowTicket>(
        &self,
        request: &Request,
        ticket: &T,
    ) -> Result<SecretText, Error> {
        let tenant = &request.tenant;
        let claim = ticket.open(tenant, &self.inner.keys)?;
        let (code, digest) = self.new_recovery_code(tenant, &bearer_of(&claim)?)?;
        let decide = |transition: &mut Transition<'_>| {
            rules::put_replacement(transition, &claim.bearer(), digest)
        };
        self.after_flow(request, &claim, decide).await?;
        Ok(code)
    }

    pub(super) async fn acknowledge_recovery_code<T: FlowTicket>(
        &self,
        request: &Request,
        ticket: &T,
    ) -> Result<(), Error> {
        let claim = ticket.open(&request.tenant, &self.inner.keys)?;
        let decide = |transition: &mut Transition<'_>| {
            rules::acknowledge_replacement(transition, &claim.bearer())
        };
        self.after_flow(request, &claim, decide).await?;
        (self.inner.on_work)();
        Ok(())
    }

    /// Commits an act of the bearer of a finished flow, with the same port calls for a decoy.
    async fn after_flow(
        &self,
        request: &Request,
        claim: &TicketClaims,
        decide: impl Fn(&mut Transition<'_>) -> Result<(), Refusal>,
    ) -> Result<(), Error> {
        let tenant = &request.tenant;
        let (policy, _) = self.policy(tenant, false).await?;
        let target = self.subject_target(tenant, claim);
        let origin = Origin { actor: ActorKind::User, ..Origin::about(request, &claim.subject) };
        let decide = |transition: &mut Transition<'_>| decide(transition).map(Decision::Commit);
        self.step(&target, None, &policy, &origin, OnUnknown::Resolve, decide).await?;
        Ok(())
    }

    pub(super) fn new_device(&self) -> Result<DeviceSecret, Error> {
        Ok(DeviceSecret::from_random(self.random()?))
    }

    /// A new recovery code in groups of four letters, and its digest.
    pub(super) fn new_recovery_code(
        &self,
        tenant: &TenantId,
        user: &UserId,
    ) -> Result<(SecretText, Digest), Error> {
        let symbols = random_symbols(RECOVERY_CODE, &*Zeroizing::new(self.random::<64>()?));
        // 64 random bytes almost always contain the 28 usable ones that a code needs.
        let symbols = symbols.ok_or(PortError::unavailable()).at(FaultOrigin::Entropy)?;
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
}
