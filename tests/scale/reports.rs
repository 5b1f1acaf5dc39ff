//! Reports over every user, and over a million events and records.

use std::sync::Arc;

use sspr::admin::Contacts;
use sspr::audit::Event;
use sspr::facts::EmailAddress;
use sspr::port::{
    Cursor, EventsOf, Page, PortError, PortResult, Record, RecordKind, Store, async_trait,
};
use sspr::report::{
    BlockedFilter, DeskFilter, ExpiringFilter, RegistrationFilter, RegistrationRow, ReportPage,
    UsageFilter, UsageSummary,
};
use sspr::testing::{World, block_on, forward};
use sspr::{Admin, Error, TenantId, Timestamp};

use crate::crowd::{Crowd, id};
use crate::{restarted, today};

/// A store with this many events and account records, which follow from their numbers.
struct Deep {
    store: Arc<dyn Store>,
    count: usize,
}

impl Deep {
    fn page<T>(
        &self,
        after: Option<&Cursor>,
        limit: usize,
        item: impl Fn(usize) -> T,
    ) -> PortResult<(Vec<T>, usize)> {
        let first: usize = match after {
            Some(cursor) => cursor.as_str().parse().map_err(|_| PortError::denied())?,
            None => 0,
        };
        let end = self.count.min(first + limit);
        Ok(((first..end).map(item).collect(), end))
    }
}

