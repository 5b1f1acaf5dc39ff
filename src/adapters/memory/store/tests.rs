use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::*;
use crate::audit::{ActorKind, EventId, EventKind};
use crate::port::{Columns, CounterKey, PortErrorKind, Version};

mod races;

const NOW: Timestamp = Timestamp::from_unix_seconds(1_700_000_000);

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix_seconds(1_700_000_000 + seconds)
}

fn tenant(name: &str) -> TenantId {
    TenantId::parse(name).expect("tenant id")
}

/// Keys spread over all shards, in no order.
fn key(n: u64) -> RecordKey {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&n.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
    bytes[8..16].copy_from_slice(&n.to_be_bytes());
    RecordKey::from_bytes(bytes)
}

fn record(key: RecordKey, count: u64) -> Record {
    let body = format!("{{\"{count}\":\"\\u00e4\"}}");
    Record::loaded(key, Version::new(count, count ^ 0xabcd), body)
}

fn columns() -> Columns {
    Columns::new(tenant("contoso"), RecordKind::Account, NOW)
}

fn event(of: &Record, index: u16, when: Timestamp) -> Event {
    Event {
        format: Event::FORMAT,
        id: EventId::new(*of.key(), of.version().count(), index),
        tenant: tenant("contoso"),
        user: None,
        actor: ActorKind::Engine,
        at: when,
        source: None,
        kind: EventKind::Unblocked {},
        chain: None,
        text: None,
    }
}

async fn put(store: &MemoryStore, key: RecordKey, count: u64, columns: &Columns, events: &[Event]) {
    let expected = (count > 1).then(|| record(key, count - 1).version());
    let next = record(key, count);
    let commit = Commit::new(&next, expected, columns, events);
    assert_eq!(store.commit(commit).await.expect("room"), Committed::Applied);
}

fn assert_consistent(store: &MemoryStore) {
    for shard in &store.inner.shards {
        lock(shard).assert_consistent();
    }
}

async fn all_due(store: &MemoryStore, now: Timestamp, limit: usize) -> Vec<RecordKey> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = store.due(now, after.as_ref(), limit).await.expect("page");
        assert!(page.items.len() <= limit);
        all.extend(page.items);
        after = page.next;
        if after.is_none() {
            return all;
        }
    }
}

async fn all_events(store: &MemoryStore, of: EventsOf<'_>, limit: usize) -> Vec<Event> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = store.events(of, after.as_ref(), limit).await.expect("page");
        assert_eq!(page.items.is_empty(), page.next.is_none());
        assert!(page.items.len() <= limit);
        all.extend(page.items);
        after = page.next;
        if after.is_none() {
            return all;
        }
    }
}

#[tokio::test]
async fn a_commit_needs_the_whole_version() {
    let store = MemoryStore::new();
    put(&store, key(1), 1, &columns(), &[]).await;
    let next = record(key(1), 2);
    let present = record(key(1), 1).version();
    let wrong = [
        None,
        Some(Version::new(present.count(), present.nonce() ^ 1)),
        Some(Version::new(present.count() + 1, present.nonce())),
    ];
    for expected in wrong {
        let events = [event(&next, 0, NOW)];
        let columns = columns();
        let commit = Commit::new(&next, expected, &columns, &events);
        assert_eq!(store.commit(commit).await.expect("room"), Committed::Stale);
    }
    let none = record(key(2), 2);
    let columns = columns();
    let commit = Commit::new(&none, Some(present), &columns, &[]);
    assert_eq!(store.commit(commit).await.expect("room"), Committed::Stale);

    let stored = store.load(&key(1)).await.expect("up").expect("the record is stored");
    assert_eq!(stored.version(), present);
    assert_eq!(stored.body(), record(key(1), 1).body());
    assert!(all_events(&store, EventsOf::Record(&key(1)), 9).await.is_empty());
    assert!(store.load(&key(2)).await.expect("up").is_none());
}

