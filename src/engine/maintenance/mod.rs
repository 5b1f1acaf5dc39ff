//! Maintenance: takes up due records and decides what each needs. `deliver.rs` delivers, `notices.rs`
//! looks up addresses, `purge.rs` removes expired rows, `reseal.rs` and `key_use.rs` serve the rotation of
//! keys.

pub(crate) mod accounts;
mod deliver;
pub(crate) mod failing;
mod help;
mod join;
pub(crate) mod key_use;
mod notices;
mod purge;
pub(crate) mod reseal;

use crate::engine::core::Core;
use crate::engine::maintenance::deliver::dispatch;
use crate::engine::maintenance::notices::{address, tell_administrators};
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::domain::account::{Account, PendingBody};
use crate::domain::identity::contact::Destination;
use crate::domain::identity::facts::TenantFacts;
use crate::domain::identity::ids::{RecordKey, TenantId};
use crate::domain::method::Channel;
use crate::domain::rules::{Work, next_work, tidy, time_of};
use crate::domain::time::Timestamp;
use crate::engine::api::error::{At as _, Error, FaultOrigin};
use crate::engine::api::reply::MaintenanceReport;
use crate::engine::core::commit::{Origin, target_of};
use crate::engine::maintenance::failing::FailingDelivery;
use crate::engine::maintenance::join::join_all;
use crate::port::FaultScope;

/// Records of one page of due records.
const ROUND: usize = 32;
/// Failures of one tenant's channel after which its other messages wait for the next call.
const PATIENCE: u32 = 3;
/// Failed records of one call that do not count towards its limit.
const MANY_FAILURES: u64 = 10_000;
/// The longest pause between two calls that a report asks for.
const LONGEST_IDLE: Duration = Duration::from_secs(60);

/// What one call knows of a tenant: its failures, and facts that it has read.
#[derive(Default)]
pub(crate) struct TenantPass {
    /// Consecutive failures of each channel, and of the directory under `None`.
    services: HashMap<Option<Channel>, u32>,
    /// Failures of each recipient domain.
    domains: HashMap<Way, u32>,
    pub(crate) facts: Option<Option<TenantFacts>>,
    pub(crate) channels: Option<Vec<Channel>>,
}

/// The route of a message: its channel and its recipient domain. Without a channel, work that asks
/// the directory.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Way {
    pub(crate) channel: Option<Channel>,
    domain: String,
}

impl TenantPass {
    /// A failing channel delays no other channel, and a failing domain delays no other domain.
    fn is_open(&self, way: &Way) -> bool {
        let few = |failures: Option<&u32>| failures.is_none_or(|failures| *failures < PATIENCE);
        few(self.services.get(&way.channel)) && few(self.domains.get(way))
    }

    pub(crate) fn failed(&mut self, way: &Way, scope: Option<FaultScope>) {
        let mut first = false;
        if way.channel.is_some() && scope != Some(FaultScope::Service) {
            let failures = self.domains.entry(way.clone()).or_default();
            first = *failures == 0;
            *failures += 1;
        }
        // If the delivery does not report the scope of a failure, the first failure of each domain
        // counts against the channel too.
        let service = match scope {
            Some(FaultScope::Service) => true,
            Some(FaultScope::Recipient) => way.channel.is_none(),
            None => first || way.channel.is_none(),
        };
        if service {
            *self.services.entry(way.channel).or_default() += 1;
        }
    }

    pub(crate) fn worked(&mut self, way: &Way) {
        self.services.remove(&way.channel);
    }
}

/// The state that one call shares between the records that it works on concurrently.
pub(crate) struct Pass {
    left: AtomicUsize,
    tenants: Mutex<HashMap<TenantId, TenantPass>>,
    done: Mutex<MaintenanceReport>,
    /// The earliest time at which one of these records is due again.
    earliest: Mutex<Timestamp>,
}

impl Pass {
    pub(crate) fn done(&self) -> MutexGuard<'_, MaintenanceReport> {
        self.done.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn tenant<T>(
        &self,
        tenant: &TenantId,
        with: impl FnOnce(&mut TenantPass) -> T,
    ) -> T {
        let mut tenants = self.tenants.lock().unwrap_or_else(PoisonError::into_inner);
        with(tenants.entry(tenant.clone()).or_default())
    }

    /// Takes one unit of the call's limit; `false` if none is left.
    fn take(&self) -> bool {
        let less = |left: usize| left.checked_sub(1);
        self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less).is_ok()
    }

    fn wakes_at(&self, at: Option<Timestamp>) {
        let mut earliest = self.earliest.lock().unwrap_or_else(PoisonError::into_inner);
        *earliest = (*earliest).min(at.unwrap_or(Timestamp::MAX));
    }
}

