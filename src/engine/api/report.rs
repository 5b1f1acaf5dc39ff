//! What operators read: the report of a call of `maintain`, the counters, the failing deliveries.

use std::cmp::Ordering;
use std::time::Duration;

use serde::Serialize;

use crate::domain::identity::ids::TenantId;
use crate::domain::method::Channel;
use crate::domain::time::Timestamp;

/// What [`Engine::maintain`](crate::Engine::maintain) has done.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
#[non_exhaustive]
pub struct MaintenanceReport {
    /// Messages delivered, and sessions revoked.
    pub delivered: u64,
    /// Interrupted writes settled and flows closed.
    pub settled: u64,
    /// Rows removed.
    pub purged: u64,
    /// Pieces of work that failed and will be tried again.
    pub failed: u64,
    /// Deliveries that failed in this call, by tenant and channel, the longest failing first: at
    /// most 256.
    pub failing: Vec<FailingDelivery>,
    /// How far this engine's clock is ahead of the last purge of the store, if that is more than a
    /// day and more than the time that has passed: either no engine has maintained the store for so
    /// long, or a clock is wrong. Nothing is removed meanwhile. After engines have seen this for 24
    /// hours the time is believed. **Alarm on any**, and correct the clock before that.
    pub clock_ahead: Option<Duration>,
    /// Whether there is more to do now.
    pub more: bool,
    /// How long to wait until the next call; at most a minute. `None` if there is more to do now.
    /// Serialised in milliseconds.
    #[serde(serialize_with = "optional_ms")]
    pub idle_for: Option<Duration>,
}

fn optional_ms<S: serde::Serializer>(span: &Option<Duration>, to: S) -> Result<S::Ok, S::Error> {
    span.map(|span| u64::try_from(span.as_millis()).unwrap_or(u64::MAX)).serialize(to)
}

/// A failing delivery, as one engine has seen it.
///
/// ```
/// use sspr::{Engine, Error};
///
/// async fn watch(engine: &Engine) -> Result<(), Error> {
///     let done = engine.maintain(100).await?;
///     for failing in &done.failing {
///         eprintln!("{} {:?}: {}", failing.tenant, failing.channel, failing.last_error);
///     }
///     Ok(())
/// }
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[non_exhaustive]
pub struct FailingDelivery {
    /// The tenant whose messages wait.
    pub tenant: TenantId,
    /// The channel. `None` for calls to the directory that a message needs: the end of sessions,
    /// the owner's addresses, the administrators.
    pub channel: Option<Channel>,
    /// When the first of these failures was.
    pub since: Timestamp,
    /// When it failed last.
    pub last_at: Timestamp,
    /// The number of failures since then.
    pub failures: u64,
    /// The text of the last error with its causes, at most 300 characters. The address, the code
    /// and the link of the message are removed from it.
    pub last_error: String,
    /// Whether the delivery reports that the fault is the recipient's.
    pub recipient_only: bool,
    /// When the oldest of the failed messages was queued.
    pub oldest_waiting: Timestamp,
}

impl FailingDelivery {
    pub(crate) fn by_age(&self, other: &Self) -> Ordering {
        self.since.cmp(&other.since)
    }
}
