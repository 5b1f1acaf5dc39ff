//! One shard: the records of a key range, their indexes and their events, under one lock.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use super::events::EventLog;
use super::keyed::KeyMap;
use crate::port::{Columns, Record, RecordKey, RecordKind, Version};
use crate::{TenantId, Timestamp};

/// The records of a shard. Every index is changed in the critical section that changes the record,
/// so that no reader sees one without the other.
#[derive(Default)]
pub(super) struct Shard {
    records: KeyMap<RecordKey, Slot>,
    wake: BTreeSet<(Timestamp, RecordKey)>,
    expiry: BTreeSet<(Timestamp, RecordKey)>,
    owned: Owned,
    pub(super) events: EventLog,
}

/// A record and its indexed columns.
struct Slot {
    record: Record,
    tenant: TenantId,
    kind: RecordKind,
    wake_at: Option<Timestamp>,
    expires_at: Option<Timestamp>,
}

impl Shard {
    pub(super) fn get(&self, key: &RecordKey) -> Option<&Record> {
        Some(&self.records.get(key)?.record)
    }

    pub(super) fn version(&self, key: &RecordKey) -> Option<Version> {
        Some(self.get(key)?.version())
    }

    /// Inserts or replaces a record.
    pub(super) fn put(&mut self, next: &Record, columns: &Columns) {
        let key = *next.key();
        let Some(slot) = self.records.get_mut(&key) else {
            self.insert(next, columns);
            return;
        };
        slot.record = next.clone();
        // Most commits change no index, and moving a row within a large tree costs more than the
        // comparison.
        let moved = slot.kind != columns.kind || slot.tenant != columns.tenant;
        if moved {
            disown(&mut self.owned, &slot.tenant, slot.kind, &key);
            own(&mut self.owned, &columns.tenant, columns.kind, key);
            slot.tenant = columns.tenant.clone();
            slot.kind = columns.kind;
        }
        reindex(&mut self.wake, key, slot.wake_at, columns.wake_at);
        reindex(&mut self.expiry, key, slot.expires_at, columns.expires_at);
        slot.wake_at = columns.wake_at;
        slot.expires_at = columns.expires_at;
    }

    fn insert(&mut self, next: &Record, columns: &Columns) {
        let key = *next.key();
        own(&mut self.owned, &columns.tenant, columns.kind, key);
        reindex(&mut self.wake, key, None, columns.wake_at);
        reindex(&mut self.expiry, key, None, columns.expires_at);
        let slot = Slot {
            record: next.clone(),
            tenant: columns.tenant.clone(),
            kind: columns.kind,
            wake_at: columns.wake_at,
            expires_at: columns.expires_at,
        };
        self.records.insert(key, slot);
    }

    /// Alarms at or before `now`, earliest first.
    pub(super) fn due(
        &self,
        now: Timestamp,
        after: Option<(Timestamp, RecordKey)>,
        limit: usize,
    ) -> impl Iterator<Item = (Timestamp, RecordKey)> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let all = self.wake.range((from, Bound::Unbounded));
        all.copied().take_while(move |row| row.0 <= now).take(limit)
    }

    /// Records of a tenant and kind in the order of their keys.
    pub(super) fn scan(
        &self,
        tenant: &TenantId,
        kind: RecordKind,
        after: Option<RecordKey>,
        limit: usize,
    ) -> impl Iterator<Item = Record> {
        let keys = self.owned.get(tenant).and_then(|kinds| kinds.get(&kind));
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        keys.into_iter()
            .flat_map(move |keys| keys.range((from, Bound::Unbounded)))
            .filter_map(|key| self.get(key).cloned())
            .take(limit)
    }

    /// Removes expired records, at most `limit`; returns how many.
    pub(super) fn purge(&mut self, expired: Timestamp, limit: usize) -> usize {
        let mut removed = 0;
        while removed < limit {
            let Some(&(at, key)) = self.expiry.first() else {
                break;
            };
            if at > expired {
                break;
            }
            self.expiry.pop_first();
            if let Some(slot) = self.records.remove(&key) {
                disown(&mut self.owned, &slot.tenant, slot.kind, &key);
                reindex(&mut self.wake, key, slot.wake_at, None);
                removed += 1;
            }
        }
        removed
    }

    /// Checks every index against the records.
    #[cfg(test)]
    pub(super) fn assert_consistent(&self) {
        let column = |of: fn(&Slot) -> Option<Timestamp>| -> BTreeSet<_> {
            let rows = self.records.iter();
            rows.filter_map(|(key, slot)| Some((of(slot)?, *key))).collect()
        };
        assert_eq!(self.wake, column(|slot| slot.wake_at));
        assert_eq!(self.expiry, column(|slot| slot.expires_at));
        let mut owned = Owned::new();
        for (key, slot) in &self.records {
            assert_eq!(key, slot.record.key());
            own(&mut owned, &slot.tenant, slot.kind, *key);
        }
        assert_eq!(self.owned, owned);
    }
}

type Owned = BTreeMap<TenantId, BTreeMap<RecordKind, BTreeSet<RecordKey>>>;

fn own(owned: &mut Owned, tenant: &TenantId, kind: RecordKind, key: RecordKey) {
    if !owned.contains_key(tenant) {
        owned.insert(tenant.clone(), BTreeMap::new());
    }
    if let Some(kinds) = owned.get_mut(tenant) {
        kinds.entry(kind).or_default().insert(key);
    }
}

fn disown(owned: &mut Owned, tenant: &TenantId, kind: RecordKind, key: &RecordKey) {
    let Some(kinds) = owned.get_mut(tenant) else {
        return;
    };
    if let Some(keys) = kinds.get_mut(&kind) {
        keys.remove(key);
        if keys.is_empty() {
            kinds.remove(&kind);
        }
    }
    if kinds.is_empty() {
        owned.remove(tenant);
    }
}

fn reindex(
    index: &mut BTreeSet<(Timestamp, RecordKey)>,
    key: RecordKey,
    old: Option<Timestamp>,
    new: Option<Timestamp>,
) {
    if old == new {
        return;
    }
    if let Some(at) = old {
        index.remove(&(at, key));
    }
    if let Some(at) = new {
        index.insert((at, key));
    }
}
