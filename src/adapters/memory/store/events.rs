//! The events of one shard: appending, listing, purging.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

use super::keyed::KeyMap;
use super::position::EventPosition;
use crate::audit::Event;
use crate::port::RecordKey;
use crate::{TenantId, Timestamp};

/// An event with its number in the store-wide sequence.
pub(super) type Numbered = (u64, Arc<Event>);

/// Events by record and by tenant. Both lists grow only at their end, so the cost of an append does
/// not depend on their length.
#[derive(Default)]
pub(super) struct EventLog {
    /// The position is stored beside the event, so an append need not read older events.
    by_record: KeyMap<RecordKey, Vec<(EventPosition, Arc<Event>)>>,
    by_tenant: HashMap<TenantId, VecDeque<Numbered>>,
    /// No event here is older, so a purge can skip shards without old events.
    oldest: Option<Timestamp>,
}

impl EventLog {
    /// Appends an event under this number. Numbers must rise from call to call.
    pub(super) fn append(&mut self, number: u64, event: &Event) {
        let event = Arc::new(event.clone());
        self.oldest = Some(self.oldest.map_or(event.at, |at| at.min(event.at)));
        let own = self.by_record.entry(event.id.record).or_default();
        // Counts rise with each commit, so this is usually the end; after a purge they may restart.
        let position = position(&(number, Arc::clone(&event)));
        let at = match own.last() {
            Some((last, _)) if *last > position => own.partition_point(|row| row.0 < position),
            _ => own.len(),
        };
        own.insert(at, (position, Arc::clone(&event)));
        if let Some(log) = self.by_tenant.get_mut(&event.tenant) {
            log.push_back((number, event));
        } else {
            let tenant = event.tenant.clone();
            self.by_tenant.insert(tenant, [(number, event)].into());
        }
    }

    /// Events of a record after a position, in the order of their ids.
    pub(super) fn of_record(
        &self,
        key: &RecordKey,
        after: Option<EventPosition>,
        limit: usize,
    ) -> Vec<Numbered> {
        let own = self.by_record.get(key).map_or(&[][..], Vec::as_slice);
        let from = after.map_or(0, |after| own.partition_point(|row| row.0 <= after));
        own[from..]
            .iter()
            .take(limit)
            .map(|(position, event)| (position.2, Arc::clone(event)))
            .collect()
    }

    /// Events of a tenant with numbers above `after` and below `end`.
    pub(super) fn of_tenant(
        &self,
        tenant: &TenantId,
        after: u64,
        end: u64,
        limit: usize,
    ) -> impl Iterator<Item = Numbered> {
        self.by_tenant.get(tenant).into_iter().flat_map(move |log| {
            let from = log.partition_point(|row| row.0 <= after);
            let rows = log.range(from..).take_while(move |row| row.0 < end);
            rows.take(limit).cloned()
        })
    }

    /// Removes events older than `before`, at most `limit`; returns how many.
    pub(super) fn purge(&mut self, before: Timestamp, limit: usize) -> usize {
        if limit == 0 || self.oldest.is_none_or(|oldest| oldest >= before) {
            return 0;
        }
        let mut removed = HashSet::new();
        let mut touched = HashSet::new();
        let mut oldest = None::<Timestamp>;
        self.by_tenant.retain(|_, log| {
            // The clocks of two engines differ, so an old event may follow a newer one.
            log.retain(|(number, event)| {
                let old = event.at < before && removed.len() < limit;
                if old {
                    removed.insert(*number);
                    touched.insert(event.id.record);
                } else {
                    oldest = Some(oldest.map_or(event.at, |at| at.min(event.at)));
                }
                !old
            });
            !log.is_empty()
        });
        for key in touched {
            if let Some(own) = self.by_record.get_mut(&key) {
                own.retain(|(position, _)| !removed.contains(&position.2));
                if own.is_empty() {
                    self.by_record.remove(&key);
                }
            }
        }
        self.oldest = oldest;
        removed.len()
    }
}

/// The position of an event among those of its record.
pub(super) fn position((number, event): &Numbered) -> EventPosition {
    (event.id.count, event.id.index, *number)
}