#[tokio::test]
async fn all_handles_see_one_history() {
    let store = MemoryStore::new();
    let other = store.clone();
    put(&store, key(1), 1, &columns(), &[]).await;
    assert!(other.load(&key(1)).await.expect("up").is_some());
}

#[tokio::test]
async fn indexes_match_the_columns() {
    let store = MemoryStore::new();
    let mut given = columns();
    let steps: [(Option<i64>, Option<i64>, &str, RecordKind); 6] = [
        (Some(5), None, "contoso", RecordKind::Account),
        (Some(5), Some(9), "contoso", RecordKind::Account),
        (Some(7), Some(9), "fabrikam", RecordKind::Account),
        (None, Some(8), "fabrikam", RecordKind::Decoy),
        (None, None, "contoso", RecordKind::Account),
        (Some(1), Some(2), "contoso", RecordKind::Policy),
    ];
    for (count, (wake, expiry, owner, kind)) in (1..).zip(steps) {
        given.tenant = tenant(owner);
        given.kind = kind;
        given.wake_at = wake.map(at);
        given.expires_at = expiry.map(at);
        put(&store, key(1), count, &given, &[]).await;
        assert_consistent(&store);
        let due = all_due(&store, at(6), 9).await;
        assert_eq!(due.len(), usize::from(wake.is_some_and(|wake| wake <= 6)));
    }
    assert_eq!(store.purge(Cutoff::new(at(1), NOW), 9).await.expect("up"), 0);
    assert_eq!(store.purge(Cutoff::new(at(2), NOW), 9).await.expect("up"), 1);
    assert_consistent(&store);
    assert!(all_due(&store, at(99), 9).await.is_empty());
}

#[tokio::test]
async fn due_returns_every_alarm_that_has_come() {
    let store = MemoryStore::new();
    for n in 0..300 {
        let mut columns = columns();
        // Many alarms share one instant, so the position must contain the key.
        columns.wake_at = (n % 3 > 0).then(|| at((n % 5) as i64));
        put(&store, key(n), 1, &columns, &[]).await;
    }
    let expected: BTreeSet<_> = (0..300).filter(|n| n % 3 > 0 && n % 5 <= 2).map(key).collect();
    for limit in [1, 7, 64, 1_000] {
        let found = all_due(&store, at(2), limit).await;
        assert_eq!(found.len(), expected.len());
        assert_eq!(found.into_iter().collect::<BTreeSet<_>>(), expected);
    }
}

