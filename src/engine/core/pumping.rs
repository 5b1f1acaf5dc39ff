//! Codes to new numbers: the counters of codes sent and of codes ended, and the commits that open and
//! close breakers.
//!
//! Only `maintain` counts, so that no reply to a caller depends on these counters.

use std::sync::atomic::Ordering;

use crate::domain::event::{ActorKind, EventKind, StoppedBy};
use crate::domain::identity::contact::NumberPrefix;
use crate::domain::identity::ids::{CounterKey, TenantId};
use crate::domain::policy::breakers::{Admission, BreakerChange, Breakers, EndedIn};
use crate::domain::policy::{Breaker, NumberPolicy, Policy, Rate, VerifiedShare};
use crate::domain::report::ReportDay;
use crate::domain::time::{DAY, Timestamp};
use crate::engine::api::error::{At as _, Error, Fault, FaultOrigin};
use crate::engine::core::Core;
use crate::engine::core::context::{corrupt_policy, policy_of};
use crate::engine::core::limits::{READ, SLICES, Slices};
use crate::engine::core::policy_commit::PolicyStep;
use crate::port::{CounterIncrement, PortError};

/// What a counter counts, in the derivation of its key. Limits have 1 to 5, counts of replies 16.
#[derive(Clone, Copy)]
enum Counted {
    PrefixOfDay = 17,
    TenantOfDay = 18,
    Ended = 19,
    Verified = 20,
    Probes = 21,
    ProbesEnded = 22,
    ProbesVerified = 23,
}

/// How often a commit of the policy's record is tried while others commit too.
const MAX_TRIES: u32 = 16;

impl Core {
    /// Counts a code to a new number as sent, before it is handed over: after a crash it is counted once
    /// more rather than never. Returns what stops it, if anything does.
    ///
    /// # Errors
    ///
    /// [`Fault`] of the store: the code may be counted, and must not be sent.
    pub(crate) async fn count_new_code(
        &self,
        tenant: &TenantId,
        numbers: &NumberPolicy,
        prefix: &NumberPrefix,
        admission: Admission,
    ) -> Result<Option<StoppedBy>, Error> {
        let probes = match (admission, &numbers.breaker) {
            (Admission::Open, _) => return Ok(Some(StoppedBy::Breaker)),
            (Admission::Probing { period }, Some(breaker)) => Some((period, breaker)),
            _ => None,
        };
        let day = ReportDay::of(self.clock.now());
        let day_ends = day.next().start().plus(DAY);
        let mut limits = Vec::with_capacity(3);
        if let Some((period, breaker)) = probes {
            let key = self.pumping_key(tenant, Counted::Probes, Some(prefix), period);
            let expires_at = period.plus(breaker.rest).plus(DAY);
            limits.push((StoppedBy::Breaker, breaker.probes, key, expires_at));
        }
        if let Some(most) = numbers.new_per_prefix {
            let key = self.pumping_key(tenant, Counted::PrefixOfDay, Some(prefix), day.start());
            limits.push((StoppedBy::PrefixBudget, most, key, day_ends));
        }
        if let Some(most) = numbers.new_per_tenant {
            let key = self.pumping_key(tenant, Counted::TenantOfDay, None, day.start());
            limits.push((StoppedBy::TenantBudget, most, key, day_ends));
        }
        for (stopped_by, most, key, expires_at) in limits {
            // Counted one by one: a code that one limit stops is counted against none of the next.
            let counts = self.increment([CounterIncrement::new(key, 1, expires_at)]).await?;
            if counts.iter().sum::<u64>() > u64::from(most) {
                return Ok(Some(stopped_by));
            }
        }
        Ok(None)
    }

