//! A person who can write to the store, and has no keys, alters an audit trail: it is found.

use std::sync::{Arc, Mutex};

use sspr::adapters::memory::MemoryStore;
use sspr::audit::{Event, TrailFinding, TrailHead, TrailOf};
use sspr::port::{Cursor, EventsOf, Page, PortResult, Store, async_trait};
use sspr::testing::forward;

use crate::people::DAY;
use crate::stores::StoreKind;
use crate::support::*;

on_every_store!(
    v50_a_trail_is_whole_after_every_operation_and_after_a_purge,
    v50_an_altered_list_of_events_is_found,
);

/// All findings, and whether the trail is whole.
async fn checked(
    world: &World,
    of: TrailOf<'_>,
    known: Option<&TrailHead>,
) -> (Vec<TrailFinding>, bool, u64) {
    let (mut findings, mut next) = (Vec::new(), None);
    loop {
        let page = world.admin().verify_trail(of, known, next.as_ref(), 3).await.expect("verified");
        let whole = page.is_whole();
        findings.extend(page.findings);
        match page.next {
            Some(position) => next = Some(position),
            None => return (findings, whole, page.events),
        }
    }
}

async fn lived_in(store: Arc<dyn Store>) -> World {
    let world = World::builder().store(store).settings(one_gate()).registered().open().await;
    let ticket = world.granted().await;
    world.complete(&ticket, NEW).await.expect("reset");
    world.deliver().await;
    let unknown = sspr::Identifier::parse("unknown@contoso.example").expect("valid");
    let reply = world.engine.reset().start(&request(), &unknown).await.expect("started");
    world.challenge(&reply.ticket, &email()).await;
    world
}

async fn v50_a_trail_is_whole_after_every_operation_and_after_a_purge(stores: &StoreKind) {
    let world = lived_in(stores.store()).await;
    let user = world.user.clone();
    let known = world.admin().trail_head(TrailOf::User(&user)).await.expect("read").expect("one");
    let (findings, whole, events) = checked(&world, TrailOf::User(&user), Some(&known)).await;
    assert_eq!((findings, whole, events), (vec![], true, known.number()));
    assert!(events > 5, "a page is not the whole trail");
    assert!(checked(&world, TrailOf::Policy, None).await.1);
    let mut of_unknown = 0;
    for slot in 0..TrailOf::UNKNOWN {
        let (findings, whole, events) = checked(&world, TrailOf::Unknown { slot }, None).await;
        assert_eq!((findings, whole), (vec![], true));
        of_unknown += events;
    }
    assert!(of_unknown > 0, "a decoy has a chain as an account has");
    // Until every event is older than the retention of 30 days.
    for _ in 0..32 {
        world.clock.advance(DAY);
        world.deliver().await;
        let (findings, whole, _) = checked(&world, TrailOf::User(&user), Some(&known)).await;
        assert_eq!((findings, whole), (vec![], true));
    }
    assert_eq!(
        checked(&world, TrailOf::User(&user), None).await.2,
        0,
        "the purge has removed them"
    );
    world.admin().revoke_methods(&user).await.expect("revoked");
    assert!(checked(&world, TrailOf::User(&user), Some(&known)).await.1);
}

/// A store behind which the events are altered.
struct Behind {
    inner: Arc<dyn Store>,
    alter: Mutex<Option<Alter>>,
}

type Alter = fn(&mut Vec<Event>);

#[async_trait]
impl Store for Behind {
    forward!(self.inner => load, commit, increment, due, scan, purge, fence);

    async fn events(
        &self,
        of: EventsOf<'_>,
        after: Option<&Cursor>,
        limit: usize,
    ) -> PortResult<Page<Event>> {
        let alter = *self.alter.lock().expect("no panic");
        let (EventsOf::Record(_), Some(alter)) = (of, alter) else {
            return self.inner.events(of, after, limit).await;
        };
        let mut events = self.inner.events(of, None, 1_000).await?.items;
        alter(&mut events);
        let from: usize = after.map_or(0, |cursor| cursor.as_str().parse().expect("a place"));
        let items: Vec<Event> = events.into_iter().skip(from).take(limit).collect();
        let next = (!items.is_empty()).then(|| Cursor::new((from + items.len()).to_string()));
        Ok(Page::new(items, next))
    }
}

/// The event with one field of its text changed.
fn forged(event: &Event, from: &str, to: &str) -> Event {
    let text = event.encode();
    let changed = text.replacen(from, to, 1);
    assert_ne!(text, changed, "the field is there");
    Event::decode(&changed).expect("an event")
}

