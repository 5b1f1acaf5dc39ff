//! The counters of an engine, for metrics and alerts.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::domain::time::Timestamp;
use crate::engine::api::report::FailingDelivery;

/// Counts of what an engine has done since it was opened. They are of this engine only: add those
/// of all processes, as metric systems do.
///
/// The counts hold no tenant, name, address, user or secret. Only `failing` names tenants, and its texts
/// of errors come from the adapters. Serialised, they are one JSON object.
///
/// ```
/// fn print(engine: &sspr::Engine) {
///     let stats = engine.stats();
///     for (operation, counted) in &stats.operations {
///         println!("{operation}: {} calls, {} refused", counted.calls(), counted.refusals());
///     }
///     for (call, counted) in &stats.ports {
///         println!("{call}: {} faults, {} µs each", counted.faults(), counted.time.mean_micros());
///     }
/// }
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[non_exhaustive]
pub struct Stats {
    /// When the engine was opened.
    pub opened_at: Timestamp,
    /// When [`Engine::maintain`](crate::Engine::maintain) last returned a report here. Alarm if no
    /// process of the store has done so for minutes: no message leaves.
    pub maintained_at: Option<Timestamp>,
    /// When this engine last removed expired rows.
    pub purged_at: Option<Timestamp>,
    /// The operations that were called, such as `reset.prove`, `registration.confirm` or
    /// `engine.maintain`.
    pub operations: BTreeMap<&'static str, CallStats>,
    /// The calls of ports, such as `store.commit` or `directory.find`.
    pub ports: BTreeMap<&'static str, CallStats>,
    /// The calls of [`Delivery::deliver`](crate::port::Delivery::deliver) by channel: `email`,
    /// `sms`, `voice`.
    pub channels: BTreeMap<&'static str, CallStats>,
    /// Secrets compared. Each attempt was reserved before its comparison.
    pub comparisons: u64,
    /// Decisions repeated because the record had changed.
    pub redecisions: u64,
    /// Challenges whose reply was the usual one but that were not opened, since a budget of the
    /// account was spent. They commit nothing and are not in the audit trail.
    pub silenced: u64,
    /// The part of `silenced` that was requested for unknown identifiers. Alarm if it grows
    /// quickly: an attacker is trying one unknown name many times, or many names.
    pub silenced_decoys: u64,
    /// Faults of the seal or of a host-verified method that were reported as
    /// [`Refusal::NotAccepted`](crate::Refusal::NotAccepted), since before the first proof a fault
    /// would tell whether the account exists. Alarm on any: correct codes are being refused.
    pub hidden_faults: u64,
    /// Codes to new numbers that were not sent, since their budget is spent or a breaker is open
    /// ([`NumberPolicy`](crate::policy::NumberPolicy)).
    pub stopped_codes: u64,
    /// Breakers that this engine has opened, or opened again after bad probes. Alarm on any: a prefix is
    /// pumped, or texts do not arrive there.
    pub breakers_opened: u64,
    /// Breakers that this engine has closed, after good probes or for an administrator.
    pub breakers_closed: u64,
    /// Deliveries that are failing now, by tenant and channel, the longest failing first. Alarm
    /// where [`since`](FailingDelivery::since) is minutes ago: codes and notices wait.
    pub failing: Vec<FailingDelivery>,
}

/// How the calls of one kind ended, and how long they took.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
#[non_exhaustive]
pub struct CallStats {
    /// Calls that returned a value.
    pub succeeded: u64,
    /// Operations refused by the rules, by [`Refusal::code`](crate::Refusal::code).
    pub refused: BTreeMap<&'static str, u64>,
    /// Operations that were called with invalid input.
    pub invalid: u64,
    /// Calls that failed, by kind of [`PortError`](crate::port::PortError): `unavailable`,
    /// `unknown`, `corrupt`, `denied`.
    pub failed: BTreeMap<&'static str, u64>,
    /// Calls whose future was dropped before it was ready, for example by a timeout of the host.
    pub abandoned: u64,
    /// The time that ended calls took.
    pub time: CallTime,
}

impl CallStats {
    /// All calls, whether ended or abandoned.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.succeeded + self.refusals() + self.invalid + self.faults() + self.abandoned
    }

    /// The refusals of all codes.
    #[must_use]
    pub fn refusals(&self) -> u64 {
        self.refused.values().sum()
    }

    /// The faults of all kinds.
    #[must_use]
    pub fn faults(&self) -> u64 {
        self.failed.values().sum()
    }
}

/// The time that ended calls took, by the engine's monotonic clock. All values are 0 if the clock
/// has none ([`Clock::steady`](crate::port::Clock::steady)).
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
#[non_exhaustive]
pub struct CallTime {
    /// The calls that were timed.
    pub count: u64,
    /// The sum, in microseconds.
    pub total_micros: u64,
    /// The longest, in microseconds.
    pub longest_micros: u64,
    /// The calls in each range: up to the bound of [`BOUNDS_MICROS`](Self::BOUNDS_MICROS) at this
    /// index and above the one before; the last are those above every bound.
    pub within: [u64; 9],
}

impl CallTime {
    /// The upper bounds of the ranges of [`within`](Self::within), in microseconds: from 100 µs to
    /// 10 s.
    pub const BOUNDS_MICROS: [u64; 8] =
        [100, 500, 1_000, 5_000, 25_000, 100_000, 1_000_000, 10_000_000];

    /// The mean, in microseconds; 0 if nothing was timed.
    #[must_use]
    pub const fn mean_micros(&self) -> u64 {
        match self.total_micros.checked_div(self.count) {
            Some(mean) => mean,
            None => 0,
        }
    }
}
