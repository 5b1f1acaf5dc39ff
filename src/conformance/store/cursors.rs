//! Cursors.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::conformance::Ability;
use crate::conformance::kit::{Kit, PropertyResult, ensure};
use crate::conformance::sample::{Draft, at, key, tenant};
use crate::port::{Cursor, Cutoff, EventsOf, RecordKind};

/// The longest allowed cursor, in bytes.
const CURSOR_MAX: usize = 256;

pub(in super::super) async fn cursors_are_short(kit: Kit) -> PropertyResult {
    // The longest tenant name and key that can enter a cursor.
    let owner = tenant(&"\u{1f5dd}".repeat(16));
    for n in 0..3 {
        let draft = Draft::first(n).of(&owner).wake(Some(at(0))).events(2);
        kit.put(&draft).await?;
    }
    let cursors = first_cursors(&kit, &owner).await?;
    for (listing, cursor) in &cursors {
        let bytes = cursor.as_str().len();
        ensure!(bytes <= CURSOR_MAX, "a cursor of {bytes} bytes from {listing}");
    }
    ensure!(cursors.len() == 4, "no cursor after one item of three: {cursors:?}");
    Ok(())
}

pub(in super::super) async fn cursors_of_others_making_are_refused(kit: Kit) -> PropertyResult {
    let owner = tenant("kit");
    for n in 0..3 {
        kit.put(&Draft::first(n).wake(Some(at(0))).events(2)).await?;
    }
    let texts = [
        "",
        " ",
        "no cursor of this store",
        "'; DROP TABLE records; --",
        "\u{0}",
        "\u{1f5dd}",
        "%",
        "[]",
        "99999999999999999999999999999999999999999999999999",
        &"a".repeat(CURSOR_MAX + 1),
        &"7".repeat(100_000),
    ];
    for text in texts {
        let cursor = Cursor::new(text);
        let after = Some(&cursor);
        let shown: String = text.chars().take(30).collect();
        let store = &kit.store;
        let answers = [
            ("due", store.due(at(0), after, 10).await.is_err()),
            ("scan", store.scan(&owner, RecordKind::Account, after, 10).await.is_err()),
            ("events", store.events(EventsOf::Tenant(&owner), after, 10).await.is_err()),
            ("events", store.events(EventsOf::Record(&key(1)), after, 10).await.is_err()),
        ];
        for (listing, refused) in answers {
            ensure!(refused, "{listing} accepted {shown:?} as a cursor");
        }
    }
    Ok(())
}

pub(in super::super) async fn cursors_of_another_tenant_open_nothing(kit: Kit) -> PropertyResult {
    let [one, two] = [tenant("a"), tenant("ab")];
    for n in 0..6 {
        let owner = if n % 2 == 0 { &one } else { &two };
        kit.put(&Draft::first(n).of(owner).wake(Some(at(0))).events(2)).await?;
    }
    for (_, cursor) in first_cursors(&kit, &one).await? {
        let after = Some(&cursor);
        // The cursor may be refused or used as a position, as long as no other tenant's rows are
        // returned.
        if let Ok(page) = kit.store.scan(&two, RecordKind::Account, after, 10).await {
            let own = |found: &crate::port::RecordKey| [1, 3, 5].map(key).contains(found);
            let foreign = page.items.iter().filter(|record| !own(record.key())).count();
            ensure!(
                foreign == 0,
                "{foreign} records of the cursor's tenant instead of the caller's"
            );
        }
        if let Ok(page) = kit.store.events(EventsOf::Tenant(&two), after, 10).await {
            let foreign = page.items.iter().filter(|event| event.tenant != two).count();
            ensure!(
                foreign == 0,
                "{foreign} events of the cursor's tenant instead of the caller's"
            );
        }
    }
    Ok(())
}

pub(in super::super) async fn cursors_can_be_used_again(kit: Kit) -> PropertyResult {
    let owner = tenant("kit");
    for n in 0..6 {
        kit.put(&Draft::first(n).wake(Some(at(0))).events(2)).await?;
    }
    // A fixture with one handle serves both callers.
    let other = kit.second().await.unwrap_or_else(|_| Arc::clone(&kit.store));
    let cursors = first_cursors(&kit, &owner).await?;
    let mut first = BTreeMap::new();
    for turn in 1..4 {
        let store = if turn == 2 { &other } else { &kit.store };
        for (listing, cursor) in &cursors {
            let after = Some(cursor);
            let found = match *listing {
                "due" => store.due(at(0), after, 10).await?.items.len(),
                "scan" => store.scan(&owner, RecordKind::Account, after, 10).await?.items.len(),
                "events of a tenant" => {
                    store.events(EventsOf::Tenant(&owner), after, 20).await?.items.len()
                }
                _ => continue,
            };
            let right = *first.entry(listing).or_insert(found);
            ensure!(
                found == right && found > 0,
                "{found} items of {listing} at use {turn} of one cursor, {right} at its first"
            );
        }
    }
    Ok(())
}

pub(in super::super) async fn limits_of_zero_return_nothing(kit: Kit) -> PropertyResult {
    let owner = tenant("kit");
    for n in 0..3 {
        kit.put(&Draft::first(n).wake(Some(at(0))).expires(Some(at(1))).events(2)).await?;
    }
    let store = &kit.store;
    let listed = [
        ("due", store.due(at(0), None, 0).await?.items.len()),
        ("scan", store.scan(&owner, RecordKind::Account, None, 0).await?.items.len()),
        ("events", store.events(EventsOf::Tenant(&owner), None, 0).await?.items.len()),
        ("events", store.events(EventsOf::Record(&key(1)), None, 0).await?.items.len()),
    ];
    for (listing, many) in listed {
        ensure!(many == 0, "{many} items of {listing} with a limit of zero");
    }
    let purged = store.purge(Cutoff::new(at(2), at(2)), 0).await?;
    let left = kit.scan(&owner, RecordKind::Account, 10).await?.len();
    let by_itself = kit.fixture.expires_by_itself() == Ability::Has;
    ensure!(purged == 0, "{purged} rows removed with a limit of zero");
    ensure!(left == 3 || by_itself, "{left} of 3 records left by a purge with a limit of zero");
    Ok(())
}

/// The cursors after the first item of each listing.
async fn first_cursors(
    kit: &Kit,
    owner: &crate::TenantId,
) -> PropertyResult<Vec<(&'static str, Cursor)>> {
    let store = &kit.store;
    let record = store.scan(owner, RecordKind::Account, None, 1).await?;
    let listed = record.items.first().map(|record| *record.key());
    let of_record = EventsOf::Record(&listed.unwrap_or(key(0)));
    let cursors = [
        ("due", store.due(at(0), None, 1).await?.next),
        ("scan", record.next),
        ("events of a tenant", store.events(EventsOf::Tenant(owner), None, 1).await?.next),
        ("events of a record", store.events(of_record, None, 1).await?.next),
    ];
    let given = cursors.into_iter().filter_map(|(name, cursor)| Some((name, cursor?)));
    Ok(given.collect())
}