    /// Counts a code to a new number as ended. Returns what has been counted with it.
    pub(crate) async fn count_ended(
        &self,
        tenant: &TenantId,
        breaker: &Breaker,
        (prefix, counted): (&NumberPrefix, EndedIn),
        verified: bool,
    ) -> Result<VerifiedShare, Error> {
        let verified = u32::from(verified);
        match counted {
            EndedIn::Nothing => Ok(VerifiedShare::default()),
            EndedIn::Probes { period } => {
                let expires_at = period.plus(breaker.rest.saturating_mul(2)).plus(DAY);
                let cells = [(Counted::ProbesEnded, 1), (Counted::ProbesVerified, verified)];
                let counts = self.increment(cells.map(|(what, amount)| {
                    let key = self.pumping_key(tenant, what, Some(prefix), period);
                    CounterIncrement::new(key, amount, expires_at)
                }));
                Ok(share(&counts.await?, 1))
            }
            EndedIn::Window => {
                let slices = Slices::of(Rate::new(1, breaker.window), self.clock.now());
                let cells = [(Counted::Ended, 1), (Counted::Verified, verified)];
                let increments = cells.into_iter().flat_map(|(what, amount)| {
                    slices.read().map(|number| {
                        let start = slices.start(number);
                        let key = self.pumping_key(tenant, what, Some(prefix), start);
                        let amount = if number == slices.present { amount } else { 0 };
                        let expires_at = slices.start(number.saturating_add(SLICES + 2));
                        CounterIncrement::new(key, amount, expires_at)
                    })
                });
                let counts = self.increment(increments.collect::<Vec<_>>()).await?;
                Ok(share(&counts, READ))
            }
        }
    }

    /// Changes the breakers of a tenant and records the change. Returns `None` if nothing changes.
    pub(crate) async fn change_breakers(
        &self,
        tenant: &TenantId,
        prefix: &NumberPrefix,
        actor: &ActorKind,
        mut change: impl FnMut(&mut Breakers, &Policy, Timestamp) -> Option<BreakerChange>,
    ) -> Result<Option<BreakerChange>, Error> {
        let key = self.keys.policy(tenant);
        for _ in 0..MAX_TRIES {
            let Some(record) = self.store.load(&key).await.at(FaultOrigin::Store)? else {
                return Ok(None);
            };
            let stored = policy_of(&record)?;
            if stored.tenant != *tenant || record.says_more().unwrap_or(true) {
                return Err(corrupt_policy(&record, "another release or tenant has written it"));
            }
            let (now, before) = (self.clock.now(), Some(record.version()));
            let mut next = (*stored).clone();
            next.breakers = next.breakers.at(now);
            let Some(changed) = change(&mut next.breakers, &stored.policy, now) else {
                return Ok(None);
            };
            let open = next.breakers.open().find(|state| state.prefix == *prefix);
            let until = open.map_or(now, |state| state.until);
            let kind = match changed {
                BreakerChange::Opened(VerifiedShare { ended, verified }) => {
                    EventKind::BreakerOpened { prefix: prefix.clone(), ended, verified, until }
                }
                BreakerChange::Closed => EventKind::BreakerClosed { prefix: prefix.clone() },
            };
            let step = PolicyStep { next, before, at: now, actor: actor.clone(), kind };
            if self.commit_policy(step).await? {
                let counter = match changed {
                    BreakerChange::Opened(_) => &self.pumping.opened,
                    BreakerChange::Closed => &self.pumping.closed,
                };
                counter.fetch_add(1, Ordering::Relaxed);
                return Ok(Some(changed));
            }
        }
        let error = PortError::unavailable().because("too many conflicting writers");
        Err(Error::Fault(Fault { origin: FaultOrigin::Store, error }))
    }

    async fn increment(
        &self,
        increments: impl AsRef<[CounterIncrement]>,
    ) -> Result<Vec<u64>, Error> {
        let batch = increments.as_ref();
        let counts = self.store.increment(batch).await.at(FaultOrigin::Store)?;
        if counts.len() == batch.len() {
            return Ok(counts);
        }
        let error = PortError::corrupt().because("the store returned too few counts");
        Err(Error::Fault(Fault { origin: FaultOrigin::Store, error }))
    }

    fn pumping_key(
        &self,
        tenant: &TenantId,
        counted: Counted,
        prefix: Option<&NumberPrefix>,
        start: Timestamp,
    ) -> CounterKey {
        let subject = prefix.map_or("", NumberPrefix::as_str);
        self.keys.counter(tenant, counted as u8, subject.as_bytes(), 0, start)
    }
}

/// The sums of the counters of ended codes, which come first, and of verified ones.
fn share(counts: &[u64], of_each: usize) -> VerifiedShare {
    let (ended, verified) = counts.split_at(of_each.min(counts.len()));
    VerifiedShare { ended: ended.iter().sum(), verified: verified.iter().sum() }
}
