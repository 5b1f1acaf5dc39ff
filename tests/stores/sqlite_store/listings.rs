use std::collections::BTreeSet;

use sspr::TenantId;
use sspr::port::{Columns, RecordKind, Version};
use sspr::port::{Commit, Cursor, Cutoff, EventsOf, Page, PortErrorKind, PortResult, Store};

use crate::sqlite_store::support::{
    Fixture, apply, at, columns, event, key, kind, record, set, tenant, wait,
};

/// Follows the cursor to the end.
fn all<T>(page: impl Fn(Option<&Cursor>) -> PortResult<Page<T>>) -> Vec<T> {
    let mut items = Vec::new();
    let mut after = None;
    loop {
        let next = page(after.as_ref()).unwrap();
        items.extend(next.items);
        match next.next {
            Some(cursor) => after = Some(cursor),
            None => return items,
        }
    }
}

#[test]
fn due_returns_every_record_whose_alarm_has_come() {
    let fixture = Fixture::new();
    let store = fixture.open();
    for number in 0..40 {
        let mut columns = columns();
        // Many share a time, one is before 1970, some have no alarm.
        columns.wake_at = (number % 8 != 0).then(|| at(i64::from(number % 8) * 10 - 10));
        let record = record(number, Version::new(1, 1));
        apply(&store, Commit::new(&record, None, &columns, &[]));
    }
    let expected: BTreeSet<_> = (0..40).filter(|n| (1..=4).contains(&(n % 8))).map(key).collect();
    for limit in [1, 3, 20, 1_000_000] {
        let due = all(|after| wait(store.due(at(30), after, limit)));
        assert_eq!(due.len(), expected.len());
        assert_eq!(due.into_iter().collect::<BTreeSet<_>>(), expected);
    }
    assert!(wait(store.due(at(30), None, 0)).unwrap().items.is_empty());
}

#[test]
fn scan_returns_one_tenant_and_one_kind() {
    let fixture = Fixture::new();
    let store = fixture.open();
    let other = TenantId::parse("contoso2").unwrap();
    for number in 0..60 {
        let (tenant, kind) = match number % 3 {
            0 => (tenant(), RecordKind::Account),
            1 => (tenant(), RecordKind::Policy),
            _ => (other.clone(), RecordKind::Account),
        };
        let columns = Columns::new(tenant, kind, at(1));
        let record = record(number, Version::new(1, 1));
        apply(&store, Commit::new(&record, None, &columns, &[]));
    }
    for limit in [1, 7, 20, 100] {
        let found = all(|after| wait(store.scan(&tenant(), RecordKind::Account, after, limit)));
        let keys: Vec<_> = found.iter().map(|record| *record.key()).collect();
        let expected: Vec<_> = (0..60).step_by(3).map(key).collect();
        assert_eq!(keys, expected);
        assert_eq!(found[1].body(), record(3, Version::new(1, 1)).body());
    }
}

#[test]
fn a_page_of_large_bodies_ends_early_and_has_a_cursor() {
    let fixture = Fixture::new();
    let store = fixture.open();
    let body = "x".repeat(1_000_000);
    for number in 0..20 {
        let record = sspr::port::Record::loaded(key(number), Version::new(1, 1), body.as_str());
        set(&store, &record, None);
    }
    let first = wait(store.scan(&tenant(), RecordKind::Account, None, 1_000)).unwrap();
    assert!(first.items.len() < 12, "{} MB in a page", first.items.len());
    let found = all(|after| wait(store.scan(&tenant(), RecordKind::Account, after, 1_000)));
    assert_eq!(found.len(), 20);
}

#[test]
fn events_are_in_the_order_of_their_ids_and_can_be_continued() {
    let fixture = Fixture::new();
    let store = fixture.open();
    let write = |number, count: u64| {
        let next = record(number, Version::new(count, count));
        let expected = (count > 1).then(|| Version::new(count - 1, count - 1));
        let events = [event(&next, 0, 9), event(&next, 1, 8)];
        let columns = columns();
        apply(&store, Commit::new(&next, expected, &columns, &events));
    };
    for count in 1..=12 {
        write(1, count);
        write(2, count);
    }
    let own = all(|after| wait(store.events(EventsOf::Record(&key(1)), after, 5)));
    let ids: Vec<_> = own.iter().map(|event| (event.id.count, event.id.index)).collect();
    let expected: Vec<_> = (1..=12).flat_map(|count| [(count, 0), (count, 1)]).collect();
    assert_eq!(ids, expected);

    let tenant = tenant();
    let page = |after: Option<&Cursor>| wait(store.events(EventsOf::Tenant(&tenant), after, 100));
    let first = page(None).unwrap();
    assert_eq!(first.items.len(), 48);
    let end = first.next.expect("a page with items has a cursor");
    let nothing = page(Some(&end)).unwrap();
    assert!(nothing.items.is_empty() && nothing.next.is_none());

    // The newest events are purged; a number used twice would hide later events.
    wait(store.purge(Cutoff::new(at(0), at(10)), 1_000)).unwrap();
    assert!(page(None).unwrap().items.is_empty());
    write(1, 13);
    let more = page(Some(&end)).unwrap();
    assert_eq!(more.items.len(), 2);
    assert_eq!(more.items[0].id.count, 13);
}

#[test]
fn a_cursor_of_another_listing_is_refused() {
    let fixture = Fixture::new();
    let store = fixture.open();
    for text in ["", "x", "e.1", "d.1.2", &"9".repeat(300)] {
        let cursor = Cursor::new(text);
        let after = Some(&cursor);
        let (key, tenant) = (key(1), tenant());
        let errors = [
            kind(wait(store.due(at(1), after, 1))),
            kind(wait(store.scan(&tenant, RecordKind::Meta, after, 1))),
            kind(wait(store.events(EventsOf::Record(&key), after, 1))),
            kind(wait(store.events(EventsOf::Tenant(&tenant), after, 1))),
        ];
        assert_eq!(errors, [PortErrorKind::Denied; 4], "{text}");
    }
}
