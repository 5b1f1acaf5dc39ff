//! What one call of `maintain` knows: its limit, its report, and the routes that have failed.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::domain::account::{Account, MessageNumber, PendingBody};
use crate::domain::identity::contact::Destination;
use crate::domain::identity::facts::TenantFacts;
use crate::domain::identity::ids::TenantId;
use crate::domain::method::Channel;
use crate::domain::policy::Policy;
use crate::domain::time::Timestamp;
use crate::engine::api::report::MaintenanceReport;
use crate::engine::core::Core;
use crate::engine::core::commit::Target;
use crate::engine::maintenance::failing::Failure;
use crate::port::{FaultScope, PortError};

/// Failures of one tenant's channel after which its other messages wait for the next call.
const PATIENCE: u32 = 3;

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

/// A due message: its record, its route, and the call of `maintain` that works on it.
#[derive(Clone, Copy)]
pub(crate) struct DueMessage<'a> {
    pub(crate) core: &'a Core,
    pub(crate) target: &'a Target,
    pub(crate) policy: &'a Policy,
    pub(crate) pass: &'a Pass,
    pub(crate) number: MessageNumber,
    pub(crate) way: &'a Way,
}

impl DueMessage<'_> {
    /// Notes for operators that the delivery, or the directory, has failed.
    pub(crate) fn report_failure(
        &self,
        queued_at: Timestamp,
        error: &PortError,
        hidden: &[String],
    ) {
        let (tenant, channel) = (&self.target.tenant, self.way.channel);
        let at = self.core.clock.now();
        let failure = Failure { tenant, channel, at, queued_at, error, hidden };
        self.core.failing.failed(&failure, &mut self.pass.done());
    }
}

impl TenantPass {
    /// A failing channel delays no other channel, and a failing domain delays no other domain.
    pub(crate) fn is_open(&self, way: &Way) -> bool {
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
    /// A call that performs at most `limit` pieces of work.
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            left: AtomicUsize::new(limit),
            tenants: Mutex::default(),
            done: Mutex::default(),
            earliest: Mutex::new(Timestamp::MAX),
        }
    }

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

    /// The report, and the earliest time at which one of the records is due again.
    pub(crate) fn into_report(self) -> (MaintenanceReport, Timestamp) {
        let done = self.done.into_inner().unwrap_or_else(PoisonError::into_inner);
        (done, self.earliest.into_inner().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether the call's limit is used up.
    pub(crate) fn is_spent(&self) -> bool {
        self.left.load(Ordering::Relaxed) == 0
    }

    /// Gives one unit of the limit back.
    pub(crate) fn give_back(&self) {
        self.left.fetch_add(1, Ordering::Relaxed);
    }

    /// Takes one unit of the call's limit; `false` if none is left.
    pub(crate) fn take(&self) -> bool {
        let less = |left: usize| left.checked_sub(1);
        self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less).is_ok()
    }

    pub(crate) fn wakes_at(&self, at: Option<Timestamp>) {
        let mut earliest = self.earliest.lock().unwrap_or_else(PoisonError::into_inner);
        *earliest = (*earliest).min(at.unwrap_or(Timestamp::MAX));
    }
}

/// The route of the message with this number, if the outbox still has it.
pub(crate) fn way_of(account: &Account, number: MessageNumber) -> Option<Way> {
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
