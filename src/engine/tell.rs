//! The recipients of notices: the owner's addresses and the administrators, read from the directory
//! when a notice is due.

use std::collections::BTreeSet;

use super::Engine;
use super::error::Error;
use super::failing::Failure;
use super::maintain::{Pass, Way};
use super::step::{Decision, Loaded, OnUnknown, Origin, Target};
use crate::domain::account::{Account, PendingBody};
use crate::domain::identity::contact::Destination;
use crate::domain::identity::facts::{TenantFacts, UserFacts, UserQuery, UserSelector};
use crate::domain::identity::ids::TenantId;
use crate::domain::method::Channel;
use crate::domain::policy::Policy;
use crate::domain::rules::{
    Address, AdministratorPage, PAGE, Transition, address_announcement, addresses_to_tell, give_up,
    locale_of, tell_page,
};
use crate::port::{Cursor, FaultScope, PortError, PortResult};

impl Engine {
    /// Resolves the addresses of an announcement. If the directory or the delivery fails, the
    /// announcement waits.
    pub(super) async fn address(
        &self,
        target: &Target,
        loaded: Loaded,
        policy: &Policy,
        (number, way): (u32, Way),
        pass: &Pass,
    ) -> Result<bool, Error> {
        let found = self.owner(target, pass).await;
        let (user, tenant, channels) = match &found {
            Ok((user, tenant, channels)) => (user.as_ref(), tenant.as_ref(), channels.as_slice()),
            Err(error) => {
                self.way_failed(target, &loaded.account, (number, &way), error, pass);
                (None, None, [].as_slice())
            }
        };
        let tell = |account: &Account| -> Vec<Address> {
            let (Some(id), Ok(_)) = (&target.user, &found) else {
                return Vec::new();
            };
            // If the id belongs to another user now, the facts are not those of this account's
            // owner.
            let own = user.filter(|user| account.is_of(user.incarnation.as_deref()));
            let of_record = UserFacts::new(id.clone());
            addresses_to_tell(account, own.unwrap_or(&of_record), tenant, policy, channels)
        };
        let decide = |transition: &mut Transition<'_>| {
            let changed = address_announcement(transition, number, tell);
            Ok(if changed { Decision::Commit(changed) } else { Decision::Discard(changed) })
        };
        let origin = Origin::engine();
        let step = self.step(target, Some(loaded), policy, &origin, OnUnknown::Resolve, decide);
        let (changed, _) = step.await?;
        self.counted(changed && found.is_ok(), pass);
        Ok(changed)
    }

    /// Queues the notices to the next page of administrators.
    pub(super) async fn tell_administrators(
        &self,
        target: &Target,
        loaded: Loaded,
        policy: &Policy,
        (number, way): (u32, Way),
        pass: &Pass,
    ) -> Result<bool, Error> {
        let pending = loaded.account.outbox.iter().find(|pending| pending.number == number);
        let Some(PendingBody::Administrators { after, .. }) = pending.map(|pending| &pending.body)
        else {
            return Ok(false);
        };
        let found = self.administrators(&target.tenant, policy, after.as_deref(), pass).await;
        if let Err(error) = &found {
            self.way_failed(target, &loaded.account, (number, &way), error, pass);
        }
        let decide = |transition: &mut Transition<'_>| {
            let changed = match &found {
                Ok(Some(page)) => tell_page(transition, number, page),
                Ok(None) => give_up(transition, number),
                // No notice is queued, and the wait until the next try grows.
                Err(_) => transition.put_off(number),
            };
            Ok(if changed { Decision::Commit(changed) } else { Decision::Discard(changed) })
        };
        let origin = Origin::engine();
        let step = self.step(target, Some(loaded), policy, &origin, OnUnknown::Resolve, decide);
        let (changed, _) = step.await?;
        self.counted(changed && found.is_ok(), pass);
        Ok(changed)
    }

    fn counted(&self, settled: bool, pass: &Pass) {
        let mut done = pass.done();
        if settled {
            done.settled += 1;
        } else {
            done.failed += 1;
        }
    }

    /// The facts of the owner and of the tenant, and the tenant's channels.
    async fn owner(
        &self,
        target: &Target,
        pass: &Pass,
    ) -> PortResult<(Option<UserFacts>, Option<TenantFacts>, Vec<Channel>)> {
        let tenant = self.tenant_facts(&target.tenant, pass).await?;
        let channels = self.tenant_channels(&target.tenant, pass).await?;
        let groups = BTreeSet::new();
        let user = match &target.user {
            Some(id) => {
                let query = UserQuery::new(UserSelector::Id(id), &groups);
                self.inner.directory.find(&target.tenant, &query).await?
            }
            None => None,
        };
        Ok((user, tenant, channels))
    }

    /// A page of the holders of the policy's roles. `None` if the policy names no role.
    async fn administrators(
        &self,
        tenant: &TenantId,
        policy: &Policy,
        after: Option<&str>,
        pass: &Pass,
    ) -> PortResult<Option<AdministratorPage>> {
        let roles: Vec<_> = policy.notifications.administrator_roles.iter().cloned().collect();
        if roles.is_empty() {
            return Ok(None);
        }
        let facts = self.tenant_facts(tenant, pass).await?;
        let cursor = after.map(Cursor::new);
        let page = self.inner.directory.role_holders(tenant, &roles, cursor.as_ref(), PAGE).await?;
        let holders = page.items.into_iter().filter_map(|user| {
            let locale = locale_of(&user, facts.as_ref());
            let destination = Destination::Email(user.primary_mail?);
            Some((user.id, Address { channel: Channel::Email, destination, locale }))
        });
        Ok(Some(AdministratorPage {
            after: after.map(str::to_owned),
            next: page.next.map(|cursor| cursor.as_str().to_owned()),
            holders: holders.collect(),
        }))
    }

    /// The tenant's facts, read once in a call of `maintain`.
    pub(super) async fn tenant_facts(
        &self,
        tenant: &TenantId,
        pass: &Pass,
    ) -> PortResult<Option<TenantFacts>> {
        if let Some(known) = pass.tenant(tenant, |tenant| tenant.facts.clone()) {
            return Ok(known);
        }
        let facts = self.inner.directory.tenant(tenant).await?;
        pass.tenant(tenant, |tenant| tenant.facts = Some(facts.clone()));
        Ok(facts)
    }

    /// The tenant's channels, read once in a call of `maintain`.
    pub(super) async fn tenant_channels(
        &self,
        tenant: &TenantId,
        pass: &Pass,
    ) -> PortResult<Vec<Channel>> {
        if let Some(known) = pass.tenant(tenant, |tenant| tenant.channels.clone()) {
            return Ok(known);
        }
        let channels = self.inner.delivery.channels(tenant).await?;
        pass.tenant(tenant, |tenant| tenant.channels = Some(channels.clone()));
        Ok(channels)
    }

    fn way_failed(
        &self,
        target: &Target,
        account: &Account,
        (number, way): (u32, &Way),
        error: &PortError,
        pass: &Pass,
    ) {
        let now = self.inner.clock.now();
        let pending = account.outbox.iter().find(|pending| pending.number == number);
        let queued_at = pending.map_or(now, |pending| pending.queued_at);
        pass.tenant(&target.tenant, |tenant| tenant.failed(way, Some(FaultScope::Service)));
        let failure = Failure {
            tenant: &target.tenant,
            channel: way.channel,
            at: now,
            queued_at,
            error,
            hidden: &[],
        };
        self.inner.failing.failed(&failure, &mut pass.done());
    }
}
