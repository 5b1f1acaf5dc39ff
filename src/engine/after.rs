//! What a flow offers beside its goal: help, a known device, another saved code.

use super::Engine;
use super::context::{Context, nobody};
use super::error::{At as _, Error, Port};
use super::limits::Charged;
use super::request::{DeviceSecret, Request};
use super::step::{Origin, Plan, Target, Unsure};
use crate::domain::code::random_symbols;
use crate::domain::contact::Destination;
use crate::domain::decide::{
    self, Address, SAVED_CODE, Turn, locale_of, remember_device, request_help,
};
use crate::domain::digest::{Digest, DigestOf};
use crate::domain::event::ActorKind;
use crate::domain::facts::UserFacts;
use crate::domain::ids::{TenantId, UserId};
use crate::domain::method::{ChallengeOption, Channel, MethodKind};
use crate::domain::refusal::Refusal;
use crate::domain::secret::SecretText;
use crate::domain::ticket::{Claim, FlowTicket, TicketSubject};
use crate::port::PortError;

/// What administrators know a user by.
pub(super) fn name_of(user: &UserFacts) -> String {
    user.user_principal_name.clone().unwrap_or_else(|| user.id.as_str().to_owned())
}

/// Administrators who are asked for help, at most.
const MAX_HELPERS: usize = 10;

impl Engine {
    pub(super) async fn ask_for_help<T: FlowTicket>(
        &self,
        request: &Request,
        ticket: &T,
    ) -> Result<(), Error> {
        let (tenant, arrival) = (&request.tenant, self.inner.clock.now());
        let claim = ticket.open(tenant, &self.inner.keys)?;
        let (context, target, loaded) = self.flow_state(tenant, &claim, false).await?;
        let policy = &*context.policy;
        claim.check_time(policy.lifetimes.flow, arrival)?;
        if policy.notifications.administrator_roles.is_empty() {
            return Err(Refusal::NotOffered.into());
        }
        // The same calls for everybody; for nobody, nobody is told.
        let tell = self.helpers(tenant, &context).await?;
        let charged = Charged {
            identifier: claim.identifier,
            option: ChallengeOption::preferred(MethodKind::Email),
            destination: None,
            record: &target.key,
        };
        self.charge_limits(request, policy, &charged).await?;
        let known = matches!(claim.subject, TicketSubject::User(_));
        let tell = if known { tell } else { Vec::new() };
        let origin = Origin::about(request, &claim.subject);
        let decide = |turn: &mut Turn<'_>| {
            Ok(if request_help(turn, &tell) { Plan::Commit(()) } else { Plan::Keep(()) })
        };
        self.step(&target, Some(loaded), policy, &origin, Unsure::Resolve, decide).await?;
        (self.inner.on_work)();
        Ok(())
    }

    /// Administrators who can be reached by mail.
    async fn helpers(&self, tenant: &TenantId, context: &Context) -> Result<Vec<Address>, Error> {
        let about = context.user.as_ref().map(name_of);
        let roles = &context.policy.notifications.administrator_roles;
        let roles: Vec<_> = roles.iter().cloned().collect();
        let holders = self.inner.directory.role_holders(tenant, &roles, MAX_HELPERS).await;
        let reachable = holders.at(Port::Directory)?.into_iter().filter_map(|one| {
            let locale = locale_of(&one, context.tenant.as_ref());
            let destination = Destination::Email(one.primary_mail?);
            Some(Address { channel: Channel::Email, destination, locale, about: about.clone() })
        });
        Ok(reachable.take(MAX_HELPERS).collect())
    }

    pub(super) async fn remember_device_of<T: FlowTicket>(
        &self,
        request: &Request,
        ticket: &T,
    ) -> Result<DeviceSecret, Error> {
        let tenant = &request.tenant;
        let claim = ticket.open(tenant, &self.inner.keys)?;
        let (policy, _) = self.policy(tenant, false).await?;
        let device = self.new_device(policy.known_device_days)?;
        // The same reads for everybody: nobody's flow reaches no goal.
        let (target, user) = self.subject(tenant, &claim)?;
        let digest = device.digest(tenant, &user);
        let origin = Origin::of(request, ActorKind::User);
        let decide = |turn: &mut Turn<'_>| {
            let now = turn.now;
            let flow = turn.account.flow(&claim.flow);
            let done = flow.is_some_and(|flow| {
                flow.done.is_some()
                    && flow.purpose == claim.purpose
                    && flow.generation == claim.generation
                    && now < flow.expires_at
            });
            if !done {
                return Err(Refusal::Ended);
            }
            remember_device(turn, digest);
            Ok(Plan::Commit(()))
        };
        self.step(&target, None, &policy, &origin, Unsure::Resolve, decide).await?;
        Ok(device)
    }

    /// The record of whoever a ticket names, and who that is; a stand-in, if it is nobody.
    fn subject(&self, tenant: &TenantId, claim: &Claim) -> Result<(Target, UserId), Error> {
        let target = self.subject_target(tenant, &claim.subject, claim.identifier);
        let user = target.user.clone().map_or_else(|| nobody(claim.identifier), Ok)?;
        Ok((target, user))
    }

    /// A fresh secret, if the policy knows devices.
    pub(super) fn new_device(&self, days: u16) -> Result<DeviceSecret, Error> {
        if days == 0 {
            return Err(Refusal::NotOffered.into());
        }
        Ok(DeviceSecret::from_random(self.random()?))
    }

    pub(super) async fn replace_saved_code<T: FlowTicket>(
        &self,
        request: &Request,
        ticket: &T,
    ) -> Result<SecretText, Error> {
        let tenant = &request.tenant;
        let claim = ticket.open(tenant, &self.inner.keys)?;
        let (policy, _) = self.policy(tenant, false).await?;
        let (target, user) = self.subject(tenant, &claim)?;
        let (code, digest) = self.new_saved_code(tenant, &user)?;
        let origin = Origin::of(request, ActorKind::User);
        let decide = |turn: &mut Turn<'_>| {
            decide::put_replacement(turn, &claim.flow, claim.purpose, digest).map(Plan::Commit)
        };
        self.step(&target, None, &policy, &origin, Unsure::Resolve, decide).await?;
        Ok(code)
    }

    pub(super) async fn acknowledge_saved_code<T: FlowTicket>(
        &self,
        request: &Request,
        ticket: &T,
    ) -> Result<(), Error> {
        let tenant = &request.tenant;
        let claim = ticket.open(tenant, &self.inner.keys)?;
        let (policy, _) = self.policy(tenant, false).await?;
        let target = self.subject_target(tenant, &claim.subject, claim.identifier);
        let origin = Origin::of(request, ActorKind::User);
        let decide = |turn: &mut Turn<'_>| {
            decide::acknowledge_replacement(turn, &claim.flow, claim.purpose).map(Plan::Commit)
        };
        self.step(&target, None, &policy, &origin, Unsure::Resolve, decide).await?;
        Ok(())
    }

    /// A saved code as it is shown, in groups of four, and its digest.
    pub(super) fn new_saved_code(
        &self,
        tenant: &TenantId,
        user: &UserId,
    ) -> Result<(SecretText, Digest), Error> {
        let symbols = random_symbols(SAVED_CODE, &self.random::<64>()?);
        // Of 64 random bytes 28 are as good as always usable.
        let symbols = symbols.ok_or(PortError::unavailable()).at(Port::Entropy)?;
        let digest =
            Digest::of(DigestOf::SavedCode, tenant, user, symbols.expose_secret().as_bytes());
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
