//! The deliveries that are failing, kept in memory for operators: one entry for each tenant and
//! channel.

use std::collections::BTreeMap;
use std::error::Error as _;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::domain::identity::ids::TenantId;
use crate::domain::method::Channel;
use crate::domain::time::Timestamp;
use crate::engine::api::report::{FailingDelivery, MaintenanceReport};
use crate::port::{FaultScope, PortError};

/// The most entries that are kept.
const MAX_ENTRIES: usize = 256;
/// The longest text of an error that is kept, in characters.
const MAX_TEXT: usize = 300;
/// A failure of a recipient is forgotten after this time without another failure: twice the longest
/// wait between two tries.
const FORGET_AFTER: Duration = Duration::from_secs(2 * 3_600);

/// One failed delivery.
pub(crate) struct Failure<'a> {
    pub(crate) tenant: &'a TenantId,
    pub(crate) channel: Option<Channel>,
    pub(crate) at: Timestamp,
    pub(crate) queued_at: Timestamp,
    pub(crate) error: &'a PortError,
    /// Texts that operators must not see.
    pub(crate) hidden: &'a [String],
}

/// The deliveries that are failing now.
#[derive(Default)]
pub(crate) struct Failing {
    entries: Mutex<BTreeMap<(TenantId, Option<Channel>), FailingDelivery>>,
}

impl Failing {
    /// Adds a failure to the entries and to the report of the call that met it.
    pub(crate) fn failed(&self, failure: &Failure<'_>, done: &mut MaintenanceReport) {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (failure.tenant.clone(), failure.channel);
        if entries.len() >= MAX_ENTRIES && !entries.contains_key(&key) {
            return;
        }
        let recipient_only = failure.error.scope() == Some(FaultScope::Recipient);
        let entry = entries.entry(key).or_insert_with(|| FailingDelivery {
            tenant: failure.tenant.clone(),
            channel: failure.channel,
            since: failure.at,
            last_at: failure.at,
            failures: 0,
            last_error: String::new(),
            recipient_only,
            oldest_waiting: failure.queued_at,
        });
        entry.last_at = entry.last_at.max(failure.at);
        entry.failures += 1;
        entry.last_error = text_of(failure.error, failure.hidden);
        entry.recipient_only = recipient_only;
        entry.oldest_waiting = entry.oldest_waiting.min(failure.queued_at);
        let known = done
            .failing
            .iter_mut()
            .find(|failing| failing.tenant == entry.tenant && failing.channel == entry.channel);
        match known {
            Some(known) => known.clone_from(entry),
            None => done.failing.push(entry.clone()),
        }
    }

    /// Removes the channel's entry after a success, unless the failure was a recipient's.
    pub(crate) fn worked(&self, tenant: &TenantId, channel: Option<Channel>) {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (tenant.clone(), channel);
        if entries.get(&key).is_some_and(|entry| !entry.recipient_only) {
            entries.remove(&key);
        }
    }

    pub(crate) fn all(&self, now: Timestamp) -> Vec<FailingDelivery> {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.retain(|_, entry| !entry.recipient_only || now.since(entry.last_at) < FORGET_AFTER);
        let mut all: Vec<FailingDelivery> = entries.values().cloned().collect();
        all.sort_by(FailingDelivery::by_age);
        all
    }
}

/// The text of an error with its causes, without the hidden texts and without control characters.
fn text_of(error: &PortError, hidden: &[String]) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(source) = cause {
        text.push_str(": ");
        text.push_str(&source.to_string());
        cause = source.source();
    }
    for secret in hidden.iter().filter(|secret| !secret.is_empty()) {
        text = text.replace(secret.as_str(), "[removed]");
    }
    let plain = |symbol: char| if symbol.is_control() { ' ' } else { symbol };
    text.chars().map(plain).take(MAX_TEXT).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_of_an_error_holds_its_causes_and_nothing_of_the_message() {
        let cause = std::io::Error::other("451 <ada@contoso.example> with 482139\r\ndeferred");
        let error = PortError::unavailable().because(cause);
        let text = text_of(&error, &["ada@contoso.example", "482139", ""].map(str::to_owned));
        assert_eq!(text, "unavailable: nothing happened: 451 <[removed]> with [removed]  deferred");
        let long = PortError::unknown().because(std::io::Error::other("x".repeat(5_000)));
        assert_eq!(text_of(&long, &[]).chars().count(), MAX_TEXT);
    }
}
