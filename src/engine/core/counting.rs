//! Counts of replies that leave no event: counting them in memory, and writing them.

use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::domain::account::Purpose;
use crate::domain::identity::ids::{CounterKey, TenantId};
use crate::domain::report::{CountedReply, CountedStep, ReportDay};
use crate::domain::time::{DAY, Timestamp};
use crate::engine::api::error::{At as _, Error, FaultOrigin};
use crate::engine::core::Core;
use crate::engine::core::tally::Taken;
use crate::port::CounterIncrement;

/// The kind of these counters in the derivation of their keys. Limits have 1 to 5.
const TALLY: u8 = 16;
/// The least time between two writes.
const FLUSH_EVERY: Duration = Duration::from_secs(10);
/// The most counters in one call of the store.
const BATCH: usize = 500;

impl Core {
    /// Counts a reply. Tenants without a policy serve no one and are not counted, so that invented
    /// names of tenants fill no memory.
    pub(crate) fn count_reply<T>(
        &self,
        tenant: &TenantId,
        purpose: Purpose,
        step: CountedStep,
        reply: &Result<T, Error>,
    ) {
        if !self.policies.has_policy(tenant) {
            return;
        }
        let reply = match reply {
            Ok(_) => Ok(()),
            Err(Error::Refused(refusal)) => Err(Some(refusal)),
            Err(Error::Fault(_)) => Err(None),
            // The host has passed malformed input, so no user got a reply.
            Err(Error::Invalid(_)) => return,
        };
        let day = ReportDay::of(self.clock.now());
        self.tally.add(tenant, (day, CountedReply::of(purpose, step, reply)), 1);
    }

    /// Writes what was counted, at most every ten seconds.
    pub(crate) async fn flush_tally(&self, now: Timestamp) -> Result<(), Error> {
        let last = Timestamp::from_unix_millis(self.tally.flushed_at.load(Ordering::Relaxed));
        if last <= now && now.since(last) < FLUSH_EVERY {
            return Ok(());
        }
        self.write_tally(now).await
    }

    /// Writes what was counted.
    pub(crate) async fn write_tally(&self, now: Timestamp) -> Result<(), Error> {
        let mut taken = Taken::from(&self.tally);
        while !taken.counts.is_empty() {
            let end = taken.counts.len().saturating_sub(BATCH);
            let increments: Vec<_> = taken.counts[end..]
                .iter()
                .map(|(tenant, (day, counted), count)| {
                    let amount = u32::try_from(*count).unwrap_or(u32::MAX);
                    let expires_at = self.count_expires_at(*day);
                    CounterIncrement::new(self.count_key(tenant, *day, counted), amount, expires_at)
                })
                .collect();
            self.store.increment(&increments).await.at(FaultOrigin::Store)?;
            taken.counts.truncate(end);
            self.tally.flushed_at.store(now.unix_millis(), Ordering::Relaxed);
        }
        Ok(())
    }

    pub(crate) fn count_key(
        &self,
        tenant: &TenantId,
        day: ReportDay,
        counted: &CountedReply,
    ) -> CounterKey {
        self.keys.counter(tenant, TALLY, counted.subject().as_bytes(), 0, day.start())
    }

    /// A count is kept as long as the events of its day.
    pub(crate) fn count_expires_at(&self, day: ReportDay) -> Timestamp {
        day.next().start().plus(self.event_retention).plus(DAY)
    }
}
