//! The recipients of notices: the owner's addresses and the administrators, read from the directory
//! when a notice is due.

use std::collections::BTreeSet;

use crate::domain::account::{Account, PendingBody};
use crate::domain::identity::contact::ContactSlot;
use crate::domain::identity::facts::{TenantFacts, UserFacts, UserQuery, UserSelector};
use crate::domain::identity::ids::{RoleId, TenantId};
use crate::domain::method::Channel;
use crate::domain::policy::Policy;
use crate::domain::rules::{
    Address, AdministratorPage, PAGE, address_announcement, addresses_to_tell, give_up, locale_of,
    roles_told, tell_page,
};
use crate::engine::api::error::Error;
use crate::engine::core::Core;
use crate::engine::core::commit::{Loaded, Origin, Target};
use crate::engine::core::context::the_user;
use crate::engine::maintenance::pass::{DueMessage, Pass};
use crate::port::{Cursor, FaultScope, PortError, PortResult};

/// Resolves the addresses of an announcement. If the directory or the delivery fails, the
/// announcement waits.
pub(crate) async fn address(due: DueMessage<'_>, loaded: Loaded) -> Result<bool, Error> {
    let DueMessage { core, target, policy, pass, number, .. } = due;
    let found = owner(core, target, policy, pass).await;
    let (user, tenant, channels) = match &found {
        Ok((user, tenant, channels)) => (user.as_ref(), tenant.as_ref(), channels.as_slice()),
        Err(error) => {
            way_failed(due, &loaded.account, error);
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
    let origin = Origin::engine();
    let step = core.commit(target, policy, &origin).from(loaded);
    let addressed = step.apply_if(|transition| address_announcement(transition, number, tell));
    let (changed, _) = addressed.await?;
    counted(changed && found.is_ok(), pass);
    Ok(changed)
}

/// Queues the notices to the next page of administrators.
pub(crate) async fn tell_administrators(
    due: DueMessage<'_>,
    loaded: Loaded,
) -> Result<bool, Error> {
    let DueMessage { core, target, policy, pass, number, .. } = due;
    let pending = loaded.account.outbox.iter().find(|pending| pending.number == number);
    let Some(PendingBody::Administrators { notice, tier, after, .. }) =
        pending.map(|pending| &pending.body)
    else {
        return Ok(false);
    };
    let found = match roles_told(policy, *notice, *tier) {
        Some(roles) => {
            let page = DuePage { roles, tier: *tier, after: after.as_deref() };
            administrators(core, &target.tenant, policy, page, pass).await.map(Some)
        }
        None => Ok(None),
    };
    if let Err(error) = &found {
        way_failed(due, &loaded.account, error);
    }
    let origin = Origin::engine();
    let step = core.commit(target, policy, &origin).from(loaded);
    let told = step.apply_if(|transition| match &found {
        Ok(Some(page)) => tell_page(transition, number, page),
        Ok(None) => give_up(transition, number),
        // No notice is queued, and the wait until the next try grows.
        Err(_) => transition.put_off(number),
    });
    let (changed, _) = told.await?;
    counted(changed && found.is_ok(), pass);
    Ok(changed)
}

fn counted(settled: bool, pass: &Pass) {
    let mut done = pass.done();
    if settled {
        done.settled += 1;
    } else {
        done.failed += 1;
    }
}

/// The facts of the owner and of the tenant, and the tenant's channels.
async fn owner(
    core: &Core,
    target: &Target,
    policy: &Policy,
    pass: &Pass,
) -> PortResult<(Option<UserFacts>, Option<TenantFacts>, Vec<Channel>)> {
    let tenant = tenant_facts(core, &target.tenant, pass).await?;
    let channels = tenant_channels(core, &target.tenant, policy, pass).await?;
    let groups = BTreeSet::new();
    let user = match &target.user {
        Some(id) => {
            let query = UserQuery::new(UserSelector::Id(id), &groups);
            let found = core.directory.find(&target.tenant, &query).await?;
            the_user(found, query.by)?
        }
        None => None,
    };
    Ok((user, tenant, channels))
}

/// The page of administrators that is due: those of these roles, after this cursor.
struct DuePage<'a> {
    roles: &'a BTreeSet<RoleId>,
    tier: u8,
    after: Option<&'a str>,
}

/// A page of the holders of these roles.
async fn administrators(
    core: &Core,
    tenant: &TenantId,
    policy: &Policy,
    due: DuePage<'_>,
    pass: &Pass,
) -> PortResult<AdministratorPage> {
    let DuePage { roles, tier, after } = due;
    let named: Vec<_> = roles.iter().cloned().collect();
    let facts = tenant_facts(core, tenant, pass).await?;
    let cursor = after.map(Cursor::new);
    let page = core.directory.role_holders(tenant, &named, cursor.as_ref(), PAGE).await?;
    let holders = page.items.into_iter().filter_map(|user| {
        let locale = locale_of(&user, facts.as_ref());
        let format = policy.contacts.phone_format;
        let destination = user.usable_contact(ContactSlot::PrimaryMail, format)?;
        Some((user.id, Address { channel: Channel::Email, destination, locale }))
    });
    Ok(AdministratorPage {
        tier,
        after: after.map(str::to_owned),
        next: page.next.map(|cursor| cursor.as_str().to_owned()),
        holders: holders.collect(),
    })
}

/// The tenant's facts, read once in a call of `maintain`.
pub(crate) async fn tenant_facts(
    core: &Core,
    tenant: &TenantId,
    pass: &Pass,
) -> PortResult<Option<TenantFacts>> {
    if let Some(known) = pass.tenant(tenant, |tenant| tenant.facts.clone()) {
        return Ok(known);
    }
    let facts = core.directory.tenant(tenant).await?;
    pass.tenant(tenant, |tenant| tenant.facts = Some(facts.clone()));
    Ok(facts)
}

/// The tenant's channels, read once in a call of `maintain`.
pub(crate) async fn tenant_channels(
    core: &Core,
    tenant: &TenantId,
    policy: &Policy,
    pass: &Pass,
) -> PortResult<Vec<Channel>> {
    if let Some(known) = pass.tenant(tenant, |tenant| tenant.channels.clone()) {
        return Ok(known);
    }
    let facts = tenant_facts(core, tenant, pass).await?;
    let provided = core.delivery.channels(tenant).await?;
    let channels = policy.served_channels(&provided, facts.as_ref(), core.clock.now());
    pass.tenant(tenant, |tenant| tenant.channels = Some(channels.clone()));
    Ok(channels)
}

fn way_failed(due: DueMessage<'_>, account: &Account, error: &PortError) {
    let pending = account.outbox.iter().find(|pending| pending.number == due.number);
    let queued_at = pending.map_or_else(|| due.core.clock.now(), |pending| pending.queued_at);
    let service = Some(FaultScope::Service);
    due.pass.tenant(&due.target.tenant, |tenant| tenant.failed(due.way, service));
    due.report_failure(queued_at, error, &[]);
}