const ALTERATIONS: [(&str, Alter, &str); 9] = [
    ("one removed", |events| drop(events.remove(2)), "missing"),
    ("the first removed", |events| drop(events.remove(0)), "missing"),
    ("the last removed", |events| drop(events.pop()), "missing"),
    ("all removed", Vec::clear, "missing"),
    ("two swapped", |events| events.swap(1, 3), "moved"),
    ("one twice", |events| events.insert(4, events[1].clone()), "moved"),
    (
        "a source changed",
        |events| {
            let place = events.iter().position(|event| event.source.is_some()).expect("one");
            events[place] = forged(&events[place], "203.0.113.7", "198.51.100.9");
        },
        "changed",
    ),
    (
        "one inserted",
        |events| {
            let copy = forged(&events[1], "\"user\":", "\"forged\":1,\"user\":");
            events.insert(2, copy);
        },
        "changed",
    ),
    (
        "one of another record",
        |events| {
            let record = events[0].id.record.to_string();
            let other = "00".repeat(32);
            let text = events[0].encode().replacen(&record, &other, 1);
            events.insert(1, Event::decode(&text).expect("an event"));
        },
        "foreign",
    ),
];

async fn v50_an_altered_list_of_events_is_found(stores: &StoreKind) {
    let alter = Mutex::new(None);
    let behind = Arc::new(Behind { inner: stores.store(), alter });
    let world = lived_in(Arc::clone(&behind) as Arc<dyn Store>).await;
    let user = world.user.clone();
    assert!(checked(&world, TrailOf::User(&user), None).await.1);
    for (what, alteration, expected) in ALTERATIONS {
        *behind.alter.lock().expect("no panic") = Some(alteration);
        let (findings, whole, _) = checked(&world, TrailOf::User(&user), None).await;
        let found = serde_json::to_string(&findings).expect("json");
        assert!(!whole, "{what}");
        assert!(found.contains(&format!("\"found\":\"{expected}\"")), "{what}: {found}");
    }
}

/// A copy of a store that is set back has a trail that is whole, and an exported head tells.
#[test]
fn a_store_that_is_set_back_is_found_by_an_exported_head() {
    crate::stores::run(async {
        let store = Arc::new(MemoryStore::new());
        let world = lived_in(store).await;
        let of = TrailOf::User(&world.user);
        let earlier = world.admin().trail_head(of).await.expect("read").expect("one");
        let text = earlier.to_string();
        assert_eq!(text.parse::<TrailHead>().expect("valid"), earlier);
        // A head that this store has not reached.
        let (chain, rest) = text.split_once('-').expect("parts");
        let (number, rest) = rest.split_once('-').expect("parts");
        let later: u64 = number.parse::<u64>().expect("a number") + 1;
        let later: TrailHead = format!("{chain}-{later}-{rest}").parse().expect("valid");
        let (findings, whole, _) = checked(&world, of, Some(&later)).await;
        assert!(!whole);
        assert!(matches!(findings[..], [TrailFinding::NotContinued { .. }]), "{findings:?}");
    });
}

/// The same on SQLite, with statements of SQL on its file.
#[cfg(feature = "sqlite")]
#[test]
fn an_alteration_by_sql_is_found() {
    const STATEMENTS: [(&str, &str); 7] = [
        ("DELETE FROM event WHERE seq = ?1 + 1", "missing"),
        ("DELETE FROM event WHERE seq >= ?1 + 1", "missing"),
        ("DELETE FROM event WHERE seq <= ?1 + 1", "missing"),
        ("UPDATE event SET body = replace(body, '203.0.113.7', '198.51.100.9')", "changed"),
        // The store refuses an event under the id of another.
        (
            "UPDATE event SET body = (SELECT body FROM event WHERE seq = ?1 + 1)
             WHERE seq = ?1 + 3",
            "unreadable",
        ),
        (
            "INSERT INTO event (record, count, idx, tenant, at, code, user_id, body)
             SELECT record, count, idx, tenant, at, code, user_id,
                    replace(body, '\"actor\"', '\"forged\":1,\"actor\"')
             FROM event WHERE seq = ?1",
            "changed",
        ),
        ("UPDATE record SET body = replace(body, '\"trail\"', '\"trial\"')", "head_missing"),
    ];
    for (statement, expected) in STATEMENTS {
        crate::stores::run(async {
            let stores = StoreKind::sqlite();
            let place = stores.empty();
            let crate::stores::StoreUnderTest::Sqlite(path) = &place else { unreachable!() };
            let world = lived_in(place.open()).await;
            let of = TrailOf::User(&world.user);
            assert!(checked(&world, of, None).await.1);
            let raw = rusqlite::Connection::open(path).expect("opened");
            let select = "SELECT min(seq) FROM event WHERE user_id = ?1";
            let first: i64 =
                raw.query_row(select, [world.user.as_str()], |row| row.get(0)).expect("events");
            let statement_of = |sql: &str| sql.replace("?1", &first.to_string());
            raw.execute(&statement_of(statement), []).expect("altered");
            let (findings, whole, _) = checked(&world, of, None).await;
            let found = serde_json::to_string(&findings).expect("json");
            assert!(!whole, "{statement}");
            let expected = format!("\"found\":\"{expected}\"");
            assert!(found.contains(&expected), "{statement}: {found}");
        });
    }
}