/// Does the work that is due, at most `limit` pieces of it.
pub(crate) async fn maintain(core: &Core, limit: usize) -> Result<MaintenanceReport, Error> {
    let pass = Pass {
        left: AtomicUsize::new(limit),
        tenants: Mutex::default(),
        done: Mutex::default(),
        earliest: Mutex::new(Timestamp::MAX),
    };
    let mut cursor = None;
    loop {
        let now = core.clock.now();
        let page = core.store.due(now, cursor.as_ref(), ROUND).await.at(FaultOrigin::Store)?;
        join_all(page.items.iter().map(|key| tend(core, key, &pass))).await;
        cursor = page.next;
        if cursor.is_none() || pass.left.load(Ordering::Relaxed) == 0 {
            break;
        }
    }
    let now = core.clock.now();
    let mut done = pass.done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.failing.sort_by(FailingDelivery::by_age);
    purge::purge(core, now, &mut done).await;
    done.more |= cursor.is_some();
    let earliest = pass.earliest.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.idle_for = (!done.more).then(|| earliest.since(now).min(LONGEST_IDLE));
    Ok(done)
}

/// Does all due work of one record.
async fn tend(core: &Core, key: &RecordKey, pass: &Pass) {
    loop {
        if !pass.take() {
            pass.done().more = true;
            return;
        }
        match tend_once(core, key, pass).await {
            Ok(true) => {}
            Ok(false) => return,
            Err(_) => {
                // The record stays due for the next call. Its failure does not use up the
                // limit, unless very many records fail.
                let mut done = pass.done();
                done.failed += 1;
                if done.failed < MANY_FAILURES {
                    pass.left.fetch_add(1, Ordering::Relaxed);
                }
                return;
            }
        }
    }
}

async fn tend_once(core: &Core, key: &RecordKey, pass: &Pass) -> Result<bool, Error> {
    let Some(record) = core.store.load(key).await.at(FaultOrigin::Store)? else {
        return Ok(false);
    };
    let (target, loaded) = target_of(&record)?;
    core.check_target(&target)?;
    let now = time_of(&loaded.account, core.clock.now());
    let Some(work) = next_work(&loaded.account, now) else {
        pass.wakes_at(loaded.account.wake_at());
        return Ok(false);
    };
    let policy = core.policy(&target.tenant, false).await?;
    let origin = Origin::engine();
    match work {
        Work::Tidy => {
            let step = core.commit(&target, &policy, &origin).from(loaded);
            step.apply_if(|transition| {
                tidy(transition);
                true
            })
            .await?;
            pass.done().settled += 1;
            Ok(true)
        }
        Work::Messages(numbers) => {
            // A message whose route has failed often waits for the next call; the first other
            // message is taken.
            let account = &loaded.account;
            let ways =
                numbers.iter().filter_map(|number| Some((*number, way_of(account, *number)?)));
            let open =
                |(_, way): &(u32, Way)| pass.tenant(&target.tenant, |tenant| tenant.is_open(way));
            let Some((number, way)) = ways.into_iter().find(open) else {
                pass.done().failed += 1;
                return Ok(false);
            };
            let pending = account.outbox.iter().find(|pending| pending.number == number);
            match pending.map(|pending| &pending.body) {
                Some(PendingBody::Announce { .. }) => {
                    address(core, &target, loaded, &policy, (number, way), pass).await
                }
                Some(PendingBody::Administrators { .. }) => {
                    tell_administrators(core, &target, loaded, &policy, (number, way), pass).await
                }
                _ => dispatch(core, &target, loaded, &policy, (number, way), pass).await,
            }
        }
    }
}

/// The route of the message with this number, if the outbox still has it.
fn way_of(account: &Account, number: u32) -> Option<Way> {
    let pending = account.outbox.iter().find(|pending| pending.number == number)?;
    let directory = Way { channel: None, domain: String::new() };
    Some(match &pending.body {
        PendingBody::Notice { channel, destination, .. } => {
            Way { channel: Some(*channel), domain: domain_of(destination) }
        }
        PendingBody::Revoke { .. }
        | PendingBody::Announce { .. }
        | PendingBody::Administrators { .. } => directory,
        PendingBody::Code { challenge, .. } => {
            let mut open = account.flows.iter().flat_map(|flow| &flow.challenges);
            let challenge = open.find(|open| open.number == *challenge)?;
            let channel = challenge.channel().carrier()?;
            let domain = challenge.expected.destination().map(domain_of).unwrap_or_default();
            Way { channel: Some(channel), domain }
        }
    })
}

/// The destinations that fail together: those of a mail domain or of a number prefix.
fn domain_of(destination: &Destination) -> String {
    let normalised = destination.normalised();
    match destination {
        Destination::Email(_) => {
            normalised.rsplit_once('@').map(|(_, domain)| domain.to_owned()).unwrap_or(normalised)
        }
        Destination::Phone(number) => number.prefix().to_owned(),
    }
}
