//! Counters of the calls of one kind.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::engine::api::stats::{CallStats, CallTime};
use crate::engine::observe::call_end::CallEnd;
use crate::port::PortErrorKind;

/// Counters of the calls of one kind. Threads count in parallel; only refusals are counted under a
/// lock.
#[derive(Default)]
pub(crate) struct Counters {
    succeeded: AtomicU64,
    refused: Mutex<BTreeMap<&'static str, u64>>,
    invalid: AtomicU64,
    failed: [AtomicU64; PortErrorKind::ALL.len()],
    abandoned: AtomicU64,
    total_micros: AtomicU64,
    longest_micros: AtomicU64,
    within: [AtomicU64; 9],
}

impl Counters {
    pub(crate) fn count(&self, outcome: CallEnd, took: Option<Duration>) {
        let increment = |counter: &AtomicU64| counter.fetch_add(1, Ordering::Relaxed);
        match outcome {
            CallEnd::Succeeded => {
                increment(&self.succeeded);
            }
            CallEnd::Refused(code) => {
                let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
                *refused.entry(code).or_default() += 1;
            }
            CallEnd::Invalid => {
                increment(&self.invalid);
            }
            CallEnd::Failed(kind) => {
                let index = PortErrorKind::ALL.iter().position(|known| *known == kind);
                index.and_then(|index| self.failed.get(index)).map(increment);
            }
            CallEnd::Abandoned => {
                increment(&self.abandoned);
            }
        }
        if let (Some(took), false) = (took, outcome == CallEnd::Abandoned) {
            let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
            let range = CallTime::BOUNDS_MICROS.partition_point(|bound| *bound < micros);
            increment(&self.within[range]);
            self.total_micros.fetch_add(micros, Ordering::Relaxed);
            self.longest_micros.fetch_max(micros, Ordering::Relaxed);
        }
    }

    /// The counts; `None` if nothing was counted.
    pub(crate) fn read(&self) -> Option<CallStats> {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let failed = PortErrorKind::ALL
            .iter()
            .zip(&self.failed)
            .map(|(kind, count)| (kind.as_str(), read(count)));
        let within = self.within.each_ref().map(read);
        let stats = CallStats {
            succeeded: read(&self.succeeded),
            refused: self.refused.lock().unwrap_or_else(PoisonError::into_inner).clone(),
            invalid: read(&self.invalid),
            failed: failed.filter(|(_, count)| *count > 0).collect(),
            abandoned: read(&self.abandoned),
            time: CallTime {
                count: within.iter().sum(),
                total_micros: read(&self.total_micros),
                longest_micros: read(&self.longest_micros),
                within,
            },
        };
        (stats.calls() > 0).then_some(stats)
    }
}