/// Resets, ended flows and acts of administrators, one after the other.
fn event(number: usize) -> Event {
    let kind = match number % 3 {
        0 => r#""code":"password_reset","flow":1,"write":1,"methods":["email"],"propagated":true"#,
        1 => {
            r#""code":"flow_ended","flow":1,"purpose":"reset","stage":"challenged","ended":"abandoned""#
        }
        _ => r#""code":"unblocked""#,
    };
    let actor = if number % 3 == 2 { r#"{"administrator":"root"}"# } else { r#""user""# };
    let at = START.unix_millis() + i64::try_from(number % 1_000_000).expect("small");
    let text = format!(
        r#"{{"format":1,"id":{{"record":"{number:064x}","count":1,"index":0}},"tenant":"contoso","user":"p-{number:07}","actor":{actor},"at":{at},{kind}}}"#
    );
    Event::decode(&text).expect("an event")
}

const START: Timestamp = Timestamp::from_unix_seconds(1_700_000_000);

#[async_trait]
impl Store for Deep {
    forward!(self.store => load, commit, increment, due, purge, fence);

    async fn scan(
        &self,
        tenant: &TenantId,
        kind: RecordKind,
        after: Option<&Cursor>,
        limit: usize,
    ) -> PortResult<Page<Record>> {
        // The records of the few accounts of the store, again and again.
        let few = self.store.scan(tenant, kind, None, 10).await?.items;
        let (items, end) = self.page(after, limit, |number| few[number % few.len()].clone())?;
        Ok(Page::new(items, (end < self.count).then(|| Cursor::new(end.to_string()))))
    }

    async fn events(
        &self,
        _: EventsOf<'_>,
        after: Option<&Cursor>,
        limit: usize,
    ) -> PortResult<Page<Event>> {
        let (items, end) = self.page(after, limit, event)?;
        let next = (!items.is_empty()).then(|| Cursor::new(end.to_string()));
        Ok(Page::new(items, next))
    }
}

async fn world(count: usize) -> World {
    let mut settings = today();
    settings.password_expiry.validity_days = 90;
    settings.acknowledged.insert(sspr::policy::Deviation::PeriodicChange);
    let plain = World::builder().settings(settings).open().await;
    for number in 0..5 {
        let mut contacts = Contacts::default();
        contacts.email = EmailAddress::parse(&format!("p{number}@home.example")).ok();
        let crowded = restarted(&plain, count).await;
        crowded.admin().supply_contacts(&id(number), &contacts).await.expect("supplied");
    }
    let deep = Deep { store: Arc::clone(&plain.store), count };
    let crowd = move |directory| Crowd { directory, users: count };
    plain.beside().store(deep).directory(crowd).seed(13).open().await
}

/// The greatest number of bytes in use during a report, and how much it read.
fn peak<T>(
    world: &World,
    mut done: impl FnMut(&[T]),
    page: impl AsyncFn(Admin<'_>, Option<&Cursor>) -> Result<ReportPage<T>, Error>,
) -> (u64, u64) {
    let mut scanned = 0;
    let measured = allocation_counter::measure(|| {
        block_on(async {
            let mut at: Option<Cursor> = None;
            loop {
                let read = page(world.admin(), at.as_ref()).await.expect("a page");
                done(&read.rows);
                scanned += read.scanned;
                at = read.next;
                if at.is_none() {
                    return;
                }
            }
        });
    });
    (measured.bytes_max, scanned)
}

/// The peaks of each report over so many users, records or events.
fn peaks(count: usize) -> Vec<(&'static str, u64)> {
    let world = block_on(world(count));
    let registration = peak(
        &world,
        |_| (),
        async |admin, at| {
            admin.registration_report(&RegistrationFilter::default(), at, 1_000).await
        },
    );
    let expiring = peak(
        &world,
        |_| (),
        async |admin, at| admin.expiring_report(&ExpiringFilter::default(), at, 1_000).await,
    );
    let blocked = peak(
        &world,
        |_| (),
        async |admin, at| admin.blocked_report(&BlockedFilter::default(), at, 1_000).await,
    );
    let mut summary = UsageSummary::default();
    let usage = peak(
        &world,
        |rows| summary.extend(rows),
        async |admin, at| admin.usage_report(&UsageFilter::default(), at, 1_000).await,
    );
    let desk = peak(
        &world,
        |_| (),
        async |admin, at| admin.desk_report(&DeskFilter::default(), at, 1_000).await,
    );
    let all = [
        ("registration", registration),
        ("expiring", expiring),
        ("blocked", blocked),
        ("usage", usage),
        ("desk", desk),
    ];
    let read = |(name, (bytes, scanned)): (&'static str, (u64, u64))| {
        assert_eq!(scanned, count as u64, "{name}");
        assert!(bytes > 0, "nothing was counted");
        (name, bytes)
    };
    all.map(read).to_vec()
}

#[test]
fn the_memory_of_a_report_does_not_grow_with_the_directory_or_the_trail() {
    let (small, large) = (peaks(10_000), peaks(1_000_000));
    for ((name, small), (_, large)) in small.into_iter().zip(large) {
        println!("the {name} report takes {small} bytes for 10 000 and {large} for 1 000 000");
        assert!(large * 10 <= small * 12, "{name}: {large} bytes, {small} for a hundredth");
    }
}

/// A registration report that stops half-way and goes on in another process equals the unbroken one, and each
/// user's explanation.
#[test]
fn a_registration_report_is_resumed_and_equals_each_explanation() {
    const USERS: usize = 20_000;
    let filter = RegistrationFilter::default();
    let page = async |world: &World, at: Option<&Cursor>, limit: usize| {
        world.admin().registration_report(&filter, at, limit).await.expect("a page")
    };
    block_on(async {
        let world = crate::world(USERS).await;
        for number in (0..USERS).step_by(10) {
            let mut contacts = Contacts::default();
            contacts.email = EmailAddress::parse(&format!("p{number}@home.example")).ok();
            world.admin().supply_contacts(&id(number), &contacts).await.expect("supplied");
        }
        let (mut whole, mut at): (Vec<RegistrationRow>, _) = (Vec::new(), None);
        loop {
            let read = page(&world, at.as_ref(), 1_000).await;
            whole.extend(read.rows);
            at = read.next;
            if at.is_none() {
                break;
            }
        }
        let mut resumed: Vec<RegistrationRow> = Vec::new();
        while resumed.len() < USERS / 2 {
            let read = page(&world, at.as_ref(), 700).await;
            resumed.extend(read.rows);
            at = read.next;
        }
        // The position is all that the second process has, and an hour has passed.
        let kept = at.expect("half of the users are left").as_str().to_owned();
        world.clock.advance(std::time::Duration::from_secs(3_600));
        let other = restarted(&world, USERS).await;
        let mut at = Some(Cursor::new(kept));
        while at.is_some() {
            let read = page(&other, at.as_ref(), 333).await;
            resumed.extend(read.rows);
            at = read.next;
        }
        assert!(resumed == whole, "the resumed report differs");
        for row in &whole {
            let told = world.admin().explain(&row.user).await.expect("explained");
            let status = (row.registered, row.enabled, row.capable);
            let expected = told.status;
            assert_eq!(status, (expected.registered, expected.enabled, expected.capable));
            assert_eq!(row.reason, told.reason, "{:?}", row.user);
        }
    });
}
