//! The events of one shard: appended, listed, removed when old.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

use super::keyed::KeyMap;
use super::position::EventPosition;
use crate::domain::event::Event;
use crate::domain::ids::{RecordKey, TenantId};
use crate::domain::time::Timestamp;

/// An event and its number in the store-wide sequence.
pub(super) type Numbered = (u64, Arc<Event>);

/// Events by record and by tenant. Both lists only grow at their end, so that an append costs the
/// same however many there are.
#[derive(Default)]
pub(super) struct EventLog {
    /// The place stands beside the event: to append needs no look at older events.
    by_record: KeyMap<RecordKey, Vec<(EventPosition, Arc<Event>)>>,
    by_tenant: HashMap<TenantId, VecDeque<Numbered>>,
    /// No event here is older: spares a purge the walk through shards that hold nothing old.
    oldest: Option<Timestamp>,
}

impl EventLog {
    /// Appends an event under the next number. Numbers must rise from call to call.
    pub(super) fn append(&mut self, number: u64, event: &Event) {
        let event = Arc::new(event.clone());
        self.oldest = Some(self.oldest.map_or(event.at, |at| at.min(event.at)));
        let own = self.by_record.entry(event.id.record).or_default();
        // Counts rise with each commit, so this is the end; after a purge they may begin again.
        let place = place(&(number, Arc::clone(&event)));
        let at = match own.last() {
            Some((last, _)) if *last > place => own.partition_point(|row| row.0 < place),
            _ => own.len(),
        };
        own.insert(at, (place, Arc::clone(&event)));
        if let Some(log) = self.by_tenant.get_mut(&event.tenant) {
            log.push_back((number, event));
        } else {
            let tenant = event.tenant.clone();
            self.by_tenant.insert(tenant, [(number, event)].into());
        }
    }

    /// Events of a record after a place, in the order of their ids.
    pub(super) fn of_record(
        &self,
        key: &RecordKey,
        after: Option<EventPosition>,
        limit: usize,
    ) -> Vec<Numbered> {
        let own = self.by_record.get(key).map_or(&[][..], Vec::as_slice);
        let from = after.map_or(0, |after| own.partition_point(|row| row.0 <= after));
        own[from..].iter().take(limit).map(|(place, event)| (place.2, Arc::clone(event))).collect()
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

    /// Removes events from before `before`, at most `limit`, and says how many.
    pub(super) fn purge(&mut self, before: Timestamp, limit: usize) -> usize {
        if limit == 0 || self.oldest.is_none_or(|oldest| oldest >= before) {
            return 0;
        }
        let mut removed = HashSet::new();
        let mut touched = HashSet::new();
        let mut oldest = None::<Timestamp>;
        self.by_tenant.retain(|_, log| {
            // Two engines' clocks differ, so an old event may stand behind a younger one.
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
                own.retain(|(place, _)| !removed.contains(&place.2));
                if own.is_empty() {
                    self.by_record.remove(&key);
                }
            }
        }
        self.oldest = oldest;
        removed.len()
    }
}

/// Where an event stands among those of its record.
pub(super) fn place((number, event): &Numbered) -> EventPosition {
    (event.id.count, event.id.index, *number)
}