#[tokio::test]
async fn scan_is_exact_and_keeps_tenants_and_kinds_apart() {
    let store = MemoryStore::new();
    for n in 0..300 {
        let mut columns = columns();
        columns.tenant = tenant(["contoso", "fabrikam"][(n % 2) as usize]);
        columns.kind = RecordKind::ALL[(n % 3) as usize];
        put(&store, key(n), 1, &columns, &[]).await;
    }
    let expected: BTreeSet<_> = (0..300).filter(|n| n % 6 == 4).map(key).collect();
    let mut found = Vec::new();
    let mut after = None;
    loop {
        let page = store
            .scan(&tenant("contoso"), RecordKind::Decoy, after.as_ref(), 7)
            .await
            .expect("page");
        found.extend(page.items.iter().map(|record| *record.key()));
        after = page.next;
        // New and changed rows must not disturb the listing of the others.
        put(&store, key(10_000 + found.len() as u64), 1, &columns(), &[]).await;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(found.len(), expected.len());
    assert_eq!(found.into_iter().collect::<BTreeSet<_>>(), expected);
}

#[tokio::test]
async fn events_of_a_record_come_in_the_order_of_their_ids() {
    let store = MemoryStore::new();
    let mut ids = Vec::new();
    for count in 1..=12 {
        let next = record(key(1), count);
        let events = [event(&next, 0, NOW), event(&next, 1, NOW)];
        ids.extend(events.iter().map(|event| event.id));
        put(&store, key(1), count, &columns(), &events).await;
        let other = record(key(2), count);
        put(&store, key(2), count, &columns(), &[event(&other, 0, NOW)]).await;
    }
    for limit in [1, 5, 100] {
        let found = all_events(&store, EventsOf::Record(&key(1)), limit).await;
        assert_eq!(found.iter().map(|event| event.id).collect::<Vec<_>>(), ids);
    }
    let found = all_events(&store, EventsOf::Tenant(&tenant("contoso")), 5).await;
    assert_eq!(found.len(), 36);
    assert!(all_events(&store, EventsOf::Tenant(&tenant("fabrikam")), 5).await.is_empty());
}

#[tokio::test]
async fn a_listing_of_events_continues_with_new_ones() {
    let store = MemoryStore::new();
    let of = tenant("contoso");
    put(&store, key(1), 1, &columns(), &[event(&record(key(1), 1), 0, NOW)]).await;
    let page = store.events(EventsOf::Tenant(&of), None, 9).await.expect("page");
    let cursor = page.next.expect("a page with items has a cursor");
    put(&store, key(2), 1, &columns(), &[event(&record(key(2), 1), 0, NOW)]).await;
    let page = store.events(EventsOf::Tenant(&of), Some(&cursor), 9).await.expect("page");
    assert_eq!(page.items.len(), 1);
    assert_eq!(page.items[0].id.record, key(2));
}

#[tokio::test]
async fn counters_add_in_order_and_keep_the_latest_expiry() {
    let store = MemoryStore::new();
    let [a, b] = [1, 2].map(|n| CounterKey::from_bytes([n; 32]));
    let increments = [
        CounterIncrement::new(a, 2, at(10)),
        CounterIncrement::new(b, 1, at(10)),
        CounterIncrement::new(a, 3, at(5)),
        CounterIncrement::new(b, 0, at(0)),
    ];
    assert_eq!(store.increment(&increments).await.expect("room"), [2, 1, 5, 1]);
    assert_eq!(store.purge(Cutoff::new(at(9), NOW), 9).await.expect("up"), 0);
    // An amount of zero reads: it extends nothing and creates nothing.
    let c = CounterKey::from_bytes([3; 32]);
    let read = [CounterIncrement::new(a, 0, at(20)), CounterIncrement::new(c, 0, at(20))];
    assert_eq!(store.increment(&read).await.expect("room"), [5, 0]);
    assert_eq!(store.increment(&[CounterIncrement::new(a, 1, at(20))]).await.expect("room"), [6]);
    // Only `b` has expired: the addition extended `a`, and `c` does not exist.
    assert_eq!(store.purge(Cutoff::new(at(10), NOW), 9).await.expect("up"), 1);
    let next = [CounterIncrement::new(a, 0, at(0)), CounterIncrement::new(b, 1, at(30))];
    assert_eq!(store.increment(&next).await.expect("room"), [6, 1]);
    assert_eq!(store.purge(Cutoff::new(at(20), NOW), 9).await.expect("up"), 1);
    assert_eq!(store.increment(&[CounterIncrement::new(a, 0, at(0))]).await.expect("room"), [0]);
}

#[tokio::test]
async fn purge_removes_expired_rows_only() {
    let store = MemoryStore::new();
    let mut live = BTreeMap::new();
    for n in 0..200_u64 {
        let mut columns = columns();
        columns.expires_at = (n % 4 > 0).then(|| at(n as i64));
        columns.wake_at = Some(at(n as i64));
        let next = record(key(n), 1);
        // Older events are written last.
        let events = [event(&next, 0, at(200 - n as i64))];
        put(&store, key(n), 1, &columns, &events).await;
        live.insert(key(n), columns.expires_at);
    }
    // Extended before the purge, so it stays.
    let mut columns = columns();
    columns.expires_at = Some(at(1_000));
    put(&store, key(1), 2, &columns, &[]).await;
    live.insert(key(1), columns.expires_at);

    let gone = live.values().flatten().filter(|expiry| **expiry <= at(100)).count();
    let cutoff = Cutoff::new(at(100), at(51));
    let mut removed = 0;
    loop {
        let now = store.purge(cutoff, 7).await.expect("up");
        assert!(now <= 7);
        removed += now;
        assert_consistent(&store);
        if now == 0 {
            break;
        }
    }
    assert_eq!(removed as usize, gone + 50);
    for (key, expiry) in live {
        let stays = expiry.is_none_or(|expiry| expiry > at(100));
        assert_eq!(store.load(&key).await.expect("up").is_some(), stays);
    }
    let left = all_events(&store, EventsOf::Tenant(&tenant("contoso")), 33).await;
    assert_eq!(left.len(), 150);
    assert!(left.iter().all(|event| event.at >= at(51)));
    let none = all_events(&store, EventsOf::Record(&key(199)), 33).await;
    assert!(none.is_empty(), "removed from the record's listing as well");
    assert_eq!(
        format!("{store:?}"),
        format!("MemoryStore {{ records: {}, events: 150, counters: 0 }}", 200 - gone)
    );
}

#[tokio::test]
async fn a_full_store_refuses_and_drops_nothing() {
    let mut limits = MemoryLimits::default();
    (limits.records, limits.events, limits.counters) = (2, 2, 1);
    let store = MemoryStore::with_limits(limits);
    let unavailable = |error: PortError| error.kind() == PortErrorKind::Unavailable;

    let mut columns = columns();
    columns.expires_at = Some(at(0));
    put(&store, key(1), 1, &columns, &[event(&record(key(1), 1), 0, NOW)]).await;
    let next = record(key(2), 1);
    let two = [event(&next, 0, NOW), event(&next, 1, NOW)];
    let commit = Commit::new(&next, None, &columns, &two);
    assert!(store.commit(commit).await.is_err_and(unavailable), "events are full");
    assert!(store.load(&key(2)).await.expect("up").is_none());
    assert_eq!(all_events(&store, EventsOf::Record(&key(2)), 9).await.len(), 0);

    put(&store, key(2), 1, &columns, &[]).await;
    let third = record(key(3), 1);
    let commit = Commit::new(&third, None, &columns, &[]);
    assert!(store.commit(commit).await.is_err_and(unavailable), "records are full");
    put(&store, key(2), 2, &columns, &[]).await;

    let [a, b] = [1, 2].map(|n| CounterKey::from_bytes([n; 32]));
    assert_eq!(store.increment(&[CounterIncrement::new(a, 1, NOW)]).await.expect("room"), [1]);
    assert!(store.increment(&[CounterIncrement::new(b, 1, NOW)]).await.is_err_and(unavailable));
    let both = [CounterIncrement::new(a, 1, NOW), CounterIncrement::new(b, 1, NOW)];
    let unknown = store.increment(&both).await.expect_err("half of it was added");
    assert_eq!(unknown.kind(), PortErrorKind::Unknown);

    let later = NOW.plus(Duration::from_secs(1));
    assert_eq!(store.purge(Cutoff::new(later, later), 99).await.expect("up"), 4);
    put(&store, key(3), 1, &columns, &two[..0]).await;
    assert_eq!(store.increment(&[CounterIncrement::new(b, 1, NOW)]).await.expect("room"), [1]);
}

#[tokio::test]
async fn a_foreign_cursor_is_denied() {
    let store = MemoryStore::new();
    let cursor = Some(Cursor::new("page-2"));
    let (after, of) = (cursor.as_ref(), tenant("contoso"));
    let kinds = [
        store.due(NOW, after, 1).await.map(drop),
        store.scan(&of, RecordKind::Account, after, 1).await.map(drop),
        store.events(EventsOf::Tenant(&of), after, 1).await.map(drop),
        store.events(EventsOf::Record(&key(1)), after, 1).await.map(drop),
    ];
    for listing in kinds {
        assert_eq!(listing.expect_err("denied").kind(), PortErrorKind::Denied);
    }
}
